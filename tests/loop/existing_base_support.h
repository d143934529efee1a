/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_TESTS_EXISTING_BASE_SUPPORT_H
#define HENCE_TESTS_EXISTING_BASE_SUPPORT_H

/* What the tests of loops on existing bases have in common. */

#include <event2/event.h>
#include <sys/resource.h>

#include "support/support.h"

/* Dispatches as a program does; where an allocation fails, only what is ready: what should end it may
 * be missing. */
static inline int dispatch(struct event_base *base)
{
    if (!base)
        return -1;
    return support_faulty ? event_base_loop(base, EVLOOP_NONBLOCK) : event_base_dispatch(base);
}

static inline void free_base(struct event_base *base)
{
    if (base)
        event_base_free(base);
}

#endif
