/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A promise for any thread: it carries its own parcel for the loop's door, so that resolving it allocates
 * nothing.
 *
 * The promise itself is touched on the loop's thread only. The producer touches `result` and the parcel,
 * before it posts, and `is_unwanted`, which is atomic. A parcel that was posted is seen by the loop's thread
 * alone: it arrives, or is dropped when the loop closes. If nothing was posted by then, the closing loop ends
 * the promise, the producer is refused whenever it comes, and the later of the two frees the memory.
 */
#include "exec/threadsafe_promise.h"

#include <errno.h>

#include "base/memory.h"
#include "value/portable.h"

/* ---- on the loop's thread ---- */

static void end_promise(hence_threadsafe_promise *t, hence_result r)
{
    hence_promise *promise = hence_promise_take(&t->promise);
    hence_promise_on_cancel(promise, NULL, NULL);
    hence_resolve_at(NULL, promise, r); /* of NULL too: then it is destroyed */
}

static void call(void *arg)
{
    (void)arg; /* has_come() follows */
}

static void free_now(hence_threadsafe_promise *t)
{
    hence_loop *loop = t->loop;
    if (t->producer)
        t->producer->free(t);
    else
        hence_memory_put(t, sizeof *t);
    hence_loop_unref(loop);
}

/* The second of the two that come here frees it. */
static void leave(hence_threadsafe_promise *t)
{
    if (atomic_fetch_add_explicit(&t->left, 1, memory_order_acq_rel) == 1)
        free_now(t);
}

/* Tells the producer; true if it will not come. */
static bool stop_producer(hence_threadsafe_promise *t)
{
    atomic_store_explicit(&t->is_unwanted, true, memory_order_relaxed);
    return t->producer && t->producer->stop(t);
}

/* The parcel has arrived, or was dropped because the loop closes: exactly one of the two. */
static void has_come(void *arg)
{
    hence_threadsafe_promise *t = arg;
    hence_result r = t->result;
    if (hence_loop_is_closed(t->loop)) {
        hence_drop(r);
        r = hence_fail_static(HENCE_ECLOSED);
    }
    hence_loop_let_go(t->loop, &t->hold);
    end_promise(t, r);
    free_now(t);
}

/* Nothing was posted. */
static void loop_closes(struct hence_hold *hold)
{
    hence_threadsafe_promise *t = (hence_threadsafe_promise *)hold;
    bool stopped = stop_producer(t);
    end_promise(t, hence_fail_static(HENCE_ECLOSED));
    if (stopped)
        free_now(t);
    else
        leave(t);
}

static bool cancelled(hence_promise *promise, void *arg)
{
    hence_threadsafe_promise *t = arg;
    (void)promise;
    if (!stop_producer(t))
        return false;
    hence_loop_let_go(t->loop, &t->hold);
    free_now(t);
    return true;
}

/* In a forked child: who would resolve it may have stayed in the parent, unless he has done so before. */
static void loop_forked(struct hence_hold *hold)
{
    hence_threadsafe_promise *t = (hence_threadsafe_promise *)hold;
    if (t->parcel.has_arrived || !t->producer || !t->producer->is_parents(t))
        return;
    hence_loop_let_go(t->loop, &t->hold);
    end_promise(t, hence_fail_static(HENCE_EDIED));
    free_now(t);
}

bool hence_threadsafe_promise_init(hence_threadsafe_promise *t, hence_loop *loop, hence_promise *p,
                                   const struct threadsafe_producer *producer)
{
    int error = hence_loop_check(loop, "hence_threadsafe_promise_new()");
    if (error) {
        hence_resolve_at(NULL, p, hence_loop_refusal(error));
        return false;
    }
    t->parcel = (struct hence_parcel){.fn = call, .arg = t, .drop = has_come, .is_lent = true};
    t->hold.close = loop_closes;
    t->hold.forked = loop_forked;
    t->loop = hence_loop_ref(loop);
    t->promise = p;
    t->producer = producer;
    atomic_init(&t->is_unwanted, false);
    atomic_init(&t->left, 0);
    hence_loop_hold(loop, &t->hold);
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
    if (hence_threadsafe_promise_init(t, loop, p, NULL))
        return t;
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
