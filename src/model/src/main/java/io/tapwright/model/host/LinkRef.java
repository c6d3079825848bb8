package io.tapwright.model.host;

import io.tapwright.model.InterfaceName;

/**
 * A device to act on: by its index, so that an action can't hit a namesake made in the meantime; the name is for
 * messages.
 */
public record LinkRef(int index, InterfaceName name) {

    @Override
    public String toString() {
        return name.text();
    }
}
