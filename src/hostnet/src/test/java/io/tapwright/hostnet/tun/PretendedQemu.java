package io.tapwright.hostnet.tun;

import io.tapwright.model.InterfaceName;

/** Opens a tap that exists, as QEMU does. */
public final class PretendedQemu {

    private PretendedQemu() {
    }

    /** Opens the tap that is named and ends. */
    public static void main(String[] args) {
        TapDevice.open(new InterfaceName(args[0]), 0).close();
    }

    /** Holds the tap until the answer is closed. */
    public static AutoCloseable hold(InterfaceName tap, boolean multiQueue) {
        return TapDevice.open(tap, multiQueue ? TapDevice.IFF_MULTI_QUEUE : 0);
    }
}
