package io.tapwright.vswitch.vhostuser;

import static io.tapwright.vswitch.driver.TestSwitch.mac;

import io.tapwright.vswitch.driver.GuestNic;
import io.tapwright.vswitch.driver.GuestNic.Layout;
import io.tapwright.vswitch.vhostuser.FuzzGround.Input;

/** Any offload header before any frame, in one piece or three, to a receiver that deals with it and one for whom it is dealt with. */
public final class FrameFuzz implements AutoCloseable {

    private static FrameFuzz only;

    private final FuzzGround ground = new FuzzGround();
    private final GuestNic[] nics = {nic(Layout.DIRECT), nic(Layout.CHAINED), nic(Layout.INDIRECT)};

    private static GuestNic nic(Layout layout) {
        return new GuestNic(Features.OFFERED & ~Features.LOG_ALL, 32, 66_000, layout);
    }

    /** For Jazzer. */
    public static void fuzzerTestOneInput(byte[] input) {
        if (only == null) {
            only = new FrameFuzz();
        }
        only.run(input);
    }

    void run(byte[] bytes) {
        ground.begin();
        Input input = new Input(bytes);
        GuestNic nic = nics[input.u8() % nics.length];
        nic.reset();
        Session session = new Session(ground.attacker, ground.peers);
        try {
            FuzzGround.bringUp(session, nic, Features.OFFERED & ~Features.LOG_ALL);
            for (int i = 0; i < 6 && !input.isAtEnd(); i++) {
                int to = input.u8();
                byte[] header = header(input);
                byte[] frame = frame(input, to);
                nic.post(frame, header);
                if ((to & 0x80) == 0) {
                    ground.work();
                    ground.settle();
                }
            }
            ground.work();
        } finally {
            session.close();
        }
        ground.settle();
        ground.assertNothingLeft();
    }

    private static byte[] header(Input input) {
        byte[] header = new byte[12];
        int how = input.u8();
        if (how >= 200) {
            System.arraycopy(input.bytes(12), 0, header, 0, 12);
            return header;
        }
        header[0] = (byte) (how % 4);
        header[1] = (byte) new int[] {1, 4, 0, 0x81, 0x84, 3, 5}[input.u8() % 7];
        little(header, 2, (int) input.near(54, 66, 74));
        little(header, 4, (int) input.near(1448, 1, 500, 0, 65535));
        little(header, 6, (int) input.near(34, 54, 38, 0, 65535));
        little(header, 8, (int) input.near(16, 6, 0, 65535));
        return header;
    }

    private static void little(byte[] to, int at, int number) {
        to[at] = (byte) number;
        to[at + 1] = (byte) (number >> 8);
    }

    /** TCP in IPv4 or IPv6, perhaps with a VLAN tag, of which any byte may be another. */
    private static byte[] frame(Input input, int to) {
        int length = switch (input.u8() % 4) {
            case 0 -> 14 + input.u8();
            case 1 -> 14 + input.u16() % 65521;
            default -> 60 + input.u16() % 4000;
        };
        byte[] frame = GuestNic.frame(to % 4 == 0 ? 0xffff_ffff_ffffL : mac(to % 4), mac(1), Math.max(18, length), 1);
        int at = 12;
        if ((to & 8) != 0 && frame.length > 22) {
            frame[at] = (byte) 0x81;
            frame[at + 1] = 0;
            at += 4;
        }
        boolean six = (to & 4) != 0;
        if (frame.length > at + 62) {
            frame[at] = (byte) (six ? 0x86 : 0x08);
            frame[at + 1] = (byte) (six ? 0xdd : 0);
            int ip = at + 2;
            frame[ip] = (byte) (six ? 0x60 : 0x45);
            int total = frame.length - ip;
            int lengthAt = six ? ip + 4 : ip + 2;
            frame[lengthAt] = (byte) ((six ? total - 40 : total) >> 8);
            frame[lengthAt + 1] = (byte) (six ? total - 40 : total);
            frame[six ? ip + 6 : ip + 9] = 6;
            frame[ip + (six ? 40 : 20) + 12] = 0x50;
        }
        int changes = input.u8() % 8;
        for (int i = 0; i < changes; i++) {
            frame[12 + input.u8() % Math.min(80, frame.length - 12)] = (byte) input.u8();
        }
        return frame;
    }

    @Override
    public void close() {
        ground.close();
        for (GuestNic nic : nics) {
            nic.close();
        }
    }
}
