package io.tapwright.control;

import static io.tapwright.testkit.libvirt.DomainBuilder.domain;
import static io.tapwright.testkit.libvirt.DomainBuilder.mac;
import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.model.DomainId;
import io.tapwright.model.InterfaceName;
import io.tapwright.model.Mark;
import io.tapwright.model.NicId;
import io.tapwright.model.host.HostAction;
import io.tapwright.model.host.Link;
import io.tapwright.model.host.LinkChange;
import io.tapwright.model.host.TapOwner;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class KernelEventsTest {

    private static final DomainId WEB = domain("web").spec().id();
    private static final InterfaceName TAP = new InterfaceName("vnet0");

    private final World world = World.withDefaultBridge();
    private final DeviceIndex index = new DeviceIndex(World.INSTANCE, Set.of());
    /** The queue notes the time whenever it is given a key. */
    private final AtomicLong adds = new AtomicLong();
    private final WorkQueue<Key> queue = new WorkQueue<>(adds::incrementAndGet);
    private final KernelEvents events = new KernelEvents(world.settings(), new Inventory(world.clock), index,
            new StatusBoard(() -> Instant.EPOCH, world.clock, world.told), queue, world.told);

    private Link tap() {
        return world.kernel.link(TAP).orElseThrow();
    }

    private void makeTap() {
        world.kernel.applyAsOther(new HostAction.CreateTap(TAP, false, TapOwner.NOBODY,
                LinkChange.NONE.alias(new Mark.Tap(World.INSTANCE, new NicId(WEB, mac(1)), "web").text())));
        index.note(tap());
    }

    @Test
    void aChangeIsQueuedOnceForADomainThatHadTheTapAndHasItStill() {
        makeTap();
        world.kernel.hold(TAP);
        events.onChanged(tap());
        assertThat(adds.get()).isEqualTo(1);
        // Else a worker may have taken the first before the second comes, and would look twice.
        assertThat(queue.depth()).isEqualTo(1);
    }

    @Test
    void whatAWorkerHasReadBackIsNoNews() {
        makeTap();
        world.kernel.hold(TAP);
        index.note(tap());
        events.onChanged(tap());
        assertThat(queue.depth()).isZero();
    }

    @Test
    void bothDomainsAreToldOfATapThatChangesHands() {
        makeTap();
        DomainId db = domain("db").spec().id();
        world.change(TAP.text(), LinkChange.NONE.alias(new Mark.Tap(World.INSTANCE, new NicId(db, mac(2)), "db").text()));
        events.onChanged(tap());
        assertThat(queue.depth()).isEqualTo(2);
    }
}
