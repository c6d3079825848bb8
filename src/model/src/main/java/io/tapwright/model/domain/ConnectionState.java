package io.tapwright.model.domain;

import java.time.Instant;

/**
 * Where the connection to libvirt stands.
 *
 * @param uri    as configured
 * @param state  {@link State}
 * @param since  when it came to stand there
 * @param reason what went wrong, empty when nothing did
 */
public record ConnectionState(String uri, State state, Instant since, String reason) {

    public enum State {
        /** Never connected so far. */
        CONNECTING,
        /** Connected, registered for events. */
        CONNECTED,
        /** Lost: what libvirt would say is unknown. */
        DISCONNECTED
    }

    public boolean isConnected() {
        return state == State.CONNECTED;
    }
}
