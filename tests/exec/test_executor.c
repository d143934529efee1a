/* SPDX-License-Identifier: BSD-3-Clause */
/* Executors: what jobs give, in which order they come, and every way for one to end early. */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "exec/exec_support.h"

SUITE(executor);

/* ---- results ---- */

TEST(executor, a_job_s_value_comes_back)
{
    struct work work = {.number = 7};
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(1, 0);
    hence_future *f = hence_run_in_executor(loop, executor, work_number, &work, work_drop);
    check_string(await(loop, f), "7");
    end_pool(loop, executor);
    hence_loop_free(loop);
    cr_assert_eq(work.dropped, 1); /* also where memory has run out */
    check_int(work.began, 1);
}

static hence_result fail(void *arg)
{
    return failure(arg);
}

TEST(executor, a_job_s_failure_comes_back)
{
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(1, 0);
    check_string(await(loop, hence_run_in_executor(loop, executor, fail, "broken", NULL)),
                 "broken");
    end_pool(loop, executor);
    hence_loop_free(loop);
}

TEST(executor, a_job_as_a_deferred)
{
    struct work work = {.number = 6};
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(1, 0);
    hence_deferred *d = hence_defer_to_thread(loop, executor, work_number, &work, work_drop);
    hence_deferred_add_both(d, add_one, "d");
    hence_result r = hence_loop_run_until_complete_deferred(loop, d);
    check_string(describe_and_drop(r), "7");
    check_trace("d:6");
    end_pool(loop, executor);
    hence_loop_free(loop);
    cr_assert_eq(work.dropped, 1);
}

static atomic_long freed_by;

static void free_it(void *p)
{
    atomic_store(&freed_by, (long)gettid());
    free(p);
}

static hence_result own_something(void *arg)
{
    (void)arg;
    return hence_own(malloc(1), free_it);
}

TEST(executor, an_owned_result_crosses_over)
{
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(1, 0);
    hence_future *f = hence_run_in_executor(loop, executor, own_something, NULL, NULL);
    hence_drop(hence_loop_run_until_complete(loop, f));
    hence_future_unref(f);
    end_pool(loop, executor);
    hence_loop_free(loop);
    check_int(freed_by, gettid());
}

static hence_result give_chain(void *arg)
{
    (void)arg;
    return hence_chain(hence_deferred_succeed(hence_int(1)));
}

TEST(executor, a_chain_is_refused)
{
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(1, 0);
    hence_future *f = hence_run_in_executor(loop, executor, give_chain, NULL, NULL);
    hence_result r = hence_loop_run_until_complete(loop, f);
    check(hence_is_failure_of(&r, &hence_domain_hence, HENCE_EINVAL));
    hence_drop(r);
    hence_future_unref(f);
    end_pool(loop, executor);
    hence_loop_free(loop);
}

TEST(executor, no_function)
{
    struct work work = {.number = 1};
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(1, 0);
    hence_future *f = hence_run_in_executor(loop, executor, NULL, &work, work_drop);
    hence_result r = hence_loop_run_until_complete(loop, f);
    check(hence_is_failure_of(&r, &hence_domain_hence, HENCE_EINVAL));
    hence_drop(r);
    hence_future_unref(f);
    end_pool(loop, executor);
    hence_loop_free(loop);
    cr_assert_eq(work.dropped, 1);
}

static atomic_int next_number;

static hence_result note_order(void *arg)
{
    struct work *work = arg;
    work->number = atomic_fetch_add(&next_number, 1);
    return hence_none();
}

TEST(executor, one_thread_takes_jobs_in_order)
{
    enum {
        JOBS = 20
    };
    struct work works[JOBS];
    void *args[JOBS];
    memset(works, 0, sizeof works);
    atomic_store(&next_number, 0);
    for (int i = 0; i < JOBS; i++)
        args[i] = &works[i];
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(1, 0);
    hence_future *all = hence_executor_map(loop, executor, note_order, args, JOBS);
    hence_drop(hence_loop_run_until_complete(loop, all));
    hence_future_unref(all);
    end_pool(loop, executor);
    hence_loop_free(loop);
    for (int i = 0; i < JOBS; i++)
        check_int(works[i].number, i);
}

static hence_result wait_for_the_others(void *barrier)
{
    pthread_barrier_wait(barrier);
    return hence_int(1);
}

TEST_ONCE(executor, four_threads_work_at_once)
{
    pthread_barrier_t barrier;
    pthread_barrier_init(&barrier, NULL, 4);
    void *args[4] = {&barrier, &barrier, &barrier, &barrier};
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(4, 0);
    check_string(await(loop, hence_executor_map(loop, executor, wait_for_the_others, args, 4)),
                 "shared[1,1,1,1]"); /* else they wait for ever */
    end_pool(loop, executor);
    hence_loop_free(loop);
    pthread_barrier_destroy(&barrier);
}

static hence_result thread_name(void *arg)
{
    pthread_getname_np(pthread_self(), arg, 16);
    return hence_none();
}

TEST_ONCE(executor, its_threads_have_names_and_no_signals)
{
    char name[16] = "";
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(1, 0);
    check_string(await(loop, hence_run_in_executor(loop, executor, thread_name, name, NULL)),
                 "none");
    check_string(name, "a-long-nam-0");
    end_pool(loop, executor);
    hence_loop_free(loop);
}

/* ---- no place ---- */

TEST_ONCE(executor, a_full_queue_refuses)
{
    struct work first = {.number = 1}, second = {.number = 2}, third = {.number = 3};
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(1, 1);
    hence_future *f1 = hence_run_in_executor(loop, executor, work_at_gate, &first, work_drop);
    hence_future *f2 = hence_run_in_executor(loop, executor, work_number, &second, work_drop);
    hence_future *f3 = hence_run_in_executor(loop, executor, work_number, &third, work_drop);
    check_int(third.dropped, 1);
    hence_result r = hence_loop_run_until_complete(loop, f3);
    check(hence_is_failure_of(&r, &hence_domain_hence, HENCE_EFULL));
    hence_drop(r);
    hence_future_unref(f3);
    open_gate(&first);
    check_string(await(loop, f1), "1");
    check_string(await(loop, f2), "2");
    end_pool(loop, executor);
    hence_loop_free(loop);
    check_int(third.began, 0);
    check_int(first.dropped + second.dropped + third.dropped, 3);
}

TEST_ONCE(executor, a_refused_job_may_be_cancelled)
{
    struct work first = {.number = 1}, second = {.number = 2};
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(1, 1);
    hence_executor_shutdown(executor, false, -1);
    hence_future *f1 = hence_run_in_executor(loop, executor, work_number, &first, work_drop);
    hence_future *f2 = hence_run_in_executor(loop, executor, work_number, &second, work_drop);
    hence_future_cancel(f1);
    check_string(await(loop, f1), "cancelled");
    check_string(await(loop, f2), "shutdown");
    end_pool(loop, executor);
    hence_loop_free(loop);
    check_int(first.dropped + second.dropped, 2);
    check_int(first.began + second.began, 0);
}

/* ---- shut down ---- */

TEST_ONCE(executor, shutdown_waits_for_what_is_queued)
{
    struct work works[3] = {{.number = 0}, {.number = 1}, {.number = 2}};
    hence_future *f[3];
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(1, 0);
    for (int i = 0; i < 3; i++)
        f[i] = hence_run_in_executor(loop, executor, work_number, &works[i], work_drop);
    check_int(hence_executor_shutdown(executor, false, -1), 0);
    for (int i = 0; i < 3; i++) {
        check_int(works[i].dropped, 1);
        hence_drop(hence_loop_run_until_complete(loop, f[i]));
        hence_future_unref(f[i]);
    }
    end_pool(loop, executor);
    hence_loop_free(loop);
}

TEST_ONCE(executor, shutdown_drops_what_is_queued)
{
    struct work first = {.number = 1}, second = {.number = 2};
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(1, 0);
    hence_future *f1 = hence_run_in_executor(loop, executor, work_at_gate, &first, work_drop);
    hence_future *f2 = hence_run_in_executor(loop, executor, work_number, &second, work_drop);
    wait_until(first.began);
    check_int(hence_executor_shutdown(executor, true, 0), -ETIMEDOUT);
    check_int(second.dropped, 1);
    check_int(hence_executor_shutdown(executor, true, HENCE_MS(10)), -ETIMEDOUT);
    check_string(await(loop, f2), "cancelled");
    open_gate(&first);
    check_string(await(loop, f1), "1");
    check_int(hence_executor_shutdown(executor, true, HENCE_SECONDS(30)), 0);
    hence_executor_unref(executor);
    hence_loop_free(loop);
    check_int(second.began, 0);
    check_int(first.dropped + second.dropped, 2);
}

static void *shut_down_and_end(void *executor)
{
    pthread_cancel(pthread_self());
    hence_executor_shutdown(executor, false, HENCE_MS(10));
    pthread_testcancel();
    return executor;
}

/* waiting is a place where a thread may be cancelled, and it has the executor's mutex there */
TEST_ONCE(executor, a_thread_that_is_cancelled_while_it_waits_does_not_keep_the_others_from_it)
{
    struct work work = {.number = 1};
    pthread_t thread;
    void *ended;
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(1, 0);
    hence_future *f = hence_run_in_executor(loop, executor, work_at_gate, &work, work_drop);
    wait_until(work.began);
    check_int(pthread_create(&thread, NULL, shut_down_and_end, executor), 0);
    pthread_join(thread, &ended);
    check(ended == PTHREAD_CANCELED);
    open_gate(&work);
    check_string(await(loop, f), "1");
    check_int(hence_executor_shutdown(executor, false, HENCE_SECONDS(30)), 0);
    hence_executor_unref(executor);
    hence_loop_free(loop);
    check_int(work.dropped, 1);
}

static hence_result shut_down(void *executor)
{
    return hence_int(hence_executor_shutdown(executor, false, -1));
}

TEST(executor, shutdown_by_its_own_thread_waits_for_nothing)
{
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(1, 0);
    hence_future *f = hence_run_in_executor(loop, executor, shut_down, executor, NULL);
    hence_result r = hence_loop_run_until_complete(loop, f);
    check_int(hence_as_int(&r), -EDEADLK);
    hence_drop(r);
    hence_future_unref(f);
    end_pool(loop, executor);
    hence_loop_free(loop);
}

static hence_result let_go(void *executor)
{
    hence_executor_unref(executor);
    return hence_int(1);
}

TEST_ONCE(executor, the_last_reference_may_go_on_its_own_thread)
{
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(1, 0);
    hence_executor_ref(executor);
    hence_future *f = hence_run_in_executor(loop, executor, let_go, executor, NULL);
    hence_executor_unref(executor);
    check_string(await(loop, f), "1");
    hence_loop_free(loop);
    wait_for_no_blocks(); /* its thread frees it */
}

TEST(executor, none)
{
    check_int(hence_executor_shutdown(NULL, true, -1), -ENOMEM);
    check(!hence_executor_ref(NULL) && !hence_executor_unref(NULL));
    check(!hence_job_is_cancelled());
    hence_executor_unref(hence_executor_new(NULL));
}

/* ---- cancelled ---- */

TEST_ONCE(executor, a_queued_job_that_is_cancelled_never_runs)
{
    struct work first = {.number = 1}, second = {.number = 2};
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(1, 0);
    hence_future *f1 = hence_run_in_executor(loop, executor, work_at_gate, &first, work_drop);
    hence_future *f2 = hence_run_in_executor(loop, executor, work_number, &second, work_drop);
    wait_until(first.began);
    hence_future_cancel(f2);
    check_int(second.dropped, 1);
    check_string(await(loop, f2), "cancelled");
    open_gate(&first);
    check_string(await(loop, f1), "1");
    end_pool(loop, executor);
    hence_loop_free(loop);
    check_int(second.began, 0);
    check_int(second.dropped, 1);
}

static hence_result own_at_gate(void *arg)
{
    hence_drop(work_at_gate(arg));
    return hence_own(malloc(1), free_it);
}

TEST_ONCE(executor, a_running_job_sees_that_it_is_cancelled)
{
    struct work work = {.number = 1};
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(1, 0);
    atomic_store(&freed_by, 0);
    hence_future *f = hence_run_in_executor(loop, executor, own_at_gate, &work, work_drop);
    wait_until(work.began);
    hence_future_cancel(f);
    check_string(await(loop, f), "cancelled");
    open_gate(&work);
    hence_executor_shutdown(executor, false, -1);
    check(work.saw_cancelled);
    check_int(work.dropped, 1);
    check_int(freed_by, 0);
    hence_test_turn(loop); /* it arrives, and goes */
    check_int(freed_by, gettid());
    hence_executor_unref(executor);
    hence_loop_free(loop);
}

/* ---- a thread that dies ---- */

static hence_result die(void *arg)
{
    (void)arg;
    pthread_exit(NULL);
}

TEST_ONCE(executor, a_thread_that_dies_ends_its_job)
{
    struct work first = {.number = 1}, second = {.number = 2};
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(1, 0);
    hence_future *f1 = hence_run_in_executor(loop, executor, die, &first, work_drop);
    hence_future *f2 = hence_run_in_executor(loop, executor, work_number, &second, work_drop);
    hence_result r = hence_loop_run_until_complete(loop, f1);
    check(hence_is_failure_of(&r, &hence_domain_hence, HENCE_EDIED));
    hence_drop(r);
    hence_future_unref(f1);
    check_string(await(loop, f2), "2");
    end_pool(loop, executor);
    hence_loop_free(loop);
    check_int(first.dropped + second.dropped, 2);
}

/* ---- a loop that closes ---- */

TEST_ONCE(executor, a_loop_closes_under_jobs_of_each_kind)
{
    struct work posted = {.number = 1}, running = {.number = 2}, queued = {.number = 3};
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(1, 0);
    hence_future *f1 = hence_run_in_executor(loop, executor, work_number, &posted, work_drop);
    hence_future *f2 = hence_run_in_executor(loop, executor, work_at_gate, &running, work_drop);
    hence_future *f3 = hence_run_in_executor(loop, executor, work_number, &queued, work_drop);
    wait_until(running.began); /* then the first has posted its result */
    hence_loop_close(loop);
    check_int(queued.dropped, 1);
    open_gate(&running);
    end_pool(loop, executor);
    check(running.saw_cancelled);
    check_int(posted.dropped + running.dropped + queued.dropped, 3);
    check_int(queued.began, 0);
    check_string(outcome_of(f1), "closed");
    check_string(outcome_of(f2), "closed");
    check_string(outcome_of(f3), "closed");
    hence_future_unref(f1);
    hence_future_unref(f2);
    hence_future_unref(f3);
    hence_loop_free(loop);
}

static void close_loop_of(void *arg)
{
    trace("close %d", hence_loop_close(*(hence_loop **)arg));
}

TEST_ONCE(executor, the_argument_of_a_job_that_is_cancelled_may_close_the_loop)
{
    struct work first = {.number = 1};
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(1, 0);
    hence_concurrent_future *running = hence_executor_submit(executor, work_at_gate, &first, NULL);
    wait_until(first.began);
    hence_deferred *d = hence_defer_to_thread(loop, executor, work_number, &loop, close_loop_of);
    hence_deferred_add_both(d, pass, "d");
    hence_deferred_cancel(d);
    check_trace("close 0 d:cancelled");
    check(hence_loop_is_closed(loop));
    hence_deferred_forget(d);
    open_gate(&first);
    end_pool(loop, executor);
    hence_concurrent_future_unref(running);
    hence_loop_unref(loop);
}

TEST_ONCE(executor, a_closed_loop_takes_no_jobs)
{
    struct work work = {.number = 1}, other = {.number = 2};
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(1, 0);
    hence_loop_close(loop);
    check(!hence_run_in_executor(loop, executor, work_number, &work, work_drop));
    hence_deferred *d = hence_defer_to_thread(loop, NULL, work_number, &other, work_drop);
    check_string(outcome(d), "closed");
    hence_deferred_unref(d);
    check(!hence_executor_default(loop));
    end_pool(loop, executor);
    hence_loop_free(loop);
    check_int(work.dropped, 1);
    check_int(other.dropped, 1);
}

TEST(executor, without_a_loop_or_memory_an_argument_that_nobody_owns_is_let_be)
{
    struct work work = {.number = 1};
    hence_loop *loop = real_loop();
    hence_deferred *d = hence_defer_to_thread(NULL, NULL, work_number, &work, NULL);
    check_string(outcome(d), "nomem");
    hence_deferred_unref(d);
    check(!hence_run_in_executor(NULL, NULL, work_number, &work, NULL));
    check(!hence_run_in_executor_when_room(NULL, NULL, work_number, &work, NULL, NULL));
    out_of_memory(true);
    check(!hence_defer_to_thread(loop, NULL, work_number, &work, NULL));
    out_of_memory(false);
    check_string(await(loop, hence_run_in_executor(loop, NULL, work_number, &work, NULL)), "1");
    hence_executor_shutdown(hence_executor_default(loop), false, -1);
    hence_loop_free(loop);
    if (!support_faulty)
        check_int(work.began, 1);
}

/* ---- many, and the loop's own ---- */

TEST(executor, map)
{
    struct work works[3] = {{.number = 3}, {.number = 4}, {.number = 5}};
    void *args[3] = {&works[0], &works[1], &works[2]};
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(2, 0);
    hence_future *all = hence_executor_map(loop, executor, work_number, args, 3);
    check_string(await(loop, all), "shared[3,4,5]");
    end_pool(loop, executor);
    hence_loop_free(loop);
}

TEST(executor, a_map_that_has_failed_begins_no_job)
{
    struct work first = {.number = 1}, works[3] = {{.number = 3}, {.number = 4}, {.number = 5}};
    void *args[3] = {&works[0], &works[1], &works[2]};
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(1, 0);
    hence_future *running = hence_run_in_executor(loop, executor, work_at_gate, &first, NULL);
    hence_future *all = hence_executor_map(loop, executor, work_number, args, 3);
    for (int i = 0; i < 3; i++)
        hence_test_turn(loop);
    /* without an executor, the loop's own has more threads */
    const bool is_held_up = executor && running && !hence_future_done(running);
    const bool has_failed = is_held_up && (!all || hence_future_done(all)); /* none has run yet */
    check(is_held_up && !has_failed);
    open_gate(&first);
    await(loop, running);
    check_string(await(loop, all), "shared[3,4,5]");
    end_pool(loop, executor);
    hence_loop_free(loop);
    for (int i = 0; i < 3 && has_failed; i++)
        cr_assert_eq(works[i].began, 0);
}

TEST(executor, map_of_none)
{
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(2, 0);
    check_string(await(loop, hence_executor_map(loop, executor, work_number, NULL, 0)), "shared[]");
    end_pool(loop, executor);
    hence_loop_free(loop);
}

static hence_result fail_first(void *arg)
{
    struct work *work = arg;
    return work->number ? work_until_cancelled(work) : failure("broken");
}

TEST(executor, a_map_of_more_than_there_can_be_is_refused)
{
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(2, 0);
    check(!hence_executor_map(loop, executor, work_number, NULL, SIZE_MAX));
    check(!hence_executor_map(loop, executor, work_number, NULL, SIZE_MAX / sizeof(void *)));
    end_pool(loop, executor);
    hence_loop_free(loop);
}

TEST_ONCE(executor, map_cancels_the_rest)
{
    struct work works[3] = {{.number = 1}, {.number = 0}, {.number = 2}};
    void *args[3] = {&works[0], &works[1], &works[2]};
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(2, 0);
    hence_future *all = hence_executor_map(loop, executor, fail_first, args, 3);
    check_string(await(loop, all), "broken");
    end_pool(loop, executor);
    check_int(works[0].saw_cancelled, works[0].began);
    check_int(works[2].saw_cancelled, works[2].began);
    hence_loop_free(loop);
}

TEST_ONCE(executor, the_loop_s_own)
{
    struct work work = {.number = 7};
    hence_loop *loop = real_loop();
    hence_executor *executor = hence_executor_default(loop);
    check(executor && executor == hence_executor_default(loop));
    check_string(await(loop, hence_run_in_executor(loop, NULL, work_number, &work, work_drop)),
                 "7");
    hence_loop_free(loop);
    wait_for_no_blocks(); /* its threads end without being waited for */
    check_int(work.dropped, 1);
}
