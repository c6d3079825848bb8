/*
 * usage: distance CORE CORE
 *
 * Prints in nanoseconds how long a cache line takes from the one core to the other and back, the median of some thousand
 * times. Where a hypervisor runs its virtual cores on whichever it likes, that changes under way, and with it what any
 * two that share memory can reach.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SAMPLES = 2001, TRIPS = 100 };

static _Alignas(128) atomic_int turn; /* odd: the other's */
static _Alignas(128) atomic_bool done;
static int other;

static void stay_on(int core)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    int error = pthread_setaffinity_np(pthread_self(), sizeof set, &set);
    if (error) {
        fprintf(stderr, "distance: core %d: %s\n", core, strerror(error));
        exit(2);
    }
}

static void *answer(void *unused)
{
    stay_on(other);
    for (;;) {
        int now;
        while ((now = atomic_load_explicit(&turn, memory_order_acquire)) % 2 == 0)
            if (atomic_load_explicit(&done, memory_order_relaxed))
                return unused;
        atomic_store_explicit(&turn, now + 1, memory_order_release);
    }
}

static double nanos(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e9 + t.tv_nsec;
}

static int order(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    static double trips[SAMPLES];
    pthread_t thread;
    if (argc != 3) {
        fputs("usage: distance CORE CORE\n", stderr);
        return 2;
    }
    stay_on(atoi(argv[1]));
    other = atoi(argv[2]);
    int error = pthread_create(&thread, NULL, answer, NULL);
    if (error) {
        fprintf(stderr, "distance: thread: %s\n", strerror(error));
        return 2;
    }
    for (int i = 0; i < SAMPLES; i++) {
        double begin = nanos();
        for (int n = 0; n < TRIPS; n++) {
            int mine = atomic_load_explicit(&turn, memory_order_relaxed) + 1;
            atomic_store_explicit(&turn, mine, memory_order_release);
            while (atomic_load_explicit(&turn, memory_order_acquire) == mine)
                ;
        }
        trips[i] = (nanos() - begin) / TRIPS;
    }
    atomic_store(&done, true);
    pthread_join(thread, NULL);
    qsort(trips, SAMPLES, sizeof *trips, order);
    printf("%.0f\n", trips[SAMPLES / 2]);
    return 0;
}
