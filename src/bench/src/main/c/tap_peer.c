/*
 * The least that C needs to give NICs their taps, for comparison with Tapwright's hostnet.
 *
 * usage: tap_peer netlink|ioctl COUNT BRIDGE
 *
 * netlink: the same system calls with the same effects as hostnet. For each NIC
 *   create: open /dev/net/tun, TUNSETIFF (tap, no packet information, vnet_hdr, must be new), TUNSETOWNER, TUNSETGROUP,
 *           SIOCGIFINDEX, 1 to disable_ipv6, one RTM_NEWLINK (address, mtu, alias) with its acknowledgement,
 *           TUNSETPERSIST, close
 *   attach: one RTM_GETLINK for the state to go back to, one RTM_NEWLINK (master, up) with its acknowledgement
 *   verify: one RTM_GETLINK by name; master, up, alias are compared
 * ioctl: less: no alias, IPv6 stays on.
 *   create: open, TUNSETIFF, TUNSETOWNER, TUNSETGROUP, TUNSETPERSIST, close, SIOCSIFHWADDR, SIOCSIFMTU
 *   attach: SIOCGIFINDEX, SIOCBRADDIF, SIOCSIFFLAGS
 *   verify: SIOCGIFFLAGS (up)
 *
 * Prints the nanoseconds of create, attach and verify for all COUNT NICs together, and the CPU time of it all.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { OWNER = 1001, GROUP = 1002, MTU = 1400 };

static int rtnl;
static uint32_t sequence;
static char answer[32768];

static void die(const char *what)
{
    fprintf(stderr, "tap_peer: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int64_t clock_nanos(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int64_t now(void)
{
    return clock_nanos(CLOCK_MONOTONIC);
}

static void mac_of(int i, unsigned char *mac)
{
    unsigned char bytes[6] = {0xfe, 0x54, 0, 0, (unsigned char)(i >> 8), (unsigned char)i};
    memcpy(mac, bytes, sizeof bytes);
}

static void alias_of(int i, char *alias, size_t room)
{
    snprintf(alias, room, "tapwright:bench tap uuid=00000000-0000-4000-8000-%012x mac=52:54:00:00:%02x:%02x domain=vm%d",
             i, i >> 8 & 255, i & 255, i);
}

struct request {
    struct nlmsghdr header;
    struct ifinfomsg link;
    char attributes[512];
};

static void begin(struct request *r, int type, int flags, int index)
{
    memset(r, 0, sizeof r->header + sizeof r->link);
    r->header.nlmsg_len = NLMSG_LENGTH(sizeof r->link);
    r->header.nlmsg_type = type;
    r->header.nlmsg_flags = NLM_F_REQUEST | flags;
    r->header.nlmsg_seq = ++sequence;
    r->link.ifi_index = index;
}

static void put(struct request *r, int type, const void *value, size_t length)
{
    struct rtattr *a = (struct rtattr *)((char *)r + NLMSG_ALIGN(r->header.nlmsg_len));
    a->rta_type = type;
    a->rta_len = RTA_LENGTH(length);
    memcpy(RTA_DATA(a), value, length);
    r->header.nlmsg_len = NLMSG_ALIGN(r->header.nlmsg_len) + RTA_ALIGN(a->rta_len);
}

/* Sends one request and takes its one answer; the length of the answer. */
static ssize_t talk(struct request *r, const char *what)
{
    if (send(rtnl, r, r->header.nlmsg_len, 0) < 0)
        die(what);
    ssize_t length = recv(rtnl, answer, sizeof answer, 0);
    if (length < 0)
        die(what);
    struct nlmsghdr *h = (struct nlmsghdr *)answer;
    if (h->nlmsg_type == NLMSG_ERROR) {
        errno = -((struct nlmsgerr *)NLMSG_DATA(h))->error;
        if (errno)
            die(what);
    }
    return length;
}

static int tun_new(const char *name, int extra)
{
    struct ifreq ifr;
    int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
    if (fd < 0)
        die("open /dev/net/tun");
    memset(&ifr, 0, sizeof ifr);
    strcpy(ifr.ifr_name, name);
    ifr.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | extra;
    if (ioctl(fd, TUNSETIFF, &ifr) < 0)
        die("TUNSETIFF");
    if (ioctl(fd, TUNSETOWNER, OWNER) < 0 || ioctl(fd, TUNSETGROUP, GROUP) < 0)
        die("TUNSETOWNER");
    return fd;
}

static void tun_keep(int fd)
{
    if (ioctl(fd, TUNSETPERSIST, 1) < 0)
        die("TUNSETPERSIST");
    close(fd);
}

static int index_of(const char *name)
{
    struct ifreq ifr;
    memset(&ifr, 0, sizeof ifr);
    strcpy(ifr.ifr_name, name);
    if (ioctl(rtnl, SIOCGIFINDEX, &ifr) < 0)
        die("SIOCGIFINDEX");
    return ifr.ifr_ifindex;
}

static void create_by_netlink(int i, const char *name)
{
    char path[128], alias[256];
    unsigned char mac[6];
    uint32_t mtu = MTU;
    struct request r;
    int fd = tun_new(name, IFF_TUN_EXCL);
    snprintf(path, sizeof path, "/proc/sys/net/ipv6/conf/%s/disable_ipv6", name);
    int off = open(path, O_WRONLY | O_CLOEXEC);
    if (off < 0 || write(off, "1", 1) != 1)
        die(path);
    close(off);
    mac_of(i, mac);
    alias_of(i, alias, sizeof alias);
    begin(&r, RTM_NEWLINK, NLM_F_ACK, index_of(name));
    put(&r, IFLA_ADDRESS, mac, sizeof mac);
    put(&r, IFLA_MTU, &mtu, sizeof mtu);
    put(&r, IFLA_IFALIAS, alias, strlen(alias));
    talk(&r, "set tap");
    tun_keep(fd);
}

static void attach_by_netlink(int index, uint32_t bridge)
{
    struct request r;
    uint32_t mask = RTEXT_FILTER_SKIP_STATS;
    begin(&r, RTM_GETLINK, 0, index);
    put(&r, IFLA_EXT_MASK, &mask, sizeof mask);
    talk(&r, "read tap");
    begin(&r, RTM_NEWLINK, NLM_F_ACK, index);
    r.link.ifi_flags = r.link.ifi_change = IFF_UP;
    put(&r, IFLA_MASTER, &bridge, sizeof bridge);
    talk(&r, "attach tap");
}

static void verify_by_netlink(int i, const char *name, uint32_t bridge)
{
    char alias[256];
    struct request r;
    uint32_t mask = RTEXT_FILTER_SKIP_STATS, master = 0;
    int marked = 0;
    begin(&r, RTM_GETLINK, 0, 0);
    put(&r, IFLA_IFNAME, name, strlen(name) + 1);
    put(&r, IFLA_EXT_MASK, &mask, sizeof mask);
    talk(&r, "verify tap");
    alias_of(i, alias, sizeof alias);
    struct nlmsghdr *h = (struct nlmsghdr *)answer;
    struct ifinfomsg *link = NLMSG_DATA(h);
    int left = IFLA_PAYLOAD(h);
    for (struct rtattr *a = IFLA_RTA(link); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
        if (a->rta_type == IFLA_MASTER)
            memcpy(&master, RTA_DATA(a), sizeof master);
        if (a->rta_type == IFLA_IFALIAS)
            marked = strcmp(RTA_DATA(a), alias) == 0;
    }
    if (master != bridge || !(link->ifi_flags & IFF_UP) || !marked) {
        fprintf(stderr, "tap_peer: %s is not as wanted\n", name);
        exit(1);
    }
}

static void create_by_ioctl(int i, const char *name)
{
    struct ifreq ifr;
    tun_keep(tun_new(name, 0));
    memset(&ifr, 0, sizeof ifr);
    strcpy(ifr.ifr_name, name);
    ifr.ifr_hwaddr.sa_family = ARPHRD_ETHER;
    mac_of(i, (unsigned char *)ifr.ifr_hwaddr.sa_data);
    if (ioctl(rtnl, SIOCSIFHWADDR, &ifr) < 0)
        die("SIOCSIFHWADDR");
    ifr.ifr_mtu = MTU;
    if (ioctl(rtnl, SIOCSIFMTU, &ifr) < 0)
        die("SIOCSIFMTU");
}

static void attach_by_ioctl(const char *name, const char *bridge)
{
    struct ifreq ifr;
    memset(&ifr, 0, sizeof ifr);
    strcpy(ifr.ifr_name, bridge);
    ifr.ifr_ifindex = index_of(name);
    if (ioctl(rtnl, SIOCBRADDIF, &ifr) < 0)
        die("SIOCBRADDIF");
    strcpy(ifr.ifr_name, name);
    ifr.ifr_flags = IFF_UP;
    if (ioctl(rtnl, SIOCSIFFLAGS, &ifr) < 0)
        die("SIOCSIFFLAGS");
}

static void verify_by_ioctl(const char *name)
{
    struct ifreq ifr;
    memset(&ifr, 0, sizeof ifr);
    strcpy(ifr.ifr_name, name);
    if (ioctl(rtnl, SIOCGIFFLAGS, &ifr) < 0 || !(ifr.ifr_flags & IFF_UP))
        die("SIOCGIFFLAGS");
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    int by_netlink = strcmp(argv[1], "netlink") == 0, count = atoi(argv[2]), one = 1;
    int64_t create = 0, attach = 0, verify = 0;
    rtnl = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (by_netlink) {
        setsockopt(rtnl, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof one);
        setsockopt(rtnl, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof one);
    } else {
        rtnl = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0); /* which the ioctls of the bridge want */
    }
    if (rtnl < 0)
        die("socket");
    int bridge = index_of(argv[3]);
    int64_t cpu = clock_nanos(CLOCK_THREAD_CPUTIME_ID);
    for (int i = 0; i < count; i++) {
        char name[IFNAMSIZ];
        snprintf(name, sizeof name, "vnet%d", i);
        int64_t t0 = now();
        if (by_netlink)
            create_by_netlink(i, name);
        else
            create_by_ioctl(i, name);
        int64_t t1 = now();
        if (by_netlink)
            attach_by_netlink(index_of(name), bridge);
        else
            attach_by_ioctl(name, argv[3]);
        int64_t t2 = now();
        if (by_netlink)
            verify_by_netlink(i, name, bridge);
        else
            verify_by_ioctl(name);
        create += t1 - t0;
        attach += t2 - t1;
        verify += now() - t2;
    }
    cpu = clock_nanos(CLOCK_THREAD_CPUTIME_ID) - cpu;
    printf("%lld %lld %lld %lld\n", (long long)create, (long long)attach, (long long)verify, (long long)cpu);
    return 0;
}
