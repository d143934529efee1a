/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * W9 and W10 on GLib. What other threads have for the loop goes through g_main_context_invoke_full(), with the
 * priority of ordinary events; jobs are a GThreadPool's with threads of its own.
 *
 * The context is not the default one: there a thread that finds it free would run the function itself.
 */
#include "bench.h"

#include <glib.h>
#include <pthread.h>
#include <semaphore.h>

static GMainContext *context;
static GMainLoop *loop;

static void open_loop(void)
{
    context = g_main_context_new();
    loop = g_main_loop_new(context, FALSE);
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

static sem_t done;
static long came, goal;

static gboolean count(void *arg)
{
    (void)arg;
    if (++came == goal)
        sem_post(&done);
    return G_SOURCE_REMOVE;
}

static gboolean answer(void *semaphore)
{
    came++;
    sem_post(semaphore);
    return G_SOURCE_REMOVE;
}

static gboolean stop(void *arg)
{
    g_main_loop_quit(arg);
    return G_SOURCE_REMOVE;
}

static void *run_loop(void *arg)
{
    g_main_loop_run(loop);
    return arg;
}

/* The loop in a thread of its own, on the CPU that this one is on; this one goes to `cpu`. */
static pthread_t begin_loop(long n, int cpu)
{
    pthread_t thread;
    open_loop();
    came = 0;
    goal = n;
    sem_init(&done, 0, 0);
    bench_check(pthread_create(&thread, NULL, run_loop, NULL) == 0);
    bench_pin(cpu);
    return thread;
}

static void end_loop(pthread_t thread)
{
    call(stop, loop);
    pthread_join(thread, NULL);
    close_loop();
    sem_destroy(&done);
    bench_pin(0);
}

static double throughput(long n)
{
    pthread_t thread = begin_loop(n, 1);
    double start = bench_now();
    for (long i = 0; i < n; i++)
        call(count, NULL);
    sem_wait(&done);
    double end = bench_now();
    end_loop(thread);
    bench_check(came == n);
    return end - start;
}

static double roundtrip(long n)
{
    sem_t answered;
    pthread_t thread = begin_loop(0, 0);
    sem_init(&answered, 0, 0);
    double start = bench_now();
    for (long i = 0; i < n; i++) {
        call(answer, &answered);
        sem_wait(&answered);
    }
    double end = bench_now();
    end_loop(thread);
    sem_destroy(&answered);
    bench_check(came == n);
    return end - start;
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

static void submit(GThreadPool *pool, long in)
{
    struct job *job = malloc(sizeof *job);
    bench_check(job);
    job->in = in;
    bench_check(g_thread_pool_push(pool, job, NULL));
}

static double jobs(long n, int workers)
{
    open_loop();
    bench_unpin();
    GThreadPool *pool = g_thread_pool_new(work, NULL, workers, TRUE, NULL);
    bench_check(pool);
    total = 0;
    left = n;
    double start = bench_now();
    for (long i = 0; i < n; i++)
        submit(pool, 0);
    g_main_loop_run(loop);
    double end = bench_now();
    g_thread_pool_free(pool, FALSE, TRUE);
    close_loop();
    bench_pin(0);
    bench_check(total == n);
    return end - start;
}

static double jobs_1(long n)
{
    return jobs(n, 1);
}

static double jobs_4(long n)
{
    return jobs(n, 4);
}

static const struct bench_row rows[] = {
    {"W9.throughput", throughput, 1000000, 5},
    {"W9.roundtrip", roundtrip, 10000, 5},
    {"W10.1", jobs_1, 100000, 5},
    {"W10.4", jobs_4, 100000, 3},
    {NULL, NULL, 0, 0},
};

const struct bench_row *const bench_tables[] = {rows, NULL};
