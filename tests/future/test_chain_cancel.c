/* SPDX-License-Identifier: BSD-3-Clause */
/* Chains of Futures that are cancelled. */
#include <errno.h>

#include "support/support.h"

SUITE(future_chain);

static hence_result future_chain(hence_future *f)
{
    return hence_chain_future(hence_future_ref(f));
}

/* ---- cancelled ---- */

TEST(future_chain, a_Future_that_waits_passes_cancel_on_and_is_done_when_that_has_ended)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p, *q;
    hence_future *outer = hence_future_new(both.loop, &p);
    hence_future *inner = hence_future_new(both.loop, &q);
    hence_promise_on_cancel(q, trace_and_go_on, "canceller");
    hence_future_add_done_callback(outer, done, "outer");
    hence_resolve(p, future_chain(inner));
    check_int(hence_future_cancel(outer), 0);
    check_trace("canceller");
    check(hence_future_cancelled(inner));
    check(!hence_future_done(outer)); /* told through the loop */
    hence_test_clock_advance(both.clock, 0);
    check_trace("outer:cancelled");
    check(hence_future_cancelled(outer));
    hence_abandon(q);
    hence_future_failure(outer);
    hence_future_unref(outer);
    hence_future_unref(inner);
    end_loop(&both);
}

TEST(future_chain, a_Future_that_waits_for_a_Deferred_passes_cancel_on)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p, *q;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_deferred *d = hence_deferred_new(&q);
    hence_promise_on_cancel(q, trace_and_go_on, "canceller");
    hence_resolve(p, hence_chain(d));
    check_int(hence_future_cancel(f), d ? 0 : -EALREADY);
    check_trace("canceller");
    check(hence_future_cancelled(f));
    hence_abandon(q);
    hence_future_unref(f);
    end_loop(&both);
}

/* Resolves the promises of `n` Futures so that each waits for the next; gives the last promise. */
static hence_promise *chain_many(hence_loop *loop, hence_future **first, int n)
{
    hence_promise *p;
    *first = hence_future_new(loop, &p);
    for (int i = 0; i < n; i++) {
        hence_promise *q;
        hence_future *next = hence_future_new(loop, &q);
        hence_resolve(p, hence_chain_future(next));
        p = q;
    }
    return p;
}

static void free_deep(void *arg)
{
    struct loop_and_clock both = begin_loop();
    hence_future *f;
    hence_promise *p = chain_many(both.loop, &f, *(int *)arg);
    hence_future_add_done_callback(f, done, "f");
    hence_resolve(p, hence_int(7));
    hence_test_clock_advance(both.clock, 0);
    hence_future_unref(f);
    end_loop(&both);
}

static void cancel_deep(void *arg)
{
    struct loop_and_clock both = begin_loop();
    hence_future *f;
    hence_promise *p = chain_many(both.loop, &f, *(int *)arg);
    hence_promise_on_cancel(p, trace_and_go_on, "canceller");
    hence_future_add_done_callback(f, done, "f");
    hence_future_cancel(f);
    hence_abandon(p);
    hence_test_clock_advance(both.clock, 0);
    hence_future_unref(f);
    end_loop(&both);
}

TEST(future_chain, a_million_Futures_in_a_row_need_constant_stack)
{
    int n = support_many();
    on_small_stack(free_deep, &n);
    check_trace("f:7");
    on_small_stack(cancel_deep, &n);
    check_trace("canceller f:cancelled");
}

/* The same, held by the test, so that none can be cut out. */
static hence_future *held[1000000];

static void held_deep(void *arg)
{
    struct loop_and_clock both = begin_loop();
    int n = *(int *)arg;
    hence_promise *p, *q;
    held[0] = hence_future_new(both.loop, &p);
    for (int i = 1; i < n; i++) {
        held[i] = hence_future_new(both.loop, &q);
        hence_resolve(p, future_chain(held[i]));
        p = q;
    }
    hence_future_add_done_callback(held[0], done, "first");
    hence_future_cancel(held[0]);
    hence_abandon(p);
    hence_test_clock_advance(both.clock, 0);
    for (int i = 0; i < n; i++) {
        hence_future_failure(held[i]);
        hence_future_unref(held[i]);
    }
    end_loop(&both);
}

TEST(future_chain, a_row_that_is_held_needs_constant_stack_too)
{
    int n = support_many();
    on_small_stack(held_deep, &n);
    check_trace("first:cancelled");
}

/* The loop closes before the last one is resolved, or before that is told. */
static void close_deep(int n, bool closes_first)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p, *q;
    held[0] = hence_future_new(both.loop, &p);
    for (int i = 1; i < n; i++) {
        held[i] = hence_future_new(both.loop, &q);
        hence_resolve(p, future_chain(held[i]));
        p = q;
    }
    hence_deferred *d = hence_deferred_from_future(held[0]);
    hence_deferred_add_both(d, swallow, "d");
    if (closes_first)
        hence_loop_close(both.loop);
    hence_resolve(p, hence_int(1));
    end_loop(&both);
    for (int i = 0; i < n; i++) {
        hence_future_failure(held[i]);
        hence_future_unref(held[i]);
    }
    hence_deferred_unref(d);
}

static void close_and_resolve(void *arg)
{
    close_deep(*(int *)arg, true);
}

static void resolve_and_close(void *arg)
{
    close_deep(*(int *)arg, false);
}

TEST(future_chain, a_row_whose_loop_closes_needs_constant_stack)
{
    int n = support_many();
    on_small_stack(close_and_resolve, &n);
    check_trace("d:closed");
    on_small_stack(resolve_and_close, &n);
    check_trace("d:closed");
}
