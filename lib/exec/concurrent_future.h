/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_LIB_EXEC_CONCURRENT_FUTURE_H
#define HENCE_LIB_EXEC_CONCURRENT_FUTURE_H

/*
 * A concurrent Future: a slot for a result, which is written once, with the mutex held, and then read by
 * everybody. What comes out of it are results that refer to it, and its count is atomic.
 *
 * It is the head of a job of an executor, or of an operation in a loop, which is its kind.
 */

#include <hence/concurrent.h>

#include <pthread.h>
#include <stdatomic.h>

#include "base/ring.h"
#include "value/waitable.h"

struct concurrent_kind {
    size_t size; /* of the whole */
    /* Cancels what has not ended: 0, or -EBUSY if that runs and cannot be cancelled. */
    int (*cancel)(hence_concurrent_future *f);
    bool (*is_running)(hence_concurrent_future *f); /* of one that is not done */
    void (*let_go)(hence_concurrent_future *f);     /* what else it holds, when it is freed */
    bool ends_with_loop; /* that it failed because a loop closed is no news */
};

struct hence_concurrent_future {
    struct hence_waitable waitable; /* the slot: the result, once it is done */
    const struct concurrent_kind *kind;
    const char *site;
    uint64_t born; /* the number of the thread that made it */
    atomic_uint references;
    atomic_bool is_done;
    atomic_bool looked_at; /* somebody has seen the failure */
    pthread_mutex_t mutex;
    struct hence_ring waiters;   /* told with the mutex held */
    struct hence_ring callbacks; /* called after that, in order */
};

/* A thread that waits for it. */
struct concurrent_waiter {
    struct hence_ring ring; /* first: in the row of waiters; its own once it is told */
    void (*told)(struct concurrent_waiter *waiter);
    bool is_told;
};

/* With one reference. */
void hence_concurrent_init(hence_concurrent_future *f, const struct concurrent_kind *kind,
                           const char *site);

/* Ends it with `r`, which is taken: true; false if it is done already. The caller has a reference. */
bool hence_concurrent_end(hence_concurrent_future *f, hence_result r);

/* The rest of the end, where a callback has ended its thread. */
void hence_concurrent_call_back(hence_concurrent_future *f);

/* Has `waiter` told: true; false if it is done already. */
bool hence_concurrent_add_waiter(hence_concurrent_future *f, struct concurrent_waiter *waiter);
/* It is not told any more, and not touched. */
void hence_concurrent_remove_waiter(hence_concurrent_future *f, struct concurrent_waiter *waiter);

static inline bool hence_concurrent_is_done(const hence_concurrent_future *f)
{
    return atomic_load_explicit(&f->is_done, memory_order_acquire);
}

/* Is this a forked child, and `f` of its parent and not done? Then it never will be: that is reported. */
bool hence_concurrent_is_parents(const hence_concurrent_future *f, const char *what);

#endif
