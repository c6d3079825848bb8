package io.tapwright.model.host;

/** Who may open a tap besides CAP_NET_ADMIN: TUNSETOWNER and TUNSETGROUP of linux/if_tun.h; -1 for nobody. */
public record TapOwner(int uid, int gid) {

    public static final TapOwner NOBODY = new TapOwner(-1, -1);
}
