/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_TESTS_SHARE_SUPPORT_H
#define HENCE_TESTS_SHARE_SUPPORT_H

/* What the tests of shares have in common. */

#include "support/inputs.h"

/* A share of a pending Deferred, whose promise that is: inputs, input 0. */
static inline hence_share *begin_share(void)
{
    begin_inputs(1, STOPS);
    return hence_share_new(inputs[0]);
}

static inline hence_deferred *get(hence_share *share, const char *word)
{
    hence_deferred *d = hence_share_get(share);
    hence_deferred_add_both(d, pass, (void *)(uintptr_t)word);
    return d;
}

#endif
