package io.tapwright.control;

import static io.tapwright.testkit.libvirt.DomainBuilder.domain;
import static io.tapwright.testkit.libvirt.DomainBuilder.mac;
import static io.tapwright.testkit.libvirt.DomainBuilder.nicOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.model.DomainId;
import io.tapwright.model.InterfaceName;
import io.tapwright.model.domain.DomainReport;
import io.tapwright.model.domain.DomainSpec;
import io.tapwright.model.domain.InterfaceSpec;
import io.tapwright.model.plan.Phase;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class InventoryTest {

    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final HandClock clock = new HandClock();
    private final Inventory inventory = new Inventory(clock);
    private final DomainSpec web = domain("web").nic(1, "vnet0").spec();
    private final DomainId id = web.id();

    private DomainReport off(long asked) {
        return new DomainReport(id, "web", true, Optional.of(web), Optional.empty(), asked);
    }

    private DomainReport running(long asked) {
        return new DomainReport(id, "web", true, Optional.of(web), Optional.of(web), asked);
    }

    private DomainReport transientRunning(long asked) {
        return new DomainReport(id, "web", false, Optional.empty(), Optional.of(web), asked);
    }

    private long now() {
        return clock.getAsLong();
    }

    private Phase phase() {
        return inventory.entry(id).orElseThrow().phase();
    }

    @Nested
    class WhatTheHookSays {

        @Test
        void isTakenAtOnceAlsoForADomainThatNobodyKnew() {
            inventory.onPrepare(web);
            assertThat(phase()).isEqualTo(Phase.STARTING);
            assertThat(inventory.entry(id).orElseThrow().reported()).isFalse();
            inventory.onRunning(web);
            assertThat(phase()).isEqualTo(Phase.RUNNING);
            inventory.onStopped(web);
            assertThat(phase()).isEqualTo(Phase.OFF);
            assertThat(inventory.entry(id).orElseThrow().live()).isEmpty();
        }

        @Test
        void standsAgainstADenialWhileLibvirtWaitsForTheAnswer() {
            inventory.onPrepare(web);
            clock.pass(Duration.ofSeconds(4));
            assertThat(inventory.onGone(id, now())).isFalse();
            assertThat(phase()).isEqualTo(Phase.STARTING);
            clock.pass(Duration.ofSeconds(2));
            assertThat(inventory.onGone(id, now())).isTrue();
            assertThat(inventory.entry(id)).isEmpty();
        }

        @Test
        void isNewerThanAnAnswerToAQuestionOfBefore() {
            long asked = now();
            inventory.onPrepare(web);
            assertThat(inventory.onReport(off(asked))).isFalse();
            assertThat(inventory.onGone(id, asked)).isFalse();
            assertThat(phase()).isEqualTo(Phase.STARTING);
            assertThat(inventory.onReport(off(now()))).isTrue();
            assertThat(phase()).isEqualTo(Phase.OFF);
        }

        @Test
        void ofAStartIsNotOverWhenLibvirtCountsTheDomainAsActive() {
            inventory.onPrepare(web);
            assertThat(inventory.onReport(running(now()))).isTrue();
            assertThat(phase()).isEqualTo(Phase.STARTING);
            clock.pass(Duration.ofSeconds(30));
            inventory.onReport(running(now()));
            assertThat(phase()).as("no word from the hook since").isEqualTo(Phase.RUNNING);
        }

        @Test
        void ofAStopKeepsTheNicsOfADomainThatLibvirtHasNotToldOf() {
            inventory.onPrepare(web);
            inventory.onStopped(web);
            assertThat(inventory.entry(id).orElseThrow().config()).contains(web);
        }

        @Test
        void holdsAgainstAListOfBefore() {
            long asked = now();
            inventory.onPrepare(web);
            assertThat(inventory.onListed(List.of(off(asked)), asked)).containsExactly(id);
            assertThat(inventory.onListed(List.of(), asked)).containsExactly(id);
            assertThat(phase()).isEqualTo(Phase.STARTING);
            assertThat(inventory.isComplete()).isTrue();
        }

        @Test
        void endsATransientDomainAtRelease() {
            inventory.onReport(transientRunning(now()));
            inventory.onStopped(web);
            assertThat(inventory.entry(id)).isPresent();
            inventory.onReleased(web);
            assertThat(inventory.entry(id)).isEmpty();
            assertThat(inventory.isGone(id)).isTrue();
        }

        @Test
        void ofAReleaseIsNotUndoneByAnAnswerOfBefore() {
            inventory.onReport(transientRunning(now()));
            long asked = now();
            inventory.onReleased(web);
            assertThat(inventory.onReport(transientRunning(asked))).isFalse();
            assertThat(inventory.onListed(List.of(transientRunning(asked)), asked)).containsExactly(id);
            assertThat(inventory.entry(id)).isEmpty();
            assertThat(inventory.isGone(id)).isTrue();
        }

        @Test
        void ofAnEndDoesNotForbidALaterLife() {
            inventory.onReport(transientRunning(now()));
            inventory.onReleased(web);
            inventory.onReleased(web);
            assertThat(inventory.entry(id)).isEmpty();
            assertThat(inventory.isGone(id)).isTrue();
            inventory.onPrepare(web);
            assertThat(inventory.isGone(id)).isFalse();
            assertThat(phase()).isEqualTo(Phase.STARTING);
        }

        @Test
        void ofAStopOfAnUnknownDomainOutdatesAnAnswerOfBefore() {
            long asked = now();
            inventory.onStopped(web);
            assertThat(inventory.entry(id)).isEmpty();
            assertThat(inventory.onReport(running(asked))).isFalse();
            assertThat(inventory.onReport(off(now()))).isTrue();
            assertThat(phase()).isEqualTo(Phase.OFF);
        }

        @Test
        void leavesADefinedDomainDefinedAfterRelease() {
            inventory.onReport(running(now()));
            inventory.onReleased(web);
            assertThat(phase()).isEqualTo(Phase.OFF);
            assertThat(inventory.entry(id).orElseThrow().config()).contains(web);
        }

        @Test
        void endsNoDomainOfWhichLibvirtHasNotSaidThatItIsTransient() {
            inventory.onPrepare(web);
            inventory.onReleased(web);
            assertThat(inventory.entry(id)).isPresent();
            assertThat(phase()).isEqualTo(Phase.OFF);
        }
    }

    @Nested
    class WhatLibvirtSays {

        @Test
        void makesDomainsKnownAndGone() {
            assertThat(inventory.onReport(off(now()))).isTrue();
            assertThat(inventory.entry("web")).isPresent();
            assertThat(inventory.exists(id)).isTrue();
            assertThat(inventory.onGone(id, now())).isTrue();
            assertThat(inventory.entry("web")).isEmpty();
            assertThat(inventory.isGone(id)).isTrue();
            inventory.cleaned(id);
            assertThat(inventory.isGone(id)).isFalse();
        }

        @Test
        void inAListLeavesOutWhatIsGone() {
            DomainSpec db = domain("db").spec();
            inventory.onReport(off(now()));
            long asked = now();
            inventory.onListed(List.of(new DomainReport(db.id(), "db", true, Optional.of(db), Optional.empty(), asked)), asked);
            assertThat(inventory.entries()).extracting(DomainEntry::name).containsExactly("db");
            assertThat(inventory.isGone(id)).isTrue();
        }

        @Test
        void isCompleteOnceItHasListedOnThisConnection() {
            assertThat(inventory.isComplete()).isFalse();
            inventory.onListed(List.of(), now());
            assertThat(inventory.isComplete()).isTrue();
            inventory.onDisconnected();
            assertThat(inventory.isComplete()).isFalse();
        }

        @Test
        void ofARunKeepsItsBeginning() {
            inventory.onPrepare(web);
            long begun = inventory.entry(id).orElseThrow().startedAtNanos();
            inventory.onRunning(web);
            inventory.onReport(running(now()));
            assertThat(inventory.entry(id).orElseThrow().startedAtNanos()).isEqualTo(begun);
            inventory.onStopped(web);
            inventory.onPrepare(web);
            assertThat(inventory.entry(id).orElseThrow().startedAtNanos()).isGreaterThan(begun);
        }
    }

    @Nested
    class ADomainThatLibvirtCanNotTellOf {

        @Test
        void isNotTakenForGoneBecauseTheListLacksIt() {
            inventory.onReport(off(now()));
            inventory.onUnreadable(id);
            assertThat(inventory.onListed(List.of(), now())).isEmpty();
            assertThat(inventory.entry(id)).isPresent();
            inventory.onListed(List.of(), now());
            assertThat(inventory.entry(id)).as("unreadable in the list before, missing in this one").isEmpty();
        }

        @Test
        void existsThoughNobodyKnowsMore() {
            inventory.onUnreadable(id);
            assertThat(inventory.exists(id)).isTrue();
            inventory.onListed(List.of(), now());
            assertThat(inventory.exists(id)).isTrue();
            inventory.presumeGone(id);
            assertThat(inventory.isGone(id)).isFalse();
            inventory.onListed(List.of(), now());
            assertThat(inventory.exists(id)).isFalse();
        }

        @Test
        void makesAnEmptyListBelievable() {
            inventory.onReport(off(now()));
            inventory.onUnreadable(id);
            assertThat(inventory.doubtEmptyList(Optional.empty(), MINUTE)).isEmpty();
        }
    }

    @Nested
    class AnEmptyList {

        @Test
        void isBelievedWhereNothingWasKnown() {
            assertThat(inventory.doubtEmptyList(Optional.empty(), MINUTE)).isEmpty();
        }

        @Test
        void isNeverBelievedWhileATapIsHeld() {
            inventory.onListed(List.of(), now());
            for (int i = 0; i < 3; i++) {
                assertThat(inventory.doubtEmptyList(Optional.of(new InterfaceName("vnet3")), MINUTE)).contains(
                        "libvirt lists no domain at all, but some process holds tap vnet3 open:"
                                + " nothing is torn down before it lists one or the tap is let go");
                clock.pass(MINUTE);
            }
            assertThat(inventory.isComplete()).isFalse();
        }

        @Test
        void isBelievedOverKnownDomainsOnceLibvirtHasInsistedForAWhile() {
            inventory.onListed(List.of(off(now())), now());
            assertThat(inventory.doubtEmptyList(Optional.empty(), MINUTE)).contains(
                    "libvirt lists no domain at all, where there were 1: nothing is torn down unless it still says so after 60 s");
            assertThat(inventory.isComplete()).isFalse();
            clock.pass(Duration.ofSeconds(59));
            assertThat(inventory.doubtEmptyList(Optional.empty(), MINUTE)).isPresent();
            clock.pass(Duration.ofSeconds(1));
            assertThat(inventory.doubtEmptyList(Optional.empty(), MINUTE)).isEmpty();
        }

        @Test
        void isDoubtedAnewOnANewConnection() {
            inventory.onListed(List.of(off(now())), now());
            inventory.doubtEmptyList(Optional.empty(), MINUTE);
            inventory.onDisconnected();
            clock.pass(MINUTE);
            assertThat(inventory.doubtEmptyList(Optional.empty(), MINUTE)).isPresent();
            clock.pass(MINUTE);
            assertThat(inventory.doubtEmptyList(Optional.empty(), MINUTE)).isEmpty();
        }

        @Test
        void isDoubtedAnewAfterAListThatWasNotEmpty() {
            inventory.onListed(List.of(off(now())), now());
            inventory.doubtEmptyList(Optional.empty(), MINUTE);
            clock.pass(MINUTE);
            inventory.onListed(List.of(off(now())), now());
            assertThat(inventory.doubtEmptyList(Optional.empty(), MINUTE)).isPresent();
        }
    }

    @Nested
    class AnAnnouncement {

        private final InterfaceSpec nic = nicOf(mac(2), "vnet1", 1, true);

        @Test
        void addsANicToTheRunningMachineUntilItLapses() {
            inventory.onReport(running(now()));
            assertThat(inventory.onAnnounced(id, nic, MINUTE)).isTrue();
            assertThat(live().interfaces()).hasSize(2).contains(nic);
            assertThat(inventory.nextLapse(inventory.entry(id).orElseThrow())).hasValueSatisfying(
                    lapse -> assertThat(lapse).isBetween(Duration.ofSeconds(59), MINUTE));
            clock.pass(MINUTE);
            inventory.dropLapsed(id);
            assertThat(live().interfaces()).hasSize(1);
            assertThat(inventory.nextLapse(inventory.entry(id).orElseThrow())).isEmpty();
        }

        @Test
        void outlivesAReportThatLacksTheNicAndEndsWithOneThatHasIt() {
            inventory.onReport(running(now()));
            inventory.onAnnounced(id, nic, MINUTE);
            inventory.onReport(running(now()));
            assertThat(live().interfaces()).contains(nic);
            DomainSpec both = domain("web").nic(1, "vnet0").with(nic).spec();
            inventory.onReport(new DomainReport(id, "web", true, Optional.of(web), Optional.of(both), now()));
            assertThat(live().interfaces()).hasSize(2);
            assertThat(inventory.entry(id).orElseThrow().plugged()).isEmpty();
        }

        @Test
        void takesThePlaceOfAnEarlierOneOfTheSameNic() {
            inventory.onReport(running(now()));
            inventory.onAnnounced(id, nic, MINUTE);
            InterfaceSpec better = nicOf(mac(2), "vnet9", 1, true);
            inventory.onAnnounced(id, better, MINUTE);
            assertThat(live().interfaces()).hasSize(2).contains(better);
        }

        @Test
        void endsWithTheRun() {
            inventory.onReport(running(now()));
            inventory.onAnnounced(id, nic, MINUTE);
            inventory.onStopped(web);
            inventory.onPrepare(web);
            assertThat(live().interfaces()).hasSize(1);
        }

        @Test
        void isRefusedForADomainThatDoesNotRun() {
            assertThat(inventory.onAnnounced(id, nic, MINUTE)).isFalse();
            inventory.onReport(off(now()));
            assertThat(inventory.onAnnounced(id, nic, MINUTE)).isFalse();
        }

        private DomainSpec live() {
            return inventory.entry(id).orElseThrow().liveWithPlugged().orElseThrow();
        }
    }

    @Nested
    class ADomainPresumedGone {

        @Test
        void isGoneUnlessSomebodyHasToldOfIt() {
            inventory.presumeGone(id);
            assertThat(inventory.isGone(id)).isTrue();
            inventory.onPrepare(web);
            assertThat(inventory.isGone(id)).isFalse();
            inventory.presumeGone(id);
            assertThat(inventory.isGone(id)).isFalse();
        }
    }
}
