/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Waiting for oneself, through what waits for many and what many wait for: found when the circle is
 * closed, or, if it is longer than is looked for, when one of those in it is cancelled (difference 7).
 */
#include <errno.h>

#include "support/inputs.h"

SUITE(circles);

static struct loop_and_clock both;

static void begin(size_t n)
{
    both = begin_loop();
    begin_futures(both.loop, n, NO_CANCELLER);
}

static void run(void)
{
    hence_test_clock_advance(both.clock, 0);
}

static void end(void)
{
    end_inputs();
    run();
    if (!support_faulty)
        forget_reports();
    end_loop(&both);
}

/* Input 0 is to wait for `f`, which waits for input 0; takes `f`. */
static void check_circle(hence_future *f, const char *expected)
{
    resolve_input(0, hence_chain_future(hence_future_ref(f)));
    check_string(outcome_of(futures[0]), "deadlock");
    run();
    check_string(outcome_of(f), expected);
    hence_future_unref(f);
    end();
}

/* ---- of Futures ---- */

/* difference 7 */
TEST(circles, through_a_gather)
{
    begin(1);
    check_circle(hence_gather(both.loop, futures, 1, 0), "deadlock");
}

/* difference 7: in asyncio input 1 may fail, which would end it */
TEST(circles, through_a_gather_of_which_another_may_fail)
{
    begin(2);
    check_circle(hence_gather(both.loop, futures, 2, 0), "deadlock");
}

/* difference 7 */
TEST(circles, through_a_gather_that_collects)
{
    begin(1);
    check_circle(hence_gather(both.loop, futures, 1, HENCE_GATHER_COLLECT), "shared[deadlock]");
}

/* difference 7 */
TEST(circles, through_a_wait)
{
    begin(1);
    check_circle(hence_wait(both.loop, futures, 1, HENCE_ALL_COMPLETED, -1), "1");
}

/* difference 7 */
TEST(circles, through_a_race)
{
    begin(1);
    check_circle(hence_race_future(both.loop, futures, 1), "group{deadlock}");
}

/* difference 7: the same one again is no other that may decide */
TEST(circles, through_a_wait_for_the_first_of_the_same_three_times)
{
    begin(1);
    hence_future *same[] = {futures[0], futures[0], futures[0]};
    check_circle(hence_wait(both.loop, same, 3, HENCE_FIRST_COMPLETED, -1), "3");
}

/* difference 7 */
TEST(circles, through_a_race_of_the_same_twice_whose_other_has_failed)
{
    begin(3);
    hence_future *mixed[] = {futures[1], futures[0], futures[2], futures[0]};
    hence_future *f = hence_race_future(both.loop, mixed, 4);
    resolve_input(1, hence_fail(1, "first"));
    resolve_input(2, hence_fail(2, "third"));
    run();
    check_circle(f, "group{first,deadlock,third,deadlock}");
}

/* Input 0 waits for `f`, which waits for inputs 0 to 2, until the others have failed; takes
 * `f`. */
static void check_late_circle(hence_future *f, const char *expected)
{
    resolve_input(0, hence_chain_future(hence_future_ref(f)));
    run();
    resolve_input(2, failure("broken"));
    run();
    check_string(outcome_of(futures[0]), "pending");
    resolve_input(1, failure("broken"));
    run();
    check_string(outcome_of(f), expected);
    check_string(outcome_of(futures[0]), expected);
    hence_future_cancel(f); /* where there was no memory for it to end */
    hence_future_unref(f);
    end();
}

/* difference 7 */
TEST(circles, through_a_race_whose_others_fail_later)
{
    begin(3);
    check_late_circle(hence_race_future(both.loop, futures, 3), "group{deadlock,broken,broken}");
}

/* difference 7 */
TEST(circles, through_a_race_of_the_same_twice_whose_others_fail_later)
{
    begin(3);
    hence_future *mixed[] = {futures[0], futures[1], futures[0], futures[2]};
    check_late_circle(hence_race_future(both.loop, mixed, 4),
                      "group{deadlock,broken,deadlock,broken}");
}

/* difference 7: what they wait for is on the way to the race by way of another one */
TEST(circles, through_a_race_and_a_gather_when_the_others_fail_later)
{
    begin(3);
    hence_future *race = hence_race_future(both.loop, futures, 3);
    hence_future *all = hence_gather(both.loop, &race, 1, 0);
    hence_future_unref(race);
    check_late_circle(all, "group{deadlock,broken,broken}");
}

static void check_late_circle_of_deferreds(hence_deferred *d, hence_promise **p,
                                           const char *expected)
{
    hence_deferred_add_both(d, pass, "d");
    hence_share *share = hence_share_new(d);
    hence_resolve(p[0], hence_chain(hence_share_get(share)));
    hence_resolve(p[1], failure("broken"));
    check_trace("");
    hence_resolve(p[2], failure("broken"));
    check_trace(expected);
    hence_share_unref(share);
    if (!support_faulty)
        forget_reports();
}

/* difference 7 */
TEST(circles, through_a_race_of_Deferreds_whose_others_fail_later)
{
    hence_promise *p[3];
    hence_deferred *in[] = {hence_deferred_new(&p[0]), hence_deferred_new(&p[1]),
                            hence_deferred_new(&p[2])};
    check_late_circle_of_deferreds(hence_race(in, 3), p, "d:group{deadlock,broken,broken}");
}

/* difference 7 */
TEST(circles, through_a_list_that_waits_for_a_value_when_the_others_fail_later)
{
    hence_promise *p[3];
    hence_deferred *in[] = {hence_deferred_new(&p[0]), hence_deferred_new(&p[1]),
                            hence_deferred_new(&p[2])};
    check_late_circle_of_deferreds(hence_deferred_list(in, 3, HENCE_FIRE_ON_ONE_CALLBACK), p,
                                   "d:deadlock");
}

/* Input 0 waits for `f`, which waits for inputs 0 and 1: the other one still may decide; takes `f`. */
static void check_no_circle(hence_future *f, const char *expected)
{
    resolve_input(0, hence_chain_future(hence_future_ref(f)));
    run();
    check_string(outcome_of(futures[0]), "pending");
    resolve_input(1, hence_int(7));
    run();
    check_string(outcome_of(f), expected);
    check(hence_future_done(futures[0]));
    hence_future_cancel(f); /* where there was no memory for it to end */
    hence_future_unref(f);
    end();
}

TEST(circles, there_is_none_through_a_race_that_another_may_win)
{
    begin(2);
    check_no_circle(hence_race_future(both.loop, futures, 2), "sharedwinner(1:7)");
}

TEST(circles, there_is_none_through_a_wait_for_the_first_if_there_is_another)
{
    begin(2);
    check_no_circle(hence_wait(both.loop, futures, 2, HENCE_FIRST_COMPLETED, -1), "1");
}

TEST(circles, there_is_none_through_a_wait_that_time_will_end)
{
    begin(1);
    hence_future *f = hence_wait(both.loop, futures, 1, HENCE_ALL_COMPLETED, HENCE_SECONDS(5));
    resolve_input(0, hence_chain_future(hence_future_ref(f)));
    run();
    check_string(outcome_of(futures[0]), "pending");
    hence_test_clock_advance(both.clock, HENCE_SECONDS(5));
    check_string(outcome_of(f), "0");
    check_string(outcome_of(futures[0]), "0");
    hence_future_cancel(f); /* where there was no memory for time to end it */
    hence_future_unref(f);
    end();
}

/* difference 7 */
TEST(circles, through_a_shield)
{
    begin(1);
    check_circle(hence_shield(futures[0]), "deadlock");
}

/* difference 7 */
TEST(circles, through_a_time_limit)
{
    begin(1);
    check_circle(hence_with_timeout(futures[0], HENCE_SECONDS(5)), "deadlock");
}

/* difference 7 */
TEST(circles, through_a_wait_for)
{
    begin(1);
    check_circle(hence_wait_for(futures[0], HENCE_SECONDS(5)), "deadlock");
}

/* difference 7 */
TEST(circles, through_both_adapters)
{
    begin(1);
    hence_deferred *d = hence_deferred_from_future(futures[0]);
    check_circle(hence_deferred_as_future(both.loop, d), "deadlock");
}

/* difference 7 */
TEST(circles, through_a_row_of_Deferreds)
{
    begin(1);
    hence_future *f = hence_shield(futures[0]);
    hence_promise *promises[3];
    hence_deferred *row[3];
    for (int i = 0; i < 3; i++)
        row[i] = hence_deferred_new(&promises[i]);
    resolve_input(0, hence_chain(hence_deferred_ref(row[0])));
    for (int i = 0; i < 2; i++)
        hence_resolve(promises[i], hence_chain(hence_deferred_ref(row[i + 1])));
    hence_resolve(promises[2], hence_chain_future(hence_future_ref(f)));
    check_string(outcome_of(futures[0]), "deadlock");
    run();
    check_string(outcome_of(f), "deadlock");
    for (int i = 0; i < 3; i++)
        hence_deferred_unref(row[i]);
    hence_future_unref(f);
    end();
}

/* difference 7 */
TEST(circles, through_many_that_wait_for_each_other)
{
    begin(1);
    hence_future *f = hence_shield(futures[0]);
    for (int i = 0; i < 8; i++) {
        hence_future *outer = i % 2 ? hence_gather(both.loop, &f, 1, 0) : hence_shield(f);
        hence_future_unref(f);
        f = outer;
    }
    check_circle(f, "deadlock");
}

/* difference 7 */
TEST(circles, one_among_others_that_wait_for_the_same)
{
    begin(1);
    hence_future *others[6];
    for (size_t i = 0; i < 6; i++)
        others[i] = hence_shield(futures[0]);
    hence_future *f = hence_gather(both.loop, others + 3, 1, 0);
    resolve_input(0, hence_chain_future(hence_future_ref(f)));
    check_string(outcome_of(futures[0]), "deadlock");
    run();
    for (size_t i = 0; i < 6; i++) {
        check_string(outcome_of(others[i]), "deadlock");
        hence_future_unref(others[i]);
    }
    hence_future_unref(f);
    end();
}

/* difference 7 */
TEST(circles, closed_by_what_the_combination_waits_for)
{
    begin(2);
    hence_future *f = hence_wait(both.loop, futures, 1, HENCE_ALL_COMPLETED, -1);
    resolve_input(0, hence_chain_future(hence_future_ref(futures[1])));
    resolve_input(1, hence_chain_future(hence_future_ref(f)));
    check_string(outcome_of(futures[1]), "deadlock");
    run();
    check_string(outcome_of(f), "1");
    hence_future_unref(f);
    end();
}

/* difference 7: what has its result already will swallow what comes */
TEST(circles, a_promise_whose_Future_was_cancelled_closes_none)
{
    begin(2);
    hence_promise *p, *q;
    hence_future *f = hence_future_new(both.loop, &p), *g = hence_future_new(both.loop, &q);
    hence_future_chain(f, q);
    hence_future_chain(futures[0], p);
    hence_future_cancel(f);
    resolve_input(0, hence_chain_future(hence_future_ref(g)));
    run();
    check_string(outcome_of(futures[0]), "cancelled");
    check_string(outcome_of(f), "cancelled");
    check_string(outcome_of(g), "cancelled");
    hence_future_unref(f);
    hence_future_unref(g);
    end();
}

/* difference 7 */
TEST(circles, what_only_waits_for_the_same_closes_none)
{
    begin(3);
    hence_future *f = hence_gather(both.loop, futures, 2, 0), *s = hence_shield(futures[0]);
    resolve_input(1, hence_chain_future(hence_future_ref(s)));
    resolve_input(0, hence_chain_future(hence_future_ref(futures[2])));
    resolve_input(2, hence_int(7));
    run();
    check_string(outcome_of(f), "shared[7,7]");
    hence_future_unref(f);
    hence_future_unref(s);
    end();
}

/* ---- of Deferreds ---- */

/* difference 7 */
TEST(circles, through_a_share)
{
    begin_inputs(1, NO_CANCELLER);
    hence_share *share = hence_share_new(inputs[0]);
    hence_deferred *d = hence_share_get(share);
    resolve_input(0, hence_chain(hence_share_get(share)));
    check_string(outcome(d), "deadlock");
    hence_deferred_unref(d);
    hence_share_unref(share);
    end_inputs();
    if (!support_faulty)
        forget_reports(); /* nobody but the circle held what waited for it */
}

/* difference 7 */
TEST(circles, through_a_share_and_a_list)
{
    begin_inputs(1, NO_CANCELLER);
    hence_share *share = hence_share_new(inputs[0]);
    hence_deferred *both_of_it[] = {hence_share_get(share), hence_share_get(share)};
    resolve_input(0, hence_chain(hence_deferred_list(both_of_it, 2, 0)));
    hence_deferred *d = hence_share_get(share);
    check_string(outcome(d), "deadlock");
    hence_deferred_unref(d);
    hence_share_unref(share);
    end_inputs();
    if (!support_faulty)
        forget_reports();
}

/* ---- longer than is looked for ---- */

enum {
    LONG = 1500
};

/* A circle of gathers, each of one Future that waits for the next one; gives the first. */
static hence_future *long_circle(hence_loop *loop, unsigned flags)
{
    static hence_future *gathers[LONG];
    static hence_promise *of[LONG];
    for (size_t i = 0; i < LONG; i++) {
        hence_future *f = hence_future_new(loop, &of[i]);
        gathers[i] = hence_gather(loop, &f, 1, flags);
        hence_future_unref(f);
    }
    for (size_t i = 0; i < LONG; i++)
        hence_resolve(of[i], hence_chain_future(hence_future_ref(gathers[(i + 1) % LONG])));
    for (size_t i = 1; i < LONG; i++)
        hence_future_unref(gathers[i]);
    return gathers[0];
}

static void check_long_circle(unsigned flags, const char *expected)
{
    both = begin_loop();
    hence_future *f = long_circle(both.loop, flags);
    run();
    check(!hence_future_done(f));
    check_int(hence_future_cancel(f), f ? -EDEADLK : -ENOMEM);
    run();
    check_string(outcome_of(f), expected);
    hence_future_unref(f);
    run();
    if (!support_faulty)
        forget_reports();
    end_loop(&both);
}

/* difference 7 */
TEST_ONCE(circles, a_long_one_of_gathers_ends_when_it_is_cancelled)
{
    check_long_circle(0, "deadlock");
}

/* difference 7 */
TEST_ONCE(circles, a_long_one_of_gathers_that_wait_for_all_ends_when_it_is_cancelled)
{
    check_long_circle(HENCE_GATHER_CANCEL_REST, "deadlock");
}

/* The same of Deferreds. */
static void check_long_circle_of_lists(unsigned flags)
{
    static hence_deferred *lists[LONG];
    static hence_promise *of[LONG];
    for (size_t i = 0; i < LONG; i++) {
        hence_deferred *d = hence_deferred_new(&of[i]);
        lists[i] = hence_gather_results(&d, 1, flags);
    }
    hence_deferred *first = hence_deferred_ref(lists[0]);
    for (size_t i = 0; i < LONG; i++)
        hence_resolve(of[i], hence_chain(lists[(i + 1) % LONG]));
    check_int(hence_deferred_get_state(first), HENCE_DEFERRED_WAITING);
    check_int(hence_deferred_cancel(first), first ? -EDEADLK : -ENOMEM);
    check_int(hence_deferred_get_state(first), HENCE_DEFERRED_DONE);
    hence_deferred_unref(first);
    forget_reports();
}

/* difference 7 */
TEST_ONCE(circles, a_long_one_of_lists_ends_when_it_is_cancelled)
{
    check_long_circle_of_lists(0);
}

/* difference 7 */
TEST_ONCE(circles, a_long_one_of_lists_that_wait_for_all_ends_when_it_is_cancelled)
{
    check_long_circle_of_lists(HENCE_CANCEL_REST);
}

/* A circle of `n` shares, of which each waits for the next one; gives the first, and what waits for it. */
static hence_share *circle_of_shares(size_t n, hence_deferred **waits)
{
    static hence_share *shares[LONG];
    static hence_promise *of[LONG];
    for (size_t i = 0; i < n; i++)
        shares[i] = hence_share_new(hence_deferred_new(&of[i]));
    *waits = hence_share_get(shares[0]);
    for (size_t i = 0; i < n; i++)
        hence_resolve(of[i], hence_chain(hence_share_get(shares[(i + 1) % n])));
    for (size_t i = 1; i < n; i++)
        hence_share_unref(shares[i]);
    return shares[0];
}

/* difference 7 */
TEST_ONCE(circles, one_of_three_hundred_shares_is_found)
{
    hence_deferred *d;
    hence_share *share = circle_of_shares(300, &d);
    check_string(outcome(d), "deadlock");
    hence_deferred_unref(d);
    hence_share_unref(share);
    forget_reports();
}

/* difference 7 */
TEST_ONCE(circles, a_long_one_of_shares_ends_when_one_of_them_is_cancelled)
{
    hence_deferred *d;
    hence_share *share = circle_of_shares(LONG, &d);
    check_int(hence_deferred_get_state(d), HENCE_DEFERRED_PENDING);
    check_int(hence_share_cancel(share), 0);
    check_string(outcome(d), "cancelled");
    hence_deferred_unref(d);
    hence_share_unref(share);
    forget_reports();
}

/* One that has failed already, and cancels the rest, waits in vain for an input that waits for it. */
TEST_ONCE(circles, a_long_one_ends_when_another_input_fails)
{
    both = begin_loop();
    hence_promise *p, *q;
    hence_future *in[] = {hence_future_new(both.loop, &p), hence_future_new(both.loop, &q)};
    hence_future *f = hence_gather(both.loop, in, 2, HENCE_GATHER_CANCEL_REST), *g = f;
    hence_future_ref(g);
    for (size_t i = 0; i < LONG; i++) {
        hence_future *outer = hence_gather(both.loop, &g, 1, HENCE_GATHER_CANCEL_REST);
        hence_future_unref(g);
        g = outer;
    }
    hence_resolve(p, hence_chain_future(g));
    run();
    check(!hence_future_done(in[0]));
    hence_resolve(q, failure("broken"));
    run();
    check_string(outcome_of(f), "broken");
    hence_future_unref(f);
    hence_future_unref(in[0]);
    hence_future_unref(in[1]);
    run();
    forget_reports();
    end_loop(&both);
}
