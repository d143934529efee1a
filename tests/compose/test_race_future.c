/* SPDX-License-Identifier: BSD-3-Clause */
/* The first of many Futures that succeeds. */
#include <errno.h>
#include <string.h>

#include "compose/futures_support.h"

SUITE(race_future);

static hence_future *race(size_t n)
{
    hence_future *f = hence_race_future(both.loop, futures, n);
    hence_future_add_done_callback(f, done, "race");
    return f;
}

/* rule 61 */
TEST(race_future, the_first_value_wins_and_the_others_have_been_cancelled_then)
{
    begin(3, STOPS);
    hence_future *f = race(3);
    resolve_input(1, hence_int(7));
    check_trace("");
    turn();
    check_trace("cancel0 cancel2");
    check(hence_future_done(f));
    turn();
    check_trace("race:sharedwinner(1:7)");
    check(f && strstr(hence_future_site(f), "test_race_future.c:"));
    hence_future_unref(f);
    end();
}

/* rule 61 */
TEST(race_future, failures_are_passed_over_as_long_as_a_value_may_come)
{
    begin(3, STOPS);
    hence_future *f = race(3);
    resolve_input(0, failure("broken"));
    hence_future_cancel(futures[2]);
    run();
    check(!hence_future_done(f));
    resolve_input(1, payload());
    run();
    if (!support_faulty)
        check_trace("cancel2 race:sharedwinner(1:shared)");
    hence_future_unref(f);
    end(); /* "broken" is not reported */
    check_int(payloads_alive(), 0);
}

/* rule 61 */
TEST(race_future, when_all_fail_it_fails_with_all_of_them_in_the_order_of_the_inputs)
{
    begin(3, STOPS);
    hence_future *f = race(3);
    resolve_input(2, failure("c"));
    resolve_input(0, failure("a"));
    run();
    check(!hence_future_done(f));
    resolve_input(1, failure("b"));
    run();
    const hence_failure *group = hence_future_failure(f);
    check_int(hence_failure_code(group), HENCE_EGROUP);
    check_int(hence_failure_count(group), 3);
    for (size_t i = 0; i < 3 && hence_failure_count(group) == 3; i++) {
        const char *const messages[] = {"a", "b", "c"};
        check_string(hence_failure_message(hence_failure_member(group, i)), messages[i]);
    }
    check(!hence_future_cancelled(f));
    hence_future_unref(f);
    end();
}

TEST(race_future, when_all_are_cancelled_it_is)
{
    begin(2, STOPS);
    hence_future *f = race(2);
    hence_future_cancel(futures[0]);
    hence_future_cancel(futures[1]);
    run();
    check(hence_future_cancelled(f));
    check_int(hence_failure_code(hence_future_failure(f)), HENCE_ECANCELLED);
    hence_future_unref(f);
    end();
}

TEST(race_future, one_of_none_can_never_come)
{
    begin(0, STOPS);
    hence_future *f = hence_race_future(both.loop, NULL, 0);
    check(f && hence_future_done(f));
    check_string(outcome_of(f), "abandoned");
    hence_future_unref(f);
    end();
}

TEST(race_future, of_those_that_are_done_at_the_start_the_first_in_order_wins_in_the_next_turn)
{
    begin(3, STOPS);
    resolve_input(2, hence_int(2));
    resolve_input(1, hence_int(1));
    hence_future *f = race(3);
    check(!hence_future_done(f));
    check_trace("");
    run();
    check_trace("cancel0 race:sharedwinner(1:1)");
    hence_future_unref(f);
    end();
}

TEST(race_future, what_could_not_be_had_has_failed)
{
    begin(1, STOPS);
    hence_future *const in[] = {NULL, futures[0]}, *const none[] = {NULL};
    hence_future *f = hence_race_future(both.loop, in, 2);
    hence_future *lost = hence_race_future(both.loop, none, 1);
    hence_future_add_done_callback(f, done, "race");
    hence_future_add_done_callback(lost, done, "lost");
    resolve_input(0, hence_int(7));
    run();
    if (!support_faulty)
        check_trace("lost:group{nomem} race:sharedwinner(1:7)");
    hence_future_unref(f);
    hence_future_unref(lost);
    end();
}

TEST(race_future, the_same_Future_in_several_places_wins_in_its_first_one)
{
    begin(2, STOPS);
    hence_future *const in[] = {futures[1], futures[0], futures[0], futures[1]};
    hence_future *f = hence_race_future(both.loop, in, 4);
    hence_future_add_done_callback(f, done, "race");
    resolve_input(0, hence_int(7));
    run();
    check_trace("cancel1 race:sharedwinner(1:7)");
    hence_future_unref(f);
    end();
}

/* rule 88 */
TEST(race_future, Futures_of_another_loop_are_refused)
{
    begin(1, STOPS);
    struct loop_and_clock others = begin_loop();
    hence_promise *p;
    hence_future *foreign = hence_future_new(others.loop, &p);
    hence_future *const in[] = {futures[0], foreign};
    hence_future *f = hence_race_future(both.loop, in, 2);
    if (foreign && f)
        check_string(outcome_of(f), "invalid");
    check_trace("");
    hence_resolve(p, hence_none());
    hence_future_unref(foreign);
    hence_future_unref(f);
    end_loop(&others);
    end();
}

/* ---- those who have lost ---- */

TEST(race_future, the_outcome_does_not_wait_for_losers_that_take_time)
{
    begin(3, TAKES_TIME);
    hence_future *f = race(3);
    resolve_input(1, hence_int(7));
    turn();
    check(hence_future_done(f));
    run();
    check_trace("cancel0 cancel2 race:sharedwinner(1:7)");
    resolve_late(0, payload());
    resolve_late(2, failure("late"));
    hence_future_unref(f);
    end(); /* "late" is not reported */
    check_int(payloads_alive(), 0);
}

TEST(race_future, whatever_cancellers_do_the_winner_is_the_winner)
{
    static const on_cancel ways[] = {STOPS, GOES_ON, GIVES_VALUE, GIVES_FAILURE, TAKES_TIME};
    for (int i = 0; i < 5; i++) {
        begin(3, ways[i]);
        hence_future *f = race(3);
        resolve_input(2, payload());
        run();
        if (!support_faulty)
            check_trace("cancel0 cancel1 race:sharedwinner(2:shared)");
        hence_future_unref(f);
        end();
        check_int(payloads_alive(), 0);
    }
}

TEST(race_future, a_second_value_in_the_same_turn_has_lost_and_is_the_other_Future_s)
{
    begin(2, STOPS);
    hence_future *f = race(2);
    resolve_input(1, payload());
    resolve_input(0, payload());
    run();
    check_trace("race:sharedwinner(1:shared)");
    hence_future_unref(f);
    check_string(outcome_of(futures[0]), "shared");
    end();
}

static hence_promise *the_promise;
static hence_future *the_race;

static bool cancel_race(hence_promise *p, void *word)
{
    (void)p;
    the_promise = NULL;
    trace("%s:%d", (const char *)word, hence_future_cancel(the_race) == -EALREADY);
    return true;
}

TEST(race_future, a_canceller_of_a_loser_is_too_late_to_cancel_it)
{
    begin(2, STOPS);
    hence_future *f = hence_future_new(both.loop, &the_promise);
    hence_promise_on_cancel(the_promise, cancel_race, "canceller");
    hence_future *const in[] = {futures[0], f, futures[1]};
    the_race = hence_race_future(both.loop, in, 3);
    hence_future_add_done_callback(the_race, done, "race");
    resolve_input(0, hence_int(7));
    run();
    if (!support_faulty)
        check_trace("canceller:1 cancel1 race:sharedwinner(0:7)");
    hence_future_unref(f);
    hence_future_unref(the_race);
    hence_abandon(hence_promise_take(&the_promise));
    end();
}

/* difference 14 */
TEST(race_future, nothing_is_left_on_losers_that_go_on)
{
    begin(1, STOPS);
    long before = 0;
    hence_future *shielded, *f;
    for (int i = 0; i < 1000; i++) {
        hence_promise *p;
        f = hence_future_new(both.loop, &p);
        shielded = hence_shield(futures[0]); /* its loser must not be cancelled itself */
        hence_future *const in[] = {shielded, f};
        hence_future *winner = hence_race_future(both.loop, in, 2);
        hence_resolve(p, hence_int(7));
        run();
        check_string(outcome_of(winner), "sharedwinner(1:7)");
        hence_future_unref(winner);
        hence_future_unref(shielded);
        hence_future_unref(f);
        if (i == 0)
            before = blocks_alive();
    }
    check_int(blocks_alive(), before);
    check_trace("");
    end();
}

/* ---- cancelled ---- */

/* rule 61 */
TEST(race_future, cancelling_it_cancels_all_and_it_fails_with_what_they_end_with)
{
    begin(3, STOPS);
    hence_future *f = race(3);
    check_int(hence_future_cancel(f), f ? 0 : -ENOMEM);
    check_trace("cancel0 cancel1 cancel2");
    check(!hence_future_done(f));
    run();
    check(hence_future_cancelled(f));
    check_int(hence_future_cancel(f), f ? -EALREADY : -ENOMEM);
    hence_future_unref(f);
    end();
}

TEST(race_future, a_canceller_that_gives_a_value_all_the_same_wins)
{
    begin(3, STOPS);
    set_on_cancel(1, GIVES_VALUE);
    hence_future *f = race(3);
    check_int(hence_future_cancel(f), f ? 0 : -ENOMEM);
    run();
    if (!support_faulty)
        check_trace("cancel0 cancel1 cancel2 race:sharedwinner(1:101)");
    hence_future_unref(f);
    end();
}

TEST(race_future, cancelling_waits_for_those_that_take_time)
{
    begin(2, STOPS);
    set_on_cancel(1, TAKES_TIME);
    hence_future *f = race(2);
    check_int(hence_future_cancel(f), f ? 0 : -ENOMEM);
    run();
    check(!hence_future_done(f));
    resolve_late(1, hence_int(7));
    run();
    if (!support_faulty)
        check_trace("cancel0 cancel1 race:sharedwinner(1:7)");
    hence_future_unref(f);
    end();
}

TEST(race_future, cancelling_is_too_late_when_the_winner_is_there_and_the_loser_done)
{
    begin(2, STOPS);
    hence_future *f = race(2);
    resolve_input(0, hence_int(7));
    resolve_input(1, hence_int(8));
    check_int(hence_future_cancel(f), f ? -EALREADY : -ENOMEM);
    run();
    check_trace("race:sharedwinner(0:7)");
    hence_future_unref(f);
    end();
}

TEST(race_future, when_nobody_holds_it_the_losers_are_cancelled_all_the_same)
{
    begin(2, STOPS);
    hence_future_unref(hence_race_future(both.loop, futures, 2));
    resolve_input(1, payload());
    run();
    if (!support_faulty)
        check_trace("cancel0");
    end();
    check_int(payloads_alive(), 0);
}

TEST(race_future, when_the_loop_closes_before_it_has_heard_it_ends)
{
    begin(2, STOPS);
    hence_future *f = race(2);
    resolve_input(0, payload());
    hence_loop_close(both.loop);
    check(hence_future_done(f));
    hence_future_failure(f);
    hence_future_unref(f);
    end();
    check_int(payloads_alive(), 0);
}
