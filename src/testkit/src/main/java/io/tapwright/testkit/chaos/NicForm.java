package io.tapwright.testkit.chaos;

import java.util.Optional;

/**
 * A NIC as a domain's XML has it.
 *
 * @param network that the domain's metadata assigns it to; empty for none
 */
record NicForm(String mac, String target, int queues, boolean linkUp, Optional<String> network) {

    NicForm withTarget(String other) {
        return new NicForm(mac, other, queues, linkUp, network);
    }

    NicForm withNetwork(Optional<String> other) {
        return new NicForm(mac, target, queues, linkUp, other);
    }

    NicForm withQueues(int other) {
        return new NicForm(mac, target, other, linkUp, network);
    }

    NicForm withLink(boolean up) {
        return new NicForm(mac, target, queues, up, network);
    }

    String xml() {
        return "<interface type='ethernet'><mac address='" + mac + "'/><target dev='" + target + "' managed='no'/>"
                + "<model type='virtio'/>" + (queues == 1 ? "" : "<driver queues='" + queues + "'/>")
                + (linkUp ? "" : "<link state='down'/>") + "<rom enabled='no'/></interface>";
    }
}
