/* SPDX-License-Identifier: BSD-3-Clause */
/* What is reported of Deferreds: failures that nobody handled, foreign threads. */
#include <errno.h>
#include <string.h>

#include "support.h"

SUITE(life);

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

static void never_in_out(hence_result *in_out, void *arg)
{
    (void)arg;
    trace("never:%s", describe(in_out));
}

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
    f->errors[i++] = hence_deferred_add_in_out(f->d, never_in_out, NULL);
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
