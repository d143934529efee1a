/* SPDX-License-Identifier: BSD-3-Clause */
/* Time limits of waits for events. */
#include <event2/event.h>

#include "compose/event_support.h"

SUITE(event);

TEST(event, it_times_out_when_the_time_is_over_and_not_before)
{
    struct setting s = begin();
    wait_and_trace(s.loop, s.ours, EV_READ, HENCE_SECONDS(5), "read");
    advance(&s, HENCE_SECONDS(5) - 1);
    check_trace("");
    check_int(events(s.loop), 1);
    advance(&s, 1);
    check_trace("read:timed out after 5 s");
    check_int(events(s.loop), 0);
    send_byte(s.theirs);
    advance(&s, 0);
    check_trace("");
    end(&s);
}

TEST(event, the_failure_of_a_time_out_is_hence_s_own)
{
    struct setting s = begin();
    hence_deferred *d = hence_event_wait(s.loop, s.ours, EV_READ, HENCE_MS(1));
    advance(&s, HENCE_MS(1));
    hence_result r = hence_deferred_take(d);
    check(hence_is_failure_of(&r, &hence_domain_hence, HENCE_ETIMEDOUT));
    hence_drop(r);
    hence_deferred_unref(d);
    end(&s);
}

TEST(event, an_event_that_comes_with_the_end_of_the_time_still_counts)
{
    struct setting s = begin();
    wait_and_trace(s.loop, s.ours, EV_READ, HENCE_SECONDS(5), "read");
    send_byte(s.theirs);
    advance(&s, HENCE_SECONDS(5));
    check_trace("read:2");
    end(&s);
}

TEST(event, a_limit_of_zero_asks_what_is_ready_now)
{
    struct setting s = begin();
    wait_and_trace(s.loop, s.ours, EV_READ, 0, "a");
    check_trace("");
    advance(&s, 0);
    check_trace("a:timed out after 0 s");
    send_byte(s.theirs);
    wait_and_trace(s.loop, s.ours, EV_READ, 0, "b");
    advance(&s, 0);
    check_trace("b:2");
    end(&s);
}

static void ask_what_is_ready(void *arg)
{
    struct setting *s = arg;
    wait_and_trace(s->loop, s->ours, EV_READ, 0, "read");
}

TEST(event, a_limit_of_zero_asks_what_is_ready_now_also_from_within_a_call)
{
    struct setting s = begin();
    send_byte(s.theirs);
    hence_call_soon(s.loop, ask_what_is_ready, &s, NULL);
    advance(&s, 0);
    check_trace("read:2");
    end(&s);
}

TEST(event, without_a_limit_it_waits_for_ever)
{
    struct setting s = begin();
    wait_and_trace(s.loop, s.ours, EV_READ, -1, "read");
    wait_and_trace(s.loop, s.ours, EV_READ, INT64_MIN, "read");
    advance(&s, INT64_MAX - 1);
    check_trace("");
    advance(&s, INT64_MAX);
    check_trace("");
    send_byte(s.theirs);
    advance(&s, 0);
    check_trace("read:2 read:2");
    end(&s);
}

static void send_later(void *arg)
{
    struct setting *s = arg;
    trace("send");
    send_byte(s->theirs);
}

TEST_ONCE(event, time_does_not_jump_over_an_event_that_has_come)
{
    struct setting s = begin();
    hence_test_clock_autojump(s.both.clock, true);
    hence_call_later(s.loop, HENCE_SECONDS(10), send_later, &s, NULL);
    hence_deferred *d = hence_event_wait(s.loop, s.ours, EV_READ, HENCE_SECONDS(60));
    hence_result r = hence_loop_run_until_complete_deferred(s.loop, d);
    check_string(describe(&r), "2");
    check_int(hence_test_clock_now(s.both.clock), HENCE_SECONDS(10));
    check_trace("send");
    hence_drop(r);
    end(&s);
}

TEST_ONCE(event, time_that_jumps_does_not_end_a_wait_without_a_limit)
{
    struct setting s = begin();
    hence_test_clock_autojump(s.both.clock, true);
    hence_call_later(s.loop, HENCE_SECONDS(10), send_later, &s, NULL);
    hence_deferred *d = hence_event_wait(s.loop, s.ours, EV_READ, -1);
    hence_result r = hence_loop_run_until_complete_deferred(s.loop, d);
    check_string(describe(&r), "2");
    check_int(hence_test_clock_now(s.both.clock), HENCE_SECONDS(10));
    check_trace("send");
    hence_drop(r);
    end(&s);
}

static void send_in_plain_event(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    send_later(arg);
}

TEST_ONCE(event, time_that_jumps_leaves_a_wait_without_a_limit_to_the_outside_world)
{
    const struct timeval real_time = {.tv_usec = 10000};
    struct setting s = begin();
    hence_test_clock_autojump(s.both.clock, true);
    struct event_base *base = hence_loop_base(s.loop);
    cr_assert_eq(event_base_once(base, -1, EV_TIMEOUT, send_in_plain_event, &s, &real_time), 0);
    hence_deferred *d = hence_event_wait(s.loop, s.ours, EV_READ, -1);
    hence_result r = hence_loop_run_until_complete_deferred(s.loop, d);
    check_string(describe(&r), "2");
    check_int(hence_test_clock_now(s.both.clock), 0);
    check_trace("send");
    hence_drop(r);
    end(&s);
}

TEST_ONCE(event, it_times_out_by_the_real_clock_too)
{
    hence_loop *loop = hence_loop_new(NULL);
    struct setting s = {.loop = loop};
    open_sockets(&s);
    int64_t begun = hence_loop_time(loop);
    hence_deferred *d = hence_event_wait(loop, s.ours, EV_READ, HENCE_MS(20));
    hence_result r = hence_loop_run_until_complete_deferred(loop, d);
    check_string(describe(&r), "timed out after 0.02 s");
    check(hence_loop_time(loop) - begun >= HENCE_MS(20));
    hence_drop(r);
    hence_loop_free(loop);
    close_sockets(&s);
}
