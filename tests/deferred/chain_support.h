/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_TESTS_CHAIN_SUPPORT_H
#define HENCE_TESTS_CHAIN_SUPPORT_H

/* Two Deferreds, and what most tests of chaining one to the other's promise have in common. */

#include "support/support.h"

static hence_deferred *source, *target;
static hence_promise *source_promise, *target_promise;

/* A target, for a source that is there. */
static inline void begin_target(hence_deferred *of_source)
{
    source = of_source;
    target = hence_deferred_new(&target_promise);
}

static inline void begin_chain(void)
{
    begin_target(hence_deferred_new(&source_promise));
}

/* Lets go of those that were not let go before. */
static inline void end_chain(void)
{
    hence_deferred_unref(source);
    hence_deferred_unref(target);
}

#endif
