/* SPDX-License-Identifier: BSD-3-Clause */
#include "value/waitable.h"

#include <errno.h>

hence_result hence_read_slot(struct hence_waitable *self)
{
    const hence_result *slot = &self->slot;
    if (slot->kind > HENCE_KIND_LAST) {
        self->consumer.part->ref(self);
        return hence_shared_with(self);
    }
    if (slot->kind == HENCE_KIND_SHARED) { /* of another one: refer to that */
        struct hence_waitable *other = hence_chained(slot);
        if (other->consumer.part->tell)
            return other->consumer.part->tell(other);
        other->consumer.part->ref(other);
    } else if (slot->kind == HENCE_KIND_FAILURE) {
        hence_failure_ref(hence_as_failure(slot));
    }
    return *slot;
}

hence_result hence_read_slot_untold(struct hence_waitable *self)
{
    if (self->slot.kind != HENCE_KIND_SHARED)
        return hence_read_slot(self);
    struct hence_waitable *other = hence_chained(&self->slot);
    other->consumer.part->ref(other);
    return self->slot;
}

hence_result hence_receive_shared(hence_result r)
{
    struct hence_waitable *keeper = hence_chained(&r);
    if (!keeper->consumer.part->tell)
        return r;
    hence_result told = keeper->consumer.part->tell(keeper);
    keeper->consumer.part->unref(keeper);
    return told;
}

void hence_deliver(struct hence_consumer *consumer, hence_result r)
{
    while (consumer)
        consumer = consumer->part->deliver(consumer, &r);
}

/* What `asker` waits for has answered -EALREADY. */
static int refuse(struct hence_waitable *asker)
{
    return asker ? asker->consumer.part->cancel_refused(asker) : -EALREADY;
}

/* Cancels what `waitable` waits for in the end, or, if that waits for many, puts it into *many, and
 * cancels nothing but, perhaps, what an adapter feeds: then *fed is true. *asker becomes the nearest one
 * on the way that has `cancel_refused`, or NULL. */
static int cancel_end(struct hence_waitable *waitable, struct hence_waitable **many,
                      struct hence_waitable **asker, bool *fed, struct hence_waitable **untold)
{
    /* a circle that was too long to be found when it was closed has no end: Brent's search */
    struct hence_waitable *next, *marked = waitable;
    unsigned long steps = 0, until_mark = HENCE_CIRCLE_BOUND;
    *asker = NULL;
    for (;;) {
        const struct hence_part *part = waitable->consumer.part;
        next = part->waits_for(waitable);
        if (HENCE_UNLIKELY(part->cancel_passes != NULL))
            part->cancel_passes(waitable);
        if (!next && part->cancel_fed && (next = part->cancel_fed(waitable, untold)))
            *fed = true;
        if (!next)
            break;
        if (HENCE_UNLIKELY(part->cancel_refused != NULL))
            *asker = waitable;
        waitable = next;
        if (waitable == marked)
            return -EDEADLK;
        if (++steps == until_mark) {
            marked = waitable;
            until_mark *= 2;
            steps = 0;
        }
    }
    if (waitable->consumer.part->cancel_each) {
        *many = waitable;
        return 0;
    }
    int result = waitable->consumer.part->cancel(waitable);
    return result == -EALREADY ? refuse(*asker) : result;
}

int hence_waitable_cancel(struct hence_waitable *waitable)
{
    static _Thread_local uint64_t last_number;
    struct hence_cancellation cancellation = {.number = ++last_number};
    struct hence_waitable *many = NULL, *untold = NULL, *asker;
    bool fed = false, fed_below;
    int result = cancel_end(waitable, &many, &asker, &fed, &untold);
    while (many || cancellation.begun) {
        struct hence_waitable *of = many ? many : &cancellation.begun->waitable;
        if (!many)
            asker = cancellation.begun->asker;
        struct hence_waitable *next =
            of->consumer.part->cancel_each(of, many != NULL, &result, &cancellation);
        if (many && cancellation.begun && &cancellation.begun->waitable == many)
            cancellation.begun->asker = asker;
        many = NULL;
        if (next)
            result = cancel_end(next, &many, &asker, &fed_below, &untold);
        else if (result == -EALREADY)
            result = refuse(asker);
    }
    while (HENCE_UNLIKELY(untold != NULL))
        untold = untold->consumer.part->tell_fed(untold);
    if (cancellation.found_circle)
        return -EDEADLK;
    return fed && result != -EDEADLK ? 0 : result;
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

/* The one behind `from` that is left when all others have been searched; *found if one of these led there. */
static const struct hence_waitable *last_behind(const struct hence_waitable *from,
                                                struct hence_search *search, bool *found)
{
    const struct hence_part *part = from->consumer.part;
    const void *position = NULL;
    const struct hence_waitable *behind = part->next_behind(from, &position, &search->steps), *next;
    while (behind && (next = part->next_behind(from, &position, &search->steps))) {
        if (search->branches-- <= 0)
            return NULL;
        *found = hence_waitable_leads_to(behind, search);
        if (*found)
            return NULL;
        behind = next;
    }
    return behind;
}

bool hence_waitable_leads_to(const struct hence_waitable *from, struct hence_search *search)
{
    bool found = false;
    while (from && from != search->to && from != search->or_to && search->steps-- > 0) {
        const struct hence_part *part = from->consumer.part;
        if (part->next_behind) {
            from = last_behind(from, search, &found);
        } else {
            struct hence_consumer *consumer = part->waiter ? part->waiter(from) : NULL;
            from = consumer ? hence_consumer_leads_to(consumer) : NULL;
        }
    }
    return found || (from && (from == search->to || from == search->or_to));
}
