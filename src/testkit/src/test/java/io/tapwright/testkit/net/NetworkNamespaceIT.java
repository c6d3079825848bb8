package io.tapwright.testkit.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.tapwright.testkit.lab.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class NetworkNamespaceIT {

    private static final Path MINE = Path.of("/proc/thread-self/ns/net");

    @BeforeEach
    void needsPrivilege() {
        Assumptions.assumeTrue(NetworkNamespace.isAvailable(), "needs root and /dev/net/tun to make network namespaces");
    }

    @Test
    void itsThreadTheThreadsOfThatAndItsProcessesAreInside() throws Exception {
        Path outside = Files.readSymbolicLink(MINE);
        try (NetworkNamespace namespace = NetworkNamespace.open()) {
            Path inside = namespace.run(() -> Files.readSymbolicLink(MINE));
            assertThat(inside).isNotEqualTo(outside);
            assertThat(Files.readSymbolicLink(namespace.path())).isEqualTo(inside);
            assertThat(Files.readSymbolicLink(MINE)).isEqualTo(outside);

            AtomicReference<Path> started = new AtomicReference<>();
            namespace.run(() -> {
                Thread thread = Thread.ofPlatform().start(() -> started.set(own()));
                thread.join();
                return thread;
            });
            assertThat(started.get()).isEqualTo(inside);
            assertThat(namespace.execute("readlink", "/proc/self/ns/net").strip()).isEqualTo(inside.toString());
            assertThat(namespace.execute("ip", "-o", "link").lines()).hasSize(1);
        }
    }

    @Test
    void procSysNetIsThatOfTheThreadThatOpensIt() {
        try (NetworkNamespace namespace = NetworkNamespace.open()) {
            namespace.execute("ip", "link", "add", "only-here", "type", "bridge");
            Path settings = Path.of("/proc/sys/net/ipv4/conf/only-here");

            assertThat(namespace.run(() -> Files.exists(settings))).isTrue();
            assertThat(Files.exists(settings)).isFalse();
        }
    }

    @Test
    void isGoneWithItsThread() {
        NetworkNamespace namespace = NetworkNamespace.open();
        Path path = namespace.path();
        assertThat(Files.exists(path)).isTrue();

        namespace.close();

        // The thread has handed its work back before the kernel has ended it.
        Await.until(path + " is gone", Duration.ofSeconds(10), () -> Files.exists(path), exists -> !exists);
    }

    @Test
    void whatTheWorkThrowsComesBackAsItIs() {
        try (NetworkNamespace namespace = NetworkNamespace.open()) {
            assertThatExceptionOfType(IOException.class).isThrownBy(() -> namespace.run(() -> {
                throw new IOException("from inside");
            })).withMessage("from inside");
        }
    }

    @Test
    void aProcessThatFailsSaysWhatItSaid() {
        try (NetworkNamespace namespace = NetworkNamespace.open()) {
            assertThatIllegalStateException().isThrownBy(() -> namespace.execute("ip", "link", "show", "dev", "nothing"))
                    .withMessageStartingWith("ip link show dev nothing: ").withMessageContaining("does not exist");
        }
    }

    private static Path own() {
        try {
            return Files.readSymbolicLink(MINE);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
