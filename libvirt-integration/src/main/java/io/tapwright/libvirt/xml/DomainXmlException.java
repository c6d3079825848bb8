package io.tapwright.libvirt.xml;

/** A description that is not what libvirt writes. The message is one line: the element, its value, what was expected. */
public final class DomainXmlException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** Longest piece of somebody else's text that a message quotes. */
    private static final int QUOTED_CHARS = 80;

    DomainXmlException(String reason) {
        super(reason);
    }

    DomainXmlException(String reason, Throwable cause) {
        super(reason, cause);
    }

    /** {@code text} fit for one line of a log: control characters escaped, cut where it grows too long. */
    static String quote(String text) {
        StringBuilder quoted = new StringBuilder("'");
        int end = text.offsetByCodePoints(0, Math.min(QUOTED_CHARS, text.codePointCount(0, text.length())));
        for (int i = 0; i < end; i++) {
            char c = text.charAt(i);
            if (Character.isISOControl(c)) {
                quoted.append("\\u%04x".formatted((int) c));
            } else {
                quoted.append(c);
            }
        }
        return quoted.append(end < text.length() ? "…'" : "'").toString();
    }
}
