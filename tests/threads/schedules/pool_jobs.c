/* SPDX-License-Identifier: BSD-3-Clause */
/* The jobs of the scenarios of executors. */
#include <string.h>

#include "pool.h"

struct pool_work pool_works[POOL_JOBS];
hence_executor *pool_executor;
int pool_jobs;
int pool_let_in;

_Noreturn void schedule_exit(void);

static bool has_begun(const void *work)
{
    return ((const struct pool_work *)work)->began_at > 0;
}

void pool_wait_for(const struct pool_work *work)
{
    schedule_point(&(struct schedule_operation){.what = "waits for a job to begin",
                                                .object = &work->began_at,
                                                .touch = READS,
                                                .may_go = has_begun,
                                                .arg = work,
                                                .enabler = &work->began_at});
}

static void meet(struct pool_work *work)
{
    schedule_point(&(struct schedule_operation){
        .what = "begins a job", .object = &work->began_at, .touch = WRITES});
    work->began_at = schedule_step();
    pool_wait_for(work->other);
}

hence_result pool_run(void *arg)
{
    struct pool_work *work = arg;
    work->runs++;
    if (work->other)
        meet(work);
    if (work->dies)
        schedule_exit();
    return hence_job_is_cancelled() ? hence_none() : hence_int(1);
}

void pool_drop(void *arg)
{
    struct pool_work *work = arg;
    if (work->drops++)
        schedule_fail("an argument is dropped twice");
}

static void ended(struct hence_job *job, hence_result r)
{
    struct pool_work *work = (struct pool_work *)job;
    if (work->ends++)
        schedule_fail("a job ends twice");
    hence_drop(r);
}

static void left_line(struct hence_job *job, bool is_in)
{
    struct pool_work *work = (struct pool_work *)job;
    const int number = (int)(work - pool_works);
    if (work->left_line++)
        schedule_fail("a job leaves the line twice");
    if (is_in && number <= pool_let_in)
        schedule_fail("a job in line is overtaken");
    if (is_in)
        pool_let_in = number;
}

static const struct hence_job_kind kind = {ended, left_line};

void pool_begin(int max_workers)
{
    const hence_executor_options options = {.max_workers = (size_t)max_workers};
    pool_jobs = schedule_number(0);
    memset(pool_works, 0, sizeof pool_works);
    for (int i = 0; i < pool_jobs; i++)
        pool_works[i].job = (struct hence_job){
            .fn = pool_run, .arg = &pool_works[i], .drop = pool_drop, .kind = &kind};
    pool_executor = hence_executor_new(&options);
    pool_executor->spins = (unsigned)schedule_number(2);
}

void pool_begin_open(int max_workers, size_t max_queued)
{
    pool_begin(max_workers);
    pool_executor->max_queued = max_queued;
    schedule_mutex_lock(&pool_executor->mutex);
    for (int i = 0; i < max_workers; i++)
        if (hence_executor_start_worker(pool_executor) != 0)
            schedule_fail("no thread can be had");
    hence_executor_set_inbox(pool_executor, true);
    schedule_mutex_unlock(&pool_executor->mutex);
}

void pool_check_works(void)
{
    for (int i = 0; i < pool_jobs; i++) {
        const struct pool_work *work = &pool_works[i];
        if (work->runs > 1 || work->refusals + work->given_back + work->ends != 1)
            schedule_fail("a job runs %d times, ends %d times, is refused %d times, taken back %d "
                          "times",
                          work->runs, work->ends, work->refusals, work->given_back);
        if (work->ends != work->drops)
            schedule_fail("a job ends, its argument is dropped %d times", work->drops);
    }
}
