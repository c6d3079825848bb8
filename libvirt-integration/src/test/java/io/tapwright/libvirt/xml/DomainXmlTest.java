package io.tapwright.libvirt.xml;

import static io.tapwright.libvirt.xml.Samples.bytes;
import static io.tapwright.libvirt.xml.Samples.devices;
import static io.tapwright.libvirt.xml.Samples.domain;
import static io.tapwright.libvirt.xml.Samples.file;
import static io.tapwright.libvirt.xml.Samples.networks;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tapwright.model.DomainId;
import io.tapwright.model.MacAddress;
import io.tapwright.model.domain.DomainSpec;
import io.tapwright.model.domain.InterfaceSpec;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DomainXmlTest {

    private static final MacAddress ONE = new MacAddress("52:54:00:aa:00:01");

    @Test
    void ofTypeVhostuserTheSocketAndWhoListensAreRead() {
        InterfaceSpec nic = only("<interface type='vhostuser'><mac address='52:54:00:aa:00:01'/>"
                + "<source type='unix' path='/run/v/a' mode='client'><reconnect enabled='yes' timeout='1'/></source>"
                + "<target dev='vhost0'/><model type='virtio'/><driver queues='2'/><mtu size='9000'/></interface>");
        assertThat(nic.vhostUser()).contains(new InterfaceSpec.VhostUser("/run/v/a", true));
        assertThat(nic.queues()).isEqualTo(2);
        assertThat(nic.isOurs()).isFalse();
        assertThat(nic.mayBeOurs()).isTrue();
        assertThat(only("<interface type='vhostuser'><mac address='52:54:00:aa:00:01'/>"
                + "<source type='unix' path='../a' mode='server'/></interface>").vhostUser())
                .contains(new InterfaceSpec.VhostUser("../a", false));
    }

    @Test
    void whatOnlyLooksLikeVhostuserIsNone() {
        for (String interfaceElement : List.of(
                "<interface type='vhostuser'><mac address='52:54:00:aa:00:01'/></interface>",
                "<interface type='vhostuser'><mac address='52:54:00:aa:00:01'/><source path='/a' mode='both'/></interface>",
                "<interface type='vhostuser'><mac address='52:54:00:aa:00:01'/><source mode='client'/></interface>",
                "<interface type='user'><mac address='52:54:00:aa:00:01'/><source path='/a' mode='client'/></interface>")) {
            assertThat(only(interfaceElement).vhostUser()).isEmpty();
        }
    }

    @Test
    void whetherAllOfTheMemoryIsSharedIsRead() {
        assertThat(sharesMemory("")).isFalse();
        assertThat(sharesMemory("<memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>")).isTrue();
        assertThat(sharesMemory("<memoryBacking><access mode='private'/></memoryBacking>")).isFalse();
        assertThat(sharesMemory("<memoryBacking><hugepages/></memoryBacking>")).isFalse();
        String shared = "<cell id='0' memory='1' memAccess='shared'/>";
        String unsaid = "<cell id='1' memory='1'/>";
        String own = "<cell id='2' memory='1' memAccess='private'/>";
        assertThat(sharesMemory("<cpu><numa>" + shared + shared + "</numa></cpu>")).isTrue();
        assertThat(sharesMemory("<cpu><numa>" + shared + unsaid + "</numa></cpu>")).isFalse();
        assertThat(sharesMemory("<memoryBacking><access mode='shared'/></memoryBacking><cpu><numa>" + shared + unsaid
                + "</numa></cpu>")).isTrue();
        assertThat(sharesMemory("<memoryBacking><access mode='shared'/></memoryBacking><cpu><numa>" + shared + own
                + "</numa></cpu>")).isFalse();
        assertThat(sharesMemory("<metadata><x xmlns='urn:x'><memoryBacking><access mode='shared'/></memoryBacking></x></metadata>"))
                .isFalse();
    }

    private static boolean sharesMemory(String children) {
        return DomainXml.parseDomain(("<domain type='qemu'><name>d</name><uuid>6695eb01-f6a4-8304-79aa-97f2502e193f</uuid>"
                + children + "<devices/></domain>").getBytes(java.nio.charset.StandardCharsets.UTF_8)).sharedMemory();
    }

    @Test
    void readsARunningQemuDomain() {
        DomainSpec spec = DomainXml.parseDomain(file("qemu-live.xml"));

        assertThat(spec.id()).isEqualTo(DomainId.of(Samples.UUID));
        assertThat(spec.name()).isEqualTo("web-1");
        assertThat(spec.networks()).isEqualTo(Map.of(ONE, "blue"));
        assertThat(spec.interfaces()).containsExactly(
                new InterfaceSpec("ethernet", ONE, Optional.of("tap-a"), false, 1, true, Optional.empty(),
                        Optional.of("net0")),
                new InterfaceSpec("ethernet", new MacAddress("52:54:00:aa:00:02"), Optional.of("tap-b"), false, 4, false,
                        Optional.empty(), Optional.of("net1")),
                new InterfaceSpec("bridge", new MacAddress("52:54:00:aa:00:03"), Optional.of("vnet0"), true, 1, true,
                        Optional.of("br0"), Optional.of("net2")),
                new InterfaceSpec("user", new MacAddress("52:54:00:aa:00:04"), Optional.empty(), true, 1, true,
                        Optional.empty(), Optional.of("net3")));
    }

    @Test
    void readsADefinedQemuDomain() {
        DomainSpec spec = DomainXml.parseDomain(file("qemu-inactive.xml"));

        assertThat(spec.interfaces()).extracting(InterfaceSpec::alias).containsOnly(Optional.empty());
        assertThat(spec.interfaces()).extracting(InterfaceSpec::isOurs).containsExactly(true, true, false, false);
    }

    @Test
    void readsADomainOfTheTestDriver() {
        DomainSpec spec = DomainXml.parseDomain(file("test-live.xml"));

        assertThat(spec.interfaces()).extracting(InterfaceSpec::type).containsExactly(
                "ethernet", "ethernet", "bridge", "network", "direct", "vhostuser", "user");
        assertThat(spec.interfaces()).extracting(InterfaceSpec::source).containsExactly(Optional.empty(),
                Optional.empty(), Optional.of("br0"), Optional.of("default"), Optional.of("eth0"),
                Optional.of("/tmp/v.sock"), Optional.empty());
        assertThat(spec.interfaces()).extracting(InterfaceSpec::queues).containsExactly(4, 1, 1, 1, 1, 1, 1);
    }

    @Test
    void tellsARunningDomainFromOneThatIsOff() {
        assertThat(DomainXml.describe(file("qemu-live.xml")).active()).isTrue();
        assertThat(DomainXml.describe(file("test-live.xml")).active()).isTrue();
        assertThat(DomainXml.describe(file("qemu-inactive.xml")).active()).isFalse();
    }

    @Test
    void namesTheNetworkOfARunningNicRatherThanItsBridge() {
        InterfaceSpec nic = only("<interface type='network'><mac address='52:54:00:aa:00:01'/>"
                + "<source network='default' portid='f2' bridge='virbr0'/></interface>");

        assertThat(nic.source()).contains("default");
    }

    @Test
    void takesNamesAndUuidsOfTheDomainItselfAlone() {
        DomainSpec spec = DomainXml.parseDomain(domain("<metadata><x:y xmlns:x='urn:x'><name>no</name></x:y></metadata>"
                + "<sysinfo><system><name>no</name><uuid>no</uuid></system></sysinfo>"
                + "<devices><hostdev><interface type='ethernet'/><name>no</name></hostdev></devices>"
                + "<name xmlns='urn:y'>no</name>"));

        assertThat(spec.name()).isEqualTo("vm");
        assertThat(spec.interfaces()).isEmpty();
    }

    @Test
    void matchesMetadataByNamespaceNotByPrefix() {
        assertThat(DomainXml.parseDomain(domain("<metadata>"
                + "<tapwright:networks xmlns:tapwright='urn:other'><junk/></tapwright:networks>"
                + "<x:networks xmlns:x='urn:tapwright:1'><x:interface mac='52:54:00:AA:00:01' network='red'/></x:networks>"
                + "</metadata>")).networks()).isEqualTo(Map.of(ONE, "red"));
        assertThat(DomainXml.parseDomain(domain("<metadata><networks xmlns='urn:tapwright:1'>"
                + "<interface mac='52:54:00:aa:00:01' network='red'/></networks></metadata>")).networks())
                .isEqualTo(Map.of(ONE, "red"));
    }

    @Test
    void readsALoneInterface() {
        assertThat(DomainXml.parseInterface(bytes("<?xml version='1.0' encoding='utf-8'?>\n<!-- plug -->"
                + "<interface type='ethernet'><target managed='no' dev='tap0'/><mac address='52:54:00:AA:00:01'/>"
                + "<driver queues='0'/></interface>\n")))
                .isEqualTo(new InterfaceSpec("ethernet", ONE, Optional.of("tap0"), false, 1, true, Optional.empty(),
                        Optional.empty()));
    }

    @Test
    void keepsATargetAsWrittenValidOrNot() {
        assertThat(only(ours("<target dev='../etc/passwd' managed='no'/>")).target()).contains("../etc/passwd");
        assertThat(only("<interface type='ethernet'><mac address='52:54:00:aa:00:01'/><target managed='no'/></interface>")
                .target()).isEmpty();
    }

    @Test
    void aFaultInANicOfLibvirtsOwnHidesNoneOfOurs() {
        DomainSpec spec = DomainXml.parseDomain(devices("<interface type='bridge'/>"
                + "<interface type='bridge'><mac address='any'/></interface>"
                + "<interface type='bridge'><mac address='52:54:00:aa:00:02'/><driver queues='auto'/></interface>"
                + ours("<target dev='t' managed='no'/>")));

        assertThat(spec.interfaces()).extracting(InterfaceSpec::type).containsExactly("bridge", "ethernet");
        assertThat(spec.interfaces().getFirst().queues()).isEqualTo(1);
    }

    @Test
    void oneMacOnANicOfOursAndOnItsTeamMateIsFine() {
        assertThat(DomainXml.parseDomain(devices(ours("<target dev='t' managed='no'/>")
                + "<interface type='hostdev'><mac address='52:54:00:aa:00:01'/></interface>")).interfaces()).hasSize(2);
    }

    @Test
    void aByteOrderMarkIsSkipped() {
        byte[] plain = domain("");
        byte[] marked = new byte[plain.length + 3];
        marked[0] = (byte) 0xef;
        marked[1] = (byte) 0xbb;
        marked[2] = (byte) 0xbf;
        System.arraycopy(plain, 0, marked, 3, plain.length);

        assertThat(DomainXml.parseDomain(marked)).isEqualTo(DomainXml.parseDomain(plain));
    }

    @Test
    void textMayComeInPiecesAndBeyondAscii() {
        assertThat(DomainXml.parseDomain(bytes("<domain><name>a&amp;<!-- x -->b<![CDATA[<c>]]>é</name><uuid>"
                + Samples.UUID + "</uuid></domain>")).name()).isEqualTo("a&b<c>é");
    }

    @Test
    void saysWhatIsWrongWithAnInterface() {
        refused(devices("<interface/>"), "<interface> has no attribute 'type': expected such as type='ethernet'");
        refused(devices("<interface type='ethernet'><target dev='t' managed='no'/></interface>"),
                "<interface> of type 'ethernet' with <target dev> 't' has no <mac address>: "
                        + "expected one, or libvirt makes up another");
        refused(devices("<interface type='ethernet'><mac address='52:54:0'/><target dev='t' managed='no'/></interface>"),
                "<mac address> of <interface> of type 'ethernet' with <target dev> 't' is '52:54:0': "
                        + "expected six octets such as 52:54:00:12:34:56");
        refused(devices(ours("<target dev='t' managed='no'/><driver queues='257'/>")),
                "<driver queues> of <interface> of type 'ethernet' with <target dev> 't' is '257': "
                        + "expected a number from 1 to 256");
        refused(devices(ours("<target dev='t' managed='maybe'/>")),
                "<target managed> of <interface> of type 'ethernet' with <target dev> 't' is 'maybe': "
                        + "expected 'yes' or 'no'");
        refused(devices(ours("<target dev='t' managed='no'/><link state='sideways'/>")),
                "<link state> of <interface> of type 'ethernet' with <target dev> 't' is 'sideways': "
                        + "expected 'up' or 'down'");
        refused(devices(ours("<target dev='t' managed='no'/><target dev='eth0' managed='no'/>")),
                "<interface> of type 'ethernet' with <target dev> 't' has two <target> elements: expected one");
        refused(devices(ours("<target dev='t' managed='no'/>") + ours("<target dev='u' managed='no'/>")),
                "two <interface> elements of type ethernet with managed='no' have the <mac address> "
                        + "'52:54:00:aa:00:01': expected one");
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "+2", "1.5", "", " 2", "four", "99999999999", "٤"})
    void aNumberOfQueuesIsANumber(String queues) {
        assertThatThrownBy(() -> only(ours("<target dev='t' managed='no'/><driver queues='" + queues + "'/>")))
                .isInstanceOf(DomainXmlException.class).hasMessageContaining("expected a number from 1 to 256");
    }

    @Test
    void saysWhatIsWrongWithADomain() {
        refused(bytes("<network/>"), "root element '<network>': expected <domain>");
        refused(bytes("<domain xmlns='urn:x'/>"), "root element '<domain>' of namespace 'urn:x': expected <domain>");
        refused(bytes("<domain/>"), "<domain> has no <name>");
        refused(bytes("<domain><name>vm</name></domain>"), "<domain> 'vm' has no <uuid>");
        refused(domain("<name>other</name>"), "<domain> has two <name> elements, 'vm' and 'other'");
        refused(domain("<uuid>other</uuid>"), "<domain> has two <uuid> elements, '" + Samples.UUID + "' and 'other'");
        refused(bytes("<domain><name>a&#10;b</name></domain>"),
                "<name> 'a\\u000ab': expected some text without control characters");
        refused(bytes("<domain><name/></domain>"), "<name> '': expected some text without control characters");
        refused(bytes("<domain><name>a<b/></name></domain>"), "'<name>' contains '<b>': expected text alone");
        refused(bytes("<domain><uuid>1-2-3-4-5</uuid></domain>"), "<uuid> '1-2-3-4-5': expected 8-4-4-4-12 hex digits");
        assertThatThrownBy(() -> DomainXml.parseInterface(domain("")))
                .isInstanceOf(DomainXmlException.class).hasMessage("root element '<domain>': expected <interface>");
    }

    @Test
    void saysWhatIsWrongWithMetadata() {
        refused(networks("<t:interface network='blue'/>"),
                "<interface> in <metadata> has no attribute 'mac': expected mac and network");
        refused(networks("<t:interface mac='52:54:00:aa:00:01'/>"),
                "<interface> in <metadata> has no attribute 'network': expected mac and network");
        refused(networks("<t:interface mac='x' network='blue'/>"),
                "<interface mac> in <metadata> is 'x': expected six octets such as 52:54:00:12:34:56");
        refused(networks("<t:interface mac='52:54:00:aa:00:01' network=''/>"),
                "<interface network> in <metadata> of 52:54:00:aa:00:01 is empty: expected a network");
        refused(networks("<t:interface mac='52:54:00:aa:00:01' network='a'/>"
                        + "<t:interface mac='52:54:00:AA:00:01' network='b'/>"),
                "<networks> in <metadata> puts 52:54:00:aa:00:01 on two networks, 'a' and 'b'");
        refused(networks("<interface mac='52:54:00:aa:00:01' network='a'/>"),
                "<networks> in <metadata> contains '<interface>': "
                        + "expected <interface mac='…' network='…'/> of namespace 'urn:tapwright:1'");
        refused(domain("<metadata><t:network xmlns:t='urn:tapwright:1'/></metadata>"),
                "<metadata> contains '<network>' of namespace 'urn:tapwright:1': "
                        + "expected one <networks> of that namespace");
    }

    private static InterfaceSpec only(String nic) {
        List<InterfaceSpec> all = DomainXml.parseDomain(devices(nic)).interfaces();
        assertThat(all).hasSize(1);
        return all.getFirst();
    }

    private static String ours(String children) {
        return "<interface type='ethernet'><mac address='52:54:00:aa:00:01'/>" + children + "</interface>";
    }

    private static void refused(byte[] xml, String reason) {
        assertThatThrownBy(() -> DomainXml.parseDomain(xml)).isInstanceOf(DomainXmlException.class).hasMessage(reason);
    }
}
