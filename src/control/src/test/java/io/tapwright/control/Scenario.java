package io.tapwright.control;

import static io.tapwright.testkit.libvirt.DomainBuilder.domain;
import static io.tapwright.testkit.libvirt.DomainBuilder.mac;
import static io.tapwright.testkit.libvirt.DomainBuilder.nicOf;

import io.tapwright.model.InterfaceName;
import io.tapwright.model.IpPrefix;
import io.tapwright.model.domain.DomainSpec;
import io.tapwright.model.domain.InterfaceSpec;
import io.tapwright.model.host.Address;
import io.tapwright.model.host.HostAction;
import io.tapwright.model.host.Link;
import io.tapwright.model.host.LinkChange;
import io.tapwright.model.host.Route;
import io.tapwright.model.network.Network;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * A host's day, in steps after each of which everything comes to rest. At its end the host is as it was before.
 *
 * @param before        what the host has before the agent first starts, and what is configured
 * @param wipesMarks    somebody wipes a mark off: an agent that dies just then has lost the device with it, and its
 *                      successor refuses it like any other that is not marked
 */
record Scenario(String name, Consumer<World> before, boolean wipesMarks, List<Step> steps) {

    record Step(String name, Consumer<Operator> what) {
    }

    private static final Network DEFAULT = Network.of("default", "br0");
    private static final Network BLUE = World.made("blue", "br1", "10.1.0.1/24", "fd00:1::1/64");

    @Override
    public String toString() {
        return name;
    }

    static List<Scenario> all() {
        return List.of(lifeWithHook(), lifeByEvents(), transientDomain(), hotPlug(), otherQueues(), networkAndUplink(),
                uplinkOfForeignBridge(), drift(), wipedMarks(), changesOfTheDomain(), orphans(), manyAtOnce());
    }

    private static Day day(String name) {
        return new Day(name);
    }

    private static Scenario lifeWithHook() {
        DomainSpec web = domain("web").nic(1, "vnet0").nic(2, "vnet1").on(2, "blue").spec();
        return day("a domain's life with the hook").having(withBridge(DEFAULT, BLUE))
                .then("define", o -> o.define(web))
                .then("start", o -> o.start(web))
                .then("stop", o -> o.stop(web))
                .then("start again", o -> o.start(web))
                .then("undefine while it runs", o -> o.undefine(web))
                .then("stop", o -> o.stop(web))
                .thenTearDown();
    }

    private static Scenario lifeByEvents() {
        DomainSpec web = domain("web").nic(1, "vnet0").nicSetDown(2, "vnet1").spec();
        return day("a domain's life without the hook").having(withBridge(DEFAULT))
                .then("define", o -> o.define(web))
                .then("start", o -> o.startWithoutHook(web))
                .then("stop", o -> o.stopWithoutHook(web))
                .then("undefine", o -> o.undefine(web))
                .thenTearDown();
    }

    private static Scenario transientDomain() {
        DomainSpec once = domain("once").nic(1, "vnet0").nic(2, "vnet1").spec();
        return day("a transient domain").having(withBridge(DEFAULT))
                .then("create", o -> o.start(once))
                .then("destroy", o -> o.stop(once))
                .then("create again", o -> o.start(once))
                .then("destroy again", o -> o.stop(once))
                .thenTearDown();
    }

    private static Scenario hotPlug() {
        InterfaceSpec second = nicOf(mac(2), "vnet1", 1, true);
        DomainSpec web = domain("web").nic(1, "vnet0").spec();
        DomainSpec both = domain("web").nic(1, "vnet0").with(second).spec();
        return day("a NIC plugged and pulled").having(withBridge(DEFAULT))
                .then("define", o -> o.define(web))
                .then("start", o -> o.start(web))
                .then("plug", o -> o.plug(both, second))
                .then("pull", o -> o.unplug(web, second))
                .then("plug again", o -> o.plug(both, second))
                .then("stop", o -> o.stop(both))
                .then("undefine", o -> o.undefine(web))
                .thenTearDown();
    }

    private static Scenario otherQueues() {
        DomainSpec one = domain("web").nic(1, "vnet0").spec();
        DomainSpec four = domain("web").nicWithQueues(1, "vnet0", 4).spec();
        return day("other queues").having(withBridge(DEFAULT))
                .then("define with one", o -> o.define(one))
                .then("redefine with four", o -> o.define(four))
                .then("start with four", o -> o.start(four))
                .then("redefine with one while it runs", o -> o.define(one))
                .then("stop", o -> o.stop(four))
                .then("start with one", o -> o.start(one))
                .then("stop", o -> o.stop(one))
                .then("undefine", o -> o.undefine(one))
                .thenTearDown();
    }

    private static Scenario networkAndUplink() {
        DomainSpec web = domain("web").nic(1, "vnet0").on(1, "blue").spec();
        Network blue = World.withUplink(BLUE, "eth1", true);
        Network jumbo = World.withMtu(World.withUplink(World.made("blue", "br1", "10.2.0.1/24"), "eth1", true), 9000);
        Network elsewhere = World.withUplink(World.made("blue", "br2", "10.2.0.1/24"), "eth1", true);
        return day("a network with addresses and an uplink").having(world -> {
            uplinkWithLayer3(world);
            world.network(blue);
        })
                .then("define", o -> o.define(web))
                .then("start", o -> o.start(web))
                .then("other addresses and MTU", o -> o.restartWith(jumbo))
                .then("another bridge", o -> o.restartWith(elsewhere))
                .then("stop", o -> o.stop(web))
                .then("undefine", o -> o.undefine(web))
                .then("without the uplink", o -> o.restartWith(World.made("blue", "br2", "10.2.0.1/24")))
                .thenTearDown();
    }

    private static Scenario uplinkOfForeignBridge() {
        return day("an uplink of somebody else's bridge").having(world -> {
            uplinkWithLayer3(world);
            world.addBridge("br0");
            world.network(World.withUplink(DEFAULT, "eth1", true));
        })
                .then("without the uplink", o -> o.restartWith(DEFAULT))
                .then("with it again", o -> o.restartWith(World.withUplink(DEFAULT, "eth1", true)))
                .thenTearDown();
    }

    private static Scenario drift() {
        DomainSpec web = domain("web").nic(1, "vnet0").nic(2, "vnet1").on(2, "blue").spec();
        return day("what others do").having(world -> {
            withBridge(DEFAULT, World.withUplink(BLUE, "eth1", false)).accept(world);
            world.kernel.addForeign(new InterfaceName("eth1"), "");
            world.change("eth1", LinkChange.NONE.up(true));
        })
                .then("define", o -> o.define(web))
                .then("start", o -> o.start(web))
                .then("a tap is moved, lowered and resized", o -> o.meanwhile(() -> o.world.change("vnet0",
                        LinkChange.NONE.master(o.world.link("br1").index()).up(false).mtu(1400))))
                .then("their bridge is made anew", o -> o.meanwhile(() -> {
                    o.world.delete("br0");
                    o.world.addBridge("br0");
                }))
                .then("our bridge is deleted", o -> o.meanwhile(() -> o.world.delete("br1")))
                .then("our bridge is changed", o -> o.meanwhile(() -> o.world.change("br1",
                        LinkChange.NONE.up(false).mac(mac(77)).mtu(1400))))
                .then("the uplink is taken out", o -> o.meanwhile(() -> o.world.change("eth1", LinkChange.NONE.master(Link.NO_MASTER).up(false))))
                .then("a tap is renamed", o -> o.meanwhile(() -> o.world.kernel.rename(new InterfaceName("vnet1"), new InterfaceName("mine"))))
                .then("stop", o -> o.stop(web))
                .then("a tap is deleted", o -> o.meanwhile(() -> o.world.delete("vnet0")))
                .then("a tap is renamed while it is off", o -> o.meanwhile(() -> o.world.kernel.rename(new InterfaceName("vnet1"), new InterfaceName("mine"))))
                .then("undefine", o -> o.undefine(web))
                .thenTearDown();
    }

    private static Scenario wipedMarks() {
        DomainSpec web = domain("web").nic(1, "vnet0").on(1, "blue").spec();
        return day("marks that are wiped off").having(withBridge(DEFAULT, BLUE)).wipingMarks()
                .then("define", o -> o.define(web))
                .then("a tap's, while the domain is off", o -> o.meanwhile(() -> o.world.change("vnet0", LinkChange.NONE.alias(""))))
                .then("start", o -> o.start(web))
                .then("a tap's, while it runs", o -> o.meanwhile(() -> o.world.change("vnet0", LinkChange.NONE.alias("mine"))))
                .then("a bridge's", o -> o.meanwhile(() -> o.world.change("br1", LinkChange.NONE.alias("mine"))))
                .then("stop", o -> o.stop(web))
                .then("undefine", o -> o.undefine(web))
                .thenTearDown();
    }

    private static Scenario changesOfTheDomain() {
        DomainSpec web = domain("web").nic(1, "vnet0").spec();
        DomainSpec onBlue = domain("web").nic(1, "vnet0").on(1, "blue").spec();
        DomainSpec down = domain("web").nicSetDown(1, "vnet0").on(1, "blue").spec();
        DomainSpec renamed = domain("web").nic(1, "vnet0").renamed("www").spec();
        DomainSpec otherTarget = domain("web").nic(1, "vnet5").renamed("www").spec();
        DomainSpec otherMac = domain("web").nic(9, "vnet5").renamed("www").spec();
        return day("changes of a domain").having(withBridge(DEFAULT, BLUE))
                .then("define", o -> o.define(web))
                .then("start", o -> o.start(web))
                .then("another network", o -> o.change(onBlue, "METADATA_CHANGE"))
                .then("link down", o -> o.change(down, "DEVICE_UPDATED"))
                .then("link up", o -> o.change(onBlue, "DEVICE_UPDATED"))
                .then("stop", o -> o.stop(onBlue))
                .then("another name", o -> o.define(renamed))
                .then("another target dev", o -> o.define(otherTarget))
                .then("another MAC address", o -> o.define(otherMac))
                .then("undefine", o -> o.undefine(otherMac))
                .thenTearDown();
    }

    private static Scenario orphans() {
        DomainSpec lost = domain("lost").nic(1, "vnet0").nic(2, "vnet1").spec();
        DomainSpec kept = domain("kept").nic(3, "vnet2").spec();
        return day("what an agent's death left").having(withBridge(DEFAULT))
                .then("define", o -> {
                    o.define(lost);
                    o.define(kept);
                })
                .then("undefine while nobody listens", o -> {
                    o.stopAgent();
                    o.world.libvirt.undefine(lost.id());
                    o.startAgent();
                })
                .then("undefine", o -> o.undefine(kept))
                .thenTearDown();
    }

    private static Scenario manyAtOnce() {
        List<DomainSpec> all = IntStream.range(0, 4).mapToObj(i -> domain("vm" + i).nic(i, "vnet" + i).spec()).toList();
        return day("several at once").having(withBridge(DEFAULT))
                .then("define", o -> all.forEach(o::define))
                .then("start", o -> all.forEach(o::start))
                .then("stop", o -> all.forEach(o::stop))
                .then("undefine", o -> all.forEach(o::undefine))
                .thenTearDown();
    }

    private static Consumer<World> withBridge(Network... networks) {
        return world -> {
            world.addBridge("br0");
            List.of(networks).forEach(world::network);
        };
    }

    private static void uplinkWithLayer3(World world) {
        world.kernel.addForeign(new InterfaceName("eth1"), "");
        world.change("eth1", LinkChange.NONE.up(true));
        world.kernel.applyAsOther(new HostAction.AddAddress(world.ref("eth1"),
                new Address(IpPrefix.parse("192.0.2.7/24"), 0, 0, 0, Address.FOREVER)));
        world.kernel.addRoute(new InterfaceName("eth1"), new Route(IpPrefix.parse("0.0.0.0/0"),
                Optional.of(InetAddress.ofLiteral("192.0.2.1")), Optional.empty(), 254, 3, 0, 0, false));
    }

    /** Scenarios, step by step. */
    private static final class Day {
        private final String name;
        private final List<Step> steps = new ArrayList<>();
        private Consumer<World> before = world -> { };
        private boolean wipesMarks;

        private Day(String name) {
            this.name = name;
            steps.add(new Step("the agent starts", Operator::startAgent));
        }

        private Day having(Consumer<World> what) {
            before = what;
            return this;
        }

        private Day wipingMarks() {
            wipesMarks = true;
            return this;
        }

        private Day then(String step, Consumer<Operator> what) {
            steps.add(new Step(step, what));
            return this;
        }

        /** The configuration is emptied, as before an uninstallation. */
        private Scenario thenTearDown() {
            steps.add(new Step("tear down", Operator::restartWith));
            return new Scenario(name, before, wipesMarks, steps);
        }
    }
}
