/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists that are cancelled, and lists that cancel the rest. */
#include <errno.h>
#include <string.h>

#include "support/inputs.h"

SUITE(list_cancel);

static hence_deferred *list_of(size_t n, unsigned flags, const char *word)
{
    hence_deferred *d = hence_deferred_list(inputs, n, flags);
    hence_deferred_add_both(d, pass, (void *)(uintptr_t)word);
    return d;
}

/* Takes the result, which is not reported then. */
static void end(hence_deferred *d)
{
    hence_drop(hence_deferred_take(d));
    hence_deferred_unref(d);
    end_inputs();
}

/* ---- cancelled: rule 58, difference 10 ---- */

/* rule 58 */
TEST(list_cancel, it_cancels_all_inputs_in_order_and_gives_what_they_end_with)
{
    begin_inputs(3, STOPS);
    hence_deferred *d = list_of(3, 0, "list");
    check_int(hence_deferred_cancel(d), 0);
    check_trace("cancel0 cancel1 cancel2 list:[cancelled,cancelled,cancelled]");
    end(d);
}

/* rule 58 */
TEST(list_cancel, inputs_that_have_ended_are_left_alone)
{
    begin_inputs(3, STOPS);
    hence_deferred *d = list_of(3, 0, "list");
    resolve_input(1, hence_int(7));
    hence_deferred_cancel(d);
    check_trace("cancel0 cancel2 list:[cancelled,7,cancelled]");
    end(d);
}

/* rule 58 */
TEST(list_cancel, values_that_the_cancelled_inputs_give_are_the_values_of_the_list)
{
    static const unsigned flags[] = {0, HENCE_FIRE_ON_ONE_ERRBACK};
    for (int i = 0; i < 2; i++) {
        begin_inputs(2, GIVES_VALUE);
        hence_deferred *d = list_of(2, flags[i], "list");
        hence_deferred_cancel(d);
        check_trace("cancel0 cancel1 list:[100,101]");
        end(d);
    }
}

/* rule 58 */
TEST(list_cancel, failures_that_the_cancelled_inputs_give_are_those_of_the_list)
{
    begin_inputs(2, GIVES_FAILURE);
    hence_deferred *d = list_of(2, 0, "list");
    hence_deferred_cancel(d);
    check_trace("cancel0 cancel1 list:[late,late]");
    end(d);
}

/* rule 58 */
TEST(list_cancel, inputs_that_go_on_are_cancelled_at_once_and_their_results_swallowed)
{
    begin_inputs(2, GOES_ON);
    hence_deferred *d = list_of(2, 0, "list");
    hence_deferred_cancel(d);
    check_trace("cancel0 cancel1 list:[cancelled,cancelled]");
    resolve_input(0, payload());
    resolve_input(1, failure("not reported"));
    check_int(payloads_alive(), 0);
    end(d);
}

/* rules 32 and 58 */
TEST(list_cancel, inputs_without_a_canceller_are_cancelled_at_once_and_their_results_swallowed)
{
    begin_inputs(2, NO_CANCELLER);
    hence_deferred *d = list_of(2, 0, "list");
    hence_deferred_cancel(d);
    check_trace("list:[cancelled,cancelled]");
    resolve_input(0, payload());
    resolve_input(1, failure("not reported"));
    check_int(payloads_alive(), 0);
    end(d);
}

/* rule 58 */
TEST(list_cancel, inputs_that_take_time_are_waited_for)
{
    begin_inputs(2, TAKES_TIME);
    hence_deferred *d = list_of(2, 0, "list");
    check_int(hence_deferred_cancel(d), 0);
    check_trace("cancel0 cancel1");
    check_int(hence_deferred_get_state(d), HENCE_DEFERRED_WAITING);
    resolve_late(1, hence_int(7));
    resolve_late(0, failure("late"));
    check_trace("list:[late,7]");
    end(d);
}

/* rule 58 */
TEST(list_cancel, cancelling_again_reaches_those_that_take_time)
{
    begin_inputs(2, TAKES_TIME);
    hence_deferred *d = list_of(2, 0, "list");
    hence_deferred_cancel(d);
    check_int(hence_deferred_cancel(d), 0);
    check_trace("cancel0 cancel1 list:[cancelled,cancelled]");
    check_int(hence_deferred_cancel(d), -EALREADY);
    end(d);
}

/* rule 58 */
TEST(list_cancel, one_that_has_its_outcome_cancels_nothing)
{
    static const unsigned flags[] = {HENCE_FIRE_ON_ONE_CALLBACK, HENCE_FIRE_ON_ONE_ERRBACK};
    for (int i = 0; i < 2; i++) {
        begin_inputs(2, STOPS);
        hence_deferred *d = list_of(2, flags[i], "list");
        resolve_input(0, i ? failure("broken") : hence_int(7));
        check_trace(i ? "list:first(0:broken)" : "list:winner(0:7)");
        check_int(hence_deferred_cancel(d), -EALREADY);
        check_trace("");
        check(input_is_wanted(1));
        end(d);
    }
}

/* rule 58: the one that was cancelled decides; the rest is cancelled as well */
TEST(list_cancel, a_gather_ends_with_the_first_that_was_cancelled_and_cancels_all)
{
    begin_inputs(3, STOPS);
    hence_deferred *d = hence_gather_results(inputs, 3, 0);
    hence_deferred_add_both(d, pass, "gathered");
    resolve_input(0, hence_int(7));
    hence_deferred_cancel(d);
    check_trace("cancel1 gathered:cancelled(1:cancelled) cancel2");
    hence_result r = hence_deferred_take(d);
    check(hence_is_cancelled(&r));
    hence_drop(r);
    end(d);
}

TEST(list_cancel, a_gather_whose_canceller_fails_ends_with_that)
{
    begin_inputs(2, GIVES_FAILURE);
    hence_deferred *d = hence_gather_results(inputs, 2, 0);
    hence_deferred_add_both(d, pass, "gathered");
    hence_deferred_cancel(d);
    check_trace("cancel0 gathered:first(0:late) cancel1");
    end(d);
}

TEST(list_cancel, one_that_waits_for_a_value_gets_the_first_that_a_canceller_gives)
{
    begin_inputs(3, GIVES_VALUE);
    set_on_cancel(0, STOPS);
    hence_deferred *d = list_of(3, HENCE_FIRE_ON_ONE_CALLBACK, "first");
    hence_deferred_cancel(d);
    check_trace("cancel0 cancel1 first:winner(1:101) cancel2");
    end(d);
}

static hence_result chain_to_second(hence_result *in, void *word)
{
    hence_deferred *second = inputs[1];
    inputs[1] = NULL;
    trace("%s:%s", (const char *)word, describe(in));
    return hence_chain(second);
}

/* difference 10, rule 58 */
TEST(list_cancel, one_that_has_its_outcome_and_waits_for_an_inner_one_passes_it_on)
{
    static const unsigned flags[] = {0, HENCE_FIRE_ON_ONE_CALLBACK, HENCE_FIRE_ON_ONE_ERRBACK};
    for (int i = 0; i < 3; i++) {
        begin_inputs(2, STOPS);
        hence_deferred *d = hence_deferred_list(inputs, 1, flags[i]);
        hence_deferred_add_callback(d, chain_to_second, "step");
        hence_deferred_add_both(d, pass, "list");
        resolve_input(0, hence_int(7));
        check_trace(i == 1 ? "step:winner(0:7)" : "step:[7]");
        check_int(hence_deferred_cancel(d), 0);
        check_trace("cancel1 list:cancelled");
        hence_deferred_unref(inputs[1]); /* if there was no step */
        end(d);
    }
}

TEST(list_cancel, cancelling_who_waits_for_it_cancels_the_inputs)
{
    begin_inputs(2, STOPS);
    hence_deferred *d = hence_deferred_succeed(hence_chain(hence_deferred_list(inputs, 2, 0)));
    hence_deferred_add_both(d, pass, "outer");
    if (d)
        check_int(hence_deferred_cancel(d), 0);
    check_trace("cancel0 cancel1 outer:[cancelled,cancelled]");
    end(d);
}

TEST(list_cancel, cancelling_goes_through_lists_within_lists_in_order)
{
    begin_inputs(5, STOPS);
    hence_deferred *inner[] = {hence_deferred_list(inputs + 1, 2, 0),
                               hence_gather_results(inputs + 3, 1, 0)};
    hence_deferred *middle = hence_deferred_list(inner, 2, 0);
    hence_deferred *in[] = {inputs[0], middle, inputs[4]};
    hence_deferred *d = hence_deferred_list(in, 3, 0);
    hence_deferred_add_both(d, pass, "list");
    hence_deferred_cancel(d);
    if (d)
        check_trace("cancel0 cancel1 cancel2 cancel3 cancel4 "
                    "list:[cancelled,[[...],cancelled(0:...)],cancelled]");
    end(d);
}

TEST(list_cancel, an_input_that_is_paused_is_not_cancelled_and_waited_for)
{
    begin_inputs(2, STOPS);
    hence_deferred *held = hence_deferred_ref(inputs[0]);
    hence_deferred_pause(held);
    resolve_input(0, hence_int(7));
    hence_deferred *d = list_of(2, 0, "list");
    hence_deferred_cancel(d);
    if (d)
        check_trace("cancel1");
    hence_deferred_unpause(held);
    if (d)
        check_trace("list:[7,cancelled]");
    hence_deferred_unref(held);
    end(d);
}

TEST(list_cancel, the_same_one_in_several_places_is_cancelled_once)
{
    begin_inputs(2, STOPS);
    hence_deferred *in[] = {hence_deferred_ref(inputs[0]), inputs[1], inputs[0]};
    hence_deferred *d = hence_deferred_list(in, 3, 0);
    hence_deferred_add_both(d, pass, "list");
    hence_deferred_cancel(d);
    check_trace("cancel0 cancel1 list:[cancelled,cancelled,cancelled]");
    end(d);
}

TEST(list_cancel, inputs_from_Futures_are_told_through_the_loop)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_deferred *in[] = {hence_deferred_from_future(f), hence_deferred_from_future(f)};
    hence_deferred *d = hence_deferred_list(in, 2, 0);
    hence_deferred_add_both(d, pass, "list");
    check_int(hence_deferred_cancel(d), d ? 0 : -ENOMEM);
    check(hence_future_cancelled(f));
    check_trace("");
    hence_test_clock_advance(both.clock, 0);
    check_trace("list:[cancelled,cancelled]");
    hence_deferred_unref(d);
    hence_future_unref(f);
    hence_abandon(p);
    end_loop(&both);
}

static hence_result wait_for_future(hence_result *in, void *f)
{
    (void)in;
    return hence_chain_future(f);
}

TEST(list_cancel, a_Future_that_an_input_has_come_to_wait_for_is_cancelled)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p, *q;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_deferred *input = hence_deferred_new(&q);
    hence_deferred_add_callback(input, wait_for_future, hence_future_ref(f));
    hence_deferred *d = hence_deferred_list(&input, 1, 0); /* it holds the input alone */
    hence_resolve(q, hence_none());
    check_int(hence_deferred_cancel(d), 0);
    check(hence_future_cancelled(f));
    hence_test_clock_advance(both.clock, 0);
    check_string(outcome(d), "[cancelled]");
    hence_deferred_unref(d);
    hence_abandon(p);
    if (!input) /* nothing has taken it */
        hence_future_unref(f);
    hence_future_unref(f);
    end_loop(&both);
}

TEST(list_cancel, forgetting_it_cancels_all_and_reports_nothing)
{
    begin_inputs(3, STOPS);
    set_on_cancel(1, GIVES_FAILURE);
    hence_deferred *d = hence_deferred_list(inputs, 3, HENCE_REPORT_REST);
    if (d)
        hence_deferred_add_both(d, pass, "never");
    resolve_input(0, payload());
    hence_deferred_forget(d);
    if (d)
        check_trace("cancel1 cancel2");
    check_int(payloads_alive(), 0);
    end_inputs();
}

TEST(list_cancel, forgetting_a_gather_that_failed_reports_nothing)
{
    begin_inputs(2, STOPS);
    hence_deferred *d = hence_gather_results(inputs, 2, 0);
    resolve_input(0, failure("broken"));
    hence_deferred_forget(d);
    check(input_is_wanted(1));
    end_inputs();
}

/* ---- the rest is cancelled ---- */

TEST(list_cancel, the_first_failure_may_cancel_the_rest)
{
    begin_inputs(4, STOPS);
    hence_deferred *d = hence_gather_results(inputs, 4, HENCE_CANCEL_REST);
    hence_deferred_add_both(d, pass, "gathered");
    resolve_input(1, payload());
    check_int(payloads_alive(), d ? 1 : 0);
    resolve_input(2, failure("broken"));
    check_trace("cancel0 cancel3 gathered:first(2:broken)");
    check_int(payloads_alive(), 0);
    end(d);
}

TEST(list_cancel, the_first_value_may_cancel_the_rest)
{
    begin_inputs(3, GOES_ON);
    hence_deferred *d = list_of(3, HENCE_FIRE_ON_ONE_CALLBACK | HENCE_CANCEL_REST, "first");
    resolve_input(1, payload());
    check_trace("cancel0 cancel2 first:winner(1:payload)");
    resolve_input(0, payload());
    resolve_input(2, failure("not reported"));
    check_int(payloads_alive(), d ? 1 : 0);
    end(d);
    check_int(payloads_alive(), 0);
}

TEST(list_cancel, what_the_rest_gives_is_destroyed)
{
    begin_inputs(3, GIVES_VALUE);
    set_on_cancel(1, GIVES_FAILURE);
    hence_deferred *d = hence_gather_results(inputs, 3, HENCE_CANCEL_REST);
    hence_deferred_add_both(d, pass, "gathered");
    resolve_input(2, failure("broken"));
    check_trace("cancel0 cancel1 gathered:first(2:broken)");
    end(d);
}

TEST(list_cancel, failures_of_the_rest_can_be_reported_and_cancellations_are_not)
{
    begin_inputs(3, STOPS);
    set_on_cancel(1, GIVES_FAILURE);
    hence_deferred *d = hence_gather_results(inputs, 3, HENCE_CANCEL_REST | HENCE_REPORT_REST);
    hence_deferred_add_both(d, pass, "gathered");
    resolve_input(2, failure("broken"));
    check(had_report(HENCE_REPORT_UNHANDLED));
    check(strstr(report_text(), "late"));
    check_trace("cancel0 cancel1 gathered:first(2:broken)");
    end(d);
}

TEST(list_cancel, the_outcome_comes_when_the_rest_has_ended)
{
    begin_inputs(3, TAKES_TIME);
    hence_deferred *d = hence_gather_results(inputs, 3, HENCE_CANCEL_REST);
    hence_deferred_add_both(d, pass, "gathered");
    resolve_input(1, failure("broken"));
    check_trace("cancel0 cancel2");
    resolve_late(0, payload());
    check_int(payloads_alive(), 0);
    check_trace("");
    resolve_late(2, failure("late"));
    check_trace("gathered:first(1:broken)");
    end(d);
}

TEST(list_cancel, cancelling_one_that_waits_for_the_rest_hurries_that_and_keeps_the_outcome)
{
    begin_inputs(3, TAKES_TIME);
    hence_deferred *d = hence_gather_results(inputs, 3, HENCE_CANCEL_REST);
    hence_deferred_add_both(d, pass, "gathered");
    resolve_input(1, failure("broken"));
    resolve_late(0, hence_none());
    check_int(hence_deferred_cancel(d), d ? 0 : -ENOMEM);
    check_trace("cancel0 cancel2 gathered:first(1:broken)");
    end(d);
}

TEST(list_cancel, those_that_have_ended_already_decide_before_the_rest_is_looked_at)
{
    begin_inputs(2, STOPS);
    hence_deferred *in[] = {inputs[0], hence_deferred_fail(failure("broken")), inputs[1]};
    hence_deferred *d = hence_gather_results(in, 3, HENCE_CANCEL_REST);
    hence_deferred_add_both(d, pass, "gathered");
    if (d)
        check_trace("cancel0 cancel1 gathered:first(1:broken)");
    end(d);
}

TEST(list_cancel, without_any_failure_nothing_is_cancelled)
{
    begin_inputs(2, STOPS);
    hence_deferred *d = hence_gather_results(inputs, 2, HENCE_CANCEL_REST);
    hence_deferred_add_both(d, pass, "gathered");
    resolve_input(0, hence_int(7));
    resolve_input(1, hence_int(8));
    check_trace("gathered:[7,8]");
    end(d);
}

TEST(list_cancel, a_list_of_all_has_no_rest)
{
    begin_inputs(2, STOPS);
    hence_deferred *d = list_of(2, HENCE_CANCEL_REST, "list");
    resolve_input(0, failure("broken"));
    check_trace("");
    resolve_input(1, hence_int(8));
    check_trace("list:[broken,8]");
    end(d);
}

TEST(list_cancel, the_same_one_in_several_places_is_no_rest_of_its_own)
{
    begin_inputs(2, STOPS);
    hence_deferred *in[] = {hence_deferred_ref(inputs[0]), inputs[1], inputs[0]};
    hence_deferred *d = hence_gather_results(in, 3, HENCE_CANCEL_REST);
    hence_deferred_add_both(d, pass, "gathered");
    resolve_input(0, failure("broken"));
    check_trace("cancel1 gathered:first(0:broken)");
    end(d);
}

TEST(list_cancel, a_rest_that_waits_for_a_Future_is_told_through_the_loop)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    begin_inputs(1, STOPS);
    hence_future *f = hence_future_new(both.loop, &p);
    hence_deferred *in[] = {hence_deferred_from_future(f), inputs[0]};
    hence_deferred *d = hence_gather_results(in, 2, HENCE_CANCEL_REST);
    hence_deferred_add_both(d, pass, "gathered");
    resolve_input(0, failure("broken"));
    check(hence_future_cancelled(f));
    check_trace("");
    hence_test_clock_advance(both.clock, 0);
    check_trace("gathered:first(1:broken)");
    end(d);
    hence_future_unref(f);
    hence_abandon(p);
    end_loop(&both);
}

TEST(list_cancel, letting_go_of_one_that_cancels_the_rest_does_not_stop_that)
{
    begin_inputs(2, TAKES_TIME);
    hence_deferred *d = hence_gather_results(inputs, 2, HENCE_CANCEL_REST);
    hence_deferred_add_both(d, swallow, "gathered");
    resolve_input(0, failure("broken"));
    hence_deferred_unref(d);
    check_trace("cancel1");
    resolve_late(1, payload());
    check_trace("gathered:first(0:broken)");
    check_int(payloads_alive(), 0);
    end_inputs();
}
