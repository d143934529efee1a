/* SPDX-License-Identifier: BSD-3-Clause */
/* A concurrent Future's life: made, ended, read, let go. */
#include "exec/concurrent_future.h"

#include <errno.h>
#include <stdio.h>

#include "base/memory.h"
#include "base/report.h"
#include "base/thread.h"
#include "value/failure.h"
#include "value/portable.h"

/* A callback, until it is called. */
struct callback {
    struct hence_ring ring; /* first */
    hence_concurrent_done_fn *fn;
    void *arg;
};

/* ---- held ---- */

hence_concurrent_future *hence_concurrent_future_ref(hence_concurrent_future *f)
{
    if (f)
        atomic_fetch_add_explicit(&f->references, 1, memory_order_relaxed);
    return f;
}

static void report_lost(const hence_concurrent_future *f)
{
    const hence_result *slot = &f->waitable.slot;
    const hence_failure *failure = hence_as_failure(slot);
    if (!failure || hence_failure_is_cancelled(failure) || atomic_load(&f->looked_at) ||
        (f->kind->ends_with_loop && hence_failure_is_of_closing(failure)))
        return;
    const hence_report report = {
        .kind = HENCE_REPORT_NEVER_RETRIEVED,
        .message = "the failure of a concurrent Future was never retrieved",
        .failure = failure,
        .made = f->site,
    };
    hence_report_failure(&report, NULL, NULL);
}

hence_concurrent_future *hence_concurrent_future_unref(hence_concurrent_future *f)
{
    if (!f || atomic_fetch_sub_explicit(&f->references, 1, memory_order_acq_rel) != 1)
        return NULL;
    report_lost(f);
    hence_result r = f->waitable.slot;
    const struct concurrent_kind *kind = f->kind;
    kind->let_go(f);
    pthread_mutex_destroy(&f->mutex);
    HENCE_COUNT(FUTURES_ENDED);
    hence_memory_put(f, kind->size);
    hence_drop(r);
    return NULL;
}

static void ref_part(struct hence_waitable *self)
{
    hence_concurrent_future_ref((hence_concurrent_future *)self);
}

static void unref_part(struct hence_waitable *self)
{
    hence_concurrent_future_unref((hence_concurrent_future *)self);
}

static const struct hence_part concurrent_part = {
    .ref = ref_part,
    .unref = unref_part,
    .is_for_any_thread = true,
};

void hence_concurrent_init(hence_concurrent_future *f, const struct concurrent_kind *kind,
                           const char *site)
{
    f->waitable.consumer.part = &concurrent_part;
    f->waitable.slot = hence_none();
    f->kind = kind;
    f->site = site;
    f->born = hence_thread();
    atomic_init(&f->references, 1);
    atomic_init(&f->is_done, false);
    atomic_init(&f->looked_at, false);
    pthread_mutex_init(&f->mutex, NULL);
    hence_ring_init(&f->waiters);
    hence_ring_init(&f->callbacks);
    HENCE_COUNT(FUTURES_MADE);
}

/* ---- ended ---- */

void hence_concurrent_call_back(hence_concurrent_future *f)
{
    while (!hence_ring_is_empty(&f->callbacks)) {
        struct callback *first = (struct callback *)f->callbacks.next;
        const struct callback callback = *first;
        hence_ring_remove(&first->ring);
        hence_memory_put(first, sizeof *first);
        HENCE_COUNT(LISTENERS_ENDED);
        callback.fn(f, callback.arg);
    }
}

bool hence_concurrent_end(hence_concurrent_future *f, hence_result r)
{
    if (HENCE_UNLIKELY(!hence_is_portable(&r))) { /* it belongs to this thread */
        hence_drop(r);
        r = hence_refuse_at(NULL, "a chain cannot go to another thread: what is to be waited for "
                                  "belongs to this one");
    }
    pthread_mutex_lock(&f->mutex);
    if (hence_concurrent_is_done(f)) {
        pthread_mutex_unlock(&f->mutex);
        hence_drop(r);
        return false;
    }
    f->waitable.slot = r;
    atomic_store_explicit(&f->is_done, true, memory_order_release);
    while (!hence_ring_is_empty(&f->waiters)) {
        struct concurrent_waiter *waiter = (struct concurrent_waiter *)f->waiters.next;
        hence_ring_remove(&waiter->ring);
        waiter->is_told = true;
        waiter->told(waiter);
    }
    pthread_mutex_unlock(&f->mutex);
    hence_concurrent_call_back(f); /* nobody adds one any more */
    return true;
}

/* ---- who waits ---- */

bool hence_concurrent_add_waiter(hence_concurrent_future *f, struct concurrent_waiter *waiter)
{
    waiter->is_told = false;
    pthread_mutex_lock(&f->mutex);
    const bool is_done = hence_concurrent_is_done(f);
    if (!is_done)
        hence_ring_append(&f->waiters, &waiter->ring);
    pthread_mutex_unlock(&f->mutex);
    return !is_done;
}

void hence_concurrent_remove_waiter(hence_concurrent_future *f, struct concurrent_waiter *waiter)
{
    pthread_mutex_lock(&f->mutex);
    if (!waiter->is_told)
        hence_ring_remove(&waiter->ring);
    pthread_mutex_unlock(&f->mutex);
}

bool hence_concurrent_is_parents(const hence_concurrent_future *f, const char *what)
{
    char message[160];
    if (HENCE_LIKELY(!hence_thread_is_from_before_fork(f->born)) || hence_concurrent_is_done(f))
        return false;
    snprintf(message, sizeof message,
             "%s in a forked child: what would end that concurrent Future is in the parent", what);
    const hence_report report = {.kind = HENCE_REPORT_WRONG_THREAD, .message = message};
    hence_report_send(&report, NULL, NULL);
    return true;
}

int hence_concurrent_future_add_done_callback(hence_concurrent_future *f,
                                              hence_concurrent_done_fn *fn, void *arg)
{
    if (!f)
        return -ENOMEM;
    if (!fn)
        return -EINVAL;
    if (hence_concurrent_is_parents(f, "hence_concurrent_future_add_done_callback()"))
        return -EPERM;
    struct callback *callback = NULL;
    if (!hence_concurrent_is_done(f)) {
        callback = hence_memory_get(sizeof *callback);
        if (!callback)
            return -ENOMEM;
        *callback = (struct callback){.fn = fn, .arg = arg};
        pthread_mutex_lock(&f->mutex);
        const bool is_done = hence_concurrent_is_done(f);
        if (!is_done) {
            hence_ring_append(&f->callbacks, &callback->ring);
            HENCE_COUNT(LISTENERS_MADE);
        }
        pthread_mutex_unlock(&f->mutex);
        if (!is_done)
            return 0;
        hence_memory_put(callback, sizeof *callback);
    }
    hence_concurrent_future_ref(f); /* it may let go of it */
    fn(f, arg);
    hence_concurrent_future_unref(f);
    return 0;
}

/* ---- asked ---- */

bool hence_concurrent_future_done(const hence_concurrent_future *f)
{
    return !f || hence_concurrent_is_done(f);
}

bool hence_concurrent_future_cancelled(const hence_concurrent_future *f)
{
    return f && hence_concurrent_is_done(f) && hence_is_cancelled(&f->waitable.slot);
}

bool hence_concurrent_future_running(hence_concurrent_future *f)
{
    return f && !hence_concurrent_is_done(f) &&
           !hence_concurrent_is_parents(f, "hence_concurrent_future_running()") &&
           f->kind->is_running(f);
}

int hence_concurrent_future_cancel(hence_concurrent_future *f)
{
    if (!f)
        return -ENOMEM;
    if (hence_concurrent_is_parents(f, "hence_concurrent_future_cancel()"))
        return -EPERM;
    hence_concurrent_future_ref(f);
    int error = hence_concurrent_is_done(f) ? -EALREADY : f->kind->cancel(f);
    if (error == -EBUSY && hence_concurrent_is_done(f))
        error = -EALREADY;
    if (error == -EALREADY) {
        atomic_store_explicit(&f->looked_at, true, memory_order_relaxed); /* rule 87 */
        if (hence_concurrent_future_cancelled(f))
            error = 0; /* rule 138: by somebody else, as it was meant to be */
    }
    hence_concurrent_future_unref(f);
    return error;
}
