/* SPDX-License-Identifier: BSD-3-Clause */
/* Waits for events whose loop closes, or whose base goes. */
#include <event2/event.h>
#include <signal.h>
#include <string.h>

#include "compose/event_support.h"

SUITE(event);

/* Where an allocation fails, only what is ready: what should end it may be missing. */
static int dispatch(struct event_base *base)
{
    if (!base)
        return -1;
    return support_faulty ? event_base_loop(base, EVLOOP_NONBLOCK) : event_base_dispatch(base);
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
    hence_deferred *d = hence_event_wait(s.loop, s.ours, EV_READ, 0);
    hence_deferred_add_both(d, close_loop, s.loop);
    hence_deferred_add_both(d, pass, "after");
    wait_and_trace(s.loop, s.ours, EV_READ, HENCE_SECONDS(3600), "other");
    check_int(dispatch(base), 1);
    check_trace("timed out after 0 s other:closed after:none");
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
        hence_deferred *d = hence_event_wait(s.loop, s.ours, EV_READ, HENCE_MS(come ? 100000 : 0));
        hence_deferred_add_both(d, free_loop, &s);
        hence_deferred_unref(d);
        wait_and_trace(s.loop, s.theirs, EV_READ, -1, "other");
        if (come)
            send_byte(s.theirs);
        check_int(dispatch(base), 1);
        check_trace(come ? "2 other:closed" : "timed out after 0 s other:closed");
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
