/* SPDX-License-Identifier: BSD-3-Clause */
/* Calls: asked for, cancelled, moved. */
#include <errno.h>

#include "base/ledger.h"
#include "loop/loop.h"

/* What all these functions do when they fail. */
static int fail_call(int error, void *arg, hence_drop_fn *drop, hence_call *out)
{
    if (out)
        *out = (hence_call){0, 0, CALL_NONE};
    if (drop)
        drop(arg);
    return error;
}

static inline int call_soon(hence_loop *loop, hence_call_fn *fn, void *arg, hence_drop_fn *drop,
                            hence_call *out)
{
    int error = fn ? hence_loop_check(loop, "hence_call_soon()") : -EINVAL;
    if (HENCE_LIKELY(!error))
        error = hence_ready_reserve(&loop->queue);
    if (HENCE_UNLIKELY(error))
        return fail_call(error, arg, drop, out);
    uint64_t position =
        hence_ready_append(&loop->queue, &(struct ready){.fn = fn, .arg = arg, .drop = drop});
    HENCE_COUNT(CALLS_MADE);
    if (out)
        *out = (hence_call){position, 0, CALL_SOON};
    if (HENCE_UNLIKELY(loop->armed != INT64_MIN))
        hence_loop_arm(loop);
    return 0;
}

int hence_call_soon_own(hence_loop *loop, hence_call_fn *fn, void *arg, hence_drop_fn *drop,
                        hence_call *out)
{
    return call_soon(loop, fn, arg, drop, out);
}

int hence_call_soon(hence_loop *loop, hence_call_fn *fn, void *arg, hence_call *out)
{
    return call_soon(loop, fn, arg, NULL, out);
}

static int call_at(hence_loop *loop, int64_t when, hence_call_fn *fn, void *arg,
                   hence_drop_fn *drop, hence_call *out)
{
    int error = hence_timers_add(&loop->timers, when, fn, arg, drop, out);
    if (HENCE_UNLIKELY(error))
        return fail_call(error, arg, drop, out);
    HENCE_COUNT(CALLS_MADE);
    if (HENCE_UNLIKELY(when < loop->armed))
        hence_loop_arm(loop);
    return 0;
}

int hence_call_at_own(hence_loop *loop, int64_t when, hence_call_fn *fn, void *arg,
                      hence_drop_fn *drop, hence_call *out)
{
    int error = fn ? hence_loop_check(loop, "hence_call_at()") : -EINVAL;
    if (HENCE_UNLIKELY(error))
        return fail_call(error, arg, drop, out);
    return call_at(loop, when, fn, arg, drop, out);
}

int hence_call_at(hence_loop *loop, int64_t when, hence_call_fn *fn, void *arg, hence_call *out)
{
    return hence_call_at_own(loop, when, fn, arg, NULL, out);
}

/* A delay that ends past the end of time ends there. */
static int64_t after(const hence_loop *loop, int64_t delay)
{
    int64_t when;
    if (__builtin_add_overflow(hence_loop_time(loop), delay, &when))
        return INT64_MAX - 1; /* now is not negative: it is too late for it, not too early */
    return when;
}

int hence_call_later_own(hence_loop *loop, int64_t delay, hence_call_fn *fn, void *arg,
                         hence_drop_fn *drop, hence_call *out)
{
    int error = fn ? hence_loop_check(loop, "hence_call_later()") : -EINVAL;
    if (HENCE_UNLIKELY(error))
        return fail_call(error, arg, drop, out);
    return call_at(loop, after(loop, delay), fn, arg, drop, out);
}

int hence_call_later(hence_loop *loop, int64_t delay, hence_call_fn *fn, void *arg, hence_call *out)
{
    return hence_call_later_own(loop, delay, fn, arg, NULL, out);
}

/* ---- handles ---- */

/* The queue's entry that a handle of hence_call_soon() names, or NULL. */
static struct ready *find_soon(hence_loop *loop, hence_call call)
{
    const struct ready_queue *queue = &loop->queue;
    if (call.sequence < queue->head || call.sequence >= queue->tail)
        return NULL;
    struct ready *entry = hence_ready_at(queue, call.sequence);
    return hence_ready_kind(entry) == READY_CALL ? entry : NULL;
}

static int cancel_soon(hence_loop *loop, hence_call call)
{
    struct ready *entry = find_soon(loop, call);
    if (!entry)
        return -ENOENT;
    const struct ready was = *entry;
    *entry = (struct ready){.fn = NULL};
    loop->queue.cancelled++;
    HENCE_COUNT(CALLS_ENDED);
    if (was.drop)
        was.drop(was.arg);
    return 0;
}

static int cancel_timer(hence_loop *loop, hence_call call)
{
    struct timer *timer = hence_timers_find(&loop->timers, call);
    if (!timer)
        return -ENOENT;
    struct timed_call was = {.drop = NULL};
    if (timer->has_drop)
        was = *hence_timers_call(&loop->timers, timer);
    hence_timers_remove(&loop->timers, timer);
    HENCE_COUNT(CALLS_ENDED);
    if (!loop->timers.live)
        hence_loop_arm(loop); /* or rather not: libevent need not wait for the one that has gone */
    if (was.drop)
        was.drop(was.arg);
    return 0;
}

int hence_call_cancel(hence_loop *loop, hence_call call)
{
    int error = loop ? hence_loop_check(loop, "hence_call_cancel()") : -ESHUTDOWN;
    if (error)
        return error == -EPERM ? error : -ENOENT;
    if (call.type == CALL_SOON)
        return cancel_soon(loop, call);
    return call.type == CALL_TIMER ? cancel_timer(loop, call) : -ENOENT;
}

/* The timer that a handle names; *error says why there is none. */
static struct timer *find_timer(hence_loop *loop, hence_call call, const char *what, int *error)
{
    struct timer *timer = NULL;
    int refused = loop ? hence_loop_check(loop, what) : -ESHUTDOWN;
    *error = refused == -EPERM ? -EPERM : -ENOENT;
    if (refused)
        return NULL;
    if (call.type == CALL_SOON && find_soon(loop, call))
        *error = -EINVAL;
    else if (call.type == CALL_TIMER)
        timer = hence_timers_find(&loop->timers, call);
    return timer;
}

int hence_call_when(hence_loop *loop, hence_call call, int64_t *when)
{
    int error;
    const struct timer *timer = find_timer(loop, call, "hence_call_when()", &error);
    if (!timer)
        return error;
    *when = hence_timers_call(&loop->timers, timer)->when;
    return 0;
}

int hence_call_reset(hence_loop *loop, hence_call call, int64_t delay)
{
    int error;
    struct timer *timer = find_timer(loop, call, "hence_call_reset()", &error);
    if (!timer)
        return error;
    int64_t when = after(loop, delay);
    if (hence_timers_move(&loop->timers, timer, when) < 0)
        return -ENOMEM;
    return when < loop->armed ? hence_loop_arm(loop) : 0;
}

size_t hence_loop_pending(const hence_loop *loop)
{
    if (!loop || loop->closed)
        return 0;
    const struct ready_queue *queue = &loop->queue;
    return queue->ordinary - queue->timers - queue->cancelled + queue->links + loop->timers.live;
}
