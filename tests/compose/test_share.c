/* SPDX-License-Identifier: BSD-3-Clause */
/* Shares: one Deferred's result for many. */
#include <errno.h>
#include <string.h>

#include "support/inputs.h"

SUITE(share);

/* A share of a pending Deferred, whose promise that is: inputs, input 0. */
static hence_share *begin_share(void)
{
    begin_inputs(1, STOPS);
    return hence_share_new(inputs[0]);
}

static hence_deferred *get(hence_share *share, const char *word)
{
    hence_deferred *d = hence_share_get(share);
    hence_deferred_add_both(d, pass, (void *)(uintptr_t)word);
    return d;
}

/* ---- the result ---- */

/* difference 1 */
TEST(share, everybody_gets_the_value_in_the_order_in_which_they_asked)
{
    hence_share *share = begin_share();
    hence_deferred *a = get(share, "a"), *b = get(share, "b");
    check_trace("");
    check_int(hence_deferred_get_state(a), HENCE_DEFERRED_PENDING);
    resolve_input(0, hence_int(7));
    check_trace("a:7 b:7");
    hence_deferred *c = get(share, "c");
    check_trace("c:7");
    check(c && strstr(hence_deferred_site(c), "test_share.c:"));
    hence_share_unref(share);
    hence_deferred_unref(a);
    hence_deferred_unref(b);
    hence_deferred_unref(c);
    end_inputs();
}

TEST(share, an_owned_value_is_shared_and_destroyed_once_when_nobody_has_it_any_more)
{
    hence_share *share = begin_share();
    hence_deferred *a = hence_share_get(share);
    resolve_input(0, payload());
    hence_deferred *b = hence_share_get(share);
    hence_share_unref(share);
    hence_result ra = hence_deferred_take(a), rb = hence_deferred_take(b);
    check(hence_as(&ra, payload_destroy));
    check(hence_as(&ra, payload_destroy) == hence_as(&rb, payload_destroy));
    check(!hence_take_ptr(&ra, payload_destroy));
    hence_deferred_unref(a);
    hence_deferred_unref(b);
    hence_drop(ra);
    check_int(payloads_alive(), rb.kind == HENCE_KIND_SHARED ? 1 : 0);
    hence_drop(rb);
    check_int(payloads_alive(), 0);
    end_inputs();
}

TEST(share, everybody_gets_the_failure)
{
    hence_share *share = begin_share();
    hence_deferred *a = hence_share_get(share);
    hence_deferred_add_both(a, swallow, "a");
    resolve_input(0, failure("broken"));
    hence_deferred *b = hence_share_get(share);
    hence_deferred_add_both(b, swallow, "b");
    check_trace("a:broken b:broken");
    hence_share_unref(share);
    hence_deferred_unref(a);
    hence_deferred_unref(b);
    end_inputs();
}

TEST(share, what_one_makes_of_it_is_its_own)
{
    hence_share *share = begin_share();
    hence_deferred *a = hence_share_get(share);
    hence_deferred_add_callback(a, add_one, "a");
    hence_deferred_add_callback(a, add_one, "a");
    hence_deferred *b = get(share, "b");
    resolve_input(0, hence_int(7));
    check_trace("a:7 a:8 b:7");
    hence_share_unref(share);
    hence_deferred_unref(a);
    hence_deferred_unref(b);
    end_inputs();
}

TEST(share, one_of_a_Deferred_that_has_its_result_has_it_too)
{
    hence_share *share = hence_share_new(hence_deferred_succeed(payload()));
    hence_deferred *a = get(share, "a");
    check_trace(share ? "a:shared" : "a:nomem");
    check_int(hence_share_cancel(share), share ? -EALREADY : -ENOMEM);
    hence_share_unref(share);
    hence_deferred_unref(a);
    check_int(payloads_alive(), 0);
}

TEST(share, it_takes_the_result_of_its_Deferred)
{
    begin_inputs(1, STOPS);
    hence_deferred *held = hence_deferred_ref(inputs[0]);
    hence_share *share = hence_share_new(inputs[0]), *second = hence_share_new(held);
    held = hence_deferred_unref(NULL);
    hence_deferred *a = get(share, "a");
    hence_deferred *b = hence_share_get(second);
    hence_deferred_add_both(b, swallow, "b");
    resolve_input(0, hence_int(7));
    if (share)
        check_trace("b:taken a:7");
    hence_share_unref(share);
    hence_share_unref(second);
    hence_deferred_unref(a);
    hence_deferred_unref(b);
    end_inputs();
}

TEST(share, a_Future_s_value_is_shared_as_it_is)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_share *share = hence_share_new(hence_deferred_from_future(f));
    hence_deferred *a = get(share, "a"), *b = get(share, "b");
    hence_resolve(p, payload());
    check_trace("");
    hence_test_clock_advance(both.clock, 0);
    if (!support_faulty)
        check_trace("a:shared b:shared");
    hence_future_unref(f);
    hence_share_unref(share);
    hence_deferred_unref(a);
    check_int(payloads_alive(), 1);
    hence_deferred_unref(b);
    check_int(payloads_alive(), 0);
    end_loop(&both);
}

TEST(share, the_value_may_be_a_list)
{
    begin_inputs(2, STOPS);
    hence_share *share = hence_share_new(hence_deferred_list(inputs, 2, 0));
    hence_deferred *a = get(share, "a"), *b = get(share, "b");
    resolve_input(0, payload());
    resolve_input(1, hence_int(7));
    if (!support_faulty)
        check_trace("a:shared[payload,7] b:shared[payload,7]");
    hence_share_unref(share);
    hence_deferred_unref(a);
    hence_deferred_unref(b);
    check_int(payloads_alive(), 0);
    end_inputs();
}

TEST(share, those_of_one_share_may_stand_in_a_list)
{
    hence_share *share = begin_share();
    hence_deferred *in[] = {hence_share_get(share), hence_share_get(share)};
    hence_deferred *d = hence_deferred_list(in, 2, 0);
    hence_share_unref(share);
    resolve_input(0, payload());
    check_string(outcome(d), "[shared,shared]");
    check_int(payloads_alive(), 0);
    hence_deferred_unref(d);
    end_inputs();
}

/* ---- no memory ---- */

TEST(share, of_what_could_not_be_had_everybody_gets_that_failure)
{
    hence_share *share = hence_share_new(NULL);
    hence_deferred *a = hence_share_get(share);
    check_string(outcome(a), "nomem");
    hence_deferred_unref(a);
    hence_share_unref(share);
}

TEST(share, one_that_could_not_be_had_is_accepted_everywhere)
{
    check(!hence_share_get(NULL));
    check(!hence_share_ref(NULL));
    check(!hence_share_unref(NULL));
    check_int(hence_share_cancel(NULL), -ENOMEM);
}

TEST(share, without_memory_there_is_none_and_the_Deferred_is_let_go)
{
    begin_inputs(1, STOPS);
    hence_deferred_add_both(inputs[0], swallow, "input");
    hence_deferred *done = hence_deferred_succeed(payload());
    out_of_memory(true);
    check(!hence_share_new(inputs[0]));
    check(!hence_share_new(done));
    out_of_memory(false);
    check_int(payloads_alive(), 0);
    resolve_input(0, payload());
    check_trace("input:payload");
    end_inputs();
}

TEST(share, those_for_whom_there_is_no_memory_do_not_disturb_the_others)
{
    hence_share *share = begin_share();
    hence_deferred *a = get(share, "a");
    out_of_memory(true);
    check(!hence_share_get(share));
    resolve_input(0, payload());
    check(!hence_share_get(share));
    out_of_memory(false);
    check_trace("a:shared");
    hence_share_unref(share);
    hence_deferred_unref(a);
    check_int(payloads_alive(), 0);
    end_inputs();
}

/* ---- reports ---- */

TEST(share, a_failure_that_nobody_asked_for_is_reported_when_the_last_holder_lets_go)
{
    hence_share *share = begin_share();
    hence_share_ref(share);
    hence_share_unref(share);
    resolve_input(0, failure("broken"));
    hence_share_unref(share);
    check(had_report(HENCE_REPORT_UNHANDLED));
    check(strstr(report_text(), "broken") && strstr(report_text(), "made at "));
    end_inputs();
}

TEST(share, a_failure_that_comes_when_nobody_holds_it_any_more_is_reported)
{
    hence_share_unref(begin_share());
    resolve_input(0, failure("broken"));
    check(had_report(HENCE_REPORT_UNHANDLED));
    end_inputs();
}

TEST(share, a_failure_that_one_of_them_does_not_handle_is_reported_for_that_one)
{
    hence_share *share = begin_share();
    hence_deferred *a = hence_share_get(share), *b = hence_share_get(share);
    hence_deferred_add_both(a, swallow, "a");
    resolve_input(0, failure("broken"));
    check_trace("a:broken");
    hence_share_unref(share);
    hence_deferred_unref(a);
    hence_deferred_unref(b);
    check(had_report(HENCE_REPORT_UNHANDLED));
    end_inputs();
}

/* difference 19 */
TEST(share, a_cancellation_that_nobody_asked_for_is_not_reported)
{
    hence_share *share = begin_share();
    resolve_input(0, hence_fail_static(HENCE_ECANCELLED));
    hence_share_unref(share);
    end_inputs();
}

TEST(share, a_failure_that_could_not_be_handed_over_for_want_of_memory_is_reported)
{
    hence_share *share = begin_share();
    resolve_input(0, failure("broken"));
    out_of_memory(true);
    hence_deferred *a = hence_share_get(share);
    out_of_memory(false);
    check(!a);
    hence_share_unref(share);
    check(had_report(HENCE_REPORT_UNHANDLED));
    hence_deferred_unref(a);
    end_inputs();
}

/* ---- cancelled ---- */

TEST(share, cancelling_one_ends_that_one_alone)
{
    hence_share *share = begin_share();
    hence_deferred *a = get(share, "a"), *b = get(share, "b"), *c = get(share, "c");
    check_int(hence_deferred_cancel(b), 0);
    check_trace("b:cancelled");
    check_int(hence_deferred_cancel(b), -EALREADY);
    check(input_is_wanted(0));
    resolve_input(0, hence_int(7));
    check_trace("a:7 c:7");
    hence_share_unref(share);
    hence_deferred_unref(a);
    hence_deferred_unref(b);
    hence_deferred_unref(c);
    end_inputs();
}

TEST(share, as_long_as_somebody_may_ask_the_Deferred_goes_on)
{
    hence_share *share = begin_share();
    hence_deferred *a = get(share, "a");
    hence_deferred_cancel(a);
    check_trace("a:cancelled");
    check(input_is_wanted(0));
    hence_deferred *b = get(share, "b");
    resolve_input(0, hence_int(7));
    check_trace("b:7");
    hence_share_unref(share);
    hence_deferred_unref(a);
    hence_deferred_unref(b);
    end_inputs();
}

TEST(share, when_nobody_waits_or_can_ask_any_more_the_Deferred_is_cancelled)
{
    hence_share *share = begin_share();
    hence_deferred *a = get(share, "a"), *b = get(share, "b");
    hence_share_unref(share);
    hence_deferred_cancel(a);
    check_trace("a:cancelled");
    check(input_is_wanted(0));
    hence_deferred_cancel(b);
    if (b)
        check_trace("cancel0 b:cancelled");
    hence_deferred_unref(a);
    hence_deferred_unref(b);
    end_inputs();
}

TEST(share, letting_go_of_it_cancels_nothing)
{
    hence_share *share = begin_share();
    hence_deferred *a = get(share, "a");
    hence_share_unref(share);
    check(input_is_wanted(0));
    resolve_input(0, hence_int(7));
    check_trace("a:7");
    hence_deferred_unref(a);
    end_inputs();
}

TEST(share, letting_go_of_those_that_wait_cancels_nothing)
{
    hence_share *share = begin_share();
    hence_deferred *a = get(share, "a");
    hence_deferred_unref(a);
    hence_share_unref(share);
    check(input_is_wanted(0));
    resolve_input(0, payload());
    check_trace("a:shared");
    check_int(payloads_alive(), 0);
    end_inputs();
}

TEST(share, forgetting_one_ends_that_one_alone)
{
    hence_share *share = begin_share();
    hence_deferred *a = hence_share_get(share);
    if (a)
        hence_deferred_add_both(a, pass, "never");
    hence_deferred *b = get(share, "b");
    hence_deferred_forget(a);
    resolve_input(0, hence_int(7));
    check_trace("b:7");
    hence_share_unref(share);
    hence_deferred_unref(b);
    end_inputs();
}

TEST(share, it_can_be_cancelled_for_all)
{
    hence_share *share = begin_share();
    hence_deferred *a = get(share, "a"), *b = get(share, "b");
    check_int(hence_share_cancel(share), 0);
    check_trace("cancel0 a:cancelled b:cancelled");
    check_int(hence_share_cancel(share), -EALREADY);
    hence_deferred *c = get(share, "c");
    check_trace("c:cancelled");
    hence_share_unref(share);
    hence_deferred_unref(a);
    hence_deferred_unref(b);
    hence_deferred_unref(c);
    end_inputs();
}

TEST(share, what_the_canceller_gives_is_for_all)
{
    hence_share *share = begin_share();
    set_on_cancel(0, GIVES_VALUE);
    hence_deferred *a = get(share, "a"), *b = get(share, "b");
    hence_share_cancel(share);
    check_trace("cancel0 a:100 b:100");
    hence_share_unref(share);
    hence_deferred_unref(a);
    hence_deferred_unref(b);
    end_inputs();
}

TEST(share, a_Deferred_that_takes_time_to_end_is_waited_for)
{
    hence_share *share = begin_share();
    set_on_cancel(0, TAKES_TIME);
    hence_deferred *a = get(share, "a");
    check_int(hence_share_cancel(share), 0);
    check_trace("cancel0");
    resolve_late(0, hence_int(7));
    check_trace("a:7");
    hence_share_unref(share);
    hence_deferred_unref(a);
    end_inputs();
}

/* The share and two that wait are let go or cancelled, and the result comes: in every order. */
static void run_in_order(unsigned order, bool cancels)
{
    unsigned left[] = {0, 1, 2, 3};
    hence_share *share = begin_share();
    hence_deferred *d[] = {hence_share_get(share), hence_share_get(share)};
    for (unsigned n = 4; n; n--) {
        unsigned which = order % n, event = left[which];
        order /= n;
        left[which] = left[n - 1];
        if (event < 2) {
            if (cancels)
                hence_deferred_cancel(d[event]);
            hence_deferred_unref(d[event]);
        } else if (event == 2) {
            hence_share_unref(share);
        } else {
            resolve_input(0, payload());
        }
    }
    check_int(payloads_alive(), 0);
    end_inputs();
}

TEST(share, everything_may_be_let_go_in_any_order)
{
    for (unsigned order = 0; order < 48; order++)
        run_in_order(order / 2, order % 2);
}

/* ---- what steps may do ---- */

static hence_share *the_share;
static hence_deferred *the_other;

static void begin_the_share(void)
{
    the_share = NULL; /* steps may run before there is one, if there is no memory */
    the_other = NULL;
    the_share = begin_share();
}

static hence_result ask_again(hence_result *in, void *word)
{
    trace("%s:%s", (const char *)word, describe(in));
    hence_deferred_unref(get(the_share, "again"));
    return hence_take(in);
}

TEST(share, a_step_may_ask_again_and_gets_it_at_once)
{
    begin_the_share();
    hence_deferred *a = hence_share_get(the_share);
    hence_deferred_add_both(a, ask_again, "a");
    hence_deferred *b = get(the_share, "b");
    resolve_input(0, payload());
    check_trace("a:shared again:shared b:shared");
    hence_share_unref(the_share);
    hence_deferred_unref(a);
    hence_deferred_unref(b);
    check_int(payloads_alive(), 0);
    end_inputs();
}

static hence_result let_the_share_go(hence_result *in, void *word)
{
    trace("%s:%s", (const char *)word, describe(in));
    the_share = hence_share_unref(the_share);
    return hence_take(in);
}

TEST(share, a_step_may_let_the_share_go)
{
    begin_the_share();
    hence_deferred *a = hence_share_get(the_share);
    hence_deferred_add_both(a, let_the_share_go, "a");
    hence_deferred *b = get(the_share, "b");
    resolve_input(0, payload());
    check_trace("a:shared b:shared");
    hence_share_unref(the_share);
    hence_deferred_unref(a);
    hence_deferred_unref(b);
    check_int(payloads_alive(), 0);
    end_inputs();
}

static hence_result cancel_other(hence_result *in, void *word)
{
    trace("%s:%s", (const char *)word, describe(in));
    hence_deferred_cancel(the_other);
    return hence_take(in);
}

TEST(share, a_step_may_cancel_another_one_that_still_waits)
{
    begin_the_share();
    hence_deferred *a = hence_share_get(the_share);
    hence_deferred_add_both(a, cancel_other, "a");
    the_other = get(the_share, "b");
    hence_deferred *c = get(the_share, "c");
    resolve_input(0, hence_int(7));
    if (!support_faulty)
        check_trace("a:7 b:cancelled c:7");
    hence_share_unref(the_share);
    hence_deferred_unref(a);
    hence_deferred_unref(the_other);
    hence_deferred_unref(c);
    end_inputs();
}

static hence_result cancel_share(hence_result *in, void *word)
{
    trace("%s:%s:%d", (const char *)word, describe(in), hence_share_cancel(the_share) == -EALREADY);
    return hence_take(in);
}

TEST(share, a_step_is_too_late_to_cancel_the_share)
{
    begin_the_share();
    hence_deferred *a = hence_share_get(the_share);
    hence_deferred_add_both(a, cancel_share, "a");
    hence_deferred *b = get(the_share, "b");
    resolve_input(0, hence_int(7));
    check_trace("a:7:1 b:7");
    hence_share_unref(the_share);
    hence_deferred_unref(a);
    hence_deferred_unref(b);
    end_inputs();
}

static hence_result resolve_second(hence_result *in, void *word)
{
    trace("%s:%s", (const char *)word, describe(in));
    resolve_input(1, hence_int(8));
    return hence_take(in);
}

TEST(share, a_step_may_resolve_what_another_share_waits_for)
{
    begin_inputs(2, STOPS);
    hence_share *first = hence_share_new(inputs[0]), *second = hence_share_new(inputs[1]);
    hence_deferred *a = hence_share_get(first);
    hence_deferred_add_both(a, resolve_second, "a");
    hence_deferred *b = get(second, "b");
    hence_deferred *c = get(first, "c");
    resolve_input(0, hence_int(7));
    hence_share_unref(second);
    hence_share_unref(first);
    if (!support_faulty)
        check_trace("a:7 c:7 b:8"); /* those of one share are told before those of the next */
    hence_deferred_unref(a);
    hence_deferred_unref(b);
    hence_deferred_unref(c);
    end_inputs();
}

static hence_result chain_the_share(hence_result *in, void *word)
{
    trace("%s:%s", (const char *)word, describe(in));
    return hence_chain(hence_share_get(the_share));
}

/* A share of what the outer one gives. */
static hence_share *share_of(hence_share *outer)
{
    return hence_share_new(hence_share_get(outer));
}

TEST(share, shares_of_a_share_are_told_one_after_the_other)
{
    hence_share *outer = begin_share();
    hence_share *first = share_of(outer), *second = share_of(outer), *third = share_of(first);
    hence_deferred *d[] = {get(third, "c"), get(second, "b"), get(first, "a"), get(third, "d")};
    resolve_input(0, hence_int(7));
    check_trace("a:7 b:7 c:7 d:7");
    for (int i = 0; i < 4; i++)
        hence_deferred_unref(d[i]);
    hence_share_unref(third);
    hence_share_unref(second);
    hence_share_unref(first);
    hence_share_unref(outer);
    end_inputs();
}

TEST(share, a_step_may_wait_for_it)
{
    begin_the_share();
    hence_deferred *d = hence_deferred_succeed(hence_none());
    hence_deferred_add_callback(d, chain_the_share, "step");
    hence_deferred_add_both(d, pass, "d");
    check_trace("step:none");
    resolve_input(0, hence_int(7));
    check_trace("d:7");
    hence_share_unref(the_share);
    hence_deferred_unref(d);
    end_inputs();
}
