package io.tapwright.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tapwright.model.DomainId;
import io.tapwright.model.InterfaceName;
import io.tapwright.model.Mark;
import io.tapwright.model.NicId;
import io.tapwright.model.host.Errno;
import io.tapwright.model.host.HostAction;
import io.tapwright.model.host.HostNetworkException;
import io.tapwright.model.host.Link;
import io.tapwright.model.host.LinkChange;
import io.tapwright.model.host.TapOwner;
import io.tapwright.testkit.libvirt.DomainBuilder;
import io.tapwright.testkit.net.FakeHostNetwork;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class DisposalTest {

    private static final DomainId WEB = DomainBuilder.domain("web").spec().id();

    private final HandClock clock = new HandClock();
    private final FakeHostNetwork kernel = new FakeHostNetwork();
    private final DeviceIndex index = new DeviceIndex("main", Set.of());
    private final WorkQueue<Key> queue = new WorkQueue<>(clock);
    private final Recorder told = new Recorder();
    private Consumer<HostAction> before = action -> { };
    private final Disposal disposal = new Disposal(kernel,
            new Actor(new BeforeApply(kernel, action -> before.accept(action)), false, clock, told), index, queue, clock);

    private Link tap(String name) {
        InterfaceName device = new InterfaceName(name);
        kernel.applyAsOther(new HostAction.CreateTap(device, false, TapOwner.NOBODY,
                LinkChange.NONE.alias(new Mark.Tap("main", new NicId(WEB, DomainBuilder.mac(1)), "web").text())));
        Link link = kernel.link(device).orElseThrow();
        index.note(link);
        return link;
    }

    /** As long as a deletion waits for more. */
    private void gather() {
        clock.pass(Disposal.QUIET);
    }

    private boolean exists(String name) {
        return kernel.link(new InterfaceName(name)).isPresent();
    }

    @Test
    void whatIsCondemnedGoesTogether() {
        disposal.condemn(tap("vnet0"));
        disposal.condemn(tap("vnet1"));
        gather();
        assertThat(queue.poll()).isEqualTo(new Key.Disposal());
        assertThat(queue.poll()).isNull();
        disposal.carryOut();
        assertThat(told.applied).hasSize(1);
        assertThat(SeenKernel.names(kernel)).containsExactly("lo");
    }

    @Test
    void waitsUntilNothingMoreHasBeenCondemnedForAMoment() {
        disposal.condemn(tap("vnet0"));
        clock.pass(Disposal.QUIET.dividedBy(2));
        disposal.condemn(tap("vnet1"));
        clock.pass(Disposal.QUIET.dividedBy(2));
        assertThat(disposal.carryOut()).isInstanceOf(Outcome.LookAgain.class);
        assertThat(told.applied).isEmpty();
        clock.pass(Disposal.QUIET);
        assertThat(disposal.carryOut()).isEqualTo(Outcome.DONE);
        assertThat(told.applied).hasSize(1);
        assertThat(SeenKernel.names(kernel)).containsExactly("lo");
    }

    @Test
    void doesNotWaitForEverWhileMoreAndMoreIsCondemned() {
        Duration waited = Duration.ZERO;
        for (int i = 0; told.applied.isEmpty(); i++) {
            disposal.condemn(tap("vnet" + i));
            disposal.carryOut();
            clock.pass(Disposal.QUIET.dividedBy(2));
            waited = waited.plus(Disposal.QUIET.dividedBy(2));
        }
        assertThat(waited).isBetween(Disposal.LONGEST, Disposal.LONGEST.plus(Disposal.QUIET));
    }

    /** The kernel's lock keeps the other worker from reading the next taps while it deletes. */
    @Test
    void gathersAnewAfterADeletion() {
        before = action -> {
            disposal.condemn(tap("later"));
            clock.pass(Disposal.LONGEST);
            before = next -> { };
        };
        disposal.condemn(tap("vnet0"));
        gather();
        disposal.carryOut();
        disposal.condemn(tap("latest"));
        assertThat(disposal.carryOut()).isInstanceOf(Outcome.LookAgain.class);
        gather();
        disposal.carryOut();
        assertThat(told.applied).hasSize(2);
        assertThat(SeenKernel.names(kernel)).containsExactly("lo");
    }

    @Test
    void whatIsWantedAgainIsSpared() {
        disposal.condemn(tap("vnet0"));
        disposal.spare(new InterfaceName("vnet0"));
        gather();
        disposal.carryOut();
        assertThat(exists("vnet0")).isTrue();
        assertThat(told.applied).isEmpty();
    }

    @Test
    void whatIsHeldRenamedOrAnothersByThenIsLeftAlone() {
        for (String name : new String[] {"held", "renamed", "anothers"}) {
            disposal.condemn(tap(name));
        }
        kernel.hold(new InterfaceName("held"));
        kernel.rename(new InterfaceName("renamed"), new InterfaceName("elsewhere"));
        kernel.applyAsOther(new HostAction.ChangeLink(kernel.link(new InterfaceName("anothers")).orElseThrow().ref(),
                LinkChange.NONE.alias(new Mark.Tap("dev", new NicId(WEB, DomainBuilder.mac(1)), "web").text())));
        index.note(kernel.link(new InterfaceName("anothers")).orElseThrow());
        gather();
        disposal.carryOut();
        assertThat(SeenKernel.names(kernel)).containsExactly("anothers", "elsewhere", "held", "lo");
    }

    @Test
    void whatTheKernelRefusesIsTriedAgain() {
        kernel.refuse(a -> a instanceof HostAction.DeleteLinks, Errno.EBUSY);
        disposal.condemn(tap("vnet0"));
        gather();
        assertThatThrownBy(disposal::carryOut).isInstanceOf(HostNetworkException.class).hasMessageContaining("EBUSY");
        kernel.relent();
        disposal.carryOut();
        assertThat(exists("vnet0")).isFalse();
    }

    @Test
    void whoeverWantsANameWaitsForItsDeletion() throws InterruptedException {
        CountDownLatch deleting = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        before = action -> {
            deleting.countDown();
            awaitQuietly(goOn);
        };
        disposal.condemn(tap("vnet0"));
        gather();
        Thread worker = Thread.ofPlatform().start(disposal::carryOut);
        deleting.await();
        boolean[] thereAfterwards = {true};
        Thread wanting = Thread.ofPlatform().start(() -> {
            disposal.spare(new InterfaceName("vnet0"));
            thereAfterwards[0] = exists("vnet0");
        });
        awaitWaiting(wanting);
        goOn.countDown();
        worker.join();
        wanting.join();
        assertThat(thereAfterwards).containsExactly(false);
    }

    @Test
    void aTapThatTheKernelRefusedToDeleteIsNotDeletedUnderWhoeverWaitedForIt() throws InterruptedException {
        CountDownLatch deleting = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        before = action -> {
            deleting.countDown();
            awaitQuietly(goOn);
        };
        kernel.refuse(a -> a instanceof HostAction.DeleteLinks, Errno.EBUSY);
        disposal.condemn(tap("vnet0"));
        gather();
        Thread worker = Thread.ofPlatform().start(() -> assertThatThrownBy(disposal::carryOut).hasMessageContaining("EBUSY"));
        deleting.await();
        Thread wanting = Thread.ofPlatform().start(() -> disposal.spare(new InterfaceName("vnet0")));
        awaitWaiting(wanting);
        goOn.countDown();
        worker.join();
        wanting.join();
        kernel.relent();
        disposal.carryOut();
        assertThat(exists("vnet0")).isTrue();
    }

    private static void awaitWaiting(Thread thread) {
        while (thread.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
