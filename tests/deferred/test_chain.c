/* SPDX-License-Identifier: BSD-3-Clause */
/* One Deferred resolves the promise of another: hence_deferred_chain(). */
#include <errno.h>

#include "support.h"

SUITE(chain);

/* rule 22 */
TEST(chain, the_promise_gets_a_value_that_is_there_at_once)
{
    hence_promise *p;
    hence_deferred *target = hence_deferred_new(&p);
    hence_deferred *source = hence_deferred_succeed(payload());
    hence_deferred_add_both(target, pass, "target");
    check_int(hence_deferred_chain(source, p), 0);
    if (source)
        check_trace("target:payload");
    check_int(payloads_alive(), source && target);
    hence_deferred_unref(source);
    hence_deferred_unref(target);
}

/* rule 22 */
TEST(chain, the_promise_gets_a_failure_that_is_there_at_once)
{
    hence_promise *p;
    hence_deferred *target = hence_deferred_new(&p);
    hence_deferred *source = hence_deferred_fail(failure("broken"));
    check_int(hence_deferred_chain(source, p), 0);
    hence_deferred_unref(source);
    hence_deferred_add_both(target, swallow, "target");
    check_trace("target:broken");
    hence_deferred_unref(target);
}

/* rule 22 */
TEST(chain, the_promise_gets_the_result_when_it_comes)
{
    hence_promise *p, *q;
    hence_deferred *source = hence_deferred_new(&p);
    hence_deferred *target = hence_deferred_new(&q);
    hence_deferred_add_both(source, add_one, "source");
    hence_deferred_add_both(target, pass, "target");
    check_int(hence_deferred_chain(source, q), 0);
    check(hence_deferred_get_state(target) == HENCE_DEFERRED_PENDING);
    hence_resolve(p, hence_int(1));
    check_trace("source:1 target:2");
    hence_deferred_unref(source);
    hence_deferred_unref(target);
}

/* rule 23 */
TEST(chain, steps_added_to_the_source_afterwards_see_none_and_come_after_the_target)
{
    hence_promise *p, *q;
    hence_deferred *source = hence_deferred_new(&p);
    hence_deferred *target = hence_deferred_new(&q);
    hence_deferred_add_both(source, pass, "before");
    hence_deferred_chain(source, q);
    hence_deferred_add_both(source, pass, "after");
    hence_deferred_add_both(source, pass, "too");
    hence_deferred_add_both(target, pass, "target");
    hence_resolve(p, hence_int(1));
    check_trace("before:1 target:1 after:none too:none");
    check_string(outcome(source), "taken");
    hence_deferred_unref(source);
    hence_deferred_unref(target);
}

static hence_result check_source_is_done(hence_result *in, void *source)
{
    check_int(hence_deferred_get_state(source), HENCE_DEFERRED_DONE);
    trace("target:%s", describe(in));
    hence_deferred_add_both(source, pass, "after");
    return hence_none();
}

/* rule 22, difference 22 */
TEST(chain, a_source_without_steps_is_done_when_the_target_runs)
{
    hence_promise *p, *q;
    hence_deferred *source = hence_deferred_new(&p);
    hence_deferred *target = hence_deferred_new(&q);
    hence_deferred_chain(source, q);
    hence_deferred_add_both(target, check_source_is_done, source);
    hence_deferred_add_both(target, pass, "too");
    hence_resolve(p, hence_int(1));
    check_trace("target:1 after:none too:none");
    hence_deferred_unref(source);
    hence_deferred_unref(target);
}

TEST(chain, a_source_that_nobody_holds_still_serves)
{
    hence_promise *p, *q;
    hence_deferred *source = hence_deferred_new(&p);
    hence_deferred *target = hence_deferred_new(&q);
    hence_deferred_chain(source, q);
    hence_deferred_unref(source);
    hence_resolve(p, hence_int(7));
    check_string(outcome(target), "7");
    hence_deferred_unref(target);
}

TEST(chain, a_target_that_nobody_holds_still_runs)
{
    hence_promise *p, *q;
    hence_deferred *source = hence_deferred_new(&p);
    hence_deferred *target = hence_deferred_new(&q);
    hence_deferred_add_both(target, pass, "target");
    hence_deferred_chain(source, q);
    hence_deferred_unref(target);
    hence_resolve(p, hence_int(7));
    check_trace("target:7");
    hence_deferred_unref(source);
}

TEST(chain, the_source_may_wait_for_another_one_first)
{
    hence_promise *p, *q;
    hence_deferred *inner = hence_deferred_new(&p);
    hence_deferred *target = hence_deferred_new(&q);
    hence_deferred *source = hence_deferred_succeed(hence_chain(hence_deferred_ref(inner)));
    check_int(hence_deferred_chain(source, q), 0);
    hence_resolve(p, hence_int(7));
    check_string(outcome(target), "7");
    hence_deferred_unref(inner);
    hence_deferred_unref(source);
    hence_deferred_unref(target);
}

TEST(chain, an_outer_one_gets_what_the_target_got)
{
    hence_promise *p, *q;
    hence_deferred *source = hence_deferred_new(&p);
    hence_deferred *target = hence_deferred_new(&q);
    hence_deferred *outer = hence_deferred_succeed(hence_chain(hence_deferred_ref(target)));
    hence_deferred_chain(source, q);
    hence_deferred_add_both(source, pass, "source");
    hence_deferred_add_both(target, pass, "target");
    hence_deferred_add_both(outer, pass, "outer");
    hence_resolve(p, hence_int(7));
    check_trace("outer:7 target:none source:none");
    hence_deferred_unref(source);
    hence_deferred_unref(target);
    hence_deferred_unref(outer);
}

TEST(chain, a_paused_source_serves_when_it_is_unpaused)
{
    hence_promise *q;
    hence_deferred *source = hence_deferred_succeed(hence_int(7));
    hence_deferred *target = hence_deferred_new(&q);
    hence_deferred_pause(source);
    hence_deferred_add_both(target, pass, "target");
    check_int(hence_deferred_chain(source, q), 0);
    check_trace("");
    hence_deferred_unpause(source);
    check_trace("target:7");
    hence_deferred_unref(source);
    hence_deferred_unref(target);
}

TEST(chain, a_paused_target_keeps_what_it_got)
{
    hence_promise *p, *q;
    hence_deferred *source = hence_deferred_new(&p);
    hence_deferred *target = hence_deferred_new(&q);
    hence_deferred_pause(target);
    hence_deferred_add_both(target, pass, "target");
    hence_deferred_chain(source, q);
    hence_deferred_add_both(source, pass, "source");
    hence_resolve(p, hence_int(7));
    check_trace("source:none");
    check(hence_deferred_get_state(target) == HENCE_DEFERRED_PAUSED);
    hence_deferred_unpause(target);
    check_trace("target:7");
    hence_deferred_unref(source);
    hence_deferred_unref(target);
}

/* rule 42 */
TEST(chain, a_paused_source_that_is_let_go_abandons_the_target)
{
    hence_promise *q;
    hence_deferred *source = hence_deferred_succeed(hence_int(7));
    hence_deferred *target = hence_deferred_new(&q);
    hence_deferred_pause(source);
    hence_deferred_chain(source, q);
    hence_deferred_unref(source);
    check_string(outcome(target), "abandoned");
    hence_deferred_unref(target);
}

static hence_deferred *running;
static hence_promise *target_promise;

static hence_result chain_itself(hence_result *in, void *word)
{
    trace("%d", hence_deferred_chain(running, target_promise));
    return add_one(in, word);
}

TEST(chain, chaining_inside_its_own_step_gives_the_final_value)
{
    hence_promise *p;
    running = hence_deferred_new(&p);
    hence_deferred *target = hence_deferred_new(&target_promise);
    hence_deferred_add_both(running, chain_itself, "first");
    hence_deferred_add_both(running, add_one, "second");
    hence_deferred_add_both(target, pass, "target");
    hence_resolve(p, hence_int(1));
    check_trace("0 first:1 second:2 target:3");
    hence_deferred_unref(running);
    hence_deferred_unref(target);
}

static hence_result resolve_promise(hence_result *in, void *promise)
{
    trace("[");
    hence_resolve(promise, hence_int(hence_as_int(in) + 1));
    trace("]");
    return *in;
}

TEST(chain, resolving_by_hand_inside_a_step_runs_the_other_chain_inside_it)
{
    hence_promise *p, *q;
    hence_deferred *source = hence_deferred_new(&p);
    hence_deferred *target = hence_deferred_new(&q);
    hence_deferred_add_callbacks(source, resolve_promise, resolve_promise, q);
    hence_deferred_add_both(target, pass, "target");
    hence_resolve(p, hence_int(1));
    if (!source)
        hence_abandon(q);
    check_trace("[ target:2 ]");
    hence_deferred_unref(source);
    hence_deferred_unref(target);
}

/* ---- nothing, and taken ---- */

TEST(chain, without_a_promise_the_source_is_left_alone)
{
    hence_deferred *source = hence_deferred_succeed(hence_int(7));
    check_int(hence_deferred_chain(source, NULL), -EINVAL);
    check_int(hence_deferred_chain(NULL, NULL), -EINVAL);
    check_string(outcome(source), "7");
    hence_deferred_unref(source);
}

TEST(chain, from_nothing_the_promise_gets_the_out_of_memory_failure)
{
    hence_promise *p;
    hence_deferred *target = hence_deferred_new(&p);
    check_int(hence_deferred_chain(NULL, p), 0);
    check_string(outcome(target), "nomem");
    hence_deferred_unref(target);
}

/* difference 1 */
TEST(chain, a_second_promise_fails_as_taken)
{
    hence_promise *p, *q, *q2;
    hence_deferred *source = hence_deferred_new(&p);
    hence_deferred *target = hence_deferred_new(&q);
    hence_deferred *second = hence_deferred_new(&q2);
    check_int(hence_deferred_chain(source, q), 0);
    check_int(hence_deferred_chain(source, q2), -EBUSY);
    check_string(outcome(second), "taken");
    hence_resolve(p, hence_int(7));
    check_string(outcome(target), "7");
    hence_deferred_unref(source);
    hence_deferred_unref(target);
    hence_deferred_unref(second);
}

/* ---- cancelled ---- */

/* rule 24 */
TEST(chain, cancelling_the_target_leaves_the_source_alone)
{
    hence_promise *p, *q;
    hence_deferred *source = hence_deferred_new(&p);
    hence_deferred *target = hence_deferred_new(&q);
    hence_deferred_add_both(source, pass, "source");
    hence_deferred_chain(source, q);
    hence_deferred_add_both(source, pass, "after");
    hence_deferred_add_both(target, swallow, "target");
    check_int(hence_deferred_cancel(target), 0);
    check_trace("target:cancelled");
    check(hence_promise_is_wanted(p));
    hence_resolve(p, payload());
    check_trace("source:payload after:none");
    check_int(payloads_alive(), 0);
    hence_deferred_unref(source);
    hence_deferred_unref(target);
}

TEST(chain, cancelling_the_source_reaches_the_target)
{
    hence_promise *p, *q;
    hence_deferred *source = hence_deferred_new(&p);
    hence_deferred *target = hence_deferred_new(&q);
    hence_deferred_chain(source, q);
    check_int(hence_deferred_cancel(source), 0);
    check_string(outcome(target), "cancelled");
    hence_abandon(p);
    hence_deferred_unref(source);
    hence_deferred_unref(target);
}

TEST(chain, a_target_cancelled_and_let_go_swallows_the_result)
{
    hence_promise *p, *q;
    hence_deferred *source = hence_deferred_new(&p);
    hence_deferred *target = hence_deferred_new(&q);
    hence_deferred_chain(source, q);
    hence_deferred_cancel(target);
    hence_deferred_unref(target);
    hence_resolve(p, failure("broken"));
    hence_deferred_unref(source);
}

TEST(chain, a_target_cancelled_before_the_chaining_swallows_the_result)
{
    hence_promise *q;
    hence_deferred *source = hence_deferred_succeed(payload());
    hence_deferred *target = hence_deferred_new(&q);
    hence_deferred_cancel(target);
    check_int(hence_deferred_chain(source, q), 0);
    check_int(payloads_alive(), 0);
    check_string(outcome(target), "cancelled");
    hence_deferred_unref(source);
    hence_deferred_unref(target);
}

/* rule 25 */
TEST(chain, a_target_with_a_canceller_that_says_not_stopped_swallows_the_result)
{
    hence_promise *p, *q;
    hence_deferred *source = hence_deferred_new(&p);
    hence_deferred *target = hence_deferred_new(&q);
    hence_promise_on_cancel(q, trace_and_go_on, "canceller");
    hence_deferred_chain(source, q);
    hence_deferred_cancel(target);
    check_string(outcome(target), "cancelled");
    hence_resolve(p, payload());
    check_int(payloads_alive(), 0);
    hence_deferred_unref(source);
    hence_deferred_unref(target);
}

/* rule 25 */
TEST(chain, a_target_with_a_canceller_that_says_stopped_swallows_the_result)
{
    hence_promise *p, *q;
    hence_deferred *source = hence_deferred_new(&p);
    hence_deferred *target = hence_deferred_new(&q);
    hence_promise_on_cancel(q, trace_and_stop, "canceller");
    hence_deferred_chain(source, q);
    hence_deferred_cancel(target);
    check_string(outcome(target), "cancelled");
    hence_deferred_unref(target);
    check_int(hence_resolve(p, payload()), 0);
    check_int(payloads_alive(), 0);
    hence_deferred_unref(source);
}

static bool abandon(hence_promise *p, void *word)
{
    trace("%s", (const char *)word);
    hence_abandon(p);
    return true;
}

/* rule 25 */
TEST(chain, a_target_with_a_canceller_that_abandons_swallows_the_result)
{
    hence_promise *p, *q;
    hence_deferred *source = hence_deferred_new(&p);
    hence_deferred *target = hence_deferred_new(&q);
    hence_promise_on_cancel(q, abandon, "canceller");
    hence_deferred_chain(source, q);
    hence_deferred_cancel(target);
    check_string(outcome(target), "cancelled");
    hence_deferred_unref(target);
    check_int(hence_resolve(p, payload()), 0);
    check_int(payloads_alive(), 0);
    hence_deferred_unref(source);
}

static bool resolve_source(hence_promise *p, void *promise)
{
    (void)p;
    hence_resolve(promise, hence_int(7));
    return false;
}

TEST(chain, a_canceller_of_the_target_may_resolve_the_source)
{
    hence_promise *p, *q;
    hence_deferred *source = hence_deferred_new(&p);
    hence_deferred *target = hence_deferred_new(&q);
    hence_promise_on_cancel(q, resolve_source, p);
    hence_deferred_chain(source, q);
    hence_deferred_add_both(target, pass, "target");
    hence_deferred_cancel(target);
    if (!target)
        hence_resolve(p, hence_int(7));
    if (source && target)
        check_string(outcome(target), "7");
    check_trace("target:7");
    hence_deferred_unref(source);
    hence_deferred_unref(target);
}

/* ---- circles ---- */

/* rule 26, difference 7 */
TEST(chain, one_chained_to_its_own_promise_fails_with_a_deadlock)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    check_int(hence_deferred_chain(d, p), 0);
    check_string(outcome(d), "deadlock");
    hence_deferred_unref(d);
}

/* rule 26, difference 7 */
TEST(chain, two_chained_to_each_other_fail_with_a_deadlock)
{
    hence_promise *p, *q;
    hence_deferred *a = hence_deferred_new(&p);
    hence_deferred *b = hence_deferred_new(&q);
    hence_deferred_add_both(a, swallow, "a");
    hence_deferred_add_both(b, swallow, "b");
    hence_deferred_chain(a, q);
    hence_deferred_chain(b, p);
    check_trace("a:deadlock b:none");
    check(hence_deferred_get_state(a) == HENCE_DEFERRED_DONE);
    check(hence_deferred_get_state(b) == HENCE_DEFERRED_DONE);
    hence_deferred_unref(a);
    hence_deferred_unref(b);
}

/* rule 26, difference 7 */
TEST(chain, a_circle_of_many_fails_with_a_deadlock)
{
    hence_promise *p[100];
    hence_deferred *d[100];
    for (int i = 0; i < 100; i++)
        d[i] = hence_deferred_new(&p[i]);
    for (int i = 0; i < 100; i++)
        hence_deferred_chain(d[i], p[(i + 1) % 100]);
    hence_deferred_add_both(d[99], swallow, "last");
    for (int i = 0; i < 100; i++) {
        check(hence_deferred_get_state(d[i]) == HENCE_DEFERRED_DONE);
        hence_deferred_unref(d[i]);
    }
}

/* rule 26, difference 7 */
TEST(chain, a_circle_of_a_promise_and_a_returned_chain_fails_with_a_deadlock)
{
    hence_promise *p, *q;
    hence_deferred *a = hence_deferred_new(&p);
    hence_deferred *b = hence_deferred_new(&q);
    hence_deferred_add_both(b, chain_to_held, a);
    hence_deferred_chain(b, p);
    hence_deferred_add_both(a, swallow, "a");
    hence_resolve(q, hence_none());
    check_trace("a:deadlock");
    hence_deferred_unref(a);
    hence_deferred_unref(b);
}

/* rule 26, difference 7 */
TEST(chain, chaining_to_the_promise_that_it_waits_for_fails_with_a_deadlock)
{
    hence_promise *p;
    hence_deferred *inner = hence_deferred_new(&p);
    hence_deferred *outer = hence_deferred_succeed(hence_chain(hence_deferred_ref(inner)));
    hence_deferred_add_both(outer, swallow, "outer");
    hence_deferred_chain(outer, p);
    check_trace("outer:deadlock");
    hence_deferred_unref(inner);
    hence_deferred_unref(outer);
}

/* rule 26, difference 7 */
TEST(chain, a_circle_through_a_wait_and_two_promises_fails_with_a_deadlock)
{
    hence_promise *px, *py;
    hence_deferred *x = hence_deferred_new(&px);
    hence_deferred *y = hence_deferred_new(&py);
    hence_deferred *outer = hence_deferred_succeed(hence_chain(hence_deferred_ref(x)));
    hence_deferred_add_both(outer, swallow, "outer");
    hence_deferred_chain(y, px);
    hence_deferred_chain(outer, py);
    check_trace("outer:deadlock");
    check(hence_deferred_get_state(outer) == HENCE_DEFERRED_DONE);
    check(hence_deferred_get_state(x) == HENCE_DEFERRED_DONE);
    check(hence_deferred_get_state(y) == HENCE_DEFERRED_DONE);
    hence_deferred_unref(outer);
    hence_deferred_unref(x);
    hence_deferred_unref(y);
}

/* ---- to a Future ---- */

TEST(chain, the_promise_may_be_that_of_a_Future)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p, *q;
    hence_deferred *source = hence_deferred_new(&p);
    hence_future *target = hence_future_new(both.loop, &q);
    hence_deferred_add_both(source, add_one, "source");
    hence_deferred_chain(source, q);
    hence_resolve(p, hence_int(1));
    check_trace("source:1");
    check_string(describe_and_drop(hence_future_result(target)), "2");
    hence_deferred_unref(source);
    hence_future_unref(target);
    end_loop(&both);
}

/* rule 25 */
TEST(chain, a_Future_with_a_canceller_that_says_stopped_swallows_the_result)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p, *q;
    hence_deferred *source = hence_deferred_new(&p);
    hence_future *target = hence_future_new(both.loop, &q);
    hence_promise_on_cancel(q, trace_and_stop, "canceller");
    hence_deferred_chain(source, q);
    hence_future_cancel(target);
    check_string(describe_and_drop(hence_future_result(target)), "cancelled");
    hence_future_unref(target);
    check_int(hence_resolve(p, payload()), 0);
    check_int(payloads_alive(), 0);
    hence_deferred_unref(source);
    end_loop(&both);
}

/* ---- wherever it waits ---- */

static int steps_run;

static hence_result count_step(hence_result *in, void *number)
{
    check_int((intptr_t)number, steps_run);
    steps_run++;
    return hence_take(in);
}

static hence_result wait_in_step(hence_result *in, void *inner)
{
    (void)in;
    steps_run++;
    return hence_chain(inner);
}

TEST_ONCE(chain, whichever_of_many_steps_waits_the_others_run_in_order)
{
    enum {
        STEPS = 40
    };
    for (intptr_t waiting = 0; waiting < STEPS; waiting++) {
        hence_promise *p, *q;
        hence_deferred *d = hence_deferred_new(&p), *inner = hence_deferred_new(&q);
        for (intptr_t i = 0; i < STEPS; i++)
            hence_deferred_add_both(d, i == waiting ? wait_in_step : count_step,
                                    i == waiting ? (void *)inner : (void *)i);
        steps_run = 0;
        hence_resolve(p, hence_none());
        check_int(steps_run, waiting + 1);
        hence_deferred_add_both(d, count_step, (void *)(intptr_t)STEPS);
        hence_resolve(q, payload());
        check_int(steps_run, STEPS + 1);
        check_string(outcome(d), "payload");
        hence_deferred_unref(d);
    }
}

/* ---- circles that are longer than is looked for ---- */

static hence_result wait_for_next(hence_result *in, void *next)
{
    (void)in;
    return hence_chain(hence_deferred_ref(next));
}

/* No ledger: nothing can end it. */
Test(chain, cancelling_a_circle_that_was_too_long_to_be_found_comes_to_an_end)
{
    enum {
        LENGTH = 5000
    };
    static hence_deferred *d[LENGTH];
    static hence_promise *p[LENGTH];
    for (int i = 0; i < LENGTH; i++)
        d[i] = hence_deferred_new(&p[i]);
    for (int i = 0; i < LENGTH; i++)
        hence_deferred_add_both(d[i], wait_for_next, d[(i + 1) % LENGTH]);
    for (int i = 0; i < LENGTH; i++)
        hence_resolve(p[i], hence_none());
    cr_assert_eq(hence_deferred_cancel(d[0]), -EDEADLK);
    cr_assert_eq(hence_deferred_cancel(d[LENGTH / 2]), -EDEADLK);
    cr_assert_eq(hence_deferred_get_state(d[0]), HENCE_DEFERRED_WAITING);
}
