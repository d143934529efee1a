/* SPDX-License-Identifier: BSD-3-Clause */
/* What is made of Futures: a step, "a + b", a promise resolved, a result waited for. */
#include <errno.h>
#include <string.h>

#include "compose/futures_support.h"

SUITE(operators);

static hence_future *then(hence_step *on_value, hence_step *on_error, const char *word)
{
    return hence_future_then(futures[0], on_value, on_error, (void *)(uintptr_t)word);
}

/* ---- a step ---- */

TEST(operators, then_runs_a_step_through_the_loop_and_gives_what_it_makes)
{
    begin(1, STOPS);
    hence_future *f = then(add_one, NULL, "step");
    resolve_input(0, hence_int(7));
    check_trace("");
    turn();
    check_trace("step:7");
    check_string(outcome_of(f), "8");
    check(f && strstr(hence_future_site(f), "test_operators.c:"));
    check_string(outcome_of(futures[0]), "7"); /* is as it was */
    hence_future_unref(f);
    end();
}

TEST(operators, then_on_one_that_is_done_runs_its_step_in_the_next_turn)
{
    static const char *const traces[] = {"value:7", "error:broken"};
    for (int i = 0; i < 2; i++) {
        begin(1, STOPS);
        resolve_input(0, i ? failure("broken") : hence_int(7));
        hence_future *f = i ? then(NULL, swallow, "error") : then(add_one, NULL, "value");
        check_trace("");
        check(!hence_future_done(f));
        turn();
        check_trace(traces[i]);
        check_string(outcome_of(f), i ? "none" : "8");
        hence_future_unref(f);
        end();
    }
}

TEST(operators, then_runs_the_step_of_the_side_on_which_the_result_is)
{
    for (int i = 0; i < 4; i++) {
        begin(1, STOPS);
        hence_future *f = then(i % 2 ? add_one : fail_with_word, i < 2 ? swallow : NULL, "step");
        resolve_input(0, i < 2 ? failure("broken") : hence_int(7));
        run();
        check_trace(i < 2 ? "step:broken" : "step:7");
        check_string(outcome_of(f), i < 2 ? "none" : i == 3 ? "8" : "step");
        hence_future_unref(f);
        end();
    }
}

static hence_promise *ending_promise;
static hence_future *ending;

static hence_result end_the_Future(hence_result *in, void *arg)
{
    (void)in;
    (void)arg;
    hence_abandon(hence_promise_take(&ending_promise));
    ending = hence_future_unref(ending);
    return hence_none();
}

/* Without memory the step runs inside the call. */
TEST(operators, the_step_of_then_may_end_the_Future)
{
    begin(0, STOPS);
    ending = hence_future_new(both.loop, &ending_promise);
    hence_future *f = hence_future_then(ending, end_the_Future, end_the_Future, NULL);
    if (ending_promise) {
        hence_promise *promise = hence_promise_take(&ending_promise);
        hence_resolve(promise, hence_int(7));
    }
    run();
    check_string(outcome_of(f), "none");
    hence_future_unref(f);
    ending = hence_future_unref(ending);
    end();
}

TEST(operators, then_without_a_step_for_it_lets_the_result_pass)
{
    begin(1, STOPS);
    hence_future *all = then(NULL, NULL, NULL), *f = then(add_one, NULL, "value");
    hence_future *g = then(NULL, swallow, "error");
    resolve_input(0, failure("broken"));
    run();
    if (!support_faulty)
        check_trace("error:broken");
    check_string(outcome_of(f), "broken");
    check_string(outcome_of(all), "broken");
    hence_future_unref(f);
    hence_future_unref(g);
    hence_future_unref(all);
    end();
}

TEST(operators, then_waits_for_a_chain_that_the_step_returns)
{
    begin(1, STOPS);
    hence_promise *p;
    hence_deferred *inner = hence_deferred_new(&p);
    hence_future *f = hence_future_then(futures[0], chain_to_moved, chain_to_moved, &inner);
    resolve_input(0, hence_int(7));
    run();
    check(!hence_future_done(f));
    hence_resolve(p, payload());
    check_string(outcome_of(f), "shared");
    hence_future_unref(f);
    inner = hence_deferred_unref(inner); /* without memory the step runs when the loop closes */
    end();
    check_int(payloads_alive(), 0);
}

/* rule 79 */
TEST(operators, several_may_follow_one_Future_each_with_its_own_result)
{
    begin(1, STOPS);
    hence_future *f = then(add_one, NULL, "f"), *g = then(give_payload, NULL, "g");
    hence_future *h = hence_future_then(f, add_one, NULL, "h");
    resolve_input(0, hence_int(7));
    run();
    if (!support_faulty)
        check_trace("f:7 g:7 h:8");
    check_string(outcome_of(g), "shared");
    if (f)
        check_string(outcome_of(h), "9");
    hence_future_unref(f);
    hence_future_unref(g);
    hence_future_unref(h);
    end();
}

TEST(operators, cancelling_then_cancels_its_input_and_the_steps_decide_what_comes_of_it)
{
    begin(1, STOPS);
    hence_future *f = then(pass, swallow, "step");
    check_int(hence_future_cancel(f), f ? 0 : -ENOMEM);
    if (f)
        check_trace("cancel0");
    check(!hence_future_done(f));
    check_int(hence_future_cancel(f), f ? -EALREADY : -ENOMEM);
    run();
    if (f)
        check_trace("step:cancelled");
    check_string(outcome_of(f), "none");
    hence_future_unref(f);
    end();
}

TEST(operators, cancelling_then_while_it_waits_for_a_chain_cancels_that)
{
    begin(1, STOPS);
    hence_promise *p;
    hence_deferred *inner = hence_deferred_new(&p);
    hence_deferred_add_both(inner, pass, "inner");
    hence_future *f = hence_future_then(futures[0], chain_to_moved, chain_to_moved, &inner);
    resolve_input(0, hence_int(7));
    run();
    check_int(hence_future_cancel(f), f ? 0 : -ENOMEM);
    if (!support_faulty)
        check_trace("inner:cancelled");
    check(hence_future_cancelled(f));
    hence_abandon(p);
    hence_future_unref(f);
    inner = hence_deferred_unref(inner); /* without memory the step runs when the loop closes */
    end();
}

TEST(operators, when_the_loop_closes_then_runs_the_step_of_its_failures)
{
    for (int i = 0; i < 2; i++) {
        begin(1, STOPS);
        hence_future *f = then(pass, swallow, "step");
        if (i)
            resolve_input(0, payload());
        hence_loop_close(both.loop);
        if (!i)
            resolve_input(0, payload());
        if (f)
            check_trace("step:closed");
        check_string(outcome_of(f), "none");
        hence_future_unref(f);
        check(!then(pass, swallow, "never"));
        end();
        check_int(payloads_alive(), 0);
    }
}

TEST(operators, of_none_there_is_none)
{
    begin(1, STOPS);
    check(!hence_future_then(NULL, pass, swallow, "never"));
    check(!hence_combine2(NULL, futures[0], NULL, NULL));
    check(!hence_combine2(futures[0], NULL, NULL, NULL));
    check(!hence_combine2(futures[0], futures[0], NULL, NULL));
    end();
}

/* ---- a + b ---- */

static hence_result add(const hence_result *a, const hence_result *b, void *word)
{
    trace("%s", (const char *)word);
    return hence_int(hence_as_int(a) + hence_as_int(b));
}

static hence_result fail_to_add(const hence_result *a, const hence_result *b, void *word)
{
    (void)a;
    (void)b;
    return failure(word);
}

static hence_result take_first(const hence_result *a, const hence_result *b, void *arg)
{
    hence_result r = *a;
    (void)b;
    (void)arg;
    trace("%s", describe(&r));
    return payload();
}

static hence_future *combine(hence_combine_fn *fn, const char *word)
{
    return hence_combine2(futures[0], futures[1], fn, (void *)(uintptr_t)word);
}

TEST(operators, two_are_combined_through_the_loop_when_both_are_there)
{
    begin(2, STOPS);
    hence_future *f = combine(add, "add");
    resolve_input(1, hence_int(2));
    run();
    check(!hence_future_done(f));
    resolve_input(0, hence_int(40));
    check_trace("");
    run();
    check_trace("add");
    check_string(outcome_of(f), "42");
    check(f && strstr(hence_future_site(f), "test_operators.c:"));
    hence_future_unref(f);
    end();
}

TEST(operators, two_that_are_done_are_combined_through_the_loop)
{
    begin(2, STOPS);
    resolve_input(0, payload());
    resolve_input(1, hence_none());
    hence_future *f = combine(take_first, NULL);
    check_trace("");
    run();
    check_trace("shared");
    check_string(outcome_of(f), "shared");
    hence_future_unref(f);
    end();
    check_int(payloads_alive(), 0);
}

TEST(operators, one_may_be_combined_with_itself)
{
    begin(1, STOPS);
    hence_future *f = hence_combine2(futures[0], futures[0], add, "double");
    resolve_input(0, hence_int(21));
    run();
    check_trace("double");
    check_string(outcome_of(f), "42");
    hence_future_unref(f);
    end();
}

TEST(operators, when_one_of_the_two_fails_that_is_the_result_at_once)
{
    begin(2, STOPS);
    hence_future *f = combine(add, "never");
    resolve_input(1, failure("broken"));
    run();
    check_string(outcome_of(f), "broken");
    check(input_is_wanted(0));
    check_trace("");
    hence_future_unref(f);
    end();
}

TEST(operators, combining_may_fail_and_may_take_time)
{
    begin(2, STOPS);
    resolve_input(0, hence_int(1));
    resolve_input(1, hence_int(2));
    hence_future *f = combine(fail_to_add, "odd");
    run();
    check_string(outcome_of(f), "odd");
    hence_future_unref(f);
    end();
}

TEST(operators, cancelling_a_combination_of_two_cancels_both)
{
    begin(2, STOPS);
    hence_future *f = combine(add, "never");
    check_int(hence_future_cancel(f), f ? 0 : -ENOMEM);
    if (f)
        check_trace("cancel0 cancel1");
    run();
    check(hence_future_cancelled(f));
    check_trace("");
    hence_future_unref(f);
    end();
}

/* rule 88 */
TEST(operators, two_of_different_loops_can_not_be_combined)
{
    begin(1, STOPS);
    struct loop_and_clock others = begin_loop();
    hence_promise *p;
    hence_future *foreign = hence_future_new(others.loop, &p);
    hence_future *f = hence_combine2(futures[0], foreign, add, "never");
    run();
    if (foreign && f)
        check_string(outcome_of(f), "invalid");
    check_trace("");
    hence_resolve(p, hence_none());
    hence_future_unref(foreign);
    hence_future_unref(f);
    end_loop(&others);
    end();
}

/* ---- a promise: rule 122 ---- */

/* rule 122 */
TEST(operators, a_promise_gets_the_result_through_the_loop_and_of_one_that_is_done_at_once)
{
    begin(1, STOPS);
    hence_promise *p, *q;
    hence_deferred *d = hence_deferred_new(&p);
    hence_future *f = hence_future_new(both.loop, &q);
    hence_deferred_add_both(d, pass, "d");
    hence_future_add_done_callback(f, done, "f");
    hence_future_chain(futures[0], p);
    resolve_input(0, payload());
    check_trace("");
    turn();
    if (!support_faulty)
        check_trace("d:shared");
    hence_future_chain(futures[0], q);
    check(hence_future_done(f));
    run();
    if (!support_faulty)
        check_trace("f:shared");
    hence_deferred_forget(d);
    hence_future_unref(f);
    end();
    check_int(payloads_alive(), 0);
}

/* rule 122 */
TEST(operators, cancelling_the_promise_s_side_leaves_the_Future_alone_and_the_result_is_ignored)
{
    begin(1, STOPS);
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_future_add_done_callback(f, done, "f");
    hence_future_chain(futures[0], p);
    check_int(hence_future_cancel(f), f ? 0 : -ENOMEM);
    run();
    check_trace("f:cancelled");
    check(input_is_wanted(0));
    resolve_input(0, payload());
    run();
    check_trace("");
    hence_future_unref(f);
    end();
    check_int(payloads_alive(), 0);
}

/* rule 122 */
TEST(operators, a_cancellation_of_the_Future_is_passed_on)
{
    begin(1, STOPS);
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_future_chain(futures[0], p);
    hence_future_cancel(futures[0]);
    run();
    check(hence_future_cancelled(f));
    if (f)
        check_trace("cancel0");
    hence_future_unref(f);
    end();
}

TEST(operators, what_can_not_be_chained_is_told)
{
    begin(1, STOPS);
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    check_int(hence_future_chain(futures[0], NULL), -EINVAL);
    check_int(hence_future_chain(NULL, NULL), -EINVAL);
    check_int(hence_future_chain(NULL, p), p ? -ENOMEM : -EINVAL);
    check_string(outcome(d), "nomem");
    hence_deferred_unref(d);
    end();
}

static void chain_there(void *p)
{
    trace("%d", hence_future_chain(futures[0], p) == -EPERM);
}

/* rule 135 */
TEST_ONCE(operators, another_thread_is_refused_and_the_promise_is_still_the_caller_s)
{
    begin(1, STOPS);
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    on_another_thread(chain_there, p);
    check_trace("1");
    check(had_report(HENCE_REPORT_WRONG_THREAD));
    check_string(outcome(d), "pending");
    hence_resolve(p, hence_int(7));
    check_string(outcome(d), "7");
    hence_deferred_unref(d);
    end();
}

TEST(operators, when_the_loop_closes_the_promise_is_told)
{
    begin(1, STOPS);
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred_add_both(d, swallow, "d");
    hence_future_chain(futures[0], p);
    resolve_input(0, payload());
    hence_loop_close(both.loop);
    if (!support_faulty)
        check_trace("d:closed");
    hence_deferred_unref(d);
    end();
    check_int(payloads_alive(), 0);
}

/* difference 7 */
TEST(operators, a_Future_chained_to_its_own_promise_fails_with_a_deadlock)
{
    both = begin_loop();
    hence_promise *p, *q;
    hence_future *f = hence_future_new(both.loop, &p), *g = hence_future_new(both.loop, &q);
    hence_future_chain(f, p);
    check_string(outcome_of(f), "deadlock");
    hence_future_unref(f);
    f = hence_future_new(both.loop, &p);
    hence_future_chain(f, q); /* and in a circle of two */
    hence_future_chain(g, p);
    run();
    if (!support_faulty) {
        check_string(outcome_of(f), "deadlock");
        check_string(outcome_of(g), "deadlock");
    }
    hence_future_unref(f);
    hence_future_unref(g);
    end_loop(&both);
}

/* ---- one inside the other ---- */

static hence_future *lent(int seconds)
{
    return hence_future_lend(hence_sleep_future(both.loop, HENCE_SECONDS(seconds)));
}

static hence_result none_of(const hence_result *a, const hence_result *b, void *arg)
{
    (void)a;
    (void)b;
    (void)arg;
    return hence_none();
}

/* The ledger says that nothing leaks. */
TEST(operators, Futures_that_are_made_inside_the_call_are_lent_to_it)
{
    for (int cancelled = 0; cancelled < 2; cancelled++) {
        begin(0, STOPS);
        hence_future *all[] = {
            hence_future_then(lent(1), pass, pass, "then"),
            hence_combine2(lent(1), hence_future_lend(hence_future_succeed(both.loop, payload())),
                           none_of, NULL),
            hence_wait_for(lent(1), HENCE_SECONDS(2)),
            hence_shield(lent(1)),
            hence_gather(both.loop, (hence_future *const[]){lent(1), lent(2)}, 2, 0),
            hence_race_future(both.loop, (hence_future *const[]){lent(1), lent(2)}, 2),
            hence_deferred_as_future(both.loop, hence_deferred_from_future(lent(1))),
            hence_future_then(hence_future_lend(hence_shield(lent(1))), pass, pass, "deep"),
        };
        const size_t n = sizeof all / sizeof *all;
        for (size_t i = 0; i < n && cancelled; i++)
            hence_future_cancel(all[i]);
        hence_future_unref_all(all, n);
        hence_test_clock_advance(both.clock, HENCE_SECONDS(3));
        check_trace(cancelled ? "then:cancelled deep:cancelled" : "then:none deep:none");
        check_int(payloads_alive(), 0);
        end();
    }
}
