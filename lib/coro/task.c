/* SPDX-License-Identifier: BSD-3-Clause */
#include "coro/task.h"

#include <errno.h>
#include <stdio.h>

#include "base/ledger.h"
#include "base/memory.h"
#include "coro/block.h"
#include "value/failure.h"

_Thread_local struct task *hence_task_here;

static const struct hence_part task_part;

static struct task *of_waitable(struct hence_waitable *self)
{
    return (struct task *)self;
}

struct task *hence_task_of(const hence_future *f)
{
    if (!f || !(f->state & FUTURE_WAITING))
        return NULL;
    struct hence_waitable *waitable = hence_chained(&f->waitable.slot);
    return waitable->consumer.part == &task_part ? of_waitable(waitable) : NULL;
}

/* ---- its end ---- */

static void task_free(struct task *task)
{
    hence_loop *loop = task->loop;
    HENCE_COUNT(TASKS_ENDED);
    hence_memory_put(task, sizeof *task);
    if (loop)
        hence_loop_undepend(loop);
}

/* If nobody has its Future, nobody will see that it has failed. That is told now, while it still has its name. */
static void report_lost(const struct task *task, const hence_result *result)
{
    hence_future *f = task->future;
    const hence_failure *failure = hence_as_failure(result);
    if (!failure || f->references || hence_future_has_listeners(f) ||
        hence_failure_is_cancelled(failure) ||
        (task->loop->closed && hence_failure_is_of_closing(failure)))
        return;
    char message[160];
    snprintf(message, sizeof message, "the failure of the task \"%s\" was never retrieved",
             task->name);
    const hence_report report = {.kind = HENCE_REPORT_NEVER_RETRIEVED,
                                 .message = message,
                                 .failure = failure,
                                 .made = f->site};
    f->state |= FUTURE_LOOKED_AT; /* it is not told once more */
    hence_loop_report(task->loop, &report);
}

/* The result is there: the task goes, and the one who waits for it is returned. */
static struct hence_consumer *end(struct task *task, hence_result result, hence_result *r)
{
    struct hence_consumer *consumer = task->awaiter.consumer;
    hence_ring_remove(&task->attachment.ring);
    if (HENCE_UNLIKELY(task->name != NULL))
        report_lost(task, &result);
    if (task->drop)
        task->drop(task->arg);
    task_free(task);
    *r = consumer->part->takes_untold ? result : hence_receive(result);
    return consumer;
}

/* Puts the result of `chain` into the slot if it is there; otherwise waits for it, and returns false. */
static bool take(struct task *task, hence_result chain)
{
    if (!hence_awaiter_take(&task->awaiter, &chain))
        return false;
    task->awaiter.waitable.slot = chain;
    return true;
}

/* A cancellation comes to a wait: to the blocks that it is in, it is not on its way any more. */
static void cancel_comes(struct task *task)
{
    task->must_cancel = false;
    for (struct block *at = task->innermost; at; at = at->outer)
        at->must_cancel = false;
}

/* A cancellation that it has not been told of is passed on to what it awaits now. One that comes meanwhile goes the
 * same way, or is in `must_cancel` again. Was it in time? */
static bool pass_cancel_on(struct task *task)
{
    if (HENCE_LIKELY(!task->must_cancel)) {
        if (HENCE_UNLIKELY(task->has_closed))
            hence_waitable_cancel(task->awaiter.awaited);
        return false;
    }
    cancel_comes(task);
    const bool in_time = hence_waitable_cancel(task->awaiter.awaited) == 0;
    task->must_cancel |= !in_time;
    return in_time;
}

/* The same for a task that runs. */
static bool take_or_cancel(struct task *task, hence_result chain)
{
    if (take(task, chain))
        return true;
    pass_cancel_on(task);
    return !task->awaiter.awaited; /* that may have ended it at once */
}

/* A cancellation that what it waited for was too late for comes instead of the result of that. */
static void take_cancel(struct task *task, hence_result *r)
{
    if (HENCE_LIKELY(!task->must_cancel))
        return;
    cancel_comes(task);
    if (!hence_is_cancelled(r)) {
        hence_drop(*r);
        *r = hence_fail_static(HENCE_ECANCELLED);
    }
}

/* Its body has returned. */
static struct hence_consumer *returned(struct task *task, hence_result *r)
{
    task->coroutine = NULL; /* it has gone */
    task->state = TASK_RUNNING;
    if (hence_is_chain(&task->awaiter.waitable.slot) &&
        !take_or_cancel(task, hence_take(&task->awaiter.waitable.slot))) {
        task->state = TASK_RETURNING;
        return NULL;
    }
    if (task->must_cancel && !hence_is_failure(&task->awaiter.waitable.slot)) { /* rule 94 */
        hence_drop(hence_take(&task->awaiter.waitable.slot));
        task->awaiter.waitable.slot = hence_fail_static(HENCE_ECANCELLED);
    }
    return end(task, hence_take(&task->awaiter.waitable.slot), r);
}

/* ---- its body ---- */

static hence_result call_body(void *arg)
{
    struct task *task = arg;
    hence_result r = task->fn(task->arg);
    if (HENCE_UNLIKELY(task->innermost || task->lost))
        r = hence_block_leave_all(task, r);
    task->state = TASK_RETURNING;
    return r;
}

/* Has it go on. Who is to get its result, and the result, if that is there now; otherwise NULL. */
static struct hence_consumer *run(struct task *task, hence_result *r)
{
    struct task *outer = hence_task_here;
    hence_task_here = task;
    task->state = TASK_RUNNING;
    hence_result message =
        hence_coroutine_resume(task->coroutine, hence_take(&task->awaiter.waitable.slot));
    hence_task_here = outer;
    if (task->state != TASK_RETURNING)
        return NULL;
    task->awaiter.waitable.slot = message;
    return returned(task, r);
}

static struct hence_consumer *begin(struct task *task, hence_result *r)
{
    if (task->must_cancel)
        return end(task, hence_fail_static(HENCE_ECANCELLED), r);
    task->coroutine = hence_coroutine_new(call_body, task);
    if (!task->coroutine)
        return end(task, hence_fail_static(HENCE_ENOMEM), r);
    return run(task, r);
}

static void step(void *arg)
{
    struct task *task = arg;
    hence_result r;
    task->is_queued = false;
    struct hence_consumer *consumer = task->state == TASK_NEW ? begin(task, &r) : run(task, &r);
    if (consumer)
        hence_deliver(consumer, r);
}

int hence_task_queue(struct task *task)
{
    int error = hence_call_soon(task->loop, step, task, NULL);
    task->is_queued = !error;
    return error;
}

hence_result hence_task_suspend(struct task *task)
{
    task->state = TASK_AWAITING;
    hence_result r = hence_coroutine_suspend(task->coroutine, hence_none());
    take_cancel(task, &r);
    return hence_receive(r);
}

hence_result hence_task_wait(struct task *task, hence_result chain)
{
    if (take(task, chain))
        return hence_receive(hence_take(&task->awaiter.waitable.slot));
    return hence_task_wait_awaited(task);
}

hence_result hence_task_wait_awaited(struct task *task)
{
    const bool cancelled = pass_cancel_on(task);
    if (HENCE_UNLIKELY(task->scopes))
        hence_scope_begin_wait(task, cancelled);
    if (HENCE_UNLIKELY(!task->awaiter.awaited)) { /* that has ended it at once */
        hence_result r = hence_take(&task->awaiter.waitable.slot);
        if (cancelled)
            take_cancel(task, &r);
        return hence_receive(r);
    }
    return hence_task_suspend(task);
}

void hence_task_cancel(struct task *task)
{
    hence_waitable_cancel(&task->awaiter.waitable);
}

/* ---- the loop has closed ---- */

static void close_part(struct hence_attachment *attachment)
{
    struct task *task = (struct task *)((char *)attachment - offsetof(struct task, attachment));
    hence_result r;
    task->has_closed = true;
    if (task->awaiter.awaited) {
        hence_waitable_cancel(task->awaiter.awaited);
        return;
    }
    if (!task->is_queued)
        return;
    task->is_queued = false;
    struct hence_consumer *consumer;
    if (task->state == TASK_NEW) {
        const hence_error code = task->must_cancel ? HENCE_ECANCELLED : HENCE_ECLOSED;
        consumer = end(task, hence_fail_static(code), &r);
    } else {
        task->awaiter.waitable.slot = hence_fail_static(HENCE_ECLOSED);
        consumer = run(task, &r);
    }
    if (consumer)
        hence_deliver(consumer, r);
}

static const struct hence_attachment_kind attachment_kind = {.close = close_part};

struct task *hence_task_of_attachment(struct hence_attachment *attachment)
{
    return attachment->kind == &attachment_kind
               ? (struct task *)((char *)attachment - offsetof(struct task, attachment))
               : NULL;
}

/* ---- made ---- */

static struct task *task_new(const char *site, hence_loop *loop, hence_result_fn *fn, void *arg,
                             hence_drop_fn *drop)
{
    struct task *task = hence_memory_get_zeroed(sizeof *task);
    if (!task)
        return NULL;
    HENCE_COUNT(TASKS_MADE);
    task->awaiter.waitable.consumer.part = &task_part;
    task->loop = loop;
    task->fn = fn;
    task->arg = arg;
    task->drop = drop;
    task->site = site;
    task->attachment.kind = &attachment_kind;
    hence_ring_init(&task->attachment.ring);
    if (loop)
        hence_loop_depend(loop);
    return task;
}

static void drop_argument(void *arg, hence_drop_fn *drop)
{
    if (drop)
        drop(arg);
}

hence_future *hence_spawn_at(const char *site, hence_loop *loop, hence_result_fn *fn, void *arg,
                             hence_drop_fn *drop)
{
    hence_promise *promise;
    hence_future *f = hence_future_new_at(site, loop, &promise);
    struct task *task = f && fn ? task_new(site, loop, fn, arg, drop) : NULL;
    if (task && hence_task_queue(task) == 0) {
        task->future = f;
        hence_loop_attach(loop, &task->attachment);
        hence_resolve_at(NULL, promise, hence_chain_to(&task->awaiter.waitable));
        return f;
    }
    if (task)
        task_free(task);
    drop_argument(arg, drop);
    if (!f)
        return NULL;
    if (!fn) {
        hence_resolve_at(NULL, promise, hence_refuse_at(site, "a task without a function"));
        return f;
    }
    hence_resolve_at(NULL, promise, hence_fail_static(HENCE_ECANCELLED)); /* nothing to report */
    return hence_future_unref(f);
}

hence_deferred *hence_inline_callbacks_at(const char *site, hence_result_fn *fn, void *arg,
                                          hence_drop_fn *drop)
{
    hence_promise *promise;
    hence_deferred *d = hence_deferred_new_at(site, &promise);
    struct task *task = d && fn ? task_new(site, NULL, fn, arg, drop) : NULL;
    if (!task) {
        drop_argument(arg, drop);
        if (d)
            hence_resolve_at(NULL, promise,
                             fn ? hence_fail_static(HENCE_ENOMEM)
                                : hence_refuse_at(site, "inline callbacks without a function"));
        return d;
    }
    hence_resolve_at(NULL, promise, hence_chain_to(&task->awaiter.waitable));
    hence_result r;
    struct hence_consumer *consumer = begin(task, &r);
    if (consumer)
        hence_deliver(consumer, r);
    return d;
}

/* ---- the parts that it plays ---- */

static void cancel_passes_part(struct hence_waitable *self)
{
    of_waitable(self)->cancels++;
}

static int cancel_part(struct hence_waitable *self)
{
    of_waitable(self)->must_cancel = true;
    return 0;
}

/* What it awaits has ended already, but it has not been told yet. */
static int cancel_refused_part(struct hence_waitable *self)
{
    of_waitable(self)->must_cancel = true;
    return 0;
}

static struct hence_consumer *deliver_part(struct hence_consumer *self, hence_result *r)
{
    struct task *task = (struct task *)self;
    task->awaiter.awaited = NULL;
    if (task->state == TASK_RETURNING) {
        take_cancel(task, r);
        return end(task, *r, r);
    }
    task->awaiter.waitable.slot = *r;
    return task->state == TASK_AWAITING ? run(task, r) : NULL;
}

static const struct hence_part task_part = {
    HENCE_AWAITER_PARTS,
    .cancel = cancel_part,
    .cancel_passes = cancel_passes_part,
    .cancel_refused = cancel_refused_part,
    .deliver = deliver_part,
};
