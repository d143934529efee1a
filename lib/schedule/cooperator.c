/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Long work in small pieces, side by side.
 *
 * A cooperator goes round its tasks, one unit of work each, until its slice of time is over, and goes on
 * in the next turn of the loop. A task stands in the ring of those that can run unless it is paused or
 * waits for what a unit returned; those are two things (rule 29: resuming it does not end a wait).
 *
 * A task is held by the cooperator until it has ended, and by the program.
 */
#include <hence/compose.h>
#include <hence/schedule.h>

#include <errno.h>

#include "base/memory.h"
#include "base/report.h"
#include "base/ring.h"
#include "compose/share.h"
#include "loop/loop.h"

#define DEFAULT_SLICE HENCE_MS(10)
#define DEFAULT_UNITS 10000

struct hence_cooperative_task {
    struct hence_ring in_all;      /* of all tasks that have not ended; first, see of_all() */
    struct hence_ring in_runnable; /* alone: not in it */
    hence_cooperator *cooperator;
    hence_iterate_fn *iterate;
    void *arg;
    hence_drop_fn *drop;
    hence_share *share;      /* of its result; the program's, as long as it holds the task */
    hence_promise *promise;  /* NULL: it has ended */
    hence_deferred *current; /* what it waits for */
    uint32_t references;     /* the program's, and those of who is at work on it */
    uint32_t handles;        /* the program's */
    uint32_t pauses;
    bool in_unit;
};

struct hence_cooperator {
    hence_loop *loop;
    struct hence_ring all, runnable;
    hence_call call;
    int64_t slice;
    size_t units;
    uint32_t references;
    bool is_called, in_tick, stopped;
};

/* ---- life ---- */

static hence_cooperative_task *of_all(struct hence_ring *entry)
{
    return (hence_cooperative_task *)entry;
}

static hence_cooperative_task *of_runnable(struct hence_ring *entry)
{
    return (hence_cooperative_task *)((char *)entry -
                                      offsetof(hence_cooperative_task, in_runnable));
}

static void cooperator_unref(hence_cooperator *cooperator)
{
    if (--cooperator->references == 0) {
        hence_loop *loop = cooperator->loop;
        hence_memory_put(cooperator, sizeof *cooperator);
        hence_loop_undepend(loop);
    }
}

static void task_unref(hence_cooperative_task *task)
{
    if (--task->references == 0) {
        hence_cooperator *cooperator = task->cooperator;
        hence_memory_put(task, sizeof *task);
        cooperator_unref(cooperator);
    }
}

/* The task cannot run. When none can, the loop need not come back. */
static void leave_runnable(hence_cooperative_task *task)
{
    hence_cooperator *cooperator = task->cooperator;
    hence_ring_remove(&task->in_runnable);
    if (!hence_ring_is_empty(&cooperator->runnable) || !cooperator->is_called ||
        cooperator->in_tick)
        return;
    cooperator->is_called = false;
    hence_call_cancel(cooperator->loop, cooperator->call);
}

static void drop_argument(hence_cooperative_task *task)
{
    hence_drop_fn *drop = task->drop;
    task->drop = NULL;
    if (drop)
        drop(task->arg);
}

/* Takes the result. The reference of the cooperator goes, so the caller holds another one. */
static void complete(hence_cooperative_task *task, hence_result r)
{
    hence_promise *promise = hence_promise_take(&task->promise);
    hence_ring_remove(&task->in_all);
    leave_runnable(task);
    if (!task->in_unit)
        drop_argument(task);
    hence_promise_on_cancel(promise, NULL, NULL);
    hence_resolve_at(NULL, promise, r);
    task_unref(task);
}

/* ---- the turns ---- */

static void tick(void *arg);

/* Takes the reason, which is known to whoever has stopped it. */
static void stop(hence_cooperative_task *task, hence_result reason)
{
    hence_share_expect(task->share);
    complete(task, reason);
}

/* All tasks that there are now: their steps may add others. */
static void fail_all(hence_cooperator *cooperator, hence_result r)
{
    struct hence_ring doomed;
    hence_ring_init(&doomed);
    while (!hence_ring_is_empty(&cooperator->all)) {
        struct hence_ring *entry = cooperator->all.next;
        hence_ring_remove(entry);
        hence_ring_append(&doomed, entry);
    }
    while (!hence_ring_is_empty(&doomed)) {
        hence_cooperative_task *task = of_all(doomed.next);
        task->references++;
        stop(task, r);
        task_unref(task);
    }
}

/* After the call, or instead of it. */
static void tick_is_gone(void *arg)
{
    hence_cooperator *cooperator = arg;
    if (cooperator->is_called && hence_loop_is_closed(cooperator->loop)) {
        cooperator->is_called = false;
        fail_all(cooperator, hence_fail_static(HENCE_ECLOSED));
    }
    cooperator_unref(cooperator);
}

static void reschedule(hence_cooperator *cooperator)
{
    if (cooperator->is_called || cooperator->stopped || hence_ring_is_empty(&cooperator->runnable))
        return;
    cooperator->is_called = true;
    cooperator->references++;
    hence_call call;
    int error = hence_call_soon_own(cooperator->loop, tick, cooperator, tick_is_gone, &call);
    if (!error) {
        cooperator->call = call;
        return;
    }
    cooperator->is_called = false;
    fail_all(cooperator, hence_loop_refusal(error));
}

static void make_runnable(hence_cooperative_task *task)
{
    hence_cooperator *cooperator = task->cooperator;
    if (!task->promise || task->pauses || task->current || !hence_ring_is_empty(&task->in_runnable))
        return;
    hence_ring_append(&cooperator->runnable, &task->in_runnable);
    reschedule(cooperator);
}

/* ---- one unit ---- */

static hence_result wait_ended(hence_result *in, void *arg)
{
    hence_cooperative_task *task = arg;
    hence_deferred_unref(task->current);
    task->current = NULL;
    if (task->promise && hence_is_failure(in))
        complete(task, hence_take(in));
    else
        make_runnable(task);
    task_unref(task);
    return hence_none();
}

static void wait_for(hence_cooperative_task *task, hence_result chain)
{
    leave_runnable(task);
    task->current = hence_deferred_succeed(chain);
    if (!task->current) {
        complete(task, hence_fail_static(HENCE_ENOMEM));
        return;
    }
    task->references++;
    hence_deferred_add_both(task->current, wait_ended, task);
}

static void run_unit(hence_cooperative_task *task)
{
    hence_result out = hence_none();
    task->references++;
    task->in_unit = true;
    bool has_more = task->iterate(task->arg, &out);
    task->in_unit = false;
    if (!task->promise) { /* it was stopped meanwhile */
        hence_drop(out);
        drop_argument(task);
    } else if (!has_more || hence_is_failure(&out)) {
        complete(task, out);
    } else if (hence_is_chain(&out)) {
        wait_for(task, out);
    } else {
        hence_drop(out);
    }
    task_unref(task);
}

static void tick(void *arg)
{
    hence_cooperator *cooperator = arg;
    const int64_t until = hence_loop_time(cooperator->loop) + cooperator->slice;
    size_t left = cooperator->units;
    cooperator->in_tick = true;
    while (!hence_ring_is_empty(&cooperator->runnable)) {
        struct hence_ring *entry = cooperator->runnable.next;
        hence_ring_remove(entry);
        hence_ring_append(&cooperator->runnable, entry);
        run_unit(of_runnable(entry));
        if (--left == 0 || hence_loop_time(cooperator->loop) >= until)
            break;
    }
    cooperator->is_called = cooperator->in_tick = false;
    reschedule(cooperator);
}

/* ---- cooperators ---- */

hence_cooperator *hence_cooperator_new(hence_loop *loop)
{
    hence_cooperator *cooperator = NULL;
    if (hence_loop_check(loop, "hence_cooperator_new()") == 0)
        cooperator = hence_memory_get_zeroed(sizeof *cooperator);
    if (!cooperator)
        return NULL;
    cooperator->loop = loop;
    cooperator->slice = DEFAULT_SLICE;
    cooperator->units = DEFAULT_UNITS;
    cooperator->references = 1;
    hence_ring_init(&cooperator->all);
    hence_ring_init(&cooperator->runnable);
    hence_loop_depend(loop);
    return cooperator;
}

int hence_cooperator_set_slice(hence_cooperator *cooperator, int64_t slice, size_t units)
{
    if (!cooperator)
        return -ENOMEM;
    if (slice < 0 || units == 0)
        return -EINVAL;
    cooperator->slice = slice;
    cooperator->units = units;
    return 0;
}

int hence_cooperator_start(hence_cooperator *cooperator)
{
    if (!cooperator)
        return -ENOMEM;
    cooperator->stopped = false;
    reschedule(cooperator);
    return 0;
}

int hence_cooperator_stop(hence_cooperator *cooperator)
{
    if (!cooperator)
        return -ENOMEM;
    if (cooperator->stopped)
        return -EALREADY;
    cooperator->references++;
    cooperator->stopped = true;
    if (cooperator->is_called) {
        cooperator->is_called = false;
        hence_call_cancel(cooperator->loop, cooperator->call);
    }
    fail_all(cooperator, hence_fail_static(HENCE_ESTOPPED));
    cooperator_unref(cooperator);
    return 0;
}

bool hence_cooperator_is_running(const hence_cooperator *cooperator)
{
    return cooperator && !cooperator->stopped;
}

hence_cooperator *hence_cooperator_free(hence_cooperator *cooperator)
{
    if (cooperator) {
        hence_cooperator_stop(cooperator);
        cooperator_unref(cooperator);
    }
    return NULL;
}

/* ---- tasks ---- */

static bool cancel_task(hence_promise *promise, void *arg)
{
    hence_cooperative_task *task = arg;
    hence_deferred *current = hence_deferred_ref(task->current);
    (void)promise;
    task->references++;
    task->promise = NULL;
    hence_ring_remove(&task->in_all);
    leave_runnable(task);
    if (!task->in_unit)
        drop_argument(task);
    hence_deferred_cancel(current);
    hence_deferred_unref(current);
    task_unref(task);
    task_unref(task);
    return true;
}

hence_cooperative_task *hence_cooperate(hence_cooperator *cooperator, hence_iterate_fn *iterate,
                                        void *arg, hence_drop_fn *drop)
{
    hence_promise *promise = NULL;
    hence_cooperative_task *task = NULL;
    if (cooperator && iterate)
        task = hence_memory_get_zeroed(sizeof *task);
    hence_share *share = task ? hence_share_new(hence_deferred_new(&promise)) : NULL;
    if (!share || !promise) {
        hence_share_unref(share);
        hence_abandon(promise);
        if (task)
            hence_memory_put(task, sizeof *task);
        if (drop)
            drop(arg);
        return NULL;
    }
    *task = (hence_cooperative_task){
        .cooperator = cooperator,
        .iterate = iterate,
        .arg = arg,
        .drop = drop,
        .share = share,
        .promise = promise,
        .references = 2, /* the program's, and the cooperator's */
        .handles = 1,
    };
    cooperator->references++;
    hence_ring_init(&task->in_runnable);
    hence_ring_append(&cooperator->all, &task->in_all);
    hence_promise_on_cancel(promise, cancel_task, task);
    if (cooperator->stopped)
        stop(task, hence_fail_static(HENCE_ESTOPPED));
    else
        make_runnable(task);
    return task;
}

hence_deferred *hence_coiterate_at(const char *site, hence_cooperator *cooperator,
                                   hence_iterate_fn *iterate, void *arg, hence_drop_fn *drop)
{
    hence_cooperative_task *task = hence_cooperate(cooperator, iterate, arg, drop);
    hence_deferred *d = hence_cooperative_task_when_done_at(site, task);
    if (task && !d)
        hence_cooperative_task_stop(task);
    hence_cooperative_task_unref(task);
    return d;
}

hence_cooperative_task *hence_cooperative_task_ref(hence_cooperative_task *task)
{
    if (task) {
        task->references++;
        task->handles++;
    }
    return task;
}

hence_cooperative_task *hence_cooperative_task_unref(hence_cooperative_task *task)
{
    if (!task)
        return NULL;
    if (--task->handles == 0)
        hence_share_unref(task->share); /* which lives until the task has ended */
    task_unref(task);
    return NULL;
}

hence_deferred *hence_cooperative_task_when_done_at(const char *site, hence_cooperative_task *task)
{
    return task ? hence_share_get_at(site, task->share) : NULL;
}

int hence_cooperative_task_pause(hence_cooperative_task *task)
{
    if (!task)
        return -ENOMEM;
    if (!task->promise)
        return -EALREADY;
    if (task->pauses == UINT32_MAX)
        return -EOVERFLOW;
    task->pauses++;
    leave_runnable(task);
    return 0;
}

int hence_cooperative_task_resume(hence_cooperative_task *task)
{
    if (!task)
        return -ENOMEM;
    if (!task->pauses) {
        hence_report_misuse("hence_cooperative_task_resume() of a task that is not paused");
        return -EINVAL;
    }
    task->pauses--;
    make_runnable(task);
    return 0;
}

int hence_cooperative_task_stop(hence_cooperative_task *task)
{
    if (!task)
        return -ENOMEM;
    if (!task->promise)
        return -EALREADY;
    stop(task, hence_fail_static(HENCE_ESTOPPED));
    return 0;
}
