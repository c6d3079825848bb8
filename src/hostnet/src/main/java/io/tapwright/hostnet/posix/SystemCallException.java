package io.tapwright.hostnet.posix;

import io.tapwright.model.host.Errno;

/**
 * The kernel refused a call. It never leaves hostnet: the entry points turn it into a
 * {@link io.tapwright.model.host.HostNetworkException} that says what was being done.
 */
public final class SystemCallException extends RuntimeException {

    private final Errno errno;
    private final String detail;

    /** @param detail which call, or what the kernel said in an extended acknowledgement; empty for nothing to add */
    public SystemCallException(Errno errno, String detail) {
        super(detail.isEmpty() ? errno.toString() : errno + " (" + detail + ")");
        this.errno = errno;
        this.detail = detail;
    }

    public Errno errno() {
        return errno;
    }

    public String detail() {
        return detail;
    }
}
