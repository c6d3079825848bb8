package io.tapwright.vswitch.forward;

import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.vswitch.frame.FrameBatch;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class AnnouncementTest {

    /** 52:54:00:12:34:56, the first octet lowest. */
    private static final long MAC = 0x5634_1200_5452L;

    private final FrameBatch none = new FrameBatch();
    private final Segment segment = new Segment("lan");
    private final RecordingPort guest = port();
    private final RecordingPort one = port();
    private final RecordingPort other = port();

    private RecordingPort port() {
        RecordingPort port = new RecordingPort(0, none);
        segment.add(port);
        return port;
    }

    @Test
    void allOthersHearWhereTheGuestIs() {
        Announcement.send(segment, 0, MAC);

        byte[] expected = HexFormat.of().parseHex("ffffffffffff" + "525400123456" + "8035"
                + "0001" + "0800" + "06" + "04" + "0003" + "525400123456" + "00000000" + "525400123456" + "00000000" + "00".repeat(18));
        assertThat(expected).hasSize(60);
        assertThat(one.bytes()).containsExactly(expected);
        assertThat(other.bytes()).containsExactly(expected);
        assertThat(one.sent.getFirst().offload()).isZero();
        assertThat(guest.sent).isEmpty();
        assertThat(segment.addresses().portOf(MAC)).isZero();
    }

    @Test
    void whatIsNoStationsAddressIsNotAnnounced() {
        Announcement.send(segment, 0, 0);
        Announcement.send(segment, 0, 1);

        assertThat(one.sent).isEmpty();
        assertThat(segment.addresses().size()).isZero();
    }
}
