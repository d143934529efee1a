/* SPDX-License-Identifier: BSD-3-Clause */
/* Deferreds that are chained to a promise, and either of the two is cancelled. */
#include "deferred/chain_support.h"

SUITE(chain);

/* rule 24 */
TEST(chain, cancelling_the_target_leaves_the_source_alone)
{
    begin_chain();
    hence_deferred_add_both(source, pass, "source");
    hence_deferred_chain(source, target_promise);
    hence_deferred_add_both(source, pass, "after");
    hence_deferred_add_both(target, swallow, "target");
    check_int(hence_deferred_cancel(target), 0);
    check_trace("target:cancelled");
    check(hence_promise_is_wanted(source_promise));
    hence_resolve(source_promise, payload());
    check_trace("source:payload after:none");
    check_int(payloads_alive(), 0);
    end_chain();
}

TEST(chain, cancelling_the_source_reaches_the_target)
{
    begin_chain();
    hence_deferred_chain(source, target_promise);
    check_int(hence_deferred_cancel(source), 0);
    check_string(outcome(target), "cancelled");
    hence_abandon(source_promise);
    end_chain();
}

TEST(chain, a_target_cancelled_and_let_go_swallows_the_result)
{
    begin_chain();
    hence_deferred_chain(source, target_promise);
    hence_deferred_cancel(target);
    target = hence_deferred_unref(target);
    hence_resolve(source_promise, failure("broken"));
    end_chain();
}

TEST(chain, a_target_cancelled_before_the_chaining_swallows_the_result)
{
    begin_target(hence_deferred_succeed(payload()));
    hence_deferred_cancel(target);
    check_int(hence_deferred_chain(source, target_promise), 0);
    check_int(payloads_alive(), 0);
    check_string(outcome(target), "cancelled");
    end_chain();
}

/* rule 25 */
TEST(chain, a_target_with_a_canceller_that_says_not_stopped_swallows_the_result)
{
    begin_chain();
    hence_promise_on_cancel(target_promise, trace_and_go_on, "canceller");
    hence_deferred_chain(source, target_promise);
    hence_deferred_cancel(target);
    check_string(outcome(target), "cancelled");
    hence_resolve(source_promise, payload());
    check_int(payloads_alive(), 0);
    end_chain();
}

static void check_that_target_swallows(hence_canceller *canceller)
{
    begin_chain();
    hence_promise_on_cancel(target_promise, canceller, "canceller");
    hence_deferred_chain(source, target_promise);
    hence_deferred_cancel(target);
    check_string(outcome(target), "cancelled");
    target = hence_deferred_unref(target);
    check_int(hence_resolve(source_promise, payload()), 0);
    check_int(payloads_alive(), 0);
    end_chain();
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
    begin_chain();
    hence_promise_on_cancel(target_promise, resolve_source, source_promise);
    hence_deferred_chain(source, target_promise);
    hence_deferred_add_both(target, pass, "target");
    hence_deferred_cancel(target);
    if (!target)
        hence_resolve(source_promise, hence_int(7));
    if (source && target)
        check_string(outcome(target), "7");
    check_trace("target:7");
    end_chain();
}

TEST(chain, a_Future_with_a_canceller_that_says_stopped_swallows_the_result)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p, *q;
    hence_deferred *d = hence_deferred_new(&p);
    hence_future *f = hence_future_new(both.loop, &q);
    hence_promise_on_cancel(q, trace_and_stop, "canceller");
    hence_deferred_chain(d, q);
    hence_future_cancel(f);
    check_string(outcome_of(f), "cancelled");
    hence_future_unref(f);
    check_int(hence_resolve(p, payload()), 0);
    check_int(payloads_alive(), 0);
    hence_deferred_unref(d);
    end_loop(&both);
}
