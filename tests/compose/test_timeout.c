/* SPDX-License-Identifier: BSD-3-Clause */
/* Time limits: rules 44 to 50. */
#include <errno.h>
#include <string.h>

#include "support/inputs.h"

SUITE(timeout);

static struct loop_and_clock both;

/* A pending Deferred, whose promise is that of input 0, and which stops when it is cancelled. */
static hence_deferred *begin(on_cancel how)
{
    both = begin_loop();
    begin_inputs(1, how);
    return inputs[0];
}

static void end(hence_deferred *d)
{
    end_inputs();
    hence_drop(hence_deferred_take(d));
    hence_deferred_unref(d);
    check_int(hence_loop_pending(both.loop), 0);
    end_loop(&both);
}

static void advance(double seconds)
{
    hence_test_clock_advance(both.clock, HENCE_SECONDS(seconds));
}

static int limit(hence_deferred *d, double seconds)
{
    return hence_deferred_add_timeout(d, both.loop, HENCE_SECONDS(seconds), NULL, NULL);
}

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

/* ---- how it ends otherwise ---- */

TEST(timeout, letting_go_keeps_the_limit)
{
    hence_deferred *d = begin(STOPS);
    limit(d, 10);
    hence_deferred_add_both(d, swallow, "d");
    hence_deferred_unref(d);
    check_int(hence_loop_pending(both.loop), d ? 1 : 0);
    advance(10);
    if (d)
        check_trace("cancel0 d:timed out after 10 s");
    end(NULL);
}

TEST(timeout, forgetting_removes_the_timer)
{
    hence_deferred *d = begin(STOPS);
    limit(d, 10);
    hence_deferred_forget(d);
    check_int(hence_loop_pending(both.loop), 0);
    check_trace(d ? "cancel0" : "");
    advance(10);
    end(NULL);
}

TEST(timeout, an_abandoned_one_removes_the_timer)
{
    hence_deferred *d = begin(STOPS);
    limit(d, 10);
    end_inputs();
    check_string(outcome(d), "abandoned");
    check_int(hence_loop_pending(both.loop), 0);
    end(d);
}

TEST(timeout, the_loop_may_close_first)
{
    hence_deferred *d = begin(STOPS);
    limit(d, 10);
    hence_deferred_add_both(d, pass, "d");
    end_loop(&both);
    check_trace(d ? "" : "d:nomem");
    resolve_input(0, hence_int(7));
    if (d)
        check_trace("d:7"); /* there is no time in a loop that is closed */
    hence_deferred_unref(d);
    end_inputs();
}

TEST(timeout, the_loop_may_be_freed_when_only_the_limit_is_left)
{
    hence_deferred *d = begin(STOPS);
    limit(d, 10);
    hence_deferred_cancel(d);
    end_loop(&both);
    hence_deferred_unref(d);
    end_inputs();
}

/* ---- refused ---- */

TEST(timeout, without_memory_that_failure_stands_in_its_place)
{
    hence_deferred *d = begin(STOPS);
    out_of_memory(true);
    check_int(limit(d, 10), -ENOMEM);
    out_of_memory(false);
    hence_deferred_add_both(d, swallow, "d");
    resolve_input(0, payload());
    check_trace("d:nomem");
    check_int(payloads_alive(), 0);
    end(d);
}

TEST(timeout, one_that_could_not_be_had_has_no_limit)
{
    begin(STOPS);
    check_int(limit(NULL, 10), -ENOMEM);
    check_int(hence_loop_pending(both.loop), 0);
    end(inputs[0]);
}

TEST(timeout, without_a_loop_it_is_out_of_memory)
{
    hence_deferred *d = begin(STOPS);
    check_int(hence_deferred_add_timeout(d, NULL, 1, NULL, NULL), -ENOMEM);
    resolve_input(0, payload());
    check_string(outcome(d), "nomem");
    check_int(payloads_alive(), 0);
    end(d);
}

TEST(timeout, in_a_closed_loop_nothing_changes)
{
    hence_deferred *d = begin(STOPS);
    hence_loop_close(both.loop);
    check_int(limit(d, 10), -ESHUTDOWN);
    resolve_input(0, hence_int(7));
    check_string(outcome(d), "7");
    end(d);
}

struct foreign {
    hence_loop *loop;
    int error;
};

static void limit_there(void *arg)
{
    struct foreign *foreign = arg;
    hence_deferred *d = hence_deferred_succeed(hence_none());
    foreign->error = hence_deferred_add_timeout(d, foreign->loop, 1, NULL, NULL);
    hence_deferred_unref(d);
}

TEST(timeout, another_thread_is_refused)
{
    begin(STOPS);
    struct foreign foreign = {both.loop, 0};
    if (both.loop)
        on_another_thread(limit_there, &foreign);
    check_int(foreign.error, -EPERM);
    check(had_report(HENCE_REPORT_WRONG_THREAD));
    end(inputs[0]);
}

/* ---- what steps may do ---- */

static hence_result let_go(hence_result *in, void *word)
{
    trace("%s:%s", (const char *)word, describe(in));
    inputs[0] = hence_deferred_unref(inputs[0]);
    return hence_none();
}

TEST(timeout, the_last_reference_may_go_when_the_time_is_up)
{
    static const bool early[] = {true, false};
    for (int i = 0; i < 2; i++) {
        begin(STOPS);
        if (early[i])
            hence_deferred_add_both(inputs[0], let_go, "step");
        hence_deferred_add_timeout(inputs[0], both.loop, HENCE_SECONDS(10),
                                   early[i] ? NULL : let_go, "late");
        advance(10);
        if (!support_faulty)
            check_trace(early[i] ? "cancel0 step:cancelled" : "cancel0 late:cancelled");
        end_inputs(); /* the step may let go now, if there was no memory for the limit */
        end(inputs[0]);
    }
}

static hence_result limit_again(hence_result *in, void *word)
{
    trace("%s:%s", (const char *)word, describe(in));
    limit(inputs[0], 5);
    hence_deferred_add_both(inputs[0], swallow, "after");
    return hence_chain(hence_deferred_new(NULL));
}

TEST(timeout, a_limit_may_be_added_when_one_is_up)
{
    hence_deferred *d = begin(STOPS);
    hence_deferred_add_timeout(d, both.loop, HENCE_SECONDS(10), limit_again, "late");
    advance(10);
    if (d)
        check_trace("cancel0 late:cancelled after:abandoned");
    advance(5);
    end(d);
}

/* ---- combinations ---- */

TEST(timeout, the_limit_of_a_list_cancels_all_that_is_in_it)
{
    both = begin_loop();
    begin_inputs(3, STOPS);
    hence_deferred *d = hence_gather_results(inputs, 3, 0);
    limit(d, 10);
    hence_deferred_add_both(d, swallow, "gathered");
    resolve_input(1, hence_int(7));
    advance(10);
    if (d)
        check_trace("cancel0 gathered:timed out after 10 s cancel2");
    end(d);
}
