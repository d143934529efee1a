/* SPDX-License-Identifier: BSD-3-Clause */
/* Tasks: how they are made, what becomes of what they return, and what they can be asked. */
#include <errno.h>
#include <string.h>

#include "coro/coro_support.h"
#include "loop/loop.h"

SUITE(task);

/* ---- begun and ended ---- */

/* rule 92 */
TEST(task, bodies_begin_in_the_next_turn_in_the_order_of_their_tasks)
{
    begin();
    tell(hence_spawn(both.loop, give_seven, "a"), "A");
    hence_call_soon(both.loop, call, "between", NULL);
    tell(hence_spawn(both.loop, give_seven, "b"), "B");
    check_trace("");
    turn();
    check_trace("a between b");
    turn();
    check_trace("A:7 B:7");
    end();
}

static hence_result give_payload_of_task(void *arg)
{
    (void)arg;
    return payload();
}

static hence_result give_failure(void *word)
{
    return failure(word);
}

TEST(task, what_the_body_returns_is_the_result)
{
    begin();
    hence_future *value = hence_spawn(both.loop, give_payload_of_task, NULL);
    hence_future *failed = hence_spawn(both.loop, give_failure, "broken");
    check(!hence_future_done(value));
    run();
    check_string(outcome_of(value), "shared");
    check_string(outcome_of(failed), "broken");
    hence_future_unref(value);
    hence_future_unref(failed);
    end();
}

TEST(task, a_Deferred_that_it_returns_is_waited_for)
{
    begin();
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_future *f =
        hence_spawn_own(both.loop, return_deferred_variable, &d, unref_deferred_variable);
    run();
    check(!hence_future_done(f));
    hence_resolve(p, hence_int(7));
    run();
    check_string(outcome_of(f), "7");
    hence_future_unref(f);
    end();
}

TEST(task, a_Future_that_it_returns_is_waited_for_done_or_not)
{
    begin();
    hence_promise *p;
    hence_future *is_done = hence_future_succeed(both.loop, hence_int(1));
    hence_future *is_pending = pending(&p);
    tell(hence_spawn_own(both.loop, return_future_variable, &is_done, unref_future_variable),
         "done");
    tell(hence_spawn_own(both.loop, return_future_variable, &is_pending, unref_future_variable),
         "pending");
    run();
    check_trace("done:1");
    hence_resolve(p, hence_int(2));
    run();
    check_trace("pending:2");
    end();
}

/* rule 97: there, a task that nobody refers to any more is destroyed */
TEST(task, the_loop_keeps_a_task_that_nobody_else_keeps)
{
    begin();
    hence_promise *p;
    struct waiting waiting = {"a", pending(&p), NULL, false};
    hence_future_unref(spawn(&waiting));
    run();
    check_trace("a");
    hence_resolve(p, hence_int(7));
    run();
    check_trace("a:7");
    end();
}

/* rule 97 */
TEST(task, a_failure_of_it_that_nobody_looks_at_is_reported)
{
    begin();
    hence_future_unref(hence_spawn(both.loop, give_failure, "lost"));
    run();
    check(had_report(HENCE_REPORT_NEVER_RETRIEVED));
    end();
}

static hence_result stop(void *loop)
{
    hence_loop_stop(*(hence_loop **)loop);
    hence_result r = hence_co_sleep(HENCE_SECONDS(1));
    trace("slept:%s", describe(&r));
    return r;
}

/* rule 98 */
TEST_ONCE(task, a_loop_that_stops_first_says_so_and_the_task_goes_on_when_it_runs_again)
{
    begin();
    hence_test_clock_autojump(both.clock, true);
    hence_future *f = hence_spawn(both.loop, stop, &both.loop);
    check_string(describe_and_drop(hence_loop_run_until_complete(both.loop, f)), "stopped");
    check_trace("");
    check_string(describe_and_drop(hence_loop_run_until_complete(both.loop, f)), "none");
    check_trace("slept:none");
    hence_future_unref(f);
    end();
}

/* ---- its argument ---- */

TEST(task, the_argument_that_it_owns_is_destroyed_before_its_listeners_are_told)
{
    begin();
    dropped = 0;
    tell(hence_spawn_own(both.loop, give_seven, "a", count_drop), "A");
    check_int(dropped, 0);
    turn();
    cr_assert_eq(dropped, 1);
    check_trace("a");
    run();
    check_trace("A:7");
    end();
}

TEST(task, the_argument_is_destroyed_too_if_there_is_no_task)
{
    begin();
    dropped = 0;
    hence_loop_close(both.loop);
    cr_assert_null(hence_spawn_own(both.loop, give_seven, "a", count_drop));
    cr_assert_null(hence_spawn_own(NULL, give_seven, "a", count_drop));
    cr_assert_eq(dropped, 2);
    end();
}

/* The queue of calls is full, so that it has to grow for the task. */
TEST(task, what_there_is_no_place_for_is_none)
{
    begin();
    dropped = 0;
    const struct ready_queue *queue = both.loop ? &both.loop->queue : NULL;
    while (queue && 2 * (queue->ordinary + 1) + LINKS_AT_ENDS <= queue->mask)
        if (hence_call_soon(both.loop, call, "call", NULL))
            break;
    hence_future *f = hence_spawn_own(both.loop, give_seven, "a", count_drop);
    run();
    check(f);
    check_int(hence_all_tasks(both.loop, NULL, 0), 0);
    hence_future_unref(f);
    end();
    cr_assert_eq(dropped, 1);
}

TEST(task, without_a_function_it_is_refused)
{
    begin();
    dropped = 0;
    hence_future *f = hence_spawn_own(both.loop, NULL, "a", count_drop);
    cr_assert_eq(dropped, 1);
    check_string(outcome_of(f), "invalid");
    hence_future_unref(f);
    end();
}

static void spawn_elsewhere(void *arg)
{
    hence_future **f = arg;
    *f = hence_spawn_own(both.loop, give_seven, "a", count_drop);
}

TEST_ONCE(task, another_thread_is_refused)
{
    begin();
    dropped = 0;
    hence_future *f;
    on_another_thread(spawn_elsewhere, &f);
    check(!f);
    check(had_report(HENCE_REPORT_WRONG_THREAD));
    check_int(dropped, 1);
    run();
    check_trace("");
    end();
}

/* ---- asked about ---- */

static hence_result ask_about_itself(void *arg)
{
    hence_future **f = arg;
    trace("task:%d loop:%d name:%s", hence_current_task() == *f, hence_current_loop() == both.loop,
          hence_task_name(hence_current_task()));
    hence_co_yield();
    trace("task:%d loop:%d name:%s", hence_current_task() == *f, hence_current_loop() == both.loop,
          hence_task_name(hence_current_task()));
    return hence_none();
}

TEST(task, its_body_can_ask_for_it_and_its_loop_and_its_name)
{
    begin();
    hence_future *f = hence_spawn(both.loop, ask_about_itself, &f);
    check(!hence_current_task());
    check(hence_current_loop() == both.loop); /* the thread's */
    check_int(hence_task_set_name(f, "the clerk"), 0);
    check_string(hence_task_name(f), "the clerk");
    run();
    check_trace("task:1 loop:1 name:the clerk task:1 loop:1 name:the clerk");
    check(!hence_current_task());
    hence_future_unref(f);
    end();
}

static hence_result name_and_fail(void *name)
{
    hence_task_set_name(hence_current_task(), name);
    return failure("broken");
}

TEST(task, the_report_of_a_failure_that_nobody_can_see_says_its_name)
{
    begin();
    for (int i = 0; i < 2; i++) {
        hence_future_unref(hence_spawn(both.loop, name_and_fail, i ? "the clerk" : NULL));
        run();
        check(had_report(HENCE_REPORT_NEVER_RETRIEVED));
        check(strstr(report_text(), i ? "the failure of the task \"the clerk\" was never retrieved"
                                      : "the failure of a Future was never retrieved"));
        check(strstr(report_text(), "broken"));
        check(strstr(report_text(), "test_task.c:"));
    }
    end();
    forget_reports();
}

static hence_result name_and_give(void *result)
{
    hence_task_set_name(hence_current_task(), "the clerk");
    return *(hence_result *)result;
}

TEST(task, what_is_no_news_of_one_with_a_name_is_not_reported)
{
    begin();
    hence_result results[] = {hence_int(7), hence_fail_static(HENCE_ECANCELLED)};
    for (int i = 0; i < 2; i++) {
        hence_future_unref(hence_spawn(both.loop, name_and_give, &results[i]));
        run();
    }
    char clerk[] = "the clerk";
    hence_future *seen = hence_spawn(both.loop, name_and_fail, clerk);
    run();
    check_string(outcome_of(seen), "broken");
    hence_future_unref(seen);
    end();
    if (support_faulty)
        forget_reports();
}

TEST(task, one_that_has_ended_and_what_is_none_have_no_name)
{
    begin();
    hence_promise *p;
    hence_future *plain = pending(&p);
    hence_future *f = hence_spawn(both.loop, give_seven, "a");
    hence_task_set_name(f, "the clerk");
    run();
    check(!hence_task_name(f));
    check(!hence_task_name(plain));
    check(!hence_task_name(NULL));
    check_int(hence_task_set_name(f, "late"), -EINVAL);
    check_int(hence_task_set_name(plain, "no"), -EINVAL);
    check_int(hence_task_set_name(NULL, "no"), -EINVAL);
    check_int(hence_task_cancelling(f), 0);
    check_int(hence_task_cancelling(plain), 0);
    check_int(hence_task_uncancel(plain), 0);
    hence_abandon(p);
    hence_future_failure(plain);
    hence_future_unref(plain);
    hence_future_unref(f);
    end();
}

TEST(task, a_Future_that_waits_for_something_else_is_none)
{
    begin();
    hence_promise *p;
    hence_future *f = hence_deferred_as_future(both.loop, hence_deferred_new(&p));
    hence_future *g = hence_ensure_future(both.loop, hence_chain_future(hence_shield(f)));
    hence_promise *q;
    hence_future *h = hence_future_new(both.loop, &q);
    hence_resolve(q, hence_chain_future(hence_future_ref(f)));
    check(!hence_task_name(h));
    hence_future_unref(h);
    check_int(hence_task_set_name(f, "no"), -EINVAL);
    check_int(hence_task_set_name(g, "no"), -EINVAL);
    check(!hence_task_name(g));
    hence_future_unref(f);
    hence_future_unref(g);
    hence_resolve(p, hence_none());
    end();
}

static void trace_tasks(void)
{
    hence_future *tasks[4] = {NULL};
    size_t n = hence_all_tasks(both.loop, tasks, 4);
    trace("%zu", n);
    for (size_t i = 0; i < n && i < 4; i++) {
        trace("%s", hence_task_name(tasks[i]));
        hence_future_unref(tasks[i]);
    }
}

static void ask_elsewhere(void *number)
{
    *(size_t *)number = hence_all_tasks(both.loop, NULL, 0);
}

TEST(task, all_that_have_not_ended_are_in_a_list_the_oldest_first)
{
    size_t tasks_elsewhere = 99;
    begin();
    hence_promise *p[2];
    struct waiting a = {"a", pending(&p[0]), NULL, false}, b = {"b", pending(&p[1]), NULL, false};
    hence_future *first = spawn(&a), *second = spawn(&b);
    hence_task_set_name(first, "first");
    hence_task_set_name(second, "second");
    trace_tasks();
    check_trace("2 first second");
    check_int(hence_all_tasks(both.loop, NULL, 0), 2);
    run();
    check_trace("a b");
    trace_tasks();
    check_trace("2 first second");
    hence_resolve(p[0], hence_none());
    run();
    check_trace("a:none");
    trace_tasks();
    check_trace("1 second");
    hence_resolve(p[1], hence_none());
    run();
    check_int(hence_all_tasks(both.loop, NULL, 0), 0);
    check_int(hence_all_tasks(NULL, NULL, 0), 0);
    on_another_thread(ask_elsewhere, &tasks_elsewhere);
    check_int(tasks_elsewhere, 0);
    check(had_report(HENCE_REPORT_WRONG_THREAD));
    hence_future_unref(first);
    hence_future_unref(second);
    end();
}

TEST(task, a_filesystem_lock_is_told_of_the_end_of_the_loop_too_and_is_no_task)
{
    begin();
    hence_promise *p;
    struct waiting a = {"a", pending(&p), NULL, false};
    hence_filesystem_lock *lock = hence_filesystem_lock_new(both.loop, "/nowhere/lock");
    hence_future *f = spawn(&a);
    hence_task_set_name(f, "first");
    trace_tasks();
    if (!support_faulty)
        check_trace("1 first");
    hence_filesystem_lock_free(lock);
    hence_resolve(p, hence_none());
    hence_future_unref(f);
    end();
}

/* ---- inside of each other ---- */

static hence_result spawn_inside(void *arg)
{
    (void)arg;
    trace("outer");
    hence_result r = hence_await(hence_spawn(both.loop, give_seven, "inner"));
    trace("outer:%s", describe(&r));
    return r;
}

TEST(task, a_task_waits_for_one_that_it_has_made)
{
    begin();
    tell(hence_spawn(both.loop, spawn_inside, NULL), "A");
    turn();
    check_trace("outer");
    turn();
    check_trace("inner");
    run();
    check_trace("outer:7 A:7");
    end();
}

static hence_result let_go_of_everything(void *arg)
{
    hence_future **f = arg;
    *f = hence_future_unref(*f);
    hence_co_yield();
    trace("still here");
    return hence_none();
}

TEST(task, a_body_may_let_the_last_reference_to_its_own_Future_go)
{
    begin();
    hence_future *f = hence_spawn(both.loop, let_go_of_everything, &f);
    run();
    check_trace("still here");
    hence_future_unref(f); /* where it has never begun */
    end();
}

/* ---- many ---- */

static hence_result count_up(void *arg)
{
    int *n = arg;
    (*n)++;
    return hence_int(*n);
}

TEST_ONCE(task, a_million_tasks_one_after_the_other)
{
    begin();
    int n = 0, many = support_many();
    for (int i = 0; i < many; i++) {
        hence_future_unref(hence_spawn(both.loop, count_up, &n));
        if (i % 256 == 255)
            run();
    }
    run();
    check_int(n, many);
    end();
}

static hence_result yield_and_count(void *arg)
{
    hence_co_yield();
    return count_up(arg);
}

TEST_ONCE(task, as_many_as_there_are_stacks_for_are_alive_at_once)
{
    begin();
    int n = 0, many = many_alive();
    for (int i = 0; i < many; i++)
        hence_future_unref(hence_spawn(both.loop, yield_and_count, &n));
    turn();
    check_int(n, 0);
    check_int(hence_all_tasks(both.loop, NULL, 0), many);
    run();
    check_int(n, many);
    end();
}

/* ---- a long row ---- */

struct row {
    hence_future *first;
    int length, resumed;
};

static hence_result wait_for_the_next(void *arg)
{
    struct row *row = arg;
    hence_future *next = row->first;
    row->first = hence_future_ref(hence_current_task());
    hence_result r = hence_await(next);
    row->resumed++;
    return r;
}

/* Each task waits for the one that was made before it, the first one for `f`; the last one's Future. */
static hence_future *make_row(struct row *row, hence_future *f)
{
    row->length = many_alive();
    row->first = f;
    for (int i = 0; i < row->length; i++)
        hence_future_unref(hence_spawn(both.loop, wait_for_the_next, row));
    run();
    check_int(hence_all_tasks(both.loop, NULL, 0), row->length);
    return row->first;
}

TEST_ONCE(task, a_result_goes_through_a_long_row_of_tasks)
{
    begin();
    hence_promise *p;
    struct row row = {0};
    hence_future *last = make_row(&row, pending(&p));
    hence_resolve(p, hence_int(7));
    run();
    check_int(row.resumed, row.length);
    check_string(outcome_of(last), "7");
    hence_future_unref(last);
    end();
}

TEST_ONCE(task, a_cancellation_goes_through_a_long_row_of_tasks)
{
    begin();
    hence_promise *p;
    struct row row = {0};
    hence_future *f = pending(&p), *last = make_row(&row, hence_future_ref(f));
    check_int(hence_future_cancel(last), 0);
    check(hence_future_cancelled(f));
    run();
    check_int(row.resumed, row.length);
    check(hence_future_cancelled(last));
    hence_future_unref(last);
    hence_future_unref(f);
    hence_abandon(p);
    end();
}
