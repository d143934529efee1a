/* SPDX-License-Identifier: BSD-3-Clause */
/* Shares whose waiters stop in the middle: coroutines that wait inside a step. */
#include "support/inputs.h"

SUITE(share_stacks);

static struct loop_and_clock both;
static hence_share *one, *other;
static hence_future *gate, *task;
static hence_promise *opens_gate;

/* Shares of the Deferreds of inputs 0 and 1, and a Future to wait for. */
static void begin(void)
{
    both = begin_loop();
    gate = hence_future_new(both.loop, &opens_gate);
    begin_inputs(2, STOPS);
    one = hence_share_new(inputs[0]);
    other = hence_share_new(inputs[1]);
    task = NULL;
}

static void run(void)
{
    hence_test_clock_advance(both.clock, 0);
}

static void open_gate(void)
{
    hence_resolve(hence_promise_take(&opens_gate), hence_none());
    run();
}

static void end(void)
{
    open_gate();
    end_inputs();
    hence_future_unref(task);
    hence_future_unref(gate);
    hence_share_unref(one);
    hence_share_unref(other);
    end_loop(&both);
    forget_reports();
}

static hence_result stop_here(hence_result *in, void *word)
{
    trace("%s", (const char *)word);
    hence_drop(hence_await(hence_future_ref(gate)));
    trace("%s:%s", (const char *)word, describe(in));
    return hence_none();
}

static void get(hence_share *share, hence_step *step, const char *word)
{
    hence_deferred *d = hence_share_get(share);
    hence_deferred_add_both(d, step, (void *)(uintptr_t)word);
    hence_deferred_unref(d);
}

static hence_result resolve_in_a_task(void *number)
{
    resolve_input((size_t)(*(const char *)number - '0'), hence_int(7));
    trace("task");
    return hence_none();
}

static void spawn(const char *number)
{
    task = hence_spawn(both.loop, resolve_in_a_task, (void *)(uintptr_t)number);
    run();
}

TEST(share_stacks, a_waiter_that_stops_does_not_hold_up_another_share)
{
    begin();
    get(one, stop_here, "a");
    get(one, pass, "b");
    get(other, pass, "c");
    spawn("0");
    if (!support_faulty)
        check_trace("a");
    resolve_input(1, hence_int(8));
    if (!support_faulty)
        check_trace("c:8");
    open_gate();
    if (!support_faulty)
        check_trace("a:7 b:7 task"); /* its own share's it does */
    end();
}

static hence_result resolve_other(hence_result *in, void *word)
{
    resolve_input(1, hence_int(8));
    return pass(in, word);
}

static hence_share *third;

static hence_result stop_for_third(hence_result *in, void *word)
{
    trace("%s", (const char *)word);
    hence_drop(hence_await_deferred(hence_share_get(third)));
    trace("%s:%s", (const char *)word, describe(in));
    return hence_none();
}

TEST(share_stacks, one_that_stops_goes_on_where_another_is_telling)
{
    hence_promise *p;
    begin();
    third = hence_share_new(hence_deferred_new(&p));
    get(one, stop_for_third, "a");
    get(one, resolve_other, "b");
    get(other, pass, "c");
    spawn("0");
    get(third, pass, "d");
    hence_resolve(p, hence_none());
    if (!support_faulty)
        check_trace("a a:7 b:7 c:8 task d:none");
    third = hence_share_unref(third);
    end();
}

static hence_result resolve_promise(void *promise)
{
    hence_resolve(hence_promise_take(promise), hence_int(7));
    return hence_none();
}

static hence_result stop_and_count(hence_result *in, void *count)
{
    (void)in;
    hence_drop(hence_await(hence_future_ref(gate)));
    ++*(int *)count;
    return hence_none();
}

TEST(share_stacks, any_number_may_have_stopped)
{
    int count = 0;
    hence_promise *promises[20];
    begin();
    for (int i = 0; i < 20; i++) {
        hence_share *share = hence_share_new(hence_deferred_new(&promises[i]));
        hence_deferred *d = hence_share_get(share);
        hence_deferred_add_callback(d, stop_and_count, &count);
        hence_deferred_unref(d);
        hence_share_unref(share);
        hence_future_unref(hence_spawn(both.loop, resolve_promise, &promises[i]));
    }
    run();
    get(other, pass, "c");
    resolve_input(1, hence_int(8));
    if (!support_faulty)
        check_trace("c:8");
    check_int(count, 0);
    open_gate();
    check_int(count, 20);
    for (int i = 0; i < 20; i++)
        hence_abandon(hence_promise_take(&promises[i]));
    end();
}

/* ---- cancelled ---- */

static hence_result stop_and_pass(hence_result *in, void *word)
{
    hence_drop(stop_here(in, word));
    return hence_take(in);
}

static bool trace_and_forget(hence_promise *p, void *variable)
{
    (void)p;
    trace("cancel");
    *(hence_promise **)variable = NULL;
    return true;
}

static hence_deferred *waits_for_share(hence_share *share)
{
    hence_deferred *d = hence_share_get(share);
    hence_share_unref(share);
    return d;
}

static hence_result cancel_in_a_task(void *d)
{
    hence_deferred_cancel(d);
    trace("task");
    return hence_none();
}

TEST(share_stacks, nor_does_one_that_stops_while_it_is_cancelled)
{
    begin();
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_promise_on_cancel(p, trace_and_forget, &p);
    hence_deferred_add_both(d, stop_and_pass, "a");
    hence_share_unref(one);
    one = hence_share_new(d);
    hence_deferred *a = waits_for_share(one), *c = waits_for_share(other);
    one = other = NULL;
    task = hence_spawn(both.loop, cancel_in_a_task, a);
    run();
    if (!support_faulty)
        check_trace("cancel a");
    hence_deferred_cancel(c);
    if (!support_faulty)
        check_trace("cancel1");
    open_gate();
    if (!support_faulty)
        check_trace("a:cancelled task");
    hence_deferred_unref(a);
    hence_deferred_unref(c);
    hence_abandon(p);
    end();
}
