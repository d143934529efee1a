/* SPDX-License-Identifier: BSD-3-Clause */
/* Loops whose system calls fail, or are interrupted by signals. */
#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/support.h"
#include "support/system.h"

SUITE(system);

/* ---- made ---- */

/* Four descriptors are tried for libevent, and then there is the door's. */
TEST_ONCE(system, without_a_descriptor_there_is_no_loop_and_nothing_is_left)
{
    for (int i = 0; i < 5; i++) {
        struct event_base *base = i == 4 ? event_base_new() : NULL;
        system_call_fails(CALL_EVENTFD, EMFILE, 1);
        check(!hence_loop_new(base));
        check_int(system_call_failures_left(CALL_EVENTFD), 0);
        check(!hence_loop_current());
        if (base)
            event_base_free(base);
    }
    hence_loop *loop = hence_loop_new(NULL);
    check(loop);
    hence_loop_free(loop);
}

/* ---- woken ---- */

static void stop(void *loop)
{
    trace("stop");
    hence_loop_stop(loop);
}

static void *post_a_stop(void *loop)
{
    system_call_fails(CALL_WRITE, EINTR, 3);
    hence_call_soon_threadsafe(loop, stop, loop);
    return NULL;
}

static void wake(hence_loop *loop)
{
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, post_a_stop, loop), 0);
    check_int(hence_loop_run_forever(loop), 0);
    pthread_join(thread, NULL);
    check_trace("stop");
    check_int(system_call_failures_left(CALL_WRITE), 0);
}

TEST_ONCE(system, a_wake_up_that_a_signal_interrupts_is_sent_again)
{
    hence_loop *loop = hence_loop_new(NULL);
    wake(loop);
    hence_loop_free(loop);
}

/* Where each write is not told once, the eventfd has to be read. */
static struct event_base *polling_base(void)
{
    struct event_config *config = event_config_new();
    event_config_avoid_method(config, "epoll");
    struct event_base *base = event_base_new_with_config(config);
    event_config_free(config);
    cr_assert_not_null(base);
    cr_assert(!(event_base_get_features(base) & EV_FEATURE_ET));
    return base;
}

TEST_ONCE(system, a_base_without_epoll_wakes_up_and_falls_asleep_again)
{
    struct event_base *base = polling_base();
    hence_loop *loop = hence_loop_new(base);
    for (int i = 0; i < 3; i++) {
        system_call_fails(CALL_READ, EINTR, 2);
        wake(loop);
        check_int(system_call_failures_left(CALL_READ), 0);
        check_int(event_base_loop(base, EVLOOP_NONBLOCK), 1); /* nothing is left in it */
    }
    hence_loop_free(loop);
    event_base_free(base);
}

TEST_ONCE(system, there_may_be_nothing_to_read)
{
    struct event_base *base = polling_base();
    hence_loop *loop = hence_loop_new(base);
    system_call_fails(CALL_READ, EAGAIN, 1);
    hence_call_soon_threadsafe(loop, call, "a");
    hence_test_turn(loop);
    check_trace("a");
    wake(loop);
    check_int(system_call_failures_left(CALL_READ), 0);
    hence_loop_free(loop);
    event_base_free(base);
}

/* ---- in a forked child ---- */

/* Is a child whose call of that kind fails told so, and the loop of no use there? Its exit status. */
static int reinit_where_fails(enum system_call which)
{
    hence_loop *loop = hence_loop_new(NULL);
    hence_call_soon(loop, call, "a", NULL);
    int status = -1;
    fflush(NULL);
    pid_t pid = fork();
    cr_assert(pid >= 0);
    if (pid == 0) {
        alarm(20);
        system_call_fails(which, EMFILE, 1);
        bool fails = hence_loop_reinit(loop) == -EIO && hence_loop_is_closed(loop);
        fails = fails && hence_call_soon(loop, call, "b", NULL) == -ESHUTDOWN;
        fails = fails && hence_loop_run_forever(loop) == -ESHUTDOWN;
        hence_loop_free(loop);
        end_forked_child(fails ? 0 : 1);
    }
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    hence_test_turn(loop);
    check_trace("a");
    hence_loop_free(loop);
    return status;
}

static pid_t forked;
static int reinit_gives;

static void fork_and_fail_to_go_on(void *loop)
{
    fflush(NULL);
    forked = fork();
    if (forked == 0) {
        alarm(20);
        system_call_fails(CALL_EVENTFD, EMFILE, 1);
        reinit_gives = hence_loop_reinit(loop);
    } else {
        int status = -1;
        waitpid(forked, &status, 0);
        check_int(status, 0);
        hence_loop_stop(loop);
    }
}

TEST_ONCE(system, the_run_in_which_that_happens_ends)
{
    hence_loop *loop = hence_loop_new(NULL);
    hence_call_soon(loop, fork_and_fail_to_go_on, loop, NULL);
    hence_call_soon(loop, call, "a", NULL);
    int error = hence_loop_run_forever(loop);
    if (!forked) {
        bool ended = !error && reinit_gives == -EIO && hence_loop_is_closed(loop);
        hence_loop_free(loop);
        end_forked_child(ended ? 0 : 1);
    }
    check_int(error, 0);
    check_trace("a");
    hence_loop_free(loop);
}

TEST_ONCE(system, a_child_that_gets_no_descriptor_for_the_door_is_told)
{
    check_int(reinit_where_fails(CALL_EVENTFD), 0);
}

TEST_ONCE(system, a_child_in_which_libevent_can_not_go_on_is_told)
{
    check_int(reinit_where_fails(CALL_EVENT_REINIT), 0);
}

static void let_go_of_loop(void *loop)
{
    hence_loop_unref(loop);
}

TEST_ONCE(system, what_goes_with_the_loop_of_such_a_child_may_let_go_of_it)
{
    hence_loop *loop = hence_loop_new(NULL);
    hence_call handle;
    int status = -1;
    hence_call_soon_own(loop, call, loop, let_go_of_loop, &handle);
    fflush(NULL);
    pid_t pid = fork();
    cr_assert(pid >= 0);
    if (pid == 0) {
        alarm(20);
        system_call_fails(CALL_EVENTFD, EMFILE, 1);
        end_forked_child(hence_loop_reinit(loop) == -EIO ? 0 : 1);
    }
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    check_int(status, 0);
    hence_call_cancel(loop, handle); /* which lets it go here, too */
}
