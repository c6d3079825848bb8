package io.tapwright.testkit.chaos;

/** Which of libvirtd's drivers the domains run on. */
public enum Driver {

    /** libvirt's test driver, in libvirtd: any number of domains, but no QEMU, so nobody opens their taps. */
    TEST("test+unix:///default", "test", "<os><type>hvm</type></os>", ""),

    /** QEMU with an empty machine: it opens its taps, and its firmware waits for a disk that never comes. */
    QEMU("qemu:///system", "qemu",
            "<os><type arch='x86_64' machine='pc'>hvm</type></os><features><acpi/></features>",
            "<emulator>/usr/bin/qemu-system-x86_64</emulator><controller type='usb' model='none'/><memballoon model='none'/>");

    private final String uri;
    private final String type;
    private final String machine;
    private final String devices;

    Driver(String uri, String type, String machine, String devices) {
        this.uri = uri;
        this.type = type;
        this.machine = machine;
        this.devices = devices;
    }

    String uri() {
        return uri;
    }

    String type() {
        return type;
    }

    String machine() {
        return machine;
    }

    String devices() {
        return devices;
    }
}
