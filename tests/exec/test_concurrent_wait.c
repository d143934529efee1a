/* SPDX-License-Identifier: BSD-3-Clause */
/* Threads that wait for many concurrent Futures: for enough of them, or for one after the other. */
#include <errno.h>

#include "exec/exec_support.h"

SUITE(concurrent_wait);

#define INPUTS 3

/* Three jobs at their gates, each on a thread of its own. */
static struct work works[INPUTS];
static hence_concurrent_future *jobs[INPUTS];
static hence_executor *executor;

static hence_result work_or_fail(void *arg)
{
    struct work *work = arg;
    hence_drop(work_at_gate(arg));
    return work->number < 0 ? failure("broken") : hence_int(work->number);
}

static void begin_jobs(void)
{
    executor = pool(INPUTS, 0);
    for (int i = 0; i < INPUTS; i++) {
        works[i] = (struct work){.number = i};
        jobs[i] = hence_executor_submit(executor, work_or_fail, &works[i], NULL);
    }
}

static void finish(int i)
{
    open_gate(&works[i]);
    hence_drop(hence_concurrent_future_result(jobs[i], -1));
}

static void end_jobs(void)
{
    for (int i = 0; i < INPUTS; i++) {
        finish(i);
        hence_concurrent_future_unref(jobs[i]);
    }
    hence_executor_shutdown(executor, false, -1);
    hence_executor_unref(executor);
}

/* ---- enough of them ---- */

TEST(concurrent_wait, all_of_them)
{
    begin_jobs();
    for (int i = 0; i < INPUTS; i++)
        open_gate(&works[i]);
    check_int(hence_concurrent_wait(jobs, INPUTS, HENCE_ALL_COMPLETED, -1), INPUTS);
    end_jobs();
}

TEST_ONCE(concurrent_wait, the_first_of_them)
{
    begin_jobs();
    open_gate(&works[1]);
    check_int(hence_concurrent_wait(jobs, INPUTS, HENCE_FIRST_COMPLETED, -1), 1);
    check(!hence_concurrent_future_done(jobs[0]) && hence_concurrent_future_done(jobs[1]));
    finish(1); /* what is done when it begins counts */
    check_int(hence_concurrent_wait(jobs, INPUTS, HENCE_FIRST_COMPLETED, -1), 1);
    end_jobs();
}

TEST_ONCE(concurrent_wait, the_first_failure)
{
    begin_jobs();
    works[2].number = -1;
    finish(0);
    check_int(hence_concurrent_wait(jobs, INPUTS, HENCE_FIRST_EXCEPTION, HENCE_MS(5)), 1);
    open_gate(&works[2]);
    check_int(hence_concurrent_wait(jobs, INPUTS, HENCE_FIRST_EXCEPTION, -1), 2);
    end_jobs();
}

TEST_ONCE(concurrent_wait, a_cancellation_is_not_a_failure)
{
    struct work queued = {.number = 1};
    begin_jobs();
    hence_concurrent_future *two[] = {hence_executor_submit(executor, work_number, &queued, NULL),
                                      jobs[0]};
    check_int(hence_concurrent_future_cancel(two[0]), 0);
    check_int(hence_concurrent_wait(two, 2, HENCE_FIRST_EXCEPTION, HENCE_MS(5)), 1);
    finish(0); /* then all are done */
    check_int(hence_concurrent_wait(two, 2, HENCE_FIRST_EXCEPTION, -1), 2);
    hence_concurrent_future_unref(two[0]);
    end_jobs();
}

TEST_ONCE(concurrent_wait, when_the_time_is_over_it_says_how_many)
{
    begin_jobs();
    finish(0);
    check_int(hence_concurrent_wait(jobs, INPUTS, HENCE_ALL_COMPLETED, HENCE_MS(5)), 1);
    check_int(hence_concurrent_wait(jobs, INPUTS, HENCE_ALL_COMPLETED, 0), 1);
    end_jobs();
}

TEST_ONCE(concurrent_wait, one_that_is_missing_counts_as_failed)
{
    hence_concurrent_future *two[2] = {NULL};
    begin_jobs();
    two[1] = jobs[0];
    check_int(hence_concurrent_wait(two, 2, HENCE_FIRST_EXCEPTION, -1), 1);
    end_jobs();
}

TEST_ONCE(concurrent_wait, nothing_to_wait_for)
{
    begin_jobs();
    check_int(hence_concurrent_wait(jobs, 0, HENCE_ALL_COMPLETED, -1), -EINVAL);
    check_int(hence_concurrent_wait(NULL, 1, HENCE_ALL_COMPLETED, -1), -EINVAL);
    end_jobs();
}

static void wait_in_loop(void *loop)
{
    trace("%d", (int)hence_concurrent_wait(jobs, INPUTS, HENCE_ALL_COMPLETED, -1) == -EDEADLK);
    hence_loop_stop(loop);
}

TEST_ONCE(concurrent_wait, a_condition_that_there_is_not_is_refused)
{
    begin_jobs();
    const hence_wait_condition none = (hence_wait_condition)(HENCE_FIRST_EXCEPTION + 1);
    check_int(hence_concurrent_wait(jobs, INPUTS, none, -1), -EINVAL);
    end_jobs();
}

TEST_ONCE(concurrent_wait, where_a_loop_runs_it_is_refused_and_reported)
{
    hence_loop *loop = real_loop();
    begin_jobs();
    hence_call_soon(loop, wait_in_loop, loop, NULL);
    hence_loop_run_forever(loop);
    check_trace("1");
    check(had_report(HENCE_REPORT_MISUSE));
    end_jobs();
    hence_loop_free(loop);
}

static void wait_for_what_is_done(void *loop)
{
    trace("%d", (int)hence_concurrent_wait(jobs, INPUTS, HENCE_FIRST_COMPLETED, -1));
    trace("%d", (int)hence_concurrent_wait(jobs, 1, HENCE_ALL_COMPLETED, -1));
    hence_loop_stop(loop);
}

TEST_ONCE(concurrent_wait, where_a_loop_runs_it_gives_what_need_not_be_waited_for)
{
    hence_loop *loop = real_loop();
    begin_jobs();
    finish(0);
    hence_call_soon(loop, wait_for_what_is_done, loop, NULL);
    hence_loop_run_forever(loop);
    check_trace("1 1");
    end_jobs();
    hence_loop_free(loop);
}

/* ---- one after the other ---- */

/* The number of the next one, or what there is instead. */
static const char *next(hence_concurrent_completions *completions)
{
    hence_concurrent_future *f;
    hence_result r = hence_concurrent_completions_next(completions, &f);
    if (!f)
        return describe_and_drop(r);
    hence_drop(r);
    return describe_and_drop(hence_concurrent_future_result(f, 0));
}

TEST(concurrent_wait, rule_140_as_they_are_done)
{
    begin_jobs();
    hence_concurrent_completions *completions = hence_concurrent_as_completed(jobs, INPUTS, -1);
    finish(2);
    check_string(next(completions), "2");
    finish(0);
    check_string(next(completions), "0");
    open_gate(&works[1]);
    check_string(next(completions), "1");
    check_string(next(completions), "end");
    check_string(next(completions), "end");
    hence_concurrent_completions_free(completions);
    end_jobs();
}

TEST_ONCE(concurrent_wait, rule_140_the_time_counts_from_the_call)
{
    begin_jobs();
    finish(1);
    hence_concurrent_completions *completions =
        hence_concurrent_as_completed(jobs, INPUTS, HENCE_MS(5));
    check_string(next(completions), "1");
    check_string(next(completions), "2 (of 3) futures unfinished");
    finish(0); /* late, but it is there */
    check_string(next(completions), "0");
    check_string(next(completions), "1 (of 3) futures unfinished");
    hence_concurrent_completions_free(completions);
    end_jobs();
}

TEST_ONCE(concurrent_wait, the_same_one_in_several_places_is_given_as_often)
{
    begin_jobs();
    hence_concurrent_future *same[] = {jobs[0], jobs[0], NULL};
    finish(0);
    hence_concurrent_completions *completions = hence_concurrent_as_completed(same, 3, -1);
    check_string(next(completions), "0");
    check_string(next(completions), "0");
    check_string(next(completions), "nomem");
    check_string(next(completions), "end");
    hence_concurrent_completions_free(completions);
    end_jobs();
}

TEST_ONCE(concurrent_wait, none_at_all)
{
    hence_concurrent_completions *completions = hence_concurrent_as_completed(NULL, 0, -1);
    check_string(next(completions), "end");
    check_string(next(NULL), "nomem");
    check(!hence_concurrent_completions_free(completions));
    check(!hence_concurrent_completions_free(NULL));
}

static hence_concurrent_completions *asked;

static void next_in_loop(void *loop)
{
    trace("%s", next(asked));
    trace("%s", next(asked));
    hence_loop_stop(loop);
}

TEST_ONCE(concurrent_wait, one_that_is_done_is_given_where_a_loop_runs_too)
{
    hence_loop *loop = real_loop();
    begin_jobs();
    finish(0);
    asked = hence_concurrent_as_completed(jobs, INPUTS, -1);
    hence_call_soon(loop, next_in_loop, loop, NULL);
    hence_loop_run_forever(loop);
    check_trace("0 deadlock");
    check(had_report(HENCE_REPORT_MISUSE));
    hence_concurrent_completions_free(asked);
    end_jobs();
    hence_loop_free(loop);
}
