/* SPDX-License-Identifier: BSD-3-Clause */
/* A forked child: refused until it says that it means to go on, and no nuisance to its parent. */
#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "support/forked.h"

SUITE(fork);

static int reports;
static char report[256];

static void keep(const hence_report *r, void *arg)
{
    (void)arg;
    reports++;
    snprintf(report, sizeof report, "%d %s", (int)r->kind, r->message);
}

static int calls;

static void count(void *arg)
{
    (void)arg;
    calls++;
}

static void count_and_stop(void *loop)
{
    calls++;
    hence_loop_stop(loop);
}

/* ---- refused ---- */

static void use_without_reinit(void *loop)
{
    int64_t when;
    hence_call handle = {0, 0, 0};
    char expected[256];
    hence_set_report_handler(keep, NULL);
    expect(hence_call_soon(loop, count, NULL, NULL) == -EPERM);
    snprintf(expected, sizeof expected,
             "%d hence_call_soon() in a forked child: call hence_loop_reinit() there first",
             HENCE_REPORT_WRONG_THREAD);
    expect(reports == 1 && !strcmp(report, expected));
    expect(hence_call_later(loop, 1, count, NULL, NULL) == -EPERM);
    expect(hence_call_cancel(loop, handle) == -EPERM);
    expect(hence_call_when(loop, handle, &when) == -EPERM);
    expect(hence_loop_run_forever(loop) == -EPERM);
    expect(hence_loop_stop(loop) == -EPERM);
    expect(hence_loop_close(loop) == -EPERM);
    hence_promise *p;
    expect(!hence_future_new(loop, &p) && !p);
    expect(reports == 8);
    expect(calls == 0);
}

TEST_ONCE(fork, a_child_is_refused_and_told_what_to_do)
{
    hence_loop *loop = hence_loop_new(NULL);
    calls = 0;
    hence_call_soon(loop, count, NULL, NULL);
    check_int(in_child(use_without_reinit, loop), 0);
    hence_test_turn(loop);
    check_int(calls, 1);
    hence_loop_free(loop);
}

static void leave(void *loop)
{
    (void)loop;
}

TEST_ONCE(fork, a_child_that_does_nothing_with_the_loop_needs_nothing)
{
    hence_loop *loop = hence_loop_new(NULL);
    calls = 0;
    hence_call_soon(loop, count, NULL, NULL);
    for (int i = 0; i < 5; i++)
        check_int(in_child(leave, loop), 0);
    hence_test_turn(loop);
    check_int(calls, 1);
    hence_loop_free(loop);
}

/* ---- made usable ---- */

static void *post_from_thread(void *loop)
{
    hence_call_soon_threadsafe(loop, count_and_stop, loop);
    return NULL;
}

static void go_on(void *loop)
{
    pthread_t thread;
    expect(hence_loop_reinit(loop) == 0);
    expect(hence_loop_reinit(loop) == -EINVAL);
    expect(hence_loop_pending(loop) == 2);
    expect(hence_test_turn(loop) == 1 && calls == 1); /* the copy of the parent's call */
    expect(hence_call_later(loop, HENCE_MS(1), count_and_stop, loop, NULL) == 0);
    expect(hence_loop_run_forever(loop) == 0);
    expect(calls == 2);
    expect(pthread_create(&thread, NULL, post_from_thread, loop) == 0);
    expect(hence_loop_run_forever(loop) == 0);
    pthread_join(thread, NULL);
    expect(calls == 3);
    hence_loop_free(loop);
    expect(!hence_loop_current());
}

TEST_ONCE(fork, a_child_may_go_on_with_copies_of_the_parent_s_calls)
{
    hence_loop *loop = hence_loop_new(NULL);
    calls = 0;
    hence_call_soon(loop, count, NULL, NULL);
    hence_call_later(loop, HENCE_SECONDS(3600), count, NULL, NULL);
    check_int(in_child(go_on, loop), 0);
    check_int(hence_loop_pending(loop), 2);
    check_int(hence_test_turn(loop), 1);
    check_int(calls, 1);
    hence_loop_free(loop);
}

static void run_posted(void *loop)
{
    pthread_t thread;
    expect(hence_loop_reinit(loop) == 0);
    hence_test_turn(loop);
    hence_test_turn(loop);
    expect(calls == 1);
    expect(pthread_create(&thread, NULL, post_from_thread, loop) == 0);
    expect(hence_loop_run_forever(loop) == 0);
    pthread_join(thread, NULL);
    expect(calls == 2);
    hence_loop_free(loop);
}

TEST_ONCE(fork, what_was_posted_before_the_fork_runs_in_both)
{
    hence_loop *loop = hence_loop_new(NULL);
    calls = 0;
    hence_call_soon_threadsafe(loop, count, NULL);
    check_int(in_child(run_posted, loop), 0);
    hence_test_turn(loop);
    hence_test_turn(loop);
    check_int(calls, 1);
    hence_loop_free(loop);
}

static void go_on_under_a_test_clock(void *loop)
{
    expect(hence_loop_reinit(loop) == 0);
    expect(hence_test_turn(loop) == 0);
    expect(hence_call_soon(loop, count, NULL, NULL) == 0);
    expect(hence_test_turn(loop) == 1);
}

TEST_ONCE(fork, a_child_of_a_loop_with_nothing_to_do_may_go_on)
{
    struct loop_and_clock both = begin_loop();
    calls = 0;
    check_int(in_child(go_on_under_a_test_clock, both.loop), 0);
    end_loop(&both);
}

static void reinit_closed(void *loop)
{
    expect(hence_loop_reinit(loop) == 0);
    expect(hence_call_soon(loop, count, NULL, NULL) == -ESHUTDOWN);
}

TEST_ONCE(fork, a_closed_loop_stays_closed_in_the_child)
{
    hence_loop *loop = hence_loop_new(NULL);
    hence_loop_close(loop);
    check_int(in_child(reinit_closed, loop), 0);
    hence_loop_free(loop);
}

static void fork_again(void *loop)
{
    expect(hence_loop_reinit(loop) == 0);
    expect(in_child(go_on, loop) == 0);
    expect(hence_loop_pending(loop) == 2);
    go_on_under_a_test_clock(NULL);
    wrong = 0;
    expect(hence_test_turn(loop) == 1);
    hence_loop_free(loop);
}

TEST_ONCE(fork, a_child_s_child_may_go_on_too)
{
    hence_loop *loop = hence_loop_new(NULL);
    calls = 0;
    hence_call_soon(loop, count, NULL, NULL);
    hence_call_later(loop, HENCE_SECONDS(3600), count, NULL, NULL);
    check_int(in_child(fork_again, loop), 0);
    hence_loop_free(loop);
}

static int status_of_thread;

static hence_loop *first_of_two;

static void go_on_elsewhere(void *loop)
{
    expect(!hence_loop_current());
    expect(hence_loop_reinit(loop) == 0);
    expect(hence_loop_current() == loop);
    expect(hence_loop_reinit(first_of_two) == 0);
    expect(hence_loop_current() == first_of_two);
    hence_loop_free(loop);
    expect(hence_loop_current() == first_of_two);
    expect(hence_test_turn(first_of_two) == 1 && calls == 1);
    hence_loop_free(first_of_two);
    expect(!hence_loop_current());
}

static void fork_elsewhere(void *loop)
{
    status_of_thread = in_child(go_on_elsewhere, loop);
}

TEST_ONCE(fork, a_child_that_another_thread_forks_may_go_on_too)
{
    hence_loop *first = hence_loop_new(NULL), *second = hence_loop_new(NULL);
    calls = 0;
    hence_call_soon(first, count, NULL, NULL);
    first_of_two = first;
    on_another_thread(fork_elsewhere, second);
    check_int(status_of_thread, 0);
    check(hence_loop_current() == second);
    check_int(hence_test_turn(first), 1);
    hence_loop_free(second);
    hence_loop_free(first);
}

static void free_base_first(void *loop)
{
    struct event_base *base = hence_loop_base(loop);
    hence_set_report_handler(keep, NULL);
    expect(event_reinit(base) == 0);
    event_base_free(base);
    expect(hence_loop_reinit(loop) == 0);
    expect(hence_loop_is_closed(loop) && reports == 1);
    expect(strstr(report, "the event_base was freed before its loop") != NULL);
    expect(hence_call_soon(loop, count, NULL, NULL) == -ESHUTDOWN);
    hence_loop_free(loop);
}

TEST_ONCE(fork, a_child_that_has_freed_the_base_has_a_closed_loop)
{
    struct event_base *base = event_base_new();
    hence_loop *loop = hence_loop_new(base);
    reports = 0;
    check_int(in_child(free_base_first, loop), 0);
    calls = 0;
    hence_call_soon(loop, count, NULL, NULL);
    check_int(hence_test_turn(loop), 1);
    hence_loop_free(loop);
    event_base_free(base);
}

/* ---- the parent is not disturbed ---- */

static struct event pipe_event;
static int pipe_ends[2];

static void pipe_is_readable(evutil_socket_t fd, short what, void *loop)
{
    char byte;
    (void)what;
    if (read(fd, &byte, 1) == 1)
        calls += 10;
    hence_loop_stop(loop);
}

static void go_on_and_delete(void *loop)
{
    expect(hence_loop_reinit(loop) == 0);
    expect(event_del(&pipe_event) == 0);
    hence_test_turn(loop);
    hence_loop_free(loop);
}

/* trap 8 of libevent: a child that deletes an event removes its descriptor from the epoll set that it
 * shares with the parent. */
TEST_ONCE(fork, a_child_that_goes_on_leaves_the_parent_s_descriptors_alone)
{
    hence_loop *loop = hence_loop_new(NULL);
    pthread_t thread;
    calls = 0;
    cr_assert_eq(pipe(pipe_ends), 0);
    event_assign(&pipe_event, hence_loop_base(loop), pipe_ends[0], EV_READ | EV_PERSIST,
                 pipe_is_readable, loop);
    event_add(&pipe_event, NULL);
    hence_test_turn(loop);
    check_int(in_child(go_on_and_delete, loop), 0);
    /* both the pipe and the door are still watched here */
    check_int(write(pipe_ends[1], "x", 1), 1);
    check_int(hence_loop_run_forever(loop), 0);
    check_int(calls, 10);
    cr_assert_eq(pthread_create(&thread, NULL, post_from_thread, loop), 0);
    check_int(hence_loop_run_forever(loop), 0);
    pthread_join(thread, NULL);
    check_int(calls, 11);
    event_del(&pipe_event);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    hence_loop_free(loop);
}

static void post_here(void *loop)
{
    expect(hence_loop_reinit(loop) == 0);
    for (int i = 0; i < 100; i++)
        expect(hence_call_soon_threadsafe(loop, count, NULL) == 0);
    hence_test_turn(loop);
    hence_test_turn(loop);
    expect(calls == 100);
}

TEST_ONCE(fork, what_is_posted_in_the_child_stays_there)
{
    hence_loop *loop = hence_loop_new(NULL);
    calls = 0;
    check_int(in_child(post_here, loop), 0);
    check_int(hence_test_turn(loop), 0);
    check_int(hence_test_turn(loop), 0);
    check_int(calls, 0);
    hence_loop_free(loop);
}

/* ---- inside a call ---- */

static int forked_status;

static void child_in_a_call(void *loop)
{
    expect(hence_call_soon(loop, count, NULL, NULL) == -EPERM);
    expect(hence_loop_reinit(loop) == 0);
    expect(hence_call_soon(loop, count, NULL, NULL) == 0);
    expect(calls == 0);
}

static void fork_in_call(void *loop)
{
    forked_status = in_child(child_in_a_call, loop);
    hence_loop_stop(loop);
}

TEST_ONCE(fork, a_call_may_fork)
{
    hence_loop *loop = hence_loop_new(NULL);
    hence_set_report_handler(keep, NULL);
    calls = 0;
    forked_status = -1;
    hence_call_soon(loop, fork_in_call, loop, NULL);
    hence_call_soon(loop, count, NULL, NULL);
    check_int(hence_loop_run_forever(loop), 0);
    check_int(forked_status, 0);
    check_int(calls, 1);
    hence_loop_free(loop);
}

static bool is_child;

static void fork_and_go_on(void *loop)
{
    fflush(NULL);
    pid_t pid = fork();
    is_child = pid == 0;
    if (is_child) {
        alarm(20);
        wrong = 0;
        expect(hence_loop_reinit(loop) == 0);
        expect(hence_call_later(loop, HENCE_MS(1), count_and_stop, loop, NULL) == 0);
    } else {
        forked_status = end_of_child(pid);
        hence_loop_stop(loop);
    }
}

TEST_ONCE(fork, a_child_that_was_forked_in_a_call_may_go_on_with_the_run)
{
    hence_loop *loop = hence_loop_new(NULL);
    calls = 0;
    forked_status = -1;
    hence_call_soon(loop, fork_and_go_on, loop, NULL);
    hence_call_soon(loop, count, NULL, NULL);
    int error = hence_loop_run_forever(loop);
    if (is_child) {
        expect(error == 0);
        expect(calls == 2);
        hence_loop_free(loop);
        end_forked_child(wrong);
    }
    check_int(error, 0);
    check_int(forked_status, 0);
    check_int(calls, 1);
    hence_loop_free(loop);
}
