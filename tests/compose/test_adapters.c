/* SPDX-License-Identifier: BSD-3-Clause */
/* From Deferreds to Futures and back. */
#include <errno.h>
#include <string.h>

#include "support/support.h"

SUITE(adapters);

/* ---- a Future for a Deferred ---- */

TEST(adapters, a_Future_gets_the_Deferred_s_value_through_the_loop)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred_add_callback(d, add_one, "d");
    hence_future *f = hence_deferred_as_future(both.loop, d);
    hence_future_add_done_callback(f, done, "f");
    check(!hence_future_done(f));
    hence_resolve(p, hence_int(1));
    check_trace("d:1");
    check_string(outcome_of(f), "2");
    hence_test_clock_advance(both.clock, 0);
    check_trace("f:2");
    hence_future_unref(f);
    end_loop(&both);
}

TEST(adapters, a_Future_gets_the_Deferred_s_failure)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_deferred_as_future(both.loop, hence_deferred_new(&p));
    hence_resolve(p, failure("broken"));
    check_string(outcome_of(f), "broken");
    check(!hence_future_cancelled(f));
    hence_future_unref(f);
    end_loop(&both);
}

TEST(adapters, a_Future_for_a_Deferred_that_is_done_is_done)
{
    struct loop_and_clock both = begin_loop();
    hence_future *f = hence_deferred_as_future(both.loop, hence_deferred_succeed(payload()));
    check(hence_future_done(f));
    hence_future_add_done_callback(f, done, "f");
    check_trace("");
    hence_test_clock_advance(both.clock, 0);
    check_trace("f:shared");
    hence_future_unref(f);
    check_int(payloads_alive(), 0);
    end_loop(&both);
}

/* rule 141 */
TEST(adapters, the_Deferred_s_result_is_taken)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p, *q;
    hence_deferred *d = hence_deferred_new(&p), *broken = hence_deferred_new(&q);
    hence_future *f = hence_deferred_as_future(both.loop, hence_deferred_ref(d));
    hence_future *g = hence_deferred_as_future(both.loop, hence_deferred_ref(broken));
    hence_deferred_add_both(d, pass, "after");
    hence_resolve(p, hence_int(1));
    hence_resolve(q, failure("broken"));
    check_trace("after:none");
    check_string(outcome(d), "taken");
    check_string(outcome_of(f), "1");
    check_string(outcome_of(g), "broken");
    hence_deferred_unref(d);
    hence_deferred_unref(broken); /* the failure is the Future's now */
    hence_future_unref(f);
    hence_future_unref(g);
    end_loop(&both);
}

/* difference 1 */
TEST(adapters, a_Deferred_whose_result_went_to_another_gives_taken)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_future *f = hence_deferred_as_future(both.loop, hence_deferred_ref(d));
    hence_future *g = hence_deferred_as_future(both.loop, d);
    check_string(outcome_of(g), "taken");
    hence_resolve(p, hence_int(1));
    check_string(outcome_of(f), "1");
    hence_future_unref(f);
    hence_future_unref(g);
    end_loop(&both);
}

TEST(adapters, the_Future_knows_its_loop_and_its_line)
{
    struct loop_and_clock both = begin_loop();
    hence_future *f = hence_deferred_as_future(both.loop, hence_deferred_succeed(hence_none()));
    check(hence_future_loop(f) == both.loop);
    check(f && strstr(hence_future_site(f), "test_adapters.c:"));
    hence_future_failure(f);
    hence_future_unref(f);
    end_loop(&both);
}

TEST(adapters, the_Deferred_that_could_not_be_had_is_a_Future_that_failed_with_that)
{
    struct loop_and_clock both = begin_loop();
    hence_future *f = hence_deferred_as_future(both.loop, NULL);
    check_string(outcome_of(f), "nomem");
    hence_future_unref(f);
    end_loop(&both);
}

TEST(adapters, without_a_loop_the_Deferred_is_let_go)
{
    hence_loop *loop = hence_loop_new(NULL);
    check(!hence_deferred_as_future(NULL, hence_deferred_succeed(payload())));
    hence_loop_close(loop);
    check(!hence_deferred_as_future(loop, hence_deferred_succeed(payload())));
    check_int(payloads_alive(), 0);
    hence_loop_free(loop);
}

TEST(adapters, without_memory_the_Deferred_is_let_go)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    out_of_memory(true);
    check(!hence_deferred_as_future(both.loop, d));
    out_of_memory(false);
    check_int(hence_resolve(p, payload()), p ? 0 : -EINVAL);
    check_int(payloads_alive(), 0);
    end_loop(&both);
}

/* ---- cancelling, from the Future's side ---- */

static bool resolves(hence_promise *p, void *word)
{
    trace("%s", (const char *)word);
    hence_resolve(p, payload());
    return true;
}

/* rule 142 */ /* difference 12 */
TEST(adapters, cancelling_the_Future_cancels_the_Deferred_at_once)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_promise_on_cancel(p, trace_and_go_on, "canceller");
    hence_deferred_add_both(d, pass, "d");
    hence_future *f = hence_deferred_as_future(both.loop, d);
    hence_future_add_done_callback(f, done, "f");
    check_int(hence_future_cancel(f), 0);
    check_trace("canceller d:cancelled");
    check(hence_future_cancelled(f));
    hence_test_clock_advance(both.clock, 0);
    check_trace("f:cancelled");
    hence_abandon(p);
    hence_future_unref(f);
    end_loop(&both);
}

/* rule 143 */
TEST(adapters, what_the_Deferred_ends_with_after_that_is_destroyed)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_promise_on_cancel(p, resolves, "canceller");
    hence_deferred_add_both(d, pass, "d");
    hence_future *f = hence_deferred_as_future(both.loop, hence_deferred_ref(d));
    check_int(hence_future_cancel(f), 0);
    check_trace("canceller d:payload");
    check(hence_future_cancelled(f));
    check_int(payloads_alive(), 0);
    check_int(hence_deferred_cancel(d), -EALREADY);
    hence_future_unref(f);
    hence_deferred_unref(d);
    end_loop(&both);
}

static hence_result fail_late(hence_result *in, void *word)
{
    trace("%s:%s", (const char *)word, describe(in));
    return failure("too late");
}

/* rule 143 */
TEST(adapters, a_failure_of_the_Deferred_after_that_is_not_reported)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred_add_both(d, fail_late, "d");
    hence_future *f = hence_deferred_as_future(both.loop, d);
    hence_future_cancel(f);
    hence_abandon(p);
    check_trace("d:cancelled");
    check(hence_future_cancelled(f));
    hence_future_unref(f);
    end_loop(&both);
}

TEST(adapters, a_paused_Deferred_s_result_is_destroyed_when_it_comes)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred_pause(d);
    hence_resolve(p, payload());
    hence_future *f = hence_deferred_as_future(both.loop, hence_deferred_ref(d));
    check_int(hence_future_cancel(f), 0);
    check(hence_future_cancelled(f));
    hence_future_unref(f);
    hence_deferred_unpause(d);
    hence_deferred_unref(d);
    check_int(payloads_alive(), 0);
    end_loop(&both);
}

TEST(adapters, letting_go_of_the_Future_does_not_cancel_the_Deferred)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred_add_both(d, pass, "d");
    hence_future_unref(hence_deferred_as_future(both.loop, d));
    check(hence_promise_is_wanted(p));
    hence_resolve(p, payload());
    check_trace("d:payload");
    check_int(payloads_alive(), 0);
    end_loop(&both);
}

/* rule 144 */ /* difference 12 */
TEST(adapters, a_Deferred_that_is_cancelled_makes_a_Future_that_is_cancelled)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_future *f = hence_deferred_as_future(both.loop, hence_deferred_ref(d));
    check_int(hence_deferred_cancel(d), 0);
    check(hence_future_cancelled(f));
    check_string(outcome_of(f), "cancelled");
    hence_abandon(p);
    hence_deferred_unref(d);
    hence_future_unref(f);
    end_loop(&both);
}

TEST(adapters, a_Deferred_that_waits_for_another_is_cancelled_through_it)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p, *q;
    hence_deferred *outer = hence_deferred_new(&p), *inner = hence_deferred_new(&q);
    hence_promise_on_cancel(q, trace_and_go_on, "canceller");
    hence_deferred_add_both(outer, pass, "outer");
    hence_resolve(p, hence_chain(inner));
    hence_future *f = hence_deferred_as_future(both.loop, outer);
    check_int(hence_future_cancel(f), 0);
    check_trace("canceller outer:cancelled");
    hence_abandon(q);
    hence_future_unref(f);
    end_loop(&both);
}

TEST(adapters, a_Deferred_with_nothing_left_to_do_is_cut_out_and_still_cancelled)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p, *q;
    hence_deferred *outer = hence_deferred_new(&p), *inner = hence_deferred_new(&q);
    hence_promise_on_cancel(q, trace_and_go_on, "canceller");
    hence_future *f = hence_deferred_as_future(both.loop, outer);
    hence_resolve(p, hence_chain(inner));
    check(!hence_future_done(f));
    check_int(hence_future_cancel(f), 0);
    check_trace("canceller");
    check(hence_future_cancelled(f));
    hence_abandon(q);
    hence_future_unref(f);
    end_loop(&both);
}

/* ---- a Deferred for a Future ---- */

TEST(adapters, a_Deferred_gets_the_Future_s_result_through_the_loop)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p, *q;
    hence_future *f = hence_future_new(both.loop, &p), *g = hence_future_new(both.loop, &q);
    hence_deferred *d = hence_deferred_from_future(f), *e = hence_deferred_from_future(g);
    hence_deferred_add_both(d, pass, "d");
    hence_deferred_add_both(e, swallow, "e");
    hence_resolve(p, payload());
    hence_resolve(q, failure("broken"));
    check_trace("");
    hence_test_clock_advance(both.clock, 0);
    check_trace("d:shared e:broken");
    hence_future_unref(f);
    hence_future_unref(g);
    check_int(payloads_alive(), 1);
    hence_deferred_unref(d);
    hence_deferred_unref(e);
    check_int(payloads_alive(), 0);
    end_loop(&both);
}

TEST(adapters, a_Deferred_for_a_Future_that_is_done_is_done)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_resolve(p, hence_int(7));
    hence_deferred *d = hence_deferred_from_future(f);
    check_string(outcome(d), "7");
    check(d && strstr(hence_deferred_site(d), "test_adapters.c:"));
    hence_deferred_unref(d);
    hence_future_unref(f);
    end_loop(&both);
}

TEST(adapters, each_Deferred_of_a_Future_gets_its_result)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_deferred *d = hence_deferred_from_future(f), *e = hence_deferred_from_future(f);
    hence_resolve(p, payload());
    hence_test_clock_advance(both.clock, 0);
    check_string(outcome(d), "shared");
    check_string(outcome(e), "shared");
    hence_deferred_unref(d);
    hence_deferred_unref(e);
    hence_future_unref(f);
    end_loop(&both);
}

/* rule 145 */
TEST(adapters, a_cancelled_Future_makes_a_Deferred_that_fails_with_cancelled)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_deferred *d = hence_deferred_from_future(f);
    hence_deferred_add_both(d, pass, "d");
    hence_future_cancel(f);
    check_trace("");
    hence_test_clock_advance(both.clock, 0);
    check_trace("d:cancelled");
    hence_abandon(p);
    hence_deferred_unref(d); /* is not reported */
    hence_future_unref(f);
    end_loop(&both);
}

/* rule 146 */
TEST(adapters, cancelling_the_Deferred_cancels_the_Future_and_tells_it_through_the_loop)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_promise_on_cancel(p, trace_and_go_on, "canceller");
    hence_future_add_done_callback(f, done, "f");
    hence_deferred *d = hence_deferred_from_future(f);
    hence_deferred_add_both(d, pass, "d");
    check_int(hence_deferred_cancel(d), d ? 0 : -ENOMEM);
    check_trace("canceller");
    check(hence_future_cancelled(f));
    check_int(hence_deferred_get_state(d), HENCE_DEFERRED_WAITING);
    hence_test_clock_advance(both.clock, 0);
    check_trace("f:cancelled d:cancelled");
    hence_abandon(p);
    hence_deferred_unref(d);
    hence_future_failure(f);
    hence_future_unref(f);
    end_loop(&both);
}

/* rule 147 */
TEST(adapters, cancelling_the_Deferred_is_too_late_when_the_Future_is_done)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_deferred *d = hence_deferred_from_future(f);
    hence_deferred_add_both(d, pass, "d");
    hence_resolve(p, hence_int(11));
    check_int(hence_deferred_cancel(d), -EALREADY);
    check_trace("");
    hence_test_clock_advance(both.clock, 0);
    check_trace("d:11");
    hence_deferred_unref(d);
    hence_future_unref(f);
    end_loop(&both);
}

TEST(adapters, the_Deferred_holds_the_Future)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_deferred *d = hence_deferred_from_future(f);
    hence_future_unref(f);
    hence_resolve(p, payload());
    hence_test_clock_advance(both.clock, 0);
    check_string(outcome(d), "shared");
    check_int(payloads_alive(), 0);
    hence_deferred_unref(d);
    end_loop(&both);
}

TEST(adapters, the_Future_that_could_not_be_had_is_a_Deferred_that_failed_with_that)
{
    hence_deferred *d = hence_deferred_from_future(NULL);
    check_string(outcome(d), "nomem");
    hence_deferred_unref(d);
}

TEST(adapters, a_Deferred_that_waits_is_told_when_the_loop_closes)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_deferred *d = hence_deferred_from_future(f);
    hence_deferred_add_both(d, swallow, "d");
    hence_resolve(p, payload());
    hence_future_unref(f);
    end_loop(&both);
    check_trace("d:closed");
    check_int(payloads_alive(), 0);
    hence_deferred_unref(d);
}

/* ---- there and back ---- */

TEST(adapters, cancel_goes_all_the_way_there_and_back)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_promise_on_cancel(p, trace_and_go_on, "canceller");
    hence_future *f = hence_deferred_as_future(both.loop, d);
    hence_deferred *e = hence_deferred_from_future(f);
    hence_future_unref(f);
    hence_future *g = hence_deferred_as_future(both.loop, e);
    hence_future_add_done_callback(g, done, "g");
    check_int(hence_future_cancel(g), 0);
    check_trace("canceller");
    check(hence_future_cancelled(g));
    hence_test_clock_advance(both.clock, 0);
    check_trace("g:cancelled");
    hence_abandon(p);
    hence_future_unref(g);
    end_loop(&both);
}

static void there_and_back(void *arg)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    for (int i = 0; i < *(int *)arg; i++) {
        hence_future *f = hence_deferred_as_future(both.loop, d);
        d = hence_deferred_from_future(f);
        hence_future_unref(f);
    }
    hence_deferred_add_both(d, pass, "d");
    hence_resolve(p, hence_int(7));
    hence_test_clock_advance(both.clock, 0);
    hence_deferred_forget(d);
    end_loop(&both);
}

static void cancel_there_and_back(void *arg)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    for (int i = 0; i < *(int *)arg; i++) {
        hence_future *f = hence_deferred_as_future(both.loop, d);
        d = hence_deferred_from_future(f);
        hence_future_unref(f);
    }
    hence_promise_on_cancel(p, trace_and_go_on, "canceller");
    hence_deferred_add_both(d, pass, "d");
    hence_deferred_cancel(d);
    hence_abandon(p);
    hence_test_clock_advance(both.clock, 0);
    hence_deferred_unref(d);
    end_loop(&both);
}

TEST(adapters, a_row_of_many_needs_constant_stack)
{
    int n = support_many();
    on_small_stack(there_and_back, &n);
    check_trace("d:7");
}

TEST(adapters, cancelling_a_row_of_many_needs_constant_stack)
{
    int n = support_many();
    on_small_stack(cancel_there_and_back, &n);
    check_trace("canceller d:cancelled");
}

/* ---- run for a Deferred ---- */

static hence_promise *the_promise;

static void resolve(void *word)
{
    trace("%s", (const char *)word);
    hence_resolve(the_promise, payload());
}

TEST_ONCE(adapters, the_loop_can_be_run_until_a_Deferred_has_ended)
{
    struct loop_and_clock both = begin_loop();
    hence_deferred *d = hence_deferred_new(&the_promise);
    hence_test_clock_autojump(both.clock, true);
    hence_call_later(both.loop, HENCE_SECONDS(10), resolve, "resolve", NULL);
    hence_result r = hence_loop_run_until_complete_deferred(both.loop, d);
    check(hence_as(&r, payload_destroy));
    check_trace("resolve");
    hence_drop(r);
    check_int(payloads_alive(), 0);
    end_loop(&both);
}

static const char *run(hence_loop *loop, hence_deferred *d)
{
    return describe_and_drop(hence_loop_run_until_complete_deferred(loop, d));
}

TEST(adapters, running_for_a_Deferred_that_is_done_gives_its_result)
{
    struct loop_and_clock both = begin_loop();
    check_string(run(both.loop, hence_deferred_succeed(hence_int(7))), "7");
    check_string(run(both.loop, hence_deferred_fail(failure("broken"))), "broken");
    check_string(run(both.loop, NULL), "nomem");
    end_loop(&both);
}

static void stop(void *loop)
{
    hence_loop_stop(loop);
}

TEST_ONCE(adapters, a_loop_that_is_stopped_first_lets_the_Deferred_go_and_does_not_cancel_it)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred_add_both(d, pass, "d");
    hence_call_soon(both.loop, stop, both.loop, NULL);
    check_string(run(both.loop, d), "stopped");
    check(hence_promise_is_wanted(p));
    hence_resolve(p, payload());
    check_trace("d:payload");
    check_int(payloads_alive(), 0);
    end_loop(&both);
}

TEST(adapters, a_loop_that_can_not_run_lets_the_Deferred_go)
{
    struct loop_and_clock both = begin_loop();
    hence_loop_close(both.loop);
    check_string(run(both.loop, hence_deferred_succeed(payload())), "closed");
    check_int(payloads_alive(), 0);
    check_string(run(NULL, hence_deferred_succeed(payload())), "nomem");
    check_int(payloads_alive(), 0);
    end_loop(&both);
}

static void run_inside(void *loop)
{
    trace("%s", run(loop, hence_deferred_succeed(payload())));
}

TEST(adapters, a_loop_that_runs_can_not_be_run_for_a_Deferred)
{
    struct loop_and_clock both = begin_loop();
    hence_call_soon(both.loop, run_inside, both.loop, NULL);
    hence_test_turn(both.loop);
    check_trace("invalid");
    check_int(payloads_alive(), 0);
    end_loop(&both);
}

struct foreign {
    hence_loop *loop;
    hence_future *f;
    hence_result r;
};

static void use_all(void *arg)
{
    struct foreign *foreign = arg;
    foreign->f =
        hence_deferred_as_future(foreign->loop, hence_deferred_succeed(hence_take(&foreign->r)));
    foreign->r = hence_loop_run_until_complete_deferred(foreign->loop, NULL);
}

/* rule 135 */
TEST(adapters, another_thread_is_refused)
{
    struct loop_and_clock both = begin_loop();
    struct foreign foreign = {both.loop, NULL, payload()};
    if (both.loop)
        on_another_thread(use_all, &foreign);
    check(!foreign.f);
    check(had_report(HENCE_REPORT_WRONG_THREAD));
    hence_drop(foreign.r);
    check_int(payloads_alive(), 0);
    if (!support_faulty)
        had_report(HENCE_REPORT_WRONG_THREAD); /* refused there, too; or out of memory before */
    end_loop(&both);
}
