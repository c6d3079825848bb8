/**
 * Chaos: random things happen to domains, devices, libvirtd and the agent in a {@link io.tapwright.testkit.lab lab}, and at
 * each quiet point what is there has to be exactly what should be. {@link io.tapwright.testkit.chaos.ChaosRun} is the way
 * in, {@link io.tapwright.testkit.chaos.ChaosCommand} its command.
 *
 * <p>What should be is computed by {@link io.tapwright.testkit.chaos.World} from what was done, in a few rules of its own;
 * nothing of the agent's planning is used for it.
 *
 * <p>Threads: the caller's does everything to domains and devices; one of the
 * {@link io.tapwright.testkit.chaos.Assassin}'s own kills and restarts the agent meanwhile.
 */
package io.tapwright.testkit.chaos;
