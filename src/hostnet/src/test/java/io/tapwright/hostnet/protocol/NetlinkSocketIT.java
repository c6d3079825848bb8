package io.tapwright.hostnet.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.tapwright.hostnet.netlink.LinkDecoder;
import io.tapwright.hostnet.netlink.LinkMessage;
import io.tapwright.hostnet.netlink.MessageWriter;
import io.tapwright.hostnet.posix.SystemCallException;
import io.tapwright.model.host.Errno;
import io.tapwright.model.host.Link;
import io.tapwright.model.host.LinkChange;
import io.tapwright.testkit.net.InNetworkNamespace;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The rules of the conversation, with the kernel at the other end. */
@ExtendWith(InNetworkNamespace.class)
class NetlinkSocketIT {

    private static final Duration SOON = Duration.ofMillis(100);
    private static final int LOOPBACK = 1;
    /** A change that is no question: the kernel carries it out and says nothing. */
    private static final Consumer<MessageWriter> UNANSWERED = to -> LinkMessage.change(to, LOOPBACK, LinkChange.NONE);
    private static final Consumer<MessageWriter> QUESTION = to -> LinkMessage.get(to, LOOPBACK);

    @Test
    void anAnswerThatDoesNotComeEndsTheWaitAndTheSocketsUse() {
        try (NetlinkSocket socket = NetlinkSocket.open(SOON)) {
            long start = System.nanoTime();

            assertThatExceptionOfType(SystemCallException.class).isThrownBy(() -> socket.ask(UNANSWERED, LinkDecoder::decode))
                    .withMessage("ETIMEDOUT (no answer from the kernel within 100 ms)");

            assertThat(System.nanoTime() - start).isBetween(SOON.toNanos(), Duration.ofSeconds(5).toNanos());
            assertThat(socket.isUsable()).isFalse();
        }
    }

    @Test
    void aRefusalIsAnAnswer() {
        try (NetlinkSocket socket = NetlinkSocket.open(SOON)) {
            assertThatExceptionOfType(SystemCallException.class)
                    .isThrownBy(() -> socket.ask(to -> LinkMessage.get(to, 4711), LinkDecoder::decode))
                    .satisfies(e -> assertThat(e.errno()).isEqualTo(Errno.ENODEV));
            assertThat(socket.isUsable()).isTrue();
            assertThat(ask(socket).name().text()).isEqualTo("lo");
        }
    }

    @Test
    void everyRequestOfABatchIsTriedAndHasItsOwnOutcome() {
        try (NetlinkSocket socket = NetlinkSocket.open(SOON)) {
            List<Optional<SystemCallException>> outcomes = socket.request(to -> {
                LinkMessage.change(to, 4711, LinkChange.NONE.up(true));
                LinkMessage.change(to, LOOPBACK, LinkChange.NONE.up(true));
                LinkMessage.change(to, LOOPBACK, LinkChange.NONE.master(4711));
                LinkMessage.change(to, LOOPBACK, LinkChange.NONE.alias("loop"));
            });

            assertThat(outcomes).extracting(o -> o.map(SystemCallException::errno))
                    .containsExactly(Optional.of(Errno.ENODEV), Optional.empty(), Optional.of(Errno.EINVAL), Optional.empty());
            assertThat(ask(socket).up()).isTrue();
            assertThat(ask(socket).alias()).isEqualTo("loop");
        }
    }

    @Test
    void aRequestThatIsTooLargeIsNotSent() {
        try (NetlinkSocket socket = NetlinkSocket.open(SOON)) {
            assertThatExceptionOfType(SystemCallException.class).isThrownBy(() -> socket.request(to -> {
                for (int i = 0; i < 10_000; i++) {
                    LinkMessage.get(to, LOOPBACK);
                }
            })).satisfies(e -> assertThat(e.errno()).isEqualTo(Errno.EMSGSIZE));
            assertThat(ask(socket).name().text()).isEqualTo("lo");
        }
    }

    @Test
    void aPoolReplacesASocketThatGotNoAnswer() {
        try (NetlinkSocketPool pool = new NetlinkSocketPool(1, SOON)) {
            assertThatExceptionOfType(SystemCallException.class)
                    .isThrownBy(() -> pool.use(socket -> socket.ask(UNANSWERED, LinkDecoder::decode)))
                    .satisfies(e -> assertThat(e.errno()).isEqualTo(Errno.ETIMEDOUT));

            assertThat(pool.use(NetlinkSocketIT::ask).name().text()).isEqualTo("lo");
        }
    }

    @Test
    void oneCallerThatWaitsDoesNotDelayAnother() throws Exception {
        try (NetlinkSocketPool pool = new NetlinkSocketPool(2, Duration.ofSeconds(10))) {
            CountDownLatch waiting = new CountDownLatch(1);
            CountDownLatch done = new CountDownLatch(1);
            Thread slow = Thread.ofPlatform().start(() -> pool.use(socket -> {
                waiting.countDown();
                awaitUninterrupted(done);
                return socket;
            }));
            waiting.await();

            assertThat(pool.use(NetlinkSocketIT::ask).name().text()).isEqualTo("lo");

            done.countDown();
            slow.join();
        }
    }

    @Test
    void whoFindsNoFreeSocketIsTold() throws Exception {
        try (NetlinkSocketPool pool = new NetlinkSocketPool(1, SOON)) {
            pool.use(taken -> {
                assertThatExceptionOfType(SystemCallException.class).isThrownBy(() -> pool.use(NetlinkSocketIT::ask))
                        .withMessage("ETIMEDOUT (every netlink socket waits for the kernel)");
                return taken;
            });
        }
    }

    @Test
    void aClosedPoolLendsNothingAndClosesWhatComesBack() {
        NetlinkSocketPool pool = new NetlinkSocketPool(1, SOON);
        NetlinkSocket lent = pool.use(socket -> {
            pool.close();
            return socket;
        });

        assertThat(lent.isUsable()).isFalse();
        assertThatExceptionOfType(SystemCallException.class).isThrownBy(() -> pool.use(NetlinkSocketIT::ask))
                .satisfies(e -> assertThat(e.errno()).isEqualTo(Errno.EBADF));
    }

    private static Link ask(NetlinkSocket socket) {
        return socket.ask(QUESTION, LinkDecoder::decode).orElseThrow();
    }

    private static void awaitUninterrupted(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
