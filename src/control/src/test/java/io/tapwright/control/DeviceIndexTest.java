package io.tapwright.control;

import static io.tapwright.testkit.libvirt.DomainBuilder.domain;
import static io.tapwright.testkit.libvirt.DomainBuilder.mac;
import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.model.DomainId;
import io.tapwright.model.InterfaceName;
import io.tapwright.model.Mark;
import io.tapwright.model.NicId;
import io.tapwright.model.host.Link;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DeviceIndexTest {

    private static final DomainId WEB = domain("web").spec().id();
    private static final DomainId DB = domain("db").spec().id();

    private final DeviceIndex index = new DeviceIndex("main", Set.of(new InterfaceName("br0"), new InterfaceName("eth1")));

    private static Link link(int number, String name, String kind, String alias, boolean up, boolean carrier) {
        return new Link(number, new InterfaceName(name), kind, Optional.empty(), 1500, up, carrier, 0, 0, alias, 0, List.of(), true,
                kind.equals(Link.TUN) ? Optional.of(new Link.Tun(true, false, true, true, -1, -1, -1)) : Optional.empty(),
                Optional.empty(), Optional.empty());
    }

    private static Link port(boolean carrier, Link.BridgePort.State state) {
        return new Link(2, new InterfaceName("vnet0"), Link.TUN, Optional.empty(), 1500, true, carrier, 4, 0, mark("main", WEB), 0,
                List.of(), true, Optional.of(new Link.Tun(true, false, true, true, -1, -1, -1)),
                Optional.of(new Link.BridgePort(state)), Optional.empty());
    }

    private static Link tapOf(DomainId domain, int number, String name) {
        return link(number, name, Link.TUN, mark("main", domain), false, false);
    }

    private static String mark(String instance, DomainId domain) {
        return new Mark.Tap(instance, new NicId(domain, mac(1)), "name").text();
    }

    @Test
    void knowsTheTapsOfADomainByTheirMark() {
        index.note(tapOf(WEB, 2, "vnet0"));
        index.note(tapOf(WEB, 3, "vnet1"));
        index.note(tapOf(DB, 4, "vnet2"));
        assertThat(index.tapsOf(WEB)).extracting(l -> l.name().text()).containsExactlyInAnyOrder("vnet0", "vnet1");
        assertThat(index.tapsOf(DB)).hasSize(1);
        index.noteGone(4);
        assertThat(index.tapsOf(DB)).isEmpty();
    }

    @Test
    void caresForNothingThatIsNeitherMarkedNorConfigured() {
        assertThat(index.note(link(2, "vnet0", Link.TUN, "", false, false))).isEmpty();
        assertThat(index.note(link(3, "vnet1", Link.TUN, mark("dev", WEB), false, false))).isEmpty();
        assertThat(index.tapsOf(WEB)).isEmpty();
        assertThat(index.noteGone(2)).isEmpty();
        assertThat(index.note(link(4, "br0", Link.BRIDGE, "", true, true))).isPresent();
        assertThat(index.note(link(5, "eth1", "", "", true, true))).isPresent();
    }

    @Test
    void tellsOnlyChangesThatMatter() {
        Link tap = tapOf(WEB, 2, "vnet0");
        assertThat(index.note(tap)).contains(new DeviceIndex.Change(Optional.empty(), Optional.of(tap)));
        assertThat(index.note(tap)).isEmpty();
        Link up = link(2, "vnet0", Link.TUN, mark("main", WEB), true, false);
        assertThat(index.note(up)).contains(new DeviceIndex.Change(Optional.of(tap), Optional.of(up)));
        Link held = link(2, "vnet0", Link.TUN, mark("main", WEB), true, true);
        assertThat(index.note(held)).isPresent();
        assertThat(index.noteGone(2)).contains(new DeviceIndex.Change(Optional.of(held), Optional.empty()));
    }

    @Test
    void aPortsStateMattersOnlyWhileSomebodyHoldsTheTap() {
        index.note(port(false, Link.BridgePort.State.FORWARDING));
        assertThat(index.note(port(false, Link.BridgePort.State.DISABLED))).isEmpty();
        assertThat(index.note(port(true, Link.BridgePort.State.LISTENING))).isPresent();
        assertThat(index.note(port(true, Link.BridgePort.State.FORWARDING))).isPresent();
        assertThat(index.note(port(true, Link.BridgePort.State.FORWARDING))).isEmpty();
    }

    @Test
    void concernsThePortsOnlyWhereTheBridgeCameWentOrPassesFramesOtherwise() {
        Link down = link(4, "br0", Link.BRIDGE, "", false, false);
        Link up = link(4, "br0", Link.BRIDGE, "", true, false);
        Link carrier = link(4, "br0", Link.BRIDGE, "", true, true);
        assertThat(index.note(down).orElseThrow().mattersToPorts()).isTrue();
        assertThat(index.note(up).orElseThrow().mattersToPorts()).isTrue();
        assertThat(index.note(carrier).orElseThrow().mattersToPorts()).isFalse();
        assertThat(index.note(link(4, "br9", Link.BRIDGE, "", true, true)).orElseThrow().mattersToPorts()).isTrue();
        assertThat(index.note(carrier).orElseThrow().mattersToPorts()).isTrue();
        assertThat(index.noteGone(4).orElseThrow().mattersToPorts()).isTrue();
    }

    @Test
    void remembersAMarkThatWasWipedOff() {
        index.note(tapOf(WEB, 2, "vnet0"));
        Link wiped = link(2, "vnet0", Link.TUN, "", false, false);
        assertThat(index.note(wiped)).isPresent();
        assertThat(index.owner(wiped)).contains(WEB);
        assertThat(index.tapsOf(WEB)).containsExactly(wiped);
        assertThat(index.lastMark(2)).contains(new Mark.Tap("main", new NicId(WEB, mac(1)), "name"));
        index.noteGone(2);
        assertThat(index.lastMark(2)).isEmpty();
        assertThat(index.owner(wiped)).isEmpty();
    }

    @Test
    void givesADeviceUpThatGotAnothersMark() {
        index.note(tapOf(WEB, 2, "vnet0"));
        index.note(link(2, "vnet0", Link.TUN, mark("dev", WEB), false, false));
        assertThat(index.tapsOf(WEB)).isEmpty();
        assertThat(index.lastMark(2)).isEmpty();
        index.note(tapOf(WEB, 3, "vnet1"));
        index.note(tapOf(DB, 3, "vnet1"));
        assertThat(index.tapsOf(WEB)).isEmpty();
        assertThat(index.tapsOf(DB)).hasSize(1);
    }

    @Test
    void findsATapThatIsHeld() {
        index.note(tapOf(WEB, 2, "vnet0"));
        index.note(link(4, "br0", Link.BRIDGE, "", true, true));
        assertThat(index.anyHeld()).isEmpty();
        index.note(link(2, "vnet0", Link.TUN, mark("main", WEB), true, true));
        assertThat(index.anyHeld()).contains(new InterfaceName("vnet0"));
    }

    @Test
    void startsOverFromADump() {
        index.note(tapOf(WEB, 2, "vnet0"));
        index.beginDump();
        index.takeDump(List.of(tapOf(DB, 3, "vnet1"), link(9, "eth0", "", "", true, true)));
        assertThat(index.tapsOf(WEB)).isEmpty();
        assertThat(index.tapsOf(DB)).hasSize(1);
    }

    @Test
    void doesNotLetADumpUndoWhatWasNotedWhileItWasMade() {
        index.note(tapOf(WEB, 2, "vnet0"));
        index.note(tapOf(WEB, 3, "vnet1"));
        index.beginDump();
        List<Link> dump = List.of(tapOf(WEB, 2, "vnet0"), tapOf(WEB, 3, "vnet1"));
        Link made = tapOf(WEB, 4, "vnet2");
        Link raised = link(3, "vnet1", Link.TUN, mark("main", WEB), true, true);
        index.note(made);
        index.note(raised);
        index.noteGone(2);
        index.takeDump(dump);
        assertThat(index.tapsOf(WEB)).containsExactlyInAnyOrder(raised, made);
    }
}
