/* SPDX-License-Identifier: BSD-3-Clause */
/* Steps that change a result in place. */
#include <errno.h>

#include "support.h"

SUITE(steps);

static void increase(hence_result *in_out, void *word)
{
    trace("%s:%s", (const char *)word, describe(in_out));
    *in_out = hence_int(hence_as_int(in_out) + 1);
}

static void look(hence_result *in_out, void *word)
{
    trace("%s:%s", (const char *)word, describe(in_out));
}

static void exchange(hence_result *in_out, void *word)
{
    trace("%s:%s", (const char *)word, describe(in_out));
    hence_drop(hence_take(in_out));
    *in_out = hence_is_failure(in_out) ? hence_none() : payload();
}

static void fail_in_out(hence_result *in_out, void *word)
{
    hence_drop(*in_out);
    *in_out = failure(word);
}

static void chain_in_out(hence_result *in_out, void *deferred)
{
    hence_drop(*in_out);
    *in_out = hence_chain(hence_deferred_ref(deferred));
}

TEST(steps, an_in_out_step_leaves_its_outcome_where_its_input_was)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    check_int(hence_deferred_add_in_out(d, increase, "a"), 0);
    hence_deferred_add_callback(d, add_one, "b");
    hence_deferred_add_in_out(d, look, "c");
    hence_resolve(p, hence_int(1));
    check_trace("a:1 b:2 c:3");
    check_string(outcome(d), "3");
    hence_deferred_unref(d);
}

TEST(steps, an_in_out_step_runs_for_values_and_failures)
{
    hence_deferred *d = hence_deferred_succeed(payload());
    hence_deferred_add_in_out(d, exchange, "a");
    hence_deferred_add_in_out(d, fail_in_out, "broken");
    hence_deferred_add_callback(d, pass, "not this");
    hence_deferred_add_in_out(d, look, "b");
    hence_deferred_add_in_out(d, exchange, "c");
    hence_deferred_add_callback(d, pass, "d");
    check_trace("a:payload b:broken c:broken d:payload");
    hence_deferred_unref(d);
}

TEST(steps, an_in_out_step_may_leave_a_chain)
{
    hence_promise *p;
    hence_deferred *inner = hence_deferred_new(&p);
    hence_deferred *d = hence_deferred_succeed(payload());
    hence_deferred_add_in_out(d, chain_in_out, inner);
    hence_deferred_add_in_out(d, increase, "after");
    if (inner)
        check_int(hence_deferred_get_state(d), HENCE_DEFERRED_WAITING);
    hence_resolve(p, hence_int(7));
    check_trace("after:7");
    check_string(outcome(d), "8");
    hence_deferred_unref(d);
    hence_deferred_unref(inner);
}

TEST(steps, an_in_out_step_may_leave_a_chain_that_has_its_result)
{
    hence_deferred *inner = hence_deferred_succeed(hence_int(7));
    hence_deferred *d = hence_deferred_succeed(payload());
    hence_deferred_add_in_out(d, chain_in_out, inner);
    hence_deferred_add_in_out(d, look, "after");
    check_trace("after:7");
    hence_deferred_unref(d);
    hence_deferred_unref(inner);
}

TEST(steps, an_in_out_step_on_nothing_runs_with_the_out_of_memory_failure)
{
    check_int(hence_deferred_add_in_out(NULL, look, "a"), -ENOMEM);
    check_int(hence_deferred_add_in_out(NULL, exchange, "b"), -ENOMEM);
    check_trace("a:nomem b:nomem");
}
