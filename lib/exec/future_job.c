/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hence_run_in_executor(): the Future and its job are one block, three lines of the cache.
 *
 * A Future lives at least as long as its promise, and here that is held by the job: so the block is the Future's,
 * which frees it, on the loop's thread. The job ends when its parcel has arrived, or is dropped because the loop
 * closes; or before, if it is taken back.
 *
 * The one exception is a loop that closes while a thread has the job. Then the Future fails at once, the
 * promise is gone, and the thread, which is still to come, will be refused by the door. The Future and that thread
 * leave the block in any order, and the second one frees it. Until then it holds the loop's memory, and the executor.
 *
 * What a thread touches is in the last line, where the result and the parcel take the place of what the job needed
 * before: so two processors exchange one line for a job. The rest is for the loop's thread alone.
 */
#include "base/memory.h"
#include "exec/executor.h"
#include "future/future.h"
#include "value/failure.h"
#include "value/portable.h"

struct future_job {
    struct hence_future_record record; /* first */
    struct hence_attachment attachment;
    hence_executor *executor;
    atomic_int left;     /* if the loop has closed meanwhile: how many of the two have left */
    bool is_left_behind; /* it has */

    struct hence_job job;
    hence_loop *loop;
};

_Static_assert(sizeof(void *) != 8 || (offsetof(struct future_job, job) == 2 * HENCE_CACHE_LINE &&
                                       sizeof(struct future_job) == 3 * HENCE_CACHE_LINE),
               "what threads touch is a line of the cache");

static struct future_job *of_job(struct hence_job *job)
{
    return (struct future_job *)((char *)job - offsetof(struct future_job, job));
}

static struct future_job *of_attachment(struct hence_attachment *attachment)
{
    return (struct future_job *)((char *)attachment - offsetof(struct future_job, attachment));
}

/* Of a job that was left behind. The second of the two that come here frees it. */
static void leave(struct future_job *job)
{
    hence_loop *loop = job->loop;
    hence_executor *executor = job->executor;
    if (atomic_fetch_add_explicit(&job->left, 1, memory_order_acq_rel) != 1)
        return;
    hence_memory_put(job, sizeof *job);
    hence_executor_let_go(executor);
    hence_loop_unref(loop);
}

/* ---- on the thread that has run it, or that drops it ---- */

static void has_come(void *parcel);

static const struct hence_parcel_kind parcel_kind = {NULL, has_come};

static void ended(struct hence_job *self, hence_result r)
{
    struct future_job *job = of_job(self);
    if (HENCE_UNLIKELY(!hence_is_portable(&r))) { /* it belongs to this thread */
        hence_drop(r);
        r = hence_fail_static(HENCE_EINVAL);
    }
    self->result = r;
    self->parcel.kind = &parcel_kind;
    if (hence_door_post_last(job->loop, &self->parcel) == 0)
        return;
    hence_drop(r);
    leave(job);
}

static const struct hence_job_kind job_kind = {ended, NULL};

/* ---- on the loop's thread ---- */

/* Nobody else comes to the job any more. */
static void let_go(struct future_job *job)
{
    hence_loop_detach(job->loop, &job->attachment);
    hence_executor_let_go_of_job(job->executor, job->job.is_dependent);
}

/* The parcel has arrived, or was dropped because the loop closes. */
static void has_come(void *parcel)
{
    struct future_job *job = of_job(parcel);
    hence_result r = job->job.result;
    if (HENCE_UNLIKELY(job->loop->closed)) {
        hence_drop(r);
        r = hence_fail_static(HENCE_ECLOSED);
    }
    let_go(job);
    hence_future_resolve(&job->record.f, r);
}

/* Tells the thread that nobody wants the result; true if there is none, since the job was still queued. */
static bool take_back(struct future_job *job)
{
    atomic_store_explicit(&job->job.is_cancelled, true, memory_order_relaxed);
    if (hence_executor_unqueue(job->executor, &job->job))
        return true;
    /* a thread has it, which lets it go if the loop closes */
    hence_executor_make_independent(job->executor, &job->job);
    return false;
}

static bool cancelled(hence_promise *promise, void *arg)
{
    struct future_job *job = (struct future_job *)promise;
    (void)arg;
    if (!take_back(job))
        return false;
    let_go(job);
    if (job->job.drop) /* it may close the loop, which must not find the job any more */
        job->job.drop(job->job.arg);
    return true;
}

/* Nothing was posted. */
static void loop_closes(struct hence_attachment *attachment)
{
    struct future_job *job = of_attachment(attachment);
    hence_future *f = &job->record.f;
    hence_drop_fn *drop = NULL;
    void *arg = NULL;
    if (take_back(job)) {
        hence_executor_let_go_of_job(job->executor, job->job.is_dependent);
        drop = job->job.drop;
        arg = job->job.arg;
    } else {
        hence_loop_ref(job->loop);
        job->is_left_behind = true;
    }
    hence_future_resolve(f, hence_fail_static(HENCE_ECLOSED));
    if (drop)
        drop(arg);
}

/* In a forked child: its thread may have stayed in the parent, unless it has posted the result before. */
static void loop_forked(struct hence_attachment *attachment)
{
    struct future_job *job = of_attachment(attachment);
    if (job->job.parcel.next == &job->job.parcel || !hence_executor_is_parents(job->executor))
        return;
    let_go(job);
    hence_future_resolve(&job->record.f, hence_fail_static(HENCE_EDIED));
}

static const struct hence_attachment_kind attachment_kind = {loop_closes, loop_forked};

static void future_ended(struct hence_future_record *record)
{
    struct future_job *job = (struct future_job *)record;
    if (HENCE_UNLIKELY(job->is_left_behind))
        leave(job);
    else
        hence_memory_put(job, sizeof *job);
}

/* ---- made ---- */

static hence_result refusal(const char *site, hence_result_fn *fn)
{
    return fn ? hence_fail_static(HENCE_ENOMEM) : hence_refuse_at(site, "a job without a function");
}

hence_future *hence_run_in_executor_at(const char *site, hence_loop *loop, hence_executor *executor,
                                       hence_result_fn *fn, void *arg, hence_drop_fn *drop)
{
    struct future_job *job = NULL;
    if (hence_loop_check_at(loop, "making a Future", site) == 0)
        job = hence_memory_get(sizeof *job);
    if (!job) {
        if (drop)
            drop(arg);
        return NULL;
    }
    hence_future *f = &job->record.f;
    hence_future_begin(f, site, loop);
    f->state |= FUTURE_RECORD;
    job->record.free = future_ended;
    job->is_left_behind = false;
    if (!executor && fn)
        executor = hence_executor_default(loop);
    if (HENCE_UNLIKELY(!executor || !fn)) {
        const hence_result r = refusal(site, fn);
        if (drop)
            drop(arg);
        hence_future_resolve(f, r);
        return f;
    }
    hence_future_set_canceller(f, cancelled, NULL);
    job->attachment.kind = &attachment_kind;
    job->executor = executor;
    atomic_init(&job->left, 0);
    job->loop = loop;
    job->job.fn = fn;
    job->job.arg = arg;
    job->job.drop = drop;
    job->job.kind = &job_kind;
    hence_loop_attach_holding(loop, &job->attachment);
    hence_executor_hold_for_job(executor, &job->job);
    int error = hence_executor_queue(executor, &job->job, false);
    if (HENCE_UNLIKELY(error < 0))
        hence_job_refuse(&job->job, hence_executor_refusal(executor, error));
    return f;
}
