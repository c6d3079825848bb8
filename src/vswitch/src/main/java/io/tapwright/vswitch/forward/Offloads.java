package io.tapwright.vswitch.forward;

import io.tapwright.vswitch.frame.Frame;
import io.tapwright.vswitch.frame.VirtioNetHeader;

/** What a port can be left to do with a frame: bits of a set. */
public final class Offloads {

    public static final int CHECKSUM = 1;
    public static final int TCP4_SEGMENTS = 2;
    public static final int TCP6_SEGMENTS = 4;
    public static final int ECN = 8;

    private Offloads() {
    }

    /** Those that a frame asks for, or -1 where what its header says makes no sense. */
    public static int wantedBy(Frame frame) {
        long offload = frame.offload;
        if ((offload & VirtioNetHeader.ASKING) == 0) {
            return 0;
        }
        int flags = VirtioNetHeader.flags(offload);
        // Only who deals with partial checksums is told of valid ones.
        int wanted = flags == 0 ? 0 : CHECKSUM;
        boolean partial = (flags & VirtioNetHeader.NEEDS_CHECKSUM) != 0;
        if (partial) {
            int start = VirtioNetHeader.checksumStart(offload);
            // Two bytes for the sum, all within the frame and behind Ethernet's header.
            if (start < Frame.LEAST || start + frame.checksumOffset + 2 > frame.length) {
                return -1;
            }
        }
        int segmentation = VirtioNetHeader.segmentation(offload);
        if (segmentation == VirtioNetHeader.NO_SEGMENTS) {
            return wanted;
        }
        if (!partial || VirtioNetHeader.segmentSize(offload) == 0) {
            return -1;
        }
        if ((segmentation & VirtioNetHeader.ECN) != 0) {
            wanted |= ECN;
        }
        return switch (segmentation & ~VirtioNetHeader.ECN) {
            case VirtioNetHeader.TCP4 -> wanted | TCP4_SEGMENTS;
            case VirtioNetHeader.TCP6 -> wanted | TCP6_SEGMENTS;
            default -> -1;
        };
    }
}
