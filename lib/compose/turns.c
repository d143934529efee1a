/* SPDX-License-Identifier: BSD-3-Clause */
#include "compose/turns.h"

#include <errno.h>

#include "base/memory.h"
#include "future/future.h"

/* ---- its end ---- */

static void turns_free(struct turns *turns)
{
    if (turns->destroy)
        turns->destroy(turns);
    hence_memory_put(turns, turns->size);
}

static struct hence_consumer *end(struct turns *turns)
{
    struct hence_consumer *consumer = turns->consumer;
    turns_free(turns);
    return consumer;
}

/* ---- going on ---- */

/* Would it, by waiting for `waitable`, wait for itself? */
static bool closes_circle(const struct turns *turns, struct hence_waitable *waitable)
{
    struct hence_waitable *last;
    if (hence_waitable_waits_for(waitable, &turns->waitable, &last))
        return true;
    if (turns->consumer->part == &hence_future_part &&
        !hence_future_has_listeners((const hence_future *)turns->consumer))
        return false;
    struct hence_search search = {
        .to = last, .or_to = hence_waitable_head(waitable), .steps = 100, .branches = 100};
    return hence_waitable_leads_to(&turns->waitable, &search);
}

/* Puts the result of the chain *r there if there is one; otherwise waits for it, and returns false. */
static bool take(struct turns *turns, hence_result *r)
{
    struct hence_waitable *waitable = hence_chained(r);
    if (HENCE_UNLIKELY(closes_circle(turns, waitable))) {
        waitable->consumer.part->unref(waitable);
        *r = hence_fail_static(HENCE_EDEADLK);
        return true;
    }
    if (waitable->consumer.part->take(waitable, &turns->waitable.consumer, r)) {
        *r = hence_receive(*r);
        return true;
    }
    turns->awaited = waitable;
    return false;
}

/* Who is to get the outcome, and the outcome, if that is there now; otherwise NULL. */
static struct hence_consumer *go_on(struct turns *turns, hence_result *r)
{
    while (turns->turn(turns, r)) {
        if (hence_is_chain(r) && !take(turns, r))
            return NULL;
    }
    return end(turns);
}

/* ---- the parts that it plays ---- */

static bool take_part(struct hence_waitable *self, struct hence_consumer *consumer,
                      hence_result *out)
{
    (void)out; /* it is taken before it begins */
    ((struct turns *)self)->consumer = consumer;
    return false;
}

static void hand_on_part(struct hence_waitable *self, struct hence_consumer *consumer)
{
    ((struct turns *)self)->consumer = consumer;
}

static struct hence_waitable *waits_for_part(const struct hence_waitable *self)
{
    return ((const struct turns *)self)->awaited;
}

/* From inside a turn: rule 37, as a Deferred in its own step. */
static int cancel_part(struct hence_waitable *self)
{
    (void)self;
    return -EALREADY;
}

static int cancel_refused_part(struct hence_waitable *self)
{
    ((struct turns *)self)->must_cancel = true;
    return 0;
}

static struct hence_consumer *waiter_part(const struct hence_waitable *self)
{
    return ((const struct turns *)self)->consumer;
}

static struct hence_waitable *owner_part(struct hence_consumer *self)
{
    return (struct hence_waitable *)self;
}

/* It has not been told of *r: what came out of a queue goes back, unless it keeps that. */
static void take_cancel(struct turns *turns, hence_result *r)
{
    turns->must_cancel = false;
    if (turns->keep)
        turns->keep(turns, hence_receive(*r));
    else
        hence_drop(*r);
    *r = hence_fail_static(HENCE_ECANCELLED);
}

static struct hence_consumer *deliver_part(struct hence_consumer *self, hence_result *r)
{
    struct turns *turns = (struct turns *)self;
    turns->awaited = NULL;
    if (turns->must_cancel)
        take_cancel(turns, r);
    else
        *r = hence_receive(*r);
    return go_on(turns, r);
}

static void waits_instead_part(struct hence_consumer *self, struct hence_waitable *waitable)
{
    ((struct turns *)self)->awaited = waitable;
}

static const struct hence_part turns_part = {
    .take = take_part,
    .hand_on = hand_on_part,
    .waits_for = waits_for_part,
    .cancel = cancel_part,
    .cancel_refused = cancel_refused_part,
    .waiter = waiter_part,
    .owner = owner_part,
    .deliver = deliver_part,
    .waits_instead = waits_instead_part,
    .takes_untold = true,
};

/* ---- made ---- */

void *hence_turns_new(const char *site, hence_loop *loop, size_t size, hence_promise **promise,
                      hence_future **f)
{
    *f = hence_future_new_at(site, loop, promise);
    struct turns *turns = *f ? hence_memory_get_zeroed(size) : NULL;
    if (turns) {
        turns->waitable.consumer.part = &turns_part;
        turns->size = size;
    } else if (*f) {
        hence_resolve_at(NULL, *promise, hence_fail_static(HENCE_ECANCELLED)); /* no report */
        hence_future_unref(*f);
    }
    return turns;
}

hence_future *hence_turns_begin(struct turns *turns, hence_promise *promise, hence_future *f)
{
    hence_result r = hence_none();
    hence_resolve_at(NULL, promise, hence_chain_to(&turns->waitable));
    struct hence_consumer *consumer = go_on(turns, &r);
    if (consumer)
        hence_deliver(consumer, r);
    return f;
}
