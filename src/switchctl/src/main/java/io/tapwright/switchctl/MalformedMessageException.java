package io.tapwright.switchctl;

/** A line that is none of the conversation's; the message is one line and says where in it. */
final class MalformedMessageException extends RuntimeException {

    MalformedMessageException(String message) {
        this(message, null);
    }

    MalformedMessageException(String message, Throwable cause) {
        super(oneLine(message), cause);
    }

    static String oneLine(String text) {
        return String.valueOf(text).replaceAll("\\s*[\\r\\n]+\\s*", " ");
    }
}
