/* SPDX-License-Identifier: BSD-3-Clause */
/* One Deferred resolves the promise of another: hence_deferred_chain(). */
#include <errno.h>

#include "deferred/chain_support.h"

SUITE(chain);

/* rule 22 */
TEST(chain, the_promise_gets_a_value_that_is_there_at_once)
{
    begin_target(hence_deferred_succeed(payload()));
    hence_deferred_add_both(target, pass, "target");
    check_int(hence_deferred_chain(source, target_promise), 0);
    if (source)
        check_trace("target:payload");
    check_int(payloads_alive(), source && target);
    end_chain();
}

/* rule 22 */
TEST(chain, the_promise_gets_a_failure_that_is_there_at_once)
{
    begin_target(hence_deferred_fail(failure("broken")));
    check_int(hence_deferred_chain(source, target_promise), 0);
    source = hence_deferred_unref(source);
    hence_deferred_add_both(target, swallow, "target");
    check_trace("target:broken");
    end_chain();
}

/* rule 22 */
TEST(chain, the_promise_gets_the_result_when_it_comes)
{
    begin_chain();
    hence_deferred_add_both(source, add_one, "source");
    hence_deferred_add_both(target, pass, "target");
    check_int(hence_deferred_chain(source, target_promise), 0);
    check(hence_deferred_get_state(target) == HENCE_DEFERRED_PENDING);
    hence_resolve(source_promise, hence_int(1));
    check_trace("source:1 target:2");
    end_chain();
}

/* rule 23 */
TEST(chain, steps_added_to_the_source_afterwards_see_none_and_come_after_the_target)
{
    begin_chain();
    hence_deferred_add_both(source, pass, "before");
    hence_deferred_chain(source, target_promise);
    hence_deferred_add_both(source, pass, "after");
    hence_deferred_add_both(source, pass, "too");
    hence_deferred_add_both(target, pass, "target");
    hence_resolve(source_promise, hence_int(1));
    check_trace("before:1 target:1 after:none too:none");
    check_string(outcome(source), "taken");
    end_chain();
}

static hence_result check_source_is_done(hence_result *in, void *arg)
{
    (void)arg;
    check_int(hence_deferred_get_state(source), HENCE_DEFERRED_DONE);
    trace("target:%s", describe(in));
    hence_deferred_add_both(source, pass, "after");
    return hence_none();
}

/* rule 22, difference 22 */
TEST(chain, a_source_without_steps_is_done_when_the_target_runs)
{
    begin_chain();
    hence_deferred_chain(source, target_promise);
    hence_deferred_add_both(target, check_source_is_done, NULL);
    hence_deferred_add_both(target, pass, "too");
    hence_resolve(source_promise, hence_int(1));
    check_trace("target:1 after:none too:none");
    end_chain();
}

TEST(chain, a_source_that_nobody_holds_still_serves)
{
    begin_chain();
    hence_deferred_chain(source, target_promise);
    source = hence_deferred_unref(source);
    hence_resolve(source_promise, hence_int(7));
    check_string(outcome(target), "7");
    end_chain();
}

TEST(chain, a_target_that_nobody_holds_still_runs)
{
    begin_chain();
    hence_deferred_add_both(target, pass, "target");
    hence_deferred_chain(source, target_promise);
    target = hence_deferred_unref(target);
    hence_resolve(source_promise, hence_int(7));
    check_trace("target:7");
    end_chain();
}

TEST(chain, the_source_may_wait_for_another_one_first)
{
    hence_deferred *inner = hence_deferred_new(&source_promise);
    begin_target(hence_deferred_succeed(hence_chain(hence_deferred_ref(inner))));
    check_int(hence_deferred_chain(source, target_promise), 0);
    hence_resolve(source_promise, hence_int(7));
    check_string(outcome(target), "7");
    hence_deferred_unref(inner);
    end_chain();
}

TEST(chain, an_outer_one_gets_what_the_target_got)
{
    begin_chain();
    hence_deferred *outer = hence_deferred_succeed(hence_chain(hence_deferred_ref(target)));
    hence_deferred_chain(source, target_promise);
    hence_deferred_add_both(source, pass, "source");
    hence_deferred_add_both(target, pass, "target");
    hence_deferred_add_both(outer, pass, "outer");
    hence_resolve(source_promise, hence_int(7));
    check_trace("outer:7 target:none source:none");
    hence_deferred_unref(outer);
    end_chain();
}

TEST(chain, a_paused_source_serves_when_it_is_unpaused)
{
    begin_target(hence_deferred_succeed(hence_int(7)));
    hence_deferred_pause(source);
    hence_deferred_add_both(target, pass, "target");
    check_int(hence_deferred_chain(source, target_promise), 0);
    check_trace("");
    hence_deferred_unpause(source);
    check_trace("target:7");
    end_chain();
}

TEST(chain, a_paused_target_keeps_what_it_got)
{
    begin_chain();
    hence_deferred_pause(target);
    hence_deferred_add_both(target, pass, "target");
    hence_deferred_chain(source, target_promise);
    hence_deferred_add_both(source, pass, "source");
    hence_resolve(source_promise, hence_int(7));
    check_trace("source:none");
    check(hence_deferred_get_state(target) == HENCE_DEFERRED_PAUSED);
    hence_deferred_unpause(target);
    check_trace("target:7");
    end_chain();
}

/* rule 42 */
TEST(chain, a_paused_source_that_is_let_go_abandons_the_target)
{
    begin_target(hence_deferred_succeed(hence_int(7)));
    hence_deferred_pause(source);
    hence_deferred_chain(source, target_promise);
    source = hence_deferred_unref(source);
    check_string(outcome(target), "abandoned");
    end_chain();
}

static hence_result chain_itself(hence_result *in, void *word)
{
    trace("%d", hence_deferred_chain(source, target_promise));
    return add_one(in, word);
}

TEST(chain, chaining_inside_its_own_step_gives_the_final_value)
{
    begin_chain();
    hence_deferred_add_both(source, chain_itself, "first");
    hence_deferred_add_both(source, add_one, "second");
    hence_deferred_add_both(target, pass, "target");
    hence_resolve(source_promise, hence_int(1));
    check_trace("0 first:1 second:2 target:3");
    end_chain();
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
    begin_chain();
    hence_deferred_add_callbacks(source, resolve_promise, resolve_promise, target_promise);
    hence_deferred_add_both(target, pass, "target");
    hence_resolve(source_promise, hence_int(1));
    if (!source)
        hence_abandon(target_promise);
    check_trace("[ target:2 ]");
    end_chain();
}

/* ---- nothing, and taken ---- */

TEST(chain, without_a_promise_the_source_is_left_alone)
{
    hence_deferred *d = hence_deferred_succeed(hence_int(7));
    check_int(hence_deferred_chain(d, NULL), -EINVAL);
    check_int(hence_deferred_chain(NULL, NULL), -EINVAL);
    check_string(outcome(d), "7");
    hence_deferred_unref(d);
}

TEST(chain, from_nothing_the_promise_gets_the_out_of_memory_failure)
{
    begin_target(NULL);
    check_int(hence_deferred_chain(source, target_promise), 0);
    check_string(outcome(target), "nomem");
    end_chain();
}

/* difference 1 */
TEST(chain, a_second_promise_fails_as_taken)
{
    hence_promise *p;
    hence_deferred *second = hence_deferred_new(&p);
    begin_chain();
    check_int(hence_deferred_chain(source, target_promise), 0);
    check_int(hence_deferred_chain(source, p), -EBUSY);
    check_string(outcome(second), "taken");
    hence_resolve(source_promise, hence_int(7));
    check_string(outcome(target), "7");
    hence_deferred_unref(second);
    end_chain();
}

/* ---- to a Future ---- */

TEST(chain, the_promise_may_be_that_of_a_Future)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p, *q;
    hence_deferred *d = hence_deferred_new(&p);
    hence_future *f = hence_future_new(both.loop, &q);
    hence_deferred_add_both(d, add_one, "source");
    hence_deferred_chain(d, q);
    hence_resolve(p, hence_int(1));
    check_trace("source:1");
    check_string(outcome_of(f), "2");
    hence_deferred_unref(d);
    hence_future_unref(f);
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
