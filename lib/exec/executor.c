/* SPDX-License-Identifier: BSD-3-Clause */
/* An executor's life, and how jobs come into it. */
#include "exec/executor.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/report.h"
#include "base/thread.h"
#include "exec/blocking.h"

/* ---- life ---- */

static size_t default_workers(void)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t workers = (processors > 0 ? (size_t)processors : 1) + 4;
    return workers < 32 ? workers : 32;
}

/* Threads hold it for a moment only: who finds it taken may look again before it sleeps. */
static void init_mutex(pthread_mutex_t *mutex)
{
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ADAPTIVE_NP);
    pthread_mutex_init(mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
}

/* How often an idle thread looks for a job before it sleeps: some microseconds. On one processor nobody could
 * bring one meanwhile. */
static unsigned spins(void)
{
    cpu_set_t set;
    const bool is_alone = sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) == 1;
    return is_alone ? 0 : 8;
}

hence_executor *hence_executor_new(const hence_executor_options *options)
{
    static const hence_executor_options defaults = {0, 0, NULL, 0, NULL, NULL};
    hence_executor *executor = hence_memory_get_zeroed(sizeof *executor);
    if (!executor)
        return NULL;
    if (!options)
        options = &defaults;
    executor->max_workers = options->max_workers ? options->max_workers : default_workers();
    executor->max_queued = options->max_queued ? options->max_queued : SIZE_MAX;
    executor->stack_size = options->stack_size;
    executor->initializer = options->initializer;
    executor->initializer_arg = options->initializer_arg;
    strncpy(executor->name, options->name ? options->name : "hence", HENCE_EXECUTOR_NAME_SIZE - 1);
    executor->born = hence_thread();
    atomic_init(&executor->references, 1);
    atomic_init(&executor->handles, 1);
    hence_ring_init(&executor->jobs);
    hence_ring_init(&executor->line);
    hence_ring_init(&executor->ends);
    hence_ring_init(&executor->inbox.jobs);
    init_mutex(&executor->inbox.mutex);
    init_mutex(&executor->mutex);
    executor->spins = spins();
    pthread_cond_init(&executor->work, NULL);
    hence_blocking_condition_init(&executor->ended);
    return executor;
}

bool hence_executor_is_parents(const hence_executor *executor)
{
    return hence_thread_is_from_before_fork(executor->born);
}

void hence_executor_hold(hence_executor *executor)
{
    atomic_fetch_add_explicit(&executor->references, 1, memory_order_relaxed);
}

bool hence_executor_lose(hence_executor *executor)
{
    return atomic_fetch_sub_explicit(&executor->references, 1, memory_order_acq_rel) == 1;
}

void hence_executor_free(hence_executor *executor)
{
    if (hence_executor_is_parents(executor)) /* its mutex is as it was there */
        return;
    pthread_mutex_lock(&executor->mutex); /* who has let go before may still hold it */
    pthread_mutex_unlock(&executor->mutex);
    pthread_cond_destroy(&executor->ended);
    pthread_cond_destroy(&executor->work);
    pthread_mutex_destroy(&executor->mutex);
    pthread_mutex_destroy(&executor->inbox.mutex);
    hence_failure_unref(executor->broken);
    hence_memory_put(executor, sizeof *executor);
}

void hence_executor_let_go(hence_executor *executor)
{
    if (hence_executor_lose(executor))
        hence_executor_free(executor);
}

void hence_executor_make_independent(hence_executor *executor, struct hence_job *job)
{
    if (job->is_dependent) {
        hence_executor_hold(executor);
        hence_executor_let_go_of_job(executor, true);
        job->is_dependent = false;
    }
}

hence_executor *hence_executor_ref(hence_executor *executor)
{
    if (executor) {
        atomic_fetch_add_explicit(&executor->handles, 1, memory_order_relaxed);
        hence_executor_hold(executor);
    }
    return executor;
}

hence_executor *hence_executor_unref(hence_executor *executor)
{
    if (!executor)
        return NULL;
    if (atomic_fetch_sub_explicit(&executor->handles, 1, memory_order_acq_rel) == 1 &&
        !hence_executor_is_parents(executor))
        hence_executor_shutdown(executor, false, 0);
    hence_executor_let_go(executor);
    return NULL;
}

/* ---- the inbox ---- */

/* With both mutexes held. */
static void empty_inbox(hence_executor *executor)
{
    struct hence_ring *inbox = &executor->inbox.jobs, *jobs = &executor->jobs;
    if (hence_ring_is_empty(inbox))
        return;
    inbox->next->previous = jobs->previous;
    jobs->previous->next = inbox->next;
    inbox->previous->next = jobs;
    jobs->previous = inbox->previous;
    hence_ring_init(inbox);
}

bool hence_executor_take_inbox(hence_executor *executor)
{
    pthread_mutex_lock(&executor->inbox.mutex);
    empty_inbox(executor);
    pthread_mutex_unlock(&executor->inbox.mutex);
    return !hence_ring_is_empty(&executor->jobs);
}

void hence_executor_set_inbox(hence_executor *executor, bool may_be_open)
{
    const bool is_open = may_be_open && executor->workers >= executor->max_workers &&
                         executor->max_queued == SIZE_MAX && !executor->shut_down &&
                         !executor->broken;
    if (is_open == atomic_load_explicit(&executor->inbox.is_open, memory_order_relaxed))
        return;
    pthread_mutex_lock(&executor->inbox.mutex);
    atomic_store_explicit(&executor->inbox.is_open, is_open, memory_order_relaxed);
    empty_inbox(executor);
    pthread_mutex_unlock(&executor->inbox.mutex);
}

/* With the inbox's mutex held. */
static void append(hence_executor *executor, struct hence_ring *to, struct hence_job *job)
{
    atomic_size_t *came = &executor->inbox.came;
    hence_ring_append(to, &job->ring);
    job->place = JOB_QUEUED;
    atomic_store_explicit(came, atomic_load_explicit(came, memory_order_relaxed) + 1,
                          memory_order_relaxed);
}

/* True if it is in, and a thread comes for it. */
static bool put_into_inbox(hence_executor *executor, struct hence_job *job)
{
    if (!atomic_load_explicit(&executor->inbox.is_open, memory_order_relaxed))
        return false;
    pthread_mutex_lock(&executor->inbox.mutex);
    const bool is_open = atomic_load_explicit(&executor->inbox.is_open, memory_order_relaxed);
    if (is_open)
        append(executor, &executor->inbox.jobs, job);
    pthread_mutex_unlock(&executor->inbox.mutex);
    if (!is_open || !atomic_load_explicit(&executor->has_sleepers, memory_order_relaxed))
        return is_open;
    pthread_mutex_lock(&executor->mutex);
    const bool needs_wakeup = hence_executor_needs_wakeup(executor);
    pthread_mutex_unlock(&executor->mutex);
    if (needs_wakeup)
        pthread_cond_signal(&executor->work);
    return true;
}

/* ---- in and out ---- */

static bool has_room(const hence_executor *executor)
{
    const size_t queued = hence_executor_queued(executor);
    return queued < executor->idle || queued - executor->idle < executor->max_queued;
}

/* Why there is no place for one job more; with the mutex held. */
static int find_place(hence_executor *executor)
{
    if (executor->shut_down)
        return -ESHUTDOWN;
    if (executor->broken)
        return -EPIPE;
    if (hence_executor_queued(executor) < executor->idle)
        return 0;
    if (executor->workers < executor->max_workers && hence_executor_start_worker(executor) == 0) {
        hence_executor_set_inbox(executor, true);
        hence_executor_let_in(executor); /* those in line go first */
    } else if (!executor->workers) {
        return -ENOMEM;
    }
    return has_room(executor) ? 0 : -EAGAIN;
}

static void append_to_queue(hence_executor *executor, struct hence_job *job)
{
    pthread_mutex_lock(&executor->inbox.mutex);
    empty_inbox(executor);
    append(executor, &executor->jobs, job);
    pthread_mutex_unlock(&executor->inbox.mutex);
}

static void append_to_line(hence_executor *executor, struct hence_job *job)
{
    hence_ring_append(&executor->line, &job->ring);
    job->place = JOB_IN_LINE;
}

void hence_executor_remove(hence_executor *executor, struct hence_job *job)
{
    hence_ring_cut_out(&job->ring);
    if (job->place == JOB_QUEUED)
        executor->went++;
    job->place = JOB_NOWHERE;
}

/* For it not to run. */
static void take_out(hence_executor *executor, struct hence_job *job)
{
    const bool was_in_line = job->place == JOB_IN_LINE;
    hence_executor_take_inbox(executor); /* it may be there, or next to what is */
    hence_executor_remove(executor, job);
    if (was_in_line)
        job->kind->left_line(job, false);
}

void hence_executor_let_in(hence_executor *executor)
{
    while (!hence_ring_is_empty(&executor->line) && has_room(executor)) {
        struct hence_job *job = (struct hence_job *)executor->line.next;
        hence_executor_remove(executor, job);
        append_to_queue(executor, job);
        job->kind->left_line(job, true);
        if (hence_executor_needs_wakeup(executor))
            pthread_cond_signal(&executor->work);
    }
}

static int refuse_in_child(void)
{
    const hence_report report = {
        .kind = HENCE_REPORT_WRONG_THREAD,
        .message = "a job for an executor of the parent in a forked child: it has no threads there",
    };
    hence_report_send(&report, NULL, NULL);
    return -ECHILD;
}

int hence_executor_queue(hence_executor *executor, struct hence_job *job, bool may_stand_in_line)
{
    bool needs_wakeup = false;
    if (HENCE_UNLIKELY(hence_executor_is_parents(executor)))
        return refuse_in_child();
    atomic_init(&job->is_cancelled, false);
    job->place = JOB_NOWHERE;
    if (!may_stand_in_line && put_into_inbox(executor, job))
        return 0;
    pthread_mutex_lock(&executor->mutex);
    int error = find_place(executor);
    if (!error) {
        append_to_queue(executor, job);
        if (may_stand_in_line)
            job->kind->left_line(job, true);
        needs_wakeup = hence_executor_needs_wakeup(executor);
    } else if (error == -EAGAIN && may_stand_in_line) {
        append_to_line(executor, job);
        error = 1;
    }
    pthread_mutex_unlock(&executor->mutex);
    if (needs_wakeup)
        pthread_cond_signal(&executor->work);
    return error;
}

bool hence_executor_unqueue(hence_executor *executor, struct hence_job *job)
{
    if (HENCE_UNLIKELY(hence_executor_is_parents(executor)))
        return false;
    pthread_mutex_lock(&executor->mutex);
    const bool is_queued = job->place != JOB_NOWHERE;
    if (is_queued) {
        take_out(executor, job);
        hence_executor_let_in(executor);
    }
    pthread_mutex_unlock(&executor->mutex);
    return is_queued;
}

bool hence_executor_is_queued(hence_executor *executor, const struct hence_job *job)
{
    pthread_mutex_lock(&executor->mutex);
    const bool is_queued = job->place != JOB_NOWHERE;
    pthread_mutex_unlock(&executor->mutex);
    return is_queued;
}

/* ---- refused ---- */

hence_result hence_executor_refusal(hence_executor *executor, int error)
{
    switch (error) {
    case -EAGAIN:
        return hence_fail_static(HENCE_EFULL);
    case -ESHUTDOWN:
        return hence_fail_static(HENCE_ESHUTDOWN);
    case -ECHILD:
        return hence_fail_static(HENCE_EDIED);
    case -EPIPE: /* it was set before, and for good */
        return hence_fail_with(hence_failure_ref(executor->broken));
    default:
        return hence_fail_static(HENCE_ENOMEM);
    }
}

void hence_job_refuse(struct hence_job *job, hence_result r)
{
    if (job->drop)
        job->drop(job->arg);
    job->kind->ended(job, r);
}

void hence_executor_drop_jobs(hence_executor *executor, hence_failure *failure)
{
    struct hence_ring *const places[] = {&executor->jobs, &executor->line};
    for (size_t i = 0; i < 2;) {
        struct hence_job *job = NULL;
        pthread_mutex_lock(&executor->mutex);
        if (!hence_ring_is_empty(places[i])) {
            job = (struct hence_job *)places[i]->next;
            take_out(executor, job);
        }
        pthread_mutex_unlock(&executor->mutex);
        if (job)
            hence_job_refuse(job, hence_fail_with(hence_failure_ref(failure)));
        else
            i++;
    }
    hence_failure_unref(failure);
}

/* ---- the end ---- */

static int wait_for_threads(hence_executor *executor,
                            const struct hence_blocking_deadline *deadline, bool in_time)
{
    pthread_mutex_lock(&executor->mutex);
    while (executor->workers && in_time)
        in_time = hence_blocking_wait_until(&executor->ended, &executor->mutex, deadline);
    const bool has_ended = !executor->workers;
    pthread_mutex_unlock(&executor->mutex);
    return has_ended ? 0 : -ETIMEDOUT;
}

int hence_executor_shutdown(hence_executor *executor, bool cancel_queued, int64_t timeout)
{
    const struct hence_blocking_deadline deadline = hence_blocking_deadline_after(timeout);
    if (!executor)
        return -ENOMEM;
    if (hence_executor_is_parents(executor))
        return -ECHILD;
    pthread_mutex_lock(&executor->mutex);
    executor->shut_down = true;
    hence_executor_set_inbox(executor, false);
    pthread_cond_broadcast(&executor->work);
    pthread_mutex_unlock(&executor->mutex);
    if (cancel_queued) {
        hence_executor_hold(executor); /* what ends with a job may let go of it */
        hence_result r = hence_fail_static(HENCE_ECANCELLED);
        hence_executor_drop_jobs(executor, hence_take_failure(&r));
    }
    int error = hence_executor_of_thread == executor ? -EDEADLK : 0;
    if (!error)
        error = wait_for_threads(executor, &deadline, timeout != 0);
    if (cancel_queued)
        hence_executor_let_go(executor);
    return error;
}

bool hence_executor_add_end(hence_executor *executor, struct hence_executor_end *end)
{
    pthread_mutex_lock(&executor->mutex);
    const bool waits = executor->workers > 0;
    if (waits)
        hence_ring_append(&executor->ends, &end->ring);
    pthread_mutex_unlock(&executor->mutex);
    return waits;
}

bool hence_executor_remove_end(hence_executor *executor, struct hence_executor_end *end)
{
    if (hence_executor_is_parents(executor))
        return false;
    pthread_mutex_lock(&executor->mutex);
    const bool waits = !hence_ring_is_empty(&end->ring);
    if (waits)
        hence_ring_remove(&end->ring);
    pthread_mutex_unlock(&executor->mutex);
    return waits;
}
