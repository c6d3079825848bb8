package io.tapwright.vswitch.forward;

/**
 * What went through a port. "In" is into the switch. Reading costs the workers nothing; what is read together may be some
 * frames apart.
 *
 * @param dropsFull      frames that the receiver had no room for
 * @param dropsInvalid   what a sender gave that is no frame, or asks for what can't be done
 * @param dropsNotReady  frames for a receiver whose driver was not up
 * @param dropsHairpin   frames whose receiver is behind the port that they came from
 * @param dropsLinkLocal frames for addresses that a bridge does not forward
 */
public record PortCounters(long framesIn, long bytesIn, long framesOut, long bytesOut, long dropsFull, long dropsInvalid,
        long dropsNotReady, long dropsHairpin, long dropsLinkLocal) {

    public static final PortCounters ZERO = new PortCounters(0, 0, 0, 0, 0, 0, 0, 0, 0);

    public PortCounters plus(PortCounters other) {
        return new PortCounters(framesIn + other.framesIn, bytesIn + other.bytesIn, framesOut + other.framesOut,
                bytesOut + other.bytesOut, dropsFull + other.dropsFull, dropsInvalid + other.dropsInvalid,
                dropsNotReady + other.dropsNotReady, dropsHairpin + other.dropsHairpin, dropsLinkLocal + other.dropsLinkLocal);
    }
}
