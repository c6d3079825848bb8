package io.tapwright.testkit.chaos;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/** A domain as its XML has it: its definition, or what runs. */
record DomainForm(String name, String uuid, List<NicForm> nics) {

    DomainForm {
        nics = List.copyOf(nics);
    }

    DomainForm withNics(List<NicForm> others) {
        return new DomainForm(name, uuid, others);
    }

    DomainForm plus(NicForm nic) {
        List<NicForm> all = new ArrayList<>(nics);
        all.add(nic);
        return withNics(all);
    }

    DomainForm change(String mac, UnaryOperator<NicForm> change) {
        return withNics(nics.stream().map(n -> n.mac().equals(mac) ? change.apply(n) : n).toList());
    }

    Optional<NicForm> nic(String mac) {
        return nics.stream().filter(n -> n.mac().equals(mac)).findFirst();
    }

    /** The networks that the metadata assigns, without their namespace's prefix if {@code bare}, as virsh wants it. */
    String networks(boolean bare) {
        String prefix = bare ? "" : "tapwright:";
        return "<" + prefix + "networks" + (bare ? "" : " xmlns:tapwright='urn:tapwright:1'") + ">"
                + nics.stream().filter(n -> n.network().isPresent())
                        .map(n -> "<" + prefix + "interface mac='" + n.mac() + "' network='" + n.network().get() + "'/>")
                        .collect(Collectors.joining())
                + "</" + prefix + "networks>";
    }

    String xml(Driver driver) {
        return "<domain type='" + driver.type() + "'><name>" + name + "</name><uuid>" + uuid + "</uuid><metadata>"
                + networks(false) + "</metadata><memory unit='MiB'>32</memory><vcpu>1</vcpu>" + driver.machine()
                + "<devices>" + driver.devices()
                + nics.stream().map(NicForm::xml).collect(Collectors.joining()) + "</devices></domain>";
    }
}
