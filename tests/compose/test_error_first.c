/* SPDX-License-Identifier: BSD-3-Clause */
/* Functions that report through an error-first callback. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "support/support.h"

SUITE(error_first);

/* A function of somebody else's: keeps the callback until it is told what to call it with. */
typedef void error_first_fn(int error, void *value, void *arg);

static struct {
    error_first_fn *fn;
    void *arg;
} asked;

static void ask(error_first_fn *fn, void *arg)
{
    asked.fn = fn;
    asked.arg = arg;
}

static void answer(int error, void *value)
{
    void *arg = asked.arg;
    asked.arg = NULL;
    asked.fn(error, value, arg);
}

/* A Deferred for the answer. */
static hence_deferred *ask_deferred(const hence_domain *domain, hence_convert_fn *convert,
                                    void *arg)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    ask(hence_error_first_done, hence_error_first_new(p, domain, convert, arg));
    return d;
}

/* ---- values ---- */

TEST(error_first, without_a_conversion_the_value_is_a_pointer)
{
    char value[] = "value";
    hence_deferred *d = ask_deferred(NULL, NULL, NULL);
    check(hence_test_no_result(d));
    answer(0, value);
    hence_result r = hence_deferred_take(d);
    check(hence_as_ptr(&r) == value);
    check(!hence_as(&r, free)); /* lent: nobody frees it */
    hence_drop(r);
    hence_deferred_unref(d);
}

TEST(error_first, a_value_may_be_NULL)
{
    hence_deferred *d = ask_deferred(NULL, NULL, NULL);
    answer(0, NULL);
    hence_result r = hence_deferred_take(d);
    check(hence_is_ptr(&r) && !hence_as_ptr(&r));
    hence_drop(r);
    hence_deferred_unref(d);
}

TEST(error_first, the_steps_run_inside_the_callback)
{
    hence_deferred *d = ask_deferred(NULL, NULL, NULL);
    hence_deferred_add_both(d, swallow, "d");
    trace("before");
    answer(0, "value");
    trace("after");
    check_trace("before d:ptr after");
    hence_deferred_unref(d);
}

TEST(error_first, the_callback_may_come_before_anybody_listens)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_error_first_done(0, "value", hence_error_first_new(p, NULL, NULL, NULL));
    hence_deferred_add_both(d, swallow, "d");
    check_trace("d:ptr");
    hence_deferred_unref(d);
}

static hence_result length(void *value, void *arg)
{
    trace("%s", (const char *)arg);
    return hence_int((int64_t)strlen(value));
}

TEST(error_first, a_conversion_makes_the_result_of_the_value)
{
    hence_deferred *d = ask_deferred(NULL, length, "convert");
    check_trace("");
    char value[] = "12345";
    answer(0, value);
    memset(value, 0, sizeof value); /* it was only lent */
    if (d)
        check_trace("convert");
    check_string(outcome(d), "5");
    hence_deferred_unref(d);
}

static hence_result copy(void *value, void *arg)
{
    (void)arg;
    return hence_own(strdup(value), free);
}

TEST(error_first, a_conversion_may_copy_what_does_not_outlive_the_callback)
{
    hence_deferred *d = ask_deferred(NULL, copy, NULL);
    char value[] = "value";
    answer(0, value);
    memset(value, 0, sizeof value);
    hence_result r = hence_deferred_take(d);
    check_string(hence_as(&r, free), "value");
    hence_drop(r);
    hence_deferred_unref(d);
}

static hence_result make_payload(void *value, void *arg)
{
    (void)value;
    (void)arg;
    return payload();
}

TEST(error_first, what_a_conversion_made_is_destroyed_when_nobody_takes_it)
{
    hence_deferred *d = ask_deferred(NULL, make_payload, NULL);
    answer(0, NULL);
    hence_deferred_unref(d);
    check_int(payloads_alive(), 0);
}

static hence_result refuse(void *value, void *arg)
{
    (void)value;
    return failure(arg);
}

TEST(error_first, a_conversion_may_fail)
{
    hence_deferred *d = ask_deferred(NULL, refuse, "not a number");
    answer(0, "x");
    check_string(outcome(d), "not a number");
    hence_deferred_unref(d);
}

static hence_result chain_again(void *value, void *arg)
{
    (void)value;
    return hence_chain(arg);
}

TEST(error_first, a_conversion_may_give_a_chain_to_wait_for)
{
    hence_promise *p;
    hence_deferred *inner = hence_deferred_new(&p);
    hence_deferred *d = ask_deferred(NULL, chain_again, inner);
    bool asked_for = asked.arg != NULL;
    answer(0, NULL);
    check(hence_deferred_get_state(d) == HENCE_DEFERRED_WAITING);
    if (!asked_for) /* nothing was converted */
        hence_deferred_unref(inner);
    if (p)
        hence_resolve(p, hence_int(7));
    check_string(outcome(d), "7");
    hence_deferred_unref(d);
}

TEST(error_first, what_a_conversion_is_handed_may_be_NULL)
{
    hence_deferred *d = ask_deferred(NULL, make_payload, NULL);
    answer(0, NULL);
    check_string(outcome(d), "payload");
    hence_deferred_unref(d);
}

/* ---- failures ---- */

static const char *text_of(int code)
{
    static char text[32];
    snprintf(text, sizeof text, "code %d", code);
    return text;
}

static const hence_domain other_domain = {.name = "other", .describe = text_of};

/* The failure that comes of an error is this one. */
static void check_failure(const hence_domain *domain, int error, const hence_domain *expected,
                          int code, const char *message)
{
    hence_deferred *d = ask_deferred(domain, length, "never");
    answer(error, NULL); /* which is not looked at: length() would fall over it */
    hence_result r = hence_deferred_take(d);
    check(hence_is_failure_of(&r, expected, code));
    check_string(hence_failure_message(hence_as_failure(&r)), message);
    check(!hence_failure_cause(hence_as_failure(&r)));
    hence_drop(r);
    hence_deferred_unref(d);
    check_trace("");
}

TEST(error_first, an_error_is_an_errno_of_either_sign)
{
    check_failure(NULL, ENOENT, &hence_domain_errno, ENOENT, strerror(ENOENT));
    check_failure(NULL, -ENOENT, &hence_domain_errno, ENOENT, strerror(ENOENT));
    check_failure(NULL, -ECONNRESET, &hence_domain_errno, ECONNRESET, strerror(ECONNRESET));
}

TEST(error_first, the_least_of_all_numbers_stays_what_it_is)
{
    hence_deferred *d = ask_deferred(NULL, NULL, NULL);
    answer(INT_MIN, NULL);
    hence_result r = hence_deferred_take(d);
    check(hence_is_failure_of(&r, &hence_domain_errno, INT_MIN));
    hence_drop(r);
    hence_deferred_unref(d);
}

TEST(error_first, the_codes_of_another_domain_keep_their_sign)
{
    check_failure(&other_domain, 5, &other_domain, 5, "code 5");
    check_failure(&other_domain, -5, &other_domain, -5, "code -5");
    check_failure(&other_domain, INT_MIN, &other_domain, INT_MIN, text_of(INT_MIN));
}

TEST(error_first, a_failure_that_nobody_handles_is_reported)
{
    hence_deferred *d = ask_deferred(&other_domain, NULL, NULL);
    answer(3, NULL);
    hence_deferred_unref(d);
    check(had_report(HENCE_REPORT_UNHANDLED));
    check(support_faulty || strstr(report_text(), "code 3"));
}

TEST(error_first, the_value_that_comes_with_an_error_is_left_alone)
{
    hence_deferred *d = ask_deferred(&other_domain, make_payload, NULL);
    answer(7, "value");
    check_int(payloads_alive(), 0);
    check_string(outcome(d), "code 7");
    hence_deferred_unref(d);
}

/* ---- the callback never comes ---- */

TEST(error_first, dropping_it_lets_the_promise_go)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred_add_both(d, swallow, "d");
    hence_error_first_drop(hence_error_first_new(p, NULL, NULL, NULL));
    check_trace("d:abandoned");
    hence_deferred_unref(d);
}

TEST(error_first, the_one_that_could_not_be_had_may_be_dropped_and_done)
{
    hence_error_first_drop(NULL);
    hence_error_first_done(0, "value", NULL);
    hence_error_first_done(ENOENT, NULL, NULL);
}

/* ---- out of memory ---- */

TEST(error_first, without_memory_it_is_NULL_and_the_promise_has_failed_with_that)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred_add_both(d, swallow, "d");
    out_of_memory(true);
    hence_error_first *call = hence_error_first_new(p, NULL, length, "never");
    out_of_memory(false);
    check(!call);
    check_trace("d:nomem");
    hence_error_first_done(0, "value", call);
    hence_error_first_drop(call);
    check_trace("");
    hence_deferred_unref(d);
}

TEST(error_first, without_memory_for_the_failure_it_is_out_of_memory)
{
    hence_deferred *d = ask_deferred(NULL, NULL, NULL);
    out_of_memory(true);
    answer(ENOENT, NULL);
    out_of_memory(false);
    check_string(outcome(d), "nomem");
    hence_deferred_unref(d);
}

TEST(error_first, without_a_promise_the_answer_goes_nowhere)
{
    hence_error_first *call = hence_error_first_new(NULL, NULL, make_payload, NULL);
    hence_error_first_done(0, NULL, call);
    check_int(payloads_alive(), 0);
    hence_error_first_drop(hence_error_first_new(NULL, NULL, NULL, NULL));
    forget_reports();
}

/* ---- cancelled ---- */

TEST(error_first, an_answer_after_a_cancellation_is_swallowed_and_destroyed)
{
    hence_deferred *d = ask_deferred(NULL, make_payload, NULL);
    hence_deferred_add_both(d, swallow, "d");
    check_int(hence_deferred_cancel(d), d ? 0 : -ENOMEM);
    check_trace("d:cancelled");
    answer(0, NULL);
    check_trace("");
    check_int(payloads_alive(), 0);
    hence_deferred_unref(d);
}

TEST(error_first, an_answer_may_come_after_its_Deferred_was_forgotten)
{
    hence_deferred *d = ask_deferred(NULL, make_payload, NULL);
    hence_deferred_forget(d);
    answer(0, NULL);
    check_int(payloads_alive(), 0);
    hence_deferred_forget(ask_deferred(NULL, make_payload, NULL));
    answer(ENOENT, NULL);
    hence_deferred_forget(ask_deferred(NULL, make_payload, NULL));
    hence_error_first_drop(asked.arg);
}

static bool stop_asking(hence_promise *p, void *variable)
{
    hence_error_first **call = variable;
    (void)p;
    trace("stop");
    hence_error_first_drop(*call); /* it abandons the promise, which means "stopped" */
    *call = NULL;
    return true;
}

TEST(error_first, a_canceller_may_drop_it)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred_add_both(d, swallow, "d");
    hence_error_first *call = hence_error_first_new(p, NULL, NULL, NULL);
    if (call)
        hence_promise_on_cancel(p, stop_asking, &call);
    hence_deferred_cancel(d);
    check_trace("stop d:cancelled");
    check(!call);
    hence_error_first_drop(call);
    hence_deferred_unref(d);
}

/* ---- the same as a Future ---- */

static hence_future *ask_future(hence_loop *loop, const hence_domain *domain,
                                hence_convert_fn *convert)
{
    hence_promise *p;
    hence_future *f = hence_future_new(loop, &p);
    ask(hence_error_first_done, hence_error_first_new(p, domain, convert, "convert"));
    return f;
}

TEST(error_first, a_Future_tells_its_listeners_through_the_loop)
{
    struct loop_and_clock both = begin_loop();
    hence_future *f = ask_future(both.loop, NULL, length);
    hence_future_add_done_callback(f, done, "a");
    hence_future_add_done_callback(f, done, "b");
    answer(0, "123");
    check_trace("convert");
    hence_test_clock_advance(both.clock, 0);
    check_trace("a:3 b:3");
    hence_future_unref(f);
    end_loop(&both);
}

TEST(error_first, what_a_conversion_made_is_shared_by_the_readers_of_a_Future)
{
    struct loop_and_clock both = begin_loop();
    hence_future *f = ask_future(both.loop, NULL, make_payload);
    answer(0, NULL);
    hence_result a = hence_future_result(f), b = hence_future_result(f);
    check(hence_as(&a, payload_destroy) && hence_as_ptr(&a) == hence_as_ptr(&b));
    hence_future_unref(f);
    hence_drop(a);
    check_int(payloads_alive(), 1);
    hence_drop(b);
    check_int(payloads_alive(), 0);
    end_loop(&both);
}

TEST(error_first, an_error_fails_a_Future)
{
    struct loop_and_clock both = begin_loop();
    hence_future *f = ask_future(both.loop, NULL, length);
    answer(-EIO, NULL);
    check(hence_failure_find(hence_future_failure(f), &hence_domain_errno, EIO));
    hence_future_unref(f);
    end_loop(&both);
}

TEST(error_first, a_Future_whose_callback_never_comes_is_abandoned)
{
    struct loop_and_clock both = begin_loop();
    hence_future *f = ask_future(both.loop, NULL, length);
    hence_error_first_drop(asked.arg);
    check_string(describe_and_drop(hence_future_result(f)), "abandoned");
    hence_future_unref(f);
    end_loop(&both);
}

TEST(error_first, the_answer_for_a_Future_that_was_cancelled_is_swallowed)
{
    struct loop_and_clock both = begin_loop();
    hence_future *f = ask_future(both.loop, NULL, make_payload);
    hence_future_cancel(f);
    answer(0, NULL);
    check_int(payloads_alive(), 0);
    check(hence_future_cancelled(f));
    hence_future_unref(f);
    end_loop(&both);
}

/* ---- freed inside the callback ---- */

static hence_result let_go(hence_result *in, void *variable)
{
    hence_deferred **d = variable;
    trace("%s", describe(in));
    *d = hence_deferred_unref(*d);
    return hence_none();
}

TEST(error_first, the_last_reference_may_go_inside_the_step)
{
    hence_deferred *d = ask_deferred(NULL, make_payload, NULL);
    if (d)
        hence_deferred_add_both(d, let_go, &d);
    answer(0, NULL);
    check_trace("payload");
    check(!d);
    check_int(payloads_alive(), 0);
}

static hence_result ask_again(hence_result *in, void *arg)
{
    int *left = arg;
    trace("%s", describe(in));
    if (hence_is_failure(in) || (*left)-- == 0)
        return hence_none();
    hence_deferred *d = ask_deferred(NULL, length, "convert");
    hence_deferred_add_both(d, ask_again, left);
    return hence_chain(d);
}

TEST(error_first, a_step_may_ask_again)
{
    int left = 2;
    hence_deferred *d = ask_deferred(NULL, length, "convert");
    hence_deferred_add_both(d, ask_again, &left);
    answer(0, "1");
    answer(0, "22");
    answer(0, "333");
    check_trace("convert 1 convert 2 convert 3");
    hence_deferred_forget(d);
}
