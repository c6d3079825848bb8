package io.tapwright.hostnet.posix;

import com.sun.jna.Pointer;
import io.tapwright.model.host.Errno;
import java.util.OptionalInt;

/** {@code getpwnam_r} and {@code getgrnam_r} with {@code struct passwd} of pwd.h and {@code struct group} of grp.h. */
public final class Accounts {

    static final int PASSWD_SIZE = 48;
    static final int PASSWD_UID = 16;
    static final int GROUP_SIZE = 32;
    static final int GROUP_GID = 16;

    private static final int FIRST_ROOM = 1024;
    /** A group of very many members still fits. */
    private static final int MOST_ROOM = 1 << 22;

    /** Some name services say "no such process" for a name that they do not know. */
    private static final Errno ESRCH = new Errno(3);

    private Accounts() {
    }

    /** @return empty where there is no such user */
    public static OptionalInt uid(String name) {
        return find("getpwnam_r " + name, name, PASSWD_SIZE, PASSWD_UID, LibC::getpwnam_r);
    }

    /** @return empty where there is no such group */
    public static OptionalInt gid(String name) {
        return find("getgrnam_r " + name, name, GROUP_SIZE, GROUP_GID, LibC::getgrnam_r);
    }

    private interface Lookup {
        int call(byte[] name, Pointer entry, Pointer buffer, long length, Pointer result);
    }

    private static OptionalInt find(String call, String name, int size, int idAt, Lookup lookup) {
        byte[] key = Fd.zeroEnded(name);
        NativeBuffer entry = new NativeBuffer(size);
        NativeBuffer result = new NativeBuffer(Long.BYTES);
        for (int room = FIRST_ROOM; ; room *= 2) {
            NativeBuffer strings = new NativeBuffer(room);
            // In bounds: C is told the room; entry and result have the sizes of what it stores in them.
            int error = lookup.call(key, entry.pointer(), strings.pointer(), room, result.pointer());
            if (error == 0) {
                return result.bytes().getLong(0) == 0
                        ? OptionalInt.empty()
                        : OptionalInt.of(entry.bytes().getInt(idAt));
            }
            Errno errno = new Errno(error);
            if (errno.equals(Errno.ENOENT) || errno.equals(ESRCH)) {
                return OptionalInt.empty();
            }
            boolean tooSmall = errno.equals(Errno.ERANGE) && room < MOST_ROOM;
            if (!tooSmall && !errno.equals(Errno.EINTR)) {
                throw new SystemCallException(errno, call);
            }
        }
    }
}
