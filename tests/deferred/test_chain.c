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
