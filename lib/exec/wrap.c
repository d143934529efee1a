/* SPDX-License-Identifier: BSD-3-Clause */
/* Concurrent Futures, for a loop. */
#include <errno.h>

#include "base/memory.h"
#include "exec/concurrent_future.h"
#include "exec/threadsafe_promise.h"

/* It lives until the promise has ended in the loop and the concurrent Future has told it. */
struct wrap {
    hence_threadsafe_promise promise; /* first */
    hence_concurrent_future *f;
};

static void told(hence_concurrent_future *f, void *arg)
{
    struct wrap *wrap = arg;
    atomic_store_explicit(&f->looked_at, true, memory_order_relaxed);
    hence_threadsafe_resolve(&wrap->promise, hence_read_slot(&f->waitable));
}

/* On the loop's thread. It comes all the same: cancelling tells it. */
static bool stop(hence_threadsafe_promise *promise)
{
    struct wrap *wrap = (struct wrap *)promise;
    if (!hence_loop_is_closed(promise->loop)) /* rule 91: what is behind it may be others' too */
        hence_concurrent_future_cancel(wrap->f);
    return false;
}

static void wrap_free(hence_threadsafe_promise *promise)
{
    struct wrap *wrap = (struct wrap *)promise;
    hence_concurrent_future *f = wrap->f;
    hence_memory_put(wrap, sizeof *wrap);
    hence_concurrent_future_unref(f);
}

/* A job is, on a thread of the parent. An operation goes on in its loop, as soon as the child does with that. */
static bool is_parents(const hence_threadsafe_promise *promise)
{
    return !((const struct wrap *)promise)->f->kind->ends_with_loop;
}

static const struct threadsafe_producer producer = {stop, wrap_free, is_parents};

/* Takes the promise. */
static void start(hence_loop *loop, hence_concurrent_future *f, hence_promise *promise)
{
    if (f && hence_concurrent_is_done(f)) {
        atomic_store_explicit(&f->looked_at, true, memory_order_relaxed);
        hence_resolve_at(NULL, promise, hence_read_slot(&f->waitable));
        return;
    }
    struct wrap *wrap = f ? hence_memory_get(sizeof *wrap) : NULL;
    if (!wrap) {
        hence_resolve_at(NULL, promise, hence_fail_static(HENCE_ENOMEM));
        return;
    }
    wrap->f = f;
    if (!hence_threadsafe_promise_init(&wrap->promise, loop, promise, &producer)) {
        hence_memory_put(wrap, sizeof *wrap);
        return;
    }
    hence_concurrent_future_ref(f);
    int error = hence_concurrent_future_add_done_callback(f, told, wrap);
    if (error)
        hence_threadsafe_resolve(&wrap->promise,
                                 hence_fail_static(error == -EPERM ? HENCE_EDIED : HENCE_ENOMEM));
}

hence_future *hence_wrap_future_at(const char *site, hence_loop *loop, hence_concurrent_future *f)
{
    hence_promise *promise;
    hence_future *wrapped = hence_future_new_at(site, loop, &promise);
    if (wrapped)
        start(loop, f, promise);
    return wrapped;
}

hence_deferred *hence_wrap_future_deferred_at(const char *site, hence_loop *loop,
                                              hence_concurrent_future *f)
{
    hence_promise *promise;
    hence_deferred *wrapped = hence_deferred_new_at(site, &promise);
    if (wrapped)
        start(loop, f, promise);
    return wrapped;
}
