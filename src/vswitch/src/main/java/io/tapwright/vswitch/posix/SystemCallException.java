package io.tapwright.vswitch.posix;

import io.tapwright.model.host.Errno;

/** The kernel refused a call. */
public final class SystemCallException extends RuntimeException {

    private final Errno errno;

    public SystemCallException(String operation, int errno) {
        super(operation + ": " + new Errno(errno));
        this.errno = new Errno(errno);
    }

    public Errno errno() {
        return errno;
    }
}
