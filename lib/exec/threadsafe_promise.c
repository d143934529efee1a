/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A promise for any thread: it carries its own parcel for the loop's door, so that resolving it allocates
 * nothing.
 *
 * The promise itself is touched on the loop's thread only. The producer touches `result` and the parcel,
 * before it posts, and `is_unwanted`, which is atomic. A parcel that was posted is seen by the loop's thread
 * alone: it arrives, or is dropped when the loop closes. If nothing was posted by then, the closing loop ends
 * the promise, the producer is refused whenever it comes, and the later of the two frees the memory. Until then
 * the loop's memory stays: a dependent of it, which needs no atomic; a reference once it has closed.
 */
#include "exec/threadsafe_promise.h"

#include <errno.h>

#include "base/memory.h"
#include "deferred/deferred.h"
#include "value/portable.h"

/* ---- on the loop's thread ---- */

static void end_promise(hence_threadsafe_promise *t, hence_result r)
{
    hence_promise *promise = hence_promise_take(&t->promise);
    hence_resolve_at(NULL, promise, r); /* of NULL too: then it is destroyed */
}

static void arrived(void *parcel)
{
    (void)parcel; /* has_come() follows */
}

static void free_memory(hence_threadsafe_promise *t)
{
    if (t->producer)
        t->producer->free(t);
    else
        hence_memory_put(t, sizeof *t);
}

static void free_now(hence_threadsafe_promise *t)
{
    hence_loop *loop = t->loop;
    free_memory(t);
    hence_loop_undepend(loop);
}

/* The second of the two that come here frees it. */
static void leave(hence_threadsafe_promise *t)
{
    hence_loop *loop = t->loop;
    if (atomic_fetch_add_explicit(&t->left, 1, memory_order_acq_rel) == 1) {
        free_memory(t);
        hence_loop_unref(loop);
    }
}

/* Tells the producer; true if it will not come. */
static bool stop_producer(hence_threadsafe_promise *t)
{
    atomic_store_explicit(&t->is_unwanted, true, memory_order_relaxed);
    return t->producer && t->producer->stop(t);
}

/* The parcel has arrived, or was dropped because the loop closes: exactly one of the two. */
static void has_come(void *parcel)
{
    hence_threadsafe_promise *t =
        (hence_threadsafe_promise *)((char *)parcel - offsetof(hence_threadsafe_promise, parcel));
    hence_result r = t->result;
    if (hence_loop_is_closed(t->loop)) {
        hence_drop(r);
        r = hence_fail_static(HENCE_ECLOSED);
    }
    hence_loop_detach(t->loop, &t->attachment);
    end_promise(t, r);
    free_now(t);
}

/* That of a Deferred takes its turn, as its steps are run. A Future's listeners are told through the loop. */
static const struct hence_parcel_kind for_deferred = {arrived, has_come},
                                      for_future = {NULL, has_come};

/* Nothing was posted. */
static void loop_closes(struct hence_attachment *attachment)
{
    hence_threadsafe_promise *t = (hence_threadsafe_promise *)attachment;
    hence_loop *loop = t->loop;
    bool stopped = stop_producer(t);
    end_promise(t, hence_fail_static(HENCE_ECLOSED));
    if (stopped) {
        free_now(t);
        return;
    }
    hence_loop_ref(loop);
    hence_loop_undepend(loop);
    leave(t);
}

static bool cancelled(hence_promise *promise, void *arg)
{
    hence_threadsafe_promise *t = arg;
    (void)promise;
    if (!stop_producer(t))
        return false;
    hence_loop_detach(t->loop, &t->attachment);
    free_now(t);
    return true;
}

/* In a forked child: who would resolve it may have stayed in the parent, unless he has done so before. */
static void loop_forked(struct hence_attachment *attachment)
{
    hence_threadsafe_promise *t = (hence_threadsafe_promise *)attachment;
    if (t->parcel.next == &t->parcel || !t->producer || !t->producer->is_parents(t))
        return;
    hence_loop_detach(t->loop, &t->attachment);
    end_promise(t, hence_fail_static(HENCE_EDIED));
    free_now(t);
}

static const struct hence_attachment_kind attachment_kind = {loop_closes, loop_forked};

bool hence_threadsafe_promise_init(hence_threadsafe_promise *t, hence_loop *loop, hence_promise *p,
                                   const struct threadsafe_producer *producer)
{
    int error = hence_loop_check(loop, producer ? "waiting for what another thread gives"
                                                : "hence_threadsafe_promise_new()");
    if (error) {
        hence_resolve_at(NULL, p, hence_loop_refusal(error));
        return false;
    }
    t->parcel.kind = hence_deferred_is(&p->waitable) ? &for_deferred : &for_future;
    t->parcel.next = NULL;
    t->attachment.kind = &attachment_kind;
    t->loop = loop;
    t->promise = p;
    t->producer = producer;
    atomic_init(&t->is_unwanted, false);
    atomic_init(&t->left, 0);
    hence_loop_depend(loop);
    hence_loop_attach_holding(loop, &t->attachment);
    hence_promise_on_cancel(p, cancelled, t);
    return true;
}

hence_threadsafe_promise *hence_threadsafe_promise_new(hence_loop *loop, hence_promise *p)
{
    hence_threadsafe_promise *t = p ? hence_memory_get(sizeof *t) : NULL;
    if (!t) {
        hence_resolve_at(NULL, p, hence_fail_static(HENCE_ENOMEM));
        return NULL;
    }
    if (hence_threadsafe_promise_init(t, loop, p, NULL)) {
        atomic_init(&t->is_unwanted, !hence_promise_is_wanted(p)); /* cancelled before */
        return t;
    }
    hence_memory_put(t, sizeof *t);
    return NULL;
}

/* ---- on any thread ---- */

int hence_threadsafe_resolve(hence_threadsafe_promise *t, hence_result r)
{
    int error = 0;
    if (!t) {
        hence_drop(r);
        return -EINVAL;
    }
    if (HENCE_UNLIKELY(!hence_is_portable(&r))) { /* it belongs to this thread */
        hence_drop(r);
        r = hence_fail_static(HENCE_EINVAL);
        error = -EINVAL;
    }
    t->result = r;
    if (hence_door_post_last(t->loop, &t->parcel) == 0)
        return error;
    hence_drop(r);
    leave(t);
    return -ESHUTDOWN;
}

void hence_threadsafe_abandon(hence_threadsafe_promise *t)
{
    if (t)
        hence_threadsafe_resolve(t, hence_fail_static(HENCE_EABANDONED));
}

bool hence_threadsafe_is_wanted(const hence_threadsafe_promise *t)
{
    return t && !atomic_load_explicit(&t->is_unwanted, memory_order_relaxed);
}
