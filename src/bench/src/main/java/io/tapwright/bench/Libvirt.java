package io.tapwright.bench;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.util.HashMap;
import java.util.Map;

/**
 * The administrator: defines, starts and ends domains over a connection of its own, as fast as libvirtd answers. One
 * thread. Keeps the handle of each domain it defined, so that an operation is one call.
 */
final class Libvirt implements AutoCloseable {

    private static final C LIBVIRT = Native.load("virt", C.class);

    private final Pointer connection;
    private final Map<String, Pointer> domains = new HashMap<>();

    /** What libvirt/libvirt-domain.h and libvirt-host.h declare. */
    interface C extends Library {
        Pointer virConnectOpen(String uri);

        int virConnectClose(Pointer connection);

        Pointer virDomainDefineXML(Pointer connection, String xml);

        int virDomainCreate(Pointer domain);

        int virDomainDestroy(Pointer domain);

        int virDomainUndefine(Pointer domain);

        int virDomainSuspend(Pointer domain);

        int virDomainResume(Pointer domain);

        int virDomainFree(Pointer domain);

        String virGetLastErrorMessage();
    }

    Libvirt(String uri) {
        connection = LIBVIRT.virConnectOpen(uri);
        if (connection == null) {
            throw new IllegalStateException("connect to " + uri + ": " + LIBVIRT.virGetLastErrorMessage());
        }
    }

    void define(String name, String xml) {
        Pointer domain = LIBVIRT.virDomainDefineXML(connection, xml);
        if (domain == null) {
            throw new IllegalStateException("define " + name + ": " + LIBVIRT.virGetLastErrorMessage());
        }
        domains.put(name, domain);
    }

    void start(String name) {
        check(LIBVIRT.virDomainCreate(domain(name)), "start " + name);
    }

    void destroy(String name) {
        check(LIBVIRT.virDomainDestroy(domain(name)), "destroy " + name);
    }

    void undefine(String name) {
        check(LIBVIRT.virDomainUndefine(domain(name)), "undefine " + name);
        LIBVIRT.virDomainFree(domains.remove(name));
    }

    void suspend(String name) {
        check(LIBVIRT.virDomainSuspend(domain(name)), "suspend " + name);
    }

    void resume(String name) {
        check(LIBVIRT.virDomainResume(domain(name)), "resume " + name);
    }

    private Pointer domain(String name) {
        Pointer domain = domains.get(name);
        if (domain == null) {
            throw new IllegalArgumentException("no domain " + name + " was defined");
        }
        return domain;
    }

    private static void check(int result, String what) {
        if (result < 0) {
            throw new IllegalStateException(what + ": " + LIBVIRT.virGetLastErrorMessage());
        }
    }

    @Override
    public void close() {
        domains.values().forEach(LIBVIRT::virDomainFree);
        LIBVIRT.virConnectClose(connection);
    }
}
