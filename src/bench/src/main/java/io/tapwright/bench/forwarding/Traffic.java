package io.tapwright.bench.forwarding;

import java.io.IOException;

/** The guests' side: who sends as many frames as go through, and counts what arrives. */
interface Traffic {

    double WARM_UP_SECONDS = 3;
    double SECONDS = 3;

    /** What a guest is here, for the report. */
    String description();

    /** Begins to measure when all ports are connected and all addresses told. */
    Measurement rate(BackEnd backEnd, Load load) throws IOException, InterruptedException;
}
