package io.tapwright.control;

import io.tapwright.model.host.HostAction;
import io.tapwright.model.host.LinkChange;
import java.util.ArrayList;
import java.util.List;

/** What somebody else changed of a device that was as it should be, told by what it takes to put it right. */
final class Drift {

    private Drift() {
    }

    /** Kinds, a closed set: {@code missing}, {@code remade}, {@code name}, {@code master}, {@code state}, …. */
    static List<String> kinds(List<HostAction> repair) {
        List<String> kinds = new ArrayList<>();
        for (HostAction action : repair) {
            switch (action) {
                case HostAction.CreateTap a -> kinds.add("missing");
                case HostAction.CreateBridge a -> kinds.add("missing");
                case HostAction.DeleteLink a -> kinds.add("remade");
                case HostAction.DeleteLinks a -> kinds.add("remade");
                case HostAction.RenameLink a -> kinds.add("name");
                case HostAction.AddAddress a -> kinds.add("address");
                case HostAction.RemoveAddress a -> kinds.add("address");
                case HostAction.AttachUplink a -> kinds.add("uplink");
                case HostAction.DetachUplink a -> kinds.add("uplink");
                case HostAction.ChangeLink(var link, LinkChange change) -> collect(change, kinds);
            }
        }
        return kinds;
    }

    private static void collect(LinkChange change, List<String> kinds) {
        change.master().ifPresent(v -> kinds.add("master"));
        change.up().ifPresent(v -> kinds.add("state"));
        change.mtu().ifPresent(v -> kinds.add("mtu"));
        change.alias().ifPresent(v -> kinds.add("alias"));
        change.mac().ifPresent(v -> kinds.add("mac"));
        if (change.ipv6Off()) {
            kinds.add("ipv6");
        }
    }
}
