package io.tapwright.libvirt.xml;

import static io.tapwright.libvirt.xml.Samples.bytes;
import static io.tapwright.libvirt.xml.Samples.devices;
import static io.tapwright.libvirt.xml.Samples.domain;
import static io.tapwright.libvirt.xml.Samples.file;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import io.tapwright.model.domain.DomainSpec;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What somebody could send who means ill, or a cable that is cut. */
class HostileXmlTest {

    /** As much as gets past the first limit. */
    private static final int MUCH = DomainXml.MAX_BYTES - 1000;

    @Test
    void tenMebibytesAreTooMany() {
        assertThat(soon(() -> reason(new byte[10 << 20]))).isEqualTo("10485760 bytes: expected at most 4194304");
    }

    @Test
    void anExternalEntityIsNotRead(@TempDir Path dir) throws IOException {
        Path secret = Files.writeString(dir.resolve("secret"), "top-secret");
        String xml = "<!DOCTYPE domain [<!ENTITY x SYSTEM '" + secret.toUri() + "'>]><domain><name>&x;</name></domain>";

        assertThat(reason(bytes(xml))).contains("DOCTYPE").doesNotContain("top-secret");
    }

    @Test
    void anExternalDtdIsNotFetched() throws IOException {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            server.setSoTimeout(200);
            String url = "http://127.0.0.1:" + server.getLocalPort() + "/domain.dtd";

            assertThat(reason(bytes("<!DOCTYPE domain SYSTEM '" + url + "'><domain/>"))).contains("DOCTYPE");
            assertThatThrownBy(server::accept).isInstanceOf(SocketTimeoutException.class);
        }
    }

    @Test
    void aBombOfEntitiesDoesNotGoOff() {
        StringBuilder xml = new StringBuilder("<!DOCTYPE domain [<!ENTITY a0 'ha'>");
        for (int i = 1; i < 10; i++) {
            xml.append("<!ENTITY a").append(i).append(" '").append(("&a" + (i - 1) + ";").repeat(10)).append("'>");
        }
        xml.append("]><domain><name>&a9;</name></domain>");

        assertThat(soon(() -> reason(bytes(xml.toString())))).contains("DOCTYPE");
    }

    @Test
    void anEntityThatNobodyDefinedIsAnError() {
        assertThat(reason(domain("<description>&boom;</description>"))).contains("boom");
        assertThat(reason(devices("<interface type='&boom;'/>"))).contains("boom");
    }

    @Test
    void nestingWithoutEndIsCutShort() {
        String open = "<a>".repeat(MUCH / 3);

        assertThat(soon(() -> reason(bytes(open)))).isEqualTo("root element '<a>': expected <domain>");
        assertThat(soon(() -> reason(bytes("<domain>" + open)))).isEqualTo("elements are nested deeper than 64");
    }

    @Test
    void aMillionElementsAreTooMany() {
        byte[] xml = domain("<a/>".repeat(MUCH / 4));

        assertThat(soon(() -> reason(xml))).isEqualTo("more than 100000 elements");
    }

    @Test
    void tenThousandInterfacesAreTooMany() {
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < 10_000; i++) {
            all.append("<interface type='ethernet'><mac address='52:54:00:00:%02x:%02x'/>".formatted(i >> 8, i & 255))
                    .append("<target dev='t").append(i).append("' managed='no'/></interface>");
        }

        assertThat(soon(() -> reason(devices(all.toString())))).isEqualTo("more than 1024 <interface> elements");
    }

    @Test
    void muchTextOrAttributeIsTooLong() {
        String much = "x".repeat(MUCH);

        assertThat(soon(() -> reason(bytes("<domain><name>" + much + "</name></domain>"))))
                .isEqualTo("text of '<name>': longer than 1024 characters");
        assertThat(soon(() -> reason(devices("<interface type='" + much + "'/>"))))
                .isEqualTo("attribute 'type' of '<interface>': longer than 1024 characters");
        assertThat(soon(() -> reason(domain("<" + much + "/>")))).startsWith("not well-formed XML");
        assertThat(soon(() -> reason(bytes(much)))).startsWith("not well-formed XML");
        assertThat(soon(() -> reason(bytes("<domain " + much)))).startsWith("not well-formed XML");
    }

    @Test
    void muchThatConcernsNobodyIsSkipped() {
        String much = "x".repeat(MUCH / 3);

        assertThat(soon(() -> DomainXml.parseDomain(domain("<description a='" + much + "'>" + much + "</description><!--"
                + much + "-->"))).name()).isEqualTo("vm");
    }

    @Test
    void whateverIsCutOffIsRefused() {
        byte[] whole = file("qemu-live.xml");
        int end = new String(whole, StandardCharsets.UTF_8).indexOf("</domain>") + "</domain>".length();
        for (int length = 0; length < end; length++) {
            try {
                DomainXml.parseDomain(Arrays.copyOf(whole, length));
                fail("parsed the first " + length + " bytes");
            } catch (DomainXmlException e) {
                assertThat(e.getMessage()).isNotBlank();
            }
        }
    }

    @Test
    void whatFollowsTheDocumentIsRefused() {
        assertThat(reason(bytes(new String(domain(""), StandardCharsets.UTF_8) + "<domain/>"))).startsWith("not well-formed");
        assertThat(reason(bytes(new String(domain(""), StandardCharsets.UTF_8) + "x"))).startsWith("not well-formed");
    }

    @Test
    void nulBytesAreRefused() {
        assertThat(reason(new byte[MUCH])).startsWith("not well-formed XML");
        assertThat(reason(domain("<devices>\0</devices>"))).startsWith("not well-formed XML");
        assertThat(reason(bytes(new String(domain(""), StandardCharsets.UTF_8) + "\0"))).startsWith("not well-formed XML");
    }

    @Test
    void onlyUtf8IsTaken() {
        assertThat(reason(bytes("<?xml version='1.0' encoding='ISO-8859-1'?><domain/>"))).isEqualTo(
                "encoding 'ISO-8859-1': expected UTF-8");
        String latin = "<domain><name>café</name></domain>";
        assertThat(reason(latin.getBytes(StandardCharsets.ISO_8859_1))).isEqualTo("not UTF-8");
        assertThat(reason(latin.getBytes(StandardCharsets.UTF_16))).isEqualTo("not UTF-8");
        assertThat(reason(latin.getBytes(StandardCharsets.UTF_16BE))).isNotBlank();
        assertThat(reason(bytes("<?xml version='1.0' encoding='no-such'?><domain/>"))).contains("no-such");
        assertThat(reason(bytes("<?xml version='1.1'?><domain/>"))).isEqualTo("XML version '1.1': expected 1.0");
    }

    @Test
    void anEmptyDocumentIsRefused() {
        assertThat(reason(new byte[0])).startsWith("not well-formed XML");
    }

    /** Whatever a byte turns into, the answer is a spec or a reason of one line. */
    @Test
    void everyMutationIsParsedOrRefused() {
        Random random = new Random(20_260_101);
        List<byte[]> seeds = List.of(file("qemu-live.xml"), file("qemu-inactive.xml"), file("test-live.xml"));
        int parsed = 0;
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] mutant = mutate(seeds.get(i % seeds.size()), random);
            try {
                assertThat(DomainXml.parseDomain(mutant).name()).isNotEmpty();
                parsed++;
            } catch (DomainXmlException e) {
                assertThat(e.getMessage()).isNotBlank().hasLineCount(1);
                refused++;
            } catch (RuntimeException | StackOverflowError e) {
                fail("round " + i + ": " + new String(mutant, StandardCharsets.UTF_8), e);
            }
        }
        assertThat(parsed).isGreaterThan(1000);
        assertThat(refused).isGreaterThan(1000);
    }

    private static byte[] mutate(byte[] seed, Random random) {
        byte[] bytes = seed.clone();
        int changes = 1 + random.nextInt(4);
        for (int i = 0; i < changes; i++) {
            int at = random.nextInt(bytes.length);
            switch (random.nextInt(5)) {
                case 0 -> bytes[at] = (byte) random.nextInt(256);
                case 1 -> bytes[at] = (byte) "<>&'\"/!?-[]=\0:;".charAt(random.nextInt(15));
                case 2 -> bytes[at] = bytes[random.nextInt(bytes.length)];
                case 3 -> { // a piece moves
                    int length = Math.min(1 + random.nextInt(64), bytes.length - at);
                    System.arraycopy(bytes, at, bytes, random.nextInt(bytes.length - length + 1), length);
                }
                case 4 -> { // a piece goes
                    int length = Math.min(random.nextInt(64), bytes.length - at);
                    byte[] shorter = new byte[bytes.length - length];
                    System.arraycopy(bytes, 0, shorter, 0, at);
                    System.arraycopy(bytes, at + length, shorter, at, bytes.length - at - length);
                    if (shorter.length > 0) {
                        bytes = shorter;
                    }
                }
                default -> throw new AssertionError();
            }
        }
        return bytes;
    }

    @Test
    void manyThreadsParseAtOnce() throws Exception {
        byte[] xml = file("qemu-live.xml");
        DomainSpec expected = DomainXml.parseDomain(xml);
        Callable<Boolean> parse = () -> {
            for (int i = 0; i < 500; i++) {
                if (!DomainXml.parseDomain(xml).equals(expected)) {
                    return false;
                }
            }
            return true;
        };
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            List<Future<Boolean>> all = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                all.add(threads.submit(parse));
            }
            for (Future<Boolean> one : all) {
                assertThat(one.get()).isTrue();
            }
        }
    }

    private static String reason(byte[] xml) {
        DomainXmlException refusal = Assertions.catchThrowableOfType(
                DomainXmlException.class, () -> DomainXml.parseDomain(xml));
        assertThat(refusal).as("refusal").isNotNull();
        assertThat(refusal.getMessage()).hasLineCount(1).hasSizeLessThan(400);
        return refusal.getMessage();
    }

    private static <T> T soon(Callable<T> what) {
        return org.junit.jupiter.api.Assertions.assertTimeout(Duration.ofSeconds(10), what::call);
    }
}
