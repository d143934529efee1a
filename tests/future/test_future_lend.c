/* SPDX-License-Identifier: BSD-3-Clause */
/* Futures that are lent: the loop lets go of them. */
#include "support/support.h"

SUITE(future);

TEST(future, one_that_is_lent_goes_when_it_is_done_and_was_told)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *promise;
    hence_future *f = hence_future_lend(hence_future_new(both.loop, &promise));
    hence_future_add_done_callback(f, done, "f");
    check_int(payloads_alive(), 0);
    hence_resolve(promise, payload());
    check_int(payloads_alive(), 1);
    hence_test_clock_advance(both.clock, 0);
    check_trace("f:shared");
    check_int(payloads_alive(), 0);
    end_loop(&both);
}

TEST(future, one_that_is_lent_and_not_listened_to_is_good_until_the_next_turn)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *promise;
    hence_future *early = hence_future_lend(hence_future_succeed(both.loop, payload()));
    hence_future *late = hence_future_lend(hence_future_new(both.loop, &promise));
    hence_resolve(promise, payload());
    check(hence_future_done(early) && hence_future_done(late));
    check_string(outcome_of(early), "shared");
    check_string(outcome_of(late), "shared");
    check_int(payloads_alive(), 2);
    hence_test_turn(both.loop);
    check_int(payloads_alive(), 0);
    end_loop(&both);
}

TEST(future, each_reference_may_be_lent)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *promise;
    hence_future *f = hence_future_new(both.loop, &promise);
    hence_future_lend(hence_future_ref(f));
    hence_future_lend(hence_future_ref(f));
    hence_future_lend(f);
    hence_resolve(promise, payload());
    hence_future_lend(hence_future_ref(f)); /* it is queued */
    hence_test_turn(both.loop);
    check_int(payloads_alive(), 0);
    end_loop(&both);
}

TEST(future, one_that_is_lent_may_be_kept_by_a_further_reference)
{
    struct loop_and_clock both = begin_loop();
    hence_future *f =
        hence_future_ref(hence_future_lend(hence_future_succeed(both.loop, payload())));
    hence_test_turn(both.loop);
    hence_test_turn(both.loop);
    check_string(outcome_of(f), "shared");
    check_int(payloads_alive(), support_faulty ? payloads_alive() : 1);
    hence_future_unref(f);
    end_loop(&both);
}

TEST(future, a_failure_of_one_that_is_lent_is_reported_when_nobody_has_looked)
{
    struct loop_and_clock both = begin_loop();
    hence_future *f = hence_future_lend(hence_future_fail(both.loop, failure("broken")));
    if (!support_faulty)
        check(!had_report(HENCE_REPORT_NEVER_RETRIEVED));
    hence_test_turn(both.loop);
    check(!f || had_report(HENCE_REPORT_NEVER_RETRIEVED));
    forget_reports();
    end_loop(&both);
}

static void lend_again(hence_future *f, void *arg)
{
    hence_future_lend(hence_future_ref(f));
    done(f, arg);
}

TEST(future, who_is_told_may_lend_it_until_the_next_turn)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *promise;
    hence_future *f = hence_future_new(both.loop, &promise);
    hence_future_add_done_callback(f, lend_again, "f");
    hence_future_unref(f);
    hence_resolve(promise, payload());
    hence_test_turn(both.loop);
    check_trace("f:shared");
    check_int(payloads_alive(), 1);
    hence_test_turn(both.loop);
    check_int(payloads_alive(), 0);
    end_loop(&both);
}

TEST(future, one_that_is_lent_ends_with_the_loop)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *promise;
    hence_future *pending = hence_future_lend(hence_future_new(both.loop, &promise));
    hence_future *f =
        hence_future_ref(hence_future_lend(hence_future_succeed(both.loop, payload())));
    check(!hence_future_done(pending));
    hence_loop_close(both.loop);
    check_string(outcome_of(f), "shared");
    check(!hence_future_lend(f)); /* no turn will come */
    check_int(payloads_alive(), 0);
    hence_resolve(promise, payload());
    check_int(payloads_alive(), 0);
    end_loop(&both);
}
