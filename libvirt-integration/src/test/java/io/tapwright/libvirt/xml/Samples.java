package io.tapwright.libvirt.xml;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * Domain XML to parse. The files are what libvirt 9.0.0 wrote for {@code virsh dumpxml} of domains made for this purpose,
 * by its QEMU driver and by its test driver.
 */
final class Samples {

    static final String UUID = "11111111-2222-4333-8444-555555555555";

    private Samples() {
    }

    static byte[] file(String name) {
        try (InputStream in = Samples.class.getResourceAsStream(name)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A domain with these children beside its name and UUID. */
    static byte[] domain(String children) {
        return bytes("<domain type='kvm'><name>vm</name><uuid>" + UUID + "</uuid>" + children + "</domain>");
    }

    static byte[] devices(String devices) {
        return domain("<devices>" + devices + "</devices>");
    }

    static byte[] networks(String children) {
        return domain("<metadata><t:networks xmlns:t='urn:tapwright:1'>" + children + "</t:networks></metadata>");
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
