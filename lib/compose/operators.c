/* SPDX-License-Identifier: BSD-3-Clause */
/* What is made of Futures: a step, "a + b", a promise resolved, a result waited for. */
#include <hence/gather.h>

#include <errno.h>

#include "base/memory.h"
#include "compose/operators.h"
#include "future/future.h"
#include "value/failure.h"

hence_future *hence_future_of_deferred(const char *site, hence_loop *loop, hence_deferred *d)
{
    hence_promise *promise;
    hence_future *f = hence_future_new_at(site, loop, &promise);
    if (f)
        hence_resolve_at(NULL, promise, hence_chain(d));
    else
        hence_deferred_forget(d);
    return f;
}

/* ---- a step ---- */

struct later {
    hence_future *f;
    hence_promise *promise;
};

static void say_nothing(void *arg)
{
    (void)arg;
}

/* Runs once, in the next turn or when the loop closes before. */
static void give_result(void *arg)
{
    struct later *later = arg;
    struct later copy = *later;
    hence_memory_put(later, sizeof *later);
    if (hence_loop_is_closed(copy.f->loop))
        hence_resolve_at(NULL, copy.promise, hence_fail_static(HENCE_ECLOSED));
    else
        hence_resolve_at(NULL, copy.promise, hence_future_result(copy.f));
    hence_future_unref(copy.f);
}

/* A Deferred for the result of a Future that is done: through the loop, as listeners are told. */
static hence_deferred *result_later(const char *site, hence_future *f)
{
    hence_promise *promise;
    hence_deferred *d = hence_deferred_new_at(site, &promise);
    struct later *later = d ? hence_memory_get(sizeof *later) : NULL;
    if (!later) {
        if (d)
            hence_abandon(promise);
        hence_deferred_forget(d);
        return NULL;
    }
    *later = (struct later){hence_future_ref(f), promise};
    if (hence_call_soon_own(f->loop, say_nothing, later, give_result, NULL) == 0)
        return d;
    hence_deferred_forget(d);
    return NULL;
}

hence_future *hence_future_then_at(const char *site, hence_future *f, hence_step *on_value,
                                   hence_step *on_error, void *arg)
{
    if (!f || !hence_future_is_here_at(f, "hence_future_then()", site))
        return NULL;
    hence_deferred *d =
        hence_future_done(f) ? result_later(site, f) : hence_deferred_from_future_at(site, f);
    if (!d)
        return NULL;
    hence_future_ref(f); /* without memory the step runs now, and may let go of it */
    if (on_value || on_error)
        hence_deferred_add_callbacks(d, on_value, on_error, arg);
    hence_future *then = hence_future_of_deferred(site, f->loop, d);
    hence_future_unref(f);
    return then;
}

/* ---- a + b ---- */

struct combine {
    hence_combine_fn *combine;
    void *arg;
};

static hence_result combine_values(hence_result *in, void *arg)
{
    const struct combine *combine = arg;
    const hence_list *list = hence_as_list(in);
    return combine->combine(hence_list_at(list, 0), hence_list_at(list, 1), combine->arg);
}

hence_future *hence_combine2_at(const char *site, hence_future *a, hence_future *b,
                                hence_combine_fn *combine, void *arg)
{
    if (!a || !b || !combine)
        return NULL;
    if (!hence_future_is_here_at(a, "hence_combine2()", site))
        return NULL;
    hence_loop *loop = a->loop;
    hence_future *both = hence_gather_at(site, loop, (hence_future *const[]){a, b}, 2, 0);
    hence_deferred *d = both ? hence_deferred_from_future_at(site, both) : NULL;
    hence_future_unref(both);
    struct combine *record = d ? hence_deferred_alloc(d, sizeof *record, NULL) : NULL;
    if (!record) {
        hence_deferred_forget(d);
        return NULL;
    }
    *record = (struct combine){combine, arg};
    hence_deferred_add_callback(d, combine_values, record);
    return hence_future_of_deferred(site, loop, d);
}

/* ---- waited for ---- */

struct run {
    hence_result_fn *fn;
    void *arg;
    hence_promise *promise;
};

static void call_function(void *arg)
{
    struct run *run = arg;
    hence_promise *promise = hence_promise_take(&run->promise);
    hence_resolve_at(NULL, promise, run->fn(run->arg));
}

static void drop_run(void *arg)
{
    struct run *run = arg;
    hence_promise *promise = run->promise;
    hence_memory_put(run, sizeof *run);
    hence_abandon(promise);
}

hence_result hence_loop_run_sync(hence_loop *loop, hence_result_fn *fn, void *arg, int64_t timeout)
{
    int error = hence_loop_can_run(loop);
    if (error)
        return hence_loop_refusal_at(error, "hence_loop_run_sync()", NULL);
    if (!fn)
        return hence_refuse_at(NULL, "hence_loop_run_sync() without a function");
    hence_promise *promise;
    hence_future *f = hence_future_new_at(NULL, loop, &promise);
    struct run *run = f ? hence_memory_get_zeroed(sizeof *run) : NULL;
    hence_call call = {0, 0, 0};
    if (run) {
        *run = (struct run){fn, arg, promise};
        hence_call_soon_own(loop, call_function, run, drop_run, &call); /* or it is abandoned */
    } else if (f) {
        hence_abandon(promise);
    }
    hence_future *limited = hence_wait_for_at(NULL, f, timeout);
    if (f && !limited) {
        hence_future_cancel(f);
        hence_call_cancel(loop, call);
    }
    hence_result r = hence_loop_run_until_complete(loop, limited);
    hence_future_unref(limited);
    hence_future_unref(f);
    return r;
}
