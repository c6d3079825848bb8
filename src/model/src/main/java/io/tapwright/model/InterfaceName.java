package io.tapwright.model;

import java.nio.charset.StandardCharsets;

/**
 * The name of a network device, as the kernel's {@code dev_valid_name} (net/core/dev.c) accepts it: 1 to 15 bytes of
 * UTF-8, no slash, colon or white space, neither {@code .} nor {@code ..}.
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
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '/' || c == ':' || c <= ' ' || c == 0x7f) {
                return "contains '" + (c <= ' ' ? "\\u%04x".formatted((int) c) : c) + "', which the kernel refuses";
            }
        }
        if (text.indexOf('%') >= 0) {
            return "contains '%', which the kernel would take as a pattern";
        }
        return null;
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
