/* SPDX-License-Identifier: BSD-3-Clause */
/* W9 and W10: calls posted from another thread, and jobs of an executor whose results come back into the loop. */
#include "bench.h"

#include <hence/hence.h>
#include <pthread.h>
#include <semaphore.h>

static hence_loop *loop;

static void open_loop(void)
{
    loop = hence_loop_new(NULL);
    bench_check(loop);
}

/* ---- W9 ---- */

static sem_t done;
static long came, goal;

static void count(void *arg)
{
    (void)arg;
    if (++came == goal)
        sem_post(&done);
}

static void answer(void *semaphore)
{
    came++;
    sem_post(semaphore);
}

static void stop(void *arg)
{
    hence_loop_stop(arg);
}

static void *run_loop(void *opened)
{
    open_loop();
    sem_post(opened);
    hence_loop_run_forever(loop);
    hence_loop_free(loop);
    return NULL;
}

/* The loop in a thread of its own, on the CPU that this one is on; this one goes to `cpu`. */
static pthread_t begin_loop(long n, int cpu)
{
    pthread_t thread;
    came = 0;
    goal = n;
    sem_init(&done, 0, 0);
    bench_check(pthread_create(&thread, NULL, run_loop, &done) == 0);
    sem_wait(&done);
    bench_pin(cpu);
    return thread;
}

static void end_loop(pthread_t thread)
{
    hence_call_soon_threadsafe(loop, stop, loop);
    pthread_join(thread, NULL);
    sem_destroy(&done);
    bench_pin(0);
}

static double throughput(long n)
{
    pthread_t thread = begin_loop(n, 1);
    double start = bench_now();
    for (long i = 0; i < n; i++)
        hence_call_soon_threadsafe(loop, count, NULL);
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
        hence_call_soon_threadsafe(loop, answer, &answered);
        sem_wait(&answered);
    }
    double end = bench_now();
    end_loop(thread);
    sem_destroy(&answered);
    bench_check(came == n);
    return end - start;
}

/* ---- W10 ---- */

static long total, left;

static hence_result work(void *arg)
{
    const long *in = arg;
    return hence_int(*in + 1);
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

static double jobs(long n, size_t workers)
{
    static long zero;
    const hence_executor_options options = {.max_workers = workers};
    open_loop();
    bench_unpin();
    hence_executor *executor = hence_executor_new(&options);
    bench_check(executor);
    total = 0;
    left = n;
    double start = bench_now();
    for (long i = 0; i < n; i++) {
        hence_future *f = hence_run_in_executor(loop, executor, work, &zero, NULL);
        bench_check(hence_future_add_done_callback(f, job_done, NULL) == 0);
        hence_future_unref(f);
    }
    hence_loop_run_forever(loop);
    double end = bench_now();
    bench_check(hence_executor_shutdown(executor, false, -1) == 0);
    hence_executor_unref(executor);
    hence_loop_free(loop);
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

const struct bench_row hence_threads_rows[] = {
    {"W9.throughput", throughput, 1000000, 5},
    {"W9.roundtrip", roundtrip, 10000, 5},
    {"W10.1", jobs_1, 100000, 5},
    {"W10.4", jobs_4, 100000, 3},
    {NULL, NULL, 0, 0},
};
