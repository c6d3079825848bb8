package io.tapwright.agent.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.http.HttpClosedException;
import java.io.IOException;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;

class ClientsThatDropTest {

    private static boolean isLoggable(String logger, Throwable thrown) {
        LogRecord record = new LogRecord(Level.SEVERE, "SockJSSocket exception");
        record.setLoggerName(logger);
        record.setThrown(thrown);
        return new ClientsThatDrop().isLoggable(record);
    }

    @Test
    void keepsOutNothingButTheBridgesLineOfALostConnection() throws ClassNotFoundException {
        String bridge = Class.forName(ClientsThatDrop.BRIDGE, false, getClass().getClassLoader()).getName();
        assertThat(isLoggable(bridge, new HttpClosedException("Connection was closed"))).isFalse();
        assertThat(isLoggable(bridge, new IOException("Connection was closed"))).isTrue();
        assertThat(isLoggable(bridge, null)).isTrue();
        assertThat(isLoggable("tapwright", new HttpClosedException("Connection was closed"))).isTrue();
    }
}
