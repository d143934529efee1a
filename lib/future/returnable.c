/* SPDX-License-Identifier: BSD-3-Clause */
#include "future/returnable.h"

#include "base/memory.h"

struct hence_returnable *hence_returnable_new(const char *site, hence_loop *loop,
                                              hence_promise **producer, size_t size,
                                              bool (*end)(struct hence_returnable *self,
                                                          bool is_untold))
{
    struct hence_returnable *returnable = NULL;
    if (hence_loop_check_at(loop, "making a Future", site) == 0)
        returnable = hence_memory_get(size);
    if (!returnable)
        return NULL;
    hence_future_begin(&returnable->f, site, loop);
    returnable->f.state |= FUTURE_RETURNABLE;
    returnable->size = size;
    returnable->end = end;
    *producer = (hence_promise *)returnable;
    return returnable;
}

static struct hence_returnable *of_waitable(struct hence_waitable *waitable)
{
    if (waitable->consumer.part != &hence_future_part ||
        !(hence_future_of(waitable)->state & FUTURE_RETURNABLE))
        return NULL;
    return (struct hence_returnable *)waitable;
}

struct hence_returnable *hence_returnable_of(hence_promise *promise)
{
    return of_waitable(&promise->waitable);
}

void hence_returnable_end(hence_future *f)
{
    struct hence_returnable *returnable = (struct hence_returnable *)f;
    hence_loop *loop = f->loop;
    const bool keeps_memory = returnable->end(returnable, !(f->state & FUTURE_TOLD));
    HENCE_COUNT(FUTURES_ENDED);
    if (!keeps_memory) {
        hence_future_report_lost(f);
        hence_result r = f->waitable.slot;
        hence_memory_put(returnable, returnable->size);
        hence_drop(r);
    }
    hence_loop_undepend(loop);
}

void hence_returnable_told(hence_future *f)
{
    struct hence_waitable *keeper =
        f->waitable.slot.kind == HENCE_KIND_SHARED ? hence_chained(&f->waitable.slot) : NULL;
    f->state |= FUTURE_TOLD;
    if (keeper && of_waitable(keeper))
        hence_future_of(keeper)->state |= FUTURE_TOLD;
}

hence_result hence_future_read_untold(hence_future *f)
{
    if (!(f->state & FUTURE_RETURNABLE) || hence_is_failure(&f->waitable.slot)) {
        f->state |= FUTURE_LOOKED_AT | FUTURE_TOLD;
        return hence_read_slot_untold(&f->waitable);
    }
    f->references++;
    return hence_shared_with(&f->waitable);
}
