/* SPDX-License-Identifier: BSD-3-Clause */
/* Futures that can be cancelled alone, and those that wait for some time only. */
#include <errno.h>
#include <string.h>

#include "compose/futures_support.h"

SUITE(shield);

static hence_future *shield(void)
{
    hence_future *f = hence_shield(futures[0]);
    hence_future_add_done_callback(f, done, "shield");
    return f;
}

static hence_future *with_timeout(int64_t timeout)
{
    hence_future *f = hence_with_timeout(futures[0], timeout);
    hence_future_add_done_callback(f, done, "limited");
    return f;
}

/* ---- the result passes ---- */

/* rules 81 and 113 */
TEST(shield, it_ends_as_its_input_one_turn_later)
{
    begin(1, STOPS);
    hence_future *f = shield();
    check(f != futures[0] || !f);
    resolve_input(0, payload());
    check(!hence_future_done(f));
    turn();
    check(hence_future_done(f));
    check_trace("");
    turn();
    check_trace("shield:shared");
    check(f && strstr(hence_future_site(f), "test_shield.c:"));
    hence_future_unref(f);
    end();
    check_int(payloads_alive(), 0);
}

/* rule 113 */
TEST(shield, a_failure_passes_and_counts_as_looked_at_by_it)
{
    begin(1, STOPS);
    hence_future *f = shield();
    resolve_input(0, failure("broken"));
    run();
    check_trace("shield:broken");
    hence_future_unref(f);
    end(); /* the input's is not reported */
}

TEST(shield, a_failure_that_passed_is_reported_when_nobody_looks_at_the_shield)
{
    begin(1, STOPS);
    hence_future_unref(hence_shield(futures[0]));
    resolve_input(0, failure("broken"));
    run();
    check(had_report(HENCE_REPORT_NEVER_RETRIEVED));
    end();
}

/* rule 113 */
TEST(shield, one_whose_input_is_cancelled_is_cancelled)
{
    begin(1, STOPS);
    hence_future *f = shield();
    check_int(hence_future_cancel(futures[0]), futures[0] ? 0 : -ENOMEM);
    check(!hence_future_done(f));
    run();
    check_trace("cancel0 shield:cancelled");
    check(hence_future_cancelled(f));
    hence_future_unref(f);
    end();
}

/* rule 113 */
TEST(shield, of_one_that_is_done_it_is_that_one)
{
    begin(1, STOPS);
    resolve_input(0, failure("broken"));
    hence_future *f = hence_shield(futures[0]), *limited = hence_with_timeout(f, 0);
    check(f == futures[0] && limited == futures[0]);
    check_string(outcome_of(f), "broken");
    hence_future_unref(f);
    hence_future_unref(limited);
    end();
}

TEST(shield, of_none_there_is_none)
{
    check(!hence_shield(NULL));
    check(!hence_with_timeout(NULL, -1));
    check(!hence_with_timeout(NULL, HENCE_SECONDS(1)));
}

static void shield_there(void *results)
{
    hence_future **out = results;
    out[0] = hence_shield(futures[0]);
    out[1] = hence_with_timeout(futures[0], HENCE_SECONDS(1));
}

/* rule 135 */
TEST(shield, another_thread_is_refused)
{
    begin(1, STOPS);
    hence_future *there[2] = {NULL, NULL};
    on_another_thread(shield_there, there);
    check(!there[0] && !there[1]);
    check(had_report(HENCE_REPORT_WRONG_THREAD));
    check(had_report(HENCE_REPORT_WRONG_THREAD));
    end();
}

/* ---- cancelled ---- */

/* rule 113 */
TEST(shield, cancelling_it_ends_it_at_once_and_its_input_goes_on)
{
    begin(1, STOPS);
    hence_future *f = shield();
    check_int(hence_future_cancel(f), f ? 0 : -ENOMEM);
    check(hence_future_cancelled(f));
    check_int(hence_future_cancel(f), f ? -EALREADY : -ENOMEM);
    check(input_is_wanted(0));
    run();
    check_trace("shield:cancelled");
    resolve_input(0, hence_int(7));
    run();
    check_trace("");
    check_string(outcome_of(futures[0]), "7");
    hence_future_unref(f);
    end();
}

/* rule 113 */
TEST(shield, what_its_input_fails_with_later_is_reported_when_nobody_looks)
{
    begin(1, STOPS);
    hence_future *f = shield();
    hence_future_cancel(f);
    hence_future_unref(f);
    resolve_input(0, failure("broken"));
    run();
    check_trace("shield:cancelled");
    futures[0] = hence_future_unref(futures[0]);
    check(had_report(HENCE_REPORT_NEVER_RETRIEVED));
    end();
}

/* rule 113 */
TEST(shield, it_can_be_cancelled_although_its_input_is_done_before_it_has_heard_of_it)
{
    begin(1, STOPS);
    hence_future *f = shield();
    resolve_input(0, failure("broken"));
    check_int(hence_future_cancel(f), f ? 0 : -ENOMEM);
    run();
    check_trace("shield:cancelled");
    hence_future_unref(f);
    futures[0] = hence_future_unref(futures[0]);
    check(had_report(HENCE_REPORT_NEVER_RETRIEVED)); /* nobody has looked at it */
    end();
}

static hence_future *the_shield;

static void cancel_it(hence_future *f, void *word)
{
    (void)f;
    trace("%s:%d", (const char *)word, hence_future_cancel(the_shield) == -EALREADY);
}

TEST(shield, a_listener_of_the_input_may_cancel_it_before_it_has_heard_and_not_after)
{
    for (int i = 0; i < 2; i++) {
        begin(1, STOPS);
        if (!i)
            hence_future_add_done_callback(futures[0], cancel_it, "too late");
        the_shield = shield();
        if (i)
            hence_future_add_done_callback(futures[0], cancel_it, "too late");
        resolve_input(0, hence_int(7));
        run();
        if (!support_faulty)
            check_trace(i ? "too late:1 shield:7" : "too late:0 shield:cancelled");
        hence_future_unref(the_shield);
        end();
    }
}

TEST(shield, several_shields_of_one_are_cancelled_each_alone)
{
    begin(1, STOPS);
    hence_future *a = hence_shield(futures[0]), *b = hence_shield(futures[0]);
    hence_future *c = hence_shield(a);
    hence_future_add_done_callback(a, done, "a");
    hence_future_add_done_callback(b, done, "b");
    hence_future_add_done_callback(c, done, "c");
    hence_future_cancel(b);
    hence_future_cancel(c);
    check(!hence_future_done(a));
    run();
    resolve_input(0, hence_int(7));
    run();
    if (!support_faulty)
        check_trace("b:cancelled c:cancelled a:7");
    hence_future_unref(a);
    hence_future_unref(b);
    hence_future_unref(c);
    end();
}

TEST(shield, it_protects_its_input_from_those_who_cancel_what_they_wait_for)
{
    begin(1, STOPS);
    hence_future *shielded = hence_shield(futures[0]);
    hence_deferred *d = hence_deferred_from_future(shielded);
    hence_deferred_add_both(d, swallow, "d");
    hence_future_unref(shielded);
    hence_deferred_cancel(d);
    run();
    if (!support_faulty)
        check_trace("d:cancelled");
    check(input_is_wanted(0));
    hence_deferred_unref(d);
    end();
}

/* rule 113 */ /* difference 14 */
TEST(shield, nothing_is_left_on_an_input_that_goes_on)
{
    begin(1, STOPS);
    int count = support_many() / 10;
    long before = 0;
    for (int i = 0; i < count; i++) {
        hence_future *f = i % 2 ? hence_shield(futures[0])
                                : hence_with_timeout(futures[0], i % 4 ? HENCE_SECONDS(1) : 0);
        if (i % 4)
            hence_future_cancel(f);
        else
            run(); /* its time is over */
        hence_future_failure(f);
        hence_future_unref(f);
        if (i == 4)
            before = blocks_alive();
    }
    check_int(blocks_alive(), before);
    check(input_is_wanted(0));
    end();
}

/* ---- nobody holds it, the loop closes ---- */

TEST(shield, letting_it_go_leaves_all_alone)
{
    begin(1, STOPS);
    hence_future_unref(shield());
    resolve_input(0, payload());
    futures[0] = hence_future_unref(futures[0]);
    check_trace("");
    run();
    check_trace("shield:shared");
    check_int(payloads_alive(), 0);
    end();
}

TEST(shield, when_the_loop_closes_it_ends_with_that)
{
    for (int i = 0; i < 4; i++) {
        begin(1, STOPS);
        hence_future *f = i % 2 ? hence_with_timeout(futures[0], HENCE_SECONDS(1)) : shield();
        if (i < 2)
            resolve_input(0, payload());
        hence_loop_close(both.loop);
        if (i >= 2)
            resolve_input(0, payload());
        check(hence_future_done(f));
        check_trace("");
        check_string(outcome_of(f), "closed");
        check(!hence_shield(NULL));
        hence_future_unref(f);
        end();
        check_int(payloads_alive(), 0);
    }
}

TEST(shield, a_closed_loop_has_none)
{
    begin(1, STOPS);
    hence_loop_close(both.loop);
    check(!hence_shield(futures[0]));
    check(!hence_with_timeout(futures[0], -1));
    check(!hence_with_timeout(futures[0], HENCE_SECONDS(1)));
    end();
}

/* ---- for some time only: rule 120 ---- */

/* rule 120 */
TEST(shield, one_that_ends_in_time_passes_its_result_and_stops_the_time)
{
    static const char *const ways[] = {"limited:7", "limited:broken", "cancel0 limited:cancelled"};
    for (int i = 0; i < 3; i++) {
        begin(1, STOPS);
        hence_future *f = with_timeout(HENCE_SECONDS(2));
        hence_test_clock_advance(both.clock, HENCE_SECONDS(2) - 1);
        if (i == 2)
            hence_future_cancel(futures[0]);
        else
            resolve_input(0, i ? failure("broken") : hence_int(7));
        run();
        check_trace(ways[i]);
        check_int(hence_test_clock_advance(both.clock, HENCE_SECONDS(2)), 0); /* no timer is left */
        hence_future_unref(f);
        end();
    }
}

/* rule 120 */
TEST(shield, when_the_time_is_over_it_fails_and_its_input_goes_on)
{
    begin(1, STOPS);
    hence_future *f = hence_with_timeout(futures[0], HENCE_SECONDS(2));
    hence_test_clock_advance(both.clock, HENCE_SECONDS(2));
    hence_result r = hence_future_result(f);
    check(hence_is_failure_of(&r, &hence_domain_hence, HENCE_ETIMEDOUT));
    check(support_faulty || strstr(hence_failure_message(hence_as_failure(&r)), "2 s"));
    hence_drop(r);
    check_trace("");
    check(input_is_wanted(0));
    check_int(hence_future_cancel(f), f ? -EALREADY : -ENOMEM);
    resolve_input(0, hence_int(7));
    run();
    check_string(outcome_of(futures[0]), "7");
    hence_future_unref(f);
    end();
}

/* rule 120 */
TEST(shield, what_its_input_fails_with_when_the_time_is_over_is_reported)
{
    begin(1, STOPS);
    hence_future *f = hence_with_timeout(futures[0], HENCE_SECONDS(2));
    hence_test_clock_advance(both.clock, HENCE_SECONDS(2));
    hence_future_failure(f);
    hence_future_unref(f);
    resolve_input(0, failure("broken"));
    run();
    futures[0] = hence_future_unref(futures[0]);
    check(had_report(HENCE_REPORT_NEVER_RETRIEVED));
    end();
}

TEST(shield, cancelling_it_stops_the_time)
{
    begin(1, STOPS);
    hence_future *f = with_timeout(HENCE_SECONDS(2));
    check_int(hence_future_cancel(f), f ? 0 : -ENOMEM);
    check(hence_future_cancelled(f));
    check(input_is_wanted(0));
    run();
    check_trace("limited:cancelled");
    check_int(hence_test_clock_advance(both.clock, HENCE_SECONDS(2)), 0);
    hence_future_unref(f);
    end();
}

TEST(shield, no_time_at_all_is_over_in_the_next_turn_and_a_negative_one_never)
{
    begin(1, STOPS);
    hence_future *f = hence_with_timeout(futures[0], 0), *g = with_timeout(-1);
    check(!hence_future_done(f));
    hence_test_clock_advance(both.clock, HENCE_SECONDS(1000));
    check_int(hence_failure_code(hence_future_failure(f)), HENCE_ETIMEDOUT);
    check(!hence_future_done(g));
    resolve_input(0, hence_int(7));
    run();
    check_trace("limited:7");
    hence_future_unref(f);
    hence_future_unref(g);
    end();
}

TEST(shield, a_result_that_comes_in_the_same_turn_before_the_time_is_over_is_in_time)
{
    begin(1, STOPS);
    hence_future *f = with_timeout(HENCE_SECONDS(2));
    resolve_input(0, hence_int(7)); /* the loop is to tell of it before it looks at its timers */
    hence_test_clock_advance(both.clock, HENCE_SECONDS(2));
    check_trace("limited:7");
    hence_future_unref(f);
    end();
}
