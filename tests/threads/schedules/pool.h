/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_TESTS_SCHEDULE_POOL_H
#define HENCE_TESTS_SCHEDULE_POOL_H

/* The scenarios of executors, and what they have in common: the executor, and its jobs. */

#include "exec/executor.h"
#include "schedule.h"

/* What the library locks the executor with: system.c. */
int schedule_mutex_lock(pthread_mutex_t *mutex);
int schedule_mutex_unlock(pthread_mutex_t *mutex);

/* ---- pool_jobs.c ---- */

#define POOL_JOBS 4

struct pool_work {
    struct hence_job job; /* of the scenarios without a loop; first */
    int runs, drops, ends, refusals, given_back, left_line;
    bool dies;
    struct pool_work *other; /* it waits in its job until that one is in its own */
    int began_at;            /* the step */
};

extern struct pool_work pool_works[POOL_JOBS];
extern hence_executor *pool_executor;
extern int pool_jobs;
extern int pool_let_in; /* the latest that came out of the line */

/* What a job does, and what drops its argument. */
hence_result pool_run(void *arg);
void pool_drop(void *arg);
/* Waits until that job has begun. */
void pool_wait_for(const struct pool_work *work);

/* A new executor, and as many jobs as the scenario's first number says. */
void pool_begin(int max_workers);
/* All threads are there, so the inbox is open, if it may be. */
void pool_begin_open(int max_workers, size_t max_queued);
/* Each job has run at most once, and ended once. */
void pool_check_works(void);

/* ---- pool_queue.c: without a loop ---- */

schedule_fn pool_queue;
schedule_fn pool_queue_open;
schedule_fn pool_take_back;
schedule_fn pool_take_back_open;
schedule_fn pool_leave;
schedule_fn pool_end_early;
schedule_fn pool_end_early_open;
schedule_fn pool_drop_early;
schedule_fn pool_drop_early_open;
schedule_fn pool_line;
schedule_fn pool_room;
schedule_fn pool_refuse;
schedule_fn pool_line_dies;
schedule_fn pool_together;
schedule_fn pool_meet_in_inbox;
schedule_fn pool_meet_late;
schedule_fn pool_meet_in_line;
schedule_fn pool_die;
schedule_fn pool_die_alone;

/* ---- pool_results.c: results that come back into a loop ---- */

schedule_fn pool_results;
schedule_fn pool_cancel;
schedule_fn pool_cancel_in_line;
schedule_fn pool_close_early;
schedule_fn pool_close_in_line;

#endif
