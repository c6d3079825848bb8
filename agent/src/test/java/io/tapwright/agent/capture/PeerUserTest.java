package io.tapwright.agent.capture;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class PeerUserTest {

    @Test
    void addressesAreAsTheKernelWritesThem() throws Exception {
        assertThat(PeerUser.address("0100007F:24FE")).isEqualTo(new InetSocketAddress("127.0.0.1", 9470));
        assertThat(PeerUser.address("0000000000000000FFFF00000100007F:0050")).isEqualTo(new InetSocketAddress("127.0.0.1", 80));
        assertThat(PeerUser.address("00000000000000000000000001000000:0050"))
                .isEqualTo(new InetSocketAddress(InetAddress.getByName("::1"), 80));
    }

    @Test
    void aConnectionOfThisUserIsHisAndOneThatIsNotThereNobodys() throws Exception {
        PeerUser users = new PeerUser(Path.of("/proc/net"));
        try (ServerSocketChannel server = ServerSocketChannel.open().bind(new InetSocketAddress("127.0.0.1", 0));
                Socket client = new Socket("127.0.0.1", server.socket().getLocalPort()); SocketChannel accepted = server.accept()) {
            InetSocketAddress peer = (InetSocketAddress) accepted.getRemoteAddress();
            InetSocketAddress here = (InetSocketAddress) accepted.getLocalAddress();
            assertThat(client.getLocalPort()).isEqualTo(peer.getPort());
            assertThat(users.uid(peer, here)).hasValue((int) Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
            assertThat(users.uid(new InetSocketAddress("192.0.2.1", peer.getPort()), here)).isEmpty();
            assertThat(users.uid(peer, new InetSocketAddress("127.0.0.1", 1))).isEmpty();
        }
    }
}
