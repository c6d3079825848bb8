/** Reads captures, strictly: what is not as the specification has it is an {@link java.lang.AssertionError}. */
package io.tapwright.testkit.capture;
