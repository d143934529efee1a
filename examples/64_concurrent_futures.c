/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Concurrent Futures: any thread waits for them, asks them, cancels them, or is told.
 *
 *     cc 64_concurrent_futures.c $(pkg-config --cflags --libs hence) && ./a.out
 *     first completed: 1 of 3 done
 *     all completed: 3 of 3 done
 *     as they are done: 10 20 30
 *     too slow: 1 (of 1) futures unfinished
 *     the one at work: running
 *     the one that waits: waiting
 *     the one that waits: cancelled
 *     told: 7
 */
/* real time */
#include <hence/hence.h>

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

static void wait_for_some(hence_executor *executor);
static void take_as_completed(hence_executor *executor);
static void take_too_slow(hence_executor *executor);
static void cancel_one(void);
static void be_told(hence_executor *executor);

static int naps[] = {30, 20, 10}; /* milliseconds */

int main(void)
{
    const hence_executor_options options = {.max_workers = 3};
    hence_executor *executor = hence_executor_new(&options);
    if (!executor)
        return EXIT_FAILURE;
    wait_for_some(executor);
    take_as_completed(executor);
    take_too_slow(executor);
    cancel_one();
    be_told(executor);
    hence_executor_shutdown(executor, false, -1);
    hence_executor_unref(executor);
    return EXIT_SUCCESS;
}

static hence_result nap(void *arg)
{
    const int *milliseconds = arg;
    usleep((useconds_t)*milliseconds * 10000); /* far enough apart to come in order */
    return hence_int(*milliseconds);
}

static void begin_naps(hence_executor *executor, hence_concurrent_future **futures)
{
    for (int i = 0; i < 3; i++)
        futures[i] = hence_executor_submit(executor, nap, &naps[i], NULL);
}

static void end_naps(hence_concurrent_future **futures)
{
    for (int i = 0; i < 3; i++)
        hence_concurrent_future_unref(futures[i]);
}

//! [wait]
static void wait_for_some(hence_executor *executor)
{
    hence_concurrent_future *futures[3];
    begin_naps(executor, futures);
    int64_t done = hence_concurrent_wait(futures, 3, HENCE_FIRST_COMPLETED, -1);
    printf("first completed: %" PRId64 " of 3 done\n", done);
    done = hence_concurrent_wait(futures, 3, HENCE_ALL_COMPLETED, HENCE_SECONDS(20));
    printf("all completed: %" PRId64 " of 3 done\n", done);
    end_naps(futures);
}
//! [wait]

//! [as-completed]
static void take_as_completed(hence_executor *executor)
{
    hence_concurrent_future *futures[3], *next;
    begin_naps(executor, futures);
    hence_concurrent_completions *completions = hence_concurrent_as_completed(futures, 3, -1);
    printf("as they are done:");
    for (;;) {
        hence_drop(hence_concurrent_completions_next(completions, &next));
        if (!next)
            break; /* all have been given */
        hence_result r = hence_concurrent_future_result(next, 0);
        printf(" %" PRId64, hence_as_int(&r));
        hence_drop(r);
    }
    puts("");
    hence_concurrent_completions_free(completions);
    end_naps(futures);
}
//! [as-completed]

static hence_result wait_to_be_told(void *arg)
{
    (void)arg;
    while (!hence_job_is_cancelled())
        usleep(1000);
    return hence_none();
}

static void take_too_slow(hence_executor *executor)
{
    hence_concurrent_future *slow, *next;
    slow = hence_executor_submit(executor, wait_to_be_told, NULL, NULL);
    hence_concurrent_completions *completions =
        hence_concurrent_as_completed(&slow, 1, HENCE_MS(20));
    hence_result r = hence_concurrent_completions_next(completions, &next);
    printf("too slow: %s\n", hence_failure_message(hence_as_failure(&r)));
    hence_drop(r);
    hence_concurrent_completions_free(completions);
    hence_concurrent_future_cancel(slow); /* it is told, and ends */
    hence_concurrent_future_unref(slow);
}

//! [asked]
static const char *state_of(hence_concurrent_future *f)
{
    if (hence_concurrent_future_cancelled(f))
        return "cancelled";
    if (hence_concurrent_future_done(f))
        return "done";
    return hence_concurrent_future_running(f) ? "running" : "waiting";
}
//! [asked]

//! [cancel]
static void cancel_one(void)
{
    const hence_executor_options options = {.max_workers = 1};
    hence_executor *executor = hence_executor_new(&options);
    hence_concurrent_future *at_work, *queued;
    at_work = hence_executor_submit(executor, wait_to_be_told, NULL, NULL);
    queued = hence_executor_submit(executor, nap, &naps[0], NULL);
    while (at_work && !hence_concurrent_future_running(at_work))
        usleep(1000);
    printf("the one at work: %s\n", state_of(at_work));
    printf("the one that waits: %s\n", state_of(queued));
    hence_concurrent_future_cancel(queued);  /* 0: it never runs */
    hence_concurrent_future_cancel(at_work); /* -EBUSY: it goes on, and hears of it */
    printf("the one that waits: %s\n", state_of(queued));
    hence_concurrent_future_unref(queued);
    hence_concurrent_future_unref(at_work);
    hence_executor_shutdown(executor, false, -1);
    hence_executor_unref(executor);
}
//! [cancel]

static hence_result give_seven(void *arg)
{
    (void)arg;
    return hence_int(7);
}

//! [callback]
static void print_it(hence_concurrent_future *f, void *arg) /* on the thread that has ended it */
{
    hence_result r = hence_concurrent_future_result(f, 0);
    (void)arg;
    printf("told: %" PRId64 "\n", hence_as_int(&r));
    hence_drop(r);
}

static void be_told(hence_executor *executor)
{
    hence_concurrent_future *f = hence_executor_submit(executor, give_seven, NULL, NULL);
    hence_concurrent_future_add_done_callback(f, print_it, NULL);
    hence_concurrent_future_unref(f);
}
//! [callback]
