/* SPDX-License-Identifier: BSD-3-Clause */
#include "sync/primitive.h"

#include "base/memory.h"
#include "base/report.h"

void *hence_primitive_new(size_t size, bool (*serve_one)(struct primitive *primitive))
{
    struct primitive *primitive = hence_memory_get_zeroed(size);
    if (primitive) {
        primitive->serve_one = serve_one;
        primitive->size = size;
        primitive->owner = NO_THREAD;
        primitive->references = 1;
    }
    return primitive;
}

void hence_primitive_ref(struct primitive *primitive)
{
    primitive->references++;
}

void hence_primitive_unref(struct primitive *primitive)
{
    if (--primitive->references)
        return;
    if (primitive->end)
        primitive->end(primitive);
    hence_memory_put(primitive, primitive->size);
}

void hence_primitive_serve(struct primitive *primitive)
{
    if (primitive->serving)
        return;
    primitive->serving = true;
    primitive->references++;
    while (primitive->serve_one(primitive))
        ;
    primitive->serving = false;
    hence_primitive_unref(primitive);
}

void hence_primitive_free(struct primitive *primitive)
{
    if (!hence_primitive_is_here(primitive))
        return;
    primitive->freed = true;
    hence_primitive_serve(primitive);
    hence_primitive_unref(primitive);
}

/* ---- its thread ---- */

/* What was used before a fork is the child's: it has one thread. */
bool hence_primitive_is_new_here(struct primitive *primitive)
{
    if (primitive->owner == NO_THREAD || hence_thread_is_from_before_fork(primitive->owner)) {
        primitive->owner = hence_thread();
        return true;
    }
    const hence_report report = {
        .kind = HENCE_REPORT_WRONG_THREAD,
        .message =
            "a lock, a queue or something of their kind was used on another thread than the one "
            "that uses it: use hence_call_soon_threadsafe()",
    };
    hence_report_send(&report, NULL, NULL);
    return false;
}

bool hence_primitive_refuses(struct primitive *primitive, hence_promise *promise)
{
    if (hence_primitive_is_here(primitive))
        return false;
    hence_resolve_at(NULL, promise, hence_fail_static(HENCE_EINVAL));
    return true;
}

/* ---- waiters ---- */

static void append(struct row *row, struct waiter *waiter)
{
    hence_ring_append(&row->ring, &waiter->ring);
    row->size++;
    waiter->row = row;
}

static void take_out(struct waiter *waiter)
{
    hence_ring_remove(&waiter->ring);
    waiter->row->size--;
}

static void strike_off(struct waiter *waiter)
{
    take_out(waiter);
    hence_memory_put(waiter, sizeof *waiter);
}

static bool stop_waiting(hence_promise *promise, void *arg)
{
    struct waiter *waiter = arg;
    const bool is_decided = waiter->is_decided;
    hence_result r = waiter->outcome;
    strike_off(waiter);
    if (is_decided)
        hence_resolve_at(NULL, promise, r);
    else
        hence_drop(r);
    return true;
}

struct waiter *hence_waiter_add(struct primitive *primitive, struct row *row,
                                hence_promise *promise)
{
    struct waiter *waiter = primitive->freed ? NULL : hence_memory_get(sizeof *waiter);
    if (!waiter) {
        const hence_error code = primitive->freed ? HENCE_EABANDONED : HENCE_ENOMEM;
        hence_resolve_at(NULL, promise, hence_fail_static(code));
        return NULL;
    }
    *waiter = (struct waiter){.promise = promise};
    append(row, waiter);
    hence_promise_on_cancel(promise, stop_waiting, waiter);
    return waiter;
}

void hence_waiter_tell(struct waiter *waiter, hence_result r)
{
    hence_promise *promise = waiter->promise;
    strike_off(waiter);
    hence_promise_on_cancel(promise, NULL, NULL);
    hence_resolve_at(NULL, promise, r);
}

void hence_waiter_decide(struct waiter *waiter, hence_result r, struct row *decided)
{
    waiter->outcome = r;
    waiter->is_decided = true;
    take_out(waiter);
    append(decided, waiter);
}

/* ---- rows ---- */

void hence_row_decide(struct row *row, hence_result r, struct row *decided)
{
    while (row->size)
        hence_waiter_decide(hence_row_first(row), r, decided);
}

bool hence_row_tell_decided(struct row *decided)
{
    struct waiter *waiter = hence_row_first(decided);
    if (waiter)
        hence_waiter_tell(waiter, waiter->outcome);
    return waiter;
}

bool hence_row_abandon(struct row *row)
{
    struct waiter *waiter = hence_row_first(row);
    if (!waiter)
        return false;
    hence_result brought = waiter->outcome;
    hence_waiter_tell(waiter, hence_fail_static(HENCE_EABANDONED));
    hence_drop(brought);
    return true;
}
