/**
 * The port to libvirt: {@link io.tapwright.libvirt.LibvirtHypervisor} connects, hears events, reads domains and tells a
 * {@link io.tapwright.model.domain.HypervisorListener} what libvirt says. The only package that knows org.libvirt; it
 * reads and never changes a domain, so the connection is a read-only one.
 *
 * <p>Two daemon platform threads. {@code libvirt-events} runs libvirt's event loop, and with it every callback from native
 * code: a callback puts a key into {@link io.tapwright.libvirt.WorkQueue} and returns. {@code libvirt} takes the keys out;
 * it alone opens, reads and closes connections and calls the listener. libvirt calls can take as long as a stopped libvirtd
 * likes, so nothing else ever waits for that thread, but {@code close()} for some seconds.
 *
 * <p>Needs libvirt.so.0 and libvirt-qemu.so.0 (Debian: libvirt0), and the JVM's leave to load native code:
 * {@code Enable-Native-Access: ALL-UNNAMED} in the manifest of the application's jar, or
 * {@code --enable-native-access=ALL-UNNAMED}.
 */
package io.tapwright.libvirt;
