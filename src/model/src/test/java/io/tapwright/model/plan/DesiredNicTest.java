package io.tapwright.model.plan;

import static io.tapwright.model.Samples.MAC_1;
import static io.tapwright.model.Samples.MAC_2;
import static io.tapwright.model.Samples.bridgeNic;
import static io.tapwright.model.Samples.nic;
import static io.tapwright.model.Samples.nicSetDown;
import static io.tapwright.model.Samples.nicWithQueues;
import static io.tapwright.model.Samples.web;
import static io.tapwright.model.Samples.webOn;
import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.model.MacAddress;
import io.tapwright.model.domain.DomainSpec;
import io.tapwright.model.domain.InterfaceSpec;
import io.tapwright.model.network.Network;
import io.tapwright.model.network.NetworkCatalog;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DesiredNicTest {

    private static final Network BLUE = Network.of("blue", "br-blue");
    private static final NetworkCatalog CATALOG =
            new NetworkCatalog(Map.of("default", Network.of("default", "br0"), "blue", BLUE), List.of());

    @Test
    void aDefinedDomainWantsItsTapsDetached() {
        DesiredNic.Tap tap = onlyTap(off(web(nic(MAC_1, "vnet0"))));
        assertThat(tap.device()).hasToString("vnet0");
        assertThat(tap.phase()).isEqualTo(Phase.OFF);
        assertThat(tap.network().name()).isEqualTo("default");
        assertThat(tap.domainName()).isEqualTo("web");
        assertThat(tap.attached()).isFalse();
        assertThat(tap.raised()).isFalse();
    }

    @Test
    void aRunningDomainWantsThemAttachedAndRaised() {
        DesiredNic.Tap tap = onlyTap(running(web(nic(MAC_1, "vnet0"))));
        assertThat(tap.attached()).isTrue();
        assertThat(tap.raised()).isTrue();
        assertThat(onlyTap(of(Optional.empty(), Optional.of(web(nic(MAC_1, "vnet0"))), Phase.STARTING)).attached()).isTrue();
    }

    @Test
    void aLinkThatIsSetDownIsWantedAttachedButNotRaised() {
        DesiredNic.Tap tap = onlyTap(running(web(nicSetDown(MAC_1, "vnet0"))));
        assertThat(tap.attached()).isTrue();
        assertThat(tap.raised()).isFalse();
    }

    @Test
    void nicsThatOnlyTheDefinitionHasAreWantedAsOfADomainThatIsOff() {
        List<DesiredNic> nics = of(Optional.of(web(nic(MAC_1, "vnet0"), nic(MAC_2, "vnet1"))),
                Optional.of(web(nic(MAC_1, "vnet0"))), Phase.RUNNING);
        assertThat(nics).extracting(n -> n.spec().mac()).containsExactly(MAC_1, MAC_2);
        assertThat(((DesiredNic.Tap) nics.get(0)).phase()).isEqualTo(Phase.RUNNING);
        assertThat(((DesiredNic.Tap) nics.get(1)).phase()).isEqualTo(Phase.OFF);
    }

    @Test
    void aNicThatBothHaveIsWantedAsItRuns() {
        DesiredNic.Tap tap = onlyTap(of(Optional.of(webOn(Map.of(MAC_1, "blue"), nicWithQueues(MAC_1, "vnet9", 4))),
                Optional.of(web(nic(MAC_1, "vnet0"))), Phase.RUNNING));
        assertThat(tap.device()).hasToString("vnet0");
        assertThat(tap.spec().isMultiQueue()).isFalse();
        assertThat(tap.network().name()).isEqualTo("default");
    }

    @Test
    void metadataAssignsTheNetwork() {
        assertThat(onlyTap(off(webOn(Map.of(MAC_1, "blue"), nic(MAC_1, "vnet0")))).network()).isEqualTo(BLUE);
    }

    @Test
    void aNicThatLibvirtWiresIsObserved() {
        assertThat(running(web(bridgeNic(MAC_1, "vnet7")))).singleElement()
                .isInstanceOfSatisfying(DesiredNic.Observed.class, nic -> assertThat(nic.live()).isTrue());
        assertThat(off(web(bridgeNic(MAC_1, null)))).singleElement()
                .isInstanceOfSatisfying(DesiredNic.Observed.class, nic -> assertThat(nic.live()).isFalse());
        InterfaceSpec managed = new InterfaceSpec(InterfaceSpec.ETHERNET, MAC_1, Optional.of("vnet0"), true, 1, true,
                Optional.empty(), Optional.empty());
        assertThat(off(web(managed))).singleElement().isInstanceOf(DesiredNic.Observed.class);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "52:54:00:00:00:01|sixteen-bytes-xx|target dev 'sixteen-bytes-xx' has 16 bytes, the kernel takes at most 15; choose another name",
        "52:54:00:00:00:01|a/b|target dev 'a/b' contains '/', which the kernel refuses; choose another name",
        "52:54:00:00:00:01||the interface has no <target dev='…'/>, which managed='no' needs; add one",
        "fe:54:00:00:00:01|vnet0|MAC address fe:54:00:00:00:01 begins with fe, which is reserved for taps; use 52:54:00:…",
        "53:54:00:00:00:01|vnet0|MAC address 53:54:00:00:00:01 is a multicast address; use 52:54:00:…"})
    void whatCanNotBeHadIsRefusedWithWhatToDo(String mac, String target, String reason) {
        assertThat(refusal(off(web(nic(new MacAddress(mac), target))))).isEqualTo(reason);
    }

    @Test
    void aNetworkThatIsNotConfiguredIsRefused() {
        assertThat(refusal(off(webOn(Map.of(MAC_1, "green"), nic(MAC_1, "vnet0")))))
                .contains("network 'green'").contains("[blue, default]");
    }

    @Test
    void oneMacAddressTwiceLeavesTheFirstNicAloneAndRefusesTheSecond() {
        List<DesiredNic> nics = off(web(nic(MAC_1, "vnet0"), nic(MAC_1, "vnet1"), nic(MAC_2, "vnet2")));
        assertThat(nics).hasSize(3);
        assertThat(((DesiredNic.Tap) nics.get(0)).device()).hasToString("vnet0");
        assertThat(((DesiredNic.Tap) nics.get(1)).device()).hasToString("vnet2");
        assertThat(((DesiredNic.Refused) nics.get(2)).reason())
                .isEqualTo("MAC address 52:54:00:00:00:01 stands twice in the domain's XML, give each NIC its own");
    }

    /** {@code <teaming>}: a NIC of ours and a host device with its address, of which the guest makes one. */
    @Test
    void aNicIsWantedBesideALibvirtsOwnOfTheSameMacAddressWhicheverComesFirst() {
        InterfaceSpec ours = nic(MAC_1, "vnet0");
        InterfaceSpec hostdev = bridgeNic(MAC_1, null);
        assertThat(onlyTap(off(web(ours, hostdev))).device()).hasToString("vnet0");
        assertThat(onlyTap(off(web(hostdev, ours))).device()).hasToString("vnet0");
        assertThat(onlyTap(running(web(hostdev, ours))).phase()).isEqualTo(Phase.RUNNING);
        assertThat(running(web(hostdev, hostdev))).singleElement().isInstanceOf(DesiredNic.Observed.class);
    }

    @Test
    void aNicThatRunsAsLibvirtsOwnStaysSoUntilTheVmIsOffWhateverTheDefinitionSays() {
        assertThat(of(Optional.of(web(nic(MAC_1, "web0"))), Optional.of(web(bridgeNic(MAC_1, "web0"))), Phase.RUNNING))
                .singleElement().isInstanceOf(DesiredNic.Observed.class);
    }

    @Test
    void oneMacAddressTwiceIsRefusedAlsoBesideALibvirtsOwn() {
        List<DesiredNic> nics = off(web(bridgeNic(MAC_1, null), nic(MAC_1, "vnet0"), nic(MAC_1, "vnet1")));
        assertThat(nics).hasSize(2);
        assertThat(nics.get(0)).isInstanceOf(DesiredNic.Tap.class);
        assertThat(nics.get(1)).isInstanceOf(DesiredNic.Refused.class);
    }

    @Test
    void oneTargetDevTwiceLeavesTheFirstNicAloneAndRefusesTheSecond() {
        List<DesiredNic> nics = off(web(nic(MAC_1, "vnet0"), nic(MAC_2, "vnet0")));
        assertThat(nics.get(0)).isInstanceOf(DesiredNic.Tap.class);
        assertThat(((DesiredNic.Refused) nics.get(1)).reason())
                .isEqualTo("target dev 'vnet0' stands twice in the domain's XML, give each NIC its own");
    }

    @Test
    void aDefinitionThatGivesATargetInUseToAnotherNicHasToWaitForTheVmToStop() {
        List<DesiredNic> nics = of(Optional.of(web(nic(MAC_2, "vnet0"))), Optional.of(web(nic(MAC_1, "vnet0"))), Phase.RUNNING);
        assertThat(((DesiredNic.Tap) nics.get(0)).id().mac()).isEqualTo(MAC_1);
        assertThat(nics.get(1)).isInstanceOfSatisfying(DesiredNic.Deferred.class, deferred -> {
            assertThat(deferred.id().mac()).isEqualTo(MAC_2);
            assertThat(deferred.reason()).isEqualTo("target dev 'vnet0' is in use by another NIC of the running VM;"
                    + " the change takes effect when the VM is off");
        });
    }

    @Test
    void aDefinitionThatHasOneTargetTwiceIsRefusedEvenWhileTheVmRunsWithIt() {
        List<DesiredNic> nics = of(Optional.of(web(nic(MAC_1, "vnet0"), nic(MAC_2, "vnet0"))),
                Optional.of(web(nic(MAC_1, "vnet0"))), Phase.RUNNING);
        assertThat(nics.get(1)).isInstanceOf(DesiredNic.Refused.class);
    }

    @Test
    void twoNicsThatSwapTheirTargetsKeepThemUntilTheVmIsOff() {
        DomainSpec live = web(nic(MAC_1, "vnet0"), nic(MAC_2, "vnet1"));
        DomainSpec config = web(nic(MAC_1, "vnet1"), nic(MAC_2, "vnet0"));
        assertThat(of(Optional.of(config), Optional.of(live), Phase.RUNNING))
                .extracting(n -> ((DesiredNic.Tap) n).device().text()).containsExactly("vnet0", "vnet1");
        assertThat(of(Optional.of(config), Optional.empty(), Phase.OFF))
                .extracting(n -> ((DesiredNic.Tap) n).device().text()).containsExactly("vnet1", "vnet0");
    }

    @Test
    void aDomainWithoutNicsWantsNothing() {
        assertThat(off(web())).isEmpty();
        assertThat(of(Optional.empty(), Optional.empty(), Phase.OFF)).isEmpty();
    }

    private static List<DesiredNic> off(DomainSpec config) {
        return of(Optional.of(config), Optional.empty(), Phase.OFF);
    }

    private static List<DesiredNic> running(DomainSpec both) {
        return of(Optional.of(both), Optional.of(both), Phase.RUNNING);
    }

    private static List<DesiredNic> of(Optional<DomainSpec> config, Optional<DomainSpec> live, Phase phase) {
        return DesiredNic.of(config, live, phase, CATALOG);
    }

    private static DesiredNic.Tap onlyTap(List<DesiredNic> nics) {
        assertThat(nics).hasSize(1);
        return (DesiredNic.Tap) nics.getFirst();
    }

    private static String refusal(List<DesiredNic> nics) {
        assertThat(nics).hasSize(1);
        return ((DesiredNic.Refused) nics.getFirst()).reason();
    }
}
