/* SPDX-License-Identifier: BSD-3-Clause */
/* Cancel scopes with deadlines. */
#include "coro/scope_support.h"

SUITE(scopes);

static hence_result moves_on(void *arg)
{
    (void)arg;
    hence_cancel_scope *s = hence_move_on_after(HENCE_SECONDS(2));
    tell_number("deadline", hence_cancel_scope_deadline(s) / HENCE_SECONDS(1));
    tell_exit(s, nap(10));
    s = hence_move_on_until(HENCE_SECONDS(5));
    tell_exit(s, nap(10));
    s = hence_move_on_after(HENCE_SECONDS(2));
    tell_exit(s, nap(1));
    s = hence_move_on_after(-1);
    tell_number("never", hence_cancel_scope_deadline(s) == HENCE_NEVER);
    tell_exit(s, nap(20));
    return nap(10);
}

/* rule 169 */
TEST(scopes, when_its_time_is_up_one_moves_on)
{
    check_run(moves_on, "0:deadline=2 2:exit=none,caught 5:exit=none,caught 6:exit=none "
                        "6:never=1 26:exit=none main=none");
}

static hence_result fails(void *arg)
{
    (void)arg;
    hence_cancel_scope *s = hence_fail_after(HENCE_SECONDS(2));
    tell_exit(s, nap(10));
    s = hence_fail_until(HENCE_SECONDS(5));
    tell_exit(s, nap(10));
    s = hence_fail_after(HENCE_SECONDS(2));
    tell_exit(s, nap(1));
    s = hence_fail_after(HENCE_SECONDS(2));
    hence_cancel_scope_cancel(s);
    tell_exit(s, nap(1));
    s = hence_fail_until(0);
    tell_exit(s, nap(1));
    return hence_none();
}

/* rule 169 */
TEST(scopes, when_its_time_is_up_one_that_fails_has_timed_out)
{
    check_run(fails, "2:exit=timed out after 2 s,caught 5:exit=timed out after 3 s,caught "
                     "6:exit=none 6:exit=timedout,caught 6:exit=timedout,caught "
                     "main=none");
}

static hence_result other_deadlines(void *arg)
{
    (void)arg;
    hence_cancel_scope *s = hence_cancel_scope_enter();
    tell_number("never", hence_cancel_scope_deadline(s) == HENCE_NEVER);
    hence_cancel_scope_set_deadline(s, HENCE_SECONDS(10));
    tell_and_drop("nap", nap(5));
    tell_number("called", hence_cancel_scope_cancel_called(s));
    hence_cancel_scope_set_deadline(s, HENCE_SECONDS(1));
    tell_number("called", hence_cancel_scope_cancel_called(s));
    tell_and_drop("nap", nap(5));
    hence_cancel_scope_set_deadline(s, HENCE_SECONDS(50));
    tell_exit(s, nap(5));
    s = hence_move_on_after(HENCE_SECONDS(1));
    hence_cancel_scope_set_deadline(s, HENCE_NEVER);
    tell_exit(s, nap(5));
    return hence_none();
}

/* rule 167 */
TEST(scopes, its_deadline_may_be_changed_but_once_cancelled_it_stays_so)
{
    check_run(other_deadlines, "0:never=1 5:nap=none 5:called=0 5:called=1 5:nap=cancelled "
                               "5:exit=none,caught 10:exit=none main=none");
}

TEST(scopes, a_deadline_that_is_set_from_outside_to_a_time_that_is_over_cancels_at_once)
{
    begin(shows_its_scope, NULL);
    pass_time(2);
    check_int(hence_cancel_scope_set_deadline(scope, HENCE_SECONDS(1)), 0);
    end();
    check_trace("2:nap=cancelled 2:exit=none,caught 3:after=none main=none");
}

static hence_result at_its_exit(void *arg)
{
    (void)arg;
    hence_cancel_scope *s = hence_cancel_scope_enter();
    hence_cancel_scope_set_deadline(s, HENCE_SECONDS(1));
    tell_exit(s, hence_none());
    return tell("after", nap(5));
}

/* rule 167 */
TEST(scopes, a_deadline_ends_with_its_scope)
{
    check_run(at_its_exit, "0:exit=none 5:after=none main=none");
}

static void tell_deadline(void)
{
    const int64_t when = hence_current_effective_deadline();
    if (when == HENCE_NEVER)
        say("never");
    else if (when == INT64_MIN)
        say("cancelled");
    else
        tell_number("deadline", when / HENCE_SECONDS(1));
}

static hence_result effective(void *arg)
{
    (void)arg;
    tell_deadline();
    hence_cancel_scope *a = hence_move_on_until(HENCE_SECONDS(5)),
                       *b = hence_move_on_until(HENCE_SECONDS(10));
    tell_deadline();
    hence_cancel_scope_set_deadline(b, HENCE_SECONDS(3));
    tell_deadline();
    hence_cancel_scope_set_deadline(b, HENCE_SECONDS(10));
    tell_deadline();
    hence_cancel_scope_set_shield(b, true);
    tell_deadline();
    hence_cancel_scope_cancel(a);
    tell_deadline();
    hence_cancel_scope_set_shield(b, false);
    tell_deadline();
    hence_drop(hence_cancel_scope_exit(b, hence_none(), NULL));
    tell_deadline();
    hence_drop(hence_cancel_scope_exit(a, hence_none(), NULL));
    tell_deadline();
    return hence_none();
}

/* rules 167, 168 */
TEST(scopes, the_deadline_that_counts_is_the_nearest_that_no_shield_keeps_away)
{
    check_run(effective,
              "0:never 0:deadline=5 0:deadline=3 0:deadline=5 0:deadline=10 0:deadline=10 "
              "0:cancelled 0:cancelled 0:never main=none");
    check_int(hence_current_effective_deadline(), HENCE_NEVER);
}

static hence_result effective_in_group(void *arg)
{
    (void)arg;
    hence_cancel_scope *s = hence_move_on_until(HENCE_SECONDS(5));
    hence_task_group *g = hence_task_group_enter();
    tell_deadline();
    hence_drop(hence_task_group_exit(g, hence_none()));
    return hence_cancel_scope_exit(s, hence_none(), NULL);
}

TEST(scopes, a_group_within_it_has_its_deadline)
{
    check_run(effective_in_group, "0:deadline=5 main=none");
}

static hence_result moves_on_never(void *arg)
{
    (void)arg;
    hence_drop(nap(1));
    hence_cancel_scope *s = hence_move_on_after(INT64_MAX);
    tell_deadline();
    tell_and_drop("nap", nap(1));
    return hence_cancel_scope_exit(s, hence_none(), NULL);
}

TEST(scopes, a_time_that_ends_after_the_end_of_time_never_does)
{
    check_run(moves_on_never, "1:never 2:nap=none main=none");
}

static hence_result fails_before_the_beginning_of_time(void *arg)
{
    (void)arg;
    hence_drop(nap(1));
    hence_cancel_scope *s = hence_cancel_scope_enter();
    hence_cancel_scope_cancel(s);
    hence_cancel_scope *late = hence_fail_until(hence_current_effective_deadline());
    hence_cancel_scope_set_shield(late, true);
    tell_and_drop("inner", hence_cancel_scope_exit(late, nap(1), NULL));
    return hence_cancel_scope_exit(s, hence_none(), NULL);
}

TEST(scopes, a_deadline_may_be_the_beginning_of_time)
{
    check_run(fails_before_the_beginning_of_time, "1:inner=timedout main=none");
}
