package io.tapwright.hostnet;

import io.tapwright.hostnet.posix.Accounts;
import io.tapwright.hostnet.posix.SystemCallException;
import io.tapwright.model.host.HostNetworkException;
import java.util.OptionalInt;

/**
 * The host's users and groups by name, whichever name service has them ({@code getpwnam_r(3)}, {@code getgrnam_r(3)}).
 * Any thread; a lookup may wait for a name service.
 */
public final class AccountDatabase {

    private AccountDatabase() {
    }

    /** @return the user's uid, empty where there is no such user */
    public static OptionalInt uidOf(String user) {
        try {
            return Accounts.uid(user);
        } catch (SystemCallException e) {
            throw new HostNetworkException("look up user " + user, e.errno(), e.detail());
        }
    }

    /** @return the group's gid, empty where there is no such group */
    public static OptionalInt gidOf(String group) {
        try {
            return Accounts.gid(group);
        } catch (SystemCallException e) {
            throw new HostNetworkException("look up group " + group, e.errno(), e.detail());
        }
    }
}
