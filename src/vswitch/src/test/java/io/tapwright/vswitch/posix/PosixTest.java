package io.tapwright.vswitch.posix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tapwright.model.host.Errno;
import io.tapwright.vswitch.memory.Memory;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PosixTest {

    /** include/uapi/linux/fcntl.h */
    private static final int F_ADD_SEALS = 1033;
    private static final int F_SETFL = 4;

    @TempDir
    Path directory;

    static long openFds() {
        try (Stream<Path> fds = Files.list(Path.of("/proc/self/fd"))) {
            return fds.count();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void anEventFdIsReadableOnceItWasSignalledAndNoLongerOnceItWasDrained() {
        EventFd events = new EventFd();
        try (Fd fd = EventFd.create()) {
            assertThat(events.drain(fd.number())).isFalse();
            events.signal(fd.number());
            events.signal(fd.number());
            assertThat(events.drain(fd.number())).isTrue();
            assertThat(events.drain(fd.number())).isFalse();
        }
    }

    @Test
    void aFullEventFdIsSignalledWithoutWaiting() {
        EventFd events = new EventFd();
        try (Fd fd = EventFd.create(); Arena arena = Arena.ofConfined()) {
            MemorySegment most = arena.allocateFrom(ValueLayout.JAVA_LONG, -2L);
            assertThat(LibC.tryWrite(fd.number(), most.address(), 8)).isEqualTo(8);
            events.signal(fd.number());
            assertThat(events.drain(fd.number())).isTrue();
        }
    }

    @Test
    void whoIsCalledByAFullEventFdIsNotWaitedFor() throws InterruptedException {
        AtomicReference<Boolean> called = new AtomicReference<>();
        try (Fd fd = EventFd.create(); Arena arena = Arena.ofConfined()) {
            assertThat(new EventFd().call(fd.number())).isTrue();
            assertThat(EventFd.isFull(fd.number())).isFalse();
            assertThat(new EventFd().drain(fd.number())).isTrue();
            MemorySegment most = arena.allocateFrom(ValueLayout.JAVA_LONG, -2L);
            assertThat(LibC.tryWrite(fd.number(), most.address(), 8)).isEqualTo(8);
            assertThat(EventFd.isFull(fd.number())).isTrue();
            assertThat(new EventFd().call(fd.number())).isFalse();

            Fd.checked("fcntl F_SETFL", new LibC().fcntl(fd.number(), F_SETFL, 0));
            CallingThread caller = new CallingThread("caller", () -> called.set(new EventFd().call(fd.number())));
            CallingThread never = new CallingThread("never-started", () -> { });
            try (Watchdog watchdog = new Watchdog("watchdog", List.of(caller, never))) {
                watchdog.start();
                long begin = System.nanoTime();
                caller.start();
                caller.join();
                assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Watchdog.LONGEST.multipliedBy(4));
                assertThat(called.get()).isFalse();
            }
            caller.look();
        }
    }

    @Test
    void epollTellsOfEveryWriteOnceThoughNobodyReads() {
        EventFd events = new EventFd();
        try (Epoll epoll = new Epoll(1); Fd fd = EventFd.create()) {
            events.signal(fd.number());
            epoll.addForWrites(fd, 5);
            for (int i = 0; i < 3; i++) {
                assertThat(epoll.await(1000)).isEqualTo(1);
                assertThat(epoll.data(0)).isEqualTo(5);
                assertThat(epoll.await(0)).isZero();
                events.signal(fd.number());
            }
        }
    }

    @Test
    void epollTellsEveryReadyDescriptorByItsDataAndForgetsWhatWasRemoved() {
        EventFd events = new EventFd();
        try (Epoll epoll = new Epoll(4); Fd one = EventFd.create(); Fd two = EventFd.create(); Fd three = EventFd.create()) {
            epoll.add(one, 11);
            epoll.add(two, 0x7fff_ffff_ffff_ff22L);
            epoll.add(three, -1);
            assertThat(epoll.await(0)).isZero();
            events.signal(one.number());
            events.signal(two.number());
            assertThat(epoll.await(1000)).isEqualTo(2);
            assertThat(List.of(epoll.data(0), epoll.data(1))).containsExactlyInAnyOrder(11L, 0x7fff_ffff_ffff_ff22L);
            epoll.remove(two);
            events.signal(three.number());
            assertThat(epoll.await(1000)).isEqualTo(2);
            assertThat(List.of(epoll.data(0), epoll.data(1))).containsExactlyInAnyOrder(11L, -1L);
            assertThatThrownBy(() -> epoll.data(4)).isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    @Test
    void epollTellsOfOutputWhereThatIsAskedFor() {
        try (Epoll epoll = new Epoll(1); Fd fd = EventFd.create()) {
            epoll.add(fd, 5);
            epoll.modify(fd, Epoll.EPOLLOUT, 6);
            assertThat(epoll.await(1000)).isEqualTo(1);
            assertThat(epoll.data(0)).isEqualTo(6);
        }
    }

    @Test
    void aRegularFileCannotBeWaitedFor() throws IOException {
        Path file = Files.createFile(directory.resolve("file"));
        try (Epoll epoll = new Epoll(1); Fd fd = Fd.open(file, Fd.O_RDWR)) {
            assertThatThrownBy(() -> epoll.add(fd, 1)).isInstanceOf(SystemCallException.class).hasMessageContaining("EPERM");
        }
    }

    @Test
    void descriptorsArriveWithTheBytesTheyWereSentWith() {
        long before = openFds();
        Path path = directory.resolve("s");
        UnixSocket transport = new UnixSocket();
        Fd client;
        try (Fd listening = UnixSocket.listen(path); Arena arena = Arena.ofConfined(); Fd memory = Fd.memory("m", 4096);
                Fd event = EventFd.create()) {
            client = UnixSocket.connect(path);
            Fd server = UnixSocket.accept(listening);
            assertThat(UnixSocket.accept(listening)).isNull();
            MemorySegment bytes = arena.allocate(64);
            List<Fd> fds = new ArrayList<>();
            assertThat(transport.receive(server, bytes.address(), 64, fds)).isEqualTo(-LibC.EAGAIN);
            bytes.setString(0, "hello");
            assertThat(transport.send(client, bytes.address(), 5, memory, event)).isEqualTo(5);
            assertThat(transport.send(client, bytes.address(), 5)).isEqualTo(5);
            assertThat(transport.receive(server, bytes.address() + 16, 5, fds)).isEqualTo(5);
            assertThat(bytes.getString(16)).isEqualTo("hello");
            assertThat(fds).hasSize(2);
            assertThat(fds.get(0).size()).isEqualTo(4096);
            assertThat(fds.get(0).isEventFd()).isFalse();
            assertThat(fds.get(1).isEventFd()).isTrue();
            fds.forEach(Fd::close);
            fds.clear();
            assertThat(transport.receive(server, bytes.address(), 64, fds)).isEqualTo(5);
            assertThat(fds).isEmpty();
            client.close();
            assertThat(transport.receive(server, bytes.address(), 64, fds)).isZero();
            server.close();
        }
        assertThat(openFds()).isEqualTo(before);
    }

    @Test
    void descriptorsThatThereIsNoRoomForAreClosed() {
        Path path = directory.resolve("s");
        UnixSocket transport = new UnixSocket();
        long before = openFds();
        try (Fd listening = UnixSocket.listen(path); Fd client = UnixSocket.connect(path); Fd server = UnixSocket.accept(listening);
                Arena arena = Arena.ofConfined(); Fd event = EventFd.create()) {
            Fd[] sixtyFour = new Fd[64];
            Arrays.fill(sixtyFour, event);
            MemorySegment bytes = arena.allocate(8);
            long open = openFds();
            assertThat(transport.send(client, bytes.address(), 8, sixtyFour)).isEqualTo(8);
            List<Fd> fds = new ArrayList<>();
            assertThat(transport.receive(server, bytes.address(), 8, fds)).isEqualTo(8);
            assertThat(fds).hasSize(64);
            fds.forEach(Fd::close);
            assertThat(openFds()).isEqualTo(open);
        }
        assertThat(openFds()).isEqualTo(before);
    }

    @Test
    void nobodyListensAtAPathWhereNothingIs() {
        assertThatThrownBy(() -> UnixSocket.connect(directory.resolve("nobody")))
                .isInstanceOf(SystemCallException.class).hasMessageContaining("ENOENT").extracting("errno").isEqualTo(Errno.ENOENT);
    }

    @Test
    void aPathThatTheKernelCannotTakeIsRefused() {
        assertThatThrownBy(() -> UnixSocket.listen(Path.of("/" + "x".repeat(107))))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("108 bytes");
    }

    @Test
    void aMappingSharesTheFilesBytesAndUnmapsThem() {
        try (Fd file = Fd.memory("m", 8192); Mapping one = Mapping.of(file, 0, 8192); Mapping two = Mapping.of(file, 4096, 4096)) {
            Memory.putLong(one.address() + 4096, 0x1122_3344_5566_7788L);
            assertThat(Memory.getLong(two.address())).isEqualTo(0x1122_3344_5566_7788L);
            assertThat(Memory.getByte(two.address())).isEqualTo(0x88);
            assertThat(Memory.getShort(two.address() + 1)).isEqualTo(0x6677);
        }
    }

    @Test
    void whatCannotBeMappedIsAnErrorWithItsNumber() {
        try (Fd event = EventFd.create()) {
            assertThatThrownBy(() -> Mapping.of(event, 0, 4096)).isInstanceOf(SystemCallException.class).hasMessageContaining("ENODEV");
        }
    }

    @Test
    void sealedMemoryCannotShrinkAndUnsealedCan() {
        try (Fd sealed = Fd.memory("s", 8192); Fd open = Fd.memory("o", 8192)) {
            assertThat(sealed.cannotShrink()).isFalse();
            Fd.checked("fcntl F_ADD_SEALS", new LibC().fcntl(sealed.number(), F_ADD_SEALS, Fd.F_SEAL_SHRINK));
            assertThat(sealed.cannotShrink()).isTrue();
            assertThatThrownBy(() -> sealed.truncate(0)).isInstanceOf(SystemCallException.class).hasMessageContaining("EPERM");
            open.truncate(4096);
            assertThat(open.size()).isEqualTo(4096);
            assertThat(open.pageSize()).isEqualTo(4096);
            assertThat(open.isProvidedByAProcess()).isFalse();
        }
    }

    @Test
    void aClosedDescriptorIsNotUsedAgain() {
        Fd fd = EventFd.create();
        fd.close();
        fd.close();
        assertThat(fd.isOpen()).isFalse();
        assertThatThrownBy(fd::number).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void copiesOfEveryLengthCopyJustThat() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment from = arena.allocate(1024);
            MemorySegment to = arena.allocate(1024);
            for (int i = 0; i < 1024; i++) {
                from.set(ValueLayout.JAVA_BYTE, i, (byte) (i * 31 + 1));
            }
            for (int length = 0; length < 300; length++) {
                to.fill((byte) 0x55);
                Memory.copy(from.address() + 3, to.address() + 5, length);
                assertThat(to.asSlice(5, length).mismatch(from.asSlice(3, length))).isEqualTo(-1);
                assertThat(to.get(ValueLayout.JAVA_BYTE, 4)).isEqualTo((byte) 0x55);
                assertThat(to.get(ValueLayout.JAVA_BYTE, 5 + length)).isEqualTo((byte) 0x55);
            }
        }
    }
}
