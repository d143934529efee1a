/* SPDX-License-Identifier: BSD-3-Clause */
/* Concurrent Futures as Futures and Deferreds of a loop. */
#include <errno.h>
#include <pthread.h>

#include "exec/exec_support.h"

SUITE(wrap);

static void end(hence_executor *executor)
{
    hence_executor_shutdown(executor, false, -1);
    hence_executor_unref(executor);
}

TEST(wrap, a_value_comes_into_the_loop)
{
    struct work work = {.number = 7};
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(1, 0);
    hence_concurrent_future *c = hence_executor_submit(executor, work_at_gate, &work, NULL);
    hence_future *f = hence_wrap_future(loop, c);
    open_gate(&work);
    check_string(await(loop, f), "7");
    check_string(await(loop, hence_wrap_future(loop, c)), "7"); /* it is done already */
    hence_concurrent_future_unref(c);
    end(executor);
    hence_loop_free(loop);
}

static hence_result give_something(void *arg)
{
    struct work *work = arg;
    stand_at_gate(work);
    return hence_own(&work->dropped, work_drop_number);
}

TEST(wrap, an_owned_value_has_readers_on_both_sides)
{
    struct work work = {.number = 7};
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(1, 0);
    hence_concurrent_future *c = hence_executor_submit(executor, give_something, &work, NULL);
    hence_future *f = hence_wrap_future(loop, c);
    open_gate(&work);
    hence_result r = hence_loop_run_until_complete(loop, f);
    check(hence_as(&r, work_drop_number) == &work.dropped);
    hence_drop(r);
    hence_concurrent_future_unref(c);
    end(executor);
    if (f)
        check_int(work.dropped, 0);
    hence_future_unref(f);
    hence_loop_free(loop);
    check_int(work.dropped, 1);
}

TEST(wrap, as_a_deferred)
{
    struct work work = {.number = 7};
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(1, 0);
    hence_concurrent_future *c = hence_executor_submit(executor, work_at_gate, &work, NULL);
    hence_deferred *d = hence_wrap_future_deferred(loop, c);
    open_gate(&work);
    hence_deferred_add_both(d, add_one, "d");
    hence_result r = hence_loop_run_until_complete_deferred(loop, d);
    check_string(describe_and_drop(r), "8");
    check_trace("d:7");
    hence_concurrent_future_unref(c);
    end(executor);
    hence_loop_free(loop);
}

TEST_ONCE(wrap, rule_91_cancelling_passes_on)
{
    struct work first = {.number = 1}, second = {.number = 2};
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(1, 0);
    hence_concurrent_future *c1 = hence_executor_submit(executor, work_at_gate, &first, NULL);
    hence_concurrent_future *c2 = hence_executor_submit(executor, work_number, &second, NULL);
    hence_future *f = hence_wrap_future(loop, c2);
    wait_until(first.began);
    hence_future_cancel(f);
    check(hence_concurrent_future_cancelled(c2));
    check_string(await(loop, f), "cancelled");
    open_gate(&first);
    check_string(await(loop, hence_wrap_future(loop, c1)), "1");
    hence_concurrent_future_unref(c1);
    hence_concurrent_future_unref(c2);
    end(executor);
    hence_loop_free(loop);
    check_int(second.began, 0);
}

TEST_ONCE(wrap, a_running_job_is_told_and_what_it_gives_is_not_lost_for_others)
{
    struct work work = {.number = 1};
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(1, 0);
    hence_concurrent_future *c = hence_executor_submit(executor, work_until_cancelled, &work, NULL);
    hence_future *f = hence_wrap_future(loop, c);
    wait_until(work.began);
    hence_future_cancel(f);
    check_string(await(loop, f), "cancelled");
    check_string(describe_and_drop(hence_concurrent_future_result(c, -1)), "1");
    hence_concurrent_future_unref(c);
    end(executor);
    hence_test_turn(loop);
    hence_loop_free(loop);
    check(work.saw_cancelled);
}

TEST_ONCE(wrap, who_is_cancelled_elsewhere_is_cancelled_here)
{
    struct work first = {.number = 1}, second = {.number = 2};
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(1, 0);
    hence_concurrent_future *c1 = hence_executor_submit(executor, work_at_gate, &first, NULL);
    hence_concurrent_future *c2 = hence_executor_submit(executor, work_number, &second, NULL);
    hence_future *f = hence_wrap_future(loop, c2);
    check_int(hence_concurrent_future_cancel(c2), 0);
    check_string(await(loop, f), "cancelled");
    open_gate(&first);
    hence_concurrent_future_unref(c1);
    hence_concurrent_future_unref(c2);
    end(executor);
    hence_loop_free(loop);
}

TEST_ONCE(wrap, rule_91_a_loop_that_closes_leaves_it_alone)
{
    struct work work = {.number = 1};
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(1, 0);
    hence_concurrent_future *c = hence_executor_submit(executor, work_at_gate, &work, NULL);
    hence_future *f = hence_wrap_future(loop, c);
    hence_loop_close(loop);
    check_string(outcome_of(f), "closed");
    hence_future_unref(f);
    check(!hence_concurrent_future_done(c));
    open_gate(&work);
    check_string(describe_and_drop(hence_concurrent_future_result(c, -1)), "1");
    hence_concurrent_future_unref(c);
    end(executor);
    hence_loop_free(loop);
}

TEST(wrap, none_and_a_closed_loop)
{
    struct work work = {.number = 1};
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(1, 0);
    hence_concurrent_future *c = hence_executor_submit(executor, work_at_gate, &work, NULL);
    check_string(await(loop, hence_wrap_future(loop, NULL)), "nomem");
    hence_loop_close(loop);
    check(!hence_wrap_future(loop, c));
    hence_deferred *d = hence_wrap_future_deferred(loop, c);
    check_string(outcome(d), "closed");
    hence_deferred_unref(d);
    open_gate(&work);
    hence_concurrent_future_unref(c);
    end(executor);
    hence_loop_free(loop);
}

/* ---- from one loop to another ---- */

/* A loop on a thread of its own, and a Future in it. */
struct other {
    hence_loop *loop;
    hence_promise *p;
    hence_future *f;
    hence_concurrent_future *c;
    atomic_bool is_there, was_cancelled;
    pthread_t thread;
};

static bool other_cancelled(hence_promise *p, void *arg)
{
    struct other *other = arg;
    (void)p;
    atomic_store(&other->was_cancelled, true);
    hence_loop_stop(other->loop);
    return true;
}

static void *run_other(void *arg)
{
    struct other *other = arg;
    keep_reports();
    other->loop = real_loop();
    other->f = hence_future_new(other->loop, &other->p);
    hence_promise_on_cancel(other->p, other_cancelled, other);
    other->c = hence_future_as_concurrent(other->f);
    hence_loop_ref(other->loop);
    set_flag(&other->is_there);
    hence_loop_run_forever(other->loop);
    hence_future_unref(other->f);
    hence_loop_free(other->loop);
    return NULL;
}

static void begin_other(struct other *other)
{
    cr_assert_eq(pthread_create(&other->thread, NULL, run_other, other), 0);
    wait_until(other->is_there);
}

static void end_other(struct other *other)
{
    pthread_join(other->thread, NULL);
    hence_concurrent_future_unref(other->c);
    hence_loop_unref(other->loop);
}

static void stop_other(void *arg)
{
    hence_loop_stop(((struct other *)arg)->loop);
}

static void resolve_other(void *arg)
{
    struct other *other = arg;
    hence_resolve(other->p, hence_int(7));
    hence_call_soon(other->loop, stop_other, other, NULL); /* when its listeners have been told */
}

TEST_ONCE(wrap, a_future_of_another_loop)
{
    struct other other = {.c = NULL};
    hence_loop *loop = real_loop();
    begin_other(&other);
    hence_future *f = hence_wrap_future(loop, other.c);
    hence_call_soon_threadsafe(other.loop, resolve_other, &other);
    check_string(await(loop, f), "7");
    end_other(&other);
    check(!other.was_cancelled);
    hence_loop_free(loop);
}

TEST_ONCE(wrap, rule_91_cancelling_reaches_the_other_loop)
{
    struct other other = {.c = NULL};
    hence_loop *loop = real_loop();
    begin_other(&other);
    hence_future *f = hence_wrap_future(loop, other.c);
    hence_future_cancel(f);
    check_string(await(loop, f), "cancelled");
    end_other(&other);
    check(other.was_cancelled);
    hence_test_turn(loop);
    hence_loop_free(loop);
}

TEST_ONCE(wrap, the_other_loop_closes)
{
    struct other other = {.c = NULL};
    hence_loop *loop = real_loop();
    begin_other(&other);
    hence_future *f = hence_wrap_future(loop, other.c);
    hence_call_soon_threadsafe(other.loop, stop_other, &other);
    check_string(await(loop, f), "closed");
    end_other(&other);
    hence_loop_free(loop);
}
