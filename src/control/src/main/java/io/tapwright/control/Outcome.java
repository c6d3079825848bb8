package io.tapwright.control;

import java.time.Duration;

/** What became of a key: whether it is to be looked at again without anything happening, and how loudly. */
sealed interface Outcome {

    Outcome DONE = new Done();
    Outcome WAITING = new Waiting();
    Outcome FAILED = new Failed();

    /** Nothing to do until something happens. */
    record Done() implements Outcome {
    }

    /** As it should be for now, but time alone will change that. */
    record LookAgain(Duration after) implements Outcome {
    }

    /** Refused by our own plan, until somebody removes the cause: tried again ever more slowly, and quietly. */
    record Waiting() implements Outcome {
    }

    /** Refused by the kernel: tried again ever more slowly, and told. */
    record Failed() implements Outcome {
    }

    /** Of two things that became of one key, the one that decides when it is looked at again. */
    default Outcome and(Outcome other) {
        if (this instanceof LookAgain(Duration mine) && other instanceof LookAgain(Duration theirs)) {
            return mine.compareTo(theirs) <= 0 ? this : other;
        }
        return rank() >= other.rank() ? this : other;
    }

    private int rank() {
        return switch (this) {
            case Done() -> 0;
            case LookAgain(Duration after) -> 1;
            case Waiting() -> 2;
            case Failed() -> 3;
        };
    }
}
