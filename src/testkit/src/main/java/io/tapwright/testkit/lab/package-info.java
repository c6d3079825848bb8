/**
 * A libvirt host with guests and an agent, in namespaces: a Java handle on {@code deploy/lab} and {@code deploy/guest}.
 * Everything blocks; one thread a test.
 */
package io.tapwright.testkit.lab;
