/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * W9 and W10 on libevent alone, with its locks on. Other threads put what they have into a list of our own, with
 * a mutex, and make one event active when it was empty: an event for each of them takes a quarter longer. The pool
 * is as one writes it by hand: a list, a mutex, a condition.
 */
#include <event2/event.h>
#include <event2/event_struct.h>
#include <event2/thread.h>

#include "messages.h"

static struct event_base *base;
static struct event posted;

static void open_base(event_callback_fn on_posted)
{
    if (!base) {
        bench_check(evthread_use_pthreads() == 0);
        base = event_base_new();
        bench_check(base);
    }
    event_assign(&posted, base, -1, 0, on_posted, NULL);
}

/* ---- W9 ---- */

static void on_posted(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
    take_messages();
}

static void open_loop(void)
{
    open_base(on_posted);
}

static void run_loop(void)
{
    event_base_loop(base, EVLOOP_NO_EXIT_ON_EMPTY);
}

static void close_loop(void)
{
}

static void stop_base(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    event_base_loopbreak(arg);
}

static void stop_loop(void)
{
    static struct event stop;
    event_assign(&stop, base, -1, 0, stop_base, base);
    event_active(&stop, 0, 0);
}

static void post(void *answer)
{
    if (add_message(answer))
        event_active(&posted, 0, 0);
}

/* ---- W10 ---- */

struct job {
    struct job *next;
    long in, out;
};

static pthread_mutex_t pool_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t pool_work = PTHREAD_COND_INITIALIZER;
static struct job *first_job, **last_job = &first_job;
static pthread_mutex_t results_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct job *first_result, **last_result = &first_result;
static int idle, pool_ends;
static long total, left;

static void give_back(struct job *job)
{
    job->next = NULL;
    pthread_mutex_lock(&results_mutex);
    const int was_empty = !first_result;
    *last_result = job;
    last_result = &job->next;
    pthread_mutex_unlock(&results_mutex);
    if (was_empty)
        event_active(&posted, 0, 0);
}

static void *work(void *arg)
{
    pthread_mutex_lock(&pool_mutex);
    for (;;) {
        while (!first_job && !pool_ends) {
            idle++;
            pthread_cond_wait(&pool_work, &pool_mutex);
            idle--;
        }
        struct job *job = first_job;
        if (!job)
            break;
        first_job = job->next;
        if (!first_job)
            last_job = &first_job;
        pthread_mutex_unlock(&pool_mutex);
        job->out = job->in + 1;
        give_back(job);
        pthread_mutex_lock(&pool_mutex);
    }
    pthread_mutex_unlock(&pool_mutex);
    return arg;
}

static void submit(long in)
{
    struct job *job = malloc(sizeof *job);
    bench_check(job);
    job->next = NULL;
    job->in = in;
    pthread_mutex_lock(&pool_mutex);
    *last_job = job;
    last_job = &job->next;
    const int needs_wakeup = idle > 0;
    pthread_mutex_unlock(&pool_mutex);
    if (needs_wakeup)
        pthread_cond_signal(&pool_work);
}

static void take_results(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
    pthread_mutex_lock(&results_mutex);
    struct job *job = first_result;
    first_result = NULL;
    last_result = &first_result;
    pthread_mutex_unlock(&results_mutex);
    while (job) {
        struct job *next = job->next;
        total += job->out;
        free(job);
        if (--left == 0)
            event_base_loopbreak(base);
        job = next;
    }
}

static pthread_t workers[8];
static int worker_count;

static void open_pool(int count)
{
    open_base(take_results);
    pool_ends = 0;
    for (worker_count = 0; worker_count < count; worker_count++)
        bench_check(pthread_create(&workers[worker_count], NULL, work, NULL) == 0);
}

static void close_pool(void)
{
    pthread_mutex_lock(&pool_mutex);
    pool_ends = 1;
    pthread_cond_broadcast(&pool_work);
    pthread_mutex_unlock(&pool_mutex);
    while (worker_count)
        pthread_join(workers[--worker_count], NULL);
}

static long do_jobs(long n)
{
    total = 0;
    left = n;
    for (long i = 0; i < n; i++)
        submit(0);
    event_base_loop(base, EVLOOP_NO_EXIT_ON_EMPTY);
    return total;
}

const struct bench_row libevent_threads_rows[] = THREADS_ROWS;
