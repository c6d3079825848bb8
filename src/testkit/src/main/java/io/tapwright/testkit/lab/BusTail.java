package io.tapwright.testkit.lab;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A subscriber of the agent's event bus, as any program can be one: connects to the bus's WebSocket, registers for the
 * addresses that it is given, and prints each message as a line. A program of its own, since it has to run in the lab.
 */
public final class BusTail {

    private static final long PING_SECONDS = 5;
    private static final String SUBSCRIBED = "subscribed";

    private BusTail() {
    }

    public static void main(String... arguments) throws InterruptedException {
        CountDownLatch closed = new CountDownLatch(1);
        WebSocket socket = HttpClient.newHttpClient().newWebSocketBuilder()
                .buildAsync(URI.create(arguments[0]), new Printer(closed)).join();
        for (int i = 1; i < arguments.length; i++) {
            socket.sendText("{\"type\":\"register\",\"address\":\"" + arguments[i] + "\",\"headers\":{}}", true).join();
        }
        // The bridge works through what it is sent in order, and answers no registration: an answer to this says that all are in.
        socket.sendText("{\"type\":\"send\",\"address\":\"tapwright.status\",\"replyAddress\":\"" + SUBSCRIBED
                + "\",\"headers\":{},\"body\":{}}", true).join();
        // The bridge takes a client that says nothing for dead.
        while (!closed.await(PING_SECONDS, TimeUnit.SECONDS)) {
            socket.sendText("{\"type\":\"ping\"}", true).join();
        }
    }

    private static final class Printer implements WebSocket.Listener {

        private final StringBuilder line = new StringBuilder();
        private final CountDownLatch closed;

        Printer(CountDownLatch closed) {
            this.closed = closed;
        }

        @Override
        public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
            return on(socket, data, last);
        }

        @Override
        public CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
            return on(socket, StandardCharsets.UTF_8.decode(data), last);
        }

        private CompletionStage<?> on(WebSocket socket, CharSequence data, boolean last) {
            line.append(data);
            if (last) {
                boolean isOurReply = line.indexOf("\"address\":\"" + SUBSCRIBED + "\"") >= 0;
                System.out.println(isOurReply ? SUBSCRIBED : line);
                line.setLength(0);
            }
            socket.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onClose(WebSocket socket, int status, String reason) {
            closed.countDown();
            return null;
        }

        @Override
        public void onError(WebSocket socket, Throwable error) {
            System.out.println("error: " + error);
            closed.countDown();
        }
    }
}
