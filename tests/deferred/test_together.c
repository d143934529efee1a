/* SPDX-License-Identifier: BSD-3-Clause */
/* Pauses, failures, cancellations and chains, several of them together. */
#include <errno.h>

#include "support.h"

SUITE(together);

/* rule 27 */
TEST(together, a_paused_one_that_has_failed_runs_its_errbacks_when_it_is_unpaused)
{
    hence_deferred *d = hence_deferred_fail(failure("broken"));
    hence_deferred_pause(d);
    hence_deferred_add_errback(d, swallow, "a");
    check_trace(d ? "" : "a:nomem");
    hence_deferred_unpause(d);
    if (d)
        check_trace("a:broken");
    hence_deferred_unref(d);
}

static bool may_not_run(hence_promise *p, void *word)
{
    (void)p;
    trace("%s", (const char *)word);
    return false;
}

/* rules 36 and 37 */
TEST(together, one_that_has_failed_is_left_alone_by_a_cancellation)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_promise_on_cancel(p, may_not_run, "never");
    hence_deferred_add_both(d, pass, "a");
    hence_resolve(p, failure("broken"));
    check_int(hence_deferred_cancel(d), -EALREADY);
    hence_deferred_add_errback(d, swallow, "b");
    check_trace("a:broken b:broken");
    hence_deferred_unref(d);
}

/* rule 32, in all four combinations of what comes late, and what comes too late */
TEST(together, after_a_cancellation_one_value_or_failure_is_swallowed_and_no_other)
{
    for (int i = 0; i < 4; i++) {
        hence_promise *p;
        hence_deferred *d = hence_deferred_new(&p);
        hence_deferred_add_both(d, pass, "a");
        hence_deferred_cancel(d);
        check_int(hence_resolve(p, i & 1 ? failure("late") : payload()), 0);
        check_int(hence_deferred_cancel(d), d ? -EALREADY : -ENOMEM);
        if (d) {
            check_int(hence_resolve(p, i & 2 ? failure("too late") : payload()), -EALREADY);
            check(had_report(HENCE_REPORT_MISUSE));
        }
        check_trace("a:cancelled");
        check_int(payloads_alive(), 0);
        hence_deferred_unref(d);
    }
}

static hence_promise *given;

static bool check_what_is_given(hence_promise *p, void *word)
{
    trace("%s:%d", (const char *)word, p == given);
    return true;
}

TEST(together, a_canceller_is_given_the_promise_that_it_was_set_for)
{
    hence_deferred *d = hence_deferred_new(&given);
    hence_promise_on_cancel(given, check_what_is_given, "canceller");
    hence_deferred_cancel(d);
    check_trace("canceller:1");
    hence_deferred_unref(d);
}

/* rules 19 and 21 */
TEST(together, steps_added_to_the_middle_of_three_run_when_the_last_one_has_its_result)
{
    hence_promise *p, *q, *r;
    hence_deferred *first = hence_deferred_new(&p), *second = hence_deferred_new(&q);
    hence_deferred *third = hence_deferred_new(&r);
    hence_resolve(q, hence_chain(hence_deferred_ref(third)));
    hence_resolve(p, hence_chain(hence_deferred_ref(second)));
    hence_deferred_add_both(second, pass, "second");
    hence_deferred_add_both(first, pass, "first");
    hence_deferred_add_both(third, pass, "third");
    check_trace("");
    hence_resolve(r, hence_int(7));
    check_trace("first:7 second:none third:none");
    hence_deferred_unref(first);
    hence_deferred_unref(second);
    hence_deferred_unref(third);
}

/* rules 18 and 21: a step waits for one whose own step waits for a third one */
TEST(together, steps_on_three_levels_run_from_the_inside_out)
{
    hence_promise *p;
    hence_deferred *inner = hence_deferred_new(&p);
    hence_deferred *held = hence_deferred_ref(inner);
    hence_deferred *middle = hence_deferred_succeed(hence_none());
    hence_deferred *outer = hence_deferred_succeed(hence_none());
    hence_deferred_add_callback(held, add_one, "inner");
    hence_deferred_add_callback(middle, chain_to_moved, &inner);
    hence_deferred_add_callback(middle, add_one, "middle");
    hence_deferred_add_callback(outer, chain_to_moved, &middle);
    hence_deferred_add_callback(outer, add_one, "outer");
    check_trace("");
    hence_resolve(p, hence_int(7));
    check_trace("inner:7 middle:8 outer:9");
    check_string(outcome(outer), "10");
    hence_deferred_unref(held);
    hence_deferred_unref(inner);
    hence_deferred_unref(middle);
    hence_deferred_unref(outer);
}

/* rules 30 and 39 */
TEST(together, a_paused_outer_one_can_be_cancelled_through_the_inner_one)
{
    hence_promise *p;
    hence_deferred *inner = hence_deferred_new(&p);
    hence_deferred *outer = hence_deferred_succeed(hence_chain(inner));
    hence_deferred_add_both(outer, pass, "outer");
    hence_deferred_pause(outer);
    check_int(hence_deferred_cancel(outer), 0);
    check_trace("");
    hence_deferred_unpause(outer);
    check_trace("outer:cancelled");
    hence_abandon(p);
    hence_deferred_unref(outer);
}
