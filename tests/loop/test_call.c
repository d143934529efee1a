/* SPDX-License-Identifier: BSD-3-Clause */
/* Calls: asked for, with arguments of their own, from the wrong thread. */
#include <errno.h>
#include <string.h>

#include "loop/call_support.h"

SUITE(call);

static bool is_empty(hence_call handle)
{
    return !handle.sequence && !handle.slot && !handle.type;
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
