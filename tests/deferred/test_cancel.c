/* SPDX-License-Identifier: BSD-3-Clause */
/* Cancelling, and what cancellers may do. */
#include <errno.h>

#include "support.h"

SUITE(cancel);

/* rule 32 */
TEST(cancel, without_a_canceller_it_ends_at_once_and_one_later_result_is_swallowed)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred_add_both(d, pass, "a");
    check(hence_promise_is_wanted(p));
    check_int(hence_deferred_cancel(d), 0);
    check_trace("a:cancelled");
    check(!hence_promise_is_wanted(p));
    check_int(hence_resolve(p, payload()), 0);
    check_int(payloads_alive(), 0);
    if (d) {
        check_int(hence_resolve(p, payload()), -EALREADY);
        check(had_report(HENCE_REPORT_MISUSE));
    }
    check_int(payloads_alive(), 0);
    hence_deferred_unref(d);
}

/* rule 32 */
TEST(cancel, after_it_abandoning_is_swallowed_too)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred_cancel(d);
    hence_abandon(p);
    check_string(outcome(d), "cancelled");
    hence_deferred_unref(d);
}

/* rule 32 */
TEST(cancel, after_it_a_chain_is_swallowed_too)
{
    hence_promise *p, *q;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred *inner = hence_deferred_new(&q);
    hence_deferred_add_both(inner, pass, "inner");
    hence_deferred_cancel(d);
    check_int(hence_resolve(p, hence_chain(inner)), d ? 0 : -EINVAL);
    hence_resolve(q, hence_int(7));
    check_trace("inner:7");
    hence_deferred_unref(d);
}

/* rule 32 */
TEST(cancel, the_promise_is_good_after_the_Deferred_was_cancelled_and_let_go)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred_cancel(d);
    hence_deferred_unref(d);
    check(!hence_promise_is_wanted(p));
    hence_promise_on_cancel(p, trace_and_stop, "never");
    check_int(hence_resolve(p, payload()), 0);
}

/* rule 33, difference 8 */
TEST(cancel, a_canceller_that_has_stopped_lets_the_promise_go)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_promise_on_cancel(p, trace_and_stop, "canceller");
    hence_deferred_add_both(d, pass, "a");
    check_int(hence_deferred_cancel(d), 0);
    check_trace("canceller a:cancelled");
    if (d) { /* p is gone: using it is a mistake, which is told as long as d is there */
        check_int(hence_resolve(p, payload()), -EALREADY);
        check(had_report(HENCE_REPORT_MISUSE));
    }
    hence_deferred_unref(d);
}

/* rule 33, difference 8 */
TEST(cancel, a_canceller_that_has_not_stopped_leaves_one_result_to_swallow)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_promise_on_cancel(p, trace_and_go_on, "canceller");
    hence_deferred_add_both(d, pass, "a");
    hence_deferred_cancel(d);
    check_trace("canceller a:cancelled");
    check_int(hence_resolve(p, payload()), 0);
    check_int(payloads_alive(), 0);
    hence_deferred_unref(d);
}

static bool resolve_with_payload(hence_promise *p, void *answer)
{
    trace("canceller");
    hence_resolve(p, payload());
    return answer != NULL;
}

static bool resolve_with_failure(hence_promise *p, void *answer)
{
    hence_resolve(p, failure("own"));
    return answer != NULL;
}

static bool abandon(hence_promise *p, void *answer)
{
    hence_abandon(p);
    return answer != NULL;
}

static char yes; /* the address of something */

/* rule 34 */
TEST(cancel, a_canceller_may_give_a_value_whatever_it_answers)
{
    void *const answers[] = {NULL, &yes};
    for (int i = 0; i < 2; i++) {
        hence_promise *p;
        hence_deferred *d = hence_deferred_new(&p);
        hence_promise_on_cancel(p, resolve_with_payload, answers[i]);
        hence_deferred_add_both(d, pass, "a");
        check_int(hence_deferred_cancel(d), 0);
        check_trace("canceller a:payload");
        check_string(outcome(d), "payload");
        hence_deferred_unref(d);
    }
}

/* rule 34 */
TEST(cancel, a_canceller_may_give_a_failure_whatever_it_answers)
{
    void *const answers[] = {NULL, &yes};
    for (int i = 0; i < 2; i++) {
        hence_promise *p;
        hence_deferred *d = hence_deferred_new(&p);
        hence_promise_on_cancel(p, resolve_with_failure, answers[i]);
        hence_deferred_add_both(d, swallow, "a");
        hence_deferred_cancel(d);
        check_trace("a:own");
        hence_deferred_unref(d);
    }
}

TEST(cancel, a_canceller_that_abandons_means_stopped)
{
    void *const answers[] = {NULL, &yes};
    for (int i = 0; i < 2; i++) {
        hence_promise *p;
        hence_deferred *d = hence_deferred_new(&p);
        hence_promise_on_cancel(p, abandon, answers[i]);
        hence_deferred_cancel(d);
        check_string(outcome(d), "cancelled");
        hence_deferred_unref(d);
    }
}

static bool resolve_with_chain(hence_promise *p, void *deferred)
{
    hence_resolve(p, hence_chain(hence_deferred_ref(deferred)));
    return true;
}

/* rule 34, difference 16 */
TEST(cancel, a_canceller_may_give_a_chain_which_is_waited_for)
{
    hence_promise *p, *q;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred *inner = hence_deferred_new(&q);
    hence_promise_on_cancel(p, resolve_with_chain, inner);
    check_int(hence_deferred_cancel(d), 0);
    if (inner)
        check_int(hence_deferred_get_state(d), HENCE_DEFERRED_WAITING);
    hence_resolve(q, hence_int(7));
    check_string(outcome(d), "7");
    hence_deferred_unref(d);
    hence_deferred_unref(inner);
}

/* rule 35 */
TEST(cancel, cancelling_again_does_nothing)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_promise_on_cancel(p, trace_and_go_on, "canceller");
    hence_deferred_add_both(d, pass, "a");
    check_int(hence_deferred_cancel(d), 0);
    check_int(hence_deferred_cancel(d), d ? -EALREADY : -ENOMEM);
    check_trace("canceller a:cancelled");
    hence_abandon(p);
    hence_deferred_unref(d);
}

static hence_deferred *being_cancelled;

static bool cancel_again(hence_promise *p, void *word)
{
    (void)p;
    trace("%s:%d", (const char *)word, hence_deferred_cancel(being_cancelled) == -EALREADY);
    trace("%d", hence_deferred_get_state(being_cancelled) == HENCE_DEFERRED_PENDING);
    return true;
}

/* rule 35 */
TEST(cancel, cancelling_inside_the_canceller_does_nothing)
{
    hence_promise *p;
    being_cancelled = hence_deferred_new(&p);
    hence_promise_on_cancel(p, cancel_again, "canceller");
    hence_deferred_cancel(being_cancelled);
    check_trace("canceller:1 1");
    hence_deferred_unref(being_cancelled);
}

static bool let_go(hence_promise *p, void *word)
{
    (void)p;
    (void)word;
    being_cancelled = hence_deferred_unref(being_cancelled);
    return true;
}

TEST(cancel, a_canceller_may_let_the_last_reference_go)
{
    hence_promise *p;
    being_cancelled = hence_deferred_new(&p);
    hence_promise_on_cancel(p, let_go, NULL);
    hence_deferred_add_both(being_cancelled, pass, "a");
    hence_deferred_cancel(being_cancelled);
    check_trace("a:cancelled");
    hence_deferred_unref(being_cancelled);
}

static bool forget(hence_promise *p, void *word)
{
    (void)p;
    (void)word;
    hence_deferred_forget(being_cancelled);
    being_cancelled = NULL;
    return true;
}

TEST(cancel, a_canceller_may_forget_the_Deferred)
{
    hence_promise *p;
    being_cancelled = hence_deferred_new(&p);
    hence_deferred *d = being_cancelled;
    hence_promise_on_cancel(p, forget, NULL);
    if (d)
        hence_deferred_add_both(being_cancelled, pass, "not this");
    hence_deferred_cancel(being_cancelled);
    check_trace("");
    hence_deferred_unref(being_cancelled);
}

static bool add_a_step_and_pause(hence_promise *p, void *word)
{
    (void)p;
    hence_deferred_add_both(being_cancelled, pass, word);
    hence_deferred_pause(being_cancelled);
    return true;
}

TEST(cancel, a_canceller_may_add_steps_and_pause)
{
    hence_promise *p;
    being_cancelled = hence_deferred_new(&p);
    hence_promise_on_cancel(p, add_a_step_and_pause, "added");
    hence_deferred_cancel(being_cancelled);
    if (being_cancelled)
        check_trace("");
    if (being_cancelled)
        hence_deferred_unpause(being_cancelled);
    if (being_cancelled)
        check_trace("added:cancelled");
    hence_deferred_unref(being_cancelled);
}

static bool set_a_canceller(hence_promise *p, void *word)
{
    trace("%s", (const char *)word);
    hence_promise_on_cancel(p, trace_and_stop, "never");
    return false;
}

TEST(cancel, a_canceller_set_while_one_runs_never_runs)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_promise_on_cancel(p, set_a_canceller, "canceller");
    hence_deferred_cancel(d);
    hence_deferred_cancel(d);
    check_trace("canceller");
    hence_abandon(p);
    hence_deferred_unref(d);
}

/* rule 36 */
TEST(cancel, one_that_has_its_result_is_left_alone)
{
    hence_deferred *d = hence_deferred_succeed(hence_int(7));
    check_int(hence_deferred_cancel(d), -EALREADY);
    check_string(outcome(d), "7");
    check_int(hence_deferred_cancel(d), -EALREADY);
    hence_deferred_unref(d);
    check_int(hence_deferred_cancel(NULL), -ENOMEM);
}

/* rule 36 */
TEST(cancel, on_one_that_waits_it_cancels_the_one_that_it_waits_for)
{
    hence_promise *p;
    hence_deferred *inner = hence_deferred_new(&p);
    hence_deferred *outer = hence_deferred_succeed(hence_chain(hence_deferred_ref(inner)));
    hence_promise_on_cancel(p, trace_and_stop, "canceller");
    hence_deferred_add_both(inner, pass, "inner");
    hence_deferred_add_both(outer, pass, "outer");
    check_int(hence_deferred_cancel(outer), 0);
    if (inner)
        check_trace("canceller outer:cancelled inner:none");
    hence_deferred_cancel(inner); /* if there was no outer one */
    hence_deferred_unref(inner);
    hence_deferred_unref(outer);
}

/* rule 36 */
TEST(cancel, the_steps_of_the_inner_one_may_handle_it)
{
    hence_promise *p;
    hence_deferred *inner = hence_deferred_new(&p);
    hence_deferred_add_errback(inner, give_payload, "inner");
    hence_deferred *outer = hence_deferred_succeed(hence_chain(hence_deferred_ref(inner)));
    hence_deferred_add_both(outer, pass, "outer");
    check_int(hence_deferred_cancel(outer), 0);
    check_trace("inner:cancelled outer:payload");
    hence_abandon(p);
    hence_deferred_unref(inner);
    hence_deferred_unref(outer);
}

/* rule 36 */
TEST(cancel, one_that_waits_for_a_paused_result_is_left_alone)
{
    hence_deferred *inner = hence_deferred_succeed(hence_int(7));
    hence_deferred_pause(inner);
    hence_deferred *outer = hence_deferred_succeed(hence_chain(hence_deferred_ref(inner)));
    check_int(hence_deferred_cancel(outer), -EALREADY);
    hence_deferred_unpause(inner);
    check_string(outcome(outer), "7");
    hence_deferred_unref(inner);
    hence_deferred_unref(outer);
}

static hence_result cancel_it(hence_result *in, void *variable)
{
    hence_deferred **d = variable;
    trace("%d", hence_deferred_cancel(*d) == -EALREADY);
    return *in;
}

/* rule 37 */
TEST(cancel, inside_a_step_of_its_own_it_does_nothing)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_promise_on_cancel(p, trace_and_stop, "never");
    hence_deferred_add_callback(d, cancel_it, &d);
    hence_deferred_add_both(d, pass, "a");
    hence_resolve(p, hence_int(7));
    check_trace("1 a:7");
    hence_deferred_unref(d);
}

static hence_result cancel_another(hence_result *in, void *variable)
{
    hence_deferred **d = variable;
    trace("%d", hence_deferred_cancel(*d) == 0);
    return *in;
}

TEST(cancel, inside_a_step_another_one_may_be_cancelled)
{
    hence_promise *p, *q;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred *other = hence_deferred_new(&q);
    hence_deferred_add_callback(d, cancel_another, &other);
    hence_deferred_add_both(other, pass, "other");
    hence_deferred_add_both(d, pass, "d");
    hence_resolve(p, hence_int(7));
    check_trace("other:cancelled 1 d:7");
    hence_abandon(q);
    hence_deferred_unref(d);
    hence_deferred_unref(other);
}

/* rule 37 */
TEST(cancel, the_canceller_does_not_run_after_the_result_has_come)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_promise_on_cancel(p, trace_and_stop, "never");
    hence_resolve(p, hence_int(7));
    hence_deferred_cancel(d);
    check_trace("");
    hence_deferred_unref(d);
}

TEST(cancel, the_last_canceller_counts)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_promise_on_cancel(p, trace_and_stop, "first");
    hence_promise_on_cancel(p, trace_and_stop, "second");
    hence_deferred_cancel(d);
    check_trace("second");
    hence_deferred_unref(d);
}

TEST(cancel, a_canceller_can_be_taken_back)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_promise_on_cancel(p, trace_and_stop, "never");
    hence_promise_on_cancel(p, NULL, NULL);
    hence_deferred_cancel(d);
    check_trace("");
    check_int(hence_resolve(p, hence_int(7)), 0);
    hence_deferred_unref(d);
}

static bool trace_arg(hence_promise *p, void *arg)
{
    (void)p;
    trace("%d", *(int *)arg);
    return true;
}

/* rule 38, difference 8 */
TEST(cancel, whatever_the_canceller_does_the_Deferred_ends)
{
    int number = 42;
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_promise_on_cancel(p, trace_arg, &number);
    hence_deferred_cancel(d);
    check_trace("42");
    check(hence_deferred_get_state(d) == HENCE_DEFERRED_DONE);
    check_string(outcome(d), "cancelled");
    hence_deferred_unref(d);
}

/* rule 39, difference 3 */
TEST(cancel, it_reaches_the_innermost_one)
{
    enum {
        DEPTH = 50
    };
    hence_promise *p;
    hence_deferred *d[DEPTH];
    d[0] = hence_deferred_new(&p);
    hence_promise_on_cancel(p, trace_and_stop, "canceller");
    for (int i = 1; i < DEPTH; i++)
        d[i] = hence_deferred_succeed(hence_chain(hence_deferred_ref(d[i - 1])));
    check_int(hence_deferred_cancel(d[DEPTH - 1]), 0);
    check_trace("canceller");
    check_string(outcome(d[DEPTH - 1]), "cancelled");
    hence_deferred_cancel(d[0]); /* if there was no last one */
    for (int i = 0; i < DEPTH; i++)
        hence_deferred_unref(d[i]);
}

TEST(cancel, a_cancelled_one_that_is_paused_runs_its_steps_when_it_is_unpaused)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred_add_both(d, pass, "a");
    hence_deferred_pause(d);
    check_int(hence_deferred_cancel(d), 0);
    check_trace("");
    check_int(hence_deferred_get_state(d), HENCE_DEFERRED_PAUSED);
    hence_deferred_unpause(d);
    check_trace("a:cancelled");
    hence_abandon(p);
    hence_deferred_unref(d);
}

static hence_result go_on(hence_result *in, void *deferred)
{
    if (!hence_is_cancelled(in))
        return hence_take(in);
    trace("again");
    return hence_chain(hence_deferred_ref(deferred));
}

TEST(cancel, an_errback_may_answer_it_with_another_chain)
{
    hence_promise *p, *q;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred *other = hence_deferred_new(&q);
    hence_deferred_add_errback(d, go_on, other);
    hence_deferred_cancel(d);
    check_trace("again");
    hence_resolve(q, hence_int(7));
    check_string(outcome(d), "7");
    hence_abandon(p);
    hence_deferred_unref(d);
    hence_deferred_unref(other);
}

/* difference 19 */
TEST(cancel, a_cancellation_that_nobody_handled_is_not_reported)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred_cancel(d);
    hence_abandon(p);
    hence_deferred_unref(d);
    d = hence_deferred_fail(hence_fail(HENCE_ECANCELLED, "the user pressed stop"));
    hence_deferred_unref(d);
}

TEST(cancel, a_failure_because_of_a_cancellation_is_reported)
{
    hence_result cancelled = hence_fail_static(HENCE_ECANCELLED);
    hence_deferred *d = hence_deferred_fail(
        hence_fail_in(&test_domain, hence_take_failure(&cancelled), 1, "cannot go on"));
    hence_deferred_unref(d);
    check(had_report(HENCE_REPORT_UNHANDLED));
}
