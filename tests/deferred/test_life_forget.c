/* SPDX-License-Identifier: BSD-3-Clause */
/* Deferreds that are forgotten. */
#include "support.h"

SUITE(life);

TEST(life, forgetting_a_pending_one_runs_its_canceller_and_no_step)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    for (int i = 0; i < 20; i++)
        hence_deferred_add_both(d, pass, "no");
    int error = hence_deferred_bind(d, payload_new(), payload_destroy);
    hence_deferred_forget(d);
    check_trace("");
    check_int(payloads_alive(), 0);
    check(error || !hence_promise_is_wanted(p));
    check_int(hence_resolve(p, payload()), 0);
}

TEST(life, forgetting_one_with_a_canceller_ends_its_promise)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_promise_on_cancel(p, trace_and_stop, "canceller");
    hence_deferred_add_both(d, pass, "no");
    hence_deferred_forget(d);
    check_trace("canceller");
}

TEST(life, forgetting_a_failed_one_reports_nothing)
{
    hence_deferred *d = hence_deferred_fail(failure("broken"));
    hence_deferred_forget(d);
}

TEST(life, forgetting_a_finished_one_destroys_its_value)
{
    hence_deferred *d = hence_deferred_succeed(payload());
    hence_deferred_forget(d);
    check_int(payloads_alive(), 0);
}

TEST(life, forgetting_a_paused_one_runs_no_step)
{
    hence_deferred *d = hence_deferred_fail(failure("broken"));
    hence_deferred_pause(d);
    hence_deferred_add_callback(d, pass, "no");
    hence_deferred_forget(d);
    check_trace("");
}

TEST(life, forgetting_one_that_waits_cancels_what_it_waits_for)
{
    hence_promise *p;
    hence_deferred *inner = hence_deferred_new(&p);
    hence_deferred_add_both(inner, pass, "inner");
    hence_deferred *outer = hence_deferred_succeed(hence_chain(hence_deferred_ref(inner)));
    hence_deferred_add_both(inner, pass, "later");
    hence_deferred_add_both(outer, pass, "no");
    hence_deferred_forget(outer);
    check_trace("inner:cancelled later:none");
    hence_abandon(p);
    hence_deferred_unref(inner);
}

TEST(life, forgetting_one_that_waits_destroys_the_input_of_its_step)
{
    hence_promise *p;
    hence_deferred *inner = hence_deferred_new(&p);
    hence_deferred *outer = hence_deferred_succeed(payload());
    hence_deferred_add_both(outer, chain_to_held, inner);
    hence_deferred_add_both(outer, pass, "no");
    hence_deferred_forget(outer);
    check_trace("");
    check_int(payloads_alive(), 0);
    hence_abandon(p);
    hence_deferred_unref(inner);
}

TEST(life, forgetting_one_that_waits_for_a_paused_result_ends_it_when_that_comes)
{
    hence_deferred *inner = hence_deferred_succeed(payload());
    hence_deferred_pause(inner);
    hence_deferred *outer = hence_deferred_succeed(hence_chain(hence_deferred_ref(inner)));
    hence_deferred_add_both(outer, pass, "no");
    hence_deferred_forget(outer);
    check_trace("");
    hence_deferred_unpause(inner);
    check_trace("");
    hence_deferred_unref(inner);
}

static hence_result forget_it(hence_result *in, void *variable)
{
    hence_deferred **d = variable;
    hence_deferred_forget(*d);
    *d = NULL;
    return hence_take(in);
}

TEST(life, forgetting_inside_a_step_runs_no_further_one)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred *same = d;
    int error = hence_deferred_bind(d, payload_new(), payload_destroy);
    check_int(error, 0);
    hence_deferred_add_both(d, pass, "a");
    hence_deferred_add_both(d, forget_it, &d);
    if (d)
        hence_deferred_add_both(same, pass, "no");
    hence_resolve(p, failure("broken"));
    check_trace("a:broken");
    check_int(payloads_alive(), 0);
    hence_deferred_unref(d);
}

TEST(life, forgetting_one_that_another_waits_for_cancels_it_for_that_one)
{
    hence_promise *p;
    hence_deferred *inner = hence_deferred_new(&p);
    hence_deferred_add_both(inner, pass, "no");
    hence_deferred *outer = hence_deferred_succeed(hence_chain(hence_deferred_ref(inner)));
    hence_deferred_add_both(inner, pass, "no");
    hence_deferred_add_both(outer, pass, "outer");
    hence_deferred_forget(inner);
    check_trace("outer:cancelled");
    hence_abandon(p);
    hence_deferred_unref(outer);
}

TEST(life, forgetting_one_that_others_hold_leaves_them_a_cancelled_one)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred_add_both(d, pass, "no");
    hence_deferred_forget(hence_deferred_ref(d));
    check_string(outcome(d), "cancelled");
    hence_deferred_add_both(d, pass, "later");
    check_trace("later:none");
    hence_abandon(p);
    hence_deferred_unref(d);
}
