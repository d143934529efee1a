/* SPDX-License-Identifier: BSD-3-Clause */
/* Generators. */

#include "coro/generator_support.h"

SUITE(generator);

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
