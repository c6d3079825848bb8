package io.tapwright.libvirt;

import static io.tapwright.libvirt.TestDomains.id;
import static io.tapwright.libvirt.TestDomains.xml;
import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.model.DomainId;
import io.tapwright.model.domain.ConnectionState;
import io.tapwright.model.domain.ConnectionState.State;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.libvirt.LibvirtException;

/** A libvirtd that dies, hangs and comes back. Its test driver is enough for that. */
class LibvirtdIT {

    private static final DomainId A = id(1);
    private static LibvirtLab lab;

    private final RecordingListener heard = new RecordingListener();
    private LibvirtHypervisor hypervisor;

    @BeforeAll
    static void up() {
        lab = LibvirtLab.up();
    }

    @AfterAll
    static void down() {
        if (lab != null) {
            lab.close();
        }
    }

    @AfterEach
    void close() {
        if (hypervisor != null) {
            hypervisor.close();
        }
        assertThat(Resources.eventually(() -> Resources.now().threads() == 0)).isTrue();
    }

    private void start(LibvirtSettings settings) {
        hypervisor = new LibvirtHypervisor(settings, InstantSource.system());
        hypervisor.start(heard);
    }

    private static String uri() {
        return lab.uri("test", "default");
    }

    private static void virsh(String input, String... command) {
        String[] all = new String[command.length + 3];
        all[0] = "virsh";
        all[1] = "-c";
        all[2] = "test+unix:///default";
        System.arraycopy(command, 0, all, 3, command.length);
        lab.run(input, all);
    }

    @Test
    void hearsWhatOthersDoThroughLibvirtd() {
        start(LibvirtSettings.of(uri()));
        heard.awaitListing();

        virsh(xml(A, "vm", ""), "define", "/dev/stdin");
        heard.await("defined", l -> l.known.containsKey(A));
        virsh("", "start", "vm");
        heard.await("started", l -> l.known.get(A).active());
        virsh("", "metadata", "vm", "urn:tapwright:1", "--live", "--key", "tapwright", "--set",
                "<networks><interface mac='52:54:00:aa:00:01' network='red'/></networks>");
        heard.await("metadata", l -> l.known.get(A).live().orElseThrow().networks().containsValue("red"));
        virsh("", "destroy", "vm");
        virsh("", "undefine", "vm");
        heard.await("undefined", l -> l.gone.contains(A));
        assertThat(heard.problems).isEmpty();
    }

    @Test
    void manyDomainsThatGoInARowAreMissedInOneListAndThoseThatStayAreRead() throws LibvirtException {
        start(LibvirtSettings.of(uri()));
        heard.awaitListing();
        List<DomainId> go = IntStream.range(0, 2 * WorkQueue.MANY).mapToObj(TestDomains::id).toList();
        List<DomainId> stay = List.of(id(1001), id(1002), id(1003));
        try (TestDomains admin = new TestDomains(uri())) {
            for (DomainId one : go) {
                admin.define(xml(one, "go" + one, ""));
            }
            for (DomainId one : stay) {
                admin.define(xml(one, "stay" + one, ""));
                admin.start(one);
            }
            heard.await("all there", l -> l.known.keySet().containsAll(go) && stay.stream().allMatch(one -> isActive(l, one)));

            // Nothing is told meanwhile, so all of it waits for the libvirt thread.
            heard.look(l -> {
                try {
                    for (DomainId one : stay) {
                        admin.destroy(one);
                    }
                    for (DomainId one : go) {
                        admin.undefine(one);
                    }
                    return null;
                } catch (LibvirtException e) {
                    throw new AssertionError(e);
                }
            });
            heard.await("all gone, and those off that stay",
                    l -> l.gone.containsAll(go) && stay.stream().noneMatch(one -> isActive(l, one)));

            assertThat(heard.gone).containsExactlyInAnyOrderElementsOf(go);
            assertThat(heard.known).containsKeys(stay.toArray(DomainId[]::new));
            assertThat(heard.problems).isEmpty();
            // Each is asked for at a time of its own, but for those of a list.
            assertThat(heard.goneAsked.stream().collect(groupingBy(asked -> asked, counting())).values())
                    .anyMatch(together -> together >= WorkQueue.MANY);
            stay.forEach(admin::remove);
        }
    }

    private static boolean isActive(RecordingListener listener, DomainId id) {
        return listener.known.containsKey(id) && listener.known.get(id).active();
    }

    @Test
    void outlivesLibvirtdThreeTimes() {
        start(LibvirtSettings.of(uri()));
        heard.awaitListing();
        Resources before = Resources.now();
        for (int round = 1; round <= 3; round++) {
            int listings = round;
            lab.libvirtd("kill");
            heard.awaitState(State.DISCONNECTED);
            assertThat(hypervisor.eventLoopAlive()).isTrue();
            hypervisor.refreshAll();
            hypervisor.refresh(A);
            lab.libvirtd("start");
            heard.await("listing after restart " + round, l -> l.listings.size() > listings);
        }
        virsh(xml(A, "vm", ""), "define", "/dev/stdin");
        heard.await("an event after the last restart", l -> l.events.contains("DEFINED") && l.known.containsKey(A));
        virsh("", "undefine", "vm");

        assertThat(heard.stateChanges()).containsExactly(State.CONNECTING, State.CONNECTED, State.DISCONNECTED,
                State.CONNECTED, State.DISCONNECTED, State.CONNECTED, State.DISCONNECTED, State.CONNECTED);
        ConnectionState lost = heard.look(l -> l.states.stream().filter(s -> s.state() == State.DISCONNECTED).findFirst())
                .orElseThrow();
        assertThat(lost.reason()).isEqualTo("libvirt closed it (end of file)");
        assertThat(heard.problems).isEmpty();
        assertThat(Resources.eventually(() -> Resources.now().equals(before))).as("%s, now %s", before, Resources.now())
                .isTrue();
    }

    @Test
    void diesInTheMiddleOfReading() {
        start(LibvirtSettings.of(uri()));
        heard.awaitListing();
        DomainId test = heard.listings.getFirst().getFirst().id();
        Thread storm = Thread.ofPlatform().start(() -> {
            while (!Thread.currentThread().isInterrupted()) {
                hypervisor.refresh(test);
                hypervisor.refreshAll();
                Thread.onSpinWait();
            }
        });
        int listings = heard.look(l -> l.listings.size());
        heard.await("many listings", l -> l.listings.size() > listings + 20);
        lab.libvirtd("kill");
        heard.awaitState(State.DISCONNECTED);
        lab.libvirtd("start");
        heard.awaitState(State.CONNECTED);
        storm.interrupt();
        int now = heard.look(l -> l.listings.size());
        hypervisor.refreshAll();
        heard.await("a listing", l -> l.listings.size() > now);
        hypervisor.close();
        assertThat(heard.gone).isEmpty();
        assertThat(heard.unreadable).isEmpty();
    }

    @Test
    void findsALibvirtdThatHangsAndOneThatGoesOn() {
        start(new LibvirtSettings(uri(), Duration.ofSeconds(1), 1, Duration.ofMillis(100), Duration.ofSeconds(1), 1));
        heard.awaitListing();
        lab.signal("STOP");
        try {
            heard.awaitState(State.DISCONNECTED);
            ConnectionState lost = heard.look(l -> l.states.getLast());
            assertThat(lost.reason()).isEqualTo("libvirt does not answer (keep-alive)");
        } finally {
            lab.signal("CONT");
        }
        heard.await("a listing after it went on", l -> l.listings.size() == 2);
    }

    @Test
    void closesWhileItConnectsToALibvirtdThatHangs() {
        lab.signal("STOP");
        try {
            start(LibvirtSettings.of(uri()));
            heard.awaitState(State.CONNECTING);
            assertThat(Resources.eventually(LibvirtdIT::isOpening)).isTrue();
            assertThat(hypervisor.eventLoopAlive()).isTrue();
            long started = System.nanoTime();
            hypervisor.close();
            assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(Duration.ofSeconds(6));
        } finally {
            lab.signal("CONT");
        }
        assertThat(heard.stateChanges()).containsExactly(State.CONNECTING);
    }

    /** The libvirt thread is inside virConnectOpen. */
    private static boolean isOpening() {
        return Thread.getAllStackTraces().entrySet().stream().filter(e -> e.getKey().getName().equals("libvirt"))
                .anyMatch(e -> Arrays.stream(e.getValue())
                        .anyMatch(f -> f.getClassName().equals("com.sun.jna.Native") && f.getMethodName().startsWith("invoke")));
    }

    @Test
    void twoHundredRoundsThroughLibvirtdLeaveNothingBehind() {
        round();
        Resources before = Resources.now();
        for (int i = 0; i < 200; i++) {
            round();
        }
        assertThat(Resources.eventually(() -> Resources.now().equals(before))).as("%s, now %s", before, Resources.now())
                .isTrue();
    }

    private static void round() {
        RecordingListener listener = new RecordingListener();
        try (LibvirtHypervisor one = new LibvirtHypervisor(LibvirtSettings.of(uri()), InstantSource.system())) {
            one.start(listener);
            listener.awaitListing();
        }
        assertThat(listener.problems).isEmpty();
    }
}
