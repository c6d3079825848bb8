/*
 * usage: traffic MODE OPTION=VALUE...
 *
 * Prints one line of JSON. Ends with 0 if all is well, with 1 if frames were lost or wrong where none may be, with 2 if it
 * can't run.
 *
 *   rate      as many frames as go through
 *   check     numbered frames, a window of them on their way, each byte compared
 *   latency   one frame after a silence, again and again
 *   hold      connects, says "ready", and sleeps until its stdin ends
 *
 *   connect=PATH   a port whose back-end listens at PATH     } two to 32 of them, in pairs
 *   listen=PATH    a port whose back-end connects to PATH    }
 *   firstport=0    the first port's number, which is in its addresses: for several processes with one back-end
 *   wait=0         1: having told the addresses, says "ready" and waits for a line on stdin
 *   loop=N         instead: N ports whose back-end is DPDK's vhost library in the same loop
 *   core=0         to run on
 *   othercore=N    latency: also measure what it takes to wake a thread there
 *   size=64        bytes of a frame, without the checksum of the wire; 64 to 9000
 *   ways=1         1: from the first of a pair to the second; 2: also back
 *   macs=N         addresses in all, as many for each port; default one for each
 *   window=N       frames on their way in one flow at most; default 0, which is no limit, and with check what fits the rings
 *   ring=1024      descriptors in a ring
 *   room=2048      bytes of a frame in one buffer: what is longer takes several
 *   burst=32       frames given or taken at once
 *   seconds=3 warmup=1 settle=0.2 (after each of two rounds of telling the addresses)
 *   silence=1 times=100
 *   memory=512     MiB, shared with the back-end
 *   huge=1         of huge pages, which have to be there
 *   inorder=0      agree to VIRTIO_F_IN_ORDER
 */
#include "traffic.h"

#include <rte_cycles.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { QUIET_MILLIS = 10 };

struct options options = {
    .core = 0, .other_core = -1, .size = 64, .ways = 1, .ring = 1024, .room = 2048, .burst = 32, .seconds = 3, .warmup = 1,
    .settle = 0.2, .silence = 1, .times = 100, .memory = 512, .huge = true,
};

double seconds_of(uint64_t cycles)
{
    return (double)cycles / rte_get_tsc_hz();
}

uint64_t cycles_of(double seconds)
{
    return (uint64_t)(seconds * rte_get_tsc_hz());
}

static void port_at(const char *path, bool listens)
{
    if (options.ports == MAX_PORTS)
        die("more than %d ports", MAX_PORTS);
    options.listens[options.ports] = listens;
    options.paths[options.ports++] = path;
}

static void option(char *argument)
{
    char *value = strchr(argument, '=');
    if (!value)
        die("%s: an option has a value", argument);
    *value++ = 0;
    const struct {
        const char *name;
        int *whole;
        double *real;
        bool *flag;
        double least, most;
    } known[] = {
        {"core", &options.core, 0, 0, 0, 1023},
        {"othercore", &options.other_core, 0, 0, 0, 1023},
        {"size", &options.size, 0, 0, LEAST_FRAME, 9000},
        {"ways", &options.ways, 0, 0, 1, 2},
        {"macs", &options.macs, 0, 0, 2, 60000},
        {"window", &options.window, 0, 0, 0, 1 << 15},
        {"ring", &options.ring, 0, 0, 64, 1 << 15},
        {"room", &options.room, 0, 0, 1024, 16384},
        {"burst", &options.burst, 0, 0, 1, MAX_BURST},
        {"seconds", 0, &options.seconds, 0, 0.01, 86400},
        {"warmup", 0, &options.warmup, 0, 0, 3600},
        {"settle", 0, &options.settle, 0, 0, 60},
        {"silence", 0, &options.silence, 0, 0, 60},
        {"times", &options.times, 0, 0, 1, 100000},
        {"firstport", &options.first_port, 0, 0, 0, 255 - MAX_PORTS},
        {"wait", 0, 0, &options.wait, 0, 1},
        {"memory", &options.memory, 0, 0, 64, 65536},
        {"huge", 0, 0, &options.huge, 0, 1},
        {"inorder", 0, 0, &options.in_order, 0, 1},
    };
    if (strcmp(argument, "connect") == 0 || strcmp(argument, "listen") == 0) {
        port_at(value, *argument == 'l');
        return;
    }
    if (strcmp(argument, "loop") == 0) {
        options.loop = true;
        options.ports = number(argument, value, 2, MAX_PORTS);
        return;
    }
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(argument, known[i].name) != 0)
            continue;
        double parsed = number(argument, value, known[i].least, known[i].most);
        if (known[i].whole)
            *known[i].whole = parsed;
        else if (known[i].real)
            *known[i].real = parsed;
        else
            *known[i].flag = parsed;
        return;
    }
    die("%s: no such option", argument);
}

static void complete(void)
{
    if (options.ports < 2 || options.ports % 2)
        die("%d ports: must be pairs", options.ports);
    if (!options.macs)
        options.macs = options.ports;
    if (options.macs < options.ports)
        die("%d addresses for %d ports: too few", options.macs, options.ports);
    options.macs -= options.macs % options.ports;
    if (!options.window && strcmp(options.mode, "check") == 0) {
        /* A receiver needs so many buffers for a frame; half of the ring may wait to be filled again. */
        int buffers = (options.size + options.room - 1) / options.room + 1;
        options.window = options.ring / 2 / buffers;
    }
}

static void say_ready(void)
{
    puts("ready");
    fflush(stdout);
}

static void await_line(void)
{
    char byte;
    say_ready();
    while (read(STDIN_FILENO, &byte, 1) > 0 && byte != '\n')
        ;
}

int hold(void)
{
    char byte;
    say_ready();
    while (read(STDIN_FILENO, &byte, 1) > 0)
        ;
    return 0;
}

int main(int argc, char **argv)
{
    const struct {
        const char *name;
        int (*run)(void);
        bool learns;
    } modes[] = {{"rate", rate, true}, {"check", check, true}, {"latency", latency, true}, {"hold", hold, false}};
    if (argc < 2)
        die("a mode is missing: rate, check, latency, hold");
    options.mode = argv[1];
    for (int i = 2; i < argc; i++)
        option(argv[i]);
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        if (strcmp(options.mode, modes[i].name) != 0)
            continue;
        complete();
        ports_open();
        flows_make();
        if (modes[i].learns)
            learn();
        if (options.wait) {
            await_line();
            discard(QUIET_MILLIS / 1e3); /* what others of the network have sent to whom it did not know yet */
        }
        int status = modes[i].run();
        fflush(stdout);
        ports_close();
        return status;
    }
    die("%s: no such mode", options.mode);
}
