/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Threads submit jobs to one executor, wait for some, cancel some, let go of some; others wait with
 * as_completed; loops wrap them, and are asked for values: each result and each argument is destroyed once.
 *
 *   concurrent [N]   each of the threads submits N jobs
 */
#include <sched.h>

#include "support/random.h"
#include "threads/threads.h"

#define THREADS 8
#define BATCH   10

static int jobs_each = 2000;
static hence_executor *executor;
static hence_loop *loop; /* that is asked for values */
static atomic_long results_made, results_destroyed, arguments_made, arguments_destroyed;
static atomic_long told, cancelled, finished_threads;

static void destroy_result(void *result)
{
    free(result);
    atomic_fetch_add(&results_destroyed, 1);
}

static void destroy_argument(void *arg)
{
    free(arg);
    atomic_fetch_add(&arguments_destroyed, 1);
}

static hence_result make_result(int64_t number)
{
    int64_t *result = malloc(sizeof *result);
    check(result);
    *result = number;
    atomic_fetch_add(&results_made, 1);
    return hence_own(result, destroy_result);
}

static hence_result work(void *arg)
{
    const int64_t *number = arg;
    if (*number % 64 == 0)
        sched_yield();
    if (*number % 1009 == 0)
        pthread_exit(NULL);
    if (*number % 5 == 0)
        return hence_fail_static(HENCE_EFAILED);
    return make_result(*number);
}

static void tell(hence_concurrent_future *f, void *arg)
{
    check(hence_concurrent_future_done(f));
    atomic_fetch_add((atomic_long *)arg, 1);
}

/* What it gave is right, or it is a failure that may be. */
static void check_result(hence_concurrent_future *f, int64_t number)
{
    hence_result r = hence_concurrent_future_result(f, -1);
    const int64_t *value = hence_as(&r, destroy_result);
    if (value)
        check(*value == number);
    else
        check(hence_is_failure_of(&r, &hence_domain_hence, HENCE_EFAILED) ||
              hence_is_failure_of(&r, &hence_domain_hence, HENCE_EDIED) ||
              hence_is_failure_of(&r, &hence_domain_hence, HENCE_ECANCELLED));
    hence_drop(r);
}

static hence_result answer(void *arg)
{
    const int64_t *number = arg;
    if (*number % 3 == 0)
        return hence_chain(hence_sleep(loop, HENCE_US(*number % 50)));
    return *number % 3 == 1 ? make_result(*number)
                            : hence_chain_future(hence_future_succeed(loop, make_result(*number)));
}

static int64_t *new_argument(int64_t number)
{
    int64_t *argument = malloc(sizeof *argument);
    check(argument);
    *argument = number;
    atomic_fetch_add(&arguments_made, 1);
    return argument;
}

static void wait_for_all(hence_concurrent_future **futures)
{
    hence_concurrent_completions *completions = hence_concurrent_as_completed(futures, BATCH, -1);
    hence_concurrent_future *f;
    check(completions);
    for (int i = 0; i < BATCH; i++) {
        hence_result r = hence_concurrent_completions_next(completions, &f);
        check(f && hence_is_none(&r) && hence_concurrent_future_done(f));
    }
    hence_concurrent_completions_free(completions);
    check(hence_concurrent_wait(futures, BATCH, HENCE_ALL_COMPLETED, 0) == BATCH);
}

static void one_batch(int64_t first, unsigned *state)
{
    hence_concurrent_future *futures[BATCH];
    for (int i = 0; i < BATCH; i++) {
        int64_t *argument = new_argument(first + i);
        futures[i] = i % 5 == 4 ? hence_run_threadsafe(loop, answer, argument, destroy_argument)
                                : hence_executor_submit_when_room(executor, work, argument,
                                                                  destroy_argument, -1);
        check(futures[i]);
        check(hence_concurrent_future_add_done_callback(futures[i], tell, &told) == 0);
        if (next_random(state) % 4 == 0) {
            int victim = (int)(next_random(state) % (unsigned)(i + 1));
            int error = hence_concurrent_future_cancel(futures[victim]);
            check(error == 0 || error == -EBUSY || error == -EALREADY);
            atomic_fetch_add(&cancelled, error == 0);
        }
    }
    const unsigned how = next_random(state) % 3;
    if (how == 0)
        wait_for_all(futures);
    for (int i = 0; i < BATCH; i++) {
        if (how < 2 && i % 5 != 4)
            check_result(futures[i], first + i);
        else if (how < 2)
            hence_drop(hence_concurrent_future_result(futures[i], -1));
        hence_concurrent_future_unref(futures[i]);
    }
}

static void say_nothing(const hence_report *report, void *arg)
{
    (void)report; /* of failures that nobody looked at: there are many */
    (void)arg;
}

static hence_result quieten(void *arg)
{
    (void)arg;
    hence_set_report_handler(say_nothing, NULL); /* it is this thread's */
    return hence_none();
}

static void stop(void *arg)
{
    hence_loop_stop(arg);
}

static void *submit_all(void *arg)
{
    unsigned state = 2463534242u + (unsigned)(intptr_t)arg * 7919u;
    hence_drop(quieten(NULL));
    for (int i = 0; i < jobs_each; i += BATCH)
        one_batch(i, &state);
    if (atomic_fetch_add(&finished_threads, 1) == THREADS - 1)
        check(hence_call_soon_threadsafe(loop, stop, loop) == 0);
    return NULL;
}

/* ---- the loop wraps jobs meanwhile ---- */

static int wrapped;
static hence_future *last_wrapped; /* NULL: it has come */

static void wrap_one(void *arg);

static void unwrap(hence_future *f, void *arg)
{
    hence_result r = hence_future_result(f);
    hence_drop(r);
    last_wrapped = hence_future_unref(f);
    if (++wrapped < jobs_each)
        check(hence_call_soon(loop, wrap_one, arg, NULL) == 0);
}

static void wrap_one(void *arg)
{
    hence_concurrent_future *c =
        hence_executor_submit(executor, work, new_argument(wrapped), destroy_argument);
    check(c);
    hence_future *f = hence_wrap_future(loop, c);
    check(f && hence_future_add_done_callback(f, unwrap, arg) == 0);
    last_wrapped = f;
    hence_concurrent_future_unref(c);
    if (wrapped % 7 == 0)
        hence_future_cancel(f);
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS];
    const hence_executor_options options = {
        .max_workers = 4, .max_queued = 16, .name = "shared", .initializer = quieten};
    if (argc > 1)
        jobs_each = atoi(argv[1]) / BATCH * BATCH;
    hence_drop(quieten(NULL));
    loop = hence_loop_new(NULL);
    executor = hence_executor_new(&options);
    check(loop && executor);
    for (intptr_t i = 0; i < THREADS; i++)
        threads[i] = start(submit_all, (void *)i); /* NOLINT: a number */
    check(hence_call_soon(loop, wrap_one, NULL, NULL) == 0);
    check(hence_loop_run_forever(loop) == 0);
    for (int i = 0; i < THREADS; i++)
        join(threads[i]);
    hence_loop_close(loop); /* with what is on its way */
    hence_future_unref(last_wrapped);
    hence_loop_free(loop);
    check(hence_executor_shutdown(executor, false, -1) == 0);
    hence_executor_unref(executor);
    check(told == (long)THREADS * jobs_each);
    check(arguments_made == arguments_destroyed && results_made == results_destroyed);
    check_ledger();
    printf("%d threads submitted %d jobs each, and a loop %d: %ld cancelled, %ld results, each "
           "argument and "
           "each result was destroyed once\n",
           THREADS, jobs_each, wrapped, cancelled, results_made);
    return 0;
}
