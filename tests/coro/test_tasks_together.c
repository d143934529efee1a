/* SPDX-License-Identifier: BSD-3-Clause */
/* What asyncio's own tests show of tasks that have to do with each other, with combinators, and with the loop. */
#include <errno.h>

#include "support/inputs.h"

SUITE(tasks_together);

static struct loop_and_clock both;

enum {
    MOST = 4
};
static hence_future *tasks[MOST];
static const char *const names[MOST] = {"a", "b", "c", "d"};

static void begin(size_t n)
{
    both = begin_loop();
    begin_futures(both.loop, n, STOPS);
    for (int i = 0; i < MOST; i++)
        tasks[i] = NULL;
}

static void spawn(int i, hence_result_fn *body)
{
    tasks[i] = hence_spawn(both.loop, body, (void *)(uintptr_t)names[i]);
    hence_future_add_done_callback(tasks[i], done, (void *)(uintptr_t)names[i]);
}

static void end(void)
{
    for (int i = 0; i < MOST; i++)
        hence_future_unref(tasks[i]);
    end_inputs();
    end_loop(&both);
}

static void turn(void)
{
    hence_test_turn(both.loop);
}

static void run(void)
{
    hence_test_clock_advance(both.clock, 0);
}

static hence_result shown(const char *word, hence_result r)
{
    trace("%s-got:%s", word, describe(&r));
    return r;
}

static hence_result await_input(void *name)
{
    const size_t i = (size_t)(*(const char *)name - 'a');
    return shown(name, hence_await(hence_future_ref(futures[i])));
}

static hence_result await_first(void *name)
{
    return shown(name, hence_await(hence_future_ref(futures[0])));
}

static hence_result await_task_a(void *name)
{
    return shown(name, hence_await(hence_future_ref(tasks[0])));
}

/* ---- the order of things: rules 92, 81 and 99 ---- */

/* rule 92 */
TEST(tasks_together,
     they_begin_in_the_order_in_which_they_were_spawned_and_not_before_the_next_turn)
{
    begin(3);
    for (int i = 0; i < 3; i++) {
        resolve_input((size_t)i, hence_int(i));
        spawn(i, await_input);
    }
    check_trace("");
    turn(); /* rule 99: what is done needs no further turn */
    check_trace("a-got:0 b-got:1 c-got:2");
    turn();
    check_trace("a:0 b:1 c:2");
    end();
}

/* rule 81 */
TEST(tasks_together, all_who_await_one_go_on_in_the_order_in_which_they_began_to)
{
    begin(1);
    for (int i = 0; i < 3; i++)
        spawn(i, await_first);
    turn();
    resolve_input(0, payload());
    check_trace("");
    turn();
    check_trace("a-got:shared b-got:shared c-got:shared");
    run();
    check_trace("a:shared b:shared c:shared");
    end();
}

static hence_result tell_who_runs(void *name)
{
    for (int i = 0; i < 2; i++) {
        check(hence_current_task() == tasks[*(const char *)name - 'a']);
        check(hence_current_loop() == both.loop);
        trace("%s%d", (const char *)name, i);
        hence_drop(hence_co_yield());
    }
    check(hence_current_task() == tasks[*(const char *)name - 'a']);
    return hence_none();
}

TEST(tasks_together, each_one_knows_itself_while_they_take_turns)
{
    begin(0);
    check(hence_current_task() == NULL);
    spawn(0, tell_who_runs);
    spawn(1, tell_who_runs);
    check_int(hence_all_tasks(both.loop, NULL, 0), 2);
    run();
    check_trace("a0 b0 a1 b1 a:none b:none");
    check(hence_current_task() == NULL);
    check_int(hence_all_tasks(both.loop, NULL, 0), 0);
    end();
}

/* ---- one that awaits another ---- */

static hence_result give_input(void *name)
{
    (void)name;
    return hence_chain_future(hence_future_ref(futures[0]));
}

/* rule 93: what a body has returned to be waited for is awaited like anything else */
TEST(tasks_together, one_whose_body_has_returned_a_chain_can_be_cancelled_until_it_has_ended)
{
    begin(1);
    spawn(0, give_input);
    spawn(1, await_task_a);
    turn();
    resolve_input(0, payload());
    check_int(hence_future_cancel(tasks[1]), 0);
    check_int(hence_task_cancelling(tasks[0]), 1);
    check_int(hence_task_cancelling(tasks[1]), 1);
    run();
    check_trace("a:cancelled b-got:cancelled b:cancelled");
    end();
}

static hence_result cancel_itself_and_give(void *name)
{
    (void)name;
    hence_future_cancel(hence_current_task());
    return hence_chain_future(hence_future_ref(futures[0]));
}

/* rule 93 */
TEST(tasks_together, a_chain_that_is_returned_after_a_cancellation_is_cancelled)
{
    begin(1);
    spawn(0, cancel_itself_and_give);
    turn();
    check_trace("cancel0");
    run();
    check_trace("a:cancelled");
    end();
}

static hence_result give_deferred(void *name)
{
    (void)name;
    hence_deferred *input = inputs[0];
    inputs[0] = NULL;
    hence_future_cancel(hence_current_task());
    return hence_chain(input);
}

/* rule 93 */
TEST(tasks_together, a_Deferred_that_is_returned_after_a_cancellation_is_cancelled_at_once)
{
    static const char *const ways[] = {"cancel0 a:cancelled", "cancel0 a:100", "cancel0 a:late"};
    static const on_cancel how[] = {STOPS, GIVES_VALUE, GIVES_FAILURE};
    for (int i = 0; i < 3; i++) {
        begin(0);
        begin_inputs(1, how[i]);
        spawn(0, give_deferred);
        run();
        check_trace(ways[i]);
        hence_deferred_unref(inputs[0]); /* whose body had no memory */
        end();
    }
}

/* rule 93 */
TEST(tasks_together, cancelling_one_cancels_what_it_awaits_and_that_which_this_awaits)
{
    begin(1);
    spawn(0, await_first);
    spawn(1, await_task_a);
    spawn(2, await_task_a);
    turn();
    hence_future_cancel(tasks[1]);
    check_trace("cancel0");
    run();
    check_trace(
        "a-got:cancelled a:cancelled b-got:cancelled c-got:cancelled b:cancelled c:cancelled");
    end();
}

/* ---- with combinators: rules 100 to 116 ---- */

static hence_result gather_all(void *name)
{
    return shown(name, hence_await(hence_gather(both.loop, tasks, 2, 0)));
}

/* rule 104 */
TEST(tasks_together, cancelling_one_that_gathers_others_cancels_them_all)
{
    begin(2);
    spawn(0, await_input);
    spawn(1, await_input);
    spawn(2, gather_all);
    turn();
    hence_future_cancel(tasks[2]);
    check_trace("cancel0 cancel1");
    run();
    check_trace(
        "a-got:cancelled b-got:cancelled a:cancelled b:cancelled c-got:cancelled c:cancelled");
    end();
}

/* rule 105 */
TEST(tasks_together, one_that_gathers_others_can_be_cancelled_when_these_have_ended_but_not_told)
{
    begin(2);
    spawn(0, await_input);
    spawn(1, await_input);
    spawn(2, gather_all);
    turn();
    resolve_input(0, hence_int(1));
    resolve_input(1, hence_int(2));
    turn();
    check_trace("a-got:1 b-got:2");
    check_int(hence_future_cancel(tasks[2]), 0);
    run();
    check_trace("a:1 b:2 c-got:cancelled c:cancelled");
    end();
}

static hence_result fail(void *name)
{
    return failure(name);
}

/* rule 102 */
TEST(tasks_together, one_that_gathers_gets_the_first_failure_and_the_others_count_as_looked_at)
{
    begin(0);
    tasks[0] = hence_spawn(both.loop, fail, (void *)(uintptr_t)names[0]);
    tasks[1] = hence_spawn(both.loop, fail, (void *)(uintptr_t)names[1]);
    spawn(2, gather_all);
    run();
    check_trace("c-got:a c:a");
    end();
}

static hence_result await_shielded(void *name)
{
    return shown(name, hence_await(hence_shield(tasks[0])));
}

/* rule 113 */
TEST(tasks_together, one_that_is_cancelled_leaves_alone_what_it_has_shielded)
{
    begin(1);
    spawn(0, await_first);
    spawn(1, await_shielded);
    turn();
    hence_future_cancel(tasks[1]);
    run();
    check_trace("b-got:cancelled b:cancelled");
    check_int(hence_task_cancelling(tasks[0]), 0);
    resolve_input(0, hence_int(7));
    run();
    check_trace("a-got:7 a:7");
    end();
}

static hence_result await_limited(void *name)
{
    return shown(name, hence_await(hence_wait_for(tasks[0], HENCE_SECONDS(2))));
}

/* rule 115: in asyncio this was lost (gh-86296) */
TEST(tasks_together, one_whose_wait_with_a_limit_is_over_but_has_not_told_can_still_be_cancelled)
{
    for (int turns = 1; turns <= 2; turns++) {
        begin(1);
        spawn(0, await_first);
        spawn(1, await_limited);
        turn();
        resolve_input(0, hence_int(7));
        for (int i = 0; i < turns; i++)
            turn();
        check_int(hence_future_cancel(tasks[1]), 0);
        run();
        check_trace("a-got:7 a:7 b-got:cancelled b:cancelled");
        end();
    }
}

static hence_result wait_for_any(void *name)
{
    hence_result r = hence_await(hence_wait(both.loop, tasks, 2, HENCE_FIRST_COMPLETED, -1));
    trace("%s-got:%s", (const char *)name, hence_is_failure(&r) ? "cancelled" : "some");
    return r;
}

/* rule 112 */
TEST(tasks_together, cancelling_one_that_waits_for_any_of_others_leaves_these_alone)
{
    begin(2);
    spawn(0, await_input);
    spawn(1, await_input);
    spawn(2, wait_for_any);
    turn();
    hence_future_cancel(tasks[2]);
    run();
    check_trace("c-got:cancelled c:cancelled");
    check_int(hence_task_cancelling(tasks[0]), 0);
    resolve_input(0, hence_int(1));
    resolve_input(1, hence_int(2));
    run();
    check_trace("a-got:1 b-got:2 a:1 b:2");
    end();
}

static hence_result count_cancellations(void *name)
{
    hence_result r = hence_co_sleep(HENCE_SECONDS(9));
    trace("%s-cancelling:%u", (const char *)name, hence_task_cancelling(hence_current_task()));
    return r;
}

/* difference 53 */
TEST(tasks_together, one_behind_gathers_is_cancelled_once_by_whatever_ways)
{
    begin(0);
    spawn(0, count_cancellations);
    turn();
    hence_future *inner = hence_gather(both.loop, tasks, 1, 0);
    hence_future *ways[] = {hence_gather(both.loop, &inner, 1, 0),
                            hence_gather(both.loop, &inner, 1, 0)};
    hence_future *all = hence_gather(both.loop, ways, 2, 0);
    check_int(hence_future_cancel(all), 0);
    run();
    check_trace("a-cancelling:1 a:cancelled");
    check_string(outcome_of(all), "cancelled");
    hence_future_cancel(tasks[0]); /* where there was no memory for the gathers */
    run();
    hence_future_unref_all(ways, 2);
    hence_future_unref(inner);
    hence_future_unref(all);
    end();
}

static hence_completion_queue *queue;

static hence_result ask(void *name)
{
    hence_result r = hence_await(hence_completion_queue_next(queue));
    const hence_completion *completion = hence_as_completion(&r);
    trace("%s-got:%d", (const char *)name, completion ? (int)completion->index : -1);
    hence_drop(r);
    return hence_none();
}

/* rule 106 */
TEST(tasks_together, those_who_ask_for_the_next_that_is_done_are_served_in_their_order)
{
    begin(2);
    queue = hence_as_completed(both.loop, futures, 2, -1);
    for (int i = 0; i < 3; i++)
        tasks[i] = hence_spawn(both.loop, ask, (void *)(uintptr_t)names[i]);
    turn();
    resolve_input(1, hence_int(1));
    run();
    check_trace("c-got:-1 a-got:1"); /* there are two: who asks for a third is told so */
    resolve_input(0, hence_int(0));
    run();
    check_trace("b-got:0");
    queue = hence_completion_queue_free(queue);
    end();
}

static hence_result ask_again(void *name)
{
    hence_drop(ask(name));
    return ask(name);
}

/* rule 106 */
TEST(tasks_together, who_is_cancelled_when_it_has_been_served_but_not_told_leaves_it_to_the_next)
{
    begin(2);
    queue = hence_as_completed(both.loop, futures, 2, -1);
    spawn(0, ask_again);
    turn();
    resolve_input(1, hence_int(1));
    turn();
    check_trace("");
    check_int(hence_future_cancel(tasks[0]), 0);
    run();
    check_trace("a-got:-1 a-got:1 a:none");
    queue = hence_completion_queue_free(queue);
    end();
}

/* ---- the loop ---- */

static hence_result stop_on_the_way(void *name)
{
    (void)name;
    for (int i = 0; i < 4; i++) {
        hence_result r = hence_co_sleep(HENCE_MS(100));
        if (hence_is_failure(&r))
            return r;
        if (i == 1)
            hence_loop_stop(both.loop);
    }
    return hence_none();
}

/* rule 98 */
TEST(tasks_together, one_that_stops_the_loop_goes_on_when_it_runs_again)
{
    begin(0);
    hence_test_clock_autojump(both.clock, true);
    tasks[0] = hence_spawn(both.loop, stop_on_the_way, NULL);
    hence_result r = hence_loop_run_until_complete(both.loop, tasks[0]);
    check_string(describe(&r), "stopped");
    hence_drop(r);
    check(!hence_future_done(tasks[0]));
    hence_future_cancel(tasks[0]);
    r = hence_loop_run_until_complete(both.loop, tasks[0]);
    check_string(describe(&r), "cancelled");
    hence_drop(r);
    end();
}

/* rule 97 */
TEST(tasks_together, one_that_nobody_holds_goes_on_until_it_has_ended)
{
    begin(2);
    hence_future_unref(hence_spawn(both.loop, await_input, (void *)(uintptr_t)names[0]));
    turn();
    check_int(hence_all_tasks(both.loop, NULL, 0), 1);
    resolve_input(0, hence_int(7));
    run();
    check_trace("a-got:7");
    end();
}
