/* SPDX-License-Identifier: BSD-3-Clause */
/* W1 to W4 on Deferreds. */
#include "bench.h"

#include <errno.h>

#include <hence/hence.h>

static int64_t total;

static hence_result add_to_total(hence_result *in, void *arg)
{
    (void)arg;
    total += hence_as_int(in);
    return hence_none();
}

static hence_result add_one(hence_result *in, void *arg)
{
    (void)arg;
    return hence_int(hence_as_int(in) + 1);
}

static hence_result count_failure(hence_result *in, void *arg)
{
    (void)arg;
    total += hence_failure_code(hence_as_failure(in));
    return hence_none();
}

static hence_result wait_for(hence_result *in, void *inner)
{
    (void)in;
    return hence_chain(inner);
}

/* ---- W1: made, one callback, resolved, it runs, freed ---- */

static double one_callback(long n)
{
    hence_promise *promise;
    total = 0;
    double start = bench_now();
    for (long i = 0; i < n; i++) {
        hence_deferred *d = hence_deferred_new(&promise);
        hence_deferred_add_callback(d, add_to_total, NULL);
        hence_resolve(promise, hence_int(1));
        hence_deferred_unref(d);
    }
    double end = bench_now();
    bench_check(total == n);
    return end - start;
}

/* The heap that n pending ones take, each with a callback. */
static double bytes_of_pending(long n)
{
    hence_promise **promises = bench_allocate((size_t)n * sizeof *promises);
    total = 0;
    double before = bench_heap_used();
    for (long i = 0; i < n; i++) {
        hence_deferred *d = hence_deferred_new(&promises[i]);
        hence_deferred_add_callback(d, add_to_total, NULL);
        hence_deferred_unref(d);
    }
    double after = bench_heap_used();
    for (long i = 0; i < n; i++)
        hence_resolve(promises[i], hence_int(1));
    bench_check(total == n);
    free(promises);
    return after - before;
}

/* ---- W2: a chain of callbacks, each adds one to the value ---- */

static double chain_of(long n, int length)
{
    hence_promise *promise;
    total = 0;
    double start = bench_now();
    for (long i = 0; i < n; i++) {
        hence_deferred *d = hence_deferred_new(&promise);
        for (int k = 0; k < length; k++)
            hence_deferred_add_callback(d, add_one, NULL);
        hence_resolve(promise, hence_int(1));
        hence_result r = hence_deferred_take(d);
        total += hence_as_int(&r);
        hence_deferred_unref(d);
    }
    double end = bench_now();
    bench_check(total == n * (length + 1));
    return end - start;
}

static double chain_of_10(long n)
{
    return chain_of(n, 10);
}

static double chain_of_100(long n)
{
    return chain_of(n, 100);
}

static double each_further(long n)
{
    return (chain_of(n, 100) - chain_of(n, 10)) / 90;
}

/* ---- W3: a failure skips nine steps, the tenth handles it ---- */

static double failure(long n, int formatted)
{
    hence_promise *promise;
    total = 0;
    double start = bench_now();
    for (long i = 0; i < n; i++) {
        hence_deferred *d = hence_deferred_new(&promise);
        for (int k = 0; k < 9; k++)
            hence_deferred_add_callback(d, add_one, NULL);
        hence_deferred_add_errback(d, count_failure, NULL);
        hence_resolve(promise, formatted ? hence_fail_errno(EIO, "cannot read block %d", 7)
                                         : hence_fail_errno(EIO, "cannot read"));
        hence_deferred_unref(d);
    }
    double end = bench_now();
    bench_check(total == n * EIO);
    return end - start;
}

static double failure_with_literal(long n)
{
    return failure(n, 0);
}

static double failure_with_format(long n)
{
    return failure(n, 1);
}

/* ---- W4: a callback returns another Deferred, still pending ---- */

static double wait_for_one(long n)
{
    hence_promise *outer_promise, *inner_promise;
    total = 0;
    double start = bench_now();
    for (long i = 0; i < n; i++) {
        hence_deferred *inner = hence_deferred_new(&inner_promise);
        hence_deferred *outer = hence_deferred_new(&outer_promise);
        hence_deferred_add_callback(outer, wait_for, inner);
        hence_deferred_add_callback(outer, add_to_total, NULL);
        hence_resolve(outer_promise, hence_none());
        hence_resolve(inner_promise, hence_int(1));
        hence_deferred_unref(outer);
    }
    double end = bench_now();
    bench_check(total == n);
    return end - start;
}

/* Each waits for the one before; then the first is resolved. With `left`, each has a step left. */
static double wait_in_depth(long levels, int left)
{
    hence_promise *first_promise, *promise;
    total = 0;
    double start = bench_now();
    hence_deferred *inner = hence_deferred_new(&first_promise);
    for (long i = 0; i < levels; i++) {
        hence_deferred *outer = hence_deferred_new(&promise);
        hence_deferred_add_callback(outer, wait_for, inner);
        if (left)
            hence_deferred_add_callback(outer, add_one, NULL);
        hence_resolve(promise, hence_none());
        inner = outer;
    }
    hence_deferred_add_callback(inner, add_to_total, NULL);
    hence_resolve(first_promise, hence_int(1));
    hence_deferred_unref(inner);
    double end = bench_now();
    bench_check(total == 1 + (left ? levels : 0));
    return end - start;
}

static double deep(long levels)
{
    return wait_in_depth(levels, 1);
}

static double deep_tail(long levels)
{
    return wait_in_depth(levels, 0);
}

const struct bench_row hence_deferred_rows[] = {
    {"W1.deferred", one_callback, 3000000, 5},
    {"W1.bytes.deferred", bytes_of_pending, 1000000, 1},
    {"W2.10", chain_of_10, 500000, 5},
    {"W2.100", chain_of_100, 50000, 5},
    {"W2.each", each_further, 50000, 5},
    {"W3", failure_with_literal, 500000, 5},
    {"W3.formatted", failure_with_format, 500000, 5},
    {"W4.1", wait_for_one, 1000000, 5},
    {"W4.1e6", deep, 1000000, 3},
    {"W4.1e6.tail", deep_tail, 1000000, 3},
    {NULL, NULL, 0, 0},
};
