/* SPDX-License-Identifier: BSD-3-Clause */
/* Steps for which there is no memory. */
#include <errno.h>

#include "support.h"

SUITE(steps);

static hence_deferred *itself;

/* ---- in/out ---- */

static void look(hence_result *in_out, void *word)
{
    trace("%s:%s", (const char *)word, describe(in_out));
}

/* ---- out of memory ---- */

TEST(steps, steps_on_nothing_run_their_errbacks_at_once_and_no_callback)
{
    hence_deferred *inner = hence_deferred_succeed(hence_int(7));
    check_int(hence_deferred_add_callback(NULL, pass, "no"), -ENOMEM);
    check_int(hence_deferred_add_callbacks(NULL, swallow, pass, "a"), -ENOMEM);
    check_int(hence_deferred_add_errback(NULL, give_payload, "b"), -ENOMEM);
    check_int(hence_deferred_add_both(NULL, fail_with_word, "c"), -ENOMEM);
    check_int(hence_deferred_add_both(NULL, pass, "d"), -ENOMEM);
    check_trace("a:nomem b:nomem c:nomem d:nomem");
    check_int(hence_deferred_add_errback(NULL, chain_to_held, inner), -ENOMEM);
    check_int(payloads_alive(), 0);
    hence_deferred_unref(inner);
}

TEST(steps, making_one_without_memory_gives_nothing_and_destroys_what_was_given)
{
    hence_promise *p = (hence_promise *)&p;
    out_of_memory(true);
    hence_deferred *d = hence_deferred_new(&p);
    check(!d && !p);
    check(!hence_deferred_new(NULL));
    check(!hence_deferred_succeed(payload()));
    check(!hence_deferred_fail(hence_fail_static(HENCE_ECLOSED)));
    check_int(payloads_alive(), 0);
    out_of_memory(false);
}

TEST(steps, the_first_step_needs_no_memory)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    out_of_memory(true);
    check_int(hence_deferred_add_callback(d, add_one, "a"), d ? 0 : -ENOMEM);
    hence_resolve(p, hence_int(1));
    check_trace("a:1");
    check_int(hence_deferred_add_callback(d, add_one, "b"), d ? 0 : -ENOMEM);
    check_trace("b:2");
    out_of_memory(false);
    hence_deferred_unref(d);
}

TEST(steps, a_step_that_cannot_be_stored_leaves_the_out_of_memory_failure_in_its_place)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred_add_callback(d, add_one, "a");
    out_of_memory(true);
    check_int(hence_deferred_add_callback(d, add_one, "lost"), -ENOMEM);
    out_of_memory(false);
    check_int(hence_deferred_add_callbacks(d, pass, swallow, "c"), 0);
    hence_deferred_add_both(d, pass, "d");
    hence_resolve(p, hence_int(1));
    check_trace("a:1 c:nomem d:none");
    hence_deferred_unref(d);
}

TEST(steps, a_lost_step_destroys_the_value_that_it_would_have_got)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred_add_callback(d, pass, "a");
    out_of_memory(true);
    hence_deferred_add_callback(d, pass, "lost");
    hence_deferred_add_in_out(d, look, "lost");
    out_of_memory(false);
    hence_resolve(p, payload());
    check_trace("a:payload");
    check_int(payloads_alive(), 0);
    check_string(outcome(d), "nomem");
    hence_deferred_unref(d);
}

TEST(steps, a_lost_last_step_is_reported_if_nobody_handles_it)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred_add_callback(d, pass, "a");
    out_of_memory(true);
    hence_deferred_add_callback(d, pass, "lost");
    out_of_memory(false);
    hence_resolve(p, hence_int(1));
    check_trace("a:1");
    hence_deferred_unref(d);
    check(had_report(HENCE_REPORT_UNHANDLED));
}

TEST(steps, a_step_lost_before_the_consumer_reaches_the_consumer)
{
    hence_promise *p;
    hence_deferred *inner = hence_deferred_new(&p);
    hence_deferred_add_callback(inner, pass, "a");
    out_of_memory(true);
    hence_deferred_add_callback(inner, pass, "lost");
    out_of_memory(false);
    hence_deferred *outer = hence_deferred_succeed(hence_chain(hence_deferred_ref(inner)));
    hence_deferred_add_both(inner, pass, "later");
    hence_deferred_add_both(outer, swallow, "outer");
    hence_resolve(p, hence_int(1));
    check_trace("a:1 outer:nomem later:none");
    hence_deferred_unref(outer);
    hence_deferred_unref(inner);
}

TEST(steps, a_step_lost_after_the_consumer_does_not_reach_the_consumer)
{
    hence_promise *p;
    hence_deferred *inner = hence_deferred_new(&p);
    hence_deferred *outer = hence_deferred_succeed(hence_chain(hence_deferred_ref(inner)));
    hence_deferred_add_both(outer, pass, "outer");
    out_of_memory(true);
    check_int(hence_deferred_add_both(inner, pass, "lost"), -ENOMEM);
    out_of_memory(false);
    hence_deferred_add_both(inner, swallow, "later");
    hence_resolve(p, hence_int(1));
    check_trace("outer:1 later:nomem");
    hence_deferred_unref(outer);
    hence_deferred_unref(inner);
}

TEST(steps, a_last_step_lost_after_the_consumer_fails_what_is_left)
{
    hence_promise *p;
    hence_deferred *inner = hence_deferred_new(&p);
    hence_deferred *outer = hence_deferred_succeed(hence_chain(hence_deferred_ref(inner)));
    hence_deferred_add_both(outer, pass, "outer");
    out_of_memory(true);
    hence_deferred_add_both(inner, pass, "lost");
    out_of_memory(false);
    hence_resolve(p, hence_int(1));
    check_trace("outer:1");
    hence_deferred_add_both(inner, swallow, "later");
    check_trace("later:nomem");
    hence_deferred_unref(outer);
    hence_deferred_unref(inner);
}

static hence_result lose_a_step(hence_result *in, void *word)
{
    out_of_memory(true);
    hence_deferred_add_callback(itself, pass, "lost");
    out_of_memory(false);
    return pass(in, word);
}

TEST(steps, a_step_lost_inside_a_step_leaves_its_failure_behind_those_that_are_there)
{
    hence_promise *p;
    itself = hence_deferred_new(&p);
    hence_deferred_add_callback(itself, lose_a_step, "a");
    hence_resolve(p, hence_int(1));
    hence_deferred_add_both(itself, swallow, "b");
    check_trace("a:1 b:nomem");
    hence_deferred_unref(itself);
}

TEST(steps, neither_resolving_nor_cancelling_nor_letting_go_needs_memory)
{
    hence_promise *p, *q;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred *e = hence_deferred_new(&q);
    hence_deferred_add_callback(d, pass, "d");
    hence_deferred_add_errback(e, swallow, "e");
    out_of_memory(true);
    hence_resolve(p, hence_int(1));
    hence_deferred_cancel(e);
    check_trace("d:1 e:cancelled");
    hence_abandon(q);
    hence_deferred_unref(d);
    hence_deferred_forget(e);
    out_of_memory(false);
}
