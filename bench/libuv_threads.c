/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * W9 and W10 on libuv. uv_async_send() sends many as one, so what other threads post is in a list of our own, with a
 * mutex, as libuv's guide has it; jobs are uv_queue_work()'s.
 *
 * libuv has one pool for the whole process, whose size is what UV_THREADPOOL_SIZE says when it is first used: in one
 * process only W10.1 or W10.4 can be measured. Where all rows are, each has its own; with N, name one of them.
 */
#include "bench.h"

#include <pthread.h>
#include <semaphore.h>
#include <uv.h>

static uv_loop_t loop;

static void open_loop(void)
{
    bench_check(uv_loop_init(&loop) == 0);
}

static void close_loop(void)
{
    bench_check(uv_loop_close(&loop) == 0);
}

/* ---- W9 ---- */

struct message {
    struct message *next;
    sem_t *answer;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* of the messages */
static struct message *first_message, **last_message = &first_message;
static uv_async_t posted, stop;
static sem_t done;
static long came, goal;

static void take_messages(uv_async_t *async)
{
    (void)async;
    pthread_mutex_lock(&mutex);
    struct message *message = first_message;
    first_message = NULL;
    last_message = &first_message;
    pthread_mutex_unlock(&mutex);
    while (message) {
        struct message *next = message->next;
        if (message->answer)
            sem_post(message->answer);
        free(message);
        message = next;
        if (++came == goal)
            sem_post(&done);
    }
}

static void post(sem_t *answer)
{
    struct message *message = malloc(sizeof *message);
    bench_check(message);
    message->next = NULL;
    message->answer = answer;
    pthread_mutex_lock(&mutex);
    const int was_empty = !first_message;
    *last_message = message;
    last_message = &message->next;
    pthread_mutex_unlock(&mutex);
    if (was_empty)
        uv_async_send(&posted);
}

static void *run_loop(void *arg)
{
    uv_run(&loop, UV_RUN_DEFAULT);
    return arg;
}

static void close_handles(uv_async_t *async)
{
    uv_close((uv_handle_t *)&posted, NULL);
    uv_close((uv_handle_t *)async, NULL);
}

/* The loop in a thread of its own, on the CPU that this one is on; this one goes to `cpu`. */
static pthread_t begin_loop(long n, int cpu)
{
    pthread_t thread;
    open_loop();
    bench_check(uv_async_init(&loop, &posted, take_messages) == 0);
    bench_check(uv_async_init(&loop, &stop, close_handles) == 0);
    came = 0;
    goal = n;
    sem_init(&done, 0, 0);
    bench_check(pthread_create(&thread, NULL, run_loop, NULL) == 0);
    bench_pin(cpu);
    return thread;
}

static void end_loop(pthread_t thread)
{
    uv_async_send(&stop);
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
        post(NULL);
    sem_wait(&done);
    double end = bench_now();
    end_loop(thread);
    bench_check(came == n);
    return end - start;
}

static double roundtrip(long n)
{
    sem_t answer;
    pthread_t thread = begin_loop(0, 0);
    sem_init(&answer, 0, 0);
    double start = bench_now();
    for (long i = 0; i < n; i++) {
        post(&answer);
        sem_wait(&answer);
    }
    double end = bench_now();
    end_loop(thread);
    sem_destroy(&answer);
    bench_check(came == n);
    return end - start;
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

static void set_pool_size(int workers)
{
    static int size;
    char text[16];
    bench_check(!size || size == workers);
    size = workers;
    snprintf(text, sizeof text, "%d", workers);
    bench_check(setenv("UV_THREADPOOL_SIZE", text, 1) == 0);
}

static double jobs(long n, int workers)
{
    set_pool_size(workers);
    open_loop();
    bench_unpin();
    submit(0); /* starts the threads, if there are none yet */
    left = 1;
    uv_run(&loop, UV_RUN_DEFAULT);
    total = 0;
    left = n;
    double start = bench_now();
    for (long i = 0; i < n; i++)
        submit(0);
    uv_run(&loop, UV_RUN_DEFAULT);
    double end = bench_now();
    close_loop();
    bench_pin(0);
    bench_check(total == n && left == 0);
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
