/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_LIB_FUTURE_AWAITER_H
#define HENCE_LIB_FUTURE_AWAITER_H

/*
 * What awaits one thing after the other, and is awaited by one: a task, or a loop over what takes time.
 *
 * It is a waitable for the one who awaits it, and a consumer for what it awaits. What it does with a result, and with a
 * cancellation, is its own affair; here is what all of them have in common.
 */

#include "future/future.h"

struct hence_awaiter {
    struct hence_waitable waitable;
    struct hence_consumer *consumer; /* who awaits it */
    struct hence_waitable *awaited;  /* what it awaits, or NULL */
};

/* Would it, by waiting for `waitable`, wait for itself? */
static inline bool hence_awaiter_closes_circle(const struct hence_awaiter *awaiter,
                                               struct hence_waitable *waitable)
{
    struct hence_waitable *last;
    if (hence_waitable_waits_for(waitable, &awaiter->waitable, &last))
        return true;
    if (awaiter->consumer->part == &hence_future_part &&
        !hence_future_has_listeners((const hence_future *)awaiter->consumer))
        return false; /* nobody waits for that */
    struct hence_search search = {
        .to = last, .or_to = hence_waitable_head(waitable), .steps = 100, .branches = 100};
    return hence_waitable_leads_to(&awaiter->waitable, &search);
}

/* Puts the result of the chain *r there if there is one; otherwise waits for it, and returns false. */
static inline bool hence_awaiter_take(struct hence_awaiter *awaiter, hence_result *r)
{
    struct hence_waitable *waitable = hence_chained(r);
    if (HENCE_UNLIKELY(hence_awaiter_closes_circle(awaiter, waitable))) {
        waitable->consumer.part->unref(waitable);
        *r = hence_fail_static(HENCE_EDEADLK);
        return true;
    }
    if (waitable->consumer.part->take(waitable, &awaiter->waitable.consumer, r))
        return true;
    awaiter->awaited = waitable;
    return false;
}

/* ---- the parts that it plays ---- */

static inline bool hence_awaiter_take_part(struct hence_waitable *self,
                                           struct hence_consumer *consumer, hence_result *out)
{
    (void)out; /* it is taken before it begins */
    ((struct hence_awaiter *)self)->consumer = consumer;
    return false;
}

static inline void hence_awaiter_hand_on(struct hence_waitable *self,
                                         struct hence_consumer *consumer)
{
    ((struct hence_awaiter *)self)->consumer = consumer;
}

static inline struct hence_waitable *hence_awaiter_waits_for(const struct hence_waitable *self)
{
    return ((const struct hence_awaiter *)self)->awaited;
}

static inline struct hence_consumer *hence_awaiter_waiter(const struct hence_waitable *self)
{
    return ((const struct hence_awaiter *)self)->consumer;
}

static inline struct hence_waitable *hence_awaiter_owner(struct hence_consumer *self)
{
    return (struct hence_waitable *)self;
}

static inline void hence_awaiter_waits_instead(struct hence_consumer *self,
                                               struct hence_waitable *waitable)
{
    ((struct hence_awaiter *)self)->awaited = waitable;
}

/* clang-format off */
#define HENCE_AWAITER_PARTS                                                                        \
    .take = hence_awaiter_take_part, .hand_on = hence_awaiter_hand_on,                             \
    .waits_for = hence_awaiter_waits_for, .waiter = hence_awaiter_waiter,                          \
    .owner = hence_awaiter_owner, .waits_instead = hence_awaiter_waits_instead,                    \
    .takes_untold = true
/* clang-format on */

#endif
