/* SPDX-License-Identifier: BSD-3-Clause */
/* Where coroutines can not wait. */
#include "coro/coro_support.h"

SUITE(await);

/* ---- refused ---- */

TEST(await, outside_of_a_coroutine_waiting_is_refused_and_reported)
{
    begin();
    hence_promise *p[2];
    check_string(describe_and_drop(hence_await(pending(&p[0]))), "invalid");
    check(had_report(HENCE_REPORT_MISUSE));
    check_string(describe_and_drop(hence_await_deferred(hence_deferred_new(&p[1]))), "invalid");
    check(had_report(HENCE_REPORT_MISUSE));
    check_string(describe_and_drop(hence_co_sleep(1)), "invalid");
    check(had_report(HENCE_REPORT_MISUSE));
    check_string(describe_and_drop(hence_co_yield()), "invalid");
    check(had_report(HENCE_REPORT_MISUSE));
    check_string(describe_and_drop(hence_co_run_blocking(give_seven, NULL)), "invalid");
    check(had_report(HENCE_REPORT_MISUSE));
    hence_abandon(p[0]);
    hence_abandon(p[1]);
    forget_reports();
    end();
}

TEST(await, a_Future_of_another_loop_is_refused)
{
    begin();
    hence_promise *p;
    hence_loop *other = hence_loop_new(NULL);
    struct waiting waiting = {"a", hence_future_new(other, &p), NULL, false};
    hence_future *f = hence_future_ref(waiting.f);
    hence_future *task = spawn(&waiting);
    run();
    check_trace("a a:invalid");
    check_string(outcome_of(task), "invalid");
    check(!hence_future_done(f));
    hence_future_cancel(f);
    hence_abandon(p);
    hence_future_unref(f);
    hence_future_unref(task);
    hence_loop_free(other);
    end();
}

static bool wait_in_canceller(hence_promise *p, void *arg)
{
    (void)p;
    (void)arg;
    trace("%s", describe_and_drop(hence_co_sleep(1)));
    trace("%s", describe_and_drop(hence_await(pending(arg))));
    return false;
}

static hence_result cancel_itself_and_wait(void *waiting)
{
    hence_future_cancel(hence_current_task());
    return wait_for_it(waiting);
}

/* The wait has begun, and is cancelled at once: the canceller runs in the coroutine. */
TEST(await, a_canceller_of_what_is_awaited_cannot_wait_in_the_same_coroutine)
{
    begin();
    hence_promise *p, *other = NULL;
    struct waiting waiting = {"a", pending(&p), NULL, false};
    hence_promise_on_cancel(p, wait_in_canceller, &other);
    hence_future *task = hence_spawn_own(both.loop, cancel_itself_and_wait, &waiting, waiting_drop);
    run();
    check_trace("a invalid invalid a:cancelled");
    check(had_report(HENCE_REPORT_MISUSE));
    check(had_report(HENCE_REPORT_MISUSE));
    check_string(outcome_of(task), "cancelled");
    hence_abandon(p);
    hence_abandon(other);
    hence_future_unref(task);
    forget_reports();
    end();
}

/* ---- circles ---- */

static hence_result await_variable(void *variable)
{
    hence_result r = hence_await(hence_future_ref(*(hence_future **)variable));
    trace("%s", describe(&r));
    return r;
}

/* rule 95 */
TEST(await, a_task_that_waits_for_itself_gets_a_deadlock)
{
    begin();
    hence_future *f = hence_spawn(both.loop, await_variable, &f);
    run();
    check_trace("deadlock");
    check_string(outcome_of(f), "deadlock");
    hence_future_unref(f);
    end();
}

TEST(await, tasks_that_wait_in_a_circle_get_a_deadlock)
{
    begin();
    hence_future *f[3];
    f[0] = hence_spawn(both.loop, await_variable, &f[1]);
    f[1] = hence_spawn(both.loop, await_variable, &f[2]);
    f[2] = hence_spawn(both.loop, await_variable, &f[0]);
    run();
    check_trace("deadlock deadlock deadlock");
    for (int i = 0; i < 3; i++) {
        check_string(outcome_of(f[i]), "deadlock");
        hence_future_unref(f[i]);
    }
    end();
}

static unsigned gather_flags;

static hence_result await_gather(void *variable)
{
    hence_future *f[2] = {*(hence_future **)variable, hence_sleep_future(both.loop, 1)};
    hence_future *all = hence_gather(both.loop, f, 2, gather_flags);
    hence_future_unref(f[1]);
    hence_result r = hence_await(all);
    trace("gather:%s", describe(&r));
    return r;
}

/* rule 95 */
TEST(await, a_task_that_waits_for_itself_through_a_gather_gets_a_deadlock)
{
    begin();
    hence_future *f = hence_spawn(both.loop, await_gather, &f);
    run();
    check_trace("gather:deadlock");
    check_string(outcome_of(f), "deadlock");
    check(had_report(HENCE_REPORT_NEVER_RETRIEVED)); /* of the gather, whose input has failed */
    hence_future_unref(f);
    hence_test_clock_advance(both.clock, 1);
    end();
}

TEST(await, a_task_that_waits_for_one_that_gathers_it_gets_a_deadlock)
{
    begin();
    hence_future *f[2];
    f[1] = hence_spawn(both.loop, await_gather, &f[0]);
    f[0] = hence_spawn(both.loop, await_variable, &f[1]);
    hence_test_clock_advance(both.clock, 1);
    check_trace("deadlock gather:deadlock");
    hence_future_failure(f[0]);
    check_string(outcome_of(f[1]), "deadlock");
    hence_future_unref_all(f, 2);
    end();
}

TEST(await, a_longer_circle_through_a_gather_gets_a_deadlock)
{
    begin();
    hence_future *f[2];
    f[0] = hence_spawn(both.loop, await_variable, &f[1]);
    f[1] = hence_spawn(both.loop, await_gather, &f[0]);
    hence_test_clock_advance(both.clock, 1);
    check_trace("gather:deadlock deadlock");
    check_string(outcome_of(f[0]), "deadlock");
    check_string(outcome_of(f[1]), "deadlock");
    check(had_report(HENCE_REPORT_NEVER_RETRIEVED));
    hence_future_unref_all(f, 2);
    end();
}

static hence_result await_shield(void *variable)
{
    hence_result r = hence_await(hence_shield(*(hence_future **)variable));
    trace("shield:%s", describe(&r));
    return r;
}

TEST(await, a_circle_through_a_shield_gets_a_deadlock)
{
    begin();
    hence_future *f[2];
    f[0] = hence_spawn(both.loop, await_variable, &f[1]);
    f[1] = hence_spawn(both.loop, await_shield, &f[0]);
    run();
    check_trace("shield:deadlock deadlock");
    hence_future_failure(f[0]);
    hence_future_failure(f[1]);
    forget_reports();
    hence_future_unref_all(f, 2);
    end();
}

static hence_result await_first(void *variable)
{
    hence_future *f[2] = {*(hence_future **)variable, hence_sleep_future(both.loop, 1)};
    hence_future *first = hence_wait(both.loop, f, 2, HENCE_FIRST_COMPLETED, -1);
    hence_future_unref(f[1]);
    hence_result r = hence_await(first);
    trace("first:%s", describe(&r));
    return r;
}

TEST(await, a_circle_through_a_wait_for_the_first_is_none_if_another_can_be_that)
{
    begin();
    hence_future *f[2];
    f[0] = hence_spawn(both.loop, await_variable, &f[1]);
    f[1] = hence_spawn(both.loop, await_first, &f[0]);
    run();
    check_trace("");
    hence_test_clock_advance(both.clock, 1);
    check_trace("first:1 1");
    hence_future_unref_all(f, 2);
    end();
}

static hence_result await_race(void *variable)
{
    hence_future *f[2] = {*(hence_future **)variable, hence_sleep_future(both.loop, 1)};
    hence_future *first = hence_race_future(both.loop, f, 2);
    hence_future_unref(f[1]);
    hence_result r = hence_await(first);
    trace("race:%s", describe(&r));
    return r;
}

/* the loser is cancelled, which waits for the one that races */
TEST(await, a_circle_through_a_race_is_none_if_another_can_win)
{
    begin();
    hence_future *f[2];
    f[0] = hence_spawn(both.loop, await_variable, &f[1]);
    f[1] = hence_spawn(both.loop, await_race, &f[0]);
    run();
    check_trace("");
    hence_test_clock_advance(both.clock, 1);
    check_trace("race:cancelled cancelled");
    check(hence_future_cancelled(f[0]));
    check(hence_future_cancelled(f[1]));
    hence_future_unref_all(f, 2);
    end();
}

static hence_result await_as_deferred(void *variable)
{
    hence_deferred *d = hence_deferred_from_future(*(hence_future **)variable);
    hence_result r = hence_await_deferred(d);
    trace("%s", describe(&r));
    return r;
}

TEST(await, a_circle_through_an_adapter_gets_a_deadlock)
{
    begin();
    hence_future *f = hence_spawn(both.loop, await_as_deferred, &f);
    run();
    check_trace("deadlock");
    check_string(outcome_of(f), "deadlock");
    check(had_report(HENCE_REPORT_UNHANDLED)); /* in the Deferred, which has the task's failure */
    hence_future_unref(f);
    end();
}

static hence_result return_itself(void *variable)
{
    return hence_chain_future(hence_future_ref(*(hence_future **)variable));
}

TEST(await, a_task_that_returns_itself_gets_a_deadlock)
{
    begin();
    hence_future *f = hence_spawn(both.loop, return_itself, &f);
    run();
    check_string(outcome_of(f), "deadlock");
    hence_future_unref(f);
    end();
}
