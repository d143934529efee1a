/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Concurrent Futures in every order: who waits is told, who gives up waiting is not told later, a callback is
 * called once, a job or an operation that is cancelled runs or does not, and ends once; who waits for room gets
 * it; the end of an executor comes into a loop.
 */
#include <string.h>

#include <hence/hence.h>

#include "exec/executor.h"
#include "loop/loop.h"
#include "schedule.h"

static hence_executor *executor;
static hence_loop *loop;
static hence_concurrent_future *future;
static int runs, drops, calls, cancelled;

static void say_nothing(const hence_report *report, void *arg)
{
    (void)report; /* of failures that nobody looked at */
    (void)arg;
}

static hence_result run(void *arg)
{
    (void)arg;
    if (runs++)
        schedule_fail("it runs twice");
    return hence_int(1);
}

static void drop(void *arg)
{
    (void)arg;
    if (drops++)
        schedule_fail("an argument is dropped twice");
}

static void called(hence_concurrent_future *f, void *arg)
{
    (void)arg;
    if (calls++)
        schedule_fail("a callback is called twice");
    if (!hence_concurrent_future_done(f))
        schedule_fail("a callback is called before the end");
}

static void reset(void)
{
    runs = drops = calls = cancelled = 0;
    hence_set_report_handler(say_nothing, NULL);
}

static void begin(void)
{
    const hence_executor_options options = {.max_workers = 1};
    reset();
    executor = hence_executor_new(&options);
    executor->spins = (unsigned)schedule_number(1);
}

/* ---- threads ---- */

static void wait_for_it(void *timeout)
{
    hence_result r = hence_concurrent_future_result(future, timeout ? 1000 : -1);
    const bool is_value = !hence_is_failure(&r);
    const bool is_late = hence_is_failure_of(&r, &hence_domain_hence, HENCE_ETIMEDOUT);
    hence_drop(r);
    if (!is_late && is_value != (runs == 1 && !hence_concurrent_future_cancelled(future)))
        schedule_fail("a result that is not the job's");
    if (is_late && !timeout)
        schedule_fail("the time is over, and there was no limit");
    hence_concurrent_future_unref(future);
}

static void cancel_it(void *unused)
{
    (void)unused;
    cancelled = hence_concurrent_future_cancel(future) == 0;
    hence_concurrent_future_unref(future);
}

static int start(const char *name, schedule_fn *fn, void *arg)
{
    hence_concurrent_future_ref(future);
    return schedule_start(name, fn, arg);
}

static void check(void)
{
    if (!hence_concurrent_future_done(future) || drops != 1 || calls != 1)
        schedule_fail("done: %d, an argument is dropped %d times, a callback is called %d times",
                      hence_concurrent_future_done(future), drops, calls);
    if (cancelled != hence_concurrent_future_cancelled(future))
        schedule_fail("cancelling says %d and has not done that", cancelled);
}

/* ---- jobs ---- */

/* A job, and threads that wait for it: the last one for a time. */
static void result(void *unused)
{
    int threads[2], count = schedule_number(0);
    (void)unused;
    begin();
    future = hence_executor_submit(executor, run, NULL, drop);
    for (int i = 0; i < count; i++)
        threads[i] = start(i ? "waiter 2" : "waiter 1", wait_for_it, i == count - 1 ? &loop : NULL);
    hence_concurrent_future_add_done_callback(future, called, NULL);
    for (int i = 0; i < count; i++)
        schedule_join(threads[i]);
    hence_executor_shutdown(executor, false, -1);
    check();
    hence_concurrent_future_unref(future);
    hence_executor_unref(executor);
}

/* One thread waits for it, another one cancels it. */
static void cancel(void *unused)
{
    (void)unused;
    begin();
    future = hence_executor_submit(executor, run, NULL, drop);
    const int waiter = start("waiter 1", wait_for_it, NULL);
    const int canceller = start("canceller", cancel_it, NULL);
    hence_concurrent_future_add_done_callback(future, called, NULL);
    schedule_join(waiter);
    schedule_join(canceller);
    hence_executor_shutdown(executor, false, -1);
    check();
    hence_concurrent_future_unref(future);
    hence_executor_unref(executor);
}

/* Who has seen that it is done finds it among those that are, also when the time is over. */
static void completions(void *unused)
{
    hence_concurrent_future *next;
    (void)unused;
    begin();
    future = hence_executor_submit(executor, run, NULL, drop);
    hence_concurrent_future_add_done_callback(future, called, NULL);
    hence_concurrent_completions *in_order = hence_concurrent_as_completed(&future, 1, 0);
    const bool was_done = hence_concurrent_future_done(future);
    hence_result r = hence_concurrent_completions_next(in_order, &next);
    if (next != (hence_is_failure(&r) ? NULL : future) || (was_done && !next))
        schedule_fail("it is done: %d, and is it there: %d", was_done, !!next);
    hence_drop(r);
    hence_concurrent_completions_free(in_order);
    hence_executor_shutdown(executor, false, -1);
    check();
    hence_concurrent_future_unref(future);
    hence_executor_unref(executor);
}

static hence_result run_quietly(void *arg)
{
    runs++;
    (void)arg;
    return hence_none();
}

/* The second one finds the queue full, and waits for room; perhaps not long enough. */
static void submit(void *unused)
{
    (void)unused;
    begin();
    executor->max_queued = 1;
    hence_concurrent_future *made[3];
    for (int i = 0; i < 3; i++)
        made[i] = hence_executor_submit_when_room(executor, run_quietly, NULL, NULL,
                                                  i == 2 && schedule_number(0) ? 1000 : -1);
    hence_executor_shutdown(executor, false, -1);
    int refused = 0;
    for (int i = 0; i < 3; i++) {
        hence_result r = hence_concurrent_future_result(made[i], 0);
        refused += hence_is_failure_of(&r, &hence_domain_hence, HENCE_EFULL);
        hence_drop(r);
        hence_concurrent_future_unref(made[i]);
    }
    if (runs + refused != 3 || (refused && !schedule_number(0)))
        schedule_fail("%d jobs run, %d are refused", runs, refused);
    hence_executor_unref(executor);
}

/* ---- the end as a Future ---- */

static void tell(hence_future *f, void *arg)
{
    (void)arg;
    hence_drop(hence_future_result(f));
    hence_loop_stop(loop);
}

/* The loop sees the end; or is freed at once. */
static void shut_down(void *unused)
{
    (void)unused;
    begin();
    loop = hence_loop_new(NULL);
    for (int i = 0; i < schedule_number(0); i++)
        hence_concurrent_future_unref(hence_executor_submit(executor, run_quietly, NULL, NULL));
    hence_future *f = hence_executor_shutdown_future(loop, executor, false);
    hence_future_add_done_callback(f, tell, NULL);
    if (schedule_number(2)) {
        hence_loop_run_forever(loop);
        if (runs != schedule_number(0))
            schedule_fail("%d jobs have run", runs);
    }
    hence_loop_free(loop);
    hence_executor_shutdown(executor, false, -1);
    hence_future_unref(f);
    hence_executor_unref(executor);
}

/* ---- operations in a loop ---- */

static void stop(void *held)
{
    hence_loop_stop(held);
}

static void operate(void *cancels)
{
    hence_loop *held = loop;
    future = hence_run_threadsafe(held, run, NULL, drop);
    hence_concurrent_future_add_done_callback(future, called, NULL);
    if (cancels)
        cancelled = hence_concurrent_future_cancel(future) == 0;
    hence_drop(hence_concurrent_future_result(future, -1));
    hence_call_soon_threadsafe(held, stop, held);
    hence_loop_unref(held);
}

/* It runs, or closes after so many looks. */
static void operation(void *unused)
{
    (void)unused;
    reset();
    loop = hence_loop_ref(hence_loop_new(NULL));
    schedule_allow_wakeups(2);
    const int thread = schedule_start("thread 1", operate, schedule_number(0) ? &loop : NULL);
    if (schedule_number(1))
        hence_loop_run_forever(loop);
    else
        hence_loop_poll(loop, false);
    hence_loop_close(loop);
    schedule_join(thread);
    check();
    hence_concurrent_future_unref(future);
    hence_loop_free(loop);
}

static const char result_does[] =
    "a job, %d threads wait, one with a time limit; the worker looks %d times before it sleeps";
static const char cancel_does[] =
    "a job, %d thread waits, one cancels; the worker looks %d times before it sleeps";
static const char submit_does[] =
    "3 jobs for 1 place, %d of them with a time limit; the worker looks %d times before it sleeps";
static const char end_does[] = "%d jobs, their end comes into a loop; the worker looks %d times "
                               "before it sleeps; the loop runs: %d";
static const char operation_does[] = "an operation in a loop, cancelled: %d; the loop runs: %d";

static const char completions_does[] =
    "%d job, asked for when the time is over; the worker looks %d times before it sleeps";

static const struct schedule_scenario scenarios[] = {
    {"result", result, result_does, {1, 1}, 1, UNBOUNDED, false, 0},
    {"result", result, result_does, {2, 1}, 0, 2, false, 0},
    {"cancel", cancel, cancel_does, {1, 1}, 0, 2, false, 0},
    {"completions", completions, completions_does, {1, 1}, 0, UNBOUNDED, false, 0},
    {"submit", submit, submit_does, {0, 1}, 1, UNBOUNDED, false, 0},
    {"submit", submit, submit_does, {1, 1}, 0, UNBOUNDED, false, 0},
    {"end", shut_down, end_does, {2, 1, 1}, 0, UNBOUNDED, false, 0},
    {"end", shut_down, end_does, {2, 1, 0}, 0, UNBOUNDED, false, 0},
    {"operation", operation, operation_does, {0, 1}, 0, UNBOUNDED, false, 0},
    {"operation", operation, operation_does, {1, 1}, 0, UNBOUNDED, false, 0},
    {"operation", operation, operation_does, {0, 0}, 0, UNBOUNDED, false, 0},
    {"operation", operation, operation_does, {1, 0}, 0, UNBOUNDED, false, 0},
    {"result", result, result_does, {2, 1}, 0, UNBOUNDED, true, 1000000},
    {"cancel", cancel, cancel_does, {1, 1}, 0, UNBOUNDED, true, 1000000},
    {"operation", operation, operation_does, {1, 1}, 1, UNBOUNDED, true, 1000000},
    {.name = NULL},
};

int main(int argc, char **argv)
{
    return schedule_main(argc, argv, scenarios);
}
