package io.tapwright.agent.systemd;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;

/**
 * Tells the service manager how the service is: datagrams to the Unix socket that NOTIFY_SOCKET names, as sd_notify(3)
 * describes. Where the variable is missing, nothing is told. A message that can't be sent is dropped, as sd_notify does:
 * the watchdog is there for that. Any thread.
 */
public final class SystemdNotifier {

    private static final int AF_UNIX = 1;
    private static final int SOCK_DGRAM = 2;
    private static final int SOCK_CLOEXEC = 0x80000;
    private static final int MSG_NOSIGNAL = 0x4000;
    /** {@code sizeof(sockaddr_un.sun_path)} */
    private static final int MOST_PATH_BYTES = 108;

    private final Optional<String> socketPath;
    private final Optional<Duration> watchdogInterval;

    /**
     * @param socketPath       of a file, or abstract with a leading {@code @}
     * @param watchdogInterval within which the manager expects a sign of life
     */
    SystemdNotifier(Optional<String> socketPath, Optional<Duration> watchdogInterval) {
        this.socketPath = socketPath.filter(p -> p.getBytes(StandardCharsets.UTF_8).length < MOST_PATH_BYTES);
        this.watchdogInterval = watchdogInterval;
    }

    /** As NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID say. */
    public static SystemdNotifier fromEnvironment() {
        String pid = System.getenv("WATCHDOG_PID");
        boolean meant = pid == null || pid.equals(Long.toString(ProcessHandle.current().pid()));
        Optional<Duration> interval = Optional.ofNullable(System.getenv("WATCHDOG_USEC"))
                .filter(text -> meant && text.matches("[0-9]{1,18}"))
                .map(text -> Duration.ofNanos(Long.parseLong(text) * 1000));
        return new SystemdNotifier(Optional.ofNullable(System.getenv("NOTIFY_SOCKET")), interval);
    }

    /** True where systemd has started this service, and so takes care of others too. */
    public boolean isThere() {
        return socketPath.isPresent();
    }

    public Optional<Duration> watchdogInterval() {
        return watchdogInterval;
    }

    /** The service has started. */
    public void ready(String status) {
        send("READY=1\nSTATUS=" + status);
    }

    /** What {@code systemctl status} shows. */
    public void status(String status) {
        send("STATUS=" + status);
    }

    public void stopping() {
        send("STOPPING=1");
    }

    /** A sign of life. */
    public void watchdog() {
        send("WATCHDOG=1");
    }

    private void send(String message) {
        socketPath.ifPresent(path -> {
            int fd = LibC.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
            if (fd >= 0) {
                try {
                    sendTo(fd, path, message);
                } finally {
                    LibC.close(fd);
                }
            }
        });
    }

    private static void sendTo(int fd, String path, String message) {
        byte[] name = path.getBytes(StandardCharsets.UTF_8);
        boolean isAbstract = path.startsWith("@");
        // struct sockaddr_un: sa_family_t, then the path; an abstract name begins with a zero byte and has no other end.
        int length = Short.BYTES + name.length + (isAbstract ? 0 : 1);
        byte[] text = message.getBytes(StandardCharsets.UTF_8);
        try (Memory address = new Memory(length); Memory data = new Memory(text.length)) {
            address.clear();
            address.setShort(0, (short) AF_UNIX);
            address.write(Short.BYTES, name, 0, name.length);
            if (isAbstract) {
                address.setByte(Short.BYTES, (byte) 0);
            }
            data.write(0, text, 0, text.length);
            LibC.sendto(fd, data, text.length, MSG_NOSIGNAL, address, length);
        }
    }

    /** The functions of libc used here, by JNA's direct mapping. */
    private static final class LibC {

        static {
            Native.register(LibC.class, "c");
        }

        /** {@code int socket(int domain, int type, int protocol)} */
        static native int socket(int domain, int type, int protocol);

        /** {@code ssize_t sendto(int, const void *buf, size_t len, int flags, const struct sockaddr *, socklen_t)} */
        static native long sendto(int fd, Pointer data, long length, int flags, Pointer address, int addressLength);

        /** {@code int close(int fd)} */
        static native int close(int fd);
    }
}
