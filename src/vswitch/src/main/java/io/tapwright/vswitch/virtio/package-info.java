/**
 * Split virtqueues as their device sees them (VIRTIO 1.2, section 2.7) and the header before every frame (5.1.6). What a
 * guest writes is read once, checked, and then used.
 */
package io.tapwright.vswitch.virtio;
