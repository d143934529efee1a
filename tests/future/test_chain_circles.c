/* SPDX-License-Identifier: BSD-3-Clause */
/* Circles of Futures. */
#include <errno.h>

#include "support/support.h"

SUITE(future_chain);

static hence_result future_chain(hence_future *f)
{
    return hence_chain_future(hence_future_ref(f));
}

/* ---- waited for by Deferreds ---- */

static hence_future *to_wait_for;

/* ---- circles ---- */

/* rule 95 */ /* difference 7 */
TEST(future_chain, a_Future_that_waits_for_itself_fails)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_future_add_done_callback(f, done, "f");
    check_int(hence_resolve(p, future_chain(f)), p ? 0 : -EINVAL);
    hence_test_clock_advance(both.clock, 0);
    check_trace("f:deadlock");
    hence_future_failure(f);
    hence_future_unref(f);
    end_loop(&both);
}

/* difference 7 */
TEST(future_chain, a_Future_without_listeners_that_waits_for_itself_fails_too)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_resolve(p, future_chain(f));
    check_string(outcome_of(f), "deadlock");
    hence_future_unref(f);
    end_loop(&both);
}

/* difference 7 */
TEST(future_chain, a_circle_of_Futures_fails)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p[4];
    hence_future *f[4];
    for (int i = 0; i < 4; i++)
        f[i] = hence_future_new(both.loop, &p[i]);
    for (int i = 0; i < 4; i++)
        hence_resolve(p[i], future_chain(f[(i + 1) % 4]));
    hence_test_clock_advance(both.clock, 0);
    for (int i = 0; i < 4; i++) {
        check_string(outcome_of(f[i]), "deadlock");
        hence_future_unref(f[i]);
    }
    end_loop(&both);
}

/* difference 7 */
TEST(future_chain, a_circle_through_a_Deferred_fails)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_deferred *d = hence_deferred_from_future(f);
    hence_deferred_add_both(d, pass, "d");
    hence_resolve(p, hence_chain(d));
    check_string(outcome_of(f), "deadlock");
    hence_test_clock_advance(both.clock, 0);
    check_trace("d:deadlock");
    hence_future_unref(f);
    check(had_report(HENCE_REPORT_UNHANDLED)); /* nobody but the circle held the Deferred */
    end_loop(&both);
}

static hence_result wait_for_its_Future(hence_result *in, void *word)
{
    trace("%s:%s", (const char *)word, describe(in));
    return future_chain(to_wait_for);
}

/* difference 7 */
TEST(future_chain, a_step_that_returns_the_Future_that_waits_for_it_fails)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p, *q;
    to_wait_for = hence_future_new(both.loop, &p);
    hence_deferred *d = hence_deferred_new(&q);
    hence_deferred_add_callback(d, wait_for_its_Future, "a");
    hence_deferred_add_both(d, swallow, "b");
    hence_resolve(p, hence_chain(d));
    hence_resolve(q, hence_int(1));
    check_trace("a:1 b:deadlock");
    check_string(outcome_of(to_wait_for), "none");
    hence_future_unref(to_wait_for);
    end_loop(&both);
}

/* difference 7 */
TEST(future_chain, a_circle_through_both_adapters_fails)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_future *f = hence_deferred_as_future(both.loop, d);
    if (!f) {
        hence_abandon(p);
    } else {
        hence_deferred *e = hence_deferred_from_future(f);
        hence_resolve(p, hence_chain(e));
    }
    hence_test_clock_advance(both.clock, 0);
    check(hence_future_done(f));
    check_string(outcome_of(f), "deadlock");
    hence_future_unref(f);
    if (!support_faulty)
        while (had_report(HENCE_REPORT_UNHANDLED))
            ;
    end_loop(&both);
}
