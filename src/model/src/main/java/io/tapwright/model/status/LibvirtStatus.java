package io.tapwright.model.status;

import java.time.Instant;

/**
 * The connection to libvirt.
 *
 * @param state  {@code connecting}, {@code connected}, {@code disconnected}
 * @param reason what went wrong, null where nothing did
 */
public record LibvirtStatus(String uri, String state, String reason, Instant since) {
}
