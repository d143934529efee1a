/* SPDX-License-Identifier: BSD-3-Clause */
/* References, what is bound to a chain, forgetting, and reports of what nobody handled. */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "support.h"

SUITE(life);

/* ---- references ---- */

TEST(life, it_lives_as_long_as_a_reference_or_its_promise)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    check(hence_deferred_ref(d) == d);
    check(!hence_deferred_unref(d));
    hence_deferred_add_both(d, pass, "a");
    check(!hence_deferred_unref(d));
    hence_resolve(p, hence_int(7));
    check_trace("a:7");
}

TEST(life, nothing_can_be_held_and_let_go)
{
    check(!hence_deferred_ref(NULL));
    check(!hence_deferred_unref(NULL));
    hence_deferred_forget(NULL);
    check(!hence_deferred_site(NULL));
}

TEST(life, letting_go_does_not_cancel)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred_unref(d);
    if (d)
        check(hence_promise_is_wanted(p));
    hence_resolve(p, payload());
    check_int(payloads_alive(), 0);
}

static hence_result let_go(hence_result *in, void *variable)
{
    hence_deferred **d = variable;
    *d = hence_deferred_unref(*d);
    return hence_take(in);
}

TEST(life, a_step_may_let_the_last_reference_go)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred *same = d;
    hence_deferred_add_both(d, let_go, &d);
    if (d)
        hence_deferred_add_both(same, pass, "after");
    hence_resolve(p, payload());
    check_trace("after:payload");
    check_int(payloads_alive(), 0);
    hence_deferred_unref(d);
}

TEST(life, a_step_may_let_the_last_reference_to_its_outer_one_go)
{
    hence_promise *p;
    hence_deferred *outer = NULL;
    hence_deferred *inner = hence_deferred_new(&p);
    hence_deferred_add_both(inner, let_go, &outer);
    outer = hence_deferred_succeed(hence_chain(hence_deferred_ref(inner)));
    hence_deferred_add_both(outer, pass, "outer");
    hence_resolve(p, hence_int(7));
    check_trace("outer:7");
    hence_deferred_unref(inner);
    hence_deferred_unref(outer);
}

static void unref_variable(void *variable)
{
    hence_deferred **d = variable;
    *d = hence_deferred_unref(*d);
}

TEST(life, the_destructor_of_a_result_may_let_the_last_reference_go)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred *same = d;
    hence_deferred_add_both(d, swallow, "a");
    if (d)
        hence_deferred_add_both(same, pass, "b");
    hence_resolve(p, hence_own(&d, unref_variable));
    if (same)
        check_trace("a:ptr b:none");
}

/* ---- promises ---- */

TEST(life, an_abandoned_promise_fails_its_Deferred)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred_add_both(d, swallow, "a");
    hence_abandon(p);
    check_trace("a:abandoned");
    hence_deferred_unref(d);
}

TEST(life, without_a_producer_it_is_abandoned_at_once)
{
    hence_deferred *d = hence_deferred_new(NULL);
    hence_deferred_add_both(d, swallow, "a");
    check_trace(d ? "a:abandoned" : "a:nomem");
    hence_deferred_unref(d);
}

/* rule 5 */
TEST(life, a_second_result_is_refused_and_destroyed_whatever_the_first_was)
{
    hence_promise *p, *q;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred *e = hence_deferred_new(&q);
    hence_resolve(p, hence_int(7));
    hence_resolve(q, failure("broken"));
    for (int i = 0; i < 2 && d && e; i++) {
        check_int(hence_resolve(p, payload()), -EALREADY);
        check(had_report(HENCE_REPORT_MISUSE));
        check_int(hence_resolve(p, failure("again")), -EALREADY);
        check(had_report(HENCE_REPORT_MISUSE));
        check_int(hence_resolve(q, payload()), -EALREADY);
        check(had_report(HENCE_REPORT_MISUSE));
        check_int(hence_resolve(q, failure("again")), -EALREADY);
        check(had_report(HENCE_REPORT_MISUSE));
    }
    check_int(payloads_alive(), 0);
    check_string(outcome(d), "7");
    check_string(outcome(e), "broken");
    hence_deferred_unref(d);
    hence_deferred_unref(e);
}

/* rule 5 */
TEST(life, abandoning_after_a_result_is_reported)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_resolve(p, hence_int(7));
    if (d) {
        hence_abandon(p);
        check(had_report(HENCE_REPORT_MISUSE));
    }
    check_string(outcome(d), "7");
    hence_deferred_unref(d);
}

static hence_result resolve_again(hence_result *in, void *variable)
{
    hence_promise **p = variable;
    trace("%d", *p ? hence_resolve(*p, payload()) == -EALREADY : 1);
    return *in;
}

/* rule 5 */
TEST(life, a_second_result_inside_a_step_is_refused)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred_add_both(d, resolve_again, &p);
    hence_resolve(p, hence_int(7));
    check_trace("1");
    check(had_report(HENCE_REPORT_MISUSE));
    check_string(outcome(d), "7");
    hence_deferred_unref(d);
}

/* rule 6 */
TEST(life, the_report_of_a_second_result_says_where_the_Deferred_was_made)
{
    hence_promise *p;
    const char *site = HENCE_SITE;
    hence_deferred *d = hence_deferred_new_at(site, &p);
    hence_resolve(p, hence_int(7));
    if (d) {
        hence_resolve(p, hence_int(8));
        check(had_report(HENCE_REPORT_MISUSE));
        check(strstr(report_text(), "a second time"));
        check(strstr(report_text(), site));
    }
    check(hence_deferred_site(d) == site || !d);
    hence_deferred_unref(d);
}

TEST(life, a_site_may_be_missing)
{
    hence_deferred *d = hence_deferred_succeed_at(NULL, hence_int(7));
    check(!hence_deferred_site(d));
    hence_deferred_unref(d);
    d = hence_deferred_fail_at(NULL, failure("broken"));
    hence_deferred_unref(d);
    check(had_report(HENCE_REPORT_UNHANDLED));
    check(!strstr(report_text(), "made at"));
}

/* ---- bound ---- */

static void destroy_and_trace(void *word)
{
    trace("~%s", (const char *)word);
}

TEST(life, what_is_bound_is_destroyed_after_the_last_step_the_last_one_first)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    check_int(hence_deferred_bind(d, "first", destroy_and_trace), 0);
    check_int(hence_deferred_bind(d, "second", destroy_and_trace), 0);
    hence_deferred_add_both(d, pass, "a");
    hence_deferred_add_both(d, pass, "b");
    hence_deferred_unref(d);
    check_trace("");
    hence_resolve(p, hence_int(7));
    check_trace("a:7 b:7 ~second ~first");
}

/* Ends a Deferred to which something is bound, in one of many ways. */
static void end_in_some_way(int way)
{
    hence_promise *p, *q;
    hence_deferred *inner = hence_deferred_new(&q);
    hence_deferred *d = hence_deferred_new(&p);
    int error = hence_deferred_bind(d, payload_new(), payload_destroy);
    check_int(error, 0);
    void *memory = hence_deferred_alloc(d, sizeof(int), NULL);
    check(memory);
    hence_deferred_add_both(d, pass, "a");
    switch (way) {
    case 0: /* a value */
        hence_resolve(p, hence_int(7));
        break;
    case 1: /* a failure */
        hence_deferred_add_both(d, swallow, "b");
        hence_resolve(p, failure("broken"));
        break;
    case 2: /* cancelled */
        hence_deferred_cancel(d);
        hence_abandon(p);
        break;
    case 3: /* cancelled, and resolved after it was let go */
        hence_deferred_cancel(d);
        break;
    case 4: /* a chain */
        hence_resolve(p, hence_chain(hence_deferred_ref(inner)));
        break;
    case 5: /* a chain, cancelled */
        hence_resolve(p, hence_chain(hence_deferred_ref(inner)));
        hence_deferred_cancel(d);
        break;
    case 6: /* paused for ever */
        hence_deferred_pause(d);
        hence_resolve(p, hence_int(7));
        break;
    case 7: /* forgotten */
        hence_deferred_ref(d);
        hence_deferred_forget(d);
        hence_abandon(p);
        break;
    default:
        break;
    }
    if (error == 0)
        check_int(payloads_alive(), 1);
    hence_deferred_unref(d);
    if (way == 4)
        check_int(payloads_alive(), 1);
    else
        check_int(payloads_alive(), 0);
    hence_resolve(q, hence_none());
    check_int(payloads_alive(), 0);
    if (way == 3)
        hence_resolve(p, hence_int(7));
    hence_deferred_unref(inner);
}

TEST(life, what_is_bound_is_destroyed_however_the_chain_ends)
{
    for (int way = 0; way < 8; way++)
        end_in_some_way(way);
    check_trace("a:7 a:broken b:broken a:cancelled a:cancelled a:none a:cancelled");
}

TEST(life, something_may_be_bound_to_one_that_is_done)
{
    hence_deferred *d = hence_deferred_succeed(hence_int(7));
    check_int(hence_deferred_bind(d, payload_new(), payload_destroy), 0);
    check_int(payloads_alive(), d ? 1 : 0);
    hence_deferred_unref(d);
    check_int(payloads_alive(), 0);
}

TEST(life, binding_to_nothing_destroys_it_at_once)
{
    check_int(hence_deferred_bind(NULL, payload_new(), payload_destroy), -ENOMEM);
    check_int(payloads_alive(), 0);
    check(!hence_deferred_alloc(NULL, 100, payload_destroy));
}

TEST(life, binding_without_memory_destroys_it_at_once_and_leaves_the_rest)
{
    hence_deferred *d = hence_deferred_succeed(hence_int(7));
    out_of_memory(true);
    check_int(hence_deferred_bind(d, payload_new(), payload_destroy), -ENOMEM);
    check_int(payloads_alive(), 0);
    check(!hence_deferred_alloc(d, 100, payload_destroy));
    out_of_memory(false);
    check_string(outcome(d), "7");
    hence_deferred_unref(d);
}

TEST(life, binding_without_a_destructor_is_refused)
{
    int own = 0;
    hence_deferred *d = hence_deferred_succeed(hence_int(7));
    check_int(hence_deferred_bind(d, &own, NULL), -EINVAL);
    had_report(HENCE_REPORT_MISUSE);
    hence_deferred_unref(d);
}

static void check_and_trace(void *memory)
{
    trace("~%d", *(int *)memory);
}

TEST(life, memory_of_the_chain_is_zeroed_and_lives_until_its_end)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    unsigned char *bytes = hence_deferred_alloc(d, 1000, NULL);
    int *number = hence_deferred_alloc(d, sizeof *number, check_and_trace);
    int sum = 0;
    for (int i = 0; bytes && i < 1000; i++)
        sum += bytes[i];
    check_int(sum, 0);
    if (bytes)
        memset(bytes, 0xff, 1000);
    if (number)
        *number = 7;
    check((uintptr_t)number % _Alignof(max_align_t) == 0);
    check((uintptr_t)bytes % _Alignof(max_align_t) == 0);
    check(hence_deferred_alloc(d, 0, NULL) || !d);
    check(!hence_deferred_alloc(d, SIZE_MAX, NULL));
    hence_deferred_unref(d);
    hence_resolve(p, hence_none());
    check_trace("~7");
}

TEST(life, the_line_is_known_after_something_was_bound)
{
    const char *site = "some.c:1";
    hence_deferred *d = hence_deferred_succeed_at(site, failure("broken"));
    if (hence_deferred_alloc(d, 1, NULL))
        check_string(hence_deferred_site(d), site);
    hence_deferred_unref(d);
    check(had_report(HENCE_REPORT_UNHANDLED));
    if (d)
        check(strstr(report_text(), site));
}

TEST(life, what_is_bound_to_an_inner_one_lives_while_it_waits)
{
    hence_promise *p;
    hence_deferred *last = hence_deferred_new(&p);
    hence_deferred *inner = hence_deferred_succeed(hence_none());
    int error = hence_deferred_bind(inner, payload_new(), payload_destroy);
    hence_deferred_add_both(inner, chain_to_held, last);
    hence_deferred *outer = hence_deferred_succeed(hence_chain(inner));
    hence_deferred_add_both(outer, pass, "outer");
    if (error == 0)
        check_int(payloads_alive(), 1);
    hence_resolve(p, hence_int(7));
    check_trace("outer:7");
    check_int(payloads_alive(), 0);
    hence_deferred_unref(last);
    hence_deferred_unref(outer);
}

static hence_deferred *revived;

static void take_a_reference(void *deferred)
{
    revived = hence_deferred_ref(deferred);
}

TEST(life, a_destructor_may_take_a_reference_again)
{
    hence_deferred *d = hence_deferred_succeed(hence_int(7));
    revived = NULL;
    int error = hence_deferred_bind(d, d, take_a_reference);
    hence_deferred_unref(d);
    hence_deferred_add_both(revived, pass, "a");
    if (error == 0)
        check_trace("a:none");
    hence_deferred_unref(revived);
}

/* ---- forget ---- */

TEST(life, forgetting_a_pending_one_runs_its_canceller_and_no_step)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    for (int i = 0; i < 20; i++)
        hence_deferred_add_both(d, pass, "no");
    int error = hence_deferred_bind(d, payload_new(), payload_destroy);
    hence_deferred_forget(d);
    check_trace("");
    check_int(payloads_alive(), 0);
    check(error || !hence_promise_is_wanted(p));
    check_int(hence_resolve(p, payload()), 0);
}

TEST(life, forgetting_one_with_a_canceller_ends_its_promise)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_promise_on_cancel(p, trace_and_stop, "canceller");
    hence_deferred_add_both(d, pass, "no");
    hence_deferred_forget(d);
    check_trace("canceller");
}

TEST(life, forgetting_a_failed_one_reports_nothing)
{
    hence_deferred *d = hence_deferred_fail(failure("broken"));
    hence_deferred_forget(d);
}

TEST(life, forgetting_a_finished_one_destroys_its_value)
{
    hence_deferred *d = hence_deferred_succeed(payload());
    hence_deferred_forget(d);
    check_int(payloads_alive(), 0);
}

TEST(life, forgetting_a_paused_one_runs_no_step)
{
    hence_deferred *d = hence_deferred_fail(failure("broken"));
    hence_deferred_pause(d);
    hence_deferred_add_callback(d, pass, "no");
    hence_deferred_forget(d);
    check_trace("");
}

TEST(life, forgetting_one_that_waits_cancels_what_it_waits_for)
{
    hence_promise *p;
    hence_deferred *inner = hence_deferred_new(&p);
    hence_deferred_add_both(inner, pass, "inner");
    hence_deferred *outer = hence_deferred_succeed(hence_chain(hence_deferred_ref(inner)));
    hence_deferred_add_both(inner, pass, "later");
    hence_deferred_add_both(outer, pass, "no");
    hence_deferred_forget(outer);
    check_trace("inner:cancelled later:none");
    hence_abandon(p);
    hence_deferred_unref(inner);
}

TEST(life, forgetting_one_that_waits_destroys_the_input_of_its_step)
{
    hence_promise *p;
    hence_deferred *inner = hence_deferred_new(&p);
    hence_deferred *outer = hence_deferred_succeed(payload());
    hence_deferred_add_both(outer, chain_to_held, inner);
    hence_deferred_add_both(outer, pass, "no");
    hence_deferred_forget(outer);
    check_trace("");
    check_int(payloads_alive(), 0);
    hence_abandon(p);
    hence_deferred_unref(inner);
}

TEST(life, forgetting_one_that_waits_for_a_paused_result_ends_it_when_that_comes)
{
    hence_deferred *inner = hence_deferred_succeed(payload());
    hence_deferred_pause(inner);
    hence_deferred *outer = hence_deferred_succeed(hence_chain(hence_deferred_ref(inner)));
    hence_deferred_add_both(outer, pass, "no");
    hence_deferred_forget(outer);
    check_trace("");
    hence_deferred_unpause(inner);
    check_trace("");
    hence_deferred_unref(inner);
}

static hence_result forget_it(hence_result *in, void *variable)
{
    hence_deferred **d = variable;
    hence_deferred_forget(*d);
    *d = NULL;
    return hence_take(in);
}

TEST(life, forgetting_inside_a_step_runs_no_further_one)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred *same = d;
    int error = hence_deferred_bind(d, payload_new(), payload_destroy);
    check_int(error, 0);
    hence_deferred_add_both(d, pass, "a");
    hence_deferred_add_both(d, forget_it, &d);
    if (d)
        hence_deferred_add_both(same, pass, "no");
    hence_resolve(p, failure("broken"));
    check_trace("a:broken");
    check_int(payloads_alive(), 0);
    hence_deferred_unref(d);
}

TEST(life, forgetting_one_that_another_waits_for_cancels_it_for_that_one)
{
    hence_promise *p;
    hence_deferred *inner = hence_deferred_new(&p);
    hence_deferred_add_both(inner, pass, "no");
    hence_deferred *outer = hence_deferred_succeed(hence_chain(hence_deferred_ref(inner)));
    hence_deferred_add_both(inner, pass, "no");
    hence_deferred_add_both(outer, pass, "outer");
    hence_deferred_forget(inner);
    check_trace("outer:cancelled");
    hence_abandon(p);
    hence_deferred_unref(outer);
}

TEST(life, forgetting_one_that_others_hold_leaves_them_a_cancelled_one)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred_add_both(d, pass, "no");
    hence_deferred_forget(hence_deferred_ref(d));
    check_string(outcome(d), "cancelled");
    hence_deferred_add_both(d, pass, "later");
    check_trace("later:none");
    hence_abandon(p);
    hence_deferred_unref(d);
}

/* ---- reports ---- */

/* rule 40, difference 9 */
TEST(life, a_failure_that_nobody_handled_is_reported_when_the_last_holder_lets_go)
{
    hence_deferred *d = hence_deferred_fail(failure("broken"));
    hence_deferred_ref(d);
    hence_deferred_unref(d);
    check(support_faulty || !had_report(HENCE_REPORT_UNHANDLED));
    hence_deferred_unref(d);
    check(had_report(HENCE_REPORT_UNHANDLED));
}

/* rule 40, difference 9 */
TEST(life, a_report_tells_the_failure_its_causes_and_where_both_were_made)
{
    hence_result r = hence_fail_in_at("net.c:8", &hence_domain_errno, NULL, ECONNRESET, "lost");
    r = hence_fail_in_at("page.c:31", &test_domain, hence_take_failure(&r), 7, "no page");
    hence_deferred *d = hence_deferred_fail_at("main.c:5", r);
    hence_deferred_unref(d);
    check(had_report(HENCE_REPORT_UNHANDLED));
    check_string(report_text(), "hence: unhandled failure in a Deferred: no page [test 7 at "
                                "page.c:31]: lost [errno 104 at net.c:8]\n    made at main.c:5\n");
}

static hence_report_kind kind_seen;
static char message_seen[100];

static void see_report(const hence_report *report, void *arg)
{
    kind_seen = report->kind;
    snprintf(message_seen, sizeof message_seen, "%s|%s|%s|%d", report->message,
             hence_failure_message(report->failure), report->made, report->loop == NULL);
    *(int *)arg += 1;
}

/* difference 9 */
TEST(life, a_handler_that_the_program_sets_gets_the_report)
{
    int reports = 0;
    hence_deferred *d = hence_deferred_fail_at("main.c:5", failure("broken"));
    hence_set_report_handler(see_report, &reports);
    hence_deferred_unref(d);
    keep_reports();
    check_int(reports, 1);
    check_int(kind_seen, HENCE_REPORT_UNHANDLED);
    check_string(message_seen, "unhandled failure in a Deferred|broken|main.c:5|1");
}

/* rule 41 */
TEST(life, a_failure_that_an_errback_handled_is_not_reported)
{
    hence_deferred *d = hence_deferred_fail(failure("broken"));
    hence_deferred_add_errback(d, swallow, "a");
    hence_deferred_unref(d);
    check_trace("a:broken");
}

/* rule 41 */
TEST(life, a_failure_that_somebody_took_is_not_reported)
{
    hence_deferred *d = hence_deferred_fail(failure("broken"));
    check_string(outcome(d), "broken");
    hence_deferred_unref(d);
}

/* rule 42, difference 9 */
TEST(life, a_failure_of_a_paused_one_is_reported_and_its_steps_do_not_run)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred_add_errback(d, swallow, "no");
    hence_deferred_add_errback(d, swallow, "no");
    hence_deferred_pause(d);
    hence_resolve(p, failure("broken"));
    hence_deferred_unref(d);
    if (d)
        check_trace("");
    check(had_report(HENCE_REPORT_UNHANDLED));
}

/* rule 42, difference 9 */
TEST(life, a_paused_one_that_fails_after_it_was_let_go_is_reported)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred_pause(d);
    hence_deferred_unref(d);
    hence_resolve(p, failure("broken"));
    check(had_report(HENCE_REPORT_UNHANDLED));
}

/* rule 43 */
TEST(life, adding_a_callback_does_not_handle_a_failure)
{
    hence_deferred *d = hence_deferred_fail(failure("broken"));
    hence_deferred_add_callback(d, pass, "no");
    hence_deferred_unref(d);
    check(had_report(HENCE_REPORT_UNHANDLED));
}

/* rule 43 */
TEST(life, an_errback_that_passes_a_failure_on_does_not_handle_it)
{
    hence_deferred *d = hence_deferred_fail(failure("broken"));
    hence_deferred_add_errback(d, pass, "look");
    hence_deferred_unref(d);
    check_trace("look:broken");
    check(had_report(HENCE_REPORT_UNHANDLED));
}

TEST(life, an_abandoned_one_is_reported)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred_unref(d);
    hence_abandon(p);
    check(had_report(HENCE_REPORT_UNHANDLED));
    if (d)
        check(strstr(report_text(), "abandoned"));
}

/* ---- threads ---- */

enum {
    FOREIGN_CALLS = 10
};

struct foreign {
    hence_deferred *d;
    hence_promise *p;
    int errors[FOREIGN_CALLS];
};

static void use_from_another_thread(void *arg)
{
    struct foreign *f = arg;
    int i = 0;
    f->errors[i++] = hence_deferred_add_both(f->d, pass, "no");
    f->errors[i++] = hence_deferred_cancel(f->d);
    f->errors[i++] = hence_deferred_pause(f->d);
    f->errors[i++] = hence_deferred_unpause(f->d);
    f->errors[i++] = hence_resolve(f->p, payload());
    f->errors[i++] = hence_deferred_bind(f->d, payload_new(), payload_destroy) ? -EPERM : 0;
    f->errors[i++] = hence_deferred_alloc(f->d, 1, NULL) ? 0 : -EPERM;
    f->errors[i++] = hence_deferred_ref(f->d) ? 0 : -EPERM;
    f->errors[i++] = hence_deferred_unref(f->d) ? 0 : -EPERM;
    hence_promise_on_cancel(f->p, trace_and_stop, "never");
    hence_deferred_forget(f->d);
    f->errors[i++] = -EPERM;
}

TEST(life, a_foreign_thread_is_refused_in_this_build)
{
    struct foreign f = {0};
    f.d = hence_deferred_new_at("main.c:5", &f.p);
    on_small_stack(use_from_another_thread, &f);
    for (int i = 0; f.d && i < FOREIGN_CALLS; i++)
        check_int(f.errors[i], -EPERM);
    if (f.d) {
        check(had_report(HENCE_REPORT_WRONG_THREAD));
        check(strstr(report_text(), "main.c:5"));
    }
    forget_reports();
    check_int(payloads_alive(), 0);
    check(hence_deferred_get_state(f.d) == HENCE_DEFERRED_PENDING || !f.d);
    hence_resolve(f.p, hence_int(7));
    check_string(outcome(f.d), "7");
    hence_deferred_unref(f.d);
}
