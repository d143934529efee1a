/* SPDX-License-Identifier: BSD-3-Clause */
/* W7: calls posted to the own loop. */
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
}

static void add_to_total(void *number)
{
    total += *(const int *)number;
}

static double batch(long n)
{
    static int one = 1;
    open_loop();
    total = 0;
    double start = bench_now();
    for (long i = 0; i < n; i++)
        hence_call_soon(loop, add_to_total, &one, NULL);
    event_base_loop(hence_loop_base(loop), EVLOOP_NONBLOCK);
    double end = bench_now();
    bench_check(total == n);
    return end - start;
}

static void post_the_next(void *arg)
{
    long *left = arg;
    if (--*left)
        hence_call_soon(loop, post_the_next, left, NULL);
}

static double each_posts_the_next(long n)
{
    long left = n;
    open_loop();
    double start = bench_now();
    hence_call_soon(loop, post_the_next, &left, NULL);
    event_base_loop(hence_loop_base(loop), EVLOOP_NONBLOCK);
    double end = bench_now();
    bench_check(left == 0);
    return end - start;
}

const struct bench_row hence_loop_rows[] = {
    {"W7.batch", batch, 1000000, 5},
    {"W7.pingpong", each_posts_the_next, 1000000, 5},
    {NULL, NULL, 0, 0},
};
