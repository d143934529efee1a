/* SPDX-License-Identifier: BSD-3-Clause */
/* Executors that break, that end, whose threads can not be replaced; and functions called one after the other. */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "exec/exec_support.h"
#include "exec/executor.h"

SUITE(pool_life);

/* ---- initializers ---- */

static struct work initializing; /* how many threads; they wait at its gate */
static atomic_bool initializer_fails;

static hence_result initialize(void *arg)
{
    stand_at_gate(&initializing);
    return atomic_load(&initializer_fails) ? failure(arg) : hence_int(1);
}

static hence_result die_in_initializer(void *arg)
{
    (void)arg;
    pthread_exit(NULL);
}

static hence_executor *pool_with(hence_result_fn *initializer)
{
    const hence_executor_options options = {
        .max_workers = 2, .initializer = initializer, .initializer_arg = "no licence"};
    initializing = (struct work){.number = 0};
    return hence_executor_new(&options);
}

TEST(pool_life, each_thread_is_initialized)
{
    struct work first = {.number = 1}, second = {.number = 2};
    hence_loop *loop = real_loop();
    atomic_store(&initializer_fails, false);
    hence_executor *executor = pool_with(initialize);
    open_gate(&initializing);
    hence_future *f1 = hence_run_in_executor(loop, executor, work_at_gate, &first, NULL);
    hence_future *f2 = hence_run_in_executor(loop, executor, work_number, &second, NULL);
    check_string(await(loop, f2), "2");
    open_gate(&first);
    check_string(await(loop, f1), "1");
    check_int(initializing.began, 2);
    end_pool(loop, executor);
    hence_loop_free(loop);
}

static void check_broken(hence_loop *loop, hence_future *f, int code)
{
    hence_result r = hence_loop_run_until_complete(loop, f);
    const hence_failure *failure = hence_as_failure(&r);
    check(hence_is_failure_of(&r, &hence_domain_hence, HENCE_EBROKEN));
    check_int(hence_failure_code(hence_failure_cause(failure)), code);
    hence_drop(r);
    hence_future_unref(f);
}

TEST(pool_life, rule_139_an_initializer_that_fails_breaks_it)
{
    struct work first = {.number = 1}, second = {.number = 2}, third = {.number = 3};
    hence_loop *loop = real_loop();
    atomic_store(&initializer_fails, true);
    hence_executor *executor = pool_with(initialize);
    hence_future *f1 = hence_run_in_executor(loop, executor, work_number, &first, work_drop);
    hence_future *f2 = hence_run_in_executor(loop, executor, work_number, &second, work_drop);
    open_gate(&initializing); /* two threads have begun: the second one finds it broken */
    check_broken(loop, f1, 1);
    check_broken(loop, f2, 1);
    check_broken(loop, hence_run_in_executor(loop, executor, work_number, &third, work_drop), 1);
    hence_concurrent_future *c = hence_executor_submit(executor, work_number, &third, NULL);
    hence_result r = hence_concurrent_future_result(c, -1);
    check(hence_is_failure_of(&r, &hence_domain_hence, HENCE_EBROKEN));
    hence_drop(r);
    hence_concurrent_future_unref(c);
    hence_executor_shutdown(executor, false, -1);
    hence_executor_unref(executor);
    end_pool(loop, NULL);
    hence_loop_free(loop);
    cr_assert_eq(first.dropped, 1);
    cr_assert_eq(second.dropped, 1);
    cr_assert_eq(third.dropped, 1);
    if (executor)
        check_int(first.began + second.began + third.began, 0);
}

TEST_ONCE(pool_life, rule_139_a_thread_that_dies_in_its_initializer_breaks_it)
{
    struct work work = {.number = 1};
    hence_loop *loop = real_loop();
    hence_executor *executor = pool_with(die_in_initializer);
    check_broken(loop, hence_run_in_executor(loop, executor, work_number, &work, work_drop),
                 HENCE_EDIED);
    end_pool(loop, executor);
    hence_loop_free(loop);
    check_int(work.dropped, 1);
    check_int(work.began, 0);
}

static hence_result initialize_only_one(void *arg)
{
    return atomic_fetch_add(&initializing.began, 1) ? failure(arg) : hence_none();
}

TEST_ONCE(pool_life, rule_139_threads_that_were_initialized_before_end_too)
{
    struct work first = {.number = 1}, second = {.number = 2};
    hence_executor *executor = pool_with(initialize_only_one);
    hence_concurrent_future *f1 = hence_executor_submit(executor, work_at_gate, &first, work_drop);
    wait_until(first.began);
    hence_concurrent_future *f2 = hence_executor_submit(executor, work_number, &second, work_drop);
    hence_result r = hence_concurrent_future_result(f2, -1);
    check(hence_is_failure_of(&r, &hence_domain_hence, HENCE_EBROKEN));
    hence_drop(r);
    open_gate(&first);
    check_string(describe_and_drop(hence_concurrent_future_result(f1, -1)), "1");
    look_until(hence_executor_shutdown(executor, false, -1) == 0);
    hence_concurrent_future_unref(f1);
    hence_concurrent_future_unref(f2);
    hence_executor_unref(executor);
    check_int(initializing.began, 2);
    check_int(first.dropped + second.dropped, 2);
}

/* ---- threads that end where they should not ---- */

static void end_thread(hence_concurrent_future *f, void *arg)
{
    (void)f;
    (void)arg;
    pthread_exit(NULL);
}

TEST_ONCE(pool_life, a_thread_that_a_callback_ends_is_replaced)
{
    struct work first = {.number = 1}, second = {.number = 2};
    hence_executor *executor = pool(1, 0);
    hence_concurrent_future *f1 = hence_executor_submit(executor, work_at_gate, &first, work_drop);
    hence_concurrent_future *f2 = hence_executor_submit(executor, work_number, &second, work_drop);
    hence_concurrent_future_add_done_callback(f1, end_thread, NULL);
    open_gate(&first);
    check_string(describe_and_drop(hence_concurrent_future_result(f1, -1)), "1");
    check_string(describe_and_drop(hence_concurrent_future_result(f2, -1)), "2");
    check_int(hence_executor_shutdown(executor, false, -1), 0);
    hence_concurrent_future_unref(f2);
    hence_concurrent_future_unref(f1);
    hence_executor_unref(executor);
    check_int(first.dropped + second.dropped, 2);
}

static atomic_int called;

static void count_call(hence_concurrent_future *f, void *arg)
{
    (void)f;
    (void)arg;
    atomic_fetch_add(&called, 1);
}

static void count_call_and_end_thread(hence_concurrent_future *f, void *arg)
{
    count_call(f, arg);
    end_thread(f, arg);
}

/* Of a job that waits, which is cancelled there. */
static void cancel_other(hence_concurrent_future *f, void *other)
{
    count_call(f, NULL);
    hence_concurrent_future_cancel(other);
}

TEST_ONCE(pool_life, callbacks_behind_one_that_ends_the_thread_are_called_all_the_same)
{
    struct work first = {.number = 1}, second = {.number = 2};
    hence_executor *executor = pool(1, 0);
    hence_concurrent_future *f1 = hence_executor_submit(executor, work_at_gate, &first, work_drop);
    hence_concurrent_future *f2 = hence_executor_submit(executor, work_number, &second, work_drop);
    atomic_store(&called, 0);
    hence_concurrent_future_add_done_callback(f1, count_call, NULL);
    hence_concurrent_future_add_done_callback(f1, cancel_other, f2);
    hence_concurrent_future_add_done_callback(f1, count_call_and_end_thread, NULL);
    hence_concurrent_future_add_done_callback(f1, count_call, NULL);
    hence_concurrent_future_add_done_callback(f1, count_call_and_end_thread, NULL);
    hence_concurrent_future_add_done_callback(f1, count_call, NULL);
    hence_concurrent_future_add_done_callback(f2, count_call, NULL);
    open_gate(&first);
    check_int(hence_executor_shutdown(executor, false, -1), 0);
    check_int(called, 7);
    check_string(describe_and_drop(hence_concurrent_future_result(f1, -1)), "1");
    check_string(describe_and_drop(hence_concurrent_future_result(f2, -1)), "cancelled");
    hence_concurrent_future_unref(f2);
    hence_concurrent_future_unref(f1);
    hence_executor_unref(executor);
    check_int(first.dropped + second.dropped, 2);
    check_int(second.began, 0);
}

/* ---- threads that can not be had ---- */

static void no_more_threads(hence_executor *executor)
{
    pthread_mutex_lock(&executor->mutex);
    executor->stack_size = SIZE_MAX / 4; /* more than there is */
    pthread_mutex_unlock(&executor->mutex);
}

static hence_result die_at_gate(void *arg)
{
    hence_drop(work_at_gate(arg));
    pthread_exit(NULL);
}

TEST_ONCE(pool_life, jobs_end_when_the_only_thread_can_not_be_replaced)
{
    struct work first = {.number = 1}, second = {.number = 2}, third = {.number = 3};
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(1, 1);
    hence_future *f1 = hence_run_in_executor(loop, executor, die_at_gate, &first, work_drop);
    hence_future *f2 = hence_run_in_executor(loop, executor, work_number, &second, work_drop);
    hence_future *f3 = hence_run_in_executor_when_room(loop, executor, work_number, &third,
                                                       work_drop, NULL); /* in line */
    wait_until(first.began);
    no_more_threads(executor);
    open_gate(&first);
    hence_result r = hence_loop_run_until_complete(loop, f1);
    check(hence_is_failure_of(&r, &hence_domain_hence, HENCE_EDIED));
    hence_drop(r);
    hence_future_unref(f1);
    r = hence_loop_run_until_complete(loop, f2);
    check(hence_is_failure_of(&r, &hence_domain_errno, EAGAIN) ||
          hence_is_failure_of(&r, &hence_domain_errno, EINVAL) ||
          hence_is_failure_of(&r, &hence_domain_errno, ENOMEM));
    hence_drop(r);
    hence_future_unref(f2);
    check_string(await(loop, f3), "no thread can be had for the job");
    check_int(hence_executor_shutdown(executor, false, -1), 0);
    hence_executor_unref(executor);
    hence_loop_free(loop);
    check_int(first.dropped + second.dropped + third.dropped, 3);
    check_int(second.began + third.began, 0);
}

TEST_ONCE(pool_life, where_a_thread_can_not_be_replaced_another_one_goes_on)
{
    struct work first = {.number = 1}, second = {.number = 2}, third = {.number = 3};
    hence_executor *executor = pool(2, 0);
    hence_concurrent_future *f1 = hence_executor_submit(executor, die_at_gate, &first, work_drop);
    hence_concurrent_future *f2 = hence_executor_submit(executor, work_at_gate, &second, work_drop);
    wait_until(first.began && second.began);
    hence_concurrent_future *f3 = hence_executor_submit(executor, work_number, &third, work_drop);
    no_more_threads(executor);
    open_gate(&first);
    hence_result r = hence_concurrent_future_result(f1, -1);
    check(hence_is_failure_of(&r, &hence_domain_hence, HENCE_EDIED));
    hence_drop(r);
    check(!hence_concurrent_future_done(f3));
    open_gate(&second);
    check_string(describe_and_drop(hence_concurrent_future_result(f2, -1)), "2");
    check_string(describe_and_drop(hence_concurrent_future_result(f3, -1)), "3");
    check_int(hence_executor_shutdown(executor, false, -1), 0);
    hence_concurrent_future_unref(f1);
    hence_concurrent_future_unref(f2);
    hence_concurrent_future_unref(f3);
    hence_executor_unref(executor);
    check_int(first.dropped + second.dropped + third.dropped, 3);
}

TEST_ONCE(pool_life, a_job_is_refused_when_no_thread_can_be_had)
{
    struct work work = {.number = 1};
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(1, 1);
    no_more_threads(executor);
    check_string(await(loop, hence_run_in_executor(loop, executor, work_number, &work, work_drop)),
                 "nomem");
    end_pool(loop, executor);
    hence_loop_free(loop);
    check_int(work.dropped, 1);
}

/* ---- the end as a Future ---- */

TEST(pool_life, the_end_as_a_future)
{
    struct work work = {.number = 1};
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(1, 0);
    hence_future *f = hence_run_in_executor(loop, executor, work_at_gate, &work, work_drop);
    hence_future *end = hence_executor_shutdown_future(loop, executor, false);
    hence_test_turn(loop);
    check(!hence_future_done(end));
    open_gate(&work);
    check_string(await(loop, end), "none");
    check_int(work.dropped, 1);
    check_string(await(loop, f), "1");
    end_pool(loop, executor);
    hence_loop_free(loop);
}

TEST(pool_life, the_end_of_one_that_has_no_thread)
{
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(1, 0);
    hence_future *end = hence_executor_shutdown_future(loop, executor, true);
    check_string(await(loop, end), "none");
    end_pool(loop, executor);
    hence_loop_free(loop);
}

TEST_ONCE(pool_life, who_waits_for_the_end_may_be_cancelled)
{
    struct work work = {.number = 1};
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(1, 0);
    hence_future *f = hence_run_in_executor(loop, executor, work_at_gate, &work, work_drop);
    hence_future *end = hence_executor_shutdown_future(loop, executor, false);
    hence_future *again = hence_executor_shutdown_future(loop, executor, false);
    hence_future_cancel(end);
    check_string(await(loop, end), "cancelled");
    open_gate(&work);
    check_string(await(loop, again), "none");
    check_string(await(loop, f), "1");
    end_pool(loop, executor);
    hence_loop_free(loop);
}

TEST_ONCE(pool_life, the_loop_closes_while_it_waits_for_the_end)
{
    struct work work = {.number = 1};
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(1, 0);
    hence_concurrent_future *c = hence_executor_submit(executor, work_at_gate, &work, work_drop);
    hence_future *end = hence_executor_shutdown_future(loop, executor, false);
    hence_loop_close(loop);
    check_string(outcome_of(end), "closed");
    hence_future_unref(end);
    open_gate(&work);
    check_int(hence_executor_shutdown(executor, false, -1), 0);
    hence_concurrent_future_unref(c);
    hence_executor_unref(executor);
    hence_loop_free(loop);
}

TEST_ONCE(pool_life, the_end_of_the_loop_s_own)
{
    struct work work = {.number = 1};
    hence_loop *loop = real_loop();
    hence_future *f = hence_run_in_executor(loop, NULL, work_number, &work, work_drop);
    check_string(await(loop, hence_executor_shutdown_future(loop, NULL, false)), "none");
    check_string(await(loop, f), "1");
    check_string(await(loop, hence_run_in_executor(loop, NULL, work_number, &work, NULL)),
                 "shutdown");
    hence_loop_free(loop);
}

TEST(pool_life, the_end_of_the_loop_s_own_that_nobody_has_used)
{
    hence_loop *loop = real_loop();
    check_string(await(loop, hence_executor_shutdown_future(loop, NULL, false)), "none");
    hence_loop_free(loop);
}

static void close_loop_of(void *arg)
{
    hence_loop_close(*(hence_loop **)arg);
}

TEST_ONCE(pool_life, a_job_that_is_dropped_with_it_may_close_the_loop)
{
    struct work work = {.number = 1};
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(1, 0);
    hence_concurrent_future *running = hence_executor_submit(executor, work_at_gate, &work, NULL);
    hence_concurrent_future *waits =
        hence_executor_submit(executor, work_number, &loop, close_loop_of);
    wait_until(work.began);
    hence_future *end = hence_executor_shutdown_future(loop, executor, true);
    check(hence_loop_is_closed(loop));
    check_string(outcome_of(end), "closed");
    hence_future_unref(end);
    check(hence_concurrent_future_cancelled(waits));
    open_gate(&work);
    check_string(describe_and_drop(hence_concurrent_future_result(running, -1)), "1");
    check_int(hence_executor_shutdown(executor, false, -1), 0);
    hence_concurrent_future_unref(waits);
    hence_concurrent_future_unref(running);
    hence_executor_unref(executor);
    hence_loop_free(loop);
}

/* A job, and what lets go of everything when another one is dropped. */
static struct owner {
    hence_executor *executor;
    hence_concurrent_future *running, *waits;
    pthread_key_t key; /* its destructor is the last thing that a thread does */
    struct work work;
} owner;

static void thread_has_ended(void *work)
{
    work_drop(work);
}

static hence_result work_to_the_end(void *work)
{
    pthread_setspecific(owner.key, work);
    return work_at_gate(work);
}

static void let_go_of_all(void *arg)
{
    (void)arg;
    owner.executor = hence_executor_unref(owner.executor);
    owner.running = hence_concurrent_future_unref(owner.running);
    owner.waits = hence_concurrent_future_unref(owner.waits);
    open_gate(&owner.work);
    look_until(owner.work.dropped);
    trace("let go");
}

TEST_ONCE(pool_life, a_job_that_is_dropped_with_it_may_let_go_of_it)
{
    for (int as_future = 0; as_future <= 1; as_future++) {
        hence_loop *loop = real_loop();
        hence_executor *executor = pool(1, 0);
        owner = (struct owner){.executor = executor, .work = {.number = 1}};
        cr_assert_eq(pthread_key_create(&owner.key, thread_has_ended), 0);
        owner.running = hence_executor_submit(executor, work_to_the_end, &owner.work, NULL);
        wait_until(owner.work.began);
        owner.waits = hence_executor_submit(executor, work_number, NULL, let_go_of_all);
        if (as_future)
            check_string(await(loop, hence_executor_shutdown_future(loop, executor, true)), "none");
        else
            check_int(hence_executor_shutdown(executor, true, 0), 0);
        check_trace("let go");
        pthread_key_delete(owner.key);
        hence_loop_free(loop);
    }
}

TEST_ONCE(pool_life, who_waits_for_the_end_may_be_cancelled_when_it_has_come_and_is_not_told_yet)
{
    struct work work = {.number = 1};
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(1, 0);
    hence_concurrent_future *f = hence_executor_submit(executor, work_at_gate, &work, NULL);
    hence_future *end = hence_executor_shutdown_future(loop, executor, false);
    open_gate(&work);
    check_int(hence_executor_shutdown(executor, false, -1), 0);
    check(!hence_future_done(end));
    hence_future_cancel(end);
    check_string(await(loop, end), "cancelled");
    check_string(describe_and_drop(hence_concurrent_future_result(f, -1)), "1");
    hence_concurrent_future_unref(f);
    hence_executor_unref(executor);
    hence_test_turn(loop); /* what was on its way is nobody's */
    hence_loop_free(loop);
}

/* ---- one after the other ---- */

static atomic_int next_number;
static struct work *caller;

static hence_result note_order(void *arg)
{
    struct work *work = arg;
    work->thread = pthread_self();
    work->number = atomic_fetch_add(&next_number, 1);
    atomic_fetch_add(&work->began, 1);
    return hence_own(&work->dropped, work_drop_number);
}

static hence_result fail(void *arg)
{
    return failure(arg);
}

TEST(pool_life, functions_are_called_one_after_the_other_on_one_thread)
{
    struct work first = {.number = -1}, second = {.number = -1};
    const hence_thread_call calls[] = {{note_order, &first}, {note_order, &second}};
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(2, 0);
    atomic_store(&next_number, 0);
    hence_deferred *d = hence_call_multiple_in_thread(loop, executor, calls, 2);
    check_string(describe_and_drop(hence_loop_run_until_complete_deferred(loop, d)), "none");
    check(first.number == 0 && second.number == 1);
    check(pthread_equal(first.thread, second.thread));
    check_int(first.dropped + second.dropped, 2); /* what they gave */
    end_pool(loop, executor);
    hence_loop_free(loop);
}

TEST(pool_life, the_first_one_that_fails_ends_the_calls)
{
    struct work first = {.number = -1}, second = {.number = -1};
    const hence_thread_call calls[] = {
        {note_order, &first}, {fail, "broken"}, {note_order, &second}};
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(2, 0);
    hence_deferred *d = hence_call_multiple_in_thread(loop, executor, calls, 3);
    check_string(describe_and_drop(hence_loop_run_until_complete_deferred(loop, d)), "broken");
    check_int(first.began, 1);
    check_int(second.began, 0);
    end_pool(loop, executor);
    hence_loop_free(loop);
}

TEST(pool_life, no_calls_and_no_function)
{
    const hence_thread_call none[] = {{NULL, NULL}};
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(2, 0);
    hence_deferred *d = hence_call_multiple_in_thread(loop, executor, NULL, 0);
    check_string(describe_and_drop(hence_loop_run_until_complete_deferred(loop, d)), "none");
    d = hence_call_multiple_in_thread(loop, executor, none, 1);
    hence_result r = hence_deferred_take(d);
    check(hence_is_failure_of(&r, &hence_domain_hence, HENCE_EINVAL));
    hence_drop(r);
    hence_deferred_unref(d);
    end_pool(loop, executor);
    hence_loop_free(loop);
}

static hence_result gate(void *arg)
{
    (void)arg;
    return work_until_cancelled(caller);
}

TEST_ONCE(pool_life, cancelling_them_lets_the_rest_be)
{
    struct work work = {.number = 1}, rest = {.number = -1};
    const hence_thread_call calls[] = {{gate, NULL}, {note_order, &rest}};
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(2, 0);
    caller = &work;
    hence_deferred *d = hence_call_multiple_in_thread(loop, executor, calls, 2);
    hence_deferred_add_both(d, swallow, "d");
    wait_until(work.began);
    hence_deferred_cancel(d);
    hence_deferred_unref(d);
    end_pool(loop, executor);
    hence_loop_free(loop);
    check_trace("d:cancelled");
    check_int(rest.began, 0);
}

/* ---- map ---- */

TEST_ONCE(pool_life, no_job_of_a_map_begins_without_memory_for_all_of_them)
{
    struct work work = {.number = 1};
    void *args[2] = {&work, &work};
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(2, 0);
    out_of_memory(true);
    check(!hence_executor_map(loop, executor, work_number, args, 2));
    out_of_memory(false);
    end_pool(loop, executor);
    hence_loop_free(loop);
    check_int(work.began, 0);
}
