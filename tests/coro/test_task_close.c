/* SPDX-License-Identifier: BSD-3-Clause */
/* Loops that close while tasks have not begun, wait, or run: each body comes to its end. */
#include <errno.h>
#include <event2/event.h>

#include "coro/waiting_support.h"

SUITE(task_close);

/* Closes the loop under what there is, and gives what became of `f`. */
static const char *close_under(hence_future *f)
{
    hence_loop_close(both.loop);
    check(!f || hence_future_done(f));
    const char *text = outcome_of(f);
    hence_future_unref(f);
    return text;
}

TEST(task_close, a_task_that_has_not_begun_never_will)
{
    begin();
    dropped = 0;
    hence_future *f = hence_spawn_own(both.loop, give_seven, "a", count_drop);
    check_string(close_under(f), "closed");
    check_trace("");
    check_int(dropped, 1);
    end();
}

TEST(task_close, one_that_was_cancelled_before_it_began_is_cancelled)
{
    begin();
    hence_future *f = hence_spawn(both.loop, give_seven, "a");
    hence_future_cancel(f);
    check_string(close_under(f), "cancelled");
    check_trace("");
    end();
}

TEST(task_close, a_wait_for_a_Future_ends_and_the_body_returns)
{
    hence_future *f = begin_waiting(true);
    check_trace("a");
    check_string(close_under(f), "7");
    check_trace("cancel0 a:closed");
    end_waiting(NULL);
}

TEST(task_close, a_wait_for_a_Deferred_ends_and_the_body_returns)
{
    hence_future *f = begin_waiting_for_deferred(true);
    check_trace("a");
    check_string(close_under(f), "7");
    check_trace("cancel0 a:cancelled");
    end_waiting(NULL);
}

static hence_result sleep_then_seven(void *word)
{
    hence_result r = hence_co_sleep(HENCE_SECONDS(1));
    trace("%s:%s", (const char *)word, describe(&r));
    hence_drop(r);
    return hence_int(7);
}

TEST(task_close, a_sleep_ends_and_the_body_returns)
{
    begin();
    hence_future *f = hence_spawn(both.loop, sleep_then_seven, "a");
    run();
    check_string(close_under(f), "7");
    check_trace("a:closed");
    end();
}

static hence_result yield_then_seven(void *word)
{
    hence_result r = hence_co_yield();
    trace("%s:%s", (const char *)word, describe(&r));
    hence_drop(r);
    return hence_int(7);
}

TEST(task_close, a_wait_for_its_turn_ends_and_the_body_returns)
{
    begin();
    hence_future *f = hence_spawn(both.loop, yield_then_seven, "a");
    turn();
    check_string(close_under(f), "7");
    check_trace("a:closed");
    end();
}

TEST(task_close, a_wait_that_has_ended_but_was_not_told_ends)
{
    begin();
    hence_promise *p;
    struct waiting waiting = {"a", pending(&p), NULL, true};
    hence_future *f = spawn(&waiting);
    run();
    hence_resolve(p, payload());
    check_trace("a");
    check_string(close_under(f), "7");
    check_trace("a:closed");
    check_int(payloads_alive(), 0);
    end();
}

static hence_result wait_in_vain(void *arg)
{
    hence_promise *p;
    (void)arg;
    for (int i = 0; i < 2; i++) {
        hence_result r = hence_co_sleep(HENCE_SECONDS(1));
        trace("sleep:%s", describe(&r));
    }
    hence_result r = hence_co_yield();
    trace("yield:%s", describe(&r));
    trace("spawn:%s", describe_and_drop(hence_await(hence_spawn(both.loop, give_seven, "b"))));
    trace("thread:%s", describe_and_drop(hence_co_run_blocking(give_seven, "c")));
    trace("future:%s", describe_and_drop(hence_await(hence_future_new(both.loop, &p))));
    hence_abandon(p);
    return hence_int(7);
}

TEST(task_close, each_later_wait_ends_at_once)
{
    begin();
    hence_future *f = hence_spawn(both.loop, wait_in_vain, NULL);
    run();
    check_string(close_under(f), "7");
    check_trace("sleep:closed sleep:closed yield:closed spawn:closed thread:closed future:closed");
    end();
}

/* Sleeps, and awaits then what was there before the loop closed. */
static hence_result wait_for_what_is_left(void *arg)
{
    struct waiting *both_kinds = arg;
    trace("sleep:%s", describe_and_drop(hence_co_sleep(HENCE_SECONDS(1))));
    for (int i = 0; i < 2; i++) {
        hence_result r = wait_now(&both_kinds[i]);
        trace("%s:%s", both_kinds[i].word, describe_and_drop(r));
    }
    return wait_now(&both_kinds[2]);
}

TEST(task_close, each_later_wait_for_what_was_there_before_ends_too)
{
    begin();
    begin_inputs(2, STOPS);
    hence_promise *p;
    struct waiting waiting[] = {{"future", pending(&p), NULL, false},
                                {"first", NULL, inputs[0], false},
                                {"second", NULL, inputs[1], false}};
    inputs[0] = inputs[1] = NULL;
    hence_future *f = hence_spawn(both.loop, wait_for_what_is_left, waiting);
    run();
    check_string(close_under(f), "cancelled");
    check_trace("sleep:closed future:closed cancel0 first:cancelled cancel1");
    for (int i = 0; i < 3; i++)
        waiting_drop(&waiting[i]);
    hence_abandon(p);
    end_inputs();
    end();
}

TEST(task_close, tasks_that_wait_for_each_other_end_one_after_the_other)
{
    begin();
    hence_future *f = hence_spawn(both.loop, sleep_then_seven, "a");
    struct waiting b = {"b", f, NULL, false};
    hence_future *g = spawn(&b);
    struct waiting c = {"c", g, NULL, true};
    hence_future *h = spawn(&c);
    run();
    check_trace("b c");
    check_string(close_under(h), "7");
    check_trace("a:closed b:closed c:closed");
    end();
}

static hence_result close_its_loop(void *arg)
{
    (void)arg;
    trace(hence_loop_close(both.loop) == -EBUSY ? "refused" : "not refused");
    hence_result r = hence_co_yield();
    trace("%s", describe(&r));
    return r;
}

TEST(task_close, a_body_can_not_close_the_loop_that_runs_it)
{
    begin();
    hence_future *f = hence_spawn(both.loop, close_its_loop, NULL);
    run();
    check_trace("refused none");
    check_string(outcome_of(f), "none");
    hence_future_unref(f);
    end();
}

static hence_result free_its_loop(void *variable)
{
    hence_loop **loop = variable, *it = *loop;
    *loop = NULL;
    trace("free");
    hence_loop_free(it);
    hence_result r = hence_co_yield();
    trace("%s", describe(&r));
    r = hence_co_sleep(HENCE_SECONDS(1));
    trace("%s", describe(&r));
    return r;
}

TEST(task_close, a_body_may_free_its_loop_where_the_program_dispatches_events_itself)
{
    struct event_base *base = event_base_new();
    hence_loop *loop = base ? hence_loop_new(base) : NULL;
    hence_future *other = hence_spawn(loop, sleep_then_seven, "other");
    hence_future *f = hence_spawn(loop, free_its_loop, &loop);
    hence_future *late = hence_spawn(loop, give_seven, "late");
    if (loop)
        event_base_loop(base, support_faulty ? EVLOOP_NONBLOCK : 0);
    check_trace("free other:closed closed closed");
    check_string(outcome_of(f), "closed");
    check_string(outcome_of(other), "7");
    check_string(outcome_of(late), "closed");
    hence_future_unref(late);
    hence_future_unref(f);
    hence_future_unref(other);
    hence_loop_free(loop); /* where it has never begun */
    if (base)
        event_base_free(base);
}

static hence_result free_its_loop_and_return(void *arg)
{
    hence_deferred *d = inputs[1];
    hence_result r = free_its_loop(arg);
    trace("%s", describe_and_drop(r));
    trace("%s", describe_and_drop(hence_await_deferred(inputs[0])));
    inputs[0] = inputs[1] = NULL;
    return hence_chain(d);
}

TEST(task_close, what_a_body_that_has_freed_its_loop_waits_for_and_returns_is_cancelled)
{
    struct event_base *base = event_base_new();
    hence_loop *loop = base ? hence_loop_new(base) : NULL;
    begin_inputs(2, STOPS);
    hence_future *f = hence_spawn(loop, free_its_loop_and_return, &loop);
    if (loop)
        event_base_loop(base, support_faulty ? EVLOOP_NONBLOCK : 0);
    check_trace("free closed closed closed cancel0 cancelled cancel1");
    check_string(outcome_of(f), "cancelled");
    hence_future_unref(f);
    hence_deferred_unref(inputs[0]);
    hence_deferred_unref(inputs[1]);
    inputs[0] = inputs[1] = NULL;
    end_inputs();
    hence_loop_free(loop); /* where it has never begun */
    if (base)
        event_base_free(base);
}

TEST(task_close, the_chain_that_it_has_returned_is_cancelled)
{
    begin();
    begin_inputs(1, STOPS);
    hence_deferred *d = inputs[0];
    inputs[0] = NULL;
    hence_future *f =
        hence_spawn_own(both.loop, return_deferred_variable, &d, unref_deferred_variable);
    run();
    check_string(close_under(f), "cancelled");
    check_trace("cancel0");
    end_inputs();
    end();
}

static hence_result spawn_and_wait(void *arg)
{
    (void)arg;
    hence_deferred *d = hence_inline_callbacks(sleep_then_seven, "inner");
    hence_result r = hence_await_deferred(d);
    trace("outer:%s", describe(&r));
    return r;
}

TEST(task_close, an_inline_callback_inside_of_it_ends)
{
    begin();
    hence_future *f = hence_spawn(both.loop, spawn_and_wait, NULL);
    run();
    check_string(close_under(f), "7");
    check_trace("inner:closed outer:7");
    end();
}

/* ---- all at once ---- */

TEST_ONCE(task_close, many_tasks_in_every_state)
{
    begin();
    int many = many_alive() / 4;
    for (int i = 0; i < many; i++)
        hence_future_unref(hence_spawn(both.loop, sleep_then_seven, "s"));
    run();
    for (int i = 0; i < many; i++)
        hence_future_unref(hence_spawn(both.loop, yield_then_seven, "y"));
    turn();
    for (int i = 0; i < many; i++) {
        hence_future *f = hence_spawn(both.loop, give_seven, "never"), *g = hence_shield(f);
        hence_future_failure(f);
        hence_future_cancel(i % 2 ? f : g);
        hence_future_failure(f);
        hence_future_unref(g);
        hence_future_unref(f);
    }
    check_int(hence_all_tasks(both.loop, NULL, 0), 3 * many);
    forget_reports();
    hence_loop_close(both.loop);
    check_int(hence_all_tasks(both.loop, NULL, 0), 0);
    forget_reports(); /* nobody has looked at those that never began */
    end();
}
