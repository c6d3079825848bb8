package io.tapwright.bench.forwarding;

import java.util.Optional;

/** One way for frames to get from one guest to another. */
sealed interface Contender permits VhostContender, KernelContender {

    /** For the table. */
    String title();

    /** What it does with a frame, and how it is set up. */
    String description();

    /** Of its packages. */
    String version();

    /** Why it can't run here; empty where it can. */
    Optional<String> missing();

    /** Starts it, sends, stops it; a contender that guests of that kind can't use has its own. */
    Measurement measure(Rig rig, Traffic traffic, Load load) throws Exception;
}
