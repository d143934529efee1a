/* SPDX-License-Identifier: BSD-3-Clause */
/* W8: n timers due within n microseconds; nine of ten are cancelled, in random order; the others
 * fire, all of them overdue. */
#include "bench.h"

#include <event2/event.h>
#include <hence/hence.h>

static int64_t fired;

static void count(void *arg)
{
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
    static hence_loop *loop; /* the same for all samples, as it would be in a program */
    double took[3];
    hence_call *calls = bench_allocate((size_t)n * sizeof *calls);
    uint32_t *order = bench_shuffled(n);
    if (!loop)
        loop = hence_loop_new(NULL);
    bench_check(loop);
    fired = 0;

    double start = bench_now();
    for (long i = 0; i < n; i++)
        hence_call_later(loop, HENCE_US(bench_random() % (uint64_t)n), count, NULL, &calls[i]);
    double scheduled = bench_now();
    took[SCHEDULE] = scheduled - start;

    start = bench_now();
    for (long i = 0; i < n / 10 * 9; i++)
        hence_call_cancel(loop, calls[order[i]]);
    took[CANCEL] = (bench_now() - start) / 0.9;

    if (wanted != FIRE) { /* nothing to wait for */
        for (long i = n / 10 * 9; i < n; i++)
            fired += hence_call_cancel(loop, calls[order[i]]) == 0;
    } else {
        bench_sleep_until(scheduled + (double)n * 1e3);
    }
    start = bench_now();
    event_base_dispatch(hence_loop_base(loop));
    took[FIRE] = (bench_now() - start) / 0.1;
    bench_check(fired == n / 10);
    bench_check(hence_loop_pending(loop) == 0);
    free(order);
    free(calls);
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

const struct bench_row hence_timer_rows[] = {
    {"W8.schedule", schedule, 1000000, 3},
    {"W8.cancel", cancel, 1000000, 3},
    {"W8.fire", fire, 1000000, 3},
    {NULL, NULL, 0, 0},
};
