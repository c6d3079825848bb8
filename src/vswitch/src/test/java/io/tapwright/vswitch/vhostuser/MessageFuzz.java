package io.tapwright.vswitch.vhostuser;

import io.tapwright.vswitch.driver.DriverRing;
import io.tapwright.vswitch.driver.FrontEnd;
import io.tapwright.vswitch.driver.GuestNic;
import io.tapwright.vswitch.driver.GuestRam;
import io.tapwright.vswitch.driver.TestSwitch;
import io.tapwright.vswitch.posix.EventFd;
import io.tapwright.vswitch.posix.Fd;
import io.tapwright.vswitch.posix.LibC;
import io.tapwright.vswitch.posix.UnixSocket;
import io.tapwright.vswitch.vhostuser.FuzzGround.Input;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Any sequence of messages, with any descriptors, in any pieces, over a socket; a driver fills the rings meanwhile. An
 * input is a list of operations: see {@link #operation}.
 */
public final class MessageFuzz implements AutoCloseable {

    private static final int MOST_OPERATIONS = 64;
    private static MessageFuzz only;

    private final FuzzGround ground = new FuzzGround();
    private final GuestNic nic = new GuestNic(GuestNic.USUAL, 64, 2048, GuestNic.Layout.DIRECT);
    private final Fd small = Fd.memory("small", 4096);
    private final Fd event = EventFd.create();
    private final Fd[] fds = {nic.ram.file, event, small, nic.txKick, nic.rxCall, event};
    private final UnixSocket transport = new UnixSocket();
    private final MemorySegment buffer = Arena.ofAuto().allocate(8192, 8);
    private final Path path;
    private final Fd listening;

    public MessageFuzz() {
        try {
            path = Files.createTempDirectory("mf").resolve("s");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        listening = UnixSocket.listen(path);
    }

    /** For Jazzer. */
    public static void fuzzerTestOneInput(byte[] input) {
        if (only == null) {
            only = new MessageFuzz();
        }
        only.run(input);
    }

    void run(byte[] bytes) {
        ground.begin();
        Input input = new Input(bytes);
        nic.reset();
        Fd client = UnixSocket.connect(path);
        Fd server = UnixSocket.accept(listening);
        Connection connection = new Connection(server, new Session(ground.attacker, ground.peers));
        boolean alive = true;
        int known = input.u8();
        userBegin = (known & 12) == 12 ? 0 : GuestRam.USER;
        try {
            if ((known & 1) != 0) {
                FuzzGround.bringUp(connection.session(), nic, GuestNic.USUAL | ((known & 2) != 0 ? GuestNic.LOG_ALL : 0));
            }
            for (int i = 0; i < MOST_OPERATIONS && alive && !input.isAtEnd(); i++) {
                operation(input, client);
                Optional<String> end = connection.onReadable();
                alive = end.isEmpty();
                drain(client);
                ground.work();
                if (connection.session().isCutOff()) {
                    throw new AssertionError("memory is cut off that nobody has cut off");
                }
                connection.session().isRunning();
                connection.session().broken();
            }
        } finally {
            connection.close();
            client.close();
        }
        ground.settle();
        ground.assertNothingLeft();
    }

    private void operation(Input input, Fd client) {
        int what = input.u8();
        if (what < 16) {
            int frames = 1 + (what & 7);
            // What comes back may be nonsense: the messages may have moved the ring to where something else lies.
            nic.reclaim(stranger -> { });
            for (int i = 0; i < frames; i++) {
                nic.post(GuestNic.frame(TestSwitch.mac(2 + i % 3), TestSwitch.mac(1), 18 + input.u8(), i));
            }
            return;
        }
        if (what < 20) {
            // Bytes as they are: half messages, headers that say anything.
            send(client, input.bytes(Math.min(input.left(), input.u8() % 64)), fds(input));
            return;
        }
        Request[] all = Request.values();
        int request = what < 250 ? all[what % all.length].number() : input.u8();
        int flags = FrontEnd.VERSION | (input.u8() & 8);
        byte[] payload = payload(input, request);
        byte[] message = FrontEnd.message(request, flags, payload);
        send(client, message, fds(input, request));
    }

    private Fd[] fds(Input input) {
        Fd[] some = new Fd[input.u8() % 40 / 4];
        for (int i = 0; i < some.length; i++) {
            some[i] = fds[input.u8() % fds.length];
        }
        return some;
    }

    /** Mostly those that belong to it. */
    private Fd[] fds(Input input, int request) {
        int how = input.u8();
        if (how >= 224) {
            return fds(input);
        }
        return switch (request) {
            case FrontEnd.SET_MEM_TABLE -> {
                Fd[] all = new Fd[lastRegions];
                Arrays.fill(all, how % 8 == 7 ? small : nic.ram.file);
                yield all;
            }
            case FrontEnd.ADD_MEM_REG, FrontEnd.SET_LOG_BASE -> new Fd[] {how % 8 == 7 ? small : nic.ram.file};
            case FrontEnd.SET_VRING_KICK, FrontEnd.SET_VRING_CALL, FrontEnd.SET_VRING_ERR ->
                    lastHasFd ? new Fd[] {how % 16 == 15 ? small : event} : new Fd[0];
            default -> new Fd[0];
        };
    }

    /** Where the front-end has the memory, which may be at 0: that is also what says that an address was not said yet. */
    private long userBegin;
    private int lastRegions;
    private boolean lastHasFd;

    private byte[] payload(Input input, int request) {
        if (input.u8() >= 248) {
            return input.bytes(input.u16() % 4200);
        }
        return switch (request) {
            case FrontEnd.SET_FEATURES -> FrontEnd.u64(features(input));
            case FrontEnd.SET_PROTOCOL_FEATURES -> FrontEnd.u64(input.exactly(GuestNic.PROTOCOL, 0, 8, Features.PROTOCOL_OFFERED));
            case FrontEnd.SET_MEM_TABLE -> {
                lastRegions = input.u8() % 5;
                long[] regions = new long[4 * lastRegions];
                for (int i = 0; i < lastRegions; i++) {
                    region(input, regions, 4 * i);
                }
                yield FrontEnd.table(regions);
            }
            case FrontEnd.ADD_MEM_REG, FrontEnd.REM_MEM_REG -> {
                long[] region = new long[5];
                region(input, region, 1);
                yield FrontEnd.u64(region);
            }
            case FrontEnd.SET_LOG_BASE -> FrontEnd.u64(input.near(4096, 8192, nic.ram.size(), 0), input.exactly(0, 4096, -4096));
            case FrontEnd.SET_VRING_NUM -> FrontEnd.state(ring(input), (int) input.exactly(64, 32, 1, 1024, 32768, 0, 63));
            case FrontEnd.SET_VRING_BASE, FrontEnd.GET_VRING_BASE -> FrontEnd.state(ring(input), (int) input.near(0, 64, 0xffff));
            case FrontEnd.SET_VRING_ENABLE -> FrontEnd.state(ring(input), input.u8() % 3);
            case FrontEnd.SET_VRING_ADDR -> {
                int number = ring(input);
                DriverRing ring = (number & 1) == 0 ? nic.rx : nic.tx;
                yield FrontEnd.address(number, input.u8(), user(input, ring.descriptors), user(input, ring.used),
                        user(input, ring.available), input.u8());
            }
            case FrontEnd.SET_VRING_KICK, FrontEnd.SET_VRING_CALL, FrontEnd.SET_VRING_ERR -> {
                int how = input.u8();
                lastHasFd = how < 200;
                yield FrontEnd.u64(ring(input) & 0xff | (lastHasFd ? 0 : 0x100));
            }
            default -> FrontEnd.u64(input.near(0, 1500, 68, 65535));
        };
    }

    private static long features(Input input) {
        long some = input.u16() | (long) input.u16() << 20 | (long) (input.u8() & 1) << 32;
        return input.u8() < 200 ? (some | GuestNic.PROTOCOL_FEATURES) & Features.OFFERED : some;
    }

    private static int ring(Input input) {
        int number = input.u8();
        return number < 128 ? number & 1 : number < 250 ? number & 15 : (int) input.u64();
    }

    private long user(Input input, long offset) {
        int how = input.u8();
        return userBegin + (how < 200 ? offset : input.near(offset, 0, 0x30000));
    }

    private void region(Input input, long[] to, int at) {
        long size = nic.ram.size();
        int how = input.u8();
        long begin = how < 128 ? 0 : input.near(0, size / 2, size) & (how < 160 ? -4096L : -1L);
        long length = how < 64 ? size - begin : input.near(size - begin, size / 2, 4096, 100);
        to[at] = input.u8() < 220 ? GuestRam.GUEST + begin : input.near(GuestRam.GUEST, 0, -4096, Long.MIN_VALUE);
        to[at + 1] = length;
        to[at + 2] = userBegin + begin;
        to[at + 3] = input.u8() < 220 ? begin : input.near(0, size, Long.MAX_VALUE);
    }

    private void send(Fd client, byte[] bytes, Fd... with) {
        if (bytes.length == 0) {
            return;
        }
        MemorySegment.copy(bytes, 0, buffer, ValueLayout.JAVA_BYTE, 0, bytes.length);
        int sent = transport.send(client, buffer.address(), bytes.length, with);
        if (sent < 0 && sent != -LibC.EPIPE && sent != -LibC.EAGAIN) {
            throw new IllegalStateException("send: errno " + -sent);
        }
    }

    /** Reads the answers: each of them is whole, with flags of 5. */
    private void drain(Fd client) {
        List<Fd> none = new ArrayList<>();
        for (int got = transport.receive(client, buffer.address(), 8192, none); got > 0;
                got = transport.receive(client, buffer.address(), 8192, none)) {
            ByteBuffer answers = buffer.asSlice(0, got).asByteBuffer().order(ByteOrder.nativeOrder());
            while (answers.hasRemaining()) {
                answers.getInt();
                int flags = answers.getInt();
                int size = answers.getInt();
                if (flags != 5 || size != 0 && size != 8) {
                    throw new AssertionError("an answer with flags " + flags + " and " + size + " bytes");
                }
                answers.position(answers.position() + size);
            }
        }
        if (!none.isEmpty()) {
            throw new AssertionError("descriptors came back");
        }
    }

    @Override
    public void close() {
        listening.close();
        ground.close();
        nic.close();
        small.close();
        event.close();
        try {
            Files.delete(path);
            Files.delete(path.getParent());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
