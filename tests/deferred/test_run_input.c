/* SPDX-License-Identifier: BSD-3-Clause */
/* How long the input of a step lives that gives a chain. */
#include "support.h"

SUITE(run);

TEST(run, the_input_of_a_step_lives_until_the_chain_that_it_gave_has_its_result)
{
    hence_promise *p;
    hence_deferred *inner = hence_deferred_new(&p);
    hence_deferred *outer = hence_deferred_succeed(payload());
    hence_deferred_add_both(outer, chain_to_held, inner);
    check_int(payloads_alive(), inner && outer);
    hence_resolve(p, hence_int(7));
    check_int(payloads_alive(), 0);
    check_string(outcome(outer), "7");
    hence_deferred_unref(inner);
    hence_deferred_unref(outer);
}

static hence_result say_how_many_live(hence_result *in, void *word)
{
    trace("%s:%d", (const char *)word, payloads_alive());
    return *in;
}

TEST(run, the_input_lives_while_the_inner_steps_run_and_not_while_the_outer_ones_do)
{
    hence_promise *p;
    hence_deferred *inner = hence_deferred_new(&p);
    hence_deferred *outer = hence_deferred_succeed(payload());
    hence_deferred_add_both(inner, say_how_many_live, "inner");
    hence_deferred_add_both(outer, chain_to_held, inner);
    hence_deferred_add_both(outer, say_how_many_live, "outer");
    hence_resolve(p, hence_int(7));
    check_trace("inner:1 outer:0");
    hence_deferred_unref(inner);
    hence_deferred_unref(outer);
}

TEST(run, the_input_lives_until_a_cancelled_chain_has_ended)
{
    hence_promise *p;
    hence_deferred *inner = hence_deferred_new(&p);
    hence_deferred *outer = hence_deferred_succeed(payload());
    hence_deferred_add_both(outer, chain_to_held, inner);
    hence_deferred_cancel(outer);
    check_int(payloads_alive(), 0);
    check_string(outcome(outer), "cancelled");
    hence_abandon(p);
    hence_deferred_unref(inner);
    hence_deferred_unref(outer);
}

TEST(run, a_failure_as_the_input_lives_as_long)
{
    hence_promise *p;
    hence_deferred *inner = hence_deferred_new(&p);
    hence_deferred *outer = hence_deferred_fail(failure("broken"));
    hence_deferred_add_errback(outer, chain_to_held, inner);
    hence_abandon(p);
    check_string(outcome(outer), "abandoned");
    hence_deferred_unref(inner);
    hence_deferred_unref(outer);
}

TEST(run, an_input_for_which_the_chain_has_its_result_already_dies_at_once)
{
    hence_deferred *inner = hence_deferred_succeed(hence_int(7));
    hence_deferred *outer = hence_deferred_succeed(payload());
    hence_deferred_add_both(outer, chain_to_held, inner);
    check_int(payloads_alive(), 0);
    hence_deferred_unref(inner);
    hence_deferred_unref(outer);
}

TEST(run, the_input_lives_while_more_steps_are_added)
{
    hence_promise *p;
    hence_deferred *inner = hence_deferred_new(&p);
    hence_deferred *outer = hence_deferred_succeed(payload());
    hence_deferred_add_both(outer, chain_to_held, inner);
    for (int i = 0; i < 10; i++)
        hence_deferred_add_both(outer, pass, "a");
    check_int(payloads_alive(), inner && outer);
    hence_resolve(p, hence_int(7));
    check_trace("a:7 a:7 a:7 a:7 a:7 a:7 a:7 a:7 a:7 a:7");
    check_int(payloads_alive(), 0);
    hence_deferred_unref(inner);
    hence_deferred_unref(outer);
}

static hence_deferred *outer_of_the_input;

static void let_the_outer_one_go(void *p)
{
    payload_destroy(p);
    outer_of_the_input = hence_deferred_unref(outer_of_the_input);
}

TEST(run, the_destructor_of_the_input_may_let_the_outer_one_go)
{
    hence_promise *p;
    hence_deferred *inner = hence_deferred_new(&p);
    outer_of_the_input = hence_deferred_succeed(hence_own(payload_new(), let_the_outer_one_go));
    hence_deferred *outer = outer_of_the_input;
    hence_deferred_add_both(outer, chain_to_held, inner);
    if (outer_of_the_input)
        hence_deferred_add_both(outer, pass, "outer");
    hence_resolve(p, hence_int(7));
    check_trace("outer:7");
    hence_deferred_unref(inner);
}
