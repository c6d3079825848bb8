/**
 * The C library as the switch needs it, through the FFM API: one class that is exactly C, and file descriptors with
 * owners on top of it.
 */
package io.tapwright.vswitch.posix;
