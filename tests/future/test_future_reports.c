/* SPDX-License-Identifier: BSD-3-Clause */
/* What is reported of Futures: failures that nobody looked at, foreign threads. */
#include <errno.h>
#include <string.h>

#include "support/support.h"
#include "value/failure.h"

SUITE(future);

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
    check(strstr(report_text(), "test_future_reports.c:"));
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

TEST(future, that_all_has_ended_with_the_loop_is_not_reported)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_result closed = hence_fail_static(HENCE_ECLOSED);
    hence_result cancelled = hence_fail_static(HENCE_ECANCELLED);
    hence_failure *group = hence_failure_new_group("here.c:1", 2);
    if (group) {
        hence_failure_add_member(group, 0, hence_take_failure(&closed));
        hence_failure_add_member(group, 1, hence_take_failure(&cancelled));
    }
    hence_loop_close(both.loop);
    hence_resolve(p, group ? hence_fail_with(group) : hence_none());
    hence_future_unref(f);
    end_loop(&both);
}

TEST(future, a_group_in_which_one_has_failed_otherwise_is_reported)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_result closed = hence_fail_static(HENCE_ECLOSED), other = failure("lost");
    hence_failure *group = hence_failure_new_group("here.c:1", 2);
    if (group) {
        hence_failure_add_member(group, 0, hence_take_failure(&closed));
        hence_failure_add_member(group, 1, hence_take_failure(&other));
    }
    hence_drop(other);
    hence_loop_close(both.loop);
    hence_resolve(p, group ? hence_fail_with(group) : hence_none());
    hence_future_unref(f);
    check(had_report(HENCE_REPORT_NEVER_RETRIEVED));
    end_loop(&both);
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
    for (int i = 0; i < 11; i++) {
        check(had_report(HENCE_REPORT_WRONG_THREAD));
        if (i == 8)
            check(strstr(report_text(), " hence_resolve() on another thread"));
    }
    check(strstr(report_text(), "hence_promise_on_cancel()"));
    /* the promise is untouched: it is good here */
    check(hence_promise_is_wanted(foreign.p));
    check_int(hence_resolve(foreign.p, hence_int(7)), 0);
    hence_test_clock_advance(both.clock, 0);
    check_trace("f:7");
    hence_future_unref(foreign.f);
    end_loop(&both);
}
