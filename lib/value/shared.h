/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_LIB_VALUE_SHARED_H
#define HENCE_LIB_VALUE_SHARED_H

/*
 * One value for several readers who have no Future: it stands in a box of its own, and each of them
 * gets a result that refers to it.
 */

#include "value/waitable.h"

struct hence_shared {
    struct hence_waitable waitable; /* the slot is the value */
    uint32_t references;
};

/* An empty box with one reference, or NULL. */
struct hence_shared *hence_shared_new(void);
struct hence_shared *hence_shared_unref(struct hence_shared *shared);

/* Puts `r` into the box. */
static inline void hence_shared_fill(struct hence_shared *shared, hence_result r)
{
    shared->waitable.slot = r;
}

/* What is in the box, for one more reader. */
hence_result hence_shared_read(struct hence_shared *shared);

#endif
