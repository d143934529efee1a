/* SPDX-License-Identifier: BSD-3-Clause */
/* Coroutines that let time go by, and threads work. */
#include "coro/coro_support.h"
#include "exec/exec_support.h"

SUITE(await);

static hence_result sleep_twice(void *word)
{
    for (int i = 1; i <= 2; i++) {
        hence_result r = hence_co_sleep(HENCE_SECONDS(1));
        trace("%s%d:%s", (const char *)word, i, describe(&r));
        hence_drop(r);
    }
    return hence_none();
}

TEST(await, sleeping_lets_time_go_by)
{
    begin();
    tell(hence_spawn(both.loop, sleep_twice, "a"), "A");
    run();
    hence_test_clock_advance(both.clock, HENCE_SECONDS(1) - 1);
    check_trace("");
    hence_test_clock_advance(both.clock, 1);
    check_trace("a1:none");
    hence_test_clock_advance(both.clock, HENCE_SECONDS(1));
    check_trace("a2:none A:none");
    end();
}

static hence_result yield_twice(void *word)
{
    trace("%s1", (const char *)word);
    hence_result r = hence_co_yield();
    trace("%s2:%s", (const char *)word, describe(&r));
    r = hence_co_sleep(-1); /* the same */
    trace("%s3:%s", (const char *)word, describe(&r));
    return r;
}

TEST(await, yielding_lets_the_others_run_for_one_turn)
{
    begin();
    tell(hence_spawn(both.loop, yield_twice, "a"), "A");
    tell(hence_spawn(both.loop, yield_twice, "b"), "B");
    turn();
    check_trace("a1 b1");
    turn();
    check_trace("a2:none b2:none");
    turn();
    check_trace("a3:none b3:none");
    run();
    check_trace("A:none B:none");
    end();
}

static hence_result run_blocking(void *arg)
{
    struct work *work = arg;
    hence_result r = hence_co_run_blocking(work_number, work);
    trace("%s", describe(&r));
    return r;
}

TEST_ONCE(await, what_blocks_runs_on_another_thread_meanwhile)
{
    struct work work = {.number = 7};
    hence_loop *loop = real_loop();
    check_string(await(loop, hence_spawn(loop, run_blocking, &work)), "7");
    check_trace("7");
    end_pool(loop, NULL);
    check_int(work.began, 1);
    hence_loop_free(loop);
}

/* A job that has its task cancelled. */
struct doomed {
    struct work work;
    hence_loop *loop;
    hence_future *task;
};

static void cancel_task(void *f)
{
    hence_future_cancel(f);
}

static hence_result have_it_cancelled(void *arg)
{
    struct doomed *doomed = arg;
    hence_call_soon_threadsafe(doomed->loop, cancel_task, doomed->task);
    return work_until_cancelled(&doomed->work);
}

static hence_result run_blocking_for_ever(void *doomed)
{
    hence_result r = hence_co_run_blocking(have_it_cancelled, doomed);
    trace("%s", describe(&r));
    return r;
}

TEST_ONCE(await, what_blocks_is_told_when_its_task_is_cancelled)
{
    hence_loop *loop = real_loop();
    struct doomed doomed = {.work = {.number = 7}, .loop = loop};
    doomed.task = hence_spawn(loop, run_blocking_for_ever, &doomed); /* runs when the loop does */
    check_string(await(loop, doomed.task), "cancelled");
    check_trace("cancelled");
    end_pool(loop, NULL); /* waits for the job */
    check(doomed.work.saw_cancelled);
    hence_loop_free(loop);
}
