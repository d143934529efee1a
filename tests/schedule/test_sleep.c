/* SPDX-License-Identifier: BSD-3-Clause */
/* Sleeping, in both shapes. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "support/support.h"

SUITE(sleep);

TEST(sleep, a_Deferred_gives_none_when_the_time_has_come)
{
    struct loop_and_clock both = begin_loop();
    hence_deferred *d = hence_sleep(both.loop, HENCE_SECONDS(1));
    hence_deferred_add_both(d, pass, "d");
    check(d && strstr(hence_deferred_site(d), "test_sleep.c:"));
    hence_test_clock_advance(both.clock, HENCE_SECONDS(1) - 1);
    check_trace("");
    hence_test_clock_advance(both.clock, 1);
    check_trace("d:none");
    hence_deferred_unref(d);
    end_loop(&both);
}

TEST(sleep, a_Future_gives_none_when_the_time_has_come)
{
    struct loop_and_clock both = begin_loop();
    hence_future *f = hence_sleep_future(both.loop, HENCE_SECONDS(1));
    hence_future_add_done_callback(f, done, "f");
    check(f && strstr(hence_future_site(f), "test_sleep.c:"));
    hence_test_clock_advance(both.clock, HENCE_SECONDS(1) - 1);
    check_trace("");
    hence_test_clock_advance(both.clock, 1);
    check_trace("f:none");
    hence_future_unref(f);
    end_loop(&both);
}

/* rule 116 */
TEST(sleep, zero_or_less_is_one_turn_of_the_loop)
{
    struct loop_and_clock both = begin_loop();
    hence_deferred *d = hence_sleep(both.loop, 0), *e = hence_sleep(both.loop, -5);
    hence_deferred_add_both(d, pass, "0");
    hence_deferred_add_both(e, pass, "-5");
    hence_call_soon(both.loop, call, "soon", NULL);
    check_trace("");
    check_int(hence_test_turn(both.loop), 3);
    check_trace("soon -5:none 0:none");
    hence_deferred_unref(d);
    hence_deferred_unref(e);
    end_loop(&both);
}

/* rule 116 */
TEST(sleep, cancelling_the_Deferred_removes_the_timer)
{
    struct loop_and_clock both = begin_loop();
    hence_deferred *d = hence_sleep(both.loop, 10);
    hence_deferred_add_both(d, pass, "d");
    check_int(hence_loop_pending(both.loop), 1);
    check_int(hence_deferred_cancel(d), 0);
    check_trace("d:cancelled");
    check_int(hence_loop_pending(both.loop), 0);
    hence_test_clock_advance(both.clock, 10);
    check_trace("");
    hence_deferred_unref(d);
    end_loop(&both);
}

/* rule 116 */
TEST(sleep, cancelling_the_Future_removes_the_timer)
{
    struct loop_and_clock both = begin_loop();
    hence_future *f = hence_sleep_future(both.loop, 10);
    hence_future_add_done_callback(f, done, "f");
    check_int(hence_future_cancel(f), 0);
    check_int(hence_loop_pending(both.loop), 1); /* the listener */
    hence_test_clock_advance(both.clock, 10);
    check_trace("f:cancelled");
    hence_future_unref(f);
    end_loop(&both);
}

TEST(sleep, cancelling_allocates_nothing)
{
    struct loop_and_clock both = begin_loop();
    hence_deferred *d = hence_sleep(both.loop, 10);
    hence_future *f = hence_sleep_future(both.loop, 10);
    out_of_memory(true);
    hence_deferred_cancel(d);
    hence_future_cancel(f);
    out_of_memory(false);
    check_string(outcome(d), "cancelled");
    check(hence_future_cancelled(f));
    hence_future_failure(f);
    hence_future_unref(f);
    hence_deferred_unref(d);
    end_loop(&both);
}

TEST(sleep, letting_go_does_not_end_the_sleep)
{
    struct loop_and_clock both = begin_loop();
    hence_deferred *d = hence_sleep(both.loop, 10);
    hence_deferred_add_both(d, swallow, "d");
    hence_deferred_unref(d);
    hence_future_unref(hence_sleep_future(both.loop, 10));
    check_int(hence_loop_pending(both.loop), 2);
    hence_test_clock_advance(both.clock, 10);
    check_trace("d:none");
    check_int(hence_loop_pending(both.loop), 0);
    end_loop(&both);
}

TEST(sleep, forgetting_ends_the_sleep)
{
    struct loop_and_clock both = begin_loop();
    hence_deferred *d = hence_sleep(both.loop, 10);
    hence_deferred_add_both(d, pass, "never");
    if (d)
        hence_deferred_forget(d);
    check_int(hence_loop_pending(both.loop), 0);
    hence_test_clock_advance(both.clock, 10);
    check_trace(d ? "" : "never:nomem");
    end_loop(&both);
}

TEST(sleep, sleepers_wake_in_the_order_of_their_times)
{
    struct loop_and_clock both = begin_loop();
    static const char *const words[] = {"c", "a", "b", "A"};
    static const int delays[] = {30, 10, 20, 10};
    hence_deferred *d[4];
    for (int i = 0; i < 4; i++) {
        d[i] = hence_sleep(both.loop, delays[i]);
        hence_deferred_add_both(d[i], swallow, (void *)(uintptr_t)words[i]);
    }
    hence_test_clock_advance(both.clock, 30);
    check_trace("a:none A:none b:none c:none");
    for (int i = 0; i < 4; i++)
        hence_deferred_unref(d[i]);
    end_loop(&both);
}

/* ---- the loop goes first ---- */

TEST(sleep, a_loop_that_closes_lets_its_sleepers_go)
{
    struct loop_and_clock both = begin_loop();
    hence_deferred *d = hence_sleep(both.loop, 10);
    hence_future *f = hence_sleep_future(both.loop, 10);
    hence_deferred_add_both(d, swallow, "d");
    end_loop(&both);
    check_trace("d:closed");
    check_string(describe_and_drop(hence_future_result(f)), "closed");
    hence_deferred_unref(d);
    hence_future_unref(f);
}

TEST(sleep, nobody_can_sleep_in_a_closed_loop)
{
    hence_loop *loop = hence_loop_new(NULL);
    hence_loop_close(loop);
    hence_deferred *d = hence_sleep(loop, 10);
    check_string(outcome(d), "closed");
    check(!hence_sleep_future(loop, 10));
    hence_deferred_unref(d);
    hence_loop_free(loop);
}

TEST(sleep, nobody_can_sleep_without_a_loop)
{
    hence_deferred *d = hence_sleep(NULL, 10);
    check_string(outcome(d), "nomem");
    check(!hence_sleep_future(NULL, 10));
    hence_deferred_unref(d);
}

struct foreign {
    hence_loop *loop;
    const char *outcome;
    hence_future *f;
};

static void sleep_there(void *arg)
{
    struct foreign *foreign = arg;
    hence_deferred *d = hence_sleep(foreign->loop, 10);
    foreign->outcome = outcome(d);
    hence_deferred_unref(d);
    foreign->f = hence_sleep_future(foreign->loop, 10);
}

TEST(sleep, nobody_can_sleep_in_another_thread_s_loop)
{
    struct loop_and_clock both = begin_loop();
    struct foreign foreign = {both.loop, "", NULL};
    if (both.loop)
        on_another_thread(sleep_there, &foreign);
    check_string(foreign.outcome, "invalid");
    check(!foreign.f);
    check(had_report(HENCE_REPORT_WRONG_THREAD));
    check(had_report(HENCE_REPORT_WRONG_THREAD));
    end_loop(&both);
}

/* ---- on the way ---- */

static hence_loop *the_loop;

static hence_result sleep_on(hence_result *in, void *word)
{
    trace("%s:%s", (const char *)word, describe(in));
    return hence_chain(hence_sleep(the_loop, HENCE_MS(5)));
}

TEST(sleep, a_step_may_sleep)
{
    struct loop_and_clock both = begin_loop();
    the_loop = both.loop;
    hence_deferred *d = hence_sleep(both.loop, HENCE_MS(5));
    hence_deferred_add_callback(d, sleep_on, "first");
    hence_deferred_add_callback(d, sleep_on, "second");
    hence_deferred_add_both(d, swallow, "third");
    hence_test_clock_advance(both.clock, HENCE_MS(5));
    check_trace("first:none");
    hence_test_clock_advance(both.clock, HENCE_MS(5));
    check_trace("second:none");
    hence_test_clock_advance(both.clock, HENCE_MS(5));
    check_trace("third:none");
    hence_deferred_unref(d);
    end_loop(&both);
}

static hence_result cancel_itself(hence_result *in, void *d)
{
    trace("%s", describe(in));
    check_int(hence_deferred_cancel(d), -EALREADY);
    return *in;
}

TEST(sleep, a_sleeper_that_is_waking_can_not_be_cancelled)
{
    struct loop_and_clock both = begin_loop();
    hence_deferred *d = hence_sleep(both.loop, 1);
    if (d)
        hence_deferred_add_callback(d, cancel_itself, d);
    hence_test_clock_advance(both.clock, 1);
    check_trace("none");
    hence_deferred_unref(d);
    end_loop(&both);
}

static void cancel_sleeper(void *d)
{
    trace("cancel:%d", hence_deferred_cancel(d));
}

TEST(sleep, a_sleeper_can_be_cancelled_by_a_call_that_is_due_with_it)
{
    struct loop_and_clock both = begin_loop();
    hence_deferred *d = NULL;
    hence_call_later(both.loop, 5, call, "first", NULL);
    d = hence_sleep(both.loop, 4);
    hence_deferred *e = hence_sleep(both.loop, 5);
    hence_deferred_add_both(e, swallow, "e");
    hence_call_at(both.loop, 3, cancel_sleeper, e, NULL);
    hence_call_at(both.loop, 3, cancel_sleeper, d, NULL);
    hence_test_clock_advance(both.clock, 10);
    check_trace("e:cancelled cancel:0 cancel:0 first");
    hence_deferred_unref(d);
    hence_deferred_unref(e);
    end_loop(&both);
}

TEST_ONCE(sleep, on_the_real_clock_it_is_never_too_short)
{
    hence_loop *loop = hence_loop_new(NULL);
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    hence_drop(hence_loop_run_until_complete_deferred(loop, hence_sleep(loop, HENCE_MS(2))));
    clock_gettime(CLOCK_MONOTONIC, &after);
    check((after.tv_sec - before.tv_sec) * 1000000000 + after.tv_nsec - before.tv_nsec >=
          HENCE_MS(2));
    hence_loop_free(loop);
}
