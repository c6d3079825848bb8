/**
 * Benchmarks, run by hand with {@code src/bench/run}: what a NIC costs by Tapwright's hostnet, beside C that makes the
 * same calls and beside {@code ip}. Everything runs in network namespaces of its own; one thread.
 */
package io.tapwright.bench;
