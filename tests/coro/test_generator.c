/* SPDX-License-Identifier: BSD-3-Clause */
/* Generators. */
#include <errno.h>

#include "coro/coro_support.h"

SUITE(generator);

/* What the next value is, or what it has ended with. */
static const char *next(hence_generator *g)
{
    hence_result r;
    bool has_yielded = hence_generator_next(g, &r);
    trace(has_yielded ? "yields" : "ends");
    return describe_and_drop(r);
}

static const char *sent(hence_generator *g, hence_result in)
{
    hence_result r;
    bool has_yielded = hence_generator_send(g, in, &r);
    trace(has_yielded ? "yields" : "ends");
    return describe_and_drop(r);
}

static const char *thrown(hence_generator *g, hence_result in)
{
    hence_result r;
    bool has_yielded = hence_generator_throw(g, in, &r);
    trace(has_yielded ? "yields" : "ends");
    return describe_and_drop(r);
}

/* ---- values ---- */

static hence_result yield_two(hence_generator *g, void *arg)
{
    trace("%s", (const char *)arg);
    hence_yield(g, hence_int(1));
    trace("between");
    hence_yield(g, payload());
    trace("end");
    return hence_int(3);
}

TEST(generator, it_runs_from_one_value_to_the_next_and_only_when_it_is_asked)
{
    hence_generator *g = hence_generator_new(yield_two, "begin");
    check_trace("");
    check(!hence_generator_done(g));
    check_string(next(g), "1");
    check_trace("begin yields");
    check_string(next(g), "payload");
    check_trace("between yields");
    check(!hence_generator_done(g));
    check_string(next(g), "3");
    check_trace("end ends");
    check(hence_generator_done(g));
    hence_generator_unref(g);
}

TEST(generator, after_its_end_it_gives_the_failure_end)
{
    hence_generator *g = hence_generator_new(yield_two, "begin");
    for (int i = 0; i < 3; i++)
        next(g);
    check_trace("begin yields between yields end ends");
    check_string(next(g), "end");
    check_string(sent(g, payload()), "end");
    check_string(thrown(g, failure("broken")), "end");
    check_trace("ends ends ends");
    check_string(describe_and_drop(hence_generator_close(g)), "none");
    hence_generator_unref(g);
}

static hence_result yield_failure(hence_generator *g, void *arg)
{
    hence_result r = hence_yield(g, failure("yielded"));
    trace("%s", describe(&r));
    return failure(arg);
}

TEST(generator, a_failure_can_be_yielded_and_is_not_its_end)
{
    hence_generator *g = hence_generator_new(yield_failure, "returned");
    check_string(next(g), "yielded");
    check_string(next(g), "returned");
    check_trace("yields none ends");
    check(hence_generator_done(g));
    hence_generator_unref(g);
}

TEST(generator, two_of_them_do_not_disturb_each_other)
{
    hence_generator *a = hence_generator_new(yield_two, "a"),
                    *b = hence_generator_new(yield_two, "b");
    check_string(next(a), "1");
    check_string(next(b), "1");
    check_string(next(a), "payload");
    check_string(next(a), "3");
    check_string(next(b), "payload");
    check_string(next(b), "3");
    check_trace("a yields b yields between yields end ends between yields end ends");
    hence_generator_unref(a);
    hence_generator_unref(b);
}

static void yield_deep_down(hence_generator *g, int depth)
{
    if (depth > 0)
        yield_deep_down(g, depth - 1);
    else
        hence_yield(g, hence_int(7));
}

static hence_result call_deep_down(hence_generator *g, void *arg)
{
    (void)arg;
    yield_deep_down(g, 100);
    return hence_none();
}

TEST(generator, any_function_that_it_calls_may_yield)
{
    hence_generator *g = hence_generator_new(call_deep_down, NULL);
    check_string(next(g), "7");
    check_string(next(g), "none");
    check_trace("yields ends");
    hence_generator_unref(g);
}

TEST(generator, NULL_is_out_of_memory)
{
    hence_result r;
    check(hence_generator_done(NULL));
    check(!hence_generator_next(NULL, &r));
    check_string(describe_and_drop(r), "nomem");
    check(!hence_generator_send(NULL, payload(), &r));
    check_string(describe_and_drop(r), "nomem");
    check(!hence_generator_throw(NULL, failure("broken"), &r));
    check_string(describe_and_drop(r), "nomem");
    check_string(describe_and_drop(hence_generator_close(NULL)), "none");
    check(!hence_generator_ref(NULL));
    check(!hence_generator_unref(NULL));
}

/* ---- sent and thrown ---- */

static hence_result echo(hence_generator *g, void *arg)
{
    (void)arg;
    hence_result r = hence_none();
    for (int i = 0; i < 4; i++) {
        r = hence_yield(g, r);
        trace("got:%s", describe(&r));
    }
    return r;
}

TEST(generator, what_is_sent_comes_out_of_the_yield)
{
    hence_generator *g = hence_generator_new(echo, NULL);
    check_string(sent(g, hence_none()), "none");
    check_string(sent(g, hence_int(7)), "7");
    check_string(sent(g, payload()), "payload");
    check_string(sent(g, failure("broken")), "broken");
    check_string(next(g), "none");
    check_trace("yields got:7 yields got:payload yields got:broken yields got:none ends");
    hence_generator_unref(g);
}

TEST(generator, nothing_can_be_sent_to_one_that_has_not_begun)
{
    hence_generator *g = hence_generator_new(echo, NULL);
    check_string(sent(g, payload()), "invalid");
    check(had_report(HENCE_REPORT_MISUSE));
    check_trace("ends");
    check_int(payloads_alive(), 0);
    check(!hence_generator_done(g));
    check_string(next(g), "none"); /* it stays as it is */
    check_trace("yields");
    hence_generator_unref(g);
    check_trace("got:cancelled got:cancelled got:cancelled got:cancelled");
}

TEST(generator, what_is_thrown_comes_out_of_the_yield_and_may_be_handled)
{
    hence_generator *g = hence_generator_new(echo, NULL);
    check_string(next(g), "none");
    check_string(thrown(g, failure("broken")), "broken");
    check_string(thrown(g, payload()), "invalid"); /* not a failure */
    check_trace("yields got:broken yields got:invalid yields");
    check_string(thrown(g, hence_fail_static(HENCE_ECANCELLED)), "cancelled");
    check_string(next(g), "none");
    check_trace("got:cancelled yields got:none ends");
    hence_generator_unref(g);
}

TEST(generator, one_that_has_not_begun_ends_with_what_is_thrown)
{
    hence_generator *g = hence_generator_new(echo, NULL);
    check_string(thrown(g, failure("broken")), "broken");
    check_trace("ends");
    check(hence_generator_done(g));
    check_string(next(g), "end");
    hence_generator_unref(g);
}

/* ---- closed ---- */

static hence_result clean_up(hence_generator *g, void *word)
{
    hence_result r = hence_yield(g, hence_int(1));
    trace("%s:%s", (const char *)word, describe(&r));
    return r;
}

TEST(generator, closing_it_has_its_function_come_to_its_end)
{
    hence_generator *g = hence_generator_new(clean_up, "a");
    next(g);
    check_trace("yields");
    check_string(describe_and_drop(hence_generator_close(g)), "none");
    check_trace("a:cancelled");
    check(hence_generator_done(g));
    check_string(describe_and_drop(hence_generator_close(g)), "none");
    hence_generator_unref(g);
}

TEST(generator, closing_one_that_has_not_begun_runs_nothing)
{
    hence_generator *g = hence_generator_new(clean_up, "a");
    check_string(describe_and_drop(hence_generator_close(g)), "none");
    check_string(next(g), "end");
    check_trace("ends");
    hence_generator_unref(g);
}

static hence_result yield_while_it_is_closed(hence_generator *g, void *arg)
{
    hence_yield(g, hence_int(1));
    for (int i = 0; i < 3; i++) {
        hence_result r = hence_yield(g, payload());
        trace("%s", describe(&r));
    }
    (void)arg;
    return payload();
}

TEST(generator, what_it_yields_while_it_is_closed_is_destroyed_and_what_it_returns_is_given)
{
    hence_generator *g = hence_generator_new(yield_while_it_is_closed, NULL);
    next(g);
    check_string(describe_and_drop(hence_generator_close(g)), "payload");
    check_trace("yields cancelled cancelled cancelled");
    hence_generator_unref(g);
}

TEST(generator, letting_the_last_reference_go_closes_it)
{
    hence_generator *g = hence_generator_new(clean_up, "a");
    next(hence_generator_ref(g));
    check_trace("yields");
    hence_generator_unref(g);
    check_trace("");
    hence_generator_unref(g);
    check_trace("a:cancelled");
}

TEST(generator, the_argument_that_it_owns_is_destroyed_once)
{
    char word[] = "a";
    dropped = 0;
    hence_generator *g = hence_generator_new_own(clean_up, word, count_drop);
    next(g);
    hence_generator_unref(g); /* suspended */
    cr_assert_eq(dropped, 1);
    hence_generator_unref(hence_generator_new_own(clean_up, word, count_drop)); /* not begun */
    cr_assert_eq(dropped, 2);
    cr_assert_null(hence_generator_new_own(NULL, word, count_drop));
    cr_assert_eq(dropped, 3);
    g = hence_generator_new_own(clean_up, word, count_drop);
    next(g);
    next(g);
    cr_assert_eq(dropped, 4); /* ended */
    hence_generator_unref(g);
    cr_assert_eq(dropped, 4);
}

/* ---- from within ---- */

static hence_generator *itself;

static hence_result ask_itself(hence_generator *g, void *arg)
{
    (void)arg;
    check_string(next(g), "invalid");
    check_string(sent(g, payload()), "invalid");
    check_string(describe_and_drop(hence_generator_close(g)), "invalid");
    check(!hence_generator_done(g));
    return hence_int(7);
}

TEST(generator, one_that_runs_can_not_be_asked_or_closed)
{
    hence_generator *g = hence_generator_new(ask_itself, NULL);
    check_string(next(g), "7");
    check_trace("ends ends ends");
    hence_generator_unref(g);
}

static hence_result unref_itself(hence_generator *g, void *arg)
{
    (void)arg;
    itself = hence_generator_unref(g);
    trace("still here");
    hence_result r = hence_yield(g, payload());
    trace("%s", describe(&r));
    return r;
}

TEST(generator, a_function_may_let_its_own_generator_go)
{
    itself = hence_generator_new(unref_itself, NULL);
    check_string(next(itself), "cancelled"); /* nobody can ask for more: it is to end */
    check_trace("still here cancelled ends");
    check_int(payloads_alive(), 0);
    hence_generator_unref(itself); /* where it has never begun */
}

static hence_result keep_itself(hence_generator *g, void *arg)
{
    (void)arg;
    hence_result r = hence_yield(g, hence_int(1));
    itself = hence_generator_ref(g);
    return r;
}

TEST(generator, a_function_may_keep_its_generator_while_it_is_closed)
{
    itself = NULL;
    hence_generator *g = hence_generator_new(keep_itself, NULL);
    next(g);
    hence_generator_unref(g);
    check(itself != NULL);
    check(hence_generator_done(itself));
    if (itself)
        check_string(next(itself), "end");
    check_trace("yields ends");
    itself = hence_generator_unref(itself);
}

static hence_result yield_for_another(hence_generator *g, void *other)
{
    (void)g;
    hence_result r = hence_yield(other, payload());
    trace("%s", describe(&r));
    return r;
}

TEST(generator, yielding_for_one_that_does_not_run_here_is_refused)
{
    hence_generator *a = hence_generator_new(clean_up, "a");
    hence_generator *b = hence_generator_new(yield_for_another, a);
    check_string(next(b), "invalid");
    check(had_report(HENCE_REPORT_MISUSE));
    check_trace("invalid ends");
    check_string(describe_and_drop(hence_yield(a, payload())), "invalid");
    check(had_report(HENCE_REPORT_MISUSE));
    check_string(describe_and_drop(hence_yield(NULL, payload())), "invalid");
    check(had_report(HENCE_REPORT_MISUSE));
    check_int(payloads_alive(), 0);
    hence_generator_unref(a);
    hence_generator_unref(b);
}

static hence_result ask_inner_that_yields_for_outer(hence_generator *g, void *arg)
{
    (void)arg;
    hence_generator *inner = hence_generator_new(yield_for_another, g);
    trace("inner:%s", next(inner));
    hence_generator_unref(inner);
    return hence_none();
}

TEST(generator, yielding_for_one_that_runs_further_out_is_refused)
{
    hence_generator *g = hence_generator_new(ask_inner_that_yields_for_outer, NULL);
    check_string(next(g), "none");
    check(had_report(HENCE_REPORT_MISUSE));
    check_trace("invalid ends inner:invalid ends");
    hence_generator_unref(g);
}

/* ---- yield from ---- */

static hence_result yield_from_echo(hence_generator *g, void *arg)
{
    (void)arg;
    hence_yield(g, hence_int(42));
    hence_result r = hence_yield_from(g, hence_generator_new(echo, NULL));
    trace("inner has returned:%s", describe(&r));
    return r;
}

TEST(generator, yield_from_is_a_pipe_in_both_directions)
{
    hence_generator *g = hence_generator_new(yield_from_echo, NULL);
    check_string(next(g), "42");
    check_string(next(g), "none");
    check_string(sent(g, hence_int(7)), "7");
    check_string(thrown(g, failure("broken")), "broken");
    check_string(sent(g, payload()), "payload");
    check_trace("yields yields got:7 yields got:broken yields got:payload yields");
    check_string(sent(g, hence_int(8)), "8");
    check_trace("got:8 inner has returned:8 ends");
    hence_generator_unref(g);
}

TEST(generator, closing_the_outer_one_closes_the_inner_one)
{
    hence_generator *g = hence_generator_new(yield_from_echo, NULL);
    next(g);
    next(g);
    check_trace("yields yields");
    hence_generator_unref(g);
    check_trace("got:cancelled got:cancelled got:cancelled got:cancelled "
                "inner has returned:cancelled");
}

static hence_result yield_from_null(hence_generator *g, void *arg)
{
    (void)arg;
    return hence_yield_from(g, NULL);
}

TEST(generator, yield_from_outside_of_one_ends_the_inner_one)
{
    hence_result r = hence_yield_from(NULL, hence_generator_new(yield_for_another, NULL));
    check_string(describe_and_drop(r), "invalid");
    check(had_report(HENCE_REPORT_MISUSE));
    check_trace("invalid");
    r = hence_yield_from(NULL, hence_generator_new(clean_up, "a"));
    check_string(describe_and_drop(r), "invalid");
    check(had_report(HENCE_REPORT_MISUSE));
    check_trace("a:invalid");
    check_int(payloads_alive(), 0);
}

TEST(generator, yield_from_nothing_is_out_of_memory)
{
    hence_generator *g = hence_generator_new(yield_from_null, NULL);
    check_string(next(g), "nomem");
    check_trace("ends");
    hence_generator_unref(g);
}

static hence_result yield_from_the_next(hence_generator *g, void *arg)
{
    int *left = arg;
    if (--*left == 0)
        return hence_yield(g, hence_int(7));
    return hence_yield_from(g, hence_generator_new(yield_from_the_next, left));
}

TEST_ONCE(generator, a_thousand_pipes_in_a_row)
{
    int left = 1000;
    hence_generator *g = hence_generator_new(yield_from_the_next, &left);
    check_string(next(g), "7");
    check_string(sent(g, hence_int(8)), "8");
    check_trace("yields ends");
    hence_generator_unref(g);
}

/* ---- many ---- */

static hence_result count(hence_generator *g, void *arg)
{
    (void)arg;
    for (int64_t i = 0;; i++) {
        hence_result r = hence_yield(g, hence_int(i));
        if (hence_is_failure(&r))
            return r;
    }
}

TEST_ONCE(generator, a_million_values)
{
    int many = support_many();
    hence_result r = hence_none();
    hence_generator *g = hence_generator_new(count, NULL);
    for (int i = 0; i < many; i++)
        check(hence_generator_next(g, &r));
    check_int(hence_as_int(&r), many - 1);
    hence_generator_unref(g);
}

/* ---- in coroutines ---- */

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
