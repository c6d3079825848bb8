/**
 * C as it is: {@link io.tapwright.hostnet.posix.LibC} binds the functions, one class stands for each struct, and
 * {@link io.tapwright.hostnet.posix.Fd} owns a file descriptor and decides what an errno means: EINTR is tried again,
 * EAGAIN is a value, everything else a {@link io.tapwright.hostnet.posix.SystemCallException}. For Linux with 64-bit
 * longs, little endian (x86_64, aarch64), whose constants and layouts are the same for all that is used here.
 *
 * <p>Public only for the packages beside it. An Fd or a struct belongs to one thread at a time.
 */
package io.tapwright.hostnet.posix;
