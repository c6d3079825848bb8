package io.tapwright.model.network;

import static io.tapwright.model.Samples.MAC_1;
import static io.tapwright.model.Samples.MAC_2;
import static io.tapwright.model.Samples.nic;
import static io.tapwright.model.Samples.web;
import static io.tapwright.model.Samples.webOn;
import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.model.Glob;
import io.tapwright.model.domain.DomainSpec;
import io.tapwright.model.domain.InterfaceSpec;
import io.tapwright.model.network.NetworkCatalog.Assignment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class NetworkCatalogTest {

    private static final Network DEFAULT = Network.of("default", "br0");
    private static final Network BLUE = Network.of("blue", "br-blue");
    private static final Network RED = Network.of("red", "br-red");
    private static final Map<String, Network> ALL = Map.of("default", DEFAULT, "blue", BLUE, "red", RED);

    private static final InterfaceSpec NIC = nic(MAC_1, "vnet0");

    @Test
    void theDomainsMetadataGoesBeforeEveryRule() {
        NetworkCatalog catalog = new NetworkCatalog(ALL, List.of(byDomain("*", "red")));
        assertThat(catalog.assign(webOn(Map.of(MAC_1, "blue"), NIC), NIC)).isEqualTo(new Assignment.To(BLUE));
    }

    @Test
    void metadataForAnotherNicDoesNotCount() {
        NetworkCatalog catalog = new NetworkCatalog(ALL, List.of());
        assertThat(catalog.assign(webOn(Map.of(MAC_2, "blue"), NIC), NIC)).isEqualTo(new Assignment.To(DEFAULT));
    }

    @Test
    void theFirstRuleThatMatchesWins() {
        NetworkCatalog catalog = new NetworkCatalog(ALL,
                List.of(byDomain("db*", "red"), byDomain("web*", "blue"), byDomain("*", "red")));
        assertThat(catalog.assign(web(NIC), NIC)).isEqualTo(new Assignment.To(BLUE));
    }

    @Test
    void aRuleMatchesOnlyWhereAllItNamesDoes() {
        Rule rule = new Rule(Optional.of(new Glob("web*")), Optional.of("52:54:00"), Optional.of(new Glob("vnet*")), "blue");
        NetworkCatalog catalog = new NetworkCatalog(ALL, List.of(rule));
        assertThat(catalog.assign(web(NIC), NIC)).isEqualTo(new Assignment.To(BLUE));

        DomainSpec other = new DomainSpec(web().id(), "db", List.of(NIC), Map.of());
        assertThat(catalog.assign(other, NIC)).isEqualTo(new Assignment.To(DEFAULT));
        InterfaceSpec otherMac = nic(new io.tapwright.model.MacAddress("52:55:00:00:00:01"), "vnet0");
        assertThat(catalog.assign(web(otherMac), otherMac)).isEqualTo(new Assignment.To(DEFAULT));
        InterfaceSpec otherTarget = nic(MAC_1, "tap0");
        assertThat(catalog.assign(web(otherTarget), otherTarget)).isEqualTo(new Assignment.To(DEFAULT));
        InterfaceSpec noTarget = nic(MAC_1, null);
        assertThat(catalog.assign(web(noTarget), noTarget)).isEqualTo(new Assignment.To(DEFAULT));
    }

    @Test
    void aNetworkThatIsNotConfiguredIsNamedWithWhoAsksForItAndWhatThereIs() {
        NetworkCatalog catalog = new NetworkCatalog(Map.of("blue", BLUE, "a", RED), List.of());
        assertThat(catalog.assign(webOn(Map.of(MAC_1, "green"), NIC), NIC)).isEqualTo(new Assignment.Unknown("green",
                "the domain's metadata assigns the NIC to network 'green', which the configuration does not have"
                        + " (it has [a, blue]); add it there, or assign the NIC to another"));
        assertThat(catalog.assign(web(NIC), NIC)).isInstanceOfSatisfying(Assignment.Unknown.class,
                unknown -> assertThat(unknown.reason()).contains("so it belongs to network 'default', which the configuration does not have"));
        NetworkCatalog ruled = new NetworkCatalog(Map.of(), List.of(byDomain("*", "gone")));
        assertThat(ruled.assign(web(NIC), NIC)).isInstanceOfSatisfying(Assignment.Unknown.class,
                unknown -> assertThat(unknown.reason()).startsWith("a rule assigns the NIC to network 'gone'"));
    }

    @Test
    void isNotChangedFromOutside() {
        Map<String, Network> networks = new HashMap<>(ALL);
        List<Rule> rules = new ArrayList<>();
        NetworkCatalog catalog = new NetworkCatalog(networks, rules);
        networks.clear();
        rules.add(byDomain("*", "red"));
        assertThat(catalog.network("blue")).contains(BLUE);
        assertThat(catalog.network("green")).isEmpty();
        assertThat(catalog.assign(web(NIC), NIC)).isEqualTo(new Assignment.To(DEFAULT));
    }

    private static Rule byDomain(String glob, String network) {
        return new Rule(Optional.of(new Glob(glob)), Optional.empty(), Optional.empty(), network);
    }
}
