/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_TESTS_COMPOSE_TIMEOUT_SUPPORT_H
#define HENCE_TESTS_COMPOSE_TIMEOUT_SUPPORT_H

/* What the tests of time limits for Deferreds have in common. */

#include "support/inputs.h"

static struct loop_and_clock both;

/* A pending Deferred, whose promise is that of input 0, and which stops when it is cancelled. */
static inline hence_deferred *begin(on_cancel how)
{
    both = begin_loop();
    begin_inputs(1, how);
    return inputs[0];
}

static inline void end(hence_deferred *d)
{
    end_inputs();
    hence_drop(hence_deferred_take(d));
    hence_deferred_unref(d);
    check_int(hence_loop_pending(both.loop), 0);
    end_loop(&both);
}

static inline void advance(double seconds)
{
    hence_test_clock_advance(both.clock, HENCE_SECONDS(seconds));
}

static inline int limit(hence_deferred *d, double seconds)
{
    return hence_deferred_add_timeout(d, both.loop, HENCE_SECONDS(seconds), NULL, NULL);
}

#endif
