/* Lets the back-end see each address as a source, from its port, before anything counts. */
#include "traffic.h"

#include <rte_cycles.h>

enum { ROUNDS = 2, PATIENCE_SECONDS = 20 };

void discard(double seconds)
{
    struct rte_mbuf *frames[MAX_RECEIVED];
    uint64_t end = rte_get_tsc_cycles() + cycles_of(seconds);
    do {
        loop_turn();
        for (uint16_t port = 0; port < options.ports; port++)
            rte_pktmbuf_free_bulk(frames, receive(port, frames));
    } while (rte_get_tsc_cycles() < end);
}

/* One frame of each address; what the back-end loses of them comes again in the next round. */
static void announce(struct flow *flow, uint64_t deadline)
{
    for (uint32_t sent = 0; sent < flow->macs; sent += flow->waiting_end) {
        flow_fill_plain(flow);
        while (!flow_push(flow)) {
            if (rte_get_tsc_cycles() > deadline)
                die("the back-end takes no frames from port %u", flow->from);
            discard(0.0001);
        }
        discard(0.0001);
    }
}

void learn(void)
{
    uint64_t deadline = rte_get_tsc_cycles() + cycles_of(PATIENCE_SECONDS);
    for (int round = 0; round < ROUNDS; round++) {
        for (uint16_t i = 0; i < flow_count; i++)
            announce(&flows[i], deadline);
        discard(options.settle);
    }
    for (uint16_t i = 0; i < flow_count; i++) {
        flows[i].next = flows[i].sent = flows[i].refused = flows[i].offers = flows[i].offers_refused = 0;
        flow_to[flows[i].to] = &flows[i];
    }
    /* From here on only those flows are there that carry traffic. */
    if (options.ways == 1) {
        flow_count /= 2;
        for (int port = 0; port < options.ports; port += 2)
            flow_to[port] = NULL;
    }
}
