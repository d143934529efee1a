/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_TESTS_WAITING_SUPPORT_H
#define HENCE_TESTS_WAITING_SUPPORT_H

/* What the tests of tasks that wait, and are cancelled or whose loop closes, have in common. */

#include "coro/coro_support.h"
#include "support/inputs.h"

/* A task that has begun, as "a", and waits for input 0, a Future that stops when it is cancelled. */
static inline hence_future *begin_waiting(bool goes_on)
{
    static struct waiting waiting;
    begin();
    begin_futures(both.loop, 1, STOPS);
    waiting = (struct waiting){"a", hence_future_ref(futures[0]), NULL, goes_on};
    hence_future *f = spawn(&waiting);
    run();
    return f;
}

/* The same with a Deferred. */
static inline hence_future *begin_waiting_for_deferred(bool goes_on)
{
    static struct waiting waiting;
    begin();
    begin_inputs(1, STOPS);
    waiting = (struct waiting){"a", NULL, inputs[0], goes_on};
    inputs[0] = NULL;
    hence_future *f = spawn(&waiting);
    run();
    return f;
}

/* Lets the task go, if the test has not. */
static inline void end_waiting(hence_future *f)
{
    hence_future_unref(f);
    end_inputs();
    end();
}

#endif
