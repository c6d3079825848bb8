package io.tapwright.hostnet.netlink;

/** Bytes that claim to be netlink and are not. */
public final class MalformedMessageException extends RuntimeException {

    public MalformedMessageException(String message) {
        super(message);
    }
}
