/* SPDX-License-Identifier: BSD-3-Clause */
/* A job and its Future, which are one block: who comes to it last. */
#include "exec/exec_support.h"

SUITE(future_job);

/* Begins a job and waits until a thread is at it. */
static hence_future *run_at_gate(hence_loop *loop, hence_executor *executor, struct work *work)
{
    hence_future *f = hence_run_in_executor(loop, executor, work_at_gate, work, work_drop);
    wait_until(work->began);
    return f;
}

/* Has the thread come to its end too. */
static void end_job(hence_executor *executor, struct work *work)
{
    open_gate(work);
    check_int(hence_executor_shutdown(executor, false, -1), 0);
    check(work->saw_cancelled);
    check_int(work->dropped, 1);
}

TEST_ONCE(future_job, a_future_that_nobody_holds_is_left_to_the_thread_when_the_loop_closes)
{
    struct work work = {.number = 1};
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(1, 0);
    hence_future_unref(run_at_gate(loop, executor, &work));
    hence_loop_free(loop);
    end_job(executor, &work);
    hence_executor_unref(executor);
}

TEST_ONCE(future_job, a_future_that_is_held_outlives_the_loop_and_the_thread)
{
    struct work work = {.number = 1};
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(1, 0);
    hence_future *f = run_at_gate(loop, executor, &work);
    hence_loop_free(loop);
    check_string(outcome_of(f), "closed");
    end_job(executor, &work);
    hence_executor_unref(executor);
    check_string(outcome_of(f), "closed");
    hence_future_unref(f);
}

TEST_ONCE(future_job, a_future_that_is_let_go_after_the_loop_leaves_the_thread_alone)
{
    struct work work = {.number = 1};
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(1, 0);
    hence_future *f = run_at_gate(loop, executor, &work);
    hence_loop_free(loop);
    check_string(outcome_of(f), "closed");
    hence_future_unref(f);
    end_job(executor, &work);
    hence_executor_unref(executor);
}

TEST_ONCE(future_job, one_that_was_cancelled_as_it_ran_may_see_its_loop_close_too)
{
    struct work work = {.number = 1};
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(1, 0);
    hence_future *f = run_at_gate(loop, executor, &work);
    check_int(hence_future_cancel(f), 0);
    hence_loop_free(loop);
    check_string(outcome_of(f), "cancelled");
    hence_future_unref(f);
    end_job(executor, &work);
    hence_executor_unref(executor);
}

static void close_loop_of(void *arg)
{
    trace("close %d", hence_loop_close(*(hence_loop **)arg));
}

TEST_ONCE(future_job, the_argument_of_one_that_is_taken_back_may_close_the_loop)
{
    struct work first = {.number = 1};
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(1, 0);
    hence_future *running = run_at_gate(loop, executor, &first);
    hence_future *f = hence_run_in_executor(loop, executor, work_number, &loop, close_loop_of);
    check_int(hence_future_cancel(f), 0);
    check_trace("close 0");
    check_string(outcome_of(f), "cancelled");
    check_string(outcome_of(running), "closed");
    hence_future_unref(f);
    hence_future_unref(running);
    end_job(executor, &first);
    hence_executor_unref(executor);
    hence_loop_unref(loop);
}

TEST_ONCE(future_job, the_argument_of_one_that_is_refused_may_close_the_loop)
{
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(1, 0);
    hence_executor_shutdown(executor, false, -1);
    hence_future *f = hence_run_in_executor(loop, executor, work_number, &loop, close_loop_of);
    check_trace("close 0");
    check_string(outcome_of(f), "closed");
    hence_future_unref(f);
    hence_executor_unref(executor);
    hence_loop_unref(loop);
}

TEST_ONCE(future_job, the_argument_of_one_without_a_function_may_close_the_loop)
{
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(1, 0);
    hence_future *f = hence_run_in_executor(loop, executor, NULL, &loop, close_loop_of);
    check_trace("close 0");
    check(hence_future_done(f));
    hence_drop(hence_future_result(f));
    hence_future_unref(f);
    hence_executor_unref(executor);
    hence_loop_unref(loop);
}
