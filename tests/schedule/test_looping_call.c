/* SPDX-License-Identifier: BSD-3-Clause */
/* A function that is called again and again: rules 71 and 72. */
#include <errno.h>
#include <string.h>

#include "schedule/looping_call_support.h"

SUITE(looping_call);

static void begin_counted(hence_counted_fn *fn)
{
    both = begin_loop();
    calls_left = 1000;
    the_end = NULL;
    the_call = hence_looping_call_new_with_count(both.loop, fn, "count");
}

static hence_result count(int64_t n, void *word)
{
    trace("%s:%d@%g", (const char *)word, (int)n, now());
    return payload();
}

/* ---- the times: rule 71 ---- */

/* rule 71 */
TEST(looping_call, the_function_is_called_at_once_and_after_each_interval)
{
    begin(tick);
    start(1, true);
    check_trace(the_end ? "call@0" : "");
    check(hence_looping_call_is_running(the_call));
    advance(0.5);
    check_trace("");
    advance(0.5);
    check_trace("call@1");
    advance(1);
    check_trace("call@2");
    check_int(payloads_alive(), 0);
    end();
}

/* rule 71 */
TEST(looping_call, it_may_begin_after_the_first_interval)
{
    begin(tick);
    start(2, false);
    check_trace("");
    advance(1);
    check_trace("");
    advance(1);
    check_trace("call@2");
    end();
}

/* rule 71 */
TEST(looping_call, calls_that_were_missed_are_left_out_and_the_others_keep_their_times)
{
    begin(tick);
    start(1, true);
    advance(3.5);
    check_trace("call@0 call@3.5");
    advance(0.25);
    check_trace("");
    advance(0.25);
    check_trace("call@4");
    advance(1);
    check_trace("call@5");
    end();
}

/* rule 71 */
TEST(looping_call, with_no_interval_it_is_called_once_in_each_turn)
{
    begin(tick);
    start(0, true);
    check_trace("call@0");
    for (int i = 0; i < 3; i++) {
        hence_test_turn(both.loop);
        check_trace("call@0");
    }
    end();
}

TEST(looping_call, others_have_their_turns_between_calls_with_no_interval)
{
    begin(tick);
    start(0, false);
    for (int i = 0; i < 3; i++) {
        hence_call_soon(both.loop, call, "other", NULL);
        hence_test_turn(both.loop);
    }
    if (!support_faulty)
        check_trace("other call@0 other call@0 other call@0");
    end();
}

TEST(looping_call, it_keeps_its_times_however_often_it_is_called)
{
    begin(tick);
    start(0.1, false);
    for (int i = 0; i < 10; i++)
        advance(0.15);
    check_trace("call@0.15 call@0.3 call@0.45 call@0.6 call@0.75 call@0.9 call@1.05 call@1.2 "
                "call@1.35 call@1.5");
    end();
}

/* ---- stopped: rule 71 ---- */

/* rule 71 */
TEST(looping_call, stopping_it_gives_the_result_at_once)
{
    begin(tick);
    start(1, true);
    check_int(hence_looping_call_stop(the_call), 0);
    if (the_end)
        check_trace("call@0 end:ptr");
    check(!hence_looping_call_is_running(the_call));
    check_int(hence_looping_call_stop(the_call), the_call ? -EALREADY : -ENOMEM);
    advance(10);
    check_trace("");
    end();
}

TEST(looping_call, the_result_is_the_looping_call_itself)
{
    begin(tick);
    hence_deferred *d = hence_looping_call_start(the_call, SECOND, false);
    hence_looping_call_stop(the_call);
    hence_result r = hence_deferred_take(d);
    check(hence_as_ptr(&r) == the_call);
    hence_drop(r);
    hence_deferred_unref(d);
    end();
}

/* rule 71 */
TEST(looping_call, it_may_be_stopped_before_the_first_call)
{
    begin(tick);
    start(1, false);
    hence_looping_call_stop(the_call);
    check_trace(the_end ? "end:ptr" : "");
    check_int(hence_loop_pending(both.loop), 0);
    end();
}

/* rule 71 */
TEST(looping_call, the_function_may_stop_it)
{
    begin(tick);
    calls_left = 3;
    start(1, true);
    for (int i = 0; i < 10; i++)
        advance(1);
    if (!support_faulty)
        check_trace("call@0 call@1 call@2 end:ptr");
    end();
}

TEST(looping_call, the_function_may_stop_it_in_the_first_call)
{
    begin(tick);
    calls_left = 1;
    start(1, true);
    check_trace("call@0 end:ptr");
    check(!hence_looping_call_is_running(the_call));
    advance(10);
    check_trace("");
    end();
}

TEST(looping_call, it_may_be_started_again)
{
    begin(tick);
    start(1, true);
    advance(1);
    hence_looping_call_stop(the_call);
    check_trace("call@0 call@1 end:ptr");
    advance(0.5);
    start(2, true);
    advance(2);
    check_trace("call@1.5 call@3.5");
    end();
}

static hence_result start_again(hence_result *in, void *word)
{
    trace("%s:%s", (const char *)word, describe(in));
    if (hence_is_failure(in))
        return hence_none();
    hence_deferred_unref(hence_looping_call_start(the_call, SECOND, false));
    return hence_none();
}

TEST(looping_call, it_may_be_started_again_by_a_step_that_is_told_of_its_end)
{
    begin(tick);
    hence_deferred *d = hence_looping_call_start(the_call, SECOND, false);
    hence_deferred_add_both(d, start_again, "end");
    hence_looping_call_stop(the_call);
    if (d)
        check_trace("end:ptr");
    advance(1);
    check_trace("call@1");
    hence_deferred_unref(d);
    end();
}

/* ---- what takes time: rule 71 ---- */

/* Gives a chain to input number `arg`. */
static hence_result give_input(void *arg)
{
    size_t i = (size_t)(uintptr_t)arg;
    trace("call@%g", now());
    hence_deferred *d = inputs[i];
    inputs[i] = NULL;
    return hence_chain(d ? d : hence_deferred_succeed(hence_none()));
}

static void begin_waiting(on_cancel how)
{
    begin_inputs(1, how);
    both = begin_loop();
    the_end = NULL;
    the_call = hence_looping_call_new(both.loop, give_input, NULL);
    start(1, true);
    check_trace("call@0");
}

static void end_waiting(void)
{
    end_inputs();
    hence_deferred_unref(inputs[0]); /* if it was not called */
    end();
}

/* rule 71 */
TEST(looping_call, what_the_function_gives_is_waited_for_before_the_next_call)
{
    begin_waiting(STOPS);
    advance(2.5);
    check_trace("");
    resolve_input(0, payload());
    check_int(payloads_alive(), 0);
    check_trace("");
    advance(0.5);
    check_trace("call@3");
    advance(1);
    check_trace("call@4");
    end_waiting();
}

/* rule 71 */
TEST(looping_call, one_that_is_stopped_while_it_waits_ends_when_that_has_come)
{
    begin_waiting(STOPS);
    check_int(hence_looping_call_stop(the_call), 0);
    check(!hence_looping_call_is_running(the_call));
    check_trace("");
    check(input_is_wanted(0));
    resolve_input(0, hence_int(7));
    check_trace("end:ptr");
    advance(10);
    check_trace("");
    end_waiting();
}

/* rule 71 */
TEST(looping_call, a_failure_of_what_it_waits_for_ends_it)
{
    begin_waiting(STOPS);
    resolve_input(0, failure("broken"));
    check_trace("end:broken");
    check(!hence_looping_call_is_running(the_call));
    advance(10);
    check_trace("");
    end_waiting();
}

TEST(looping_call, one_that_is_stopped_and_fails_then_has_failed)
{
    begin_waiting(STOPS);
    hence_looping_call_stop(the_call);
    resolve_input(0, failure("broken"));
    check_trace("end:broken");
    end_waiting();
}

static hence_result fail(void *word)
{
    trace("%s@%g", (const char *)word, now());
    return --calls_left ? hence_none() : failure("broken");
}

/* rule 71 */
TEST(looping_call, a_failure_of_the_function_ends_it)
{
    begin(fail);
    calls_left = 2;
    start(1, true);
    advance(1);
    if (!support_faulty)
        check_trace("call@0 call@1 end:broken");
    check(!hence_looping_call_is_running(the_call));
    advance(10);
    check_trace("");
    end();
}

/* rule 71 */
TEST(looping_call, a_failure_in_the_first_call_ends_it_at_once)
{
    begin(fail);
    calls_left = 1;
    start(1, true);
    check_trace("call@0 end:broken");
    end();
}

static hence_result fail_and_stop(void *word)
{
    trace("%s@%g", (const char *)word, now());
    hence_looping_call_stop(the_call);
    return failure("broken");
}

TEST(looping_call, one_that_stops_and_fails_in_the_same_call_has_failed)
{
    begin(fail_and_stop);
    start(1, false);
    advance(1);
    check_trace("call@1 end:broken");
    end();
}

TEST(looping_call, a_failure_that_nobody_handles_is_reported_with_the_line_of_the_start)
{
    begin(fail);
    calls_left = 1;
    hence_deferred_unref(hence_looping_call_start(the_call, SECOND, true));
    check(had_report(HENCE_REPORT_UNHANDLED));
    check(strstr(report_text(), "broken") && strstr(report_text(), "test_looping_call.c:"));
    check_trace("call@0");
    end();
}

/* ---- reset ---- */

TEST(looping_call, resetting_it_counts_from_now)
{
    begin(tick);
    start(1, false);
    advance(0.75);
    check_int(hence_looping_call_reset(the_call), 0);
    advance(0.5);
    check_trace("");
    advance(0.5);
    check_trace("call@1.75");
    advance(1);
    check_trace("call@2.75");
    end();
}

TEST(looping_call, resetting_changes_nothing_while_a_call_is_under_way)
{
    begin_waiting(STOPS);
    advance(0.5);
    check_int(hence_looping_call_reset(the_call), 0);
    resolve_input(0, hence_none());
    advance(0.5);
    check_trace("call@1");
    end_waiting();
}

TEST(looping_call, one_that_does_not_run_can_not_be_reset)
{
    begin(tick);
    check_int(hence_looping_call_reset(the_call), -EALREADY);
    check_int(hence_looping_call_reset(NULL), -ENOMEM);
    end();
}

/* ---- counted: rule 72 ---- */

/* rule 72 */
TEST(looping_call, a_function_that_counts_is_told_one_for_each_interval)
{
    begin_counted(count);
    start(1, true);
    for (int i = 0; i < 3; i++)
        advance(1);
    if (!support_faulty)
        check_trace("count:1@0 count:1@1 count:1@2 count:1@3");
    check_int(payloads_alive(), 0);
    end();
}

/* rule 72 */
TEST(looping_call, it_is_told_how_many_intervals_have_gone_by)
{
    begin_counted(count);
    start(1, true);
    advance(3.5);
    advance(0.5);
    advance(2);
    if (!support_faulty)
        check_trace("count:1@0 count:3@3.5 count:1@4 count:2@6");
    end();
}

/* rule 72 */
TEST(looping_call, one_that_begins_later_counts_from_the_start)
{
    begin_counted(count);
    start(0.5, false);
    advance(0.5);
    advance(1.6);
    if (!support_faulty)
        check_trace("count:1@0.5 count:3@2.1");
    end();
}

/* rule 72 */
TEST(looping_call, with_no_interval_the_count_is_one)
{
    begin_counted(count);
    start(0, true);
    hence_test_turn(both.loop);
    hence_test_turn(both.loop);
    if (!support_faulty)
        check_trace("count:1@0 count:1@0 count:1@0");
    end();
}

static hence_result count_and_wait(int64_t n, void *word)
{
    trace("%s:%d@%g", (const char *)word, (int)n, now());
    hence_deferred *d = inputs[0];
    inputs[0] = NULL;
    return d ? hence_chain(d) : hence_none();
}

/* rule 72 */
TEST(looping_call, the_intervals_that_a_call_takes_are_counted_in_the_next_one)
{
    begin_inputs(1, STOPS);
    begin_counted(count_and_wait);
    start(1, true);
    advance(2.5);
    resolve_input(0, hence_none());
    advance(0.5);
    advance(1);
    if (!support_faulty)
        check_trace("count:1@0 count:3@3 count:1@4");
    end_waiting();
}

/* rule 72: the sum of the counts is the number of intervals, whatever the times of the calls */
TEST(looping_call, no_interval_is_lost_or_counted_twice)
{
    begin_counted(count);
    start(0.3, false);
    advance(0.3 * 7 + 0.001);
    advance(0.3 - 0.001);
    advance(0.299);
    advance(0.001);
    if (!support_faulty)
        check_trace("count:7@2.101 count:1@2.4 count:1@2.7");
    end();
}

static void check_count(double interval, const char *expected)
{
    begin_counted(count);
    start(interval, true);
    for (int i = 0; i < 5; i++)
        advance(interval);
    if (!support_faulty)
        check_trace(expected);
    hence_looping_call_stop(the_call);
    check_trace("end:ptr");
    end();
}

/* Twisted's seconds are floating-point numbers, and so a special case; nanoseconds are not. */
TEST(looping_call, intervals_that_are_no_whole_seconds_count_as_well)
{
    check_count(0.2, "count:1@0 count:1@0.2 count:1@0.4 count:1@0.6 count:1@0.8 count:1@1");
    check_count(1e-9,
                "count:1@0 count:1@1e-09 count:1@2e-09 count:1@3e-09 count:1@4e-09 count:1@5e-09");
}

TEST(looping_call, an_interval_that_is_reset_is_counted_from_there)
{
    begin_counted(count);
    start(1, false);
    advance(1);
    advance(0.5);
    hence_looping_call_reset(the_call);
    advance(1);
    advance(1);
    if (!support_faulty)
        check_trace("count:1@1 count:1@2.5 count:1@3.5");
    end();
}
