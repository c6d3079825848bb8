package io.tapwright.hostnet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.tapwright.model.InterfaceName;
import io.tapwright.model.MacAddress;
import io.tapwright.model.host.HostAction;
import io.tapwright.model.host.HostNetwork.Detail;
import io.tapwright.model.host.HostNetworkException;
import io.tapwright.model.host.Link;
import io.tapwright.model.host.LinkChange;
import io.tapwright.model.host.LinkListener;
import io.tapwright.model.host.LinkRef;
import io.tapwright.model.host.TapOwner;
import io.tapwright.testkit.net.InNetworkNamespace;
import io.tapwright.testkit.net.RecordingListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Many devices, many threads, many times, and a listener that can't keep up. */
@ExtendWith(InNetworkNamespace.class)
class LinuxHostNetworkLoadIT {

    private static final InterfaceName BRIDGE = new InterfaceName("br0");
    private static final MacAddress MAC = new MacAddress("02:00:00:00:00:07");

    @Test
    void aDumpIsWholeWhileDevicesComeAndGo() throws Exception {
        try (LinuxHostNetwork network = LinuxHostNetwork.open()) {
            Set<InterfaceName> steady = IntStream.range(0, 300).mapToObj(i -> new InterfaceName("steady" + i)).collect(Collectors.toSet());
            steady.forEach(name -> network.apply(tap(name)));
            AtomicBoolean over = new AtomicBoolean();
            AtomicInteger churned = new AtomicInteger();
            List<Thread> churners = IntStream.range(0, 3).mapToObj(i -> Thread.ofPlatform().start(() -> {
                InterfaceName name = new InterfaceName("churn" + i);
                while (!over.get()) {
                    network.apply(tap(name));
                    network.apply(new HostAction.DeleteLink(network.link(name).orElseThrow().ref()));
                    churned.incrementAndGet();
                }
            })).toList();

            int dumps = 0;
            while (dumps < 50 || churned.get() < 50) {
                List<InterfaceName> seen = network.links(Detail.STATE).stream().map(Link::name)
                        .filter(n -> n.text().startsWith("steady")).toList();
                assertThat(seen).hasSize(steady.size()).doesNotHaveDuplicates().containsAll(steady);
                dumps++;
            }
            over.set(true);
            for (Thread churner : churners) {
                churner.join();
            }
        }
    }

    @Test
    void aListenerThatCanNotKeepUpLearnsThatItMissedSomething() throws Exception {
        try (LinuxHostNetwork network = LinuxHostNetwork.open(new LinuxHostNetwork.Settings(Duration.ofSeconds(2), 4, 1))) {
            CountDownLatch goOn = new CountDownLatch(1);
            RecordingListener heard = new RecordingListener();
            try (AutoCloseable monitor = network.monitor(new Blocking(goOn, heard))) {
                assertThat(monitor).isNotNull();
                network.apply(new HostAction.CreateBridge(BRIDGE, MAC, 1500, "x"));
                LinkRef bridge = network.link(BRIDGE).orElseThrow().ref();
                for (int mtu = 1400; mtu < 1500; mtu++) {
                    network.apply(new HostAction.ChangeLink(bridge, LinkChange.NONE.mtu(mtu)));
                }
                goOn.countDown();

                heard.await(h -> h instanceof RecordingListener.Heard.Overrun);
                // It goes on hearing of changes; the first of them may still be lost to what waits from before.
                AtomicInteger mtu = new AtomicInteger(9000);
                while (!heard.hears(l -> l.mtu() >= 9000)) {
                    network.apply(new HostAction.ChangeLink(bridge, LinkChange.NONE.mtu(mtu.incrementAndGet())));
                }
            }
        }
    }

    @Test
    void aListenerThatThrowsIsToldOfTheNextChangeNevertheless() throws Exception {
        AtomicReference<Throwable> uncaught = new AtomicReference<>();
        Thread.UncaughtExceptionHandler before = Thread.getDefaultUncaughtExceptionHandler();
        Thread.setDefaultUncaughtExceptionHandler((thread, e) -> uncaught.set(e));
        try (LinuxHostNetwork network = LinuxHostNetwork.open()) {
            RecordingListener heard = new RecordingListener();
            AtomicBoolean thrown = new AtomicBoolean();
            LinkListener throwing = new LinkListener() {
                @Override
                public void onChanged(Link link) {
                    if (thrown.compareAndSet(false, true)) {
                        throw new IllegalStateException("thrown by the test");
                    }
                    heard.onChanged(link);
                }

                @Override
                public void onGone(LinkRef link) {
                    heard.onGone(link);
                }

                @Override
                public void onOverrun() {
                    heard.onOverrun();
                }
            };
            try (AutoCloseable monitor = network.monitor(throwing)) {
                assertThat(monitor).isNotNull();
                network.apply(new HostAction.CreateBridge(BRIDGE, MAC, 1500, "x"));
                while (!thrown.get()) {
                    Thread.onSpinWait();
                }
                network.apply(new HostAction.ChangeLink(network.link(BRIDGE).orElseThrow().ref(), LinkChange.NONE.mtu(1400)));

                heard.awaitChanged(l -> l.mtu() == 1400);
                assertThat(uncaught.get()).hasMessage("thrown by the test");
            }
        } finally {
            Thread.setDefaultUncaughtExceptionHandler(before);
        }
    }

    @Test
    void tenThousandTimesLeaveNoDescriptorAndNoThread() throws Exception {
        try (LinuxHostNetwork network = LinuxHostNetwork.open()) {
            InterfaceName name = new InterfaceName("vnet0");
            network.apply(tap(name));
            LinkRef tap = network.link(name).orElseThrow().ref();
            once(network, tap);
            Set<String> descriptors = descriptors();
            long threads = monitorThreads();
            for (int i = 0; i < 10_000; i++) {
                once(network, tap);
                if (i % 100 == 0) {
                    network.monitor(new RecordingListener()).close();
                    LinuxHostNetwork.open().close();
                }
            }

            assertThat(descriptors()).isEqualTo(descriptors);
            assertThat(monitorThreads()).isEqualTo(threads);
        }
    }

    private static void once(LinuxHostNetwork network, LinkRef tap) {
        network.link(tap.index());
        network.apply(new HostAction.ChangeLink(tap, LinkChange.NONE.withIpv6Off().alias("again")));
        assertThatExceptionOfType(HostNetworkException.class).isThrownBy(() -> network.apply(tap(tap.name())));
        assertThatExceptionOfType(HostNetworkException.class)
                .isThrownBy(() -> network.apply(new HostAction.ChangeLink(tap, LinkChange.NONE.mtu(1).up(true))));
    }

    @Test
    void manyThreadsAtOnceGetWhatEachAskedFor() throws Exception {
        try (LinuxHostNetwork network = LinuxHostNetwork.open()) {
            network.apply(new HostAction.CreateBridge(BRIDGE, MAC, 1500, "x"));
            int bridge = network.link(BRIDGE).orElseThrow().index();
            List<Throwable> failures = java.util.Collections.synchronizedList(new ArrayList<>());
            List<Thread> threads = new ArrayList<>();
            for (int t = 0; t < 8; t++) {
                int number = t;
                threads.add(Thread.ofPlatform().start(() -> {
                    try {
                        for (int i = 0; i < 25; i++) {
                            InterfaceName name = new InterfaceName("t" + number + "-" + i);
                            network.apply(tap(name));
                            network.apply(new HostAction.ChangeLink(
                                    network.link(name).orElseThrow().ref(), LinkChange.NONE.master(bridge).up(true)));
                            assertThat(network.link(name).orElseThrow().master()).isEqualTo(bridge);
                        }
                    } catch (Throwable e) {
                        failures.add(e);
                    }
                }));
            }
            for (Thread thread : threads) {
                thread.join();
            }

            assertThat(failures).isEmpty();
            assertThat(network.links(Detail.STATE).stream().filter(l -> l.master() == bridge && l.up())).hasSize(200);
        }
    }

    private static HostAction tap(InterfaceName name) {
        return new HostAction.CreateTap(name, false, TapOwner.NOBODY, LinkChange.NONE.alias("load").withIpv6Off());
    }

    private static Set<String> descriptors() throws IOException {
        try (Stream<Path> entries = Files.list(Path.of("/proc/self/fd"))) {
            // The directory itself is open while it is listed, under a number that is free before and after.
            return entries.filter(Files::exists).map(p -> p.getFileName() + " " + kind(p)).collect(Collectors.toSet());
        }
    }

    private static String kind(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString().replaceAll(":.*", "");
        } catch (IOException e) {
            return "closed";
        }
    }

    private static long monitorThreads() {
        return Thread.getAllStackTraces().keySet().stream().filter(t -> t.getName().equals("link-monitor")).count();
    }

    private record Blocking(CountDownLatch goOn, LinkListener next) implements LinkListener {
        @Override
        public void onChanged(Link link) {
            try {
                goOn.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            next.onChanged(link);
        }

        @Override
        public void onGone(LinkRef link) {
            next.onGone(link);
        }

        @Override
        public void onOverrun() {
            next.onOverrun();
        }
    }
}
