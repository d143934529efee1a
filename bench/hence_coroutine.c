/* SPDX-License-Identifier: BSD-3-Clause */
/* W11: coroutines. */
#include "bench.h"

#include <event2/event.h>
#include <hence/hence.h>

static hence_result yield_for_ever(hence_generator *g, void *arg)
{
    long *left = arg;
    for (;;) {
        hence_result r = hence_yield(g, hence_int(1));
        if (hence_is_failure(&r))
            return r;
        --*left;
    }
}

/* Resumed, and yields. */
static double resume_and_yield(long n)
{
    hence_result r;
    long left = n;
    hence_generator *g = hence_generator_new(yield_for_ever, &left);
    bench_check(hence_generator_next(g, &r));
    double start = bench_now();
    for (long i = 0; i < n; i++)
        hence_generator_next(g, &r);
    double end = bench_now();
    bench_check(left == 0 && hence_as_int(&r) == 1);
    hence_generator_unref(g);
    return end - start;
}

static hence_result give(hence_generator *g, void *arg)
{
    (void)g;
    --*(long *)arg;
    return hence_none();
}

/* Made, run to its end, and gone. */
static double make_and_end(long n)
{
    hence_result r;
    long left = n;
    double start = bench_now();
    for (long i = 0; i < n; i++) {
        hence_generator *g = hence_generator_new(give, &left);
        hence_generator_next(g, &r);
        hence_generator_unref(g);
    }
    double end = bench_now();
    bench_check(left == 0);
    return end - start;
}

static hence_loop *loop; /* the same for all samples, as it would be in a program */

static hence_result count_down(void *arg)
{
    --*(long *)arg;
    return hence_none();
}

/* A task: spawned, run by the loop, gone. */
static double spawn(long n)
{
    long left = n;
    if (!loop)
        loop = hence_loop_new(NULL);
    double start = bench_now();
    for (long i = 0; i < n; i += BENCH_BATCH) {
        for (int j = 0; j < BENCH_BATCH; j++)
            hence_future_unref(hence_spawn(loop, count_down, &left));
        event_base_loop(hence_loop_base(loop), EVLOOP_NONBLOCK);
    }
    double end = bench_now();
    bench_check(left == 0);
    return end - start;
}

struct awaiting {
    hence_promise *promise;
    long left;
};

static hence_result await_each(void *arg)
{
    struct awaiting *awaiting = arg;
    while (awaiting->left) {
        hence_deferred *d = hence_deferred_new(&awaiting->promise);
        hence_result r = hence_await_deferred(d);
        awaiting->left -= (long)hence_as_int(&r);
    }
    return hence_none();
}

/* A coroutine awaits a Deferred, which is resolved. */
static double await_deferred(long n)
{
    struct awaiting awaiting = {NULL, n};
    double start = bench_now();
    hence_deferred *d = hence_inline_callbacks(await_each, &awaiting);
    for (long i = 0; i < n; i++)
        hence_resolve(awaiting.promise, hence_int(1));
    double end = bench_now();
    bench_check(awaiting.left == 0);
    hence_deferred_unref(d);
    return end - start;
}

const struct bench_row hence_coroutine_rows[] = {
    {"W11.switch", resume_and_yield, 1000000, 5},
    {"W11.create", make_and_end, 1000000, 5},
    {"W11.spawn", spawn, 1000000, 5},
    {"W11.await", await_deferred, 1000000, 5},
    {NULL, NULL, 0, 0},
};
