/* SPDX-License-Identifier: BSD-3-Clause */
/* Running the loop for one Future. */
#include <errno.h>
#include <event2/event.h>

#include "support/support.h"

SUITE(future_run);

static hence_promise *the_promise;

static void resolve(void *word)
{
    trace("%s", (const char *)word);
    hence_resolve(the_promise, hence_int(7));
}

static const char *run(hence_loop *loop, hence_future *f)
{
    return describe_and_drop(hence_loop_run_until_complete(loop, f));
}

TEST_ONCE(future_run, it_runs_until_the_Future_is_done_and_gives_its_result)
{
    struct loop_and_clock both = begin_loop();
    hence_future *f = hence_future_new(both.loop, &the_promise);
    hence_test_clock_autojump(both.clock, true);
    hence_call_later(both.loop, HENCE_SECONDS(3600), resolve, "an hour later", NULL);
    hence_call_later(both.loop, HENCE_SECONDS(7200), call, "never", NULL);
    check_string(run(both.loop, f), "7");
    check_trace("an hour later");
    check_string(run(both.loop, f), "7"); /* again */
    hence_future_unref(f);
    end_loop(&both);
}

TEST_ONCE(future_run, listeners_that_were_added_before_are_told_before_it_returns)
{
    struct loop_and_clock both = begin_loop();
    hence_future *f = hence_future_new(both.loop, &the_promise);
    hence_future_add_done_callback(f, done, "a");
    hence_future_add_done_callback(f, done, "b");
    hence_call_soon(both.loop, resolve, "resolve", NULL);
    check_string(run(both.loop, f), "7");
    check_trace("resolve a:7 b:7");
    hence_future_unref(f);
    end_loop(&both);
}

TEST(future_run, one_that_is_done_gives_its_result_after_one_turn)
{
    struct loop_and_clock both = begin_loop();
    hence_future *f = hence_future_new(both.loop, &the_promise);
    hence_future_add_done_callback(f, done, "a");
    hence_resolve(the_promise, hence_int(7));
    hence_future_add_done_callback(f, done, "late");
    check_string(run(both.loop, f), "7");
    check_trace("a:7 late:7");
    check_string(run(both.loop, f), "7");
    check(!hence_loop_is_running(both.loop));
    hence_future_unref(f);
    end_loop(&both);
}

TEST(future_run, a_failure_counts_as_looked_at)
{
    struct loop_and_clock both = begin_loop();
    hence_future *f = hence_future_new(both.loop, &the_promise);
    hence_resolve(the_promise, failure("broken"));
    check_string(run(both.loop, f), "broken");
    hence_future_unref(f);
    end_loop(&both);
}

TEST(future_run, an_owned_value_is_shared_with_the_Future)
{
    struct loop_and_clock both = begin_loop();
    hence_future *f = hence_future_new(both.loop, &the_promise);
    hence_resolve(the_promise, payload());
    hence_result r = hence_loop_run_until_complete(both.loop, f);
    hence_future_unref(f);
    check(hence_as(&r, payload_destroy));
    hence_drop(r);
    check_int(payloads_alive(), 0);
    end_loop(&both);
}

TEST(future_run, a_cancelled_one_gives_that)
{
    struct loop_and_clock both = begin_loop();
    hence_future *f = hence_future_new(both.loop, &the_promise);
    hence_future_cancel(f);
    check_string(run(both.loop, f), "cancelled");
    hence_abandon(the_promise);
    hence_future_unref(f);
    end_loop(&both);
}

static void stop(void *loop)
{
    hence_loop_stop(loop);
}

/* rule 98 */
TEST_ONCE(future_run, a_loop_that_is_stopped_first_gives_stopped)
{
    struct loop_and_clock both = begin_loop();
    hence_future *f = hence_future_new(both.loop, &the_promise);
    hence_call_soon(both.loop, stop, both.loop, NULL);
    check_string(run(both.loop, f), "stopped");
    check(!hence_future_done(f));
    hence_loop_stop(both.loop);
    check_string(run(both.loop, f), "stopped");
    hence_call_soon(both.loop, resolve, "resolve", NULL);
    check_string(run(both.loop, f), "7"); /* it can still be waited for */
    check_trace("resolve");
    hence_future_unref(f);
    end_loop(&both);
}

static void resolve_and_stop(void *loop)
{
    hence_resolve(the_promise, hence_int(7));
    hence_loop_stop(loop);
}

/* rule 98 */
TEST_ONCE(future_run, one_that_is_done_when_the_loop_stops_gives_its_result)
{
    struct loop_and_clock both = begin_loop();
    hence_future *f = hence_future_new(both.loop, &the_promise);
    hence_call_soon(both.loop, resolve_and_stop, both.loop, NULL);
    check_string(run(both.loop, f), "7");
    hence_future_unref(f);
    end_loop(&both);
}

static void break_base(void *loop)
{
    event_base_loopbreak(hence_loop_base(loop));
}

TEST_ONCE(future_run, a_base_that_the_program_breaks_gives_stopped)
{
    struct loop_and_clock both = begin_loop();
    hence_future *f = hence_future_new(both.loop, &the_promise);
    hence_call_soon(both.loop, break_base, both.loop, NULL);
    check_string(run(both.loop, f), "stopped");
    hence_abandon(the_promise);
    check_string(run(both.loop, f), "abandoned");
    hence_future_unref(f);
    end_loop(&both);
}

struct inside {
    hence_loop *loop;
    hence_future *f;
};

static void run_in_event(evutil_socket_t fd, short what, void *arg)
{
    const struct inside *inside = arg;
    (void)fd;
    (void)what;
    trace("%s", run(inside->loop, inside->f));
}

TEST_ONCE(future_run, a_base_that_runs_already_gives_invalid)
{
    const struct timeval at_once = {0, 0};
    struct event_base *base = event_base_new();
    struct inside inside = {.loop = hence_loop_new(base)};
    inside.f = hence_future_new(inside.loop, &the_promise);
    check_int(event_base_once(base, -1, EV_TIMEOUT, run_in_event, &inside, &at_once), 0);
    event_base_loop(base, EVLOOP_NONBLOCK);
    check_trace("invalid");
    check(!hence_future_done(inside.f));
    hence_resolve(the_promise, hence_int(7));
    check_string(run(inside.loop, inside.f), "7");
    hence_future_unref(inside.f);
    hence_loop_free(inside.loop);
    event_base_free(base);
}

TEST(future_run, the_Future_that_could_not_be_had_gives_that)
{
    struct loop_and_clock both = begin_loop();
    check_string(run(both.loop, NULL), "nomem");
    check_string(run(NULL, NULL), "nomem");
    hence_future *f = hence_future_new(both.loop, NULL);
    hence_future_failure(f);
    check_string(run(NULL, f), "nomem");
    hence_future_unref(f);
    end_loop(&both);
}

/* rule 88 */
TEST(future_run, a_Future_of_another_loop_is_refused)
{
    struct loop_and_clock both = begin_loop(), others = begin_loop();
    hence_future *f = hence_future_new(others.loop, &the_promise);
    check_string(run(both.loop, f), "invalid");
    hence_resolve(the_promise, hence_int(1));
    check_string(run(both.loop, f), "invalid");
    check_string(run(others.loop, f), "1");
    hence_future_unref(f);
    end_loop(&others);
    end_loop(&both);
}

TEST(future_run, a_closed_loop_gives_closed)
{
    struct loop_and_clock both = begin_loop();
    hence_future *f = hence_future_new(both.loop, &the_promise);
    hence_loop_close(both.loop);
    check_string(run(both.loop, f), "closed");
    hence_abandon(the_promise);
    hence_future_failure(f);
    hence_future_unref(f);
    end_loop(&both);
}

static hence_future *the_future;

static void run_inside(void *loop)
{
    trace("%s", run(loop, the_future));
}

/* rule 132 */
TEST(future_run, it_can_not_be_run_inside_a_run)
{
    struct loop_and_clock both = begin_loop();
    the_future = hence_future_new(both.loop, NULL);
    hence_future_failure(the_future);
    hence_call_soon(both.loop, run_inside, both.loop, NULL);
    hence_test_turn(both.loop);
    check_trace("invalid");
    hence_future_unref(the_future);
    end_loop(&both);
}

struct foreign {
    hence_loop *loop;
    hence_future *f;
    hence_result r;
};

static void run_there(void *arg)
{
    struct foreign *foreign = arg;
    foreign->r = hence_loop_run_until_complete(foreign->loop, foreign->f);
}

TEST(future_run, another_thread_is_refused)
{
    struct loop_and_clock both = begin_loop();
    hence_future *f = hence_future_new(both.loop, NULL);
    struct foreign foreign = {both.loop, f, hence_none()};
    hence_future_failure(f);
    if (f)
        on_another_thread(run_there, &foreign);
    check_string(describe_and_drop(foreign.r), "invalid");
    check(had_report(HENCE_REPORT_WRONG_THREAD));
    hence_future_unref(f);
    end_loop(&both);
}

static void let_go(void *arg)
{
    (void)arg;
    the_future = hence_future_unref(the_future);
    hence_resolve(the_promise, hence_int(7));
}

TEST_ONCE(future_run, the_Future_may_be_let_go_while_the_loop_runs_for_it)
{
    struct loop_and_clock both = begin_loop();
    the_future = hence_future_new(both.loop, &the_promise);
    hence_call_soon(both.loop, let_go, NULL, NULL);
    check_string(run(both.loop, the_future), "7");
    end_loop(&both);
}

TEST_ONCE(future_run, it_works_on_the_real_clock)
{
    hence_loop *loop = hence_loop_new(NULL);
    hence_future *f = hence_sleep_future(loop, HENCE_MS(1));
    check_string(run(loop, f), "none");
    hence_future_unref(f);
    hence_loop_free(loop);
}
