/* SPDX-License-Identifier: BSD-3-Clause */
/* Concurrent Futures of executors: what jobs give, who is told, and every way to cancel one. */
#include <errno.h>
#include <pthread.h>

#include "exec/exec_support.h"

SUITE(concurrent_future);

/* What it gives, with no limit of time; the reference goes. */
static const char *result_of(hence_concurrent_future *f)
{
    const char *text = describe_and_drop(hence_concurrent_future_result(f, -1));
    hence_concurrent_future_unref(f);
    return text;
}

static void end(hence_executor *executor)
{
    hence_executor_shutdown(executor, false, -1);
    hence_executor_unref(executor);
}

/* ---- results ---- */

TEST(concurrent_future, a_job_s_value)
{
    struct work work = {.number = 7};
    hence_executor *executor = pool(1, 0);
    check_string(result_of(hence_executor_submit(executor, work_number, &work, work_drop)), "7");
    end(executor);
    cr_assert_eq(work.dropped, 1); /* also where memory has run out */
    check_int(work.began, 1);
}

static hence_result fail(void *arg)
{
    return failure(arg);
}

TEST(concurrent_future, a_job_s_failure)
{
    hence_executor *executor = pool(1, 0);
    check_string(result_of(hence_executor_submit(executor, fail, "broken", NULL)), "broken");
    end(executor);
}

static atomic_long freed_by;
static atomic_int freed;

static void free_it(void *p)
{
    atomic_store(&freed_by, (long)gettid());
    atomic_fetch_add(&freed, 1);
    free(p);
}

static hence_result own_something(void *arg)
{
    (void)arg;
    return hence_own(malloc(1), free_it);
}

TEST(concurrent_future, its_value_has_many_readers_and_goes_with_the_last_of_them)
{
    hence_executor *executor = pool(1, 0);
    atomic_store(&freed, 0);
    hence_concurrent_future *f = hence_executor_submit(executor, own_something, NULL, NULL);
    hence_result first = hence_concurrent_future_result(f, -1);
    hence_result second = hence_concurrent_future_result(f, 0);
    check(hence_as(&first, free_it) && hence_as(&first, free_it) == hence_as(&second, free_it));
    check(!hence_take_ptr(&first, free_it));
    hence_concurrent_future_unref(f);
    end(executor);
    hence_drop(first);
    check_int(freed, 0);
    hence_drop(second);
    check_int(freed, 1);
    check_int(freed_by, gettid());
}

static void drop_it(void *r)
{
    hence_drop(*(hence_result *)r);
}

TEST(concurrent_future, a_reader_may_take_it_to_another_thread)
{
    hence_executor *executor = pool(1, 0);
    atomic_store(&freed_by, 0);
    hence_concurrent_future *f = hence_executor_submit(executor, own_something, NULL, NULL);
    hence_result r = hence_concurrent_future_result(f, -1);
    hence_concurrent_future_unref(f);
    end(executor); /* its thread has let go of it */
    on_another_thread(drop_it, &r);
    check(freed_by && freed_by != gettid());
}

static hence_result give_chain(void *arg)
{
    (void)arg;
    return hence_chain(hence_deferred_succeed(hence_int(1)));
}

TEST(concurrent_future, a_chain_is_refused)
{
    hence_executor *executor = pool(1, 0);
    hence_concurrent_future *f = hence_executor_submit(executor, give_chain, NULL, NULL);
    hence_result r = hence_concurrent_future_result(f, -1);
    check(hence_is_failure_of(&r, &hence_domain_hence, HENCE_EINVAL));
    hence_drop(r);
    hence_concurrent_future_unref(f);
    end(executor);
}

static hence_result die(void *arg)
{
    (void)arg;
    pthread_exit(NULL);
}

TEST_ONCE(concurrent_future, a_thread_that_dies_ends_its_job)
{
    hence_executor *executor = pool(1, 0);
    struct work work = {.number = 7};
    hence_concurrent_future *f = hence_executor_submit(executor, die, &work, work_drop);
    hence_result r = hence_concurrent_future_result(f, -1);
    check(hence_is_failure_of(&r, &hence_domain_hence, HENCE_EDIED));
    hence_drop(r);
    hence_concurrent_future_unref(f);
    check_int(work.dropped, 1);
    check_string(result_of(hence_executor_submit(executor, work_number, &work, NULL)), "7");
    end(executor);
}

static hence_result wait_for_ever(void *arg)
{
    struct work *work = arg;
    work->thread = pthread_self();
    tell_begun(work);
    pause(); /* all signals are blocked: only pthread_cancel() ends it */
    return hence_none();
}

TEST_ONCE(concurrent_future, a_thread_that_is_cancelled_from_outside_ends_its_job)
{
    hence_executor *executor = pool(1, 0);
    struct work work = {.number = 7};
    hence_concurrent_future *f = hence_executor_submit(executor, wait_for_ever, &work, work_drop);
    wait_until(work.began);
    pthread_cancel(work.thread);
    hence_result r = hence_concurrent_future_result(f, -1);
    check(hence_is_failure_of(&r, &hence_domain_hence, HENCE_EDIED));
    hence_drop(r);
    hence_concurrent_future_unref(f);
    check_int(work.dropped, 1);
    end(executor);
}

/* ---- refused ---- */

TEST_ONCE(concurrent_future, a_full_queue_refuses)
{
    struct work first = {.number = 1}, second = {.number = 2}, third = {.number = 3};
    hence_executor *executor = pool(1, 1);
    hence_concurrent_future *f1 = hence_executor_submit(executor, work_at_gate, &first, work_drop);
    hence_concurrent_future *f2 = hence_executor_submit(executor, work_number, &second, work_drop);
    hence_concurrent_future *f3 = hence_executor_submit(executor, work_number, &third, work_drop);
    check(hence_concurrent_future_done(f3));
    check_int(third.dropped, 1);
    hence_result r = hence_concurrent_future_result(f3, 0);
    check(hence_is_failure_of(&r, &hence_domain_hence, HENCE_EFULL));
    hence_drop(r);
    hence_concurrent_future_unref(f3);
    open_gate(&first);
    check_string(result_of(f1), "1");
    check_string(result_of(f2), "2");
    end(executor);
}

TEST(concurrent_future, rule_139_after_the_shutdown_nothing_is_accepted)
{
    struct work work = {.number = 1};
    hence_executor *executor = pool(1, 0);
    hence_executor_shutdown(executor, false, -1);
    check_string(result_of(hence_executor_submit(executor, work_number, &work, work_drop)),
                 "shutdown");
    end(executor);
    cr_assert_eq(work.dropped, 1);
    check_int(work.began, 0);
}

TEST(concurrent_future, no_function_and_no_executor)
{
    struct work work = {.number = 1};
    hence_executor *executor = pool(1, 0);
    hence_concurrent_future *f = hence_executor_submit(executor, NULL, &work, work_drop);
    hence_result r = hence_concurrent_future_result(f, -1);
    check(hence_is_failure_of(&r, &hence_domain_hence, HENCE_EINVAL));
    hence_drop(r);
    hence_concurrent_future_unref(f);
    check_string(result_of(hence_executor_submit(NULL, work_number, &work, work_drop)), "nomem");
    end(executor);
    cr_assert_eq(work.dropped, 2);
}

TEST(concurrent_future, none)
{
    check_string(describe_and_drop(hence_concurrent_future_result(NULL, -1)), "nomem");
    check(hence_concurrent_future_done(NULL) && !hence_concurrent_future_cancelled(NULL));
    check(!hence_concurrent_future_running(NULL));
    check_int(hence_concurrent_future_cancel(NULL), -ENOMEM);
    check_int(hence_concurrent_future_add_done_callback(NULL, NULL, NULL), -ENOMEM);
    check(!hence_concurrent_future_ref(NULL) && !hence_concurrent_future_unref(NULL));
}

TEST_ONCE(concurrent_future, a_failure_that_nobody_looked_at_is_reported)
{
    hence_executor *executor = pool(1, 0);
    hence_concurrent_future *f = hence_executor_submit(executor, fail, "broken", NULL);
    hence_concurrent_future *looked_at = hence_executor_submit(executor, fail, "seen", NULL);
    hence_drop(hence_concurrent_future_result(looked_at, -1));
    end(executor); /* its thread is done with it, and has let go of it */
    hence_concurrent_future_unref(looked_at);
    hence_concurrent_future_unref(f);
    check(had_report(HENCE_REPORT_NEVER_RETRIEVED));
}

/* ---- waiting ---- */

TEST_ONCE(concurrent_future, waiting_has_a_limit)
{
    struct work work = {.number = 7};
    hence_executor *executor = pool(1, 0);
    hence_concurrent_future *f = hence_executor_submit(executor, work_at_gate, &work, NULL);
    check_string(describe_and_drop(hence_concurrent_future_result(f, 0)), "timedout");
    check_string(describe_and_drop(hence_concurrent_future_result(f, HENCE_MS(5))), "timedout");
    open_gate(&work);
    check_string(describe_and_drop(hence_concurrent_future_result(f, HENCE_SECONDS(30))), "7");
    hence_concurrent_future_unref(f);
    end(executor);
}

static hence_concurrent_future *asked;

static void wait_in_loop(void *loop)
{
    trace("%s", describe_and_drop(hence_concurrent_future_result(asked, -1)));
    trace("%s", describe_and_drop(hence_concurrent_future_result(asked, 0)));
    hence_loop_stop(loop);
}

TEST_ONCE(concurrent_future, waiting_where_a_loop_runs_is_refused_and_reported)
{
    struct work work = {.number = 7};
    hence_loop *loop = real_loop();
    hence_executor *executor = pool(1, 0);
    asked = hence_executor_submit(executor, work_at_gate, &work, NULL);
    hence_call_soon(loop, wait_in_loop, loop, NULL);
    hence_loop_run_forever(loop);
    check_trace("deadlock timedout");
    check(had_report(HENCE_REPORT_MISUSE));
    open_gate(&work);
    check_string(describe_and_drop(hence_concurrent_future_result(asked, -1)), "7");
    hence_call_soon(loop, wait_in_loop, loop, NULL); /* it need not wait */
    hence_loop_run_forever(loop);
    check_trace("7 7");
    hence_concurrent_future_unref(asked);
    end(executor);
    hence_loop_free(loop);
}

/* ---- its states ---- */

TEST_ONCE(concurrent_future, rule_138_pending_running_finished)
{
    struct work first = {.number = 1}, second = {.number = 2};
    hence_executor *executor = pool(1, 0);
    hence_concurrent_future *f1 = hence_executor_submit(executor, work_at_gate, &first, NULL);
    hence_concurrent_future *f2 = hence_executor_submit(executor, work_number, &second, NULL);
    wait_until(first.began);
    check(hence_concurrent_future_running(f1) && !hence_concurrent_future_done(f1));
    check(!hence_concurrent_future_running(f2) && !hence_concurrent_future_done(f2));
    open_gate(&first);
    check_string(describe_and_drop(hence_concurrent_future_result(f2, -1)), "2");
    check(hence_concurrent_future_done(f1) && !hence_concurrent_future_running(f1));
    check(!hence_concurrent_future_cancelled(f1));
    hence_concurrent_future_unref(f1);
    hence_concurrent_future_unref(f2);
    end(executor);
}

TEST_ONCE(concurrent_future, rule_138_what_waits_can_be_cancelled_and_never_runs)
{
    struct work first = {.number = 1}, second = {.number = 2};
    hence_executor *executor = pool(1, 0);
    hence_concurrent_future *f1 = hence_executor_submit(executor, work_at_gate, &first, work_drop);
    hence_concurrent_future *f2 = hence_executor_submit(executor, work_number, &second, work_drop);
    wait_until(first.began);
    check_int(hence_concurrent_future_cancel(f2), 0);
    check_int(second.dropped, 1);
    check(hence_concurrent_future_cancelled(f2));
    check_int(hence_concurrent_future_cancel(f2), 0); /* cancelled it is */
    check_string(result_of(f2), "cancelled");
    open_gate(&first);
    check_string(result_of(f1), "1");
    end(executor);
    check_int(second.began, 0);
}

TEST_ONCE(concurrent_future, rule_138_what_runs_or_is_done_can_not_be_cancelled)
{
    struct work work = {.number = 1};
    hence_executor *executor = pool(1, 0);
    hence_concurrent_future *f = hence_executor_submit(executor, work_at_gate, &work, work_drop);
    wait_until(work.began);
    check_int(hence_concurrent_future_cancel(f), -EBUSY);
    open_gate(&work);
    check_string(describe_and_drop(hence_concurrent_future_result(f, -1)), "1");
    check(work.saw_cancelled); /* it is told, and decides */
    check_int(hence_concurrent_future_cancel(f), -EALREADY);
    check(!hence_concurrent_future_cancelled(f));
    hence_concurrent_future_unref(f);
    end(executor);
}

TEST_ONCE(concurrent_future, it_goes_on_when_nobody_holds_it)
{
    struct work work = {.number = 1};
    hence_executor *executor = pool(1, 0);
    hence_concurrent_future_unref(hence_executor_submit(executor, work_number, &work, work_drop));
    end(executor);
    check_int(work.began, 1);
    check_int(work.dropped, 1);
}

/* ---- callbacks ---- */

struct told {
    atomic_int times, order;
    atomic_long by;
};

static atomic_int next_order;

static void tell(hence_concurrent_future *f, void *arg)
{
    struct told *told = arg;
    cr_assert(hence_concurrent_future_done(f));
    atomic_store(&told->by, (long)gettid());
    atomic_store(&told->order, atomic_fetch_add(&next_order, 1));
    atomic_fetch_add(&told->times, 1);
}

TEST(concurrent_future, rule_138_callbacks_are_called_in_order_by_the_thread_that_ends_it)
{
    struct work work = {.number = 1};
    struct told first = {.by = 0}, second = {.by = 0}, late = {.by = 0};
    hence_executor *executor = pool(1, 0);
    atomic_store(&next_order, 0);
    hence_concurrent_future *f = hence_executor_submit(executor, work_at_gate, &work, NULL);
    int error1 = hence_concurrent_future_add_done_callback(f, tell, &first);
    int error2 = hence_concurrent_future_add_done_callback(f, tell, &second);
    open_gate(&work);
    hence_drop(hence_concurrent_future_result(f, -1));
    end(executor);
    check_int(first.times, !error1);
    check_int(second.times, !error2);
    check(first.order < second.order);
    check(first.by == second.by && first.by != gettid());
    check_int(hence_concurrent_future_add_done_callback(f, tell, &late), 0);
    check_int(late.times, 1); /* at once, here */
    check_int(late.by, gettid());
    check_int(hence_concurrent_future_add_done_callback(f, NULL, &late), -EINVAL);
    hence_concurrent_future_unref(f);
}

TEST_ONCE(concurrent_future, cancelling_calls_the_callbacks_before_it_returns)
{
    struct work first = {.number = 1}, second = {.number = 2};
    struct told told = {.by = 0};
    hence_executor *executor = pool(1, 0);
    hence_concurrent_future *f1 = hence_executor_submit(executor, work_at_gate, &first, NULL);
    hence_concurrent_future *f2 = hence_executor_submit(executor, work_number, &second, NULL);
    check_int(hence_concurrent_future_add_done_callback(f2, tell, &told), 0);
    check_int(hence_concurrent_future_cancel(f2), 0);
    check_int(told.times, 1);
    check_int(told.by, gettid());
    open_gate(&first);
    check_string(result_of(f1), "1");
    hence_concurrent_future_unref(f2);
    end(executor);
}

TEST_ONCE(concurrent_future, the_shutdown_that_drops_jobs_tells_them)
{
    struct work first = {.number = 1}, second = {.number = 2};
    struct told told = {.by = 0};
    hence_executor *executor = pool(1, 0);
    hence_concurrent_future *f1 = hence_executor_submit(executor, work_at_gate, &first, NULL);
    hence_concurrent_future *f2 = hence_executor_submit(executor, work_number, &second, work_drop);
    wait_until(first.began);
    hence_concurrent_future_add_done_callback(f2, tell, &told);
    check_int(hence_executor_shutdown(executor, true, 0), -ETIMEDOUT);
    check(hence_concurrent_future_cancelled(f2));
    check_int(told.times, 1);
    check_int(second.dropped, 1);
    open_gate(&first);
    check_string(result_of(f1), "1");
    hence_concurrent_future_unref(f2);
    end(executor);
}
