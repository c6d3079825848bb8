/**
 * The back-end of vhost-user (QEMU's docs/interop/vhost-user.rst): the messages on the socket, and the port that they set up.
 * Messages are the loop's; a port's queues are worked at by the workers, each under its ring's lock.
 */
package io.tapwright.vswitch.vhostuser;
