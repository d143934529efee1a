/* SPDX-License-Identifier: BSD-3-Clause */
/* Gathers that are cancelled, and loops that close while one waits. */
#include <errno.h>

#include "compose/futures_support.h"

SUITE(gather_cancel);

static hence_future *the_gather;

static void end_gather(void)
{
    the_gather = hence_future_unref(the_gather);
    end();
}

static void gather(size_t n, unsigned flags)
{
    the_gather = hence_gather(both.loop, futures, n, flags);
    hence_future_add_done_callback(the_gather, done, "gather");
}

/* What hence_future_cancel() gives for a Future that was to be had. */
#define check_cancel(expected)                                                                     \
    check_int(hence_future_cancel(the_gather), the_gather ? (expected) : -ENOMEM)

/* ---- rule 104 ---- */

/* rule 104 */
TEST(gather_cancel, all_inputs_are_cancelled_at_once_in_order_and_it_ends_when_it_hears_of_it)
{
    begin(3, STOPS);
    gather(3, 0);
    check_cancel(0);
    check_trace("cancel0 cancel1 cancel2");
    check(!hence_future_done(the_gather));
    turn();
    check(hence_future_cancelled(the_gather));
    check_trace("");
    turn();
    check_trace("gather:cancelled");
    end_gather();
}

/* rule 104 */ /* difference 10 */
TEST(gather_cancel, with_COLLECT_too_it_is_cancelled_and_not_a_list_of_cancellations)
{
    begin(2, STOPS);
    gather(2, HENCE_GATHER_COLLECT);
    check_cancel(0);
    run();
    check_trace("cancel0 cancel1 gather:cancelled");
    check(hence_future_cancelled(the_gather)); /* asyncio: False */
    end_gather();
}

/* rule 104 */
TEST(gather_cancel, with_COLLECT_it_waits_until_all_have_ended)
{
    begin(2, TAKES_TIME);
    set_on_cancel(0, STOPS);
    gather(2, HENCE_GATHER_COLLECT);
    check_cancel(0);
    run();
    check_trace("cancel0 cancel1");
    check(!hence_future_done(the_gather));
    resolve_late(1, payload());
    run();
    check_trace("gather:cancelled");
    check_int(payloads_alive(), support_faulty ? payloads_alive() : 1);
    end_gather();
    check_int(payloads_alive(), 0);
}

/* rule 104 */
TEST(gather_cancel, without_COLLECT_the_first_that_is_cancelled_ends_it)
{
    begin(2, TAKES_TIME);
    set_on_cancel(1, STOPS);
    gather(2, 0);
    check_cancel(0);
    run();
    check_trace("cancel0 cancel1 gather:cancelled");
    resolve_late(0, failure("late")); /* is not reported */
    end_gather();
}

/* rule 104 */
TEST(gather_cancel, with_CANCEL_REST_it_waits_until_all_have_ended)
{
    begin(2, TAKES_TIME);
    set_on_cancel(1, STOPS);
    gather(2, HENCE_GATHER_CANCEL_REST);
    check_cancel(0);
    run();
    check(!hence_future_done(the_gather));
    resolve_late(0, failure("late"));
    run();
    if (!support_faulty)
        check_trace("cancel0 cancel1 gather:cancelled");
    end_gather();
}

/* rule 104 */
TEST(gather_cancel, cancellers_that_give_values_all_the_same_do_not_make_it_a_list)
{
    static const unsigned flags[] = {0, HENCE_GATHER_COLLECT, HENCE_GATHER_CANCEL_REST};
    for (int i = 0; i < 3; i++) {
        begin(2, GIVES_VALUE);
        gather(2, flags[i]);
        check_cancel(0);
        run();
        check_trace("cancel0 cancel1 gather:cancelled");
        check_string(outcome_of(futures[0]), "100");
        end_gather();
    }
}

/* rules 102 and 104: as in asyncio, an input that fails first decides */
TEST(gather_cancel, a_canceller_that_fails_is_the_first_failure_without_COLLECT)
{
    begin(2, GIVES_FAILURE);
    gather(2, 0);
    check_cancel(0);
    run();
    check_trace("cancel0 cancel1 gather:late");
    end_gather();
}

/* rule 104 */
TEST(gather_cancel, cancellers_that_fail_do_not_matter_with_COLLECT)
{
    begin(2, GIVES_FAILURE);
    gather(2, HENCE_GATHER_COLLECT);
    check_cancel(0);
    run();
    check_trace("cancel0 cancel1 gather:cancelled");
    end_gather();
}

/* rule 104 */
TEST(gather_cancel, inputs_that_are_done_are_left_alone)
{
    begin(3, STOPS);
    gather(3, HENCE_GATHER_COLLECT);
    resolve_input(1, payload());
    check_cancel(0);
    check_trace("cancel0 cancel2");
    run();
    check_trace("gather:cancelled");
    check_string(outcome_of(futures[1]), "shared");
    end_gather();
}

TEST(gather_cancel, an_input_in_several_places_is_cancelled_once)
{
    begin(2, STOPS);
    futures[2] = hence_future_ref(futures[0]);
    futures[3] = hence_future_ref(futures[1]);
    gather(4, HENCE_GATHER_COLLECT);
    check_cancel(0);
    run();
    check_trace("cancel0 cancel1 gather:cancelled");
    end_gather();
}

TEST(gather_cancel, an_input_that_waits_for_a_Deferred_passes_it_on)
{
    begin(1, STOPS);
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred_add_both(d, pass, "d");
    futures[1] = hence_deferred_as_future(both.loop, d);
    gather(2, 0);
    check_cancel(0);
    if (!support_faulty)
        check_trace("cancel0 d:cancelled");
    hence_abandon(p);
    run();
    if (!support_faulty)
        check_trace("gather:cancelled");
    end_gather();
}

/* ---- too early, too late, again: rule 105 ---- */

/* rule 105 */
TEST(gather_cancel, it_is_too_late_when_all_inputs_are_done_though_it_has_not_heard_of_it)
{
    begin(2, STOPS);
    gather(2, 0);
    resolve_input(0, hence_int(0));
    resolve_input(1, hence_int(1));
    check_cancel(-EALREADY);
    run();
    check_cancel(-EALREADY);
    check_trace("gather:shared[0,1]");
    end_gather();
}

/* rule 105 */
TEST(gather_cancel, it_is_too_late_when_all_inputs_were_done_at_the_start)
{
    begin(2, STOPS);
    resolve_input(0, hence_int(0));
    resolve_input(1, failure("broken"));
    gather(2, 0);
    check_cancel(-EALREADY);
    run();
    check_trace("gather:broken");
    end_gather();
}

/* rule 105 */
TEST(gather_cancel, it_is_too_late_when_it_is_done_and_the_inputs_are_left_alone)
{
    begin(2, STOPS);
    gather(2, 0);
    resolve_input(0, failure("broken"));
    turn();
    check_cancel(-EALREADY);
    run();
    check_trace("gather:broken");
    check(input_is_wanted(1));
    end_gather();
}

/* rule 105 */
TEST(gather_cancel, cancelling_again_is_too_late_when_all_inputs_have_ended)
{
    static const unsigned flags[] = {0, HENCE_GATHER_COLLECT, HENCE_GATHER_CANCEL_REST};
    for (int i = 0; i < 3; i++) {
        begin(2, STOPS);
        gather(2, flags[i]);
        check_cancel(0);
        check_cancel(-EALREADY);
        run();
        check_cancel(-EALREADY);
        check_trace("cancel0 cancel1 gather:cancelled");
        end_gather();
    }
}

/* rule 104 */
TEST(gather_cancel, at_once_after_the_call_the_inputs_that_were_done_do_not_count)
{
    begin(3, STOPS);
    resolve_input(1, hence_int(1));
    gather(3, 0);
    check_cancel(0);
    check_trace("cancel0 cancel2");
    run();
    check_trace("gather:cancelled");
    end_gather();
}

static void cancel_it(hence_future *f, void *word)
{
    (void)f;
    trace("%s:%d", (const char *)word, hence_future_cancel(the_gather));
}

/* rule 104 */
TEST(gather_cancel, a_listener_of_an_input_may_cancel_it_before_it_has_heard)
{
    begin(2, STOPS);
    hence_future_add_done_callback(futures[0], cancel_it, "listener");
    gather(2, 0);
    resolve_input(0, failure("broken"));
    run();
    if (!support_faulty)
        check_trace("cancel1 listener:0 gather:broken");
    end_gather();
}

/* rule 105 */
TEST(gather_cancel, a_listener_of_an_input_that_comes_after_it_is_too_late)
{
    begin(2, STOPS);
    gather(2, 0);
    hence_future_add_done_callback(futures[0], cancel_it, "listener");
    resolve_input(0, failure("broken"));
    run();
    if (!support_faulty) {
        char expected[64];
        snprintf(expected, sizeof expected, "listener:%d gather:broken", -EALREADY);
        check_trace(expected);
    }
    check(input_is_wanted(1));
    end_gather();
}

static hence_promise *the_promise;

static bool cancel_again(hence_promise *p, void *word)
{
    (void)p;
    the_promise = NULL;
    trace("%s:%d", (const char *)word, hence_future_cancel(the_gather) == -EALREADY);
    return true;
}

TEST(gather_cancel, a_canceller_may_cancel_it_again_which_goes_on_as_it_was)
{
    begin(1, STOPS);
    hence_future *f = hence_future_new(both.loop, &the_promise);
    hence_promise_on_cancel(the_promise, cancel_again, "again");
    hence_future *const in[] = {f, futures[0]};
    the_gather = hence_gather(both.loop, in, 2, HENCE_GATHER_COLLECT);
    hence_future_add_done_callback(the_gather, done, "gather");
    check_cancel(0);
    run();
    if (!support_faulty)
        check_trace("again:1 cancel0 gather:cancelled");
    hence_future_unref(f);
    hence_abandon(hence_promise_take(&the_promise));
    end_gather();
}

static bool let_go_of_it(hence_promise *p, void *word)
{
    (void)p;
    the_promise = NULL;
    trace("%s", (const char *)word);
    the_gather = hence_future_unref(the_gather);
    return true;
}

TEST(gather_cancel, a_canceller_may_let_it_go)
{
    begin(1, STOPS);
    hence_future *f = hence_future_new(both.loop, &the_promise);
    hence_promise_on_cancel(the_promise, let_go_of_it, "let go");
    hence_future *const in[] = {f, futures[0]};
    the_gather = hence_gather(both.loop, in, 2, 0);
    hence_future_unref(f);
    hence_future_cancel(the_gather);
    if (!support_faulty)
        check_trace("let go cancel0");
    run();
    hence_abandon(hence_promise_take(&the_promise));
    end_gather();
}

static bool resolves_another(hence_promise *p, void *message)
{
    (void)p;
    the_promise = NULL;
    trace("canceller");
    resolve_input(0, message ? failure(message) : payload());
    return true;
}

TEST(gather_cancel, a_canceller_may_resolve_one_that_is_not_cancelled_yet)
{
    static const char *const messages[] = {NULL, "late"};
    for (int i = 0; i < 2; i++) {
        begin(1, STOPS);
        hence_future *f = hence_future_new(both.loop, &the_promise);
        hence_promise_on_cancel(the_promise, resolves_another, (void *)(uintptr_t)messages[i]);
        hence_future *const in[] = {f, futures[0]};
        the_gather = hence_gather(both.loop, in, 2, HENCE_GATHER_COLLECT);
        hence_future_add_done_callback(the_gather, done, "gather");
        check_cancel(0);
        run();
        if (!support_faulty)
            check_trace("canceller gather:cancelled");
        hence_future_unref(f);
        hence_abandon(hence_promise_take(&the_promise));
        end_gather();
    }
}

TEST(gather_cancel, a_gather_that_waits_for_gathers_cancels_their_inputs_in_order)
{
    begin(4, STOPS);
    hence_future *const inner[] = {hence_gather(both.loop, futures, 2, 0),
                                   hence_gather(both.loop, futures + 2, 2, 0)};
    the_gather = hence_gather(both.loop, inner, 2, HENCE_GATHER_COLLECT);
    hence_future_add_done_callback(the_gather, done, "gather");
    hence_future_unref(inner[0]);
    hence_future_unref(inner[1]);
    check_cancel(0);
    run();
    if (!support_faulty)
        check_trace("cancel0 cancel1 cancel2 cancel3 gather:cancelled");
    end_gather();
}

/* ---- nobody holds it ---- */

TEST(gather_cancel, letting_it_go_leaves_the_inputs_alone)
{
    begin(2, STOPS);
    gather(2, 0);
    the_gather = hence_future_unref(the_gather);
    check_trace("");
    resolve_input(0, payload());
    resolve_input(1, payload());
    run();
    if (!support_faulty)
        check_trace("gather:shared[shared,shared]");
    end_gather();
    check_int(payloads_alive(), 0);
}

/* ---- the loop closes ---- */

TEST(gather_cancel, when_the_loop_closes_while_it_waits_it_ends_with_its_inputs)
{
    for (int what = 0; what < 3; what++) {
        begin(2, STOPS);
        gather(2, 0);
        hence_loop_close(both.loop);
        check(!hence_future_done(the_gather));
        if (what == 0)
            resolve_input(0, payload());
        if (what == 1)
            resolve_input(0, failure("broken"));
        if (what == 2)
            check_cancel(0);
        resolve_input(1, payload());
        check(hence_future_done(the_gather)); /* there is no loop that it could wait for */
        if (what != 2)
            check_trace(""); /* the program's listeners are not called any more */
        else
            check_trace("cancel0 cancel1");
        check_string(outcome_of(the_gather), "closed");
        end_gather();
        check_int(payloads_alive(), 0);
    }
}

TEST(gather_cancel, when_the_loop_closes_before_it_has_heard_it_ends)
{
    begin(2, STOPS);
    gather(2, 0);
    resolve_input(0, payload());
    resolve_input(1, payload());
    hence_loop_close(both.loop);
    check(hence_future_done(the_gather));
    check_string(outcome_of(the_gather), "closed");
    end_gather();
    check_int(payloads_alive(), 0);
}

TEST(gather_cancel, when_the_loop_closes_before_it_has_heard_of_those_that_were_done_it_ends)
{
    begin(2, STOPS);
    resolve_input(0, payload());
    resolve_input(1, payload());
    gather(2, 0);
    hence_loop_close(both.loop);
    check(hence_future_done(the_gather));
    check_string(outcome_of(the_gather), "closed");
    end_gather();
    check_int(payloads_alive(), 0);
}

TEST(gather_cancel, when_the_loop_closes_nobody_needs_to_hold_it)
{
    begin(3, STOPS);
    gather(3, HENCE_GATHER_CANCEL_REST);
    resolve_input(0, failure("broken"));
    resolve_input(1, payload());
    the_gather = hence_future_unref(the_gather);
    futures[0] = hence_future_unref(futures[0]);
    hence_loop_close(both.loop);
    end_gather();
    forget_reports(); /* whether "broken" is told is the loop's affair */
    check_int(payloads_alive(), 0);
}
