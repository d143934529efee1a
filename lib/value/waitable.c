/* SPDX-License-Identifier: BSD-3-Clause */
#include "value/waitable.h"

#include <errno.h>

int hence_waitable_cancel(struct hence_waitable *waitable)
{
    /* a circle that was too long to be found when it was closed has no end: Brent's search */
    struct hence_waitable *next, *marked = waitable;
    unsigned long steps = 0, until_mark = HENCE_CIRCLE_BOUND;
    bool cancelled = false;
    for (;;) {
        const struct hence_part *part = waitable->consumer.part;
        next = part->waits_for(waitable);
        if (!next && part->cancel_fed && (next = part->cancel_fed(waitable)))
            cancelled = true;
        if (!next)
            break;
        waitable = next;
        if (waitable == marked)
            return -EDEADLK;
        if (++steps == until_mark) {
            marked = waitable;
            until_mark *= 2;
            steps = 0;
        }
    }
    int error = waitable->consumer.part->cancel(waitable);
    return cancelled ? 0 : error;
}

bool hence_waitable_waits_for(struct hence_waitable *waitable, const struct hence_waitable *other,
                              struct hence_waitable **last)
{
    for (int i = 0; i < HENCE_CIRCLE_BOUND; i++) {
        *last = waitable;
        if (waitable == other)
            return true;
        const struct hence_part *part = waitable->consumer.part;
        struct hence_waitable *next = part->waits_for(waitable);
        if (!next && part->fed_by)
            next = part->fed_by(waitable);
        if (!next)
            return false;
        waitable = next;
    }
    return false;
}
