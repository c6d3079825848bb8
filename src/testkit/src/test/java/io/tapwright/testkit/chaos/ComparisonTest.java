package io.tapwright.testkit.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The oracle sees what is wrong, or the chaos would prove nothing. */
class ComparisonTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String UUID = "11111111-2222-4333-8444-555555555555";
    private static final String MARK = "tapwright:host tap uuid=" + UUID + " mac=52:54:00:00:00:01 domain=dom-1";

    private final World world = new World(Driver.TEST, Set.of("fbr0"));
    private final Map<String, ObjectNode> links = new TreeMap<>();
    private final Set<String> ipv6Off = new HashSet<>(Set.of("tap1"));
    private final Map<String, String> foreign = new TreeMap<>();
    private ObjectNode nic;
    private ArrayNode domains;

    @BeforeEach
    void allIsWell() {
        ModelDomain domain = new ModelDomain("dom-1", UUID);
        DomainForm form = new DomainForm("dom-1", UUID,
                List.of(new NicForm("52:54:00:00:00:01", "tap1", 1, true, Optional.empty())));
        domain.config = Optional.of(form);
        domain.started(form);
        world.domains.put("dom-1", domain);
        world.networks.values().forEach(b -> link(b.name, "bridge", "", b.mtu)
                .put("ifalias", "tapwright:host bridge network=" + b.network).put("address", "02:00:00:00:00:01")
                .set("addr_info", addresses(b)));
        link(World.UPLINK, "veth", World.UPLINK_BRIDGE, 1500);
        link(Decoys.UPLINK_PEER, "veth", "", 1500);
        link(Decoys.PORT, "veth", "br-ext", 1500);
        foreign.put("fbr0", Observation.fingerprint(link("fbr0", "bridge", "", 1500)));
        ObjectNode tap = link("tap1", "tun", "br-def", 1500).put("address", "fe:54:00:00:00:01").put("ifalias", MARK);
        tap.withObject("/linkinfo/info_data").put("type", "tap").put("multi_queue", false).put("persist", true)
                .put("user", "libvirt-qemu");
        domains = JSON.createArrayNode();
        ObjectNode one = domains.addObject().put("uuid", UUID).put("name", "dom-1").put("active", true).put("persistent", true);
        nic = one.putArray("nics").addObject().put("mac", "52:54:00:00:00:01").put("state", "pending").put("tap", "tap1")
                .put("network", "default");
    }

    @Test
    void findsNothingWhereAllIsWell() {
        assertThat(differences()).isEmpty();
    }

    @Test
    void seesEveryPropertyOfATap() {
        assertSeen("master of tap tap1", () -> links.get("tap1").put("master", "fbr0"));
        assertSeen("tap tap1 is up", () -> links.get("tap1").putArray("flags"));
        assertSeen("MTU of tap tap1", () -> links.get("tap1").put("mtu", 1400));
        assertSeen("address of tap tap1", () -> links.get("tap1").put("address", "02:00:00:00:00:09"));
        assertSeen("mark of tap tap1", () -> links.get("tap1").remove("ifalias"));
        assertSeen("many queues of tap tap1", () -> links.get("tap1").withObject("/linkinfo/info_data").put("multi_queue", true));
        assertSeen("IPv6 off on tap tap1", () -> ipv6Off.remove("tap1"));
    }

    @Test
    void seesDevicesThatAreMissingAndThatAreTooMany() {
        assertSeen("device tap1 is missing", () -> links.remove("tap1"));
        allIsWell();
        assertSeen("device xtap1 is one too many", () -> link("xtap1", "tun", "", 1500));
        assertSeen("device br-blue is missing", () -> links.remove("br-blue"));
    }

    @Test
    void seesWhatHappensToOtherPeoplesDevices() {
        assertSeen("foreign device fbr0", () -> links.get("fbr0").put("ifindex", 99));
    }

    @Test
    void seesWhatTheStatusSaysWrongly() {
        assertSeen("should be pending tap tap1 network default, is wired", () -> nic.put("state", "wired"));
        assertSeen("status: domain " + UUID, () -> ((ObjectNode) domains.get(0)).put("active", false));
        assertSeen("status: NIC " + UUID + " 52:54:00:00:00:01: should be pending tap tap1 network default, is absent",
                () -> ((ObjectNode) domains.get(0)).putArray("nics"));
        assertSeen("status: domain other: should be absent", () -> domains.addObject().put("uuid", "other").put("name", "x"));
    }

    /** Each wrong on top of those before, so only its own words are looked for. */
    private void assertSeen(String difference, Runnable wrong) {
        assertThat(differences()).noneMatch(d -> d.contains(difference));
        wrong.run();
        assertThat(differences()).anyMatch(d -> d.contains(difference));
    }

    private ObjectNode link(String name, String kind, String master, int mtu) {
        ObjectNode link = JSON.createObjectNode().put("ifname", name).put("ifindex", links.size() + 1).put("mtu", mtu);
        link.putArray("flags").add("UP");
        link.putObject("linkinfo").put("info_kind", kind);
        if (!master.isEmpty()) {
            link.put("master", master);
        }
        links.put(name, link);
        return link;
    }

    private static ArrayNode addresses(Bridge bridge) {
        ArrayNode all = JSON.createArrayNode();
        bridge.addresses.forEach(a -> all.addObject().put("scope", "global").put("local", a.substring(0, a.indexOf('/')))
                .put("prefixlen", Integer.parseInt(a.substring(a.indexOf('/') + 1))));
        return all;
    }

    private List<String> differences() {
        ObjectNode status = JSON.createObjectNode();
        status.putObject("libvirt").put("state", "connected");
        status.set("domains", domains);
        ArrayNode networks = status.putArray("networks");
        world.networks.values().forEach(b -> networks.addObject().put("name", b.network).put("state", "ready"));
        return Comparison.of(world, new Observation(new TreeMap<String, JsonNode>(links), ipv6Off, Optional.of(status)), foreign);
    }
}
