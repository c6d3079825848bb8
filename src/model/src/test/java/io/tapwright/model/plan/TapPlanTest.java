package io.tapwright.model.plan;

import static io.tapwright.model.Samples.DB;
import static io.tapwright.model.Samples.MAC_1;
import static io.tapwright.model.Samples.MAC_2;
import static io.tapwright.model.Samples.WEB;
import static io.tapwright.model.Samples.bridge;
import static io.tapwright.model.Samples.device;
import static io.tapwright.model.Samples.name;
import static io.tapwright.model.Samples.nic;
import static io.tapwright.model.Samples.nicSetDown;
import static io.tapwright.model.Samples.nicWithQueues;
import static io.tapwright.model.Samples.tap;
import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.model.Mark;
import io.tapwright.model.NicId;
import io.tapwright.model.Samples.LinkBuilder;
import io.tapwright.model.domain.InterfaceSpec;
import io.tapwright.model.host.HostAction;
import io.tapwright.model.host.Link;
import io.tapwright.model.host.Link.BridgePort.State;
import io.tapwright.model.host.LinkChange;
import io.tapwright.model.host.LinkRef;
import io.tapwright.model.host.TapOwner;
import io.tapwright.model.network.Network;
import io.tapwright.model.status.NicState;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TapPlanTest {

    private static final TapOwner QEMU = new TapOwner(64055, 109);
    private static final TapPolicy POLICY = new TapPolicy("main", QEMU);
    private static final Network BLUE = Network.of("blue", "br0");
    private static final int BR0 = 7;
    private static final int TAP = 9;
    private static final Mark MARK = new Mark.Tap("main", new NicId(WEB, MAC_1), "web");
    private static final LinkRef VNET0 = new LinkRef(TAP, name("vnet0"));
    private static final LinkChange AS_OFF =
            LinkChange.NONE.withIpv6Off().mac(MAC_1.forTap()).alias(MARK.text()).mtu(1500).master(0).up(false);
    private static final LinkChange AS_RUNNING = AS_OFF.master(BR0).up(true);

    private static DesiredNic.Tap wanted(Phase phase) {
        return wanted(phase, nic(MAC_1, "vnet0"), BLUE);
    }

    private static DesiredNic.Tap wanted(Phase phase, InterfaceSpec spec, Network network) {
        return new DesiredNic.Tap(new NicId(WEB, MAC_1), spec, "web", name("vnet0"), network, phase);
    }

    /** The NIC's own tap as it should be while the domain is off. */
    private static LinkBuilder ours() {
        return tap(TAP, "vnet0").tun(true, false, true, QEMU.uid(), QEMU.gid()).mac(MAC_1.forTap()).mark(MARK).ipv6Off();
    }

    /** The NIC's own tap as it should be while the domain runs. */
    private static LinkBuilder wired() {
        return ours().up().held().master(BR0).port(State.FORWARDING);
    }

    private static Optional<Link> br0() {
        return bridge(BR0, "br0").there();
    }

    private static TapPlan plan(DesiredNic.Tap nic, Optional<Link> tap, Optional<Link> bridge) {
        return TapPlan.of(nic, tap, bridge, POLICY);
    }

    private static void assertChange(TapPlan plan, LinkChange change) {
        assertThat(plan.actions()).containsExactly(new HostAction.ChangeLink(VNET0, change));
        assertThat(plan.standing().state()).isEqualTo(NicState.PENDING);
        assertThat(plan.standing().reason()).contains("to do: set vnet0: " + change);
    }

    private static void assertSettled(TapPlan plan, NicState state, String reason) {
        assertThat(plan.actions()).isEmpty();
        assertThat(plan.standing()).isEqualTo(new Standing(state, Optional.ofNullable(reason)));
    }

    @Nested
    class WhereThereIsNoTap {

        @Test
        void aDomainThatIsOffGetsOneDetached() {
            TapPlan plan = plan(wanted(Phase.OFF), Optional.empty(), br0());
            assertThat(plan.actions()).containsExactly(new HostAction.CreateTap(name("vnet0"), false, QEMU, AS_OFF));
            assertThat(plan.standing().state()).isEqualTo(NicState.PENDING);
        }

        @ParameterizedTest
        @CsvSource({"STARTING", "RUNNING"})
        void aDomainThatIsOnGetsOneAttachedAndRaisedInTheSameWrite(Phase phase) {
            TapPlan plan = plan(wanted(phase), Optional.empty(), br0());
            assertThat(plan.actions()).containsExactly(new HostAction.CreateTap(name("vnet0"), false, QEMU, AS_RUNNING));
            assertThat(plan.standing().reason()).hasValueSatisfying(r -> assertThat(r).startsWith("to do: create tap vnet0 ("));
        }

        @Test
        void queuesMakeItMultiQueue() {
            TapPlan plan = plan(wanted(Phase.OFF, nicWithQueues(MAC_1, "vnet0", 2), BLUE), Optional.empty(), br0());
            assertThat(plan.actions()).containsExactly(new HostAction.CreateTap(name("vnet0"), true, QEMU, AS_OFF));
        }

        @Test
        void itGetsTheMtuOfTheBridge() {
            TapPlan plan = plan(wanted(Phase.RUNNING), Optional.empty(), bridge(BR0, "br0").mtu(9000).there());
            assertThat(plan.actions()).containsExactly(
                    new HostAction.CreateTap(name("vnet0"), false, QEMU, AS_RUNNING.mtu(9000)));
        }

        @Test
        void withoutABridgeItIsMadeAllTheSameWithTheNetworksMtuButNotRaised() {
            Network jumbo = new Network("blue", name("br0"), true, List.of(), Optional.of(9000), Optional.empty());
            TapPlan plan = plan(wanted(Phase.RUNNING, nic(MAC_1, "vnet0"), jumbo), Optional.empty(), Optional.empty());
            assertThat(plan.actions()).singleElement().isInstanceOfSatisfying(HostAction.CreateTap.class, create -> {
                assertThat(create.settings().mtu()).contains(9000);
                assertThat(create.settings().master()).contains(Link.NO_MASTER);
                assertThat(create.settings().up()).isNotEqualTo(Optional.of(true));
            });
            assertThat(plan(wanted(Phase.OFF), Optional.empty(), Optional.empty()).actions()).singleElement()
                    .isEqualTo(new HostAction.CreateTap(name("vnet0"), false, QEMU, AS_OFF));
        }
    }

    @Nested
    class ADeviceOfTheNameThatIsNotThisNics {

        private void assertRefused(LinkBuilder device, String reason) {
            for (Phase phase : Phase.values()) {
                assertSettled(plan(wanted(phase), device.there(), br0()), NicState.FAILED, reason);
                assertSettled(plan(wanted(phase), device.there(), Optional.empty()), NicState.FAILED, reason);
            }
        }

        @Test
        void isRefusedWhereItIsHardware() {
            assertRefused(device(2, "vnet0", ""), "target dev 'vnet0' is the name of a device that is not Tapwright's"
                    + " (a physical or built-in device); give the NIC another target dev");
        }

        @Test
        void isRefusedWhereItIsAForeignBridge() {
            assertRefused(bridge(2, "vnet0"), "target dev 'vnet0' is the name of a device that is not Tapwright's"
                    + " (kind bridge); give the NIC another target dev");
        }

        @Test
        void isRefusedWhereItIsATapWithoutOurMark() {
            assertRefused(tap(2, "vnet0").alias("the VPN"), "target dev 'vnet0' is the name of a device that is not Tapwright's"
                    + " (kind tun); give the NIC another target dev");
        }

        @Test
        void isRefusedWhereItIsNoTapEvenIfSomebodyPutOurMarkOnIt() {
            assertRefused(bridge(2, "vnet0").mark(MARK), "target dev 'vnet0' is the name of a device that is not Tapwright's"
                    + " (kind bridge); give the NIC another target dev");
            assertRefused(tap(2, "vnet0").tun(false, false, true, 0, 0).mark(MARK), "target dev 'vnet0' is the name of a device"
                    + " that is not Tapwright's (kind tun); give the NIC another target dev");
        }

        @Test
        void isRefusedWhereItIsTheTapOfAnotherInstance() {
            assertRefused(ours().mark(new Mark.Tap("dev", new NicId(WEB, MAC_1), "web")),
                    "target dev 'vnet0' is a tap of another Tapwright, instance 'dev'; give the NIC another target dev");
        }

        @Test
        void isRefusedWhereItIsTheTapOfAnotherDomain() {
            assertRefused(ours().mark(new Mark.Tap("main", new NicId(DB, MAC_2), "db")),
                    "target dev 'vnet0' is the tap of NIC 52:54:00:00:00:02 of domain 'db'"
                            + " (0f0f0f0f-0000-4000-8000-0000000000db); give one of them another target dev");
        }

        @Test
        void isRefusedWhereItIsTheTapOfTheSwitchHeldOrNot() {
            Mark ofSwitch = new Mark.SwitchTap("main", "blue");
            String reason = "target dev 'vnet0' is the tap between the bridge and the switch in user space of network 'blue';"
                    + " give the NIC another target dev";
            assertRefused(ours().mark(ofSwitch), reason);
            assertRefused(wired().mark(ofSwitch), reason);
            TapPlan unmarked = TapPlan.of(wanted(Phase.STARTING), wired().alias("").there(), br0(), POLICY, Optional.of(ofSwitch));
            assertSettled(unmarked, NicState.FAILED, reason);
        }

        @Test
        void isRefusedWhereItIsATapThatBearsTheMarkOfABridge() {
            assertRefused(ours().mark(new Mark.Bridge("main", "blue")),
                    "target dev 'vnet0' is a tap with the mark of the bridge of network 'blue'; give the NIC another target dev");
        }

        @Test
        void isTakenOverWhereItIsTheTapOfAnotherNicOfTheSameDomain() {
            Optional<Link> tap = ours().mac(MAC_2.forTap()).mark(new Mark.Tap("main", new NicId(WEB, MAC_2), "web")).there();
            assertChange(plan(wanted(Phase.OFF), tap, br0()), LinkChange.NONE.mac(MAC_1.forTap()).alias(MARK.text()));
        }
    }

    @Nested
    class AMarkThatWasWipedOff {

        @Test
        void isPutBackOnTheVeryDeviceThatWasSeenWithIt() {
            TapPlan plan = TapPlan.of(wanted(Phase.RUNNING), wired().alias("").there(), br0(), POLICY, Optional.of(MARK));
            assertChange(plan, LinkChange.NONE.alias(MARK.text()));
        }

        @Test
        void isNotPutOverAnothers() {
            Optional<Link> taken = wired().mark(new Mark.Tap("dev", new NicId(WEB, MAC_1), "web")).there();
            assertThat(TapPlan.of(wanted(Phase.RUNNING), taken, br0(), POLICY, Optional.of(MARK)).actions()).isEmpty();
            Optional<Link> other = wired().alias("").there();
            Mark ofDb = new Mark.Tap("main", new NicId(DB, MAC_2), "db");
            assertThat(TapPlan.of(wanted(Phase.RUNNING), other, br0(), POLICY, Optional.of(ofDb)).actions()).isEmpty();
        }
    }

    @Nested
    class ItsOwnTap {

        @Test
        void isReadyWhileTheDomainIsOff() {
            assertSettled(plan(wanted(Phase.OFF), ours().there(), br0()), NicState.READY, null);
        }

        @Test
        void isWiredOnceQemuHoldsItAndTheBridgeForwards() {
            assertSettled(plan(wanted(Phase.RUNNING), wired().there(), br0()), NicState.WIRED, null);
            assertSettled(plan(wanted(Phase.STARTING), wired().there(), br0()), NicState.WIRED, null);
        }

        @Test
        void getsOneWriteForEverythingThatIsOff() {
            Optional<Link> tap = ours().mac(MAC_2).mtu(1400).alias(new Mark.Tap("main", new NicId(WEB, MAC_1), "old name").text())
                    .ipv6On().there();
            assertChange(plan(wanted(Phase.RUNNING), tap, br0()), AS_RUNNING);
        }

        @Test
        void isMovedFromAnotherBridge() {
            assertChange(plan(wanted(Phase.RUNNING), wired().master(3).there(), br0()), LinkChange.NONE.master(BR0));
        }

        @Test
        void isRaisedAgain() {
            assertChange(plan(wanted(Phase.RUNNING), wired().down().there(), br0()), LinkChange.NONE.up(true));
        }

        @Test
        void followsTheMtuOfItsBridge() {
            assertChange(plan(wanted(Phase.RUNNING), wired().there(), bridge(BR0, "br0").mtu(9000).there()), LinkChange.NONE.mtu(9000));
        }

        @Test
        void losesIpv6WhereSomebodyTurnedItOn() {
            assertChange(plan(wanted(Phase.RUNNING), wired().ipv6On().there(), br0()), LinkChange.NONE.withIpv6Off());
        }

        @Test
        void isDetachedAndLoweredWhenTheDomainStops() {
            Optional<Link> tap = ours().up().master(BR0).port(State.DISABLED).there();
            assertChange(plan(wanted(Phase.OFF), tap, br0()), LinkChange.NONE.master(0).up(false));
        }

        @Test
        void getsTheNewNameOfItsDomain() {
            DesiredNic.Tap renamed = new DesiredNic.Tap(new NicId(WEB, MAC_1), nic(MAC_1, "vnet0"), "www", name("vnet0"), BLUE, Phase.OFF);
            assertChange(plan(renamed, ours().there(), br0()),
                    LinkChange.NONE.alias(new Mark.Tap("main", new NicId(WEB, MAC_1), "www").text()));
        }

        @Test
        void whoseLinkIsSetDownIsAttachedButLowered() {
            DesiredNic.Tap down = wanted(Phase.RUNNING, nicSetDown(MAC_1, "vnet0"), BLUE);
            assertChange(plan(down, wired().there(), br0()), LinkChange.NONE.up(false));
            assertSettled(plan(down, wired().down().port(State.DISABLED).there(), br0()),
                    NicState.READY, "the link is set down in the domain's XML");
        }
    }

    @Nested
    class ATapThatWasMadeOtherwise {

        private void assertMadeAnew(LinkBuilder tap) {
            TapPlan plan = plan(wanted(Phase.RUNNING), tap.there(), br0());
            assertThat(plan.actions()).containsExactly(
                    new HostAction.DeleteLink(VNET0), new HostAction.CreateTap(name("vnet0"), false, QEMU, AS_RUNNING));
            assertThat(plan.standing().reason()).hasValueSatisfying(
                    r -> assertThat(r).startsWith("to do: delete vnet0; create tap vnet0 ("));
        }

        @Test
        void isMadeAnew() {
            assertMadeAnew(ours().tun(true, true, true, QEMU.uid(), QEMU.gid()));
            assertMadeAnew(ours().tun(true, false, false, QEMU.uid(), QEMU.gid()));
            assertMadeAnew(ours().tun(true, false, true, 0, QEMU.gid()));
            assertMadeAnew(ours().tun(true, false, true, QEMU.uid(), -1));
        }

        @Test
        void isLeftToTheVmThatHoldsItAndTheQueuesWait() {
            Optional<Link> many = wired().tun(true, true, true, QEMU.uid(), QEMU.gid()).there();
            assertSettled(plan(wanted(Phase.RUNNING), many, br0()), NicState.PENDING,
                    "tap vnet0 is in use with many queues; the change takes effect when the VM is off");
            DesiredNic.Tap wantsMany = wanted(Phase.RUNNING, nicWithQueues(MAC_1, "vnet0", 4), BLUE);
            assertSettled(plan(wantsMany, wired().there(), br0()), NicState.PENDING,
                    "tap vnet0 is in use with one queue; the change takes effect when the VM is off");
        }

        @Test
        void isNotThereForAVmThatIsStartingWhileAnotherProcessHoldsIt() {
            Optional<Link> many = wired().tun(true, true, true, QEMU.uid(), QEMU.gid()).there();
            assertSettled(plan(wanted(Phase.STARTING), many, br0()), NicState.FAILED,
                    "tap vnet0 is in use with many queues, which the VM could not open; end the process that holds it");
        }

        @Test
        void withAnotherOwnerWorksOnWhileItIsHeld() {
            Optional<Link> tap = wired().tun(true, false, true, 0, 0).there();
            assertSettled(plan(wanted(Phase.RUNNING), tap, br0()), NicState.WIRED, null);
        }
    }

    @Nested
    class WithoutAUsableBridge {

        @Test
        void theReasonSaysWhoHasToMakeIt() {
            assertSettled(plan(wanted(Phase.OFF), ours().there(), Optional.empty()), NicState.FAILED,
                    "bridge br0 of network 'blue' does not exist; create it, or set tapwright.networks.blue.create");
            Network made = new Network("blue", name("br0"), true, List.of(), Optional.empty(), Optional.empty());
            assertSettled(plan(wanted(Phase.OFF, nic(MAC_1, "vnet0"), made), ours().there(), Optional.empty()), NicState.FAILED,
                    "bridge br0 of network 'blue' does not exist yet; Tapwright makes it");
        }

        @Test
        void aDeviceThatIsNoBridgeIsNamedAsWhatItIs() {
            assertSettled(plan(wanted(Phase.OFF), ours().there(), device(BR0, "br0", "").there()), NicState.FAILED,
                    "device br0 of network 'blue' is no bridge but a physical or built-in device;"
                            + " name a bridge in tapwright.networks.blue.bridge");
            assertSettled(plan(wanted(Phase.OFF), ours().there(), device(BR0, "br0", "veth").there()), NicState.FAILED,
                    "device br0 of network 'blue' is no bridge but of kind veth; name a bridge in tapwright.networks.blue.bridge");
        }

        @Test
        void aRunningVmsTapKeepsItsMtuAndStaysUpUntilTheBridgeIsBack() {
            assertSettled(plan(wanted(Phase.RUNNING), ours().up().held().mtu(9000).there(), Optional.empty()), NicState.FAILED,
                    "bridge br0 of network 'blue' does not exist; create it, or set tapwright.networks.blue.create");
        }

        @Test
        void aTapThatIsNotUpIsNotRaised() {
            assertThat(plan(wanted(Phase.RUNNING), ours().held().there(), Optional.empty()).actions()).isEmpty();
        }

        @Test
        void aTapOnAnotherDeviceIsTakenOutAndLoweredWithItsDomain() {
            TapPlan plan = plan(wanted(Phase.OFF), ours().up().master(3).there(), Optional.empty());
            assertThat(plan.actions()).containsExactly(new HostAction.ChangeLink(VNET0, LinkChange.NONE.master(0).up(false)));
            assertThat(plan.standing().state()).isEqualTo(NicState.FAILED);
        }
    }

    @Nested
    class ATapThatIsAttachedButPassesNothing {

        @Test
        void waitsForQemuWhileTheDomainStarts() {
            assertSettled(plan(wanted(Phase.STARTING), ours().up().master(BR0).there(), br0()), NicState.PENDING,
                    "waiting for QEMU to open tap vnet0");
        }

        @Test
        void isNoGoodToAVmThatDoesNotHoldIt() {
            assertSettled(plan(wanted(Phase.RUNNING), ours().up().master(BR0).there(), br0()), NicState.PENDING,
                    "the VM runs but no process holds tap vnet0 open; unplug and plug the NIC, or restart the VM");
        }

        @Test
        void isFailedWhereTheBridgeIsDown() {
            assertSettled(plan(wanted(Phase.RUNNING), wired().port(State.DISABLED).there(), bridge(BR0, "br0").down().there()),
                    NicState.FAILED, "bridge br0 is down; raise it with: ip link set br0 up");
        }

        @ParameterizedTest
        @CsvSource(delimiter = '|', value = {
            "DISABLED|PENDING|port vnet0 of br0 is not forwarding yet",
            "LISTENING|PENDING|port vnet0 of br0 is listening, the spanning tree protocol lets it forward soon",
            "LEARNING|PENDING|port vnet0 of br0 is learning, the spanning tree protocol lets it forward soon",
            "BLOCKING|FAILED|port vnet0 of br0 is blocked by the spanning tree protocol: the bridge sees a loop"})
        void standsAsItsPortDoes(State port, NicState state, String reason) {
            assertSettled(plan(wanted(Phase.RUNNING), wired().port(port).there(), br0()), state, reason);
        }
    }
}
