/* SPDX-License-Identifier: BSD-3-Clause */
/* Cancel scopes beside the cancellation of tasks. */
#include "coro/scope_support.h"

SUITE(scopes);

/* rules 93, 169 */
TEST(scopes, a_cancellation_of_the_task_goes_through_scopes_and_shields)
{
    char shield[] = "shield";
    begin(waits_in_inner, shield);
    pass_time(1);
    cancel_main();
    end();
    check_trace("1:nap=cancelled 1:exit=cancelled 11:outside=none 11:exit=none main=none");
}

static hence_result both_cancelled(void *arg)
{
    (void)arg;
    scope = hence_cancel_scope_enter();
    hence_result r = tell("nap", nap(10));
    hence_drop(tell("again", nap(10)));
    return tell("exit", leave(scope, r, NULL));
}

/* rule 169 */
TEST(scopes, a_cancellation_of_the_task_is_not_absorbed_by_a_scope_that_is_cancelled_too)
{
    begin(both_cancelled, NULL);
    pass_time(1);
    cancel_main();
    pass_time(1);
    hence_cancel_scope_cancel(scope);
    end();
    check_trace("1:nap=cancelled 2:again=cancelled 2:exit=cancelled main=cancelled");
}

static hence_result timeout_in_scope(void *arg)
{
    hence_cancel_scope *s = hence_move_on_after(HENCE_SECONDS(arg ? 1 : 5));
    hence_timeout *t = hence_timeout_enter(HENCE_SECONDS(2));
    hence_result r = tell("timeout", hence_timeout_exit(t, nap(10)));
    tell_exit(s, r);
    return hence_none();
}

/* rules 117, 169 */
TEST(scopes, timeouts_and_scopes_within_each_other_tell_apart_whose_cancellation_it_is)
{
    char first[] = "scope first";
    check_run(timeout_in_scope,
              "2:timeout=timed out after 2 s 2:exit=timed out after 2 s main=none");
    begin(timeout_in_scope, first);
    end();
    check_trace("1:timeout=cancelled 1:exit=none,caught main=none");
}

static hence_result scope_in_timeout(void *arg)
{
    (void)arg;
    hence_timeout *t = hence_timeout_enter(HENCE_SECONDS(1));
    hence_cancel_scope *s = hence_move_on_after(HENCE_SECONDS(2));
    bool caught;
    hence_result r = nap(10);
    hence_drop(tell("again", nap(10)));
    r = tell("scope", hence_cancel_scope_exit(s, r, &caught));
    return tell("timeout", hence_timeout_exit(t, r));
}

/* rules 117, 169 */
TEST(scopes, the_cancellation_of_an_outer_timeout_is_not_absorbed)
{
    check_run(scope_in_timeout, "2:again=cancelled 2:scope=cancelled "
                                "2:timeout=timed out after 1 s main=timed out after 1 s");
}

static hence_result child_naps(void *arg)
{
    (void)arg;
    return tell("child", nap(10));
}

static hence_result waits_for_child(void *arg)
{
    (void)arg;
    hence_cancel_scope *s = hence_move_on_after(HENCE_SECONDS(2));
    tell_exit(s, hence_await(hence_spawn(both.loop, child_naps, NULL)));
    return hence_none();
}

/* rule 167 */
TEST(scopes, a_task_that_is_waited_for_is_cancelled_with_it)
{
    check_run(waits_for_child, "2:child=cancelled 2:exit=none,caught main=none");
}

static hence_result waits_within_group(void *arg)
{
    (void)arg;
    hence_cancel_scope *s = hence_move_on_after(HENCE_SECONDS(2));
    hence_task_group *g = hence_task_group_enter();
    hence_task_group_spawn(g, child_naps, NULL, NULL);
    hence_task_group_spawn(g, child_naps, NULL, NULL);
    tell_exit(s, tell("group", hence_task_group_exit(g, hence_none())));
    return hence_none();
}

/* rules 167, 170 */
TEST(scopes, the_children_of_a_group_within_it_are_cancelled_with_it)
{
    check_run(waits_within_group, "2:child=cancelled 2:child=cancelled 2:group=cancelled "
                                  "2:exit=none,caught main=none");
}
