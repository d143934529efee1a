/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_TESTS_SYNC_SUPPORT_H
#define HENCE_TESTS_SYNC_SUPPORT_H

/*
 * Some who ask for something, as Deferreds or as Futures.
 *
 *     struct asker a = {"a"};
 *     ask(&a, hence_lock_acquire(lock));            traces "a:hold" when it has the lock
 *     ask_future(&a, hence_lock_acquire_future(loop, lock));
 *     let_go(&a);                                   of the hold, the Deferred, the Future
 */

#include <errno.h>

#include "support/support.h"

struct asker {
    const char *word;
    hence_deferred *d;
    hence_future *f;
    hence_hold *hold; /* of a Future: lent */
    void (*then)(struct asker *asker);
};

static inline hence_result asker_told(hence_result *in, void *arg)
{
    struct asker *asker = arg;
    trace("%s:%s", asker->word, describe(in));
    asker->hold = hence_take_hold(in);
    if (asker->then)
        asker->then(asker);
    return hence_none();
}

static inline void ask(struct asker *asker, hence_deferred *d)
{
    asker->d = d;
    hence_deferred_add_both(d, asker_told, asker);
}

static inline void asker_future_told(hence_future *f, void *arg)
{
    struct asker *asker = arg;
    hence_result r = hence_future_result(f);
    trace("%s:%s", asker->word, describe(&r));
    asker->hold = hence_as_hold(&r);
    hence_drop(r);
    if (asker->then)
        asker->then(asker);
}

static inline void ask_future(struct asker *asker, hence_future *f)
{
    asker->f = f;
    hence_future_add_done_callback(f, asker_future_told, asker);
}

static inline void let_go(struct asker *asker)
{
    hence_hold *hold = asker->f ? NULL : asker->hold;
    hence_deferred *d = asker->d;
    hence_future *f = asker->f;
    asker->hold = NULL;
    asker->d = NULL;
    asker->f = NULL;
    hence_hold_free(hold);
    hence_deferred_forget(d);
    if (f && !hence_future_done(f))
        hence_future_cancel(f);
    hence_future_unref(f);
}

static inline void cancel(struct asker *asker)
{
    if (asker->d)
        hence_deferred_cancel(asker->d);
    if (asker->f)
        hence_future_cancel(asker->f);
}

static inline void run_loop(const struct loop_and_clock *both)
{
    hence_test_clock_advance(both->clock, 0);
}

#endif
