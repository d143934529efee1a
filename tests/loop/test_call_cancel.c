/* SPDX-License-Identifier: BSD-3-Clause */
/* Calls that are cancelled. */
#include <errno.h>
#include <string.h>

#include "loop/call_support.h"

SUITE(call);

/* rule 69 */ /* difference 18 */
TEST(call, cancelling_a_call_twice_or_after_it_has_run_is_harmless)
{
    struct loop_and_clock both = begin_loop();
    hence_call first, second;
    hence_call_soon(both.loop, call, "a", &first);
    hence_call_soon(both.loop, call, "b", &second);
    check_int(hence_call_cancel(both.loop, first), 0);
    check_int(hence_call_cancel(both.loop, first), -ENOENT);
    hence_test_turn(both.loop);
    check_trace("b");
    check_int(hence_call_cancel(both.loop, second), -ENOENT);
    check_int(hence_call_cancel(both.loop, first), -ENOENT);
    end_loop(&both);
}

/* rule 69 */ /* difference 18 */
TEST(call, cancelling_a_timer_twice_or_after_it_has_run_is_harmless)
{
    struct loop_and_clock both = begin_loop();
    hence_call first, second;
    hence_call_later(both.loop, 1, call, "a", &first);
    hence_call_later(both.loop, 1, call, "b", &second);
    check_int(hence_call_cancel(both.loop, first), 0);
    check_int(hence_call_cancel(both.loop, first), -ENOENT);
    hence_test_clock_advance(both.clock, 1);
    check_trace("b");
    check_int(hence_call_cancel(both.loop, second), -ENOENT);
    check_int(hence_call_reset(both.loop, second, 1), -ENOENT);
    end_loop(&both);
}

TEST(call, the_empty_handle_names_no_call)
{
    struct loop_and_clock both = begin_loop();
    hence_call empty;
    int64_t when;
    memset(&empty, 0, sizeof empty);
    hence_call_soon(both.loop, call, "a", NULL);
    hence_call_later(both.loop, 0, call, "b", NULL);
    check_int(hence_call_cancel(both.loop, empty), -ENOENT);
    check_int(hence_call_when(both.loop, empty, &when), -ENOENT);
    check_int(hence_call_reset(both.loop, empty, 1), -ENOENT);
    hence_test_turn(both.loop);
    check_trace("a b");
    end_loop(&both);
}

TEST(call, a_handle_is_never_mistaken_for_a_later_call)
{
    struct loop_and_clock both = begin_loop();
    hence_call soon[200], timer[200];
    int stale = 0;
    for (int i = 0; i < 200; i++) {
        hence_call_soon(both.loop, call, "s", &soon[i]);
        hence_call_later(both.loop, 0, call, "t", &timer[i]);
        hence_test_turn(both.loop);
    }
    check_int(hence_call_soon(both.loop, call, "s", NULL), 0);
    check_int(hence_call_later(both.loop, 0, call, "t", NULL), 0);
    for (int i = 0; i < 200; i++) {
        stale += hence_call_cancel(both.loop, soon[i]) == -ENOENT;
        stale += hence_call_cancel(both.loop, timer[i]) == -ENOENT;
    }
    check_int(stale, 400);
    check_int(hence_loop_pending(both.loop), 2);
    end_loop(&both);
}

TEST(call, a_handle_of_another_loop_names_no_call)
{
    struct loop_and_clock both = begin_loop(), others = begin_loop();
    hence_call soon = {0, 0, 0}, timer = {0, 0, 0};
    for (int i = 0; i < 100; i++) {
        hence_call_soon(others.loop, call, "other", &soon);
        hence_call_later(others.loop, 1, call, "other", &timer);
    }
    hence_call_later(both.loop, 1, call, "mine", NULL);
    check_int(hence_call_cancel(both.loop, soon), -ENOENT);
    check_int(hence_call_cancel(both.loop, timer), -ENOENT);
    check_int(hence_call_reset(both.loop, timer, 1), -ENOENT);
    hence_test_clock_advance(both.clock, 1);
    check_trace("mine");
    end_loop(&others);
    end_loop(&both);
}

static hence_call own;

/* rule 126 */
TEST(call, a_call_can_be_cancelled_by_one_that_is_ready_with_it)
{
    struct loop_and_clock both = begin_loop();
    hence_call_soon(both.loop, cancel_doomed, both.loop, NULL);
    hence_call_soon_own(both.loop, call, "b", drop_word, &doomed);
    hence_call_soon(both.loop, call, "c", NULL);
    check_int(hence_test_turn(both.loop), 2);
    check_trace("drop-b cancel:0 c");
    end_loop(&both);
}

/* rule 126 */
TEST(call, a_timer_can_be_cancelled_by_one_that_is_due_with_it)
{
    struct loop_and_clock both = begin_loop();
    hence_call_later(both.loop, 5, cancel_doomed, both.loop, NULL);
    hence_call_later_own(both.loop, 5, call, "b", drop_word, &doomed);
    hence_call_later(both.loop, 5, call, "c", NULL);
    hence_test_clock_advance(both.clock, 5);
    check_trace("drop-b cancel:0 c");
    check_int(hence_loop_pending(both.loop), 0);
    end_loop(&both);
}

static void cancel_itself(void *loop)
{
    int64_t when;
    check_int(hence_call_cancel(loop, own), -ENOENT);
    check_int(hence_call_when(loop, own, &when), -ENOENT);
    check_int(hence_call_reset(loop, own, 1), -ENOENT);
    trace("ran");
}

TEST(call, a_call_that_is_running_can_not_be_cancelled)
{
    struct loop_and_clock both = begin_loop();
    hence_call_soon(both.loop, cancel_itself, both.loop, &own);
    hence_test_turn(both.loop);
    hence_call_later(both.loop, 1, cancel_itself, both.loop, &own);
    hence_test_clock_advance(both.clock, 1);
    check_trace("ran ran");
    end_loop(&both);
}

TEST(call, many_cancelled_calls_do_not_keep_later_ones_from_running)
{
    struct loop_and_clock both = begin_loop();
    hence_call handles[1000];
    for (int i = 0; i < 1000; i++)
        hence_call_soon(both.loop, call, "x", &handles[i]);
    hence_call_soon(both.loop, call, "a", NULL);
    for (int i = 0; i < 1000; i++)
        check_int(hence_call_cancel(both.loop, handles[i]), 0);
    check_int(hence_loop_pending(both.loop), 1);
    hence_test_clock_advance(both.clock, 0);
    check_trace("a");
    end_loop(&both);
}

TEST(call, cancelling_never_allocates)
{
    struct loop_and_clock both = begin_loop();
    hence_call soon, later;
    hence_call_soon_own(both.loop, call, payload_new(), payload_destroy, &soon);
    hence_call_later_own(both.loop, 1, call, payload_new(), payload_destroy, &later);
    out_of_memory(true);
    check_int(hence_call_cancel(both.loop, soon), 0);
    check_int(hence_call_cancel(both.loop, later), 0);
    out_of_memory(false);
    check_int(payloads_alive(), 0);
    end_loop(&both);
}
