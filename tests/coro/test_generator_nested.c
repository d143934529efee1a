/* SPDX-License-Identifier: BSD-3-Clause */
/* Generators that are asked, closed or let go from within, that ask others, and hence_yield_from(). */

#include "coro/generator_support.h"

SUITE(generator);

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
