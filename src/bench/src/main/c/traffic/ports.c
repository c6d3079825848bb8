/* The ports: DPDK's virtio-user driver, which is a guest's driver without a guest. */
#include "traffic.h"

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mempool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DRIVER_BURST = 64, CACHE = 256, CONNECT_SECONDS = 20 };

static uint16_t guest[MAX_PORTS];   /* DPDK's numbers of the ports */
static uint16_t backend[MAX_PORTS]; /* and of the back-end's ends, with loop=1 */
static struct rte_mempool *sending[MAX_PORTS];
static struct rte_mempool *receiving;
static char loop_directory[] = "/tmp/traffic.XXXXXX";

static int segments(void)
{
    return (options.size + options.room - 1) / options.room;
}

static void start_eal(void)
{
    char core[16], memory[16];
    char *argv[16];
    int argc = 0;
    snprintf(core, sizeof core, "%d", options.core);
    snprintf(memory, sizeof memory, "%d", options.memory);
    argv[argc++] = "traffic";
    argv[argc++] = "-l";
    argv[argc++] = core;
    argv[argc++] = "-m";
    argv[argc++] = memory;
    argv[argc++] = "--no-pci";
    argv[argc++] = "--no-telemetry";
    argv[argc++] = "--log-level=warning";
    /* One file for all memory: back-ends take no more than eight regions. */
    if (options.huge) {
        argv[argc++] = "--in-memory";
        argv[argc++] = "--single-file-segments";
    } else {
        argv[argc++] = "--no-huge";
        argv[argc++] = "--no-shconf";
    }
    if (rte_eal_init(argc, argv) < 0)
        die("start DPDK: %s", rte_strerror(rte_errno));
}

static struct rte_mempool *pool(const char *name, int number, int buffers)
{
    char full[RTE_MEMPOOL_NAMESIZE];
    snprintf(full, sizeof full, "%s%d", name, number);
    struct rte_mempool *made = rte_pktmbuf_pool_create(full, buffers, CACHE, 0, options.room + RTE_PKTMBUF_HEADROOM, 0);
    if (!made)
        die("make a pool of %d buffers of %d bytes: %s", buffers, options.room, rte_strerror(rte_errno));
    return made;
}

/* Room that nothing was written to does not look like a frame's. */
static void blacken(struct rte_mempool *of, void *unused, void *object, unsigned number)
{
    struct rte_mbuf *buffer = object;
    (void)of, (void)unused, (void)number;
    memset((char *)buffer->buf_addr, 0xdb, buffer->buf_len);
}

static uint16_t device(const char *name, const char *arguments)
{
    uint16_t number;
    if (rte_eal_hotplug_add("vdev", name, arguments) != 0 || rte_eth_dev_get_port_by_name(name, &number) != 0)
        die("make device %s,%s", name, arguments);
    return number;
}

static void start(uint16_t number, struct rte_mempool *buffers)
{
    struct rte_eth_conf conf;
    struct rte_eth_dev_info info;
    memset(&conf, 0, sizeof conf);
    if (rte_eth_dev_info_get(number, &info) != 0)
        die("ask about port %d", number);
    conf.rxmode.mtu = options.size - RTE_ETHER_HDR_LEN > RTE_ETHER_MTU ? options.size - RTE_ETHER_HDR_LEN : RTE_ETHER_MTU;
    conf.rxmode.offloads = info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER;
    conf.txmode.offloads = info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
    if (rte_eth_dev_configure(number, 1, 1, &conf) != 0
        || rte_eth_rx_queue_setup(number, 0, options.ring, SOCKET_ID_ANY, NULL, buffers) != 0
        || rte_eth_tx_queue_setup(number, 0, options.ring, SOCKET_ID_ANY, NULL) != 0
        || rte_eth_dev_start(number) != 0)
        die("start port %d", number);
}

static void make_backend(int i)
{
    static char paths[MAX_PORTS][64];
    char name[32], arguments[128];
    snprintf(paths[i], sizeof paths[i], "%s/%d", loop_directory, i);
    snprintf(name, sizeof name, "net_vhost%d", i);
    snprintf(arguments, sizeof arguments, "iface=%s", paths[i]);
    backend[i] = device(name, arguments);
    start(backend[i], receiving);
    options.paths[i] = paths[i];
}

static void make_guest(int i)
{
    char name[32], arguments[256];
    snprintf(name, sizeof name, "net_virtio_user%d", i);
    snprintf(arguments, sizeof arguments, "path=%s,queue_size=%d,mrg_rxbuf=1,in_order=%d,packed_vq=0%s,mac=52:54:%02x:%02x:00:00",
             options.paths[i], options.ring, options.in_order, options.listens[i] ? ",server=1" : "", 0, options.first_port + i);
    guest[i] = device(name, arguments);
    sending[i] = pool("sending", i, (options.ring + MAX_BURST + CACHE) * (segments() + 1));
    rte_mempool_obj_iter(sending[i], blacken, NULL);
    start(guest[i], receiving);
}

/* A port that listens is there before its back-end; this also takes the connection. */
static void await_link(int i)
{
    uint64_t end = rte_get_tsc_cycles() + cycles_of(CONNECT_SECONDS);
    struct rte_eth_link link;
    do {
        if (rte_eth_link_get_nowait(guest[i], &link) == 0 && link.link_status == RTE_ETH_LINK_UP)
            return;
        usleep(1000);
    } while (rte_get_tsc_cycles() < end);
    die("no back-end at %s for %d s", options.paths[i], CONNECT_SECONDS);
}

void ports_open(void)
{
    start_eal();
    int sides = options.loop ? 3 : 1;
    receiving = pool("receiving", 0, sides * options.ports * (options.ring + MAX_BURST) + MAX_RECEIVED + 2 * CACHE);
    rte_mempool_obj_iter(receiving, blacken, NULL);
    if (options.loop && !mkdtemp(loop_directory))
        die("make %s", loop_directory);
    for (int i = 0; options.loop && i < options.ports; i++)
        make_backend(i);
    for (int i = 0; i < options.ports; i++)
        make_guest(i);
    for (int i = 0; i < options.ports; i++)
        await_link(i);
}

void ports_close(void)
{
    for (int i = 0; i < options.ports; i++) {
        rte_eth_dev_stop(guest[i]);
        rte_eth_dev_close(guest[i]);
    }
    for (int i = 0; options.loop && i < options.ports; i++) {
        rte_eth_dev_stop(backend[i]);
        rte_eth_dev_close(backend[i]);
    }
    if (options.loop)
        rmdir(loop_directory);
    rte_eal_cleanup();
}

struct rte_mbuf *frame_new(const struct flow *flow)
{
    struct rte_mbuf *parts[MAX_SEGMENTS];
    int count = segments(), left = options.size;
    if (rte_pktmbuf_alloc_bulk(sending[flow->from], parts, count) != 0)
        return NULL;
    for (int i = 0; i < count; i++) {
        parts[i]->data_len = left < options.room ? left : options.room;
        parts[i]->next = i + 1 < count ? parts[i + 1] : NULL;
        left -= parts[i]->data_len;
    }
    parts[0]->pkt_len = options.size;
    parts[0]->nb_segs = count;
    return parts[0];
}

uint16_t receive(uint16_t port, struct rte_mbuf **frames)
{
    /* The driver counts buffers, not frames, and takes no more than DRIVER_BURST of them at once. */
    int buffers = options.burst * segments(), all = 0;
    for (int taken = 0; taken < buffers && all + DRIVER_BURST <= MAX_RECEIVED; taken += DRIVER_BURST) {
        uint16_t count = rte_eth_rx_burst(guest[port], 0, frames + all, buffers < DRIVER_BURST ? buffers : DRIVER_BURST);
        if (!count)
            break;
        all += count;
    }
    return all;
}

bool flow_push(struct flow *flow)
{
    uint16_t offered = flow->waiting_end - flow->waiting_first;
    if (offered) {
        uint16_t taken = rte_eth_tx_burst(guest[flow->from], 0, flow->waiting + flow->waiting_first, offered);
        flow->sent += taken;
        flow->refused += offered - taken;
        flow->offers++;
        flow->offers_refused += taken < offered;
        flow->waiting_first += taken;
    }
    return flow->waiting_first == flow->waiting_end;
}

void loop_turn(void)
{
    struct rte_mbuf *frames[MAX_BURST];
    for (int i = 0; options.loop && i < options.ports; i++) {
        uint16_t count = rte_eth_rx_burst(backend[i], 0, frames, options.burst);
        if (count) {
            uint16_t taken = rte_eth_tx_burst(backend[i ^ 1], 0, frames, count);
            rte_pktmbuf_free_bulk(frames + taken, count - taken);
        }
    }
}
