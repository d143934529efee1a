/* SPDX-License-Identifier: BSD-3-Clause */
/* Calls that are asked about, moved, and counted. */
#include <errno.h>

#include "loop/call_support.h"

SUITE(call);

/* ---- asked about, moved ---- */

TEST(call, a_timer_tells_when_it_is_due)
{
    struct loop_and_clock both = begin_loop();
    hence_call handle;
    int64_t when = -1;
    hence_test_clock_advance(both.clock, 100);
    hence_call_later(both.loop, 20, call, "a", &handle);
    check_int(hence_call_when(both.loop, handle, &when), 0);
    check_int(when, 120);
    hence_call_at(both.loop, 50, call, "b", &handle);
    check_int(hence_call_when(both.loop, handle, &when), 0);
    check_int(when, 50);
    end_loop(&both);
}

TEST(call, a_call_that_is_due_at_once_has_no_time_and_can_not_be_moved)
{
    struct loop_and_clock both = begin_loop();
    hence_call handle;
    int64_t when = 77;
    hence_call_soon(both.loop, call, "a", &handle);
    check_int(hence_call_when(both.loop, handle, &when), -EINVAL);
    check_int(when, 77);
    check_int(hence_call_reset(both.loop, handle, 5), -EINVAL);
    hence_test_turn(both.loop);
    check_trace("a");
    check_int(hence_call_when(both.loop, handle, &when), -ENOENT);
    check_int(hence_call_reset(both.loop, handle, 5), -ENOENT);
    end_loop(&both);
}

/* rule 69 */
TEST(call, a_moved_timer_runs_once_at_its_new_time)
{
    struct loop_and_clock both = begin_loop();
    hence_call handle;
    int64_t when = 0;
    hence_call_later(both.loop, 10, call, "a", &handle);
    hence_test_clock_advance(both.clock, 4);
    check_int(hence_call_reset(both.loop, handle, 20), 0);
    check_int(hence_call_when(both.loop, handle, &when), 0);
    check_int(when, 24);
    hence_test_clock_advance(both.clock, 19);
    check_trace("");
    hence_test_clock_advance(both.clock, 1);
    check_trace("a");
    hence_test_clock_advance(both.clock, 100);
    check_trace("");
    check_int(hence_call_reset(both.loop, handle, 5), -ENOENT);
    end_loop(&both);
}

TEST(call, a_timer_can_be_moved_to_an_earlier_time)
{
    struct loop_and_clock both = begin_loop();
    hence_call handle;
    hence_call_later(both.loop, 100, call, "a", &handle);
    hence_call_later(both.loop, 50, call, "b", NULL);
    check_int(hence_call_reset(both.loop, handle, 1), 0);
    hence_test_clock_advance(both.clock, 1);
    check_trace("a");
    hence_test_clock_advance(both.clock, 100);
    check_trace("b");
    end_loop(&both);
}

TEST(call, a_moved_timer_is_the_last_among_equal_due_times)
{
    struct loop_and_clock both = begin_loop();
    hence_call handle;
    hence_call_later(both.loop, 10, call, "a", &handle);
    hence_call_later(both.loop, 10, call, "b", NULL);
    check_int(hence_call_reset(both.loop, handle, 10), 0);
    hence_call_later(both.loop, 10, call, "c", NULL);
    hence_test_clock_advance(both.clock, 10);
    check_trace("b a c");
    end_loop(&both);
}

TEST(call, the_handle_of_a_moved_timer_stays_good)
{
    struct loop_and_clock both = begin_loop();
    hence_call handle;
    hence_call_later_own(both.loop, 10, call, "a", drop_word, &handle);
    for (int i = 0; i < 10; i++)
        check_int(hence_call_reset(both.loop, handle, 10 + i), 0);
    check_int(hence_loop_pending(both.loop), 1);
    check_int(hence_call_cancel(both.loop, handle), 0);
    check_trace("drop-a");
    hence_test_clock_advance(both.clock, 100);
    check_trace("");
    end_loop(&both);
}

static void move_doomed(void *loop)
{
    trace("move:%d", hence_call_reset(loop, doomed, 7));
}

TEST(call, a_timer_can_be_moved_by_one_that_is_due_with_it)
{
    struct loop_and_clock both = begin_loop();
    hence_call_later(both.loop, 5, move_doomed, both.loop, NULL);
    hence_call_later(both.loop, 5, call, "b", &doomed);
    hence_call_later(both.loop, 5, call, "c", NULL);
    hence_test_clock_advance(both.clock, 5);
    check_trace("move:0 c");
    check_int(hence_loop_pending(both.loop), 1);
    hence_test_clock_advance(both.clock, 6);
    check_trace("");
    hence_test_clock_advance(both.clock, 1);
    check_trace("b");
    end_loop(&both);
}

static void move_and_cancel_doomed(void *loop)
{
    trace("move:%d", hence_call_reset(loop, doomed, 0));
    trace("cancel:%d", hence_call_cancel(loop, doomed));
}

TEST(call, a_timer_that_was_moved_while_it_was_due_can_still_be_cancelled)
{
    struct loop_and_clock both = begin_loop();
    hence_call_later(both.loop, 5, move_and_cancel_doomed, both.loop, NULL);
    hence_call_later_own(both.loop, 5, call, "b", drop_word, &doomed);
    hence_test_clock_advance(both.clock, 5);
    check_trace("move:0 drop-b cancel:0");
    check_int(hence_loop_pending(both.loop), 0);
    end_loop(&both);
}

TEST(call, a_timer_stays_where_it_was_if_there_is_no_memory_to_move_it)
{
    struct loop_and_clock both = begin_loop();
    hence_call handle;
    int64_t when = 0;
    int error = 0, moved = 0;
    hence_call_later(both.loop, 10, call, "a", &handle);
    out_of_memory(true);
    for (; moved < 1000 && !error; moved++)
        error = hence_call_reset(both.loop, handle, 1000 + moved);
    out_of_memory(false);
    check_int(hence_call_when(both.loop, handle, &when), 0);
    check_int(when, error ? 1000 + moved - 2 : 1999);
    hence_test_clock_advance(both.clock, when);
    check_trace("a");
    end_loop(&both);
}

/* ---- how many wait ---- */

TEST(call, pending_counts_what_waits)
{
    struct loop_and_clock both = begin_loop();
    hence_call soon, later;
    check_int(hence_loop_pending(both.loop), 0);
    hence_call_soon(both.loop, call, "a", &soon);
    hence_call_soon(both.loop, call, "b", NULL);
    hence_call_later(both.loop, 5, call, "c", &later);
    hence_call_later(both.loop, 6, call, "d", NULL);
    check_int(hence_loop_pending(both.loop), 4);
    hence_call_cancel(both.loop, soon);
    check_int(hence_loop_pending(both.loop), 3);
    hence_call_cancel(both.loop, later);
    check_int(hence_loop_pending(both.loop), 2);
    hence_test_clock_advance(both.clock, 0);
    check_int(hence_loop_pending(both.loop), 1);
    hence_test_clock_advance(both.clock, 6);
    check_int(hence_loop_pending(both.loop), 0);
    check_trace("b d");
    end_loop(&both);
}

static void count_pending(void *loop)
{
    trace("%zu", hence_loop_pending(loop));
}

TEST(call, pending_counts_right_inside_calls)
{
    struct loop_and_clock both = begin_loop();
    hence_call_soon(both.loop, count_pending, both.loop, NULL);
    hence_call_later(both.loop, 0, count_pending, both.loop, &doomed);
    hence_call_later(both.loop, 0, cancel_doomed, both.loop, NULL);
    hence_call_later(both.loop, 0, count_pending, both.loop, &doomed);
    hence_call_soon(both.loop, count_pending, both.loop, NULL);
    hence_test_clock_advance(both.clock, 0);
    check_trace("4 3 2 cancel:0");
    check_int(hence_loop_pending(both.loop), 0);
    end_loop(&both);
}

TEST(call, a_settled_Future_counts_as_one_pending_call_if_somebody_listens)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *heard, *unheard;
    hence_future *f = hence_future_new(both.loop, &heard);
    hence_future *g = hence_future_new(both.loop, &unheard);
    hence_future_add_done_callback(f, done, "f1");
    hence_future_add_done_callback(f, done, "f2");
    hence_resolve(heard, hence_int(1));
    hence_resolve(unheard, hence_int(2));
    check_int(hence_loop_pending(both.loop), 1);
    hence_test_turn(both.loop);
    check_int(hence_loop_pending(both.loop), 0);
    check_trace("f1:1 f2:1");
    hence_future_unref(f);
    hence_future_unref(g);
    end_loop(&both);
}
