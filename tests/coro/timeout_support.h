/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_TESTS_CORO_TIMEOUT_SUPPORT_H
#define HENCE_TESTS_CORO_TIMEOUT_SUPPORT_H

/* What the tests of timeouts in coroutines have in common. */

#include <errno.h>

#include "coro/blocks.h"

static inline hence_result too_long(void *arg)
{
    (void)arg;
    hence_timeout *t = hence_timeout_enter(HENCE_SECONDS(2));
    tell_number("when", hence_timeout_when(t) / HENCE_SECONDS(1));
    hence_result r = tell("nap", nap(10));
    tell_number("expired", hence_timeout_expired(t));
    return hence_timeout_exit(t, r);
}

static hence_timeout *limit;

static inline hence_result shows_its_limit(void *arg)
{
    (void)arg;
    limit = hence_timeout_enter(HENCE_SECONDS(10));
    hence_result r = nap(50);
    tell_number("refused", hence_timeout_reschedule(limit, HENCE_SECONDS(50)) == -EALREADY);
    r = hence_timeout_exit(limit, r);
    limit = NULL;
    return tell("exit", r);
}

#endif
