/* SPDX-License-Identifier: BSD-3-Clause */
#include "compose/combination.h"

#include "base/memory.h"
#include "base/report.h"
#include "deferred/deferred.h"
#include "value/failure.h"
#include "value/shared.h"

static const struct hence_part combination_part;
static const struct hence_part slot_part;

static size_t combination_size(size_t n)
{
    return sizeof(struct combination) + n * sizeof(struct slot);
}

static struct combination *of_slot(const struct slot *slot)
{
    const struct slot *first = slot - slot->index;
    return (struct combination *)((char *)(uintptr_t)first - offsetof(struct combination, slots));
}

/* A copy is not the consumer of anything. */
static bool is_copy(const struct slot *slot)
{
    return !slot->consumer.part;
}

/* ---- life ---- */

struct combination *hence_combination_new(const struct combination_kind *kind, const char *site,
                                          hence_deferred *const *inputs, size_t n, unsigned flags)
{
    if (n >= UINT32_MAX)
        return NULL;
    struct combination *c = hence_memory_get(combination_size(n));
    if (!c)
        return NULL;
    *c = (struct combination){
        .waitable = {.consumer = {&combination_part}},
        .kind = kind,
        .site = site,
        .references = 1,
        .size = (uint32_t)n,
        .flags = (uint8_t)flags,
    };
    for (size_t i = 0; i < n; i++) {
        hence_deferred *d = inputs[i];
        c->slots[i] = (struct slot){{&slot_part}, d ? &d->waitable : NULL, (uint32_t)i, 0};
    }
    return c;
}

static void release(struct combination *c)
{
    if (--c->references || c->pending)
        return;
    c->kind->discard(c);
    hence_result r = c->waitable.slot;
    hence_memory_put(c, combination_size(c->size));
    hence_drop(r);
}

/* ---- duplicates ---- */

/* The last slot before `slot` that was given the same Deferred, or NULL. While they are looked at, a
 * Deferred that nobody waits for points to its slot. */
static struct slot *earlier_slot(struct combination *c, const struct slot *slot,
                                 hence_deferred *const *inputs)
{
    const hence_deferred *d = inputs[slot->index];
    const uintptr_t mark = (uintptr_t)d->consumer, begin = (uintptr_t)c->slots;
    if (mark < begin || mark >= (uintptr_t)slot)
        return NULL; /* left behind by another combination, or no mark at all */
    size_t index = (mark - begin) / sizeof *slot;
    return inputs[index] == d ? &c->slots[index] : NULL;
}

/* The same Deferred in several slots is consumed in the first of them; the others get copies. */
static bool find_duplicates(struct combination *c, hence_deferred *const *inputs)
{
    for (uint32_t i = 0; i < c->size; i++) {
        struct slot *slot = &c->slots[i];
        hence_deferred *d = inputs[i];
        if (!d || (d->state & (STATE_CONSUMERS | STATE_TAKEN)))
            continue;
        struct slot *earlier = earlier_slot(c, slot, inputs);
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
    for (uint32_t i = 0; i < c->size; i++)
        if (is_copy(&c->slots[i]))
            hence_shared_unref((struct hence_shared *)c->slots[i].from);
}

/* ---- results arrive ---- */

static void report_late(const struct combination *c, const hence_result *r)
{
    const hence_failure *failure = hence_as_failure(r);
    if (!failure || !(c->flags & COMBINATION_REPORTS_REST) || hence_failure_is_cancelled(failure))
        return;
    hence_report report = {
        .kind = HENCE_REPORT_UNHANDLED,
        .message = "a failure that came after the combination of several had its outcome",
        .failure = failure,
        .made = c->site,
    };
    hence_report_failure(&report, NULL, NULL);
}

static void arrive(struct combination *c, size_t i, hence_result r)
{
    c->ended++;
    if (c->decided) {
        report_late(c, &r);
        hence_drop(r);
    } else {
        c->kind->arrive(c, i, r);
    }
}

/* The input of `slot` has ended. */
static void slot_ended(struct combination *c, struct slot *slot, hence_result r)
{
    slot->from = NULL;
    if (HENCE_LIKELY(!slot->copy)) {
        arrive(c, slot->index, r);
        return;
    }
    struct slot *copy = &c->slots[slot->copy];
    struct hence_shared *box = (struct hence_shared *)copy->from;
    copy->from = NULL;
    hence_shared_fill(box, r);
    arrive(c, slot->index, hence_shared_read(box));
    for (uint32_t i = slot->copy; i; i = c->slots[i].copy)
        arrive(c, i, hence_shared_read(box));
    hence_shared_unref(box);
}

void hence_combination_decide(struct combination *c, hence_result outcome)
{
    c->decided = true;
    c->waitable.slot = outcome;
    c->kind->discard(c);
    if ((c->flags & COMBINATION_CANCELS_REST) && c->ended < c->size) {
        c->deciding = true;
        hence_waitable_cancel(&c->waitable);
        c->deciding = false;
    }
}

/* May the outcome be given? One that cancels the rest gives it after that. */
static bool is_ready(const struct combination *c)
{
    if (!c->decided || c->deciding)
        return false;
    if ((c->flags & COMBINATION_CANCELS_REST) && c->cancelling)
        return false;
    return !(c->flags & COMBINATION_DRAINS) || !c->pending;
}

/* Who is to get the outcome now, and the outcome; or NULL. */
static struct hence_consumer *finish(struct combination *c, hence_result *r)
{
    struct hence_consumer *consumer = c->consumer;
    if (!consumer || !is_ready(c))
        return NULL;
    c->consumer = NULL;
    *r = hence_take(&c->waitable.slot);
    c->references--; /* that of who waited; ours is left */
    return consumer;
}

static struct hence_consumer *deliver_part(struct hence_consumer *self, hence_result *r)
{
    struct slot *slot = (struct slot *)self;
    struct combination *c = of_slot(slot);
    c->references++;
    c->pending--;
    slot_ended(c, slot, *r);
    struct hence_consumer *next = finish(c, r);
    release(c);
    return next;
}

static void waits_instead_part(struct hence_consumer *self, struct hence_waitable *waitable)
{
    ((struct slot *)self)->from = waitable;
}

static const struct hence_part slot_part = {
    .deliver = deliver_part,
    .waits_instead = waits_instead_part,
};

/* ---- as what is waited for ---- */

static bool take_part(struct hence_waitable *self, struct hence_consumer *consumer,
                      hence_result *out)
{
    struct combination *c = (struct combination *)self;
    c->consumer = consumer;
    if (!finish(c, out))
        return false;
    c->references++; /* finish() has let go of it */
    release(c);
    return true;
}

static void hand_on_part(struct hence_waitable *self, struct hence_consumer *consumer)
{
    ((struct combination *)self)->consumer = consumer;
}

static struct hence_waitable *waits_for_part(const struct hence_waitable *self)
{
    (void)self; /* for many: see cancel_each_part() */
    return NULL;
}

static struct hence_waitable *cancel_each_part(struct hence_waitable *self, bool begin,
                                               struct hence_waitable **begun)
{
    struct combination *c = (struct combination *)self;
    if (begin) {
        if (c->cancelling) /* whoever is at it will come to the rest */
            return NULL;
        c->cancelling = true;
        c->cursor = 0;
        c->references++;
        c->below = *begun;
        *begun = self;
    }
    while (c->cursor < c->size) {
        struct slot *slot = &c->slots[c->cursor++];
        if (!is_copy(slot) && slot->from)
            return slot->from;
    }
    *begun = c->below;
    c->cancelling = false;
    hence_result r;
    struct hence_consumer *next = finish(c, &r);
    release(c);
    if (next)
        hence_deliver(next, r);
    return NULL;
}

static void unref_part(struct hence_waitable *self)
{
    release((struct combination *)self);
}

static const struct hence_part combination_part = {
    .take = take_part,
    .hand_on = hand_on_part,
    .waits_for = waits_for_part,
    .cancel_each = cancel_each_part,
    .unref = unref_part,
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

hence_deferred *hence_combination_start(struct combination *c, bool made, const char *site,
                                        hence_deferred *const *inputs, size_t n)
{
    hence_promise *promise = NULL;
    hence_deferred *d = NULL;
    if (made && find_duplicates(c, inputs))
        d = hence_deferred_new_at(site, &promise);
    if (!d) {
        if (c) {
            drop_duplicates(c);
            release(c);
        }
        for (size_t i = 0; i < n; i++)
            hence_deferred_unref(inputs[i]);
        return NULL;
    }
    c->references++;
    for (uint32_t i = 0; i < c->size; i++) {
        if (is_copy(&c->slots[i]))
            hence_deferred_unref(inputs[i]); /* its first slot holds another reference */
    }
    for (uint32_t i = 0; i < c->size; i++) {
        if (!is_copy(&c->slots[i]))
            take_input(c, &c->slots[i]);
    }
    hence_resolve(promise, hence_chain_to(&c->waitable));
    release(c);
    return d;
}
