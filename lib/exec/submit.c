/* SPDX-License-Identifier: BSD-3-Clause */
/* Jobs of any thread: what they give is a concurrent Future. */
#include <errno.h>

#include "base/memory.h"
#include "exec/blocking.h"
#include "exec/concurrent_future.h"
#include "exec/executor.h"
#include "loop/loop.h"
#include "value/failure.h"

/* A thread that stands in line with its job. */
struct in_line {
    pthread_cond_t left; /* with the executor's mutex */
};

/* It has two references at first: the program's, and that of the thread which will end it. */
struct submitted {
    hence_concurrent_future f; /* first */
    struct hence_job job;
    hence_executor *executor; /* NULL: it was refused */
    struct submitted *outer;  /* of those that its thread is ending, the next one */
    struct in_line *in_line;  /* with the executor's mutex; NULL: nobody waits */
};

static struct submitted *of_job(struct hence_job *job)
{
    return (struct submitted *)((char *)job - offsetof(struct submitted, job));
}

/* Those that this thread is ending: one, unless its callbacks end others. */
static _Thread_local struct submitted *ending;

static void ended(struct hence_job *job, hence_result r)
{
    struct submitted *submitted = of_job(job);
    submitted->outer = ending;
    ending = submitted;
    hence_concurrent_end(&submitted->f, r);
    ending = submitted->outer;
    hence_concurrent_future_unref(&submitted->f);
}

/* Another callback may end the thread again: then it comes back here. */
void hence_submitted_finish(void)
{
    while (ending) {
        struct submitted *submitted = ending;
        hence_concurrent_call_back(&submitted->f);
        ending = submitted->outer;
        hence_concurrent_future_unref(&submitted->f);
    }
}

static void left_line(struct hence_job *job, bool is_in)
{
    (void)is_in;
    struct in_line *in_line = of_job(job)->in_line;
    if (in_line)
        pthread_cond_signal(&in_line->left);
}

static const struct hence_job_kind job_kind = {ended, left_line};

/* ---- as a concurrent Future ---- */

static int cancel(hence_concurrent_future *f)
{
    struct submitted *submitted = (struct submitted *)f;
    atomic_store_explicit(&submitted->job.is_cancelled, true, memory_order_relaxed);
    if (!submitted->executor || !hence_executor_unqueue(submitted->executor, &submitted->job))
        return -EBUSY;
    hence_job_refuse(&submitted->job, hence_fail_static(HENCE_ECANCELLED));
    return 0;
}

static bool is_running(hence_concurrent_future *f)
{
    struct submitted *submitted = (struct submitted *)f;
    return submitted->executor && !hence_executor_is_queued(submitted->executor, &submitted->job) &&
           !hence_concurrent_is_done(f);
}

static void let_go(hence_concurrent_future *f)
{
    hence_executor *executor = ((struct submitted *)f)->executor;
    if (executor)
        hence_executor_let_go(executor);
}

static const struct concurrent_kind kind = {
    .size = sizeof(struct submitted),
    .cancel = cancel,
    .is_running = is_running,
    .let_go = let_go,
};

/* ---- submitted ---- */

static struct submitted *submitted_new(const char *site, hence_executor *executor,
                                       hence_result_fn *fn, void *arg, hence_drop_fn *drop)
{
    struct submitted *submitted = hence_memory_get_zeroed(sizeof *submitted);
    if (!submitted) {
        if (drop)
            drop(arg);
        return NULL;
    }
    hence_concurrent_init(&submitted->f, &kind, site);
    submitted->job.fn = fn;
    submitted->job.arg = arg;
    submitted->job.drop = drop;
    submitted->job.kind = &job_kind;
    submitted->executor = executor;
    if (executor)
        hence_executor_hold(executor);
    hence_concurrent_future_ref(&submitted->f);
    return submitted;
}

/* 0, or 1 if it stands in line, or -errno; of what was refused already, -EINVAL. */
static int queue(struct submitted *submitted, bool may_stand_in_line)
{
    if (!submitted)
        return -ENOMEM;
    if (submitted->executor && submitted->job.fn)
        return hence_executor_queue(submitted->executor, &submitted->job, may_stand_in_line);
    return submitted->executor ? -EINVAL : -ENOMEM;
}

static hence_result refusal(struct submitted *submitted, int error)
{
    if (error == -EINVAL)
        return hence_refuse_at(submitted->f.site, "a job without a function");
    if (error == -EDEADLK)
        return hence_fail_static(HENCE_EDEADLK);
    return hence_executor_refusal(submitted->executor, error);
}

/* What the program gets; -errno refuses it. */
static hence_concurrent_future *give(struct submitted *submitted, int error)
{
    if (!submitted)
        return NULL;
    if (error < 0)
        hence_job_refuse(&submitted->job, refusal(submitted, error));
    return &submitted->f;
}

hence_concurrent_future *hence_executor_submit_at(const char *site, hence_executor *executor,
                                                  hence_result_fn *fn, void *arg,
                                                  hence_drop_fn *drop)
{
    struct submitted *submitted = submitted_new(site, executor, fn, arg, drop);
    return give(submitted, queue(submitted, false));
}

/* ---- in line ---- */

/* Waits until the job is not in line any more: true; false when the time is over. */
static bool stand_in_line(struct submitted *submitted, int64_t timeout)
{
    const struct hence_blocking_deadline deadline = hence_blocking_deadline_after(timeout);
    hence_executor *executor = submitted->executor;
    struct in_line in_line;
    bool in_time = timeout != 0;
    hence_blocking_condition_init(&in_line.left);
    pthread_mutex_lock(&executor->mutex);
    submitted->in_line = &in_line;
    while (submitted->job.place == JOB_IN_LINE && in_time)
        in_time = hence_blocking_wait_until(&in_line.left, &executor->mutex, &deadline);
    const bool is_in = submitted->job.place != JOB_IN_LINE;
    submitted->in_line = NULL;
    if (!is_in)
        hence_executor_remove(executor, &submitted->job);
    pthread_mutex_unlock(&executor->mutex);
    pthread_cond_destroy(&in_line.left);
    return is_in;
}

hence_concurrent_future *hence_executor_submit_when_room_at(const char *site,
                                                            hence_executor *executor,
                                                            hence_result_fn *fn, void *arg,
                                                            hence_drop_fn *drop, int64_t timeout)
{
    struct submitted *submitted = submitted_new(site, executor, fn, arg, drop);
    const bool may_wait = timeout && !hence_loop_running_here;
    int error = queue(submitted, may_wait);
    if (error == 1 && !stand_in_line(submitted, timeout))
        error = -EAGAIN;
    else if (error == -EAGAIN &&
             !hence_blocking_is_allowed("hence_executor_submit_when_room()", timeout))
        error = -EDEADLK;
    return give(submitted, error);
}
