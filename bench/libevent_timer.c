/* SPDX-License-Identifier: BSD-3-Clause */
/* W8: as hence_timer.c describes it. */
#include "bench.h"

#include <event2/event.h>
#include <event2/event_struct.h>

static int64_t fired;

static void count(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
    fired++;
}

enum phase {
    SCHEDULE,
    CANCEL,
    FIRE
};

/* All three phases; gives the time that one of them took. */
static double timers(long n, enum phase wanted)
{
    static struct event_base *base;
    double took[3];
    struct event *events = bench_allocate((size_t)n * sizeof *events);
    uint32_t *order = bench_shuffled(n);
    if (!base)
        base = event_base_new();
    bench_check(base);
    fired = 0;
    for (long i = 0; i < n; i++)
        evtimer_assign(&events[i], base, count, NULL);

    double start = bench_now();
    for (long i = 0; i < n; i++) {
        long delay = (long)(bench_random() % (uint64_t)n);
        struct timeval timeout = {delay / 1000000, delay % 1000000};
        evtimer_add(&events[i], &timeout);
    }
    double scheduled = bench_now();
    took[SCHEDULE] = scheduled - start;

    start = bench_now();
    for (long i = 0; i < n / 10 * 9; i++)
        evtimer_del(&events[order[i]]);
    took[CANCEL] = (bench_now() - start) / 0.9;

    if (wanted != FIRE) { /* nothing to wait for */
        for (long i = n / 10 * 9; i < n; i++)
            fired += evtimer_del(&events[order[i]]) == 0;
    } else {
        bench_sleep_until(scheduled + (double)n * 1e3 + 1e7); /* libevent's clock is coarse */
    }
    start = bench_now();
    event_base_dispatch(base);
    took[FIRE] = (bench_now() - start) / 0.1;
    bench_check(fired == n / 10);
    free(order);
    free(events);
    return took[wanted];
}

static double schedule(long n)
{
    return timers(n, SCHEDULE);
}

static double cancel(long n)
{
    return timers(n, CANCEL);
}

static double fire(long n)
{
    return timers(n, FIRE);
}

const struct bench_row libevent_timer_rows[] = {
    {"W8.schedule", schedule, 1000000, 3},
    {"W8.cancel", cancel, 1000000, 3},
    {"W8.fire", fire, 1000000, 3},
    {NULL, NULL, 0, 0},
};
