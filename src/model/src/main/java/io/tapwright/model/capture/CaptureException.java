package io.tapwright.model.capture;

/** A capture can't begin, or has come to its end; the message is one line: verb, object, cause. */
public final class CaptureException extends RuntimeException {

    public CaptureException(String message) {
        super(message);
    }

    public CaptureException(String message, Throwable cause) {
        super(message, cause);
    }
}
