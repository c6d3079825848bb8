/*
 * One frame after a silence: from before it is given to the ring to when it has arrived. The sender's core polls throughout, so
 * that what it takes to wake is the back-end's alone.
 *
 * Beside it the machine's own floor: a thread on the other core that sleeps on an eventfd is woken after the same silence, and
 * says so in shared memory. A back-end that sleeps can't be faster. The floor of the loop itself is what loop=1 measures, with
 * the vhost library in the same loop.
 */
#include "traffic.h"

#include <pthread.h>
#include <rte_cycles.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { LOST_SECONDS = 1 };

static int bell;
static atomic_uint_fast64_t answered;

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The nearest rank: the least value that this share of all are not above. */
static double percentile(const double *sorted, int count, double share)
{
    int rank = (int)(share * count + 0.999999);
    return count ? sorted[rank < 1 ? 0 : rank - 1] : 0;
}

/* Microseconds, or a negative number where the frame did not arrive. */
static double one_frame(struct flow *flow)
{
    struct rte_mbuf *frames[MAX_RECEIVED];
    uint64_t sequence, wanted = flow->next;
    flow_fill_checked(flow, 1);
    uint64_t from = rte_get_tsc_cycles(), now = from;
    while (!flow_push(flow))
        ;
    while (now - from < cycles_of(LOST_SECONDS)) {
        loop_turn();
        uint16_t count = receive(flow->to, frames);
        now = rte_get_tsc_cycles();
        bool arrived = false;
        for (uint16_t i = 0; i < count; i++)
            arrived |= frame_verdict(frames[i], flow, &sequence) == GOOD && sequence == wanted;
        rte_pktmbuf_free_bulk(frames, count);
        if (arrived)
            return seconds_of(now - from) * 1e6;
    }
    return -1;
}

static void *sleeper(void *unused)
{
    uint64_t rings, all = 0;
    cpu_set_t cores;
    CPU_ZERO(&cores);
    CPU_SET(options.other_core, &cores);
    if (pthread_setaffinity_np(pthread_self(), sizeof cores, &cores) != 0)
        die("pin to core %d", options.other_core);
    while (all < (uint64_t)options.times && read(bell, &rings, sizeof rings) == sizeof rings) {
        all += rings;
        atomic_store(&answered, all);
    }
    return unused;
}

static void measure_waking(double *micros)
{
    pthread_t thread;
    bell = eventfd(0, EFD_CLOEXEC);
    if (bell < 0 || pthread_create(&thread, NULL, sleeper, NULL) != 0)
        die("start a thread to be woken");
    for (int i = 0; i < options.times; i++) {
        uint64_t one = 1;
        discard(options.silence);
        uint64_t from = rte_get_tsc_cycles();
        if (write(bell, &one, sizeof one) != sizeof one)
            die("write to an eventfd");
        while (atomic_load(&answered) != (uint64_t)i + 1)
            ;
        micros[i] = seconds_of(rte_get_tsc_cycles() - from) * 1e6;
    }
    pthread_join(thread, NULL);
    close(bell);
    qsort(micros, options.times, sizeof *micros, ascending);
}

int latency(void)
{
    double *micros = calloc(options.times, sizeof *micros), *waking = calloc(options.times, sizeof *waking);
    int arrived = 0, lost = 0;
    if (!micros || !waking)
        die("no memory for %d times", options.times);
    for (int i = 0; i < options.times; i++) {
        discard(options.silence);
        double took = one_frame(&flows[0]);
        if (took < 0)
            lost++;
        else
            micros[arrived++] = took;
    }
    qsort(micros, arrived, sizeof *micros, ascending);
    if (options.other_core >= 0)
        measure_waking(waking);
    printf("{\"mode\":\"latency\",\"size\":%d,\"silence\":%.3f,\"times\":%d,\"lost\":%d,\"p50Micros\":%.2f,\"p99Micros\":%.2f,\"mostMicros\":%.2f",
           options.size, options.silence, options.times, lost, percentile(micros, arrived, 0.5), percentile(micros, arrived, 0.99),
           percentile(micros, arrived, 1));
    if (options.other_core >= 0)
        printf(",\"wakingP50Micros\":%.2f,\"wakingP99Micros\":%.2f", percentile(waking, options.times, 0.5),
               percentile(waking, options.times, 0.99));
    printf("}\n");
    free(micros);
    free(waking);
    return arrived ? 0 : 1;
}
