package io.tapwright.vswitch.frame;

import io.tapwright.vswitch.memory.Memory;

/**
 * A frame where it lies: in the memory of the guest that sent it, or in a port's own buffers. Valid until the batch it
 * is in has been given back; another process may change the bytes, never where they lie.
 *
 * <p>Fields are bare, for the forwarder's sake: one object a slot of the batch, filled anew for each frame.
 */
public final class Frame {

    /** In bytes, without the header of {@link VirtioNetHeader}. At least {@link #LEAST}. */
    public int length;
    /** Of the first part. Its length is {@link #length} where there is one part only. */
    public long address;
    /** How many parts it has; where more than one, they are in the batch's {@link Pieces} from {@link #firstPart} on. */
    public int parts;
    public int firstPart;
    /** The first eight bytes of the header: what is left to do to the frame, see {@link VirtioNetHeader}. */
    public long offload;
    /** The header's csum_offset. */
    public int checksumOffset;
    /** Six octets, the first one lowest; so is {@link #source}. */
    public long destination;
    public long source;
    /** Of the conversation that it is a part of; set by whoever needs it, {@link Flow}. */
    public int flow;
    /** Which head of the sender's ring it came with. */
    public int head;

    /** An Ethernet header, without which there is nothing to forward. */
    public static final int LEAST = 14;

    /** 64 KB of segments below an Ethernet header with two VLAN tags. */
    public static final int LONGEST = 65535 + LEAST + 8;

    /** Takes over what is left to do, from a header of at least {@link VirtioNetHeader#LENGTH_WITHOUT_BUFFERS} bytes. */
    public void readHeader(long header) {
        offload = Memory.getLong(header);
        checksumOffset = Memory.getShort(header + VirtioNetHeader.CHECKSUM_OFFSET);
    }

    /** Takes over where it begins, and whose and for whom it is; {@link #LEAST} bytes lie there in one piece. */
    public void readAddresses(long begin) {
        address = begin;
        // In bounds: the last that is read is the twelfth byte.
        destination = Memory.getLong(begin) & 0xffff_ffff_ffffL;
        source = Memory.getLong(begin + 4) >>> 16;
    }
}
