package io.tapwright.bench;

/** One measurement of the running agent; makes what it needs, and leaves nothing. */
public interface Benchmark {

    /** @throws Exception where it cannot be measured here */
    void run(Report report, Tools tools) throws Exception;
}
