/* SPDX-License-Identifier: BSD-3-Clause */
/* Listeners: told through the loop, in order, once. */
#include <errno.h>

#include "support/support.h"

SUITE(listeners);

static hence_future *new_future(struct loop_and_clock both, hence_promise **p)
{
    return hence_future_new(both.loop, p);
}

/* ---- told ---- */

/* rule 81 */
TEST(listeners, they_are_told_in_order_and_never_inside_resolve)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = new_future(both, &p);
    check_int(hence_future_add_done_callback(f, done, "a"), 0);
    check_int(hence_future_add_done_callback(f, done, "b"), 0);
    check_int(hence_future_add_done_callback(f, done, "c"), 0);
    hence_resolve(p, hence_int(1));
    check_trace("");
    hence_test_clock_advance(both.clock, 0);
    check_trace("a:1 b:1 c:1");
    hence_test_clock_advance(both.clock, 0);
    check_trace("");
    hence_future_unref(f);
    end_loop(&both);
}

/* rule 82 */
TEST(listeners, one_that_comes_late_is_told_through_the_loop_too)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = new_future(both, &p);
    hence_resolve(p, hence_int(1));
    check_int(hence_future_add_done_callback(f, done, "late"), 0);
    check_trace("");
    hence_test_clock_advance(both.clock, 0);
    check_trace("late:1");
    hence_future_unref(f);
    end_loop(&both);
}

/* rule 81 */ /* rule 82 */
TEST(listeners, one_that_comes_late_is_told_after_those_that_are_on_their_way)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = new_future(both, &p);
    hence_future_add_done_callback(f, done, "a");
    hence_future_add_done_callback(f, done, "b");
    hence_resolve(p, hence_int(1));
    hence_future_add_done_callback(f, done, "late");
    hence_call_soon(both.loop, call, "call", NULL);
    hence_test_clock_advance(both.clock, 0);
    check_trace("a:1 b:1 late:1 call");
    hence_future_unref(f);
    end_loop(&both);
}

TEST(listeners, one_that_is_added_twice_is_told_twice)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = new_future(both, &p);
    hence_future_add_done_callback(f, done, "a");
    hence_future_add_done_callback(f, done, "a");
    hence_resolve(p, hence_int(1));
    hence_test_clock_advance(both.clock, 0);
    check_trace("a:1 a:1");
    hence_future_unref(f);
    end_loop(&both);
}

TEST(listeners, they_are_told_though_nobody_holds_the_Future)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = new_future(both, &p);
    hence_future_add_done_callback(f, done, "a");
    hence_future_add_done_callback(f, done, "b");
    hence_future_unref(f);
    hence_resolve(p, payload());
    hence_test_clock_advance(both.clock, 0);
    check_trace("a:shared b:shared");
    check_int(payloads_alive(), 0);
    end_loop(&both);
}

TEST(listeners, a_listener_without_a_function_is_refused)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = new_future(both, &p);
    check_int(hence_future_add_done_callback(f, NULL, "a"), -EINVAL);
    hence_resolve(p, hence_none());
    check_int(hence_future_add_done_callback(f, NULL, "a"), -EINVAL);
    hence_future_unref(f);
    end_loop(&both);
}

TEST(listeners, the_first_needs_no_memory)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = new_future(both, &p);
    out_of_memory(true);
    check_int(hence_future_add_done_callback(f, done, "a"), f ? 0 : -ENOMEM);
    check_int(hence_future_add_done_callback(f, done, "b"), -ENOMEM);
    out_of_memory(false);
    hence_resolve(p, hence_int(1));
    out_of_memory(true);
    check_int(hence_future_add_done_callback(f, done, "late"), -ENOMEM);
    out_of_memory(false);
    hence_test_clock_advance(both.clock, 0);
    check_trace("a:1");
    hence_future_unref(f);
    end_loop(&both);
}

/* ---- taken back ---- */

static void look_away(hence_future *f, void *word)
{
    (void)f;
    trace("%s", (const char *)word);
}

/* rule 83 */
TEST(listeners, taking_back_removes_all_that_are_the_same)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = new_future(both, &p);
    static char a[] = "a", b[] = "b";
    hence_future_add_done_callback(f, done, a);
    hence_future_add_done_callback(f, done, b);
    hence_future_add_done_callback(f, done, a);
    hence_future_add_done_callback(f, done, a);
    hence_future_add_done_callback(f, done, b);
    check_int(hence_future_remove_done_callback(f, done, a), 3);
    check_int(hence_future_remove_done_callback(f, done, a), 0);
    check_int(hence_future_remove_done_callback(f, done, &both), 0);
    check_int(hence_future_remove_done_callback(f, look_away, b), 0);
    hence_resolve(p, hence_int(1));
    hence_test_clock_advance(both.clock, 0);
    check_trace("b:1 b:1");
    hence_future_unref(f);
    end_loop(&both);
}

TEST(listeners, order_is_kept_when_the_first_was_taken_back_and_others_are_added)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = new_future(both, &p);
    static char a[] = "a", b[] = "b", c[] = "c", d[] = "d";
    hence_future_add_done_callback(f, done, a);
    hence_future_add_done_callback(f, done, b);
    check_int(hence_future_remove_done_callback(f, done, a), 1);
    hence_future_add_done_callback(f, done, c);
    check_int(hence_future_remove_done_callback(f, done, b), 1);
    check_int(hence_future_remove_done_callback(f, done, c), 1);
    hence_future_add_done_callback(f, done, d);
    hence_future_add_done_callback(f, done, a);
    hence_resolve(p, hence_int(1));
    hence_test_clock_advance(both.clock, 0);
    check_trace("d:1 a:1");
    hence_future_unref(f);
    end_loop(&both);
}

/* rule 83 */
TEST(listeners, those_on_their_way_are_not_taken_back)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = new_future(both, &p);
    static char a[] = "a", late[] = "late";
    hence_future_add_done_callback(f, done, a);
    hence_resolve(p, hence_int(1));
    hence_future_add_done_callback(f, done, late);
    check_int(hence_future_remove_done_callback(f, done, a), 0);
    check_int(hence_future_remove_done_callback(f, done, late), 0);
    hence_test_clock_advance(both.clock, 0);
    check_trace("a:1 late:1");
    hence_future_unref(f);
    end_loop(&both);
}

/* ---- listeners that change things ---- */

static char word_a[] = "a", word_b[] = "b";

static void add_and_remove(hence_future *f, void *word)
{
    trace("%s", (const char *)word);
    check_int(hence_future_remove_done_callback(f, done, word_b), 0);
    check_int(hence_future_add_done_callback(f, done, "added"), 0);
}

/* rule 84 */
TEST(listeners, one_may_add_and_remove_others_while_it_is_told)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = new_future(both, &p);
    hence_future_add_done_callback(f, add_and_remove, word_a);
    hence_future_add_done_callback(f, done, word_b);
    hence_resolve(p, hence_int(1));
    hence_test_clock_advance(both.clock, 0);
    check_trace("a b:1 added:1");
    hence_future_unref(f);
    end_loop(&both);
}

static void let_go(hence_future *f, void *variable)
{
    trace("let go");
    *(hence_future **)variable = hence_future_unref(f);
}

/* rule 84 */
TEST(listeners, one_may_let_go_of_the_last_reference)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = new_future(both, &p);
    hence_future_add_done_callback(f, let_go, &f);
    hence_future_add_done_callback(f, done, "b");
    hence_resolve(p, payload());
    hence_test_clock_advance(both.clock, 0);
    check_trace("let go b:shared");
    check(!f);
    hence_future_unref(f);
    check_int(payloads_alive(), 0);
    end_loop(&both);
}

static void cancel_it(hence_future *f, void *word)
{
    trace("%s:%d", (const char *)word, hence_future_cancel(f));
}

TEST(listeners, one_may_cancel_the_Future_to_no_avail)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = new_future(both, &p);
    char expected[32];
    hence_future_add_done_callback(f, cancel_it, "cancel");
    hence_resolve(p, hence_int(1));
    hence_test_clock_advance(both.clock, 0);
    snprintf(expected, sizeof expected, "cancel:%d", -EALREADY);
    check_trace(expected);
    check_string(describe_and_drop(hence_future_result(f)), "1");
    hence_future_unref(f);
    end_loop(&both);
}

static void resolve_other(hence_future *f, void *promise)
{
    (void)f;
    trace("resolve");
    hence_resolve(promise, hence_int(2));
}

/* rule 81 */ /* rule 124 */
TEST(listeners, what_one_settles_is_told_in_the_next_snapshot)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p, *q;
    hence_future *f = new_future(both, &p), *g = new_future(both, &q);
    if (hence_future_add_done_callback(f, resolve_other, q) < 0)
        hence_abandon(q);
    hence_future_add_done_callback(f, done, "f");
    hence_future_add_done_callback(g, done, "g");
    hence_resolve(p, hence_int(1));
    hence_call_soon(both.loop, call, "call", NULL);
    check_int(hence_test_turn(both.loop), 2);
    check_trace("resolve f:1 call");
    check_int(hence_test_turn(both.loop), 1);
    check_trace("g:2");
    hence_future_failure(g);
    hence_future_unref(f);
    hence_future_unref(g);
    end_loop(&both);
}

static int told;

static void count(hence_future *f, void *arg)
{
    (void)f;
    (void)arg;
    told++;
}

/* rule 81 */
TEST(listeners, thousands_are_told_once_each)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = new_future(both, &p);
    told = 0;
    for (int i = 0; i < 3000; i++)
        hence_future_add_done_callback(f, count, NULL);
    hence_resolve(p, hence_int(1));
    hence_test_clock_advance(both.clock, 0);
    check_int(told, 3000);
    hence_future_unref(f);
    end_loop(&both);
}

/* difference 14 */
TEST(listeners, taking_back_another_one_removes_none)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_future_add_done_callback(f, done, "f");
    check_int(hence_future_remove_done_callback(f, look_away, "f"), 0);
    check_int(hence_future_remove_done_callback(f, done, NULL), 0);
    hence_resolve(p, hence_int(7));
    hence_test_clock_advance(both.clock, 0);
    check_trace("f:7");
    hence_future_unref(f);
    end_loop(&both);
}

static int next_told;

static void tell_in_order(hence_future *f, void *number)
{
    (void)f;
    check_int((intptr_t)number, next_told);
    next_told++;
}

static void call_in_order(void *number)
{
    check_int((intptr_t)number, next_told);
    next_told++;
}

/* Those that come later are fetched before it is their turn: there may be none, or a call. */
TEST_ONCE(listeners, thousands_are_told_in_order_with_the_calls_between_them)
{
    struct loop_and_clock both = begin_loop();
    next_told = 0;
    for (intptr_t i = 0; i < 6000; i++) {
        if (i > 2000 && i % 7 == 0) {
            hence_call_soon(both.loop, call_in_order, (void *)i, NULL);
            continue;
        }
        hence_promise *p;
        hence_future *f = hence_future_new(both.loop, &p);
        hence_future_add_done_callback(f, tell_in_order, (void *)i);
        hence_resolve(p, hence_none());
        hence_future_unref(f);
    }
    hence_test_clock_advance(both.clock, 0);
    check_int(next_told, 6000);
    end_loop(&both);
}

TEST(listeners, nothing_is_left_behind_on_a_Future_that_lives_for_ever)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = new_future(both, &p);
    for (intptr_t i = 0; i < 2000; i++) {
        hence_future_add_done_callback(f, count, (void *)i);
        hence_future_add_done_callback(f, count, (void *)-i);
        check(hence_future_remove_done_callback(f, count, (void *)i) > 0);
        hence_future_remove_done_callback(f, count, (void *)-i);
    }
    check(hence_future_remove_done_callback(f, count, (void *)0) == 0);
    hence_resolve(p, hence_none());
    hence_future_unref(f);
    end_loop(&both);
}
