/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_TESTS_LOOPING_CALL_SUPPORT_H
#define HENCE_TESTS_LOOPING_CALL_SUPPORT_H

/* What the tests of looping calls have in common: one of them, on a loop with a test clock. */

#include "support/inputs.h"

#define SECOND HENCE_SECONDS(1)

static struct loop_and_clock both;
static hence_looping_call *the_call;
static hence_deferred *the_end; /* what start() gave */
static int calls_left;          /* the function stops after so many */

static inline void advance(double seconds)
{
    hence_test_clock_advance(both.clock, HENCE_SECONDS(seconds));
}

static inline double now(void)
{
    return (double)hence_loop_time(both.loop) / (double)SECOND;
}

static inline void begin(hence_result_fn *fn)
{
    both = begin_loop();
    calls_left = 1000;
    the_end = NULL;
    the_call = hence_looping_call_new(both.loop, fn, "call");
}

static inline void start(double interval, bool at_once)
{
    hence_deferred *d = hence_looping_call_start(the_call, HENCE_SECONDS(interval), at_once);
    hence_deferred_add_both(d, swallow, "end");
    hence_deferred_unref(the_end);
    the_end = d;
}

static inline void end(void)
{
    hence_looping_call_stop(the_call);
    hence_deferred_unref(the_end);
    hence_looping_call_unref(the_call);
    check_int(hence_loop_pending(both.loop), 0);
    end_loop(&both);
}

/* Traces "word@time", and stops when it has been called often enough. */
static inline hence_result tick(void *word)
{
    trace("%s@%g", (const char *)word, now());
    if (--calls_left == 0)
        hence_looping_call_stop(the_call);
    return payload(); /* which is destroyed */
}

#endif
