/* SPDX-License-Identifier: BSD-3-Clause */
/* Deferreds for functions that may have the result at once, and steps that are always useful. */
#include <string.h>

#include "support.h"

SUITE(deferred_helpers);

static hence_result give_int(void *word)
{
    trace("%s", (const char *)word);
    return hence_int(7);
}

static hence_result give_owned(void *arg)
{
    (void)arg;
    return payload();
}

static hence_result give_failure(void *message)
{
    return failure(message);
}

static hence_result give_chain(void *d)
{
    return hence_chain(hence_deferred_ref(d));
}

static hence_result give_future(void *f)
{
    return hence_chain_future(hence_future_ref(f));
}

/* ---- maybe: rule 62 ---- */

/* rule 62 */
TEST(deferred_helpers, a_value_that_is_there_at_once_makes_one_that_has_it)
{
    hence_deferred *d = hence_maybe_deferred(give_int, "called");
    check_trace("called");
    check_string(outcome(d), "7");
    check(d && strstr(hence_deferred_site(d), "test_helpers.c:"));
    hence_deferred_unref(d);
}

/* rule 62 */
TEST(deferred_helpers, a_failure_makes_one_that_has_failed)
{
    hence_deferred *d = hence_maybe_deferred(give_failure, "broken");
    hence_deferred_add_both(d, swallow, "d");
    check_trace("d:broken");
    hence_deferred_unref(d);
}

/* rule 62 */
TEST(deferred_helpers, a_Deferred_is_handed_through_as_it_is)
{
    hence_promise *p;
    hence_deferred *inner = hence_deferred_new(&p);
    hence_deferred *d = hence_maybe_deferred(give_chain, inner);
    check(d == inner);
    hence_deferred_add_both(d, pass, "d");
    hence_resolve(p, hence_int(11));
    check_trace("d:11");
    hence_deferred_unref(d);
    hence_deferred_unref(inner);
}

/* rule 62 */
TEST(deferred_helpers, a_Deferred_that_fails_is_handed_through_too)
{
    hence_deferred *inner = hence_deferred_fail(failure("broken"));
    hence_deferred *d = hence_maybe_deferred(give_chain, inner);
    check(d == inner);
    hence_deferred_add_both(d, swallow, "d");
    check_trace("d:broken");
    hence_deferred_unref(d);
    hence_deferred_unref(inner);
}

TEST(deferred_helpers, a_Future_is_waited_for)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_deferred *d = hence_maybe_deferred(give_future, f);
    hence_deferred *e = hence_execute(give_future, f);
    hence_deferred_add_both(d, pass, "maybe");
    hence_deferred_add_both(e, pass, "execute");
    hence_resolve(p, hence_int(7));
    hence_test_clock_advance(both.clock, 0);
    check_trace("maybe:7 execute:7");
    hence_deferred_unref(d);
    hence_deferred_unref(e);
    hence_future_unref(f);
    end_loop(&both);
}

TEST(deferred_helpers, without_a_function_it_is_invalid)
{
    hence_deferred *d = hence_maybe_deferred(NULL, NULL), *e = hence_execute(NULL, NULL);
    check_string(outcome(d), "invalid");
    check_string(outcome(e), "invalid");
    hence_deferred_unref(d);
    hence_deferred_unref(e);
}

TEST(deferred_helpers, a_chain_to_nothing_is_the_out_of_memory_failure)
{
    hence_deferred *d = hence_maybe_deferred(give_chain, NULL);
    hence_deferred *e = hence_execute(give_chain, NULL);
    check_string(outcome(d), "nomem");
    check_string(outcome(e), "nomem");
    hence_deferred_unref(d);
    hence_deferred_unref(e);
}

TEST(deferred_helpers, without_memory_what_the_function_gave_is_destroyed)
{
    hence_promise *p;
    hence_deferred *inner = hence_deferred_new(&p);
    out_of_memory(true);
    check(!hence_maybe_deferred(give_owned, NULL));
    check(!hence_execute(give_owned, NULL));
    check_int(payloads_alive(), 0);
    check(!hence_execute(give_chain, inner));
    hence_deferred *d = hence_maybe_deferred(give_chain, inner);
    out_of_memory(false);
    check(d == inner); /* that one needs no memory */
    hence_resolve(p, payload());
    hence_deferred_unref(d);
    hence_deferred_unref(inner);
    check_int(payloads_alive(), 0);
}

/* ---- execute ---- */

TEST(deferred_helpers, executing_makes_one_of_its_own_for_a_value_and_a_failure)
{
    hence_deferred *d = hence_execute(give_int, "called");
    hence_deferred *e = hence_execute(give_failure, "broken");
    check_trace("called");
    check_string(outcome(d), "7");
    check_string(outcome(e), "broken");
    check(d && strstr(hence_deferred_site(d), "test_helpers.c:"));
    hence_deferred_unref(d);
    hence_deferred_unref(e);
}

TEST(deferred_helpers, executing_makes_one_of_its_own_that_waits_for_the_Deferred)
{
    hence_promise *p;
    hence_deferred *inner = hence_deferred_new(&p);
    hence_deferred *d = hence_execute(give_chain, inner);
    check(d != inner);
    check_int(hence_deferred_get_state(d), HENCE_DEFERRED_WAITING);
    hence_deferred_add_both(d, pass, "d");
    hence_deferred_add_both(inner, pass, "inner");
    hence_resolve(p, hence_int(7));
    check_trace("d:7 inner:none");
    hence_deferred_unref(d);
    hence_deferred_unref(inner);
}

TEST(deferred_helpers, cancelling_what_was_executed_cancels_what_it_waits_for)
{
    hence_promise *p;
    hence_deferred *inner = hence_deferred_new(&p);
    hence_deferred *d = hence_execute(give_chain, inner);
    check_int(hence_deferred_cancel(d), 0);
    hence_abandon(p);
    check_string(outcome(d), "cancelled");
    hence_deferred_unref(d);
    hence_deferred_unref(inner);
}

/* ---- steps ---- */

TEST(deferred_helpers, passing_through_changes_nothing)
{
    hence_deferred *d = hence_deferred_succeed(payload());
    hence_deferred_add_both(d, hence_passthru, NULL);
    check_string(outcome(d), "payload");
    check_int(payloads_alive(), 0);
    hence_deferred *e = hence_deferred_fail(failure("broken"));
    hence_deferred_add_callbacks(e, hence_passthru, hence_passthru, NULL);
    check_string(outcome(e), "broken");
    hence_deferred_unref(d);
    hence_deferred_unref(e);
}

TEST(deferred_helpers, an_error_that_is_logged_is_reported_and_passed_on)
{
    hence_deferred *d = hence_deferred_fail(failure("broken"));
    hence_deferred_add_errback(d, hence_log_error, "cannot load the page");
    check(had_report(HENCE_REPORT_LOGGED));
    check(strstr(report_text(), "cannot load the page: broken [test 1 at tests/"));
    hence_deferred_add_both(d, swallow, "d");
    check_trace("d:broken");
    hence_deferred_unref(d);
}

TEST(deferred_helpers, an_error_that_is_logged_is_still_to_be_handled)
{
    hence_deferred *d = hence_deferred_fail(failure("broken"));
    hence_deferred_add_both(d, hence_log_error, NULL);
    check(had_report(HENCE_REPORT_LOGGED));
    check(strstr(report_text(), "broken"));
    hence_deferred_unref(d);
    check(had_report(HENCE_REPORT_UNHANDLED));
}

TEST(deferred_helpers, a_value_is_passed_on_without_a_word)
{
    hence_deferred *d = hence_deferred_succeed(payload());
    hence_deferred_add_both(d, hence_log_error, "never");
    check_string(outcome(d), "payload");
    hence_deferred_unref(d);
}

static void keep_kind(const hence_report *report, void *kind)
{
    *(int *)kind = (int)report->kind;
}

TEST(deferred_helpers, what_is_logged_goes_to_the_handler_that_the_program_set)
{
    int kind = 0;
    hence_deferred *d = hence_deferred_fail(failure("broken"));
    hence_set_report_handler(keep_kind, &kind);
    hence_deferred_add_errback(d, hence_log_error, "message");
    keep_reports();
    check_int(kind, HENCE_REPORT_LOGGED);
    hence_deferred_add_errback(d, swallow, "d");
    check_trace("d:broken");
    hence_deferred_unref(d);
}

TEST(deferred_helpers, a_cancellation_that_is_logged_is_reported_too)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred_add_errback(d, hence_log_error, "given up");
    hence_deferred_cancel(d);
    check(had_report(HENCE_REPORT_LOGGED));
    hence_abandon(p);
    hence_deferred_unref(d);
}
