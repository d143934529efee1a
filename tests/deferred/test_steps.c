/* SPDX-License-Identifier: BSD-3-Clause */
/* Steps: callbacks and errbacks, and what goes from one to the next. */
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
