package io.tapwright.bench.forwarding;

/** A back-end of vhost-user ports. */
sealed interface VhostContender extends Contender permits SwitchContender, OvsContender, TestpmdContender {

    /** All its threads on its core, and its ports there to be connected to. */
    BackEnd start(Rig rig, int ports, int mtu) throws Exception;

    /** How many ports it can have. */
    int mostPorts();

    @Override
    default Measurement measure(Rig rig, Traffic traffic, Load load) throws Exception {
        try (BackEnd backEnd = start(rig, load.ports(), load.mtu())) {
            return traffic.rate(backEnd, load);
        } catch (IllegalStateException e) {
            throw new IllegalStateException(title() + " at " + load + ": " + e.getMessage(), e);
        }
    }
}
