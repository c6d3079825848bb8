/**
 * The values everything else speaks in: {@link io.tapwright.model.MacAddress MAC addresses}, interface names, domain
 * ids, prefixes, ownership marks. Every type is immutable and checks itself on construction, so a value that exists is
 * a value the kernel or libvirt can accept. Any thread.
 */
package io.tapwright.model;
