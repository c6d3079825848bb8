/**
 * A tap as a port of the switch: what the host's kernel sends to the device comes in, what the switch sends to the port
 * the kernel receives from the device. A tap is made, owned and kept by others; here it is opened, and opened again when
 * it was deleted and came back. The loop opens and closes, workers read and write.
 */
package io.tapwright.vswitch.tap;
