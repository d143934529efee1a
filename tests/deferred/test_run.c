/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs: steps that give chains, and what waits for them. */
#include <errno.h>

#include "support.h"

SUITE(run);

/* rule 1 */
TEST(run, the_state_tells_how_far_it_has_come)
{
    hence_promise *p, *q;
    hence_deferred *inner = hence_deferred_new(&q);
    hence_deferred *d = hence_deferred_new(&p);
    check_int(hence_deferred_get_state(d), HENCE_DEFERRED_PENDING);
    hence_deferred_pause(d);
    check_int(hence_deferred_get_state(d), HENCE_DEFERRED_PENDING);
    hence_deferred_add_callback(d, chain_to_held, inner);
    hence_resolve(p, hence_none());
    check_int(hence_deferred_get_state(d), HENCE_DEFERRED_PAUSED);
    hence_deferred_unpause(d);
    check_int(hence_deferred_get_state(d), HENCE_DEFERRED_WAITING);
    hence_resolve(q, hence_int(7));
    check_int(hence_deferred_get_state(d), HENCE_DEFERRED_DONE);
    check_int(hence_deferred_get_state(NULL), HENCE_DEFERRED_DONE);
    hence_deferred_unref(d);
    hence_deferred_unref(inner);
}

static hence_result trace_state(hence_result *in, void *variable)
{
    hence_deferred **d = variable;
    trace("%s", hence_deferred_get_state(*d) == HENCE_DEFERRED_RUNNING ? "running" : "not running");
    return *in;
}

/* rule 1 */
TEST(run, it_is_running_while_one_of_its_steps_runs)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred_add_both(d, trace_state, &d);
    hence_resolve(p, hence_none());
    check_trace("running");
    hence_deferred_unref(d);
}

/* ---- a step gives a chain ---- */

/* rule 15 */
TEST(run, the_result_of_a_finished_inner_one_is_taken_at_once)
{
    hence_deferred *inner = hence_deferred_succeed(payload());
    hence_deferred *outer = hence_deferred_succeed(hence_none());
    hence_deferred_add_callback(outer, chain_to_held, inner);
    hence_deferred_add_callback(outer, pass, "outer");
    hence_deferred_add_both(inner, pass, "inner");
    check_trace("outer:payload inner:none");
    check_int(payloads_alive(), outer && inner);
    hence_deferred_unref(inner);
    hence_deferred_unref(outer);
}

/* rule 15, rule 41 */
TEST(run, a_failure_that_an_outer_one_took_is_not_reported_for_the_inner_one)
{
    hence_deferred *inner = hence_deferred_fail(failure("broken"));
    hence_deferred *outer = hence_deferred_succeed(hence_chain(hence_deferred_ref(inner)));
    hence_deferred_unref(inner);
    hence_deferred_add_errback(outer, swallow, "outer");
    check_trace("outer:broken");
    hence_deferred_unref(outer);
}

/* rule 16, rule 17 */
TEST(run, a_chain_waits_for_a_pending_inner_one)
{
    hence_promise *p;
    hence_deferred *inner = hence_deferred_new(&p);
    hence_deferred *outer = hence_deferred_succeed(hence_none());
    hence_deferred_add_callback(inner, add_one, "inner");
    hence_deferred_add_callback(outer, chain_to_held, inner);
    hence_deferred_add_callback(outer, pass, "outer");
    check_trace("");
    hence_resolve(p, hence_int(1));
    check_trace("inner:1 outer:2");
    check_string(outcome(outer), "2");
    hence_deferred_add_both(inner, pass, "inner");
    check_trace("inner:none");
    hence_deferred_unref(inner);
    hence_deferred_unref(outer);
}

/* rule 16 */
TEST(run, a_chain_waits_for_an_inner_one_that_is_paused)
{
    hence_deferred *inner = hence_deferred_succeed(hence_int(1));
    hence_deferred *outer = hence_deferred_succeed(hence_none());
    hence_deferred_pause(inner);
    hence_deferred_add_callback(inner, add_one, "inner");
    hence_deferred_add_callback(outer, chain_to_held, inner);
    hence_deferred_add_callback(outer, pass, "outer");
    check_trace("");
    hence_deferred_unpause(inner);
    check_trace("inner:1 outer:2");
    hence_deferred_unref(inner);
    hence_deferred_unref(outer);
}

/* rule 16, rule 21 */
TEST(run, a_chain_waits_for_an_inner_one_that_waits_itself)
{
    hence_promise *p;
    hence_deferred *last = hence_deferred_new(&p);
    hence_deferred *inner = hence_deferred_succeed(hence_none());
    hence_deferred *outer = hence_deferred_succeed(hence_none());
    hence_deferred_add_callback(inner, chain_to_held, last);
    hence_deferred_add_callback(inner, add_one, "inner");
    hence_deferred_add_callback(outer, chain_to_held, inner);
    hence_deferred_add_callback(outer, add_one, "outer");
    hence_resolve(p, hence_int(1));
    check_trace("inner:1 outer:2");
    check_string(outcome(outer), "3");
    hence_deferred_unref(last);
    hence_deferred_unref(inner);
    hence_deferred_unref(outer);
}

/* rule 17 */
TEST(run, a_failure_of_the_inner_one_goes_to_the_outer_errback)
{
    hence_promise *p;
    hence_deferred *inner = hence_deferred_new(&p);
    hence_deferred *outer = hence_deferred_succeed(hence_none());
    hence_deferred_add_callback(outer, chain_to_held, inner);
    hence_deferred_add_callbacks(outer, pass, swallow, "outer");
    hence_resolve(p, failure("broken"));
    check_trace("outer:broken");
    hence_deferred_unref(inner);
    hence_deferred_unref(outer);
}

/* rule 41 */
TEST(run, an_errback_may_give_a_chain_which_handles_its_failure)
{
    hence_promise *p;
    hence_deferred *inner = hence_deferred_new(&p);
    hence_deferred *outer = hence_deferred_fail(failure("broken"));
    hence_deferred_add_errback(outer, chain_to_held, inner);
    hence_deferred_add_callbacks(outer, pass, swallow, "outer");
    hence_resolve(p, hence_int(7));
    check_trace("outer:7");
    hence_deferred_unref(inner);
    hence_deferred_unref(outer);
}

/* rule 18, rule 19 */
TEST(run, what_is_left_of_the_outer_one_runs_before_later_steps_of_the_inner_one)
{
    hence_promise *p;
    hence_deferred *inner = hence_deferred_new(&p);
    hence_deferred *outer = hence_deferred_succeed(hence_none());
    hence_deferred_add_callback(inner, pass, "before");
    hence_deferred_add_callback(outer, chain_to_held, inner);
    hence_deferred_add_callback(inner, pass, "after");
    hence_deferred_add_callback(outer, pass, "outer");
    hence_deferred_add_callback(outer, pass, "too");
    hence_resolve(p, hence_int(7));
    check_trace("before:7 outer:7 too:7 after:none");
    hence_deferred_unref(inner);
    hence_deferred_unref(outer);
}

static hence_result add_late(hence_result *in, void *inner)
{
    trace("outer:%s", describe(in));
    check_int(hence_deferred_get_state(inner), HENCE_DEFERRED_RUNNING);
    hence_deferred_add_callback(inner, pass, "late");
    return hence_none();
}

/* rule 18, difference 21 */
TEST(run, what_is_added_to_the_inner_one_while_the_outer_one_runs_comes_after_both)
{
    hence_promise *p;
    hence_deferred *inner = hence_deferred_new(&p);
    hence_deferred *outer = hence_deferred_succeed(hence_none());
    hence_deferred_add_callback(outer, chain_to_held, inner);
    hence_deferred_add_callback(inner, pass, "after");
    hence_deferred_add_callback(outer, add_late, inner);
    hence_deferred_add_callback(outer, pass, "too");
    hence_resolve(p, hence_int(7));
    check_trace("outer:7 too:none after:none late:none");
    hence_deferred_unref(inner);
    hence_deferred_unref(outer);
}

/* rule 18, rule 21 */
TEST(run, the_order_holds_over_three_levels)
{
    hence_promise *p;
    hence_deferred *last = hence_deferred_new(&p);
    hence_deferred *inner = hence_deferred_succeed(hence_none());
    hence_deferred *outer = hence_deferred_succeed(hence_none());
    hence_deferred_add_callback(inner, chain_to_held, last);
    hence_deferred_add_callback(last, pass, "last");
    hence_deferred_add_callback(outer, chain_to_held, inner);
    hence_deferred_add_callback(inner, pass, "inner");
    hence_deferred_add_callback(outer, pass, "outer");
    hence_deferred_add_callback(last, pass, "last");
    hence_resolve(p, hence_int(7));
    check_trace("outer:7 inner:none last:none last:none");
    hence_deferred_unref(last);
    hence_deferred_unref(inner);
    hence_deferred_unref(outer);
}

/* rule 19 */
TEST(run, steps_added_to_the_inner_one_after_the_chaining_see_none)
{
    hence_promise *p;
    hence_deferred *inner = hence_deferred_new(&p);
    hence_deferred *outer = hence_deferred_succeed(hence_chain(hence_deferred_ref(inner)));
    hence_deferred_add_both(inner, give_payload, "inner");
    hence_deferred_add_both(inner, pass, "inner");
    hence_resolve(p, failure("broken"));
    check_trace("inner:none inner:payload");
    hence_deferred_add_errback(outer, swallow, "outer");
    check_trace("outer:broken");
    check_string(outcome(inner), "taken");
    hence_deferred_unref(inner);
    hence_deferred_unref(outer);
}

/* rule 20, difference 1 */
TEST(run, a_second_taker_of_a_pending_result_fails_as_taken)
{
    hence_promise *p, *q;
    hence_deferred *inner = hence_deferred_new(&p);
    hence_deferred *target = hence_deferred_new(&q);
    hence_deferred *first = hence_deferred_succeed(hence_chain(hence_deferred_ref(inner)));
    hence_deferred *second = hence_deferred_succeed(hence_chain(hence_deferred_ref(inner)));
    hence_deferred_add_both(second, swallow, "second");
    check_trace("second:taken");
    check_string(outcome(inner), "taken");
    check_int(hence_deferred_chain(inner, q), -EBUSY);
    hence_deferred_add_both(target, swallow, "target");
    check_trace("target:taken");
    hence_resolve(p, hence_int(7));
    check_string(outcome(first), "7");
    hence_deferred_unref(inner);
    hence_deferred_unref(first);
    hence_deferred_unref(second);
    hence_deferred_unref(target);
}

/* rule 20, difference 1 */
TEST(run, a_second_taker_of_a_result_that_was_there_fails_as_taken)
{
    hence_promise *q;
    hence_deferred *inner = hence_deferred_succeed(hence_int(7));
    hence_deferred *target = hence_deferred_new(&q);
    check_string(outcome(inner), "7");
    check_string(outcome(inner), "taken");
    hence_deferred *second = hence_deferred_succeed(hence_chain(hence_deferred_ref(inner)));
    check_string(outcome(second), "taken");
    check_int(hence_deferred_chain(inner, q), -EBUSY);
    check_string(outcome(target), "taken");
    hence_deferred_unref(inner);
    hence_deferred_unref(second);
    hence_deferred_unref(target);
}

TEST(run, taking_the_result_of_one_that_is_not_done_fails_as_pending)
{
    hence_promise *p, *q;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred *inner = hence_deferred_new(&q);
    check_string(outcome(d), "pending");
    hence_deferred_pause(d);
    hence_resolve(p, hence_chain(hence_deferred_ref(inner)));
    check_string(outcome(d), "pending");
    hence_resolve(q, hence_int(7));
    check_string(outcome(d), "pending");
    hence_deferred_unpause(d);
    check_string(outcome(d), "7");
    hence_deferred_add_both(d, pass, "after");
    check_trace("after:none");
    hence_deferred_unref(d);
    hence_deferred_unref(inner);
}

TEST(run, taking_from_nothing_gives_the_out_of_memory_failure)
{
    check_string(outcome(NULL), "nomem");
}

static hence_result take_it(hence_result *in, void *variable)
{
    hence_deferred **d = variable;
    trace("%s", outcome(*d));
    return *in;
}

TEST(run, taking_the_result_inside_a_step_fails_as_pending)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred_add_both(d, take_it, &d);
    hence_resolve(p, hence_int(7));
    if (d)
        check_trace("pending");
    check_string(outcome(d), "7");
    hence_deferred_unref(d);
}

static hence_deferred *running, *waiting;

static hence_result let_another_wait(hence_result *in, void *word)
{
    waiting = hence_deferred_succeed(hence_chain(hence_deferred_ref(running)));
    hence_deferred_add_both(waiting, pass, "outer");
    return add_one(in, word);
}

/* rule 31, difference 6 */
TEST(run, chaining_onto_a_running_one_waits_for_its_final_value)
{
    hence_promise *p;
    running = hence_deferred_new(&p);
    waiting = NULL;
    hence_deferred_add_both(running, let_another_wait, "first");
    hence_deferred_add_both(running, add_one, "second");
    hence_resolve(p, hence_int(1));
    /* its consumer comes after the steps that were there when it was chained */
    check_trace("first:1 second:2 outer:3");
    hence_deferred_unref(running);
    hence_deferred_unref(waiting);
}

/* rule 3, difference 16 */
TEST(run, a_promise_may_be_resolved_with_a_chain)
{
    hence_promise *p, *q;
    hence_deferred *inner = hence_deferred_new(&q);
    hence_deferred *outer = hence_deferred_new(&p);
    hence_deferred_add_both(outer, pass, "outer");
    check_int(hence_resolve(p, hence_chain(hence_deferred_ref(inner))), 0);
    check_int(hence_deferred_get_state(outer), HENCE_DEFERRED_WAITING);
    hence_resolve(q, hence_int(7));
    check_trace("outer:7");
    hence_deferred_unref(inner);
    hence_deferred_unref(outer);
}

/* rule 3, difference 16 */
TEST(run, a_promise_may_be_resolved_with_a_chain_that_has_its_result)
{
    hence_promise *p, *q;
    hence_deferred *good = hence_deferred_new(&p);
    hence_deferred *bad = hence_deferred_new(&q);
    hence_deferred_add_both(good, swallow, "good");
    hence_deferred_add_both(bad, swallow, "bad");
    hence_resolve(p, hence_chain(hence_deferred_succeed(hence_int(7))));
    check_trace("good:7");
    hence_resolve(q, hence_chain(hence_deferred_fail(failure("broken"))));
    check_trace("bad:broken");
    hence_deferred_unref(good);
    hence_deferred_unref(bad);
}

TEST(run, a_chain_to_nothing_is_the_out_of_memory_failure)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_result r = hence_chain(NULL);
    check(hence_is_failure_of(&r, &hence_domain_hence, HENCE_ENOMEM));
    hence_resolve(p, r);
    hence_deferred_add_both(d, swallow, "a");
    hence_deferred_add_both(d, chain_to, NULL);
    hence_deferred_add_both(d, swallow, "b");
    check_trace("a:nomem b:nomem");
    hence_deferred_unref(d);
}

TEST(run, dropping_a_chain_lets_its_Deferred_go)
{
    hence_result r = hence_chain(hence_deferred_fail(failure("broken")));
    hence_drop(r);
    check(had_report(HENCE_REPORT_UNHANDLED));
}

TEST(run, an_inner_one_that_only_its_outer_one_holds_lives_until_it_has_served_it)
{
    hence_promise *p;
    hence_deferred *inner = hence_deferred_new(&p);
    hence_deferred_add_both(inner, add_one, "inner");
    hence_deferred *outer = hence_deferred_succeed(hence_chain(inner));
    hence_deferred_add_both(outer, pass, "outer");
    hence_resolve(p, hence_int(1));
    check_trace("inner:1 outer:2");
    hence_deferred_unref(outer);
}

TEST(run, an_outer_one_that_nobody_holds_goes_on_when_the_inner_one_is_done)
{
    hence_promise *p;
    hence_deferred *inner = hence_deferred_new(&p);
    hence_deferred *outer = hence_deferred_succeed(hence_chain(inner));
    hence_deferred_add_both(outer, pass, "outer");
    hence_deferred_unref(outer);
    hence_resolve(p, hence_int(1));
    check_trace("outer:1");
}

static hence_result add_to_inner(hence_result *in, void *variable)
{
    hence_deferred **inner = variable;
    hence_deferred_add_both(*inner, pass, "added");
    trace("outer:%s", describe(in));
    return *in;
}

TEST(run, an_outer_step_may_add_steps_to_the_inner_one_that_served_it)
{
    hence_promise *p;
    hence_deferred *inner = hence_deferred_new(&p);
    hence_deferred *outer = hence_deferred_succeed(hence_chain(hence_deferred_ref(inner)));
    hence_deferred_add_both(inner, pass, "inner");
    hence_deferred_add_both(outer, add_to_inner, &inner);
    hence_resolve(p, hence_int(1));
    check_trace("outer:1 inner:none added:none");
    hence_deferred_unref(inner);
    hence_deferred_unref(outer);
}
