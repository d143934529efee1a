/* SPDX-License-Identifier: BSD-3-Clause */
/* Executors whose results come back into a loop. */
#include <hence/hence.h>

#include "loop/loop.h"
#include "pool.h"

static hence_loop *loop;
static hence_future *futures[POOL_JOBS];
static int told;

static void say_nothing(const hence_report *report, void *arg)
{
    (void)report; /* of failures that nobody looked at */
    (void)arg;
}

static void tell(hence_future *f, void *arg)
{
    (void)arg;
    hence_drop(hence_future_result(f));
    if (++told == pool_jobs)
        hence_loop_stop(loop);
}

/* Those that may stand in line are another kind: see lib/exec/run.c. */
static void begin_loop(bool may_stand_in_line)
{
    pool_begin(schedule_number(1));
    hence_set_report_handler(say_nothing, NULL);
    told = 0;
    loop = hence_loop_new(NULL);
    schedule_name(&loop->door.posted, "the posts");
    for (int i = 0; i < pool_jobs; i++) {
        void *work = &pool_works[i];
        futures[i] = may_stand_in_line
                         ? hence_run_in_executor_when_room(loop, pool_executor, pool_run, work,
                                                           pool_drop, NULL)
                         : hence_run_in_executor(loop, pool_executor, pool_run, work, pool_drop);
        hence_future_add_done_callback(futures[i], tell, NULL);
    }
}

static void end_loop(void)
{
    hence_loop_free(loop);
    for (int i = 0; i < pool_jobs; i++) {
        if (!hence_future_done(futures[i]))
            schedule_fail("a Future is not done when its loop is gone");
        hence_future_unref(futures[i]);
    }
    hence_executor_shutdown(pool_executor, false, -1);
    hence_executor_unref(pool_executor);
    for (int i = 0; i < pool_jobs; i++)
        if (pool_works[i].runs > 1 || pool_works[i].drops != 1)
            schedule_fail("a job runs %d times, its argument is dropped %d times",
                          pool_works[i].runs, pool_works[i].drops);
}

void pool_results(void *unused)
{
    (void)unused;
    begin_loop(false);
    hence_loop_run_forever(loop);
    for (int i = 0; i < pool_jobs; i++)
        if (pool_works[i].runs != 1)
            schedule_fail("a job runs %d times", pool_works[i].runs);
    end_loop();
}

/* The last job is cancelled: it waits, it runs, or it has ended. */
static void cancel(bool may_stand_in_line)
{
    begin_loop(may_stand_in_line);
    hence_future_cancel(futures[pool_jobs - 1]);
    hence_loop_run_forever(loop);
    end_loop();
}

void pool_cancel(void *unused)
{
    (void)unused;
    cancel(false);
}

void pool_cancel_in_line(void *unused)
{
    (void)unused;
    cancel(true);
}

void pool_close_early(void *unused)
{
    (void)unused;
    begin_loop(false);
    end_loop();
}

void pool_close_in_line(void *unused)
{
    (void)unused;
    begin_loop(true);
    end_loop();
}
