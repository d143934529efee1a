/* SPDX-License-Identifier: BSD-3-Clause */
/* Pushing back: jobs that stand in line for a place in the queue, and threads that wait with theirs. */
#include <errno.h>
#include <pthread.h>

#include "exec/exec_support.h"
#include "exec/executor.h"

SUITE(line);

#define JOBS 5

static struct work works[JOBS];
static hence_future *jobs[JOBS], *let_in[JOBS];
static hence_loop *loop;
static hence_executor *executor;

/* The first one is at work, the second one in the queue, and the rest stands in line. */
static void begin_line(void)
{
    loop = real_loop();
    executor = pool(1, 1);
    for (int i = 0; i < JOBS; i++) {
        works[i] = (struct work){.number = i};
        jobs[i] = hence_run_in_executor_when_room(loop, executor, work_at_gate, &works[i],
                                                  work_drop, &let_in[i]);
    }
}

static void end_line(void)
{
    for (int i = 0; i < JOBS; i++) {
        open_gate(&works[i]);
        hence_future_unref(let_in[i]);
    }
    end_pool(loop, executor);
    for (int i = 0; i < JOBS; i++)
        hence_future_unref(jobs[i]);
    hence_loop_free(loop);
    for (int i = 0; i < JOBS; i++)
        cr_assert_eq(works[i].dropped, 1); /* also where memory has run out */
}

/* Who has been let in: "110.." */
static const char *line(void)
{
    static char text[JOBS + 1];
    hence_test_turn(loop);
    hence_test_turn(loop);
    for (int i = 0; i < JOBS; i++) {
        const bool failed = hence_future_done(let_in[i]) && hence_future_failure(let_in[i]);
        text[i] = failed ? 'x' : (char)('0' + hence_future_done(let_in[i]));
    }
    return text;
}

static void finish(int i)
{
    open_gate(&works[i]);
    hence_drop(hence_loop_run_until_complete(loop, jobs[i]));
}

TEST(line, who_finds_no_room_stands_in_line)
{
    begin_line();
    check_string(line(), "11000");
    end_line();
}

TEST_ONCE(line, they_are_let_in_in_the_order_of_arrival)
{
    begin_line();
    finish(0);
    wait_until(works[1].began);
    check_string(line(), "11100");
    finish(1);
    wait_until(works[2].began);
    check_string(line(), "11110");
    finish(2);
    finish(3);
    finish(4);
    check_string(line(), "11111");
    end_line();
}

TEST_ONCE(line, nobody_overtakes_them)
{
    struct work other = {.number = 9};
    begin_line();
    finish(0);
    wait_until(works[1].began);
    hence_future *f = hence_run_in_executor(loop, executor, work_number, &other, work_drop);
    hence_result r = hence_loop_run_until_complete(loop, f);
    check(hence_is_failure_of(&r, &hence_domain_hence, HENCE_EFULL));
    hence_drop(r);
    hence_future_unref(f);
    end_line();
    check_int(other.began, 0);
}

TEST_ONCE(line, who_is_cancelled_leaves_it)
{
    begin_line();
    hence_future_cancel(jobs[2]);
    hence_future_cancel(jobs[4]);
    check_int(works[2].dropped, 1);
    check_string(line(), "11x0x");
    check(hence_future_cancelled(let_in[2]));
    finish(0);
    wait_until(works[1].began);
    check_string(line(), "11x1x");
    end_line();
    check_int(works[2].began + works[4].began, 0);
}

TEST_ONCE(line, cancelling_what_is_queued_lets_the_next_one_in)
{
    begin_line();
    wait_until(works[0].began);
    hence_future_cancel(jobs[1]);
    check_string(line(), "11100");
    end_line();
    check_int(works[1].began, 0);
}

TEST_ONCE(line, cancelling_the_let_in_changes_nothing_for_the_job)
{
    begin_line();
    hence_future_cancel(let_in[2]);
    finish(0);
    finish(1);
    finish(2);
    check(hence_future_done(jobs[2]) && !hence_future_cancelled(jobs[2]));
    end_line();
}

TEST_ONCE(line, the_shutdown_runs_those_in_line_too)
{
    begin_line();
    for (int i = 0; i < JOBS; i++)
        open_gate(&works[i]);
    check_int(hence_executor_shutdown(executor, false, -1), 0);
    check_string(line(), "11111");
    for (int i = 0; i < JOBS; i++)
        check_int(works[i].began, 1);
    end_line();
}

TEST_ONCE(line, the_shutdown_drops_those_in_line_too)
{
    begin_line();
    wait_until(works[0].began);
    check_int(hence_executor_shutdown(executor, true, 0), -ETIMEDOUT);
    check_string(line(), "11xxx");
    check(hence_future_cancelled(jobs[4]));
    end_line();
    check_int(works[1].began + works[2].began, 0);
}

TEST_ONCE(line, the_loop_closes)
{
    begin_line();
    wait_until(works[0].began);
    hence_loop_close(loop);
    for (int i = 1; i < JOBS; i++)
        check_int(works[i].dropped, 1);
    check_string(outcome_of(let_in[4]), "closed");
    end_line();
}

TEST_ONCE(line, one_that_does_not_ask_when_it_is_let_in)
{
    struct work other = {.number = 9};
    begin_line();
    hence_future *f =
        hence_run_in_executor_when_room(loop, executor, work_number, &other, work_drop, NULL);
    for (int i = 0; i < JOBS; i++)
        open_gate(&works[i]);
    check_string(await(loop, f), "9");
    end_line();
}

TEST(line, a_closed_executor)
{
    struct work work = {.number = 1};
    hence_future *room;
    loop = real_loop();
    executor = pool(1, 1);
    hence_executor_shutdown(executor, false, -1);
    hence_future *f =
        hence_run_in_executor_when_room(loop, executor, work_number, &work, work_drop, &room);
    check_string(await(loop, f), "shutdown");
    hence_test_turn(loop);
    if (room)
        hence_drop(hence_future_result(room));
    hence_future_unref(room);
    end_pool(loop, executor);
    hence_loop_free(loop);
    cr_assert_eq(work.dropped, 1);
}

/* ---- threads ---- */

struct submitter {
    struct work work;
    int64_t timeout;
    hence_concurrent_future *f;
    atomic_bool has_returned;
    pthread_t thread;
};

static void *submit(void *arg)
{
    struct submitter *submitter = arg;
    keep_reports();
    submitter->f = hence_executor_submit_when_room(executor, work_number, &submitter->work,
                                                   work_drop, submitter->timeout);
    set_flag(&submitter->has_returned);
    return NULL;
}

static void begin_submitter(struct submitter *submitter, int64_t timeout)
{
    *submitter = (struct submitter){.work = {.number = 7}, .timeout = timeout};
    cr_assert_eq(pthread_create(&submitter->thread, NULL, submit, submitter), 0);
}

static const char *end_submitter(struct submitter *submitter)
{
    pthread_join(submitter->thread, NULL);
    hence_result r = hence_concurrent_future_result(submitter->f, -1);
    const bool is_full = hence_is_failure_of(&r, &hence_domain_hence, HENCE_EFULL);
    const char *text = describe_and_drop(r);
    hence_concurrent_future_unref(submitter->f);
    return is_full ? "no room" : text;
}

/* One job at work, and one queued. */
static void fill(struct work *two)
{
    executor = pool(1, 1);
    for (int i = 0; i < 2; i++) {
        two[i] = (struct work){.number = i};
        hence_concurrent_future_unref(hence_executor_submit(executor, work_at_gate, &two[i], NULL));
    }
    wait_until(two[0].began);
}

static void empty(struct work *two)
{
    open_gate(&two[0]);
    open_gate(&two[1]);
    hence_executor_shutdown(executor, false, -1);
    hence_executor_unref(executor);
}

static bool somebody_is_in_line(void)
{
    pthread_mutex_lock(&executor->mutex);
    const bool so = !hence_ring_is_empty(&executor->line);
    pthread_mutex_unlock(&executor->mutex);
    return so;
}

TEST_ONCE(line, a_thread_blocks_until_there_is_room)
{
    struct submitter submitter;
    struct work two[2];
    fill(two);
    begin_submitter(&submitter, -1);
    look_until(somebody_is_in_line());
    check(!submitter.has_returned);
    open_gate(&two[0]);
    wait_until(submitter.has_returned);
    check(!two[1].go);
    open_gate(&two[1]);
    check_string(end_submitter(&submitter), "7");
    empty(two);
}

TEST_ONCE(line, a_thread_s_time_is_over)
{
    struct submitter submitter;
    struct work two[2];
    fill(two);
    begin_submitter(&submitter, HENCE_MS(5));
    check_string(end_submitter(&submitter), "no room");
    check_int(submitter.work.dropped, 1);
    begin_submitter(&submitter, 0);
    check_string(end_submitter(&submitter), "no room");
    empty(two);
    check_int(submitter.work.began, 0);
}

TEST_ONCE(line, the_shutdown_wakes_a_thread_in_line)
{
    struct submitter submitter;
    struct work two[2];
    fill(two);
    begin_submitter(&submitter, -1);
    look_until(somebody_is_in_line());
    check_int(hence_executor_shutdown(executor, true, 0), -ETIMEDOUT);
    check_string(end_submitter(&submitter), "cancelled");
    check_int(submitter.work.dropped, 1);
    empty(two);
}

TEST(line, a_thread_that_finds_room_does_not_wait)
{
    struct work work = {.number = 7};
    executor = pool(1, 1);
    hence_concurrent_future *f =
        hence_executor_submit_when_room(executor, work_number, &work, work_drop, -1);
    check_string(describe_and_drop(hence_concurrent_future_result(f, -1)), "7");
    hence_concurrent_future_unref(f);
    hence_executor_shutdown(executor, false, -1);
    hence_executor_unref(executor);
    cr_assert_eq(work.dropped, 1);
}

static void submit_in_loop(void *arg)
{
    struct work *work = arg;
    hence_concurrent_future *f =
        hence_executor_submit_when_room(executor, work_number, work, work_drop, -1);
    trace("%s", describe_and_drop(hence_concurrent_future_result(f, 0)));
    hence_concurrent_future_unref(f);
    hence_loop_stop(loop);
}

TEST_ONCE(line, where_a_loop_runs_waiting_is_refused_and_reported)
{
    struct work two[2], work = {.number = 7};
    loop = real_loop();
    fill(two);
    hence_call_soon(loop, submit_in_loop, &work, NULL);
    hence_loop_run_forever(loop);
    check_trace("deadlock");
    check(had_report(HENCE_REPORT_MISUSE));
    empty(two);
    hence_loop_free(loop);
    check_int(work.dropped, 1);
    check_int(work.began, 0);
}
