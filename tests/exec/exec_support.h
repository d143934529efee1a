/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_TESTS_EXEC_SUPPORT_H
#define HENCE_TESTS_EXEC_SUPPORT_H

/* What the tests with threads have in common: gates that jobs wait at, and arguments that are counted. */

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "support/support.h"

/* ---- threads that wait for each other ---- */

/* Goes with all that a thread waits for here; and who changes that, tells all who wait. */
static pthread_mutex_t meeting = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t has_changed = PTHREAD_COND_INITIALIZER;

static inline void set_flag(atomic_bool *flag)
{
    pthread_mutex_lock(&meeting);
    atomic_store(flag, true);
    pthread_cond_broadcast(&has_changed);
    pthread_mutex_unlock(&meeting);
}

/* Half a minute from now, which is when the patience of a test ends. */
static inline struct timespec end_of_patience(void)
{
    struct timespec when;
    clock_gettime(CLOCK_REALTIME, &when);
    when.tv_sec += 30;
    return when;
}

/* Waits until another thread has made it so, with set_flag() or by coming to a gate. */
#define wait_until(condition)                                                                      \
    do {                                                                                           \
        const struct timespec end = end_of_patience();                                             \
        pthread_mutex_lock(&meeting);                                                              \
        for (int late = 0; !(condition) && !late;)                                                 \
            late = pthread_cond_timedwait(&has_changed, &meeting, &end);                           \
        pthread_mutex_unlock(&meeting);                                                            \
        check(condition);                                                                          \
    } while (0)

/* The same for what happens inside the library, which tells nobody: looks again and again. */
#define look_until(condition)                                                                      \
    do {                                                                                           \
        const struct timespec end = end_of_patience();                                             \
        while (!(condition) && time(NULL) < end.tv_sec)                                            \
            sched_yield();                                                                         \
        check(condition);                                                                          \
    } while (0)

/* ---- jobs ---- */

/* An argument of a job, and what became of it. */
struct work {
    atomic_int began, dropped;
    atomic_bool go; /* the gate is open */
    atomic_bool saw_cancelled;
    int number;
    pthread_t thread; /* that is at it, for those who tell */
};

static inline void work_drop(void *arg)
{
    struct work *work = arg;
    atomic_fetch_add(&work->dropped, 1);
}

/* The destructor of a number: counts. */
static inline void work_drop_number(void *number)
{
    atomic_fetch_add((atomic_int *)number, 1);
}

/* Gives its number. */
static inline hence_result work_number(void *arg)
{
    struct work *work = arg;
    atomic_fetch_add(&work->began, 1);
    return hence_int(work->number);
}

static inline void tell_begun(struct work *work)
{
    pthread_mutex_lock(&meeting);
    atomic_fetch_add(&work->began, 1);
    pthread_cond_broadcast(&has_changed);
    pthread_mutex_unlock(&meeting);
}

/* Tells that it has begun, and waits for open_gate(); who has seen it begin finds it waiting. */
static inline void stand_at_gate(struct work *work)
{
    pthread_mutex_lock(&meeting);
    atomic_fetch_add(&work->began, 1);
    pthread_cond_broadcast(&has_changed);
    while (!atomic_load(&work->go))
        pthread_cond_wait(&has_changed, &meeting);
    pthread_mutex_unlock(&meeting);
}

static inline void open_gate(struct work *work)
{
    set_flag(&work->go);
}

/* Gives its number, as soon as the gate is open. */
static inline hence_result work_at_gate(void *arg)
{
    struct work *work = arg;
    stand_at_gate(work);
    atomic_store(&work->saw_cancelled, hence_job_is_cancelled());
    return hence_int(work->number);
}

/* Works until it is cancelled. */
static inline hence_result work_until_cancelled(void *arg)
{
    struct work *work = arg;
    tell_begun(work);
    while (!hence_job_is_cancelled())
        sched_yield(); /* it is at work */
    atomic_store(&work->saw_cancelled, true);
    return hence_int(work->number);
}

/* ---- loops and pools ---- */

/* A loop in real time. */
static inline hence_loop *real_loop(void)
{
    hence_loop *loop = hence_loop_new(NULL);
    check(loop);
    return loop;
}

/* Runs the loop until the Future is done: what became of it. */
static inline const char *await(hence_loop *loop, hence_future *f)
{
    const char *text = describe_and_drop(hence_loop_run_until_complete(loop, f));
    hence_future_unref(f);
    return text;
}

static inline hence_executor *pool(size_t workers, size_t queued)
{
    const hence_executor_options options = {
        .max_workers = workers, .max_queued = queued, .name = "a-long-name-of-it"};
    return hence_executor_new(&options);
}

/* Waits for its threads; where there was no memory for it, the loop's own have done the work. */
static inline void end_pool(hence_loop *loop, hence_executor *executor)
{
    hence_executor_shutdown(executor ? executor : hence_executor_default(loop), false, -1);
    hence_executor_unref(executor);
}

#endif
