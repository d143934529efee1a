/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One Deferred for many consumers.
 *
 * A share consumes the Deferred and keeps its result, as a Future does, but without a loop: those who
 * wait are told at once, in the order in which they asked. A share that gets its result while another
 * one is telling waits for its turn, so that a long row of shares needs no stack. But for one that is telling on the
 * stack of a coroutine which stops in the middle of it, nobody waits.
 */
#include <hence/compose.h>

#include <errno.h>

#include "base/memory.h"
#include "base/ring.h"
#include "base/stack.h"
#include "compose/share.h"
#include "value/failure.h"
#include "value/waitable.h"

struct waiting {
    struct hence_ring ring; /* first: of the share's */
    hence_promise *promise;
    hence_share *share;
};

struct hence_share {
    struct hence_waitable waitable; /* the slot is the result: what readers refer to */
    struct hence_waitable *from;    /* NULL: it has ended */
    struct hence_ring waiting;      /* in the order in which they asked */
    hence_share *next_to_tell, *next_to_cancel;
    const char *site;
    uint32_t references; /* those of the program, of readers, of what it waits for, of telling */
    uint32_t handles;    /* those of the program */
    bool was_read;
};

/* ---- life ---- */

static void ref(hence_share *share)
{
    share->references++;
}

static void unref(hence_share *share)
{
    if (--share->references)
        return;
    hence_result r = share->waitable.slot;
    if (!share->was_read)
        hence_report_unhandled(hence_as_failure(&r), "unhandled failure in a shared Deferred",
                               share->site);
    hence_memory_put(share, sizeof *share);
    hence_drop(r);
}

static void ref_part(struct hence_waitable *self)
{
    ref((hence_share *)self);
}

static void unref_part(struct hence_waitable *self)
{
    unref((hence_share *)self);
}

/* ---- those who wait ---- */

static hence_promise *strike_off(struct waiting *waiting)
{
    hence_promise *promise = waiting->promise;
    hence_ring_remove(&waiting->ring);
    hence_memory_put(waiting, sizeof *waiting);
    return promise;
}

/* Those whose turn is still to come. */
struct row {
    hence_share *first, **end;
};

/* Cancels what `share` waits for; in turn, as below, for a row of shares that wait for each other. */
static void cancel_in_turn(hence_share *share)
{
    struct row mine = {share, NULL}, *row = hence_stack_find_row(HENCE_TURNS_CANCELLING);
    ref(share);
    share->next_to_cancel = row ? row->first : NULL;
    if (row) {
        row->first = share;
        return;
    }
    hence_stack_set_row(HENCE_TURNS_CANCELLING, &mine);
    while (mine.first) {
        hence_share *next = mine.first;
        mine.first = next->next_to_cancel;
        if (next->from)
            hence_waitable_cancel(next->from);
        unref(next);
    }
    hence_stack_set_row(HENCE_TURNS_CANCELLING, NULL);
}

static bool stop_waiting(hence_promise *promise, void *arg)
{
    struct waiting *waiting = arg;
    hence_share *share = waiting->share;
    (void)promise;
    strike_off(waiting);
    if (!share->handles &&
        hence_ring_is_empty(&share->waiting)) /* nobody waits, and nobody can ask */
        cancel_in_turn(share);
    return true;
}

/* ---- the result ---- */

static hence_result read_result(hence_share *share)
{
    share->was_read = true;
    return hence_read_slot(&share->waitable);
}

static void tell(hence_share *share)
{
    while (!hence_ring_is_empty(&share->waiting)) {
        hence_promise *promise = strike_off((struct waiting *)share->waiting.next);
        hence_promise_on_cancel(promise, NULL, NULL);
        hence_resolve_at(NULL, promise, read_result(share));
    }
    unref(share);
}

static void tell_in_turn(hence_share *share)
{
    struct row mine, *row = hence_stack_find_row(HENCE_TURNS_TELLING);
    share->next_to_tell = NULL;
    if (row) {
        *row->end = share;
        row->end = &share->next_to_tell;
        return;
    }
    mine = (struct row){share, &share->next_to_tell};
    hence_stack_set_row(HENCE_TURNS_TELLING, &mine);
    while (mine.first) {
        hence_share *next = mine.first;
        mine.first = next->next_to_tell;
        if (!mine.first)
            mine.end = &mine.first;
        tell(next);
    }
    hence_stack_set_row(HENCE_TURNS_TELLING, NULL);
}

static struct hence_consumer *deliver_part(struct hence_consumer *self, hence_result *r)
{
    hence_share *share = (hence_share *)self;
    share->from = NULL;
    share->waitable.slot = *r;
    tell_in_turn(share);
    return NULL;
}

static void waits_instead_part(struct hence_consumer *self, struct hence_waitable *waitable)
{
    ((hence_share *)self)->from = waitable;
}

static struct hence_waitable *owner_part(struct hence_consumer *self)
{
    return (struct hence_waitable *)self;
}

static const struct hence_waitable *next_behind_part(const struct hence_waitable *self,
                                                     const void **position, int *steps)
{
    const struct hence_ring *all = &((const hence_share *)self)->waiting;
    const struct hence_ring *ring = *position ? *position : all;
    while (ring->next != all && --*steps > 0) {
        *position = ring = ring->next;
        const struct hence_waitable *behind =
            hence_promise_leads_to(((const struct waiting *)(const void *)ring)->promise);
        if (behind)
            return behind;
    }
    return NULL;
}

static const struct hence_part share_part = {
    .next_behind = next_behind_part,
    .owner = owner_part,
    .ref = ref_part,
    .unref = unref_part,
    .deliver = deliver_part,
    .waits_instead = waits_instead_part,
};

/* ---- for the program ---- */

hence_share *hence_share_new(hence_deferred *d)
{
    hence_share *share = hence_memory_get_zeroed(sizeof *share);
    hence_result r = hence_chain(d);
    if (!share) {
        hence_drop(r);
        return NULL;
    }
    share->waitable.consumer.part = &share_part;
    share->references = share->handles = 1;
    hence_ring_init(&share->waiting);
    share->site = hence_deferred_site(d);
    if (hence_is_chain(&r)) {
        struct hence_waitable *from = hence_chained(&r);
        if (!from->consumer.part->take(from, &share->waitable.consumer, &r)) {
            share->from = from;
            ref(share); /* until it has ended */
            return share;
        }
    }
    share->waitable.slot = r;
    return share;
}

hence_share *hence_share_ref(hence_share *share)
{
    if (share) {
        share->handles++;
        ref(share);
    }
    return share;
}

hence_share *hence_share_unref(hence_share *share)
{
    if (share) {
        share->handles--;
        unref(share);
    }
    return NULL;
}

hence_deferred *hence_share_get_at(const char *site, hence_share *share)
{
    hence_promise *promise;
    if (!share)
        return NULL;
    hence_deferred *d = hence_deferred_new_at(site, &promise);
    if (!d || !share->from) {
        if (d)
            hence_resolve_at(NULL, promise, read_result(share));
        return d;
    }
    struct waiting *waiting = hence_memory_get(sizeof *waiting);
    if (!waiting) {
        hence_abandon(promise);
        hence_deferred_forget(d);
        return NULL;
    }
    *waiting = (struct waiting){.promise = promise, .share = share};
    hence_ring_append(&share->waiting, &waiting->ring);
    hence_promise_on_cancel(promise, stop_waiting, waiting);
    return d;
}

void hence_share_expect(hence_share *share)
{
    share->was_read = true;
}

int hence_share_cancel(hence_share *share)
{
    if (!share)
        return -ENOMEM;
    return share->from ? hence_waitable_cancel(share->from) : -EALREADY;
}
