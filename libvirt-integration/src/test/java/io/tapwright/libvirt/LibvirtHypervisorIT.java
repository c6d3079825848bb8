package io.tapwright.libvirt;

import static io.tapwright.libvirt.TestDomains.id;
import static io.tapwright.libvirt.TestDomains.nic;
import static io.tapwright.libvirt.TestDomains.xml;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.tuple;

import io.tapwright.model.DomainId;
import io.tapwright.model.MacAddress;
import io.tapwright.model.domain.ConnectionState;
import io.tapwright.model.domain.ConnectionState.State;
import io.tapwright.model.domain.DomainReport;
import io.tapwright.model.domain.InterfaceSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.libvirt.LibvirtException;

/** libvirt's test driver, which lives in this process. */
class LibvirtHypervisorIT {

    private static final String URI = "test:///default";
    private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");
    private static final DomainId A = id(1);
    private static final MacAddress MAC = new MacAddress("52:54:00:aa:00:01");

    private final RecordingListener heard = new RecordingListener();
    private LibvirtHypervisor hypervisor = new LibvirtHypervisor(LibvirtSettings.of(URI), InstantSource.fixed(NOON));
    private TestDomains admin;

    @BeforeEach
    void connect() throws LibvirtException {
        hypervisor.start(heard);
        heard.awaitListing();
        admin = new TestDomains(URI);
    }

    @AfterEach
    void disconnect() throws LibvirtException {
        IntStream.range(0, 1000).mapToObj(TestDomains::id).filter(heard.look(l -> l.known.keySet())::contains).toList()
                .forEach(admin::remove);
        admin.close();
        hypervisor.close();
        assertThat(Resources.now().threads()).isZero();
    }

    @Test
    void connectsRegistersThenLists() {
        assertThat(heard.states).containsExactly(new ConnectionState(URI, State.CONNECTING, NOON, ""),
                new ConnectionState(URI, State.CONNECTED, NOON, ""));
        assertThat(heard.listings).hasSize(1);
        assertThat(heard.listings.getFirst()).extracting(DomainReport::name).contains("test");
        assertThat(heard.threads).containsExactly("libvirt");
        assertThat(hypervisor.eventLoopAlive()).isTrue();
    }

    @Test
    void followsADomainThroughItsLife() throws LibvirtException {
        admin.define(xml(A, "vm", nic("52:54:00:aa:00:01", "tap0")));
        heard.await("defined", l -> l.known.containsKey(A));
        DomainReport defined = heard.known.get(A);
        assertThat(defined.name()).isEqualTo("vm");
        assertThat(defined.persistent()).isTrue();
        assertThat(defined.active()).isFalse();
        assertThat(defined.config().orElseThrow().interfaces()).extracting(InterfaceSpec::target, InterfaceSpec::isOurs)
                .containsExactly(tuple(Optional.of("tap0"), true));

        admin.start(A);
        heard.await("started", l -> l.known.get(A).active());
        assertThat(heard.known.get(A).config()).isPresent();
        assertThat(heard.known.get(A).live().orElseThrow().id()).isEqualTo(A);

        admin.reboot(A);
        admin.destroy(A);
        heard.await("stopped", l -> !l.known.get(A).active());
        admin.undefine(A);
        heard.await("undefined", l -> l.gone.contains(A));

        heard.await("every event", l -> l.events.containsAll(List.of("DEFINED", "STARTED", "STOPPED", "UNDEFINED")));
        assertThat(heard.problems).isEmpty();
    }

    @Test
    void aTransientDomainHasNoDefinitionAndEndsWithItsRun() throws LibvirtException {
        admin.create(xml(A, "flash", nic("52:54:00:aa:00:01", "tap0")));
        heard.await("created", l -> l.known.containsKey(A));
        assertThat(heard.known.get(A).persistent()).isFalse();
        assertThat(heard.known.get(A).config()).isEmpty();
        assertThat(heard.known.get(A).live()).isPresent();

        admin.destroy(A);
        heard.await("gone", l -> l.gone.contains(A));
    }

    @Test
    void aChangeOfMetadataIsAnEventAndLiveAndConfigCanDiffer() throws LibvirtException {
        admin.define(xml(A, "vm", nic("52:54:00:aa:00:01", "tap0")));
        admin.start(A);
        heard.await("started", l -> l.known.containsKey(A) && l.known.get(A).active());

        admin.setNetworks(A, "<interface mac='52:54:00:aa:00:01' network='red'/>", 1);
        heard.await("metadata", l -> l.known.get(A).live().orElseThrow().networks().equals(Map.of(MAC, "red")));
        assertThat(heard.known.get(A).config().orElseThrow().networks()).isEmpty();
        heard.await("METADATA_CHANGE", l -> l.events.contains("METADATA_CHANGE"));
    }

    @Test
    void redefinitionIsReadAgain() throws LibvirtException {
        admin.define(xml(A, "vm", nic("52:54:00:aa:00:01", "tap0")));
        heard.await("defined", l -> l.known.containsKey(A));
        admin.define(xml(A, "vm", nic("52:54:00:aa:00:01", "tap1")));

        heard.await("redefined", l -> l.known.get(A).config().orElseThrow().interfaces().getFirst().target()
                .equals(Optional.of("tap1")));
    }

    @Test
    void aDomainThatCannotBeReadIsNamedAndHidesNoOther() throws LibvirtException {
        admin.define(xml(A, "twins", nic("52:54:00:aa:00:01", "tap0") + nic("52:54:00:aa:00:01", "tap1")));
        heard.await("unreadable", l -> l.unreadable.contains(A));
        hypervisor.refreshAll();
        heard.await("second listing", l -> l.listings.size() == 2);

        assertThat(heard.unreadable).containsExactly(A, A);
        assertThat(heard.problems.getFirst()).contains("'twins' (" + A + ")").contains("52:54:00:aa:00:01").hasLineCount(1);
        assertThat(heard.known.values()).extracting(DomainReport::name).contains("test").doesNotContain("twins");
        assertThat(heard.gone).isEmpty();
        admin.undefine(A);
        heard.await("gone", l -> l.gone.contains(A));
    }

    @Test
    void aListingRepeatsWhatWasReadAndRenewsAFewReadings() throws LibvirtException {
        reopen(1);
        for (int i = 1; i <= 3; i++) {
            admin.define(xml(id(i), "vm" + i, nic("52:54:00:aa:00:0" + i, "tap" + i)));
        }
        heard.await("all there", l -> l.known.size() == 4);
        Map<DomainId, DomainReport> before = heard.look(l -> Map.copyOf(l.known));
        for (int round = 1; round <= 4; round++) {
            List<DomainReport> listing = listAgain();
            int renewed = round;
            assertThat(listing).hasSize(4).as("after round %d", round)
                    .filteredOn(report -> report == before.get(report.id())).hasSize(4 - renewed);
            assertThat(listing).extracting(DomainReport::config)
                    .containsExactlyInAnyOrderElementsOf(before.values().stream().map(DomainReport::config).toList());
        }
    }

    @Test
    void aListingReadsADomainThatWasNamed() throws LibvirtException {
        reopen(1);
        admin.define(xml(A, "vm", nic("52:54:00:aa:00:01", "tap0")));
        admin.define(xml(id(2), "other", ""));
        heard.await("all there", l -> l.known.size() == 3);
        for (int i = 0; i < 20; i++) {
            long asked = System.nanoTime();
            hypervisor.refresh(A);
            listAgain();
            heard.await("read after it was asked for", l -> l.known.get(A).readStartedNanos() - asked > 0);
        }
    }

    @Test
    void aListingFollowsDomainsThatComeStartStopAndGo() throws LibvirtException {
        reopen(1);
        admin.define(xml(A, "vm", nic("52:54:00:aa:00:01", "tap0")));
        admin.create(xml(id(2), "flash", ""));
        assertThat(listAgain()).extracting(DomainReport::id).contains(A, id(2));
        admin.start(A);
        admin.destroy(id(2));
        assertThat(listAgain()).filteredOn(DomainReport::active).extracting(DomainReport::id).contains(A).doesNotContain(id(2));
        admin.undefine(A);
        assertThat(listAgain()).filteredOn(r -> r.id().equals(A)).extracting(DomainReport::persistent).containsExactly(false);
        admin.destroy(A);
        assertThat(listAgain()).extracting(DomainReport::id).doesNotContain(A, id(2));
    }

    /** In place of the one that lists with the default settings. */
    private void reopen(int renewedReadings) {
        hypervisor.close();
        heard.listings.clear();
        LibvirtSettings usual = LibvirtSettings.of(URI);
        hypervisor = new LibvirtHypervisor(new LibvirtSettings(URI, usual.keepAliveInterval(), usual.keepAliveCount(),
                usual.firstRetry(), usual.maxRetry(), renewedReadings), InstantSource.fixed(NOON));
        hypervisor.start(heard);
        heard.awaitListing();
    }

    private List<DomainReport> listAgain() {
        int listings = heard.look(l -> l.listings.size());
        hypervisor.refreshAll();
        heard.await("a listing", l -> l.listings.size() > listings);
        return heard.look(l -> l.listings.getLast());
    }

    @Test
    void readsAgainWhatItIsAskedFor() {
        hypervisor.refresh(A);
        heard.await("no such domain", l -> l.gone.contains(A));

        DomainId test = heard.listings.getFirst().stream().filter(r -> r.name().equals("test")).findFirst().orElseThrow().id();
        long before = System.nanoTime();
        hypervisor.refresh(test);
        heard.await("domain test", l -> !l.reports.isEmpty());
        assertThat(heard.reports.getFirst().readStartedNanos()).isBetween(before, System.nanoTime());
    }

    @Test
    void aStormOfEventsIsHeardInFullAndReadAHandfulOfTimes() throws LibvirtException {
        List<DomainId> ids = IntStream.range(0, 10).mapToObj(TestDomains::id).toList();
        for (DomainId one : ids) {
            admin.create(xml(one, "vm" + one, ""));
        }
        heard.await("all there", l -> l.known.keySet().containsAll(ids));
        int eventsBefore = heard.look(l -> l.events.size());
        int readsBefore = heard.look(l -> l.reports.size());
        long started = System.nanoTime();
        for (int round = 0; round < 50; round++) {
            for (DomainId one : ids) {
                admin.suspendAndResume(one);
            }
        }
        heard.await("every event", l -> l.events.size() == eventsBefore + 1000);
        DomainId last = ids.getLast();
        long after = System.nanoTime();
        heard.await("a read after the last event",
                l -> l.known.get(last).readStartedNanos() - started > 0);
        long seconds = Duration.ofNanos(after - started).toSeconds() + 1;
        assertThat(heard.look(l -> l.reports.size()) - readsBefore)
                .isBetween(10, (int) (10 * (ReadPace.BURST + 1 + 4 * seconds)));
    }

    @Test
    void aListenerThatThrowsIsToldSoAndMissesNothingElse() throws LibvirtException {
        hypervisor.close();
        RecordingListener inner = new RecordingListener();
        LibvirtHypervisor other = new LibvirtHypervisor(LibvirtSettings.of(URI), InstantSource.system());
        other.start(new ThrowingListener(inner));
        inner.await("problem", l -> l.problems.stream().anyMatch(p -> p.contains("thrown by a test")));
        admin.define(xml(A, "vm", ""));
        inner.await("defined", l -> l.known.containsKey(A));
        admin.undefine(A);
        inner.await("gone", l -> l.gone.contains(A));
        other.close();
        assertThat(inner.stateChanges()).containsExactly(State.CONNECTING, State.CONNECTED);
    }

    @Test
    void aSecondOneInTheProcessWaitsForTheFirst() {
        RecordingListener second = new RecordingListener();
        try (LibvirtHypervisor other = new LibvirtHypervisor(LibvirtSettings.of(URI), InstantSource.system())) {
            other.start(second);
            second.await("reason", l -> !l.states.isEmpty()
                    && l.states.getLast().reason().contains("in use by another part of this process"));
            assertThat(other.eventLoopAlive()).isFalse();
            hypervisor.close();
            second.awaitListing();
        }
    }

    @Test
    void startsOnceAndStaysClosed() {
        assertThatIllegalStateException().isThrownBy(() -> hypervisor.start(heard));
        hypervisor.close();
        hypervisor.close();
        assertThat(hypervisor.eventLoopAlive()).isFalse();
        int states = heard.states.size();
        hypervisor.refreshAll();
        hypervisor.refresh(A);
        assertThat(heard.states).hasSize(states);
        assertThatIllegalStateException().isThrownBy(() -> hypervisor.start(heard));
    }

    @Test
    void aListenerMayCloseIt() {
        hypervisor.close();
        LibvirtHypervisor other = new LibvirtHypervisor(LibvirtSettings.of(URI), InstantSource.system());
        other.start(new ClosingListener(other));

        assertThat(Resources.eventually(() -> Resources.now().threads() == 0)).isTrue();
    }

    @Test
    void aUriThatLeadsNowhereIsTriedForEverWithItsReasonSaidOnce() {
        hypervisor.close();
        RecordingListener none = new RecordingListener();
        LibvirtSettings hasty = new LibvirtSettings("test+unix:///default?socket=/nonexistent/libvirt-sock",
                Duration.ofSeconds(5), 3, Duration.ofMillis(1), Duration.ofMillis(2), 1);
        Resources before = Resources.now();
        try (LibvirtHypervisor other = new LibvirtHypervisor(hasty, InstantSource.fixed(NOON))) {
            other.start(none);
            none.await("reason", l -> l.states.size() == 2);
            assertThat(none.states.getLast().state()).isEqualTo(State.CONNECTING);
            assertThat(none.states.getLast().reason()).contains("connect to test+unix:///default", "/nonexistent/libvirt-sock");
            assertThat(other.eventLoopAlive()).isTrue();
            long end = System.nanoTime() + Duration.ofMillis(300).toNanos();
            Resources.eventually(() -> System.nanoTime() > end); // a hundred attempts
            assertThat(none.states).hasSize(2);
        }
        assertThat(Resources.eventually(() -> Resources.now().fds() <= before.fds())).isTrue();
    }

    @Test
    void twoHundredRoundsLeaveNothingBehind() {
        hypervisor.close();
        round(); // whatever is made once is made now
        Resources before = Resources.now();
        for (int i = 0; i < 200; i++) {
            round();
        }
        assertThat(Resources.eventually(() -> Resources.now().fds() <= before.fds())).as("fds before %d, now %d",
                before.fds(), Resources.now().fds()).isTrue();
        assertThat(Resources.now().threads()).isZero();
    }

    private static void round() {
        RecordingListener listener = new RecordingListener();
        try (LibvirtHypervisor one = new LibvirtHypervisor(LibvirtSettings.of(URI), InstantSource.system())) {
            one.start(listener);
            listener.awaitListing();
        }
    }
}
