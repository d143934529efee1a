/* SPDX-License-Identifier: BSD-3-Clause */
/* A thread that waits for a loop. */
#include <hence/exec.h>

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/memory.h"
#include "exec/blocking.h"
#include "loop/loop.h"
#include "value/failure.h"
#include "value/portable.h"

/* Shared by the thread that waits and the loop's. */
struct blocking_call {
    struct hence_attachment attachment; /* while `d` is there; first */
    struct hence_parcel cancel;         /* its own, so that cancelling needs no memory */
    pthread_mutex_t mutex;
    pthread_cond_t ended;
    hence_loop *loop;
    hence_result_fn *fn;
    void *arg;
    hence_deferred *d; /* the loop's thread only */
    hence_result result;
    bool has_ended;
    atomic_int references;
};

static void unref(struct blocking_call *call)
{
    if (atomic_fetch_sub_explicit(&call->references, 1, memory_order_acq_rel) != 1)
        return;
    pthread_cond_destroy(&call->ended);
    pthread_mutex_destroy(&call->mutex);
    hence_drop(call->result);
    hence_memory_put(call, sizeof *call);
}

/* ---- on the loop's thread ---- */

/* Takes the result: the first one counts. */
static void end(struct blocking_call *call, hence_result r)
{
    r = hence_make_portable(r); /* it may belong to this thread */
    pthread_mutex_lock(&call->mutex);
    if (!call->has_ended) {
        call->has_ended = true;
        call->result = r;
        r = hence_none();
        pthread_cond_signal(&call->ended);
    }
    pthread_mutex_unlock(&call->mutex);
    hence_drop(r);
}

static hence_result deferred_ended(hence_result *in, void *arg)
{
    struct blocking_call *call = arg;
    if (!hence_ring_is_empty(&call->attachment.ring))
        hence_loop_detach(call->loop, &call->attachment);
    call->d = hence_deferred_unref(call->d);
    end(call, hence_take(in));
    unref(call);
    return hence_none();
}

static void cancel(struct blocking_call *call)
{
    hence_deferred *d = hence_deferred_ref(call->d);
    hence_deferred_cancel(d);
    hence_deferred_unref(d);
}

static void loop_closes(struct hence_attachment *attachment)
{
    struct blocking_call *call = (struct blocking_call *)attachment;
    end(call, hence_fail_static(HENCE_ECLOSED));
    cancel(call);
}

static const struct hence_attachment_kind attachment_kind = {.close = loop_closes};

static void call_function(void *arg)
{
    struct blocking_call *call = arg;
    hence_deferred *d = hence_maybe_deferred_at(NULL, call->fn, call->arg);
    call->d = hence_deferred_ref(d);
    call->attachment.kind = &attachment_kind;
    if (!hence_loop_is_closed(call->loop))
        hence_loop_attach_holding(call->loop, &call->attachment);
    atomic_fetch_add_explicit(&call->references, 1, memory_order_relaxed);
    if (!d || hence_deferred_add_both(d, deferred_ended, call) != 0) {
        hence_result r = hence_fail_static(HENCE_ENOMEM);
        hence_deferred_cancel(d);
        deferred_ended(&r, call);
    } else if (call->d && hence_loop_is_closed(call->loop)) { /* by the function */
        loop_closes(&call->attachment);
    }
    hence_deferred_unref(d);
}

/* After the call; or instead of it, because the loop closes. */
static void drop_call(void *arg)
{
    struct blocking_call *call = arg;
    if (hence_loop_is_closed(call->loop))
        end(call, hence_fail_static(HENCE_ECLOSED));
    unref(call);
}

static struct blocking_call *of_cancel(void *parcel)
{
    return (struct blocking_call *)((char *)parcel - offsetof(struct blocking_call, cancel));
}

static void cancel_in_loop(void *parcel)
{
    cancel(of_cancel(parcel));
}

static void cancelled_in_loop(void *parcel)
{
    unref(of_cancel(parcel));
}

static const struct hence_parcel_kind cancel_kind = {cancel_in_loop, cancelled_in_loop};

/* ---- on the thread that waits ---- */

static struct blocking_call *call_new(hence_loop *loop, hence_result_fn *fn, void *arg)
{
    struct blocking_call *call = hence_memory_get_zeroed(sizeof *call);
    if (!call)
        return NULL;
    pthread_mutex_init(&call->mutex, NULL);
    hence_blocking_condition_init(&call->ended);
    hence_ring_init(&call->attachment.ring);
    call->cancel.kind = &cancel_kind;
    call->loop = loop;
    call->fn = fn;
    call->arg = arg;
    atomic_init(&call->references, 2);
    return call;
}

static bool wait_for_end(struct blocking_call *call, int64_t timeout)
{
    const struct hence_blocking_deadline deadline = hence_blocking_deadline_after(timeout);
    bool waits = timeout != 0;
    pthread_mutex_lock(&call->mutex);
    while (!call->has_ended && waits)
        waits = hence_blocking_wait_until(&call->ended, &call->mutex, &deadline);
    const bool in_time = call->has_ended;
    call->has_ended = true; /* what comes now is destroyed there */
    pthread_mutex_unlock(&call->mutex);
    return in_time;
}

hence_result hence_blocking_call_from_thread(hence_loop *loop, hence_result_fn *fn, void *arg,
                                             int64_t timeout)
{
    if (!loop || !fn)
        return loop ? hence_refuse_at(NULL, "a blocking call without a function")
                    : hence_fail_static(HENCE_ENOMEM);
    if (loop->owner == hence_thread())
        return hence_fail_static(HENCE_EDEADLK);
    struct blocking_call *call = call_new(loop, fn, arg);
    if (!call)
        return hence_fail_static(HENCE_ENOMEM);
    int error = hence_call_soon_threadsafe_own(loop, call_function, call, drop_call);
    hence_result r = hence_fail_static(HENCE_ETIMEDOUT);
    if (error) {
        r = hence_loop_refusal(error);
    } else if (wait_for_end(call, timeout)) {
        r = hence_take(&call->result);
    } else {
        atomic_fetch_add_explicit(&call->references, 1, memory_order_relaxed);
        if (hence_door_post(loop, &call->cancel) != 0)
            unref(call); /* the loop is closed, and has cancelled it */
    }
    unref(call);
    return r;
}
