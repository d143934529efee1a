/* SPDX-License-Identifier: BSD-3-Clause */
/* The queue of what is ready: its order, however it grows and whatever stands in it. */
#include <errno.h>

#include "support/support.h"

SUITE(queue);

/* rule 123 */
TEST(queue, calls_run_in_the_order_in_which_they_were_asked_for)
{
    struct loop_and_clock both = begin_loop();
    hence_call_soon(both.loop, call, "a", NULL);
    hence_call_soon(both.loop, call, "b", NULL);
    hence_call_soon(both.loop, call, "c", NULL);
    check_int(hence_test_turn(both.loop), 3);
    check_trace("a b c");
    end_loop(&both);
}

static int next_number;

static void expect_number(void *arg)
{
    check_int((intptr_t)arg, next_number);
    next_number++;
}

TEST(queue, the_order_holds_while_the_queue_grows)
{
    struct loop_and_clock both = begin_loop();
    next_number = 0;
    for (intptr_t i = 0; i < 5000; i++)
        hence_call_soon(both.loop, expect_number, (void *)i, NULL);
    check_int(hence_loop_pending(both.loop), 5000);
    hence_test_clock_advance(both.clock, 0);
    check_int(next_number, 5000);
    end_loop(&both);
}

TEST(queue, the_order_holds_while_the_queue_goes_round)
{
    struct loop_and_clock both = begin_loop();
    intptr_t asked = 0;
    next_number = 0;
    for (int round = 0; round < 200; round++) {
        for (int i = 0; i < round % 70; i++)
            hence_call_soon(both.loop, expect_number, (void *)asked++, NULL);
        check_int(hence_test_turn(both.loop), round % 70);
    }
    check_int(next_number, asked);
    end_loop(&both);
}

static hence_loop *the_loop;
static int to_ask;

static void ask_for_two(void *arg)
{
    expect_number(arg);
    for (int i = 0; i < 2 && to_ask < 3000; i++) {
        if (hence_call_soon(the_loop, ask_for_two, (void *)(intptr_t)to_ask, NULL) == 0)
            to_ask++;
    }
}

TEST(queue, the_order_holds_while_the_queue_grows_under_a_running_call)
{
    struct loop_and_clock both = begin_loop();
    the_loop = both.loop;
    next_number = 0;
    to_ask = 1;
    hence_call_soon(both.loop, ask_for_two, (void *)0, NULL);
    hence_test_clock_advance(both.clock, 0);
    check_int(next_number, 3000);
    end_loop(&both);
}

/* ---- Futures among the calls ---- */

/* rule 81 */
TEST(queue, a_settled_Future_has_its_place_among_the_calls)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p, *q;
    hence_future *f = hence_future_new(both.loop, &p), *g = hence_future_new(both.loop, &q);
    hence_future_add_done_callback(f, done, "f");
    hence_future_add_done_callback(g, done, "g");
    hence_call_soon(both.loop, call, "a", NULL);
    hence_resolve(q, hence_int(2));
    hence_call_soon(both.loop, call, "b", NULL);
    hence_resolve(p, hence_int(1));
    hence_call_soon(both.loop, call, "c", NULL);
    check_int(hence_test_turn(both.loop), 5);
    check_trace("a g:2 b f:1 c");
    hence_future_unref(f);
    hence_future_unref(g);
    end_loop(&both);
}

TEST(queue, settled_Futures_that_follow_each_other_stay_in_order)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p[5];
    hence_future *f[5];
    static const char *const words[] = {"0", "1", "2", "3", "4"};
    for (int i = 0; i < 5; i++) {
        f[i] = hence_future_new(both.loop, &p[i]);
        hence_future_add_done_callback(f[i], done, (void *)(uintptr_t)words[i]);
    }
    hence_resolve(p[3], hence_int(3));
    hence_resolve(p[1], hence_int(1));
    hence_resolve(p[4], hence_int(4));
    hence_call_soon(both.loop, call, "call", NULL);
    hence_resolve(p[0], hence_int(0));
    hence_resolve(p[2], hence_int(2));
    hence_test_turn(both.loop);
    check_trace("3:3 1:1 4:4 call 0:0 2:2");
    for (int i = 0; i < 5; i++)
        hence_future_unref(f[i]);
    end_loop(&both);
}

#define FUTURES 500

struct settled {
    hence_future *f;
    hence_promise *p;
};

static struct settled settled[FUTURES];
static int told;

static void count_told(hence_future *f, void *arg)
{
    struct settled *one = arg;
    check(f == one->f);
    check_int(one - settled, told);
    told++;
}

static void make_futures(hence_loop *loop)
{
    told = 0;
    for (int i = 0; i < FUTURES; i++) {
        settled[i].f = hence_future_new(loop, &settled[i].p);
        hence_future_add_done_callback(settled[i].f, count_told, &settled[i]);
    }
}

static void end_futures(void)
{
    for (int i = 0; i < FUTURES; i++)
        hence_future_unref(settled[i].f);
}

TEST(queue, settling_Futures_never_needs_memory)
{
    struct loop_and_clock both = begin_loop();
    make_futures(both.loop);
    out_of_memory(true);
    for (int i = 0; i < FUTURES; i++)
        check_int(hence_resolve(settled[i].p, hence_int(i)), 0);
    out_of_memory(false);
    hence_test_clock_advance(both.clock, 0);
    check_int(told, FUTURES);
    end_futures();
    end_loop(&both);
}

static void nothing(void *arg)
{
    (void)arg;
}

TEST(queue, settling_Futures_needs_no_memory_between_as_many_calls_as_there_is_room_for)
{
    struct loop_and_clock both = begin_loop();
    make_futures(both.loop);
    out_of_memory(true);
    for (int i = 0; i < FUTURES; i++) {
        hence_call_soon(both.loop, nothing, NULL, NULL); /* is refused when there is no room */
        check_int(hence_resolve(settled[i].p, hence_int(i)), 0);
        if (i % 50 == 49)
            hence_test_turn(both.loop);
    }
    out_of_memory(false);
    hence_test_clock_advance(both.clock, 0);
    check_int(told, FUTURES);
    end_futures();
    end_loop(&both);
}

static void settle_next(hence_future *f, void *arg)
{
    struct settled *one = arg;
    (void)f;
    told++;
    if (one + 1 < settled + FUTURES)
        hence_resolve(one[1].p, hence_int(1));
}

TEST(queue, Futures_that_settle_each_other_need_no_memory_either)
{
    struct loop_and_clock both = begin_loop();
    told = 0;
    for (int i = 0; i < FUTURES; i++) {
        settled[i].f = hence_future_new(both.loop, &settled[i].p);
        hence_future_add_done_callback(settled[i].f, settle_next, &settled[i]);
    }
    out_of_memory(true);
    hence_resolve(settled[0].p, hence_int(1));
    hence_test_clock_advance(both.clock, 0);
    out_of_memory(false);
    check_int(told, FUTURES);
    for (int i = 0; i < FUTURES; i++) {
        if (support_faulty && !hence_future_done(settled[i].f))
            hence_abandon(settled[i].p);
        hence_future_failure(settled[i].f);
    }
    end_futures();
    end_loop(&both);
}

TEST(queue, calls_before_and_after_a_queued_Future_can_be_cancelled)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_call before, after;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_future_add_done_callback(f, done, "f");
    hence_call_soon(both.loop, call, "before", &before);
    hence_resolve(p, hence_int(1));
    hence_call_soon(both.loop, call, "after", &after);
    check_int(hence_call_cancel(both.loop, after), 0);
    check_int(hence_call_cancel(both.loop, before), 0);
    check_int(hence_loop_pending(both.loop), 1);
    check_int(hence_test_turn(both.loop), 1);
    check_trace("f:1");
    hence_future_unref(f);
    end_loop(&both);
}
