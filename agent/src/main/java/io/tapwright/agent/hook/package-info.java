/** The libvirt qemu hook's other end: HTTP over a Unix socket that only root may use. */
package io.tapwright.agent.hook;
