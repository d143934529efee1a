/* SPDX-License-Identifier: BSD-3-Clause */
/* Steps: which half of a pair runs, in which order, and what travels on. */
#include <errno.h>

#include "support.h"

SUITE(steps);

TEST(steps, each_step_gets_what_the_one_before_gave)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    check_int(hence_deferred_add_callback(d, add_one, "a"), 0);
    check_int(hence_deferred_add_callback(d, add_one, "b"), 0);
    check_trace("");
    check_int(hence_resolve(p, hence_int(1)), 0);
    check_trace("a:1 b:2");
    check_string(outcome(d), "3");
    hence_deferred_unref(d);
}

/* rule 2 */
TEST(steps, resolving_with_a_failure_runs_the_errbacks)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred_add_callback(d, pass, "value");
    hence_deferred_add_errback(d, swallow, "error");
    hence_resolve(p, failure("broken"));
    check_trace("error:broken");
    check_string(outcome(d), "none");
    hence_deferred_unref(d);
}

TEST(steps, a_Deferred_made_with_its_value_has_it)
{
    hence_deferred *d = hence_deferred_succeed(hence_int(7));
    hence_deferred_add_callback(d, pass, "a");
    check_trace("a:7");
    check_string(outcome(d), "7");
    hence_deferred_unref(d);
}

TEST(steps, a_Deferred_made_with_its_failure_has_it)
{
    hence_deferred *d = hence_deferred_fail(failure("broken"));
    hence_deferred_add_errback(d, swallow, "a");
    check_trace("a:broken");
    hence_deferred_unref(d);
}

/* rule 2 */
TEST(steps, succeeding_with_a_failure_is_failing)
{
    hence_deferred *d = hence_deferred_succeed(failure("broken"));
    hence_deferred_add_callbacks(d, pass, swallow, "a");
    check_trace("a:broken");
    hence_deferred_unref(d);
}

/* rule 4 */
TEST(steps, failing_with_a_value_destroys_it_and_fails_as_invalid)
{
    hence_deferred *d = hence_deferred_fail(payload());
    check(had_report(HENCE_REPORT_MISUSE));
    check_int(payloads_alive(), 0);
    check_string(outcome(d), "invalid");
    hence_deferred_unref(d);
}

/* rule 4 */
TEST(steps, failing_with_a_chain_lets_it_go_and_fails_as_invalid)
{
    hence_promise *p;
    hence_deferred *inner = hence_deferred_new(&p);
    hence_deferred *d = hence_deferred_fail(hence_chain(inner));
    if (inner)
        check(had_report(HENCE_REPORT_MISUSE));
    check_string(outcome(d), "invalid");
    hence_resolve(p, hence_none());
    hence_deferred_unref(d);
}

/* rule 7 */
TEST(steps, a_step_added_to_a_finished_Deferred_runs_before_the_call_returns)
{
    hence_deferred *d = hence_deferred_succeed(hence_int(1));
    check_int(hence_deferred_add_callbacks(d, add_one, swallow, "a"), 0);
    check_trace("a:1");
    check_int(hence_deferred_add_both(d, add_one, "b"), 0);
    check_trace("b:2");
    check_string(outcome(d), "3");
    hence_deferred_unref(d);
}

/* rule 8 */
TEST(steps, one_half_of_a_pair_runs_and_the_other_is_used_up)
{
    hence_deferred *d = hence_deferred_succeed(hence_int(1));
    hence_deferred_add_callbacks(d, fail_with_word, swallow, "first");
    hence_deferred_add_callbacks(d, pass, swallow, "second");
    hence_deferred_add_callbacks(d, pass, swallow, "third");
    check_trace("first:1 second:first third:none");
    hence_deferred_unref(d);
}

/* rule 9 */
TEST(steps, a_failure_of_a_callback_does_not_reach_the_errback_of_its_own_pair)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred_add_callbacks(d, fail_with_word, swallow, "own");
    hence_deferred_add_errback(d, swallow, "next");
    hence_resolve(p, hence_none());
    check_trace("own:none next:own");
    hence_deferred_unref(d);
}

/* rule 10 */
TEST(steps, an_errback_that_gives_a_value_handles_the_failure)
{
    hence_deferred *d = hence_deferred_fail(failure("broken"));
    hence_deferred_add_errback(d, give_payload, "repair");
    hence_deferred_add_callbacks(d, pass, swallow, "after");
    check_trace("repair:broken after:payload");
    check_string(outcome(d), "payload");
    hence_deferred_unref(d);
}

/* rule 10 */
TEST(steps, an_errback_that_fails_replaces_the_failure)
{
    hence_deferred *d = hence_deferred_fail(failure("first"));
    hence_deferred_add_errback(d, fail_with_word, "second");
    hence_deferred_add_errback(d, swallow, "after");
    check_trace("second:first after:second");
    hence_deferred_unref(d);
}

/* rule 11 */
TEST(steps, a_callback_lets_failures_by_and_an_errback_values)
{
    hence_promise *p, *q;
    hence_deferred *good = hence_deferred_new(&p);
    hence_deferred *bad = hence_deferred_new(&q);
    hence_deferred_add_errback(good, swallow, "no");
    hence_deferred_add_callbacks(good, NULL, swallow, "no");
    hence_deferred_add_both(good, pass, "good");
    hence_deferred_add_callback(bad, swallow, "no");
    hence_deferred_add_callbacks(bad, swallow, NULL, "no");
    hence_deferred_add_both(bad, swallow, "bad");
    hence_resolve(p, hence_int(1));
    check_trace("good:1");
    hence_resolve(q, failure("broken"));
    check_trace("bad:broken");
    hence_deferred_unref(good);
    hence_deferred_unref(bad);
}

/* rule 12 */
TEST(steps, a_step_for_both_runs_either_way)
{
    hence_deferred *d = hence_deferred_succeed(hence_real(1.5));
    hence_deferred_add_both(d, fail_with_word, "broken");
    hence_deferred_add_both(d, swallow, "again");
    check_trace("broken:1.5 again:broken");
    hence_deferred_unref(d);
}

static hence_deferred *itself;

static hence_result add_more(hence_result *in, void *word)
{
    trace("<");
    hence_deferred_add_callback(itself, pass, "added");
    hence_deferred_add_callback(itself, pass, "too");
    trace(">");
    return pass(in, word);
}

/* rule 13 */
TEST(steps, a_step_added_inside_a_step_runs_after_those_that_are_there)
{
    hence_promise *p;
    itself = hence_deferred_new(&p);
    hence_deferred_add_callback(itself, add_more, "first");
    hence_deferred_add_callback(itself, pass, "second");
    hence_resolve(p, hence_int(1));
    check_trace("< > first:1 second:1 added:1 too:1");
    hence_deferred_unref(itself);
}

/* rule 13 */
TEST(steps, a_step_added_inside_a_step_of_a_finished_Deferred_does_not_run_inside_it)
{
    itself = hence_deferred_succeed(hence_int(1));
    hence_deferred_add_callback(itself, add_more, "first");
    check_trace("< > first:1 added:1 too:1");
    hence_deferred_unref(itself);
}

static hence_result count_down(hence_result *in, void *word)
{
    int64_t left = hence_as_int(in);
    if (left > 0)
        hence_deferred_add_callbacks(itself, count_down, count_down, word);
    return hence_int(left - 1);
}

/* rule 13 */
TEST(steps, a_step_may_add_itself_again_for_ever)
{
    hence_promise *p;
    itself = hence_deferred_new(&p);
    hence_deferred_add_callback(itself, count_down, NULL);
    hence_resolve(p, hence_int(1000));
    check_string(outcome(itself), "-1");
    hence_deferred_unref(itself);
}

static hence_result add_a_failing_one(hence_result *in, void *word)
{
    (void)word;
    hence_deferred_add_callback(itself, fail_with_word, "broken");
    hence_deferred_add_errback(itself, swallow, "caught");
    return *in;
}

/* rule 14 */
TEST(steps, a_failure_of_a_step_added_inside_a_step_stays_in_the_chain)
{
    itself = hence_deferred_succeed(hence_int(1));
    hence_deferred_add_callback(itself, add_a_failing_one, NULL);
    check_trace("broken:1 caught:broken");
    hence_deferred_unref(itself);
}

TEST(steps, many_steps_run_in_the_order_in_which_they_were_added)
{
    static char letters[40][2];
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    for (int i = 0; i < 26; i++) {
        letters[i][0] = (char)('a' + i);
        hence_deferred_add_callback(d, add_one, letters[i]);
    }
    hence_resolve(p, hence_int(0));
    check_trace("a:0 b:1 c:2 d:3 e:4 f:5 g:6 h:7 i:8 j:9 k:10 l:11 m:12 n:13 o:14 p:15 q:16 r:17 "
                "s:18 t:19 u:20 v:21 w:22 x:23 y:24 z:25");
    hence_deferred_unref(d);
}

TEST(steps, neither_callback_nor_errback_is_refused)
{
    hence_deferred *d = hence_deferred_succeed(hence_int(7));
    check_int(hence_deferred_add_callbacks(d, NULL, NULL, NULL), -EINVAL);
    check(had_report(HENCE_REPORT_MISUSE));
    check_int(hence_deferred_add_callback(d, NULL, NULL), -EINVAL);
    check(had_report(HENCE_REPORT_MISUSE));
    check_int(hence_deferred_add_errback(d, NULL, NULL), -EINVAL);
    check(had_report(HENCE_REPORT_MISUSE));
    check_int(hence_deferred_add_both(NULL, NULL, NULL), -EINVAL);
    check(had_report(HENCE_REPORT_MISUSE));
    check_int(hence_deferred_add_in_out(d, NULL, NULL), -EINVAL);
    check(had_report(HENCE_REPORT_MISUSE));
    check_string(outcome(d), "7");
    hence_deferred_unref(d);
}

/* ---- what a step leaves, and what it passes on ---- */

static hence_result say_how_many_live(hence_result *in, void *word)
{
    trace("%s:%d", (const char *)word, payloads_alive());
    return *in;
}

TEST(steps, what_a_step_leaves_in_its_input_is_destroyed_before_the_next_one)
{
    hence_deferred *d = hence_deferred_succeed(payload());
    hence_deferred_add_callback(d, say_how_many_live, "before");
    hence_deferred_add_callback(d, swallow, "leave");
    hence_deferred_add_callback(d, say_how_many_live, "after");
    check_trace("before:1 leave:payload after:0");
    hence_deferred_unref(d);
}

static hence_result pass_by_taking(hence_result *in, void *word)
{
    trace("%s:%s", (const char *)word, describe(in));
    return hence_take(in);
}

TEST(steps, what_a_step_gives_back_as_it_is_or_by_taking_lives_on)
{
    hence_deferred *d = hence_deferred_succeed(payload());
    hence_deferred_add_callback(d, pass, "as it is");
    hence_deferred_add_callback(d, pass_by_taking, "taken");
    check_trace("as it is:payload taken:payload");
    check_int(payloads_alive(), d ? 1 : 0);
    check_string(outcome(d), "payload");
    check_int(payloads_alive(), 0);
    hence_deferred_unref(d);
}

static hence_result wrap(hence_result *in, void *word)
{
    trace("%s:%s", (const char *)word, describe(in));
    return hence_fail_in(&test_domain, hence_take_failure(in), 2, "outer");
}

TEST(steps, a_failure_passed_on_or_wrapped_lives_on)
{
    hence_deferred *d = hence_deferred_fail(failure("inner"));
    hence_deferred_add_errback(d, pass, "as it is");
    hence_deferred_add_errback(d, pass_by_taking, "taken");
    hence_deferred_add_errback(d, wrap, "wrapped");
    check_trace("as it is:inner taken:inner wrapped:inner");
    hence_result r = hence_deferred_take(d);
    check_string(hence_failure_message(hence_as_failure(&r)), "outer");
    check_string(hence_failure_message(hence_failure_cause(hence_as_failure(&r))), "inner");
    hence_drop(r);
    hence_deferred_unref(d);
}

static hence_result free_it(hence_result *in, void *word)
{
    void *p = hence_take_ptr(in, payload_destroy);
    (void)word;
    if (p)
        payload_destroy(p);
    return hence_int(payloads_alive());
}

TEST(steps, a_step_may_take_the_pointer_out)
{
    hence_deferred *d = hence_deferred_succeed(payload());
    hence_deferred_add_callback(d, free_it, NULL);
    check_string(outcome(d), "0");
    hence_deferred_unref(d);
}

static hence_result give_another_and_take(hence_result *in, void *word)
{
    (void)word;
    hence_drop(hence_take(in));
    return payload();
}

TEST(steps, a_step_may_exchange_an_owned_value_for_another_one)
{
    hence_deferred *d = hence_deferred_succeed(payload());
    hence_deferred_add_callback(d, give_payload, "a");
    hence_deferred_add_callback(d, give_another_and_take, NULL);
    check_trace("a:payload");
    check_int(payloads_alive(), d ? 1 : 0);
    hence_deferred_unref(d);
    check_int(payloads_alive(), 0);
}

static hence_result put_another_in(hence_result *in, void *word)
{
    hence_result r = hence_take(in);
    (void)word;
    *in = payload();
    return r;
}

TEST(steps, what_a_step_puts_into_its_input_is_destroyed_too)
{
    hence_deferred *d = hence_deferred_succeed(payload());
    hence_deferred_add_callback(d, put_another_in, NULL);
    check_int(payloads_alive(), d ? 1 : 0);
    check_string(outcome(d), "payload");
    hence_deferred_unref(d);
    hence_deferred_add_errback(NULL, put_another_in, NULL);
    check_int(payloads_alive(), 0);
}

/* ---- in/out ---- */

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

/* ---- out of memory ---- */

TEST(steps, steps_on_nothing_run_their_errbacks_at_once_and_no_callback)
{
    hence_deferred *inner = hence_deferred_succeed(hence_int(7));
    check_int(hence_deferred_add_callback(NULL, pass, "no"), -ENOMEM);
    check_int(hence_deferred_add_callbacks(NULL, swallow, pass, "a"), -ENOMEM);
    check_int(hence_deferred_add_errback(NULL, give_payload, "b"), -ENOMEM);
    check_int(hence_deferred_add_both(NULL, fail_with_word, "c"), -ENOMEM);
    check_int(hence_deferred_add_both(NULL, pass_by_taking, "d"), -ENOMEM);
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
