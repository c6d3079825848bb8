package io.tapwright.model.userspace;

/** The switch refuses, can't be reached, or was lost; the message is one line: verb, object, cause. */
public final class SwitchException extends RuntimeException {

    public SwitchException(String message) {
        super(message);
    }

    public SwitchException(String message, Throwable cause) {
        super(message, cause);
    }
}
