package io.tapwright.vswitch.vhostuser;

import static io.tapwright.vswitch.driver.FrontEnd.u64;
import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.model.MacAddress;
import io.tapwright.model.userspace.DesiredPort.VhostUserPort;
import io.tapwright.model.userspace.PortStatus;
import io.tapwright.vswitch.driver.FrontEnd;
import io.tapwright.vswitch.driver.GuestNic;
import io.tapwright.vswitch.forward.Segment;
import io.tapwright.vswitch.forward.Worker;
import io.tapwright.vswitch.forward.Workers;
import io.tapwright.vswitch.posix.EventLoop;
import io.tapwright.vswitch.posix.Fd;
import io.tapwright.vswitch.posix.UnixSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who is let in at a port, and when. */
class EndpointIT {

    private static final Duration OUT = Duration.ofMillis(600);

    @TempDir
    Path directory;

    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final EventLoop loop = new EventLoop("loop", failures::add);
    private final Worker worker = new Worker("worker", 50_000, () -> { }, failures::add);
    private final VhostPort port = new VhostPort(new Segment("lan"), () -> loop.execute(() -> this.endpoint.checkPeer()));
    private Endpoint endpoint;
    /** Each that the endpoint told of. */
    private final Queue<PortStatus> told = new ConcurrentLinkedQueue<>();

    private Path open(boolean listen) {
        Path socket = directory.resolve("socket");
        VhostUserPort settings = new VhostUserPort("p", socket, listen, new MacAddress("02:00:00:00:00:01"));
        endpoint = new Endpoint(settings, port, loop, new Switchboard(new Workers(List.of(worker))),
                () -> told.add(endpoint.status()), OUT);
        loop.start();
        worker.start();
        loop.execute(endpoint::open);
        return socket;
    }

    @AfterEach
    void close() {
        loop.execute(endpoint::close);
        loop.close();
        worker.close();
        assertThat(failures).isEmpty();
    }

    private void await(PortStatus status) {
        long end = System.nanoTime() + 10_000_000_000L;
        while (loop.call(endpoint::status) != status && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        assertThat(loop.call(endpoint::status)).as(loop.call(endpoint::reason)).isEqualTo(status);
    }

    /** Waits until the endpoint was in that state, which it may have left again when this thread looks. */
    private void awaitTold(PortStatus status) {
        long end = System.nanoTime() + 10_000_000_000L;
        while (!told.contains(status) && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        assertThat(told).contains(status);
    }

    /** Has the port call a front-end that can't be called. */
    private void makeDeaf(GuestNic nic) {
        nic.fill(nic.rxCall);
        nic.frontEnd.send(FrontEnd.SET_VRING_CALL, u64(0), nic.rxCall);
        assertThat(nic.frontEnd.isClosedSoon()).isTrue();
        awaitTold(PortStatus.FAILED);
    }

    @Test
    void afterAFrontEndThatCannotBeCalledTheNextWaitsForItsTurn() {
        Path socket = open(true);
        try (GuestNic deaf = new GuestNic().up(socket)) {
            long begin = System.nanoTime();
            makeDeaf(deaf);
            try (GuestNic next = new GuestNic().up(socket)) {
                assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThan(OUT.dividedBy(2));
                await(PortStatus.RUNNING);
                assertThat(next.frontEnd.isSilentFor(OUT)).as("its own connection stays").isTrue();
            }
        }
        await(PortStatus.WAITING);
    }

    @Test
    void whoEndsTheConnectionBeforeItIsFoundOutStaysOutAsWell() {
        Path socket = open(true);
        try (GuestNic deaf = new GuestNic().up(socket)) {
            deaf.fill(deaf.rxCall);
            loop.execute(() -> {
                // The end of the connection is there before the loop reads what came before it.
                deaf.frontEnd.send(FrontEnd.SET_VRING_CALL, u64(0), deaf.rxCall);
                deaf.disconnect();
            });
            awaitTold(PortStatus.FAILED);
        }
    }

    @Test
    void aFrontEndThatCannotBeCalledIsConnectedToAgainOnlyLater() {
        try (Fd listening = UnixSocket.listen(directory.resolve("socket"))) {
            Path unused = open(false);
            try (GuestNic deaf = new GuestNic()) {
                bringUp(deaf, listening);
                long begin = System.nanoTime();
                makeDeaf(deaf);
                try (GuestNic next = new GuestNic()) {
                    bringUp(next, listening);
                    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThan(OUT.dividedBy(2));
                }
            }
        }
    }

    private void bringUp(GuestNic nic, Fd listening) {
        Fd peer = UnixSocket.accept(listening);
        long end = System.nanoTime() + 10_000_000_000L;
        while (peer == null && System.nanoTime() < end) {
            Thread.onSpinWait();
            peer = UnixSocket.accept(listening);
        }
        nic.frontEnd = new FrontEnd(peer);
        nic.agree();
        nic.share();
        nic.startRings(0, 0);
        nic.enable(true);
        await(PortStatus.RUNNING);
    }
}
