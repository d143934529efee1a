/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_TESTS_EVENT_SUPPORT_H
#define HENCE_TESTS_EVENT_SUPPORT_H

/* What the tests of waiting for events have in common: sockets, a loop, and libevent's view of it. */

#include <event2/event.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/support.h"

/* A loop with a test clock, and a pair of sockets. */
struct setting {
    struct loop_and_clock both;
    hence_loop *loop;
    int ours, theirs;
};

static inline void open_sockets(struct setting *s)
{
    int sockets[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sockets), 0);
    s->ours = sockets[0];
    s->theirs = sockets[1];
}

static inline void close_sockets(struct setting *s)
{
    if (s->ours >= 0)
        close(s->ours);
    if (s->theirs >= 0)
        close(s->theirs);
}

static inline struct setting begin(void)
{
    struct setting s = {.both = begin_loop()};
    s.loop = s.both.loop;
    open_sockets(&s);
    return s;
}

static inline void end(struct setting *s)
{
    end_loop(&s->both);
    close_sockets(s);
}

static inline void advance(struct setting *s, int64_t delta)
{
    hence_test_clock_advance(s->both.clock, delta);
}

static inline void send_byte(int fd)
{
    cr_assert_eq(write(fd, "x", 1), 1);
}

/* How many events are in the loop's base: libevent's view. */
static inline int events(const hence_loop *loop)
{
    struct event_base *base = hence_loop_base(loop);
    return base ? event_base_get_num_events(base, EVENT_BASE_COUNT_ADDED) : 0;
}

static inline void wait_and_trace(hence_loop *loop, int fd, short what, int64_t timeout, char *word)
{
    hence_deferred *d = hence_event_wait(loop, fd, what, timeout);
    hence_deferred_add_both(d, swallow, word);
    hence_deferred_unref(d);
}

/* A base of the program's own, that it dispatches. */
static inline struct event_base *begin_base(struct setting *s)
{
    struct event_base *base = event_base_new();
    *s = (struct setting){.loop = base ? hence_loop_new(base) : NULL};
    open_sockets(s);
    return base;
}

static inline void end_base(struct setting *s, struct event_base *base)
{
    hence_loop *loop = s->loop;
    s->loop = NULL; /* a step that runs only now must not free it a second time */
    hence_loop_free(loop);
    if (base)
        event_base_free(base);
    close_sockets(s);
}

#endif
