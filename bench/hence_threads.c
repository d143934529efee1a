/* SPDX-License-Identifier: BSD-3-Clause */
/* W9 and W10: calls posted from another thread, and jobs of an executor whose results come back into the loop. */
#include <hence/hence.h>

#include "threads.h"

static hence_loop *loop;

static void open_loop(void)
{
    loop = hence_loop_new(NULL);
    bench_check(loop);
}

static void run_loop(void)
{
    hence_loop_run_forever(loop);
}

static void close_loop(void)
{
    hence_loop_free(loop);
}

/* ---- W9 ---- */

static void stop(void *arg)
{
    hence_loop_stop(arg);
}

static void stop_loop(void)
{
    hence_call_soon_threadsafe(loop, stop, loop);
}

static void post(void *answer)
{
    hence_call_soon_threadsafe(loop, arrived, answer);
}

/* ---- W10 ---- */

static long total, left;

static hence_result work(void *arg)
{
    return hence_int((intptr_t)arg + 1);
}

static void job_done(hence_future *f, void *arg)
{
    hence_result r = hence_future_result(f);
    (void)arg;
    total += hence_as_int(&r);
    hence_drop(r);
    if (--left == 0)
        hence_loop_stop(loop);
}

static hence_executor *executor;

static void open_pool(int workers)
{
    const hence_executor_options options = {.max_workers = (size_t)workers};
    open_loop();
    executor = hence_executor_new(&options);
    bench_check(executor);
}

static void close_pool(void)
{
    bench_check(hence_executor_shutdown(executor, false, -1) == 0);
    hence_executor_unref(executor);
    close_loop();
}

static long do_jobs(long n)
{
    total = 0;
    left = n;
    for (long i = 0; i < n; i++) {
        hence_future *f = hence_run_in_executor(loop, executor, work, (void *)0, NULL);
        bench_check(hence_future_add_done_callback(f, job_done, NULL) == 0);
        hence_future_unref(f);
    }
    run_loop();
    return total;
}

const struct bench_row hence_threads_rows[] = THREADS_ROWS;
