/* SPDX-License-Identifier: BSD-3-Clause */
/* Shares: one Deferred's result for many. */
#include <errno.h>
#include <string.h>

#include "compose/share_support.h"

SUITE(share);

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
    hence_deferred *c = hence_share_get(share);
    hence_deferred_add_both(c, pass, "c");
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
