/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * W5 on libevent alone, which has nothing of the kind: each child is a structure with an event of its own,
 * whose callback counts down, and the last one makes the event of the whole active.
 */
#include "bench.h"

#include <event2/event.h>
#include <event2/event_struct.h>

struct join {
    struct event done;
    long left;
};

struct child {
    struct event event;
    struct join *join;
};

static struct event_base *base;
static int64_t total;

static void join_done(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
    total++;
}

static void child_done(evutil_socket_t fd, short what, void *arg)
{
    struct child *child = arg;
    (void)fd;
    (void)what;
    if (--child->join->left == 0)
        event_active(&child->join->done, 0, 0);
}

/* Made, done in random order, counted, freed. */
static void gather(long width, const uint32_t *order, struct child **children)
{
    struct join join = {.left = width};
    event_assign(&join.done, base, -1, 0, join_done, NULL);
    for (long k = 0; k < width; k++) {
        children[k] = malloc(sizeof *children[k]);
        bench_check(children[k]);
        children[k]->join = &join;
        event_assign(&children[k]->event, base, -1, 0, child_done, children[k]);
    }
    for (long k = 0; k < width; k++)
        event_active(&children[order[k]]->event, 0, 0);
    event_base_loop(base, EVLOOP_NONBLOCK);
    for (long k = 0; k < width; k++)
        free(children[k]);
}

static double gathers_of(long n, long width)
{
    width = width < n ? width : n;
    uint32_t *order = bench_shuffled(width);
    struct child **children = bench_allocate((size_t)width * sizeof *children);
    if (!base)
        base = event_base_new();
    bench_check(base);
    total = 0;
    double start = bench_now();
    for (long i = 0; i < n; i += width)
        gather(width, order, children);
    double end = bench_now();
    bench_check(total == n / width);
    free(order);
    free(children);
    return end - start;
}

static double gather_10(long n)
{
    return gathers_of(n, 10);
}

static double gather_1e3(long n)
{
    return gathers_of(n, 1000);
}

static double gather_1e6(long n)
{
    return gathers_of(n, 1000000);
}

const struct bench_row libevent_gather_rows[] = {
    {"W5.10", gather_10, 1000000, 5},
    {"W5.1e3", gather_1e3, 1000000, 5},
    {"W5.1e6", gather_1e6, 1000000, 3},
    {NULL, NULL, 0, 0},
};
