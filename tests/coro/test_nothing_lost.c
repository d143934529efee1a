/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What was taken out of a queue for somebody who is never told of it: a task that is cancelled between the
 * result of the Future that it awaits and the turn in which it would go on, and their like. It goes back.
 */
#include <errno.h>

#include "coro/nothing_lost_support.h"

SUITE(nothing_lost);

/* rule 159 */
TEST(nothing_lost, the_item_of_a_task_that_is_cancelled_before_it_is_told_stays_in_the_queue)
{
    begin_getting(hence_queue_new(0));
    put(1);
    put(2);
    cancel_getting();
    check_int(hence_queue_size(queue), 2);
    check_string(get_now(), "1");
    check_string(get_now(), "2");
    end();
}

/* rule 159 */
TEST(nothing_lost, it_goes_to_the_next_one_who_waits)
{
    begin_queue(hence_queue_new(0));
    spawn(0, get);
    spawn(1, get);
    turn();
    hence_queue_try_put(queue, payload());
    cancel(0);
    run();
    check_trace("a:cancelled b:shared");
    end();
}

static hence_result get_and_look(void *name)
{
    get(name);
    trace("left:%s", get_now());
    return hence_none();
}

TEST(nothing_lost, it_is_back_when_the_task_goes_on)
{
    begin_queue(hence_queue_new(0));
    spawn(0, get_and_look);
    turn();
    put(1);
    cancel(0);
    run();
    check_trace("a:cancelled left:1");
    end();
}

TEST(nothing_lost, several_come_back_in_the_order_in_which_they_were_given)
{
    begin_queue(hence_queue_new(0));
    for (int i = 0; i < 3; i++)
        spawn(i, get);
    turn();
    for (int i = 0; i < 5; i++)
        put(i);
    cancel(2);
    cancel(0);
    run();
    check_trace("a:cancelled b:1 c:cancelled");
    check_string(get_now(), "0");
    check_string(get_now(), "2");
    check_string(get_now(), "3");
    end();
}

TEST(nothing_lost, those_whose_Futures_end_in_another_order_come_back_in_theirs)
{
    begin_queue(hence_queue_new(0));
    hence_future *f[3];
    for (int i = 0; i < 3; i++) {
        put(i);
        f[i] = hence_queue_get_future(both.loop, queue);
    }
    hence_future_unref(f[1]);
    hence_future_unref(f[2]);
    hence_future_unref(f[0]);
    check_string(get_now(), "0");
    check_string(get_now(), "1");
    check_string(get_now(), "2");
    end();
}

TEST(nothing_lost, a_more_urgent_one_comes_before_what_has_come_back)
{
    begin_queue(hence_priority_queue_new(0));
    spawn(0, get);
    spawn(1, get);
    turn();
    hence_queue_try_put_priority(queue, hence_int(7), 7);
    hence_queue_try_put_priority(queue, hence_int(3), 3);
    hence_queue_try_put_priority(queue, hence_int(5), 5);
    cancel(0);
    cancel(1);
    run();
    check_trace("a:cancelled b:cancelled");
    hence_queue_try_put_priority(queue, hence_int(1), 1);
    check_string(get_now(), "1");
    check_string(get_now(), "3");
    check_string(get_now(), "5");
    check_string(get_now(), "7");
    end();
}

TEST(nothing_lost, of_a_lifo_queue_it_is_the_next_one)
{
    begin_getting(hence_lifo_queue_new(0));
    put(1);
    put(2);
    cancel_getting();
    check_string(get_now(), "1");
    check_string(get_now(), "2");
    end();
}

/* Who has put it has done so. */
TEST(nothing_lost, a_channel_keeps_it_for_the_next_one)
{
    begin_getting(hence_channel_new());
    check_int(hence_queue_try_put(queue, hence_int(1)), 0);
    cancel_getting();
    check_int(hence_queue_try_put(queue, hence_int(2)), -EAGAIN);
    spawn(1, get);
    run();
    check_trace("b:1");
    end();
}

TEST(nothing_lost, a_full_queue_holds_one_more_until_that_is_taken)
{
    begin_getting(hence_queue_new(1));
    put(1);
    put(2);
    hence_deferred *d = hence_queue_put(queue, hence_int(3));
    cancel_getting();
    check_int(hence_queue_size(queue), 2);
    check_string(get_now(), "1");
    check_int(hence_deferred_get_state(d), HENCE_DEFERRED_PENDING);
    check_string(get_now(), "2");
    check_string(outcome(d), "none");
    check_string(get_now(), "3");
    hence_deferred_unref(d);
    end();
}

/* rule 160 */
TEST(nothing_lost, what_comes_back_to_a_queue_that_is_shut_down_can_still_be_got)
{
    begin_getting(hence_queue_new(0));
    put(1);
    hence_queue_shutdown(queue, false);
    cancel_getting();
    check_string(get_now(), "1");
    end();
}

/* rule 160 */
TEST(nothing_lost, what_comes_back_to_one_that_is_shut_down_immediately_is_destroyed_and_done)
{
    begin_getting(hence_queue_new(0));
    hence_queue_try_put(queue, payload());
    hence_queue_shutdown(queue, true);
    hence_deferred *d = hence_queue_join(queue);
    check_int(hence_deferred_get_state(d), HENCE_DEFERRED_PENDING);
    cancel_getting();
    check_string(outcome(d), "none");
    check_int(payloads_alive(), 0);
    hence_deferred_unref(d);
    end();
}

TEST(nothing_lost, what_comes_back_to_a_queue_that_is_gone_is_destroyed)
{
    begin_getting(hence_queue_new(0));
    hence_queue_try_put(queue, payload());
    queue = hence_queue_free(queue);
    cancel_getting();
    check_int(payloads_alive(), 0);
    end();
}

TEST(nothing_lost, what_has_come_back_goes_with_the_queue)
{
    begin_getting(hence_queue_new(0));
    hence_queue_try_put(queue, payload());
    cancel_getting();
    end();
}

TEST(nothing_lost, an_item_that_is_a_failure_comes_back_too_and_is_not_reported)
{
    begin_queue(hence_queue_new(0));
    hence_queue_try_put(queue, failure("broken"));
    hence_future_unref(hence_queue_get_future(both.loop, queue));
    check_string(get_now(), "broken");
    end();
}

/* All who wait let go of their Futures: one after the other is given it, and gives it back. */
TEST(nothing_lost, an_item_that_nobody_of_a_million_wants_needs_no_stack)
{
    begin_queue(hence_queue_new(0));
    const int many = support_many();
    for (int i = 0; i < many; i++)
        hence_future_unref(hence_queue_get_future(both.loop, queue));
    put(1);
    check_string(get_now(), "1");
    end();
}

TEST(nothing_lost, what_the_loop_could_not_tell_any_more_is_in_the_queue)
{
    begin_getting(hence_queue_new(0));
    put(1);
    hence_loop_close(both.loop);
    check_trace("a:closed");
    check_string(get_now(), "1");
    end();
}
