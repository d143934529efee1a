/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_LIB_VALUE_PORTABLE_H
#define HENCE_LIB_VALUE_PORTABLE_H

/*
 * Results that go to another thread.
 *
 * A value that a Future keeps is counted without atomics: a result that refers to it must stay. To go, the value
 * moves into a box whose count is atomic, and the Future itself refers to the box from then on. So all its
 * readers, here and there, go on reading the same value, which is destroyed once, where the last of them lets go.
 */

#include "value/waitable.h"

/* May this result go to another thread as it stands? No chain, and nothing that a Future of this thread keeps;
 * what is in lists is not looked at. */
static inline bool hence_is_portable(const hence_result *r)
{
    return r->kind != HENCE_KIND_CHAIN &&
           (r->kind != HENCE_KIND_SHARED || hence_chained(r)->consumer.part->is_for_any_thread);
}

/* Takes a result that belongs to this thread, and gives the same for any thread, with all that is in it: lists
 * and winners too. A chain becomes the failure HENCE_EINVAL; without memory for a box it gives HENCE_ENOMEM. */
hence_result hence_make_portable(hence_result r);

#endif
