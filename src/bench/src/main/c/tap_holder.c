/*
 * Holds taps open as QEMU does: PREFIX0 to PREFIX(COUNT-1), each as soon as it is up and a port of some bridge, which is
 * when a domain's QEMU would open it. Prints "held COUNT MICROSECONDS" when it has them all, and keeps them until stdin
 * ends. A tap that is there before is opened at once.
 *
 *   tap_holder PREFIX COUNT
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const char *prefix;
static size_t prefix_length;
static int count, held, busy;
static enum { MISSING, BUSY, HELD } *state;
static char buffer[1 << 18];

static void die(const char *what)
{
    fprintf(stderr, "tap_holder: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int64_t micros(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

/* Whoever makes a tap may still have it open while the first news of it are out: that one is tried again. */
static void hold(const char *name)
{
    char *end;
    struct ifreq ifr;
    long i = strtol(name + prefix_length, &end, 10);
    if (*end != 0 || end == name + prefix_length || i < 0 || i >= count || state[i] == HELD)
        return;
    int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        die("/dev/net/tun");
    memset(&ifr, 0, sizeof ifr);
    strncpy(ifr.ifr_name, name, IFNAMSIZ - 1);
    ifr.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
    busy -= state[i] == BUSY;
    if (ioctl(fd, TUNSETIFF, &ifr) == 0) {
        state[i] = HELD;
        held++;
    } else if (errno == EBUSY) {
        close(fd);
        state[i] = BUSY;
        busy++;
    } else {
        die(name);
    }
}

static void try_busy_again(void)
{
    char name[IFNAMSIZ];
    for (int i = 0; i < count; i++) {
        if (state[i] == BUSY) {
            snprintf(name, sizeof name, "%.5s%d", prefix, i);
            hold(name);
        }
    }
}

static void read_messages(int rtnl)
{
    ssize_t got = recv(rtnl, buffer, sizeof buffer, 0);
    if (got < 0)
        die("receive");
    int left = (int)got;
    for (struct nlmsghdr *h = (struct nlmsghdr *)buffer; NLMSG_OK(h, left); h = NLMSG_NEXT(h, left)) {
        if (h->nlmsg_type != RTM_NEWLINK)
            continue;
        struct ifinfomsg *link = NLMSG_DATA(h);
        const char *name = NULL;
        int port = 0, room = IFLA_PAYLOAD(h);
        for (struct rtattr *a = IFLA_RTA(link); RTA_OK(a, room); a = RTA_NEXT(a, room)) {
            if (a->rta_type == IFLA_IFNAME)
                name = RTA_DATA(a);
            if (a->rta_type == IFLA_MASTER)
                port = 1;
        }
        if (name && port && (link->ifi_flags & IFF_UP) && strncmp(name, prefix, prefix_length) == 0)
            hold(name);
    }
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    prefix = argv[1];
    prefix_length = strlen(prefix);
    count = atoi(argv[2]);
    state = calloc(count, sizeof *state);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);

    int64_t begun = micros();
    int rtnl = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), size = 64 << 20;
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
    if (rtnl < 0 || bind(rtnl, (struct sockaddr *)&address, sizeof address) < 0)
        die("netlink");
    if (setsockopt(rtnl, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0)
        die("SO_RCVBUFFORCE");
    struct {
        struct nlmsghdr header;
        struct ifinfomsg link;
        struct rtattr attribute;
        uint32_t mask;
    } dump = {{sizeof dump, RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, 1, 0}, {.ifi_family = AF_UNSPEC},
              {RTA_LENGTH(4), IFLA_EXT_MASK}, RTEXT_FILTER_SKIP_STATS};
    if (send(rtnl, &dump, sizeof dump, 0) < 0)
        die("dump");
    struct pollfd waits[2] = {{.fd = rtnl, .events = POLLIN}, {.fd = 0, .events = POLLIN}};
    for (int before = 0;; before = held) {
        if (poll(waits, 2, busy ? 1 : -1) < 0)
            die("poll");
        if (waits[1].revents) {
            char ignored;
            if (read(0, &ignored, 1) <= 0)
                return 0;
        }
        if (waits[0].revents)
            read_messages(rtnl);
        else if (busy)
            try_busy_again();
        if (held == count && before != count) {
            printf("held %d %lld\n", held, (long long)(micros() - begun));
            fflush(stdout);
        }
    }
}
