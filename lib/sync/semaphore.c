/* SPDX-License-Identifier: BSD-3-Clause */
/* Some at a time: tokens that are taken and given back. */
#include <errno.h>

#include "base/report.h"
#include "sync/gate.h"

struct hence_semaphore {
    struct gate gate;
    size_t value; /* tokens that are there */
    size_t held;  /* those of holds, which will come back */
    size_t bound; /* of a bounded one: there are never more of both */
    bool is_bounded;
};

static bool admit(struct gate *gate, struct hence_sync_hold *hold)
{
    hence_semaphore *semaphore = (hence_semaphore *)gate;
    (void)hold;
    if (!semaphore->value)
        return false;
    semaphore->value--;
    semaphore->held++;
    return true;
}

static void keep(struct gate *gate, struct hence_sync_hold *hold)
{
    (void)hold;
    ((hence_semaphore *)gate)->held--;
}

static void leave(struct gate *gate, struct hence_sync_hold *hold)
{
    keep(gate, hold);
    ((hence_semaphore *)gate)->value++;
}

hence_semaphore *hence_semaphore_new(size_t tokens)
{
    hence_semaphore *semaphore = hence_gate_new(sizeof *semaphore, admit, leave);
    if (semaphore) {
        semaphore->gate.keep = keep;
        semaphore->value = tokens;
        semaphore->bound = SIZE_MAX;
    }
    return semaphore;
}

hence_semaphore *hence_bounded_semaphore_new(size_t tokens)
{
    hence_semaphore *semaphore = hence_semaphore_new(tokens);
    if (semaphore) {
        semaphore->bound = tokens;
        semaphore->is_bounded = true;
    }
    return semaphore;
}

hence_semaphore *hence_semaphore_free(hence_semaphore *semaphore)
{
    hence_gate_free((struct gate *)semaphore);
    return NULL;
}

hence_deferred *hence_semaphore_acquire_at(const char *site, hence_semaphore *semaphore)
{
    hence_promise *promise;
    hence_deferred *d = semaphore ? hence_deferred_new_at(site, &promise) : NULL;
    if (d)
        hence_gate_acquire(&semaphore->gate, promise);
    return d;
}

hence_future *hence_semaphore_acquire_future_at(const char *site, hence_loop *loop,
                                                hence_semaphore *semaphore)
{
    hence_promise *promise;
    hence_future *f = semaphore ? hence_future_new_at(site, loop, &promise) : NULL;
    if (f)
        hence_gate_acquire(&semaphore->gate, promise);
    return f;
}

int hence_semaphore_try_acquire(hence_semaphore *semaphore, hence_hold **hold)
{
    return hence_gate_try_acquire((struct gate *)semaphore, hold);
}

int hence_semaphore_release(hence_semaphore *semaphore, size_t tokens)
{
    int error = hence_primitive_check(semaphore);
    if (error)
        return error;
    if (tokens > semaphore->bound - semaphore->held - semaphore->value) {
        hence_report_misuse(semaphore->is_bounded
                                ? "a bounded semaphore was given more tokens than it had"
                                : "a semaphore was given more tokens than can be counted");
        return semaphore->is_bounded ? -EINVAL : -EOVERFLOW;
    }
    semaphore->value += tokens;
    hence_primitive_serve(&semaphore->gate.primitive);
    return 0;
}

size_t hence_semaphore_value(const hence_semaphore *semaphore)
{
    return semaphore && !hence_gate_has_waiting(&semaphore->gate) ? semaphore->value : 0;
}

hence_deferred *hence_semaphore_run_at(const char *site, hence_semaphore *semaphore,
                                       hence_result_fn *fn, void *arg)
{
    return hence_gate_run(site, (struct gate *)semaphore, fn, arg);
}

hence_future *hence_semaphore_run_future_at(const char *site, hence_loop *loop,
                                            hence_semaphore *semaphore, hence_result_fn *fn,
                                            void *arg)
{
    return hence_gate_run_future(site, loop, (struct gate *)semaphore, fn, arg);
}
