/* SPDX-License-Identifier: BSD-3-Clause */
/* A Future's life: made, resolved, cancelled, read, let go; and who may use it. */
#include <errno.h>
#include <string.h>

#include "support/support.h"

SUITE(future);

/* ---- made ---- */

/* rule 77 */
TEST(future, a_new_Future_is_pending)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    check(f && p);
    check(!hence_future_done(f));
    check(!hence_future_cancelled(f));
    check(hence_promise_is_wanted(p));
    check_string(outcome_of(f), "pending");
    check(!hence_future_failure(f));
    hence_abandon(p);
    hence_future_failure(f);
    hence_future_unref(f);
    end_loop(&both);
}

TEST(future, it_knows_its_loop_and_the_line_where_it_was_made)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p, *q;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_future *g = hence_future_new_at(NULL, both.loop, &q);
    check(hence_future_loop(f) == both.loop);
    check(f ? strstr(hence_future_site(f), "test_future.c:") != NULL : support_faulty);
    check(!hence_future_site(g));
    hence_resolve(p, hence_none());
    hence_resolve(q, hence_none());
    hence_future_unref(f);
    hence_future_unref(g);
    end_loop(&both);
}

TEST(future, without_a_producer_it_is_abandoned_from_the_start)
{
    struct loop_and_clock both = begin_loop();
    hence_future *f = hence_future_new(both.loop, NULL);
    check(hence_future_done(f));
    check_string(outcome_of(f), "abandoned");
    hence_future_unref(f);
    hence_future_unref(hence_future_new(both.loop, NULL));
    check(had_report(HENCE_REPORT_NEVER_RETRIEVED));
    end_loop(&both);
}

TEST(future, it_can_not_be_had_without_a_loop_that_is_open)
{
    hence_loop *loop = hence_loop_new(NULL);
    hence_promise *p = (hence_promise *)&p;
    check(!hence_future_new(NULL, &p));
    check(!p);
    hence_loop_close(loop);
    p = (hence_promise *)&p;
    check(!hence_future_new(loop, &p));
    check(!p);
    hence_loop_free(loop);
}

TEST(future, it_can_not_be_had_without_memory)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p = (hence_promise *)&p;
    out_of_memory(true);
    check(!hence_future_new(both.loop, &p));
    out_of_memory(false);
    check(!p);
    end_loop(&both);
}

/* ---- NULL is the Future that could not be had for want of memory ---- */

TEST(future, the_Future_that_could_not_be_had_is_accepted_everywhere)
{
    check(!hence_future_ref(NULL));
    check(!hence_future_unref(NULL));
    check(hence_future_done(NULL));
    check(!hence_future_cancelled(NULL));
    check_string(outcome_of(NULL), "nomem");
    check(!hence_future_failure(NULL));
    check_int(hence_future_cancel(NULL), -ENOMEM);
    check_int(hence_future_add_done_callback(NULL, done, "x"), -ENOMEM);
    check_int(hence_future_remove_done_callback(NULL, done, "x"), 0);
    check(!hence_future_loop(NULL));
    check(!hence_future_site(NULL));
    check_string(describe_and_drop(hence_chain_future(NULL)), "nomem");
    check_trace("");
}

TEST(future, the_promise_that_could_not_be_had_is_accepted_everywhere)
{
    check_int(hence_resolve(NULL, payload()), -EINVAL);
    check_int(payloads_alive(), 0);
    hence_abandon(NULL);
    hence_promise_on_cancel(NULL, NULL, NULL);
    check(!hence_promise_is_wanted(NULL));
}

/* ---- resolved ---- */

/* rule 79 */
TEST(future, its_result_stays_as_it_is_for_any_number_of_readers)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    check_int(hence_resolve(p, hence_int(7)), 0);
    check(hence_future_done(f));
    check(!hence_future_cancelled(f));
    for (int i = 0; i < 3; i++)
        check_string(outcome_of(f), "7");
    check(!hence_future_failure(f));
    hence_future_unref(f);
    end_loop(&both);
}

/* rule 79 */
TEST(future, a_failure_can_be_read_again_and_again)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_resolve(p, failure("broken"));
    check(hence_future_done(f));
    check_string(outcome_of(f), "broken");
    check_string(outcome_of(f), "broken");
    if (!support_faulty)
        check_string(hence_failure_message(hence_future_failure(f)), "broken");
    check(hence_future_failure(f) == hence_future_failure(f));
    hence_future_unref(f);
    end_loop(&both);
}

/* rule 78 */
TEST(future, it_can_not_be_resolved_twice)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    check_int(hence_resolve(p, hence_int(1)), 0);
    if (p)
        check_int(hence_resolve(p, payload()), -EALREADY);
    check(had_report(HENCE_REPORT_MISUSE));
    check(strstr(report_text(), "a promise was resolved a second time"));
    check(strstr(report_text(), "test_future.c:"));
    check_int(payloads_alive(), 0);
    check_string(outcome_of(f), "1");
    hence_future_unref(f);
    end_loop(&both);
}

TEST(future, values_of_each_kind_come_out_as_they_went_in)
{
    struct loop_and_clock both = begin_loop();
    const hence_result values[] = {hence_none(), hence_int(-3), hence_real(1.5), hence_ptr(&both)};
    for (int i = 0; i < 4; i++) {
        hence_promise *p;
        hence_future *f = hence_future_new(both.loop, &p);
        hence_resolve(p, values[i]);
        hence_result r = hence_future_result(f);
        check(r.kind == values[i].kind && r.word == values[i].word);
        hence_drop(r);
        hence_future_unref(f);
    }
    end_loop(&both);
}

TEST(future, settling_and_reading_need_no_memory)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p, *q;
    hence_future *f = hence_future_new(both.loop, &p), *g = hence_future_new(both.loop, &q);
    hence_future_add_done_callback(f, done, "f");
    hence_result value = payload();
    out_of_memory(true);
    check_int(hence_resolve(p, value), 0);
    check_string(outcome_of(f), "shared");
    check_int(hence_future_cancel(g), 0);
    hence_abandon(q);
    hence_future_unref(g);
    hence_test_clock_advance(both.clock, 0);
    out_of_memory(false);
    check_trace("f:shared");
    hence_future_unref(f);
    end_loop(&both);
}

/* ---- values with an owner ---- */

TEST(future, an_owned_value_has_many_readers_and_is_destroyed_once)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    void *value = payload_new();
    hence_resolve(p, hence_own(value, payload_destroy));
    hence_result r = hence_future_result(f), s = hence_future_result(f);
    check(hence_as(&r, payload_destroy) == value);
    check(hence_as_ptr(&s) == value);
    check(hence_is_ptr(&r) && hence_is_value(&r));
    check(!hence_take_ptr(&r, payload_destroy)); /* it belongs to all its readers */
    hence_drop(r);
    check_int(payloads_alive(), f ? 1 : 0);
    hence_drop(s);
    hence_future_unref(f);
    check_int(payloads_alive(), 0);
    end_loop(&both);
}

TEST(future, a_reader_keeps_the_value_alive)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    void *value = payload_new();
    hence_resolve(p, hence_own(value, payload_destroy));
    hence_result r = hence_future_result(f);
    hence_future_unref(f);
    check_int(payloads_alive(), 1);
    check(hence_as(&r, payload_destroy) == value);
    hence_result taken = hence_take(&r); /* moves the reference */
    check(hence_is_none(&r));
    check(hence_as_ptr(&taken) == value);
    hence_drop(taken);
    check_int(payloads_alive(), 0);
    end_loop(&both);
}

TEST(future, a_value_that_is_passed_on_to_another_Future_stays_one_value)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p, *q;
    hence_future *f = hence_future_new(both.loop, &p), *g = hence_future_new(both.loop, &q);
    void *value = payload_new();
    hence_resolve(p, hence_own(value, payload_destroy));
    hence_resolve(q, hence_future_result(f));
    hence_future_unref(f);
    hence_result r = hence_future_result(g);
    check(hence_as(&r, payload_destroy) == value);
    hence_future_unref(g);
    check_int(payloads_alive(), 1);
    check(hence_as(&r, payload_destroy) == value);
    hence_drop(r);
    check_int(payloads_alive(), 0);
    end_loop(&both);
}

TEST(future, the_value_outlives_the_loop)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_resolve(p, payload());
    hence_result r = hence_future_result(f);
    end_loop(&both);
    check(hence_loop_is_closed(hence_future_loop(f)));
    check_string(outcome_of(f), "shared");
    hence_future_unref(f);
    check_int(payloads_alive(), 1);
    hence_drop(r);
    check_int(payloads_alive(), 0);
}

/* ---- cancelled ---- */

/* rule 80 */
TEST(future, cancel_ends_it_once)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_future_add_done_callback(f, done, "f");
    check_int(hence_future_cancel(f), 0);
    check(hence_future_done(f));
    check(hence_future_cancelled(f));
    check_string(outcome_of(f), "cancelled");
    check_int(hence_future_cancel(f), -EALREADY);
    check(!hence_promise_is_wanted(p));
    check_trace("");
    hence_test_clock_advance(both.clock, 0);
    check_trace("f:cancelled");
    hence_abandon(p);
    hence_future_unref(f);
    end_loop(&both);
}

/* rule 80 */
TEST(future, cancelling_one_that_is_done_changes_nothing)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_resolve(p, hence_int(1));
    check_int(hence_future_cancel(f), -EALREADY);
    check(!hence_future_cancelled(f));
    check_string(outcome_of(f), "1");
    hence_future_unref(f);
    end_loop(&both);
}

/* rule 78 */ /* rule 90 */
TEST(future, after_a_cancel_one_result_is_swallowed)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_future_cancel(f);
    check_int(hence_resolve(p, payload()), p ? 0 : -EINVAL);
    check_int(payloads_alive(), 0);
    if (p)
        check_int(hence_resolve(p, hence_int(1)), -EALREADY);
    check(had_report(HENCE_REPORT_MISUSE));
    check_string(outcome_of(f), "cancelled");
    hence_future_unref(f);
    end_loop(&both);
}

TEST(future, the_promise_is_good_though_nobody_holds_the_cancelled_Future)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_future_cancel(f);
    hence_future_unref(f);
    check(!hence_promise_is_wanted(p));
    hence_promise_on_cancel(p, NULL, NULL);
    check_int(hence_resolve(p, payload()), p ? 0 : -EINVAL);
    check_int(payloads_alive(), 0);
    end_loop(&both);
}

TEST(future, letting_go_does_not_cancel)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_future_add_done_callback(f, done, "f");
    hence_future_unref(f);
    check(hence_promise_is_wanted(p));
    hence_resolve(p, hence_int(1));
    hence_test_clock_advance(both.clock, 0);
    check_trace("f:1");
    end_loop(&both);
}

static bool resolves(hence_promise *p, void *word)
{
    trace("%s", (const char *)word);
    hence_resolve(p, hence_int(5));
    return true; /* is ignored */
}

static bool abandons(hence_promise *p, void *word)
{
    trace("%s", (const char *)word);
    hence_abandon(p);
    return false; /* is ignored */
}

/* difference 12 */ /* rule 142 */
TEST(future, cancel_reaches_the_producer_before_it_returns)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_promise_on_cancel(p, trace_and_stop, "canceller");
    hence_future_add_done_callback(f, done, "f");
    check_int(hence_future_cancel(f), 0);
    check_trace("canceller");
    hence_test_clock_advance(both.clock, 0);
    check_trace("f:cancelled");
    check_int(hence_future_cancel(f), -EALREADY);
    check_trace("");
    hence_future_unref(f);
    end_loop(&both);
}

TEST(future, a_canceller_that_goes_on_may_resolve_once_more)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_promise_on_cancel(p, trace_and_go_on, "canceller");
    check_int(hence_future_cancel(f), 0);
    check_trace("canceller");
    check_string(outcome_of(f), "cancelled");
    check_int(hence_resolve(p, payload()), 0);
    check_int(payloads_alive(), 0);
    hence_future_unref(f);
    end_loop(&both);
}

TEST(future, a_canceller_that_resolves_decides)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_promise_on_cancel(p, resolves, "canceller");
    check_int(hence_future_cancel(f), 0);
    check_trace("canceller");
    check(!hence_future_cancelled(f));
    check_string(outcome_of(f), "5");
    hence_future_unref(f);
    end_loop(&both);
}

TEST(future, a_canceller_that_abandons_has_stopped)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_promise_on_cancel(p, abandons, "canceller");
    check_int(hence_future_cancel(f), 0);
    check_trace("canceller");
    check(hence_future_cancelled(f));
    check_string(outcome_of(f), "cancelled");
    hence_future_unref(f);
    end_loop(&both);
}

TEST(future, the_last_canceller_counts_and_none_after_the_end)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p, *q, *s;
    hence_future *f = hence_future_new(both.loop, &p), *g = hence_future_new(both.loop, &q);
    hence_future *h = hence_future_new(both.loop, &s);
    hence_promise_on_cancel(p, trace_and_go_on, "first");
    hence_promise_on_cancel(p, trace_and_stop, "second");
    hence_promise_on_cancel(q, trace_and_stop, "none");
    hence_promise_on_cancel(q, NULL, NULL);
    hence_promise_on_cancel(s, trace_and_stop, "none");
    hence_resolve(s, hence_int(1));
    hence_future_cancel(f);
    hence_future_cancel(g);
    hence_future_cancel(h);
    check_trace("second");
    hence_abandon(q);
    hence_future_unref(f);
    hence_future_unref(g);
    hence_future_unref(h);
    end_loop(&both);
}

static bool cancels_again(hence_promise *p, void *future)
{
    (void)p;
    check_int(hence_future_cancel(future), -EALREADY);
    check(!hence_future_done(future));
    hence_future_unref(future); /* the last reference */
    trace("canceller");
    return true;
}

TEST(future, a_canceller_may_cancel_again_and_let_go_of_the_last_reference)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_promise_on_cancel(p, cancels_again, f);
    check_int(hence_future_cancel(f), 0);
    check_trace("canceller");
    end_loop(&both);
}

static bool resolves_and_lets_go(hence_promise *p, void *future)
{
    hence_future_unref(future);
    hence_resolve(p, payload());
    return false;
}

TEST(future, a_canceller_may_resolve_a_Future_that_nobody_holds_any_more)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_promise_on_cancel(p, resolves_and_lets_go, f);
    check_int(hence_future_cancel(f), 0);
    check_int(payloads_alive(), 0);
    end_loop(&both);
}

TEST(future, abandoning_fails_it)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_future_add_done_callback(f, done, "f");
    hence_abandon(p);
    hence_test_clock_advance(both.clock, 0);
    check_trace("f:abandoned");
    hence_future_unref(f);
    end_loop(&both);
}

/* ---- failures that nobody looked at ---- */

static hence_future *failed(hence_loop *loop)
{
    hence_promise *p;
    hence_future *f = hence_future_new(loop, &p);
    hence_resolve(p, failure("lost"));
    return f;
}

/* rule 86 */
TEST(future, a_failure_that_nobody_looked_at_is_reported_when_the_last_holder_goes)
{
    struct loop_and_clock both = begin_loop();
    hence_future *f = failed(both.loop);
    hence_future_ref(f);
    hence_future_unref(f);
    check(hence_future_done(f));
    hence_future_unref(f);
    check(had_report(HENCE_REPORT_NEVER_RETRIEVED));
    check(strstr(report_text(), "the failure of a Future was never retrieved"));
    check(strstr(report_text(), "lost"));
    check(strstr(report_text(), "test_future.c:"));
    end_loop(&both);
}

/* rule 86 */
TEST(future, looking_at_a_failure_is_enough)
{
    struct loop_and_clock both = begin_loop();
    hence_future *f = failed(both.loop), *g = failed(both.loop), *h = failed(both.loop);
    hence_drop(hence_future_result(f));
    check(hence_future_failure(g));
    hence_future_unref(f);
    hence_future_unref(g);
    check(hence_future_done(h) && !hence_future_cancelled(h)); /* is no look */
    hence_future_unref(h);
    check(had_report(HENCE_REPORT_NEVER_RETRIEVED));
    end_loop(&both);
}

static void look_away(hence_future *f, void *word)
{
    (void)f;
    trace("%s", (const char *)word);
}

/* rule 86 */
TEST(future, a_listener_that_does_not_look_does_not_count)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_future_add_done_callback(f, look_away, "f");
    hence_resolve(p, failure("lost"));
    hence_future_unref(f);
    hence_test_clock_advance(both.clock, 0);
    if (p)
        check_trace("f");
    check(had_report(HENCE_REPORT_NEVER_RETRIEVED));
    end_loop(&both);
}

/* rule 87 */
TEST(future, cancelling_a_failed_one_is_too_late_but_counts_as_a_look)
{
    struct loop_and_clock both = begin_loop();
    hence_future *f = failed(both.loop);
    check_int(hence_future_cancel(f), -EALREADY);
    check(!hence_future_cancelled(f));
    hence_future_unref(f);
    end_loop(&both);
}

TEST(future, a_cancellation_is_not_reported)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p, *q;
    hence_future *f = hence_future_new(both.loop, &p), *g = hence_future_new(both.loop, &q);
    hence_future_cancel(f);
    hence_abandon(p);
    hence_resolve(q, hence_fail(HENCE_ECANCELLED, "stopped by hand"));
    check(hence_future_cancelled(g)); /* cancelled is what its code says */
    hence_future_unref(f);
    hence_future_unref(g);
    end_loop(&both);
}

TEST(future, a_lost_failure_is_reported_also_after_the_loop_has_gone)
{
    struct loop_and_clock both = begin_loop();
    hence_future *f = failed(both.loop);
    end_loop(&both);
    hence_future_unref(f);
    check(had_report(HENCE_REPORT_NEVER_RETRIEVED));
}

/* ---- on the wrong thread ---- */

struct foreign {
    hence_loop *loop;
    hence_future *f;
    hence_promise *p;
    hence_promise *new_promise;
    hence_future *made, *referenced;
    hence_result value, result;
    const hence_failure *failure;
    int cancelled, added, resolved;
    size_t removed;
    bool same_loop, same_site;
};

static void use_all(void *arg)
{
    struct foreign *foreign = arg;
    foreign->made = hence_future_new(foreign->loop, &foreign->new_promise);
    foreign->referenced = hence_future_ref(foreign->f);
    hence_future_unref(foreign->f);
    foreign->result = hence_future_result(foreign->f);
    foreign->failure = hence_future_failure(foreign->f);
    foreign->cancelled = hence_future_cancel(foreign->f);
    foreign->added = hence_future_add_done_callback(foreign->f, done, "x");
    foreign->removed = hence_future_remove_done_callback(foreign->f, done, "f");
    foreign->resolved = hence_resolve(foreign->p, foreign->value);
    hence_abandon(foreign->p);
    hence_promise_on_cancel(foreign->p, trace_and_stop, "x");
    foreign->same_loop = hence_future_loop(foreign->f) == foreign->loop;
    foreign->same_site = hence_future_site(foreign->f) != NULL;
}

/* rule 89 */ /* rule 135 */
TEST(future, a_foreign_thread_is_refused_and_reported)
{
    struct loop_and_clock both = begin_loop();
    struct foreign foreign = {.loop = both.loop, .value = payload(), .new_promise = NULL};
    foreign.f = hence_future_new(both.loop, &foreign.p);
    hence_future_add_done_callback(foreign.f, done, "f");
    if (!foreign.f) {
        hence_drop(foreign.value);
        end_loop(&both);
        return;
    }
    on_another_thread(use_all, &foreign);
    check(!foreign.made && !foreign.new_promise);
    check_string(describe_and_drop(foreign.result), "invalid");
    check(!foreign.failure);
    check_int(foreign.cancelled, -EPERM);
    check_int(foreign.added, -EPERM);
    check_int(foreign.removed, 0);
    check_int(foreign.resolved, -EPERM);
    check_int(payloads_alive(), 0); /* destroyed there */
    check(foreign.same_loop && foreign.same_site);
    for (int i = 0; i < 11; i++)
        check(had_report(HENCE_REPORT_WRONG_THREAD));
    check(strstr(report_text(), "hence_promise_on_cancel()"));
    /* the promise is untouched: it is good here */
    check(hence_promise_is_wanted(foreign.p));
    check_int(hence_resolve(foreign.p, hence_int(7)), 0);
    hence_test_clock_advance(both.clock, 0);
    check_trace("f:7");
    hence_future_unref(foreign.f);
    end_loop(&both);
}

/* ---- after its loop ---- */

TEST(future, a_pending_one_may_outlive_its_loop)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_future_add_done_callback(f, done, "f1");
    hence_future_add_done_callback(f, done, "f2");
    end_loop(&both);
    check(!hence_future_done(f));
    check_int(hence_resolve(p, payload()), p ? 0 : -EINVAL);
    check_string(outcome_of(f), "shared");
    if (f)
        check_int(hence_future_add_done_callback(f, done, "f3"), -ESHUTDOWN);
    check_trace("");
    hence_future_unref(f);
}

TEST(future, a_pending_one_may_be_cancelled_after_its_loop_has_closed)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_promise_on_cancel(p, trace_and_stop, "canceller");
    hence_future_add_done_callback(f, done, "f");
    end_loop(&both);
    check_int(hence_future_cancel(f), 0);
    check_trace("canceller");
    hence_future_unref(f);
}

TEST(future, it_keeps_the_loop_s_memory_as_long_as_it_lives)
{
    hence_loop *loop = hence_loop_new(NULL);
    hence_promise *p[10];
    hence_future *f[10];
    for (int i = 0; i < 10; i++)
        f[i] = hence_future_new(loop, &p[i]);
    hence_loop_unref(loop);
    for (int i = 0; i < 10; i++) {
        check(hence_loop_is_closed(hence_future_loop(f[i])));
        hence_resolve(p[i], hence_none());
        hence_future_unref(f[i]);
    }
}
