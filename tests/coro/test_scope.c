/* SPDX-License-Identifier: BSD-3-Clause */
/* Cancel scopes: rules 167 to 169. */
#include <errno.h>

#include "coro/blocks.h"

SUITE(scopes);

static hence_cancel_scope *scope, *inner; /* that others may come to, as long as they are there */

static hence_result leave(hence_cancel_scope *s, hence_result r, bool *caught)
{
    r = hence_cancel_scope_exit(s, r, caught);
    scope = scope == s ? NULL : scope;
    inner = inner == s ? NULL : inner;
    return r;
}

static void tell_exit(hence_cancel_scope *s, hence_result r)
{
    bool caught;
    r = leave(s, r, &caught);
    trace("%g:exit=%s%s", seconds(), describe(&r), caught ? ",caught" : "");
    hence_drop(r);
}

/* ---- cancelled until the exit ---- */

static hence_result cancels_itself(void *arg)
{
    (void)arg;
    hence_cancel_scope *s = hence_cancel_scope_enter();
    hence_cancel_scope_cancel(s);
    hence_cancel_scope_cancel(s);
    tell_number("called", hence_cancel_scope_cancel_called(s));
    tell_and_drop("nap", nap(10));
    tell_and_drop("yield", hence_co_yield());
    hence_promise *p;
    tell_and_drop("deferred", hence_await_deferred(hence_deferred_new(&p)));
    hence_abandon(p);
    hence_result r = tell("again", nap(10));
    tell_exit(s, r);
    return tell("after", nap(1));
}

/* rule 167 */
TEST(scopes, inside_of_one_that_is_cancelled_every_wait_is_until_the_exit)
{
    check_run(cancels_itself, "0:called=1 0:nap=cancelled 0:yield=cancelled 0:deferred=cancelled "
                              "0:again=cancelled 0:exit=none,caught 1:after=none main=none");
}

static hence_result has_results(void *arg)
{
    (void)arg;
    hence_cancel_scope *s = hence_cancel_scope_enter();
    hence_cancel_scope_cancel(s);
    tell_and_drop("future", hence_await(hence_future_succeed(both.loop, payload())));
    tell_and_drop("deferred", hence_await_deferred(hence_deferred_succeed(hence_int(7))));
    tell_exit(s, hence_int(8));
    return hence_none();
}

/* rule 167 */
TEST(scopes, what_is_there_already_need_not_be_waited_for)
{
    check_run(has_results, "0:future=shared 0:deferred=7 0:exit=8 main=none");
    check_int(payloads_alive(), 0);
}

static hence_result shows_its_scope(void *arg)
{
    (void)arg;
    scope = hence_cancel_scope_enter();
    hence_result r = tell("nap", nap(10));
    tell_exit(scope, r);
    scope = NULL;
    return tell("after", nap(1));
}

/* rules 167, 169 */
TEST(scopes, it_may_be_cancelled_from_outside)
{
    begin(shows_its_scope, NULL);
    pass_time(2);
    hence_cancel_scope_cancel(scope);
    end();
    check_trace("2:nap=cancelled 2:exit=none,caught 3:after=none main=none");
}

/* rule 169 */
TEST(scopes, one_that_is_not_cancelled_passes_its_result)
{
    check_run(shows_its_scope, "10:nap=none 10:exit=none 11:after=none main=none");
}

static hence_result absorbs_nothing(void *arg)
{
    (void)arg;
    hence_cancel_scope *s = hence_cancel_scope_enter();
    hence_cancel_scope_cancel(s);
    tell_exit(s, failure("broken"));
    s = hence_cancel_scope_enter();
    hence_cancel_scope_cancel(s);
    tell_exit(s, hence_int(7));
    s = hence_cancel_scope_enter();
    tell_exit(s, hence_fail_static(HENCE_ECANCELLED));
    return tell("after", nap(1));
}

/* rule 169 */
TEST(scopes, it_absorbs_nothing_but_its_own_cancellation)
{
    check_run(absorbs_nothing, "0:exit=broken 0:exit=7 0:exit=cancelled 1:after=none main=none");
}

static hence_promise *stubborn;

static bool goes_on(hence_promise *p, void *arg)
{
    (void)arg;
    hence_promise *later;
    hence_resolve(p, hence_chain_future(hence_future_new(both.loop, &later)));
    stubborn = later;
    return false; /* it has resolved its promise */
}

static hence_result waits_for_stubborn(void *arg)
{
    (void)arg;
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_promise_on_cancel(p, goes_on, NULL);
    stubborn = p;
    scope = hence_cancel_scope_enter();
    tell_and_drop("stubborn", hence_await(f));
    tell_exit(scope, nap(1));
    return hence_none();
}

/* rule 167 */
TEST(scopes, what_cannot_be_cancelled_is_waited_for_and_the_next_wait_is_cancelled)
{
    stubborn = NULL;
    begin(waits_for_stubborn, NULL);
    pass_time(1);
    hence_cancel_scope_cancel(scope);
    pass_time(1);
    check_trace("");
    if (stubborn)
        hence_resolve(stubborn, hence_int(7));
    end();
    check_trace("2:stubborn=7 2:exit=none,caught main=none");
}

static hence_result sees_a_value_that_is_on_its_way(void *arg)
{
    (void)arg;
    scope = hence_cancel_scope_enter();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    *(hence_promise **)arg = p;
    tell_and_drop("value", hence_await(f));
    tell_exit(scope, nap(1));
    return hence_none();
}

/* rule 167 */
TEST(scopes, a_value_that_is_on_its_way_is_not_lost)
{
    hence_promise *p = NULL;
    begin(sees_a_value_that_is_on_its_way, &p);
    if (p)
        hence_resolve(p, payload());
    hence_cancel_scope_cancel(scope);
    pass_time(1);
    end();
    check_trace("0:value=shared 0:exit=none,caught main=none");
    check_int(payloads_alive(), 0);
}

static hence_result yields_in_scope(void *arg)
{
    (void)arg;
    scope = hence_cancel_scope_enter();
    hence_result r = tell("yield", hence_co_yield());
    r = tell("again", (hence_drop(r), hence_co_yield()));
    tell_exit(scope, r);
    return hence_none();
}

/* rule 167 */
TEST(scopes, a_yield_is_a_wait)
{
    both = begin_loop();
    main_task = hence_spawn(both.loop, yields_in_scope, NULL);
    hence_test_turn(both.loop);
    hence_cancel_scope_cancel(scope);
    end();
    check_trace("0:yield=cancelled 0:again=cancelled 0:exit=none,caught main=none");
}

/* ---- nested ---- */

static hence_result three(void *arg)
{
    (void)arg;
    hence_cancel_scope *a = hence_cancel_scope_enter(), *b = hence_cancel_scope_enter(),
                       *c = hence_cancel_scope_enter();
    hence_cancel_scope_cancel(c);
    hence_cancel_scope_cancel(b);
    bool caught;
    hence_result r = nap(10);
    r = hence_cancel_scope_exit(c, r, &caught);
    tell_number("inner", caught);
    r = hence_cancel_scope_exit(b, r, &caught);
    tell_number("middle", caught);
    hence_drop(r);
    tell_exit(a, nap(1));
    return hence_none();
}

/* rule 169 */
TEST(scopes, of_two_that_are_cancelled_the_outer_one_absorbs_it)
{
    check_run(three, "0:inner=0 0:middle=1 1:exit=none main=none");
}

static hence_result waits_in_inner(void *arg)
{
    scope = hence_cancel_scope_enter();
    inner = hence_cancel_scope_enter();
    hence_cancel_scope_set_shield(inner, arg != NULL);
    hence_result r = tell("nap", nap(10));
    tell_exit(inner, r);
    r = tell("outside", nap(10));
    tell_exit(scope, r);
    return hence_none();
}

/* rule 169 */
TEST(scopes, the_inner_one_ends_alone)
{
    begin(waits_in_inner, NULL);
    pass_time(1);
    hence_cancel_scope_cancel(inner);
    end();
    check_trace("1:nap=cancelled 1:exit=none,caught 11:outside=none 11:exit=none main=none");
}

/* rule 169 */
TEST(scopes, the_outer_one_ends_both)
{
    begin(waits_in_inner, NULL);
    pass_time(1);
    hence_cancel_scope_cancel(scope);
    end();
    check_trace(
        "1:nap=cancelled 1:exit=cancelled 1:outside=cancelled 1:exit=none,caught main=none");
}

/* ---- shields ---- */

/* rule 168 */
TEST(scopes, a_shield_keeps_outer_ones_away)
{
    char shield[] = "shield";
    begin(waits_in_inner, shield);
    pass_time(1);
    hence_cancel_scope_cancel(scope);
    end();
    check_trace("10:nap=none 10:exit=none 10:outside=cancelled 10:exit=none,caught main=none");
}

/* rule 168 */
TEST(scopes, a_shield_does_not_keep_its_own_cancellation_away)
{
    char shield[] = "shield";
    begin(waits_in_inner, shield);
    pass_time(1);
    hence_cancel_scope_cancel(scope);
    hence_cancel_scope_cancel(inner);
    end();
    check_trace("1:nap=cancelled 1:exit=none,caught 1:outside=cancelled 1:exit=none,caught "
                "main=none");
}

/* rule 168 */
TEST(scopes, a_shield_that_is_taken_away_lets_the_cancellation_in)
{
    char shield[] = "shield";
    begin(waits_in_inner, shield);
    pass_time(1);
    hence_cancel_scope_cancel(scope);
    pass_time(1);
    check(hence_cancel_scope_shield(inner));
    hence_cancel_scope_set_shield(inner, false);
    end();
    check_trace(
        "2:nap=cancelled 2:exit=cancelled 2:outside=cancelled 2:exit=none,caught main=none");
}

static hence_result shielding(void *arg)
{
    (void)arg;
    hence_cancel_scope *o = hence_cancel_scope_enter(), *i = hence_cancel_scope_enter();
    tell_and_drop("before", hence_co_yield());
    hence_cancel_scope_cancel(o);
    tell_and_drop("cancelled", hence_co_yield());
    tell_number("shield", hence_cancel_scope_shield(i));
    hence_cancel_scope_set_shield(i, true);
    tell_number("shield", hence_cancel_scope_shield(i));
    tell_and_drop("shielded", hence_co_yield());
    hence_cancel_scope *innermost = hence_cancel_scope_enter();
    hence_cancel_scope_cancel(innermost);
    tell_exit(innermost, tell("innermost", hence_co_yield()));
    tell_and_drop("shielded", nap(1));
    hence_cancel_scope_set_shield(i, false);
    tell_and_drop("without", hence_co_yield());
    hence_cancel_scope_set_shield(i, true);
    tell_and_drop("shielded", hence_co_yield());
    hence_cancel_scope_cancel(i);
    tell_exit(i, tell("own", hence_co_yield()));
    tell_exit(o, hence_none());
    return hence_none();
}

/* rule 168 */
TEST(scopes, a_shield_can_be_put_up_and_taken_away)
{
    check_run(shielding, "0:before=none 0:cancelled=cancelled 0:shield=0 0:shield=1 "
                         "0:shielded=none 0:innermost=cancelled 0:exit=none,caught 1:shielded=none "
                         "1:without=cancelled 1:shielded=none 1:own=cancelled 1:exit=none,caught "
                         "1:exit=none main=none");
}

static hence_result shields_too_late(void *arg)
{
    (void)arg;
    hence_cancel_scope *o = hence_cancel_scope_enter(), *i = hence_cancel_scope_enter();
    bool caught;
    hence_cancel_scope_cancel(o);
    hence_result r = nap(1);
    hence_cancel_scope_set_shield(i, true);
    r = hence_cancel_scope_exit(i, r, &caught);
    tell_number("inner", caught);
    tell_exit(o, r);
    return hence_none();
}

/* rule 168 */
TEST(scopes, a_shield_that_comes_when_the_cancellation_is_on_its_way_leaves_it_to_the_outer_one)
{
    check_run(shields_too_late, "0:inner=0 0:exit=none,caught main=none");
}

/* ---- time ---- */

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
    hence_cancel_scope *s = hence_move_on_after(INT64_MAX);
    tell_deadline();
    tell_and_drop("nap", nap(1));
    return hence_cancel_scope_exit(s, hence_none(), NULL);
}

TEST(scopes, a_time_that_ends_after_the_end_of_time_never_does)
{
    check_run(moves_on_never, "0:never 1:nap=none main=none");
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

/* ---- beside the cancellation of tasks ---- */

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

/* ---- misuse, no memory, no loop ---- */

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
