package io.tapwright.agent.log;

import io.quarkus.logging.LoggingFilter;
import io.vertx.core.http.HttpClosedException;
import java.util.logging.Filter;
import java.util.logging.LogRecord;

/**
 * Keeps one line out of the log: the event bus' bridge calls it an error when a client's connection ends without the words of
 * RFC 6455, as that of every client that is killed or loses its network does. {@code quarkus.log.console.filter} names it.
 */
@LoggingFilter(name = "clients-that-drop")
public final class ClientsThatDrop implements Filter {

    static final String BRIDGE = "io.vertx.ext.web.handler.sockjs.impl.EventBusBridgeImpl";

    @Override
    public boolean isLoggable(LogRecord record) {
        return !(record.getThrown() instanceof HttpClosedException && BRIDGE.equals(record.getLoggerName()));
    }
}
