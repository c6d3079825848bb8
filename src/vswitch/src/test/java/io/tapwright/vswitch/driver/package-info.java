/** The other side, for tests: a front-end that speaks vhost-user as QEMU does, and a driver's rings in shared memory. */
package io.tapwright.vswitch.driver;
