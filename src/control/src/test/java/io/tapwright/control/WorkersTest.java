package io.tapwright.control;

import static io.tapwright.testkit.libvirt.DomainBuilder.domain;
import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.model.InterfaceName;
import io.tapwright.model.domain.DomainSpec;
import io.tapwright.model.host.Errno;
import io.tapwright.model.host.HostAction;
import io.tapwright.model.host.HostNetwork;
import io.tapwright.model.host.HostNetworkException;
import io.tapwright.model.host.Link;
import io.tapwright.model.status.NicState;
import io.tapwright.model.status.NicStatus;
import io.tapwright.testkit.libvirt.FakeHypervisor;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The control plane on its own threads and its own time. */
class WorkersTest {

    private final World world = World.withDefaultBridge();
    private final BlockingQueue<NicStatus> news = new LinkedBlockingQueue<>();
    private final Recorder told = new Recorder();
    private final FakeHypervisor libvirt = new FakeHypervisor(System::nanoTime);
    private ControlPlane agent;

    @AfterEach
    void close() {
        if (agent != null) {
            agent.close();
        }
    }

    private void start(UnaryOperator<HostNetwork> seam, ControlListener listener) {
        ControlSettings one = world.settings();
        ControlSettings two = new ControlSettings(one.catalog(), one.taps(), one.bridges(), false, one.resyncInterval(),
                one.reaperGrace(), one.announcement(), 2);
        agent = new ControlPlane(two, seam.apply(world.kernel), libvirt, listener, Instant::now);
        agent.start();
    }

    private void start() {
        start(kernel -> kernel, told);
    }

    private static <T> T await(CompletableFuture<T> future) throws Exception {
        return future.get(20, TimeUnit.SECONDS);
    }

    @Test
    void theHookIsAnsweredAsSoonAsTheControlPlaneHasStarted() throws Exception {
        start();
        DomainSpec web = domain("web").nic(1, "vnet0").spec();
        assertThat(await(agent.prepare(web))).isEqualTo(new HookAnswer.Ready());
        assertThat(world.masterOf("vnet0")).isEqualTo("br0");
    }

    @Test
    void aHundredDomainsThatStartTogetherAreAllWired() throws Exception {
        start();
        List<DomainSpec> all = IntStream.range(0, 100).mapToObj(i -> domain("vm" + i).nic(i, "vnet" + i).spec()).toList();
        List<CompletableFuture<HookAnswer>> answers = all.stream().map(agent::prepare).toList();
        for (CompletableFuture<HookAnswer> answer : answers) {
            assertThat(await(answer)).isEqualTo(new HookAnswer.Ready());
        }
        for (int i = 0; i < 100; i++) {
            assertThat(world.masterOf("vnet" + i)).isEqualTo("br0");
        }
        all.forEach(agent::stopped);
        all.forEach(agent::released);
        await(agent.probe());
    }

    @Test
    void aKernelThatAnswersLateDelaysOnlyItsOwnKey() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        start(kernel -> new BeforeApply(kernel, action -> {
            if (action.device().text().equals("stuck")) {
                awaitQuietly(release);
            }
        }), told);
        CompletableFuture<HookAnswer> stuck = agent.prepare(domain("stuck").nic(1, "stuck").spec());
        assertThat(await(agent.prepare(domain("web").nic(2, "vnet0").spec()))).isEqualTo(new HookAnswer.Ready());
        await(agent.probe());
        assertThat(stuck).isNotDone();
        release.countDown();
        assertThat(await(stuck)).isEqualTo(new HookAnswer.Ready());
    }

    @Test
    void whatFailedIsTriedAgainByItself() throws Exception {
        world.kernel.refuse(a -> a instanceof HostAction.CreateTap, Errno.ENFILE);
        start(kernel -> kernel, new ControlListener() {
            @Override
            public void nicChanged(NicStatus status) {
                news.add(status);
            }
        });
        assertThat(await(agent.prepare(domain("web").nic(1, "vnet0").spec()))).isInstanceOf(HookAnswer.Refused.class);
        assertThat(news.poll(20, TimeUnit.SECONDS)).returns(NicState.FAILED, NicStatus::state);
        world.kernel.relent();
        assertThat(news.poll(20, TimeUnit.SECONDS)).returns(NicState.PENDING, NicStatus::state);
    }

    @Test
    void neitherAnErrorNorAListenerThatThrowsEndsAWorker() throws Exception {
        AtomicBoolean once = new AtomicBoolean();
        start(kernel -> new ThroughHostNetwork(kernel) {
            @Override
            public Optional<Link> link(InterfaceName name) {
                if (name.text().startsWith("bad")) {
                    throw new StackOverflowError("as of a bug");
                }
                return super.link(name);
            }
        }, new ControlListener() {
            @Override
            public void nicChanged(NicStatus status) {
                if (!once.getAndSet(true)) {
                    throw new IllegalStateException("the bus is closed");
                }
            }
        });
        List<CompletableFuture<HookAnswer>> bad = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            bad.add(agent.prepare(domain("bad" + i).nic(i, "bad" + i).spec()));
        }
        for (CompletableFuture<HookAnswer> answer : bad) {
            assertThat(await(answer)).as("fails closed").isInstanceOfSatisfying(HookAnswer.Refused.class,
                    refused -> assertThat(refused.reasons().getFirst()).contains("could not be looked at").contains("as of a bug"));
        }
        DomainSpec web = domain("web").nic(100, "vnet0").spec();
        assertThat(await(agent.prepare(web))).as("the listener threw").isInstanceOf(HookAnswer.Refused.class);
        assertThat(await(agent.prepare(web))).isEqualTo(new HookAnswer.Ready());
        await(agent.probe());
    }

    @Test
    void aKernelThatDoesNotAnswerAtTheStartIsAskedAgainAndHoldsTheStartUpNoLongerThanThat() throws Exception {
        AtomicBoolean mute = new AtomicBoolean(true);
        start(kernel -> new ThroughHostNetwork(kernel) {
            @Override
            public List<Link> links(Detail detail) {
                if (mute.get()) {
                    throw new HostNetworkException("dump the devices", Errno.ENOBUFS);
                }
                return super.links(detail);
            }
        }, told);
        assertThat(List.copyOf(told.problems)).contains("could not reconcile the devices of the host: dump the devices: ENOBUFS");
        mute.set(false);
        assertThat(await(agent.prepare(domain("web").nic(1, "vnet0").spec()))).isEqualTo(new HookAnswer.Ready());
    }

    @Test
    void closedItLeavesNoThreadAndEverythingInPlace() throws Exception {
        start();
        await(agent.prepare(domain("web").nic(1, "vnet0").spec()));
        agent.close();
        assertThat(Thread.getAllStackTraces().keySet()).filteredOn(t -> t.getName().startsWith("reconcile-") && t.isAlive()).isEmpty();
        assertThat(world.masterOf("vnet0")).isEqualTo("br0");
        assertThat(agent.probe()).isNotDone();
    }

    @Test
    void tellsItsQueue() throws Exception {
        start();
        await(agent.probe());
        assertThat(agent.queueDepth()).isNotNegative();
        assertThat(agent.oldestInQueue()).isLessThan(Duration.ofMinutes(1));
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
