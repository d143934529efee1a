/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_LIB_EXEC_EXECUTOR_H
#define HENCE_LIB_EXEC_EXECUTOR_H

/*
 * A pool of threads and the jobs that wait for one: a queue, a line in front of it, a mutex, and two conditions.
 *
 * In front of the queue there is an inbox with a mutex of its own, so that who brings jobs and the threads that take
 * them do not meet at each one: a thread that finds the queue empty moves all that is in the inbox into it. It is
 * open while no job can be refused and no thread is to be started, that is when all threads are there and the queue
 * has no bound; otherwise jobs come into the queue itself. A thread that is about to sleep says so before it looks
 * into the inbox for the last time; who brings a job looks for sleepers after that: one of the two sees the other.
 *
 * A thread begins when a job comes and none is idle, up to the bound. Each holds a reference to the
 * executor. All signals are blocked in it: they are for the program's own threads. A thread that ends inside
 * a job (pthread_exit(), pthread_cancel()) ends that job with a failure, and another one begins if jobs wait.
 *
 * A job that finds the queue full is refused, or stands in line. Whenever there is room the first in line is let
 * in: nobody stands in line while there is room, so nobody can be overtaken.
 *
 * In a forked child there are no threads, and the mutex is as it was: nothing is done there with an executor of
 * the parent.
 */

#include <hence/exec.h>

#include <pthread.h>
#include <stdatomic.h>

#include "base/ring.h"
#include "loop/loop.h"

enum job_place {
    JOB_NOWHERE, /* with a thread, or with who made it */
    JOB_QUEUED,
    JOB_IN_LINE
};

/* Work for a thread. Made by a room's own constructors, which say how it ends. What a job needs before it has run
 * and what its maker may need afterwards shares memory: 56 bytes. */
struct hence_job {
    union {
        struct hence_ring ring; /* in the queue or in the line; first */
        struct hence_parcel
            parcel; /* a parcel that has arrived points to itself; a ring here never does */
    };
    union {
        struct {
            hence_result_fn *fn;
            void *arg;
        };
        hence_result result;
    };
    hence_drop_fn *drop;
    const struct hence_job_kind *kind;
    enum job_place place;     /* with the mutex held */
    atomic_bool is_cancelled; /* what hence_job_is_cancelled() tells its function */
    bool is_dependent;        /* see hence_executor_hold_for_job() */
};

struct hence_job_kind {
    /* Takes the result and the job itself, on the thread that has run it, or on the one that drops it. */
    void (*ended)(struct hence_job *job, hence_result r);
    /* Of one that may stand in line: it is in the queue now, at once or from the line, or it is out of the line
     * for another reason. Once, with the mutex held. */
    void (*left_line)(struct hence_job *job, bool is_in);
};

/* Told when the last thread has ended after the shutdown, with the mutex held. */
struct hence_executor_end {
    struct hence_ring ring; /* first */
    void (*told)(struct hence_executor_end *end);
};

#define HENCE_EXECUTOR_NAME_SIZE 11

struct hence_inbox {
    pthread_mutex_t mutex; /* taken alone, or with the executor's own held */
    struct hence_ring jobs;
    atomic_bool is_open; /* written with both held */
    atomic_size_t came;  /* jobs that ever came to wait, here or in the queue */
};

/* In three parts, so that what one thread writes all the time is not next to what the others read. */
struct hence_executor {
    size_t max_workers, max_queued, stack_size;
    hence_result_fn *initializer;
    void *initializer_arg;
    unsigned spins; /* how often a thread without a job looks for one before it sleeps */
    uint64_t born;  /* the number of the thread that made it */
    char name[HENCE_EXECUTOR_NAME_SIZE];
    atomic_bool has_sleepers; /* and none of them is being woken */
    char apart_before[HENCE_CACHE_LINE];

    struct hence_inbox inbox;
    char apart_between[HENCE_CACHE_LINE];

    atomic_uint handles;    /* the program's references */
    atomic_uint references; /* those, one for each thread, those of jobs that can be cancelled */
    size_t dependents;      /* such jobs of the thread that made it: together one reference */
    char apart_behind[HENCE_CACHE_LINE];

    pthread_mutex_t mutex;
    pthread_cond_t work;  /* jobs, or the end */
    pthread_cond_t ended; /* a thread has ended */
    struct hence_ring jobs, line;
    struct hence_ring ends;
    size_t went; /* jobs that do not wait any more */
    size_t workers, started;
    size_t idle;           /* threads that are not at a job, also those that only begin */
    size_t sleepers;       /* threads that wait for `work` */
    bool is_waking;        /* one of them is about to wake up */
    bool is_spinning;      /* a thread looks for a job for a moment, before it sleeps */
    hence_failure *broken; /* why the initializer failed */
    bool shut_down;
};

/* A reference that does not keep it from shutting down. */
void hence_executor_hold(hence_executor *executor);
void hence_executor_let_go(hence_executor *executor);
/* The same in two steps, for who lets go with the mutex held: true if it is to be freed, without the mutex. */
bool hence_executor_lose(hence_executor *executor);
void hence_executor_free(hence_executor *executor);

/* The same for a loop's job. Those whose loop is on the thread that has made the executor are counted without atomics:
 * such a dependent must be let go by that thread, or be made independent there before. */
static inline void hence_executor_hold_for_job(hence_executor *executor, struct hence_job *job)
{
    job->is_dependent = executor->born == hence_thread_number;
    if (!job->is_dependent || !executor->dependents++)
        hence_executor_hold(executor);
}

static inline void hence_executor_let_go_of_job(hence_executor *executor, bool is_dependent)
{
    if (!is_dependent || !--executor->dependents)
        hence_executor_let_go(executor);
}

void hence_executor_make_independent(hence_executor *executor, struct hence_job *job);

/* Queues a job: 0. 1: it stands in line, if it may. -EAGAIN: the queue is full, -ESHUTDOWN, -EPIPE: it is
 * broken, -ECHILD: it is of the parent, -ENOMEM: no thread can be had and there is none; then the job has not
 * been touched. */
int hence_executor_queue(hence_executor *executor, struct hence_job *job, bool may_stand_in_line);

/* Takes a job out of the queue or the line: true, and it is the caller's again; false if a thread has taken it. */
bool hence_executor_unqueue(hence_executor *executor, struct hence_job *job);

/* Does it wait for a thread? */
bool hence_executor_is_queued(hence_executor *executor, const struct hence_job *job);

/* The failure for a job that was refused with -errno. */
hence_result hence_executor_refusal(hence_executor *executor, int error);

/* Ends a job that will not run, on this thread. */
void hence_job_refuse(struct hence_job *job, hence_result r);

/* submit.c: the thread ends inside a callback of a job that it was ending: the rest of that. */
void hence_submitted_finish(void);

/* Ends all jobs that wait, each with its own reference to `failure`, which is taken. */
void hence_executor_drop_jobs(hence_executor *executor, hence_failure *failure);

/* Has `end` told: true; false if all threads have ended. Takes it back: true if it was not told. */
bool hence_executor_add_end(hence_executor *executor, struct hence_executor_end *end);
bool hence_executor_remove_end(hence_executor *executor, struct hence_executor_end *end);

/* Is it of the parent of this forked child? */
bool hence_executor_is_parents(const hence_executor *executor);

/* ---- with the mutex held ---- */

/* worker.c: one more thread: 0, or -errno. The inbox may be open then. */
int hence_executor_start_worker(hence_executor *executor);

/* The jobs that wait for a thread. More may come into the inbox at any time. */
static inline size_t hence_executor_queued(const hence_executor *executor)
{
    return atomic_load_explicit(&executor->inbox.came, memory_order_relaxed) - executor->went;
}

static inline void hence_executor_set_sleepers(hence_executor *executor, size_t sleepers,
                                               bool is_waking)
{
    executor->sleepers = sleepers;
    executor->is_waking = is_waking;
    atomic_store_explicit(&executor->has_sleepers, sleepers && !is_waking, memory_order_relaxed);
}

/* Jobs wait: is a thread to be woken for them, by pthread_cond_signal(), now or with the mutex let go? One at a
 * time: as soon as it has taken a job, it asks the same. */
static inline bool hence_executor_needs_wakeup(hence_executor *executor)
{
    if (!executor->sleepers || executor->is_waking ||
        hence_executor_queued(executor) <= executor->is_spinning)
        return false;
    hence_executor_set_sleepers(executor, executor->sleepers, true);
    return true;
}

/* Moves what is in the inbox into the queue: are there jobs now? */
bool hence_executor_take_inbox(hence_executor *executor);
/* Opens or closes it, as things are now. Closing moves what is in it into the queue. */
void hence_executor_set_inbox(hence_executor *executor, bool may_be_open);

/* Takes a job out, wherever it waits. */
void hence_executor_remove(hence_executor *executor, struct hence_job *job);
/* There may be room for those in line. */
void hence_executor_let_in(hence_executor *executor);

/* The executor that this thread belongs to, or NULL. */
extern _Thread_local hence_executor *hence_executor_of_thread;

#endif
