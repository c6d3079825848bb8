package io.tapwright.model.host;

/**
 * The kernel refused, or did not answer. The message is a sentence: operation, objects, errno and, where the kernel gave
 * one, its extended acknowledgement: {@code attach tap vnet3 to br0: EBUSY (Device is already a bridge port)}.
 */
public final class HostNetworkException extends RuntimeException {

    private final Errno errno;

    public HostNetworkException(String operation, Errno errno, String extendedAck) {
        super(operation + ": " + errno + (extendedAck.isEmpty() ? "" : " (" + extendedAck + ")"));
        this.errno = errno;
    }

    public HostNetworkException(String operation, Errno errno) {
        this(operation, errno, "");
    }

    public Errno errno() {
        return errno;
    }
}
