/* SPDX-License-Identifier: BSD-3-Clause */
/* Futures: made, resolved, read, and outliving their loop. */
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

TEST(future, one_that_is_made_failed_needs_a_failure)
{
    struct loop_and_clock both = begin_loop();
    hence_future *f = hence_future_fail(both.loop, failure("broken"));
    check_string(outcome_of(f), "broken");
    hence_future_unref(f);
    f = hence_future_fail(both.loop, payload());
    check(had_report(HENCE_REPORT_MISUSE));
    check_string(outcome_of(f), "invalid");
    check_int(payloads_alive(), 0);
    hence_future_unref(f);
    forget_reports();
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
