package io.tapwright.vswitch.forward;

/**
 * How many frames of one sender went nowhere, by what was the matter with them. Its worker counts; reading costs that
 * nothing, and may be some frames behind.
 */
public final class SenderDrops {

    long invalid;
    long hairpin;
    long linkLocal;

    /** They came from no station's address, or asked for what they may not or what makes no sense; each of their pieces by itself. */
    public long invalid() {
        return invalid;
    }

    /** They were for an address behind the port that they came from. */
    public long hairpin() {
        return hairpin;
    }

    /** They were for an address that a bridge does not forward. */
    public long linkLocal() {
        return linkLocal;
    }
}
