/* SPDX-License-Identifier: BSD-3-Clause */
/* Races: the first value wins, and the others are cancelled. Rule 61. */
#include <errno.h>
#include <string.h>

#include "support/inputs.h"

SUITE(race);

static hence_deferred *race_of(size_t n, const char *word)
{
    hence_deferred *d = hence_race(inputs, n);
    hence_deferred_add_both(d, pass, (void *)(uintptr_t)word);
    return d;
}

static void end(hence_deferred *d)
{
    hence_drop(hence_deferred_take(d));
    hence_deferred_unref(d);
    end_inputs();
}

/* ---- the first value ---- */

/* rule 61 */
TEST(race, the_first_value_wins_and_the_others_are_cancelled_before_it_is_given)
{
    begin_inputs(4, STOPS);
    hence_deferred *d = race_of(4, "race");
    check(d && strstr(hence_deferred_site(d), "test_race.c:"));
    resolve_input(2, hence_int(7));
    check_trace("cancel0 cancel1 cancel3 race:winner(2:7)");
    end(d);
}

/* rule 61 */
TEST(race, failures_lose_as_long_as_another_one_may_win)
{
    begin_inputs(3, STOPS);
    hence_deferred *d = race_of(3, "race");
    resolve_input(0, failure("a"));
    resolve_input(1, hence_fail_static(HENCE_ECANCELLED));
    check_trace("");
    resolve_input(2, payload());
    check_trace("race:winner(2:payload)");
    check_int(payloads_alive(), d ? 1 : 0);
    end(d);
    check_int(payloads_alive(), 0);
}

/* rule 61 */
TEST(race, what_losers_give_after_that_is_destroyed_and_not_reported)
{
    begin_inputs(3, GOES_ON);
    hence_deferred *d = race_of(3, "race");
    resolve_input(0, payload());
    check_trace("cancel1 cancel2 race:winner(0:payload)");
    resolve_input(1, payload());
    resolve_input(2, failure("not reported"));
    check_int(payloads_alive(), d ? 1 : 0);
    end(d);
}

/* rule 61 */
TEST(race, what_their_cancellers_give_changes_nothing)
{
    begin_inputs(3, GIVES_VALUE);
    set_on_cancel(1, GIVES_FAILURE);
    hence_deferred *d = race_of(3, "race");
    resolve_input(2, hence_int(7));
    check_trace("cancel0 cancel1 race:winner(2:7)");
    end(d);
}

/* rule 61 */
TEST(race, losers_that_take_time_are_not_waited_for)
{
    begin_inputs(2, TAKES_TIME);
    hence_deferred *d = race_of(2, "race");
    resolve_input(1, hence_int(7));
    check_trace("cancel0 race:winner(1:7)");
    resolve_late(0, payload());
    check_int(payloads_alive(), 0);
    end(d);
}

TEST(race, a_loser_s_steps_see_the_cancellation)
{
    begin_inputs(2, STOPS);
    hence_deferred_add_both(inputs[0], give_payload, "loser");
    hence_deferred *d = race_of(2, "race");
    resolve_input(1, hence_int(7));
    if (d)
        check_trace("cancel0 loser:cancelled race:winner(1:7)");
    check_int(payloads_alive(), 0);
    end(d);
}

TEST(race, a_loser_that_waits_for_another_passes_the_cancellation_on)
{
    begin_inputs(3, STOPS);
    hence_deferred *d = race_of(2, "race");
    resolve_input(0, hence_chain(inputs[2]));
    resolve_input(1, hence_int(7));
    check_trace("cancel2 race:winner(1:7)");
    end(d);
}

TEST(race, of_those_that_have_their_value_already_the_first_one_wins)
{
    begin_inputs(2, STOPS);
    hence_deferred *in[] = {inputs[0], hence_deferred_fail(failure("broken")),
                            hence_deferred_succeed(hence_int(7)), inputs[1],
                            hence_deferred_succeed(payload())};
    hence_deferred *d = hence_race(in, 5);
    check_int(payloads_alive(), 0);
    if (d)
        check_trace("cancel0 cancel1");
    check_string(outcome(d), "winner(2:7)");
    hence_deferred_unref(d);
    end_inputs();
}

TEST(race, it_takes_the_results_of_its_inputs)
{
    begin_inputs(2, STOPS);
    hence_deferred *winner = hence_deferred_ref(inputs[0]), *loser = hence_deferred_ref(inputs[1]);
    hence_deferred *d = race_of(2, "race");
    resolve_input(0, payload());
    hence_deferred_add_both(winner, pass, "winner");
    hence_deferred_add_both(loser, pass, "loser");
    if (d)
        check_trace("cancel1 race:winner(0:payload) winner:none loser:none");
    hence_deferred_unref(winner);
    hence_deferred_unref(loser);
    end(d);
}

TEST(race, of_one_it_is_won_by_that)
{
    begin_inputs(1, STOPS);
    hence_deferred *d = race_of(1, "race");
    resolve_input(0, payload());
    check_trace("race:winner(0:payload)");
    hence_result r = hence_deferred_take(d);
    hence_winner *winner = hence_take_winner(&r);
    if (winner)
        check_int(winner->index, 0);
    hence_winner_free(winner);
    hence_drop(r);
    hence_deferred_unref(d);
    end_inputs();
    check_int(payloads_alive(), 0);
}

TEST(race, of_none_it_is_abandoned)
{
    hence_deferred *d = hence_race(NULL, 0);
    check_string(outcome(d), "abandoned");
    hence_deferred_unref(d);
}

TEST(race, without_memory_there_is_none_and_the_inputs_are_let_go)
{
    begin_inputs(1, STOPS);
    hence_deferred *in[] = {hence_deferred_succeed(payload()), inputs[0]};
    out_of_memory(true);
    check(!hence_race(in, 2));
    out_of_memory(false);
    check_int(payloads_alive(), 0);
    check(input_is_wanted(0));
    resolve_input(0, hence_int(7));
    end_inputs();
}

/* ---- all fail ---- */

/* rule 61 */
TEST(race, when_all_fail_all_failures_are_told_in_the_order_of_the_inputs)
{
    begin_inputs(3, STOPS);
    hence_deferred *d = race_of(3, "race");
    resolve_input(2, failure("c"));
    resolve_input(0, failure("a"));
    resolve_input(1, hence_fail_static(HENCE_ECANCELLED));
    check_trace("race:group{a,cancelled,c}");
    hence_result r = hence_deferred_take(d);
    const hence_failure *group = hence_as_failure(&r);
    check(hence_is_failure_of(&r, &hence_domain_hence, HENCE_EGROUP));
    check_int(hence_failure_count(group), 3);
    check_string(hence_failure_message(hence_failure_member(group, 2)), "c");
    const char *site = hence_failure_site(group);
    check(site && strstr(site, "test_race.c:"));
    hence_drop(r);
    hence_deferred_unref(d);
    end_inputs();
}

TEST(race, when_nobody_handles_that_it_is_reported_with_all_of_them)
{
    begin_inputs(2, STOPS);
    hence_deferred *d = hence_race(inputs, 2);
    resolve_input(0, failure("the first"));
    resolve_input(1, failure("the second"));
    hence_deferred_unref(d);
    check(had_report(HENCE_REPORT_UNHANDLED));
    check(strstr(report_text(), "the first") && strstr(report_text(), "the second"));
    end_inputs();
}

/* difference 19 */
TEST(race, when_all_are_cancelled_it_is_cancelled_and_not_reported)
{
    begin_inputs(2, STOPS);
    hence_deferred *d = hence_race(inputs, 2);
    hence_deferred_add_both(d, pass, "race");
    resolve_input(0, hence_fail_static(HENCE_ECANCELLED));
    resolve_input(1, hence_fail_static(HENCE_ECANCELLED));
    check_trace("race:cancelled{cancelled,cancelled}");
    hence_deferred_unref(d);
    end_inputs();
}

TEST(race, what_could_not_be_had_for_want_of_memory_is_a_failure_in_its_place)
{
    begin_inputs(1, STOPS);
    hence_deferred *in[] = {NULL, inputs[0]};
    hence_deferred *d = hence_race(in, 2);
    resolve_input(0, failure("b"));
    check_string(outcome(d), "group{nomem,b}");
    hence_deferred_unref(d);
    end_inputs();
}

/* ---- cancelled ---- */

/* rule 61 */
TEST(race, cancelling_it_cancels_all)
{
    begin_inputs(3, STOPS);
    hence_deferred *d = race_of(3, "race");
    resolve_input(1, failure("b"));
    check_int(hence_deferred_cancel(d), 0);
    check_trace("cancel0 cancel2 race:group{cancelled,b,cancelled}");
    end(d);
}

/* rule 61 */
TEST(race, when_it_is_cancelled_and_all_stop_it_counts_as_cancelled)
{
    begin_inputs(2, STOPS);
    hence_deferred *d = race_of(2, "race");
    hence_deferred_cancel(d);
    check_trace("cancel0 cancel1 race:cancelled{cancelled,cancelled}");
    hence_result r = hence_deferred_take(d);
    check(hence_is_cancelled(&r));
    hence_drop(r);
    end(d);
}

/* rule 61 */
TEST(race, a_value_that_a_cancelled_one_gives_wins)
{
    begin_inputs(3, STOPS);
    set_on_cancel(1, GIVES_VALUE);
    hence_deferred *d = race_of(3, "race");
    hence_deferred_cancel(d);
    check_trace("cancel0 cancel1 cancel2 race:winner(1:101)");
    end(d);
}

TEST(race, one_that_was_cancelled_waits_for_those_that_take_time)
{
    begin_inputs(2, TAKES_TIME);
    hence_deferred *d = race_of(2, "race");
    hence_deferred_cancel(d);
    check_trace("cancel0 cancel1");
    resolve_late(1, hence_int(7)); /* wins, and the other is cancelled again */
    check_trace("race:winner(1:7)");
    end(d);
}

TEST(race, one_that_was_won_can_not_be_cancelled)
{
    begin_inputs(2, STOPS);
    hence_deferred *d = race_of(2, "race");
    resolve_input(0, hence_int(7));
    check_int(hence_deferred_cancel(d), d ? -EALREADY : -ENOMEM);
    check_trace("cancel1 race:winner(0:7)");
    end(d);
}

TEST(race, letting_go_of_it_cancels_nothing_until_one_wins)
{
    begin_inputs(2, STOPS);
    hence_deferred *d = hence_race(inputs, 2);
    hence_deferred_unref(d);
    check(input_is_wanted(0) && input_is_wanted(1));
    resolve_input(1, payload());
    if (d)
        check_trace("cancel0");
    check_int(payloads_alive(), 0);
    end_inputs();
}

TEST(race, forgetting_it_cancels_all_and_reports_nothing)
{
    begin_inputs(3, STOPS);
    set_on_cancel(1, GIVES_FAILURE);
    hence_deferred *d = hence_race(inputs, 3);
    resolve_input(0, failure("not reported"));
    hence_deferred_forget(d);
    check_trace(d ? "cancel1 cancel2" : "");
    end_inputs();
}

/* ---- of all sorts ---- */

TEST(race, the_same_one_in_several_places_wins_at_its_first_place_and_is_cancelled_once)
{
    begin_inputs(2, STOPS);
    hence_deferred *in[] = {hence_deferred_ref(inputs[0]), hence_deferred_ref(inputs[1]), inputs[0],
                            inputs[1]};
    hence_deferred *d = hence_race(in, 4);
    hence_deferred_add_both(d, pass, "race");
    resolve_input(1, hence_int(7));
    check_trace("cancel0 race:winner(1:7)");
    end(d);
}

TEST(race, the_same_failure_in_several_places_is_told_in_all_of_them)
{
    begin_inputs(1, STOPS);
    hence_deferred *in[] = {hence_deferred_ref(inputs[0]), inputs[0]};
    hence_deferred *d = hence_race(in, 2);
    resolve_input(0, failure("broken"));
    check_string(outcome(d), "group{broken,broken}");
    hence_deferred_unref(d);
    end_inputs();
}

TEST(race, one_may_run_in_another)
{
    begin_inputs(4, STOPS);
    hence_deferred *in[] = {hence_race(inputs, 2), hence_race(inputs + 2, 2)};
    hence_deferred *d = hence_race(in, 2);
    hence_deferred_add_both(d, pass, "race");
    resolve_input(2, hence_int(7));
    if (d)
        check_trace("cancel3 cancel0 cancel1 race:winner(1:winner(0:7))");
    end(d);
}

TEST(race, all_that_fail_within_others_are_told)
{
    begin_inputs(3, STOPS);
    hence_deferred *in[] = {hence_race(inputs, 2), hence_gather_results(inputs + 2, 1, 0)};
    hence_deferred *d = hence_race(in, 2);
    resolve_input(0, failure("a"));
    resolve_input(1, failure("b"));
    resolve_input(2, failure("c"));
    check_string(outcome(d), "group{group{a,b},first(0:c)}");
    hence_deferred_unref(d);
    end_inputs();
}

TEST(race, Futures_may_take_part)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p, *q;
    hence_future *f = hence_future_new(both.loop, &p), *g = hence_future_new(both.loop, &q);
    hence_deferred *in[] = {hence_deferred_from_future(f), hence_deferred_from_future(g)};
    hence_deferred *d = hence_race(in, 2);
    hence_deferred_add_both(d, pass, "race");
    hence_resolve(q, payload());
    hence_test_clock_advance(both.clock, 0);
    if (d)
        check_trace("race:winner(1:shared)");
    check(hence_future_cancelled(f));
    hence_test_clock_advance(both.clock, 0);
    hence_deferred_unref(d);
    hence_future_unref(f);
    hence_future_unref(g);
    hence_abandon(p);
    check_int(payloads_alive(), 0);
    end_loop(&both);
}

/* ---- what cancellers of losers may do ---- */

static hence_deferred *the_race;
static hence_promise *the_promise;

static bool cancel_race(hence_promise *p, void *word)
{
    (void)p;
    the_promise = NULL;
    trace("%s:%d", (const char *)word, hence_deferred_cancel(the_race) == -EALREADY);
    return true;
}

static bool forget_race(hence_promise *p, void *word)
{
    hence_deferred *d = the_race;
    (void)p;
    the_promise = NULL;
    trace("%s", (const char *)word);
    the_race = NULL;
    hence_deferred_forget(d);
    return true;
}

static bool let_race_go(hence_promise *p, void *word)
{
    (void)p;
    the_promise = NULL;
    trace("%s", (const char *)word);
    the_race = hence_deferred_unref(the_race);
    return true;
}

static bool win_late(hence_promise *p, void *word)
{
    (void)p;
    the_promise = NULL;
    trace("%s", (const char *)word);
    resolve_input(1, payload());
    return true;
}

static void loser_does(hence_canceller *canceller)
{
    begin_inputs(2, STOPS);
    the_race = NULL;
    hence_deferred *in[] = {hence_deferred_new(&the_promise), inputs[0], inputs[1]};
    hence_promise_on_cancel(the_promise, canceller, "loser");
    hence_deferred *d = the_race = hence_race(in, 3);
    if (d)
        hence_deferred_add_both(the_race, swallow, "race");
    resolve_input(0, hence_int(7));
    the_race = hence_deferred_unref(the_race);
    hence_abandon(hence_promise_take(&the_promise));
    end_inputs();
    check_int(payloads_alive(), 0);
}

TEST(race, a_loser_may_cancel_the_race_that_was_won)
{
    loser_does(cancel_race);
    check_trace("loser:1 cancel1 race:winner(1:7)");
}

TEST(race, a_loser_may_forget_the_race)
{
    loser_does(forget_race);
    check_trace("loser cancel1");
}

TEST(race, a_loser_may_let_the_race_go)
{
    loser_does(let_race_go);
    check_trace("loser cancel1 race:winner(1:7)");
}

TEST(race, a_loser_may_resolve_another_one_which_comes_too_late)
{
    loser_does(win_late);
    check_trace("loser race:winner(1:7)");
}
