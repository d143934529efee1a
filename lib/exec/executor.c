/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A pool of threads and the jobs that wait for one: a queue, a mutex, and two conditions.
 *
 * A thread begins when a job comes and none is idle, up to the bound. Each holds a reference to the
 * executor. All signals are blocked in it: they are for the program's own threads. A thread that ends inside
 * a job (pthread_exit(), pthread_cancel()) ends that job with a failure, and another one begins if jobs wait.
 */
#include "exec/executor.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"

#define NAME_SIZE 11

struct hence_executor {
    pthread_mutex_t mutex;
    pthread_cond_t work;  /* jobs, or the end */
    pthread_cond_t ended; /* a thread has ended */
    struct hence_ring jobs;
    size_t queued, workers, started;
    size_t idle; /* threads that are not at a job, also those that only begin */
    size_t max_workers, max_queued, stack_size;
    bool shut_down;
    size_t references;   /* the program's, and one for each thread; with the mutex held */
    atomic_uint handles; /* the program's */
    char name[NAME_SIZE];
};

/* The job that this thread is at, and its executor. */
static _Thread_local struct hence_job *current_job;
static _Thread_local hence_executor *current_executor;

bool hence_job_is_cancelled(void)
{
    return current_job && atomic_load_explicit(&current_job->is_cancelled, memory_order_relaxed);
}

/* ---- life ---- */

static size_t default_workers(void)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t workers = (processors > 0 ? (size_t)processors : 1) + 4;
    return workers < 32 ? workers : 32;
}

hence_executor *hence_executor_new(const hence_executor_options *options)
{
    static const hence_executor_options defaults = {0, 0, NULL, 0};
    pthread_condattr_t attributes;
    hence_executor *executor = hence_memory_get_zeroed(sizeof *executor);
    if (!executor)
        return NULL;
    if (!options)
        options = &defaults;
    executor->max_workers = options->max_workers ? options->max_workers : default_workers();
    executor->max_queued = options->max_queued ? options->max_queued : SIZE_MAX;
    executor->stack_size = options->stack_size;
    strncpy(executor->name, options->name ? options->name : "hence", NAME_SIZE - 1);
    executor->references = 1;
    atomic_init(&executor->handles, 1);
    hence_ring_init(&executor->jobs);
    pthread_mutex_init(&executor->mutex, NULL);
    pthread_cond_init(&executor->work, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&executor->ended, &attributes);
    pthread_condattr_destroy(&attributes);
    return executor;
}

/* Unlocks, too: whoever has waited for this thread may free the executor at once. */
static void release_locked(hence_executor *executor)
{
    const bool is_last = --executor->references == 0;
    pthread_mutex_unlock(&executor->mutex);
    if (!is_last)
        return;
    pthread_cond_destroy(&executor->ended);
    pthread_cond_destroy(&executor->work);
    pthread_mutex_destroy(&executor->mutex);
    hence_memory_put(executor, sizeof *executor);
}

hence_executor *hence_executor_ref(hence_executor *executor)
{
    if (executor) {
        atomic_fetch_add_explicit(&executor->handles, 1, memory_order_relaxed);
        pthread_mutex_lock(&executor->mutex);
        executor->references++;
        pthread_mutex_unlock(&executor->mutex);
    }
    return executor;
}

hence_executor *hence_executor_unref(hence_executor *executor)
{
    if (!executor)
        return NULL;
    if (atomic_fetch_sub_explicit(&executor->handles, 1, memory_order_acq_rel) == 1)
        hence_executor_shutdown(executor, false, 0);
    pthread_mutex_lock(&executor->mutex);
    release_locked(executor);
    return NULL;
}

/* ---- threads ---- */

static int start_worker(hence_executor *executor);

/* With the mutex held, which goes, and the reference of the thread with it. */
static void worker_ends(hence_executor *executor)
{
    executor->workers--;
    if (executor->queued > executor->idle)
        start_worker(executor);
    pthread_cond_broadcast(&executor->ended);
    release_locked(executor);
}

/* The thread ends inside a job. */
static void worker_dies(void *arg)
{
    hence_executor *executor = arg;
    struct hence_job *job = current_job;
    current_job = NULL;
    current_executor = NULL;
    if (job->drop)
        job->drop(job->arg);
    job->ended(job, hence_fail_static(HENCE_EDIED));
    pthread_mutex_lock(&executor->mutex);
    worker_ends(executor);
}

static void run_job(hence_executor *executor, struct hence_job *job)
{
    hence_result r;
    current_job = job;
    pthread_cleanup_push(worker_dies, executor);
    r = job->fn(job->arg);
    pthread_cleanup_pop(0);
    current_job = NULL;
    if (job->drop)
        job->drop(job->arg);
    job->ended(job, r);
}

/* The next job, or NULL when the thread is to end. With the mutex held. */
static struct hence_job *next_job(hence_executor *executor)
{
    while (hence_ring_is_empty(&executor->jobs)) {
        if (executor->shut_down)
            return NULL;
        pthread_cond_wait(&executor->work, &executor->mutex);
    }
    struct hence_job *job = (struct hence_job *)executor->jobs.next;
    hence_ring_remove(&job->ring);
    executor->queued--;
    executor->idle--;
    return job;
}

static void *work(void *arg)
{
    hence_executor *executor = arg;
    struct hence_job *job;
    int state;
    current_executor = executor;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    pthread_mutex_lock(&executor->mutex);
    while ((job = next_job(executor))) {
        pthread_mutex_unlock(&executor->mutex);
        pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &state);
        run_job(executor, job);
        pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
        pthread_mutex_lock(&executor->mutex);
        executor->idle++;
    }
    executor->idle--;
    worker_ends(executor);
    return NULL;
}

/* With the mutex held: 0, or -errno. */
static int start_worker(hence_executor *executor)
{
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t all, before;
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
    char name[16];
    snprintf(name, sizeof name, "%s-%u", executor->name, (unsigned)(executor->started++ % 10000));
    pthread_setname_np(thread, name);
    executor->references++;
    executor->workers++;
    executor->idle++;
    return 0;
}

/* ---- jobs ---- */

/* Why there is no place for one job more; with the mutex held. */
static int find_place(hence_executor *executor)
{
    if (executor->shut_down)
        return -ESHUTDOWN;
    if (executor->queued < executor->idle)
        return 0;
    if (executor->workers < executor->max_workers && start_worker(executor) == 0)
        return 0;
    if (!executor->workers)
        return -ENOMEM;
    return executor->queued - executor->idle < executor->max_queued ? 0 : -EAGAIN;
}

int hence_executor_queue(hence_executor *executor, struct hence_job *job)
{
    hence_ring_init(&job->ring);
    atomic_init(&job->is_cancelled, false);
    pthread_mutex_lock(&executor->mutex);
    int error = find_place(executor);
    if (!error) {
        hence_ring_append(&executor->jobs, &job->ring);
        executor->queued++;
        pthread_cond_signal(&executor->work);
    }
    pthread_mutex_unlock(&executor->mutex);
    return error;
}

bool hence_executor_unqueue(hence_executor *executor, struct hence_job *job)
{
    pthread_mutex_lock(&executor->mutex);
    const bool is_queued = !hence_ring_is_empty(&job->ring);
    if (is_queued) {
        hence_ring_remove(&job->ring);
        executor->queued--;
    }
    pthread_mutex_unlock(&executor->mutex);
    return is_queued;
}

hence_result hence_executor_refusal(int error)
{
    if (error == -EAGAIN)
        return hence_fail_static(HENCE_EFULL);
    return hence_fail_static(error == -ESHUTDOWN ? HENCE_ECLOSED : HENCE_ENOMEM);
}

/* ---- the end ---- */

static void drop_jobs(hence_executor *executor)
{
    for (;;) {
        struct hence_job *job = NULL;
        pthread_mutex_lock(&executor->mutex);
        if (!hence_ring_is_empty(&executor->jobs)) {
            job = (struct hence_job *)executor->jobs.next;
            hence_ring_remove(&job->ring);
            executor->queued--;
        }
        pthread_mutex_unlock(&executor->mutex);
        if (!job)
            return;
        if (job->drop)
            job->drop(job->arg);
        job->ended(job, hence_fail_static(HENCE_ECANCELLED));
    }
}

static struct timespec time_after(int64_t timeout)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t nanoseconds = now.tv_nsec + timeout % 1000000000;
    now.tv_sec += (time_t)(timeout / 1000000000 + nanoseconds / 1000000000);
    now.tv_nsec = (long)(nanoseconds % 1000000000);
    return now;
}

int hence_executor_shutdown(hence_executor *executor, bool cancel_queued, int64_t timeout)
{
    int error = 0;
    if (!executor)
        return -ENOMEM;
    pthread_mutex_lock(&executor->mutex);
    executor->shut_down = true;
    pthread_cond_broadcast(&executor->work);
    pthread_mutex_unlock(&executor->mutex);
    if (cancel_queued)
        drop_jobs(executor);
    if (current_executor == executor)
        return -EDEADLK;
    const struct timespec until = time_after(timeout > 0 ? timeout : 0);
    pthread_mutex_lock(&executor->mutex);
    while (executor->workers && !error) {
        if (timeout < 0)
            pthread_cond_wait(&executor->ended, &executor->mutex);
        else
            error = pthread_cond_timedwait(&executor->ended, &executor->mutex, &until);
    }
    error = executor->workers ? -ETIMEDOUT : 0;
    pthread_mutex_unlock(&executor->mutex);
    return error;
}
