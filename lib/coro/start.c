/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Children that say when they are ready (rule 170).
 *
 * The one who starts such a child awaits a Future, which waits for the status; until the child is ready that
 * stands before the child itself, so that a cancellation goes through to it, and what it ends with comes back.
 */
#include <errno.h>

#include "base/memory.h"
#include "base/report.h"
#include "coro/task_group.h"
#include "value/failure.h"

struct hence_task_status {
    struct hence_waitable waitable;
    struct hence_consumer *consumer; /* the Future; NULL once it has been given something */
    struct child *child;
    hence_start_fn *fn;
    void *arg;
    hence_drop_fn *drop;
    const char *site;
    bool is_ready;     /* the child has said so, */
    bool is_cancelled; /* and the one who waits for that is cancelled */
};

static hence_task_status *of_waitable(const struct hence_waitable *self)
{
    return (hence_task_status *)(uintptr_t)self;
}

/* ---- what waits for it ---- */

static bool take_part(struct hence_waitable *self, struct hence_consumer *consumer,
                      hence_result *out)
{
    (void)out; /* the child has not begun */
    of_waitable(self)->consumer = consumer;
    return false;
}

static void hand_on_part(struct hence_waitable *self, struct hence_consumer *consumer)
{
    of_waitable(self)->consumer = consumer;
}

static struct hence_waitable *waits_for_part(const struct hence_waitable *self)
{
    return &of_waitable(self)->child->f->waitable;
}

static void cancel_passes_part(struct hence_waitable *self)
{
    of_waitable(self)->is_cancelled = true;
}

static struct hence_consumer *waiter_part(const struct hence_waitable *self)
{
    return of_waitable(self)->consumer;
}

const struct hence_waitable *hence_task_status_leads_to(const hence_task_status *status)
{
    return status->consumer ? &status->waitable : NULL;
}

static const struct hence_part status_part = {
    .take = take_part,
    .hand_on = hand_on_part,
    .waits_for = waits_for_part,
    .waiter = waiter_part,
    .cancel_passes = cancel_passes_part,
};

static void give(hence_task_status *status, hence_result r)
{
    struct hence_consumer *consumer = status->consumer;
    status->consumer = NULL;
    hence_deliver(consumer, r);
}

/* ---- the child ---- */

static hence_result run_child(void *arg)
{
    hence_task_status *status = arg;
    return status->fn(status, status->arg);
}

int hence_task_status_started(hence_task_status *status, hence_result value)
{
    int error = 0;
    if (!status) {
        hence_drop(value);
        return 0;
    }
    if (status->is_ready) {
        hence_report_misuse("hence_task_status_started() was called a second time");
        error = -EALREADY;
    } else if (hence_is_chain(&value)) {
        hence_report_misuse("hence_task_status_started() was given a chain");
        error = -EINVAL;
    }
    if (error) {
        hence_drop(value);
        return error;
    }
    status->is_ready = true;
    if (status->is_cancelled)
        hence_drop(value);
    else
        give(status, value);
    return 0;
}

bool hence_task_status_end(hence_task_status *status, const hence_result *r)
{
    const bool is_for_starter = status->consumer != NULL;
    if (is_for_starter && hence_is_failure(r))
        give(status, hence_fail_with(hence_failure_ref(hence_as_failure(r))));
    else if (is_for_starter && status->is_cancelled)
        give(status, hence_fail_static(HENCE_ECANCELLED));
    else if (is_for_starter)
        give(status, hence_fail_at(status->site, HENCE_EABANDONED,
                                   "the task has ended without saying that it is ready"));
    if (status->drop)
        status->drop(status->arg);
    hence_memory_put(status, sizeof *status);
    return is_for_starter;
}

/* ---- the one who starts it ---- */

/* The Future for the value that the child will give; NULL if there is no memory. */
static hence_future *start(const char *site, hence_task_group *group, hence_task_status *status)
{
    hence_promise *promise;
    hence_future *ready = hence_future_new_at(site, group->block.loop, &promise);
    struct child *child = ready ? hence_task_group_add(group, site, run_child, status, NULL) : NULL;
    if (!child) {
        if (ready)
            hence_resolve_at(NULL, promise, hence_fail_static(HENCE_ECANCELLED));
        return hence_future_unref(ready);
    }
    child->status = status;
    status->child = child;
    hence_resolve_at(NULL, promise, hence_chain_to(&status->waitable));
    return ready;
}

hence_result hence_task_group_start_at(const char *site, hence_task_group *group,
                                       hence_start_fn *fn, void *arg, hence_drop_fn *drop)
{
    const struct task *task = hence_task_here;
    static const char what[] = "hence_task_group_start()";
    int error = fn ? hence_task_group_check(group, what, site) : -EINVAL;
    if (!task) {
        hence_report_misuse_at(site, "hence_task_group_start() outside of a coroutine");
        error = -EINVAL;
    }
    const bool has_shut_down = error == -ESHUTDOWN && !group->block.loop->closed;
    hence_task_status *status = error ? NULL : hence_memory_get_zeroed(sizeof *status);
    hence_future *ready = NULL;
    if (status) {
        *status = (hence_task_status){
            .waitable.consumer.part = &status_part,
            .fn = fn,
            .arg = arg,
            .drop = drop,
            .site = site,
        };
        ready = start(site, group, status);
    }
    if (!ready) {
        if (status)
            hence_memory_put(status, sizeof *status);
        if (drop)
            drop(arg);
        if (error == -EINVAL)
            return hence_refuse_at(site, "%s %s", what,
                                   task ? "without a function" : "outside of a coroutine");
        if (has_shut_down)
            return hence_fail_static(HENCE_ESHUTDOWN);
        return error ? hence_loop_refusal_at(error, what, site) : hence_task_nothing(task);
    }
    hence_result r = hence_await(hence_future_ref(ready));
    if (!hence_future_done(ready)) /* it could not be waited for */
        hence_future_cancel(ready);
    hence_future_unref(ready);
    return r;
}
