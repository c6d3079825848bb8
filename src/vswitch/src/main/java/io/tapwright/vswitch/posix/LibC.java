package io.tapwright.vswitch.posix;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * The C library, call by call. Nothing is decided here: every method is the function of its name, with pointers as
 * addresses, and answers what that answers, or the negated errno where it failed.
 *
 * <p>An instance is for one thread: errno is kept in it. Calls neither allocate nor take a lock.
 */
public final class LibC {

    // include/uapi/asm-generic/errno-base.h and errno.h
    public static final int EINTR = 4;
    public static final int EIO = 5;
    public static final int EAGAIN = 11;
    public static final int ENOMEM = 12;
    public static final int ENODEV = 19;
    public static final int EINVAL = 22;
    public static final int EPIPE = 32;
    public static final int ECONNABORTED = 103;
    public static final int EBADFD = 77;
    public static final int ENOBUFS = 105;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");
    private static final MemoryLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO_VALUE = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    private static final MethodHandle READ = ofLong("read", JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle WRITEV = ofLong("writev", JAVA_INT, JAVA_LONG, JAVA_INT);
    private static final MethodHandle RECVMSG = ofLong("recvmsg", JAVA_INT, JAVA_LONG, JAVA_INT);
    private static final MethodHandle SENDMSG = ofLong("sendmsg", JAVA_INT, JAVA_LONG, JAVA_INT);
    private static final MethodHandle MMAP =
            ofLong("mmap", JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG);
    private static final MethodHandle LSEEK = ofLong("lseek", JAVA_INT, JAVA_LONG, JAVA_INT);
    private static final MethodHandle MUNMAP = ofInt("munmap", JAVA_LONG, JAVA_LONG);
    private static final MethodHandle MPROTECT = ofInt("mprotect", JAVA_LONG, JAVA_LONG, JAVA_INT);
    private static final MethodHandle SIGACTION = ofInt("sigaction", JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle CLOSE = ofInt("close", JAVA_INT);
    private static final MethodHandle EVENTFD = ofInt("eventfd", JAVA_INT, JAVA_INT);
    private static final MethodHandle FSTATFS = ofInt("fstatfs", JAVA_INT, JAVA_LONG);
    private static final MethodHandle MEMFD_CREATE = ofInt("memfd_create", JAVA_LONG, JAVA_INT);
    private static final MethodHandle FTRUNCATE = ofInt("ftruncate", JAVA_INT, JAVA_LONG);
    private static final MethodHandle EPOLL_CREATE1 = ofInt("epoll_create1", JAVA_INT);
    private static final MethodHandle EPOLL_CTL = ofInt("epoll_ctl", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG);
    /** These without errno: keeping that makes garbage where the compiler does not see through it, and these calls are a worker's. */
    private static final MethodHandle TRY_READ = bind("read", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle TRY_WRITE = bind("write", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle EPOLL_WAIT =
            bind("epoll_wait", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT));
    private static final MethodHandle TRY_POLL = bind("poll", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT));
    private static final MethodHandle PTHREAD_SELF = bind("pthread_self", FunctionDescriptor.of(JAVA_LONG));
    private static final MethodHandle PTHREAD_KILL = bind("pthread_kill", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_INT));
    private static final MethodHandle SOCKET = ofInt("socket", JAVA_INT, JAVA_INT, JAVA_INT);
    private static final MethodHandle SOCKETPAIR = ofInt("socketpair", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG);
    private static final MethodHandle BIND = ofInt("bind", JAVA_INT, JAVA_LONG, JAVA_INT);
    private static final MethodHandle LISTEN = ofInt("listen", JAVA_INT, JAVA_INT);
    private static final MethodHandle CONNECT = ofInt("connect", JAVA_INT, JAVA_LONG, JAVA_INT);
    private static final MethodHandle ACCEPT4 = ofInt("accept4", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT);
    private static final MethodHandle OPEN = variadic("open", 2, JAVA_LONG, JAVA_INT, JAVA_INT);
    private static final MethodHandle FCNTL = variadic("fcntl", 2, JAVA_INT, JAVA_INT, JAVA_LONG);
    private static final MethodHandle IOCTL = variadic("ioctl", 2, JAVA_INT, JAVA_LONG, JAVA_LONG);

    private final MemorySegment state = Arena.ofAuto().allocate(STATE);

    private static MethodHandle ofLong(String name, MemoryLayout... arguments) {
        return bind(name, FunctionDescriptor.of(JAVA_LONG, arguments), ERRNO);
    }

    private static MethodHandle ofInt(String name, MemoryLayout... arguments) {
        return bind(name, FunctionDescriptor.of(JAVA_INT, arguments), ERRNO);
    }

    private static MethodHandle variadic(String name, int fixed, MemoryLayout... arguments) {
        return bind(name, FunctionDescriptor.of(JAVA_INT, arguments), ERRNO, Linker.Option.firstVariadicArg(fixed));
    }

    private static MethodHandle bind(String name, FunctionDescriptor type, Linker.Option... options) {
        return LINKER.downcallHandle(function(name), type, options);
    }

    private static MemorySegment function(String name) {
        return LINKER.defaultLookup().find(name).orElseThrow(() -> new UnsatisfiedLinkError("the C library has no " + name));
    }

    /** Where a function is, for what takes one. */
    public static long addressOf(String name) {
        return function(name).address();
    }

    private long checked(long result) {
        return result >= 0 ? result : -(int) ERRNO_VALUE.get(state, 0L);
    }

    private int checked(int result) {
        return (int) checked((long) result);
    }

    /** What a method handle can throw at an exact call of a C function: nothing but an error of the JVM. */
    private static AssertionError impossible(Throwable e) {
        return new AssertionError("a call of C threw", e);
    }

    public long read(int fd, long buffer, long length) {
        try {
            return checked((long) READ.invokeExact(state, fd, buffer, length));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    /** Answers only that it failed, by -1, not why. */
    public static long tryRead(int fd, long buffer, long length) {
        try {
            return (long) TRY_READ.invokeExact(fd, buffer, length);
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    /** Likewise. */
    public static long tryWrite(int fd, long buffer, long length) {
        try {
            return (long) TRY_WRITE.invokeExact(fd, buffer, length);
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    public long writev(int fd, long vectors, int count) {
        try {
            return checked((long) WRITEV.invokeExact(state, fd, vectors, count));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    public long recvmsg(int fd, long message, int flags) {
        try {
            return checked((long) RECVMSG.invokeExact(state, fd, message, flags));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    public long sendmsg(int fd, long message, int flags) {
        try {
            return checked((long) SENDMSG.invokeExact(state, fd, message, flags));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    public long mmap(long address, long length, int protection, int flags, int fd, long offset) {
        try {
            return checked((long) MMAP.invokeExact(state, address, length, protection, flags, fd, offset));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    public long lseek(int fd, long offset, int whence) {
        try {
            return checked((long) LSEEK.invokeExact(state, fd, offset, whence));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    public int munmap(long address, long length) {
        try {
            return checked((int) MUNMAP.invokeExact(state, address, length));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    public int mprotect(long address, long length, int protection) {
        try {
            return checked((int) MPROTECT.invokeExact(state, address, length, protection));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    public int sigaction(int signal, long action, long old) {
        try {
            return checked((int) SIGACTION.invokeExact(state, signal, action, old));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    public int close(int fd) {
        try {
            return checked((int) CLOSE.invokeExact(state, fd));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    public int eventfd(int initial, int flags) {
        try {
            return checked((int) EVENTFD.invokeExact(state, initial, flags));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    public int fstatfs(int fd, long buffer) {
        try {
            return checked((int) FSTATFS.invokeExact(state, fd, buffer));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    public int memfdCreate(long name, int flags) {
        try {
            return checked((int) MEMFD_CREATE.invokeExact(state, name, flags));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    public int ftruncate(int fd, long length) {
        try {
            return checked((int) FTRUNCATE.invokeExact(state, fd, length));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    public int epollCreate1(int flags) {
        try {
            return checked((int) EPOLL_CREATE1.invokeExact(state, flags));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    public int epollCtl(int epoll, int operation, int fd, long event) {
        try {
            return checked((int) EPOLL_CTL.invokeExact(state, epoll, operation, fd, event));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    /** Answers only that it failed, by -1, not why. */
    public static int epollWait(int epoll, long events, int most, int timeoutMillis) {
        try {
            return (int) EPOLL_WAIT.invokeExact(epoll, events, most, timeoutMillis);
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    /** Answers only that it failed, by -1, not why. */
    public static int tryPoll(long fds, long count, int timeoutMillis) {
        try {
            return (int) TRY_POLL.invokeExact(fds, count, timeoutMillis);
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    /** Its name for the thread that asks. */
    public static long pthreadSelf() {
        try {
            return (long) PTHREAD_SELF.invokeExact();
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    /** For a thread that has not ended. */
    public static void pthreadKill(long thread, int signal) {
        try {
            // What it answers is an error of the caller's: no such signal.
            int unused = (int) PTHREAD_KILL.invokeExact(thread, signal);
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    public int socket(int domain, int type, int protocol) {
        try {
            return checked((int) SOCKET.invokeExact(state, domain, type, protocol));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    public int socketpair(int domain, int type, int protocol, long pair) {
        try {
            return checked((int) SOCKETPAIR.invokeExact(state, domain, type, protocol, pair));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    public int bind(int fd, long address, int length) {
        try {
            return checked((int) BIND.invokeExact(state, fd, address, length));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    public int listen(int fd, int backlog) {
        try {
            return checked((int) LISTEN.invokeExact(state, fd, backlog));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    public int connect(int fd, long address, int length) {
        try {
            return checked((int) CONNECT.invokeExact(state, fd, address, length));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    public int accept4(int fd, long address, long length, int flags) {
        try {
            return checked((int) ACCEPT4.invokeExact(state, fd, address, length, flags));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    public int open(long path, int flags, int mode) {
        try {
            return checked((int) OPEN.invokeExact(state, path, flags, mode));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    public int fcntl(int fd, int command, long argument) {
        try {
            return checked((int) FCNTL.invokeExact(state, fd, command, argument));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    public int ioctl(int fd, long request, long argument) {
        try {
            return checked((int) IOCTL.invokeExact(state, fd, request, argument));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }
}
