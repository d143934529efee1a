/* SPDX-License-Identifier: BSD-3-Clause */
/* Calls: asked for, cancelled, moved, owned; and who may ask. */
#include <errno.h>
#include <string.h>

#include "support/support.h"

SUITE(call);

static bool is_empty(hence_call handle)
{
    return !handle.sequence && !handle.slot && !handle.type;
}

static void drop_word(void *word)
{
    trace("drop-%s", (const char *)word);
}

/* ---- asked for ---- */

/* rule 123 */
TEST(call, a_call_runs_once_and_not_before_the_loop_does)
{
    struct loop_and_clock both = begin_loop();
    check_int(hence_call_soon(both.loop, call, "a", NULL), 0);
    check_int(hence_loop_pending(both.loop), 1);
    check_trace("");
    check_int(hence_test_turn(both.loop), 1);
    check_trace("a");
    check_int(hence_test_turn(both.loop), 0);
    check_int(hence_loop_pending(both.loop), 0);
    check_trace("");
    end_loop(&both);
}

TEST(call, a_call_without_a_function_is_refused)
{
    struct loop_and_clock both = begin_loop();
    hence_call handle = {1, 2, 3};
    check_int(hence_call_soon(both.loop, NULL, NULL, &handle), -EINVAL);
    check(is_empty(handle));
    check_int(hence_call_soon_own(both.loop, NULL, payload_new(), payload_destroy, NULL), -EINVAL);
    check_int(hence_call_later(both.loop, 1, NULL, NULL, NULL), -EINVAL);
    check_int(hence_call_later_own(both.loop, 1, NULL, payload_new(), payload_destroy, NULL),
              -EINVAL);
    check_int(hence_call_at(both.loop, 1, NULL, NULL, NULL), -EINVAL);
    check_int(hence_call_at_own(both.loop, 1, NULL, payload_new(), payload_destroy, &handle),
              -EINVAL);
    check_int(payloads_alive(), 0);
    check_int(hence_loop_pending(both.loop), 0);
    end_loop(&both);
}

TEST(call, the_loop_that_could_not_be_had_refuses_every_call)
{
    hence_call handle = {1, 2, 3};
    int64_t when = 77;
    check_int(hence_call_soon(NULL, call, "a", &handle), -ENOMEM);
    check(is_empty(handle));
    handle.type = 9;
    check_int(hence_call_later(NULL, 1, call, "a", &handle), -ENOMEM);
    check(is_empty(handle));
    check_int(hence_call_at(NULL, 1, call, "a", NULL), -ENOMEM);
    check_int(hence_call_soon_own(NULL, call, payload_new(), payload_destroy, NULL), -ENOMEM);
    check_int(hence_call_later_own(NULL, 1, call, payload_new(), payload_destroy, NULL), -ENOMEM);
    check_int(hence_call_at_own(NULL, 1, call, payload_new(), payload_destroy, NULL), -ENOMEM);
    check_int(hence_call_cancel(NULL, handle), -ENOENT);
    check_int(hence_call_when(NULL, handle, &when), -ENOENT);
    check_int(when, 77);
    check_int(hence_call_reset(NULL, handle, 1), -ENOENT);
    check_int(hence_loop_pending(NULL), 0);
    check_int(payloads_alive(), 0);
}

/* rule 133 */
TEST(call, a_closed_loop_refuses_every_call)
{
    struct loop_and_clock both = begin_loop();
    hence_call handle = {1, 2, 3}, earlier = {0, 0, 0};
    int64_t when;
    hence_call_soon(both.loop, call, "a", &earlier);
    check_int(hence_loop_close(both.loop), 0);
    check_int(hence_call_soon(both.loop, call, "a", &handle), -ESHUTDOWN);
    check(is_empty(handle));
    check_int(hence_call_soon_own(both.loop, call, payload_new(), payload_destroy, NULL),
              -ESHUTDOWN);
    check_int(hence_call_later(both.loop, 1, call, "a", &handle), -ESHUTDOWN);
    check_int(hence_call_later_own(both.loop, 1, call, payload_new(), payload_destroy, NULL),
              -ESHUTDOWN);
    check_int(hence_call_at(both.loop, 1, call, "a", &handle), -ESHUTDOWN);
    check_int(hence_call_at_own(both.loop, 1, call, payload_new(), payload_destroy, NULL),
              -ESHUTDOWN);
    check_int(hence_call_cancel(both.loop, earlier), -ENOENT);
    check_int(hence_call_when(both.loop, earlier, &when), -ENOENT);
    check_int(hence_call_reset(both.loop, earlier, 1), -ENOENT);
    check_int(hence_loop_pending(both.loop), 0);
    check_int(payloads_alive(), 0);
    end_loop(&both);
    check_trace("");
}

/* ---- owned arguments ---- */

TEST(call, an_owned_argument_is_destroyed_after_its_call)
{
    struct loop_and_clock both = begin_loop();
    hence_call_soon_own(both.loop, call, "a", drop_word, NULL);
    hence_call_later_own(both.loop, 5, call, "b", drop_word, NULL);
    hence_call_at_own(both.loop, 6, call, "c", drop_word, NULL);
    hence_test_clock_advance(both.clock, 10);
    check_trace("a drop-a b drop-b c drop-c");
    end_loop(&both);
}

TEST(call, an_owned_argument_of_a_cancelled_call_is_destroyed_at_once)
{
    struct loop_and_clock both = begin_loop();
    hence_call soon, later;
    hence_call_soon_own(both.loop, call, "soon", drop_word, &soon);
    hence_call_later_own(both.loop, 5, call, "later", drop_word, &later);
    check_int(hence_call_cancel(both.loop, soon), 0);
    check_trace("drop-soon");
    check_int(hence_call_cancel(both.loop, later), 0);
    check_trace("drop-later");
    hence_test_clock_advance(both.clock, 10);
    check_trace("");
    end_loop(&both);
}

TEST(call, owned_arguments_are_destroyed_when_the_loop_closes)
{
    struct loop_and_clock both = begin_loop();
    hence_call_soon_own(both.loop, call, payload_new(), payload_destroy, NULL);
    hence_call_later_own(both.loop, 5, call, payload_new(), payload_destroy, NULL);
    hence_call_at_own(both.loop, 6, call, payload_new(), payload_destroy, NULL);
    hence_call_soon_threadsafe_own(both.loop, call, payload_new(), payload_destroy);
    hence_loop_close(both.loop);
    check_int(payloads_alive(), 0);
    check_trace("");
    end_loop(&both);
}

TEST(call, an_owned_argument_without_a_destructor_is_left_alone)
{
    struct loop_and_clock both = begin_loop();
    hence_call handle;
    check_int(hence_call_soon_own(both.loop, call, "a", NULL, NULL), 0);
    check_int(hence_call_soon_own(both.loop, call, "b", NULL, &handle), 0);
    check_int(hence_call_cancel(both.loop, handle), 0);
    hence_test_turn(both.loop);
    check_trace("a");
    end_loop(&both);
}

TEST(call, an_argument_is_destroyed_also_when_there_is_no_memory_for_the_call)
{
    struct loop_and_clock both = begin_loop();
    hence_call handle = {1, 2, 3};
    int refused = 0;
    out_of_memory(true);
    for (int i = 0; i < 100; i++)
        refused += hence_call_soon_own(both.loop, call, "x", drop_word, &handle) == -ENOMEM;
    check(refused > 0);
    check(is_empty(handle));
    check_int(hence_call_later_own(both.loop, 1, call, payload_new(), payload_destroy, &handle),
              -ENOMEM);
    check(is_empty(handle));
    check_int(hence_call_soon_threadsafe_own(both.loop, call, payload_new(), payload_destroy),
              -ENOMEM);
    check_int(payloads_alive(), 0);
    out_of_memory(false);
    check_int((int)hence_loop_pending(both.loop) + refused, 100);
    end_loop(&both);
}

static void drop_and_ask_again(void *loop)
{
    trace("dropped:%d", hence_call_soon(loop, call, "again", NULL));
}

TEST(call, a_destructor_may_ask_for_another_call)
{
    struct loop_and_clock both = begin_loop();
    hence_call handle;
    hence_call_soon_own(both.loop, call, both.loop, drop_and_ask_again, &handle);
    hence_call_cancel(both.loop, handle);
    check_trace("dropped:0");
    hence_test_turn(both.loop);
    check_trace("again");
    end_loop(&both);
}

TEST(call, a_destructor_that_runs_while_the_loop_closes_finds_it_closed)
{
    struct loop_and_clock both = begin_loop();
    char expected[64];
    hence_call_soon_own(both.loop, call, both.loop, drop_and_ask_again, NULL);
    hence_call_later_own(both.loop, 1, call, both.loop, drop_and_ask_again, NULL);
    hence_call_soon_threadsafe_own(both.loop, call, both.loop, drop_and_ask_again);
    hence_loop_close(both.loop);
    snprintf(expected, sizeof expected, "dropped:%d dropped:%d dropped:%d", -ESHUTDOWN, -ESHUTDOWN,
             -ESHUTDOWN);
    check_trace(expected);
    end_loop(&both);
}

/* ---- cancelled ---- */

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

static hence_call doomed, own;

static void cancel_doomed(void *loop)
{
    trace("cancel:%d", hence_call_cancel(loop, doomed));
}

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

/* ---- on the wrong thread ---- */

struct foreign {
    hence_loop *loop;
    hence_call soon, timer, handle;
    int64_t when;
    int results[12];
};

static void use_all(void *arg)
{
    struct foreign *foreign = arg;
    hence_loop *loop = foreign->loop;
    int *r = foreign->results;
    foreign->handle.type = 9;
    *r++ = hence_call_soon(loop, call, "x", &foreign->handle);
    *r++ = hence_call_soon_own(loop, call, payload_new(), payload_destroy, NULL);
    *r++ = hence_call_later(loop, 1, call, "x", NULL);
    *r++ = hence_call_later_own(loop, 1, call, payload_new(), payload_destroy, NULL);
    *r++ = hence_call_at(loop, 1, call, "x", NULL);
    *r++ = hence_call_at_own(loop, 1, call, payload_new(), payload_destroy, NULL);
    *r++ = hence_call_cancel(loop, foreign->soon);
    *r++ = hence_call_cancel(loop, foreign->timer);
    *r++ = hence_call_when(loop, foreign->timer, &foreign->when);
    *r++ = hence_call_reset(loop, foreign->timer, 5);
}

/* rule 135 */ /* rule 89 */
TEST(call, calls_from_another_thread_are_refused_and_reported)
{
    struct loop_and_clock both = begin_loop();
    struct foreign foreign = {.loop = both.loop, .when = 77};
    hence_call_soon(both.loop, call, "soon", &foreign.soon);
    hence_call_later(both.loop, 1, call, "later", &foreign.timer);
    if (both.loop)
        on_another_thread(use_all, &foreign);
    for (int i = 0; i < 10; i++) {
        check_int(foreign.results[i], -EPERM);
        check(had_report(HENCE_REPORT_WRONG_THREAD));
        check(strstr(report_text(), "hence_call_"));
    }
    check(strstr(report_text(), "hence_call_reset() on another thread than the loop's: use "
                                "hence_call_soon_threadsafe()"));
    check(is_empty(foreign.handle));
    check_int(foreign.when, 77);
    check_int(payloads_alive(), 0);
    hence_test_clock_advance(both.clock, 1);
    check_trace("soon later");
    end_loop(&both);
}
