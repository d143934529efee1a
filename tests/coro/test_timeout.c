/* SPDX-License-Identifier: BSD-3-Clause */
/* Timeouts in coroutines. */
#include <errno.h>

#include "coro/timeout_support.h"

SUITE(timeouts);

/* ---- one ---- */

/* rule 117 */
TEST(timeouts, a_wait_that_takes_too_long_is_cancelled_and_the_block_has_timed_out)
{
    check_run(too_long, "0:when=2 2:nap=cancelled 2:expired=1 main=timed out after 2 s");
}

static hence_result in_time(void *arg)
{
    (void)arg;
    hence_timeout *t = hence_timeout_enter(HENCE_SECONDS(2));
    hence_drop(nap(1));
    tell_number("expired", hence_timeout_expired(t));
    hence_result r = tell("exit", hence_timeout_exit(t, hence_int(7)));
    hence_drop(tell("nap", nap(10)));
    return r;
}

/* rule 117 */
TEST(timeouts, a_block_that_ends_in_time_has_its_result_and_is_not_cancelled_later)
{
    check_run(in_time, "1:expired=0 1:exit=7 11:nap=none main=7");
}

static hence_result until(void *arg)
{
    (void)arg;
    hence_drop(nap(1));
    hence_timeout *t = hence_timeout_enter_until(HENCE_SECONDS(2));
    tell_number("when", hence_timeout_when(t) / HENCE_SECONDS(1));
    return hence_timeout_exit(t, nap(10));
}

/* rule 117 */
TEST(timeouts, a_limit_may_be_a_time_of_the_clock)
{
    check_run(until, "1:when=2 main=timed out after 1 s");
}

static hence_result without_limits(void *arg)
{
    (void)arg;
    hence_timeout *a = hence_timeout_enter(-1), *b = hence_timeout_enter_until(HENCE_NEVER),
                  *c = hence_timeout_enter(INT64_MAX);
    tell_number("never", hence_timeout_when(a) == HENCE_NEVER &&
                             hence_timeout_when(b) == HENCE_NEVER &&
                             hence_timeout_when(c) == HENCE_NEVER);
    hence_result r = hence_timeout_exit(c, nap(50));
    return hence_timeout_exit(a, hence_timeout_exit(b, r));
}

/* rule 117 */
TEST(timeouts, there_may_be_no_limit)
{
    check_run(without_limits, "0:never=1 main=none");
}

static hence_result at_once(void *arg)
{
    hence_timeout *t = hence_timeout_enter_until(*(int64_t *)arg);
    hence_result r = tell("nap", nap(10));
    return tell("exit", hence_timeout_exit(t, r));
}

/* rule 117 */
TEST(timeouts, one_whose_time_is_over_cancels_the_first_wait)
{
    int64_t times[] = {0, -HENCE_SECONDS(11), INT64_MIN};
    for (int i = 0; i < 3; i++) {
        begin(at_once, &times[i]);
        check_trace("0:nap=cancelled 0:exit=timed out after 0 s");
        end();
        check_trace("main=timed out after 0 s");
    }
}

static hence_result yields(void *arg)
{
    (void)arg;
    hence_timeout *t = hence_timeout_enter(0);
    return hence_timeout_exit(t, tell("yield", hence_co_yield()));
}

/* rule 117 */
TEST(timeouts, one_whose_time_is_over_cancels_a_yield_too)
{
    check_run(yields, "0:yield=cancelled main=timed out after 0 s");
}

static hence_result without_waits(void *arg)
{
    (void)arg;
    hence_timeout *t = hence_timeout_enter(0);
    tell_and_drop("exit", hence_timeout_exit(t, hence_int(7)));
    return nap(1);
}

/* rule 117 */
TEST(timeouts, what_does_not_wait_is_in_time)
{
    check_run(without_waits, "0:exit=7 main=none");
}

/* ---- what else may come out ---- */

static hence_result fails_itself(void *arg)
{
    (void)arg;
    hence_timeout *t = hence_timeout_enter(HENCE_SECONDS(2));
    return hence_timeout_exit(t, failure("broken"));
}

static hence_result fails_at_the_timeout(void *arg)
{
    (void)arg;
    hence_timeout *t = hence_timeout_enter(HENCE_SECONDS(2));
    hence_drop(tell("nap", nap(10)));
    tell_and_drop("exit", hence_timeout_exit(t, failure("broken")));
    tell_number("cancelling", hence_task_cancelling(hence_current_task()));
    return nap(1);
}

static hence_result goes_on(void *arg)
{
    (void)arg;
    hence_timeout *t = hence_timeout_enter(HENCE_SECONDS(2));
    hence_drop(tell("nap", nap(10)));
    hence_drop(tell("again", nap(10)));
    return hence_timeout_exit(t, hence_int(7));
}

/* rule 117 */
TEST(timeouts, other_failures_stay_what_they_are)
{
    check_run(fails_itself, "main=broken");
    check_run(fails_at_the_timeout, "2:nap=cancelled 2:exit=broken 2:cancelling=0 main=none");
}

/* rule 117 */
TEST(timeouts, it_cancels_once_and_who_goes_on_has_a_result)
{
    check_run(goes_on, "2:nap=cancelled 12:again=none main=7");
}

static hence_result with_chain(void *arg)
{
    (void)arg;
    hence_timeout *t = hence_timeout_enter(HENCE_SECONDS(2));
    hence_future *sleep = hence_sleep_future(both.loop, HENCE_SECONDS(10));
    return tell("exit", hence_timeout_exit(t, hence_chain_future(sleep)));
}

TEST(timeouts, a_chain_is_waited_for_inside_of_the_limit)
{
    check_run(with_chain, "2:exit=timed out after 2 s main=timed out after 2 s");
}

static hence_result waits_for_child(void *arg)
{
    (void)arg;
    hence_timeout *t = hence_timeout_enter(HENCE_SECONDS(2));
    return hence_timeout_exit(t, hence_await(hence_spawn(both.loop, fails_at_the_timeout, NULL)));
}

static hence_result stubborn(void *arg)
{
    (void)arg;
    hence_drop(tell("child", nap(5)));
    return hence_int(7);
}

static hence_result waits_for_stubborn(void *arg)
{
    (void)arg;
    hence_timeout *t = hence_timeout_enter(HENCE_SECONDS(2));
    hence_result r = hence_await(hence_spawn(both.loop, stubborn, NULL));
    tell_number("expired", hence_timeout_expired(t));
    return hence_timeout_exit(t, r);
}

/* rules 114, 117 */
TEST(timeouts, a_task_that_is_waited_for_is_cancelled_and_decides_what_comes)
{
    check_run(waits_for_stubborn, "2:child=cancelled 2:expired=1 main=7");
    check_run(waits_for_child, "2:nap=cancelled 2:exit=broken 2:cancelling=1 main=none");
}

/* ---- another time ---- */

/* rule 117 */
TEST(timeouts, its_time_may_be_changed_from_outside_until_it_has_expired)
{
    begin(shows_its_limit, NULL);
    hence_timeout_reschedule(limit, HENCE_SECONDS(30));
    check_int(hence_timeout_when(limit), limit ? HENCE_SECONDS(30) : HENCE_NEVER);
    pass_time(20);
    hence_timeout_reschedule(limit, HENCE_SECONDS(21));
    end();
    check_trace("21:refused=1 21:exit=timed out after 21 s main=timed out after 21 s");
}

/* rule 117 */
TEST(timeouts, its_time_may_be_made_to_be_over_or_never_to_come)
{
    begin(shows_its_limit, NULL);
    hence_timeout_reschedule(limit, HENCE_NEVER);
    end();
    check_trace("50:refused=0 50:exit=none main=none");

    begin(shows_its_limit, NULL);
    pass_time(2);
    hence_timeout_reschedule(limit, HENCE_SECONDS(1));
    hence_test_clock_advance(both.clock, 0);
    end();
    check_trace("2:refused=1 2:exit=timed out after 1 s main=timed out after 1 s");
}

static hence_result has_been_over_for_ever(void *arg)
{
    (void)arg;
    hence_drop(nap(1));
    hence_timeout *t = hence_timeout_enter_until(INT64_MIN);
    return hence_timeout_exit(t, nap(10));
}

TEST(timeouts, its_time_may_be_the_beginning_of_time)
{
    check_run(has_been_over_for_ever, "main=timed out after 0 s");
}

static int refused;

static void reschedule_elsewhere(void *timeout)
{
    refused = hence_timeout_reschedule(timeout, HENCE_NEVER);
}

static hence_result shows_its_limit_to_another_thread(void *arg)
{
    (void)arg;
    hence_timeout *t = hence_timeout_enter(HENCE_SECONDS(2));
    on_another_thread(reschedule_elsewhere, t);
    check_int(refused, -EPERM);
    return hence_timeout_exit(t, nap(10));
}

TEST_ONCE(timeouts, another_thread_is_refused)
{
    check_run(shows_its_limit_to_another_thread, "main=timed out after 2 s");
    check(had_report(HENCE_REPORT_WRONG_THREAD));
}

TEST(timeouts, one_that_there_is_none_of_has_no_time)
{
    check_int(hence_timeout_when(NULL), HENCE_NEVER);
    check(!hence_timeout_expired(NULL));
    check_int(hence_timeout_reschedule(NULL, 1), -ENOMEM);
}

static hence_result without_memory_later(void *arg)
{
    (void)arg;
    hence_timeout *t = hence_timeout_enter(HENCE_SECONDS(2));
    out_of_memory(true);
    int error = 0;
    for (int i = 0; i < 1000 && !error; i++) /* as long as there is room for timers */
        error = hence_timeout_reschedule(t, HENCE_SECONDS(3) + i);
    out_of_memory(false);
    tell_number("error", t ? -error : ENOMEM);
    return hence_timeout_exit(t, nap(10));
}

TEST(timeouts, another_time_that_there_is_no_memory_for_leaves_the_limit)
{
    begin(without_memory_later, NULL);
    pass_time(4);
    check(hence_future_done(main_task));
    end();
    check_trace("0:error=12 main=timed out after 3 s");
}

/* ---- in a Deferred's coroutine ---- */

TEST(timeouts, a_coroutine_of_a_Deferred_may_have_one_before_the_loop_runs)
{
    both = begin_loop();
    hence_deferred *d = hence_inline_callbacks(too_long, NULL);
    hence_test_clock_advance(both.clock, HENCE_SECONDS(2));
    check_string(outcome(d), "timed out after 2 s");
    hence_deferred_unref(d);
    check_trace("0:when=2 2:nap=cancelled 2:expired=1");
    end_loop(&both);
}

TEST(timeouts, a_coroutine_of_a_Deferred_has_none_without_a_loop)
{
    hence_deferred *d = hence_inline_callbacks(too_long, NULL);
    check_string(outcome(d), "invalid");
    hence_deferred_unref(d);
}

static hence_result begins_inline(void *arg)
{
    (void)arg;
    return hence_await_deferred(hence_inline_callbacks(too_long, NULL));
}

/* rule 117 */
TEST(timeouts, a_coroutine_of_a_Deferred_times_out)
{
    check_run(begins_inline, "0:when=2 2:nap=cancelled 2:expired=1 main=timed out after 2 s");
}
