/* SPDX-License-Identifier: BSD-3-Clause */
/* Cancelling tasks: before they begin, wherever they wait, and while they run. */
#include <errno.h>

#include "coro/waiting_support.h"

SUITE(task_cancel);

/* What hence_future_cancel() gives for a task that was to be had. */
#define check_cancel(f, expected) check_int(hence_future_cancel(f), (f) ? (expected) : -ENOMEM)

/* ---- before it begins ---- */

TEST(task_cancel, one_that_has_not_begun_never_will)
{
    begin();
    dropped = 0;
    hence_future *f = hence_spawn_own(both.loop, give_seven, "a", count_drop);
    check_cancel(f, 0);
    run();
    check_trace("");
    check_string(outcome_of(f), "cancelled");
    check(hence_future_cancelled(f));
    check_int(dropped, 1);
    hence_future_unref(f);
    end();
}

TEST(task_cancel, one_that_has_ended_is_not_cancelled_any_more)
{
    begin();
    hence_future *f = hence_spawn(both.loop, give_seven, "a");
    run();
    check_cancel(f, -EALREADY);
    check_trace("a");
    check_string(outcome_of(f), "7");
    hence_future_unref(f);
    end();
}

/* ---- where it waits ---- */

/* rule 93 */
TEST(task_cancel, what_it_awaits_is_cancelled_and_that_comes_out_of_the_wait)
{
    hence_future *f = begin_waiting(false);
    check_trace("a");
    check_cancel(f, 0);
    check_trace("cancel0");
    check(hence_future_cancelled(futures[0]));
    check(!hence_future_done(f));
    check_int(hence_task_cancelling(f), 1);
    run();
    check_trace("a:cancelled");
    check(hence_future_cancelled(f));
    check_int(hence_task_cancelling(f), 0);
    end_waiting(f);
}

TEST(task_cancel, a_Deferred_that_it_awaits_is_cancelled_at_once)
{
    hence_future *f = begin_waiting_for_deferred(false);
    check_cancel(f, 0);
    check_trace("a cancel0 a:cancelled");
    run();
    check(hence_future_cancelled(f));
    end_waiting(f);
}

TEST(task_cancel, what_the_awaited_makes_of_the_cancellation_is_the_result_of_the_wait)
{
    begin();
    begin_futures(both.loop, 2, GIVES_VALUE);
    set_on_cancel(1, GIVES_FAILURE);
    struct waiting a = {"a", hence_future_ref(futures[0]), NULL, false},
                   b = {"b", hence_future_ref(futures[1]), NULL, false};
    hence_future *f = spawn(&a), *g = spawn(&b);
    run();
    check_cancel(f, 0);
    check_cancel(g, 0);
    run();
    check_trace("a b cancel0 cancel1 a:100 b:late");
    check_string(outcome_of(f), "100");
    check_string(outcome_of(g), "late");
    hence_future_failure(futures[1]);
    hence_future_unref(f);
    hence_future_unref(g);
    end_inputs();
    end();
}

/* rule 93 */
TEST(task_cancel, a_body_may_catch_it_and_go_on)
{
    hence_future *f = begin_waiting(true);
    check_cancel(f, 0);
    run();
    check_trace("a cancel0 a:cancelled");
    check(!hence_future_cancelled(f));
    check_string(outcome_of(f), "7");
    end_waiting(f);
}

static hence_result wait_again_and_again(void *arg)
{
    (void)arg;
    for (int i = 0; i < 3; i++) {
        hence_result r = hence_co_sleep(HENCE_SECONDS(1));
        trace("%s", describe(&r));
        hence_drop(r);
    }
    return hence_none();
}

/* rule 93: it is told once, and does not stay cancelled */
TEST(task_cancel, a_wait_after_it_was_caught_is_a_wait_like_any_other)
{
    begin();
    hence_future *f = hence_spawn(both.loop, wait_again_and_again, NULL);
    run();
    check_cancel(f, 0);
    run();
    check_trace("cancelled");
    hence_test_clock_advance(both.clock, HENCE_SECONDS(1));
    check_trace("none");
    check_cancel(f, 0);
    run();
    check_trace("cancelled");
    check_string(outcome_of(f), "none");
    hence_future_unref(f);
    end();
}

TEST(task_cancel, a_cancellation_goes_through_all_tasks_that_wait_for_each_other)
{
    begin();
    begin_futures(both.loop, 1, STOPS);
    struct waiting a = {"a", hence_future_ref(futures[0]), NULL, false};
    hence_future *f = spawn(&a);
    struct waiting b = {"b", f, NULL, false};
    hence_future *g = spawn(&b);
    struct waiting c = {"c", g, NULL, false};
    hence_future *h = spawn(&c);
    run();
    check_trace("a b c");
    check_cancel(h, 0);
    check_trace("cancel0");
    check_int(hence_task_cancelling(h), 1);
    run();
    check_trace("a:cancelled b:cancelled c:cancelled");
    check(hence_future_cancelled(h));
    hence_future_unref(h);
    end_inputs();
    end();
}

TEST(task_cancel, a_shield_keeps_it_from_what_is_behind)
{
    begin();
    begin_futures(both.loop, 1, STOPS);
    struct waiting waiting = {"a", hence_shield(futures[0]), NULL, false};
    hence_future *f = spawn(&waiting);
    run();
    check_cancel(f, 0);
    run();
    check_trace("a a:cancelled");
    check(!hence_future_done(futures[0]));
    check(hence_future_cancelled(f));
    end_waiting(f);
}

static hence_result sleep_an_hour(void *arg)
{
    (void)arg;
    hence_result r = hence_co_sleep(HENCE_SECONDS(3600));
    trace("%s", describe(&r));
    return r;
}

TEST(task_cancel, a_sleep_ends_and_its_timer_goes)
{
    begin();
    hence_future *f = hence_spawn(both.loop, sleep_an_hour, NULL);
    run();
    check_cancel(f, 0);
    run();
    check_trace("cancelled");
    check_int(hence_loop_pending(both.loop), 0);
    hence_future_unref(f);
    end();
}

static hence_result yield_once(void *word)
{
    trace("%s", (const char *)word);
    hence_result r = hence_co_yield();
    trace("%s:%s", (const char *)word, describe(&r));
    return r;
}

TEST(task_cancel, one_that_waits_for_its_turn_hears_of_it_then)
{
    begin();
    hence_future *f = hence_spawn(both.loop, yield_once, "a");
    turn();
    check_trace("a");
    check_cancel(f, 0);
    check_trace("");
    turn();
    check_trace("a:cancelled");
    run();
    check(hence_future_cancelled(f));
    hence_future_unref(f);
    end();
}

/* rule 93: must_cancel */
TEST(task_cancel, one_whose_awaited_is_done_but_that_has_not_been_told_hears_of_it_then)
{
    begin();
    hence_promise *p;
    struct waiting waiting = {"a", pending(&p), NULL, false};
    hence_future *f = spawn(&waiting);
    run();
    hence_resolve(p, payload());
    check_cancel(f, 0);
    check_trace("a");
    run();
    check_trace("a:cancelled");
    check(hence_future_cancelled(f));
    hence_future_unref(f);
    end();
}

TEST(task_cancel, two_cancellations_are_counted_and_told_once)
{
    hence_future *f = begin_waiting(true);
    check_cancel(f, 0);
    check_cancel(f, 0);
    check_int(hence_task_cancelling(f), 2);
    check_int(hence_task_uncancel(f), 1);
    check_int(hence_task_uncancel(f), 0);
    check_int(hence_task_uncancel(f), 0);
    run();
    check_trace("a cancel0 a:cancelled");
    check_string(outcome_of(f), "7");
    end_waiting(f);
}

TEST(task_cancel, the_Future_that_its_result_waits_for_is_cancelled)
{
    begin();
    begin_inputs(1, STOPS);
    hence_deferred *d = inputs[0];
    inputs[0] = NULL;
    hence_future *f =
        hence_spawn_own(both.loop, return_deferred_variable, &d, unref_deferred_variable);
    run();
    check_cancel(f, 0);
    check_trace("cancel0");
    run();
    check(hence_future_cancelled(f));
    end_waiting(f);
}

/* ---- while it runs ---- */

static hence_result cancel_itself(void *variable)
{
    hence_future_cancel(*(hence_future **)variable);
    trace("cancelling:%u", hence_task_cancelling(*(hence_future **)variable));
    hence_result r = hence_co_sleep(HENCE_SECONDS(1));
    trace("%s", describe(&r));
    hence_drop(r);
    r = hence_co_yield();
    trace("%s", describe(&r));
    return r;
}

/* rule 93 */
TEST(task_cancel, one_that_cancels_itself_hears_of_it_at_its_next_wait)
{
    begin();
    hence_future *f = hence_spawn(both.loop, cancel_itself, &f);
    run();
    check_trace("cancelling:1 cancelled none");
    check_string(outcome_of(f), "none");
    hence_future_unref(f);
    end();
}

static hence_result cancel_itself_and_await(void *variable)
{
    hence_future **f = variable;
    hence_future_cancel(f[0]);
    hence_result r = hence_await(hence_future_ref(f[1]));
    trace("%s", describe(&r));
    return r;
}

TEST(task_cancel, what_is_done_already_is_not_a_wait)
{
    begin();
    hence_future *f[2] = {NULL, hence_future_succeed(both.loop, hence_int(7))};
    f[0] = hence_spawn(both.loop, cancel_itself_and_await, f);
    run();
    check_trace("7");
    check_string(outcome_of(f[0]), "cancelled"); /* rule 94 */
    hence_future_unref_all(f, 2);
    end();
}

static hence_result cancel_itself_and_await_deferred(void *variable)
{
    void **both_of_them = variable;
    hence_deferred *d = both_of_them[1];
    both_of_them[1] = NULL;
    hence_future_cancel(both_of_them[0]);
    hence_result r = hence_await_deferred(d);
    trace("%s", describe(&r));
    return r;
}

TEST(task_cancel, a_Deferred_that_is_awaited_after_that_is_cancelled_at_once)
{
    begin();
    begin_inputs(1, STOPS);
    void *both_of_them[2] = {NULL, inputs[0]};
    inputs[0] = NULL;
    hence_future *f = hence_spawn(both.loop, cancel_itself_and_await_deferred, both_of_them);
    both_of_them[0] = f;
    run();
    check_trace("cancel0 cancelled");
    check(hence_future_cancelled(f));
    hence_deferred_unref(both_of_them[1]); /* where it has never begun */
    end_waiting(f);
}

static hence_result cancel_itself_and_return(void *variable)
{
    hence_future_cancel(*(hence_future **)variable);
    return payload();
}

/* rule 94 */
TEST(task_cancel, a_value_that_it_returns_after_that_is_destroyed)
{
    begin();
    hence_future *f = hence_spawn(both.loop, cancel_itself_and_return, &f);
    run();
    check_string(outcome_of(f), "cancelled");
    check(hence_future_cancelled(f));
    check_int(payloads_alive(), 0);
    hence_future_unref(f);
    end();
}

static hence_result cancel_itself_and_fail(void *variable)
{
    hence_future_cancel(*(hence_future **)variable);
    return failure("broken");
}

/* rule 94: as in the model, an exception is not replaced */
TEST(task_cancel, a_failure_that_it_returns_after_that_is_the_result)
{
    begin();
    hence_future *f = hence_spawn(both.loop, cancel_itself_and_fail, &f);
    run();
    check_string(outcome_of(f), "broken");
    hence_future_unref(f);
    end();
}

static hence_result cancel_itself_and_return_chain(void *variable)
{
    void **both_of_them = variable;
    hence_deferred *d = both_of_them[1];
    both_of_them[1] = NULL;
    hence_future_cancel(both_of_them[0]);
    return hence_chain(d);
}

TEST(task_cancel, a_chain_that_it_returns_after_that_is_cancelled)
{
    begin();
    begin_inputs(1, STOPS);
    void *both_of_them[2] = {NULL, inputs[0]};
    inputs[0] = NULL;
    hence_future *f = hence_spawn(both.loop, cancel_itself_and_return_chain, both_of_them);
    both_of_them[0] = f;
    run();
    check_trace("cancel0");
    check_string(outcome_of(f), "cancelled");
    hence_deferred_unref(both_of_them[1]); /* where it has never begun */
    end_waiting(f);
}

static hence_result resolve_cancel_and_return_it(void *variable)
{
    void **three = variable;
    hence_future *it = three[1];
    three[1] = NULL;
    hence_resolve(three[2], payload());
    three[2] = NULL;
    hence_future_cancel(three[0]);
    return hence_chain_future(it);
}

TEST(task_cancel, a_chain_that_has_its_result_already_gives_way_to_the_cancellation)
{
    begin();
    hence_promise *p;
    void *three[3] = {NULL, pending(&p), NULL};
    three[2] = p;
    hence_future *f = hence_spawn(both.loop, resolve_cancel_and_return_it, three);
    three[0] = f;
    run();
    check_string(outcome_of(f), "cancelled");
    check_int(payloads_alive(), 0);
    hence_abandon(three[2]); /* where it has never begun */
    hence_future_failure(three[1]);
    hence_future_unref(three[1]);
    hence_future_unref(f);
    end();
}

/* ---- two tasks ---- */

static hence_result cancel_other(void *variable)
{
    trace("cancels:%d", hence_future_cancel(*(hence_future **)variable));
    hence_result r = hence_await(hence_future_ref(*(hence_future **)variable));
    trace("the other:%s", describe(&r));
    hence_drop(r);
    return hence_none();
}

TEST(task_cancel, one_that_cancels_another_and_waits_for_its_end_is_not_cancelled_itself)
{
    begin();
    hence_future *f = hence_spawn(both.loop, sleep_an_hour, NULL);
    hence_future *g = hence_spawn(both.loop, cancel_other, &f);
    run();
    check_trace("cancels:0 cancelled the other:cancelled");
    check_string(outcome_of(g), "none");
    hence_future_unref(f);
    hence_future_unref(g);
    end();
}
