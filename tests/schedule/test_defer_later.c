/* SPDX-License-Identifier: BSD-3-Clause */
/* A function's result after a delay: rule 73. */
#include <errno.h>
#include <string.h>

#include "support/inputs.h"

SUITE(defer_later);

static hence_result give_seven(void *word)
{
    trace("%s", (const char *)word);
    return hence_int(7);
}

static hence_result give_owned(void *word)
{
    trace("%s", (const char *)word);
    return payload();
}

static hence_result give_failure(void *word)
{
    trace("%s", (const char *)word);
    return failure(word);
}

/* Gives a chain to input 0, whose reference goes. */
static hence_result give_input(void *word)
{
    hence_deferred *d = inputs[0];
    inputs[0] = NULL;
    trace("%s", (const char *)word);
    return hence_chain(d);
}

/* rule 73 */
TEST(defer_later, the_function_is_called_when_the_time_has_come_and_gives_the_result)
{
    struct loop_and_clock both = begin_loop();
    hence_deferred *d = hence_defer_later(both.loop, HENCE_SECONDS(1), give_seven, "called");
    hence_deferred_add_both(d, pass, "d");
    check(d && strstr(hence_deferred_site(d), "test_defer_later.c:"));
    hence_test_clock_advance(both.clock, HENCE_SECONDS(1) - 1);
    check_trace("");
    hence_test_clock_advance(both.clock, 1);
    check_trace("called d:7");
    hence_test_clock_advance(both.clock, HENCE_SECONDS(10));
    check_trace("");
    hence_deferred_unref(d);
    end_loop(&both);
}

/* rule 73, difference 29 */
TEST(defer_later, the_function_is_called_though_its_Deferred_is_paused)
{
    struct loop_and_clock both = begin_loop();
    hence_deferred *d = hence_defer_later(both.loop, HENCE_SECONDS(1), give_seven, "called");
    hence_deferred_add_both(d, pass, "d");
    hence_deferred_pause(d);
    check_int(hence_deferred_get_state(d), HENCE_DEFERRED_PENDING);
    hence_test_clock_advance(both.clock, HENCE_SECONDS(1));
    check_trace("called");
    check_int(hence_deferred_get_state(d), HENCE_DEFERRED_PAUSED);
    hence_deferred_unpause(d);
    check_trace("d:7");
    hence_deferred_unref(d);
    end_loop(&both);
}

/* rule 73 */
TEST(defer_later, the_function_may_fail)
{
    struct loop_and_clock both = begin_loop();
    hence_deferred *d = hence_defer_later(both.loop, 1, give_failure, "broken");
    hence_deferred_add_both(d, swallow, "d");
    hence_test_clock_advance(both.clock, 1);
    check_trace("broken d:broken");
    hence_deferred_unref(d);
    end_loop(&both);
}

/* rule 73 */
TEST(defer_later, the_function_may_give_a_chain_which_is_waited_for)
{
    struct loop_and_clock both = begin_loop();
    begin_inputs(1, STOPS);
    hence_deferred *d = hence_defer_later(both.loop, 1, give_input, "called");
    hence_deferred_add_both(d, pass, "d");
    hence_test_clock_advance(both.clock, 1);
    check_trace("called");
    resolve_input(0, hence_int(8));
    check_trace("d:8");
    hence_deferred_unref(d);
    hence_deferred_unref(inputs[0]); /* if it was not called */
    end_inputs();
    end_loop(&both);
}

/* rule 73 */
TEST(defer_later, without_a_function_the_result_is_none)
{
    struct loop_and_clock both = begin_loop();
    hence_deferred *d = hence_defer_later(both.loop, 1, NULL, NULL);
    hence_test_clock_advance(both.clock, 1);
    check_string(outcome(d), "none");
    hence_deferred_unref(d);
    end_loop(&both);
}

/* rule 73 */
TEST(defer_later, cancelling_it_before_the_time_removes_the_timer_and_nothing_is_called)
{
    struct loop_and_clock both = begin_loop();
    hence_deferred *d = hence_defer_later(both.loop, 10, give_seven, "never");
    hence_deferred_add_both(d, pass, "d");
    check_int(hence_deferred_cancel(d), 0);
    check_trace("d:cancelled");
    check_int(hence_loop_pending(both.loop), 0);
    hence_test_clock_advance(both.clock, 10);
    check_trace("");
    hence_deferred_unref(d);
    end_loop(&both);
}

TEST(defer_later, cancelling_it_after_the_time_cancels_what_the_function_gave)
{
    struct loop_and_clock both = begin_loop();
    begin_inputs(1, STOPS);
    hence_deferred *d = hence_defer_later(both.loop, 1, give_input, "called");
    hence_deferred_add_both(d, pass, "d");
    hence_test_clock_advance(both.clock, 1);
    check_int(hence_deferred_cancel(d), 0);
    check_trace("called cancel0 d:cancelled");
    hence_deferred_unref(d);
    hence_deferred_unref(inputs[0]);
    end_inputs();
    end_loop(&both);
}

TEST(defer_later, zero_or_less_is_one_turn_of_the_loop)
{
    struct loop_and_clock both = begin_loop();
    hence_deferred *d = hence_defer_later(both.loop, 0, give_seven, "0");
    hence_deferred *e = hence_defer_later(both.loop, -5, give_seven, "-5");
    hence_call_soon(both.loop, call, "soon", NULL);
    check_trace("");
    hence_test_turn(both.loop);
    check_trace("soon -5 0");
    hence_deferred_unref(d);
    hence_deferred_unref(e);
    end_loop(&both);
}

TEST(defer_later, letting_go_of_it_does_not_stop_it)
{
    struct loop_and_clock both = begin_loop();
    hence_deferred_unref(hence_defer_later(both.loop, 1, give_owned, "called"));
    hence_test_clock_advance(both.clock, 1);
    check_trace("called");
    check_int(payloads_alive(), 0);
    end_loop(&both);
}

TEST(defer_later, forgetting_it_stops_it)
{
    struct loop_and_clock both = begin_loop();
    hence_deferred_forget(hence_defer_later(both.loop, 1, give_seven, "never"));
    check_int(hence_loop_pending(both.loop), 0);
    hence_test_clock_advance(both.clock, 1);
    check_trace("");
    end_loop(&both);
}

TEST(defer_later, a_loop_that_closes_ends_it_and_nothing_is_called)
{
    struct loop_and_clock both = begin_loop();
    hence_deferred *d = hence_defer_later(both.loop, 1, give_seven, "never");
    hence_deferred_add_both(d, swallow, "d");
    end_loop(&both);
    check_trace("d:closed");
    hence_deferred_unref(d);
}

TEST(defer_later, without_a_loop_that_is_open_nothing_is_called)
{
    struct loop_and_clock both = begin_loop();
    hence_loop_close(both.loop);
    hence_deferred *d = hence_defer_later(both.loop, 1, give_seven, "never");
    hence_deferred *e = hence_defer_later(NULL, 1, give_seven, "never");
    check_string(outcome(d), "closed");
    check_string(outcome(e), "nomem");
    hence_deferred_unref(d);
    hence_deferred_unref(e);
    check_trace("");
    end_loop(&both);
}

TEST(defer_later, without_memory_there_is_none_and_nothing_is_called)
{
    struct loop_and_clock both = begin_loop();
    out_of_memory(true);
    hence_deferred *d = hence_defer_later(both.loop, 1, give_seven, "never");
    out_of_memory(false);
    check(!d);
    hence_test_clock_advance(both.clock, 1);
    check_trace("");
    hence_deferred_unref(d);
    end_loop(&both);
}

/* ---- what the function may do ---- */

static hence_deferred *the_deferred;

static hence_result cancel_itself(void *word)
{
    trace("%s:%d", (const char *)word, hence_deferred_cancel(the_deferred));
    return payload();
}

TEST(defer_later, the_function_may_cancel_its_own_Deferred_and_what_it_gives_is_destroyed)
{
    struct loop_and_clock both = begin_loop();
    the_deferred = hence_defer_later(both.loop, 1, cancel_itself, "called");
    hence_deferred_add_both(the_deferred, pass, "d");
    hence_test_clock_advance(both.clock, 1);
    check_trace("d:cancelled called:0");
    check_int(payloads_alive(), 0);
    hence_deferred_unref(the_deferred);
    end_loop(&both);
}

static hence_result forget_itself(void *word)
{
    trace("%s", (const char *)word);
    hence_deferred_forget(the_deferred);
    the_deferred = NULL;
    return payload();
}

TEST(defer_later, the_function_may_forget_its_own_Deferred)
{
    struct loop_and_clock both = begin_loop();
    the_deferred = hence_defer_later(both.loop, 1, forget_itself, "called");
    if (the_deferred)
        hence_deferred_add_both(the_deferred, pass, "never");
    hence_test_clock_advance(both.clock, 1);
    if (!support_faulty)
        check_trace("called");
    check_int(payloads_alive(), 0);
    hence_deferred_unref(the_deferred);
    end_loop(&both);
}

static hence_result let_itself_go(void *word)
{
    trace("%s", (const char *)word);
    the_deferred = hence_deferred_unref(the_deferred);
    return payload();
}

TEST(defer_later, the_function_may_let_its_own_Deferred_go)
{
    struct loop_and_clock both = begin_loop();
    the_deferred = hence_defer_later(both.loop, 1, let_itself_go, "called");
    hence_deferred_add_both(the_deferred, pass, "d");
    hence_test_clock_advance(both.clock, 1);
    check_trace("called d:payload");
    check_int(payloads_alive(), 0);
    hence_deferred_unref(the_deferred);
    end_loop(&both);
}

static hence_loop *the_loop;

static hence_result close_the_loop(void *word)
{
    trace("%s:%d", (const char *)word, hence_loop_close(the_loop) == -EBUSY);
    return hence_int(7);
}

TEST(defer_later, the_function_can_not_close_the_loop_that_calls_it)
{
    struct loop_and_clock both = begin_loop();
    the_loop = both.loop;
    hence_deferred *d = hence_defer_later(both.loop, 1, close_the_loop, "called");
    hence_test_clock_advance(both.clock, 1);
    check_trace("called:1");
    check_string(outcome(d), "7");
    hence_deferred_unref(d);
    end_loop(&both);
}

static hence_result defer_again(void *word)
{
    trace("%s", (const char *)word);
    return hence_chain(hence_defer_later(the_loop, 5, give_seven, "second"));
}

TEST(defer_later, the_function_may_defer_the_next_one)
{
    struct loop_and_clock both = begin_loop();
    the_loop = both.loop;
    hence_deferred *d = hence_defer_later(both.loop, 5, defer_again, "first");
    hence_deferred_add_both(d, pass, "d");
    hence_test_clock_advance(both.clock, 5);
    check_trace("first");
    hence_test_clock_advance(both.clock, 5);
    check_trace("second d:7");
    hence_deferred_unref(d);
    end_loop(&both);
}
