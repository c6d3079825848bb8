package io.tapwright.agent.http;

import io.vertx.core.Handler;
import io.vertx.ext.bridge.BridgeEventType;
import io.vertx.ext.web.handler.sockjs.BridgeEvent;
import io.vertx.ext.web.handler.sockjs.SockJSSocket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The clients of the event bus' bridge, so that they can be told when it goes. Any thread. */
final class BusClients implements Handler<BridgeEvent> {

    /** RFC 6455, section 7.4.1: "going away". */
    private static final int GOING_AWAY = 1001;

    private final Set<SockJSSocket> connected = ConcurrentHashMap.newKeySet();

    @Override
    public void handle(BridgeEvent event) {
        if (event.type() == BridgeEventType.SOCKET_CREATED) {
            connected.add(event.socket());
        } else if (event.type() == BridgeEventType.SOCKET_CLOSED || event.type() == BridgeEventType.SOCKET_ERROR) {
            connected.remove(event.socket());
        }
        event.complete(true);
    }

    /** Tells each; waits for none. */
    void close() {
        connected.forEach(client -> client.close(GOING_AWAY, "the agent is stopping"));
    }
}
