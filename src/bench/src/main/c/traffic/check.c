/*
 * Every frame looked at: numbered, and full of a pattern that comes from its number. A window of frames on their way keeps
 * a correct back-end from losing any, since no ring of the receiver's runs full. Order is what frames with the same
 * addresses keep among each other; a switch may sort what it takes at once by where it goes.
 */
#include "traffic.h"

#include <rte_cycles.h>
#include <stdio.h>
#include <stdlib.h>

enum { REMEMBERED = 1 << 16, QUIET_MILLIS = 200, STUCK_MILLIS = 100 };

struct arrivals {
    uint64_t highest; /* sequence number that has come, + 1 */
    uint64_t *highest_of; /* the same for each address */
    uint64_t received, reordered, duplicate, corrupt;
    uint64_t waited_for; /* sequence numbers below are no longer waited for by the window */
    uint64_t last, longest_gap;
    uint64_t stalls;
    uint64_t seen[REMEMBERED]; /* sequence number + 1, by its lower bits */
};

static struct arrivals arrivals[MAX_PORTS];
static uint64_t strays;

static void arrived(struct arrivals *a, uint32_t macs, uint64_t sequence)
{
    uint64_t *slot = &a->seen[sequence % REMEMBERED], *of_address = &a->highest_of[sequence % macs];
    if (*slot == sequence + 1) {
        a->duplicate++;
        return;
    }
    *slot = sequence + 1;
    a->received++;
    if (sequence < *of_address)
        a->reordered++;
    else
        *of_address = sequence + 1;
    if (sequence >= a->highest)
        a->highest = sequence + 1;
}

static bool poll_port(uint16_t port, uint64_t now)
{
    struct rte_mbuf *frames[MAX_RECEIVED];
    struct arrivals *a = &arrivals[port];
    uint16_t count = receive(port, frames);
    for (uint16_t i = 0; i < count; i++) {
        uint64_t sequence;
        enum verdict verdict = flow_to[port] ? frame_verdict(frames[i], flow_to[port], &sequence) : STRAY;
        if (verdict == STRAY)
            strays++;
        else if (verdict == CORRUPT || sequence >= flow_to[port]->next)
            a->corrupt++;
        else
            arrived(a, flow_to[port]->macs, sequence);
    }
    rte_pktmbuf_free_bulk(frames, count);
    if (count) {
        if (now - a->last > a->longest_gap)
            a->longest_gap = now - a->last;
        a->last = now;
    }
    return count != 0;
}

/* How many frames more the flow may have on their way. */
static uint16_t room(struct flow *flow, uint64_t now)
{
    struct arrivals *a = &arrivals[flow->to];
    uint64_t floor = a->waited_for > a->highest ? a->waited_for : a->highest;
    uint64_t on_their_way = flow->sent - floor;
    if (on_their_way < (uint64_t)options.window)
        return options.window - on_their_way;
    if (now - a->last > cycles_of(STUCK_MILLIS / 1e3)) {
        a->stalls++;
        a->waited_for = flow->sent;
        a->last = now;
        return options.window;
    }
    return 0;
}

static void exchange(double seconds)
{
    uint64_t now = rte_get_tsc_cycles(), end = now + cycles_of(seconds);
    for (uint16_t port = 0; port < options.ports; port++)
        arrivals[port].last = now;
    for (; now < end; now = rte_get_tsc_cycles()) {
        for (uint16_t i = 0; i < flow_count; i++) {
            struct flow *flow = &flows[i];
            if (flow->waiting_first == flow->waiting_end)
                flow_fill_checked(flow, room(flow, now));
            flow_push(flow);
        }
        loop_turn();
        for (uint16_t port = 0; port < options.ports; port++)
            poll_port(port, now);
    }
    uint64_t quiet = now;
    while (now - quiet < cycles_of(QUIET_MILLIS / 1e3)) {
        loop_turn();
        for (uint16_t port = 0; port < options.ports; port++)
            if (poll_port(port, now))
                quiet = now;
        now = rte_get_tsc_cycles();
    }
}

int check(void)
{
    uint64_t sent = 0, refused = 0, longest = 0;
    struct arrivals sum = {0};
    for (uint16_t i = 0; i < flow_count; i++) {
        struct arrivals *a = &arrivals[flows[i].to];
        a->highest_of = calloc(flows[i].macs, sizeof *a->highest_of);
        if (!a->highest_of)
            die("no memory for %u addresses", flows[i].macs);
    }
    uint64_t from = rte_get_tsc_cycles();
    exchange(options.seconds);
    double took = seconds_of(rte_get_tsc_cycles() - from);
    for (uint16_t i = 0; i < flow_count; i++) {
        struct arrivals *a = &arrivals[flows[i].to];
        /* Those that the ring has not taken were not sent. */
        flow_forget_waiting(&flows[i]);
        sent += flows[i].sent;
        refused += flows[i].refused;
        sum.received += a->received;
        sum.reordered += a->reordered;
        sum.duplicate += a->duplicate;
        sum.corrupt += a->corrupt;
        sum.stalls += a->stalls;
        if (a->longest_gap > longest)
            longest = a->longest_gap;
        free(a->highest_of);
    }
    uint64_t lost = sent - sum.received;
    bool good = sent && !lost && !sum.reordered && !sum.duplicate && !sum.corrupt && !strays;
    printf("{\"mode\":\"check\",\"size\":%d,\"ways\":%d,\"ports\":%d,\"macs\":%d,\"window\":%d,\"seconds\":%.3f,\"sent\":%lu,\"received\":%lu,"
           "\"lost\":%lu,\"reordered\":%lu,\"duplicate\":%lu,\"corrupt\":%lu,\"strays\":%lu,\"refused\":%lu,\"stalls\":%lu,"
           "\"longestGapMillis\":%.3f,\"good\":%s}\n",
           options.size, options.ways, options.ports, options.macs, options.window, took, (unsigned long)sent,
           (unsigned long)sum.received, (unsigned long)lost, (unsigned long)sum.reordered, (unsigned long)sum.duplicate,
           (unsigned long)sum.corrupt, (unsigned long)strays, (unsigned long)refused, (unsigned long)sum.stalls,
           seconds_of(longest) * 1e3, good ? "true" : "false");
    return good ? 0 : 1;
}
