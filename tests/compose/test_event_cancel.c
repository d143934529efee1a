/* SPDX-License-Identifier: BSD-3-Clause */
/* Waits for events that are cancelled, or let go. */
#include <errno.h>
#include <event2/event.h>

#include "compose/event_support.h"

SUITE(event);

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
    check_trace("timed out after 1 s after:none");
    if (support_faulty)
        forget_reports();
}

TEST(event, it_may_be_forgotten_inside_the_step)
{
    let_go_in_step(forget, -1, true);
    check_trace("2");
    let_go_in_step(forget, HENCE_SECONDS(1), false);
    check_trace("timed out after 1 s");
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
