/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_TESTS_ITERATE_SUPPORT_H
#define HENCE_TESTS_ITERATE_SUPPORT_H

/* What the tests of async iterators have in common: one that does as it is told, see script.h. */

#include "compose/futures_support.h"
#include "support/script.h"

static inline void begin_script(const char *script, size_t pending)
{
    begin(pending, STOPS);
    script_begin(both.loop, script);
}

#endif
