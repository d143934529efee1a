/* SPDX-License-Identifier: BSD-3-Clause */
/* Each primitive belongs to the thread that uses it: on another one calls are refused, before anything happens. */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sync_support.h"

SUITE(wrong_thread);

static hence_loop *loop_there;

/* ---- what another thread is told ---- */

static void refuse(int error)
{
    check_int(error, -EPERM);
    check(had_report(HENCE_REPORT_WRONG_THREAD));
}

static void refuse_deferred(hence_deferred *d)
{
    check_string(outcome(d), "invalid");
    check(had_report(HENCE_REPORT_WRONG_THREAD));
    hence_deferred_unref(d);
}

static void refuse_future(hence_future *f)
{
    check_string(outcome_of(f), "invalid");
    check(had_report(HENCE_REPORT_WRONG_THREAD));
    hence_future_unref(f);
}

/* What is freed there stays as it is. */
static void refuse_free(const void *primitive)
{
    check(!primitive);
    check(had_report(HENCE_REPORT_WRONG_THREAD));
}

struct there {
    void (*fn)(void *primitive);
    void *primitive;
};

static void call_there(void *arg)
{
    struct there *there = arg;
    loop_there = hence_loop_new(NULL);
    there->fn(there->primitive);
    loop_there = hence_loop_free(loop_there);
}

static void on_another(void (*fn)(void *primitive), void *primitive)
{
    struct there there = {fn, primitive};
    if (primitive)
        on_another_thread(call_there, &there);
}

static hence_result never(void *arg)
{
    (void)arg;
    trace("called");
    return hence_none();
}

/* ---- queues ---- */

static void use_queue(void *primitive)
{
    hence_queue *queue = primitive;
    hence_result r = hence_none();
    refuse(hence_queue_try_put(queue, payload()));
    refuse(hence_queue_try_put_priority(queue, payload(), 1));
    refuse_deferred(hence_queue_put(queue, payload()));
    refuse_future(hence_queue_put_future(loop_there, queue, payload()));
    check_int(payloads_alive(), 0);
    refuse(hence_queue_try_get(queue, &r));
    refuse_deferred(hence_queue_get(queue));
    refuse_future(hence_queue_get_future(loop_there, queue));
    refuse(hence_queue_set_backlog(queue, 0));
    refuse(hence_queue_task_done(queue));
    refuse_deferred(hence_queue_join(queue));
    refuse_future(hence_queue_join_future(loop_there, queue));
    refuse(hence_queue_shutdown(queue, true));
    refuse_free(hence_queue_free(queue));
}

TEST(wrong_thread, a_queue_refuses_it_and_those_who_wait_go_on_waiting)
{
    struct loop_and_clock both = begin_loop();
    hence_queue *queue = hence_queue_new(0);
    struct asker a = {.word = "a"}, b = {.word = "b"};
    hence_result r;
    check_int(hence_queue_try_get(queue, &r), -EAGAIN);
    ask(&a, hence_queue_get(queue));
    ask_future(&b, hence_queue_get_future(both.loop, queue));
    on_another(use_queue, queue);
    hence_queue_try_put(queue, hence_int(1));
    hence_queue_try_put(queue, hence_int(2));
    run_loop(&both);
    check_trace("a:1 b:2");
    let_go(&a);
    let_go(&b);
    hence_queue_free(queue);
    end_loop(&both);
}

/* ---- locks and their like ---- */

static void use_lock(void *primitive)
{
    hence_lock *lock = primitive;
    hence_hold *hold;
    refuse(hence_lock_try_acquire(lock, &hold));
    check(!hold);
    refuse_deferred(hence_lock_acquire(lock));
    refuse_future(hence_lock_acquire_future(loop_there, lock));
    refuse_deferred(hence_lock_run(lock, never, NULL));
    refuse_free(hence_lock_free(lock));
}

static void use_hold(void *primitive)
{
    hence_hold *hold = primitive;
    refuse(hence_hold_release(hold));
    refuse(hence_hold_keep(hold));
    hence_hold_free(hold);
    check(had_report(HENCE_REPORT_WRONG_THREAD));
    check(hence_hold_holds(hold));
}

TEST(wrong_thread, a_lock_refuses_it_and_so_do_its_holds)
{
    hence_lock *lock = hence_lock_new();
    hence_hold *hold;
    struct asker a = {.word = "a"};
    check_int(hence_lock_try_acquire(lock, &hold), 0);
    ask(&a, hence_lock_acquire(lock));
    on_another(use_lock, lock);
    on_another(use_hold, hold);
    check_trace("");
    hence_hold_free(hold);
    check_trace("a:hold");
    let_go(&a);
    hence_lock_free(lock);
}

static void use_semaphore(void *primitive)
{
    hence_semaphore *semaphore = primitive;
    hence_hold *hold;
    refuse(hence_semaphore_try_acquire(semaphore, &hold));
    refuse_deferred(hence_semaphore_acquire(semaphore));
    refuse_future(hence_semaphore_acquire_future(loop_there, semaphore));
    refuse_deferred(hence_semaphore_run(semaphore, never, NULL));
    refuse(hence_semaphore_release(semaphore, 1));
    refuse_free(hence_semaphore_free(semaphore));
}

TEST(wrong_thread, a_semaphore_refuses_it)
{
    hence_semaphore *semaphore = hence_semaphore_new(0);
    struct asker a = {.word = "a"};
    hence_semaphore_release(semaphore, 0);
    ask(&a, hence_semaphore_acquire(semaphore));
    on_another(use_semaphore, semaphore);
    check_trace("");
    hence_semaphore_release(semaphore, 1);
    check_trace("a:hold");
    let_go(&a);
    hence_semaphore_free(semaphore);
}

static void use_rwlock(void *primitive)
{
    hence_rwlock *rwlock = primitive;
    hence_hold *hold;
    refuse(hence_rwlock_try_read(rwlock, &hold));
    refuse(hence_rwlock_try_write(rwlock, &hold));
    refuse_deferred(hence_rwlock_acquire_read(rwlock));
    refuse_deferred(hence_rwlock_acquire_write(rwlock));
    refuse_future(hence_rwlock_acquire_read_future(loop_there, rwlock));
    refuse_future(hence_rwlock_acquire_write_future(loop_there, rwlock));
    refuse_free(hence_rwlock_free(rwlock));
}

TEST(wrong_thread, a_lock_of_readers_and_writers_refuses_it)
{
    hence_rwlock *rwlock = hence_rwlock_new(0);
    hence_hold *hold;
    check_int(hence_rwlock_try_write(rwlock, &hold), 0);
    on_another(use_rwlock, rwlock);
    check_int(hence_rwlock_readers(rwlock), 0);
    hence_hold_free(hold);
    hence_rwlock_free(rwlock);
}

static void use_limiter(void *primitive)
{
    hence_capacity_limiter *limiter = primitive;
    hence_hold *hold;
    refuse(hence_capacity_limiter_try_acquire(limiter, NULL, &hold));
    refuse_deferred(hence_capacity_limiter_acquire(limiter, limiter));
    refuse_future(hence_capacity_limiter_acquire_future(loop_there, limiter, limiter));
    refuse(hence_capacity_limiter_set_total(limiter, 2));
    refuse_free(hence_capacity_limiter_free(limiter));
}

TEST(wrong_thread, a_limiter_refuses_it)
{
    hence_capacity_limiter *limiter = hence_capacity_limiter_new(1);
    check_int(hence_capacity_limiter_set_total(limiter, 1), 0);
    on_another(use_limiter, limiter);
    check_int(hence_capacity_limiter_available(limiter), 1);
    hence_capacity_limiter_free(limiter);
}

static void use_filesystem_lock(void *primitive)
{
    hence_filesystem_lock *lock = primitive;
    hence_hold *hold;
    refuse(hence_filesystem_lock_try_acquire(lock, &hold));
    refuse_deferred(hence_filesystem_lock_acquire(lock, -1));
    refuse(hence_filesystem_lock_set_interval(lock, 1));
    refuse_free(hence_filesystem_lock_free(lock));
}

TEST(wrong_thread, a_lock_between_processes_refuses_it)
{
    struct loop_and_clock both = begin_loop();
    char path[] = "/tmp/hence-test-XXXXXX";
    int fd = mkstemp(path);
    cr_assert(fd >= 0);
    close(fd);
    hence_filesystem_lock *lock = hence_filesystem_lock_new(both.loop, path);
    on_another(use_filesystem_lock, lock);
    hence_filesystem_lock_free(lock);
    unlink(path);
    end_loop(&both);
}

/* ---- what tells others ---- */

static void use_event(void *primitive)
{
    hence_sync_event *event = primitive;
    refuse(hence_sync_event_set(event));
    refuse(hence_sync_event_clear(event));
    refuse_deferred(hence_sync_event_wait(event));
    refuse_future(hence_sync_event_wait_future(loop_there, event));
    refuse_free(hence_sync_event_free(event));
}

TEST(wrong_thread, an_event_refuses_it)
{
    hence_sync_event *event = hence_sync_event_new();
    struct asker a = {.word = "a"};
    hence_sync_event_clear(event);
    ask(&a, hence_sync_event_wait(event));
    on_another(use_event, event);
    check(!hence_sync_event_is_set(event));
    check_trace("");
    hence_sync_event_set(event);
    check_trace("a:none");
    let_go(&a);
    hence_sync_event_free(event);
}

static bool is_so(void *arg)
{
    (void)arg;
    trace("asked");
    return true;
}

static void use_condition(void *primitive)
{
    hence_condition *condition = primitive;
    refuse(hence_condition_notify(condition, 1));
    refuse(hence_condition_notify_all(condition));
    refuse_deferred(hence_condition_wait(condition, NULL));
    refuse_deferred(hence_condition_wait_for(condition, NULL, is_so, NULL));
    refuse_future(hence_condition_wait_future(loop_there, condition, NULL));
    refuse_free(hence_condition_free(condition));
}

TEST(wrong_thread, a_condition_refuses_it)
{
    hence_condition *condition = hence_condition_new(NULL);
    struct asker a = {.word = "a"};
    hence_condition_notify(condition, 0);
    ask(&a, hence_condition_wait(condition, NULL));
    on_another(use_condition, condition);
    check_trace("");
    hence_condition_notify(condition, 1);
    check_trace("a:none");
    let_go(&a);
    hence_condition_free(condition);
}

TEST(wrong_thread, a_condition_with_a_lock_belongs_to_the_thread_of_the_lock)
{
    hence_lock *lock = hence_lock_new();
    hence_hold *hold;
    check_int(hence_lock_try_acquire(lock, &hold), 0);
    hence_condition *condition = hence_condition_new(lock);
    if (lock)
        on_another(use_condition, condition);
    hence_condition_free(condition);
    hence_hold_free(hold);
    hence_lock_free(lock);
}

static void use_barrier(void *primitive)
{
    hence_barrier *barrier = primitive;
    refuse_deferred(hence_barrier_wait(barrier));
    refuse_future(hence_barrier_wait_future(loop_there, barrier));
    refuse(hence_barrier_reset(barrier));
    refuse(hence_barrier_abort(barrier));
    refuse_free(hence_barrier_free(barrier));
}

TEST(wrong_thread, a_barrier_refuses_it)
{
    hence_barrier *barrier = hence_barrier_new(2);
    struct asker a = {.word = "a"}, b = {.word = "b"};
    hence_barrier_reset(barrier);
    ask(&a, hence_barrier_wait(barrier));
    on_another(use_barrier, barrier);
    check(!hence_barrier_is_broken(barrier));
    check_trace("");
    ask(&b, hence_barrier_wait(barrier));
    check_trace("a:0 b:1");
    let_go(&a);
    let_go(&b);
    hence_barrier_free(barrier);
}

static void use_async_result(void *primitive)
{
    hence_async_result *result = primitive;
    refuse(hence_async_result_set(result, payload()));
    check_int(payloads_alive(), 0);
    check_string(describe_and_drop(hence_async_result_try_get(result)), "invalid");
    check(had_report(HENCE_REPORT_WRONG_THREAD));
    refuse_deferred(hence_async_result_get(result));
    refuse_future(hence_async_result_get_future(loop_there, result));
    refuse_free(hence_async_result_free(result));
}

TEST(wrong_thread, a_result_that_is_set_once_refuses_it)
{
    hence_async_result *result = hence_async_result_new();
    check_string(describe_and_drop(hence_async_result_try_get(result)), "pending");
    on_another(use_async_result, result);
    check(!hence_async_result_is_set(result));
    hence_async_result_free(result);
}

/* ---- whose it is ---- */

static void use_all_of_it(void *primitive)
{
    hence_result r = hence_none();
    check_int(hence_queue_try_put(primitive, hence_int(1)), 0);
    check_int(hence_queue_try_get(primitive, &r), 0);
    hence_queue_free(primitive);
}

TEST(wrong_thread, one_that_was_only_made_here_may_be_used_there)
{
    on_another(use_all_of_it, hence_queue_new(0));
}

TEST_ONCE(wrong_thread, in_a_forked_child_it_belongs_to_who_uses_it_first)
{
    hence_queue *queue = hence_queue_new(0);
    int status = -1;
    check_int(hence_queue_try_put(queue, hence_int(1)), 0);
    pid_t child = fork();
    cr_assert(child >= 0);
    if (!child) {
        hence_result r;
        end_forked_child(hence_queue_try_get(queue, &r) == 0 && hence_as_int(&r) == 1 ? 0 : 1);
    }
    waitpid(child, &status, 0);
    check_int(status, 0);
    hence_queue_free(queue);
}
