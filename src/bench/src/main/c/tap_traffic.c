/*
 * Frames through the kernel's bridge, from one tap to another, as fast as one core can: it writes a burst to the one tap and
 * reads what has come out of the other. The write does the bridge's work too, so there is no second core to give.
 *
 * usage: tap_traffic FROM TO SIZE CORE WARMUP SECONDS
 *
 * FROM and TO are taps that exist, ports of one bridge, and up. The frames are those of traffic: Ethernet, IPv4, UDP, SIZE
 * bytes without the checksum of the wire. Prints one line of JSON, with traffic's names.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { BURST = 32, MAX_FRAME = 9000, ANNOUNCEMENTS = 3, PAUSE_MICROS = 100000, UDP_PORT = 4000 };

struct header {
    struct ether_header ether;
    struct iphdr ip;
    struct udphdr udp;
} __attribute__((packed));

static int size;
static uint64_t sent, received, strays;

static void die(const char *what)
{
    fprintf(stderr, "tap_traffic: %s: %s\n", what, strerror(errno));
    exit(2);
}

static double seconds_on(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static int tap_open(const char *name)
{
    struct ifreq ifr = {.ifr_flags = IFF_TAP | IFF_NO_PI};
    int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        die("open /dev/net/tun");
    strncpy(ifr.ifr_name, name, IFNAMSIZ - 1);
    if (ioctl(fd, TUNSETIFF, &ifr) < 0)
        die(name);
    return fd;
}

static uint16_t checksum(const void *bytes, size_t length)
{
    uint32_t sum = 0;
    uint16_t part;
    for (size_t i = 0; i < length; i += sizeof part) {
        memcpy(&part, (const char *)bytes + i, sizeof part);
        sum += part;
    }
    sum = (sum & 0xffff) + (sum >> 16);
    return ~(sum + (sum >> 16));
}

static void frame_make(uint8_t *frame, uint8_t from, uint8_t to)
{
    struct header h = {
        .ether = {.ether_dhost = {0x52, 0x54, 0, to, 0, 0}, .ether_shost = {0x52, 0x54, 0, from, 0, 0},
                  .ether_type = htons(ETHERTYPE_IP)},
        .ip = {.version = 4, .ihl = sizeof h.ip / 4, .ttl = IPDEFTTL, .protocol = IPPROTO_UDP, .tot_len = htons(size - sizeof h.ether),
               .saddr = htonl(10u << 24 | from << 16), .daddr = htonl(10u << 24 | to << 16)},
        .udp = {.source = htons(UDP_PORT), .dest = htons(UDP_PORT), .len = htons(size - sizeof h.ether - sizeof h.ip)},
    };
    h.ip.check = checksum(&h.ip, sizeof h.ip);
    memset(frame, 0xdb, size);
    memcpy(frame, &h, sizeof h);
}

static void take(int fd, const uint8_t *wanted)
{
    uint8_t frame[MAX_FRAME + 1];
    ssize_t length;
    while ((length = read(fd, frame, sizeof frame)) > 0) {
        if (length == size && memcmp(frame, wanted, ETH_ALEN) == 0)
            received++;
        else
            strays++;
    }
    if (errno != EAGAIN)
        die("read from the tap");
}

static void run_until(double end, int from, int to, const uint8_t *frame)
{
    while (seconds_on(CLOCK_MONOTONIC) < end) {
        for (int i = 0; i < BURST; i++)
            sent += write(from, frame, size) == size;
        take(to, frame);
    }
}

int main(int argc, char **argv)
{
    static uint8_t frame[MAX_FRAME], back[MAX_FRAME];
    cpu_set_t cores;
    if (argc != 7)
        return 2;
    size = atoi(argv[3]);
    if (size < (int)sizeof(struct header) || size > MAX_FRAME)
        return 2;
    CPU_ZERO(&cores);
    CPU_SET(atoi(argv[4]), &cores);
    if (sched_setaffinity(0, sizeof cores, &cores) < 0)
        die("pin to the core");
    double warmup = atof(argv[5]), wanted = atof(argv[6]);
    int from = tap_open(argv[1]), to = tap_open(argv[2]);
    frame_make(frame, 0, 1);
    frame_make(back, 1, 0);
    /* The bridge learns where the addresses are, once its ports forward. */
    for (int i = 0; i < ANNOUNCEMENTS; i++) {
        usleep(PAUSE_MICROS);
        if (write(to, back, size) != size || write(from, frame, size) != size)
            die("write to a tap");
        take(from, back);
        take(to, frame);
    }
    run_until(seconds_on(CLOCK_MONOTONIC) + warmup, from, to, frame);
    sent = received = strays = 0;
    double begun = seconds_on(CLOCK_MONOTONIC), own = seconds_on(CLOCK_THREAD_CPUTIME_ID);
    run_until(begun + wanted, from, to, frame);
    double took = seconds_on(CLOCK_MONOTONIC) - begun;
    own = seconds_on(CLOCK_THREAD_CPUTIME_ID) - own;
    printf("{\"mode\":\"rate\",\"size\":%d,\"ways\":1,\"ports\":2,\"macs\":2,\"seconds\":%.3f,\"coreShare\":%.3f,\"sent\":%lu,\"received\":%lu,"
           "\"sentPerSecond\":%.0f,\"framesPerSecond\":%.0f,\"gbitPerSecond\":%.3f,\"lostOfAll\":%.6f,\"refusedOfBursts\":0,"
           "\"sampled\":%lu,\"strays\":%lu}\n",
           size, took, own / took, (unsigned long)sent, (unsigned long)received, sent / took, received / took,
           received / took * size * 8 / 1e9, sent ? 1 - (double)received / sent : 0, (unsigned long)received, (unsigned long)strays);
    return received && !strays ? 0 : 1;
}
