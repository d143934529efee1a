/* SPDX-License-Identifier: BSD-3-Clause */
/* Adapters that are cancelled: from the Future's side, and there and back. */
#include <errno.h>

#include "support/support.h"

SUITE(adapters);

/* ---- cancelling, from the Future's side ---- */

static bool resolves(hence_promise *p, void *word)
{
    trace("%s", (const char *)word);
    hence_resolve(p, payload());
    return true;
}

/* rule 142 */ /* difference 12 */
TEST(adapters, cancelling_the_Future_cancels_the_Deferred_at_once)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_promise_on_cancel(p, trace_and_go_on, "canceller");
    hence_deferred_add_both(d, pass, "d");
    hence_future *f = hence_deferred_as_future(both.loop, d);
    hence_future_add_done_callback(f, done, "f");
    check_int(hence_future_cancel(f), 0);
    check_trace("canceller d:cancelled");
    check(hence_future_cancelled(f));
    hence_test_clock_advance(both.clock, 0);
    check_trace("f:cancelled");
    hence_abandon(p);
    hence_future_unref(f);
    end_loop(&both);
}

/* rule 143 */
TEST(adapters, what_the_Deferred_ends_with_after_that_is_destroyed)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_promise_on_cancel(p, resolves, "canceller");
    hence_deferred_add_both(d, pass, "d");
    hence_future *f = hence_deferred_as_future(both.loop, hence_deferred_ref(d));
    check_int(hence_future_cancel(f), 0);
    check_trace("canceller d:payload");
    check(hence_future_cancelled(f));
    check_int(payloads_alive(), 0);
    check_int(hence_deferred_cancel(d), -EALREADY);
    hence_future_unref(f);
    hence_deferred_unref(d);
    end_loop(&both);
}

static hence_result fail_late(hence_result *in, void *word)
{
    trace("%s:%s", (const char *)word, describe(in));
    return failure("too late");
}

/* rule 143 */
TEST(adapters, a_failure_of_the_Deferred_after_that_is_not_reported)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred_add_both(d, fail_late, "d");
    hence_future *f = hence_deferred_as_future(both.loop, d);
    hence_future_cancel(f);
    hence_abandon(p);
    check_trace("d:cancelled");
    check(hence_future_cancelled(f));
    hence_future_unref(f);
    end_loop(&both);
}

TEST(adapters, a_paused_Deferred_s_result_is_destroyed_when_it_comes)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred_pause(d);
    hence_resolve(p, payload());
    hence_future *f = hence_deferred_as_future(both.loop, hence_deferred_ref(d));
    check_int(hence_future_cancel(f), 0);
    check(hence_future_cancelled(f));
    hence_future_unref(f);
    hence_deferred_unpause(d);
    hence_deferred_unref(d);
    check_int(payloads_alive(), 0);
    end_loop(&both);
}

TEST(adapters, letting_go_of_the_Future_does_not_cancel_the_Deferred)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred_add_both(d, pass, "d");
    hence_future_unref(hence_deferred_as_future(both.loop, d));
    check(hence_promise_is_wanted(p));
    hence_resolve(p, payload());
    check_trace("d:payload");
    check_int(payloads_alive(), 0);
    end_loop(&both);
}

/* rule 144 */ /* difference 12 */
TEST(adapters, a_Deferred_that_is_cancelled_makes_a_Future_that_is_cancelled)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_future *f = hence_deferred_as_future(both.loop, hence_deferred_ref(d));
    check_int(hence_deferred_cancel(d), 0);
    check(hence_future_cancelled(f));
    check_string(outcome_of(f), "cancelled");
    hence_abandon(p);
    hence_deferred_unref(d);
    hence_future_unref(f);
    end_loop(&both);
}

TEST(adapters, a_Deferred_that_waits_for_another_is_cancelled_through_it)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p, *q;
    hence_deferred *outer = hence_deferred_new(&p), *inner = hence_deferred_new(&q);
    hence_promise_on_cancel(q, trace_and_go_on, "canceller");
    hence_deferred_add_both(outer, pass, "outer");
    hence_resolve(p, hence_chain(inner));
    hence_future *f = hence_deferred_as_future(both.loop, outer);
    check_int(hence_future_cancel(f), 0);
    check_trace("canceller outer:cancelled");
    hence_abandon(q);
    hence_future_unref(f);
    end_loop(&both);
}

TEST(adapters, a_Deferred_with_nothing_left_to_do_is_cut_out_and_still_cancelled)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p, *q;
    hence_deferred *outer = hence_deferred_new(&p), *inner = hence_deferred_new(&q);
    hence_promise_on_cancel(q, trace_and_go_on, "canceller");
    hence_future *f = hence_deferred_as_future(both.loop, outer);
    hence_resolve(p, hence_chain(inner));
    check(!hence_future_done(f));
    check_int(hence_future_cancel(f), 0);
    check_trace("canceller");
    check(hence_future_cancelled(f));
    hence_abandon(q);
    hence_future_unref(f);
    end_loop(&both);
}

/* ---- cancellers of promises that another one holds ---- */

static bool resolves_with_chain(hence_promise *p, void *d)
{
    hence_resolve(p, hence_chain(d));
    return true;
}

/* A Deferred that is to resolve a Future, which has a canceller of its own. */
struct held {
    hence_promise *p;
    hence_deferred *d;
    hence_future *f;
};

static struct held hold_promise(hence_loop *loop, hence_canceller *canceller, void *arg)
{
    struct held held;
    hence_promise *promise;
    held.d = hence_deferred_new(&held.p);
    held.f = hence_future_new(loop, &promise);
    hence_promise_on_cancel(promise, canceller, arg);
    hence_deferred_chain(held.d, promise);
    return held;
}

/* What the Deferred comes to then is swallowed. */
static void end_held(struct held *held)
{
    check_int(hence_resolve(held->p, payload()), 0);
    hence_deferred_unref(held->d);
    hence_future_unref(held->f);
    check_int(payloads_alive(), 0);
}

TEST(adapters, the_canceller_of_a_Future_that_a_Deferred_is_to_resolve_may_decide)
{
    struct loop_and_clock both = begin_loop();
    struct held held = hold_promise(both.loop, resolves, "canceller");
    check_int(hence_future_cancel(held.f), 0);
    check_trace("canceller");
    check_string(outcome_of(held.f), "shared");
    end_held(&held);
    end_loop(&both);
}

TEST(adapters, the_canceller_of_a_Future_that_a_Deferred_is_to_resolve_may_have_it_wait)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *q;
    hence_deferred *other = hence_deferred_new(&q);
    struct held held = hold_promise(both.loop, resolves_with_chain, other);
    const int error = hence_future_cancel(held.f);
    check(!hence_future_done(held.f));
    if (error) /* there was nobody to take the chain */
        hence_deferred_unref(other);
    hence_resolve(q, hence_int(7));
    check_string(outcome_of(held.f), "7");
    end_held(&held);
    end_loop(&both);
}

TEST(adapters, the_canceller_of_a_Future_that_a_Deferred_is_to_resolve_may_abandon_it)
{
    struct loop_and_clock both = begin_loop();
    struct held held = hold_promise(both.loop, trace_and_abandon, "canceller");
    check_int(hence_future_cancel(held.f), 0);
    check_trace("canceller");
    check(hence_future_cancelled(held.f));
    end_held(&held);
    end_loop(&both);
}

TEST(adapters, a_Future_whose_Deferred_is_forgotten_is_cancelled)
{
    struct loop_and_clock both = begin_loop();
    struct held held = hold_promise(both.loop, trace_and_go_on, "canceller");
    hence_deferred_forget(held.d);
    check(hence_future_done(held.f));
    check_string(outcome_of(held.f), "cancelled");
    held.d = NULL;
    end_held(&held);
    end_loop(&both);
}

TEST(adapters, the_canceller_of_a_Deferred_that_another_is_to_resolve_may_decide)
{
    hence_promise *p, *q;
    for (int way = 0; way < 3; way++) {
        hence_set_debugging(way == 2);
        hence_deferred *d = hence_deferred_new(&p), *outer = hence_deferred_new(&q);
        hence_promise_on_cancel(q, way == 1 ? trace_and_abandon : resolves, "canceller");
        hence_deferred_chain(d, q);
        hence_deferred_add_both(outer, pass, "outer");
        check_int(hence_deferred_cancel(outer), 0);
        check_trace(way == 1 ? "canceller outer:cancelled" : "canceller outer:payload");
        hence_deferred_unref(outer);
        check_int(hence_resolve(p, payload()), 0);
        hence_deferred_unref(d);
        check_int(payloads_alive(), 0);
    }
    hence_set_debugging(false);
    forget_reports();
}

/* ---- there and back ---- */

TEST(adapters, cancel_goes_all_the_way_there_and_back)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_promise_on_cancel(p, trace_and_go_on, "canceller");
    hence_future *f = hence_deferred_as_future(both.loop, d);
    hence_deferred *e = hence_deferred_from_future(f);
    hence_future_unref(f);
    hence_future *g = hence_deferred_as_future(both.loop, e);
    hence_future_add_done_callback(g, done, "g");
    check_int(hence_future_cancel(g), 0);
    check_trace("canceller");
    check(hence_future_cancelled(g));
    hence_test_clock_advance(both.clock, 0);
    check_trace("g:cancelled");
    hence_abandon(p);
    hence_future_unref(g);
    end_loop(&both);
}

static hence_deferred *go_there_and_back(hence_loop *loop, hence_deferred *d, int times)
{
    for (int i = 0; i < times; i++) {
        hence_future *f = hence_deferred_as_future(loop, d);
        d = hence_deferred_from_future(f);
        hence_future_unref(f);
    }
    return d;
}

static void there_and_back(void *arg)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_deferred *d = go_there_and_back(both.loop, hence_deferred_new(&p), *(int *)arg);
    hence_deferred_add_both(d, pass, "d");
    hence_resolve(p, hence_int(7));
    hence_test_clock_advance(both.clock, 0);
    hence_deferred_forget(d);
    end_loop(&both);
}

static hence_result resolve_it(hence_result *in, void *arg)
{
    trace("told:%s", describe(in));
    hence_resolve(hence_promise_take(arg), hence_int(7));
    return hence_none();
}

/* Who is told of the cancelled Future, which a closed loop does at once, ends what it was for. */
TEST(adapters, the_Deferred_may_end_when_the_Future_of_a_closed_loop_is_cancelled)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_promise_on_cancel(p, trace_and_go_on, "canceller");
    hence_deferred_add_both(d, pass, "d");
    hence_future *f = hence_deferred_as_future(both.loop, d);
    hence_deferred *told = hence_deferred_from_future(f);
    hence_deferred_add_both(told, resolve_it, &p);
    hence_loop_close(both.loop);
    check_int(hence_future_cancel(f), 0);
    check(hence_future_cancelled(f));
    check_trace("canceller d:cancelled told:closed");
    hence_abandon(p);
    hence_deferred_unref(told);
    hence_future_unref(f);
    end_loop(&both);
}

TEST(adapters, each_Future_in_a_row_of_a_closed_loop_is_told)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *inner = hence_deferred_as_future(both.loop, hence_deferred_new(&p));
    hence_deferred *d = hence_deferred_from_future(inner);
    hence_deferred_add_both(d, pass, "inner");
    hence_future *outer = hence_deferred_as_future(both.loop, d);
    hence_deferred *told = hence_deferred_from_future(outer);
    hence_deferred_add_both(told, pass, "outer");
    hence_loop_close(both.loop);
    check_int(hence_future_cancel(outer), 0);
    check_trace("inner:closed outer:closed");
    check(hence_future_cancelled(inner) && hence_future_cancelled(outer));
    hence_abandon(p);
    hence_deferred_forget(told);
    hence_future_unref(inner);
    hence_future_unref(outer);
    end_loop(&both);
}

static void cancel_there_and_back(void *arg)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_deferred *d = go_there_and_back(both.loop, hence_deferred_new(&p), *(int *)arg);
    hence_promise_on_cancel(p, trace_and_go_on, "canceller");
    hence_deferred_add_both(d, pass, "d");
    hence_deferred_cancel(d);
    hence_abandon(p);
    hence_test_clock_advance(both.clock, 0);
    hence_deferred_unref(d);
    end_loop(&both);
}

TEST(adapters, a_row_of_many_needs_constant_stack)
{
    int n = support_many();
    on_small_stack(there_and_back, &n);
    check_trace("d:7");
}

TEST(adapters, cancelling_a_row_of_many_needs_constant_stack)
{
    int n = support_many();
    on_small_stack(cancel_there_and_back, &n);
    check_trace("canceller d:cancelled");
}
