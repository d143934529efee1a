/* SPDX-License-Identifier: BSD-3-Clause */
/* Cancel scopes: misuse, no memory, no loop. */
#include <errno.h>

#include "coro/scope_support.h"

SUITE(scopes);

static hence_result leaves_it_open(void *arg)
{
    (void)arg;
    hence_cancel_scope_cancel(hence_cancel_scope_enter());
    return nap(1);
}

TEST(scopes, one_that_is_not_exited_ends_with_the_body_and_is_reported)
{
    check_run(leaves_it_open, "main=none");
    check(had_report(HENCE_REPORT_MISUSE));
    forget_reports();
}

static int refused_deadline;

static void cancel_elsewhere(void *s)
{
    hence_cancel_scope_cancel(s);
    refused_deadline = hence_cancel_scope_set_deadline(s, 0);
    hence_cancel_scope_set_shield(s, true);
}

static hence_result shows_to_another_thread(void *arg)
{
    (void)arg;
    hence_cancel_scope *s = hence_cancel_scope_enter();
    on_another_thread(cancel_elsewhere, s);
    check_int(refused_deadline, -EPERM);
    check(!hence_cancel_scope_shield(s));
    check_int(hence_cancel_scope_deadline(s), HENCE_NEVER);
    tell_exit(s, tell("nap", nap(1)));
    return hence_none();
}

TEST_ONCE(scopes, another_thread_is_refused)
{
    check_run(shows_to_another_thread, "1:nap=none 1:exit=none main=none");
    for (int i = 0; i < 3; i++)
        check(had_report(HENCE_REPORT_WRONG_THREAD));
}

static hence_cancel_scope *shown_outside;

static hence_result shows_it_outside(void *arg)
{
    (void)arg;
    shown_outside = hence_cancel_scope_enter();
    tell_exit(shown_outside, tell("nap", nap(1)));
    return hence_none();
}

TEST_ONCE(scopes, one_that_is_exited_outside_of_coroutines_goes_on_and_it_is_reported)
{
    begin(shows_it_outside, NULL);
    hence_result r = hence_cancel_scope_exit(shown_outside, payload(), NULL);
    check_string(describe_and_drop(r), "invalid");
    check(had_report(HENCE_REPORT_MISUSE));
    pass_time(1);
    end();
    check_trace("1:nap=none 1:exit=none main=none");
}

static hence_deferred *returned;

static hence_result returns_a_chain_and_leaves_it_open(void *arg)
{
    (void)arg;
    hence_move_on_after(HENCE_SECONDS(1));
    return hence_chain(returned);
}

TEST_ONCE(scopes, a_chain_that_the_body_returns_is_waited_for_in_the_one_that_it_has_left_open)
{
    hence_promise *p;
    returned = hence_deferred_new(&p);
    hence_deferred_add_both(returned, pass, "d");
    check_run(returns_a_chain_and_leaves_it_open, "d:cancelled main=none");
    check(had_report(HENCE_REPORT_MISUSE));
    hence_abandon(p);
}

TEST(scopes, outside_of_a_coroutine_there_is_none)
{
    bool caught = true;
    hence_cancel_scope *s = hence_cancel_scope_enter();
    check(!s);
    check(had_report(HENCE_REPORT_MISUSE));
    check_string(describe_and_drop(hence_cancel_scope_exit(s, hence_int(7), &caught)), "invalid");
    check(!caught);
    hence_cancel_scope_cancel(s);
    hence_cancel_scope_set_shield(s, true);
    check(!hence_cancel_scope_cancel_called(s));
    check(!hence_cancel_scope_shield(s));
    check_int(hence_cancel_scope_deadline(s), HENCE_NEVER);
    check_int(hence_cancel_scope_set_deadline(s, 1), -ENOMEM);
}

static hence_result without_memory(void *arg)
{
    (void)arg;
    out_of_memory(true);
    hence_cancel_scope *s = hence_move_on_after(HENCE_SECONDS(2));
    out_of_memory(false);
    tell_number("there is one", s != NULL);
    hence_result r = tell("nap", nap(1));
    hence_cancel_scope *shield = hence_cancel_scope_enter();
    hence_cancel_scope_set_shield(shield, true);
    tell_exit(shield, tell("tidy", nap(1)));
    tell_exit(s, r);
    return tell("after", nap(1));
}

TEST_ONCE(scopes, a_body_without_its_scope_cannot_wait_but_may_tidy_up_behind_a_shield)
{
    check_run(without_memory, "0:there is one=0 0:nap=cancelled 1:tidy=none 1:exit=none "
                              "1:exit=nomem 2:after=none main=none");
}

static hence_result forgets_what_was_lost(void *arg)
{
    (void)arg;
    hence_cancel_scope *s = hence_cancel_scope_enter();
    out_of_memory(true);
    hence_timeout_enter(1);
    out_of_memory(false);
    tell_exit(s, tell("nap", nap(1)));
    return tell("after", nap(1));
}

TEST_ONCE(scopes, what_was_lost_inside_ends_with_the_outer_block)
{
    check_run(forgets_what_was_lost, "0:nap=cancelled 0:exit=cancelled 1:after=none main=none");
}

TEST(scopes, when_the_loop_closes_it_ends)
{
    begin(shows_its_scope, NULL);
    pass_time(1);
    close_loop();
    check_trace("1:nap=closed 1:exit=closed 1:after=closed");
}
