/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_LIB_SYNC_GATE_H
#define HENCE_LIB_SYNC_GATE_H

/*
 * A gate: what locks, semaphores and their like have in common. Who wants to be let in queues up; the first
 * one is let in as soon as the gate admits it, and gets a hold; whoever ends the hold lets the next one in.
 *
 * A hold is made when somebody asks, so that nothing needs to be allocated when its turn comes. It stands
 * in the row of those who wait, then belongs to the result that its asker gets, and is let go when that is
 * dropped, by whomever. It keeps the gate's memory.
 */

#include <hence/sync.h>

#include "sync/primitive.h"

struct gate {
    struct primitive primitive;
    struct hence_ring waiting;
    struct hence_ring away; /* holds that a condition has, and will queue up again */
    size_t hold_size;
    /* Lets the hold in, if there is room for it. May put a failure into `refusal` and return true: then
     * that is what its asker gets. */
    bool (*admit)(struct gate *gate, struct hence_sync_hold *hold);
    /* The hold, which was let in, is out again. */
    void (*leave)(struct gate *gate, struct hence_sync_hold *hold);
    /* The same, but what it held is gone for good. Missing: that makes no sense. */
    void (*keep)(struct gate *gate, struct hence_sync_hold *hold);
    /* The hold's memory is about to go. May be missing. */
    void (*forget)(struct gate *gate, struct hence_sync_hold *hold);
    hence_result refusal;
};

enum hold_state {
    HOLD_WAITS,
    HOLD_HOLDS,
    HOLD_IS_AWAY, /* a condition has it, and will queue it up again */
    HOLD_IS_SPENT
};

struct hence_sync_hold {
    struct hence_ring ring; /* first: of those who wait, or are away */
    struct gate *gate;
    hence_promise *promise; /* of who asked; NULL once it has been told */
    void *arg;              /* a writer's, a borrower: whatever the gate wants to know */
    enum hold_state state;
    /* A condition's wait, to be told instead of the promise: that it holds again, or never will. And to be
     * ended when the hold goes first. */
    void (*told)(struct hence_sync_hold *hold, bool holds);
    void (*ended)(struct hence_sync_hold *hold);
    void *wait;
};

void *hence_gate_new(size_t size, bool (*admit)(struct gate *gate, struct hence_sync_hold *hold),
                     void (*leave)(struct gate *gate, struct hence_sync_hold *hold));
/* All who wait are told that it is gone. */
void hence_gate_free(struct gate *gate);

/* A hold that is not in the row yet, or NULL. */
struct hence_sync_hold *hence_hold_new(struct gate *gate);
/* Ends the memory of a hold that holds nothing. */
void hence_hold_end(struct hence_sync_hold *hold);

/* Asks for `promise`, with a new hold, or NULL, which is no memory. Takes both. */
void hence_gate_enter(struct gate *gate, struct hence_sync_hold *hold, hence_promise *promise);
/* Only if that can be done at once, without overtaking anybody: 0, -EBUSY or -ENOMEM. Takes the hold. */
int hence_gate_try(struct gate *gate, struct hence_sync_hold *hold, hence_hold **out);
/* What a condition does with the hold of somebody who waits. */
void hence_hold_go_away(struct hence_sync_hold *hold);
/* Queues it up again; the gate is still to be served. */
void hence_hold_come_back(struct hence_sync_hold *hold);

/* Takes a hold that waits out of the row, and tells `r` to who asked. */
void hence_hold_refuse(struct hence_sync_hold *hold, hence_result r);

static inline void hence_gate_acquire(struct gate *gate, hence_promise *promise)
{
    if (!hence_primitive_refuses(&gate->primitive, promise))
        hence_gate_enter(gate, hence_hold_new(gate), promise);
}

/* hence_gate_try() with a hold of its own; refuses NULL, and other threads. */
static inline int hence_gate_try_acquire(struct gate *gate, hence_hold **out)
{
    int error = hence_primitive_check(gate);
    *out = NULL;
    return error ? error : hence_gate_try(gate, hence_hold_new(gate), out);
}

/* Would somebody who asks now have to wait? */
static inline bool hence_gate_has_waiting(const struct gate *gate)
{
    return !hence_ring_is_empty(&gate->waiting);
}

/* lock.c: has somebody the lock? */
bool hence_lock_is_held(const hence_lock *lock);

/* run.c: `fn` is called with the hold of a gate. */
hence_deferred *hence_gate_run(const char *site, struct gate *gate, hence_result_fn *fn, void *arg);
hence_future *hence_gate_run_future(const char *site, hence_loop *loop, struct gate *gate,
                                    hence_result_fn *fn, void *arg);

#endif
