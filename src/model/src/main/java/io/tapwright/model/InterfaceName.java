package io.tapwright.model;

import java.nio.charset.StandardCharsets;

/**
 * The name of a network device, as the kernel's {@code dev_valid_name} (net/core/dev.c) accepts it: 1 to 15 bytes of
 * UTF-8, no slash, colon or white space, neither {@code .} nor {@code ..}. Control characters and {@code %} are refused
 * on top: the one garbles terminals, the other makes the kernel choose a name of its own.
 */
public record InterfaceName(String text) implements Comparable<InterfaceName> {

    /** {@code IFNAMSIZ} - 1 (linux/if.h). */
    public static final int MAX_BYTES = 15;

    public InterfaceName {
        String fault = fault(text);
        if (fault != null) {
            throw new IllegalArgumentException("interface name '" + text + "': " + fault);
        }
    }

    /** In Latin-1 a no-break space, and so white space to the kernel's isspace (lib/ctype.c), whatever UTF-8 means by it. */
    private static final byte LATIN1_SPACE = (byte) 0xa0;

    /** What is wrong with {@code text} as a device name, or null when nothing is. */
    public static String fault(String text) {
        int bytes = text.getBytes(StandardCharsets.UTF_8).length;
        if (bytes == 0) {
            return "is empty, expected 1 to " + MAX_BYTES + " bytes";
        }
        if (bytes > MAX_BYTES) {
            return "has " + bytes + " bytes, the kernel takes at most " + MAX_BYTES;
        }
        if (text.equals(".") || text.equals("..")) {
            return "is not a name the kernel accepts";
        }
        for (int c : text.codePoints().toArray()) {
            String fault = fault(c);
            if (fault != null) {
                return fault;
            }
        }
        return null;
    }

    private static String fault(int c) {
        if (c == '/' || c == ':' || Character.isWhitespace(c)) {
            return "contains " + quoted(c) + ", which the kernel refuses";
        }
        if (c == '%') {
            return "contains '%', which the kernel would take as a pattern";
        }
        if (Character.isISOControl(c)) {
            return "contains the control character " + quoted(c);
        }
        for (byte b : Character.toString(c).getBytes(StandardCharsets.UTF_8)) {
            if (b == LATIN1_SPACE) {
                return "contains " + quoted(c) + ", a byte of which (0xa0) is white space to the kernel";
            }
        }
        return null;
    }

    private static String quoted(int c) {
        return "'" + (c <= ' ' || c == 0x7f ? "\\u%04x".formatted(c) : Character.toString(c)) + "'";
    }

    @Override
    public int compareTo(InterfaceName other) {
        return text.compareTo(other.text);
    }

    @Override
    public String toString() {
        return text;
    }
}
