/* SPDX-License-Identifier: BSD-3-Clause */
/* Combinations of Deferreds: each is consumed by a slot. */
#include "base/memory.h"
#include "compose/combination.h"
#include "deferred/deferred.h"
#include "value/shared.h"

struct slot {
    struct hence_consumer consumer;
    struct hence_waitable *from; /* NULL: it has ended. In the first copy of a duplicate: its box */
    uint32_t index;
    uint32_t copy; /* the next slot that was given the same Deferred; 0: none */
};

struct combined_deferreds {
    struct combination c;
    struct slot slots[];
};

static const struct hence_part slot_part;

static size_t memory_size(size_t n)
{
    return sizeof(struct combined_deferreds) + n * sizeof(struct slot);
}

static struct slot *slots_of(struct combination *c)
{
    return ((struct combined_deferreds *)c)->slots;
}

static struct combination *of_slot(const struct slot *slot)
{
    const struct slot *first = slot - slot->index;
    return (struct combination *)((char *)(uintptr_t)first -
                                  offsetof(struct combined_deferreds, slots));
}

/* A copy is not the consumer of anything. */
static bool is_copy(const struct slot *slot)
{
    return !slot->consumer.part;
}

static struct hence_waitable *get_input(struct combination *c, uint32_t i)
{
    struct slot *slot = &slots_of(c)[i];
    if (is_copy(slot) || !slot->from)
        return NULL;
    if (hence_deferred_is(slot->from)) { /* one that was not looked at yet may be another's */
        const hence_deferred *d = hence_deferred_of(slot->from);
        const bool is_mine = (d->state & STATE_TO_OTHER) && d->consumer == &slot->consumer;
        if ((d->state & STATE_TAKEN) && !is_mine)
            return NULL;
    }
    return slot->from;
}

static void put_memory(struct combination *c)
{
    hence_memory_put(c, memory_size(c->size));
}

static const struct combination_inputs deferred_inputs = {get_input, NULL, put_memory};

struct combination *hence_combine_deferreds(const struct combination_policy *policy,
                                            const char *site, hence_deferred *const *deferreds,
                                            size_t n, unsigned flags)
{
    struct combined_deferreds *combined = NULL;
    if (n < UINT32_MAX)
        combined = hence_memory_get(memory_size(n));
    if (!combined)
        return NULL;
    hence_combination_init(&combined->c, policy, &deferred_inputs, site, n, flags);
    for (size_t i = 0; i < n; i++) {
        hence_deferred *d = deferreds[i];
        combined->slots[i] = (struct slot){{&slot_part}, d ? &d->waitable : NULL, (uint32_t)i, 0};
    }
    return &combined->c;
}

/* ---- duplicates ---- */

/* The last slot before `slot` that was given the same Deferred, or NULL. While they are looked at, a
 * Deferred that nobody waits for points to its slot. */
static struct slot *earlier_slot(struct slot *slots, const struct slot *slot,
                                 hence_deferred *const *deferreds)
{
    const hence_deferred *d = deferreds[slot->index];
    const uintptr_t mark = (uintptr_t)d->consumer, begin = (uintptr_t)slots;
    if (mark < begin || mark >= (uintptr_t)slot)
        return NULL; /* left behind by another combination, or no mark at all */
    size_t index = (mark - begin) / sizeof *slot;
    return deferreds[index] == d ? &slots[index] : NULL;
}

/* The same Deferred in several slots is consumed in the first of them; the others get copies. */
static bool find_duplicates(struct combination *c, hence_deferred *const *deferreds)
{
    struct slot *slots = slots_of(c);
    for (uint32_t i = 0; i < c->size; i++) {
        struct slot *slot = &slots[i];
        hence_deferred *d = deferreds[i];
        if (!d || (d->state & (STATE_CONSUMERS | STATE_TAKEN)))
            continue;
        struct slot *earlier = earlier_slot(slots, slot, deferreds);
        d->consumer = &slot->consumer;
        if (!earlier)
            continue;
        struct hence_shared *box = is_copy(earlier) ? NULL : hence_shared_new();
        if (!box && !is_copy(earlier))
            return false;
        earlier->copy = i;
        slot->consumer.part = NULL;
        slot->from = box ? &box->waitable : NULL;
    }
    return true;
}

static void drop_duplicates(struct combination *c)
{
    for (uint32_t i = 0; i < c->size; i++) {
        struct slot *slot = &slots_of(c)[i];
        if (is_copy(slot))
            hence_shared_unref((struct hence_shared *)slot->from);
    }
}

/* ---- results arrive ---- */

/* The input of `slot` has ended. */
static void slot_ended(struct combination *c, struct slot *slot, hence_result r)
{
    slot->from = NULL;
    if (HENCE_LIKELY(!slot->copy)) {
        hence_combination_arrive(c, slot->index, r);
        return;
    }
    struct slot *slots = slots_of(c), *copy = &slots[slot->copy];
    struct hence_shared *box = (struct hence_shared *)copy->from;
    copy->from = NULL;
    hence_shared_fill(box, r);
    hence_combination_arrive(c, slot->index, hence_shared_read(box));
    for (uint32_t i = slot->copy; i; i = slots[i].copy)
        hence_combination_arrive(c, i, hence_shared_read(box));
    hence_shared_unref(box);
}

static struct hence_consumer *deliver_part(struct hence_consumer *self, hence_result *r)
{
    struct slot *slot = (struct slot *)self;
    struct combination *c = of_slot(slot);
    c->references++;
    c->pending--;
    slot_ended(c, slot, *r);
    struct hence_consumer *next = hence_combination_finish(c, r);
    hence_combination_release(c);
    return next;
}

static void waits_instead_part(struct hence_consumer *self, struct hence_waitable *waitable)
{
    ((struct slot *)self)->from = waitable;
}

static struct hence_waitable *owner_part(struct hence_consumer *self)
{
    return hence_combination_leads_to(of_slot((struct slot *)self));
}

static const struct hence_part slot_part = {
    .owner = owner_part,
    .deliver = deliver_part,
    .waits_instead = waits_instead_part,
};

/* ---- begun ---- */

static void take_input(struct combination *c, struct slot *slot)
{
    hence_result r = hence_fail_static(HENCE_ENOMEM); /* what NULL stands for */
    if (slot->from && !slot->from->consumer.part->take(slot->from, &slot->consumer, &r))
        c->pending++;
    else
        slot_ended(c, slot, r);
}

hence_deferred *hence_combination_start(struct combination *c, bool prepared, const char *site,
                                        hence_deferred *const *deferreds, size_t n)
{
    hence_promise *promise = NULL;
    hence_deferred *d = NULL;
    if (prepared && find_duplicates(c, deferreds))
        d = hence_deferred_new_at(site, &promise);
    if (!d) {
        if (c) {
            drop_duplicates(c);
            hence_combination_release(c);
        }
        for (size_t i = 0; i < n; i++)
            hence_deferred_unref(deferreds[i]);
        return NULL;
    }
    c->references++;
    for (uint32_t i = 0; i < c->size; i++) {
        if (is_copy(&slots_of(c)[i]))
            hence_deferred_unref(deferreds[i]); /* its first slot holds another reference */
    }
    for (uint32_t i = 0; i < c->size; i++) {
        struct slot *slot = &slots_of(c)[i];
        if (!is_copy(slot))
            take_input(c, slot);
    }
    hence_resolve_at(NULL, promise, hence_combination_chain(c));
    hence_combination_release(c);
    return d;
}
