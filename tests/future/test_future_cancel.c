/* SPDX-License-Identifier: BSD-3-Clause */
/* Futures that are cancelled. */
#include <errno.h>

#include "support/support.h"

SUITE(future);

/* A loop, and a pending Future. */
static struct loop_and_clock both;
static hence_future *the_future;
static hence_promise *promise;

static void begin(void)
{
    both = begin_loop();
    the_future = hence_future_new(both.loop, &promise);
}

/* All turns that there are without time going by. */
static void run(void)
{
    hence_test_clock_advance(both.clock, 0);
}

/* Lets go of the Future if that was not done before. */
static void end(void)
{
    hence_future_unref(the_future);
    end_loop(&both);
}

/* rule 80 */
TEST(future, cancel_ends_it_once)
{
    begin();
    hence_future_add_done_callback(the_future, done, "f");
    check_int(hence_future_cancel(the_future), 0);
    check(hence_future_done(the_future));
    check(hence_future_cancelled(the_future));
    check_string(outcome_of(the_future), "cancelled");
    check_int(hence_future_cancel(the_future), -EALREADY);
    check(!hence_promise_is_wanted(promise));
    check_trace("");
    run();
    check_trace("f:cancelled");
    hence_abandon(promise);
    end();
}

/* rule 80 */
TEST(future, cancelling_one_that_is_done_changes_nothing)
{
    begin();
    hence_resolve(promise, hence_int(1));
    check_int(hence_future_cancel(the_future), -EALREADY);
    check(!hence_future_cancelled(the_future));
    check_string(outcome_of(the_future), "1");
    end();
}

/* rule 78 */ /* rule 90 */
TEST(future, after_a_cancel_one_result_is_swallowed)
{
    begin();
    hence_future_cancel(the_future);
    check_int(hence_resolve(promise, payload()), promise ? 0 : -EINVAL);
    check_int(payloads_alive(), 0);
    if (promise)
        check_int(hence_resolve(promise, hence_int(1)), -EALREADY);
    check(had_report(HENCE_REPORT_MISUSE));
    check_string(outcome_of(the_future), "cancelled");
    end();
}

TEST(future, the_promise_is_good_though_nobody_holds_the_cancelled_Future)
{
    begin();
    hence_future_cancel(the_future);
    the_future = hence_future_unref(the_future);
    check(!hence_promise_is_wanted(promise));
    hence_promise_on_cancel(promise, NULL, NULL);
    check_int(hence_resolve(promise, payload()), promise ? 0 : -EINVAL);
    check_int(payloads_alive(), 0);
    end();
}

TEST(future, letting_go_does_not_cancel)
{
    begin();
    hence_future_add_done_callback(the_future, done, "f");
    the_future = hence_future_unref(the_future);
    check(hence_promise_is_wanted(promise));
    hence_resolve(promise, hence_int(1));
    run();
    check_trace("f:1");
    end();
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
    begin();
    hence_promise_on_cancel(promise, trace_and_stop, "canceller");
    hence_future_add_done_callback(the_future, done, "f");
    check_int(hence_future_cancel(the_future), 0);
    check_trace("canceller");
    run();
    check_trace("f:cancelled");
    check_int(hence_future_cancel(the_future), -EALREADY);
    check_trace("");
    end();
}

/* A Future that has been cancelled, and its canceller has run. */
static void begin_cancelled(hence_canceller *canceller)
{
    begin();
    hence_promise_on_cancel(promise, canceller, "canceller");
    check_int(hence_future_cancel(the_future), 0);
    check_trace("canceller");
}

TEST(future, a_canceller_that_goes_on_may_resolve_once_more)
{
    begin_cancelled(trace_and_go_on);
    check_string(outcome_of(the_future), "cancelled");
    check_int(hence_resolve(promise, payload()), 0);
    check_int(payloads_alive(), 0);
    end();
}

TEST(future, a_canceller_that_resolves_decides)
{
    begin_cancelled(resolves);
    check(!hence_future_cancelled(the_future));
    check_string(outcome_of(the_future), "5");
    end();
}

TEST(future, a_canceller_that_abandons_has_stopped)
{
    begin_cancelled(abandons);
    check(hence_future_cancelled(the_future));
    check_string(outcome_of(the_future), "cancelled");
    end();
}

TEST(future, the_last_canceller_counts_and_none_after_the_end)
{
    both = begin_loop();
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
    the_future = hence_future_unref(future); /* the last reference */
    trace("canceller");
    return true;
}

TEST(future, a_canceller_may_cancel_again_and_let_go_of_the_last_reference)
{
    begin();
    hence_promise_on_cancel(promise, cancels_again, the_future);
    check_int(hence_future_cancel(the_future), 0);
    check_trace("canceller");
    end();
}

static bool resolves_and_lets_go(hence_promise *p, void *future)
{
    the_future = hence_future_unref(future);
    hence_resolve(p, payload());
    return false;
}

TEST(future, a_canceller_may_resolve_a_Future_that_nobody_holds_any_more)
{
    begin();
    hence_promise_on_cancel(promise, resolves_and_lets_go, the_future);
    check_int(hence_future_cancel(the_future), 0);
    check_int(payloads_alive(), 0);
    end();
}

TEST(future, abandoning_fails_it)
{
    begin();
    hence_future_add_done_callback(the_future, done, "f");
    hence_abandon(promise);
    run();
    check_trace("f:abandoned");
    end();
}
