/* What is in a frame. */
#include "traffic.h"

#include <rte_byteorder.h>
#include <rte_cycles.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IPV4_TTL = 64, UDP_PORT = 4000 };

uint16_t flow_count;
struct flow flows[MAX_PORTS];
struct flow *flow_to[MAX_PORTS];

static void address(struct rte_ether_addr *mac, rte_be32_t *ip, int port, uint32_t n)
{
    uint8_t bytes[RTE_ETHER_ADDR_LEN] = {0x52, 0x54, 0, options.first_port + port, n >> 8, n};
    memcpy(mac->addr_bytes, bytes, sizeof bytes);
    *ip = rte_cpu_to_be_32(10u << 24 | (uint32_t)(options.first_port + port) << 16 | n);
}

static void header_make(struct header *h, int from, int to, uint32_t n)
{
    rte_be32_t source, target;
    memset(h, 0, sizeof *h);
    address(&h->ether.src_addr, &source, from, n);
    address(&h->ether.dst_addr, &target, to, n);
    h->ether.ether_type = rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4);
    h->ip.version_ihl = RTE_IPV4_VHL_DEF;
    h->ip.total_length = rte_cpu_to_be_16(options.size - sizeof h->ether);
    h->ip.time_to_live = IPV4_TTL;
    h->ip.next_proto_id = IPPROTO_UDP;
    h->ip.src_addr = source;
    h->ip.dst_addr = target;
    h->ip.hdr_checksum = rte_ipv4_cksum(&h->ip);
    h->udp.src_port = h->udp.dst_port = rte_cpu_to_be_16(UDP_PORT);
    h->udp.dgram_len = rte_cpu_to_be_16(options.size - sizeof h->ether - sizeof h->ip);
}

static void flow_make(int from, int to)
{
    struct flow *flow = &flows[flow_count];
    flow->number = flow_count++;
    flow->from = from;
    flow->to = to;
    flow->macs = options.macs / options.ports;
    flow->headers = calloc(flow->macs, sizeof *flow->headers);
    if (!flow->headers)
        die("no memory for %u headers", flow->macs);
    for (uint32_t n = 0; n < flow->macs; n++)
        header_make(&flow->headers[n], from, to, n);
    flow_to[to] = flow;
}

/* Those of the wanted direction first: where traffic goes one way, the others are for learning alone. */
void flows_make(void)
{
    for (int port = 0; port < options.ports; port += 2)
        flow_make(port, port + 1);
    for (int port = 0; port < options.ports; port += 2)
        flow_make(port + 1, port);
}

void flow_fill_plain(struct flow *flow)
{
    flow->waiting_first = flow->waiting_end = 0;
    while (flow->waiting_end < options.burst) {
        struct rte_mbuf *frame = frame_new(flow);
        if (!frame)
            return;
        memcpy(rte_pktmbuf_mtod(frame, void *), &flow->headers[flow->next], sizeof(struct header));
        if (++flow->next == flow->macs)
            flow->next = 0;
        flow->waiting[flow->waiting_end++] = frame;
    }
}

static uint64_t word(uint64_t seed, uint32_t n)
{
    uint64_t x = (seed + n) * 0x9e3779b97f4a7c15;
    return x ^ x >> 29;
}

static uint64_t seed(const struct tag *tag)
{
    return (tag->sequence + 1) * 0xbf58476d1ce4e5b9 ^ (uint64_t)tag->flow << 48;
}

static void bytes_make(uint8_t *bytes, const struct flow *flow, uint64_t sequence)
{
    struct tag tag = {flow->number, sequence};
    uint64_t from = seed(&tag);
    uint8_t *at = bytes + sizeof(struct header) + sizeof tag, *end = bytes + options.size;
    memcpy(bytes, &flow->headers[sequence % flow->macs], sizeof(struct header));
    memcpy(bytes + sizeof(struct header), &tag, sizeof tag);
    for (uint32_t n = 0; at < end; n++, at += sizeof(uint64_t)) {
        uint64_t value = word(from, n);
        memcpy(at, &value, end - at < (int)sizeof value ? (size_t)(end - at) : sizeof value);
    }
}

void flow_fill_checked(struct flow *flow, uint16_t most)
{
    uint8_t bytes[MAX_FRAME];
    flow->waiting_first = flow->waiting_end = 0;
    while (flow->waiting_end < most && flow->waiting_end < options.burst) {
        struct rte_mbuf *frame = frame_new(flow);
        uint32_t done = 0;
        if (!frame)
            return;
        bytes_make(bytes, flow, flow->next++);
        for (struct rte_mbuf *part = frame; part; done += part->data_len, part = part->next)
            memcpy(rte_pktmbuf_mtod(part, void *), bytes + done, part->data_len);
        flow->waiting[flow->waiting_end++] = frame;
    }
}

void flow_forget_waiting(struct flow *flow)
{
    rte_pktmbuf_free_bulk(flow->waiting + flow->waiting_first, flow->waiting_end - flow->waiting_first);
    flow->waiting_first = flow->waiting_end = 0;
}

bool frame_is_for(const struct rte_mbuf *frame, uint16_t port)
{
    const struct header *h = rte_pktmbuf_mtod(frame, const struct header *);
    return frame->data_len >= sizeof *h && h->ether.dst_addr.addr_bytes[0] == 0x52 && h->ether.dst_addr.addr_bytes[3] == options.first_port + port;
}

enum verdict frame_verdict(const struct rte_mbuf *frame, const struct flow *flow, uint64_t *sequence)
{
    uint8_t copied[MAX_FRAME], wanted[MAX_FRAME];
    struct tag tag;
    if (frame->pkt_len != (uint32_t)options.size) {
        fprintf(stderr, "traffic: a frame of %u bytes came\n", frame->pkt_len);
        return CORRUPT;
    }
    const uint8_t *bytes = rte_pktmbuf_read(frame, 0, options.size, copied);
    memcpy(&tag, bytes + sizeof(struct header), sizeof tag);
    *sequence = tag.sequence;
    bytes_make(wanted, flow, tag.sequence);
    if (memcmp(bytes, wanted, options.size) == 0)
        return GOOD;
    if (!frame_is_for(frame, flow->to))
        return STRAY;
    int at = 0;
    while (bytes[at] == wanted[at])
        at++;
    fprintf(stderr, "traffic: flow %u, frame %lu: byte %d is %02x, should be %02x\n", flow->number, (unsigned long)tag.sequence, at,
            bytes[at], wanted[at]);
    return CORRUPT;
}
