/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_TESTS_EXEC_SUPPORT_H
#define HENCE_TESTS_EXEC_SUPPORT_H

/* What the tests with threads have in common: gates that jobs wait at, and arguments that are counted. */

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "support/support.h"

/* Waits until another thread has made it so; half a minute at most. */
#define wait_until(condition)                                                                      \
    do {                                                                                           \
        for (int patience = 30000; !(condition) && patience; patience--)                           \
            usleep(1000);                                                                          \
        check(condition);                                                                          \
    } while (0)

/* An argument of a job, and what became of it. */
struct work {
    atomic_int began, dropped;
    atomic_bool go; /* work_at_gate() goes on */
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

/* The same, as soon as it may go on. */
static inline hence_result work_at_gate(void *arg)
{
    struct work *work = arg;
    atomic_fetch_add(&work->began, 1);
    while (!atomic_load(&work->go))
        usleep(500);
    return hence_int(work->number);
}

/* Works until it is cancelled. */
static inline hence_result work_until_cancelled(void *arg)
{
    struct work *work = arg;
    atomic_fetch_add(&work->began, 1);
    while (!hence_job_is_cancelled() && !atomic_load(&work->go))
        usleep(500);
    atomic_store(&work->saw_cancelled, hence_job_is_cancelled());
    return hence_int(work->number);
}

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
