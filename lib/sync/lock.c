/* SPDX-License-Identifier: BSD-3-Clause */
/* One at a time. */
#include <errno.h>

#include "sync/gate.h"

struct hence_lock {
    struct gate gate;
    bool is_locked;
};

static bool admit(struct gate *gate, struct hence_sync_hold *hold)
{
    hence_lock *lock = (hence_lock *)gate;
    const bool is_free = !lock->is_locked;
    (void)hold;
    lock->is_locked = true;
    return is_free;
}

static void leave(struct gate *gate, struct hence_sync_hold *hold)
{
    (void)hold;
    ((hence_lock *)gate)->is_locked = false;
}

hence_lock *hence_lock_new(void)
{
    return hence_gate_new(sizeof(hence_lock), admit, leave);
}

hence_lock *hence_lock_free(hence_lock *lock)
{
    hence_gate_free((struct gate *)lock);
    return NULL;
}

hence_deferred *hence_lock_acquire_at(const char *site, hence_lock *lock)
{
    hence_promise *promise;
    hence_deferred *d = lock ? hence_deferred_new_at(site, &promise) : NULL;
    if (d)
        hence_gate_acquire(&lock->gate, promise);
    return d;
}

hence_future *hence_lock_acquire_future_at(const char *site, hence_loop *loop, hence_lock *lock)
{
    hence_promise *promise;
    hence_future *f = lock ? hence_future_new_at(site, loop, &promise) : NULL;
    if (f)
        hence_gate_acquire(&lock->gate, promise);
    return f;
}

int hence_lock_try_acquire(hence_lock *lock, hence_hold **hold)
{
    return hence_gate_try_acquire((struct gate *)lock, hold);
}

bool hence_lock_is_held(const hence_lock *lock)
{
    return lock->is_locked;
}

bool hence_lock_is_locked(const hence_lock *lock)
{
    return lock && (lock->is_locked || hence_gate_has_waiting(&lock->gate));
}

hence_deferred *hence_lock_run_at(const char *site, hence_lock *lock, hence_result_fn *fn,
                                  void *arg)
{
    return hence_gate_run(site, (struct gate *)lock, fn, arg);
}

hence_future *hence_lock_run_future_at(const char *site, hence_loop *loop, hence_lock *lock,
                                       hence_result_fn *fn, void *arg)
{
    return hence_gate_run_future(site, loop, (struct gate *)lock, fn, arg);
}
