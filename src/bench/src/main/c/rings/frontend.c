/* The front-end's part of vhost-user, as in QEMU's docs/interop/vhost-user.rst, as much of it as two rings need. */
#include "rings.h"

#include <errno.h>
#include <linux/virtio_config.h>
#include <linux/virtio_net.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum request {
    GET_FEATURES = 1,
    SET_FEATURES = 2,
    SET_OWNER = 3,
    SET_MEM_TABLE = 5,
    SET_VRING_NUM = 8,
    SET_VRING_ADDR = 9,
    SET_VRING_BASE = 10,
    SET_VRING_KICK = 12,
    SET_VRING_CALL = 13,
    GET_PROTOCOL_FEATURES = 15,
    SET_PROTOCOL_FEATURES = 16,
    SET_VRING_ENABLE = 18,
};

enum { VERSION = 1, F_PROTOCOL_FEATURES = 30 };

struct message {
    uint32_t request, flags, size;
    union {
        uint64_t u64;
        struct {
            uint32_t ring, value;
        } state;
        struct {
            uint32_t ring, flags;
            uint64_t descriptors, used, available, log;
        } address;
        struct {
            uint32_t regions, padding;
            uint64_t guest, size, user, offset;
        } table;
    };
} __attribute__((packed));

static void send_message(int socket, const struct message *m, int fd)
{
    struct iovec bytes = {(void *)m, offsetof(struct message, u64) + m->size};
    union {
        struct cmsghdr align;
        char space[CMSG_SPACE(sizeof fd)];
    } control;
    struct msghdr header = {.msg_iov = &bytes, .msg_iovlen = 1};
    if (fd >= 0) {
        header.msg_control = &control;
        header.msg_controllen = sizeof control;
        struct cmsghdr *with = CMSG_FIRSTHDR(&header);
        with->cmsg_level = SOL_SOCKET;
        with->cmsg_type = SCM_RIGHTS;
        with->cmsg_len = CMSG_LEN(sizeof fd);
        memcpy(CMSG_DATA(with), &fd, sizeof fd);
    }
    if (sendmsg(socket, &header, 0) != (ssize_t)bytes.iov_len)
        die("send request %u: %s", m->request, strerror(errno));
}

static void tell(int socket, enum request request, uint64_t value, int fd)
{
    send_message(socket, &(struct message){.request = request, .flags = VERSION, .size = sizeof value, .u64 = value}, fd);
}

static uint64_t ask(int socket, enum request request)
{
    struct message m = {.request = request, .flags = VERSION};
    size_t wanted = offsetof(struct message, u64) + sizeof m.u64;
    send_message(socket, &m, -1);
    if (recv(socket, &m, wanted, MSG_WAITALL) != (ssize_t)wanted || m.request != request)
        die("no answer to request %d: %s", request, strerror(errno));
    return m.u64;
}

static void tell_state(int socket, enum request request, uint32_t ring, uint32_t value)
{
    struct message m = {.request = request, .flags = VERSION, .size = sizeof m.state, .state = {ring, value}};
    send_message(socket, &m, -1);
}

static void tell_ring(int socket, uint32_t number, const struct ring *ring)
{
    struct message address = {.request = SET_VRING_ADDR, .flags = VERSION, .size = sizeof address.address, .address = {
        number, 0, (uintptr_t)ring->descriptors, (uintptr_t)ring->used, (uintptr_t)ring->available, 0}};
    tell_state(socket, SET_VRING_NUM, number, RING);
    tell_state(socket, SET_VRING_BASE, number, 0);
    send_message(socket, &address, -1);
    tell(socket, SET_VRING_KICK, number, ring->kick);
    tell(socket, SET_VRING_CALL, number, ring->call);
}

static int connected(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (snprintf(address.sun_path, sizeof address.sun_path, "%s", path) >= (int)sizeof address.sun_path)
        die("%s: too long for a socket", path);
    if (made < 0 || connect(made, (struct sockaddr *)&address, sizeof address) != 0)
        die("connect to %s: %s", path, strerror(errno));
    return made;
}

void frontend_connect(struct port *port, const char *path, size_t memory_size)
{
    uint64_t wanted = 1ull << VIRTIO_F_VERSION_1 | 1ull << VIRTIO_NET_F_MRG_RXBUF | 1ull << F_PROTOCOL_FEATURES;
    int to = port->socket = connected(path);
    uint64_t offered = ask(to, GET_FEATURES);
    if ((offered & wanted) != wanted)
        die("%s: offers features %#lx, %#lx are needed", path, (unsigned long)offered, (unsigned long)wanted);
    ask(to, GET_PROTOCOL_FEATURES);
    tell(to, SET_PROTOCOL_FEATURES, 0, -1);
    send_message(to, &(struct message){.request = SET_OWNER, .flags = VERSION}, -1);
    tell(to, SET_FEATURES, wanted, -1);
    uintptr_t base = (uintptr_t)port->base;
    struct message table = {.request = SET_MEM_TABLE, .flags = VERSION, .size = sizeof table.table,
                            .table = {.regions = 1, .guest = base, .size = memory_size, .user = base}};
    send_message(to, &table, port->memory);
    tell_ring(to, 0, &port->receive);
    tell_ring(to, 1, &port->send);
    tell_state(to, SET_VRING_ENABLE, 0, 1);
    tell_state(to, SET_VRING_ENABLE, 1, 1);
    ask(to, GET_FEATURES); /* answered in turn: all that was told before has been dealt with */
}
