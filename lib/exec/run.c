/* SPDX-License-Identifier: BSD-3-Clause */
/* Jobs whose results come back into a loop, to any promise. Those of hence_run_in_executor(): future_job.c. */
#include <errno.h>

#include "base/memory.h"
#include "exec/executor.h"
#include "exec/threadsafe_promise.h"
#include "future/future.h"
#include "value/failure.h"

/* It lives as long as its promise does, which sees to it that both sides are done with it. */
struct loop_job {
    hence_threadsafe_promise promise; /* first */
    struct hence_job job;
    hence_executor *executor;
    hence_threadsafe_promise *let_in; /* of one that may stand in line, until it is in; or NULL */
    bool is_taken_back;               /* it will not run: its argument ends with it */
};

/* What is asked for: taken, with `arg` as `drop` says. */
struct request {
    hence_result_fn *fn;
    void *arg;
    hence_drop_fn *drop;
};

static struct loop_job *of_job(struct hence_job *job)
{
    return (struct loop_job *)((char *)job - offsetof(struct loop_job, job));
}

/* ---- on the thread that has run it, or that drops it ---- */

static void tell_let_in(struct loop_job *job, hence_result r)
{
    hence_threadsafe_promise *let_in = job->let_in;
    job->let_in = NULL;
    if (let_in)
        hence_threadsafe_resolve(let_in, r);
    else
        hence_drop(r);
}

static void left_line(struct hence_job *self, bool is_in)
{
    if (is_in) /* else its end is told, and why */
        tell_let_in(of_job(self), hence_none());
}

static void ended(struct hence_job *self, hence_result r)
{
    struct loop_job *job = of_job(self);
    if (HENCE_UNLIKELY(job->let_in != NULL)) /* it never was */
        tell_let_in(job, hence_fail_with(hence_failure_ref(hence_as_failure(&r))));
    hence_threadsafe_resolve(&job->promise, r);
}

static const struct hence_job_kind job_kind = {ended, left_line};

static void job_free(hence_threadsafe_promise *promise)
{
    struct loop_job *job = (struct loop_job *)promise;
    hence_executor *executor = job->executor;
    const bool is_dependent = job->job.is_dependent;
    hence_drop_fn *drop = job->is_taken_back ? job->job.drop : NULL;
    void *arg = job->job.arg;
    hence_memory_put(job, sizeof *job);
    if (drop) /* it may close the loop, which must not find the promise any more */
        drop(arg);
    hence_executor_let_go_of_job(executor, is_dependent);
}

/* ---- on the loop's thread ---- */

static bool stop(hence_threadsafe_promise *promise)
{
    struct loop_job *job = (struct loop_job *)promise;
    atomic_store_explicit(&job->job.is_cancelled, true, memory_order_relaxed);
    if (!hence_executor_unqueue(job->executor, &job->job)) {
        /* a thread has it, which lets it go if the loop closes */
        hence_executor_make_independent(job->executor, &job->job);
        return false;
    }
    tell_let_in(job, hence_fail_static(HENCE_ECANCELLED));
    job->is_taken_back = true;
    return true;
}

static bool is_parents(const hence_threadsafe_promise *promise)
{
    return hence_executor_is_parents(((const struct loop_job *)promise)->executor);
}

static const struct threadsafe_producer producer = {stop, job_free, is_parents};

static void refuse(hence_promise *promise, hence_promise *room, const struct request *request,
                   hence_result r)
{
    if (request->drop)
        request->drop(request->arg);
    hence_failure *failure = room ? hence_failure_ref(hence_as_failure(&r)) : NULL;
    if (room)
        hence_resolve_at(NULL, room, hence_fail_with(failure));
    hence_resolve_at(NULL, promise, r);
}

/* A job that has begun but for being queued; or NULL, and then all has been refused. */
static struct loop_job *job_new(hence_loop *loop, hence_executor *executor,
                                const struct request *request, hence_promise *promise,
                                hence_promise *room)
{
    struct loop_job *job = hence_memory_get(sizeof *job);
    if (!job) {
        refuse(promise, room, request, hence_fail_static(HENCE_ENOMEM));
        return NULL;
    }
    job->job.fn = request->fn;
    job->job.arg = request->arg;
    job->job.drop = request->drop;
    job->job.kind = &job_kind;
    job->executor = executor;
    job->let_in = NULL;
    job->is_taken_back = false;
    atomic_init(&job->job.is_cancelled, false);
    job->job.place = JOB_NOWHERE;
    if (!hence_threadsafe_promise_init(&job->promise, loop, promise, &producer)) {
        hence_memory_put(job, sizeof *job);
        refuse(NULL, room, request, hence_fail_static(HENCE_ECLOSED));
        return NULL;
    }
    hence_executor_hold_for_job(executor, &job->job);
    if (!room)
        return job;
    job->let_in = hence_threadsafe_promise_new(loop, room);
    if (job->let_in)
        return job;
    hence_job_refuse(&job->job, hence_fail_static(HENCE_ENOMEM));
    return NULL;
}

/* Takes `promise`; and `room`, which is resolved when the job is let in, if it may stand in line. */
static void start(const char *site, hence_loop *loop, hence_executor *executor,
                  const struct request *request, bool may_stand_in_line, hence_promise *promise,
                  hence_promise *room)
{
    int error = request->fn ? hence_loop_check_at(loop, "hence_defer_to_thread()", site) : -EINVAL;
    if (error) {
        hence_result r = request->fn ? hence_loop_refusal_at(error, "hence_defer_to_thread()", site)
                                     : hence_refuse_at(site, "a job without a function");
        refuse(promise, room, request, r);
        return;
    }
    if (!executor)
        executor = hence_executor_default(loop);
    if (!executor) {
        refuse(promise, room, request, hence_fail_static(HENCE_ENOMEM));
        return;
    }
    struct loop_job *job = job_new(loop, executor, request, promise, room);
    if (!job)
        return;
    error = hence_executor_queue(executor, &job->job, may_stand_in_line);
    if (error < 0)
        hence_job_refuse(&job->job, hence_executor_refusal(executor, error));
}

hence_future *hence_run_in_executor_when_room_at(const char *site, hence_loop *loop,
                                                 hence_executor *executor, hence_result_fn *fn,
                                                 void *arg, hence_drop_fn *drop,
                                                 hence_future **let_in_out)
{
    const struct request request = {fn, arg, drop};
    hence_promise *promise, *room = NULL;
    hence_future *f = hence_future_new_at(site, loop, &promise);
    if (let_in_out)
        *let_in_out = f ? hence_future_new_at(site, loop, &room) : NULL;
    if (f && (room || !let_in_out))
        start(site, loop, executor, &request, true, promise, room);
    else if (f)
        refuse(promise, NULL, &request, hence_fail_static(HENCE_ENOMEM));
    else if (drop)
        drop(arg);
    return f;
}

hence_deferred *hence_defer_to_thread_at(const char *site, hence_loop *loop,
                                         hence_executor *executor, hence_result_fn *fn, void *arg,
                                         hence_drop_fn *drop)
{
    const struct request request = {fn, arg, drop};
    hence_promise *promise;
    hence_deferred *d = hence_deferred_new_at(site, &promise);
    if (d)
        start(site, loop, executor, &request, false, promise, NULL);
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
    if (loop->executor && hence_executor_is_parents(loop->executor)) {
        hence_executor_unref(loop->executor);
        loop->executor = NULL;
    }
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
    struct member {
        hence_promise *promise;
        hence_future *f;
    };
    const size_t size = sizeof(struct member) + sizeof(hence_future *);
    const size_t bytes = (n + 1) * size;
    struct member *members = n < SIZE_MAX / size ? hence_memory_get(bytes) : NULL;
    if (!members)
        return NULL;
    hence_future **futures = (hence_future **)(members + n);
    bool is_complete = true;
    for (size_t i = 0; i < n; i++) {
        members[i].f = futures[i] = hence_future_new_at(site, loop, &members[i].promise);
        is_complete = is_complete && futures[i];
    }
    /* first of all what they are for: no job begins whose arguments nobody looks after */
    hence_future *all = hence_gather_at(site, loop, futures, n, HENCE_GATHER_CANCEL_REST);
    for (size_t i = 0; i < n; i++) {
        const struct request request = {fn, args[i], NULL};
        if (all && is_complete)
            start(site, loop, executor, &request, false, members[i].promise, NULL);
        else
            hence_abandon(members[i].promise);
    }
    if (!all) {
        for (size_t i = 0; i < n; i++)
            hence_future_cancel(futures[i]); /* so that nobody is told of it */
    }
    hence_future_unref_all(futures, n);
    hence_memory_put(members, bytes);
    return all;
}

/* ---- one after the other ---- */

struct calls {
    size_t n;
    hence_thread_call calls[];
};

static size_t calls_size(size_t n)
{
    return sizeof(struct calls) + n * sizeof(hence_thread_call);
}

static void calls_free(void *arg)
{
    struct calls *calls = arg;
    hence_memory_put(calls, calls_size(calls->n));
}

static hence_result make_calls(void *arg)
{
    const struct calls *calls = arg;
    for (size_t i = 0; i < calls->n; i++) {
        if (hence_job_is_cancelled())
            return hence_fail_static(HENCE_ECANCELLED);
        hence_result r = calls->calls[i].fn(calls->calls[i].arg);
        if (hence_is_failure(&r))
            return r;
        hence_drop(r);
    }
    return hence_none();
}

hence_deferred *hence_call_multiple_in_thread_at(const char *site, hence_loop *loop,
                                                 hence_executor *executor,
                                                 const hence_thread_call *calls, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!calls[i].fn)
            return hence_deferred_succeed_at(
                site, hence_refuse_at(site, "calls in a thread: one of them without a function"));
    }
    struct calls *copy = NULL;
    if (n < SIZE_MAX / sizeof *calls / 2)
        copy = hence_memory_get(calls_size(n));
    if (!copy)
        return NULL;
    copy->n = n;
    if (n)
        memcpy(copy->calls, calls, n * sizeof *calls);
    return hence_defer_to_thread_at(site, loop, executor, make_calls, copy, calls_free);
}
