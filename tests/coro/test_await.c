/* SPDX-License-Identifier: BSD-3-Clause */
/* Coroutines that wait for Futures and Deferreds, at any depth. */
#include "coro/coro_support.h"

SUITE(await);

/* ---- Futures ---- */

static hence_result await_without_memory(void *waiting)
{
    out_of_memory(true);
    hence_result r = wait_now(waiting);
    trace("a:%s", describe(&r));
    return r;
}

TEST(await, waiting_needs_no_memory)
{
    begin();
    hence_promise *p;
    struct waiting waiting = {"a", pending(&p), NULL, false};
    hence_future *f = hence_spawn_own(both.loop, await_without_memory, &waiting, waiting_drop);
    run();
    out_of_memory(false);
    check_trace("");
    hence_resolve(p, hence_int(7));
    run();
    check_trace("a:7");
    check_string(outcome_of(f), "7");
    hence_future_unref(f);
    end();
}

static hence_result await_three_done_ones(void *arg)
{
    (void)arg;
    for (int i = 0; i < 3; i++) {
        hence_result r = hence_await(hence_future_succeed(both.loop, payload()));
        trace("%s", describe(&r));
        hence_drop(r);
    }
    return hence_await(hence_future_fail(both.loop, failure("broken")));
}

/* rule 99 */
TEST(await, one_that_is_done_gives_its_result_without_a_turn_of_the_loop)
{
    begin();
    tell(hence_spawn(both.loop, await_three_done_ones, NULL), "A");
    hence_call_soon(both.loop, call, "after it", NULL);
    turn();
    check_trace("shared shared shared after it");
    turn();
    check_trace("A:broken");
    end();
}

TEST(await, one_that_is_done_gives_its_result_outside_of_a_coroutine_too)
{
    begin();
    check_string(describe_and_drop(hence_await(hence_future_succeed(both.loop, hence_int(7)))),
                 "7");
    end();
}

TEST(await, one_that_is_pending_gives_its_result_when_it_is_done_through_the_loop)
{
    begin();
    hence_promise *p;
    struct waiting waiting = {"a", pending(&p), NULL, false};
    tell(spawn(&waiting), "A");
    run();
    check_trace("a");
    hence_resolve(p, payload());
    check_trace("");
    turn();
    check_trace("a:shared");
    turn();
    check_trace("A:shared");
    end();
}

TEST(await, a_failure_and_a_cancellation_come_out_of_it)
{
    begin();
    hence_promise *p[2];
    struct waiting a = {"a", pending(&p[0]), NULL, true}, b = {"b", pending(&p[1]), NULL, true};
    hence_future *f = hence_future_ref(b.f);
    tell(spawn(&a), "A");
    tell(spawn(&b), "B");
    run();
    hence_resolve(p[0], failure("broken"));
    hence_future_cancel(f);
    run();
    check_trace("a b a:broken b:cancelled A:7 B:7");
    hence_abandon(p[1]);
    hence_future_unref(f);
    end();
}

TEST(await, those_who_wait_for_the_same_one_go_on_in_the_order_in_which_they_began_to)
{
    begin();
    hence_promise *p;
    hence_future *f = pending(&p);
    struct waiting a = {"a", hence_future_ref(f), NULL, true},
                   b = {"b", hence_future_ref(f), NULL, true}, c = {"c", f, NULL, true};
    tell(spawn(&b), "B");
    tell(spawn(&a), "A");
    tell(spawn(&c), "C");
    run();
    hence_resolve(p, payload());
    run();
    check_trace("b a c b:shared a:shared c:shared B:7 A:7 C:7");
    end();
}

static hence_result await_null(void *arg)
{
    (void)arg;
    trace("%s", describe_and_drop(hence_await(NULL)));
    trace("%s", describe_and_drop(hence_await_deferred(NULL)));
    return hence_none();
}

TEST(await, NULL_is_out_of_memory)
{
    begin();
    tell(hence_spawn(both.loop, await_null, NULL), "A");
    run();
    check_trace("nomem nomem A:none");
    end();
}

/* ---- Deferreds ---- */

TEST(await, a_coroutine_goes_on_inside_the_call_that_resolves_the_Deferred)
{
    begin();
    hence_promise *p;
    struct waiting waiting = {"a", NULL, hence_deferred_new(&p), false};
    tell(spawn(&waiting), "A");
    run();
    check_trace("a");
    hence_resolve(p, payload());
    check_trace("a:payload");
    run();
    check_trace("A:shared");
    end();
}

TEST(await, a_Deferred_that_has_its_result_gives_it_at_once)
{
    begin();
    struct waiting a = {"a", NULL, hence_deferred_succeed(payload()), true},
                   b = {"b", NULL, hence_deferred_fail(failure("broken")), true};
    tell(spawn(&a), "A");
    tell(spawn(&b), "B");
    turn();
    check_trace("a a:payload b b:broken");
    run();
    check_trace("A:7 B:7");
    end();
}

static hence_result await_deferred_in_step(hence_result *in, void *variable)
{
    hence_deferred **d = variable;
    hence_deferred *it = *d;
    trace("step:%s", describe(in));
    *d = NULL;
    hence_result r = hence_await_deferred(it);
    trace("step goes on:%s", describe(&r));
    return r;
}

static hence_result add_step_that_waits(void *variable)
{
    hence_deferred *d = hence_deferred_succeed(hence_int(1));
    hence_deferred_add_callback(d, await_deferred_in_step, variable);
    hence_deferred_add_callback(d, add_one, "next");
    trace("all steps are there");
    return hence_await_deferred(d);
}

TEST(await, a_step_that_a_coroutine_runs_may_wait_and_the_coroutine_waits_with_it)
{
    begin();
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    tell(hence_spawn_own(both.loop, add_step_that_waits, &d, unref_deferred_variable), "A");
    run();
    check_trace("step:1");
    hence_resolve(p, hence_int(2));
    run();
    check_trace("step goes on:2 next:2 all steps are there A:3");
    end();
}

struct nested {
    int left;
    hence_deferred *last;
};

static hence_result begin_another_chain(hence_result *in, void *arg)
{
    struct nested *nested = arg;
    hence_deferred *d = nested->last;
    if (nested->left-- > 0) {
        d = hence_deferred_succeed(hence_take(in));
        hence_deferred_add_callback(d, begin_another_chain, nested);
    } else {
        nested->last = NULL;
    }
    return hence_await_deferred(d);
}

static hence_result begin_chain(void *arg)
{
    hence_result none = hence_none();
    hence_result r = begin_another_chain(&none, arg);
    trace("%s", describe(&r));
    return r;
}

static void nested_drop(void *arg)
{
    struct nested *nested = arg;
    nested->last = hence_deferred_unref(nested->last);
}

TEST(await, steps_inside_of_steps_may_wait)
{
    begin();
    hence_promise *p;
    struct nested nested = {20, hence_deferred_new(&p)};
    tell(hence_spawn_own(both.loop, begin_chain, &nested, nested_drop), "A");
    run();
    check_trace("");
    hence_resolve(p, payload());
    run();
    check_trace("payload A:shared");
    end();
}

/* ---- at any depth ---- */

static hence_result descend(int depth, hence_future **f)
{
    volatile char filler[64] = {(char)depth};
    if (depth > 0) {
        hence_result r = descend(depth - 1, f);
        return filler[0] == (char)depth ? r : failure("the stack has changed");
    }
    hence_future *it = *f;
    *f = NULL;
    return hence_await(it);
}

static hence_result go_deep(void *variable)
{
    return descend(100, variable);
}

TEST(await, any_function_may_wait_at_any_depth)
{
    begin();
    hence_promise *p[2];
    hence_future *f[2] = {pending(&p[0]), pending(&p[1])};
    tell(hence_spawn_own(both.loop, go_deep, &f[0], unref_future_variable), "A");
    tell(hence_spawn_own(both.loop, go_deep, &f[1], unref_future_variable), "B");
    run();
    hence_resolve(p[1], hence_int(1));
    hence_resolve(p[0], hence_int(0));
    run();
    check_trace("B:1 A:0");
    end();
}

struct nest {
    hence_promise **promises;
    int begun, length, resumed;
};

/* The one that is resumed resolves the next one's, before it returns. */
static hence_result resolve_the_next(void *arg)
{
    struct nest *nest = arg;
    hence_promise *p;
    int number = nest->begun++;
    hence_deferred *d = hence_deferred_new(&p);
    nest->promises[number] = p;
    hence_result r = hence_await_deferred(d);
    nest->resumed++;
    if (number + 1 < nest->length)
        hence_resolve(nest->promises[number + 1], hence_int(hence_as_int(&r) + 1));
    else
        trace("the last one:%s", describe(&r));
    return r;
}

TEST_ONCE(await, a_thousand_coroutines_resume_each_other_inside_of_each_other)
{
    begin();
    hence_promise *promises[1000];
    struct nest nest = {.promises = promises, .length = 1000};
    for (int i = 0; i < nest.length; i++)
        hence_future_unref(hence_spawn(both.loop, resolve_the_next, &nest));
    run();
    check_int(nest.begun, nest.length);
    hence_resolve(promises[0], hence_int(1));
    check_int(nest.resumed, nest.length);
    check_trace("the last one:1000");
    end();
}

static hence_result yield_what_was_awaited(hence_generator *g, void *variable)
{
    hence_yield(g, hence_int(1));
    hence_future **f = variable, *it = *f;
    *f = NULL;
    hence_yield(g, hence_await(it));
    return hence_int(3);
}

static hence_result ask_generator(void *variable)
{
    hence_result r;
    hence_generator *g =
        hence_generator_new_own(yield_what_was_awaited, variable, unref_future_variable);
    while (hence_generator_next(g, &r)) {
        trace("%s", describe(&r));
        hence_drop(r);
    }
    trace("end:%s", describe(&r));
    hence_generator_unref(g);
    return r;
}

TEST(await, a_generator_inside_a_coroutine_may_wait_and_the_coroutine_waits_with_it)
{
    begin();
    hence_promise *p[2];
    hence_future *f[2] = {pending(&p[0]), pending(&p[1])};
    tell(hence_spawn_own(both.loop, ask_generator, &f[0], NULL), "A");
    tell(hence_spawn_own(both.loop, ask_generator, &f[1], NULL), "B");
    run();
    check_trace("1 1");
    hence_resolve(p[1], hence_int(22));
    run();
    check_trace("22 end:3 B:3");
    hence_resolve(p[0], hence_int(2));
    run();
    check_trace("2 end:3 A:3");
    unref_future_variable(&f[0]); /* where there was no coroutine */
    unref_future_variable(&f[1]);
    end();
}
