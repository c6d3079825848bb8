package io.tapwright.switchctl;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Function;

/** A JSON object that is read field by field; what is missing or of another kind is named by its whole path. */
record Fields(String path, Map<?, ?> values) {

    String string(String name) {
        return values.get(name) instanceof String text ? text : fail(name, "a string");
    }

    boolean bool(String name) {
        return values.get(name) instanceof Boolean value ? value : fail(name, "true or false");
    }

    long integer(String name) {
        return switch (values.get(name)) {
            case Integer value -> value;
            case Long value -> value;
            case null, default -> fail(name, "an integer");
        };
    }

    OptionalLong tryInteger(String name) {
        return values.containsKey(name) ? OptionalLong.of(integer(name)) : OptionalLong.empty();
    }

    Fields object(String name) {
        return values.get(name) instanceof Map<?, ?> map ? new Fields(at(name), map) : fail(name, "an object");
    }

    List<Fields> objects(String name) {
        if (!(values.get(name) instanceof List<?> list)) {
            return fail(name, "a list of objects");
        }
        List<Fields> all = new ArrayList<>();
        for (Object one : list) {
            String element = name + "[" + all.size() + "]";
            all.add(one instanceof Map<?, ?> map ? new Fields(at(element), map) : fail(element, "an object"));
        }
        return all;
    }

    /** None where they are missing: agent and switch may be of different age. */
    List<Fields> tryObjects(String name) {
        return values.containsKey(name) ? objects(name) : List.of();
    }

    /** A string as a value that checks itself. */
    <T> T value(String name, Function<String, T> parse) {
        String text = string(name);
        try {
            return parse.apply(text);
        } catch (RuntimeException e) {
            throw new MalformedMessageException(at(name) + ": " + e.getMessage(), e);
        }
    }

    /** An int that checks itself no further. */
    int number(String name) {
        long value = integer(name);
        return value == (int) value ? (int) value : fail(name, "a number of 32 bits");
    }

    <T> T fail(String name, String expected) {
        throw new MalformedMessageException(at(name) + ": expected " + expected);
    }

    private String at(String name) {
        return path.isEmpty() ? name : path + "." + name;
    }
}
