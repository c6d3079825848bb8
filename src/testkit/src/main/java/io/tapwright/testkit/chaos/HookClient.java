package io.tapwright.testkit.chaos;

import io.tapwright.testkit.lab.Lab;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** Talks to the agent's hook socket, well and badly. Any thread. */
public final class HookClient {

    private final UnixDomainSocketAddress socket;

    /** Of the agent in a lab, whose {@code /run} can be reached from outside. */
    public HookClient(Lab lab) {
        this.socket = UnixDomainSocketAddress.of(lab.dir().resolve("run/tapwright/hook.sock"));
    }

    /**
     * What libvirt's hook would say of a domain with one NIC.
     *
     * @return the answer, empty where there was none
     */
    private String tell(String operation, String domain, String uuid, String mac, String tap) throws IOException {
        DomainForm form = new DomainForm(domain, uuid, List.of(new NicForm(mac, tap, 1, true, Optional.empty())));
        byte[] body = form.xml(Driver.QEMU).getBytes(StandardCharsets.UTF_8);
        return exchange(request("POST", "/v1/qemu?domain=" + domain + "&operation=" + operation
                + "&sub-operation=begin&extra=-", body), false);
    }

    /** Sends one request that nobody could make sense of, of a kind that the random numbers choose. */
    public void garbage(Random random) throws IOException {
        byte[] noise = new byte[1 + random.nextInt(4096)];
        random.nextBytes(noise);
        String query = "/v1/qemu?domain=g" + random.nextInt(100) + "&operation=prepare&sub-operation=begin&extra=-";
        switch (random.nextInt(8)) {
            case 0 -> exchange(noise, true);
            case 1 -> exchange(request("POST", query, noise), false);
            case 2 -> exchange(request("POST", "/v1/plug?domain=g", noise), false);
            case 3 -> exchange(request("GET", "/" + "x".repeat(random.nextInt(20_000)), new byte[0]), true);
            case 4 -> exchange(request("POST", query, "<domain><name>g</name><uuid>none</uuid></domain>".getBytes(StandardCharsets.UTF_8)), false);
            case 5 -> exchange(request("POST", query, ("<domain>" + "<a>".repeat(2000)).getBytes(StandardCharsets.UTF_8)), false);
            // Says more than it sends, and goes.
            case 6 -> exchange(("POST " + query + " HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n<domain")
                    .getBytes(StandardCharsets.US_ASCII), true);
            default -> exchange(request("POST", query.replace("prepare", "nonsense"), ("<!DOCTYPE d [<!ENTITY a 'b'>]><domain>&a;</domain>")
                    .getBytes(StandardCharsets.UTF_8)), false);
        }
    }

    private static byte[] request(String method, String target, byte[] body) {
        ByteArrayOutputStream request = new ByteArrayOutputStream();
        request.writeBytes((method + " " + target + " HTTP/1.1\r\nHost: tapwright\r\nConnection: close\r\nContent-Length: " + body.length
                + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
        request.writeBytes(body);
        return request.toByteArray();
    }

    /** @param hangUp close without waiting for an answer */
    private String exchange(byte[] request, boolean hangUp) throws IOException {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(socket);
            ByteBuffer out = ByteBuffer.wrap(request);
            try {
                while (out.hasRemaining()) {
                    channel.write(out);
                }
                return hangUp ? "" : new String(Channels.newInputStream((ReadableByteChannel) channel).readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException hungUpOn) {
                // That is an answer too: of a request that is beyond understanding the agent need not hear the end.
                return "";
            }
        }
    }

    /**
     * How long preparing a domain takes until its tap is on its bridge, once for each of many new domains, which are
     * gone again afterwards.
     *
     * @param first number of the first domain; names and addresses follow from it
     * @return sorted
     */
    public List<Duration> wire(int first, int count) throws IOException {
        List<Duration> took = new ArrayList<>();
        for (int n = first; n < first + count; n++) {
            String uuid = "00000000-0000-4000-8000-%012x".formatted(n);
            String mac = "52:54:01:%02x:%02x:%02x".formatted(n >> 16 & 0xff, n >> 8 & 0xff, n & 0xff);
            long begun = System.nanoTime();
            String prepared = tell("prepare", "siege" + n, uuid, mac, "siege" + n);
            took.add(Duration.ofNanos(System.nanoTime() - begun));
            String released = tell("release", "siege" + n, uuid, mac, "siege" + n);
            if (!prepared.startsWith("HTTP/1.1 204") || !released.startsWith("HTTP/1.1 202")) {
                throw new AssertionError("prepare answered '" + prepared + "', release '" + released + "'");
            }
        }
        took.sort(null);
        return took;
    }
}
