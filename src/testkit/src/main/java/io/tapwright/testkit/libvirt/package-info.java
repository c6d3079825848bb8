/**
 * libvirt for tests, without libvirt: {@link io.tapwright.testkit.libvirt.FakeHypervisor} answers when the test says so,
 * {@link io.tapwright.testkit.libvirt.DomainBuilder} says in a line what a domain's XML says in a page. One thread.
 */
package io.tapwright.testkit.libvirt;
