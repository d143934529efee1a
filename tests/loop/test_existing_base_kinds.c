/* SPDX-License-Identifier: BSD-3-Clause */
/* Loops on bases of all kinds. */
#include <event2/event.h>
#include <event2/event_struct.h>
#include <sys/resource.h>
#include <unistd.h>

#include "loop/existing_base_support.h"

SUITE(existing_base);

/* ---- a program that dispatches ---- */

static const struct timeval at_once = {0, 0};

/* ---- bases of all kinds ---- */

static void urgent_event(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
    trace("urgent");
}

TEST(existing_base, a_base_with_priorities_will_do)
{
    struct event_base *base = event_base_new();
    if (!base || event_base_priority_init(base, 8) < 0) {
        free_base(base);
        return;
    }
    hence_loop *loop = hence_loop_new(base);
    struct event event;
    bool added = false;
    if (loop) {
        event_assign(&event, base, -1, 0, urgent_event, NULL);
        event_priority_set(&event, 0);
        added = event_add(&event, &at_once) == 0;
    }
    hence_call_soon(loop, call, "a", NULL);
    hence_call_soon_threadsafe(loop, call, "posted");
    hence_call_later(loop, 0, call, "b", NULL);
    for (int i = 0; i < 3; i++)
        dispatch(base);
    if (added && !support_faulty)
        check_trace("urgent a posted b");
    if (loop)
        event_del(&event);
    hence_loop_free(loop);
    free_base(base);
}

TEST(existing_base, a_base_of_every_method_will_do)
{
    static const char *const methods[] = {"epoll", "poll", "select"};
    for (int i = 0; i < 3; i++) {
        struct event_config *config = event_config_new();
        if (!config)
            continue;
        for (int other = 0; other < 3; other++) {
            if (other != i)
                event_config_avoid_method(config, methods[other]);
        }
        struct event_base *base = event_base_new_with_config(config);
        event_config_free(config);
        check_string(base ? event_base_get_method(base) : "", methods[i]);
        hence_loop *loop = base ? hence_loop_new(base) : NULL;
        hence_call_soon(loop, call, "a", NULL);
        hence_call_soon_threadsafe(loop, call, "b");
        hence_call_later(loop, 0, call, "c", NULL);
        hence_test_turn(loop);
        hence_test_turn(loop);
        if (loop)
            check_trace("a b c");
        hence_loop_free(loop);
        free_base(base);
    }
}

TEST(existing_base, two_loops_may_share_a_base)
{
    struct event_base *base = event_base_new();
    hence_loop *first = hence_loop_new(base), *second = hence_loop_new(base);
    hence_call_soon(first, call, "first", NULL);
    hence_call_soon(second, call, "second", NULL);
    check_int(dispatch(base), 1);
    check_trace("first second");
    hence_loop_free(first);
    hence_call_soon(second, call, "second", NULL);
    check_int(dispatch(base), 1);
    check_trace("second");
    hence_loop_free(second);
    free_base(base);
}

/* hence_loop_new() with so many free descriptors. */
static hence_loop *loop_with_descriptors(struct event_base *base, int free_descriptors)
{
    struct rlimit before, few;
    int lowest = dup(0);
    close(lowest);
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = before;
    few.rlim_cur = (rlim_t)(lowest + free_descriptors);
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
    hence_loop *loop = hence_loop_new(base);
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    return loop;
}

TEST_ONCE(existing_base, without_a_descriptor_for_its_door_there_is_no_loop)
{
    struct event_base *base = event_base_new();
    check(!loop_with_descriptors(base, 0));
    hence_loop *loop = loop_with_descriptors(base, 1);
    check(loop);
    hence_call_soon_threadsafe(loop, call, "a");
    hence_test_turn(loop);
    check_trace("a");
    hence_loop_free(loop);
    event_base_free(base);
}

TEST_ONCE(existing_base, without_descriptors_for_a_base_there_is_no_loop_and_the_program_lives)
{
    for (int i = 0; i < 8; i++) {
        hence_loop *loop = loop_with_descriptors(NULL, i);
        check(i > 0 || !loop);
        hence_loop_free(loop);
    }
    hence_loop *loop = hence_loop_new(NULL);
    check(loop);
    hence_loop_free(loop);
}
