#include "rings.h"

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

enum { TIMES = 5, TRIPS = 40 };

static sem_t asked;
static _Alignas(128) atomic_int turn; /* odd: the other core's */

/* Comes before whatever else runs on that core, and sleeps until it is asked. */
static void *answer(void *unused)
{
    for (;;) {
        while (sem_wait(&asked) != 0)
            ;
        for (int trip = 0; trip < 1 + TIMES * TRIPS; trip++) {
            int now;
            while ((now = atomic_load_explicit(&turn, memory_order_acquire)) % 2 == 0)
                ;
            atomic_store_explicit(&turn, now + 1, memory_order_release);
        }
    }
    return unused;
}

void distance_begin(int core)
{
    pthread_t thread;
    pthread_attr_t attributes;
    cpu_set_t set;
    struct sched_param first = {.sched_priority = 1};
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    sem_init(&asked, 0, 0);
    pthread_attr_init(&attributes);
    pthread_attr_setaffinity_np(&attributes, sizeof set, &set);
    pthread_attr_setinheritsched(&attributes, PTHREAD_EXPLICIT_SCHED);
    pthread_attr_setschedpolicy(&attributes, SCHED_FIFO);
    pthread_attr_setschedparam(&attributes, &first);
    int error = pthread_create(&thread, &attributes, answer, NULL);
    if (error)
        die("a thread that comes first on core %d: %s", core, strerror(error));
}

static void trip(void)
{
    int mine = atomic_load_explicit(&turn, memory_order_relaxed) + 1;
    atomic_store_explicit(&turn, mine, memory_order_release);
    while (atomic_load_explicit(&turn, memory_order_acquire) == mine)
        ;
}

double distance_nanos(void)
{
    double least = 0;
    sem_post(&asked);
    trip(); /* it is awake now */
    for (int i = 0; i < TIMES; i++) {
        struct timespec begin, end;
        clock_gettime(CLOCK_MONOTONIC, &begin);
        for (int n = 0; n < TRIPS; n++)
            trip();
        clock_gettime(CLOCK_MONOTONIC, &end);
        double nanos = ((end.tv_sec - begin.tv_sec) * 1e9 + end.tv_nsec - begin.tv_nsec) / TRIPS;
        if (i == 0 || nanos < least)
            least = nanos;
    }
    return least;
}
