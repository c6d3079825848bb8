package io.tapwright.model.capture;

/** Which way a frame went, as its VM sees it. */
public enum Direction {
    /** The VM received it. */
    TO_VM,
    /** The VM sent it. */
    FROM_VM
}
