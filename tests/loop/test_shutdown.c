/* SPDX-License-Identifier: BSD-3-Clause */
/* Orderly shutdown: before, during and after. */
#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "support/support.h"

SUITE(shutdown);

static hence_result leave_a_word(void *word)
{
    trace("%s", (const char *)word);
    return hence_none();
}

static hence_result give_a_payload(void *word)
{
    trace("%s", (const char *)word);
    return payload();
}

static hence_result fail_in_shutdown(void *word)
{
    trace("%s", (const char *)word);
    return failure(word);
}

static hence_result wait_for(void *deferred)
{
    trace("waits");
    return hence_chain(deferred);
}

/* A callback that gives what the Deferred will give. */
static void wait_in_phase(hence_loop *loop, hence_shutdown_phase phase, hence_deferred *d)
{
    if (hence_loop_on_shutdown(loop, phase, wait_for, d, NULL) < 0)
        hence_deferred_unref(d);
}

static hence_result wait_for_future(void *future)
{
    trace("waits");
    return hence_chain_future(future);
}

static int on_shutdown(hence_loop *loop, hence_shutdown_phase phase, const char *word)
{
    return hence_loop_on_shutdown(loop, phase, leave_a_word, (void *)(uintptr_t)word, NULL);
}

/* ---- the phases ---- */

TEST(shutdown, phases_come_in_order_and_callbacks_in_a_phase_as_they_were_added)
{
    struct loop_and_clock both = begin_loop();
    check_int(on_shutdown(both.loop, HENCE_SHUTDOWN_AFTER, "after1"), 0);
    on_shutdown(both.loop, HENCE_SHUTDOWN_DURING, "during1");
    on_shutdown(both.loop, HENCE_SHUTDOWN_BEFORE, "before1");
    on_shutdown(both.loop, HENCE_SHUTDOWN_DURING, "during2");
    on_shutdown(both.loop, HENCE_SHUTDOWN_AFTER, "after2");
    on_shutdown(both.loop, HENCE_SHUTDOWN_BEFORE, "before2");
    check_int(hence_loop_shutdown(both.loop), 0);
    check_trace("before1 before2 during1 during2 after1 after2");
    end_loop(&both);
    check_trace("");
}

TEST(shutdown, the_loop_stops_at_its_end)
{
    struct loop_and_clock both = begin_loop();
    on_shutdown(both.loop, HENCE_SHUTDOWN_AFTER, "after");
    check_int(hence_loop_shutdown(both.loop), 0);
    check_int(hence_loop_run_forever(both.loop), both.loop ? 0 : -ENOMEM);
    check_trace("after");
    check(!hence_loop_is_closed(both.loop));
    end_loop(&both);
}

static void begin_shutdown(void *loop)
{
    trace("begin");
    check_int(hence_loop_shutdown(loop), 0);
}

TEST_ONCE(shutdown, a_call_of_the_running_loop_may_begin_it)
{
    struct loop_and_clock both = begin_loop();
    on_shutdown(both.loop, HENCE_SHUTDOWN_BEFORE, "before");
    on_shutdown(both.loop, HENCE_SHUTDOWN_AFTER, "after");
    hence_call_soon(both.loop, begin_shutdown, both.loop, NULL);
    hence_call_soon(both.loop, call, "ready", NULL);
    check_int(hence_loop_run_forever(both.loop), 0);
    check_trace("begin before after ready");
    end_loop(&both);
}

TEST(shutdown, without_callbacks_it_only_stops_the_loop)
{
    struct loop_and_clock both = begin_loop();
    check_int(hence_loop_shutdown(both.loop), 0);
    check_int(hence_loop_run_forever(both.loop), both.loop ? 0 : -ENOMEM);
    end_loop(&both);
}

TEST(shutdown, it_begins_once)
{
    struct loop_and_clock both = begin_loop();
    check_int(hence_loop_shutdown(both.loop), 0);
    check_int(hence_loop_shutdown(both.loop), -EALREADY);
    hence_loop_close(both.loop);
    check_int(hence_loop_shutdown(both.loop), -ESHUTDOWN);
    check_int(hence_loop_shutdown(NULL), -ENOMEM);
    end_loop(&both);
}

/* ---- waiting ---- */

TEST(shutdown, what_the_phase_before_returns_is_waited_for)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p, *q;
    hence_deferred *d = hence_deferred_new(&p);
    hence_future *f = hence_future_new(both.loop, &q);
    hence_future_add_done_callback(f, done, "f");
    wait_in_phase(both.loop, HENCE_SHUTDOWN_BEFORE, d);
    if (hence_loop_on_shutdown(both.loop, HENCE_SHUTDOWN_BEFORE, wait_for_future, f, NULL) < 0)
        hence_future_unref(f);
    on_shutdown(both.loop, HENCE_SHUTDOWN_BEFORE, "before");
    on_shutdown(both.loop, HENCE_SHUTDOWN_DURING, "during");
    hence_loop_shutdown(both.loop);
    check_trace("waits waits before");
    hence_call_soon(both.loop, call, "the loop goes on", NULL);
    hence_test_clock_advance(both.clock, 0);
    check_trace("the loop goes on");
    hence_resolve(p, payload());
    check_int(payloads_alive(), 0);
    check_trace("");
    hence_resolve(q, hence_int(7));
    check_trace("");
    hence_test_clock_advance(both.clock, 0);
    check_trace("f:7 during");
    end_loop(&both);
}

TEST(shutdown, a_chain_that_has_its_result_is_not_waited_for)
{
    struct loop_and_clock both = begin_loop();
    hence_deferred *d = hence_deferred_succeed(payload());
    wait_in_phase(both.loop, HENCE_SHUTDOWN_BEFORE, d);
    on_shutdown(both.loop, HENCE_SHUTDOWN_DURING, "during");
    hence_loop_shutdown(both.loop);
    check_trace("waits during");
    check_int(payloads_alive(), 0);
    end_loop(&both);
}

TEST(shutdown, later_phases_wait_for_nothing)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    wait_in_phase(both.loop, HENCE_SHUTDOWN_DURING, hence_deferred_new(&p));
    on_shutdown(both.loop, HENCE_SHUTDOWN_AFTER, "after");
    hence_loop_shutdown(both.loop);
    check_trace("waits after");
    hence_resolve(p, hence_int(1)); /* nobody wants it */
    end_loop(&both);
}

static hence_loop *the_loop;

static hence_result add_more(void *word)
{
    trace("%s", (const char *)word);
    trace("%d", on_shutdown(the_loop, HENCE_SHUTDOWN_BEFORE, "more before"));
    trace("%d", on_shutdown(the_loop, HENCE_SHUTDOWN_DURING, "more during"));
    return hence_none();
}

TEST(shutdown, callbacks_can_be_added_to_a_phase_that_is_not_over)
{
    struct loop_and_clock both = begin_loop();
    char expected[128];
    the_loop = both.loop;
    hence_loop_on_shutdown(both.loop, HENCE_SHUTDOWN_BEFORE, add_more, "first", NULL);
    hence_loop_on_shutdown(both.loop, HENCE_SHUTDOWN_DURING, add_more, "second", NULL);
    hence_loop_shutdown(both.loop);
    snprintf(expected, sizeof expected, "first 0 0 more before second %d 0 more during more during",
             -EINVAL);
    check_trace(expected);
    check_int(on_shutdown(both.loop, HENCE_SHUTDOWN_AFTER, "too late"), -EINVAL);
    end_loop(&both);
    check_trace("");
}

TEST(shutdown, callbacks_can_be_added_while_it_waits)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    wait_in_phase(both.loop, HENCE_SHUTDOWN_BEFORE, hence_deferred_new(&p));
    hence_loop_shutdown(both.loop);
    check_int(on_shutdown(both.loop, HENCE_SHUTDOWN_BEFORE, "before"), 0);
    check_int(on_shutdown(both.loop, HENCE_SHUTDOWN_AFTER, "after"), 0);
    check_trace("waits");
    hence_resolve(p, hence_none());
    check_trace("before after");
    end_loop(&both);
}

/* ---- results ---- */

TEST(shutdown, a_value_is_destroyed_and_a_failure_is_reported)
{
    struct loop_and_clock both = begin_loop();
    hence_loop_on_shutdown(both.loop, HENCE_SHUTDOWN_BEFORE, give_a_payload, "a", NULL);
    hence_loop_on_shutdown(both.loop, HENCE_SHUTDOWN_BEFORE, fail_in_shutdown, "b", NULL);
    hence_loop_on_shutdown(both.loop, HENCE_SHUTDOWN_AFTER, fail_in_shutdown, "c", NULL);
    hence_loop_shutdown(both.loop);
    check_trace("a b c");
    check_int(payloads_alive(), 0);
    check(had_report(HENCE_REPORT_UNHANDLED));
    check(strstr(report_text(), "b"));
    check(had_report(HENCE_REPORT_UNHANDLED));
    check(strstr(report_text(), "c"));
    end_loop(&both);
}

TEST(shutdown, a_chain_that_fails_is_reported_and_shutdown_goes_on)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    wait_in_phase(both.loop, HENCE_SHUTDOWN_BEFORE, hence_deferred_new(&p));
    on_shutdown(both.loop, HENCE_SHUTDOWN_DURING, "during");
    hence_loop_shutdown(both.loop);
    check_trace("waits");
    hence_resolve(p, failure("cannot flush"));
    check(had_report(HENCE_REPORT_UNHANDLED));
    check(strstr(report_text(), "cannot flush"));
    check_trace("during");
    end_loop(&both);
}

TEST(shutdown, a_report_tells_where_the_callback_was_given)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_loop_on_shutdown_at("here.c:1", both.loop, HENCE_SHUTDOWN_DURING, fail_in_shutdown, "b",
                              NULL);
    if (hence_loop_on_shutdown_at("here.c:2", both.loop, HENCE_SHUTDOWN_BEFORE, wait_for, d, NULL))
        hence_deferred_unref(d);
    hence_loop_shutdown(both.loop);
    hence_resolve(p, failure("cannot flush"));
    check_trace("waits b");
    check(had_report(HENCE_REPORT_UNHANDLED));
    if (!support_faulty)
        check(strstr(report_text(), "cannot flush") &&
              strstr(report_text(), "\n    made at here.c:2\n"));
    check(had_report(HENCE_REPORT_UNHANDLED));
    if (!support_faulty)
        check(strstr(report_text(), "\n    made at here.c:1\n"));
    end_loop(&both);
}

TEST(shutdown, a_cancelled_chain_is_not_reported)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_deferred *d = hence_deferred_ref(hence_deferred_new(&p));
    if (hence_loop_on_shutdown(both.loop, HENCE_SHUTDOWN_BEFORE, wait_for, d, NULL) < 0)
        hence_deferred_unref(d);
    on_shutdown(both.loop, HENCE_SHUTDOWN_DURING, "during");
    hence_loop_shutdown(both.loop);
    hence_deferred_cancel(d);
    check_trace("waits during");
    hence_abandon(p);
    hence_deferred_unref(d);
    end_loop(&both);
}

/* ---- taken back, refused ---- */

TEST(shutdown, a_callback_can_be_taken_back)
{
    struct loop_and_clock both = begin_loop();
    hence_call a, b, c;
    hence_loop_on_shutdown(both.loop, HENCE_SHUTDOWN_BEFORE, leave_a_word, "a", &a);
    hence_loop_on_shutdown(both.loop, HENCE_SHUTDOWN_BEFORE, leave_a_word, "b", &b);
    hence_loop_on_shutdown(both.loop, HENCE_SHUTDOWN_BEFORE, leave_a_word, "c", &c);
    check_int(hence_loop_remove_shutdown(both.loop, b), 0);
    check_int(hence_loop_remove_shutdown(both.loop, b), -ENOENT);
    check_int(hence_loop_remove_shutdown(both.loop, c), 0);
    hence_loop_on_shutdown(both.loop, HENCE_SHUTDOWN_BEFORE, leave_a_word, "d", &c);
    check_int(hence_call_cancel(both.loop, a), -ENOENT);
    hence_loop_shutdown(both.loop);
    check_trace("a d");
    check_int(hence_loop_remove_shutdown(both.loop, a), -ENOENT);
    end_loop(&both);
}

TEST(shutdown, other_handles_name_no_shutdown_callback)
{
    struct loop_and_clock both = begin_loop();
    hence_call soon, empty = {0, 0, 0};
    hence_call_soon(both.loop, call, "soon", &soon);
    on_shutdown(both.loop, HENCE_SHUTDOWN_BEFORE, "before");
    check_int(hence_loop_remove_shutdown(both.loop, soon), -ENOENT);
    check_int(hence_loop_remove_shutdown(both.loop, empty), -ENOENT);
    check_int(hence_loop_remove_shutdown(NULL, empty), -ENOENT);
    hence_loop_close(both.loop);
    check_trace("before");
    check_int(hence_loop_remove_shutdown(both.loop, soon), -ENOENT);
    end_loop(&both);
}

static bool is_empty(hence_call handle)
{
    return !handle.sequence && !handle.slot && !handle.type;
}

static void use_all(void *loop)
{
    hence_call handle = {1, 2, 3};
    hence_loop_on_shutdown(loop, HENCE_SHUTDOWN_BEFORE, leave_a_word, "x", &handle);
    hence_loop_remove_shutdown(loop, handle);
    hence_loop_shutdown(loop);
}

TEST(shutdown, bad_use_is_refused)
{
    struct loop_and_clock both = begin_loop();
    hence_call handle = {1, 2, 3};
    check_int(hence_loop_on_shutdown(both.loop, HENCE_SHUTDOWN_BEFORE, NULL, NULL, &handle),
              -EINVAL);
    check(is_empty(handle));
    handle.type = 9;
    check_int(
        hence_loop_on_shutdown(both.loop, (hence_shutdown_phase)3, leave_a_word, "x", &handle),
        -EINVAL);
    check(is_empty(handle));
    check_int(hence_loop_on_shutdown(NULL, HENCE_SHUTDOWN_BEFORE, leave_a_word, "x", NULL),
              -ENOMEM);
    if (both.loop)
        on_another_thread(use_all, both.loop);
    check(had_report(HENCE_REPORT_WRONG_THREAD));
    check(had_report(HENCE_REPORT_WRONG_THREAD));
    check(had_report(HENCE_REPORT_WRONG_THREAD));
    hence_loop_close(both.loop);
    check_int(on_shutdown(both.loop, HENCE_SHUTDOWN_BEFORE, "x"), -ESHUTDOWN);
    end_loop(&both);
    check_trace("");
}

/* ---- closed instead ---- */

TEST(shutdown, closing_runs_the_callbacks_that_have_not_run)
{
    struct loop_and_clock both = begin_loop();
    on_shutdown(both.loop, HENCE_SHUTDOWN_AFTER, "after");
    on_shutdown(both.loop, HENCE_SHUTDOWN_BEFORE, "before");
    on_shutdown(both.loop, HENCE_SHUTDOWN_DURING, "during");
    hence_loop_close(both.loop);
    check_trace("before during after");
    end_loop(&both);
    check_trace("");
}

TEST(shutdown, closing_waits_for_nothing)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    wait_in_phase(both.loop, HENCE_SHUTDOWN_BEFORE, hence_deferred_new(&p));
    on_shutdown(both.loop, HENCE_SHUTDOWN_DURING, "during");
    hence_loop_close(both.loop);
    check_trace("waits during");
    hence_resolve(p, payload());
    end_loop(&both);
}

TEST(shutdown, closing_while_it_waits_gives_the_waiting_up)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p, *q;
    hence_deferred *d = hence_deferred_new(&p), *e = hence_deferred_new(&q);
    wait_in_phase(both.loop, HENCE_SHUTDOWN_BEFORE, d);
    wait_in_phase(both.loop, HENCE_SHUTDOWN_BEFORE, e);
    on_shutdown(both.loop, HENCE_SHUTDOWN_DURING, "during");
    hence_loop_shutdown(both.loop);
    check_trace("waits waits");
    hence_resolve(q, payload());
    hence_loop_close(both.loop);
    check_trace("during");
    end_loop(&both);
    hence_resolve(p, payload()); /* the loop is gone by now */
    check_int(payloads_alive(), 0);
}

static hence_result ask_in_shutdown(void *word)
{
    trace("%s:%d", (const char *)word, hence_call_soon(the_loop, call, "dropped", NULL));
    return hence_none();
}

TEST(shutdown, a_callback_of_a_closing_loop_may_still_ask_for_calls_that_are_dropped_then)
{
    struct loop_and_clock both = begin_loop();
    the_loop = both.loop;
    hence_loop_on_shutdown(both.loop, HENCE_SHUTDOWN_BEFORE, ask_in_shutdown, "before", NULL);
    hence_loop_close(both.loop);
    check_trace("before:0");
    end_loop(&both);
}

static hence_result close_in_shutdown(void *word)
{
    trace("%s", (const char *)word);
    check_int(hence_loop_close(the_loop), 0);
    return hence_none();
}

TEST(shutdown, a_callback_may_close_the_loop)
{
    struct loop_and_clock both = begin_loop();
    the_loop = both.loop;
    hence_loop_on_shutdown(both.loop, HENCE_SHUTDOWN_BEFORE, close_in_shutdown, "close", NULL);
    on_shutdown(both.loop, HENCE_SHUTDOWN_BEFORE, "before");
    on_shutdown(both.loop, HENCE_SHUTDOWN_AFTER, "after");
    hence_loop_shutdown(both.loop);
    check_trace("close before after");
    check(hence_loop_is_closed(both.loop));
    end_loop(&both);
}

TEST(shutdown, a_callback_of_a_closing_loop_may_close_it_again)
{
    struct loop_and_clock both = begin_loop();
    the_loop = both.loop;
    hence_loop_on_shutdown(both.loop, HENCE_SHUTDOWN_DURING, close_in_shutdown, "close", NULL);
    on_shutdown(both.loop, HENCE_SHUTDOWN_DURING, "during");
    on_shutdown(both.loop, HENCE_SHUTDOWN_AFTER, "after");
    hence_loop_close(both.loop);
    check_trace("close during after");
    end_loop(&both);
}

static hence_result shut_down_again(void *word)
{
    trace("%s:%d", (const char *)word, hence_loop_shutdown(the_loop));
    return hence_none();
}

TEST(shutdown, it_can_not_be_begun_inside_itself)
{
    struct loop_and_clock both = begin_loop();
    char expected[16];
    the_loop = both.loop;
    hence_loop_on_shutdown(both.loop, HENCE_SHUTDOWN_BEFORE, shut_down_again, "x", NULL);
    hence_loop_shutdown(both.loop);
    snprintf(expected, sizeof expected, "x:%d", -EALREADY);
    check_trace(expected);
    end_loop(&both);
}

static hence_result resolve_in_shutdown(void *promise)
{
    trace("resolve");
    hence_resolve(promise, hence_none());
    return hence_none();
}

TEST(shutdown, a_callback_may_end_what_another_one_waits_for)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    wait_in_phase(both.loop, HENCE_SHUTDOWN_BEFORE, hence_deferred_new(&p));
    if (hence_loop_on_shutdown(both.loop, HENCE_SHUTDOWN_BEFORE, resolve_in_shutdown, p, NULL) < 0)
        hence_abandon(p);
    on_shutdown(both.loop, HENCE_SHUTDOWN_BEFORE, "before");
    on_shutdown(both.loop, HENCE_SHUTDOWN_DURING, "during");
    hence_loop_shutdown(both.loop);
    check_trace("waits resolve before during");
    end_loop(&both);
}

static hence_result unref_in_shutdown(void *word)
{
    trace("%s", (const char *)word);
    hence_loop_unref(the_loop);
    return hence_none();
}

TEST(shutdown, a_callback_may_let_go_of_the_loop)
{
    hence_loop *loop = the_loop = hence_loop_new(NULL);
    if (hence_loop_on_shutdown(loop, HENCE_SHUTDOWN_BEFORE, unref_in_shutdown, "unref", NULL) < 0) {
        hence_loop_unref(loop);
        return;
    }
    on_shutdown(loop, HENCE_SHUTDOWN_AFTER, "after");
    hence_call_later_own(loop, 1, call, payload_new(), payload_destroy, NULL);
    hence_loop_shutdown(loop);
    check_trace("unref after");
    check(!hence_loop_current());
}

TEST(shutdown, a_callback_of_a_closing_loop_may_let_it_go)
{
    hence_loop *loop = the_loop = hence_loop_new(NULL);
    if (hence_loop_on_shutdown(loop, HENCE_SHUTDOWN_BEFORE, unref_in_shutdown, "unref", NULL) < 0) {
        hence_loop_unref(loop);
        return;
    }
    on_shutdown(loop, HENCE_SHUTDOWN_AFTER, "after");
    hence_call_later_own(loop, 1, call, payload_new(), payload_destroy, NULL);
    check_int(hence_loop_close(loop), 0);
    check_trace("unref after");
    check(!hence_loop_current());
}

TEST_ONCE(shutdown, it_ends_a_program_s_own_dispatch)
{
    struct event_base *base = event_base_new();
    hence_loop *loop = hence_loop_new(base);
    hence_promise *p;
    hence_future *f = hence_future_new(loop, &p);
    hence_loop_on_shutdown(loop, HENCE_SHUTDOWN_BEFORE, wait_for_future, f, NULL);
    on_shutdown(loop, HENCE_SHUTDOWN_AFTER, "after");
    hence_call_soon(loop, begin_shutdown, loop, NULL);
    hence_call_later(loop, HENCE_SECONDS(3600), call, "never", NULL);
    check_int(event_base_loop(base, EVLOOP_NONBLOCK), 0);
    check_trace("begin waits");
    hence_resolve(p, hence_none());
    check_int(event_base_dispatch(base), 0);
    check_trace("after");
    hence_loop_free(loop);
    event_base_free(base);
}

/* ---- many ---- */

static hence_result count(void *number)
{
    ++*(int *)number;
    return hence_none();
}

static hence_result chain_deferred(void *deferred)
{
    return hence_chain(deferred);
}

TEST(shutdown, a_million_that_are_waited_for_may_end_in_any_order)
{
    struct loop_and_clock both = begin_loop();
    const int many = support_many();
    hence_promise **promises = calloc((size_t)many, sizeof *promises);
    int during = 0;
    for (int i = 0; i < many; i++) {
        hence_deferred *d = hence_deferred_new(&promises[i]);
        if (hence_loop_on_shutdown(both.loop, HENCE_SHUTDOWN_BEFORE, chain_deferred, d, NULL) < 0)
            hence_deferred_unref(d);
    }
    hence_loop_on_shutdown(both.loop, HENCE_SHUTDOWN_DURING, count, &during, NULL);
    hence_loop_shutdown(both.loop);
    for (int i = 0; i < many / 2; i++)
        hence_resolve(promises[i], hence_none());
    for (int i = many - 1; i > many / 2; i--)
        hence_resolve(promises[i], hence_none());
    check_int(during, 0);
    hence_resolve(promises[many / 2], hence_none());
    check_int(during, 1);
    free(promises);
    end_loop(&both);
}

TEST(shutdown, any_of_a_million_callbacks_can_be_taken_back)
{
    struct loop_and_clock both = begin_loop();
    const int many = support_many();
    hence_call *calls = calloc((size_t)many, sizeof *calls), again;
    int taken_back = 0, ran = 0;
    for (int i = 0; i < many; i++)
        hence_loop_on_shutdown(both.loop, (hence_shutdown_phase)(i % 3), count, &ran, &calls[i]);
    for (int i = many - 1; i >= 0; i--)
        if (i % 7)
            taken_back += hence_loop_remove_shutdown(both.loop, calls[i]) == 0;
    check_int(taken_back, many - (many + 6) / 7);
    hence_loop_on_shutdown(both.loop, HENCE_SHUTDOWN_AFTER, count, &ran, &again);
    for (int i = 0; i < many; i++)
        if (i % 7) /* also that in whose place the new one stands */
            check_int(hence_loop_remove_shutdown(both.loop, calls[i]), -ENOENT);
    hence_loop_shutdown(both.loop);
    check_int(ran, (many + 6) / 7 + 1);
    check_int(hence_loop_remove_shutdown(both.loop, again), -ENOENT);
    free(calls);
    end_loop(&both);
}
