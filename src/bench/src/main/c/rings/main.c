/*
 * usage: rings SIZE WAYS ADDRESSES CORE OTHER_CORE FIRST_SECONDS SECONDS PATH...
 *        rings CORE OTHER_CORE
 *
 * As many frames as go through, from the first port of each pair to the second (WAYS 1), or also back (2), through the
 * back-end that listens at the PATHs; each port has its part of the ADDRESSES, which take turns. SIZE is a frame's, 64 to
 * 9000 bytes, without the checksum of the wire. Having told all addresses, it says "ready", and waits for a line; then
 * FIRST_SECONDS do not count, and SECONDS do, in slices: of each it is said how far away OTHER_CORE, the back-end's, was before
 * and after it. Prints one line of JSON. Ends with 0 if all is well, with 1 if a frame came
 * that should not have or none came, with 2 if it can't run.
 *
 * Without all that it prints in nanoseconds how far away OTHER_CORE is.
 *
 * Every frame's headers are written anew, and those of every frame that arrives are read; the bytes behind them stay.
 */
#include "rings.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SLICE_SECONDS 0.25

enum { HEADERS = 64, LEAST = 64, MOST = 9000, LEARNING_ROUNDS = 2, QUIET_MILLIS = 100, PATIENCE_SECONDS = 20 };

/* Of frames from one port to another; the n-th address of the one sends to the n-th of the other. */
struct flow {
    struct port *from, *to;
    uint8_t (*headers)[HEADERS]; /* for each address the virtio header, then the frame's headers */
    uint32_t next;
    uint16_t free[RING]; /* heads of chains in no ring, first in first out */
    uint16_t free_first, free_end;
    uint64_t sent, offers, offers_refused;
};

static struct port ports[MAX_PORTS];
static uint64_t received[MAX_PORTS]; /* by port */
static struct flow flows[MAX_PORTS];
static int port_count, flow_count, size, ways;
static uint32_t addresses; /* of one port */
static uint64_t strays;
static double longest_gap;             /* in which nothing arrived, of a run, in seconds */

/* Some of the measured time; by number. */
struct slice {
    double rate, nanos; /* frames a second; distance to the other core at its end */
};
static struct slice *slices;
static int slice_count;
static double nanos_at_begin;

static double seconds_by(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static double now(void)
{
    return seconds_by(CLOCK_MONOTONIC);
}

static int buffers_a_frame(void)
{
    return (size + ROOM - 1) / ROOM;
}

static uint16_t checksum(const uint8_t *bytes, int length)
{
    uint32_t sum = 0;
    for (int i = 0; i < length; i += 2)
        sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return htons(~sum);
}

static void put16(uint8_t *at, uint16_t value)
{
    at[0] = value >> 8;
    at[1] = value;
}

static void headers_make(uint8_t *frame, int from, int to, uint32_t n)
{
    const uint8_t target[] = {0x52, 0x54, 0, to, n >> 8, n}, source[] = {0x52, 0x54, 0, from, n >> 8, n};
    uint8_t *ip = frame + 14, *udp = ip + 20;
    memcpy(frame, target, sizeof target);
    memcpy(frame + 6, source, sizeof source);
    put16(frame + 12, 0x0800);
    ip[0] = 0x45;
    put16(ip + 2, size - 14);
    ip[8] = 64;
    ip[9] = IPPROTO_UDP;
    const uint8_t source_ip[] = {10, from, n >> 8, n}, target_ip[] = {10, to, n >> 8, n};
    memcpy(ip + 12, source_ip, sizeof source_ip);
    memcpy(ip + 16, target_ip, sizeof target_ip);
    uint16_t sum = checksum(ip, 20);
    memcpy(ip + 10, &sum, sizeof sum);
    put16(udp, 4000);
    put16(udp + 2, 4000);
    put16(udp + 4, size - 34);
}

static void flow_make(struct port *from, struct port *to)
{
    struct flow *flow = &flows[flow_count++];
    *flow = (struct flow){.from = from, .to = to, .headers = calloc(addresses, HEADERS)};
    if (!flow->headers)
        die("no memory for %u addresses", addresses);
    for (uint32_t n = 0; n < addresses; n++)
        headers_make(flow->headers[n] + NET_HEADER, from->number, to->number, n);
    int buffers = buffers_a_frame();
    for (int head = 0; head + buffers <= RING; head += buffers) {
        flow->free[flow->free_end++] = head;
        from->send.descriptors[head + buffers - 1].len -= buffers * ROOM - size;
    }
}

/* Takes back what the back-end is done with, and sends a burst of so many; none where not all of them fit. */
static uint16_t flow_send(struct flow *flow, uint16_t burst)
{
    struct ring *ring = &flow->from->send;
    for (uint16_t left = ring_used(ring); left; left--)
        flow->free[flow->free_end++ % RING] = ring->used->ring[ring->seen++ % RING].id;
    flow->offers++;
    if ((uint16_t)(flow->free_end - flow->free_first) < burst) {
        flow->offers_refused++;
        return 0;
    }
    for (uint16_t i = 0; i < burst; i++) {
        uint16_t head = flow->free[flow->free_first++ % RING];
        memcpy(ring->buffers + (size_t)head * BUFFER + BUFFER_START, flow->headers[flow->next], NET_HEADER + FRAME_HEADER);
        flow->next = flow->next + 1 == addresses ? 0 : flow->next + 1;
        ring->available->ring[ring->published++ % RING] = head;
    }
    ring_publish(ring);
    flow->sent += burst;
    return burst;
}

/* Reads the headers of what has arrived at a port, and gives the buffers back; the number of frames. */
static uint16_t port_receive(struct port *port)
{
    struct ring *ring = &port->receive;
    uint16_t there = ring_used(ring), frames = 0;
    if (!there)
        return 0;
    if (there > 2 * BURST)
        there = 2 * BURST;
    for (uint16_t i = 0; i < there; i++)
        __builtin_prefetch(ring->buffers + (size_t)ring->used->ring[(uint16_t)(ring->seen + i) % RING].id * BUFFER + 128);
    for (uint16_t i = 0; i < there;) {
        struct vring_used_elem first = ring->used->ring[(uint16_t)(ring->seen + i) % RING];
        const uint8_t *start = ring->buffers + (size_t)first.id * BUFFER + BUFFER_START;
        uint16_t buffers = *(const uint16_t *)(start + NET_HEADER - 2);
        const uint8_t *frame = start + NET_HEADER;
        if (!buffers || buffers > ring_used(ring) - i)
            die("a frame in %u buffers, of which %u are there", buffers, ring_used(ring) - i);
        uint32_t length = first.len;
        for (uint16_t part = 1; part < buffers; part++)
            length += ring->used->ring[(uint16_t)(ring->seen + i + part) % RING].len;
        strays += frame[0] != 0x52 || frame[3] != port->number || length != (uint32_t)(NET_HEADER + size);
        frames++;
        i += buffers;
        if (i >= there)
            there = i;
    }
    for (uint16_t i = 0; i < there; i++)
        ring->available->ring[ring->published++ % RING] = ring->used->ring[ring->seen++ % RING].id;
    ring_publish(ring);
    received[port->number] += frames;
    return frames;
}

static bool receive_all(void)
{
    uint32_t frames = 0;
    for (int i = 0; i < port_count; i++)
        frames += port_receive(&ports[i]);
    return frames;
}

static void receive_for(double seconds)
{
    double end = now() + seconds;
    do
        receive_all();
    while (now() < end);
}

/* Lets the back-end see each address as a source; twice, for what it loses. */
static void learn(void)
{
    double deadline = now() + PATIENCE_SECONDS;
    for (int round = 0; round < LEARNING_ROUNDS; round++) {
        for (int i = 0; i < flow_count; i++) {
            for (uint32_t told = 0; told < addresses;) {
                uint32_t left = addresses - told;
                told += flow_send(&flows[i], left < BURST ? left : BURST);
                receive_for(0.0001);
                if (now() > deadline)
                    die("the back-end takes no frames from port %d", flows[i].from->number);
            }
        }
        receive_for(0.2);
    }
}

/* From here on only those flows are there that carry traffic, the first of two. */
static void forget(void)
{
    memset(received, 0, sizeof received);
    strays = 0;
    if (ways == 1) {
        for (int i = 0; 2 * i < flow_count; i++)
            flows[i] = flows[2 * i];
        flow_count /= 2;
    }
    for (int i = 0; i < flow_count; i++)
        flows[i].sent = flows[i].offers = flows[i].offers_refused = flows[i].next = 0;
}

static uint64_t all_received(void)
{
    uint64_t sum = 0;
    for (int i = 0; i < flow_count; i++)
        sum += received[flows[i].to->number];
    return sum;
}

static void run_for(double seconds)
{
    nanos_at_begin = distance_nanos();
    double begin = now(), last = begin, slice = begin;
    uint64_t before = all_received();
    longest_gap = slice_count = 0;
    for (double time = begin; time < begin + seconds; time = now()) {
        for (int i = 0; i < flow_count; i++)
            flow_send(&flows[i], BURST);
        if (time - last > longest_gap)
            longest_gap = time - last;
        if (receive_all())
            last = time;
        if (time - slice >= SLICE_SECONDS) {
            uint64_t all = all_received();
            slices[slice_count++] = (struct slice){(all - before) / (time - slice), distance_nanos()};
            slice = now();
            before = all;
        }
    }
}

static void drain(void)
{
    for (double quiet = now(); now() - quiet < QUIET_MILLIS / 1e3;)
        if (receive_all())
            quiet = now();
}

static uint64_t sum_of_flows(size_t field)
{
    uint64_t sum = 0;
    for (int i = 0; i < flow_count; i++)
        sum += *(uint64_t *)((char *)&flows[i] + field);
    return sum;
}

static int measure(double seconds)
{
    uint64_t sent_before = sum_of_flows(offsetof(struct flow, sent)), received_before = all_received();
    double from = now(), own = seconds_by(CLOCK_THREAD_CPUTIME_ID);
    run_for(seconds);
    double took = now() - from;
    own = seconds_by(CLOCK_THREAD_CPUTIME_ID) - own;
    uint64_t in_time = all_received() - received_before;
    uint64_t sent = sum_of_flows(offsetof(struct flow, sent)), in_time_sent = sent - sent_before;
    drain();
    printf("{\"size\":%d,\"ways\":%d,\"ports\":%d,\"addresses\":%u,\"seconds\":%.3f,\"coreShare\":%.3f,\"sent\":%lu,\"received\":%lu,"
           "\"framesPerSecond\":%.0f,\"gbitPerSecond\":%.3f,\"lostOfAll\":%.6f,\"refusedOfBursts\":%.3f,\"longestGapMicros\":%.0f,\"strays\":%lu,\"slices\":[",
           size, ways, port_count, addresses * port_count, took, own / took, (unsigned long)in_time_sent, (unsigned long)in_time,
           in_time / took, in_time / took * size * 8 / 1e9, 1 - (double)all_received() / sent,
           (double)sum_of_flows(offsetof(struct flow, offers_refused)) / sum_of_flows(offsetof(struct flow, offers)),
           longest_gap * 1e6, (unsigned long)strays);
    for (int i = 0; i < slice_count; i++)
        printf("%s{\"framesPerSecond\":%.0f,\"nanosBefore\":%.0f,\"nanosAfter\":%.0f}", i ? "," : "", slices[i].rate,
               i ? slices[i - 1].nanos : nanos_at_begin, slices[i].nanos);
    puts("]}");
    return in_time && !strays ? 0 : 1;
}

static void stay_on(int core)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0)
        die("core %d: %s", core, strerror(errno));
}

int main(int argc, char **argv)
{
    char byte;
    if (argc == 3) {
        stay_on(number("CORE", argv[1], 0, CPU_SETSIZE - 1));
        distance_begin(number("OTHER_CORE", argv[2], 0, CPU_SETSIZE - 1));
        printf("%.0f\n", distance_nanos());
        return 0;
    }
    if (argc < 10)
        die("usage: rings SIZE WAYS ADDRESSES CORE OTHER_CORE FIRST_SECONDS SECONDS PATH... | rings CORE OTHER_CORE");
    size = number("SIZE", argv[1], LEAST, MOST);
    ways = number("WAYS", argv[2], 1, 2);
    port_count = argc - 8;
    if (port_count % 2 || port_count > MAX_PORTS)
        die("%d ports: must be pairs, and %d at most", port_count, MAX_PORTS);
    addresses = number("ADDRESSES", argv[3], port_count, 60000) / port_count;
    stay_on(number("CORE", argv[4], 0, CPU_SETSIZE - 1));
    distance_begin(number("OTHER_CORE", argv[5], 0, CPU_SETSIZE - 1));
    double first = number("FIRST_SECONDS", argv[6], 0, 3600), seconds = number("SECONDS", argv[7], 0.01, 86400);
    slices = calloc((first > seconds ? first : seconds) / SLICE_SECONDS + 1, sizeof *slices);
    if (!slices)
        die("no memory for %g seconds of slices", seconds);
    for (int i = 0; i < port_count; i++)
        port_open(&ports[i], i, argv[8 + i], buffers_a_frame());
    for (int i = 0; i < port_count; i++)
        flow_make(&ports[i], &ports[i ^ 1]);
    learn();
    puts("ready");
    fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0 && byte != '\n')
        ;
    receive_for(0.01);
    forget();
    run_for(first);
    return measure(seconds);
}
