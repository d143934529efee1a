/* SPDX-License-Identifier: BSD-3-Clause */
/* Forked children: threads do not come along; what only execs disturbs nobody. */
#include <dirent.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdlib.h>

#include "exec/exec_support.h"
#include "support/forked.h"

SUITE(exec_fork);

static hence_loop *loop;
static hence_executor *executor;
static hence_future *in_queue, *at_work, *wrapped;
static hence_concurrent_future *submitted, *finished;
static struct work gate, queued, third;
static int reports;

static void count_report(const hence_report *report, void *arg)
{
    (void)arg;
    reports += report->kind == HENCE_REPORT_WRONG_THREAD;
}

static void (*the_child)(void);

static void count_reports_of_child(void *unused)
{
    (void)unused;
    hence_set_report_handler(count_report, NULL);
    reports = 0;
    the_child();
}

static int in_counting_child(void (*child)(void))
{
    the_child = child;
    return in_child(count_reports_of_child, NULL);
}

/* A pool that is busy: one job at work, two that wait. */
static void begin_busy(void)
{
    loop = real_loop();
    executor = pool(1, 0);
    gate = (struct work){.number = 1};
    queued = (struct work){.number = 2};
    third = (struct work){.number = 3};
    finished = hence_executor_submit(executor, work_number, &third, NULL);
    hence_drop(hence_concurrent_future_result(finished, -1));
    at_work = hence_run_in_executor(loop, executor, work_at_gate, &gate, NULL);
    in_queue = hence_run_in_executor(loop, executor, work_number, &queued, NULL);
    submitted = hence_executor_submit(executor, work_number, &third, NULL);
    wrapped = hence_wrap_future(loop, submitted);
    wait_until(gate.began);
}

static void end_busy(void)
{
    open_gate(&gate);
    check_string(await(loop, at_work), "1");
    check_string(await(loop, in_queue), "2");
    check_string(await(loop, wrapped), "3");
    check_string(describe_and_drop(hence_concurrent_future_result(submitted, -1)), "3");
    hence_concurrent_future_unref(submitted);
    hence_concurrent_future_unref(finished);
    end_pool(loop, executor);
    hence_loop_free(loop);
}

static bool died(hence_result r)
{
    const bool so = hence_is_failure_of(&r, &hence_domain_hence, HENCE_EDIED);
    hence_drop(r);
    return so;
}

/* ---- refused ---- */

static int called_back;

static void count_call(hence_concurrent_future *f, void *arg)
{
    (void)f;
    (void)arg;
    called_back++;
}

static void use_parents(void)
{
    struct work work = {.number = 9};
    hence_concurrent_future *f = hence_executor_submit(executor, work_number, &work, work_drop);
    expect(died(hence_concurrent_future_result(f, -1)) && reports == 1);
    expect(work.dropped == 1 && !work.began);
    hence_concurrent_future_unref(f);
    expect(died(hence_concurrent_future_result(submitted, -1)) && reports == 2);
    expect(hence_concurrent_future_cancel(submitted) == -EPERM && reports == 3);
    expect(hence_concurrent_future_add_done_callback(submitted, count_call, NULL) == -EPERM);
    expect(reports == 4 && !called_back);
    expect(hence_concurrent_wait(&submitted, 1, HENCE_ALL_COMPLETED, -1) == -EPERM);
    expect(!hence_concurrent_as_completed(&submitted, 1, -1));
    expect(!hence_concurrent_future_running(submitted));
    expect(hence_executor_shutdown(executor, true, -1) == -ECHILD);
    /* what is done can be read */
    hence_result r = hence_concurrent_future_result(finished, -1);
    expect(hence_as_int(&r) == 3);
    hence_drop(r);
    expect(hence_concurrent_future_cancel(finished) == -EALREADY);
    expect(hence_concurrent_future_add_done_callback(finished, count_call, NULL) == 0);
    expect(called_back == 1);
    hence_executor_unref(executor);
}

TEST_ONCE(exec_fork, an_executor_of_the_parent_refuses_jobs)
{
    begin_busy();
    check_int(in_counting_child(use_parents), 0);
    end_busy();
}

static void nothing(void *arg)
{
    (void)arg;
}

static hence_result nothing_in_loop(void *arg)
{
    (void)arg;
    return hence_none();
}

static void post_without_reinit(void)
{
    expect(hence_call_soon_threadsafe(loop, nothing, NULL) == -EPERM && reports == 1);
    expect(hence_call_soon_threadsafe(NULL, nothing, NULL) == -ENOMEM && reports == 1);
    hence_concurrent_future *f = hence_run_threadsafe(loop, nothing_in_loop, NULL, NULL);
    hence_result r = hence_concurrent_future_result(f, -1);
    expect(hence_is_failure_of(&r, &hence_domain_hence, HENCE_EINVAL) && reports == 2);
    hence_drop(r);
    hence_concurrent_future_unref(f);
}

TEST_ONCE(exec_fork, posting_is_refused_until_the_loop_is_made_anew)
{
    begin_busy();
    hence_test_turn(loop);
    check_int(in_counting_child(post_without_reinit), 0);
    end_busy();
}

/* ---- a child that goes on ---- */

static void go_on(void)
{
    struct work work = {.number = 9};
    expect(hence_loop_reinit(loop) == 0);
    /* its threads are in the parent: nobody will end these */
    expect(hence_future_done(at_work) && died(hence_future_result(at_work)));
    expect(hence_future_done(in_queue) && died(hence_future_result(in_queue)));
    expect(hence_future_done(wrapped) && died(hence_future_result(wrapped)));
    hence_future *f = hence_run_in_executor(loop, executor, work_number, &work, work_drop);
    expect(died(hence_loop_run_until_complete(loop, f)));
    hence_future_unref(f);
    f = hence_wrap_future(loop, submitted);
    expect(died(hence_loop_run_until_complete(loop, f)));
    hence_future_unref(f);
    f = hence_executor_shutdown_future(loop, executor, true);
    expect(died(hence_loop_run_until_complete(loop, f)));
    hence_future_unref(f);
    /* its own one works */
    f = hence_run_in_executor(loop, NULL, work_number, &work, work_drop);
    hence_result r = hence_loop_run_until_complete(loop, f);
    expect(hence_as_int(&r) == 9);
    hence_drop(r);
    hence_future_unref(f);
    expect(hence_executor_shutdown(hence_executor_default(loop), false, -1) == 0);
    hence_executor_unref(executor);
    hence_loop_free(loop);
}

TEST_ONCE(exec_fork, a_child_that_goes_on_has_threads_of_its_own)
{
    begin_busy();
    check_string(await(loop, hence_run_in_executor(loop, NULL, work_number, &third, NULL)), "3");
    check_int(in_counting_child(go_on), 0);
    hence_executor_shutdown(hence_executor_default(loop), false, -1);
    end_busy();
}

/* ---- jobs that had ended, and the loop had not come to it ---- */

static bool gives_three(hence_future *f)
{
    hence_result r = hence_loop_run_until_complete(loop, f);
    const bool so = hence_as_int(&r) == 3;
    hence_drop(r);
    hence_future_unref(f);
    return so;
}

static void take_what_has_come(void)
{
    expect(hence_loop_reinit(loop) == 0);
    expect(!hence_future_done(in_queue) && !hence_future_done(wrapped));
    expect(gives_three(in_queue));
    expect(gives_three(wrapped));
    hence_executor_unref(executor);
    hence_loop_free(loop);
}

TEST_ONCE(exec_fork, what_the_parent_s_threads_had_done_comes_in_the_child_too)
{
    loop = real_loop();
    executor = pool(1, 0);
    third = (struct work){.number = 3};
    submitted = hence_executor_submit(executor, work_number, &third, NULL);
    hence_concurrent_future *again = hence_executor_submit(executor, work_at_gate, &third, NULL);
    in_queue = hence_run_in_executor(loop, executor, work_number, &third, NULL);
    wrapped = hence_wrap_future(loop, again);
    open_gate(&third);
    hence_concurrent_future *last = hence_executor_submit(executor, work_number, &third, NULL);
    hence_drop(hence_concurrent_future_result(last, -1)); /* so the others have ended */
    check_int(in_counting_child(take_what_has_come), 0);
    check_int(in_counting_child(take_what_has_come), 0);
    check(gives_three(in_queue));
    check(gives_three(wrapped));
    hence_concurrent_future_unref(submitted);
    hence_concurrent_future_unref(again);
    hence_concurrent_future_unref(last);
    end_pool(loop, executor);
    hence_loop_free(loop);
}

static hence_future *the_end;

static void cancel_what_has_come(void)
{
    expect(hence_loop_reinit(loop) == 0);
    expect(hence_future_cancel(in_queue) == 0 && hence_future_cancel(the_end) == 0);
    hence_test_turn(loop);
    hence_test_turn(loop);
    expect(hence_future_cancelled(in_queue) && hence_future_cancelled(the_end));
    hence_future_unref(in_queue);
    hence_future_unref(the_end);
    hence_executor_unref(executor);
    hence_loop_free(loop);
}

TEST_ONCE(exec_fork, what_has_come_can_be_cancelled_in_the_child)
{
    loop = real_loop();
    executor = pool(1, 0);
    third = (struct work){.number = 3};
    in_queue = hence_run_in_executor(loop, executor, work_at_gate, &third, NULL);
    the_end = hence_executor_shutdown_future(loop, executor, false);
    open_gate(&third);
    check_int(hence_executor_shutdown(executor, false, -1), 0);
    check_int(in_counting_child(cancel_what_has_come), 0);
    check(gives_three(in_queue));
    check_string(await(loop, the_end), "none");
    hence_executor_unref(executor);
    hence_loop_free(loop);
}

static void let_go_of_parents(void)
{
    expect(!hence_executor_unref(executor));
    expect(reports == 0);
}

TEST_ONCE(exec_fork, an_executor_that_has_no_threads_yet_can_be_let_go_in_both)
{
    executor = pool(1, 0);
    check_int(in_counting_child(let_go_of_parents), 0);
    hence_executor_unref(executor);
}

/* ---- what happens in the loop goes on ---- */

static hence_promise *promise;
static hence_deferred *deferred;

static bool gives_seven(hence_concurrent_future *f)
{
    hence_result r = hence_concurrent_future_result(f, 0);
    const bool so = hence_as_int(&r) == 7;
    hence_drop(r);
    return so;
}

static void go_on_with_operation(void)
{
    expect(hence_loop_reinit(loop) == 0);
    expect(!hence_concurrent_future_done(submitted) && !hence_future_done(wrapped));
    hence_resolve(promise, hence_int(7));
    expect(hence_concurrent_future_done(submitted) && gives_seven(submitted));
    hence_result r = hence_loop_run_until_complete(loop, wrapped);
    expect(hence_as_int(&r) == 7);
    hence_drop(r);
    hence_future_unref(wrapped);
    hence_concurrent_future_unref(submitted);
    hence_loop_free(loop);
}

TEST_ONCE(exec_fork, an_operation_of_the_loop_goes_on_in_both_and_who_waits_for_it_is_told)
{
    loop = real_loop();
    submitted = hence_deferred_as_concurrent(loop, hence_deferred_new(&promise));
    wrapped = hence_wrap_future(loop, submitted);
    check_int(in_counting_child(go_on_with_operation), 0);
    hence_resolve(promise, hence_int(7));
    check(gives_seven(submitted));
    check_string(await(loop, wrapped), "7");
    hence_concurrent_future_unref(submitted);
    hence_loop_free(loop);
}

static hence_threadsafe_promise *anybodys;

static void *resolve_anybodys(void *arg)
{
    (void)arg;
    hence_threadsafe_resolve(anybodys, hence_int(3));
    return NULL;
}

static void resolve_in_child(void)
{
    pthread_t thread;
    expect(hence_loop_reinit(loop) == 0);
    expect(!hence_future_done(wrapped));
    expect(pthread_create(&thread, NULL, resolve_anybodys, NULL) == 0);
    expect(gives_three(wrapped));
    pthread_join(thread, NULL);
    hence_loop_free(loop);
}

static void resolve_before_reinit(void)
{
    expect(hence_threadsafe_resolve(anybodys, hence_int(3)) == 0);
    expect(!hence_future_done(wrapped));
    expect(hence_loop_reinit(loop) == 0);
    expect(gives_three(wrapped));
    hence_loop_free(loop);
}

TEST_ONCE(exec_fork, a_promise_for_any_thread_can_be_resolved_in_both)
{
    loop = real_loop();
    wrapped = hence_future_new(loop, &promise);
    anybodys = hence_threadsafe_promise_new(loop, promise);
    check_int(in_counting_child(resolve_in_child), 0);
    check_int(in_counting_child(resolve_before_reinit), 0);
    check_int(hence_test_turn(loop), 0); /* nothing has come from there */
    resolve_anybodys(NULL);
    check(gives_three(wrapped));
    hence_loop_free(loop);
}

/* ---- the loop closes when it hears of the fork ---- */

static hence_result close_loop(hence_result *in, void *arg)
{
    (void)arg;
    expect(hence_loop_close(loop) == 0);
    return hence_take(in);
}

static void close_in_reinit(void)
{
    hence_deferred_add_both(deferred, close_loop, NULL);
    expect(hence_loop_reinit(loop) == 0);
    expect(hence_loop_is_closed(loop) && reports == 0);
    expect(died(hence_deferred_take(deferred)));
    hence_result r = hence_future_result(wrapped);
    expect(hence_is_failure_of(&r, &hence_domain_hence, HENCE_ECLOSED));
    hence_drop(r);
    expect(hence_threadsafe_resolve(anybodys, hence_int(3)) == -ESHUTDOWN);
    hence_deferred_unref(deferred);
    hence_future_unref(wrapped);
    const long before = blocks_alive();
    hence_loop_free(loop);
    expect(blocks_alive() < before); /* the loop is gone: nothing holds it any more */
}

TEST_ONCE(exec_fork, a_step_that_hears_of_it_may_close_the_loop)
{
    loop = real_loop();
    executor = pool(1, 0);
    gate = (struct work){.number = 3};
    wrapped = hence_future_new(loop, &promise);
    anybodys = hence_threadsafe_promise_new(loop, promise);
    deferred = hence_defer_to_thread(loop, executor, work_at_gate, &gate, NULL);
    wait_until(gate.began);
    check_int(in_counting_child(close_in_reinit), 0);
    open_gate(&gate);
    resolve_anybodys(NULL);
    check(gives_three(wrapped));
    check_string(describe_and_drop(hence_loop_run_until_complete_deferred(loop, deferred)), "3");
    end_pool(loop, executor);
    hence_loop_free(loop);
}

/* ---- a child that only execs ---- */

static int left_open;

/* Every descriptor that the library and libevent have opened is closed by exec. */
static void count_left_open(void)
{
    DIR *directory = opendir("/proc/self/fd");
    cr_assert_not_null(directory);
    left_open = 0;
    for (struct dirent *entry; (entry = readdir(directory));) {
        int fd = atoi(entry->d_name);
        if (entry->d_name[0] != '.' && fd != dirfd(directory))
            left_open += !(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    }
    closedir(directory);
}

static void exec_something(void)
{
    execl("/bin/true", "true", (char *)NULL);
    wrong = 1;
}

TEST_ONCE(exec_fork, a_child_that_only_execs_takes_nothing_along_and_disturbs_nobody)
{
    count_left_open();
    const int before = left_open;
    begin_busy();
    count_left_open();
    check_int(left_open, before);
    for (int i = 0; i < 10; i++)
        check_int(in_counting_child(exec_something), 0);
    check_int(hence_test_turn(loop), 0); /* nothing has come through the door */
    end_busy();
}
