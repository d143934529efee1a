/* SPDX-License-Identifier: BSD-3-Clause */
/* Long work in small pieces: rule 74. */
#include <errno.h>
#include <string.h>

#include "support/inputs.h"

SUITE(cooperator);

static struct loop_and_clock both;
static hence_cooperator *cooperator;

static void begin(void)
{
    both = begin_loop();
    cooperator = hence_cooperator_new(both.loop);
}

static void turn(void)
{
    hence_test_turn(both.loop);
}

static void run_all(void)
{
    hence_test_clock_advance(both.clock, 0);
}

static void end(void)
{
    cooperator = hence_cooperator_free(cooperator);
    run_all();
    check_int(hence_loop_pending(both.loop), 0);
    end_loop(&both);
}

/* Work of some units; each traces the name. */
struct work {
    const char *name;
    int units;
    int waits_in;        /* in which unit it gives a chain to input `input`; 0: in none */
    size_t input;        /* whose reference goes then */
    hence_result last;   /* what the last unit leaves */
    hence_result *fails; /* what the last unit leaves although there is more to do, or NULL */
};

static bool one_unit(void *arg, hence_result *out)
{
    struct work *work = arg;
    trace("%s", work->name);
    work->units--;
    if (work->waits_in && --work->waits_in == 0) {
        hence_deferred *d = inputs[work->input];
        inputs[work->input] = NULL;
        *out = hence_chain(d ? d : hence_deferred_succeed(hence_none()));
    } else if (!work->units) {
        *out = hence_take(&work->last);
    } else {
        *out = payload(); /* which is destroyed */
    }
    return work->units > 0;
}

static void drop(void *arg)
{
    struct work *work = arg;
    trace("drop-%s", work->name);
    hence_drop(hence_take(&work->last));
}

static hence_cooperative_task *cooperate(struct work *work)
{
    return hence_cooperate(cooperator, one_unit, work, drop);
}

static hence_deferred *coiterate(struct work *work, const char *word)
{
    hence_deferred *d = hence_coiterate(cooperator, one_unit, work, drop);
    hence_deferred_add_both(d, swallow, (void *)(uintptr_t)word);
    return d;
}

static hence_deferred *when_done(hence_cooperative_task *task, const char *word)
{
    hence_deferred *d = hence_cooperative_task_when_done(task);
    hence_deferred_add_both(d, swallow, (void *)(uintptr_t)word);
    return d;
}

/* ---- work ---- */

/* rule 74 */
TEST(cooperator, tasks_take_turns_unit_by_unit)
{
    begin();
    struct work a = {.name = "a", .units = 3}, b = {.name = "b", .units = 2};
    struct work c = {.name = "c", .units = 1, .last = hence_int(7)};
    hence_deferred *d = coiterate(&a, "A"), *e = coiterate(&b, "B"), *f = coiterate(&c, "C");
    check_trace("");
    run_all();
    if (!support_faulty)
        check_trace("a b c drop-c C:7 a b drop-b B:none a drop-a A:none");
    check(d && strstr(hence_deferred_site(d), "test_cooperator.c:"));
    check_int(payloads_alive(), 0);
    hence_deferred_unref(d);
    hence_deferred_unref(e);
    hence_deferred_unref(f);
    end();
}

/* rule 74 */
TEST(cooperator, it_does_so_many_units_at_a_time_and_then_lets_others_have_a_turn)
{
    begin();
    struct work a = {.name = "a", .units = 4}, b = {.name = "b", .units = 2};
    check_int(hence_cooperator_set_slice(cooperator, HENCE_SECONDS(1), 3), 0);
    hence_deferred *d = coiterate(&a, "A"), *e = coiterate(&b, "B");
    for (int i = 0; i < 3; i++) {
        hence_call_soon(both.loop, call, "other", NULL);
        turn();
    }
    if (!support_faulty)
        check_trace("a b a other b drop-b B:none a a drop-a A:none other other");
    hence_deferred_unref(d);
    hence_deferred_unref(e);
    end();
}

TEST(cooperator, without_a_slice_of_time_it_does_one_unit_at_a_time)
{
    begin();
    struct work a = {.name = "a", .units = 3};
    check_int(hence_cooperator_set_slice(cooperator, 0, 1000), 0);
    hence_deferred *d = coiterate(&a, "A");
    turn();
    check_trace(d ? "a" : "drop-a A:nomem");
    turn();
    if (d)
        check_trace("a");
    turn();
    if (d)
        check_trace("a drop-a A:none");
    hence_deferred_unref(d);
    end();
}

TEST(cooperator, a_slice_can_not_be_negative_or_empty)
{
    begin();
    if (cooperator) {
        check_int(hence_cooperator_set_slice(cooperator, -1, 1), -EINVAL);
        check_int(hence_cooperator_set_slice(cooperator, 1, 0), -EINVAL);
    }
    check_int(hence_cooperator_set_slice(NULL, 1, 1), -ENOMEM);
    end();
}

static bool fail_in_first(void *message, hence_result *out)
{
    trace("unit");
    *out = failure(message);
    return true;
}

/* rule 74 */
TEST(cooperator, a_failure_ends_the_task)
{
    begin();
    hence_deferred *d = hence_coiterate(cooperator, fail_in_first, "broken", NULL);
    hence_deferred_add_both(d, swallow, "D");
    run_all();
    check_trace("unit D:broken");
    run_all();
    check_trace("");
    hence_deferred_unref(d);
    end();
}

TEST(cooperator, a_failure_that_nobody_handles_is_reported)
{
    begin();
    hence_deferred_unref(hence_coiterate(cooperator, fail_in_first, "broken", NULL));
    hence_cooperative_task_unref(hence_cooperate(cooperator, fail_in_first, "unasked", NULL));
    run_all();
    check(had_report(HENCE_REPORT_UNHANDLED));
    check(had_report(HENCE_REPORT_UNHANDLED));
    check(strstr(report_text(), "unasked"));
    check_trace("unit unit");
    end();
}

/* ---- what a unit waits for ---- */

/* rule 74 */
TEST(cooperator, what_a_unit_gives_is_waited_for_before_the_next_one_of_that_task)
{
    begin();
    begin_inputs(1, STOPS);
    struct work a = {.name = "a", .units = 2, .waits_in = 1}, b = {.name = "b", .units = 2};
    hence_deferred *d = coiterate(&a, "A"), *e = coiterate(&b, "B");
    run_all();
    if (!support_faulty)
        check_trace("a b b drop-b B:none");
    resolve_input(0, payload());
    check_int(payloads_alive(), 0);
    check_trace("");
    run_all();
    if (!support_faulty)
        check_trace("a drop-a A:none");
    hence_deferred_unref(d);
    hence_deferred_unref(e);
    end();
    hence_deferred_unref(inputs[0]);
    end_inputs();
}

/* rule 74 */
TEST(cooperator, a_failure_of_what_a_unit_gives_ends_the_task)
{
    begin();
    begin_inputs(1, STOPS);
    struct work a = {.name = "a", .units = 2, .waits_in = 1};
    hence_deferred *d = coiterate(&a, "A");
    run_all();
    check_trace(d ? "a" : "drop-a A:nomem");
    resolve_input(0, failure("broken"));
    check_trace(d ? "drop-a A:broken" : "");
    run_all();
    check_trace("");
    hence_deferred_unref(d);
    end();
    hence_deferred_unref(inputs[0]);
    end_inputs();
}

static bool give_finished(void *word, hence_result *out)
{
    trace("%s", (const char *)word);
    *out = hence_chain(hence_deferred_fail(failure("broken")));
    return true;
}

/* rule 74 */
TEST(cooperator, what_a_unit_gives_may_have_failed_already)
{
    begin();
    hence_deferred *d = hence_coiterate(cooperator, give_finished, "unit", NULL);
    hence_deferred_add_both(d, swallow, "D");
    run_all();
    check_trace("unit D:broken");
    hence_deferred_unref(d);
    end();
}

static bool count_down_with_chains(void *number, hence_result *out)
{
    *out = hence_chain(hence_deferred_succeed(hence_none()));
    return --*(int *)number > 0;
}

TEST_ONCE(cooperator, many_units_that_give_what_is_there_already_need_no_stack)
{
    begin();
    int number = 100000;
    hence_deferred *d = hence_coiterate(cooperator, count_down_with_chains, &number, NULL);
    run_all();
    check_string(outcome(d), "none");
    check_int(number, 0);
    hence_deferred_unref(d);
    end();
}

TEST(cooperator, the_last_unit_may_give_a_chain_whose_result_is_that_of_the_task)
{
    begin();
    begin_inputs(1, STOPS);
    struct work a = {.name = "a", .units = 1, .waits_in = 1};
    hence_deferred *d = coiterate(&a, "A");
    run_all();
    resolve_input(0, payload());
    if (!support_faulty)
        check_trace("a drop-a A:shared");
    check_int(payloads_alive(), 0);
    hence_deferred_unref(d);
    end();
    hence_deferred_unref(inputs[0]);
    end_inputs();
}

/* ---- told of the end ---- */

/* rule 74 */
TEST(cooperator, everybody_who_asks_is_told_of_the_end_before_and_after_it)
{
    begin();
    struct work a = {.name = "a", .units = 1, .last = payload()};
    hence_cooperative_task *task = cooperate(&a);
    hence_deferred *d = when_done(task, "first"), *e = when_done(task, "second");
    run_all();
    hence_deferred *f = when_done(task, "third");
    if (!support_faulty)
        check_trace("a drop-a first:shared second:shared third:shared");
    hence_cooperative_task_unref(task);
    hence_deferred_unref(d);
    hence_deferred_unref(e);
    hence_deferred_unref(f);
    check_int(payloads_alive(), 0);
    end();
}

/* rule 74 */
TEST(cooperator, everybody_who_asks_is_told_of_the_failure)
{
    begin();
    hence_cooperative_task *task = hence_cooperate(cooperator, fail_in_first, "broken", NULL);
    hence_deferred *d = when_done(task, "first");
    run_all();
    hence_deferred *e = when_done(task, "second");
    if (!support_faulty)
        check_trace("unit first:broken second:broken");
    check_int(hence_cooperative_task_stop(task), task ? -EALREADY : -ENOMEM);
    hence_cooperative_task_unref(task);
    hence_deferred_unref(d);
    hence_deferred_unref(e);
    end();
}

/* ---- pauses ---- */

/* rule 74 */
TEST(cooperator, a_task_that_rests_does_nothing_until_it_is_resumed)
{
    begin();
    struct work a = {.name = "a", .units = 2};
    hence_cooperator_set_slice(cooperator, 0, 1);
    hence_cooperative_task *task = cooperate(&a);
    hence_deferred *d = when_done(task, "A");
    turn();
    check_int(hence_cooperative_task_pause(task), 0);
    turn();
    if (!support_faulty)
        check_trace("a");
    check_int(hence_cooperative_task_resume(task), 0);
    check_trace("");
    turn();
    if (!support_faulty)
        check_trace("a drop-a A:none");
    hence_cooperative_task_unref(task);
    hence_deferred_unref(d);
    end();
}

/* rule 74 */
TEST(cooperator, pauses_nest)
{
    begin();
    struct work a = {.name = "a", .units = 1};
    hence_cooperative_task *task = cooperate(&a);
    hence_cooperative_task_pause(task);
    hence_cooperative_task_pause(task);
    run_all();
    hence_cooperative_task_resume(task);
    run_all();
    check_trace(task ? "" : "drop-a");
    hence_cooperative_task_resume(task);
    run_all();
    check_trace(task ? "a drop-a" : "");
    hence_cooperative_task_unref(task);
    end();
}

TEST(cooperator, one_that_does_not_rest_can_not_be_resumed)
{
    begin();
    struct work a = {.name = "a", .units = 1};
    hence_cooperative_task *task = cooperate(&a);
    check_int(hence_cooperative_task_resume(task), -EINVAL);
    check(had_report(HENCE_REPORT_MISUSE));
    run_all();
    check_trace(task ? "a drop-a" : "drop-a");
    hence_cooperative_task_unref(task);
    end();
}

/* rule 74, and as rule 29: a pause is not a wait */
TEST(cooperator, resuming_one_that_waits_does_not_end_the_wait)
{
    begin();
    begin_inputs(1, STOPS);
    struct work a = {.name = "a", .units = 2, .waits_in = 1};
    hence_cooperative_task *task = cooperate(&a);
    run_all();
    check_int(hence_cooperative_task_pause(task), 0);
    check_int(hence_cooperative_task_resume(task), 0);
    run_all();
    check_trace("a");
    hence_cooperative_task_pause(task);
    resolve_input(0, hence_none());
    run_all();
    check_trace("");
    hence_cooperative_task_resume(task);
    run_all();
    check_trace("a drop-a");
    hence_cooperative_task_unref(task);
    end();
    hence_deferred_unref(inputs[0]);
    end_inputs();
}

TEST(cooperator, one_that_has_ended_can_not_rest)
{
    begin();
    struct work a = {.name = "a", .units = 1};
    hence_cooperative_task *task = cooperate(&a);
    run_all();
    check_int(hence_cooperative_task_pause(task), task ? -EALREADY : -ENOMEM);
    check_trace(task ? "a drop-a" : "drop-a");
    hence_cooperative_task_unref(task);
    end();
}

/* ---- stopped ---- */

/* rule 74 */
TEST(cooperator, a_task_that_is_stopped_fails_and_does_nothing_more)
{
    begin();
    struct work a = {.name = "a", .units = 3}, b = {.name = "b", .units = 2};
    hence_cooperator_set_slice(cooperator, 0, 1);
    hence_cooperative_task *task = cooperate(&a);
    hence_deferred *d = when_done(task, "A"), *e = coiterate(&b, "B");
    turn();
    check_int(hence_cooperative_task_stop(task), 0);
    if (!support_faulty)
        check_trace("a drop-a A:stopped");
    check_int(hence_cooperative_task_stop(task), -EALREADY);
    run_all();
    if (!support_faulty)
        check_trace("b b drop-b B:none");
    hence_cooperative_task_unref(task);
    hence_deferred_unref(d);
    hence_deferred_unref(e);
    end();
}

TEST(cooperator, one_that_has_done_all_can_not_be_stopped)
{
    begin();
    struct work a = {.name = "a", .units = 1};
    hence_cooperative_task *task = cooperate(&a);
    run_all();
    check_int(hence_cooperative_task_stop(task), -EALREADY);
    check_trace("a drop-a");
    hence_cooperative_task_unref(task);
    end();
}

TEST(cooperator, one_that_rests_can_be_stopped_and_resuming_it_changes_nothing_then)
{
    begin();
    struct work a = {.name = "a", .units = 2};
    hence_cooperative_task *task = cooperate(&a);
    hence_deferred *d = when_done(task, "A");
    hence_cooperative_task_pause(task);
    check_int(hence_cooperative_task_stop(task), 0);
    check_int(hence_cooperative_task_resume(task), 0);
    run_all();
    if (!support_faulty)
        check_trace("drop-a A:stopped");
    hence_cooperative_task_unref(task);
    hence_deferred_unref(d);
    end();
}

/* rule 74 */
TEST(cooperator, one_that_waits_can_be_stopped_and_what_it_waits_for_goes_on)
{
    begin();
    begin_inputs(1, STOPS);
    struct work a = {.name = "a", .units = 2, .waits_in = 1};
    hence_cooperative_task *task = cooperate(&a);
    hence_deferred *d = when_done(task, "A");
    run_all();
    hence_cooperative_task_stop(task);
    if (!support_faulty)
        check_trace("a drop-a A:stopped");
    check(input_is_wanted(0));
    resolve_input(0, failure("not reported"));
    run_all();
    check_trace("");
    hence_cooperative_task_unref(task);
    hence_deferred_unref(d);
    end();
    hence_deferred_unref(inputs[0]);
    end_inputs();
}

TEST(cooperator, the_last_task_takes_the_call_of_the_loop_with_it)
{
    begin();
    struct work a = {.name = "a", .units = 2};
    hence_cooperative_task *task = cooperate(&a);
    check_int(hence_loop_pending(both.loop), task ? 1 : 0);
    hence_cooperative_task_stop(task);
    check_int(hence_loop_pending(both.loop), 0);
    check_trace("drop-a");
    hence_cooperative_task_unref(task);
    end();
}

/* rule 74 */
TEST(cooperator, a_cooperator_that_is_stopped_ends_all_its_tasks)
{
    begin();
    begin_inputs(1, STOPS);
    struct work a = {.name = "a", .units = 2}, b = {.name = "b", .units = 2};
    struct work c = {.name = "c", .units = 2, .waits_in = 1};
    hence_deferred *d = coiterate(&a, "A"), *e = coiterate(&c, "C");
    hence_cooperative_task *rests = cooperate(&b);
    hence_cooperative_task_pause(rests);
    hence_cooperator_set_slice(cooperator, HENCE_SECONDS(1), 2);
    turn();
    check_int(hence_cooperator_stop(cooperator), 0);
    check_int(hence_cooperator_stop(cooperator), -EALREADY);
    if (!support_faulty)
        check_trace("a c drop-a A:stopped drop-c C:stopped drop-b");
    check_int(hence_loop_pending(both.loop), 0);
    hence_cooperative_task_unref(
        rests); /* nobody has asked how it ended: that it was stopped is no news */
    hence_deferred_unref(d);
    hence_deferred_unref(e);
    end();
    hence_deferred_unref(inputs[0]);
    end_inputs();
}

/* rule 74 */
TEST(cooperator, a_cooperator_that_is_stopped_accepts_no_task_until_it_is_started_again)
{
    begin();
    struct work a = {.name = "a", .units = 1}, b = {.name = "b", .units = 1};
    check(hence_cooperator_is_running(cooperator));
    hence_cooperator_stop(cooperator);
    check(!hence_cooperator_is_running(cooperator));
    hence_deferred *d = coiterate(&a, "A");
    check_trace("drop-a A:stopped");
    check_int(hence_cooperator_start(cooperator), 0);
    check(hence_cooperator_is_running(cooperator));
    check_int(hence_cooperator_start(cooperator), 0); /* it runs already */
    hence_deferred *e = coiterate(&b, "B");
    run_all();
    check_trace("b drop-b B:none");
    hence_deferred_unref(d);
    hence_deferred_unref(e);
    end();
}

TEST(cooperator, freeing_it_stops_it)
{
    begin();
    struct work a = {.name = "a", .units = 2};
    hence_deferred *d = coiterate(&a, "A");
    hence_cooperative_task *task = NULL;
    cooperator = hence_cooperator_free(cooperator);
    check_trace(d ? "drop-a A:stopped" : "drop-a A:nomem");
    hence_deferred_unref(d);
    hence_cooperative_task_unref(task);
    end();
}

TEST(cooperator, a_task_may_be_held_longer_than_its_cooperator)
{
    begin();
    struct work a = {.name = "a", .units = 2};
    hence_cooperative_task *task = cooperate(&a);
    cooperator = hence_cooperator_free(cooperator);
    hence_deferred *d = when_done(task, "A");
    if (!support_faulty)
        check_trace("drop-a A:stopped");
    check_int(hence_cooperative_task_stop(task), task ? -EALREADY : -ENOMEM);
    hence_cooperative_task_unref(task);
    hence_deferred_unref(d);
    end();
}
