/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * W9 and W10 on GLib. What other threads have for the loop goes through g_main_context_invoke_full(), with the
 * priority of ordinary events; jobs are a GThreadPool's with threads of its own.
 *
 * The context is not the default one: there a thread that finds it free would run the function itself.
 */
#include <glib.h>

#include "threads.h"

static GMainContext *context;
static GMainLoop *loop;

static void open_loop(void)
{
    context = g_main_context_new();
    loop = g_main_loop_new(context, FALSE);
}

static void run_loop(void)
{
    g_main_loop_run(loop);
}

static void close_loop(void)
{
    g_main_loop_unref(loop);
    g_main_context_unref(context);
}

static void call(GSourceFunc function, void *arg)
{
    g_main_context_invoke_full(context, G_PRIORITY_DEFAULT, function, arg, NULL);
}

/* ---- W9 ---- */

static gboolean on_posted(void *answer)
{
    arrived(answer);
    return G_SOURCE_REMOVE;
}

static void post(void *answer)
{
    call(on_posted, answer);
}

static gboolean stop(void *arg)
{
    (void)arg;
    g_main_loop_quit(loop);
    return G_SOURCE_REMOVE;
}

static void stop_loop(void)
{
    call(stop, NULL);
}

/* ---- W10 ---- */

struct job {
    long in, out;
};

static long total, left;

static gboolean job_done(void *arg)
{
    struct job *job = arg;
    total += job->out;
    free(job);
    if (--left == 0)
        g_main_loop_quit(loop);
    return G_SOURCE_REMOVE;
}

static void work(void *arg, void *unused)
{
    struct job *job = arg;
    (void)unused;
    job->out = job->in + 1;
    call(job_done, job);
}

static GThreadPool *pool;

static void submit(long in)
{
    struct job *job = malloc(sizeof *job);
    bench_check(job);
    job->in = in;
    bench_check(g_thread_pool_push(pool, job, NULL));
}

static void open_pool(int workers)
{
    open_loop();
    pool = g_thread_pool_new(work, NULL, workers, TRUE, NULL);
    bench_check(pool);
}

static void close_pool(void)
{
    g_thread_pool_free(pool, FALSE, TRUE);
    close_loop();
}

static long do_jobs(long n)
{
    total = 0;
    left = n;
    for (long i = 0; i < n; i++)
        submit(0);
    run_loop();
    return total;
}

static const struct bench_row rows[] = THREADS_ROWS;

const struct bench_row *const bench_tables[] = {rows, NULL};
