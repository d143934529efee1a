/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_TESTS_CALL_SUPPORT_H
#define HENCE_TESTS_CALL_SUPPORT_H

/* What the tests of calls have in common. */

#include "support/support.h"

static inline void drop_word(void *word)
{
    trace("drop-%s", (const char *)word);
}

static hence_call doomed;

static inline void cancel_doomed(void *loop)
{
    trace("cancel:%d", hence_call_cancel(loop, doomed));
}

#endif
