/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_TESTS_SUPPORT_RANDOM_H
#define HENCE_TESTS_SUPPORT_RANDOM_H

/* Numbers that look random and are always the same (xorshift). */

#include <stdint.h>

/* The next one; the state, which is never 0, becomes that number. */
static inline unsigned next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

#endif
