/**
 * Copies of a port's frames for who looks at them. A port that nobody looks at has no {@link io.tapwright.vswitch.capture.Mirror},
 * which costs its queues one test a batch. Workers write, without waiting and without allocation; one thread for each capture reads.
 */
package io.tapwright.vswitch.capture;
