/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_TESTS_FUTURES_SUPPORT_H
#define HENCE_TESTS_FUTURES_SUPPORT_H

/* What the tests of combinators of Futures have in common: a loop with a test clock, and inputs. */

#include "support/inputs.h"

static struct loop_and_clock both;

static inline void begin(size_t n, on_cancel how)
{
    both = begin_loop();
    begin_futures(both.loop, n, how);
}

static inline void end(void)
{
    end_inputs();
    end_loop(&both);
}

/* One turn of the loop; a Future that settles in it tells its listeners in the next one. */
static inline void turn(void)
{
    hence_test_turn(both.loop);
}

/* All turns that there are without time going by. */
static inline void run(void)
{
    hence_test_clock_advance(both.clock, 0);
}

#endif
