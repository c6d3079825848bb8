package io.tapwright.testkit.chaos;

import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Something that can happen.
 *
 * @param weight how often, beside the others
 * @param act    does it and notes in the {@link World} what should be from now on; answers what it did, or nothing where
 *               there was nothing to do it to
 */
record Deed(String name, int weight, Supplier<Optional<String>> act) {

    /**
     * One of them that can happen now, and has.
     *
     * @param count hears its name
     */
    static String any(List<Deed> deeds, Random random, Consumer<String> count) {
        int sum = deeds.stream().mapToInt(Deed::weight).sum();
        while (true) {
            int at = random.nextInt(sum);
            Deed chosen = null;
            for (Deed deed : deeds) {
                at -= deed.weight();
                if (at < 0) {
                    chosen = deed;
                    break;
                }
            }
            Optional<String> told = chosen.act().get();
            if (told.isPresent()) {
                count.accept(chosen.name() + (told.get().startsWith("refused") ? " refused" : ""));
                return chosen.name() + ": " + told.get();
            }
        }
    }

    /** Any element; empty where there is none. */
    static <T> Optional<T> pick(List<T> list, Random random) {
        return list.isEmpty() ? Optional.empty() : Optional.of(list.get(random.nextInt(list.size())));
    }
}
