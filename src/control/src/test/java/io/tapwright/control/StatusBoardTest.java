package io.tapwright.control;

import static io.tapwright.testkit.libvirt.DomainBuilder.domain;
import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.control.StatusBoard.NicFinding;
import io.tapwright.model.InterfaceName;
import io.tapwright.model.NicId;
import io.tapwright.model.domain.DomainSpec;
import io.tapwright.model.domain.InterfaceSpec;
import io.tapwright.model.plan.DesiredNic;
import io.tapwright.model.plan.Phase;
import io.tapwright.model.plan.Standing;
import io.tapwright.model.status.LibvirtStatus;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class StatusBoardTest {

    private final Recorder told = new Recorder();
    private Instant now = Instant.ofEpochSecond(100);
    private final StatusBoard board = new StatusBoard(() -> now, new HandClock(), told);
    private final DomainSpec web = domain("web").nic(1, "vnet0").nic(2, "vnet1").spec();

    private static DomainEntry entry(DomainSpec spec, Phase phase, long startedAt) {
        return new DomainEntry(spec.id(), spec.name(), true, true, Optional.of(spec), Optional.of(spec), Map.of(), phase, 0, startedAt);
    }

    private NicFinding finding(int place, Standing standing) {
        InterfaceSpec nic = web.interfaces().get(place);
        return new NicFinding(new DesiredNic.Observed(new NicId(web.id(), nic.mac()), nic, true), nic.target().orElseThrow(),
                "blue", "br0", standing, Outcome.DONE);
    }

    @Test
    void tellsADomainAndItsNicsOnceAndThenOnlyWhatIsDifferent() {
        DomainEntry entry = entry(web, Phase.OFF, 1);
        board.putDomain(entry, List.of(finding(0, Standing.ready()), finding(1, Standing.ready())));
        assertThat(told.domains).hasSize(1);
        assertThat(told.nicHistory()).containsExactly("vnet0 ready", "vnet1 ready");
        told.forget();

        now = now.plusSeconds(10);
        board.putDomain(entry, List.of(finding(0, Standing.ready()), finding(1, Standing.failed("no bridge"))));
        assertThat(told.nicHistory()).containsExactly("vnet1 failed");
        assertThat(told.domains).isEmpty();
        assertThat(board.domain(web.id()).nics()).extracting(n -> n.since().getEpochSecond()).containsExactly(100L, 110L);
    }

    @Test
    void tellsAnotherReasonForTheSameState() {
        DomainEntry entry = entry(web, Phase.OFF, 1);
        board.putDomain(entry, List.of(finding(0, Standing.failed("EBUSY"))));
        board.putDomain(entry, List.of(finding(0, Standing.failed("EPERM"))));
        assertThat(told.nics).extracting(n -> n.reason()).containsExactly("EBUSY", "EPERM");
    }

    @Test
    void tellsOfADomainWhenItsNamePhaseOrSetOfNicsChanges() {
        List<NicFinding> both = List.of(finding(0, Standing.ready()), finding(1, Standing.ready()));
        board.putDomain(entry(web, Phase.OFF, 1), both);
        board.putDomain(entry(web, Phase.RUNNING, 1), both);
        board.putDomain(entry(domain("web").renamed("www").spec(), Phase.RUNNING, 1), both);
        board.putDomain(entry(domain("web").renamed("www").spec(), Phase.RUNNING, 1), List.of(finding(0, Standing.ready())));
        assertThat(told.domains).extracting(d -> d.name() + " " + d.phase() + " " + d.nics().size())
                .containsExactly("web off 2", "web running 2", "www running 2", "www running 1");
        assertThat(told.removedNics).extracting(n -> n.tap()).containsExactly("vnet1");
    }

    @Test
    void tellsTheEndOfADomainAndItsNics() {
        board.putDomain(entry(web, Phase.OFF, 1), List.of(finding(0, Standing.ready())));
        board.removeDomain(web.id());
        board.removeDomain(web.id());
        assertThat(told.removedDomains).hasSize(1);
        assertThat(told.removedNics).hasSize(1);
        assertThat(board.domains()).isEmpty();
        assertThat(board.domain(web.id())).isNull();
    }

    @Test
    void keepsTwoNicsOfOneMacAddressApart() {
        DomainEntry entry = entry(web, Phase.OFF, 1);
        List<NicFinding> twice = List.of(finding(0, Standing.ready()), finding(0, Standing.failed("stands twice")));
        board.putDomain(entry, twice);
        board.putDomain(entry, twice);
        assertThat(told.nicHistory()).containsExactly("vnet0 ready", "vnet0 failed");
        assertThat(board.domain(web.id()).nics()).hasSize(2);
    }

    @Test
    void saysOnceInEachRunThatAllIsWired() {
        List<NicFinding> half = List.of(finding(0, Standing.wired()), finding(1, Standing.pending("soon")));
        List<NicFinding> all = List.of(finding(0, Standing.wired()), finding(1, Standing.observed(Optional.empty())));
        board.putDomain(entry(web, Phase.RUNNING, 1), half);
        assertThat(told.wired).isEmpty();
        board.putDomain(entry(web, Phase.RUNNING, 1), all);
        board.putDomain(entry(web, Phase.RUNNING, 1), all);
        assertThat(told.wired).extracting(n -> n.tap()).containsExactly("vnet0");
        board.putDomain(entry(web, Phase.RUNNING, 2), all);
        assertThat(told.wired).hasSize(2);
    }

    @Test
    void tellsANetworkOnlyWhereItStandsOtherwise() {
        board.putNetwork("blue", "br0", Standing.ready());
        board.putNetwork("blue", "br0", Standing.ready());
        board.putNetwork("blue", "br0", Standing.failed("gone"));
        board.putNetwork("alpha", "br1", Standing.ready());
        assertThat(told.networks).extracting(n -> n.name() + " " + n.state().text())
                .containsExactly("blue ready", "blue failed", "alpha ready");
        assertThat(board.networks()).extracting(n -> n.name()).containsExactly("alpha", "blue");
    }

    @Test
    void tellsTheConnectionToLibvirtOnlyWhereItStandsOtherwise() {
        board.putLibvirt(new LibvirtStatus("qemu:///system", "disconnected", "refused", now));
        board.putLibvirt(new LibvirtStatus("qemu:///system", "disconnected", "refused", now.plusSeconds(1)));
        board.putLibvirt(new LibvirtStatus("qemu:///system", "disconnected", "timed out", now.plusSeconds(2)));
        board.putLibvirt(new LibvirtStatus("qemu:///system", "connected", null, now.plusSeconds(3)));
        assertThat(told.libvirt).extracting(l -> l.state() + " " + l.reason())
                .containsExactly("disconnected refused", "disconnected timed out", "connected null");
    }

    @Test
    void knowsWhoWantsADevice() {
        DomainSpec db = domain("db").nic(1, "vnet0").spec();
        board.putDomain(entry(web, Phase.OFF, 1), List.of(finding(0, Standing.ready()), finding(1, Standing.ready())));
        board.putDomain(entry(db, Phase.OFF, 1), List.of(finding(0, Standing.failed("taken"))));
        assertThat(board.wanting(new InterfaceName("vnet0"))).containsExactlyInAnyOrder(web.id(), db.id());
        assertThat(board.wanting(new InterfaceName("vnet1"))).containsExactly(web.id());
        board.putDomain(entry(web, Phase.OFF, 1), List.of(finding(1, Standing.ready())));
        assertThat(board.wanting(new InterfaceName("vnet0"))).containsExactly(db.id());
        board.removeDomain(db.id());
        assertThat(board.wanting(new InterfaceName("vnet0"))).isEmpty();
    }

    @Test
    void ordersDomainsByName() {
        board.putDomain(entry(web, Phase.OFF, 1), List.of());
        board.putDomain(entry(domain("alpha").spec(), Phase.OFF, 1), List.of());
        assertThat(board.domains()).extracting(d -> d.name()).containsExactly("alpha", "web");
    }
}
