package io.tapwright.vswitch.vhostuser;

/** A front-end said something that it must not, or that can't be done. */
final class ProtocolException extends RuntimeException {

    ProtocolException(String message) {
        super(message);
    }
}
