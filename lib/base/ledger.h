/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_LIB_BASE_LEDGER_H
#define HENCE_LIB_BASE_LEDGER_H

/*
 * The ledger: in the build that the tests use (HENCE_LEDGER), everything that is made and everything
 * that ends is counted, so that a test can ask at its end whether anything was leaked, lost or ended
 * twice. In the library that users get it compiles to nothing.
 */

enum hence_counter {
    HENCE_BLOCKS_MADE,
    HENCE_BLOCKS_ENDED,
    HENCE_FAILURES_MADE,
    HENCE_FAILURES_ENDED,
    HENCE_DEFERREDS_MADE,
    HENCE_DEFERREDS_ENDED,
    HENCE_FUTURES_MADE,
    HENCE_FUTURES_ENDED,
    HENCE_PROMISES_MADE,
    HENCE_PROMISES_ENDED,
    HENCE_STEPS_MADE,
    HENCE_STEPS_ENDED,
    HENCE_LISTENERS_MADE,
    HENCE_LISTENERS_ENDED,
    HENCE_CALLS_MADE,
    HENCE_CALLS_ENDED,
    HENCE_BOUND_MADE,
    HENCE_BOUND_ENDED,
    HENCE_TASKS_MADE,
    HENCE_TASKS_ENDED,
    HENCE_GENERATORS_MADE,
    HENCE_GENERATORS_ENDED,
    HENCE_COUNTERS
};

#ifdef HENCE_LEDGER
#include <stdatomic.h>
extern atomic_long hence_ledger[HENCE_COUNTERS];
#define HENCE_COUNT_MANY(what, n)                                                                  \
    atomic_fetch_add_explicit(&hence_ledger[HENCE_##what], (n), memory_order_relaxed)
#else
#define HENCE_COUNT_MANY(what, n) ((void)(n))
#endif
#define HENCE_COUNT(what) HENCE_COUNT_MANY(what, 1)

#endif
