/* SPDX-License-Identifier: BSD-3-Clause */
/* So many wait for each other, again and again. */
#include <hence/notify.h>

#include <errno.h>

#include "sync/primitive.h"

struct hence_barrier {
    struct primitive primitive;
    struct row waiting, decided;
    size_t parties;
    bool is_broken;
};

static bool serve_one(struct primitive *primitive)
{
    hence_barrier *barrier = (hence_barrier *)primitive;
    return hence_row_tell_decided(&barrier->decided) ||
           (primitive->freed && hence_row_abandon(&barrier->waiting));
}

hence_barrier *hence_barrier_new(size_t parties)
{
    hence_barrier *barrier = parties ? hence_primitive_new(sizeof *barrier, serve_one) : NULL;
    if (barrier) {
        hence_row_init(&barrier->waiting);
        hence_row_init(&barrier->decided);
        barrier->parties = parties;
    }
    return barrier;
}

hence_barrier *hence_barrier_free(hence_barrier *barrier)
{
    if (barrier)
        hence_primitive_free(&barrier->primitive);
    return NULL;
}

static void wait(hence_barrier *barrier, hence_promise *promise)
{
    if (hence_primitive_refuses(&barrier->primitive, promise))
        return;
    if (barrier->is_broken) {
        hence_resolve_at(NULL, promise, hence_fail_static(HENCE_EBROKEN));
    } else if (barrier->waiting.size + 1 < barrier->parties) {
        hence_waiter_add(&barrier->primitive, &barrier->waiting, promise);
    } else {
        int64_t index = 0;
        while (barrier->waiting.size)
            hence_waiter_decide(hence_row_first(&barrier->waiting), hence_int(index++),
                                &barrier->decided);
        hence_resolve_at(NULL, promise, hence_int(index));
        hence_primitive_serve(&barrier->primitive);
    }
}

hence_deferred *hence_barrier_wait_at(const char *site, hence_barrier *barrier)
{
    hence_promise *promise;
    hence_deferred *d = barrier ? hence_deferred_new_at(site, &promise) : NULL;
    if (d)
        wait(barrier, promise);
    return d;
}

hence_future *hence_barrier_wait_future_at(const char *site, hence_loop *loop,
                                           hence_barrier *barrier)
{
    hence_promise *promise;
    hence_future *f = barrier ? hence_future_new_at(site, loop, &promise) : NULL;
    if (f)
        wait(barrier, promise);
    return f;
}

static int break_it(hence_barrier *barrier, bool for_good)
{
    int error = hence_primitive_check(barrier);
    if (error)
        return error;
    barrier->is_broken = for_good;
    hence_row_decide(&barrier->waiting, hence_fail_static(HENCE_EBROKEN), &barrier->decided);
    hence_primitive_serve(&barrier->primitive);
    return 0;
}

int hence_barrier_reset(hence_barrier *barrier)
{
    return break_it(barrier, false);
}

int hence_barrier_abort(hence_barrier *barrier)
{
    return break_it(barrier, true);
}

bool hence_barrier_is_broken(const hence_barrier *barrier)
{
    return barrier && barrier->is_broken;
}

size_t hence_barrier_waiting(const hence_barrier *barrier)
{
    return barrier ? barrier->waiting.size : 0;
}

size_t hence_barrier_parties(const hence_barrier *barrier)
{
    return barrier ? barrier->parties : 0;
}
