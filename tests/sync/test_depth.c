/* SPDX-License-Identifier: BSD-3-Clause */
/* A million who wait, each of whom moves the next one on inside its steps, on the smallest stack there is. */
#include <stdlib.h>

#include "sync_support.h"

SUITE(sync_depth);

struct deep {
    int many;
    long told, failed;
    hence_lock *lock;
    hence_semaphore *semaphore;
    hence_rwlock *rwlock;
    hence_queue *queue;
    hence_sync_event *event;
    hence_barrier *barrier;
    hence_condition *condition;
    hence_hold **holds;
    hence_deferred **all;
};

static struct deep deep;

static hence_result count(hence_result *in, void *arg)
{
    (void)arg;
    deep.told++;
    deep.failed += hence_is_failure(in);
    return hence_none(); /* a hold goes now */
}

static void begin(void)
{
    deep = (struct deep){.many = support_many()};
    deep.all = calloc((size_t)deep.many, sizeof *deep.all);
    deep.holds = calloc((size_t)deep.many, sizeof *deep.holds);
}

static void add(int i, hence_deferred *d)
{
    deep.all[i] = d;
    hence_deferred_add_both(d, count, NULL);
}

static void run_and_let_go(void *arg)
{
    ((void (*)(void))(uintptr_t)arg)();
    for (int i = 0; i < deep.many; i++) {
        hence_hold_free(deep.holds[i]);
        hence_deferred_forget(deep.all[i]);
    }
}

/* With `failed` of them. */
static void run(void (*body)(void), int failed)
{
    on_small_stack(run_and_let_go, (void *)(uintptr_t)body);
    free(deep.all);
    free(deep.holds);
    check_int(deep.told, deep.many);
    check_int(deep.failed, failed);
    forget_reports();
}

static void wait_for_lock(void)
{
    hence_hold *hold;
    deep.lock = hence_lock_new();
    int error = hence_lock_try_acquire(deep.lock, &hold);
    for (int i = 0; i < deep.many; i++)
        add(i, hence_lock_acquire(deep.lock));
    if (!error)
        hence_hold_free(hold);
    hence_lock_free(deep.lock);
}

TEST(sync_depth, a_million_who_release_a_lock_when_they_get_it)
{
    begin();
    run(wait_for_lock, 0);
}

static hence_result nothing(void *arg)
{
    (void)arg;
    return hence_none();
}

static void run_with_lock(void)
{
    hence_hold *hold;
    deep.lock = hence_lock_new();
    int error = hence_lock_try_acquire(deep.lock, &hold);
    for (int i = 0; i < deep.many; i++)
        add(i, hence_lock_run(deep.lock, nothing, NULL));
    if (!error)
        hence_hold_free(hold);
    hence_lock_free(deep.lock);
}

TEST(sync_depth, a_million_functions_that_a_lock_is_held_for)
{
    begin();
    run(run_with_lock, 0);
}

static void free_lock(void)
{
    hence_hold *hold;
    deep.lock = hence_lock_new();
    int error = hence_lock_try_acquire(deep.lock, &hold);
    for (int i = 0; i < deep.many; i++)
        add(i, hence_lock_acquire(deep.lock));
    hence_lock_free(deep.lock);
    if (!error)
        hence_hold_free(hold);
}

TEST(sync_depth, a_million_who_wait_for_a_lock_that_is_freed)
{
    begin();
    run(free_lock, deep.many);
}

static void wait_for_tokens(void)
{
    deep.semaphore = hence_semaphore_new(0);
    for (int i = 0; i < deep.many; i++)
        add(i, hence_semaphore_acquire(deep.semaphore));
    hence_semaphore_release(deep.semaphore, 2);
    hence_semaphore_free(deep.semaphore);
}

TEST(sync_depth, a_million_who_give_a_token_back_when_they_get_it)
{
    begin();
    run(wait_for_tokens, 0);
}

static void read_and_write(void)
{
    hence_hold *hold;
    deep.rwlock = hence_rwlock_new(0);
    int error = hence_rwlock_try_write(deep.rwlock, &hold);
    for (int i = 0; i < deep.many; i++)
        add(i, i % 3 ? hence_rwlock_acquire_read(deep.rwlock)
                     : hence_rwlock_acquire_write(deep.rwlock));
    if (!error)
        hence_hold_free(hold);
    hence_rwlock_free(deep.rwlock);
}

TEST(sync_depth, a_million_readers_and_writers)
{
    begin();
    run(read_and_write, 0);
}

/* Each item that is got is put in again for the next one. */
static hence_result put_again(hence_result *in, void *arg)
{
    if (!hence_is_failure(in))
        hence_queue_try_put(deep.queue, hence_int(hence_as_int(in)));
    return count(in, arg);
}

static void get_and_put(void)
{
    deep.queue = hence_queue_new(1);
    for (int i = 0; i < deep.many; i++) {
        deep.all[i] = hence_queue_get(deep.queue);
        hence_deferred_add_both(deep.all[i], put_again, NULL);
    }
    hence_queue_try_put(deep.queue, hence_int(1));
    hence_queue_free(deep.queue);
}

TEST(sync_depth, a_million_who_put_in_again_what_they_get)
{
    begin();
    run(get_and_put, 0);
}

/* Each one whose item is in takes one out for the next one. */
static hence_result get_again(hence_result *in, void *arg)
{
    hence_result r;
    if (hence_queue_try_get(deep.queue, &r) == 0)
        hence_drop(r);
    return count(in, arg);
}

static void put_and_get(void)
{
    hence_result r;
    deep.queue = hence_queue_new(1);
    hence_queue_try_put(deep.queue, hence_int(0));
    for (int i = 0; i < deep.many; i++) {
        deep.all[i] = hence_queue_put(deep.queue, hence_int(1));
        hence_deferred_add_both(deep.all[i], get_again, NULL);
    }
    if (hence_queue_try_get(deep.queue, &r) == 0)
        hence_drop(r);
    hence_queue_free(deep.queue);
}

TEST(sync_depth, a_million_who_take_out_an_item_when_theirs_is_in)
{
    begin();
    run(put_and_get, 0);
}

static void through_channel(void)
{
    deep.queue = hence_channel_new();
    for (int i = 0; i < deep.many; i++)
        add(i, i < deep.many / 2 ? hence_queue_put(deep.queue, hence_int(i))
                                 : hence_queue_get(deep.queue));
    hence_queue_shutdown(deep.queue, true);
    hence_queue_free(deep.queue);
}

TEST(sync_depth, half_a_million_items_through_a_channel)
{
    begin();
    run(through_channel, 0);
}

static void wait_for_event(void)
{
    deep.event = hence_sync_event_new();
    deep.barrier = hence_barrier_new((size_t)deep.many / 2);
    for (int i = 0; i < deep.many; i++)
        add(i, i < deep.many / 2 ? hence_sync_event_wait(deep.event)
                                 : hence_barrier_wait(deep.barrier));
    hence_sync_event_set(deep.event);
    hence_sync_event_free(deep.event);
    hence_barrier_free(deep.barrier);
}

TEST(sync_depth, half_a_million_who_wait_for_an_event_and_half_a_million_at_a_barrier)
{
    begin();
    run(wait_for_event, 0);
}

static hence_result release(hence_result *in, void *arg)
{
    if (arg && hence_hold_holds(arg))
        hence_hold_release(arg);
    return count(in, arg);
}

/* Every other one is cancelled. */
static void wait_for_condition(void)
{
    deep.lock = hence_lock_new();
    deep.condition = hence_condition_new(deep.lock);
    for (int i = 0; i < deep.many; i++) {
        int error = hence_lock_try_acquire(deep.lock, &deep.holds[i]);
        deep.all[i] = error ? NULL : hence_condition_wait(deep.condition, deep.holds[i]);
        hence_deferred_add_both(deep.all[i], release, deep.holds[i]);
    }
    hence_hold *hold;
    int error = hence_lock_try_acquire(deep.lock, &hold);
    for (int i = 0; i < deep.many; i += 2)
        hence_deferred_cancel(deep.all[i]);
    hence_condition_notify_all(deep.condition);
    if (!error)
        hence_hold_free(hold);
    hence_condition_free(deep.condition);
    hence_lock_free(deep.lock);
}

TEST(sync_depth, a_million_who_wait_for_a_condition)
{
    begin();
    run(wait_for_condition, (deep.many + 1) / 2);
}

static void cancel_all(void)
{
    hence_hold *hold;
    deep.lock = hence_lock_new();
    int error = hence_lock_try_acquire(deep.lock, &hold);
    for (int i = 0; i < deep.many; i++)
        add(i, hence_lock_acquire(deep.lock));
    for (int i = deep.many; i-- > 0;) /* from the far end: O(1) each */
        hence_deferred_cancel(deep.all[i]);
    if (!error)
        hence_hold_free(hold);
    hence_lock_free(deep.lock);
}

TEST(sync_depth, a_million_who_are_cancelled)
{
    begin();
    run(cancel_all, deep.many);
}

/* Each comes before all that are there. */
TEST(sync_depth, a_million_items_that_come_back_the_last_one_first)
{
    struct loop_and_clock both = begin_loop();
    const int many = support_many();
    hence_future **futures = calloc((size_t)many, sizeof(hence_future *));
    deep.queue = hence_queue_new(0);
    for (int i = 0; i < many; i++)
        hence_queue_try_put(deep.queue, hence_int(i));
    for (int i = 0; i < many; i++)
        futures[i] = hence_queue_get_future(both.loop, deep.queue);
    check_int(hence_queue_size(deep.queue), 0);
    for (int i = many; i-- > 0;)
        hence_future_unref(futures[i]);
    check_int(hence_queue_size(deep.queue), many);
    for (int i = 0; i < many; i++) {
        hence_result r = hence_none();
        check_int(hence_queue_try_get(deep.queue, &r), 0);
        check_int(hence_as_int(&r), i);
    }
    free(futures);
    hence_queue_free(deep.queue);
    end_loop(&both);
    forget_reports();
}
