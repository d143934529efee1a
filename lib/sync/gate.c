/* SPDX-License-Identifier: BSD-3-Clause */
#include "sync/gate.h"

#include <errno.h>

#include "base/memory.h"
#include "base/report.h"

extern inline hence_hold *hence_as_hold(const hence_result *in);
extern inline hence_hold *hence_take_hold(hence_result *in);

/* ---- the row ---- */

/* The hold is out of the row, and has been let in. */
static void tell_admitted(struct hence_sync_hold *hold)
{
    hence_result refusal = hence_take(&hold->gate->refusal);
    if (hence_is_failure(&refusal)) {
        hence_hold_refuse(hold, refusal);
        return;
    }
    hence_promise *promise = hence_promise_take(&hold->promise);
    hold->state = HOLD_HOLDS;
    if (!promise) {
        hold->told(hold, true);
        return;
    }
    hence_promise_on_cancel(promise, NULL, NULL);
    hence_resolve_at(NULL, promise, hence_own(hold, hence_hold_free));
}

void hence_hold_refuse(struct hence_sync_hold *hold, hence_result r)
{
    hence_promise *promise = hence_promise_take(&hold->promise);
    hence_ring_remove(&hold->ring);
    hold->state = HOLD_IS_SPENT;
    if (!promise) {
        hold->told(hold, false);
        hence_drop(r);
        return;
    }
    hence_hold_end(hold);
    hence_promise_on_cancel(promise, NULL, NULL);
    hence_resolve_at(NULL, promise, r);
}

/* The gate is freed: the next one of those who wait, and then of those who are away, is told so. */
static bool abandon_one(struct gate *gate)
{
    const struct hence_ring *row =
        hence_ring_is_empty(&gate->waiting) ? &gate->away : &gate->waiting;
    if (hence_ring_is_empty(row))
        return false;
    hence_hold_refuse((struct hence_sync_hold *)row->next, hence_fail_static(HENCE_EABANDONED));
    return true;
}

static bool serve_one(struct primitive *primitive)
{
    struct gate *gate = (struct gate *)primitive;
    if (HENCE_UNLIKELY(primitive->freed))
        return abandon_one(gate);
    if (hence_ring_is_empty(&gate->waiting))
        return false;
    struct hence_sync_hold *first = (struct hence_sync_hold *)gate->waiting.next;
    if (!gate->admit(gate, first))
        return false;
    hence_ring_remove(&first->ring);
    tell_admitted(first);
    return true;
}

static bool stop_waiting(hence_promise *promise, void *arg)
{
    struct hence_sync_hold *hold = arg;
    struct gate *gate = hold->gate;
    (void)promise;
    hence_ring_remove(&hold->ring);
    hence_primitive_ref(&gate->primitive);
    hence_hold_end(hold);
    hence_primitive_serve(&gate->primitive); /* there may be room for the one behind it */
    hence_primitive_unref(&gate->primitive);
    return true;
}

void hence_gate_enter(struct gate *gate, struct hence_sync_hold *hold, hence_promise *promise)
{
    if (!hold) {
        hence_resolve_at(NULL, promise, hence_fail_static(HENCE_ENOMEM));
        return;
    }
    hold->promise = promise;
    if (gate->primitive.freed) {
        hence_hold_refuse(hold, hence_fail_static(HENCE_EABANDONED));
    } else if (hence_ring_is_empty(&gate->waiting) && gate->admit(gate, hold)) {
        tell_admitted(hold);
    } else {
        hence_ring_append(&gate->waiting, &hold->ring);
        hence_promise_on_cancel(promise, stop_waiting, hold);
    }
}

/* -errno for a failure to let somebody in. */
static int error_of(hence_result refusal)
{
    const hence_failure *failure = hence_as_failure(&refusal);
    int error = -ENOMEM;
    if (hence_failure_domain(failure) == &hence_domain_errno)
        error = -hence_failure_code(failure);
    hence_drop(refusal);
    return error;
}

int hence_gate_try(struct gate *gate, struct hence_sync_hold *hold, hence_hold **out)
{
    int error = -EBUSY;
    if (!hold)
        return -ENOMEM;
    if (!gate->primitive.freed && hence_ring_is_empty(&gate->waiting) && gate->admit(gate, hold)) {
        hence_result refusal = hence_take(&gate->refusal);
        if (!hence_is_failure(&refusal)) {
            hold->state = HOLD_HOLDS;
            *out = hold;
            return 0;
        }
        error = error_of(refusal);
    }
    hence_hold_end(hold);
    return error;
}

/* ---- life ---- */

void *hence_gate_new(size_t size, bool (*admit)(struct gate *gate, struct hence_sync_hold *hold),
                     void (*leave)(struct gate *gate, struct hence_sync_hold *hold))
{
    struct gate *gate = hence_primitive_new(size, serve_one);
    if (gate) {
        gate->admit = admit;
        gate->leave = leave;
        gate->hold_size = sizeof(struct hence_sync_hold);
        hence_ring_init(&gate->waiting);
        hence_ring_init(&gate->away);
    }
    return gate;
}

void hence_gate_free(struct gate *gate)
{
    if (gate)
        hence_primitive_free(&gate->primitive);
}

/* ---- holds ---- */

struct hence_sync_hold *hence_hold_new(struct gate *gate)
{
    struct hence_sync_hold *hold = hence_memory_get_zeroed(gate->hold_size);
    if (hold) {
        hence_ring_init(&hold->ring);
        hold->gate = gate;
        hence_primitive_ref(&gate->primitive);
    }
    return hold;
}

void hence_hold_end(struct hence_sync_hold *hold)
{
    struct gate *gate = hold->gate;
    if (gate->forget)
        gate->forget(gate, hold);
    hence_memory_put(hold, gate->hold_size);
    hence_primitive_unref(&gate->primitive);
}

void hence_hold_go_away(struct hence_sync_hold *hold)
{
    struct gate *gate = hold->gate;
    hold->state = HOLD_IS_AWAY;
    hence_ring_append(&gate->away, &hold->ring);
    gate->leave(gate, hold);
    hence_primitive_serve(&gate->primitive);
}

void hence_hold_come_back(struct hence_sync_hold *hold)
{
    hold->state = HOLD_WAITS;
    hence_ring_remove(&hold->ring);
    hence_ring_append(&hold->gate->waiting, &hold->ring);
}

static void leave(struct hence_sync_hold *hold)
{
    hold->state = HOLD_IS_SPENT;
    hold->gate->leave(hold->gate, hold);
}

void hence_hold_free(void *p)
{
    struct hence_sync_hold *hold = p;
    if (!hold)
        return;
    struct gate *gate = hold->gate;
    if (!hence_primitive_is_here(&gate->primitive))
        return;
    hence_primitive_ref(&gate->primitive);
    if (hold->state == HOLD_HOLDS)
        leave(hold);
    if (hold->wait) /* it waits for a condition, or that is about to be asked about */
        hold->ended(hold);
    hence_ring_remove(&hold->ring);
    hence_hold_end(hold);
    hence_primitive_serve(&gate->primitive);
    hence_primitive_unref(&gate->primitive);
}

int hence_hold_release(hence_hold *hold)
{
    int error = hold ? hence_primitive_check(hold->gate) : -ENOMEM;
    if (error)
        return error;
    if (hold->state != HOLD_HOLDS) {
        hence_report_misuse("hence_hold_release() of a hold that does not hold");
        return -EPERM;
    }
    struct gate *gate = hold->gate;
    hence_primitive_ref(&gate->primitive); /* whoever is served may free the hold */
    leave(hold);
    hence_primitive_serve(&gate->primitive);
    hence_primitive_unref(&gate->primitive);
    return 0;
}

int hence_hold_keep(hence_hold *hold)
{
    int error = hold ? hence_primitive_check(hold->gate) : -ENOMEM;
    if (error)
        return error;
    if (hold->state != HOLD_HOLDS || !hold->gate->keep) {
        hence_report_misuse("hence_hold_keep() of what is not the token of a semaphore");
        return -EPERM;
    }
    hold->state = HOLD_IS_SPENT;
    hold->gate->keep(hold->gate, hold);
    return 0;
}

bool hence_hold_holds(const hence_hold *hold)
{
    return hold && hold->state == HOLD_HOLDS;
}
