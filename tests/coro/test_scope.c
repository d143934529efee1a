/* SPDX-License-Identifier: BSD-3-Clause */
/* Cancel scopes: cancelled until the exit, nested, shielded. */
#include "coro/scope_support.h"

SUITE(scopes);

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
