/**
 * The kernel for tests, twice: {@code NetworkNamespace} is the real one in a namespace of its own, {@link io.tapwright.testkit.net.FakeHostNetwork} a pretended one in memory that needs no privilege. Both pass
 * {@code HostNetworkContract}. A namespace owns one thread, on which all that happens inside
 * it runs; the fake may be used from any thread and notifies on the thread that made the change.
 */
package io.tapwright.testkit.net;
