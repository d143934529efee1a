/* SPDX-License-Identifier: BSD-3-Clause */
#include <hence/promise.h>

#include <errno.h>

#include "value/waitable.h"

extern inline hence_promise *hence_promise_take(hence_promise **p);

int hence_resolve_at(const char *site, hence_promise *p, hence_result r)
{
    if (!p) {
        hence_drop(r);
        return -EINVAL;
    }
    return p->waitable.consumer.part->resolve(&p->waitable, r, site);
}

void hence_abandon(hence_promise *p)
{
    if (p)
        p->waitable.consumer.part->abandon(&p->waitable);
}

void hence_promise_on_cancel(hence_promise *p, hence_canceller *canceller, void *arg)
{
    if (p)
        p->waitable.consumer.part->on_cancel(&p->waitable, canceller, arg);
}

bool hence_promise_is_wanted(const hence_promise *p)
{
    return p && p->waitable.consumer.part->is_wanted(&p->waitable);
}
