package io.tapwright.agent.capture;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * Who is at the other end of a TCP connection on this host, by the kernel's own list of sockets ({@code /proc/net/tcp},
 * Documentation/networking/proc_net_tcp.rst). Any thread.
 */
final class PeerUser {

    private static final int LOCAL = 1;
    private static final int REMOTE = 2;
    private static final int UID = 7;

    private final Path directory;

    /** @param directory {@code /proc/net} */
    PeerUser(Path directory) {
        this.directory = directory;
    }

    /**
     * The user id of who made the other end.
     *
     * @param peer that end
     * @param here this one
     * @return empty where it is not on this host
     */
    OptionalInt uid(InetSocketAddress peer, InetSocketAddress here) throws IOException {
        OptionalInt uid = uid("tcp", peer, here);
        return uid.isPresent() ? uid : uid("tcp6", peer, here);
    }

    private OptionalInt uid(String file, InetSocketAddress peer, InetSocketAddress here) throws IOException {
        Path list = directory.resolve(file);
        if (!Files.exists(list)) {
            return OptionalInt.empty();
        }
        try (Stream<String> lines = Files.lines(list)) {
            return lines.skip(1).map(line -> line.strip().split("\\s+")).filter(fields -> fields.length > UID)
                    .filter(fields -> address(fields[LOCAL]).equals(peer) && address(fields[REMOTE]).equals(here))
                    .mapToInt(fields -> Integer.parseInt(fields[UID])).findFirst();
        }
    }

    /** {@code 0100007F:24FE}: words of 32 bits as the processor reads them; an IPv4 address within IPv6 is that. */
    static InetSocketAddress address(String text) {
        int colon = text.indexOf(':');
        byte[] bytes = HexFormat.of().parseHex(text.substring(0, colon));
        ByteBuffer words = ByteBuffer.wrap(bytes);
        for (int i = 0; i < bytes.length; i += Integer.BYTES) {
            int word = words.order(ByteOrder.BIG_ENDIAN).getInt(i);
            words.order(ByteOrder.nativeOrder()).putInt(i, word);
        }
        try {
            return new InetSocketAddress(InetAddress.getByAddress(bytes), Integer.parseInt(text.substring(colon + 1), 16));
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(text + ": expected an address of 4 or 16 bytes", e);
        }
    }
}
