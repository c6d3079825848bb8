package io.tapwright.control;

import java.util.List;

/** What the hook is told. */
public sealed interface HookAnswer {

    record Ready() implements HookAnswer {
    }

    /** One sentence for each NIC that can't be wired: domain, NIC, cause. */
    record Refused(List<String> reasons) implements HookAnswer {

        public Refused {
            reasons = List.copyOf(reasons);
        }
    }
}
