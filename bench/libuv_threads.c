/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * W9 and W10 on libuv. uv_async_send() sends many as one, so what other threads post is in a list of our own, with a
 * mutex, as libuv's guide has it; jobs are uv_queue_work()'s.
 *
 * libuv has one pool for the whole process, whose size is what UV_THREADPOOL_SIZE says when it is first used: in one
 * process only W10.1 or W10.4 can be measured. Where all rows are, each has its own; with N, name one of them.
 */
#include <uv.h>

#include "messages.h"

static uv_loop_t loop;

/* ---- W9 ---- */

static uv_async_t posted, stop;

static void on_posted(uv_async_t *async)
{
    (void)async;
    take_messages();
}

static void close_handles(uv_async_t *async)
{
    uv_close((uv_handle_t *)&posted, NULL);
    uv_close((uv_handle_t *)async, NULL);
}

static void open_loop(void)
{
    bench_check(uv_loop_init(&loop) == 0);
    bench_check(uv_async_init(&loop, &posted, on_posted) == 0);
    bench_check(uv_async_init(&loop, &stop, close_handles) == 0);
}

static void run_loop(void)
{
    uv_run(&loop, UV_RUN_DEFAULT);
}

static void close_loop(void)
{
    bench_check(uv_loop_close(&loop) == 0);
}

static void stop_loop(void)
{
    uv_async_send(&stop);
}

static void post(void *answer)
{
    if (add_message(answer))
        uv_async_send(&posted);
}

/* ---- W10 ---- */

struct job {
    uv_work_t request;
    long in, out;
};

static long total, left;

static void work(uv_work_t *request)
{
    struct job *job = request->data;
    job->out = job->in + 1;
}

static void job_done(uv_work_t *request, int status)
{
    struct job *job = request->data;
    bench_check(status == 0);
    total += job->out;
    left--;
    free(job);
}

static void submit(long in)
{
    struct job *job = malloc(sizeof *job);
    bench_check(job);
    job->request.data = job;
    job->in = in;
    bench_check(uv_queue_work(&loop, &job->request, work, job_done) == 0);
}

/* Its threads are started by the first job, and never end. */
static void open_pool(int workers)
{
    static int size;
    char text[16];
    bench_check(!size || size == workers);
    size = workers;
    snprintf(text, sizeof text, "%d", workers);
    bench_check(setenv("UV_THREADPOOL_SIZE", text, 1) == 0);
    bench_check(uv_loop_init(&loop) == 0);
}

static void close_pool(void)
{
    close_loop();
}

static long do_jobs(long n)
{
    total = 0;
    left = n;
    for (long i = 0; i < n; i++)
        submit(0);
    uv_run(&loop, UV_RUN_DEFAULT);
    bench_check(left == 0);
    return total;
}

static const struct bench_row rows[] = THREADS_ROWS;

const struct bench_row *const bench_tables[] = {rows, NULL};
