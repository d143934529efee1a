/* SPDX-License-Identifier: BSD-3-Clause */
/* Time limits for what stands between two calls: rule 117. */
#include <errno.h>

#include "coro/blocks.h"

SUITE(timeouts);

/* ---- one ---- */

static hence_result too_long(void *arg)
{
    (void)arg;
    hence_timeout *t = hence_timeout_enter(HENCE_SECONDS(2));
    tell_number("when", hence_timeout_when(t) / HENCE_SECONDS(1));
    hence_result r = tell("nap", nap(10));
    tell_number("expired", hence_timeout_expired(t));
    return hence_timeout_exit(t, r);
}

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

/* ---- cancelled by others ---- */

static hence_result long_nap(void *arg)
{
    (void)arg;
    hence_timeout *t = hence_timeout_enter(HENCE_SECONDS(10));
    hence_result r = tell("exit", hence_timeout_exit(t, nap(20)));
    tell_number("cancelling", hence_task_cancelling(hence_current_task()));
    return r;
}

/* rule 117 */
TEST(timeouts, a_cancellation_by_others_stays_one)
{
    begin(long_nap, NULL);
    pass_time(1);
    cancel_main();
    end();
    check_trace("1:exit=cancelled 1:cancelling=1 main=cancelled");
}

static hence_result cancels_itself(void *arg)
{
    (void)arg;
    hence_timeout *t = hence_timeout_enter(HENCE_SECONDS(10));
    hence_future_cancel(hence_current_task());
    return hence_timeout_exit(t, nap(20));
}

/* rule 117 */
TEST(timeouts, a_cancellation_by_the_task_itself_stays_one)
{
    check_run(cancels_itself, "main=cancelled");
}

static hence_result slow_to_stop(void *arg)
{
    (void)arg;
    hence_timeout *t = hence_timeout_enter(HENCE_SECONDS(2));
    hence_result r = tell("nap", nap(10));
    hence_drop(tell("tidy", nap(3)));
    tell_number("expired", hence_timeout_expired(t));
    return hence_timeout_exit(t, r);
}

/* rule 117 */
TEST(timeouts, one_that_has_expired_leaves_a_cancellation_by_others_alone)
{
    begin(slow_to_stop, NULL);
    pass_time(3);
    cancel_main();
    end();
    check_trace("2:nap=cancelled 3:tidy=cancelled 3:expired=1 main=cancelled");
}

/* rule 117 */
TEST(timeouts, what_has_come_before_the_time_is_up_counts_as_well)
{
    begin(slow_to_stop, NULL);
    pass_time(1.75);
    cancel_main();
    end();
    check_trace("1.75:nap=cancelled 2:tidy=cancelled 2:expired=1 main=cancelled");
}

static hence_result after_cancellation(void *arg)
{
    (void)arg;
    hence_future_cancel(hence_current_task());
    tell_and_drop("nap", nap(1));
    hence_timeout *t = hence_timeout_enter(0);
    return hence_timeout_exit(t, nap(1));
}

static hence_result cancelled_after_cancellation(void *arg)
{
    (void)arg;
    hence_future_cancel(hence_current_task());
    tell_and_drop("nap", nap(1));
    hence_timeout *t = hence_timeout_enter(HENCE_SECONDS(1));
    hence_future_cancel(hence_current_task());
    return hence_timeout_exit(t, nap(2));
}

/* rule 117 */
TEST(timeouts, cancellations_that_are_over_when_it_is_entered_do_not_count)
{
    check_run(after_cancellation, "0:nap=cancelled main=timed out after 0 s");
    check_run(cancelled_after_cancellation, "0:nap=cancelled main=cancelled");
}

static hence_result waits_for_timeout(void *arg)
{
    (void)arg;
    tell_and_drop("child", hence_await(hence_spawn(both.loop, too_long, NULL)));
    return nap(1);
}

/* rule 117 */
TEST(timeouts, the_one_who_waits_for_the_task_is_not_cancelled)
{
    check_run(waits_for_timeout, "0:when=2 2:nap=cancelled 2:expired=1 "
                                 "2:child=timed out after 2 s main=none");
}

/* ---- nested ---- */

static hence_result nested(double outer, double inner, double delay)
{
    hence_timeout *o = hence_timeout_enter(HENCE_SECONDS(outer));
    hence_timeout *i = hence_timeout_enter(HENCE_SECONDS(inner));
    hence_result r = tell("inner", hence_timeout_exit(i, nap(delay)));
    tell_number("outer expired", hence_timeout_expired(o));
    return tell("outer", hence_timeout_exit(o, r));
}

static hence_result same_time(void *arg)
{
    (void)arg;
    hence_drop(nested(2, 2, 10));
    tell_number("cancelling", hence_task_cancelling(hence_current_task()));
    return nap(1);
}

static hence_result inner_first(void *arg)
{
    (void)arg;
    hence_drop(nested(5, 2, 10));
    return nap(1);
}

static hence_result outer_first(void *arg)
{
    (void)arg;
    hence_drop(nested(2, 5, 10));
    return nap(10);
}

/* rule 117 */
TEST(timeouts, of_two_that_have_expired_the_outer_one_has_timed_out)
{
    check_run(same_time, "2:inner=cancelled 2:outer expired=1 2:outer=timed out after 2 s "
                         "2:cancelling=0 main=none");
}

/* rule 117 */
TEST(timeouts, of_two_the_one_that_has_expired_has_timed_out)
{
    check_run(inner_first, "2:inner=timed out after 2 s 2:outer expired=0 "
                           "2:outer=timed out after 2 s main=none");
    check_run(outer_first, "2:inner=cancelled 2:outer expired=1 2:outer=timed out after 2 s "
                           "main=none");
}

static hence_result busy(void *arg)
{
    (void)arg;
    hence_timeout *o = hence_timeout_enter(HENCE_SECONDS(3));
    hence_timeout *i = hence_timeout_enter(HENCE_SECONDS(1));
    tell_and_drop("inner", hence_timeout_exit(i, nap(10)));
    return hence_timeout_exit(o, tell("nap", nap(10)));
}

/* rule 117 */
TEST(timeouts, a_timeout_that_was_handled_leaves_the_outer_limit_in_force)
{
    check_run(busy, "1:inner=timed out after 1 s 3:nap=cancelled main=timed out after 3 s");
}

static hence_result in_cleanup(void *arg)
{
    (void)arg;
    hence_timeout *o = hence_timeout_enter(HENCE_SECONDS(2));
    hence_result r = nap(10);
    hence_timeout *i = hence_timeout_enter(HENCE_SECONDS(2));
    tell_and_drop("tidy", hence_timeout_exit(i, nap(10)));
    return hence_timeout_exit(o, r);
}

/* rule 117 */
TEST(timeouts, what_tidies_up_after_one_may_have_a_limit_of_its_own)
{
    check_run(in_cleanup, "4:tidy=timed out after 2 s main=timed out after 2 s");
}

/* ---- another time ---- */

static hence_timeout *limit;

static hence_result shows_its_limit(void *arg)
{
    (void)arg;
    limit = hence_timeout_enter(HENCE_SECONDS(10));
    hence_result r = nap(50);
    tell_number("refused", hence_timeout_reschedule(limit, HENCE_SECONDS(50)) == -EALREADY);
    r = hence_timeout_exit(limit, r);
    limit = NULL;
    return tell("exit", r);
}

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

/* ---- misuse ---- */

TEST(timeouts, outside_of_a_coroutine_there_is_none)
{
    hence_timeout *t = hence_timeout_enter(1);
    check(!t);
    check(had_report(HENCE_REPORT_MISUSE));
    check_string(describe_and_drop(hence_timeout_exit(t, hence_int(7))), "invalid");
}

static hence_result forgets(void *arg)
{
    (void)arg;
    hence_timeout_enter(HENCE_SECONDS(2));
    return nap(arg ? 10 : 1);
}

TEST(timeouts, one_that_is_not_exited_ends_with_the_body_and_is_reported)
{
    char late[] = "late";
    for (int i = 0; i < 2; i++) {
        begin(forgets, i ? late : NULL);
        end();
        check(had_report(HENCE_REPORT_MISUSE));
        check_trace(i ? "main=timed out after 2 s" : "main=none");
        forget_reports();
    }
}

static hence_result exits_outer_first(void *arg)
{
    (void)arg;
    hence_timeout *o = hence_timeout_enter(HENCE_SECONDS(5));
    hence_timeout *i = hence_timeout_enter(HENCE_SECONDS(2));
    hence_result r = tell("outer", hence_timeout_exit(o, nap(10)));
    tell_and_drop("inner", hence_timeout_exit(i, hence_int(7)));
    return r;
}

static hence_result exits_twice(void *arg)
{
    (void)arg;
    hence_timeout *t = hence_timeout_enter(HENCE_SECONDS(5));
    tell_and_drop("first", hence_timeout_exit(t, payload()));
    return hence_timeout_exit(t, payload());
}

TEST(timeouts, one_that_is_exited_before_an_inner_one_ends_that_and_it_is_reported)
{
    run(exits_outer_first);
    check_trace("2:outer=timed out after 2 s 2:inner=invalid "
                "main=timed out after 2 s");
    check(had_report(HENCE_REPORT_MISUSE));
    check(had_report(HENCE_REPORT_MISUSE));
    forget_reports();
}

TEST(timeouts, a_second_exit_is_refused_and_reported)
{
    run(exits_twice);
    check_trace("0:first=payload main=invalid");
    check(had_report(HENCE_REPORT_MISUSE));
    forget_reports();
}

static hence_result exits_that_of_another(void *arg)
{
    (void)arg;
    return hence_timeout_exit(limit, hence_int(7));
}

TEST(timeouts, an_exit_by_another_coroutine_is_refused_and_reported)
{
    begin(shows_its_limit, NULL);
    hence_future *other = hence_spawn(both.loop, exits_that_of_another, NULL);
    pass_time(1);
    if (limit)
        check(had_report(HENCE_REPORT_MISUSE));
    if (hence_future_done(other))
        tell_and_drop("other", hence_future_result(other));
    hence_future_unref(other);
    end();
    check_trace("1:other=invalid 10:refused=1 "
                "10:exit=timed out after 10 s main=timed out after 10 s");
    forget_reports();
}

/* ---- no memory, no loop ---- */

static hence_result without_memory(void *arg)
{
    out_of_memory(true);
    hence_timeout *t = hence_timeout_enter(HENCE_SECONDS(2));
    out_of_memory(false);
    tell_number("there is one", t != NULL);
    hence_result r = tell("nap", nap(1));
    hence_drop(tell("again", nap(1)));
    if (arg) {
        hence_drop(r);
        r = failure("broken");
    }
    r = hence_timeout_exit(t, r);
    tell_and_drop("after", nap(1));
    return r;
}

TEST_ONCE(timeouts, a_body_without_the_limit_that_it_should_have_cannot_wait)
{
    char fails[] = "fails";
    run(without_memory);
    check_trace("0:there is one=0 0:nap=cancelled 0:again=cancelled 1:after=none "
                "main=nomem");
    begin(without_memory, fails);
    end();
    check_trace("0:there is one=0 0:nap=cancelled 0:again=cancelled 1:after=none main=broken");
}

static hence_result without_timer(void *arg)
{
    (void)arg;
    hence_timeout *t = NULL;
    int entered = 0;
    /* memory for the record is kept by the thread: what fails then is the timer */
    for (int i = 0; i < 5000 && !entered; i++) {
        out_of_memory(i > 0);
        t = hence_timeout_enter(HENCE_SECONDS(2));
        out_of_memory(false);
        entered = !t;
        if (t)
            hence_drop(hence_timeout_exit(t, hence_none()));
    }
    return hence_timeout_exit(t, tell("nap", nap(1)));
}

TEST_ONCE(timeouts, without_memory_for_the_timer_it_is_the_same)
{
    check_run(without_timer, "0:nap=cancelled main=nomem");
}

static hence_result closes_late(void *arg)
{
    (void)arg;
    hence_timeout *t = hence_timeout_enter(HENCE_SECONDS(50));
    hence_result r = tell("nap", nap(100));
    hence_timeout *late = hence_timeout_enter(HENCE_SECONDS(50));
    r = tell("late", hence_timeout_exit(late, r));
    return tell("exit", hence_timeout_exit(t, r));
}

TEST(timeouts, when_the_loop_closes_it_ends_without_a_timeout)
{
    begin(closes_late, NULL);
    pass_time(1);
    check_trace("");
    close_loop();
    check_trace("1:nap=closed 1:late=closed 1:exit=closed");
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
