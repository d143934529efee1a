/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * W1 and W2 on libevent alone. It has no results and no chains: an operation is a structure with an
 * event of its own, made active when the operation ends; a chain is that event made active again for
 * each step.
 */
#include "bench.h"

#include <event2/event.h>
#include <event2/event_struct.h>

struct operation {
    struct event event;
    long value;
    int steps_left;
};

static struct event_base *base;
static int64_t total;

static struct operation *operation_new(event_callback_fn callback)
{
    struct operation *operation = malloc(sizeof *operation);
    bench_check(operation);
    event_assign(&operation->event, base, -1, 0, callback, operation);
    return operation;
}

static void open_base(void)
{
    if (!base)
        base = event_base_new();
    bench_check(base);
    total = 0;
}

/* ---- W1 ---- */

static void add_to_total(evutil_socket_t fd, short what, void *arg)
{
    struct operation *operation = arg;
    (void)fd;
    (void)what;
    total += operation->value;
    free(operation);
}

static double one_callback(long n)
{
    struct operation *operations[BENCH_BATCH];
    open_base();
    double start = bench_now();
    for (long i = 0; i < n; i += BENCH_BATCH) {
        for (int k = 0; k < BENCH_BATCH; k++)
            operations[k] = operation_new(add_to_total);
        for (int k = 0; k < BENCH_BATCH; k++) {
            operations[k]->value = 1;
            event_active(&operations[k]->event, 0, 0);
        }
        event_base_loop(base, EVLOOP_NONBLOCK);
    }
    double end = bench_now();
    bench_check(total == n);
    return end - start;
}

static double bytes_of_pending(long n)
{
    struct operation **operations = bench_allocate((size_t)n * sizeof *operations);
    open_base();
    double before = bench_heap_used();
    for (long i = 0; i < n; i++)
        operations[i] = operation_new(add_to_total);
    double after = bench_heap_used();
    for (long i = 0; i < n; i++)
        free(operations[i]);
    free(operations);
    return after - before;
}

/* ---- W2 ---- */

static void add_one(evutil_socket_t fd, short what, void *arg)
{
    struct operation *operation = arg;
    (void)fd;
    (void)what;
    operation->value++;
    if (--operation->steps_left) {
        event_active(&operation->event, 0, 0);
        return;
    }
    total += operation->value;
    free(operation);
}

static double chain_of(long n, int length)
{
    open_base();
    double start = bench_now();
    for (long i = 0; i < n; i += BENCH_BATCH / 10) {
        for (int k = 0; k < BENCH_BATCH / 10; k++) {
            struct operation *operation = operation_new(add_one);
            operation->value = 1;
            operation->steps_left = length;
            event_active(&operation->event, 0, 0);
        }
        event_base_loop(base, EVLOOP_NONBLOCK);
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

const struct bench_row libevent_chain_rows[] = {
    {"W1", one_callback, 1000000, 5},    {"W1.bytes", bytes_of_pending, 1000000, 1},
    {"W2.10", chain_of_10, 100000, 5},   {"W2.100", chain_of_100, 10000, 5},
    {"W2.each", each_further, 10000, 5}, {NULL, NULL, 0, 0},
};
