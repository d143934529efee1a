/* SPDX-License-Identifier: BSD-3-Clause */
/* Executors without a loop: jobs are queued, taken back, refused, stand in line, and their threads end. */
#include <errno.h>
#include <stdint.h>

#include "pool.h"

static bool takes_back, drops_queued, is_open;

/* Each thread queues a job, and may take it back. */
static void submit(void *arg)
{
    struct pool_work *work = arg;
    int error = hence_executor_queue(pool_executor, &work->job, false);
    work->refusals = error != 0;
    if (error && error != -ESHUTDOWN)
        schedule_fail("queueing fails with %d", error);
    if (!error && takes_back && hence_executor_unqueue(pool_executor, &work->job))
        work->given_back++;
}

static void begin_either(void)
{
    if (is_open)
        pool_begin_open(schedule_number(1), SIZE_MAX);
    else
        pool_begin(schedule_number(1));
}

static void queue_jobs(bool takes_them_back)
{
    static const char *const names[POOL_JOBS] = {"thread 1", "thread 2", "thread 3", "thread 4"};
    int threads[POOL_JOBS];
    takes_back = takes_them_back;
    begin_either();
    for (int i = 0; i < pool_jobs; i++)
        threads[i] = schedule_start(names[i], submit, &pool_works[i]);
    for (int i = 0; i < pool_jobs; i++)
        schedule_join(threads[i]);
    if (hence_executor_shutdown(pool_executor, false, -1) != 0)
        schedule_fail("shutting down fails");
    pool_check_works();
    hence_executor_unref(pool_executor);
}

void pool_queue(void *unused)
{
    (void)unused;
    is_open = false;
    queue_jobs(false);
}

void pool_queue_open(void *unused)
{
    (void)unused;
    is_open = true;
    queue_jobs(false);
}

void pool_take_back(void *unused)
{
    (void)unused;
    is_open = false;
    queue_jobs(true);
}

void pool_take_back_open(void *unused)
{
    (void)unused;
    is_open = true;
    queue_jobs(true);
}

/* The threads end by themselves, without being waited for. */
void pool_leave(void *unused)
{
    (void)unused;
    takes_back = false;
    pool_begin(schedule_number(1));
    for (int i = 0; i < pool_jobs; i++)
        submit(&pool_works[i]);
    hence_executor_unref(pool_executor);
}

static void shut_down(void *unused)
{
    (void)unused;
    int error = hence_executor_shutdown(pool_executor, drops_queued, -1);
    if (error)
        schedule_fail("shutting down fails with %d", error);
}

/* Another thread shuts it down, and waits, while jobs are queued. */
static void end_meanwhile(bool drops)
{
    drops_queued = drops;
    begin_either();
    const int thread = schedule_start("the end", shut_down, NULL);
    for (int i = 0; i < pool_jobs; i++)
        pool_works[i].refusals =
            hence_executor_queue(pool_executor, &pool_works[i].job, false) != 0;
    schedule_join(thread);
    pool_check_works();
    hence_executor_unref(pool_executor);
}

void pool_end_early(void *unused)
{
    (void)unused;
    is_open = false;
    end_meanwhile(false);
}

void pool_end_early_open(void *unused)
{
    (void)unused;
    is_open = true;
    end_meanwhile(false);
}

void pool_drop_early(void *unused)
{
    (void)unused;
    is_open = false;
    end_meanwhile(true);
}

void pool_drop_early_open(void *unused)
{
    (void)unused;
    is_open = true;
    end_meanwhile(true);
}

static void take_back_two(void *unused)
{
    (void)unused;
    for (int i = 0; i < 2; i++)
        pool_works[i].given_back = hence_executor_unqueue(pool_executor, &pool_works[i].job);
}

/* There is room for one job behind those that run. */
void pool_line(void *unused)
{
    (void)unused;
    pool_begin(schedule_number(1));
    pool_executor->max_queued = 1;
    pool_let_in = -1;
    for (int i = 0; i < pool_jobs; i++)
        if (hence_executor_queue(pool_executor, &pool_works[i].job, true) < 0)
            schedule_fail("a job may not stand in line");
    const int thread = schedule_start("thread 1", take_back_two, NULL);
    if (hence_executor_shutdown(pool_executor, false, -1) != 0)
        schedule_fail("shutting down fails");
    schedule_join(thread);
    pool_check_works();
    for (int i = 0; i < pool_jobs; i++)
        if (pool_works[i].left_line != 1)
            schedule_fail("a job leaves the line %d times", pool_works[i].left_line);
    hence_executor_unref(pool_executor);
}

/* The same place; who comes when it is taken is refused. */
void pool_room(void *unused)
{
    (void)unused;
    pool_begin_open(schedule_number(1), 1);
    for (int i = 0; i < pool_jobs; i++) {
        pool_works[i].refusals =
            hence_executor_queue(pool_executor, &pool_works[i].job, false) != 0;
        schedule_mutex_lock(&pool_executor->mutex);
        if (hence_executor_queued(pool_executor) > pool_executor->idle + pool_executor->max_queued)
            schedule_fail("a job waits for which there is no room");
        schedule_mutex_unlock(&pool_executor->mutex);
    }
    hence_executor_shutdown(pool_executor, false, -1);
    pool_check_works();
    hence_executor_unref(pool_executor);
}

/* The first job comes before it is shut down, the others afterwards. */
void pool_refuse(void *unused)
{
    (void)unused;
    pool_begin_open(schedule_number(1), SIZE_MAX);
    for (int i = 0; i < pool_jobs; i++) {
        pool_works[i].refusals =
            hence_executor_queue(pool_executor, &pool_works[i].job, false) == -ESHUTDOWN;
        if (pool_works[i].refusals != (i > 0))
            schedule_fail("a job is refused before it is shut down, or is not afterwards");
        hence_executor_shutdown(pool_executor, false, 0);
    }
    hence_executor_shutdown(pool_executor, false, -1);
    pool_check_works();
    hence_executor_unref(pool_executor);
}

/* The thread ends in the first job: nobody overtakes those that stand in line for the next one. */
void pool_line_dies(void *unused)
{
    (void)unused;
    pool_begin(schedule_number(1));
    pool_executor->max_queued = 1;
    pool_let_in = -1;
    pool_works[0].dies = true;
    for (int i = 0; i < pool_jobs; i++)
        if (hence_executor_queue(pool_executor, &pool_works[i].job, true) < 0)
            schedule_fail("a job may not stand in line");
    if (hence_executor_shutdown(pool_executor, false, -1) != 0)
        schedule_fail("shutting down fails");
    pool_check_works();
    hence_executor_unref(pool_executor);
}

/* Two jobs that wait for each other, once the threads may sleep already. */
void pool_together(void *unused)
{
    (void)unused;
    pool_begin(schedule_number(1));
    for (int i = 0; i < pool_jobs; i++) {
        pool_works[i].other = &pool_works[i ^ 1];
        pool_works[i].refusals =
            hence_executor_queue(pool_executor, &pool_works[i].job, false) != 0;
    }
    for (int i = 0; i < pool_jobs; i++)
        pool_wait_for(&pool_works[i]); /* shutting down wakes all threads */
    hence_executor_shutdown(pool_executor, false, -1);
    pool_check_works();
    hence_executor_unref(pool_executor);
}

/* Two jobs that wait for each other again. One comes into the inbox; the other comes into the queue, since another is
 * taken back or since it may stand in line. */
static void meet_open(bool takes_one_back, bool stands_in_line)
{
    pool_let_in = -1;
    pool_begin_open(schedule_number(1), SIZE_MAX);
    pool_works[1].other = &pool_works[2];
    pool_works[2].other = &pool_works[1];
    pool_works[0].refusals = hence_executor_queue(pool_executor, &pool_works[0].job, false) != 0;
    pool_works[1].refusals =
        hence_executor_queue(pool_executor, &pool_works[1].job, stands_in_line) != 0;
    if (takes_one_back)
        pool_works[0].given_back = hence_executor_unqueue(pool_executor, &pool_works[0].job);
    pool_works[2].refusals = hence_executor_queue(pool_executor, &pool_works[2].job, false) != 0;
    pool_wait_for(&pool_works[1]);
    pool_wait_for(&pool_works[2]);
    hence_executor_shutdown(pool_executor, false, -1);
    pool_check_works();
    hence_executor_unref(pool_executor);
}

void pool_meet_in_inbox(void *unused)
{
    (void)unused;
    meet_open(true, false);
}

void pool_meet_late(void *unused)
{
    (void)unused;
    meet_open(false, false);
}

void pool_meet_in_line(void *unused)
{
    (void)unused;
    meet_open(true, true);
}

/* The first job's thread ends in it. */
void pool_die(void *unused)
{
    (void)unused;
    pool_begin(schedule_number(1));
    pool_works[0].dies = true;
    for (int i = 0; i < pool_jobs; i++)
        pool_works[i].refusals =
            hence_executor_queue(pool_executor, &pool_works[i].job, false) != 0;
    hence_executor_shutdown(pool_executor, false, -1);
    pool_check_works();
    hence_executor_unref(pool_executor);
}

/* The same, and no thread can be had but the first ones. */
void pool_die_alone(void *unused)
{
    (void)unused;
    pool_begin(schedule_number(1));
    schedule_allow_workers(schedule_number(1));
    pool_works[0].dies = true;
    for (int i = 0; i < pool_jobs; i++) {
        int error = hence_executor_queue(pool_executor, &pool_works[i].job, false);
        pool_works[i].refusals = error != 0;
        if (error && error != -ENOMEM)
            schedule_fail("queueing fails with %d", error);
    }
    hence_executor_shutdown(pool_executor, false, -1);
    pool_check_works();
    hence_executor_unref(pool_executor);
}
