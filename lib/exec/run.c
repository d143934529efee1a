/* SPDX-License-Identifier: BSD-3-Clause */
/* Jobs whose results come back into a loop. */
#include <errno.h>

#include "base/memory.h"
#include "exec/executor.h"
#include "exec/threadsafe_promise.h"
#include "future/future.h"

struct loop_job {
    struct hence_job job; /* first */
    hence_executor *executor;
    hence_threadsafe_promise *promise;
    atomic_int references; /* the loop's, which may cancel it, and the thread's */
};

static void unref(struct loop_job *job)
{
    if (atomic_fetch_sub_explicit(&job->references, 1, memory_order_acq_rel) != 1)
        return;
    hence_executor *executor = job->executor;
    hence_memory_put(job, sizeof *job);
    hence_executor_unref(executor);
}

/* ---- on the thread that has run it, or that drops it ---- */

static void ended(struct hence_job *self, hence_result r)
{
    struct loop_job *job = (struct loop_job *)self;
    hence_threadsafe_resolve(job->promise, r);
    unref(job);
}

/* ---- on the loop's thread ---- */

static bool stop(void *arg)
{
    struct loop_job *job = arg;
    atomic_store_explicit(&job->job.is_cancelled, true, memory_order_relaxed);
    if (!hence_executor_unqueue(job->executor, &job->job))
        return false;
    if (job->job.drop)
        job->job.drop(job->job.arg);
    unref(job); /* the thread's */
    return true;
}

static void promise_ended(void *arg)
{
    unref(arg);
}

static const struct threadsafe_producer producer = {stop, promise_ended};

static void refuse(hence_promise *promise, void *arg, hence_drop_fn *drop, hence_result r)
{
    if (drop)
        drop(arg);
    hence_resolve_at(NULL, promise, r);
}

/* Takes `promise`, and `arg` as its `drop` says. */
static void start(hence_loop *loop, hence_executor *executor, hence_result_fn *fn, void *arg,
                  hence_drop_fn *drop, hence_promise *promise)
{
    if (!fn) {
        refuse(promise, arg, drop, hence_fail_static(HENCE_EINVAL));
        return;
    }
    if (!executor)
        executor = hence_executor_default(loop);
    struct loop_job *job = executor ? hence_memory_get_zeroed(sizeof *job) : NULL;
    if (!job) {
        const bool is_closed = loop && hence_loop_is_closed(loop);
        refuse(promise, arg, drop, hence_loop_refusal(is_closed ? -ESHUTDOWN : -ENOMEM));
        return;
    }
    job->promise = hence_threadsafe_promise_new(loop, promise);
    if (!job->promise) {
        hence_memory_put(job, sizeof *job);
        if (drop)
            drop(arg);
        return;
    }
    job->job.fn = fn;
    job->job.arg = arg;
    job->job.drop = drop;
    job->job.ended = ended;
    job->executor = hence_executor_ref(executor);
    atomic_init(&job->references, 2);
    job->promise->producer = &producer;
    job->promise->producer_arg = job;
    int error = hence_executor_queue(executor, &job->job);
    if (error) {
        if (drop)
            drop(arg);
        ended(&job->job, hence_executor_refusal(error));
    }
}

hence_future *hence_run_in_executor_at(const char *site, hence_loop *loop, hence_executor *executor,
                                       hence_result_fn *fn, void *arg, hence_drop_fn *drop)
{
    hence_promise *promise;
    hence_future *f = hence_future_new_at(site, loop, &promise);
    if (f)
        start(loop, executor, fn, arg, drop, promise);
    else if (drop)
        drop(arg);
    return f;
}

hence_deferred *hence_defer_to_thread_at(const char *site, hence_loop *loop,
                                         hence_executor *executor, hence_result_fn *fn, void *arg,
                                         hence_drop_fn *drop)
{
    hence_promise *promise;
    hence_deferred *d = hence_deferred_new_at(site, &promise);
    if (d)
        start(loop, executor, fn, arg, drop, promise);
    else if (drop)
        drop(arg);
    return d;
}

/* ---- the loop's own ---- */

static void drop_executor(void *executor)
{
    hence_executor_unref(executor);
}

hence_executor *hence_executor_default(hence_loop *loop)
{
    if (hence_loop_check(loop, "hence_executor_default()") != 0)
        return NULL;
    if (!loop->executor) {
        loop->executor = hence_executor_new(NULL);
        loop->drop_executor = drop_executor;
    }
    return loop->executor;
}

/* ---- many ---- */

hence_future *hence_executor_map_at(const char *site, hence_loop *loop, hence_executor *executor,
                                    hence_result_fn *fn, void *const *args, size_t n)
{
    hence_future **futures =
        n < SIZE_MAX / sizeof *futures ? hence_memory_get((n + 1) * sizeof *futures) : NULL;
    if (!futures)
        return NULL;
    for (size_t i = 0; i < n; i++)
        futures[i] = hence_run_in_executor_at(site, loop, executor, fn, args[i], NULL);
    hence_future *all = hence_gather_at(site, loop, futures, n, HENCE_GATHER_CANCEL_REST);
    for (size_t i = 0; i < n; i++) {
        if (!all)
            hence_future_cancel(futures[i]);
        hence_future_unref(futures[i]);
    }
    hence_memory_put(futures, (n + 1) * sizeof *futures);
    return all;
}
