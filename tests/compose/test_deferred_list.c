/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists: what comes out of them. */
#include <string.h>

#include "support/inputs.h"

SUITE(deferred_list);

static hence_deferred *list_of(size_t n, unsigned flags, const char *word)
{
    hence_deferred *d = hence_deferred_list(inputs, n, flags);
    hence_deferred_add_both(d, swallow, (void *)(uintptr_t)word);
    return d;
}

/* ---- all of them: rules 51 to 54 ---- */

/* rule 51 */
TEST(deferred_list, the_values_stand_in_the_order_of_the_inputs_whenever_they_come)
{
    begin_inputs(3, STOPS);
    hence_deferred *d = list_of(3, 0, "list");
    resolve_input(2, hence_int(2));
    resolve_input(0, hence_int(0));
    check_trace("");
    check_int(hence_deferred_get_state(d), HENCE_DEFERRED_WAITING);
    resolve_input(1, hence_int(1));
    check_trace("list:[0,1,2]");
    check(d && strstr(hence_deferred_site(d), "test_deferred_list.c:"));
    hence_deferred_unref(d);
    end_inputs();
}

/* rule 51 */
TEST(deferred_list, failures_stand_among_the_values)
{
    begin_inputs(3, STOPS);
    hence_deferred *d = list_of(3, 0, "list");
    resolve_input(0, hence_int(7));
    resolve_input(1, failure("broken"));
    hence_deferred_unref(d);
    resolve_input(2, hence_none());
    check_trace("list:[7,broken,none]");
    end_inputs();
}

/* rule 52 */
TEST(deferred_list, the_array_is_only_looked_at)
{
    begin_inputs(2, STOPS);
    hence_deferred *d = list_of(2, 0, "list");
    inputs[0] = inputs[1] = NULL;
    resolve_input(0, hence_int(7));
    resolve_input(1, hence_int(8));
    check_trace("list:[7,8]");
    hence_deferred_unref(d);
    end_inputs();
}

/* rule 53 */
TEST(deferred_list, an_empty_one_is_there_at_once)
{
    static const unsigned flags[] = {0, HENCE_FIRE_ON_ONE_ERRBACK, HENCE_CANCEL_REST,
                                     HENCE_REPORT_REST};
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        hence_deferred *d = hence_deferred_list(NULL, 0, flags[i]);
        check_string(outcome(d), "[]");
        hence_deferred_unref(d);
    }
    hence_deferred *gathered = hence_gather_results(NULL, 0, 0);
    check_string(outcome(gathered), "[]");
    hence_deferred_unref(gathered);
}

/* rule 53 */
TEST(deferred_list, an_empty_one_that_waits_for_a_value_is_abandoned)
{
    hence_deferred *d = hence_deferred_list(NULL, 0, HENCE_FIRE_ON_ONE_CALLBACK);
    check_string(outcome(d), "abandoned");
    hence_deferred_unref(d);
}

/* rule 57 */
TEST(deferred_list, inputs_that_have_ended_already_count)
{
    hence_deferred *in[] = {hence_deferred_succeed(hence_int(7)),
                            hence_deferred_fail(failure("broken")),
                            hence_deferred_succeed(hence_none())};
    hence_deferred *d = hence_deferred_list(in, 3, 0);
    check_string(outcome(d), "[7,broken,none]");
    hence_deferred_unref(d);
}

/* rule 57 */
TEST(deferred_list, those_that_have_ended_and_those_that_have_not_come_together)
{
    begin_inputs(1, STOPS);
    hence_deferred *in[] = {hence_deferred_succeed(hence_int(7)), inputs[0],
                            hence_deferred_succeed(hence_int(9))};
    hence_deferred *d = hence_deferred_list(in, 3, 0);
    hence_deferred_add_both(d, swallow, "list");
    resolve_input(0, hence_int(8));
    check_trace("list:[7,8,9]");
    hence_deferred_unref(d);
    end_inputs();
}

/* rule 54 */
TEST(deferred_list, it_takes_the_results_of_its_inputs)
{
    begin_inputs(2, STOPS);
    hence_deferred *held = hence_deferred_ref(inputs[0]), *other = hence_deferred_ref(inputs[1]);
    hence_deferred_add_both(held, pass, "before");
    hence_deferred *d = list_of(2, 0, "list");
    hence_deferred_add_both(held, pass, "after");
    hence_deferred_add_both(other, pass, "other");
    resolve_input(0, hence_int(7));
    resolve_input(1, failure("broken")); /* is not reported: the list has it */
    if (d)
        check_trace("before:7 after:none list:[7,broken] other:none");
    hence_deferred_unref(held);
    hence_deferred_unref(other);
    hence_deferred_unref(d);
    end_inputs();
}

TEST(deferred_list, the_values_in_it_are_its_own)
{
    begin_inputs(2, STOPS);
    hence_deferred *d = hence_deferred_list(inputs, 2, 0);
    resolve_input(0, payload());
    resolve_input(1, payload());
    hence_result r = hence_deferred_take(d);
    hence_deferred_unref(d);
    hence_list *list = hence_take_list(&r);
    hence_result first = hence_list_take(list, 0);
    hence_list_free(list);
    check_int(payloads_alive(), 1);
    check(hence_as(&first, payload_destroy));
    hence_drop(first);
    hence_drop(r);
    check_int(payloads_alive(), 0);
    end_inputs();
}

TEST(deferred_list, what_could_not_be_had_for_want_of_memory_is_a_failure_in_its_place)
{
    begin_inputs(1, STOPS);
    hence_deferred *in[] = {NULL, inputs[0], NULL};
    hence_deferred *d = hence_deferred_list(in, 3, 0);
    resolve_input(0, hence_int(7));
    check_string(outcome(d), "[nomem,7,nomem]");
    hence_deferred_unref(d);
    end_inputs();
}

TEST(deferred_list, one_whose_result_went_to_another_is_a_failure_in_its_place)
{
    begin_inputs(1, STOPS);
    hence_deferred *taken = hence_deferred_ref(inputs[0]);
    hence_deferred *first = list_of(1, 0, "first");
    hence_deferred *second = hence_deferred_list(&taken, 1, 0);
    if (first)
        check_string(outcome(second), "[taken]");
    resolve_input(0, hence_int(7));
    check_trace("first:[7]");
    hence_deferred_unref(first);
    hence_deferred_unref(second);
    end_inputs();
}

TEST(deferred_list, an_input_that_is_paused_is_waited_for)
{
    begin_inputs(1, STOPS);
    hence_deferred *held = hence_deferred_ref(inputs[0]);
    resolve_input(0, hence_int(7));
    hence_deferred_pause(held);
    hence_deferred *d = list_of(1, 0, "list");
    check_trace(d ? "" : "list:nomem");
    hence_deferred_unpause(held);
    if (d)
        check_trace("list:[7]");
    hence_deferred_unref(held);
    hence_deferred_unref(d);
    end_inputs();
}

TEST(deferred_list, a_paused_input_that_nobody_holds_is_abandoned)
{
    begin_inputs(1, STOPS);
    hence_deferred_pause(inputs[0]);
    hence_deferred *d = list_of(1, 0, "list");
    resolve_input(0, hence_int(7));
    check_trace("list:[abandoned]");
    hence_deferred_unref(d);
    end_inputs();
}

TEST(deferred_list, an_input_that_waits_for_another_is_waited_for)
{
    begin_inputs(2, STOPS);
    hence_deferred *d = list_of(1, 0, "list");
    resolve_input(0, hence_chain(inputs[1]));
    check_trace("");
    resolve_input(1, hence_int(7));
    check_trace("list:[7]");
    hence_deferred_unref(d);
    end_inputs();
}

TEST(deferred_list, an_input_that_waits_for_a_Future_is_told_through_the_loop)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_deferred *in[] = {hence_deferred_from_future(f), hence_deferred_from_future(f)};
    hence_deferred *d = hence_deferred_list(in, 2, 0);
    hence_deferred_add_both(d, swallow, "list");
    hence_resolve(p, payload());
    check_trace("");
    hence_test_clock_advance(both.clock, 0);
    check_trace("list:[shared,shared]");
    hence_deferred_unref(d);
    hence_future_unref(f);
    check_int(payloads_alive(), 0);
    end_loop(&both);
}

TEST(deferred_list, one_may_be_an_input_of_another)
{
    begin_inputs(3, STOPS);
    hence_deferred *two = hence_deferred_list(inputs, 2, 0);
    hence_deferred *in[] = {two, hence_gather_results(inputs + 2, 1, 0)};
    hence_deferred *d = hence_deferred_list(in, 2, 0);
    hence_deferred_add_both(d, swallow, "list");
    resolve_input(2, failure("broken"));
    resolve_input(1, hence_int(1));
    resolve_input(0, hence_int(0));
    check_trace("list:[[0,1],first(0:broken)]");
    hence_deferred_unref(d);
    end_inputs();
}

/* ---- the first value: rules 55 and 56 ---- */

/* rule 55 */
TEST(deferred_list, the_first_value_may_be_the_outcome)
{
    begin_inputs(3, STOPS);
    hence_deferred *d = list_of(3, HENCE_FIRE_ON_ONE_CALLBACK, "first");
    resolve_input(0, failure("broken"));
    check_trace("");
    resolve_input(2, payload());
    check_trace("first:winner(2:payload)");
    if (d)
        check(input_is_wanted(1));
    resolve_input(1, payload());
    check_int(payloads_alive(), 0);
    hence_deferred_unref(d);
    end_inputs();
}

/* rule 56 */
TEST(deferred_list, without_any_value_the_failures_are_the_outcome)
{
    begin_inputs(2, STOPS);
    hence_deferred *d = list_of(2, HENCE_FIRE_ON_ONE_CALLBACK, "first");
    resolve_input(1, failure("b"));
    resolve_input(0, failure("a"));
    check_trace("first:[a,b]");
    hence_deferred_unref(d);
    end_inputs();
}

/* ---- the first failure: rules 55 and 60 ---- */

/* rule 55 */
TEST(deferred_list, the_first_failure_may_be_the_outcome)
{
    begin_inputs(3, STOPS);
    hence_deferred *d = list_of(3, HENCE_FIRE_ON_ONE_ERRBACK, "list");
    resolve_input(0, payload());
    resolve_input(2, failure("broken"));
    check_trace("list:first(2:broken)");
    check_int(payloads_alive(), 0);
    if (d)
        check(input_is_wanted(1));
    resolve_input(1, failure("not reported"));
    hence_deferred_unref(d);
    end_inputs();
}

TEST(deferred_list, the_first_failure_knows_the_line_of_the_list)
{
    begin_inputs(1, STOPS);
    hence_deferred *d = hence_deferred_list_at("list.c:1", inputs, 1, HENCE_FIRE_ON_ONE_ERRBACK);
    resolve_input(0, failure("broken"));
    hence_result r = hence_deferred_take(d);
    const hence_failure *f = hence_as_failure(&r);
    check_string(hence_failure_site(f), "list.c:1");
    check_int(hence_failure_index(f), 0);
    check_string(hence_failure_message(hence_failure_cause(f)), "broken");
    hence_drop(r);
    hence_deferred_unref(d);
    end_inputs();
}

/* rule 55 */
TEST(deferred_list, without_any_failure_the_values_are_the_outcome)
{
    begin_inputs(2, STOPS);
    hence_deferred *d = list_of(2, HENCE_FIRE_ON_ONE_ERRBACK, "list");
    resolve_input(1, hence_int(8));
    resolve_input(0, hence_int(7));
    check_trace("list:[7,8]");
    hence_deferred_unref(d);
    end_inputs();
}

/* rule 57 */
TEST(deferred_list, the_first_of_those_that_have_ended_already_decides)
{
    hence_deferred *values[] = {hence_deferred_fail(failure("a")),
                                hence_deferred_succeed(hence_int(7)),
                                hence_deferred_succeed(hence_int(8))};
    hence_deferred *failures[] = {hence_deferred_succeed(hence_int(7)),
                                  hence_deferred_fail(failure("b")),
                                  hence_deferred_fail(failure("c"))};
    hence_deferred *d = hence_deferred_list(values, 3, HENCE_FIRE_ON_ONE_CALLBACK);
    hence_deferred *e = hence_deferred_list(failures, 3, HENCE_FIRE_ON_ONE_ERRBACK);
    check_string(outcome(d), "winner(1:7)");
    check_string(outcome(e), "first(1:b)");
    hence_deferred_unref(d);
    hence_deferred_unref(e);
}

TEST(deferred_list, with_both_flags_whatever_comes_first_decides)
{
    for (int fails = 0; fails < 2; fails++) {
        begin_inputs(2, STOPS);
        hence_deferred *d =
            list_of(2, HENCE_FIRE_ON_ONE_CALLBACK | HENCE_FIRE_ON_ONE_ERRBACK, "first");
        resolve_input(1, fails ? failure("broken") : hence_int(7));
        resolve_input(0, fails ? hence_int(8) : failure("late"));
        check_trace(fails ? "first:first(1:broken)" : "first:winner(1:7)");
        hence_deferred_unref(d);
        end_inputs();
    }
}

/* rule 60 */
TEST(deferred_list, gathering_gives_the_values)
{
    begin_inputs(2, STOPS);
    hence_deferred *d = hence_gather_results(inputs, 2, 0);
    hence_deferred_add_both(d, swallow, "gathered");
    check(d && strstr(hence_deferred_site(d), "test_deferred_list.c:"));
    resolve_input(1, hence_int(8));
    resolve_input(0, hence_int(7));
    check_trace("gathered:[7,8]");
    hence_deferred_unref(d);
    end_inputs();
}

/* rule 60 */
TEST(deferred_list, gathering_gives_the_first_failure_at_once_and_leaves_the_others_alone)
{
    begin_inputs(3, STOPS);
    hence_deferred *d = hence_gather_results(inputs, 3, 0);
    hence_deferred_add_both(d, swallow, "gathered");
    resolve_input(1, failure("broken"));
    check_trace("gathered:first(1:broken)");
    if (d)
        check(input_is_wanted(0) && input_is_wanted(2));
    resolve_input(0, failure("not reported"));
    resolve_input(2, payload());
    check_int(payloads_alive(), 0);
    hence_deferred_unref(d);
    end_inputs();
}

TEST(deferred_list, a_gathered_failure_that_nobody_handles_is_reported_once_with_its_cause)
{
    begin_inputs(2, STOPS);
    hence_deferred *d = hence_gather_results(inputs, 2, 0);
    resolve_input(1, failure("broken"));
    resolve_input(0, failure("not reported"));
    hence_deferred_unref(d);
    check(had_report(HENCE_REPORT_UNHANDLED));
    check(strstr(report_text(), "one of several failed, input 1 [") &&
          strstr(report_text(), "broken"));
    end_inputs();
}

/* difference 10, rule 102 */
TEST(deferred_list, a_gather_one_of_whose_inputs_is_cancelled_counts_as_cancelled)
{
    begin_inputs(2, STOPS);
    hence_deferred *cancelled = hence_deferred_ref(inputs[1]);
    hence_deferred *d = hence_gather_results(inputs, 2, 0);
    hence_deferred_add_both(d, pass, "gathered");
    hence_deferred_cancel(cancelled);
    if (d)
        check_trace("cancel1 gathered:cancelled(1:cancelled)");
    hence_result r = hence_deferred_take(d);
    check(hence_is_cancelled(&r));
    hence_drop(r);
    hence_deferred_unref(cancelled);
    hence_deferred_unref(d);
    end_inputs();
}

/* difference 19 */
TEST(deferred_list, a_gather_that_counts_as_cancelled_is_not_reported)
{
    begin_inputs(2, STOPS);
    hence_deferred *d = hence_gather_results(inputs, 2, 0);
    resolve_input(1, hence_fail_static(HENCE_ECANCELLED));
    hence_deferred_unref(d);
    end_inputs();
}

/* ---- those that come later ---- */

TEST(deferred_list, failures_that_come_later_can_be_reported)
{
    begin_inputs(4, STOPS);
    hence_deferred *d = hence_deferred_list_at("list.c:1", inputs, 4,
                                               HENCE_FIRE_ON_ONE_CALLBACK | HENCE_REPORT_REST);
    hence_deferred_add_both(d, swallow, "first");
    resolve_input(0, failure("earlier: not reported"));
    resolve_input(1, hence_int(7));
    check_trace("first:winner(1:7)");
    resolve_input(2, failure("later"));
    check(had_report(HENCE_REPORT_UNHANDLED));
    check(strstr(report_text(), "later [test 1 at ") &&
          strstr(report_text(), "made at list.c:1\n"));
    resolve_input(3, hence_fail_static(HENCE_ECANCELLED)); /* is no failure to report */
    hence_deferred_unref(d);
    end_inputs();
}

TEST(deferred_list, those_that_come_after_the_list_was_let_go_are_reported_too)
{
    begin_inputs(3, STOPS);
    hence_deferred *d = hence_gather_results(inputs, 3, HENCE_REPORT_REST);
    hence_deferred_add_both(d, swallow, "gathered");
    resolve_input(0, failure("broken"));
    hence_deferred_unref(d);
    check_trace("gathered:first(0:broken)");
    resolve_input(2, failure("later"));
    check(had_report(HENCE_REPORT_UNHANDLED));
    resolve_input(1, payload());
    check_int(payloads_alive(), 0);
    end_inputs();
}

TEST(deferred_list, an_input_that_is_abandoned_later_can_be_reported)
{
    begin_inputs(2, STOPS);
    hence_deferred *d = hence_gather_results(inputs, 2, HENCE_REPORT_REST);
    hence_deferred_add_both(d, swallow, "gathered");
    resolve_input(0, failure("broken"));
    check_trace("gathered:first(0:broken)");
    end_inputs();
    check(had_report(HENCE_REPORT_UNHANDLED));
    check(strstr(report_text(), "abandoned"));
    hence_deferred_unref(d);
}

/* ---- the same one in several places: rule 59, difference 11 ---- */

static hence_deferred *again(hence_deferred *d)
{
    return hence_deferred_ref(d);
}

/* rule 59, difference 11 */
TEST(deferred_list, the_same_one_in_several_places_is_told_alike_in_all_of_them)
{
    begin_inputs(2, STOPS);
    hence_deferred *in[] = {again(inputs[0]), inputs[1], again(inputs[0]), inputs[0]};
    hence_deferred *d = hence_deferred_list(in, 4, 0);
    hence_deferred_add_both(d, pass, "list");
    resolve_input(0, hence_int(7));
    check_trace(d ? "" : "list:nomem");
    resolve_input(1, hence_int(8));
    if (d)
        check_trace("list:[7,8,7,7]");
    hence_deferred_unref(d);
    end_inputs();
}

/* rule 59, difference 11 */
TEST(deferred_list, an_owned_value_in_several_places_is_shared_and_destroyed_once)
{
    begin_inputs(1, STOPS);
    hence_deferred *in[] = {again(inputs[0]), inputs[0]};
    hence_deferred *d = hence_deferred_list(in, 2, 0);
    resolve_input(0, payload());
    hence_result r = hence_deferred_take(d);
    const hence_list *list = hence_as_list(&r);
    check(hence_as(hence_list_at(list, 0), payload_destroy));
    check(hence_as(hence_list_at(list, 0), payload_destroy) ==
          hence_as(hence_list_at(list, 1), payload_destroy));
    hence_list *mine = hence_take_list(&r);
    hence_result one = hence_list_take(mine, 0);
    check(!hence_take_ptr(&one, payload_destroy)); /* it belongs to both places */
    hence_list_free(mine);
    check_int(payloads_alive(), d ? 1 : 0);
    hence_drop(one);
    hence_drop(r);
    check_int(payloads_alive(), 0);
    hence_deferred_unref(d);
    end_inputs();
}

/* rule 59, difference 11 */
TEST(deferred_list, a_failure_in_several_places_stands_in_all_of_them)
{
    begin_inputs(1, STOPS);
    hence_deferred *in[] = {again(inputs[0]), inputs[0]};
    hence_deferred *d = hence_deferred_list(in, 2, 0);
    resolve_input(0, failure("broken"));
    check_string(outcome(d), "[broken,broken]");
    hence_deferred_unref(d);
    end_inputs();
}

/* rule 59 */
TEST(deferred_list, the_same_one_in_several_places_decides_at_its_first_place)
{
    begin_inputs(1, STOPS);
    hence_deferred *in[] = {again(inputs[0]), again(inputs[0]), inputs[0]};
    hence_deferred *d = hence_deferred_list(in, 3, HENCE_FIRE_ON_ONE_CALLBACK);
    resolve_input(0, payload());
    check_string(outcome(d), "winner(0:shared)");
    check_int(payloads_alive(), 0);
    hence_deferred_unref(d);
    end_inputs();
}

TEST(deferred_list, the_same_one_that_has_ended_already_may_stand_in_several_places)
{
    hence_deferred *a = hence_deferred_succeed(payload()), *b = hence_deferred_succeed(payload());
    hence_deferred *in[] = {again(a), again(b), b, a};
    hence_deferred *d = hence_deferred_list(in, 4, 0);
    check_string(outcome(d), "[shared,shared,shared,shared]");
    check_int(payloads_alive(), 0);
    hence_deferred_unref(d);
}

TEST(deferred_list, one_whose_result_went_to_another_may_stand_in_several_places)
{
    hence_deferred *taken = hence_deferred_succeed(payload());
    hence_drop(hence_deferred_take(taken));
    hence_deferred *in[] = {again(taken), again(taken), taken};
    hence_deferred *d = hence_deferred_list(in, 3, 0);
    if (taken)
        check_string(outcome(d), "[taken,taken,taken]");
    hence_deferred_unref(d);
}

TEST(deferred_list, the_same_one_in_two_lists_goes_to_the_first)
{
    begin_inputs(1, STOPS);
    hence_deferred *in[] = {again(inputs[0]), again(inputs[0])};
    hence_deferred *d = hence_deferred_list(in, 2, 0);
    hence_deferred *e = hence_deferred_list(inputs, 1, 0);
    hence_deferred_add_both(d, swallow, "first");
    if (d)
        check_string(outcome(e), "[taken]");
    resolve_input(0, hence_int(7));
    check_trace("first:[7,7]");
    hence_deferred_unref(d);
    hence_deferred_unref(e);
    end_inputs();
}

TEST(deferred_list, the_same_one_that_was_in_a_list_that_had_no_memory_can_be_used_again)
{
    begin_inputs(2, STOPS);
    hence_deferred *in[] = {again(inputs[0]), again(inputs[1]), again(inputs[0])};
    out_of_memory(true);
    check(!hence_deferred_list(in, 3, 0));
    out_of_memory(false);
    hence_deferred *d = list_of(2, 0, "list");
    resolve_input(1, hence_int(8));
    resolve_input(0, hence_int(7));
    check_trace("list:[7,8]");
    hence_deferred_unref(d);
    end_inputs();
}
