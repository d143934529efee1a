/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_LIB_FUTURE_FUTURE_H
#define HENCE_LIB_FUTURE_FUTURE_H

/*
 * A Future: 80 bytes. The slot holds the canceller until there is a result, the chain while it waits
 * for one, and then the result for good.
 *
 * It lives as long as anybody may still come to it: a reference, its promise, what it waits for, its
 * canceller, or the loop that is to tell its listeners.
 */

#include <hence/future.h>

#include "base/ledger.h"
#include "loop/loop.h"
#include "value/waitable.h"

enum {
    FUTURE_PROMISE = 1 << 0,     /* the promise is still held by somebody */
    FUTURE_DONE = 1 << 1,        /* the slot is the result */
    FUTURE_WAITING = 1 << 2,     /* the slot is the chain that it waits for */
    FUTURE_CANCELLER = 1 << 3,   /* the slot is a canceller and its argument */
    FUTURE_CANCELLING = 1 << 4,  /* the canceller runs */
    FUTURE_QUEUED = 1 << 5,      /* the loop is to tell its listeners */
    FUTURE_LOOKED_AT = 1 << 6,   /* somebody has seen the failure */
    FUTURE_FIRST = 1 << 7,       /* `first_fn` and `first_arg` are a listener */
    FUTURE_FED = 1 << 8,         /* the slot is a struct hence_feeder, which will resolve it */
    FUTURE_KEPT = 1 << 9,        /* the promise is held by a Deferred, as its consumer */
    FUTURE_MARKED = 1 << 10,     /* for the duration of a call that looks for duplicates */
    FUTURE_AHEAD = 1 << 11,      /* `ahead` and `listener_ahead` are what they say */
    FUTURE_RETURNABLE = 1 << 12, /* it is a struct hence_returnable, */
    FUTURE_TOLD = 1 << 13,       /* and the program has been told of its value */
    FUTURE_LENT = 1 << 14,       /* one reference is the loop's, which lets it go when it tells */
    FUTURE_RECORD = 1 << 15      /* it is a struct hence_future_record */
};

/* A listener of its own memory. Those that belong to the library are called even when the loop
 * closes before it could tell them; see hence_loop_is_closed(). */
struct hence_listener {
    struct hence_listener *next, *previous;
    hence_done_fn *fn;
    void *arg;
    /* What will be resolved because it is told, or NULL: for finding circles. May be missing. Those made
     * by hence_future_add_done_callback() have hence_leads_nowhere(). */
    const struct hence_waitable *(*leads_to)(const struct hence_listener *listener);
};

const struct hence_waitable *hence_leads_nowhere(const struct hence_listener *listener);

struct hence_future {
    struct hence_waitable waitable;
    hence_loop *loop;
    uint32_t references;
    uint32_t state;
    struct hence_link link;
    struct hence_listener *last; /* of a ring of listeners, but for the first */
    union {
        struct { /* the first one, which needs no memory */
            hence_done_fn *first_fn;
            void *first_arg;
        };
        struct { /* of a Future that the loop will tell some places later */
            const struct hence_future *ahead;
            const struct hence_listener *listener_ahead; /* may be gone by then */
        };
    };
    const char *site;
};

/* The head of a larger record: the Future and what it is for are one block of memory. */
struct hence_future_record {
    hence_future f; /* first */
    /* Frees it: nobody comes to the Future any more, and what it held has been taken out. */
    void (*free)(struct hence_future_record *record);
};

/* What stands for a Future in a chain: see chain.c. */
struct hence_future_chain {
    struct hence_waitable waitable; /* the slot is not used */
    union {
        struct hence_listener listener;
        struct hence_parcel parcel; /* for one that must go home to be let go */
    };
    hence_future *f; /* NULL: it is done, and has been let go */
    struct hence_consumer *consumer;
};

extern const struct hence_part hence_future_part;

static inline hence_future *hence_future_of(struct hence_waitable *waitable)
{
    return (hence_future *)waitable;
}

static inline bool hence_future_has_listeners(const hence_future *f)
{
    return (f->state & FUTURE_FIRST) || f->last;
}

/* Is this the thread of its loop? Otherwise that is reported. */
static inline bool hence_future_is_here_at(const hence_future *f, const char *what,
                                           const char *site)
{
    return HENCE_LIKELY(f->loop->owner == hence_thread_number) ||
           hence_loop_is_here_at(f->loop, what, site);
}

static inline bool hence_future_is_here(const hence_future *f, const char *what)
{
    return HENCE_LIKELY(f->loop->owner == hence_thread_number) || hence_loop_is_here(f->loop, what);
}

/* listeners.c */
void hence_listener_add(hence_future *f, struct hence_listener *listener);
void hence_listener_remove(hence_future *f, struct hence_listener *listener);
const struct hence_waitable *hence_future_next_behind(const struct hence_waitable *self,
                                                      const void **position, int *steps);
/* Has the loop tell all listeners; drops those of the user if it is closed. */
void hence_future_tell(hence_future *f);
/* Of a closed loop, and done: it is told later, by hence_future_tell_now(), and stands on top of *untold until then. */
void hence_future_tell_later(hence_future *f, struct hence_waitable **untold);
/* Returns the one below, or NULL. */
struct hence_waitable *hence_future_tell_now(hence_future *f);

static inline void hence_future_begin(hence_future *f, const char *site, hence_loop *loop)
{
    f->waitable.consumer.part = &hence_future_part;
    f->waitable.slot = hence_none();
    f->loop = loop;
    f->references = 1;
    f->state = FUTURE_PROMISE;
    f->last = NULL;
    f->site = site;
    hence_loop_depend(loop);
    HENCE_COUNT(FUTURES_MADE);
    HENCE_COUNT(PROMISES_MADE);
}

/* Of one that has just begun. */
static inline void hence_future_set_canceller(hence_future *f, hence_canceller *canceller,
                                              void *arg)
{
    f->waitable.slot = (hence_result){(uint64_t)(uintptr_t)canceller, (uint64_t)(uintptr_t)arg};
    f->state |= FUTURE_CANCELLER;
}

/* future.c */
/* If nobody has looked at its failure, that is told. */
void hence_future_report_lost(hence_future *f);
/* Its result for a consumer: see `takes_untold`. It is done. */
hence_result hence_future_result_for(hence_future *f, const struct hence_consumer *consumer);
/* The promise `feeder->to` will be resolved by this adapter; cancelling the Future goes through it. */
void hence_future_set_feeder(struct hence_feeder *feeder);
void hence_future_settle(hence_future *f, hence_result r);
void hence_future_try_end(hence_future *f);
/* hence_resolve() by whoever holds the promise, on its thread. */
void hence_future_resolve(hence_future *f, hence_result r);

/* returnable.c: nobody comes to one any more. */
void hence_returnable_end(hence_future *f);
/* A listener of the program is called. */
void hence_returnable_told(hence_future *f);
/* The result of one that is done, for who only passes it on. */
hence_result hence_future_read_untold(hence_future *f);

/* chain.c: hence_chain_future() for one that is there, in memory of the caller's that stays until the wait has ended.
 * Allocates nothing; fails on another thread only, and then has not taken `f`. */
hence_result hence_future_chain_in(struct hence_future_chain *chain, hence_future *f);
/* As a consumer. */
void hence_future_waits_instead(struct hence_consumer *self, struct hence_waitable *waitable);
/* Resolves `f` with a chain. */
void hence_future_resolve_chain(hence_future *f, hence_result chain);

#endif
