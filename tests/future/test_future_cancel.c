/* SPDX-License-Identifier: BSD-3-Clause */
/* Futures that are cancelled. */
#include <errno.h>

#include "support/support.h"

SUITE(future);

/* rule 80 */
TEST(future, cancel_ends_it_once)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_future_add_done_callback(f, done, "f");
    check_int(hence_future_cancel(f), 0);
    check(hence_future_done(f));
    check(hence_future_cancelled(f));
    check_string(outcome_of(f), "cancelled");
    check_int(hence_future_cancel(f), -EALREADY);
    check(!hence_promise_is_wanted(p));
    check_trace("");
    hence_test_clock_advance(both.clock, 0);
    check_trace("f:cancelled");
    hence_abandon(p);
    hence_future_unref(f);
    end_loop(&both);
}

/* rule 80 */
TEST(future, cancelling_one_that_is_done_changes_nothing)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_resolve(p, hence_int(1));
    check_int(hence_future_cancel(f), -EALREADY);
    check(!hence_future_cancelled(f));
    check_string(outcome_of(f), "1");
    hence_future_unref(f);
    end_loop(&both);
}

/* rule 78 */ /* rule 90 */
TEST(future, after_a_cancel_one_result_is_swallowed)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_future_cancel(f);
    check_int(hence_resolve(p, payload()), p ? 0 : -EINVAL);
    check_int(payloads_alive(), 0);
    if (p)
        check_int(hence_resolve(p, hence_int(1)), -EALREADY);
    check(had_report(HENCE_REPORT_MISUSE));
    check_string(outcome_of(f), "cancelled");
    hence_future_unref(f);
    end_loop(&both);
}

TEST(future, the_promise_is_good_though_nobody_holds_the_cancelled_Future)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_future_cancel(f);
    hence_future_unref(f);
    check(!hence_promise_is_wanted(p));
    hence_promise_on_cancel(p, NULL, NULL);
    check_int(hence_resolve(p, payload()), p ? 0 : -EINVAL);
    check_int(payloads_alive(), 0);
    end_loop(&both);
}

TEST(future, letting_go_does_not_cancel)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_future_add_done_callback(f, done, "f");
    hence_future_unref(f);
    check(hence_promise_is_wanted(p));
    hence_resolve(p, hence_int(1));
    hence_test_clock_advance(both.clock, 0);
    check_trace("f:1");
    end_loop(&both);
}

static bool resolves(hence_promise *p, void *word)
{
    trace("%s", (const char *)word);
    hence_resolve(p, hence_int(5));
    return true; /* is ignored */
}

static bool abandons(hence_promise *p, void *word)
{
    trace("%s", (const char *)word);
    hence_abandon(p);
    return false; /* is ignored */
}

/* difference 12 */ /* rule 142 */
TEST(future, cancel_reaches_the_producer_before_it_returns)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_promise_on_cancel(p, trace_and_stop, "canceller");
    hence_future_add_done_callback(f, done, "f");
    check_int(hence_future_cancel(f), 0);
    check_trace("canceller");
    hence_test_clock_advance(both.clock, 0);
    check_trace("f:cancelled");
    check_int(hence_future_cancel(f), -EALREADY);
    check_trace("");
    hence_future_unref(f);
    end_loop(&both);
}

/* A Future that has been cancelled, and its canceller has run. */
static hence_future *new_cancelled(hence_loop *loop, hence_promise **p, hence_canceller *canceller)
{
    hence_future *f = hence_future_new(loop, p);
    hence_promise_on_cancel(*p, canceller, "canceller");
    check_int(hence_future_cancel(f), 0);
    check_trace("canceller");
    return f;
}

TEST(future, a_canceller_that_goes_on_may_resolve_once_more)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = new_cancelled(both.loop, &p, trace_and_go_on);
    check_string(outcome_of(f), "cancelled");
    check_int(hence_resolve(p, payload()), 0);
    check_int(payloads_alive(), 0);
    hence_future_unref(f);
    end_loop(&both);
}

TEST(future, a_canceller_that_resolves_decides)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = new_cancelled(both.loop, &p, resolves);
    check(!hence_future_cancelled(f));
    check_string(outcome_of(f), "5");
    hence_future_unref(f);
    end_loop(&both);
}

TEST(future, a_canceller_that_abandons_has_stopped)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = new_cancelled(both.loop, &p, abandons);
    check(hence_future_cancelled(f));
    check_string(outcome_of(f), "cancelled");
    hence_future_unref(f);
    end_loop(&both);
}

TEST(future, the_last_canceller_counts_and_none_after_the_end)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p, *q, *s;
    hence_future *f = hence_future_new(both.loop, &p), *g = hence_future_new(both.loop, &q);
    hence_future *h = hence_future_new(both.loop, &s);
    hence_promise_on_cancel(p, trace_and_go_on, "first");
    hence_promise_on_cancel(p, trace_and_stop, "second");
    hence_promise_on_cancel(q, trace_and_stop, "none");
    hence_promise_on_cancel(q, NULL, NULL);
    hence_promise_on_cancel(s, trace_and_stop, "none");
    hence_resolve(s, hence_int(1));
    hence_future_cancel(f);
    hence_future_cancel(g);
    hence_future_cancel(h);
    check_trace("second");
    hence_abandon(q);
    hence_future_unref(f);
    hence_future_unref(g);
    hence_future_unref(h);
    end_loop(&both);
}

static bool cancels_again(hence_promise *p, void *future)
{
    (void)p;
    check_int(hence_future_cancel(future), -EALREADY);
    check(!hence_future_done(future));
    hence_future_unref(future); /* the last reference */
    trace("canceller");
    return true;
}

TEST(future, a_canceller_may_cancel_again_and_let_go_of_the_last_reference)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_promise_on_cancel(p, cancels_again, f);
    check_int(hence_future_cancel(f), 0);
    check_trace("canceller");
    end_loop(&both);
}

static bool resolves_and_lets_go(hence_promise *p, void *future)
{
    hence_future_unref(future);
    hence_resolve(p, payload());
    return false;
}

TEST(future, a_canceller_may_resolve_a_Future_that_nobody_holds_any_more)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_promise_on_cancel(p, resolves_and_lets_go, f);
    check_int(hence_future_cancel(f), 0);
    check_int(payloads_alive(), 0);
    end_loop(&both);
}

TEST(future, abandoning_fails_it)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_future_add_done_callback(f, done, "f");
    hence_abandon(p);
    hence_test_clock_advance(both.clock, 0);
    check_trace("f:abandoned");
    hence_future_unref(f);
    end_loop(&both);
}
