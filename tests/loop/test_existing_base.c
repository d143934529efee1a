/* SPDX-License-Identifier: BSD-3-Clause */
/* Loops on an event_base that the program dispatches. */
#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <sys/resource.h>

#include "loop/existing_base_support.h"

SUITE(existing_base);

static void stop(void *loop)
{
    trace("stop");
    check_int(hence_loop_stop(loop), 0);
}

/* ---- a program that dispatches ---- */

TEST(existing_base, the_loop_uses_the_base_and_leaves_it_to_the_program)
{
    struct event_base *base = event_base_new();
    hence_loop *loop = hence_loop_new(base);
    check(hence_loop_base(loop) == base);
    hence_loop_close(loop);
    check(!hence_loop_base(loop));
    hence_loop_free(loop);
    check_int(dispatch(base), 1); /* nothing is left in it */
    free_base(base);
}

TEST(existing_base, dispatch_makes_the_calls)
{
    struct event_base *base = event_base_new();
    hence_loop *loop = hence_loop_new(base);
    hence_call_soon(loop, call, "a", NULL);
    hence_call_later(loop, 0, call, "b", NULL);
    check(!hence_loop_is_running(loop));
    check_int(dispatch(base), 1);
    check_trace("a b");
    hence_loop_free(loop);
    free_base(base);
}

TEST(existing_base, dispatch_ends_by_itself_when_nothing_waits)
{
    struct event_base *base = event_base_new();
    hence_loop *loop = hence_loop_new(base);
    check_int(dispatch(base), 1);
    hence_call_later(loop, HENCE_MS(1), call, "a", NULL);
    check_int(dispatch(base), 1);
    if (!support_faulty)
        check_trace("a");
    check_int(dispatch(base), 1);
    hence_loop_free(loop);
    free_base(base);
}

/* Has the base nothing to wait for, so that a dispatch would end? */
static bool would_end(struct event_base *base)
{
    return !base || event_base_loop(base, EVLOOP_NONBLOCK) == 1;
}

TEST(existing_base, a_call_that_was_cancelled_does_not_keep_dispatch_going)
{
    struct event_base *base = event_base_new();
    hence_loop *loop = hence_loop_new(base);
    hence_call timer, other, soon;
    hence_call_later(loop, HENCE_SECONDS(3600), call, "never", &timer);
    hence_call_later(loop, HENCE_SECONDS(7200), call, "never", &other);
    check(!would_end(base));
    check_int(hence_call_cancel(loop, timer), 0);
    check(!would_end(base));
    check_int(hence_call_cancel(loop, other), 0);
    check(would_end(base));
    hence_call_soon(loop, call, "never", &soon);
    check_int(hence_call_cancel(loop, soon), 0);
    check(would_end(base));
    hence_loop_free(loop);
    free_base(base);
}

static hence_call doomed;

static void cancel_doomed(void *loop)
{
    trace("%d", hence_call_cancel(loop, doomed));
}

TEST(existing_base, a_call_that_was_cancelled_by_another_does_not_keep_dispatch_going)
{
    struct event_base *base = event_base_new();
    hence_loop *loop = hence_loop_new(base);
    hence_call_soon(loop, cancel_doomed, loop, NULL);
    hence_call_later(loop, HENCE_SECONDS(3600), call, "never", &doomed);
    for (int i = 0; i < 3; i++)
        would_end(base);
    check_trace("0");
    check(would_end(base));
    hence_loop_free(loop);
    free_base(base);
}

static void cancel_in_plain_event(evutil_socket_t fd, short what, void *loop)
{
    (void)fd;
    (void)what;
    cancel_doomed(loop);
}

static const struct timeval at_once = {0, 0};

TEST(existing_base, a_call_that_was_cancelled_by_a_plain_event_does_not_keep_dispatch_going)
{
    struct event_base *base = event_base_new();
    hence_loop *loop = hence_loop_new(base);
    struct event event;
    bool added = false;
    if (base) {
        event_assign(&event, base, -1, 0, cancel_in_plain_event, loop);
        added = event_add(&event, &at_once) == 0;
    }
    hence_call_later(loop, HENCE_SECONDS(3600), call, "never", &doomed);
    for (int i = 0; i < 3; i++)
        would_end(base);
    if (added)
        check_trace("0");
    check(would_end(base));
    if (base)
        event_del(&event);
    hence_loop_free(loop);
    free_base(base);
}

/* rule 131 */
TEST(existing_base, stop_ends_the_dispatch)
{
    struct event_base *base = event_base_new();
    hence_loop *loop = hence_loop_new(base);
    hence_call_later(loop, HENCE_SECONDS(3600), call, "never", NULL);
    hence_call_soon(loop, stop, loop, NULL);
    hence_call_soon(loop, call, "a", NULL);
    check_int(dispatch(base), 0);
    check_trace("stop a");
    check_int(hence_loop_pending(loop), 1);
    hence_loop_free(loop);
    free_base(base);
}

TEST(existing_base, stop_before_the_dispatch_lets_it_make_one_turn)
{
    struct event_base *base = event_base_new();
    hence_loop *loop = hence_loop_new(base);
    hence_call_later(loop, HENCE_SECONDS(3600), call, "never", NULL);
    hence_call_soon(loop, call, "a", NULL);
    hence_loop_stop(loop);
    check_int(dispatch(base), 0);
    check_trace("a");
    hence_loop_free(loop);
    free_base(base);
}

static void stop_in_plain_event(evutil_socket_t fd, short what, void *loop)
{
    (void)fd;
    (void)what;
    stop(loop);
}

TEST(existing_base, a_plain_libevent_callback_may_stop_it)
{
    struct event_base *base = event_base_new();
    hence_loop *loop = hence_loop_new(base);
    struct event event;
    if (base) {
        event_assign(&event, base, -1, 0, stop_in_plain_event, loop);
        event_add(&event, &at_once);
    }
    hence_call_later(loop, HENCE_SECONDS(3600), call, "never", NULL);
    check_int(dispatch(base), 0);
    check_trace("stop");
    if (base)
        event_del(&event);
    hence_loop_free(loop);
    free_base(base);
}

TEST_ONCE(existing_base, a_plain_libevent_callback_may_stop_the_loop_s_own_run)
{
    struct event_base *base = event_base_new();
    hence_loop *loop = hence_loop_new(base);
    struct event event;
    event_assign(&event, base, -1, 0, stop_in_plain_event, loop);
    event_add(&event, &at_once);
    check_int(hence_loop_run_forever(loop), 0);
    check_trace("stop");
    hence_loop_free(loop);
    event_base_free(base);
}

static void ask_in_plain_event(evutil_socket_t fd, short what, void *loop)
{
    (void)fd;
    (void)what;
    trace("event");
    check_int(hence_call_soon(loop, call, "soon", NULL), 0);
    check_int(hence_call_later(loop, 0, call, "later", NULL), 0);
    check_int(hence_call_soon_threadsafe(loop, call, "posted"), 0);
}

TEST(existing_base, a_plain_libevent_callback_may_ask_for_calls)
{
    struct event_base *base = event_base_new();
    hence_loop *loop = hence_loop_new(base);
    struct event event;
    bool added = false;
    if (base) {
        event_assign(&event, base, -1, 0, ask_in_plain_event, loop);
        added = event_add(&event, &at_once) == 0;
    }
    dispatch(base);
    if (!support_faulty)
        dispatch(base); /* a post alone does not keep it going */
    if (added)
        check_trace("event soon posted later");
    if (base)
        event_del(&event);
    hence_loop_free(loop);
    free_base(base);
}

static void run_inside(void *loop)
{
    trace("%d %d", hence_loop_run_forever(loop), hence_test_turn(loop));
}

/* rule 132 */
TEST(existing_base, a_loop_can_not_be_run_from_its_own_call_under_dispatch)
{
    struct event_base *base = event_base_new();
    hence_loop *loop = hence_loop_new(base);
    char expected[16];
    snprintf(expected, sizeof expected, "%d %d", -EBUSY, -EBUSY);
    hence_call_soon(loop, run_inside, loop, NULL);
    check_int(dispatch(base), 1);
    check_trace(expected);
    hence_loop_free(loop);
    free_base(base);
}

static void run_in_plain_event(evutil_socket_t fd, short what, void *loop)
{
    (void)fd;
    (void)what;
    trace("%s", hence_loop_run_forever(loop) < 0 ? "refused" : "ran");
}

/* rule 132 */
TEST(existing_base, a_loop_can_not_be_run_from_a_plain_libevent_callback_either)
{
    struct event_base *base = event_base_new();
    hence_loop *loop = hence_loop_new(base);
    struct event event;
    bool added = false;
    if (base) {
        event_assign(&event, base, -1, 0, run_in_plain_event, loop);
        added = event_add(&event, &at_once) == 0;
    }
    dispatch(base);
    if (added)
        check_trace("refused");
    if (base)
        event_del(&event);
    hence_loop_free(loop);
    free_base(base);
}

static void close_loop(void *loop)
{
    trace("close");
    check_int(hence_loop_close(loop), 0);
    check(hence_loop_is_closed(loop));
}

TEST(existing_base, a_call_may_close_the_loop_under_dispatch)
{
    struct event_base *base = event_base_new();
    hence_loop *loop = hence_loop_new(base);
    hence_call_soon_own(loop, close_loop, loop, NULL, NULL);
    hence_call_soon_own(loop, call, payload_new(), payload_destroy, NULL);
    hence_call_later_own(loop, 0, call, payload_new(), payload_destroy, NULL);
    check_int(dispatch(base), 1);
    check_trace("close");
    check_int(payloads_alive(), 0);
    hence_loop_free(loop);
    free_base(base);
}

static void free_loop(void *variable)
{
    hence_loop **loop = variable;
    trace("free");
    *loop = hence_loop_free(*loop);
    check(!hence_loop_current());
}

TEST(existing_base, a_call_may_free_the_loop_under_dispatch)
{
    struct event_base *base = event_base_new();
    hence_loop *loop = hence_loop_new(base);
    hence_call_soon(loop, free_loop, &loop, NULL);
    hence_call_soon_own(loop, call, payload_new(), payload_destroy, NULL);
    check_int(dispatch(base), 1);
    check_trace("free");
    check(!loop);
    hence_loop_free(loop);
    check_int(payloads_alive(), 0);
    free_base(base);
}

static void close_in_listener(hence_future *f, void *loop)
{
    (void)f;
    trace("listener");
    check_int(hence_loop_close(loop), 0);
}

TEST(existing_base, a_listener_that_closes_the_loop_is_the_last_that_is_told)
{
    struct event_base *base = event_base_new();
    hence_loop *loop = hence_loop_new(base);
    hence_promise *p;
    hence_future *f = hence_future_new(loop, &p);
    hence_future_add_done_callback(f, close_in_listener, loop);
    hence_future_add_done_callback(f, done, "f");
    hence_future_add_done_callback(f, done, "f");
    hence_resolve(p, hence_int(1));
    dispatch(base);
    check_trace("listener");
    hence_future_unref(f);
    hence_loop_free(loop);
    free_base(base);
}

static void close_own_base(void *loop)
{
    int error = hence_loop_close(loop);
    trace("%d", error);
}

TEST(existing_base, a_loop_on_its_own_base_can_not_be_closed_from_inside_its_dispatch)
{
    hence_loop *loop = hence_loop_new(NULL);
    char expected[16];
    hence_call_soon(loop, close_own_base, loop, NULL);
    if (loop)
        event_base_dispatch(hence_loop_base(loop));
    snprintf(expected, sizeof expected, "%d", -EBUSY);
    check_trace(expected);
    check(!hence_loop_is_closed(loop));
    hence_loop_free(loop);
}

static void expect_current(void *loop)
{
    check(hence_loop_current() == loop);
    trace("current");
}

TEST(existing_base, in_its_calls_the_dispatched_loop_is_the_current_one)
{
    struct event_base *base = event_base_new();
    hence_loop *loop = hence_loop_new(base);
    hence_loop *newer = hence_loop_new(NULL);
    hence_call_soon(loop, expect_current, loop, NULL);
    dispatch(base);
    check_trace("current");
    check(hence_loop_current() == newer);
    hence_loop_free(newer);
    hence_loop_free(loop);
    free_base(base);
}
