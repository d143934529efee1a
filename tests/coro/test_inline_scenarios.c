/* SPDX-License-Identifier: BSD-3-Clause */
/* What Twisted's own tests of inlineCallbacks show. */
#include <errno.h>

#include "support/inputs.h"

SUITE(inline_scenarios);

static hence_deferred *d;

static void begin(hence_result_fn *body)
{
    d = hence_inline_callbacks(body, NULL);
    hence_deferred_add_both(d, pass, "d");
}

/* An input, for a body to await. */
static hence_deferred *take(size_t i)
{
    hence_deferred *taken = inputs[i];
    inputs[i] = NULL;
    return taken;
}

static void end(void)
{
    d = hence_deferred_unref(d);
    for (size_t i = 0; i < 2; i++) /* a body that had no memory has not taken them */
        hence_deferred_unref(take(i));
    end_inputs();
}

static hence_result shown(const char *word, hence_result r)
{
    trace("%s:%s", word, describe(&r));
    return r;
}

/* ---- what a body does ---- */

static hence_result basics(void *unused)
{
    (void)unused;
    hence_drop(shown("hi", hence_await_deferred(hence_deferred_succeed(payload()))));
    hence_drop(shown("owie", hence_await_deferred(hence_deferred_fail(failure("OMG")))));
    trace("on");
    return hence_int(7);
}

TEST(inline_scenarios, what_is_there_already_is_given_at_once_be_it_a_value_or_a_failure)
{
    begin(basics);
    check_trace("hi:payload owie:OMG on d:7");
    end();
}

static hence_result buggy(void *unused)
{
    (void)unused;
    hence_drop(hence_await_deferred(hence_deferred_succeed(hence_none())));
    return failure("broken");
}

TEST(inline_scenarios, a_failure_that_a_body_returns_is_that_of_the_Deferred)
{
    begin(buggy);
    check_trace("d:broken");
    hence_deferred_add_errback(d, swallow, "handled");
    check_trace("handled:broken");
    end();
}

static hence_result nothing(void *unused)
{
    (void)unused;
    return hence_none();
}

TEST(inline_scenarios, a_body_that_awaits_nothing_has_ended_when_the_call_returns)
{
    begin(nothing);
    check_trace("d:none");
    end();
}

static hence_result await_input(void *unused)
{
    (void)unused;
    trace("began");
    return shown("input", hence_await_deferred(take(0)));
}

TEST(inline_scenarios, a_body_goes_on_inside_the_call_that_resolves_what_it_awaits)
{
    begin_inputs(1, STOPS);
    begin(await_input);
    check_trace("began");
    resolve_input(0, hence_int(6));
    check_trace("input:6 d:6");
    end();
}

static hence_result handle(void *unused)
{
    (void)unused;
    hence_drop(shown("input", hence_await_deferred(take(0))));
    return hence_none();
}

TEST(inline_scenarios, a_failure_that_comes_later_may_be_handled)
{
    begin_inputs(1, STOPS);
    begin(handle);
    resolve_input(0, failure("terminal"));
    check_trace("input:terminal d:none");
    end();
}

static hence_result await_many(void *unused)
{
    (void)unused;
    for (int i = 0; i < 100000; i++)
        hence_drop(hence_await_deferred(hence_deferred_succeed(hence_int(1))));
    return hence_int(0);
}

TEST_ONCE(inline_scenarios, a_hundred_thousand_that_are_there_already_need_no_more_stack_than_one)
{
    begin(await_many);
    check_trace("d:0");
    end();
}

/* ---- nested ---- */

static int depth;

static hence_result go_deeper(void *unused)
{
    (void)unused;
    if (depth-- == 0)
        return hence_await_deferred(take(0));
    hence_result r = hence_await_deferred(hence_inline_callbacks(go_deeper, NULL));
    if (!hence_is_int(&r))
        return r;
    return hence_int(hence_as_int(&r) + 1);
}

/* rule 76 */
TEST(inline_scenarios, two_hundred_that_await_each_other_end_one_after_the_other)
{
    static const char *const ways[] = {"d:207", "cancel0 d:cancelled", "d:broken"};
    for (int i = 0; i < 3; i++) {
        depth = 200;
        begin_inputs(1, STOPS);
        begin(go_deeper);
        if (i == 1)
            hence_deferred_cancel(d);
        else
            resolve_input(0, i ? failure("broken") : hence_int(7));
        check_trace(ways[i]);
        hence_deferred_add_errback(d, swallow, "handled");
        check_trace(i == 2 ? "handled:broken" : i ? "handled:cancelled" : "");
        end();
    }
}

/* ---- with a lock, as "async with" ---- */

static hence_lock *lock;
static hence_semaphore *semaphore;

static hence_result hold(void *fails)
{
    hence_result held = shown("lock", hence_await_deferred(hence_lock_acquire(lock)));
    hence_result token =
        shown("semaphore", hence_await_deferred(hence_semaphore_acquire(semaphore)));
    hence_drop(shown("input", hence_await_deferred(take(0))));
    hence_drop(token);
    hence_drop(held);
    return fails ? failure("broken") : hence_int(7);
}

TEST(inline_scenarios, a_body_may_hold_a_lock_while_it_waits_and_gives_it_back_when_it_fails_too)
{
    static const char *const ways[] = {"input:none d:7", "input:none d:broken"};
    for (int i = 0; i < 2; i++) {
        begin_inputs(1, STOPS);
        lock = hence_lock_new();
        semaphore = hence_semaphore_new(1);
        d = hence_inline_callbacks(hold, i ? lock : NULL);
        hence_deferred_add_both(d, pass, "d");
        check_trace("lock:hold semaphore:hold");
        check(hence_lock_is_locked(lock));
        resolve_input(0, hence_none());
        check_trace(ways[i]);
        check(!hence_lock_is_locked(lock));
        hence_deferred_add_errback(d, swallow, "handled");
        check_trace(i ? "handled:broken" : "");
        end();
        hence_semaphore_free(semaphore);
        hence_lock_free(lock);
    }
}

/* ---- cancelled: rule 76 ---- */

/* rule 76 */
TEST(inline_scenarios, cancelling_it_cancels_what_it_awaits_and_that_is_its_result)
{
    begin_inputs(1, STOPS);
    begin(await_input);
    hence_deferred_cancel(d);
    check_trace("began cancel0 input:cancelled d:cancelled");
    end();
}

/* rule 76 */
TEST(inline_scenarios, the_steps_of_what_it_awaits_see_the_cancellation_first)
{
    begin_inputs(1, STOPS);
    hence_deferred_add_both(inputs[0], pass, "step");
    begin(await_input);
    hence_deferred_cancel(d);
    check_trace("began cancel0 step:cancelled input:cancelled d:cancelled");
    end();
}

static hence_result translate(void *unused)
{
    (void)unused;
    hence_result r = hence_await_deferred(take(0));
    if (!hence_is_failure(&r))
        return r;
    hence_drop(r);
    return failure("translated");
}

/* rule 76 */
TEST(inline_scenarios, a_body_may_make_another_failure_of_what_came_of_the_cancellation)
{
    begin_inputs(1, GIVES_FAILURE);
    begin(translate);
    hence_deferred_cancel(d);
    check_trace("cancel0 d:translated");
    hence_deferred_add_errback(d, swallow, "handled");
    check_trace("handled:translated");
    end();
}

static hence_result make_the_best_of_it(void *unused)
{
    (void)unused;
    hence_result r = hence_await_deferred(take(0));
    if (!hence_is_failure(&r))
        return r;
    hence_drop(r);
    return hence_int(4320);
}

/* rule 76 */
TEST(inline_scenarios, a_body_may_make_a_value_of_it)
{
    begin_inputs(1, GIVES_FAILURE);
    begin(make_the_best_of_it);
    hence_deferred_cancel(d);
    check_trace("cancel0 d:4320");
    end();
}

/* rule 76 */
TEST(inline_scenarios, a_value_that_the_cancelled_one_gives_is_the_result_of_the_wait)
{
    begin_inputs(1, GIVES_VALUE);
    begin(await_input);
    hence_deferred_cancel(d);
    check_trace("began cancel0 input:100 d:100");
    end();
}

static hence_promise *more;

static hence_result wait_for_more(hence_result *in, void *unused)
{
    (void)unused;
    return hence_is_cancelled(in) ? hence_chain(hence_deferred_new(&more)) : hence_take(in);
}

/* rule 76 */
TEST(inline_scenarios, it_ends_when_what_it_awaits_has_done_with_the_cancellation)
{
    begin_inputs(1, STOPS);
    more = NULL;
    hence_deferred_add_both(inputs[0], wait_for_more, NULL);
    begin(await_input);
    hence_deferred_cancel(d);
    check_trace("began cancel0");
    hence_resolve(more, hence_int(6543));
    check_trace("input:6543 d:6543");
    end();
}

static hence_result go_on(void *unused)
{
    (void)unused;
    hence_drop(shown("first", hence_await_deferred(take(0))));
    return shown("second", hence_await_deferred(take(1)));
}

/* rule 76 */
TEST(inline_scenarios, a_body_may_go_on_after_a_cancellation_and_be_cancelled_again)
{
    begin_inputs(2, STOPS);
    begin(go_on);
    hence_deferred_cancel(d);
    check_trace("cancel0 first:cancelled");
    hence_deferred_cancel(d);
    check_trace("cancel1 second:cancelled d:cancelled");
    end();
}

/* ---- where hence differs ---- */

static hence_result cancel_itself(hence_result *in, void *unused)
{
    (void)unused;
    hence_deferred_cancel(d);
    return hence_take(in);
}

/* rule 76: Twisted forgets it */
TEST(inline_scenarios,
     a_cancellation_that_is_too_late_for_what_it_awaits_comes_instead_of_the_result)
{
    begin_inputs(1, STOPS);
    hence_deferred_add_both(inputs[0], cancel_itself, NULL);
    begin(await_input);
    resolve_input(0, payload());
    check_trace("began input:cancelled d:cancelled");
    check_int(payloads_alive(), 0);
    end();
}

/* rule 18: in Twisted the other way round */
TEST(inline_scenarios, after_a_cancellation_too_it_goes_on_before_later_steps_of_what_it_awaited)
{
    begin_inputs(1, STOPS);
    hence_deferred *input = hence_deferred_ref(inputs[0]);
    begin(await_input);
    hence_deferred_add_both(input, pass, "later");
    hence_deferred_cancel(d);
    check_trace("began cancel0 input:cancelled d:cancelled later:none");
    hence_deferred_unref(input);
    end();
}

static hence_result go_on_silently(void *unused)
{
    (void)unused;
    hence_drop(hence_await_deferred(take(0)));
    return shown("second", hence_await_deferred(take(1)));
}

/* rule 76: in Twisted it does nothing */
TEST(inline_scenarios, a_second_cancellation_inside_the_first_one_reaches_the_next_wait)
{
    begin_inputs(2, STOPS);
    hence_deferred *first = hence_deferred_ref(inputs[0]);
    begin(go_on_silently);
    hence_deferred_add_both(first, cancel_itself, NULL);
    hence_deferred_cancel(d);
    check_trace("cancel0 cancel1 second:cancelled d:cancelled");
    hence_deferred_unref(first);
    end();
}

static hence_result cancel_outer_again(void *unused)
{
    (void)unused;
    hence_drop(shown("inner", hence_await_deferred(take(1))));
    hence_deferred_cancel(d);
    return hence_int(7);
}

static hence_result cancel_itself_and_await_inner(void *unused)
{
    (void)unused;
    hence_drop(hence_await_deferred(take(0)));
    hence_deferred_cancel(d);
    return shown("outer", hence_await_deferred(hence_inline_callbacks(cancel_outer_again, NULL)));
}

/* rules 76, 94: as with two tasks of asyncio; Twisted forgets both */
TEST(inline_scenarios,
     a_second_cancellation_inside_the_first_one_cancels_what_an_inner_body_returns)
{
    begin_inputs(2, STOPS);
    begin(cancel_itself_and_await_inner);
    resolve_input(0, hence_none());
    check_trace("cancel1 inner:cancelled outer:cancelled d:cancelled");
    end();
}

static hence_result cancel_itself_and_await_second(void *unused)
{
    (void)unused;
    hence_drop(hence_await_deferred(take(0)));
    hence_deferred_cancel(d);
    return shown("second", hence_await_deferred(take(1)));
}

static bool resolve_and_cancel_again(hence_promise *promise, void *own)
{
    hence_resolve(promise, hence_int(7));
    *(hence_promise **)own = NULL;
    hence_deferred_cancel(d);
    return true;
}

/* rules 76, 93: the first one was too late for the operation, the second one for what it awaits */
TEST(inline_scenarios, a_second_cancellation_when_the_first_has_ended_what_it_awaits_is_not_lost)
{
    begin_inputs(1, STOPS);
    hence_promise *promise;
    inputs[1] = hence_deferred_new(&promise);
    hence_promise_on_cancel(promise, resolve_and_cancel_again, &promise);
    begin(cancel_itself_and_await_second);
    resolve_input(0, hence_none());
    check_trace("second:cancelled d:cancelled");
    hence_abandon(promise); /* where there was no memory for the body */
    end();
}

static hence_result await_itself(void *unused)
{
    (void)unused;
    hence_drop(shown("input", hence_await_deferred(take(0))));
    return shown("itself", hence_await_deferred(hence_deferred_ref(d)));
}

/* rule 26: Twisted waits for ever */
TEST(inline_scenarios, one_that_awaits_itself_is_told_so_at_once)
{
    begin_inputs(1, STOPS);
    begin(await_itself);
    resolve_input(0, hence_none());
    check_trace("input:none itself:deadlock d:deadlock");
    hence_deferred_add_errback(d, swallow, "handled");
    check_trace("handled:deadlock");
    end();
}
