/* SPDX-License-Identifier: BSD-3-Clause */
/* What asyncio's own tests of tasks show: being cancelled, and taking that or not. */
#include <errno.h>

#include "support/inputs.h"

SUITE(task_scenarios);

static struct loop_and_clock both;
static hence_future *task;

/* A task that runs `body`, and Futures for it to await. */
static void begin(hence_result_fn *body, size_t n)
{
    both = begin_loop();
    begin_futures(both.loop, n, STOPS);
    task = hence_spawn(both.loop, body, NULL);
    hence_future_add_done_callback(task, done, "task");
}

static void end(void)
{
    task = hence_future_unref(task);
    end_inputs();
    end_loop(&both);
}

static void turn(void)
{
    hence_test_turn(both.loop);
}

static void run(void)
{
    hence_test_clock_advance(both.clock, 0);
}

static void cancel_task(void *unused)
{
    (void)unused;
    hence_future_cancel(task);
}

/* What it awaits, traced with a word. */
static hence_result shown(const char *word, hence_result r)
{
    trace("%s:%s", word, describe(&r));
    return r;
}

static hence_result await_input(size_t i)
{
    return hence_await(hence_future_ref(futures[i]));
}

/* ---- what is awaited ---- */

static hence_future *foreign;

static hence_result await_foreign(void *unused)
{
    (void)unused;
    hence_result r = hence_await(hence_future_ref(foreign));
    check(hence_is_failure_of(&r, &hence_domain_hence, HENCE_EINVAL));
    hence_drop(r);
    return hence_int(7);
}

/* rule 88 */
TEST(task_scenarios, a_Future_of_another_loop_is_refused)
{
    struct loop_and_clock other = begin_loop();
    hence_promise *promise;
    foreign = hence_future_new(other.loop, &promise);
    begin(await_foreign, 0);
    run();
    check_trace("task:7");
    end();
    hence_abandon(promise);
    check(hence_future_failure(foreign));
    foreign = hence_future_unref(foreign);
    end_loop(&other);
}

static hence_result await_itself(void *unused)
{
    (void)unused;
    return shown("itself", hence_await(hence_future_ref(hence_current_task())));
}

/* rule 95 */
TEST(task_scenarios, one_that_awaits_itself_is_told_so_at_once)
{
    begin(await_itself, 0);
    turn();
    check_trace("itself:deadlock");
    run();
    check_trace("task:deadlock");
    end();
}

/* ---- cancelled: rules 93 and 94 ---- */

static hence_result sleep_long(void *unused)
{
    (void)unused;
    trace("began");
    hence_result r = hence_co_sleep(HENCE_SECONDS(10));
    return hence_is_failure(&r) ? r : hence_int(12);
}

/* rule 93 */
TEST(task_scenarios, one_that_sleeps_can_be_cancelled_and_no_timer_is_left)
{
    begin(sleep_long, 0);
    turn();
    check_trace("began");
    check_int(hence_future_cancel(task), 0);
    check(!hence_future_done(task));
    run();
    check_trace("task:cancelled");
    check(hence_future_cancelled(task));
    check_int(hence_future_cancel(task), -EALREADY);
    check_int(hence_test_clock_advance(both.clock, HENCE_SECONDS(20)), 0);
    end();
}

/* rule 93 */
TEST(task_scenarios, one_that_is_cancelled_before_it_begins_never_does)
{
    begin(sleep_long, 0);
    hence_future_cancel(task);
    run();
    check_trace("task:cancelled");
    end();
}

static hence_result yield_twice(void *unused)
{
    (void)unused;
    hence_result r = shown("first", hence_co_yield());
    return hence_is_failure(&r) ? r : shown("second", hence_co_yield());
}

/* rule 93 */
TEST(task_scenarios, one_that_lets_the_others_run_is_cancelled_when_its_turn_comes)
{
    begin(yield_twice, 0);
    turn();
    hence_future_cancel(task);
    check_trace("");
    turn();
    check_trace("first:cancelled");
    run();
    check_trace("task:cancelled");
    end();
}

static hence_result await_first(void *unused)
{
    (void)unused;
    return shown("first", await_input(0));
}

/* rule 93 */
TEST(task_scenarios, one_whose_Future_is_cancelled_by_somebody_is_told_so)
{
    begin(await_first, 1);
    turn();
    hence_future_cancel(futures[0]);
    check_trace("cancel0");
    run();
    check_trace("first:cancelled task:cancelled");
    end();
}

/* rule 93 */
TEST(task_scenarios, one_that_is_cancelled_together_with_its_Future_is_told_once)
{
    begin(await_first, 1);
    turn();
    hence_future_cancel(futures[0]);
    check_int(hence_future_cancel(task), 0);
    run();
    check_trace("cancel0 first:cancelled task:cancelled");
    end();
}

/* rule 93 */
TEST(task_scenarios, one_whose_Future_has_its_result_but_has_not_told_it_can_still_be_cancelled)
{
    begin(await_first, 1);
    turn();
    resolve_input(0, payload());
    check_int(hence_future_cancel(task), 0);
    run();
    check_trace("first:cancelled task:cancelled");
    end();
}

static hence_result answer_42(void *unused)
{
    (void)unused;
    hence_drop(shown("first", await_input(0)));
    hence_result r = shown("second", await_input(1));
    if (!hence_is_cancelled(&r))
        return r;
    hence_drop(r);
    return hence_int(42);
}

/* rule 93 */
TEST(task_scenarios, a_body_may_answer_a_cancellation_with_a_value)
{
    begin(answer_42, 2);
    turn();
    resolve_input(0, hence_none());
    turn();
    check_trace("first:none");
    hence_future_cancel(task);
    check_trace("cancel1");
    run();
    check_trace("second:cancelled task:42");
    check(!hence_future_cancelled(task));
    end();
}

static hence_result go_on(void *unused)
{
    (void)unused;
    hence_drop(shown("first", await_input(0)));
    return shown("second", await_input(1));
}

/* rule 93 */
TEST(task_scenarios, a_body_may_go_on_after_a_cancellation)
{
    begin(go_on, 2);
    turn();
    hence_future_cancel(task);
    turn();
    check_trace("cancel0 first:cancelled");
    resolve_input(1, hence_int(42));
    run();
    check_trace("second:42 task:42");
    end();
}

static hence_result cancel_itself_and_sleep(void *unused)
{
    (void)unused;
    hence_future_cancel(hence_current_task());
    return shown("sleep", hence_co_sleep(HENCE_SECONDS(100)));
}

/* rule 93 */
TEST(task_scenarios, one_that_cancels_itself_is_told_so_by_its_next_wait)
{
    begin(cancel_itself_and_sleep, 0);
    run();
    check_trace("sleep:cancelled task:cancelled");
    end();
}

static hence_result cancel_itself_and_return(void *unused)
{
    (void)unused;
    hence_future_cancel(hence_current_task());
    return payload();
}

/* rule 94 */
TEST(task_scenarios, a_value_that_is_returned_after_a_cancellation_is_dropped)
{
    begin(cancel_itself_and_return, 0);
    run();
    check_trace("task:cancelled");
    check_int(payloads_alive(), 0);
    end();
}

static hence_future *nested;

static hence_result cancel_itself_and_await(void *unused)
{
    (void)unused;
    nested = hence_spawn(both.loop, await_first, NULL);
    hence_drop(hence_co_yield());
    hence_future_cancel(hence_current_task());
    return shown("nested", hence_await(hence_future_ref(nested)));
}

/* rule 93 */
TEST(task_scenarios, a_cancellation_goes_through_the_task_that_is_awaited_next)
{
    nested = NULL;
    begin(cancel_itself_and_await, 1);
    run();
    check_trace("cancel0 first:cancelled nested:cancelled task:cancelled");
    nested = hence_future_unref(nested);
    end();
}

static hence_result translate(void *unused)
{
    (void)unused;
    hence_result r = await_input(0);
    if (!hence_is_cancelled(&r))
        return r;
    hence_failure *cause = hence_failure_ref(hence_as_failure(&r));
    hence_drop(r);
    return hence_fail_because(cause, HENCE_EFAILED, "broken off");
}

/* rule 93 */
TEST(task_scenarios, a_cancellation_may_become_the_cause_of_another_failure)
{
    begin(translate, 1);
    turn();
    hence_future_cancel(task);
    run();
    hence_result r = hence_future_result(task);
    const hence_failure *f = hence_as_failure(&r), *cause = f ? hence_failure_cause(f) : NULL;
    check(cause && hence_failure_code(cause) == HENCE_ECANCELLED);
    check(!hence_is_cancelled(&r));
    hence_drop(r);
    check_trace("cancel0 task:broken off");
    end();
}

/* ---- counted ---- */

/* rule 93 */
TEST(task_scenarios, cancellations_are_counted_as_long_as_it_has_not_ended)
{
    begin(sleep_long, 0);
    check_int(hence_task_cancelling(task), 0);
    hence_future_cancel(task);
    check_int(hence_task_cancelling(task), 1);
    check_int(hence_future_cancel(task), 0);
    check_int(hence_task_cancelling(task), 2);
    run();
    check_int(hence_task_cancelling(task), 0);
    check_trace("task:cancelled");
    end();
}

static hence_result take_one_back(void *unused)
{
    (void)unused;
    hence_result r = shown("first", hence_co_sleep(HENCE_SECONDS(10)));
    if (!hence_is_cancelled(&r))
        return r;
    hence_drop(r);
    check_int(hence_task_uncancel(hence_current_task()), 0);
    return shown("second", hence_co_sleep(HENCE_SECONDS(10)));
}

/* rule 93 */
TEST(task_scenarios, one_that_has_taken_a_cancellation_back_can_be_cancelled_again)
{
    begin(take_one_back, 0);
    turn();
    hence_future_cancel(task);
    check_int(hence_task_cancelling(task), 1);
    run();
    check_trace("first:cancelled");
    check_int(hence_task_cancelling(task), 0);
    hence_future_cancel(task);
    check_int(hence_task_cancelling(task), 1);
    run();
    check_trace("second:cancelled task:cancelled");
    check_int(hence_task_uncancel(task), 0);
    check(hence_future_cancelled(task));
    end();
}

static int64_t limit, work;

/* As asyncio.timeout() is made of these. */
static hence_result limited(void *unused)
{
    hence_call timer;
    (void)unused;
    hence_call_later(both.loop, limit, cancel_task, NULL, &timer);
    hence_result r = shown("work", hence_co_sleep(work));
    const bool is_late = hence_call_cancel(both.loop, timer) != 0;
    if (is_late)
        check_int(hence_task_uncancel(hence_current_task()), 0);
    hence_drop(r);
    return shown("more", hence_co_yield());
}

/* rule 93 */
TEST(task_scenarios, a_part_of_a_task_may_be_cancelled_and_the_rest_goes_on)
{
    static const char *const ways[] = {"work:cancelled more:none task:none",
                                       "work:none more:none task:none"};
    for (int i = 0; i < 2; i++) {
        limit = HENCE_SECONDS(i ? 10 : 1);
        work = HENCE_SECONDS(i ? 0 : 10);
        begin(limited, 0);
        run();
        hence_test_clock_advance(both.clock, HENCE_SECONDS(2));
        run();
        check_trace(ways[i]);
        check_int(hence_task_cancelling(task), 0);
        end();
    }
}
