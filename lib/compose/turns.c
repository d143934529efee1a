/* SPDX-License-Identifier: BSD-3-Clause */
#include "compose/turns.h"

#include <errno.h>

#include "base/memory.h"

/* ---- its end ---- */

static void turns_free(struct turns *turns)
{
    if (turns->destroy)
        turns->destroy(turns);
    hence_memory_put(turns, turns->size);
}

static struct hence_consumer *end(struct turns *turns)
{
    struct hence_consumer *consumer = turns->awaiter.consumer;
    turns_free(turns);
    return consumer;
}

/* ---- going on ---- */

/* Who is to get the outcome, and the outcome, if that is there now; otherwise NULL. */
static struct hence_consumer *go_on(struct turns *turns, hence_result *r)
{
    while (turns->turn(turns, r)) {
        if (!hence_is_chain(r))
            continue;
        if (!hence_awaiter_take(&turns->awaiter, r))
            return NULL;
        *r = hence_receive(*r);
    }
    return end(turns);
}

/* ---- the parts that it plays ---- */

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
    turns->awaiter.awaited = NULL;
    if (turns->must_cancel)
        take_cancel(turns, r);
    else
        *r = hence_receive(*r);
    return go_on(turns, r);
}

static const struct hence_part turns_part = {
    HENCE_AWAITER_PARTS,
    .cancel = cancel_part,
    .cancel_refused = cancel_refused_part,
    .deliver = deliver_part,
};

/* ---- made ---- */

void *hence_turns_new(const char *site, hence_loop *loop, size_t size, hence_promise **promise,
                      hence_future **f)
{
    *f = hence_future_new_at(site, loop, promise);
    struct turns *turns = *f ? hence_memory_get_zeroed(size) : NULL;
    if (turns) {
        turns->awaiter.waitable.consumer.part = &turns_part;
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
    hence_resolve_at(NULL, promise, hence_chain_to(&turns->awaiter.waitable));
    struct hence_consumer *consumer = go_on(turns, &r);
    if (consumer)
        hence_deliver(consumer, r);
    return f;
}
