/* SPDX-License-Identifier: BSD-3-Clause */
/* Timeouts in coroutines that others cancel, and nested ones. */
#include "coro/timeout_support.h"

SUITE(timeouts);

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
