/* SPDX-License-Identifier: BSD-3-Clause */
/* Signals as Deferreds and Futures. */
#include <event2/event.h>
#include <signal.h>

#include "compose/event_support.h"

SUITE(event);

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
    check_trace("signal:timed out after 0.001 s");
    end(&s);
}
