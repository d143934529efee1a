/* SPDX-License-Identifier: BSD-3-Clause */
/* A loop on the event_base of a program that has one already. */
#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "support/support.h"

SUITE(existing_base);

/* Dispatches as a program does; where an allocation fails, only what is ready: what should end it may
 * be missing. */
static int dispatch(struct event_base *base)
{
    if (!base)
        return -1;
    return support_faulty ? event_base_loop(base, EVLOOP_NONBLOCK) : event_base_dispatch(base);
}

static void free_base(struct event_base *base)
{
    if (base)
        event_base_free(base);
}

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

/* ---- bases of all kinds ---- */

static void urgent_event(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
    trace("urgent");
}

TEST(existing_base, a_base_with_priorities_will_do)
{
    struct event_base *base = event_base_new();
    if (!base || event_base_priority_init(base, 8) < 0) {
        free_base(base);
        return;
    }
    hence_loop *loop = hence_loop_new(base);
    struct event event;
    bool added = false;
    if (loop) {
        event_assign(&event, base, -1, 0, urgent_event, NULL);
        event_priority_set(&event, 0);
        added = event_add(&event, &at_once) == 0;
    }
    hence_call_soon(loop, call, "a", NULL);
    hence_call_soon_threadsafe(loop, call, "posted");
    hence_call_later(loop, 0, call, "b", NULL);
    for (int i = 0; i < 3; i++)
        dispatch(base);
    if (added && !support_faulty)
        check_trace("urgent a posted b");
    if (loop)
        event_del(&event);
    hence_loop_free(loop);
    free_base(base);
}

TEST(existing_base, a_base_of_every_method_will_do)
{
    static const char *const methods[] = {"epoll", "poll", "select"};
    for (int i = 0; i < 3; i++) {
        struct event_config *config = event_config_new();
        if (!config)
            continue;
        for (int other = 0; other < 3; other++) {
            if (other != i)
                event_config_avoid_method(config, methods[other]);
        }
        struct event_base *base = event_base_new_with_config(config);
        event_config_free(config);
        check_string(base ? event_base_get_method(base) : "", methods[i]);
        hence_loop *loop = base ? hence_loop_new(base) : NULL;
        hence_call_soon(loop, call, "a", NULL);
        hence_call_soon_threadsafe(loop, call, "b");
        hence_call_later(loop, 0, call, "c", NULL);
        hence_test_turn(loop);
        hence_test_turn(loop);
        if (loop)
            check_trace("a b c");
        hence_loop_free(loop);
        free_base(base);
    }
}

TEST(existing_base, two_loops_may_share_a_base)
{
    struct event_base *base = event_base_new();
    hence_loop *first = hence_loop_new(base), *second = hence_loop_new(base);
    hence_call_soon(first, call, "first", NULL);
    hence_call_soon(second, call, "second", NULL);
    check_int(dispatch(base), 1);
    check_trace("first second");
    hence_loop_free(first);
    hence_call_soon(second, call, "second", NULL);
    check_int(dispatch(base), 1);
    check_trace("second");
    hence_loop_free(second);
    free_base(base);
}

/* hence_loop_new() with so many free descriptors. */
static hence_loop *loop_with_descriptors(struct event_base *base, int free_descriptors)
{
    struct rlimit before, few;
    int lowest = dup(0);
    close(lowest);
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = before;
    few.rlim_cur = (rlim_t)(lowest + free_descriptors);
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
    hence_loop *loop = hence_loop_new(base);
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    return loop;
}

TEST_ONCE(existing_base, without_a_descriptor_for_its_door_there_is_no_loop)
{
    struct event_base *base = event_base_new();
    check(!loop_with_descriptors(base, 0));
    hence_loop *loop = loop_with_descriptors(base, 1);
    check(loop);
    hence_call_soon_threadsafe(loop, call, "a");
    hence_test_turn(loop);
    check_trace("a");
    hence_loop_free(loop);
    event_base_free(base);
}

TEST_ONCE(existing_base, without_descriptors_for_a_base_there_is_no_loop_and_the_program_lives)
{
    for (int i = 0; i < 8; i++) {
        hence_loop *loop = loop_with_descriptors(NULL, i);
        check(i > 0 || !loop);
        hence_loop_free(loop);
    }
    hence_loop *loop = hence_loop_new(NULL);
    check(loop);
    hence_loop_free(loop);
}

/* ---- a base that goes first ---- */

static bool base_was_reported(void)
{
    return had_report(HENCE_REPORT_LEFT_BEHIND) &&
           (support_faulty ||
            strstr(report_text(), "the event_base was freed before its loop") != NULL);
}

TEST(existing_base, a_loop_whose_base_was_freed_can_be_freed)
{
    struct event_base *base = event_base_new();
    hence_loop *loop = base ? hence_loop_new(base) : NULL;
    hence_call_soon_own(loop, call, payload_new(), payload_destroy, NULL);
    hence_call_later_own(loop, 1, call, payload_new(), payload_destroy, NULL);
    hence_call_soon_threadsafe_own(loop, call, payload_new(), payload_destroy);
    free_base(base);
    hence_loop_free(loop);
    check(base_was_reported());
    check_int(payloads_alive(), 0);
    check_trace("");
}

TEST(existing_base, a_loop_whose_base_was_freed_refuses_every_call)
{
    struct event_base *base = event_base_new();
    hence_loop *loop = base ? hence_loop_new(base) : NULL;
    hence_call handle = {1, 2, 3};
    int waiting = hence_call_soon(loop, call, "a", NULL);
    waiting |= hence_call_later(loop, 5, call, "b", NULL);
    check_int(waiting, 0);
    free_base(base);
    check_int(hence_call_soon(loop, call, "c", &handle), -ESHUTDOWN);
    check(base_was_reported());
    check(!handle.type);
    check_int(hence_call_later_own(loop, 9, call, payload_new(), payload_destroy, NULL),
              -ESHUTDOWN);
    check_int(hence_call_soon_threadsafe(loop, call, "c"), -ESHUTDOWN);
    check_int(hence_loop_run_forever(loop), -ESHUTDOWN);
    check_int(hence_loop_stop(loop), -ESHUTDOWN);
    check(hence_loop_is_closed(loop));
    check(!hence_loop_base(loop));
    hence_loop_free(loop);
    check_trace("");
}

/* Each call may be the first that notices. */
static int first_call(hence_loop *loop, int which)
{
    hence_call handle = {0, 0, 0};
    switch (which) {
    case 0:
        return hence_call_soon_own(loop, call, payload_new(), payload_destroy, &handle);
    case 1:
        return hence_call_later_own(loop, HENCE_SECONDS(9), call, payload_new(), payload_destroy,
                                    &handle);
    case 2:
        return hence_call_at_own(loop, 1, call, payload_new(), payload_destroy, &handle);
    case 3:
        return hence_loop_run_forever(loop);
    case 4:
        return hence_loop_stop(loop);
    case 5:
        return hence_test_turn(loop);
    case 6:
        return hence_loop_shutdown(loop);
    case 7:
        return hence_loop_base(loop) ? 0 : -ESHUTDOWN;
    default:
        return hence_loop_close(loop) ? 0 : -ESHUTDOWN;
    }
}

TEST(existing_base, whichever_call_comes_first_notices_that_the_base_was_freed)
{
    for (int which = 0; which < 9; which++) {
        for (int waiting = 0; waiting < 3; waiting++) {
            struct event_base *base = event_base_new();
            hence_loop *loop = base ? hence_loop_new(base) : NULL;
            if (waiting == 1)
                hence_call_soon_own(loop, call, payload_new(), payload_destroy, NULL);
            else if (waiting == 2)
                hence_call_later_own(loop, 1, call, payload_new(), payload_destroy, NULL);
            free_base(base);
            if (loop)
                check_int(first_call(loop, which) + 1000 * which, -ESHUTDOWN + 1000 * which);
            hence_loop_free(loop);
            if (!support_faulty)
                check(base_was_reported());
            check_int(payloads_alive(), 0);
        }
    }
}

TEST(existing_base, settling_a_Future_notices_that_the_base_was_freed)
{
    struct event_base *base = event_base_new();
    hence_loop *loop = base ? hence_loop_new(base) : NULL;
    hence_promise *p;
    hence_future *f = hence_future_new(loop, &p);
    hence_deferred *d = hence_deferred_from_future(f);
    hence_deferred_add_both(d, pass, "d");
    hence_future_add_done_callback(f, done, "f");
    free_base(base);
    hence_resolve(p, payload());
    if (loop)
        check(base_was_reported());
    check_trace("d:closed");
    check_string(outcome(d), "closed");
    hence_deferred_unref(d);
    hence_future_unref(f);
    hence_loop_free(loop);
}

TEST(existing_base, closing_the_loop_first_is_in_order)
{
    struct event_base *base = event_base_new();
    hence_loop *loop = base ? hence_loop_new(base) : NULL;
    hence_loop_ref(loop);
    hence_loop_free(loop);
    free_base(base);
    hence_loop_unref(loop);
}

TEST(existing_base, the_last_reference_may_go_after_the_base)
{
    struct event_base *base = event_base_new();
    hence_loop *loop = base ? hence_loop_new(base) : NULL;
    hence_call_later_own(loop, 1, call, payload_new(), payload_destroy, NULL);
    free_base(base);
    hence_loop_unref(loop);
    check(base_was_reported());
}

TEST(existing_base, a_test_clock_may_go_after_the_base)
{
    struct event_base *base = event_base_new();
    hence_loop *loop = base ? hence_loop_new(base) : NULL;
    hence_test_clock *clock = hence_test_clock_new(loop);
    hence_call_later(loop, 5, call, "a", NULL);
    free_base(base);
    if (clock)
        check_int(hence_test_clock_advance(clock, 10), -ESHUTDOWN);
    hence_test_clock_free(clock);
    hence_loop_free(loop);
    check(base_was_reported());
    check_trace("");
}
