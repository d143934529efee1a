/* SPDX-License-Identifier: BSD-3-Clause */
/* A loop's life: made, held, run, stopped, closed; and who may use it. */
#include <errno.h>
#include <event2/event.h>
#include <string.h>

#include "support/support.h"

SUITE(loop);

static hence_loop *the_loop;

static void stop(void *loop)
{
    trace("stop");
    check_int(hence_loop_stop(loop), 0);
}

/* Runs the loop; where an allocation fails, what should stop it may be missing. */
static int run(hence_loop *loop)
{
    if (!support_faulty)
        return hence_loop_run_forever(loop);
    for (int i = 0; i < 10; i++)
        hence_test_turn(loop);
    return 0;
}

/* ---- made and held ---- */

TEST(loop, a_loop_without_a_base_makes_one_of_its_own)
{
    hence_loop *loop = hence_loop_new(NULL);
    check(hence_loop_base(loop));
    check(!hence_loop_is_closed(loop));
    check(!hence_loop_is_running(loop));
    check_int(hence_loop_pending(loop), 0);
    check(!hence_loop_free(loop));
}

TEST(loop, a_loop_lives_as_long_as_somebody_holds_it)
{
    hence_loop *loop = hence_loop_new(NULL);
    check(hence_loop_ref(loop) == loop);
    check(!hence_loop_unref(loop));
    check(!hence_loop_is_closed(loop));
    hence_call_soon(loop, call, "a", NULL);
    hence_test_turn(loop);
    check_trace("a");
    hence_loop_unref(loop);
}

TEST(loop, the_last_reference_closes_the_loop)
{
    hence_loop *loop = hence_loop_new(NULL);
    hence_call_soon_own(loop, call, payload_new(), payload_destroy, NULL);
    hence_call_later_own(loop, 5, call, payload_new(), payload_destroy, NULL);
    hence_loop_unref(loop);
    check_int(payloads_alive(), 0);
    check_trace("");
    check(!hence_loop_current());
}

TEST(loop, a_reference_keeps_a_closed_loop_usable_as_one_that_refuses)
{
    hence_loop *loop = hence_loop_new(NULL);
    hence_loop_ref(loop);
    hence_loop_free(loop);
    check(hence_loop_is_closed(loop));
    check(!hence_loop_base(loop));
    check_int(hence_call_soon(loop, call, "a", NULL), -ESHUTDOWN);
    hence_loop_unref(loop);
}

TEST(loop, the_loop_that_could_not_be_had_is_accepted_everywhere)
{
    check(!hence_loop_ref(NULL));
    check(!hence_loop_unref(NULL));
    check(!hence_loop_free(NULL));
    check_int(hence_loop_close(NULL), 0);
    check(!hence_loop_base(NULL));
    check(hence_loop_is_closed(NULL));
    check(!hence_loop_is_running(NULL));
    check_int(hence_loop_run_forever(NULL), -ENOMEM);
    check_int(hence_loop_stop(NULL), -ENOMEM);
    check_int(hence_loop_reinit(NULL), -ENOMEM);
    check_int(hence_loop_set_exception_handler(NULL, NULL, NULL), -ENOMEM);
    check(hence_loop_time(NULL) > 0);
}

TEST(loop, a_loop_that_cannot_be_made_is_NULL_and_leaves_nothing_behind)
{
    out_of_memory(true);
    hence_loop *loop = hence_loop_new(NULL);
    out_of_memory(false);
    check(!loop);
    check(!hence_loop_current());
}

/* ---- the loop of this thread ---- */

static void expect_current(void *loop)
{
    check(hence_loop_current() == loop);
    trace("%s", hence_loop_is_running(loop) ? "running" : "not running");
}

TEST(loop, the_current_loop_is_the_one_made_last_and_not_closed)
{
    check(!hence_loop_current());
    hence_loop *first = hence_loop_new(NULL);
    check(hence_loop_current() == first);
    hence_loop *second = hence_loop_new(NULL);
    hence_loop *third = hence_loop_new(NULL);
    check(hence_loop_current() == third);
    hence_loop_free(second);
    check(hence_loop_current() == third);
    hence_loop_free(third);
    check(hence_loop_current() == first);
    hence_loop_close(first);
    check(!hence_loop_current());
    hence_loop_free(first);
}

TEST(loop, the_current_loop_is_the_one_that_runs)
{
    hence_loop *first = hence_loop_new(NULL), *second = hence_loop_new(NULL);
    hence_call_soon(first, expect_current, first, NULL);
    hence_test_turn(first);
    check_trace("running");
    check(!hence_loop_is_running(first));
    check(hence_loop_current() == second || support_faulty);
    hence_loop_free(second);
    hence_loop_free(first);
}

static void look_for_a_loop(void *arg)
{
    *(bool *)arg = hence_loop_current() != NULL;
}

TEST(loop, another_thread_has_no_current_loop)
{
    hence_loop *loop = hence_loop_new(NULL);
    bool has_one = true;
    on_another_thread(look_for_a_loop, &has_one);
    check(!has_one);
    hence_loop_free(loop);
}

/* ---- run and stopped ---- */

/* rule 131 */
TEST(loop, stop_lets_what_waits_run_and_not_what_that_asks_for)
{
    hence_loop *loop = hence_loop_new(NULL);
    hence_call_soon(loop, stop, loop, NULL);
    hence_call_soon(loop, call, "a", NULL);
    check_int(run(loop), 0);
    check_trace("stop a");
    hence_loop_free(loop);
}

static void ask_and_stop(void *loop)
{
    hence_call_soon(loop, call, "asked before", NULL);
    stop(loop);
    hence_call_soon(loop, call, "asked after", NULL);
    hence_call_later(loop, 0, call, "timer", NULL);
}

/* rule 131 */
TEST(loop, what_the_stopping_call_s_snapshot_asks_for_waits_for_the_next_run)
{
    hence_loop *loop = hence_loop_new(NULL);
    hence_call_soon(loop, ask_and_stop, loop, NULL);
    hence_call_soon(loop, call, "a", NULL);
    check_int(hence_loop_pending(loop), 2);
    check_int(support_faulty ? hence_test_turn(loop) * 0 : hence_loop_run_forever(loop), 0);
    check_trace("stop a");
    check_int(hence_loop_pending(loop), 3);
    hence_loop_stop(loop);
    check_int(run(loop), 0);
    check_trace("asked before asked after timer");
    hence_loop_free(loop);
}

/* rule 131 */
TEST(loop, stop_before_a_run_lets_it_make_exactly_one_turn)
{
    hence_loop *loop = hence_loop_new(NULL);
    hence_call_soon(loop, call, "a", NULL);
    check_int(hence_loop_stop(loop), 0);
    hence_call_soon(loop, call, "b", NULL);
    check_int(run(loop), 0);
    check_trace("a b");
    check_int(hence_loop_stop(loop), 0);
    check_int(hence_loop_stop(loop), 0);
    check_int(run(loop), 0); /* with nothing to do, too */
    hence_loop_free(loop);
}

static void nothing(void *arg)
{
    (void)arg;
}

TEST(loop, stop_before_a_run_waits_for_all_that_is_ready_however_much_that_is)
{
    hence_loop *loop = hence_loop_new(NULL);
    for (int i = 0; i < 1000; i++)
        hence_call_soon(loop, nothing, NULL, NULL);
    check_int(hence_loop_stop(loop), 0);
    check_int(run(loop), 0);
    check_int(hence_loop_pending(loop), 0);
    hence_loop_free(loop);
}

TEST(loop, a_stopped_loop_can_be_run_again)
{
    hence_loop *loop = hence_loop_new(NULL);
    for (int i = 0; i < 5; i++) {
        hence_call_soon(loop, call, "a", NULL);
        hence_call_soon(loop, stop, loop, NULL);
        check_int(run(loop), 0);
        check_trace("a stop");
    }
    hence_loop_free(loop);
}

TEST(loop, a_loop_with_nothing_to_do_waits_and_can_be_stopped_by_a_timer)
{
    hence_loop *loop = hence_loop_new(NULL);
    hence_call_later(loop, HENCE_MS(1), stop, loop, NULL);
    check_int(run(loop), 0);
    if (support_faulty)
        hence_loop_free(loop);
    else {
        check_trace("stop");
        hence_loop_free(loop);
    }
}

static void run_again(void *loop)
{
    check(hence_loop_is_running(loop));
    trace("%d", hence_loop_run_forever(loop));
    trace("%d", hence_test_turn(loop));
    trace("%d", hence_loop_run_forever(the_loop));
    trace("%d", hence_test_turn(the_loop));
    hence_loop_stop(loop);
}

/* rule 132 */
TEST(loop, a_thread_runs_one_loop_at_a_time)
{
    hence_loop *loop = hence_loop_new(NULL);
    char expected[64];
    the_loop = hence_loop_new(NULL);
    snprintf(expected, sizeof expected, "%d %d %d %d", -EBUSY, -EBUSY, -EBUSY, -EBUSY);
    hence_call_soon(loop, run_again, loop, NULL);
    check_int(run(loop), 0);
    check_trace(expected);
    hence_loop_free(the_loop);
    hence_loop_free(loop);
}

static void break_base(void *loop)
{
    trace("break");
    event_base_loopbreak(hence_loop_base(loop));
}

static void exit_base(void *loop)
{
    trace("exit");
    event_base_loopexit(hence_loop_base(loop), NULL);
}

TEST_ONCE(loop, a_run_that_the_program_breaks_with_libevent_s_means_says_so)
{
    hence_loop *loop = hence_loop_new(NULL);
    hence_call_soon(loop, break_base, loop, NULL);
    check_int(hence_loop_run_forever(loop), -EINTR);
    hence_call_soon(loop, exit_base, loop, NULL);
    check_int(hence_loop_run_forever(loop), -EINTR);
    hence_call_soon(loop, stop, loop, NULL);
    check_int(hence_loop_run_forever(loop), 0);
    check_trace("break exit stop");
    hence_loop_free(loop);
}

static void stop_and_break(void *loop)
{
    hence_loop_stop(loop);
    event_base_loopbreak(hence_loop_base(loop));
}

TEST_ONCE(loop, a_stop_counts_more_than_a_break)
{
    hence_loop *loop = hence_loop_new(NULL);
    hence_call_soon(loop, stop_and_break, loop, NULL);
    check_int(hence_loop_run_forever(loop), 0);
    hence_loop_free(loop);
}

/* ---- closed ---- */

/* rule 133 */
TEST(loop, a_closed_loop_refuses_to_run_and_closing_twice_does_nothing)
{
    hence_loop *loop = hence_loop_new(NULL);
    check_int(hence_loop_close(loop), 0);
    check(hence_loop_is_closed(loop));
    check_int(hence_loop_close(loop), 0);
    check_int(hence_loop_run_forever(loop), -ESHUTDOWN);
    check_int(hence_loop_stop(loop), -ESHUTDOWN);
    check_int(hence_test_turn(loop), -ESHUTDOWN);
    check_int(hence_loop_shutdown(loop), -ESHUTDOWN);
    check_int(hence_call_soon_threadsafe(loop, call, "a"), -ESHUTDOWN);
    check(!hence_loop_base(loop));
    hence_loop_free(loop);
}

static void close_while_running(void *loop)
{
    trace("%d", hence_loop_close(loop));
    check(!hence_loop_is_closed(loop));
    hence_loop_free(loop);
    check(!hence_loop_is_closed(loop));
    hence_loop_stop(loop);
}

/* rule 133 */
TEST(loop, a_running_loop_can_not_be_closed_or_freed)
{
    hence_loop *loop = hence_loop_new(NULL);
    char expected[16];
    snprintf(expected, sizeof expected, "%d", -EBUSY);
    hence_call_soon(loop, close_while_running, loop, NULL);
    check_int(run(loop), 0);
    check_trace(expected);
    check(had_report(HENCE_REPORT_MISUSE));
    check(strstr(report_text(), "hence_loop_free() of a loop that is running"));
    hence_call_soon(loop, call, "still good", NULL);
    hence_test_turn(loop);
    check_trace("still good");
    hence_loop_free(loop);
}

/* rule 133 */
TEST(loop, what_waits_in_a_closed_loop_is_dropped_in_silence)
{
    hence_loop *loop = hence_loop_new(NULL);
    hence_promise *p, *q;
    hence_future *f = hence_future_new(loop, &p), *g = hence_future_new(loop, &q);
    hence_future_add_done_callback(f, done, "f1");
    hence_future_add_done_callback(f, done, "f2");
    hence_future_add_done_callback(g, done, "g");
    hence_call_soon(loop, call, "soon", NULL);
    hence_resolve(p, payload());
    hence_call_later(loop, 1, call, "later", NULL);
    hence_call_soon_threadsafe(loop, call, "posted");
    hence_loop_free(loop);
    check_trace("");
    check(hence_loop_is_closed(hence_future_loop(f)));
    hence_future_unref(f);
    hence_resolve(q, hence_int(1));
    hence_future_unref(g);
    check_trace("");
}

TEST(loop, a_settled_Future_that_only_the_closing_loop_holds_ends_with_it)
{
    hence_loop *loop = hence_loop_new(NULL);
    hence_promise *p;
    hence_future *f = hence_future_new(loop, &p);
    hence_future_add_done_callback(f, done, "f");
    hence_resolve(p, payload());
    hence_future_unref(f);
    hence_loop_free(loop);
    check_int(payloads_alive(), 0);
    check_trace("");
}

TEST(loop, a_late_listener_that_only_the_closing_loop_holds_ends_with_it)
{
    hence_loop *loop = hence_loop_new(NULL);
    hence_promise *p;
    hence_future *f = hence_future_new(loop, &p);
    hence_resolve(p, payload());
    hence_future_add_done_callback(f, done, "f");
    hence_future_unref(f);
    hence_loop_unref(loop);
    check_int(payloads_alive(), 0);
    check_trace("");
}

static hence_future *another_future;

static void drop_future(void *f)
{
    hence_future_unref(f);
    hence_future_unref(another_future);
}

TEST(loop, the_last_Futures_of_a_loop_may_be_let_go_while_it_closes)
{
    hence_loop *loop = hence_loop_new(NULL);
    hence_promise *p, *q;
    hence_future *f = hence_future_new(loop, &p);
    another_future = hence_future_new(loop, &q);
    hence_resolve(p, hence_int(1));
    hence_resolve(q, hence_int(1));
    hence_call_soon_own(loop, call, f, drop_future, NULL);
    hence_loop_unref(loop);
    check_trace("");
}

static void unref_and_stop(void *loop)
{
    hence_loop_stop(loop);
    check(!hence_loop_unref(loop));
    trace("unref");
}

TEST(loop, the_last_reference_may_go_inside_a_call_of_a_running_loop)
{
    hence_loop *loop = hence_loop_new(NULL);
    int error = hence_call_soon(loop, unref_and_stop, loop, NULL);
    hence_call_soon_own(loop, call, payload_new(), payload_destroy, NULL);
    hence_call_later_own(loop, HENCE_SECONDS(9), call, payload_new(), payload_destroy, NULL);
    if (error) {
        hence_loop_unref(loop);
        return;
    }
    check_int(hence_loop_run_forever(loop), 0);
    check(!hence_loop_current());
    check_int(payloads_alive(), 0);
}

TEST(loop, the_last_reference_may_go_inside_a_single_turn)
{
    hence_loop *loop = hence_loop_new(NULL);
    int error = hence_call_soon(loop, unref_and_stop, loop, NULL);
    hence_call_later_own(loop, HENCE_SECONDS(9), call, payload_new(), payload_destroy, NULL);
    if (error) {
        hence_loop_unref(loop);
        return;
    }
    check_int(hence_test_turn(loop), 1);
    check(!hence_loop_current());
    check_int(payloads_alive(), 0);
}

/* ---- on the wrong thread ---- */

struct foreign {
    hence_loop *loop;
    int results[8];
    hence_loop *held;
};

static void use_all(void *arg)
{
    struct foreign *foreign = arg;
    int *r = foreign->results;
    *r++ = hence_loop_run_forever(foreign->loop);
    *r++ = hence_loop_stop(foreign->loop);
    *r++ = hence_loop_close(foreign->loop);
    *r++ = hence_loop_set_exception_handler(foreign->loop, NULL, NULL);
    *r++ = hence_test_turn(foreign->loop);
    *r++ = hence_loop_shutdown(foreign->loop);
    hence_loop_free(foreign->loop);
    hence_loop_unref(hence_loop_ref(foreign->loop)); /* from any thread */
    foreign->held = hence_loop_is_closed(foreign->loop) ? NULL : foreign->loop;
}

/* rule 135 */
TEST(loop, a_foreign_thread_is_refused_and_reported)
{
    hence_loop *loop = hence_loop_new(NULL);
    struct foreign foreign = {.loop = loop};
    if (loop)
        on_another_thread(use_all, &foreign);
    for (int i = 0; i < 6; i++) {
        check_int(foreign.results[i], -EPERM);
        check(had_report(HENCE_REPORT_WRONG_THREAD));
    }
    check(had_report(HENCE_REPORT_WRONG_THREAD)); /* hence_loop_free() */
    check(foreign.held == loop);
    hence_call_soon(loop, call, "still good", NULL);
    hence_test_turn(loop);
    check_trace("still good");
    hence_loop_free(loop);
}

static void unref_there(void *loop)
{
    hence_loop_unref(loop);
}

TEST(loop, another_thread_may_let_go_of_the_last_reference_to_a_closed_loop)
{
    hence_loop *loop = hence_loop_new(NULL);
    hence_loop_ref(loop);
    hence_loop_free(loop);
    on_another_thread(unref_there, loop);
}

static void reinit_there(void *arg)
{
    struct foreign *foreign = arg;
    foreign->results[0] = hence_loop_reinit(foreign->loop);
}

TEST(loop, reinit_is_refused_where_nobody_has_forked)
{
    hence_loop *loop = hence_loop_new(NULL);
    struct foreign foreign = {.loop = loop};
    check_int(hence_loop_reinit(loop), -EINVAL);
    on_another_thread(reinit_there, &foreign);
    check_int(foreign.results[0], -EINVAL);
    hence_loop_free(loop);
}

/* ---- reports ---- */

static void trace_report(const hence_report *report, void *arg)
{
    trace("%s:%d", (const char *)arg, (int)report->kind);
    check(report->loop == the_loop);
    check(report->failure != NULL);
    check(report->made != NULL);
}

static void lose_a_failure(hence_loop *loop)
{
    hence_promise *p;
    hence_future *f = hence_future_new(loop, &p);
    hence_resolve(p, failure("lost"));
    hence_future_unref(f);
}

/* rule 136 */
TEST(loop, reports_that_concern_a_loop_go_to_its_own_handler_first)
{
    char expected[32];
    hence_loop *other = hence_loop_new(NULL);
    the_loop = hence_loop_new(NULL);
    check_int(hence_loop_set_exception_handler(the_loop, trace_report, "mine"), 0);
    snprintf(expected, sizeof expected, "mine:%d", HENCE_REPORT_NEVER_RETRIEVED);
    lose_a_failure(the_loop);
    check_trace(expected);
    lose_a_failure(other);
    check(had_report(HENCE_REPORT_NEVER_RETRIEVED));
    check_int(hence_loop_set_exception_handler(the_loop, NULL, NULL), 0);
    lose_a_failure(the_loop);
    check(had_report(HENCE_REPORT_NEVER_RETRIEVED));
    check(strstr(report_text(), "lost"));
    check_trace("");
    hence_loop_free(the_loop);
    hence_loop_free(other);
}

static void report_again(const hence_report *report, void *arg)
{
    (void)report;
    trace("handler");
    lose_a_failure(arg);
}

/* rule 136 */
TEST_ONCE(loop, a_handler_that_itself_causes_a_report_falls_back_to_stderr)
{
    hence_loop *loop = hence_loop_new(NULL);
    hence_loop_set_exception_handler(loop, report_again, loop);
    FILE *kept = stderr;
    char *text = NULL;
    size_t size = 0;
    stderr = open_memstream(&text, &size);
    lose_a_failure(loop);
    fclose(stderr);
    stderr = kept;
    check_trace("handler");
    check(text && strstr(text, "lost"));
    free(text);
    hence_loop_free(loop);
}
