/* SPDX-License-Identifier: BSD-3-Clause */
/* Generators whose functions wait, in coroutines. */

#include "coro/generator_support.h"

SUITE(generator);

static hence_result await_in_generator(hence_generator *g, void *arg)
{
    struct waiting *waiting = arg;
    hence_yield(g, hence_int(1));
    hence_result r = wait_for_it(waiting);
    trace("yield:%s", describe_and_drop(hence_yield(g, r)));
    return hence_none();
}

static hence_result use_and_leave(void *arg)
{
    hence_result r;
    hence_generator *g = hence_generator_new(await_in_generator, arg);
    while (hence_generator_next(g, &r) && !hence_is_cancelled(&r)) {
        trace("%s", describe(&r));
        hence_drop(r);
    }
    trace("%s", describe(&r));
    hence_generator_unref(g);
    return r;
}

TEST(generator, a_cancellation_reaches_what_its_function_waits_for)
{
    begin();
    hence_promise *p;
    struct waiting waiting = {"a", pending(&p), NULL, false};
    hence_future *f = hence_spawn(both.loop, use_and_leave, &waiting);
    run();
    check_trace("1 a");
    hence_future_cancel(f);
    run();
    check_trace("a:cancelled cancelled yield:cancelled");
    check(hence_future_cancelled(f));
    hence_abandon(p);
    waiting_drop(&waiting); /* where there was no task */
    hence_future_unref(f);
    end();
}

static hence_result ask_busy_one(void *g)
{
    trace("%s", next(g));
    return hence_none();
}

static hence_result ask_first(void *g)
{
    hence_result r;
    for (int i = 0; i < 2; i++) {
        hence_generator_next(g, &r);
        trace("%s", describe_and_drop(r));
    }
    return hence_none();
}

TEST(generator, one_whose_function_waits_can_not_be_asked_by_another_coroutine)
{
    begin();
    hence_promise *p;
    struct waiting waiting = {"a", pending(&p), NULL, false};
    hence_generator *g = hence_generator_new(await_in_generator, &waiting);
    hence_future *first = hence_spawn(both.loop, ask_first, g);
    hence_future *second = hence_spawn(both.loop, ask_busy_one, g);
    run();
    check_trace("1 a ends invalid");
    hence_generator_unref(hence_generator_ref(g));
    hence_resolve(p, hence_int(7));
    run();
    check_trace("a:7 7");
    hence_generator_unref(g);
    check_trace("yield:cancelled");
    waiting_drop(&waiting);
    hence_future_unref(first);
    hence_future_unref(second);
    end();
}

static hence_result ask_until_the_end(void *g)
{
    hence_result r;
    while (hence_generator_next(g, &r))
        hence_drop(r);
    trace("end:%s", describe(&r));
    return r;
}

TEST(generator, one_that_is_let_go_while_its_function_waits_ends_at_its_next_yield)
{
    begin();
    hence_promise *p;
    struct waiting waiting = {"a", pending(&p), NULL, false};
    hence_generator *g = hence_generator_new(await_in_generator, &waiting);
    tell(hence_spawn(both.loop, ask_until_the_end, g), "A");
    run();
    check_trace("a");
    hence_generator_unref(g);
    check_trace("");
    hence_resolve(p, payload());
    run();
    check_trace("a:shared yield:cancelled end:none A:none");
    waiting_drop(&waiting);
    end();
}
