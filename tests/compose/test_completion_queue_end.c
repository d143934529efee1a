/* SPDX-License-Identifier: BSD-3-Clause */
/* Completion queues whose time is over, which are cancelled or freed, and whose loop closes. */
#include <errno.h>

#include "compose/completion_queue_support.h"

SUITE(completion_queue);

/* ---- the time ---- */

/* rule 107 */
TEST(completion_queue, when_the_time_is_over_those_who_find_none_done_fail_and_nothing_is_cancelled)
{
    begin_queue(3, HENCE_SECONDS(2));
    ask("a");
    ask("b");
    resolve_input(1, hence_int(1));
    hence_test_clock_advance(both.clock, HENCE_SECONDS(2) - 1);
    check_trace("a:1:1");
    hence_test_clock_advance(both.clock, 1);
    check_trace("b:timedout");
    ask("c");
    run();
    check_trace("c:timedout");
    check(input_is_wanted(0) && input_is_wanted(2));
    resolve_input(2, hence_int(2)); /* one that is done after all can be had */
    run();
    ask("d");
    ask("e");
    run();
    check_trace("d:2:2 e:timedout");
    end_queue();
}

/* rule 107 */
TEST(completion_queue, the_time_stops_when_all_are_done)
{
    begin_queue(2, HENCE_SECONDS(2));
    resolve_input(0, hence_int(0));
    resolve_input(1, hence_int(1));
    run();
    check_int(hence_test_clock_advance(both.clock, HENCE_SECONDS(3)), 0);
    ask("a");
    ask("b");
    ask("c");
    run();
    check_trace("a:0:0 b:1:1 c:end");
    end_queue();
}

TEST(completion_queue, no_time_at_all_is_enough_for_what_is_done_already)
{
    begin(2, STOPS);
    resolve_input(1, hence_int(1));
    queue = hence_as_completed(both.loop, futures, 2, 0);
    ask("a");
    ask("b");
    run();
    check_trace("a:1:1 b:timedout");
    end_queue();
}

TEST(completion_queue, its_time_goes_with_it)
{
    begin_queue(1, HENCE_SECONDS(2));
    queue = hence_completion_queue_free(queue);
    check_int(hence_test_clock_advance(both.clock, HENCE_SECONDS(3)), 0);
    end_queue();
}

/* ---- cancelled ---- */

TEST(completion_queue, what_one_who_was_cancelled_would_have_got_goes_to_the_next)
{
    begin_queue(2, -1);
    hence_future *a = next("a"), *b = next("b");
    check_int(hence_future_cancel(a), a ? 0 : -ENOMEM);
    check_int(hence_future_cancel(a), a ? -EALREADY : -ENOMEM);
    check(hence_future_cancelled(a));
    resolve_input(1, hence_int(1));
    run();
    if (!support_faulty)
        check_trace("a:cancelled b:1:1");
    check_int(hence_future_cancel(b), b ? -EALREADY : -ENOMEM);
    check(input_is_wanted(0)); /* the inputs know nothing of it */
    ask("c");
    resolve_input(0, hence_int(0));
    run();
    if (!support_faulty)
        check_trace("c:0:0");
    hence_future_unref(a);
    hence_future_unref(b);
    end_queue();
}

/* difference 14 */
TEST(completion_queue, who_asks_and_is_cancelled_again_and_again_leaves_nothing_behind)
{
    begin_queue(1, -1);
    long before = 0;
    for (int i = 0; i < 1000; i++) {
        hence_future *f = hence_completion_queue_next(queue);
        hence_future_cancel(f);
        hence_future_unref(f);
        if (i == 0)
            before = blocks_alive();
    }
    check_int(blocks_alive(), before);
    ask("a");
    resolve_input(0, hence_int(0));
    run();
    check_trace("a:0:0");
    end_queue();
}

/* ---- its end ---- */

TEST(completion_queue, who_still_asks_when_it_goes_is_cancelled_and_the_Futures_in_it_go_on)
{
    begin_queue(3, -1);
    hence_future *a = next("a");
    resolve_input(0, payload());
    run();
    ask("b");
    queue = hence_completion_queue_free(queue);
    run();
    if (!support_faulty)
        check_trace("a:0:shared b:cancelled");
    check(input_is_wanted(1) && input_is_wanted(2));
    resolve_input(2, hence_int(2));
    run();
    got(a, "still"); /* a completion outlives its queue */
    if (!support_faulty)
        check_trace("still:0:shared");
    hence_future_unref(a);
    end_queue();
    check_int(payloads_alive(), 0);
}

static void free_queue(hence_future *f, void *word)
{
    got(f, word);
    queue = hence_completion_queue_free(queue);
}

TEST(completion_queue, a_listener_of_one_who_asked_may_end_it)
{
    begin_queue(3, -1);
    hence_future *f = hence_completion_queue_next(queue);
    hence_future_add_done_callback(f, free_queue, "a");
    ask("b");
    ask("c");
    resolve_input(0, hence_int(0));
    resolve_input(1, hence_int(1));
    run();
    if (!support_faulty)
        check_trace("a:0:0 b:1:1 c:cancelled");
    hence_future_unref(f);
    end_queue();
}

static void add_more(hence_future *f, void *word)
{
    got(f, word);
    hence_completion_queue_add(queue, futures[2]);
    ask("more");
}

TEST(completion_queue, a_listener_of_one_who_asked_may_add_and_ask)
{
    begin(3, STOPS);
    queue = hence_as_completed(both.loop, futures, 2, -1);
    hence_future *f = hence_completion_queue_next(queue);
    hence_future_add_done_callback(f, add_more, "a");
    resolve_input(2, hence_int(2));
    resolve_input(0, hence_int(0));
    run();
    if (!support_faulty)
        check_trace("a:0:0 more:2:2");
    hence_future_unref(f);
    end_queue();
}

/* difference 14: rule 108, whose callbacks stay registered */
TEST(completion_queue, nothing_is_left_on_Futures_that_go_on)
{
    begin(1, STOPS);
    int count = support_many() / 10;
    long before = 0;
    for (int i = 0; i < count; i++) {
        queue = hence_as_completed(both.loop, futures, 1, i % 2 ? HENCE_SECONDS(1) : -1);
        hence_future *f = hence_completion_queue_next(queue);
        hence_completion_queue_free(queue);
        hence_future_unref(f);
        if (i == 1)
            before = blocks_alive();
    }
    queue = NULL;
    check_int(blocks_alive(), before);
    end_queue();
}

/* ---- the loop closes ---- */

TEST(completion_queue, when_the_loop_closes_it_can_still_be_emptied_and_freed)
{
    for (int what = 0; what < 4; what++) {
        begin_queue(2, what % 2 ? HENCE_SECONDS(1) : -1);
        hence_future *f = what > 1 ? hence_completion_queue_next(queue) : NULL;
        resolve_input(0, payload());
        hence_loop_close(both.loop);
        resolve_input(1, failure("broken"));
        check(!f || hence_future_done(f));
        if (!support_faulty)
            check_int(hence_completion_queue_size(queue), f ? 1 : 2);
        check(!hence_completion_queue_next(queue)); /* a closed loop has no Futures */
        hence_completion_free(hence_completion_queue_pop(queue));
        hence_future_failure(f);
        hence_future_unref(f);
        hence_future_failure(futures[1]);
        end_queue();
        check_int(payloads_alive(), 0);
    }
}
