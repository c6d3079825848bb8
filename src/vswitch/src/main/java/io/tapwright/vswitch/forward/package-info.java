/**
 * The switch itself: ports, a table of MAC addresses for each network, and workers that carry batches of frames from one
 * port to others. The loop adds and removes; the workers never wait for it.
 */
package io.tapwright.vswitch.forward;
