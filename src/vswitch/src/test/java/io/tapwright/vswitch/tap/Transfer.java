package io.tapwright.vswitch.tap;

import io.tapwright.testkit.net.NetworkNamespace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Bytes over TCP from one network namespace to another.
 *
 * @param sent     SHA-256 of what was written
 * @param received SHA-256 of what was read, to the end of the stream
 */
record Transfer(String sent, String received, long nanos) {

    private static final int PORT = 5001;
    private static final int CHUNK = 1 << 18;
    private static final int SECONDS = 60;

    /** @param address of the receiver */
    static Transfer of(NetworkNamespace from, NetworkNamespace to, String address, long bytes) throws Exception {
        // A socket belongs to the namespace of the thread that makes it, whoever uses it then.
        try (ServerSocketChannel listening = to.run(ServerSocketChannel::open); SocketChannel out = from.run(SocketChannel::open)) {
            listening.bind(new InetSocketAddress(address, PORT));
            long begin = System.nanoTime();
            CompletableFuture<String> received = inBackground(() -> receive(listening));
            CompletableFuture<String> sent = inBackground(() -> {
                out.connect(new InetSocketAddress(address, PORT));
                return send(out, bytes);
            });
            String before = sent.get(SECONDS, TimeUnit.SECONDS);
            return new Transfer(before, received.get(SECONDS, TimeUnit.SECONDS), System.nanoTime() - begin);
        }
    }

    private interface Work {
        String run() throws IOException;
    }

    private static CompletableFuture<String> inBackground(Work work) {
        CompletableFuture<String> result = new CompletableFuture<>();
        Thread.ofPlatform().daemon().name("transfer").start(() -> {
            try {
                result.complete(work.run());
            } catch (IOException | RuntimeException e) {
                result.completeExceptionally(e);
            }
        });
        return result;
    }

    private static String send(SocketChannel out, long bytes) throws IOException {
        MessageDigest digest = sha256();
        byte[] chunk = new byte[CHUNK];
        Random random = new Random(bytes);
        for (long left = bytes; left > 0; left -= chunk.length) {
            random.nextBytes(chunk);
            ByteBuffer part = ByteBuffer.wrap(chunk, 0, (int) Math.min(left, chunk.length));
            digest.update(part.duplicate());
            while (part.hasRemaining()) {
                out.write(part);
            }
        }
        out.shutdownOutput();
        return HexFormat.of().formatHex(digest.digest());
    }

    private static String receive(ServerSocketChannel listening) throws IOException {
        MessageDigest digest = sha256();
        try (SocketChannel in = listening.accept()) {
            ByteBuffer chunk = ByteBuffer.allocate(CHUNK);
            while (in.read(chunk.clear()) >= 0) {
                digest.update(chunk.flip());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }
}
