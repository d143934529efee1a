/* SPDX-License-Identifier: BSD-3-Clause */
/* Many readers or one writer. Who waits is let in in order: a reader does not overtake a writer. */
#include <errno.h>

#include "sync/gate.h"

struct hence_rwlock {
    struct gate gate;
    size_t max_readers, readers;
    bool has_writer;
};

static char writer; /* `arg` of a writer's hold is its address */

static bool admit(struct gate *gate, struct hence_sync_hold *hold)
{
    hence_rwlock *rwlock = (hence_rwlock *)gate;
    if (rwlock->has_writer)
        return false;
    if (hold->arg != &writer) {
        if (rwlock->readers == rwlock->max_readers)
            return false;
        rwlock->readers++;
        return true;
    }
    rwlock->has_writer = !rwlock->readers;
    return rwlock->has_writer;
}

static void leave(struct gate *gate, struct hence_sync_hold *hold)
{
    hence_rwlock *rwlock = (hence_rwlock *)gate;
    if (hold->arg == &writer)
        rwlock->has_writer = false;
    else
        rwlock->readers--;
}

hence_rwlock *hence_rwlock_new(size_t max_readers)
{
    hence_rwlock *rwlock = hence_gate_new(sizeof *rwlock, admit, leave);
    if (rwlock)
        rwlock->max_readers = max_readers ? max_readers : SIZE_MAX;
    return rwlock;
}

hence_rwlock *hence_rwlock_free(hence_rwlock *rwlock)
{
    hence_gate_free((struct gate *)rwlock);
    return NULL;
}

static struct hence_sync_hold *new_hold(hence_rwlock *rwlock, bool is_writer)
{
    struct hence_sync_hold *hold = hence_hold_new(&rwlock->gate);
    if (hold && is_writer)
        hold->arg = &writer;
    return hold;
}

static void enter(hence_rwlock *rwlock, bool is_writer, hence_promise *promise)
{
    if (!hence_primitive_refuses(&rwlock->gate.primitive, promise))
        hence_gate_enter(&rwlock->gate, new_hold(rwlock, is_writer), promise);
}

static hence_deferred *acquire(const char *site, hence_rwlock *rwlock, bool is_writer)
{
    hence_promise *promise;
    hence_deferred *d = rwlock ? hence_deferred_new_at(site, &promise) : NULL;
    if (d)
        enter(rwlock, is_writer, promise);
    return d;
}

static hence_future *acquire_future(const char *site, hence_loop *loop, hence_rwlock *rwlock,
                                    bool is_writer)
{
    hence_promise *promise;
    hence_future *f = rwlock ? hence_future_new_at(site, loop, &promise) : NULL;
    if (f)
        enter(rwlock, is_writer, promise);
    return f;
}

hence_deferred *hence_rwlock_acquire_read_at(const char *site, hence_rwlock *rwlock)
{
    return acquire(site, rwlock, false);
}

hence_deferred *hence_rwlock_acquire_write_at(const char *site, hence_rwlock *rwlock)
{
    return acquire(site, rwlock, true);
}

hence_future *hence_rwlock_acquire_read_future_at(const char *site, hence_loop *loop,
                                                  hence_rwlock *rwlock)
{
    return acquire_future(site, loop, rwlock, false);
}

hence_future *hence_rwlock_acquire_write_future_at(const char *site, hence_loop *loop,
                                                   hence_rwlock *rwlock)
{
    return acquire_future(site, loop, rwlock, true);
}

static int try_acquire(hence_rwlock *rwlock, bool is_writer, hence_hold **hold)
{
    int error = hence_primitive_check(rwlock);
    *hold = NULL;
    return error ? error : hence_gate_try(&rwlock->gate, new_hold(rwlock, is_writer), hold);
}

int hence_rwlock_try_read(hence_rwlock *rwlock, hence_hold **hold)
{
    return try_acquire(rwlock, false, hold);
}

int hence_rwlock_try_write(hence_rwlock *rwlock, hence_hold **hold)
{
    return try_acquire(rwlock, true, hold);
}

size_t hence_rwlock_readers(const hence_rwlock *rwlock)
{
    return rwlock ? rwlock->readers : 0;
}

bool hence_rwlock_has_writer(const hence_rwlock *rwlock)
{
    return rwlock && rwlock->has_writer;
}
