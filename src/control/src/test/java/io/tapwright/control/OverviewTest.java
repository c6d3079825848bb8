package io.tapwright.control;

import static io.tapwright.testkit.libvirt.DomainBuilder.domain;
import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.model.InterfaceName;
import io.tapwright.model.domain.DomainSpec;
import io.tapwright.model.host.HostAction;
import io.tapwright.model.host.Link;
import io.tapwright.model.host.LinkChange;
import io.tapwright.model.host.TapOwner;
import io.tapwright.model.status.NicState;
import java.util.Collections;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The timer's sweep compares everything with one dump, and looks at those domains alone that are not as they should be. */
class OverviewTest {

    private final World world = World.withDefaultBridge();
    private final LateNews deaf = new LateNews();
    private final DomainSpec web = domain("web").nic(1, "vnet0").nicSetDown(2, "vnet1").spec();
    private final DomainSpec off = domain("off").nic(3, "vnet2").spec();
    private final DomainSpec foreign = domain("foreign").bridgeNic(4, "fn0", "br0").spec();
    private final DomainSpec refused = domain("refused").nic(5, null).spec();

    @BeforeEach
    void domainsOfEveryKind() {
        world.through(deaf::over);
        world.start();
        world.kernel.addForeign(new InterfaceName("fn0"), Link.TUN);
        world.change("fn0", LinkChange.NONE.master(world.link("br0").index()));
        world.define(web);
        world.run(web);
        world.define(off);
        world.runWithoutHook(foreign);
        world.define(refused);
        deaf.arrive();
        world.settle();
        assertThat(world.nic(1).state()).isEqualTo(NicState.WIRED);
        assertThat(world.nic(4)).returns(NicState.OBSERVED, n -> n.state()).returns("br0", n -> n.bridge());
        assertThat(world.nic(5).state()).isEqualTo(NicState.FAILED);
        world.told.forget();
    }

    @Test
    void whatIsAsItShouldBeIsNotLookedAt() {
        world.resync();
        assertThat(world.told.looks).contains("sweep").doesNotContain("domain");
    }

    @Test
    void onlyTheDomainConcernedIsLookedAt() {
        world.change("vnet0", LinkChange.NONE.up(false));
        world.resync();
        assertThat(world.link("vnet0").up()).isTrue();
        assertLooksAtDomains(1);
    }

    @Test
    void aVmThatLetGoOfItsTapIsPending() {
        world.kernel.release(new InterfaceName("vnet0"));
        world.resync();
        assertThat(world.nic(1).state()).isEqualTo(NicState.PENDING);
        assertLooksAtDomains(1);
    }

    @Test
    void aTapThatIsMissingIsMade() {
        world.delete("vnet2");
        world.resync();
        assertThat(world.devices()).contains("vnet2");
        assertLooksAtDomains(1);
    }

    @Test
    void aTapThatNobodyWantsGoes() {
        String mark = world.link("vnet2").alias().replace("52:54:00:00:00:03", "52:54:00:00:00:77");
        world.kernel.applyAsOther(new HostAction.CreateTap(
                new InterfaceName("left0"), false, TapOwner.NOBODY, LinkChange.NONE.alias(mark)));
        world.resync();
        assertThat(world.devices()).doesNotContain("left0");
    }

    @Test
    void aBridgeThatIsDownConcernsItsNics() {
        world.change("br0", LinkChange.NONE.up(false));
        world.resync();
        assertThat(world.nic(1).reason()).contains("br0 is down");
        world.change("br0", LinkChange.NONE.up(true));
        world.resync();
        assertThat(world.nic(1).state()).isEqualTo(NicState.WIRED);
    }

    @Test
    void aNicOfLibvirtsOwnOnAnotherBridgeIsReportedThere() {
        world.change("fn0", LinkChange.NONE.master(world.addBridge("br9").index()));
        world.resync();
        assertThat(world.nic(4).bridge()).isEqualTo("br9");
        assertLooksAtDomains(1);
    }

    private void assertLooksAtDomains(int count) {
        assertThat(Collections.frequency(world.told.looks, "domain")).isEqualTo(count);
    }
}
