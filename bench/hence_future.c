/* SPDX-License-Identifier: BSD-3-Clause */
/* W1 on Futures. */
#include "bench.h"

#include <event2/event.h>
#include <hence/hence.h>

static hence_loop *loop; /* the same for all samples, as it would be in a program */
static int64_t total;

static void open_loop(void)
{
    if (!loop)
        loop = hence_loop_new(NULL);
    bench_check(loop);
    total = 0;
}

static void add_to_total(hence_future *f, void *arg)
{
    (void)arg;
    hence_result r = hence_future_result(f);
    total += hence_as_int(&r);
}

/* Made, one callback, resolved, told through the loop, freed; a turn for each batch. */
static double one_callback(long n)
{
    hence_promise *promises[BENCH_BATCH];
    hence_future *futures[BENCH_BATCH];
    open_loop();
    double start = bench_now();
    for (long i = 0; i < n; i += BENCH_BATCH) {
        for (int k = 0; k < BENCH_BATCH; k++) {
            futures[k] = hence_future_new(loop, &promises[k]);
            hence_future_add_done_callback(futures[k], add_to_total, NULL);
        }
        for (int k = 0; k < BENCH_BATCH; k++) {
            hence_resolve(promises[k], hence_int(1));
            hence_future_unref(futures[k]);
        }
        event_base_loop(hence_loop_base(loop), EVLOOP_NONBLOCK);
    }
    double end = bench_now();
    bench_check(total == n);
    return end - start;
}

/* The heap that n pending ones take, each with a callback. */
static double bytes_of_pending(long n)
{
    hence_promise **promises = bench_allocate((size_t)n * sizeof *promises);
    open_loop();
    double before = bench_heap_used();
    for (long i = 0; i < n; i++) {
        hence_future *f = hence_future_new(loop, &promises[i]);
        hence_future_add_done_callback(f, add_to_total, NULL);
        hence_future_unref(f);
    }
    double after = bench_heap_used();
    for (long i = 0; i < n; i++)
        hence_resolve(promises[i], hence_int(1));
    event_base_loop(hence_loop_base(loop), EVLOOP_NONBLOCK);
    bench_check(total == n);
    free(promises);
    return after - before;
}

const struct bench_row hence_future_rows[] = {
    {"W1.future", one_callback, 1000000, 5},
    {"W1.bytes.future", bytes_of_pending, 1000000, 1},
    {NULL, NULL, 0, 0},
};
