/* SPDX-License-Identifier: BSD-3-Clause */
/* W13: locks, queues and so on; for each time somebody is let in, told or given something. */
#include "bench.h"

#include <event2/event.h>
#include <hence/hence.h>

enum {
    ROW = 1000 /* who wait at once */
};

static long told;

static hence_result count(hence_result *in, void *arg)
{
    (void)in; /* a hold goes now */
    (void)arg;
    told++;
    return hence_none();
}

static void ask(hence_deferred *d)
{
    hence_deferred_add_callback(d, count, NULL);
    hence_deferred_unref(d);
}

static double since(double start, long n)
{
    double time = bench_now() - start;
    bench_check(told == n);
    told = 0;
    return time;
}

/* ---- one after the other: acquired, one callback, released, freed ---- */

static double lock(long n)
{
    hence_lock *lock = hence_lock_new();
    double start = bench_now();
    for (long i = 0; i < n; i++)
        ask(hence_lock_acquire(lock));
    double time = since(start, n);
    hence_lock_free(lock);
    return time;
}

static double lock_try(long n)
{
    hence_lock *lock = hence_lock_new();
    hence_hold *hold;
    double start = bench_now();
    for (long i = 0; i < n; i++) {
        told += hence_lock_try_acquire(lock, &hold) == 0;
        hence_hold_free(hold);
    }
    double time = since(start, n);
    hence_lock_free(lock);
    return time;
}

static hence_result nothing(void *arg)
{
    (void)arg;
    told++;
    return hence_none();
}

static double lock_run(long n)
{
    hence_lock *lock = hence_lock_new();
    double start = bench_now();
    for (long i = 0; i < n; i++)
        hence_deferred_unref(hence_lock_run(lock, nothing, NULL));
    double time = since(start, n);
    hence_lock_free(lock);
    return time;
}

static double semaphore(long n)
{
    hence_semaphore *semaphore = hence_semaphore_new(10);
    double start = bench_now();
    for (long i = 0; i < n; i++)
        ask(hence_semaphore_acquire(semaphore));
    double time = since(start, n);
    hence_semaphore_free(semaphore);
    return time;
}

static double rwlock(long n)
{
    hence_rwlock *rwlock = hence_rwlock_new(0);
    double start = bench_now();
    for (long i = 0; i < n; i++)
        ask(i & 1 ? hence_rwlock_acquire_write(rwlock) : hence_rwlock_acquire_read(rwlock));
    double time = since(start, n);
    hence_rwlock_free(rwlock);
    return time;
}

/* ---- a thousand in a row, each of whom lets the next one in ---- */

static double handover(long n)
{
    hence_lock *lock = hence_lock_new();
    hence_hold *hold;
    double start = bench_now();
    for (long i = 0; i < n; i += ROW) {
        bench_check(hence_lock_try_acquire(lock, &hold) == 0);
        for (long k = 0; k < ROW; k++)
            ask(hence_lock_acquire(lock));
        hence_hold_free(hold);
    }
    double time = since(start, n);
    hence_lock_free(lock);
    return time;
}

static void count_future(hence_future *f, void *arg)
{
    (void)arg;
    told++;
    hence_future_unref(f); /* and with it the hold */
}

static double handover_future(long n)
{
    static hence_loop *loop; /* the same for all samples, as it would be in a program */
    if (!loop)
        loop = hence_loop_new(NULL);
    bench_check(loop);
    hence_lock *lock = hence_lock_new();
    hence_hold *hold;
    double start = bench_now();
    for (long i = 0; i < n; i += ROW) {
        bench_check(hence_lock_try_acquire(lock, &hold) == 0);
        for (long k = 0; k < ROW; k++)
            hence_future_add_done_callback(hence_lock_acquire_future(loop, lock), count_future,
                                           NULL);
        hence_hold_free(hold);
        while (told < i + ROW)
            event_base_loop(hence_loop_base(loop), EVLOOP_NONBLOCK);
    }
    double time = since(start, n);
    hence_lock_free(lock);
    return time;
}

/* ---- told together ---- */

static double event(long n)
{
    hence_sync_event *event = hence_sync_event_new();
    double start = bench_now();
    for (long i = 0; i < n; i += ROW) {
        for (long k = 0; k < ROW; k++)
            ask(hence_sync_event_wait(event));
        hence_sync_event_set(event);
        hence_sync_event_clear(event);
    }
    double time = since(start, n);
    hence_sync_event_free(event);
    return time;
}

static double barrier(long n)
{
    hence_barrier *barrier = hence_barrier_new(ROW);
    double start = bench_now();
    for (long i = 0; i < n; i++)
        ask(hence_barrier_wait(barrier));
    double time = since(start, n);
    hence_barrier_free(barrier);
    return time;
}

/* One waits, another one notifies: per wait. */
static double condition(long n)
{
    hence_lock *lock = hence_lock_new();
    hence_condition *condition = hence_condition_new(lock);
    hence_hold *waiting, *telling;
    bench_check(hence_lock_try_acquire(lock, &waiting) == 0);
    double start = bench_now();
    for (long i = 0; i < n; i++) {
        ask(hence_condition_wait(condition, waiting));
        bench_check(hence_lock_try_acquire(lock, &telling) == 0);
        hence_condition_notify(condition, 1);
        hence_hold_free(telling);
    }
    double time = since(start, n);
    hence_hold_free(waiting);
    hence_condition_free(condition);
    hence_lock_free(lock);
    return time;
}

/* ---- items: put, and got with a callback ---- */

static double queue(long n)
{
    hence_queue *queue = hence_queue_new(0);
    double start = bench_now();
    for (long i = 0; i < n; i++) {
        hence_queue_try_put(queue, hence_int(i));
        ask(hence_queue_get(queue));
    }
    double time = since(start, n);
    hence_queue_free(queue);
    return time;
}

static double queue_waiting(long n)
{
    hence_queue *queue = hence_queue_new(0);
    double start = bench_now();
    for (long i = 0; i < n; i += ROW) {
        for (long k = 0; k < ROW; k++)
            ask(hence_queue_get(queue));
        for (long k = 0; k < ROW; k++)
            hence_queue_try_put(queue, hence_int(k));
    }
    double time = since(start, n);
    hence_queue_free(queue);
    return time;
}

static double queue_try(long n)
{
    hence_queue *queue = hence_queue_new(0);
    hence_result r;
    double start = bench_now();
    for (long i = 0; i < n; i++) {
        hence_queue_try_put(queue, hence_int(i));
        told += hence_queue_try_get(queue, &r) == 0;
    }
    double time = since(start, n);
    hence_queue_free(queue);
    return time;
}

static double priority(long n)
{
    hence_queue *queue = hence_priority_queue_new(0);
    uint32_t *order = bench_shuffled(ROW);
    double start = bench_now();
    for (long i = 0; i < n; i += ROW) {
        for (long k = 0; k < ROW; k++)
            hence_queue_try_put_priority(queue, hence_int(k), order[k]);
        for (long k = 0; k < ROW; k++)
            ask(hence_queue_get(queue));
    }
    double time = since(start, n);
    hence_queue_free(queue);
    free(order);
    return time;
}

const struct bench_row hence_sync_rows[] = {
    {"W13.lock", lock, 1000000, 5},
    {"W13.lock.try", lock_try, 1000000, 5},
    {"W13.lock.run", lock_run, 1000000, 5},
    {"W13.handover", handover, 1000000, 5},
    {"W13.handover.future", handover_future, 1000000, 5},
    {"W13.semaphore", semaphore, 1000000, 5},
    {"W13.rwlock", rwlock, 1000000, 5},
    {"W13.event", event, 1000000, 5},
    {"W13.barrier", barrier, 1000000, 5},
    {"W13.condition", condition, 1000000, 5},
    {"W13.queue", queue, 1000000, 5},
    {"W13.queue.waiting", queue_waiting, 1000000, 5},
    {"W13.queue.try", queue_try, 1000000, 5},
    {"W13.priority", priority, 1000000, 5},
    {NULL, NULL, 0, 0},
};
