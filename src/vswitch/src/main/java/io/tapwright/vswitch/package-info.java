/** A learning switch in user space whose ports are guests' NICs, by vhost-user, and taps. Entry: {@link io.tapwright.vswitch.VirtualSwitch}. */
package io.tapwright.vswitch;
