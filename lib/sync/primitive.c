/* SPDX-License-Identifier: BSD-3-Clause */
#include "sync/primitive.h"

#include "base/memory.h"

void *hence_primitive_new(size_t size, bool (*serve_one)(struct primitive *primitive))
{
    struct primitive *primitive = hence_memory_get_zeroed(size);
    if (primitive) {
        primitive->serve_one = serve_one;
        primitive->size = size;
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
    primitive->freed = true;
    hence_primitive_serve(primitive);
    hence_primitive_unref(primitive);
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
