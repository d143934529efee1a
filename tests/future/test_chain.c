/* SPDX-License-Identifier: BSD-3-Clause */
/* Futures that wait for others. */
#include <errno.h>

#include "support/support.h"

SUITE(future_chain);

static hence_result future_chain(hence_future *f)
{
    return hence_chain_future(hence_future_ref(f));
}

/* ---- resolved with a chain ---- */

/* rule 91 */ /* difference 16 */
TEST(future_chain, a_Future_resolved_with_another_waits_for_it)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p, *q;
    hence_future *outer = hence_future_new(both.loop, &p);
    hence_future *inner = hence_future_new(both.loop, &q);
    hence_future_add_done_callback(outer, done, "outer");
    check_int(hence_resolve(p, future_chain(inner)), 0);
    check(!hence_future_done(outer));
    check_string(outcome_of(outer), "pending");
    hence_resolve(q, hence_int(7));
    check_trace("");
    hence_test_clock_advance(both.clock, 0);
    check_trace("outer:7");
    check_string(outcome_of(inner), "7");
    hence_future_failure(outer);
    hence_future_unref(outer);
    hence_future_unref(inner);
    end_loop(&both);
}

/* difference 16 */
TEST(future_chain, a_Future_resolved_with_one_that_is_done_is_done)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p, *q;
    hence_future *outer = hence_future_new(both.loop, &p);
    hence_future *inner = hence_future_new(both.loop, &q);
    hence_resolve(q, hence_int(7));
    hence_resolve(p, future_chain(inner));
    check_string(outcome_of(outer), "7");
    hence_future_unref(outer);
    hence_future_unref(inner);
    end_loop(&both);
}

/* difference 16 */
TEST(future_chain, a_Future_resolved_with_a_Deferred_waits_for_it)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p, *q;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_deferred *d = hence_deferred_new(&q);
    hence_future_add_done_callback(f, done, "f");
    hence_deferred_add_callback(d, add_one, "d");
    hence_resolve(p, hence_chain(d));
    check(!hence_future_done(f) || !d);
    hence_resolve(q, hence_int(1));
    check_trace("d:1");
    check_string(outcome_of(f), "2");
    hence_test_clock_advance(both.clock, 0);
    check_trace("f:2");
    hence_future_unref(f);
    end_loop(&both);
}

TEST(future_chain, failures_and_owned_values_come_through)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p, *q, *s, *t;
    hence_future *outer = hence_future_new(both.loop, &p);
    hence_future *inner = hence_future_new(both.loop, &q);
    hence_future *broken = hence_future_new(both.loop, &s);
    hence_future *cause = hence_future_new(both.loop, &t);
    hence_resolve(p, future_chain(inner));
    hence_resolve(s, future_chain(cause));
    void *value = payload_new();
    hence_resolve(q, hence_own(value, payload_destroy));
    hence_resolve(t, failure("broken"));
    hence_test_clock_advance(both.clock, 0);
    hence_result r = hence_future_result(outer);
    check(hence_as(&r, payload_destroy) == value);
    hence_drop(r);
    check_string(outcome_of(broken), "broken");
    hence_future_unref(inner);
    check_int(payloads_alive(), 1);
    hence_future_unref(outer);
    check_int(payloads_alive(), 0);
    hence_future_unref(broken);
    if (support_faulty)
        hence_future_failure(cause);
    hence_future_unref(cause); /* its failure was looked at by who waited for it */
    end_loop(&both);
}

TEST(future_chain, many_may_wait_for_one_and_all_get_the_value)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p, *q[5];
    hence_future *f = hence_future_new(both.loop, &p), *g[5];
    static const char *const words[] = {"0", "1", "2", "3", "4"};
    for (int i = 0; i < 5; i++) {
        g[i] = hence_future_new(both.loop, &q[i]);
        hence_future_add_done_callback(g[i], done, (void *)(uintptr_t)words[i]);
        hence_resolve(q[i], future_chain(f));
    }
    hence_resolve(p, payload());
    hence_test_clock_advance(both.clock, 0);
    check_trace("0:shared 1:shared 2:shared 3:shared 4:shared");
    hence_future_unref(f);
    for (int i = 0; i < 5; i++) {
        check_int(payloads_alive(), 1);
        hence_future_failure(g[i]);
        hence_future_unref(g[i]);
    }
    check_int(payloads_alive(), 0);
    end_loop(&both);
}

TEST(future_chain, a_chain_that_nobody_uses_lets_the_Future_go)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_drop(hence_chain_future(f));
    check_int(hence_resolve(p, payload()), p ? 0 : -EINVAL);
    check_int(payloads_alive(), 0);
    end_loop(&both);
}

TEST(future_chain, a_chain_that_there_is_no_memory_for_is_that_failure)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    out_of_memory(true);
    check_string(describe_and_drop(hence_chain_future(f)), "nomem");
    out_of_memory(false);
    check_int(hence_resolve(p, payload()), p ? 0 : -EINVAL); /* f has been let go */
    check_int(payloads_alive(), 0);
    end_loop(&both);
}

/* rule 88 */
TEST(future_chain, a_Future_of_another_loop_of_the_thread_may_be_waited_for)
{
    struct loop_and_clock both = begin_loop(), others = begin_loop();
    hence_promise *p, *q;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_future *g = hence_future_new(others.loop, &q);
    hence_future_add_done_callback(f, done, "f");
    hence_resolve(p, future_chain(g));
    hence_resolve(q, hence_int(7));
    hence_test_clock_advance(both.clock, 0);
    check_trace("");
    hence_test_clock_advance(others.clock, 0);
    check_trace("");
    hence_test_clock_advance(both.clock, 0);
    check_trace("f:7");
    hence_future_failure(f);
    hence_future_unref(f);
    hence_future_unref(g);
    end_loop(&others);
    end_loop(&both);
}

struct foreign {
    hence_future *f;
    hence_result r;
};

static void chain_there(void *arg)
{
    struct foreign *foreign = arg;
    foreign->r = hence_chain_future(foreign->f);
}

/* rule 135 */
TEST(future_chain, another_thread_gets_no_chain_and_takes_nothing)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    struct foreign foreign = {hence_future_new(both.loop, &p), hence_none()};
    if (foreign.f)
        on_another_thread(chain_there, &foreign);
    check_string(describe_and_drop(foreign.r), "invalid");
    check(had_report(HENCE_REPORT_WRONG_THREAD));
    hence_resolve(p, hence_int(7));
    check_string(outcome_of(foreign.f), "7");
    hence_future_unref(foreign.f);
    end_loop(&both);
}

/* ---- waited for by Deferreds ---- */

static hence_future *to_wait_for;

static hence_result wait_for_future(hence_result *in, void *word)
{
    trace("%s:%s", (const char *)word, describe(in));
    return future_chain(to_wait_for);
}

TEST(future_chain, a_step_may_return_a_Future)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    to_wait_for = hence_future_new(both.loop, &p);
    hence_deferred *d = hence_deferred_succeed(hence_int(1));
    hence_deferred_add_callback(d, wait_for_future, "a");
    hence_deferred_add_both(d, pass, "b");
    check_trace("a:1");
    hence_resolve(p, payload());
    check_trace("");
    hence_test_clock_advance(both.clock, 0);
    check_trace("b:shared");
    hence_future_unref(to_wait_for);
    check_int(payloads_alive(), 1); /* the chain's result refers to it */
    hence_deferred_unref(d);
    check_int(payloads_alive(), 0);
    end_loop(&both);
}

/* difference 12 */
TEST(future_chain, cancelling_who_waits_cancels_the_Future_for_all_its_listeners)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    to_wait_for = hence_future_new(both.loop, &p);
    hence_promise_on_cancel(p, trace_and_go_on, "canceller");
    hence_future_add_done_callback(to_wait_for, done, "f");
    hence_deferred *d = hence_deferred_succeed(hence_int(1));
    hence_deferred_add_callback(d, wait_for_future, "a");
    hence_deferred_add_both(d, swallow, "b");
    check_trace("a:1");
    check_int(hence_deferred_cancel(d), 0);
    check_trace("canceller");
    check(hence_future_cancelled(to_wait_for));
    hence_test_clock_advance(both.clock, 0);
    check_trace("f:cancelled b:cancelled");
    hence_abandon(p);
    hence_future_failure(to_wait_for);
    hence_future_unref(to_wait_for);
    hence_deferred_unref(d);
    end_loop(&both);
}

TEST(future_chain, a_forgotten_Deferred_leaves_nothing_on_the_Future)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    to_wait_for = hence_future_new(both.loop, &p);
    hence_deferred *d = hence_deferred_succeed(hence_int(1));
    hence_deferred_add_callback(d, wait_for_future, "a");
    hence_deferred_add_both(d, pass, "never");
    hence_deferred_forget(d);
    hence_test_clock_advance(both.clock, 0);
    check(hence_future_cancelled(to_wait_for)); /* a chain passes that on */
    check_trace("a:1");
    hence_abandon(p);
    hence_future_unref(to_wait_for);
    end_loop(&both);
}

TEST(future_chain, who_waits_is_told_when_the_loop_closes)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    to_wait_for = hence_future_new(both.loop, &p);
    hence_deferred *d = hence_deferred_succeed(hence_int(1));
    hence_deferred_add_callback(d, wait_for_future, "a");
    hence_deferred_add_both(d, swallow, "b");
    hence_future_add_done_callback(to_wait_for, done, "user");
    check_trace("a:1");
    hence_resolve(p, hence_int(1));
    hence_loop_close(both.loop);
    check_trace("b:closed");
    hence_future_failure(to_wait_for);
    hence_future_unref(to_wait_for);
    hence_deferred_unref(d);
    end_loop(&both);
}

TEST(future_chain, who_waits_is_told_when_the_Future_ends_after_its_loop)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    to_wait_for = hence_future_new(both.loop, &p);
    hence_deferred *d = hence_deferred_succeed(hence_int(1));
    hence_deferred_add_callback(d, wait_for_future, "a");
    hence_deferred_add_both(d, swallow, "b");
    end_loop(&both);
    check_trace("a:1");
    hence_resolve(p, payload());
    check_trace("b:closed");
    hence_future_unref(to_wait_for);
    hence_deferred_unref(d);
}

/* ---- endless loops of tails ---- */

static hence_loop *the_loop;
static int rounds;

static void next_round(void *promise)
{
    hence_promise *q;
    if (++rounds == 100000) {
        hence_resolve(promise, hence_int(rounds));
        return;
    }
    hence_future *f = hence_future_new(the_loop, &q);
    if (f && hence_call_soon(the_loop, next_round, q, NULL) < 0)
        hence_abandon(q);
    hence_resolve(promise, hence_chain_future(f));
}

TEST_ONCE(future_chain, an_endless_row_of_tails_runs_in_constant_memory)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    the_loop = both.loop;
    rounds = 0;
    hence_future_add_done_callback(f, done, "f");
    hence_call_soon(both.loop, next_round, p, NULL);
    for (int i = 0; i < 10; i++)
        hence_test_turn(both.loop);
    long blocks = blocks_alive();
    while (rounds < 90000)
        hence_test_turn(both.loop);
    check_int(blocks_alive(), blocks);
    hence_test_clock_advance(both.clock, 0);
    check_trace("f:100000");
    hence_future_unref(f);
    end_loop(&both);
}

/* ---- a Future for whatever it is ---- */

TEST(future_chain, the_chain_of_a_Future_of_the_same_loop_is_ensured_to_be_that_Future)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_future *same = hence_ensure_future(both.loop, future_chain(f));
    check(same == f);
    hence_resolve(p, hence_int(7));
    hence_future_unref(same);
    hence_future_unref(f);
    end_loop(&both);
}

TEST(future_chain, anything_else_is_ensured_to_be_a_Future_that_ends_with_it)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_future *of_value = hence_ensure_future(both.loop, hence_int(1));
    hence_future *of_failure = hence_ensure_future(both.loop, hence_fail_errno(ENOENT, "none"));
    hence_future *of_chain = hence_ensure_future(both.loop, hence_chain(d));
    check_string(outcome_of(of_value), "1");
    check(hence_future_failure(of_failure) != NULL);
    check_string(outcome_of(of_chain), "pending");
    hence_resolve(p, hence_int(2));
    check_string(outcome_of(of_chain), "2");
    hence_future_unref(of_value);
    hence_future_unref(of_failure);
    hence_future_unref(of_chain);
    end_loop(&both);
}

/* ---- of another loop ---- */

TEST(future_chain, a_Future_of_another_loop_of_the_thread_is_waited_for_in_this_one)
{
    struct loop_and_clock first = begin_loop(), second = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(first.loop, &p);
    check_int(hence_resolve(p, hence_int(7)), 0);
    hence_future *same = hence_ensure_future(first.loop, hence_chain_future(hence_future_ref(f)));
    hence_future *other = hence_ensure_future(second.loop, hence_chain_future(hence_future_ref(f)));
    check(same == f && other != f && hence_future_loop(other) == second.loop);
    check_string(outcome_of(other), "7");
    hence_future_unref(same);
    hence_future_unref(other);
    hence_future_unref(f);
    end_loop(&second);
    end_loop(&first);
}
