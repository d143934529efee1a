/* SPDX-License-Identifier: BSD-3-Clause */
/* Waiting, for everything that can be waited for; and what is refused. */
#include <errno.h>

#include "coro/coro_support.h"
#include "exec/exec_support.h"

SUITE(await);

/* ---- Futures ---- */

static hence_result await_three_done_ones(void *arg)
{
    (void)arg;
    for (int i = 0; i < 3; i++) {
        hence_result r = hence_await(hence_future_succeed(both.loop, payload()));
        trace("%s", describe(&r));
        hence_drop(r);
    }
    return hence_await(hence_future_fail(both.loop, failure("broken")));
}

/* rule 99 */
TEST(await, one_that_is_done_gives_its_result_without_a_turn_of_the_loop)
{
    begin();
    tell(hence_spawn(both.loop, await_three_done_ones, NULL), "A");
    hence_call_soon(both.loop, call, "after it", NULL);
    turn();
    check_trace("shared shared shared after it");
    turn();
    check_trace("A:broken");
    end();
}

TEST(await, one_that_is_done_gives_its_result_outside_of_a_coroutine_too)
{
    begin();
    check_string(describe_and_drop(hence_await(hence_future_succeed(both.loop, hence_int(7)))),
                 "7");
    end();
}

TEST(await, one_that_is_pending_gives_its_result_when_it_is_done_through_the_loop)
{
    begin();
    hence_promise *p;
    struct waiting waiting = {"a", pending(&p), NULL, false};
    tell(spawn(&waiting), "A");
    run();
    check_trace("a");
    hence_resolve(p, payload());
    check_trace("");
    turn();
    check_trace("a:shared");
    turn();
    check_trace("A:shared");
    end();
}

TEST(await, a_failure_and_a_cancellation_come_out_of_it)
{
    begin();
    hence_promise *p[2];
    struct waiting a = {"a", pending(&p[0]), NULL, true}, b = {"b", pending(&p[1]), NULL, true};
    hence_future *f = hence_future_ref(b.f);
    tell(spawn(&a), "A");
    tell(spawn(&b), "B");
    run();
    hence_resolve(p[0], failure("broken"));
    hence_future_cancel(f);
    run();
    check_trace("a b a:broken b:cancelled A:7 B:7");
    hence_abandon(p[1]);
    hence_future_unref(f);
    end();
}

TEST(await, those_who_wait_for_the_same_one_go_on_in_the_order_in_which_they_began_to)
{
    begin();
    hence_promise *p;
    hence_future *f = pending(&p);
    struct waiting a = {"a", hence_future_ref(f), NULL, true},
                   b = {"b", hence_future_ref(f), NULL, true}, c = {"c", f, NULL, true};
    tell(spawn(&b), "B");
    tell(spawn(&a), "A");
    tell(spawn(&c), "C");
    run();
    hence_resolve(p, payload());
    run();
    check_trace("b a c b:shared a:shared c:shared B:7 A:7 C:7");
    end();
}

static hence_result await_null(void *arg)
{
    (void)arg;
    trace("%s", describe_and_drop(hence_await(NULL)));
    trace("%s", describe_and_drop(hence_await_deferred(NULL)));
    return hence_none();
}

TEST(await, NULL_is_out_of_memory)
{
    begin();
    tell(hence_spawn(both.loop, await_null, NULL), "A");
    run();
    check_trace("nomem nomem A:none");
    end();
}

/* ---- Deferreds ---- */

TEST(await, a_coroutine_goes_on_inside_the_call_that_resolves_the_Deferred)
{
    begin();
    hence_promise *p;
    struct waiting waiting = {"a", NULL, hence_deferred_new(&p), false};
    tell(spawn(&waiting), "A");
    run();
    check_trace("a");
    hence_resolve(p, payload());
    check_trace("a:payload");
    run();
    check_trace("A:shared");
    end();
}

TEST(await, a_Deferred_that_has_its_result_gives_it_at_once)
{
    begin();
    struct waiting a = {"a", NULL, hence_deferred_succeed(payload()), true},
                   b = {"b", NULL, hence_deferred_fail(failure("broken")), true};
    tell(spawn(&a), "A");
    tell(spawn(&b), "B");
    turn();
    check_trace("a a:payload b b:broken");
    run();
    check_trace("A:7 B:7");
    end();
}

static hence_result await_deferred_in_step(hence_result *in, void *variable)
{
    hence_deferred **d = variable;
    hence_deferred *it = *d;
    trace("step:%s", describe(in));
    *d = NULL;
    hence_result r = hence_await_deferred(it);
    trace("step goes on:%s", describe(&r));
    return r;
}

static hence_result add_step_that_waits(void *variable)
{
    hence_deferred *d = hence_deferred_succeed(hence_int(1));
    hence_deferred_add_callback(d, await_deferred_in_step, variable);
    hence_deferred_add_callback(d, add_one, "next");
    trace("all steps are there");
    return hence_await_deferred(d);
}

TEST(await, a_step_that_a_coroutine_runs_may_wait_and_the_coroutine_waits_with_it)
{
    begin();
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    tell(hence_spawn_own(both.loop, add_step_that_waits, &d, unref_deferred_variable), "A");
    run();
    check_trace("step:1");
    hence_resolve(p, hence_int(2));
    run();
    check_trace("step goes on:2 next:2 all steps are there A:3");
    end();
}

struct nested {
    int left;
    hence_deferred *last;
};

static hence_result begin_another_chain(hence_result *in, void *arg)
{
    struct nested *nested = arg;
    hence_deferred *d = nested->last;
    if (nested->left-- > 0) {
        d = hence_deferred_succeed(hence_take(in));
        hence_deferred_add_callback(d, begin_another_chain, nested);
    } else {
        nested->last = NULL;
    }
    return hence_await_deferred(d);
}

static hence_result begin_chain(void *arg)
{
    hence_result none = hence_none();
    hence_result r = begin_another_chain(&none, arg);
    trace("%s", describe(&r));
    return r;
}

static void nested_drop(void *arg)
{
    struct nested *nested = arg;
    nested->last = hence_deferred_unref(nested->last);
}

TEST(await, steps_inside_of_steps_may_wait)
{
    begin();
    hence_promise *p;
    struct nested nested = {20, hence_deferred_new(&p)};
    tell(hence_spawn_own(both.loop, begin_chain, &nested, nested_drop), "A");
    run();
    check_trace("");
    hence_resolve(p, payload());
    run();
    check_trace("payload A:shared");
    end();
}

/* ---- at any depth ---- */

static hence_result descend(int depth, hence_future **f)
{
    volatile char filler[64] = {(char)depth};
    if (depth > 0) {
        hence_result r = descend(depth - 1, f);
        return filler[0] == (char)depth ? r : failure("the stack has changed");
    }
    hence_future *it = *f;
    *f = NULL;
    return hence_await(it);
}

static hence_result go_deep(void *variable)
{
    return descend(100, variable);
}

TEST(await, any_function_may_wait_at_any_depth)
{
    begin();
    hence_promise *p[2];
    hence_future *f[2] = {pending(&p[0]), pending(&p[1])};
    tell(hence_spawn_own(both.loop, go_deep, &f[0], unref_future_variable), "A");
    tell(hence_spawn_own(both.loop, go_deep, &f[1], unref_future_variable), "B");
    run();
    hence_resolve(p[1], hence_int(1));
    hence_resolve(p[0], hence_int(0));
    run();
    check_trace("B:1 A:0");
    end();
}

struct nest {
    hence_promise **promises;
    int begun, length, resumed;
};

/* The one that is resumed resolves the next one's, before it returns. */
static hence_result resolve_the_next(void *arg)
{
    struct nest *nest = arg;
    hence_promise *p;
    int number = nest->begun++;
    hence_deferred *d = hence_deferred_new(&p);
    nest->promises[number] = p;
    hence_result r = hence_await_deferred(d);
    nest->resumed++;
    if (number + 1 < nest->length)
        hence_resolve(nest->promises[number + 1], hence_int(hence_as_int(&r) + 1));
    else
        trace("the last one:%s", describe(&r));
    return r;
}

TEST_ONCE(await, a_thousand_coroutines_resume_each_other_inside_of_each_other)
{
    begin();
    hence_promise *promises[1000];
    struct nest nest = {.promises = promises, .length = 1000};
    for (int i = 0; i < nest.length; i++)
        hence_future_unref(hence_spawn(both.loop, resolve_the_next, &nest));
    run();
    check_int(nest.begun, nest.length);
    hence_resolve(promises[0], hence_int(1));
    check_int(nest.resumed, nest.length);
    check_trace("the last one:1000");
    end();
}

static hence_result yield_what_was_awaited(hence_generator *g, void *variable)
{
    hence_yield(g, hence_int(1));
    hence_future **f = variable, *it = *f;
    *f = NULL;
    hence_yield(g, hence_await(it));
    return hence_int(3);
}

static hence_result ask_generator(void *variable)
{
    hence_result r;
    hence_generator *g =
        hence_generator_new_own(yield_what_was_awaited, variable, unref_future_variable);
    while (hence_generator_next(g, &r)) {
        trace("%s", describe(&r));
        hence_drop(r);
    }
    trace("end:%s", describe(&r));
    hence_generator_unref(g);
    return r;
}

TEST(await, a_generator_inside_a_coroutine_may_wait_and_the_coroutine_waits_with_it)
{
    begin();
    hence_promise *p[2];
    hence_future *f[2] = {pending(&p[0]), pending(&p[1])};
    tell(hence_spawn_own(both.loop, ask_generator, &f[0], NULL), "A");
    tell(hence_spawn_own(both.loop, ask_generator, &f[1], NULL), "B");
    run();
    check_trace("1 1");
    hence_resolve(p[1], hence_int(22));
    run();
    check_trace("22 end:3 B:3");
    hence_resolve(p[0], hence_int(2));
    run();
    check_trace("2 end:3 A:3");
    unref_future_variable(&f[0]); /* where there was no coroutine */
    unref_future_variable(&f[1]);
    end();
}

/* ---- time ---- */

static hence_result sleep_twice(void *word)
{
    for (int i = 1; i <= 2; i++) {
        hence_result r = hence_co_sleep(HENCE_SECONDS(1));
        trace("%s%d:%s", (const char *)word, i, describe(&r));
        hence_drop(r);
    }
    return hence_none();
}

TEST(await, sleeping_lets_time_go_by)
{
    begin();
    tell(hence_spawn(both.loop, sleep_twice, "a"), "A");
    run();
    hence_test_clock_advance(both.clock, HENCE_SECONDS(1) - 1);
    check_trace("");
    hence_test_clock_advance(both.clock, 1);
    check_trace("a1:none");
    hence_test_clock_advance(both.clock, HENCE_SECONDS(1));
    check_trace("a2:none A:none");
    end();
}

static hence_result yield_twice(void *word)
{
    trace("%s1", (const char *)word);
    hence_result r = hence_co_yield();
    trace("%s2:%s", (const char *)word, describe(&r));
    r = hence_co_sleep(-1); /* the same */
    trace("%s3:%s", (const char *)word, describe(&r));
    return r;
}

TEST(await, yielding_lets_the_others_run_for_one_turn)
{
    begin();
    tell(hence_spawn(both.loop, yield_twice, "a"), "A");
    tell(hence_spawn(both.loop, yield_twice, "b"), "B");
    turn();
    check_trace("a1 b1");
    turn();
    check_trace("a2:none b2:none");
    turn();
    check_trace("a3:none b3:none");
    run();
    check_trace("A:none B:none");
    end();
}

static hence_result run_blocking(void *arg)
{
    struct work *work = arg;
    hence_result r = hence_co_run_blocking(work_number, work);
    trace("%s", describe(&r));
    return r;
}

TEST_ONCE(await, what_blocks_runs_on_another_thread_meanwhile)
{
    struct work work = {.number = 7};
    hence_loop *loop = real_loop();
    check_string(await(loop, hence_spawn(loop, run_blocking, &work)), "7");
    check_trace("7");
    end_pool(loop, NULL);
    check_int(work.began, 1);
    hence_loop_free(loop);
}

/* A job that has its task cancelled. */
struct doomed {
    struct work work;
    hence_loop *loop;
    hence_future *task;
};

static void cancel_task(void *f)
{
    hence_future_cancel(f);
}

static hence_result have_it_cancelled(void *arg)
{
    struct doomed *doomed = arg;
    hence_call_soon_threadsafe(doomed->loop, cancel_task, doomed->task);
    return work_until_cancelled(&doomed->work);
}

static hence_result run_blocking_for_ever(void *doomed)
{
    hence_result r = hence_co_run_blocking(have_it_cancelled, doomed);
    trace("%s", describe(&r));
    return r;
}

TEST_ONCE(await, what_blocks_is_told_when_its_task_is_cancelled)
{
    hence_loop *loop = real_loop();
    struct doomed doomed = {.work = {.number = 7}, .loop = loop};
    doomed.task = hence_spawn(loop, run_blocking_for_ever, &doomed); /* runs when the loop does */
    check_string(await(loop, doomed.task), "cancelled");
    check_trace("cancelled");
    end_pool(loop, NULL); /* waits for the job */
    check(doomed.work.saw_cancelled);
    hence_loop_free(loop);
}

/* ---- refused ---- */

TEST(await, outside_of_a_coroutine_waiting_is_refused_and_reported)
{
    begin();
    hence_promise *p[2];
    check_string(describe_and_drop(hence_await(pending(&p[0]))), "invalid");
    check(had_report(HENCE_REPORT_MISUSE));
    check_string(describe_and_drop(hence_await_deferred(hence_deferred_new(&p[1]))), "invalid");
    check(had_report(HENCE_REPORT_MISUSE));
    check_string(describe_and_drop(hence_co_sleep(1)), "invalid");
    check(had_report(HENCE_REPORT_MISUSE));
    check_string(describe_and_drop(hence_co_yield()), "invalid");
    check(had_report(HENCE_REPORT_MISUSE));
    check_string(describe_and_drop(hence_co_run_blocking(give_seven, NULL)), "invalid");
    check(had_report(HENCE_REPORT_MISUSE));
    hence_abandon(p[0]);
    hence_abandon(p[1]);
    forget_reports();
    end();
}

TEST(await, a_Future_of_another_loop_is_refused)
{
    begin();
    hence_promise *p;
    hence_loop *other = hence_loop_new(NULL);
    struct waiting waiting = {"a", hence_future_new(other, &p), NULL, false};
    hence_future *f = hence_future_ref(waiting.f);
    hence_future *task = spawn(&waiting);
    run();
    check_trace("a a:invalid");
    check_string(outcome_of(task), "invalid");
    check(!hence_future_done(f));
    hence_future_cancel(f);
    hence_abandon(p);
    hence_future_unref(f);
    hence_future_unref(task);
    hence_loop_free(other);
    end();
}

/* ---- circles ---- */

static hence_result await_variable(void *variable)
{
    hence_result r = hence_await(hence_future_ref(*(hence_future **)variable));
    trace("%s", describe(&r));
    return r;
}

/* rule 95 */
TEST(await, a_task_that_waits_for_itself_gets_a_deadlock)
{
    begin();
    hence_future *f = hence_spawn(both.loop, await_variable, &f);
    run();
    check_trace("deadlock");
    check_string(outcome_of(f), "deadlock");
    hence_future_unref(f);
    end();
}

TEST(await, tasks_that_wait_in_a_circle_get_a_deadlock)
{
    begin();
    hence_future *f[3];
    f[0] = hence_spawn(both.loop, await_variable, &f[1]);
    f[1] = hence_spawn(both.loop, await_variable, &f[2]);
    f[2] = hence_spawn(both.loop, await_variable, &f[0]);
    run();
    check_trace("deadlock deadlock deadlock");
    for (int i = 0; i < 3; i++) {
        check_string(outcome_of(f[i]), "deadlock");
        hence_future_unref(f[i]);
    }
    end();
}

static unsigned gather_flags;

static hence_result await_gather(void *variable)
{
    hence_future *f[2] = {*(hence_future **)variable, hence_sleep_future(both.loop, 1)};
    hence_future *all = hence_gather(both.loop, f, 2, gather_flags);
    hence_future_unref(f[1]);
    hence_result r = hence_await(all);
    trace("gather:%s", describe(&r));
    return r;
}

/* rule 95 */
TEST(await, a_task_that_waits_for_itself_through_a_gather_gets_a_deadlock)
{
    begin();
    hence_future *f = hence_spawn(both.loop, await_gather, &f);
    run();
    check_trace("gather:deadlock");
    check_string(outcome_of(f), "deadlock");
    check(had_report(HENCE_REPORT_NEVER_RETRIEVED)); /* of the gather, whose input has failed */
    hence_future_unref(f);
    hence_test_clock_advance(both.clock, 1);
    end();
}

TEST(await, a_task_that_waits_for_one_that_gathers_it_gets_a_deadlock)
{
    begin();
    hence_future *f[2];
    f[1] = hence_spawn(both.loop, await_gather, &f[0]);
    f[0] = hence_spawn(both.loop, await_variable, &f[1]);
    hence_test_clock_advance(both.clock, 1);
    check_trace("deadlock gather:deadlock");
    hence_future_failure(f[0]);
    check_string(outcome_of(f[1]), "deadlock");
    hence_future_unref_all(f, 2);
    end();
}

TEST(await, a_longer_circle_through_a_gather_gets_a_deadlock)
{
    begin();
    hence_future *f[2];
    f[0] = hence_spawn(both.loop, await_variable, &f[1]);
    f[1] = hence_spawn(both.loop, await_gather, &f[0]);
    hence_test_clock_advance(both.clock, 1);
    check_trace("gather:deadlock deadlock");
    check_string(outcome_of(f[0]), "deadlock");
    check_string(outcome_of(f[1]), "deadlock");
    check(had_report(HENCE_REPORT_NEVER_RETRIEVED));
    hence_future_unref_all(f, 2);
    end();
}

static hence_result await_shield(void *variable)
{
    hence_result r = hence_await(hence_shield(*(hence_future **)variable));
    trace("shield:%s", describe(&r));
    return r;
}

TEST(await, a_circle_through_a_shield_gets_a_deadlock)
{
    begin();
    hence_future *f[2];
    f[0] = hence_spawn(both.loop, await_variable, &f[1]);
    f[1] = hence_spawn(both.loop, await_shield, &f[0]);
    run();
    check_trace("shield:deadlock deadlock");
    hence_future_failure(f[0]);
    hence_future_failure(f[1]);
    forget_reports();
    hence_future_unref_all(f, 2);
    end();
}

static hence_result await_first(void *variable)
{
    hence_future *f[2] = {*(hence_future **)variable, hence_sleep_future(both.loop, 1)};
    hence_future *first = hence_wait(both.loop, f, 2, HENCE_FIRST_COMPLETED, -1);
    hence_future_unref(f[1]);
    hence_result r = hence_await(first);
    trace("first:%s", describe(&r));
    return r;
}

TEST(await, a_circle_through_a_wait_for_the_first_is_none_if_another_can_be_that)
{
    begin();
    hence_future *f[2];
    f[0] = hence_spawn(both.loop, await_variable, &f[1]);
    f[1] = hence_spawn(both.loop, await_first, &f[0]);
    run();
    check_trace("");
    hence_test_clock_advance(both.clock, 1);
    check_trace("first:1 1");
    hence_future_unref_all(f, 2);
    end();
}

static hence_result await_race(void *variable)
{
    hence_future *f[2] = {*(hence_future **)variable, hence_sleep_future(both.loop, 1)};
    hence_future *first = hence_race_future(both.loop, f, 2);
    hence_future_unref(f[1]);
    hence_result r = hence_await(first);
    trace("race:%s", describe(&r));
    return r;
}

/* the loser is cancelled, which waits for the one that races */
TEST(await, a_circle_through_a_race_is_none_if_another_can_win)
{
    begin();
    hence_future *f[2];
    f[0] = hence_spawn(both.loop, await_variable, &f[1]);
    f[1] = hence_spawn(both.loop, await_race, &f[0]);
    run();
    check_trace("");
    hence_test_clock_advance(both.clock, 1);
    check_trace("race:cancelled cancelled");
    check(hence_future_cancelled(f[0]));
    check(hence_future_cancelled(f[1]));
    hence_future_unref_all(f, 2);
    end();
}

static hence_result await_as_deferred(void *variable)
{
    hence_deferred *d = hence_deferred_from_future(*(hence_future **)variable);
    hence_result r = hence_await_deferred(d);
    trace("%s", describe(&r));
    return r;
}

TEST(await, a_circle_through_an_adapter_gets_a_deadlock)
{
    begin();
    hence_future *f = hence_spawn(both.loop, await_as_deferred, &f);
    run();
    check_trace("deadlock");
    check_string(outcome_of(f), "deadlock");
    check(had_report(HENCE_REPORT_UNHANDLED)); /* in the Deferred, which has the task's failure */
    hence_future_unref(f);
    end();
}

static hence_result return_itself(void *variable)
{
    return hence_chain_future(hence_future_ref(*(hence_future **)variable));
}

TEST(await, a_task_that_returns_itself_gets_a_deadlock)
{
    begin();
    hence_future *f = hence_spawn(both.loop, return_itself, &f);
    run();
    check_string(outcome_of(f), "deadlock");
    hence_future_unref(f);
    end();
}
