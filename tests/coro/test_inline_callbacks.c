/* SPDX-License-Identifier: BSD-3-Clause */
/* Coroutines that are Deferreds. */
#include <errno.h>

#include "coro/coro_support.h"
#include "support/inputs.h"

SUITE(inline_callbacks);

static hence_deferred *begin_waiting(struct waiting *waiting)
{
    return hence_inline_callbacks_own(wait_for_it, waiting, waiting_drop);
}

/* ---- begun and ended ---- */

TEST(inline_callbacks, it_begins_at_once_and_needs_no_loop)
{
    hence_deferred *d = hence_inline_callbacks(give_seven, "a");
    check_trace("a");
    check_string(outcome(d), "7");
    hence_deferred_unref(d);
}

TEST(inline_callbacks, it_goes_on_inside_the_call_that_gives_the_result_and_so_do_its_steps)
{
    begin_inputs(1, STOPS);
    struct waiting waiting = {"a", NULL, inputs[0], false};
    inputs[0] = NULL;
    hence_deferred *d = begin_waiting(&waiting);
    hence_deferred_add_both(d, pass, "step");
    check_trace("a");
    resolve_input(0, hence_int(7));
    check_trace("a:7 step:7");
    check_string(outcome(d), "7");
    hence_deferred_unref(d);
    end_inputs();
}

TEST(inline_callbacks, a_failure_comes_out_of_the_wait)
{
    begin_inputs(1, STOPS);
    struct waiting waiting = {"a", NULL, inputs[0], true};
    inputs[0] = NULL;
    hence_deferred *d = begin_waiting(&waiting);
    resolve_input(0, failure("broken"));
    check_trace("a a:broken");
    check_string(outcome(d), "7");
    hence_deferred_unref(d);
    end_inputs();
}

TEST(inline_callbacks, a_chain_that_it_returns_is_waited_for)
{
    begin_inputs(1, STOPS);
    hence_deferred *inner = inputs[0];
    inputs[0] = NULL;
    hence_deferred *d =
        hence_inline_callbacks_own(return_deferred_variable, &inner, unref_deferred_variable);
    check(!d || hence_test_no_result(d));
    resolve_input(0, payload());
    check_string(outcome(d), "payload");
    hence_deferred_unref(d);
    end_inputs();
}

TEST(inline_callbacks, it_can_be_let_go_and_runs_to_its_end)
{
    begin_inputs(1, STOPS);
    struct waiting waiting = {"a", NULL, inputs[0], true};
    inputs[0] = NULL;
    hence_deferred_unref(begin_waiting(&waiting));
    resolve_input(0, hence_int(1));
    check_trace("a a:1");
    end_inputs();
}

static hence_result give_failure(void *word)
{
    return failure(word);
}

TEST(inline_callbacks, a_failure_that_nobody_handles_is_reported)
{
    hence_deferred_unref(hence_inline_callbacks(give_failure, "broken"));
    check(had_report(HENCE_REPORT_UNHANDLED));
}

TEST(inline_callbacks, the_argument_that_it_owns_is_destroyed_once)
{
    dropped = 0;
    hence_deferred_unref(hence_inline_callbacks_own(give_seven, "a", count_drop));
    cr_assert_eq(dropped, 1);
    check_trace("a");
    hence_deferred *d = hence_inline_callbacks_own(NULL, "a", count_drop);
    cr_assert_eq(dropped, 2);
    check_string(outcome(d), "invalid");
    hence_deferred_unref(d);
}

/* ---- rule 76 ---- */

/* rule 76 */
TEST(inline_callbacks, a_cancellation_cancels_what_it_awaits)
{
    begin_inputs(1, STOPS);
    struct waiting waiting = {"a", NULL, inputs[0], false};
    inputs[0] = NULL;
    hence_deferred *d = begin_waiting(&waiting);
    hence_deferred_cancel(d);
    check_trace("a cancel0 a:cancelled");
    check_string(outcome(d), "cancelled");
    hence_deferred_unref(d);
    end_inputs();
}

/* rule 76 */
TEST(inline_callbacks, the_body_may_catch_a_cancellation_and_return_a_value)
{
    begin_inputs(1, STOPS);
    struct waiting waiting = {"a", NULL, inputs[0], true};
    inputs[0] = NULL;
    hence_deferred *d = begin_waiting(&waiting);
    hence_deferred_cancel(d);
    check_trace("a cancel0 a:cancelled");
    check_string(outcome(d), "7");
    hence_deferred_unref(d);
    end_inputs();
}

static hence_result wait_for_both(void *arg)
{
    hence_deferred **d = arg;
    for (int i = 0; i < 2; i++) {
        hence_deferred *it = d[i];
        d[i] = NULL;
        hence_result r = hence_await_deferred(it);
        trace("%d:%s", i, describe(&r));
        hence_drop(r);
    }
    return hence_none();
}

static void unref_both(void *arg)
{
    hence_deferred **d = arg;
    hence_deferred_unref(d[0]);
    hence_deferred_unref(d[1]);
}

/* rule 76 */
TEST(inline_callbacks, the_body_may_catch_a_cancellation_and_wait_for_something_else)
{
    begin_inputs(2, STOPS);
    hence_deferred *two[2] = {inputs[0], inputs[1]};
    inputs[0] = inputs[1] = NULL;
    hence_deferred *d = hence_inline_callbacks_own(wait_for_both, two, unref_both);
    hence_deferred_cancel(d);
    check_trace("cancel0 0:cancelled");
    check(!d || hence_test_no_result(d));
    resolve_input(1, hence_int(7));
    check_trace("1:7");
    check_string(outcome(d), "none");
    hence_deferred_unref(d);
    end_inputs();
}

static hence_result await_many_done_ones(void *arg)
{
    int64_t sum = 0;
    for (int i = 0; i < *(const int *)arg; i++) {
        hence_result r = hence_await_deferred(hence_deferred_succeed(hence_int(1)));
        sum += hence_as_int(&r);
    }
    return hence_int(sum);
}

/* rule 76 */
TEST_ONCE(inline_callbacks, waiting_for_what_is_there_loops_instead_of_recursing)
{
    int many = support_many();
    hence_deferred *d = hence_inline_callbacks(await_many_done_ones, &many);
    hence_result r = hence_deferred_take(d);
    check_int(hence_as_int(&r), many);
    hence_deferred_unref(d);
}

static hence_result call_the_next(void *arg)
{
    int *left = arg;
    if (--*left == 0)
        return hence_int(7);
    return hence_await_deferred(hence_inline_callbacks(call_the_next, left));
}

/* rule 76: there, two hundred of them end in a RecursionError */
TEST_ONCE(inline_callbacks, nested_calls_are_as_deep_as_there_are_stacks)
{
    int left = many_alive();
    hence_deferred *d = hence_inline_callbacks(call_the_next, &left);
    check_string(outcome(d), "7");
    hence_deferred_unref(d);
}

/* ---- in rows of others ---- */

static hence_result begin_waiting_as_chain(hence_result *in, void *waiting)
{
    (void)in;
    return hence_chain(begin_waiting(waiting));
}

/* The Deferred in between is cut out, since nobody else has it. */
static hence_deferred *wait_for_one_that_waits(struct waiting *waiting)
{
    hence_deferred *d = hence_deferred_succeed(hence_none());
    if (hence_deferred_bind(d, waiting, waiting_drop) < 0)
        return hence_deferred_unref(d);
    hence_deferred_add_callback(d, begin_waiting_as_chain, waiting);
    return d;
}

TEST(inline_callbacks, who_waits_for_its_Deferred_has_its_result)
{
    begin_inputs(1, STOPS);
    struct waiting waiting = {"a", NULL, inputs[0], false};
    inputs[0] = NULL;
    hence_deferred *d = wait_for_one_that_waits(&waiting);
    resolve_input(0, payload());
    check_trace("a a:payload");
    check_string(outcome(d), "payload");
    hence_deferred_unref(d);
    end_inputs();
}

TEST(inline_callbacks, who_waits_for_its_Deferred_can_cancel_it)
{
    begin_inputs(1, STOPS);
    struct waiting waiting = {"a", NULL, inputs[0], true};
    inputs[0] = NULL;
    hence_deferred *d = wait_for_one_that_waits(&waiting);
    hence_deferred_cancel(d);
    check_trace("a cancel0 a:cancelled");
    check_string(outcome(d), "7");
    hence_deferred_unref(d);
    end_inputs();
}

/* The Deferred that it waits for has waited for another one, and is cut out too. */
TEST(inline_callbacks, it_waits_for_what_the_awaited_has_come_to_wait_for)
{
    hence_promise *p;
    begin_inputs(1, STOPS);
    struct waiting waiting = {"a", NULL, hence_deferred_new(&p), true};
    hence_deferred *d = begin_waiting(&waiting);
    hence_resolve(p, hence_chain(inputs[0]));
    inputs[0] = NULL;
    check_trace("a");
    hence_deferred_cancel(d);
    check_trace("cancel0 a:cancelled");
    check_string(outcome(d), "7");
    hence_deferred_unref(d);
    end_inputs();
}

/* ---- with a loop ---- */

static hence_result sleep_a_second(void *arg)
{
    (void)arg;
    trace("task:%d loop:%d", hence_current_task() != NULL, hence_current_loop() == both.loop);
    hence_result r = hence_co_sleep(HENCE_SECONDS(1));
    trace("%s", describe(&r));
    return r;
}

static void begin_in_loop(void *variable)
{
    *(hence_deferred **)variable = hence_inline_callbacks(sleep_a_second, NULL);
}

TEST(inline_callbacks, where_a_loop_runs_it_can_sleep)
{
    begin();
    hence_deferred *d = NULL;
    hence_call_soon(both.loop, begin_in_loop, &d, NULL);
    run();
    check_trace("task:0 loop:1");
    hence_test_clock_advance(both.clock, HENCE_SECONDS(1));
    check_trace("none");
    check_string(outcome(d), "none");
    hence_deferred_unref(d);
    end();
}

static hence_result sleep_and_yield(void *arg)
{
    (void)arg;
    trace("%s", describe_and_drop(hence_co_sleep(1)));
    trace("%s", describe_and_drop(hence_co_yield()));
    trace("%s", describe_and_drop(hence_co_run_blocking(give_seven, "a")));
    return hence_none();
}

TEST(inline_callbacks, where_none_runs_sleeping_is_refused)
{
    hence_deferred_unref(hence_inline_callbacks(sleep_and_yield, NULL));
    check_trace("invalid invalid invalid");
}

TEST(inline_callbacks, it_awaits_Futures_through_their_loop)
{
    begin();
    hence_promise *p;
    struct waiting waiting = {"a", pending(&p), NULL, false};
    hence_deferred *d = begin_waiting(&waiting);
    hence_resolve(p, hence_int(7));
    check_trace("a");
    run();
    check_trace("a:7");
    check_string(outcome(d), "7");
    hence_deferred_unref(d);
    end();
}

static hence_result begin_inner(void *arg)
{
    struct waiting *waiting = arg;
    hence_deferred *d = begin_waiting(waiting);
    trace("inner has begun, in a task:%d", hence_current_task() != NULL);
    hence_result r = hence_await_deferred(d);
    trace("outer:%s", describe(&r));
    return r;
}

TEST(inline_callbacks, inside_of_a_task_it_is_its_own)
{
    begin();
    begin_inputs(1, STOPS);
    struct waiting waiting = {"a", NULL, inputs[0], false};
    inputs[0] = NULL;
    tell(hence_spawn(both.loop, begin_inner, &waiting), "A");
    run();
    check_trace("a inner has begun, in a task:1");
    resolve_input(0, hence_int(7));
    check_trace("a:7 outer:7");
    run();
    check_trace("A:7");
    waiting_drop(&waiting); /* where there was no task */
    end_inputs();
    end();
}

/* ---- circles ---- */

static hence_result await_own_deferred(void *variable)
{
    hence_deferred **d = variable;
    hence_deferred *first = d[1];
    d[1] = NULL;
    hence_drop(hence_await_deferred(first));
    hence_result r = hence_await_deferred(hence_deferred_ref(d[0]));
    trace("%s", describe(&r));
    return r;
}

static void unref_second(void *variable)
{
    hence_deferred **d = variable;
    d[1] = hence_deferred_unref(d[1]);
}

TEST(inline_callbacks, one_that_waits_for_itself_gets_a_deadlock)
{
    begin_inputs(1, STOPS);
    hence_deferred *d[2] = {NULL, inputs[0]};
    inputs[0] = NULL;
    d[0] = hence_inline_callbacks_own(await_own_deferred, d, unref_second);
    resolve_input(0, hence_none());
    check_trace("deadlock");
    if (d[0])
        trace("%s", outcome(d[0]));
    check_trace("deadlock");
    hence_deferred_unref(d[0]);
    end_inputs();
}
