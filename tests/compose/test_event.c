/* SPDX-License-Identifier: BSD-3-Clause */
/* Events of libevent as Deferreds and Futures: descriptors. */
#include <event2/event.h>
#include <string.h>
#include <unistd.h>

#include "compose/event_support.h"

SUITE(event);

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
    check_trace("timed out after 1 s end:timed out after 1 s");
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
    check_string(outcome_of(f), "timed out after 0.005 s");
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
    check_trace("read:timed out after 1 s late:timed out after 2 s");
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
