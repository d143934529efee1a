/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_BENCH_THREADS_H
#define HENCE_BENCH_THREADS_H

/*
 * W9 and W10, the same for each library: calls posted from another thread, and jobs of a pool whose results come back
 * into the loop. A file says how its library does what is declared here, and has the rows in its table.
 */

#include "bench.h"

#include <pthread.h>
#include <semaphore.h>

/* ---- what a library does ---- */

/* The loop, in the thread that runs it: W9's, or the one of jobs(). */
static void open_loop(void);
static void run_loop(void);
static void close_loop(void);
/* From another thread. */
static void stop_loop(void);
/* From another thread: has arrived(answer) called in the loop. */
static void post(void *answer);
/* W10: a pool, whose results come to a loop of this thread. */
static void open_pool(int workers);
static void close_pool(void);
/* n jobs, each of which adds 1 to the 0 that it gets; runs the loop until all have come back. Gives their sum. */
static long do_jobs(long n);

/* ---- W9 ---- */

static sem_t done;
static long came, goal;

/* What was posted, in the loop. */
static inline void arrived(void *answer)
{
    came++;
    if (answer)
        sem_post(answer);
    else if (came == goal)
        sem_post(&done);
}

static void *loop_thread(void *opened)
{
    open_loop();
    sem_post(opened);
    run_loop();
    close_loop();
    return NULL;
}

/* The loop in a thread of its own, on the CPU that this one is on; this one goes to `cpu`. */
static pthread_t begin_loop(long n, int cpu)
{
    pthread_t thread;
    came = 0;
    goal = n;
    sem_init(&done, 0, 0);
    bench_check(pthread_create(&thread, NULL, loop_thread, &done) == 0);
    sem_wait(&done);
    bench_pin(cpu);
    return thread;
}

static void end_loop(pthread_t thread, long n)
{
    stop_loop();
    pthread_join(thread, NULL);
    sem_destroy(&done);
    bench_pin(0);
    bench_check(came == n);
}

static double throughput(long n)
{
    pthread_t thread = begin_loop(n, 1);
    double start = bench_now();
    for (long i = 0; i < n; i++)
        post(NULL);
    sem_wait(&done);
    double end = bench_now();
    end_loop(thread, n);
    return end - start;
}

static double roundtrip(long n)
{
    sem_t answer;
    pthread_t thread = begin_loop(n, 0);
    sem_init(&answer, 0, 0);
    double start = bench_now();
    for (long i = 0; i < n; i++) {
        post(&answer);
        sem_wait(&answer);
    }
    double end = bench_now();
    end_loop(thread, n);
    sem_destroy(&answer);
    return end - start;
}

/* ---- W10 ---- */

/* The pool lives on from one sample to the next, as those of programs do: its threads are there. */
static double jobs(long n, int workers)
{
    static int opened;
    if (opened != workers) {
        if (opened)
            close_pool();
        bench_unpin();
        open_pool(workers);
        opened = workers;
    }
    double start = bench_now();
    long sum = do_jobs(n);
    double end = bench_now();
    bench_check(sum == n);
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

#define THREADS_ROWS                                                                               \
    {                                                                                              \
        {"W9.throughput", throughput, 1000000, 5}, {"W9.roundtrip", roundtrip, 10000, 5},          \
            {"W10.1", jobs_1, 100000, 5}, {"W10.4", jobs_4, 100000, 3}, {NULL, NULL, 0, 0},        \
    }

#endif
