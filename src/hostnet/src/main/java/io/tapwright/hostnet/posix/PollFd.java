package io.tapwright.hostnet.posix;

/** An array of {@code struct pollfd} of poll.h, each asking for input. */
final class PollFd {

    static final int SIZE = 8;
    static final int FD = 0;
    static final int EVENTS = 4;
    static final int REVENTS = 6;

    /** POLLIN. */
    static final short IN = 1;

    private final NativeBuffer buffer;
    private final int count;

    PollFd(Fd... fds) {
        buffer = new NativeBuffer(SIZE * fds.length);
        count = fds.length;
        for (int i = 0; i < count; i++) {
            buffer.bytes().putInt(i * SIZE + FD, fds[i].number()).putShort(i * SIZE + EVENTS, IN);
        }
    }

    int count() {
        return count;
    }

    /** True where there is something to read, an error or an end: the next read tells which. */
    boolean isReady(int index) {
        return buffer.bytes().getShort(index * SIZE + REVENTS) != 0;
    }

    NativeBuffer buffer() {
        return buffer;
    }
}
