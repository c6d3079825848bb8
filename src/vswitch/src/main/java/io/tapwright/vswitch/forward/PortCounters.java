package io.tapwright.vswitch.forward;

/**
 * What went through a port. "In" is into the switch. Reading costs the workers nothing; what is read together may be some
 * frames apart.
 *
 * @param dropsFull     frames that the receiver had no room for
 * @param dropsInvalid  what a sender gave that is no frame, or asks for what can't be done
 * @param dropsNotReady frames for a receiver whose driver was not up
 */
public record PortCounters(long framesIn, long bytesIn, long framesOut, long bytesOut, long dropsFull, long dropsInvalid,
        long dropsNotReady) {

    public PortCounters plus(PortCounters other) {
        return new PortCounters(framesIn + other.framesIn, bytesIn + other.bytesIn, framesOut + other.framesOut,
                bytesOut + other.bytesOut, dropsFull + other.dropsFull, dropsInvalid + other.dropsInvalid,
                dropsNotReady + other.dropsNotReady);
    }
}
