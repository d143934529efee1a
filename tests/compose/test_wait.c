/* SPDX-License-Identifier: BSD-3-Clause */
/* Waiting until enough of many Futures are done. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compose/futures_support.h"

SUITE(wait);

static hence_future *wait_until(size_t n, hence_wait_condition condition, int64_t timeout)
{
    hence_future *f = hence_wait(both.loop, futures, n, condition, timeout);
    hence_future_add_done_callback(f, done, "wait");
    return f;
}

static const hence_wait_condition conditions[] = {HENCE_ALL_COMPLETED, HENCE_FIRST_COMPLETED,
                                                  HENCE_FIRST_EXCEPTION};

/* ---- what is enough: rules 109 to 111 ---- */

/* rule 109 */
TEST(wait, ALL_COMPLETED_waits_for_all_whatever_they_end_with)
{
    begin(3, STOPS);
    hence_future *f = wait_until(3, HENCE_ALL_COMPLETED, -1);
    resolve_input(2, failure("broken"));
    hence_future_cancel(futures[0]);
    run();
    check(!hence_future_done(f));
    resolve_input(1, payload());
    check(!hence_future_done(f));
    turn();
    check(hence_future_done(f));
    turn();
    check_trace("cancel0 wait:3");
    check(f && strstr(hence_future_site(f), "test_wait.c:"));
    check_string(outcome_of(futures[2]), "broken");
    hence_future_unref(f);
    end();
}

/* rule 110 */
TEST(wait, FIRST_COMPLETED_is_content_with_one_and_tells_how_many_there_are_by_then)
{
    begin(3, STOPS);
    hence_future *f = wait_until(3, HENCE_FIRST_COMPLETED, -1);
    resolve_input(2, hence_int(2));
    resolve_input(0, hence_int(0)); /* done, though the wait has not heard of it */
    run();
    check_trace("wait:2");
    check(hence_future_done(futures[0]) && !hence_future_done(futures[1]));
    hence_future_unref(f);
    end();
}

/* rule 110 */
TEST(wait, FIRST_COMPLETED_counts_a_failure_and_a_cancellation)
{
    for (int i = 0; i < 2; i++) {
        begin(2, STOPS);
        hence_future *f = wait_until(2, HENCE_FIRST_COMPLETED, -1);
        if (i)
            hence_future_cancel(futures[1]);
        else
            resolve_input(1, failure("broken"));
        run();
        check_trace(i ? "cancel1 wait:1" : "wait:1");
        hence_future_failure(futures[1]);
        hence_future_unref(f);
        end();
    }
}

/* rule 111 */
TEST(wait, FIRST_EXCEPTION_ends_with_a_failure_but_not_with_a_cancellation)
{
    begin(4, STOPS);
    hence_future *f = wait_until(4, HENCE_FIRST_EXCEPTION, -1);
    resolve_input(0, hence_int(0));
    hence_future_cancel(futures[1]);
    run();
    check(!hence_future_done(f));
    resolve_input(2, failure("broken"));
    run();
    check_trace("cancel1 wait:3");
    check_string(outcome_of(futures[2]), "broken");
    check(input_is_wanted(3));
    hence_future_unref(f);
    end();
}

/* rule 111 */
TEST(wait, FIRST_EXCEPTION_without_a_failure_waits_for_all)
{
    begin(2, STOPS);
    hence_future *f = wait_until(2, HENCE_FIRST_EXCEPTION, -1);
    resolve_input(0, hence_int(0));
    run();
    check(!hence_future_done(f));
    hence_future_cancel(futures[1]);
    run();
    if (!support_faulty)
        check_trace("cancel1 wait:2");
    hence_future_unref(f);
    end();
}

/* ---- which inputs ---- */

/* rule 109 */
TEST(wait, waiting_for_nothing_is_a_mistake)
{
    begin(0, STOPS);
    for (int i = 0; i < 3; i++) {
        hence_future *f = hence_wait(both.loop, NULL, 0, conditions[i], HENCE_SECONDS(1));
        check(f && hence_future_done(f));
        check_string(outcome_of(f), "invalid");
        hence_future_unref(f);
    }
    hence_test_clock_advance(both.clock, HENCE_SECONDS(2));
    end();
}

/* rule 82 */
TEST(wait, inputs_that_are_done_are_noticed_in_the_next_turn)
{
    for (int i = 0; i < 3; i++) {
        begin(2, STOPS);
        resolve_input(0, hence_int(0));
        resolve_input(1, failure("broken"));
        hence_future *f = wait_until(2, conditions[i], -1);
        check(!hence_future_done(f));
        turn();
        check(hence_future_done(f));
        turn();
        check_trace("wait:2");
        hence_future_failure(futures[1]);
        hence_future_unref(f);
        end();
    }
}

TEST(wait, it_neither_reads_nor_cancels_its_inputs)
{
    begin(2, STOPS);
    hence_future *f = wait_until(2, HENCE_FIRST_EXCEPTION, -1);
    resolve_input(0, failure("broken"));
    run();
    check_trace("wait:1");
    check(input_is_wanted(1));
    hence_future_unref(f);
    futures[0] = hence_future_unref(futures[0]); /* nobody has looked at it */
    check(had_report(HENCE_REPORT_NEVER_RETRIEVED));
    resolve_input(1, failure("later"));
    run();
    futures[1] = hence_future_unref(futures[1]);
    check(had_report(HENCE_REPORT_NEVER_RETRIEVED));
    end();
}

/* rule 109 */
TEST(wait, the_same_Future_in_several_places_counts_in_each)
{
    begin(2, STOPS);
    futures[2] = hence_future_ref(futures[0]);
    hence_future *f = wait_until(3, HENCE_FIRST_COMPLETED, -1);
    hence_future *all = hence_wait(both.loop, futures, 3, HENCE_ALL_COMPLETED, -1);
    resolve_input(0, hence_int(0));
    run();
    check_trace("wait:2");
    resolve_input(1, hence_int(0));
    run();
    check_string(outcome_of(all), "3");
    hence_future_unref(f);
    hence_future_unref(all);
    end();
}

TEST(wait, what_could_not_be_had_has_failed)
{
    begin(1, STOPS);
    hence_future *const in[] = {futures[0], NULL};
    for (int i = 0; i < 3; i++) {
        hence_future *f = hence_wait(both.loop, in, 2, conditions[i], -1);
        run();
        if (conditions[i] == HENCE_ALL_COMPLETED)
            check(!hence_future_done(f));
        else if (!support_faulty)
            check_string(outcome_of(f), "1");
        hence_future_unref(f);
    }
    end();
}

/* rule 88 */
TEST(wait, Futures_of_another_loop_are_refused)
{
    begin(1, STOPS);
    struct loop_and_clock others = begin_loop();
    hence_promise *p;
    hence_future *foreign = hence_future_new(others.loop, &p);
    hence_future *const in[] = {futures[0], foreign};
    hence_future *f = hence_wait(both.loop, in, 2, HENCE_ALL_COMPLETED, HENCE_SECONDS(1));
    if (foreign && f) {
        check(hence_future_done(f));
        check_string(outcome_of(f), "invalid");
    }
    hence_test_clock_advance(both.clock, HENCE_SECONDS(2));
    hence_resolve(p, hence_none());
    hence_future_unref(foreign);
    hence_future_unref(f);
    end_loop(&others);
    end();
}

TEST(wait, without_a_loop_there_is_none)
{
    begin(1, STOPS);
    check(!hence_wait(NULL, futures, 1, HENCE_ALL_COMPLETED, -1));
    check(!hence_wait(NULL, NULL, 0, HENCE_ALL_COMPLETED, 0));
    hence_loop_close(both.loop);
    check(!hence_wait(both.loop, futures, 1, HENCE_ALL_COMPLETED, -1));
    check(!hence_wait(both.loop, futures, 1, HENCE_ALL_COMPLETED, 0));
    end();
}

/* ---- how long ---- */

/* rule 109 */
TEST(wait, when_the_time_is_over_it_tells_how_many_are_done_and_cancels_nothing)
{
    for (int i = 0; i < 3; i++) {
        begin(3, STOPS);
        hence_future *f = wait_until(3, conditions[i], HENCE_SECONDS(2));
        if (conditions[i] != HENCE_FIRST_COMPLETED)
            resolve_input(1, hence_int(1));
        hence_test_clock_advance(both.clock, HENCE_SECONDS(2) - 1);
        check(!hence_future_done(f));
        hence_test_clock_advance(both.clock, 1);
        check_trace(conditions[i] == HENCE_FIRST_COMPLETED ? "wait:0" : "wait:1");
        check(input_is_wanted(0) && input_is_wanted(2));
        hence_future_unref(f);
        end();
    }
}

TEST(wait, the_time_stops_with_the_wait)
{
    begin(2, STOPS);
    hence_future *f = wait_until(1, HENCE_ALL_COMPLETED, HENCE_SECONDS(2));
    hence_future *g = hence_wait(both.loop, futures, 2, HENCE_ALL_COMPLETED, HENCE_SECONDS(3));
    resolve_input(0, hence_int(0));
    run();
    check_trace("wait:1");
    check_int(hence_future_cancel(g), g ? 0 : -ENOMEM);
    check_int(hence_test_clock_advance(both.clock, HENCE_SECONDS(10)), 0); /* nothing to run */
    hence_future_unref(f);
    hence_future_unref(g);
    end();
}

TEST(wait, no_time_at_all_is_enough_for_what_is_done_already)
{
    begin(2, STOPS);
    resolve_input(0, hence_int(0));
    hence_future *f = wait_until(2, HENCE_ALL_COMPLETED, 0);
    hence_future *first = hence_wait(both.loop, futures, 2, HENCE_FIRST_COMPLETED, 0);
    check(!hence_future_done(f) && !hence_future_done(first));
    run();
    check_trace("wait:1");
    check_string(outcome_of(first), "1");
    hence_future_unref(f);
    hence_future_unref(first);
    end();
}

/* ---- cancelled: rule 112 ---- */

/* rule 112 */
TEST(wait, cancelling_it_ends_it_at_once_and_the_inputs_go_on)
{
    for (int i = 0; i < 3; i++) {
        begin(2, STOPS);
        hence_future *f = wait_until(2, conditions[i], HENCE_SECONDS(1));
        check_int(hence_future_cancel(f), f ? 0 : -ENOMEM);
        check(hence_future_cancelled(f));
        check_int(hence_future_cancel(f), f ? -EALREADY : -ENOMEM);
        check_trace("");
        check(input_is_wanted(0) && input_is_wanted(1));
        turn();
        check_trace("wait:cancelled");
        resolve_input(0, hence_int(7));
        hence_test_clock_advance(both.clock, HENCE_SECONDS(2));
        check_string(outcome_of(futures[0]), "7");
        hence_future_unref(f);
        end();
    }
}

/* rule 112 */
TEST(wait, it_can_be_cancelled_although_an_input_is_done_before_it_has_heard_of_it)
{
    for (int i = 0; i < 2; i++) {
        begin(2, STOPS);
        if (i)
            resolve_input(0, payload());
        hence_future *f = wait_until(2, HENCE_FIRST_COMPLETED, -1);
        if (!i)
            resolve_input(0, payload());
        check_int(hence_future_cancel(f), f ? 0 : -ENOMEM);
        run();
        check_trace("wait:cancelled");
        hence_future_unref(f);
        end();
        check_int(payloads_alive(), 0);
    }
}

static hence_future *the_wait;

static void cancel_it(hence_future *f, void *word)
{
    (void)f;
    trace("%s:%d", (const char *)word, hence_future_cancel(the_wait) == -EALREADY);
}

TEST(wait, a_listener_of_an_input_may_cancel_it_before_it_has_heard_and_not_after)
{
    for (int i = 0; i < 2; i++) {
        begin(1, STOPS);
        if (!i)
            hence_future_add_done_callback(futures[0], cancel_it, "too late");
        the_wait = wait_until(1, HENCE_ALL_COMPLETED, -1);
        if (i)
            hence_future_add_done_callback(futures[0], cancel_it, "too late");
        resolve_input(0, hence_int(0));
        run();
        if (!support_faulty)
            check_trace(i ? "too late:1 wait:1" : "too late:0 wait:cancelled");
        hence_future_unref(the_wait);
        end();
    }
}

/* rule 112 */ /* difference 14 */
TEST(wait, nothing_is_left_on_inputs_that_go_on)
{
    begin(2, STOPS);
    resolve_input(1, hence_int(1));
    int64_t count = support_many() / 40;
    long before = 0;
    for (int64_t i = 0; i < 4 * count; i++) {
        size_t n = i % 4 == 1 ? 2 : 1; /* with one that is done */
        hence_future *f = hence_wait(both.loop, futures, n, conditions[i % 3], i % 4 == 2 ? 0 : -1);
        if (i % 4 == 1 && conditions[i % 3] == HENCE_FIRST_COMPLETED)
            turn(); /* it is done because of the other */
        else if (i % 4 == 2)
            run(); /* its time is over */
        else
            hence_future_cancel(f);
        hence_future_unref(f);
        if (i % 4 == 3) {
            run();
            if (before)
                check_int(blocks_alive(), before);
            before = blocks_alive();
        }
    }
    end();
}

/* ---- nobody holds it, the loop closes ---- */

TEST(wait, letting_it_go_leaves_all_alone)
{
    begin(1, STOPS);
    hence_future_unref(wait_until(1, HENCE_ALL_COMPLETED, HENCE_SECONDS(1)));
    run();
    check_trace("");
    hence_test_clock_advance(both.clock, HENCE_SECONDS(1));
    check_trace("wait:0");
    end();
}

TEST(wait, when_the_loop_closes_while_it_waits_its_time_stops)
{
    begin(1, STOPS);
    hence_future *f = hence_wait(both.loop, futures, 1, HENCE_ALL_COMPLETED, HENCE_SECONDS(1));
    hence_loop_close(both.loop);
    check(!hence_future_done(f));
    resolve_input(0, payload());
    check(hence_future_done(f));
    hence_future_failure(f);
    hence_future_unref(f);
    end();
    check_int(payloads_alive(), 0);
}

TEST(wait, when_the_loop_closes_before_it_has_heard_it_ends)
{
    for (int i = 0; i < 2; i++) {
        begin(1, STOPS);
        if (i)
            resolve_input(0, payload());
        hence_future *f = wait_until(1, HENCE_ALL_COMPLETED, -1);
        if (!i)
            resolve_input(0, payload());
        hence_loop_close(both.loop);
        check(hence_future_done(f));
        hence_future_failure(f);
        hence_future_unref(f);
        end();
        check_int(payloads_alive(), 0);
    }
}

/* ---- many ---- */

TEST_ONCE(wait, a_million_inputs_take_linear_time)
{
    size_t n = (size_t)support_many();
    both = begin_loop();
    hence_future **in = calloc(n, sizeof *in);
    hence_promise **p = calloc(n, sizeof *p);
    for (size_t i = 0; i < n; i++)
        in[i] = hence_future_new(both.loop, &p[i]);
    hence_future *first = hence_wait(both.loop, in, n, HENCE_FIRST_COMPLETED, -1);
    hence_future *all = hence_wait(both.loop, in, n, HENCE_ALL_COMPLETED, -1);
    hence_resolve(p[n / 2], hence_none());
    run();
    check_string(outcome_of(first), "1");
    for (size_t i = 0; i < n; i++)
        if (i != n / 2)
            hence_resolve(p[i], hence_none());
    run();
    check_int(hence_future_done(all), true);
    for (size_t i = 0; i < n; i++)
        hence_future_unref(in[i]);
    free(in);
    free(p);
    hence_future_unref(first);
    hence_future_unref(all);
    end_loop(&both);
}
