/* SPDX-License-Identifier: BSD-3-Clause */
/* Calls from the wrong thread, while the loop's own thread is busy: refused, reported, and no race. */
#include <string.h>

#include <hence/testing.h>

#include "threads/threads.h"

#define THREADS 4
#define ROUNDS  2000

static hence_loop *loop;
static hence_future *future;
static hence_promise *promise;
static hence_call timer;
static atomic_int reports, expected_reports, finished, destroyed;

static void count_report(const hence_report *report, void *arg)
{
    (void)arg;
    check(report->kind == HENCE_REPORT_WRONG_THREAD);
    check(strstr(report->message, "on another thread than the loop's"));
    atomic_fetch_add(&reports, 1);
}

static void nothing(void *arg)
{
    (void)arg;
}

static void destroy(void *arg)
{
    (void)arg;
    atomic_fetch_add(&destroyed, 1);
}

static void done(hence_future *f, void *arg)
{
    (void)arg;
    hence_drop(hence_future_result(f));
}

static bool cancel(hence_promise *p, void *arg)
{
    (void)p;
    (void)arg;
    return true;
}

static hence_result on_shutdown(void *arg)
{
    (void)arg;
    return hence_none();
}

/* Everything that is refused; gives how many reports there should be. */
static int trespass(void)
{
    hence_call handle;
    int64_t when;
    static char object;
    hence_promise *p;

    check(hence_call_soon(loop, nothing, NULL, &handle) == -EPERM && !handle.type);
    check(hence_call_soon_own(loop, nothing, &object, destroy, NULL) == -EPERM);
    check(hence_call_later(loop, 1, nothing, NULL, NULL) == -EPERM);
    check(hence_call_at_own(loop, 1, nothing, &object, destroy, NULL) == -EPERM);
    check(hence_call_cancel(loop, timer) == -EPERM);
    check(hence_call_when(loop, timer, &when) == -EPERM);
    check(hence_call_reset(loop, timer, 1) == -EPERM);
    check(hence_loop_run_forever(loop) == -EPERM);
    check(hence_loop_stop(loop) == -EPERM);
    check(hence_loop_close(loop) == -EPERM);
    hence_loop_free(loop);
    check(hence_loop_set_exception_handler(loop, NULL, NULL) == -EPERM);
    check(hence_loop_on_shutdown(loop, HENCE_SHUTDOWN_BEFORE, on_shutdown, NULL, NULL) == -EPERM);
    check(hence_loop_remove_shutdown(loop, timer) == -EPERM);
    check(hence_loop_shutdown(loop) == -EPERM);
    check(hence_test_turn(loop) == -EPERM);
    check(!hence_future_new(loop, &p) && !p);
    hence_future_ref(future);
    hence_future_unref(future);
    hence_result r = hence_future_result(future);
    check(hence_is_failure_of(&r, &hence_domain_hence, HENCE_EINVAL));
    hence_drop(r);
    check(!hence_future_failure(future));
    check(hence_future_cancel(future) == -EPERM);
    check(hence_future_add_done_callback(future, done, NULL) == -EPERM);
    check(hence_future_remove_done_callback(future, done, NULL) == 0);
    check(hence_resolve(promise, hence_own(&object, destroy)) == -EPERM);
    hence_abandon(promise);
    hence_promise_on_cancel(promise, cancel, NULL);
    check(!hence_test_clock_new(loop));
    check(hence_loop_current() == NULL);
    check(!hence_loop_is_closed(loop));
    check(hence_future_loop(future) == loop && hence_future_site(future));
    return 28;
}

static void *foreign(void *arg)
{
    int expected = 0;
    (void)arg;
    hence_set_report_handler(count_report, NULL);
    for (int i = 0; i < ROUNDS / THREADS; i++)
        expected += trespass();
    atomic_fetch_add(&expected_reports, expected);
    atomic_fetch_add(&finished, 1);
    return NULL;
}

/* The loop's own thread is busy with all that the others may not touch. */
static void be_busy(void *arg)
{
    hence_promise_on_cancel(promise, cancel, arg);
    hence_future_add_done_callback(future, done, NULL);
    hence_future_remove_done_callback(future, done, NULL);
    hence_future_unref(hence_future_ref(future));
    hence_drop(hence_future_result(future));
    hence_call_reset(loop, timer, HENCE_SECONDS(3600));
    if (atomic_load(&finished) == THREADS)
        hence_loop_stop(loop);
    else
        hence_call_soon(loop, be_busy, NULL, NULL);
}

int main(void)
{
    pthread_t threads[THREADS];
    loop = hence_loop_new(NULL);
    future = hence_future_new(loop, &promise);
    check(loop && future);
    check(hence_call_later(loop, HENCE_SECONDS(3600), nothing, NULL, &timer) == 0);
    check(hence_call_soon(loop, be_busy, NULL, NULL) == 0);
    for (int i = 0; i < THREADS; i++)
        threads[i] = start(foreign, NULL);
    check(hence_loop_run_forever(loop) == 0);
    for (int i = 0; i < THREADS; i++)
        join(threads[i]);
    check(reports == expected_reports);
    check(destroyed == ROUNDS * 3);
    check(!hence_future_done(future));
    check(hence_resolve(promise, hence_int(7)) == 0); /* it was good all the time */
    check(hence_call_cancel(loop, timer) == 0);
    hence_future_unref(future);
    hence_loop_free(loop);
    check_ledger();
    printf("%d threads trespassed %d times: all was refused, with %d reports\n", THREADS, ROUNDS,
           reports);
    return 0;
}
