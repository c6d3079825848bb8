package io.tapwright.model.plan;

import io.tapwright.model.host.TapOwner;

/**
 * What every tap has in common.
 *
 * @param instance the agent's name in its {@link io.tapwright.model.Mark marks}
 */
public record TapPolicy(String instance, TapOwner owner) {
}
