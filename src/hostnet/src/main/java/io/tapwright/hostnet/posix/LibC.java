package io.tapwright.hostnet.posix;

import com.sun.jna.Native;
import com.sun.jna.Pointer;

/**
 * The functions of libc that hostnet calls, by JNA's direct mapping: {@code int} is C's int, {@code long} is size_t,
 * ssize_t, nfds_t or unsigned long. Each answers as its manual page says; {@link Native#getLastError()} is errno of
 * this thread's last call. Nothing here decides anything.
 */
final class LibC {

    static {
        Native.register(LibC.class, "c");
    }

    private LibC() {
    }

    /** {@code int socket(int domain, int type, int protocol)} */
    static native int socket(int domain, int type, int protocol);

    /** {@code int bind(int sockfd, const struct sockaddr *addr, socklen_t addrlen)} */
    static native int bind(int fd, Pointer address, int length);

    /** {@code int setsockopt(int sockfd, int level, int optname, const void *optval, socklen_t optlen)} */
    static native int setsockopt(int fd, int level, int name, Pointer value, int length);

    /** {@code ssize_t send(int sockfd, const void *buf, size_t len, int flags)} */
    static native long send(int fd, Pointer buffer, long length, int flags);

    /** {@code ssize_t recvfrom(int sockfd, void *buf, size_t len, int flags, struct sockaddr *, socklen_t *)} */
    static native long recvfrom(int fd, Pointer buffer, long length, int flags, Pointer address, Pointer addressLength);

    /** {@code ssize_t recvmsg(int sockfd, struct msghdr *msg, int flags)} */
    static native long recvmsg(int fd, Pointer message, int flags);

    /** {@code int getsockopt(int sockfd, int level, int optname, void *optval, socklen_t *optlen)} */
    static native int getsockopt(int fd, int level, int name, Pointer value, Pointer length);

    /** {@code int poll(struct pollfd *fds, nfds_t nfds, int timeout)} */
    static native int poll(Pointer fds, long count, int timeoutMillis);

    /** {@code int open(const char *pathname, int flags)}; the path ends with a zero byte. */
    static native int open(byte[] path, int flags);

    /** {@code int close(int fd)} */
    static native int close(int fd);

    /** {@code ssize_t write(int fd, const void *buf, size_t count)} */
    static native long write(int fd, byte[] buffer, long count);

    /** {@code int ioctl(int fd, unsigned long request, ...)}; a null pointer with an address stands for a number. */
    static native int ioctl(int fd, long request, Pointer argument);

    /** {@code int eventfd(unsigned int initval, int flags)} */
    static native int eventfd(int value, int flags);

    /** {@code int getpwnam_r(const char *name, struct passwd *, char *buf, size_t buflen, struct passwd **result)} */
    static native int getpwnam_r(byte[] name, Pointer passwd, Pointer buffer, long length, Pointer result);

    /** {@code int getgrnam_r(const char *name, struct group *, char *buf, size_t buflen, struct group **result)} */
    static native int getgrnam_r(byte[] name, Pointer group, Pointer buffer, long length, Pointer result);
}
