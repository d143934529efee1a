/* SPDX-License-Identifier: BSD-3-Clause */
/* Time limits for Futures, which are cancelled when the time is over. */
#include <errno.h>
#include <event2/event.h>
#include <string.h>

#include "compose/futures_support.h"

SUITE(wait_for);

static hence_future *limited;

static void end_limited(void)
{
    limited = hence_future_unref(limited);
    end();
}

static void limit(int64_t timeout)
{
    limited = hence_wait_for(futures[0], timeout);
    hence_future_add_done_callback(limited, done, "limited");
}

#define check_cancel(expected)                                                                     \
    check_int(hence_future_cancel(limited), limited ? (expected) : -ENOMEM)

/* "timeout" for HENCE_ETIMEDOUT, whatever its message; otherwise as outcome_of(). */
static const char *outcome_or_timeout(void)
{
    hence_result r = hence_future_result(limited);
    if (!hence_is_failure_of(&r, &hence_domain_hence, HENCE_ETIMEDOUT))
        return describe_and_drop(r);
    hence_drop(r);
    return "timeout";
}

/* ---- in time: rule 114 ---- */

/* rule 114 */
TEST(wait_for, one_that_ends_in_time_passes_its_result_and_stops_the_time)
{
    static const char *const ways[] = {"limited:7", "limited:broken", "cancel0 limited:cancelled"};
    for (int i = 0; i < 3; i++) {
        begin(1, STOPS);
        limit(HENCE_SECONDS(2));
        hence_test_clock_advance(both.clock, HENCE_SECONDS(2) - 1);
        if (i == 2)
            hence_future_cancel(futures[0]);
        else
            resolve_input(0, i ? failure("broken") : hence_int(7));
        run();
        check_trace(ways[i]);
        check_int(hence_test_clock_advance(both.clock, HENCE_SECONDS(2)), 0); /* no timer is left */
        end_limited();
    }
}

/* rule 81 */
TEST(wait_for, it_is_done_one_turn_after_its_input_and_tells_one_turn_later)
{
    begin(1, STOPS);
    limit(HENCE_SECONDS(2));
    resolve_input(0, payload());
    check(!hence_future_done(limited));
    turn();
    check(hence_future_done(limited));
    check_trace("");
    turn();
    check_trace("limited:shared");
    check(limited && strstr(hence_future_site(limited), "test_wait_for.c:"));
    end_limited();
    check_int(payloads_alive(), 0);
}

/* rule 114 */
TEST(wait_for, of_one_that_is_done_it_is_that_one_whatever_the_time)
{
    static const int64_t times[] = {-1, 0, HENCE_SECONDS(2)};
    for (int i = 0; i < 3; i++) {
        begin(1, STOPS);
        resolve_input(0, failure("broken"));
        limited = hence_wait_for(futures[0], times[i]);
        check(limited == futures[0]);
        check_string(outcome_of(limited), "broken");
        check_int(hence_test_clock_advance(both.clock, HENCE_SECONDS(3)), 0);
        end_limited();
    }
}

/* rule 114 */
TEST(wait_for, without_a_limit_it_waits_for_ever)
{
    begin(1, STOPS);
    limit(-1);
    hence_test_clock_advance(both.clock, HENCE_SECONDS(1000000));
    check_trace("");
    resolve_input(0, hence_int(7));
    run();
    check_trace("limited:7");
    end_limited();
}

TEST(wait_for, of_none_there_is_none)
{
    check(!hence_wait_for(NULL, -1));
    check(!hence_wait_for(NULL, 0));
    check(!hence_wait_for(NULL, HENCE_SECONDS(1)));
}

/* ---- the time is over: rule 114 ---- */

/* rule 114 */
TEST(wait_for, when_the_time_is_over_its_input_is_cancelled_and_it_fails_with_a_timeout)
{
    static const on_cancel ways[] = {STOPS, GOES_ON};
    for (int i = 0; i < 2; i++) {
        begin(1, ways[i]);
        limited = hence_wait_for(futures[0], HENCE_SECONDS(2));
        hence_test_clock_advance(both.clock, HENCE_SECONDS(2) - 1);
        check_trace("");
        hence_test_clock_advance(both.clock, 1);
        check_trace("cancel0");
        hence_result r = hence_future_result(limited);
        check(hence_is_failure_of(&r, &hence_domain_hence, HENCE_ETIMEDOUT));
        check(support_faulty || strstr(hence_failure_message(hence_as_failure(&r)), "2 s"));
        check(!hence_future_cancelled(limited));
        check(hence_future_cancelled(futures[0]));
        hence_drop(r);
        end_limited();
    }
}

/* rule 114 */
TEST(wait_for, when_the_time_is_over_it_waits_until_its_input_has_ended)
{
    begin(1, TAKES_TIME);
    limited = hence_wait_for(futures[0], HENCE_SECONDS(2));
    hence_test_clock_advance(both.clock, HENCE_SECONDS(5));
    check_trace("cancel0");
    check(!hence_future_done(limited));
    resolve_late(0, hence_fail_static(HENCE_ECANCELLED));
    run();
    check_string(outcome_or_timeout(), "timeout");
    end_limited();
}

/* rule 114 */
TEST(wait_for, what_its_input_gives_while_it_is_cancelled_wins)
{
    static const on_cancel ways[] = {GIVES_VALUE, GIVES_FAILURE, TAKES_TIME, TAKES_TIME};
    static const char *const results[] = {"100", "late", "shared", "late"};
    for (int i = 0; i < 4; i++) {
        begin(1, ways[i]);
        limited = hence_wait_for(futures[0], HENCE_SECONDS(2));
        hence_test_clock_advance(both.clock, HENCE_SECONDS(2));
        if (i >= 2)
            resolve_late(0, i == 2 ? payload() : failure("late"));
        run();
        check_string(outcome_of(limited), results[i]);
        check_trace("cancel0");
        end_limited();
        check_int(payloads_alive(), 0);
    }
}

/* rule 114 */
TEST(wait_for, no_time_at_all_cancels_it_now)
{
    static const on_cancel ways[] = {STOPS, GIVES_VALUE};
    for (int i = 0; i < 2; i++) {
        begin(1, ways[i]);
        limited = hence_wait_for(futures[0], 0);
        if (limited)
            check_trace("cancel0");
        check(!hence_future_done(limited)); /* it is told through the loop */
        turn();
        check_string(outcome_or_timeout(), i ? "100" : "timeout");
        end_limited();
    }
}

/* rule 114 */
TEST(wait_for, a_result_that_comes_in_the_same_turn_before_the_time_is_over_is_in_time)
{
    begin(1, STOPS);
    limit(HENCE_SECONDS(2));
    resolve_input(0, hence_int(7));
    hence_test_clock_advance(both.clock, HENCE_SECONDS(2));
    check_trace("limited:7");
    end_limited();
}

static void resolve_it(void *word)
{
    trace("%s", (const char *)word);
    resolve_input(0, hence_int(7));
}

/* rule 115: asyncio has cancelled it by then, and lost the result */
TEST(wait_for, a_result_that_comes_just_before_its_timer_is_kept)
{
    begin(1, STOPS);
    hence_call_later(both.loop, HENCE_SECONDS(2), resolve_it, "resolve", NULL);
    limit(HENCE_SECONDS(2)); /* due in the same snapshot, and behind the other */
    hence_test_clock_advance(both.clock, HENCE_SECONDS(2));
    if (!support_faulty)
        check_trace("resolve limited:7");
    end_limited();
}

/* ---- cancelled: rule 115 ---- */

/* rule 115 */
TEST(wait_for, cancelling_it_cancels_its_input_and_it_ends_with_that)
{
    static const on_cancel ways[] = {STOPS, GOES_ON, GIVES_VALUE, GIVES_FAILURE};
    static const char *const results[] = {"cancelled", "cancelled", "100", "late"};
    for (int i = 0; i < 4; i++) {
        begin(1, ways[i]);
        limited = hence_wait_for(futures[0], HENCE_SECONDS(2));
        check_cancel(0);
        if (limited)
            check_trace("cancel0");
        check(!hence_future_done(limited));
        check_cancel(-EALREADY);
        run();
        check_string(outcome_of(limited), results[i]);
        check_cancel(-EALREADY);
        check_int(hence_test_clock_advance(both.clock, HENCE_SECONDS(3)), 0);
        end_limited();
    }
}

/* rule 115: 3.10 and 3.11 lose the cancellation or the result; here it is decided once */
TEST(wait_for, cancelling_is_too_late_when_its_input_is_done_before_it_has_heard_of_it)
{
    begin(1, STOPS);
    limit(HENCE_SECONDS(2));
    resolve_input(0, payload());
    check_cancel(-EALREADY);
    run();
    check_trace("limited:shared");
    end_limited();
    check_int(payloads_alive(), 0);
}

/* rule 117 */
TEST(wait_for, a_cancellation_that_takes_longer_than_the_time_stays_a_cancellation)
{
    begin(1, TAKES_TIME);
    limited = hence_wait_for(futures[0], HENCE_SECONDS(2));
    hence_test_clock_advance(both.clock, HENCE_SECONDS(1));
    check_cancel(0);
    hence_test_clock_advance(both.clock, HENCE_SECONDS(5));
    resolve_late(0, hence_fail_static(HENCE_ECANCELLED));
    run();
    check_trace("cancel0");
    check_string(outcome_or_timeout(), "cancelled");
    end_limited();
}

/* rule 117 */
TEST(wait_for, a_cancellation_that_takes_longer_than_the_time_is_not_disturbed_by_it)
{
    begin(1, TAKES_TIME);
    limited = hence_wait_for(futures[0], HENCE_SECONDS(2));
    hence_test_clock_advance(both.clock, HENCE_SECONDS(1));
    check_cancel(0);
    hence_test_clock_advance(both.clock, HENCE_SECONDS(5));
    check(!hence_future_done(limited)); /* the input still ends in its own time */
    resolve_late(0, hence_int(7));
    run();
    check_string(outcome_or_timeout(), "7");
    check_trace("cancel0");
    end_limited();
}

static void cancel_something(void *f)
{
    trace("%d", hence_future_cancel(*(hence_future **)f));
}

/* rule 117 */
TEST(wait_for, a_cancellation_just_before_its_timer_stays_a_cancellation)
{
    for (int i = 0; i < 2; i++) {
        begin(1, STOPS);
        hence_call_later(both.loop, HENCE_SECONDS(2), cancel_something, i ? &limited : &futures[0],
                         NULL);
        limited =
            hence_wait_for(futures[0], HENCE_SECONDS(2)); /* in the same snapshot, behind it */
        hence_test_clock_advance(both.clock, HENCE_SECONDS(2));
        check_string(outcome_or_timeout(), "cancelled");
        if (!support_faulty)
            check_trace("cancel0 0");
        end_limited();
    }
}

static bool cancel_again(hence_promise *p, void *word)
{
    (void)p;
    trace("%s:%d", (const char *)word, hence_future_cancel(limited) == -EALREADY);
    return false;
}

TEST(wait_for, a_canceller_that_cancels_it_again_changes_nothing)
{
    for (int i = 0; i < 2; i++) {
        both = begin_loop();
        hence_promise *p;
        hence_future *f = hence_future_new(both.loop, &p);
        hence_promise_on_cancel(p, cancel_again, "again");
        limited = hence_wait_for(f, HENCE_SECONDS(2));
        if (i)
            hence_test_clock_advance(both.clock, HENCE_SECONDS(2));
        else
            check_cancel(0);
        run();
        if (!support_faulty)
            check_trace("again:1");
        check_string(outcome_or_timeout(), i ? "timeout" : "cancelled");
        hence_abandon(p);
        hence_future_unref(f);
        end_limited();
    }
}

/* ---- several limits: rule 117 ---- */

/* rule 117 */
TEST(wait_for, of_two_limits_the_shorter_one_is_the_timeout_and_the_longer_one_passes_it)
{
    static const int64_t outer_times[] = {HENCE_SECONDS(3), HENCE_SECONDS(1), HENCE_SECONDS(2)};
    for (int i = 0; i < 3; i++) {
        begin(1, STOPS);
        hence_future *inner = hence_wait_for(futures[0], HENCE_SECONDS(2));
        limited = hence_wait_for(inner, outer_times[i]);
        hence_test_clock_advance(both.clock, HENCE_SECONDS(4));
        check_trace("cancel0");
        check_string(outcome_or_timeout(), "timeout");
        /* what the outer one's time cancels is cancelled, and no timeout of its own */
        if (!support_faulty && inner)
            check_int(hence_failure_code(hence_future_failure(inner)),
                      i == 1 ? HENCE_ECANCELLED : HENCE_ETIMEDOUT);
        hence_future_unref(inner);
        end_limited();
    }
}

TEST(wait_for, its_input_is_shared_and_cancelled_for_all)
{
    begin(1, STOPS);
    hence_future_add_done_callback(futures[0], done, "other");
    hence_future *other = hence_wait_for(futures[0], HENCE_SECONDS(5));
    limited = hence_wait_for(futures[0], HENCE_SECONDS(2));
    hence_test_clock_advance(both.clock, HENCE_SECONDS(2));
    if (!support_faulty) {
        check_trace("cancel0 other:cancelled");
        check_string(outcome_of(other), "cancelled"); /* its own time was not over */
    }
    check_string(outcome_or_timeout(), "timeout");
    hence_future_unref(other);
    end_limited();
}

TEST(wait_for, a_shield_protects_its_input)
{
    begin(1, STOPS);
    hence_future *shielded = hence_shield(futures[0]);
    limited = hence_wait_for(shielded, HENCE_SECONDS(2));
    hence_test_clock_advance(both.clock, HENCE_SECONDS(2));
    check_trace("");
    check(input_is_wanted(0));
    check_string(outcome_or_timeout(), "timeout");
    hence_future_unref(shielded);
    end_limited();
}

/* difference 14 */
TEST(wait_for, nothing_is_left_on_an_input_that_goes_on)
{
    begin(1, STOPS);
    int count = support_many() / 10;
    long before = 0;
    for (int i = 0; i < count; i++) {
        hence_future *shielded = hence_shield(futures[0]);
        hence_future *f = hence_wait_for(shielded, i % 2 ? HENCE_SECONDS(1) : 0);
        if (i % 2)
            hence_future_cancel(f);
        run();
        hence_future_failure(f);
        hence_future_unref(f);
        hence_future_unref(shielded);
        if (i == 1)
            before = blocks_alive();
    }
    check_int(blocks_alive(), before);
    check(input_is_wanted(0));
    end_limited();
}

/* ---- nobody holds it, the loop closes, the producer is gone ---- */

TEST(wait_for, the_time_is_kept_when_nobody_holds_it)
{
    begin(1, STOPS);
    hence_future_unref(hence_wait_for(futures[0], HENCE_SECONDS(2)));
    check_trace("");
    hence_test_clock_advance(both.clock, HENCE_SECONDS(2));
    check_trace("cancel0");
    check(had_report(HENCE_REPORT_NEVER_RETRIEVED)); /* of the timeout */
    end_limited();
}

TEST(wait_for, one_that_is_abandoned_says_so)
{
    both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    limited = hence_wait_for(f, HENCE_SECONDS(2));
    hence_abandon(p);
    run();
    check_string(outcome_of(limited), "abandoned");
    hence_future_unref(f);
    end_limited();
}

TEST(wait_for, when_the_loop_closes_it_ends_with_that)
{
    for (int i = 0; i < 3; i++) {
        begin(1, STOPS);
        limit(HENCE_SECONDS(2));
        if (i == 0)
            resolve_input(0, payload());
        hence_loop_close(both.loop);
        if (i == 1)
            resolve_input(0, payload());
        if (i == 2)
            check_cancel(0);
        check(hence_future_done(limited));
        check_trace(i == 2 ? "cancel0" : "");
        check_string(outcome_of(limited), "closed");
        end_limited();
        check_int(payloads_alive(), 0);
    }
}

static bool close_loop(hence_promise *p, void *loop)
{
    (void)p;
    trace("close");
    hence_loop_close(loop);
    return true;
}

TEST(wait_for, a_canceller_may_close_the_loop_when_the_time_is_over)
{
    struct event_base *base = event_base_new();
    for (int i = 0; i < 2; i++) {
        hence_loop *loop = base ? hence_loop_new(base) : NULL;
        hence_promise *p;
        hence_future *f = hence_future_new(loop, &p);
        hence_promise_on_cancel(p, close_loop, loop);
        hence_future *w = hence_wait_for(f, i); /* at once, and after a nanosecond */
        if (w && i == 1)
            event_base_loop(base, 0);
        check_trace("close");
        check_string(outcome_of(w), "closed");
        hence_future_unref(w);
        if (!hence_future_done(f))
            hence_abandon(p);
        hence_future_unref(f);
        hence_loop_unref(loop);
    }
    if (base)
        event_base_free(base);
}

TEST(wait_for, a_closed_loop_has_none)
{
    begin(1, STOPS);
    hence_loop_close(both.loop);
    check(!hence_wait_for(futures[0], -1));
    check(!hence_wait_for(futures[0], 0));
    check(!hence_wait_for(futures[0], HENCE_SECONDS(1)));
    check_trace("");
    end_limited();
}
