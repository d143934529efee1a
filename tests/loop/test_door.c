/* SPDX-License-Identifier: BSD-3-Clause */
/* The door: calls that come from other threads. See tests/threads/ for what TSan checks. */
#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <unistd.h>

#include "support/support.h"

SUITE(door);

struct post {
    hence_loop *loop;
    void *arg;
    int result;
};

static void post_word(void *arg)
{
    struct post *post = arg;
    post->result = hence_call_soon_threadsafe(post->loop, call, post->arg);
}

/* rule 134 */
TEST(door, a_call_from_another_thread_runs_in_the_loop_s)
{
    struct loop_and_clock both = begin_loop();
    struct post post = {both.loop, "a", 1};
    on_another_thread(post_word, &post);
    check_int(post.result, 0);
    check_trace("");
    hence_test_clock_advance(both.clock, 0);
    check_trace("a");
    hence_test_clock_advance(both.clock, 0);
    check_trace("");
    end_loop(&both);
}

/* rule 134 */
TEST(door, what_one_thread_sends_comes_in_order)
{
    struct loop_and_clock both = begin_loop();
    hence_call_soon_threadsafe(both.loop, call, "a");
    hence_call_soon_threadsafe(both.loop, call, "b");
    hence_call_soon_threadsafe(both.loop, call, "c");
    check_int(hence_test_turn(both.loop), 3);
    check_trace("a b c");
    end_loop(&both);
}

static void *post_and_end(void *arg)
{
    pthread_cancel(pthread_self());
    post_word(arg);
    pthread_testcancel();
    return arg;
}

/* writing to a descriptor is a place where a thread may be cancelled */
TEST(door, a_thread_that_is_cancelled_wakes_the_loop_for_what_it_has_posted)
{
    hence_loop *loop = hence_loop_new(NULL);
    struct post post = {loop, "a", 1};
    pthread_t thread;
    void *end;
    if (loop) {
        check_int(pthread_create(&thread, NULL, post_and_end, &post), 0);
        pthread_join(thread, &end);
        check(end == PTHREAD_CANCELED);
        event_base_loop(hence_loop_base(loop), EVLOOP_NONBLOCK | EVLOOP_NO_EXIT_ON_EMPTY);
        check_trace(post.result < 0 ? "" : "a");
    }
    hence_loop_free(loop);
}

static int expected_number;

static void expect_number(void *arg)
{
    check_int((intptr_t)arg, expected_number);
    expected_number++;
}

TEST(door, many_calls_come_in_order)
{
    struct loop_and_clock both = begin_loop();
    expected_number = 0;
    for (intptr_t i = 0; i < 2000; i++)
        hence_call_soon_threadsafe(both.loop, expect_number, (void *)i);
    hence_test_clock_advance(both.clock, 0);
    check_int(expected_number, 2000);
    end_loop(&both);
}

TEST(door, what_has_come_in_waits_until_there_is_memory_for_it)
{
    struct loop_and_clock both = begin_loop();
    expected_number = 0;
    for (intptr_t i = 0; i < 500; i++)
        hence_call_soon_threadsafe(both.loop, expect_number, (void *)i);
    out_of_memory(true);
    for (int i = 0; i < 500 && expected_number < 500; i++)
        hence_test_turn(both.loop);
    out_of_memory(false);
    check_int(expected_number, 500);
    end_loop(&both);
}

TEST(door, what_comes_in_later_waits_behind_what_waits_already)
{
    struct loop_and_clock both = begin_loop();
    intptr_t sent = 0;
    expected_number = 0;
    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < 300; i++)
            hence_call_soon_threadsafe(both.loop, expect_number, (void *)sent++);
        out_of_memory(true);
        hence_test_turn(both.loop); /* there is room for a few */
        out_of_memory(false);
    }
    check(expected_number < 1200);
    hence_test_clock_advance(both.clock, 0);
    check_int(expected_number, 1200);
    end_loop(&both);
}

static void post_again(void *loop)
{
    trace("again");
    hence_call_soon_threadsafe(loop, call, "posted inside");
}

TEST(door, a_call_may_post_to_its_own_loop)
{
    struct loop_and_clock both = begin_loop();
    hence_call_soon_threadsafe(both.loop, post_again, both.loop);
    hence_test_clock_advance(both.clock, 0);
    check_trace("again posted inside");
    end_loop(&both);
}

static void count_call(void *counter)
{
    ++*(int *)counter;
}

static void count_drop(void *counter)
{
    *(int *)counter += 100;
}

static void post_owned(void *arg)
{
    struct post *post = arg;
    post->result = hence_call_soon_threadsafe_own(post->loop, count_call, post->arg, count_drop);
}

TEST(door, an_owned_argument_is_destroyed_after_its_call)
{
    struct loop_and_clock both = begin_loop();
    int count = 0;
    struct post post = {both.loop, &count, 1};
    on_another_thread(post_owned, &post);
    check_int(post.result, 0);
    check_int(count, 0);
    hence_test_clock_advance(both.clock, 0);
    check_int(count, 101);
    end_loop(&both);
    check_int(count, 101);
}

TEST(door, an_owned_argument_is_destroyed_in_the_caller_s_thread_when_the_call_is_refused)
{
    hence_loop *loop = hence_loop_new(NULL);
    int count = 0;
    struct post post = {loop, &count, 0};
    hence_loop_ref(loop);
    hence_loop_free(loop);
    on_another_thread(post_owned, &post);
    check_int(post.result, -ESHUTDOWN);
    check_int(count, 100);
    check_int(hence_call_soon_threadsafe(loop, call, "a"), -ESHUTDOWN);
    check_int(hence_call_soon_threadsafe_own(loop, NULL, &count, count_drop), -EINVAL);
    check_int(hence_call_soon_threadsafe_own(NULL, count_call, &count, count_drop), -ENOMEM);
    check_int(hence_call_soon_threadsafe(loop, NULL, "a"), -EINVAL);
    check_int(hence_call_soon_threadsafe(NULL, call, "a"), -ENOMEM);
    check_int(count, 300);
    hence_loop_unref(loop);
}

TEST(door, a_waiting_call_is_dropped_when_the_loop_closes)
{
    struct loop_and_clock both = begin_loop();
    int count = 0;
    check_int(hence_call_soon_threadsafe_own(both.loop, count_call, &count, count_drop), 0);
    hence_loop_close(both.loop);
    check_int(count, 100);
    end_loop(&both);
    check_int(count, 100);
}

static void post_to_closing(void *loop)
{
    trace("%d", hence_call_soon_threadsafe_own(loop, call, payload_new(), payload_destroy));
}

TEST(door, a_post_from_a_destructor_while_the_loop_closes_is_refused)
{
    struct loop_and_clock both = begin_loop();
    char expected[16];
    hence_call_soon_threadsafe_own(both.loop, call, both.loop, post_to_closing);
    hence_loop_close(both.loop);
    snprintf(expected, sizeof expected, "%d", -ESHUTDOWN);
    check_trace(expected);
    check_int(payloads_alive(), 0);
    end_loop(&both);
}

/* ---- a loop that is asleep ---- */

static void stop(void *loop)
{
    hence_loop_stop(loop);
}

static void *post_a_stop(void *loop)
{
    hence_call_soon_threadsafe(loop, stop, loop);
    return NULL;
}

/* rule 89 */ /* rule 134 */
TEST_ONCE(door, a_post_wakes_a_sleeping_loop)
{
    hence_loop *loop = hence_loop_new(NULL);
    for (int i = 0; i < 20; i++) {
        pthread_t thread;
        cr_assert_eq(pthread_create(&thread, NULL, post_a_stop, loop), 0);
        check_int(hence_loop_run_forever(loop), 0);
        pthread_join(thread, NULL);
    }
    hence_loop_free(loop);
}

/* rule 134 */
TEST_ONCE(door, a_post_wakes_a_sleeping_loop_under_a_test_clock)
{
    struct loop_and_clock both = begin_loop();
    pthread_t thread;
    hence_call_later(both.loop, HENCE_SECONDS(1), call, "never", NULL);
    cr_assert_eq(pthread_create(&thread, NULL, post_a_stop, both.loop), 0);
    check_int(hence_loop_run_forever(both.loop), 0);
    pthread_join(thread, NULL);
    end_loop(&both);
}

struct resolution {
    hence_promise *p;
    hence_loop *loop;
    int64_t value;
};

static void resolve_there(void *arg)
{
    struct resolution *resolution = arg;
    hence_resolve(resolution->p, hence_int(resolution->value));
}

static void *work(void *arg)
{
    struct resolution *resolution = arg;
    resolution->value = 42;
    hence_call_soon_threadsafe(resolution->loop, resolve_there, resolution);
    return NULL;
}

/* rule 89 */
TEST_ONCE(door, a_thread_s_result_comes_through_the_door)
{
    hence_loop *loop = hence_loop_new(NULL);
    struct resolution resolution = {.loop = loop};
    hence_future *f = hence_future_new(loop, &resolution.p);
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, work, &resolution), 0);
    check_string(describe_and_drop(hence_loop_run_until_complete(loop, f)), "42");
    pthread_join(thread, NULL);
    hence_future_unref(f);
    hence_loop_free(loop);
}
