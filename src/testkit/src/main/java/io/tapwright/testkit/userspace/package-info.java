/** The switch in user space for tests, in memory. One thread. */
package io.tapwright.testkit.userspace;
