/** Frames of one NIC as somebody looks at them: the port to what records them, be it the kernel or the switch in user space. */
package io.tapwright.model.capture;
