/* SPDX-License-Identifier: BSD-3-Clause */
/* Deferreds that are chained to a promise, and either of the two is cancelled. */
#include "support.h"

SUITE(chain);

/* rule 24 */
TEST(chain, cancelling_the_target_leaves_the_source_alone)
{
    hence_promise *p, *q;
    hence_deferred *source = hence_deferred_new(&p);
    hence_deferred *target = hence_deferred_new(&q);
    hence_deferred_add_both(source, pass, "source");
    hence_deferred_chain(source, q);
    hence_deferred_add_both(source, pass, "after");
    hence_deferred_add_both(target, swallow, "target");
    check_int(hence_deferred_cancel(target), 0);
    check_trace("target:cancelled");
    check(hence_promise_is_wanted(p));
    hence_resolve(p, payload());
    check_trace("source:payload after:none");
    check_int(payloads_alive(), 0);
    hence_deferred_unref(source);
    hence_deferred_unref(target);
}

TEST(chain, cancelling_the_source_reaches_the_target)
{
    hence_promise *p, *q;
    hence_deferred *source = hence_deferred_new(&p);
    hence_deferred *target = hence_deferred_new(&q);
    hence_deferred_chain(source, q);
    check_int(hence_deferred_cancel(source), 0);
    check_string(outcome(target), "cancelled");
    hence_abandon(p);
    hence_deferred_unref(source);
    hence_deferred_unref(target);
}

TEST(chain, a_target_cancelled_and_let_go_swallows_the_result)
{
    hence_promise *p, *q;
    hence_deferred *source = hence_deferred_new(&p);
    hence_deferred *target = hence_deferred_new(&q);
    hence_deferred_chain(source, q);
    hence_deferred_cancel(target);
    hence_deferred_unref(target);
    hence_resolve(p, failure("broken"));
    hence_deferred_unref(source);
}

TEST(chain, a_target_cancelled_before_the_chaining_swallows_the_result)
{
    hence_promise *q;
    hence_deferred *source = hence_deferred_succeed(payload());
    hence_deferred *target = hence_deferred_new(&q);
    hence_deferred_cancel(target);
    check_int(hence_deferred_chain(source, q), 0);
    check_int(payloads_alive(), 0);
    check_string(outcome(target), "cancelled");
    hence_deferred_unref(source);
    hence_deferred_unref(target);
}

/* rule 25 */
TEST(chain, a_target_with_a_canceller_that_says_not_stopped_swallows_the_result)
{
    hence_promise *p, *q;
    hence_deferred *source = hence_deferred_new(&p);
    hence_deferred *target = hence_deferred_new(&q);
    hence_promise_on_cancel(q, trace_and_go_on, "canceller");
    hence_deferred_chain(source, q);
    hence_deferred_cancel(target);
    check_string(outcome(target), "cancelled");
    hence_resolve(p, payload());
    check_int(payloads_alive(), 0);
    hence_deferred_unref(source);
    hence_deferred_unref(target);
}

static void check_that_target_swallows(hence_canceller *canceller)
{
    hence_promise *p, *q;
    hence_deferred *source = hence_deferred_new(&p);
    hence_deferred *target = hence_deferred_new(&q);
    hence_promise_on_cancel(q, canceller, "canceller");
    hence_deferred_chain(source, q);
    hence_deferred_cancel(target);
    check_string(outcome(target), "cancelled");
    hence_deferred_unref(target);
    check_int(hence_resolve(p, payload()), 0);
    check_int(payloads_alive(), 0);
    hence_deferred_unref(source);
}

/* rule 25 */
TEST(chain, a_target_with_a_canceller_that_says_stopped_swallows_the_result)
{
    check_that_target_swallows(trace_and_stop);
}

/* rule 25 */
TEST(chain, a_target_with_a_canceller_that_abandons_swallows_the_result)
{
    check_that_target_swallows(trace_and_abandon);
}

static bool resolve_source(hence_promise *p, void *promise)
{
    (void)p;
    hence_resolve(promise, hence_int(7));
    return false;
}

TEST(chain, a_canceller_of_the_target_may_resolve_the_source)
{
    hence_promise *p, *q;
    hence_deferred *source = hence_deferred_new(&p);
    hence_deferred *target = hence_deferred_new(&q);
    hence_promise_on_cancel(q, resolve_source, p);
    hence_deferred_chain(source, q);
    hence_deferred_add_both(target, pass, "target");
    hence_deferred_cancel(target);
    if (!target)
        hence_resolve(p, hence_int(7));
    if (source && target)
        check_string(outcome(target), "7");
    check_trace("target:7");
    hence_deferred_unref(source);
    hence_deferred_unref(target);
}

TEST(chain, a_Future_with_a_canceller_that_says_stopped_swallows_the_result)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p, *q;
    hence_deferred *source = hence_deferred_new(&p);
    hence_future *target = hence_future_new(both.loop, &q);
    hence_promise_on_cancel(q, trace_and_stop, "canceller");
    hence_deferred_chain(source, q);
    hence_future_cancel(target);
    check_string(describe_and_drop(hence_future_result(target)), "cancelled");
    hence_future_unref(target);
    check_int(hence_resolve(p, payload()), 0);
    check_int(payloads_alive(), 0);
    hence_deferred_unref(source);
    end_loop(&both);
}
