/* SPDX-License-Identifier: BSD-3-Clause */
/* W7 on libevent alone: an event for each call, made active at once or each by the one before. */
#include "bench.h"

#include <event2/event.h>
#include <event2/event_struct.h>

static struct event_base *base;
static int64_t total;

static void open_base(void)
{
    if (!base)
        base = event_base_new();
    bench_check(base);
}

static void add_to_total(evutil_socket_t fd, short what, void *number)
{
    (void)fd;
    (void)what;
    total += *(const int *)number;
}

static double batch(long n)
{
    static int one = 1;
    struct event *events = bench_allocate((size_t)n * sizeof *events);
    open_base();
    for (long i = 0; i < n; i++)
        event_assign(&events[i], base, -1, 0, add_to_total, &one);
    total = 0;
    double start = bench_now();
    for (long i = 0; i < n; i++)
        event_active(&events[i], 0, 0);
    event_base_loop(base, EVLOOP_NONBLOCK);
    double end = bench_now();
    bench_check(total == n);
    free(events);
    return end - start;
}

struct pingpong {
    struct event event;
    long left;
};

static void post_the_next(evutil_socket_t fd, short what, void *arg)
{
    struct pingpong *pingpong = arg;
    (void)fd;
    (void)what;
    if (--pingpong->left)
        event_active(&pingpong->event, 0, 0);
}

static double each_posts_the_next(long n)
{
    struct pingpong pingpong = {.left = n};
    open_base();
    event_assign(&pingpong.event, base, -1, 0, post_the_next, &pingpong);
    double start = bench_now();
    event_active(&pingpong.event, 0, 0);
    event_base_loop(base, EVLOOP_NONBLOCK);
    double end = bench_now();
    bench_check(pingpong.left == 0);
    return end - start;
}

const struct bench_row libevent_loop_rows[] = {
    {"W7.batch", batch, 1000000, 5},
    {"W7.pingpong", each_posts_the_next, 1000000, 5},
    {NULL, NULL, 0, 0},
};
