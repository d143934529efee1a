/* SPDX-License-Identifier: BSD-3-Clause */
/* Events of libevent as Deferreds and Futures. */
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/support.h"

SUITE(event);

/* A loop with a test clock, and a pair of sockets. */
struct setting {
    struct loop_and_clock both;
    hence_loop *loop;
    int ours, theirs;
};

static void open_sockets(struct setting *s)
{
    int sockets[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sockets), 0);
    s->ours = sockets[0];
    s->theirs = sockets[1];
}

static void close_sockets(struct setting *s)
{
    if (s->ours >= 0)
        close(s->ours);
    if (s->theirs >= 0)
        close(s->theirs);
}

static struct setting begin(void)
{
    struct setting s = {.both = begin_loop()};
    s.loop = s.both.loop;
    open_sockets(&s);
    return s;
}

static void end(struct setting *s)
{
    end_loop(&s->both);
    close_sockets(s);
}

static void advance(struct setting *s, int64_t delta)
{
    hence_test_clock_advance(s->both.clock, delta);
}

static void send_byte(int fd)
{
    cr_assert_eq(write(fd, "x", 1), 1);
}

static void fill(int fd)
{
    static const char blanks[4096];
    while (write(fd, blanks, sizeof blanks) > 0)
        ;
}

static void drain(int fd)
{
    char buffer[4096];
    while (read(fd, buffer, sizeof buffer) > 0)
        ;
}

/* How many events are in the loop's base: libevent's view. */
static int events(const hence_loop *loop)
{
    struct event_base *base = hence_loop_base(loop);
    return base ? event_base_get_num_events(base, EVENT_BASE_COUNT_ADDED) : 0;
}

static void wait_and_trace(hence_loop *loop, int fd, short what, int64_t timeout, char *word)
{
    hence_deferred *d = hence_event_wait(loop, fd, what, timeout);
    hence_deferred_add_both(d, swallow, word);
    hence_deferred_unref(d);
}

/* A base of the program's own, that it dispatches. */
static struct event_base *begin_base(struct setting *s)
{
    struct event_base *base = event_base_new();
    *s = (struct setting){.loop = base ? hence_loop_new(base) : NULL};
    open_sockets(s);
    return base;
}

static void end_base(struct setting *s, struct event_base *base)
{
    hence_loop *loop = s->loop;
    s->loop = NULL; /* a step that runs only now must not free it a second time */
    hence_loop_free(loop);
    if (base)
        event_base_free(base);
    close_sockets(s);
}

/* Where an allocation fails, only what is ready: what should end it may be missing. */
static int dispatch(struct event_base *base)
{
    if (!base)
        return -1;
    return support_faulty ? event_base_loop(base, EVLOOP_NONBLOCK) : event_base_dispatch(base);
}

/* ---- descriptors ---- */

TEST(event, a_Deferred_waits_until_the_descriptor_is_readable)
{
    struct setting s = begin();
    wait_and_trace(s.loop, s.ours, EV_READ, -1, "read");
    advance(&s, HENCE_SECONDS(3600));
    check_trace("");
    send_byte(s.theirs);
    advance(&s, 0);
    check_trace("read:2");
    check_int(events(s.loop), 0);
    check_int(hence_loop_pending(s.loop), 0);
    end(&s);
}

TEST(event, what_can_be_read_already_is_told_through_the_loop)
{
    struct setting s = begin();
    send_byte(s.theirs);
    wait_and_trace(s.loop, s.ours, EV_READ, -1, "read");
    check_trace("");
    advance(&s, 0);
    check_trace("read:2");
    end(&s);
}

TEST(event, an_end_that_was_closed_makes_the_other_readable)
{
    struct setting s = begin();
    wait_and_trace(s.loop, s.ours, EV_READ, -1, "read");
    close(s.theirs);
    s.theirs = -1;
    advance(&s, 0);
    check_trace("read:2");
    end(&s);
}

TEST(event, a_Deferred_waits_until_the_descriptor_is_writable)
{
    struct setting s = begin();
    fill(s.ours);
    wait_and_trace(s.loop, s.ours, EV_WRITE, -1, "write");
    advance(&s, HENCE_SECONDS(1));
    check_trace("");
    drain(s.theirs);
    advance(&s, 0);
    check_trace("write:4");
    end(&s);
}

TEST(event, who_waits_for_both_is_told_which_came)
{
    struct setting s = begin();
    wait_and_trace(s.loop, s.ours, EV_READ | EV_WRITE, -1, "a");
    advance(&s, 0);
    check_trace("a:4");

    fill(s.ours);
    send_byte(s.theirs);
    wait_and_trace(s.loop, s.ours, EV_READ | EV_WRITE, -1, "b");
    advance(&s, 0);
    check_trace("b:2");

    drain(s.theirs);
    wait_and_trace(s.loop, s.ours, EV_READ | EV_WRITE, -1, "c");
    advance(&s, 0);
    check_trace("c:6");
    end(&s);
}

TEST(event, it_is_for_one_time)
{
    struct setting s = begin();
    wait_and_trace(s.loop, s.ours, EV_READ, -1, "read");
    send_byte(s.theirs);
    advance(&s, 0);
    send_byte(s.theirs);
    advance(&s, 0);
    check_trace("read:2");
    end(&s);
}

/* Waits again for each byte. */
static hence_result read_byte(hence_result *in, void *arg)
{
    struct setting *s = arg;
    char byte;
    trace("%s", describe(in));
    if (hence_is_failure(in) || read(s->ours, &byte, 1) != 1)
        return hence_take(in);
    hence_deferred *d = hence_event_wait(s->loop, s->ours, EV_READ, HENCE_SECONDS(1));
    hence_deferred_add_both(d, read_byte, s);
    return hence_chain(d);
}

TEST(event, a_step_may_wait_for_the_next_one)
{
    struct setting s = begin();
    hence_deferred *d = hence_event_wait(s.loop, s.ours, EV_READ, HENCE_SECONDS(1));
    hence_deferred_add_both(d, read_byte, &s);
    hence_deferred_add_errback(d, swallow, "end");
    for (int i = 0; i < 3; i++) {
        send_byte(s.theirs);
        advance(&s, HENCE_MS(999));
    }
    check_trace("2 2 2");
    advance(&s, HENCE_MS(999));
    check_trace("");
    advance(&s, HENCE_MS(1));
    check_trace("timedout end:timedout");
    hence_deferred_unref(d);
    end(&s);
}

TEST(event, a_descriptor_s_number_may_be_used_again)
{
    struct setting s = begin();
    for (int i = 0; i < 3; i++) {
        wait_and_trace(s.loop, s.ours, EV_READ, -1, "read");
        send_byte(s.theirs);
        advance(&s, 0);
        close_sockets(&s);
        open_sockets(&s);
    }
    check_trace("read:2 read:2 read:2");
    end(&s);
}

TEST(event, descriptors_can_be_waited_for_with_every_method_of_libevent)
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
        struct setting s = {.loop = base ? hence_loop_new(base) : NULL};
        open_sockets(&s);
        check_string(base ? event_base_get_method(base) : "", methods[i]);
        wait_and_trace(s.loop, s.ours, EV_READ, HENCE_SECONDS(3600), "read");
        wait_and_trace(s.loop, s.theirs, EV_WRITE, -1, "write");
        hence_test_turn(s.loop);
        check_trace("write:4");
        send_byte(s.theirs);
        hence_test_turn(s.loop);
        check_trace("read:2");
        end_base(&s, base);
    }
}

/* ---- the same as a Future ---- */

TEST(event, a_Future_has_any_number_of_listeners)
{
    struct setting s = begin();
    hence_future *f = hence_event_wait_future(s.loop, s.ours, EV_READ | EV_WRITE, -1);
    hence_future_add_done_callback(f, done, "a");
    hence_future_add_done_callback(f, done, "b");
    check(!hence_future_done(f));
    advance(&s, 0);
    check_trace("a:4 b:4");
    check_string(outcome_of(f), "4");
    hence_future_unref(f);
    end(&s);
}

TEST(event, a_Future_that_nobody_holds_still_tells_its_listeners)
{
    struct setting s = begin();
    hence_future *f = hence_event_wait_future(s.loop, s.ours, EV_READ, -1);
    hence_future_add_done_callback(f, done, "a");
    hence_future_unref(f);
    send_byte(s.theirs);
    advance(&s, 0);
    check_trace("a:2");
    end(&s);
}

TEST(event, a_Future_times_out_too)
{
    struct setting s = begin();
    hence_future *f = hence_event_wait_future(s.loop, s.ours, EV_READ, HENCE_MS(5));
    advance(&s, HENCE_MS(5));
    check_string(outcome_of(f), "timedout");
    check(!hence_future_cancelled(f));
    hence_future_unref(f);
    end(&s);
}

TEST(event, they_know_the_line_where_they_were_made)
{
    struct setting s = begin();
    hence_deferred *d = hence_event_wait(s.loop, s.ours, EV_READ, -1);
    hence_future *f = hence_event_wait_future(s.loop, s.ours, EV_READ, -1);
    check(d && strstr(hence_deferred_site(d), "test_event.c:"));
    check(f && strstr(hence_future_site(f), "test_event.c:"));
    check(hence_future_loop(f) == s.loop);
    hence_deferred_forget(d);
    hence_future_cancel(f);
    hence_future_unref(f);
    end(&s);
}

/* ---- several on one descriptor ---- */

TEST(event, each_of_several_waits_on_one_descriptor_is_told)
{
    struct setting s = begin();
    wait_and_trace(s.loop, s.ours, EV_READ, -1, "read");
    wait_and_trace(s.loop, s.ours, EV_READ, HENCE_SECONDS(1), "read");
    wait_and_trace(s.loop, s.ours, EV_WRITE, -1, "write");
    wait_and_trace(s.loop, s.ours, EV_READ, HENCE_SECONDS(2), "late");
    advance(&s, 0);
    check_trace("write:4");
    advance(&s, HENCE_SECONDS(2));
    check_trace("read:timedout late:timedout");
    wait_and_trace(s.loop, s.ours, EV_READ, -1, "read");
    send_byte(s.theirs);
    advance(&s, 0);
    check_trace("read:2 read:2");
    check_int(events(s.loop), 0);
    end(&s);
}

static hence_result cancel_other(hence_result *in, void *other)
{
    trace("%s", describe(in));
    hence_deferred_cancel(*(hence_deferred **)other);
    return hence_none();
}

TEST(event, the_step_of_one_may_cancel_another_whose_event_has_come_too)
{
    struct setting s = begin();
    hence_deferred *a = hence_event_wait(s.loop, s.ours, EV_READ, -1);
    hence_deferred *b = hence_event_wait(s.loop, s.ours, EV_READ, -1);
    hence_deferred_add_both(a, cancel_other, &b);
    hence_deferred_add_both(b, cancel_other, &a);
    send_byte(s.theirs);
    advance(&s, 0);
    check_trace("2 cancelled");
    check_int(events(s.loop), 0);
    end(&s);
    hence_deferred_unref(a);
    hence_deferred_unref(b);
}

static hence_result forget_other(hence_result *in, void *other)
{
    hence_deferred **d = other;
    trace("%s", describe(in));
    hence_deferred_forget(*d);
    *d = NULL;
    return hence_none();
}

TEST(event, the_step_of_one_may_forget_another_whose_event_has_come_too)
{
    struct setting s = begin();
    hence_deferred *a = hence_event_wait(s.loop, s.ours, EV_READ, -1);
    hence_deferred *b = hence_event_wait(s.loop, s.ours, EV_READ, -1);
    hence_deferred_add_both(a, forget_other, &b);
    hence_deferred_add_both(b, forget_other, &a);
    if (a && b) {
        send_byte(s.theirs);
        advance(&s, 0);
        check_trace("2");
    }
    end(&s);
    hence_deferred_unref(a);
    hence_deferred_unref(b);
}

/* ---- signals ---- */

TEST(event, a_signal_is_told_by_its_flag)
{
    void (*before)(int) = signal(SIGUSR1, SIG_IGN);
    struct setting s = begin();
    wait_and_trace(s.loop, SIGUSR1, EV_SIGNAL, -1, "signal");
    advance(&s, 0);
    check_trace("");
    raise(SIGUSR1);
    advance(&s, 0);
    check_trace("signal:8");
    check_int(events(s.loop), 0);
    end(&s);
    signal(SIGUSR1, before);
}

TEST(event, a_signal_that_came_twice_before_the_loop_looked_is_told_once)
{
    void (*before)(int) = signal(SIGUSR1, SIG_IGN);
    struct setting s = begin();
    wait_and_trace(s.loop, SIGUSR1, EV_SIGNAL, HENCE_SECONDS(1), "signal");
    raise(SIGUSR1);
    raise(SIGUSR1);
    raise(SIGUSR1);
    advance(&s, 0);
    advance(&s, HENCE_SECONDS(1));
    check_trace("signal:8");
    end(&s);
    signal(SIGUSR1, before);
}

/* Once: libevent 2.1 loses memory when it cannot add a signal, and is asked for it again. */
TEST_ONCE(event, a_signal_as_a_Future_can_be_waited_for_by_many)
{
    void (*before)(int) = signal(SIGUSR1, SIG_IGN);
    struct setting s = begin();
    hence_future *f = hence_event_wait_future(s.loop, SIGUSR1, EV_SIGNAL, -1);
    hence_future *g = hence_event_wait_future(s.loop, SIGUSR1, EV_SIGNAL, -1);
    hence_future_add_done_callback(f, done, "f");
    hence_future_add_done_callback(f, done, "f");
    raise(SIGUSR1);
    advance(&s, 0);
    check_trace("f:8 f:8");
    check_string(outcome_of(g), "8");
    hence_future_failure(f);
    hence_future_unref(f);
    hence_future_unref(g);
    end(&s);
    signal(SIGUSR1, before);
}

TEST(event, when_nobody_waits_the_signal_does_what_it_did_before)
{
    void (*before)(int) = signal(SIGUSR1, SIG_IGN);
    struct setting s = begin();
    hence_deferred *d = hence_event_wait(s.loop, SIGUSR1, EV_SIGNAL, -1);
    struct sigaction now;
    check(sigaction(SIGUSR1, NULL, &now) == 0 && now.sa_handler != SIG_IGN);
    hence_deferred_forget(d);
    check(sigaction(SIGUSR1, NULL, &now) == 0 && now.sa_handler == SIG_IGN);
    end(&s);
    signal(SIGUSR1, before);
}

TEST(event, a_signal_may_time_out)
{
    struct setting s = begin();
    wait_and_trace(s.loop, SIGUSR1, EV_SIGNAL, HENCE_MS(1), "signal");
    advance(&s, HENCE_MS(1));
    check_trace("signal:timedout");
    end(&s);
}

/* ---- time limits ---- */

TEST(event, it_times_out_when_the_time_is_over_and_not_before)
{
    struct setting s = begin();
    wait_and_trace(s.loop, s.ours, EV_READ, HENCE_SECONDS(5), "read");
    advance(&s, HENCE_SECONDS(5) - 1);
    check_trace("");
    check_int(events(s.loop), 1);
    advance(&s, 1);
    check_trace("read:timedout");
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
    check_trace("a:timedout");
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
    check_string(describe(&r), "timedout");
    check(hence_loop_time(loop) - begun >= HENCE_MS(20));
    hence_drop(r);
    hence_loop_free(loop);
    close_sockets(&s);
}

/* ---- cancelled ---- */

TEST(event, cancelling_a_Deferred_removes_the_event_at_once)
{
    struct setting s = begin();
    hence_deferred *d = hence_event_wait(s.loop, s.ours, EV_READ, HENCE_SECONDS(1));
    hence_deferred_add_both(d, pass, "d");
    check_int(events(s.loop), 1);
    check_int(hence_deferred_cancel(d), 0);
    check_trace("d:cancelled");
    check_int(events(s.loop), 0);
    check_int(hence_loop_pending(s.loop), 0);
    send_byte(s.theirs);
    advance(&s, HENCE_SECONDS(1));
    check_trace("");
    hence_deferred_unref(d);
    end(&s);
}

TEST(event, cancelling_a_Future_removes_the_event_at_once)
{
    struct setting s = begin();
    hence_future *f = hence_event_wait_future(s.loop, s.ours, EV_READ, -1);
    hence_future_add_done_callback(f, done, "f");
    check_int(hence_future_cancel(f), 0);
    check(hence_future_cancelled(f));
    check_int(hence_loop_pending(s.loop), 1); /* the listener */
    send_byte(s.theirs);
    advance(&s, 0);
    check_trace("f:cancelled");
    check_int(events(s.loop), 0);
    hence_future_unref(f);
    end(&s);
}

TEST(event, cancelling_who_waits_for_it_is_passed_on)
{
    struct setting s = begin();
    hence_deferred *d = hence_deferred_succeed(hence_none());
    hence_deferred *wait = hence_event_wait(s.loop, s.ours, EV_READ, -1);
    hence_deferred_add_both(wait, pass, "wait");
    hence_deferred_add_callback(d, chain_to, wait);
    if (!support_faulty) { /* else the step may not have run, and so not taken it */
        check_int(hence_deferred_cancel(d), 0);
        check_trace("wait:cancelled");
    } else if (hence_deferred_get_state(d) != HENCE_DEFERRED_WAITING) {
        hence_deferred_forget(d ? NULL : wait);
    }
    hence_deferred_forget(d);
    check_int(events(s.loop), 0);
    end(&s);
}

TEST(event, forgetting_it_removes_the_event_and_runs_no_step)
{
    struct setting s = begin();
    hence_deferred *d = hence_event_wait(s.loop, s.ours, EV_READ, -1);
    hence_deferred_add_both(d, pass, "d");
    hence_deferred_forget(d);
    check_int(events(s.loop), 0);
    send_byte(s.theirs);
    advance(&s, 0);
    if (!support_faulty)
        check_trace("");
    end(&s);
}

TEST(event, cancelling_after_the_event_has_come_changes_nothing)
{
    struct setting s = begin();
    hence_deferred *d = hence_event_wait(s.loop, s.ours, EV_WRITE, -1);
    hence_future *f = hence_event_wait_future(s.loop, s.ours, EV_WRITE, -1);
    advance(&s, 0);
    check_int(hence_deferred_cancel(d), -EALREADY);
    check_int(hence_future_cancel(f), -EALREADY);
    check_string(outcome(d), "4");
    check_string(outcome_of(f), "4");
    hence_deferred_unref(d);
    hence_future_unref(f);
    end(&s);
}

static hence_result cancel_itself(hence_result *in, void *variable)
{
    trace("%s %d", describe(in), hence_deferred_cancel(*(hence_deferred **)variable) == -EALREADY);
    return hence_none();
}

TEST(event, a_step_that_cancels_its_own_Deferred_is_too_late)
{
    struct setting s = begin();
    hence_deferred *d = hence_event_wait(s.loop, s.ours, EV_WRITE, -1);
    hence_deferred_add_both(d, cancel_itself, &d);
    advance(&s, 0);
    check_trace("4 1");
    end(&s);
    hence_deferred_unref(d);
}

/* ---- the last reference ---- */

TEST(event, letting_go_does_not_stop_the_wait)
{
    struct setting s = begin();
    hence_deferred_unref(hence_event_wait(s.loop, s.ours, EV_READ, -1));
    check_int(events(s.loop), 1);
    send_byte(s.theirs);
    advance(&s, 0);
    check_int(events(s.loop), 0);
    end(&s);
}

static hence_result let_go(hence_result *in, void *variable)
{
    hence_deferred **d = variable;
    trace("%s", describe(in));
    *d = hence_deferred_unref(*d);
    return hence_none();
}

static hence_result forget(hence_result *in, void *variable)
{
    hence_deferred **d = variable;
    trace("%s", describe(in));
    hence_deferred_forget(*d);
    *d = NULL;
    return hence_none();
}

static void let_go_in_step(hence_step *step, int64_t timeout, bool come)
{
    struct setting s = begin();
    hence_deferred *d = hence_event_wait(s.loop, s.ours, EV_READ, timeout);
    if (d) {
        hence_deferred_add_both(d, step, &d);
        hence_deferred_add_both(d, pass, "after");
    }
    if (come)
        send_byte(s.theirs);
    advance(&s, HENCE_SECONDS(1));
    check_int(events(s.loop), 0);
    check(!d);
    end(&s); /* without a clock the step runs only now */
    hence_deferred_unref(d);
}

TEST(event, the_last_reference_may_go_inside_the_step)
{
    let_go_in_step(let_go, -1, true);
    check_trace("2 after:none");
    let_go_in_step(let_go, HENCE_SECONDS(1), false);
    check_trace("timedout after:none");
    if (support_faulty)
        forget_reports();
}

TEST(event, it_may_be_forgotten_inside_the_step)
{
    let_go_in_step(forget, -1, true);
    check_trace("2");
    let_go_in_step(forget, HENCE_SECONDS(1), false);
    check_trace("timedout");
}

static void let_go_in_listener(hence_future *f, void *variable)
{
    hence_future **held = variable;
    trace("%s", describe_and_drop(hence_future_result(f)));
    *held = hence_future_unref(*held);
}

TEST(event, the_last_reference_to_the_Future_may_go_inside_the_listener)
{
    struct setting s = begin();
    hence_future *f = hence_event_wait_future(s.loop, s.ours, EV_WRITE, -1);
    hence_future_add_done_callback(f, let_go_in_listener, &f);
    advance(&s, 0);
    check_trace("4");
    end(&s);
    hence_future_unref(f);
}

/* ---- the loop goes ---- */

TEST(event, closing_the_loop_ends_what_waits_in_it)
{
    struct setting s = begin();
    wait_and_trace(s.loop, s.ours, EV_READ, -1, "a");
    wait_and_trace(s.loop, s.ours, EV_READ, HENCE_SECONDS(1), "b");
    hence_future *f = hence_event_wait_future(s.loop, SIGUSR1, EV_SIGNAL, -1);
    hence_loop_close(s.loop);
    check_trace("a:closed b:closed");
    check_string(outcome_of(f), "closed");
    hence_future_unref(f);
    end(&s);
}

TEST(event, the_program_s_base_keeps_no_event_of_a_loop_that_was_closed)
{
    struct setting s;
    struct event_base *base = begin_base(&s);
    wait_and_trace(s.loop, s.ours, EV_READ, -1, "read");
    wait_and_trace(s.loop, s.ours, EV_READ, HENCE_SECONDS(3600), "read");
    wait_and_trace(s.loop, SIGUSR1, EV_SIGNAL, -1, "signal");
    s.loop = hence_loop_free(s.loop);
    check_trace("read:closed read:closed signal:closed");
    check_int(base ? event_base_get_num_events(base, EVENT_BASE_COUNT_ADDED) : 0, 0);
    send_byte(s.theirs);
    check_int(dispatch(base), 1);
    end_base(&s, base);
}

static hence_result wait_again(hence_result *in, void *arg)
{
    struct setting *s = arg;
    trace("%s", describe(in));
    hence_deferred *d = hence_event_wait(s->loop, s->ours, EV_READ, -1);
    hence_deferred_add_errback(d, swallow, "again");
    return hence_chain(d);
}

TEST(event, a_step_that_waits_again_in_a_loop_that_is_being_closed_is_refused)
{
    struct setting s = begin();
    hence_deferred *d = hence_event_wait(s.loop, s.ours, EV_READ, -1);
    hence_deferred_add_both(d, wait_again, &s);
    hence_loop_close(s.loop);
    check_trace("closed again:closed");
    hence_deferred_forget(d);
    end(&s);
}

TEST(event, a_closed_loop_can_not_be_waited_in)
{
    struct setting s = begin();
    hence_loop_close(s.loop);
    wait_and_trace(s.loop, s.ours, EV_READ, -1, "a");
    wait_and_trace(s.loop, s.ours, EV_READ, HENCE_SECONDS(1), "b");
    check_trace("a:closed b:closed");
    check(!hence_event_wait_future(s.loop, s.ours, EV_READ, -1));
    end(&s);
}

TEST(event, without_a_loop_it_is_out_of_memory)
{
    wait_and_trace(NULL, 0, EV_READ, -1, "a");
    wait_and_trace(NULL, 0, EV_READ, HENCE_SECONDS(1), "b");
    check_trace("a:nomem b:nomem");
    check(!hence_event_wait_future(NULL, 0, EV_READ, -1));
}

static hence_result close_loop(hence_result *in, void *loop)
{
    trace("%s", describe(in));
    check_int(hence_loop_close(loop), 0);
    return hence_none();
}

TEST(event, the_step_of_a_time_out_may_close_the_loop)
{
    struct setting s;
    struct event_base *base = begin_base(&s);
    hence_deferred *d = hence_event_wait(s.loop, s.ours, EV_READ, HENCE_MS(1));
    hence_deferred_add_both(d, close_loop, s.loop);
    hence_deferred_add_both(d, pass, "after");
    wait_and_trace(s.loop, s.ours, EV_READ, HENCE_SECONDS(3600), "other");
    check_int(dispatch(base), 1);
    check_trace("timedout other:closed after:none");
    hence_deferred_unref(d);
    end_base(&s, base);
}

TEST(event, the_step_of_an_event_may_close_the_loop)
{
    struct setting s;
    struct event_base *base = begin_base(&s);
    hence_deferred *d = hence_event_wait(s.loop, s.ours, EV_READ, -1);
    hence_deferred_add_both(d, close_loop, s.loop);
    hence_deferred_add_both(d, pass, "after");
    wait_and_trace(s.loop, s.theirs, EV_READ, -1, "other");
    send_byte(s.theirs);
    check_int(dispatch(base), 1);
    check_trace("2 other:closed after:none");
    hence_deferred_unref(d);
    end_base(&s, base);
}

static hence_result free_loop(hence_result *in, void *arg)
{
    struct setting *s = arg;
    trace("%s", describe(in));
    s->loop = hence_loop_free(s->loop);
    return hence_none();
}

TEST(event, the_step_may_free_the_loop)
{
    for (int come = 0; come < 2; come++) {
        struct setting s;
        struct event_base *base = begin_base(&s);
        hence_deferred *d = hence_event_wait(s.loop, s.ours, EV_READ, HENCE_MS(come ? 100000 : 1));
        hence_deferred_add_both(d, free_loop, &s);
        hence_deferred_unref(d);
        wait_and_trace(s.loop, s.theirs, EV_READ, -1, "other");
        if (come)
            send_byte(s.theirs);
        check_int(dispatch(base), 1);
        check_trace(come ? "2 other:closed" : "timedout other:closed");
        check(!s.loop);
        end_base(&s, base);
    }
}

static bool base_was_reported(void)
{
    return had_report(HENCE_REPORT_LEFT_BEHIND) &&
           (support_faulty ||
            strstr(report_text(), "the event_base was freed before its loop") != NULL);
}

TEST(event, a_wait_whose_base_was_freed_first_ends_with_its_loop)
{
    struct setting s;
    struct event_base *base = begin_base(&s);
    wait_and_trace(s.loop, s.ours, EV_READ, -1, "a");
    wait_and_trace(s.loop, s.ours, EV_READ, HENCE_SECONDS(1), "b");
    wait_and_trace(s.loop, SIGUSR1, EV_SIGNAL, -1, "c");
    if (base)
        event_base_free(base);
    hence_loop_free(s.loop);
    check(base_was_reported());
    check_trace("a:closed b:closed c:closed");
    close_sockets(&s);
}

TEST(event, a_wait_whose_base_was_freed_first_can_be_cancelled)
{
    struct setting s;
    struct event_base *base = begin_base(&s);
    hence_deferred *d = hence_event_wait(s.loop, s.ours, EV_READ, HENCE_SECONDS(1));
    hence_deferred_add_errback(d, swallow, "d");
    hence_future *f = hence_event_wait_future(s.loop, s.ours, EV_READ, -1);
    if (base)
        event_base_free(base);
    hence_deferred_cancel(d);
    check_trace("d:closed"); /* which is noticed only now */
    check(base_was_reported());
    check(hence_future_done(f));
    hence_future_cancel(f);
    hence_deferred_unref(d);
    hence_future_unref(f);
    hence_loop_free(s.loop);
    close_sockets(&s);
}

TEST(event, no_wait_begins_in_a_loop_whose_base_was_freed)
{
    struct setting s;
    struct event_base *base = begin_base(&s);
    if (base)
        event_base_free(base);
    wait_and_trace(s.loop, s.ours, EV_READ, -1, "a");
    check(base_was_reported());
    check_trace("a:closed");
    hence_loop_free(s.loop);
    close_sockets(&s);
}

TEST(event, dispatch_ends_with_the_last_wait)
{
    struct setting s;
    struct event_base *base = begin_base(&s);
    wait_and_trace(s.loop, s.ours, EV_READ, HENCE_SECONDS(3600), "read");
    wait_and_trace(s.loop, s.theirs, EV_WRITE, -1, "write");
    send_byte(s.theirs);
    check_int(dispatch(base), 1);
    if (!support_faulty) {
        check_int(events(s.loop), 0);
        check(hence_loop_pending(s.loop) == 0);
    }
    end_base(&s, base);
}

/* ---- refused ---- */

static const char *refusal(hence_loop *loop, int fd, int what)
{
    hence_deferred *d = hence_event_wait(loop, fd, (short)what, HENCE_SECONDS(1));
    hence_future *f = hence_event_wait_future(loop, fd, (short)what, -1);
    const char *text = outcome(d);
    check_string(outcome_of(f), text);
    check_int(hence_loop_pending(loop), 0);
    hence_deferred_unref(d);
    hence_future_unref(f);
    return text;
}

TEST(event, what_can_not_be_waited_for_is_invalid)
{
    struct setting s = begin();
    check_string(refusal(s.loop, s.ours, 0), "invalid");
    check_string(refusal(s.loop, s.ours, EV_TIMEOUT), "invalid");
    check_string(refusal(s.loop, s.ours, EV_READ | EV_TIMEOUT), "invalid");
    check_string(refusal(s.loop, s.ours, EV_READ | EV_PERSIST), "invalid");
    check_string(refusal(s.loop, s.ours, EV_WRITE | EV_ET), "invalid");
    check_string(refusal(s.loop, s.ours, EV_CLOSED), "invalid");
    check_string(refusal(s.loop, s.ours, EV_READ | EV_SIGNAL), "invalid");
    check_string(refusal(s.loop, SIGUSR1, EV_SIGNAL | EV_PERSIST), "invalid");
    check_string(refusal(s.loop, s.ours, SHRT_MIN), "invalid");
    check_int(events(s.loop), 0);
    end(&s);
}

TEST(event, a_negative_descriptor_is_invalid)
{
    struct setting s = begin();
    check_string(refusal(s.loop, -1, EV_READ), "invalid");
    check_string(refusal(s.loop, INT_MIN, EV_WRITE), "invalid");
    check_string(refusal(s.loop, -1, EV_SIGNAL), "invalid");
    end(&s);
}

/* Does `d` fail with this errno? It is let go. */
static bool fails_with(hence_deferred *d, int error)
{
    hence_result r = hence_deferred_take(d);
    bool so = hence_is_failure_of(&r, &hence_domain_errno, error);
    trace("%s", describe(&r));
    hence_drop(r);
    hence_deferred_unref(d);
    return so;
}

TEST(event, a_regular_file_is_refused_by_epoll)
{
    struct setting s = begin();
    FILE *file = tmpfile();
    cr_assert_not_null(file);
    char expected[64];
    snprintf(expected, sizeof expected, "cannot wait for descriptor %d", fileno(file));
    check(fails_with(hence_event_wait(s.loop, fileno(file), EV_READ, -1), EPERM));
    check_trace(expected);
    check(fails_with(hence_event_wait(s.loop, fileno(file), EV_WRITE, 1), EPERM));
    check_trace(expected);
    check_int(events(s.loop), 0);
    check_int(hence_loop_pending(s.loop), 0);
    fclose(file);
    end(&s);
}

TEST(event, a_regular_file_fails_a_Future_too)
{
    struct setting s = begin();
    FILE *file = tmpfile();
    cr_assert_not_null(file);
    hence_future *f = hence_event_wait_future(s.loop, fileno(file), EV_READ, -1);
    check(hence_failure_find(hence_future_failure(f), &hence_domain_errno, EPERM));
    hence_future_add_done_callback(f, done, "f");
    check_trace("");
    advance(&s, 0);
    hence_future_unref(f);
    fclose(file);
    end(&s);
}

TEST(event, a_closed_descriptor_is_refused_by_epoll)
{
    struct setting s = begin();
    int fd = s.ours;
    close(fd);
    s.ours = -1;
    check(fails_with(hence_event_wait(s.loop, fd, EV_READ, -1), EBADF));
    check_int(events(s.loop), 0);
    end(&s);
}

TEST(event, a_refused_descriptor_does_not_spoil_its_number)
{
    struct setting s = begin();
    int fd = s.ours;
    close_sockets(&s);
    hence_deferred_forget(hence_event_wait(s.loop, fd, EV_READ, -1));
    open_sockets(&s);
    check_int(s.ours, fd);
    wait_and_trace(s.loop, s.ours, EV_WRITE, -1, "write");
    advance(&s, 0);
    check_trace("write:4");
    end(&s);
}

TEST(event, a_signal_that_can_not_be_caught_is_refused)
{
    struct setting s = begin();
    check(fails_with(hence_event_wait(s.loop, SIGKILL, EV_SIGNAL, -1), EINVAL));
    end(&s);
}

TEST(event, a_number_that_is_no_signal_is_not_taken_for_want_of_memory)
{
    struct setting s = begin();
    hence_deferred *zero = hence_event_wait(s.loop, 0, EV_SIGNAL, -1);
    hence_deferred *large = hence_event_wait(s.loop, 12345, EV_SIGNAL, -1);
    const char *text = outcome(zero);
    check(strcmp(text, "nomem") && strcmp(text, "pending"));
    text = outcome(large);
    check(strcmp(text, "nomem") && strcmp(text, "pending"));
    hence_deferred_forget(zero);
    hence_deferred_forget(large);
    end(&s);
}

struct foreign {
    struct setting *s;
    hence_deferred *d;
    hence_future *f;
};

static void wait_abroad(void *arg)
{
    struct foreign *foreign = arg;
    foreign->d = hence_event_wait(foreign->s->loop, foreign->s->ours, EV_READ, -1);
    foreign->f = hence_event_wait_future(foreign->s->loop, foreign->s->ours, EV_READ, -1);
    trace("%s", outcome(foreign->d));
    hence_deferred_unref(foreign->d);
}

/* rule 135 */
TEST(event, another_thread_is_refused)
{
    struct setting s = begin();
    struct foreign foreign = {&s, NULL, NULL};
    if (s.loop)
        on_another_thread(wait_abroad, &foreign);
    check_trace("invalid");
    check(!foreign.f);
    check(had_report(HENCE_REPORT_WRONG_THREAD));
    check(had_report(HENCE_REPORT_WRONG_THREAD));
    check_int(events(s.loop), 0);
    end(&s);
}

TEST(event, without_memory_there_is_no_Deferred)
{
    struct setting s = begin();
    out_of_memory(true);
    hence_deferred *d = hence_event_wait(s.loop, s.ours, EV_READ, -1);
    hence_future *f = hence_event_wait_future(s.loop, s.ours, EV_READ, -1);
    out_of_memory(false);
    check(!d && !f);
    check_int(events(s.loop), 0);
    end(&s);
}

/* ---- many ---- */

TEST_ONCE(event, a_thousand_may_wait_at_once)
{
    struct setting s = begin();
    enum {
        MANY = 1000
    };
    hence_deferred *waits[MANY];
    for (int i = 0; i < MANY; i++)
        waits[i] = hence_event_wait(s.loop, s.ours, EV_READ, i % 2 ? -1 : HENCE_SECONDS(1 + i));
    for (int i = 0; i < MANY; i += 10)
        check_int(hence_deferred_cancel(waits[i]), 0);
    check_int(events(s.loop), MANY - MANY / 10);
    send_byte(s.theirs);
    advance(&s, 0);
    for (int i = 0; i < MANY; i++) {
        check_string(outcome(waits[i]), i % 10 ? "2" : "cancelled");
        hence_deferred_unref(waits[i]);
    }
    check_int(events(s.loop), 0);
    end(&s);
}
