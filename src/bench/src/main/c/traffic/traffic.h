/*
 * A guest's side of vhost-user ports, on one core: sends frames through a back-end, and counts, checks or times what arrives.
 *
 * A frame is Ethernet, IPv4, UDP; its size is without the checksum of the wire. Ports come in pairs, the first with the
 * second and so on; a flow leads from one port of a pair to the other. Each port has as many addresses as the others, and
 * a flow's frames take turns with them: the n-th address of the one port sends to the n-th of the other.
 */
#ifndef TRAFFIC_H
#define TRAFFIC_H

#include "../program.h"

#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_mbuf.h>
#include <rte_udp.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    MAX_PORTS = 32, /* of one process: DPDK has no more */
    MAX_BURST = 64,
    MAX_RECEIVED = 256,
    MAX_FRAME = 9216,
    MAX_SEGMENTS = 16,
    LEAST_FRAME = 64,
};

struct options {
    const char *mode;
    const char *paths[MAX_PORTS];
    bool listens[MAX_PORTS];
    int ports;
    bool loop; /* the vhost library in this process, polled by the same loop, as back-end */
    int core, other_core, first_port;
    bool wait;
    int size, ways, macs;
    int window; /* of frames on their way in one flow; 0: as many as the rings take */
    int ring, room, burst;
    double seconds, warmup, settle, silence;
    int times;
    int memory;
    bool huge, in_order;
};

/* What all frames of a flow with the same addresses begin with. */
struct header {
    struct rte_ether_hdr ether;
    struct rte_ipv4_hdr ip;
    struct rte_udp_hdr udp;
};
_Static_assert(sizeof(struct header) == 42, "as on the wire");

/* What follows it where frames are checked; the rest is a pattern that comes from both. */
struct tag {
    uint16_t flow;
    uint64_t sequence;
} __attribute__((packed));

struct flow {
    uint16_t number, from, to; /* ports */
    uint32_t macs;
    struct header *headers; /* one for each address */
    uint64_t next;          /* the sequence number of the frame to be made next */
    struct rte_mbuf *waiting[MAX_BURST];
    uint16_t waiting_first, waiting_end;
    uint64_t sent;    /* taken by the ring */
    uint64_t refused; /* not taken, each time that one was offered; offered again after */
    uint64_t offers, offers_refused; /* of bursts, and those that the ring did not take whole */
};

extern struct options options;
extern uint16_t flow_count;
extern struct flow flows[MAX_PORTS];
extern struct flow *flow_to[MAX_PORTS]; /* by the port that it leads to; a null pointer where none does */

double seconds_of(uint64_t cycles);
uint64_t cycles_of(double seconds);

/* ports.c */
void ports_open(void);
void ports_close(void);
/* A buffer chain of options.size bytes of the port that a flow starts at, and how many segments; null when there are none. */
struct rte_mbuf *frame_new(const struct flow *flow);
/* Takes what has arrived, at most MAX_RECEIVED. */
uint16_t receive(uint16_t port, struct rte_mbuf **frames);
/* Offers the frames that wait; true when none is left. */
bool flow_push(struct flow *flow);
/* What a back-end in this process has to do, if there is one. */
void loop_turn(void);

/* frames.c */
void flows_make(void);
/* Makes frames until a burst waits. */
void flow_fill_plain(struct flow *flow);
void flow_fill_checked(struct flow *flow, uint16_t most);
void flow_forget_waiting(struct flow *flow);
enum verdict { GOOD, STRAY, CORRUPT };
bool frame_is_for(const struct rte_mbuf *frame, uint16_t port);
enum verdict frame_verdict(const struct rte_mbuf *frame, const struct flow *flow, uint64_t *sequence);

/* Lets the back-end learn all addresses. */
void learn(void);
/* Takes what arrives for so long, and lets it go. */
void discard(double seconds);

int rate(void);
int check(void);
int latency(void);
int hold(void);

#endif
