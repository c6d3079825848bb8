/* As many frames as go through: what arrives in a second, once it runs. */
#include "traffic.h"

#include <rte_cycles.h>
#include <stdio.h>
#include <time.h>

enum { QUIET_MILLIS = 100, STUCK_MICROS = 2000 };

struct arrivals {
    uint64_t received;
    uint64_t forgiven; /* frames that the window no longer waits for */
    uint64_t last;     /* the cycle count at the last arrival, kept only with a window */
};

static struct arrivals arrivals[MAX_PORTS];
static uint64_t strays, sampled;

/* One frame of each burst is looked at; to look at all would be what is measured. */
static bool poll_ports(uint64_t now)
{
    struct rte_mbuf *frames[MAX_RECEIVED];
    bool any = false;
    for (uint16_t port = 0; port < options.ports; port++) {
        uint16_t count = receive(port, frames);
        if (!count)
            continue;
        sampled++;
        if (!flow_to[port] || !frame_is_for(frames[0], port) || frames[0]->pkt_len != (uint32_t)options.size)
            strays++;
        rte_pktmbuf_free_bulk(frames, count);
        arrivals[port].received += count;
        arrivals[port].last = now;
        any = true;
    }
    return any;
}

static bool window_open(const struct flow *flow, uint64_t now)
{
    struct arrivals *a = &arrivals[flow->to];
    if (!options.window || flow->sent - a->received - a->forgiven < (uint64_t)options.window)
        return true;
    if (now - a->last < cycles_of(STUCK_MICROS / 1e6))
        return false;
    a->forgiven = flow->sent - a->received;
    a->last = now;
    return true;
}

static void run_until(uint64_t end)
{
    for (uint64_t now = rte_get_tsc_cycles(); now < end; now = rte_get_tsc_cycles()) {
        for (uint16_t i = 0; i < flow_count; i++) {
            struct flow *flow = &flows[i];
            if (window_open(flow, now)) {
                if (flow->waiting_first == flow->waiting_end)
                    flow_fill_plain(flow);
                flow_push(flow);
            }
        }
        loop_turn();
        poll_ports(now);
    }
}

static void drain(void)
{
    uint64_t now = rte_get_tsc_cycles(), quiet = now;
    while (now - quiet < cycles_of(QUIET_MILLIS / 1e3)) {
        loop_turn();
        if (poll_ports(now))
            quiet = now;
        now = rte_get_tsc_cycles();
    }
}

static uint64_t received(void)
{
    uint64_t sum = 0;
    for (uint16_t i = 0; i < flow_count; i++)
        sum += arrivals[flows[i].to].received;
    return sum;
}

/* The share of bursts that the ring did not take whole: near 0, it was the sender that was too slow. */
static double refused(void)
{
    uint64_t offers = 0, refused = 0;
    for (uint16_t i = 0; i < flow_count; i++) {
        offers += flows[i].offers;
        refused += flows[i].offers_refused;
    }
    return offers ? (double)refused / offers : 0;
}

static uint64_t sent(void)
{
    uint64_t sum = 0;
    for (uint16_t i = 0; i < flow_count; i++)
        sum += flows[i].sent;
    return sum;
}

static double own_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

int rate(void)
{
    uint64_t begin = rte_get_tsc_cycles();
    for (uint16_t i = 0; i < flow_count; i++)
        arrivals[flows[i].to].last = begin;
    run_until(begin + cycles_of(options.warmup));
    strays = sampled = 0;
    uint64_t sent_before = sent(), received_before = received(), from = rte_get_tsc_cycles();
    double own = own_seconds();
    run_until(from + cycles_of(options.seconds));
    double took = seconds_of(rte_get_tsc_cycles() - from);
    own = own_seconds() - own;
    uint64_t in_time_sent = sent() - sent_before, in_time = received() - received_before;
    for (uint16_t i = 0; i < flow_count; i++)
        flow_forget_waiting(&flows[i]);
    drain();
    printf("{\"mode\":\"rate\",\"size\":%d,\"ways\":%d,\"ports\":%d,\"macs\":%d,\"seconds\":%.3f,\"coreShare\":%.3f,\"sent\":%lu,\"received\":%lu,"
           "\"sentPerSecond\":%.0f,\"framesPerSecond\":%.0f,\"gbitPerSecond\":%.3f,\"lostOfAll\":%.6f,\"refusedOfBursts\":%.3f,\"sampled\":%lu,\"strays\":%lu}\n",
           options.size, options.ways, options.ports, options.macs, took, own / took, (unsigned long)in_time_sent, (unsigned long)in_time,
           in_time_sent / took, in_time / took, in_time / took * options.size * 8 / 1e9,
           sent() ? 1 - (double)received() / sent() : 0, refused(), (unsigned long)sampled, (unsigned long)strays);
    return in_time && !strays ? 0 : 1;
}
