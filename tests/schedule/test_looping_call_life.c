/* SPDX-License-Identifier: BSD-3-Clause */
/* Looping calls: cancelling, what is refused, and who holds what. */
#include <errno.h>
#include <string.h>

#include "schedule/looping_call_support.h"

SUITE(looping_call_life);

/* Gives a chain to input 0, if that has not gone yet. */
static hence_result wait_for_input(void *word)
{
    hence_deferred *d = inputs[0];
    inputs[0] = NULL;
    hence_drop(tick(word));
    return hence_chain(d ? d : hence_deferred_succeed(hence_none()));
}

static void begin_waiting(on_cancel how)
{
    begin_inputs(1, how);
    begin(wait_for_input);
    start(1, true);
    check_trace("call@0");
}

static void end_waiting(void)
{
    end_inputs();
    hence_deferred_unref(inputs[0]); /* if it was not called */
    end();
}

/* ---- cancelled ---- */

TEST(looping_call_life, cancelling_what_start_gave_stops_it)
{
    begin(tick);
    start(1, true);
    check_int(hence_deferred_cancel(the_end), the_end ? 0 : -ENOMEM);
    if (the_end)
        check_trace("call@0 end:cancelled");
    check(!hence_looping_call_is_running(the_call));
    check_int(hence_loop_pending(both.loop), 0);
    end();
}

TEST(looping_call_life, cancelling_it_cancels_what_it_waits_for)
{
    begin_waiting(STOPS);
    check_int(hence_deferred_cancel(the_end), 0);
    check_trace("cancel0 end:cancelled");
    advance(10);
    check_trace("");
    start(1, true);
    check_trace("call@10");
    end_waiting();
}

static hence_result cancel_its_end(void *word)
{
    trace("%s:%d", (const char *)word, hence_deferred_cancel(the_end));
    return payload();
}

TEST(looping_call_life, the_function_may_cancel_it)
{
    begin(cancel_its_end);
    start(1, false);
    advance(1);
    if (!support_faulty)
        check_trace("end:cancelled call:0");
    check_int(payloads_alive(), 0);
    advance(10);
    check_trace("");
    end();
}

static hence_result cancel_its_end_and_wait(void *word)
{
    trace("%s", (const char *)word);
    hence_deferred_cancel(the_end);
    hence_deferred *d = inputs[0];
    inputs[0] = NULL;
    return hence_chain(d ? d : hence_deferred_succeed(hence_none()));
}

TEST(looping_call_life, what_the_function_gives_after_it_cancelled_it_is_cancelled)
{
    begin_inputs(1, STOPS);
    begin(cancel_its_end_and_wait);
    start(1, false);
    advance(1);
    if (!support_faulty)
        check_trace("call end:cancelled cancel0");
    end_waiting();
}

TEST(looping_call_life, forgetting_what_start_gave_stops_it)
{
    begin(tick);
    hence_deferred_forget(hence_looping_call_start(the_call, SECOND, false));
    check(!hence_looping_call_is_running(the_call));
    advance(10);
    check_trace("");
    end();
}

TEST(looping_call_life, letting_go_of_what_start_gave_does_not_stop_it)
{
    begin(tick);
    hence_deferred_unref(hence_looping_call_start(the_call, SECOND, false));
    check(hence_looping_call_is_running(the_call));
    advance(1);
    check_trace("call@1");
    end();
}

/* ---- refused ---- */

TEST(looping_call_life, one_that_runs_can_not_be_started)
{
    begin(tick);
    start(1, false);
    hence_deferred *d = hence_looping_call_start(the_call, SECOND, true);
    check_string(outcome(d), "invalid");
    check(had_report(HENCE_REPORT_MISUSE));
    check(strstr(report_text(), "test_looping_call_life.c:"));
    hence_deferred_unref(d);
    check_trace("");
    advance(1);
    check_trace("call@1");
    end();
}

static hence_result start_itself(void *word)
{
    hence_deferred *d = hence_looping_call_start(the_call, SECOND, true);
    trace("%s:%s", (const char *)word, outcome(d));
    hence_deferred_unref(d);
    hence_looping_call_stop(the_call);
    d = hence_looping_call_start(the_call, SECOND, true); /* stopped, but the call is under way */
    trace("%s", outcome(d));
    hence_deferred_unref(d);
    return hence_none();
}

TEST(looping_call_life, the_function_can_not_start_it)
{
    begin(start_itself);
    start(1, false);
    advance(1);
    check_trace("call:invalid invalid end:ptr");
    check(had_report(HENCE_REPORT_MISUSE));
    check(had_report(HENCE_REPORT_MISUSE));
    end();
}

TEST(looping_call_life, a_negative_interval_is_refused)
{
    begin(tick);
    hence_deferred *d = hence_looping_call_start(the_call, -1, true);
    check_string(outcome(d), "invalid");
    check(had_report(HENCE_REPORT_MISUSE));
    check(!hence_looping_call_is_running(the_call));
    hence_deferred_unref(d);
    check_trace("");
    end();
}

TEST(looping_call_life, without_a_function_or_a_loop_there_is_none)
{
    both = begin_loop();
    check(!hence_looping_call_new(both.loop, NULL, NULL));
    check(had_report(HENCE_REPORT_MISUSE));
    check(!hence_looping_call_new_with_count(both.loop, NULL, NULL));
    check(had_report(HENCE_REPORT_MISUSE));
    check(!hence_looping_call_new(NULL, tick, NULL));
    end_loop(&both);
}

TEST(looping_call_life, one_that_could_not_be_had_is_accepted_everywhere)
{
    check(!hence_looping_call_start(NULL, SECOND, true));
    check_int(hence_looping_call_stop(NULL), -ENOMEM);
    check_int(hence_looping_call_reset(NULL), -ENOMEM);
    check(!hence_looping_call_is_running(NULL));
    check(!hence_looping_call_ref(NULL));
    check(!hence_looping_call_unref(NULL));
}

/* ---- life ---- */

static hence_result let_go_and_stop(void *word)
{
    trace("%s", (const char *)word);
    hence_looping_call_stop(the_call);
    the_end = hence_deferred_unref(the_end);
    the_call = hence_looping_call_unref(the_call);
    return payload();
}

TEST(looping_call_life, the_function_may_let_everything_go)
{
    begin(let_go_and_stop);
    start(1, false);
    advance(1);
    if (!support_faulty)
        check_trace("call end:ptr");
    check_int(payloads_alive(), 0);
    end();
}

TEST(looping_call_life, as_long_as_it_runs_it_holds_itself)
{
    begin(tick);
    start(1, false);
    hence_looping_call *held = hence_looping_call_ref(the_call);
    hence_looping_call_unref(the_call);
    the_call = hence_looping_call_unref(held);
    advance(1);
    check_trace(the_end ? "call@1" : "");
    hence_deferred_cancel(the_end);
    if (the_end)
        check_trace("end:cancelled");
    end();
}

TEST(looping_call_life, a_loop_that_closes_ends_it)
{
    begin(tick);
    start(1, false);
    end_loop(&both);
    check_trace(the_end ? "end:closed" : "");
    check(!hence_looping_call_is_running(the_call));
    hence_looping_call_unref(the_call);
    hence_deferred_unref(the_end);
}

TEST(looping_call_life, a_loop_that_closes_ends_it_when_what_it_waits_for_has_come)
{
    begin_waiting(STOPS);
    hence_test_clock_free(both.clock);
    hence_loop_free(both.loop);
    check_trace("");
    resolve_input(0, hence_none());
    check_trace(the_end ? "end:closed" : "");
    end_inputs();
    hence_deferred_unref(inputs[0]);
    hence_looping_call_unref(the_call);
    hence_deferred_unref(the_end);
}

TEST(looping_call_life, in_a_closed_loop_it_fails)
{
    begin(tick);
    hence_loop_close(both.loop);
    start(1, false);
    check_trace(the_end ? "end:closed" : "");
    start(1, true);
    check_trace(the_end ? "call@0 end:closed" : "");
    end();
}
