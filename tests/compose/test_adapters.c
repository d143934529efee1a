/* SPDX-License-Identifier: BSD-3-Clause */
/* A Future for a Deferred, and a Deferred for a Future. */
#include <errno.h>
#include <string.h>

#include "support/support.h"

SUITE(adapters);

/* ---- a Future for a Deferred ---- */

TEST(adapters, a_Future_gets_the_Deferred_s_value_through_the_loop)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred_add_callback(d, add_one, "d");
    hence_future *f = hence_deferred_as_future(both.loop, d);
    hence_future_add_done_callback(f, done, "f");
    check(!hence_future_done(f));
    hence_resolve(p, hence_int(1));
    check_trace("d:1");
    check_string(outcome_of(f), "2");
    hence_test_clock_advance(both.clock, 0);
    check_trace("f:2");
    hence_future_unref(f);
    end_loop(&both);
}

TEST(adapters, a_Future_gets_the_Deferred_s_failure)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_deferred_as_future(both.loop, hence_deferred_new(&p));
    hence_resolve(p, failure("broken"));
    check_string(outcome_of(f), "broken");
    check(!hence_future_cancelled(f));
    hence_future_unref(f);
    end_loop(&both);
}

TEST(adapters, a_Future_for_a_Deferred_that_is_done_is_done)
{
    struct loop_and_clock both = begin_loop();
    hence_future *f = hence_deferred_as_future(both.loop, hence_deferred_succeed(payload()));
    check(hence_future_done(f));
    hence_future_add_done_callback(f, done, "f");
    check_trace("");
    hence_test_clock_advance(both.clock, 0);
    check_trace("f:shared");
    hence_future_unref(f);
    check_int(payloads_alive(), 0);
    end_loop(&both);
}

/* rule 141 */
TEST(adapters, the_Deferred_s_result_is_taken)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p, *q;
    hence_deferred *d = hence_deferred_new(&p), *broken = hence_deferred_new(&q);
    hence_future *f = hence_deferred_as_future(both.loop, hence_deferred_ref(d));
    hence_future *g = hence_deferred_as_future(both.loop, hence_deferred_ref(broken));
    hence_deferred_add_both(d, pass, "after");
    hence_resolve(p, hence_int(1));
    hence_resolve(q, failure("broken"));
    check_trace("after:none");
    check_string(outcome(d), "taken");
    check_string(outcome_of(f), "1");
    check_string(outcome_of(g), "broken");
    hence_deferred_unref(d);
    hence_deferred_unref(broken); /* the failure is the Future's now */
    hence_future_unref(f);
    hence_future_unref(g);
    end_loop(&both);
}

/* difference 1 */
TEST(adapters, a_Deferred_whose_result_went_to_another_gives_taken)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_future *f = hence_deferred_as_future(both.loop, hence_deferred_ref(d));
    hence_future *g = hence_deferred_as_future(both.loop, d);
    check_string(outcome_of(g), "taken");
    hence_resolve(p, hence_int(1));
    check_string(outcome_of(f), "1");
    hence_future_unref(f);
    hence_future_unref(g);
    end_loop(&both);
}

TEST(adapters, the_Future_knows_its_loop_and_its_line)
{
    struct loop_and_clock both = begin_loop();
    hence_future *f = hence_deferred_as_future(both.loop, hence_deferred_succeed(hence_none()));
    check(hence_future_loop(f) == both.loop);
    check(f && strstr(hence_future_site(f), "test_adapters.c:"));
    hence_future_failure(f);
    hence_future_unref(f);
    end_loop(&both);
}

TEST(adapters, the_Deferred_that_could_not_be_had_is_a_Future_that_failed_with_that)
{
    struct loop_and_clock both = begin_loop();
    hence_future *f = hence_deferred_as_future(both.loop, NULL);
    check_string(outcome_of(f), "nomem");
    hence_future_unref(f);
    end_loop(&both);
}

TEST(adapters, without_a_loop_the_Deferred_is_let_go)
{
    hence_loop *loop = hence_loop_new(NULL);
    check(!hence_deferred_as_future(NULL, hence_deferred_succeed(payload())));
    hence_loop_close(loop);
    check(!hence_deferred_as_future(loop, hence_deferred_succeed(payload())));
    check_int(payloads_alive(), 0);
    hence_loop_free(loop);
}

TEST(adapters, without_memory_the_Deferred_is_let_go)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    out_of_memory(true);
    check(!hence_deferred_as_future(both.loop, d));
    out_of_memory(false);
    check_int(hence_resolve(p, payload()), p ? 0 : -EINVAL);
    check_int(payloads_alive(), 0);
    end_loop(&both);
}

/* ---- a Deferred for a Future ---- */

TEST(adapters, a_Deferred_gets_the_Future_s_result_through_the_loop)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p, *q;
    hence_future *f = hence_future_new(both.loop, &p), *g = hence_future_new(both.loop, &q);
    hence_deferred *d = hence_deferred_from_future(f), *e = hence_deferred_from_future(g);
    hence_deferred_add_both(d, pass, "d");
    hence_deferred_add_both(e, swallow, "e");
    hence_resolve(p, payload());
    hence_resolve(q, failure("broken"));
    check_trace("");
    hence_test_clock_advance(both.clock, 0);
    check_trace("d:shared e:broken");
    hence_future_unref(f);
    hence_future_unref(g);
    check_int(payloads_alive(), 1);
    hence_deferred_unref(d);
    hence_deferred_unref(e);
    check_int(payloads_alive(), 0);
    end_loop(&both);
}

TEST(adapters, a_Deferred_for_a_Future_that_is_done_is_done)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_resolve(p, hence_int(7));
    hence_deferred *d = hence_deferred_from_future(f);
    check_string(outcome(d), "7");
    check(d && strstr(hence_deferred_site(d), "test_adapters.c:"));
    hence_deferred_unref(d);
    hence_future_unref(f);
    end_loop(&both);
}

TEST(adapters, each_Deferred_of_a_Future_gets_its_result)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_deferred *d = hence_deferred_from_future(f), *e = hence_deferred_from_future(f);
    hence_resolve(p, payload());
    hence_test_clock_advance(both.clock, 0);
    check_string(outcome(d), "shared");
    check_string(outcome(e), "shared");
    hence_deferred_unref(d);
    hence_deferred_unref(e);
    hence_future_unref(f);
    end_loop(&both);
}

/* rule 145 */
TEST(adapters, a_cancelled_Future_makes_a_Deferred_that_fails_with_cancelled)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_deferred *d = hence_deferred_from_future(f);
    hence_deferred_add_both(d, pass, "d");
    hence_future_cancel(f);
    check_trace("");
    hence_test_clock_advance(both.clock, 0);
    check_trace("d:cancelled");
    hence_abandon(p);
    hence_deferred_unref(d); /* is not reported */
    hence_future_unref(f);
    end_loop(&both);
}

/* rule 146 */
TEST(adapters, cancelling_the_Deferred_cancels_the_Future_and_tells_it_through_the_loop)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_promise_on_cancel(p, trace_and_go_on, "canceller");
    hence_future_add_done_callback(f, done, "f");
    hence_deferred *d = hence_deferred_from_future(f);
    hence_deferred_add_both(d, pass, "d");
    check_int(hence_deferred_cancel(d), d ? 0 : -ENOMEM);
    check_trace("canceller");
    check(hence_future_cancelled(f));
    check_int(hence_deferred_get_state(d), HENCE_DEFERRED_WAITING);
    hence_test_clock_advance(both.clock, 0);
    check_trace("f:cancelled d:cancelled");
    hence_abandon(p);
    hence_deferred_unref(d);
    hence_future_failure(f);
    hence_future_unref(f);
    end_loop(&both);
}

/* rule 147 */
TEST(adapters, cancelling_the_Deferred_is_too_late_when_the_Future_is_done)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_deferred *d = hence_deferred_from_future(f);
    hence_deferred_add_both(d, pass, "d");
    hence_resolve(p, hence_int(11));
    check_int(hence_deferred_cancel(d), -EALREADY);
    check_trace("");
    hence_test_clock_advance(both.clock, 0);
    check_trace("d:11");
    hence_deferred_unref(d);
    hence_future_unref(f);
    end_loop(&both);
}

static hence_result chain_to_future(hence_result *in, void *f)
{
    (void)in;
    return hence_chain_future(hence_future_ref(f));
}

TEST(adapters, a_Deferred_that_is_paused_while_it_waits_for_a_Future_goes_on_when_it_is_not)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_deferred *d = hence_deferred_succeed(hence_none());
    hence_deferred_add_callback(d, chain_to_future, f);
    hence_deferred_add_both(d, pass, "d");
    hence_deferred_pause(d);
    hence_resolve(p, hence_int(7));
    hence_test_clock_advance(both.clock, 0);
    check_trace("");
    hence_deferred_unpause(d);
    check_trace("d:7");
    hence_deferred_unref(d);
    hence_future_unref(f);
    end_loop(&both);
    forget_reports();
}

TEST(adapters, the_Deferred_holds_the_Future)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_deferred *d = hence_deferred_from_future(f);
    hence_future_unref(f);
    hence_resolve(p, payload());
    hence_test_clock_advance(both.clock, 0);
    check_string(outcome(d), "shared");
    check_int(payloads_alive(), 0);
    hence_deferred_unref(d);
    end_loop(&both);
}

TEST(adapters, the_Future_that_could_not_be_had_is_a_Deferred_that_failed_with_that)
{
    hence_deferred *d = hence_deferred_from_future(NULL);
    check_string(outcome(d), "nomem");
    hence_deferred_unref(d);
}

TEST(adapters, a_Deferred_that_waits_is_told_when_the_loop_closes)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_deferred *d = hence_deferred_from_future(f);
    hence_deferred_add_both(d, swallow, "d");
    hence_resolve(p, payload());
    hence_future_unref(f);
    end_loop(&both);
    check_trace("d:closed");
    check_int(payloads_alive(), 0);
    hence_deferred_unref(d);
}
