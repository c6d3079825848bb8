/*
 * The guests' side of vhost-user ports at next to no cost a frame: its own front-end and its own rings, on one core, no
 * library. What DPDK's driver does for each buffer (take it from a pool, fill its descriptors, give it back) is done once.
 */
#ifndef RINGS_H
#define RINGS_H

#include "../program.h"

#include <linux/virtio_ring.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    MAX_PORTS = 64,
    RING = 1024,
    ROOM = 2048,           /* bytes of a frame in one buffer */
    NET_HEADER = 12,       /* struct virtio_net_hdr_v1 */
    BUFFER = 2304,         /* from one buffer to the next; not a power of two, which would be few of the cache's sets */
    BUFFER_START = 128 - NET_HEADER, /* so that a frame starts a cache line */
    BURST = 32,
    FRAME_HEADER = 42,     /* Ethernet, IPv4, UDP */
};

struct ring {
    struct vring_desc *descriptors;
    struct vring_avail *available;
    struct vring_used *used;
    uint8_t *buffers;
    uint16_t published, seen; /* the own indexes: of heads made available, of used entries dealt with */
    int kick, call;
};

struct port {
    int number, memory, socket;
    uint8_t *base;
    struct ring receive, send;
};

/* port.c: a guest with its memory and its rings, every receive buffer made available. */
void port_open(struct port *port, int number, const char *path, int buffers_a_frame);

/* frontend.c: the messages that hand the port's memory and rings to the back-end which listens at path. */
void frontend_connect(struct port *port, const char *path, size_t memory_size);

/* distance.c: once at the begin, which core it is that distance_nanos() asks. */
void distance_begin(int core);

/*
 * In nanoseconds, how long a cache line takes to that core and back. A tenth of a millisecond, in which whatever else runs there
 * waits. A hypervisor may run its virtual cores on whichever it likes, and with that it changes what two of them can reach.
 */
double distance_nanos(void);

/* Makes what was published visible, and calls the back-end where it wants to be called. */
void ring_publish(struct ring *ring);

/* The used entries that are there and not yet dealt with. */
uint16_t ring_used(const struct ring *ring);

#endif
