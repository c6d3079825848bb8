package io.tapwright.hostnet.tun;

import io.tapwright.hostnet.posix.Fd;
import io.tapwright.hostnet.posix.IfReq;
import io.tapwright.hostnet.posix.SystemCallException;
import io.tapwright.model.InterfaceName;
import io.tapwright.model.host.Errno;
import io.tapwright.model.host.TapOwner;

/**
 * A tap that is being made. Until {@link #persist()} it lives as long as this object is open: closing it, or the death
 * of the process, removes it, which is all the undo that making a tap needs.
 */
public final class TapDevice implements AutoCloseable {

    public static final String DEVICE = "/dev/net/tun";

    /** Flags of linux/if_tun.h; IFF_TUN_EXCL refuses a device that is there, which would be joined otherwise. */
    private static final int IFF_TAP = 0x0002;
    static final int IFF_MULTI_QUEUE = 0x0100;
    private static final int IFF_NO_PI = 0x1000;
    private static final int IFF_VNET_HDR = 0x4000;
    private static final int IFF_TUN_EXCL = 0x8000;

    /** _IOW('T', n, int) of linux/if_tun.h. */
    private static final long TUNSETIFF = 0x400454caL;
    private static final long TUNSETPERSIST = 0x400454cbL;
    private static final long TUNSETOWNER = 0x400454ccL;
    private static final long TUNSETGROUP = 0x400454ceL;

    private final Fd fd;

    private TapDevice(Fd fd) {
        this.fd = fd;
    }

    /**
     * Makes a tap that does not persist yet.
     *
     * @throws SystemCallException EEXIST where a device has that name, as its first or an alternative one
     */
    public static TapDevice create(InterfaceName name, boolean multiQueue) {
        return open(name, IFF_TUN_EXCL | (multiQueue ? IFF_MULTI_QUEUE : 0));
    }

    /** Makes a tap with IFF_TUN_EXCL, joins or makes one without. */
    static TapDevice open(InterfaceName name, int flags) {
        Fd fd = Fd.open(DEVICE, Fd.O_RDWR);
        try {
            fd.control("TUNSETIFF", TUNSETIFF, new IfReq(name.text()).flags(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | flags));
            return new TapDevice(fd);
        } catch (SystemCallException e) {
            fd.close();
            // tun_set_iff answers EBUSY to IFF_TUN_EXCL; everything else calls a name that is taken EEXIST.
            throw e.errno().equals(Errno.EBUSY) && (flags & IFF_TUN_EXCL) != 0
                    ? new SystemCallException(Errno.EEXIST, "a device of that name exists") : e;
        }
    }

    /** Lets a user or a group open it; -1 sets none. */
    public void setOwner(TapOwner owner) {
        if (owner.uid() != -1) {
            fd.control("TUNSETOWNER", TUNSETOWNER, owner.uid());
        }
        if (owner.gid() != -1) {
            fd.control("TUNSETGROUP", TUNSETGROUP, owner.gid());
        }
    }

    /** From now on it outlives this object. */
    public void persist() {
        fd.control("TUNSETPERSIST", TUNSETPERSIST, 1);
    }

    @Override
    public void close() {
        fd.close();
    }
}
