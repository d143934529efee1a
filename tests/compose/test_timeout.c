/* SPDX-License-Identifier: BSD-3-Clause */
/* Time limits for Deferreds: in time, and too late. */
#include <errno.h>
#include <string.h>

#include "compose/timeout_support.h"

SUITE(timeout);

/* An on_timeout that traces what it gets and gives a number. */
static hence_result give_42(hence_result *in, void *word)
{
    trace("%s:%s", (const char *)word, describe(in));
    return hence_int(42);
}

/* ---- in time ---- */

/* rules 44 and 49 */
TEST(timeout, a_result_that_comes_in_time_is_left_alone_and_the_timer_goes)
{
    hence_deferred *d = begin(STOPS);
    check_int(limit(d, 10), d ? 0 : -ENOMEM);
    hence_deferred_add_both(d, pass, "d");
    check_int(hence_loop_pending(both.loop), 1);
    advance(9);
    resolve_input(0, payload());
    check_trace("d:payload");
    check_int(hence_loop_pending(both.loop), 0);
    advance(10);
    end(d);
}

TEST(timeout, a_failure_that_comes_in_time_is_left_alone)
{
    hence_deferred *d = begin(STOPS);
    limit(d, 10);
    hence_deferred_add_both(d, swallow, "d");
    resolve_input(0, failure("broken"));
    check_trace("d:broken");
    advance(10);
    end(d);
}

TEST(timeout, a_function_for_late_ones_is_not_called_when_the_result_comes_in_time)
{
    for (int fails = 0; fails < 2; fails++) {
        hence_deferred *d = begin(STOPS);
        hence_deferred_add_timeout(d, both.loop, HENCE_SECONDS(10), give_42, "never");
        hence_deferred_add_both(d, swallow, "d");
        resolve_input(0, fails ? failure("broken") : hence_int(7));
        check_trace(fails ? "d:broken" : "d:7");
        advance(10);
        check_trace("");
        end(d);
    }
}

/* rule 49 */
TEST(timeout, one_that_has_its_result_already_is_left_alone_at_once)
{
    hence_deferred *d = begin(STOPS);
    resolve_input(0, hence_int(7));
    limit(d, 10);
    check_int(hence_loop_pending(both.loop), 0);
    check_string(outcome(d), "7");
    end(d);
}

/* ---- too late ---- */

/* rule 45 */
TEST(timeout, when_the_time_is_up_it_is_cancelled_and_has_timed_out)
{
    hence_deferred *d = begin(STOPS);
    hence_deferred_add_both(d, pass, "before");
    limit(d, 10);
    hence_deferred_add_both(d, swallow, "after");
    advance(9);
    check_trace("");
    advance(1);
    if (d)
        check_trace("cancel0 before:cancelled after:timed out after 10 s");
    end(d);
}

/* rule 45 */
TEST(timeout, the_failure_is_hence_s_own_and_knows_the_line_of_the_limit)
{
    hence_deferred *d = begin(STOPS);
    hence_deferred_add_timeout_at("limit.c:1", d, both.loop, HENCE_MS(1500), NULL, NULL);
    advance(1.5);
    hence_result r = hence_deferred_take(d);
    check(hence_is_failure_of(&r, &hence_domain_hence, HENCE_ETIMEDOUT));
    check(!hence_is_cancelled(&r));
    check_string(hence_failure_message(hence_as_failure(&r)), "timed out after 1.5 s");
    check_string(hence_failure_site(hence_as_failure(&r)), "limit.c:1");
    hence_drop(r);
    end(d);
}

TEST(timeout, one_that_timed_out_and_that_nobody_handles_is_reported)
{
    hence_deferred *d = begin(STOPS);
    limit(d, 10);
    hence_deferred_unref(d);
    advance(10);
    if (d) {
        check(had_report(HENCE_REPORT_UNHANDLED));
        check(strstr(report_text(), "timed out after 10 s"));
        check_trace("cancel0");
    }
    end(NULL);
}

TEST(timeout, without_memory_for_the_failure_it_has_timed_out_all_the_same)
{
    hence_deferred *d = begin(STOPS);
    limit(d, 10);
    out_of_memory(true);
    advance(10);
    out_of_memory(false);
    check_string(outcome(d), "timedout");
    end(d);
}

/* rule 44 */
TEST(timeout, it_is_for_the_steps_that_are_there)
{
    hence_deferred *d = begin(STOPS);
    hence_promise *p;
    hence_deferred *inner = hence_deferred_new(&p);
    limit(d, 10);
    hence_deferred_add_callback(d, chain_to_moved, &inner);
    resolve_input(0, hence_int(7));
    advance(100);
    check(hence_promise_is_wanted(p));
    hence_resolve(p, hence_int(8));
    check_string(outcome(d), "8");
    inner = hence_deferred_unref(inner); /* if there was no step */
    end(d);
}

/* rule 49: the steps before it, and what they wait for, have to be done in time */
TEST(timeout, what_a_step_before_it_waits_for_is_cancelled_too)
{
    hence_deferred *d = begin(STOPS);
    hence_promise *p;
    hence_deferred *inner = hence_deferred_new(&p);
    hence_deferred_add_callback(d, chain_to_moved, &inner);
    limit(d, 10);
    hence_deferred_add_both(d, swallow, "d");
    resolve_input(0, hence_int(7));
    advance(10);
    check(!hence_promise_is_wanted(p));
    check_trace("d:timed out after 10 s");
    hence_abandon(p);
    inner = hence_deferred_unref(inner); /* if there was no step */
    end(d);
}

/* rule 46 */
TEST(timeout, a_function_for_late_ones_gets_what_came_of_the_cancellation_and_gives_the_result)
{
    hence_deferred *d = begin(STOPS);
    hence_deferred_add_timeout(d, both.loop, HENCE_SECONDS(10), give_42, "late");
    hence_deferred_add_both(d, pass, "d");
    advance(10);
    if (d)
        check_trace("cancel0 late:cancelled d:42");
    end(d);
}

/* rule 46 */
TEST(timeout, a_function_for_late_ones_may_fail)
{
    hence_deferred *d = begin(STOPS);
    hence_deferred_add_timeout(d, both.loop, HENCE_SECONDS(10), fail_with_word, "late");
    advance(10);
    if (d)
        check_trace("cancel0 late:cancelled");
    check_string(outcome(d), "late");
    end(d);
}

/* rule 46 */
TEST(timeout, a_function_for_late_ones_may_give_a_chain_which_is_waited_for)
{
    hence_deferred *d = begin(STOPS);
    hence_promise *p;
    hence_deferred *inner = hence_deferred_new(&p);
    hence_deferred_add_timeout(d, both.loop, HENCE_SECONDS(10), chain_to_moved, &inner);
    hence_deferred_add_both(d, pass, "d");
    advance(10);
    if (d)
        check_trace("cancel0");
    hence_resolve(p, hence_int(7));
    if (d)
        check_trace("d:7");
    inner = hence_deferred_unref(inner); /* if there was no step */
    end(d);
}

/* rule 47 */
TEST(timeout, a_canceller_may_give_a_value_which_is_no_time_out)
{
    hence_deferred *d = begin(GIVES_VALUE);
    limit(d, 10);
    advance(10);
    check_trace(d ? "cancel0" : "");
    check_string(outcome(d), "100");
    end(d);
}

/* rule 47 */
TEST(timeout, a_canceller_may_give_a_failure_which_is_no_time_out)
{
    hence_deferred *d = begin(GIVES_FAILURE);
    limit(d, 10);
    advance(10);
    check_trace(d ? "cancel0" : "");
    check_string(outcome(d), "late");
    end(d);
}

/* rules 46 and 47 */
TEST(timeout, a_function_for_late_ones_sees_what_the_canceller_gave)
{
    for (int fails = 0; fails < 2; fails++) {
        hence_deferred *d = begin(fails ? GIVES_FAILURE : GIVES_VALUE);
        hence_deferred_add_timeout(d, both.loop, HENCE_SECONDS(10), give_42, "late");
        advance(10);
        if (d)
            check_trace(fails ? "cancel0 late:late" : "cancel0 late:100");
        check_string(outcome(d), "42");
        end(d);
    }
}

/* rule 38, difference 8 */
TEST(timeout, a_canceller_that_has_not_stopped_lets_it_time_out_at_once)
{
    hence_deferred *d = begin(GOES_ON);
    limit(d, 10);
    hence_deferred_add_both(d, swallow, "d");
    advance(10);
    if (d)
        check_trace("cancel0 d:timed out after 10 s");
    resolve_input(0, payload());
    check_int(payloads_alive(), 0);
    end(d);
}

TEST(timeout, what_takes_time_to_end_is_waited_for)
{
    hence_deferred *d = begin(TAKES_TIME);
    limit(d, 10);
    hence_deferred_add_both(d, pass, "d");
    advance(10);
    check_trace(d ? "cancel0" : "");
    resolve_late(0, hence_int(7));
    if (d)
        check_trace("d:7");
    end(d);
}

TEST(timeout, what_takes_time_and_is_cancelled_once_more_has_timed_out)
{
    hence_deferred *d = begin(TAKES_TIME);
    limit(d, 10);
    hence_deferred_add_both(d, swallow, "d");
    advance(10);
    check_int(hence_deferred_cancel(d), d ? 0 : -ENOMEM);
    if (d)
        check_trace("cancel0 d:timed out after 10 s");
    end(d);
}

/* rule 45 */
TEST(timeout, a_cancellation_before_the_time_is_up_stays_one)
{
    hence_deferred *d = begin(STOPS);
    limit(d, 10);
    hence_deferred_cancel(d);
    check_string(outcome(d), "cancelled");
    check_int(hence_loop_pending(both.loop), 0);
    check_trace(d ? "cancel0" : "");
    end(d);
}

/* rule 45 */
TEST(timeout, a_function_for_late_ones_is_not_called_for_a_cancellation_before_the_time_is_up)
{
    hence_deferred *d = begin(GIVES_VALUE);
    hence_deferred_add_timeout(d, both.loop, HENCE_SECONDS(10), give_42, "never");
    hence_deferred_cancel(d);
    check_trace(d ? "cancel0" : "");
    check_string(outcome(d), "100");
    end(d);
}

/* rule 48 */
TEST(timeout, a_step_before_it_that_handles_the_cancellation_leaves_no_time_out)
{
    hence_deferred *d = begin(STOPS);
    hence_deferred_add_errback(d, give_payload, "before");
    limit(d, 10);
    hence_deferred_add_both(d, pass, "after");
    advance(10);
    if (d)
        check_trace("cancel0 before:cancelled after:payload");
    end(d);
    check_int(payloads_alive(), 0);
}

/* rule 48 */
TEST(timeout, a_step_before_it_that_handles_the_cancellation_still_leads_to_the_function)
{
    hence_deferred *d = begin(STOPS);
    hence_deferred_add_errback(d, give_payload, "before");
    hence_deferred_add_timeout(d, both.loop, HENCE_SECONDS(10), give_42, "late");
    hence_deferred_add_both(d, pass, "after");
    advance(10);
    if (d)
        check_trace("cancel0 before:cancelled late:payload after:42");
    check_int(payloads_alive(), 0);
    end(d);
}

/* ---- several limits ---- */

TEST(timeout, several_limits_may_be_set_and_the_shortest_counts)
{
    hence_deferred *d = begin(STOPS);
    limit(d, 20);
    limit(d, 10);
    limit(d, 30);
    hence_deferred_add_both(d, swallow, "d");
    check_int(hence_loop_pending(both.loop), d ? 3 : 0);
    advance(10);
    if (d)
        check_trace("cancel0 d:timed out after 10 s");
    check_int(hence_loop_pending(both.loop), 0);
    end(d);
}

TEST(timeout, a_limit_that_was_kept_leaves_the_later_ones)
{
    hence_deferred *d = begin(STOPS);
    hence_promise *p;
    hence_deferred *inner = hence_deferred_new(&p);
    limit(d, 10);
    hence_deferred_add_callback(d, chain_to_moved, &inner);
    limit(d, 20);
    hence_deferred_add_both(d, swallow, "d");
    resolve_input(0, hence_int(7));
    check_int(hence_loop_pending(both.loop), 1);
    advance(20);
    if (!support_faulty)
        check_trace("d:timed out after 20 s");
    hence_abandon(p);
    inner = hence_deferred_unref(inner);
    end(d);
}

/* ---- the time ---- */

TEST(timeout, zero_or_less_is_the_next_turn_of_the_loop)
{
    hence_deferred *d = begin(STOPS);
    hence_deferred_add_timeout(d, both.loop, -5, NULL, NULL);
    hence_deferred_add_both(d, swallow, "d");
    check_trace(d ? "" : "d:nomem");
    advance(0);
    if (d)
        check_trace("cancel0 d:timed out after -5e-09 s");
    end(d);
}

TEST(timeout, one_that_is_paused_is_cancelled_when_it_is_up_and_goes_on_when_it_is_unpaused)
{
    hence_deferred *d = begin(STOPS);
    limit(d, 10);
    hence_deferred_add_both(d, swallow, "d");
    hence_deferred_pause(d);
    advance(10);
    check_trace(d ? "cancel0" : "");
    hence_deferred_unpause(d);
    if (d)
        check_trace("d:timed out after 10 s");
    end(d);
}

TEST(timeout, a_result_that_came_while_it_was_paused_is_given_to_the_function_for_late_ones)
{
    hence_deferred *d = begin(STOPS);
    hence_deferred_add_timeout(d, both.loop, HENCE_SECONDS(10), give_42, "late");
    hence_deferred_pause(d);
    resolve_input(0, payload());
    advance(10); /* too late to cancel it; but not in time */
    hence_deferred_unpause(d);
    if (d)
        check_trace("late:payload");
    check_int(payloads_alive(), 0);
    end(d);
}
