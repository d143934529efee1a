/* SPDX-License-Identifier: BSD-3-Clause */
/* Results: what is inline in the header, as symbols too, and what is too rare to be inline. */

#include <hence/result.h>

#include "value/waitable.h"

extern inline hence_result hence_none(void);
extern inline hence_result hence_int(int64_t i);
extern inline hence_result hence_real(double x);
extern inline hence_result hence_ptr(void *p);
extern inline hence_result hence_own(void *p, hence_drop_fn *destroy);
extern inline bool hence_is_failure(const hence_result *in);
extern inline bool hence_is_chain(const hence_result *in);
extern inline bool hence_is_value(const hence_result *in);
extern inline bool hence_is_none(const hence_result *in);
extern inline bool hence_is_int(const hence_result *in);
extern inline bool hence_is_real(const hence_result *in);
extern inline bool hence_is_ptr(const hence_result *in);
extern inline int64_t hence_as_int(const hence_result *in);
extern inline double hence_as_real(const hence_result *in);
extern inline void *hence_as_ptr(const hence_result *in);
extern inline void *hence_as(const hence_result *in, hence_drop_fn *destroy);
extern inline const hence_failure *hence_as_failure(const hence_result *in);
extern inline hence_result hence_take(hence_result *in);
extern inline void *hence_take_ptr(hence_result *in, hence_drop_fn *destroy);
extern inline hence_failure *hence_take_failure(hence_result *in);
extern inline void hence_drop(hence_result r);

const hence_result *hence_look_through(const hence_result *in)
{
    /* a value that another one keeps may have moved on into a box: see portable.h */
    while (in->kind == HENCE_KIND_SHARED)
        in = &hence_chained(in)->slot;
    return in;
}

void hence_drop_owner(hence_result r)
{
    if (r.kind > HENCE_KIND_LAST) {
        ((hence_drop_fn *)(uintptr_t)r.kind)((void *)(uintptr_t)r.word);
    } else if (r.kind == HENCE_KIND_FAILURE) {
        hence_failure_unref((hence_failure *)(uintptr_t)r.word);
    } else { /* shared, or a chain */
        struct hence_waitable *waitable = hence_chained(&r);
        waitable->consumer.part->unref(waitable);
    }
}
