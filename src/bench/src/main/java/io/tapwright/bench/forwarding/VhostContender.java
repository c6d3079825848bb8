package io.tapwright.bench.forwarding;

/** A back-end of vhost-user ports. */
sealed interface VhostContender extends Contender permits SwitchContender, OvsContender, TestpmdContender {

    /** All its threads on its core, and its ports there to be connected to. */
    BackEnd start(Rig rig, int ports, int mtu) throws Exception;

    @Override
    default Measurement measure(Rig rig, Load load) throws Exception {
        try (BackEnd backEnd = start(rig, load.ports(), load.mtu())) {
            return rig.generator().rate(backEnd, load);
        }
    }
}
