/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A function with a hold around it: one step of a Deferred whose input is the hold. The input of a step
 * lives until its outcome is known, also when that is a chain: so the hold is let go exactly then.
 */
#include "base/memory.h"
#include "compose/operators.h"
#include "sync/gate.h"
#include "value/failure.h"

struct held_run {
    hence_result_fn *fn;
    void *arg;
};

static hence_result call(hence_result *in, void *arg)
{
    const struct held_run *run = arg;
    (void)in; /* the hold stays where it is */
    return run->fn(run->arg);
}

/* All but entering the gate. */
static hence_deferred *prepare(const char *site, hence_result_fn *fn, void *arg,
                               hence_promise **promise)
{
    hence_deferred *d = hence_deferred_new_at(site, promise);
    struct held_run *run = hence_deferred_alloc(d, sizeof *run, NULL);
    if (run) {
        *run = (struct held_run){fn, arg};
        if (hence_deferred_add_callback(d, call, run) == 0)
            return d;
    }
    hence_abandon(*promise);
    hence_deferred_forget(d);
    return NULL;
}

static void enter(struct gate *gate, hence_result_fn *fn, hence_promise *promise)
{
    if (fn)
        hence_gate_acquire(gate, promise);
    else
        hence_resolve_at(NULL, promise,
                         hence_refuse_at(NULL, "there is no function to run while holding it"));
}

hence_deferred *hence_gate_run(const char *site, struct gate *gate, hence_result_fn *fn, void *arg)
{
    hence_promise *promise;
    hence_deferred *d = gate ? prepare(site, fn, arg, &promise) : NULL;
    if (d)
        enter(gate, fn, promise);
    return d;
}

hence_future *hence_gate_run_future(const char *site, hence_loop *loop, struct gate *gate,
                                    hence_result_fn *fn, void *arg)
{
    hence_promise *promise;
    hence_deferred *d = gate ? prepare(site, fn, arg, &promise) : NULL;
    if (!d)
        return NULL;
    hence_future *f = hence_future_of_deferred(site, loop, hence_deferred_ref(d));
    if (!f) {
        hence_abandon(promise);
        hence_deferred_forget(d);
        return NULL;
    }
    hence_deferred_unref(d);
    enter(gate, fn, promise);
    return f;
}
