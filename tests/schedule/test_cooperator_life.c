/* SPDX-License-Identifier: BSD-3-Clause */
/* Cooperators: cancelling, what units and steps may do, and memory. */
#include <errno.h>
#include <string.h>

#include "support/inputs.h"

SUITE(cooperator_life);

static struct loop_and_clock both;
static hence_cooperator *cooperator;
static hence_cooperative_task *the_task;
static hence_deferred *the_end;

static void begin(void)
{
    both = begin_loop();
    cooperator = hence_cooperator_new(both.loop);
    the_task = NULL;
    the_end = NULL;
}

static void run_all(void)
{
    hence_test_clock_advance(both.clock, 0);
}

static void free_it(void)
{
    hence_cooperator *it = cooperator;
    cooperator = NULL; /* what runs meanwhile must not free it once more */
    hence_cooperator_free(it);
}

static void end(void)
{
    the_task = hence_cooperative_task_unref(the_task);
    the_end = hence_deferred_unref(the_end);
    free_it();
    run_all();
    check_int(hence_loop_pending(both.loop), 0);
    end_loop(&both);
}

static void drop(void *word)
{
    trace("drop-%s", (const char *)word);
}

static bool forever(void *word, hence_result *out)
{
    (void)out;
    trace("%s", (const char *)word);
    return true;
}

static bool wait_for_input(void *word, hence_result *out)
{
    hence_deferred *d = inputs[0];
    inputs[0] = NULL;
    trace("%s", (const char *)word);
    *out = hence_chain(d ? d : hence_deferred_succeed(hence_none()));
    return d;
}

static hence_deferred *when_done(hence_cooperative_task *task, const char *word)
{
    hence_deferred *d = hence_cooperative_task_when_done(task);
    hence_deferred_add_both(d, swallow, (void *)(uintptr_t)word);
    return d;
}

/* ---- cancelled ---- */

TEST(cooperator_life, cancelling_what_coiterating_gave_stops_the_task)
{
    begin();
    hence_cooperator_set_slice(cooperator, 0, 1);
    hence_deferred *d = hence_coiterate(cooperator, forever, "unit", drop);
    hence_deferred_add_both(d, pass, "D");
    hence_test_turn(both.loop);
    check_int(hence_deferred_cancel(d), d ? 0 : -ENOMEM);
    if (d)
        check_trace("unit drop-unit D:cancelled");
    run_all();
    check_trace("");
    hence_deferred_unref(d);
    end();
}

TEST(cooperator_life, cancelling_it_cancels_what_the_task_waits_for)
{
    begin();
    begin_inputs(1, STOPS);
    hence_deferred *d = hence_coiterate(cooperator, wait_for_input, "unit", drop);
    hence_deferred_add_both(d, pass, "D");
    run_all();
    hence_deferred_cancel(d);
    if (!support_faulty)
        check_trace("unit drop-unit cancel0 D:cancelled");
    hence_deferred_unref(d);
    end();
    end_inputs();
    hence_deferred_unref(inputs[0]);
}

TEST(cooperator_life, forgetting_it_stops_the_task)
{
    begin();
    hence_deferred_forget(hence_coiterate(cooperator, forever, "never", drop));
    run_all();
    check_trace("drop-never");
    end();
}

TEST(cooperator_life, letting_go_of_it_does_not_stop_the_task)
{
    begin();
    begin_inputs(1, STOPS);
    hence_deferred_unref(hence_coiterate(cooperator, wait_for_input, "unit", drop));
    run_all();
    resolve_input(0, hence_none());
    run_all();
    if (!support_faulty)
        check_trace("unit unit drop-unit");
    end();
    end_inputs();
    hence_deferred_unref(inputs[0]);
}

TEST(cooperator_life, cancelling_one_who_asked_leaves_the_task_and_the_others_alone)
{
    begin();
    begin_inputs(1, STOPS);
    the_task = hence_cooperate(cooperator, wait_for_input, "unit", drop);
    hence_deferred *d = when_done(the_task, "D"), *e = when_done(the_task, "E");
    run_all();
    hence_deferred_cancel(d);
    resolve_input(0, hence_none());
    run_all();
    if (!support_faulty)
        check_trace("unit D:cancelled unit drop-unit E:none");
    hence_deferred_unref(d);
    hence_deferred_unref(e);
    end();
    end_inputs();
    hence_deferred_unref(inputs[0]);
}

TEST(cooperator_life, a_task_may_have_several_holders)
{
    begin();
    the_task = hence_cooperate(cooperator, wait_for_input, "unit", drop);
    begin_inputs(1, STOPS);
    hence_cooperative_task *other = hence_cooperative_task_ref(the_task);
    the_task = hence_cooperative_task_unref(the_task);
    hence_deferred *d = when_done(other, "end");
    run_all();
    hence_cooperative_task_unref(other);
    resolve_input(0, hence_none());
    run_all();
    if (!support_faulty)
        check_trace("unit unit drop-unit end:none");
    hence_deferred_unref(d);
    end();
    end_inputs();
    hence_deferred_unref(inputs[0]);
}

/* ---- what units may do ---- */

enum action {
    STOP_TASK,
    PAUSE_TASK,
    STOP_COOPERATOR,
    FREE_COOPERATOR,
    LET_TASK_GO,
    CANCEL_END,
    FORGET_END
};

static enum action action;
static int units_left;

static bool act(void *word, hence_result *out)
{
    hence_deferred *d = the_end;
    trace("%s", (const char *)word);
    *out = payload();
    switch (action) {
    case STOP_TASK:
        trace("%d", hence_cooperative_task_stop(the_task));
        break;
    case PAUSE_TASK:
        trace("%d", hence_cooperative_task_pause(the_task));
        break;
    case STOP_COOPERATOR:
        trace("%d", hence_cooperator_stop(cooperator));
        break;
    case FREE_COOPERATOR:
        free_it();
        break;
    case LET_TASK_GO:
        the_task = hence_cooperative_task_unref(the_task);
        break;
    case CANCEL_END:
        trace("%d", hence_deferred_cancel(the_end));
        break;
    case FORGET_END:
        the_end = NULL;
        hence_deferred_forget(d);
        break;
    }
    return --units_left > 0;
}

static void run_action(enum action what, const char *expected)
{
    begin();
    action = what;
    units_left = 2;
    if (what == CANCEL_END || what == FORGET_END) {
        the_end = hence_coiterate(cooperator, act, "unit", drop);
        hence_deferred_add_both(the_end, swallow, "end");
    } else {
        the_task = hence_cooperate(cooperator, act, "unit", drop);
        the_end = when_done(the_task, "end");
    }
    run_all();
    if (!support_faulty)
        check_trace(expected);
    check_int(payloads_alive(), 0);
}

TEST(cooperator_life, a_unit_may_stop_its_own_task)
{
    run_action(STOP_TASK, "unit end:stopped 0 drop-unit");
    end();
}

TEST(cooperator_life, a_unit_may_let_its_own_task_rest)
{
    run_action(PAUSE_TASK, "unit 0");
    hence_cooperative_task_resume(the_task);
    run_all();
    if (!support_faulty)
        check_trace("unit 0 drop-unit end:shared");
    end();
}

TEST(cooperator_life, a_unit_may_stop_the_cooperator)
{
    run_action(STOP_COOPERATOR, "unit end:stopped 0 drop-unit");
    end();
}

TEST(cooperator_life, a_unit_may_free_the_cooperator)
{
    run_action(FREE_COOPERATOR, "unit end:stopped drop-unit");
    end();
}

TEST(cooperator_life, a_unit_may_let_its_own_task_go)
{
    run_action(LET_TASK_GO, "unit unit drop-unit end:shared");
    end();
}

TEST(cooperator_life, a_unit_may_cancel_what_coiterating_gave)
{
    run_action(CANCEL_END, "unit end:cancelled 0 drop-unit");
    end();
}

TEST(cooperator_life, a_unit_may_forget_what_coiterating_gave)
{
    run_action(FORGET_END, "unit drop-unit");
    end();
}

static bool add_another(void *word, hence_result *out)
{
    (void)out;
    trace("%s", (const char *)word);
    if (units_left > 0 && --units_left > 0)
        hence_deferred_unref(hence_coiterate(cooperator, add_another, "added", drop));
    return false;
}

TEST(cooperator_life, a_unit_may_add_tasks)
{
    begin();
    units_left = 3;
    hence_deferred_unref(hence_coiterate(cooperator, add_another, "first", drop));
    run_all();
    if (!support_faulty)
        check_trace("first drop-first added drop-added added drop-added");
    end();
}

static bool once(void *word, hence_result *out)
{
    (void)out;
    trace("%s", (const char *)word);
    return false;
}

static hence_result coiterate_again(hence_result *in, void *word)
{
    trace("%s:%s", (const char *)word, describe(in));
    if (hence_is_failure(in))
        return hence_none();
    return hence_chain(hence_coiterate(cooperator, once, "again", drop));
}

TEST(cooperator_life, a_step_that_is_told_of_the_end_may_add_a_task)
{
    begin();
    the_end = hence_coiterate(cooperator, once, "unit", drop);
    hence_deferred_add_both(the_end, coiterate_again, "end");
    hence_deferred_add_both(the_end, swallow, "all");
    run_all();
    if (!support_faulty)
        check_trace("unit drop-unit end:none again drop-again all:none");
    end();
}

static hence_result stop_all_and_add(hence_result *in, void *word)
{
    trace("%s:%s:%d", (const char *)word, describe(in),
          hence_cooperator_stop(cooperator) == -EALREADY);
    hence_deferred *d = hence_coiterate(cooperator, once, "never", drop);
    trace("%s", outcome(d));
    hence_deferred_unref(d);
    return hence_none();
}

TEST(cooperator_life, a_step_that_is_told_of_the_stop_can_neither_stop_nor_add)
{
    begin();
    the_end = hence_coiterate(cooperator, forever, "a", drop);
    hence_deferred *d = hence_coiterate(cooperator, forever, "b", drop);
    hence_deferred_add_both(the_end, stop_all_and_add, "A");
    hence_deferred_add_both(d, swallow, "B");
    hence_cooperator_stop(cooperator);
    if (!support_faulty)
        check_trace("drop-a A:stopped:1 drop-never stopped drop-b B:stopped");
    hence_deferred_unref(d);
    end();
}

static hence_result start_again(hence_result *in, void *word)
{
    trace("%s:%s", (const char *)word, describe(in));
    hence_cooperator_start(cooperator);
    hence_deferred_unref(hence_coiterate(cooperator, once, "added", drop));
    return hence_none();
}

TEST(cooperator_life, a_step_that_is_told_of_the_stop_may_start_it_again)
{
    begin();
    the_end = hence_coiterate(cooperator, forever, "a", drop);
    hence_deferred_add_both(the_end, start_again, "A");
    hence_cooperator_stop(cooperator);
    if (the_end)
        check_trace("drop-a A:stopped");
    run_all();
    if (!support_faulty)
        check_trace("added drop-added");
    end();
}

static void free_cooperator(void *word)
{
    trace("drop-%s", (const char *)word);
    free_it();
}

TEST(cooperator_life, the_end_of_a_task_s_argument_may_free_the_cooperator)
{
    begin();
    the_end = hence_coiterate(cooperator, once, "unit", free_cooperator);
    hence_deferred_add_both(the_end, swallow, "end");
    run_all();
    if (!support_faulty)
        check_trace("unit drop-unit end:none");
    end();
}

/* ---- the loop ---- */

TEST(cooperator_life, a_loop_that_closes_ends_the_tasks)
{
    begin();
    the_end = hence_coiterate(cooperator, forever, "never", drop);
    hence_deferred_add_both(the_end, swallow, "end");
    end_loop(&both);
    check_trace(the_end ? "drop-never end:closed" : "drop-never end:nomem");
    the_end = hence_deferred_unref(the_end);
    free_it();
}

TEST(cooperator_life, a_task_that_waits_is_told_that_the_loop_has_closed)
{
    begin();
    begin_inputs(1, STOPS);
    the_end = hence_coiterate(cooperator, wait_for_input, "unit", drop);
    hence_deferred_add_both(the_end, swallow, "end");
    run_all();
    end_loop(&both);
    resolve_input(0, hence_none());
    if (!support_faulty)
        check_trace("unit drop-unit end:closed");
    the_end = hence_deferred_unref(the_end);
    free_it();
    end_inputs();
    hence_deferred_unref(inputs[0]);
}

TEST(cooperator_life, in_a_closed_loop_tasks_fail)
{
    begin();
    hence_loop_close(both.loop);
    the_end = hence_coiterate(cooperator, forever, "never", drop);
    hence_deferred_add_both(the_end, swallow, "end");
    check_trace("drop-never end:closed");
    end();
}

/* ---- refused ---- */

TEST(cooperator_life, what_could_not_be_had_is_accepted_everywhere)
{
    check(!hence_cooperator_new(NULL));
    check(!hence_cooperator_free(NULL));
    check_int(hence_cooperator_start(NULL), -ENOMEM);
    check_int(hence_cooperator_stop(NULL), -ENOMEM);
    check(!hence_cooperator_is_running(NULL));
    check(!hence_cooperate(NULL, once, "a", drop));
    check(!hence_coiterate(NULL, once, "b", drop));
    check_trace("drop-a drop-b");
    check(!hence_cooperative_task_ref(NULL));
    check(!hence_cooperative_task_unref(NULL));
    check(!hence_cooperative_task_when_done(NULL));
    check_int(hence_cooperative_task_pause(NULL), -ENOMEM);
    check_int(hence_cooperative_task_resume(NULL), -ENOMEM);
    check_int(hence_cooperative_task_stop(NULL), -ENOMEM);
}

TEST(cooperator_life, without_a_function_or_memory_there_is_no_task_and_the_argument_ends)
{
    begin();
    check(!hence_cooperate(cooperator, NULL, "a", drop));
    out_of_memory(true);
    check(!hence_cooperate(cooperator, once, "b", drop));
    check(!hence_coiterate(cooperator, once, "c", drop));
    out_of_memory(false);
    run_all();
    check_trace("drop-a drop-b drop-c");
    end();
}

static void count_drop(void *number)
{
    ++*(int *)number;
}

/* Whichever allocation fails. */
TEST(cooperator_life, there_is_no_task_or_one_that_can_be_stopped)
{
    int drops = 0;
    begin();
    the_task = hence_cooperate(cooperator, forever, &drops, count_drop);
    hence_cooperative_task_stop(the_task);
    if (drops != 1)
        support_fail("the argument ended %d times", drops);
    end();
}

TEST(cooperator_life, an_argument_may_be_lent)
{
    begin();
    the_end = hence_coiterate(cooperator, once, "unit", NULL);
    run_all();
    check_trace("unit");
    check_string(outcome(the_end), "none");
    end();
}

/* ---- many ---- */

static bool count_down(void *number, hence_result *out)
{
    (void)out;
    return --*(int *)number > 0;
}

TEST_ONCE(cooperator_life, many_tasks_with_many_units_all_end)
{
    enum {
        TASKS = 2000
    };
    static int numbers[TASKS];
    static hence_deferred *ends[TASKS];
    begin();
    for (int i = 0; i < TASKS; i++) {
        numbers[i] = i % 50 + 1;
        ends[i] = hence_coiterate(cooperator, count_down, &numbers[i], NULL);
    }
    run_all();
    for (int i = 0; i < TASKS; i++) {
        check_int(numbers[i], 0);
        check_string(outcome(ends[i]), "none");
        hence_deferred_unref(ends[i]);
    }
    end();
}

TEST_ONCE(cooperator_life, on_the_real_clock_a_slice_is_about_ten_milliseconds)
{
    hence_loop *loop = hence_loop_new(NULL);
    int number = 1000000000;
    cooperator = hence_cooperator_new(loop);
    hence_cooperator_set_slice(cooperator, HENCE_MS(1), 1000000000);
    hence_deferred *d = hence_coiterate(cooperator, count_down, &number, NULL);
    hence_test_turn(loop); /* comes back, long before the work is done */
    check(number > 0 && number < 1000000000);
    hence_deferred_forget(d);
    free_it();
    hence_loop_free(loop);
}
