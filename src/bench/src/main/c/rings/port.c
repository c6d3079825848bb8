/* A guest's memory: two rings and a buffer for each descriptor, in huge pages of a file of its own. */
#include "rings.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGE = 2 << 20, TABLES = 64 << 10 };

static void lay_out(struct ring *ring, uint8_t *tables, uint8_t *buffers)
{
    ring->descriptors = (void *)tables;
    ring->available = (void *)(tables + 32 * 1024);
    ring->used = (void *)(tables + 40 * 1024);
    ring->buffers = buffers;
    ring->available->flags = VRING_AVAIL_F_NO_INTERRUPT;
    ring->kick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    ring->call = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (ring->kick < 0 || ring->call < 0)
        die("eventfd: %s", strerror(errno));
}

static void describe(struct ring *ring, int number, uint32_t length, uint16_t flags)
{
    ring->descriptors[number] = (struct vring_desc){
        (uintptr_t)ring->buffers + (size_t)number * BUFFER + BUFFER_START, length, flags, (uint16_t)(number + 1)};
}

void port_open(struct port *port, int number, const char *path, int buffers_a_frame)
{
    size_t size = (2 * TABLES + 2 * (size_t)RING * BUFFER + PAGE - 1) / PAGE * PAGE;
    port->number = number;
    port->memory = memfd_create("guest", MFD_CLOEXEC | MFD_HUGETLB);
    if (port->memory < 0 || ftruncate(port->memory, size) != 0)
        die("memory of %zu bytes: %s", size, strerror(errno));
    port->base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, port->memory, 0);
    if (port->base == MAP_FAILED)
        die("map %zu bytes of huge pages: %s", size, strerror(errno));
    uint8_t *buffers = port->base + 2 * TABLES;
    memset(buffers, 0xdb, 2 * (size_t)RING * BUFFER);
    lay_out(&port->receive, port->base, buffers);
    lay_out(&port->send, port->base + TABLES, buffers + (size_t)RING * BUFFER);
    for (int i = 0; i < RING; i++) {
        describe(&port->receive, i, NET_HEADER + ROOM, VRING_DESC_F_WRITE);
        port->receive.available->ring[i] = i;
        /* A frame's first buffer has the virtio header before it, in the same descriptor. */
        bool last = i % buffers_a_frame == buffers_a_frame - 1;
        describe(&port->send, i, ROOM + (i % buffers_a_frame ? 0 : NET_HEADER), last ? 0 : VRING_DESC_F_NEXT);
    }
    port->receive.published = RING;
    port->receive.available->idx = RING;
    frontend_connect(port, path, size);
}

uint16_t ring_used(const struct ring *ring)
{
    return __atomic_load_n(&ring->used->idx, __ATOMIC_ACQUIRE) - ring->seen;
}

void ring_publish(struct ring *ring)
{
    __atomic_store_n(&ring->available->idx, ring->published, __ATOMIC_RELEASE);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (!(__atomic_load_n(&ring->used->flags, __ATOMIC_RELAXED) & VRING_USED_F_NO_NOTIFY)) {
        uint64_t one = 1;
        if (write(ring->kick, &one, sizeof one) < 0 && errno != EAGAIN)
            die("kick: %s", strerror(errno));
    }
}
