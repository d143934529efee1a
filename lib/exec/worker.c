/* SPDX-License-Identifier: BSD-3-Clause */
/* The threads of an executor. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>

#include "exec/executor.h"

_Thread_local hence_executor *hence_executor_of_thread;

/* The job that this thread is at. */
static _Thread_local struct hence_job *current_job;
static _Thread_local bool is_initializing;

bool hence_job_is_cancelled(void)
{
    return current_job && atomic_load_explicit(&current_job->is_cancelled, memory_order_relaxed);
}

/* ---- ends ---- */

static void tell_ends(hence_executor *executor)
{
    while (!hence_ring_is_empty(&executor->ends)) {
        struct hence_executor_end *end = (struct hence_executor_end *)executor->ends.next;
        hence_ring_remove(&end->ring);
        end->told(end);
    }
}

/* Sees to it that somebody is there for the jobs that wait; with the mutex held. If no thread can be had, and
 * there is no other one, they end. The inbox is closed each time first, since this thread, which still counts, does
 * not come for what is brought there. */
static void replace_worker(hence_executor *executor)
{
    for (;;) {
        hence_executor_set_inbox(executor, false);
        if (hence_executor_queued(executor) <= executor->idle || executor->broken)
            return;
        int error = hence_executor_start_worker(executor);
        if (!error)
            hence_executor_let_in(executor);
        if (!error || executor->workers > 1)
            return;
        pthread_mutex_unlock(&executor->mutex);
        hence_result r = hence_fail_errno_at(NULL, -error, "no thread can be had for the job");
        hence_executor_drop_jobs(executor, hence_take_failure(&r));
        pthread_mutex_lock(&executor->mutex);
    }
}

/* With the mutex held, which goes, and the reference of the thread with it: whoever waits for the thread may let
 * go of the executor at once. */
static void worker_ends(hence_executor *executor)
{
    replace_worker(executor);
    executor->workers--;
    hence_executor_set_inbox(executor, true);
    if (executor->shut_down && !executor->workers)
        tell_ends(executor);
    pthread_cond_broadcast(&executor->ended);
    const bool is_last = hence_executor_lose(executor);
    pthread_mutex_unlock(&executor->mutex);
    if (is_last)
        hence_executor_free(executor);
}

/* Rule 139: takes the failure. All jobs that wait fail with it, and all that come. */
static void break_executor(hence_executor *executor, hence_failure *why)
{
    hence_result r = hence_fail_because_at(NULL, why, HENCE_EBROKEN, NULL);
    hence_failure *failure = hence_take_failure(&r);
    pthread_mutex_lock(&executor->mutex);
    if (executor->broken)
        hence_failure_unref(failure);
    else
        executor->broken = failure;
    hence_executor_set_inbox(executor, false);
    pthread_cond_broadcast(&executor->work);
    failure = hence_failure_ref(executor->broken);
    pthread_mutex_unlock(&executor->mutex);
    hence_executor_drop_jobs(executor, failure);
}

/* The thread ends inside a job, or inside the initializer; or inside something that a job has called when it was
 * over: a callback, and then those behind it are called from here. */
static void worker_dies(void *arg)
{
    hence_executor *executor = arg;
    struct hence_job *job = current_job;
    hence_result died = hence_fail_static(HENCE_EDIED);
    current_job = NULL;
    hence_executor_of_thread = NULL;
    if (job)
        hence_job_refuse(job, died);
    else if (!is_initializing)
        hence_submitted_finish();
    else
        break_executor(executor, hence_take_failure(&died));
    pthread_mutex_lock(&executor->mutex);
    if (is_initializing)
        executor->idle--;
    worker_ends(executor);
}

/* Only here can the thread be cancelled: elsewhere it holds what would be lost. */
static hence_result call(hence_result_fn *fn, void *arg)
{
    int state;
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &state);
    hence_result r = fn(arg);
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    return r;
}

/* ---- works ---- */

static inline void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

#define MOMENT 128 /* pauses of the processor: one or two microseconds */

static void run_job(struct hence_job *job)
{
    current_job = job;
    hence_result r = call(job->fn, job->arg);
    current_job = NULL;
    if (job->drop)
        job->drop(job->arg);
    job->kind->ended(job, r);
}

/* A thread that finds no job does not look again at once, but some moments later, without the mutex: it would meet
 * who brings jobs at each of them, and both would wait for the other's cache. So it takes several at a time. Nor
 * does it sleep at once: to be woken costs both sides a system call. */
static void spin(hence_executor *executor)
{
    const size_t went = executor->went;
    executor->is_spinning = true;
    pthread_mutex_unlock(&executor->mutex);
    for (unsigned i = 0; i < executor->spins; i++) {
        for (int j = 0; j < MOMENT; j++)
            relax();
        if (atomic_load_explicit(&executor->inbox.came, memory_order_relaxed) != went)
            break;
    }
    pthread_mutex_lock(&executor->mutex);
    executor->is_spinning = false;
}

static bool is_over(const hence_executor *executor)
{
    return executor->shut_down || executor->broken;
}

static void sleep_until_woken(hence_executor *executor)
{
    hence_executor_set_sleepers(executor, executor->sleepers + 1, executor->is_waking);
    const bool has_jobs =
        hence_executor_take_inbox(executor); /* after it has said that it sleeps */
    bool is_waking = executor->is_waking;    /* of another one */
    if (!has_jobs) {
        while (!executor->is_waking && !is_over(executor))
            pthread_cond_wait(&executor->work, &executor->mutex);
        is_waking = false;
    }
    hence_executor_set_sleepers(executor, executor->sleepers - 1, is_waking);
    /* who has come while it was about to wake up has left the job to it: next_job() looks if there is no other */
    if (!has_jobs && !hence_ring_is_empty(&executor->jobs))
        hence_executor_take_inbox(executor);
}

/* The next job, or NULL when the thread is to end. With the mutex held. */
static struct hence_job *next_job(hence_executor *executor)
{
    while (hence_ring_is_empty(&executor->jobs)) {
        if (executor->spins && !executor->is_spinning && !is_over(executor))
            spin(executor);
        if (hence_executor_take_inbox(executor))
            break;
        if (is_over(executor))
            return NULL;
        sleep_until_woken(executor);
    }
    struct hence_job *job = (struct hence_job *)executor->jobs.next;
    hence_executor_remove(executor, job);
    executor->idle--;
    hence_executor_let_in(executor);
    if (!hence_ring_is_empty(&executor->jobs) && hence_executor_needs_wakeup(executor))
        pthread_cond_signal(&executor->work);
    return job;
}

static bool initialize(hence_executor *executor)
{
    if (!executor->initializer)
        return true;
    is_initializing = true;
    hence_result r = call(executor->initializer, executor->initializer_arg);
    is_initializing = false;
    hence_failure *failure = hence_take_failure(&r);
    hence_drop(r);
    if (failure)
        break_executor(executor, failure);
    return !failure;
}

static void work_until_over(hence_executor *executor)
{
    struct hence_job *job;
    const bool is_ready = initialize(executor);
    pthread_mutex_lock(&executor->mutex);
    while (is_ready && (job = next_job(executor))) {
        pthread_mutex_unlock(&executor->mutex);
        run_job(job);
        pthread_mutex_lock(&executor->mutex);
        executor->idle++;
        hence_executor_let_in(executor);
    }
    executor->idle--;
    worker_ends(executor);
}

static void *work(void *arg)
{
    hence_executor *executor = arg;
    int state;
    hence_executor_of_thread = executor;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    pthread_cleanup_push(worker_dies, executor);
    work_until_over(executor);
    pthread_cleanup_pop(0);
    return NULL;
}

/* ---- begins ---- */

int hence_executor_start_worker(hence_executor *executor)
{
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t all, before;
    char name[16];
    snprintf(name, sizeof name, "%s-%u", executor->name, (unsigned)(executor->started % 10000));
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    if (executor->stack_size)
        pthread_attr_setstacksize(&attributes, executor->stack_size);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&thread, &attributes, work, executor);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (error)
        return -error;
    pthread_setname_np(thread, name);
    hence_executor_hold(executor);
    executor->started++;
    executor->workers++;
    executor->idle++;
    return 0;
}
