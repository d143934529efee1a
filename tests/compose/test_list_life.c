/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists: memory, who holds what, and what steps and cancellers may do to them. */
#include <errno.h>
#include <string.h>

#include "support/inputs.h"

SUITE(list_life);

/* ---- memory ---- */

TEST(list_life, without_memory_there_is_none_and_the_inputs_are_let_go)
{
    begin_inputs(2, STOPS);
    hence_deferred *in[] = {inputs[0], hence_deferred_succeed(payload()), inputs[1]};
    hence_deferred_add_both(inputs[0], pass, "a");
    out_of_memory(true);
    hence_deferred *d = hence_deferred_list(in, 3, 0);
    out_of_memory(false);
    check(!d);
    check_int(payloads_alive(), 0);
    check(input_is_wanted(0) && input_is_wanted(1)); /* they go on, as after any letting go */
    resolve_input(0, hence_int(7));
    resolve_input(1, hence_int(8));
    check_trace("a:7");
    end_inputs();
}

TEST(list_life, unknown_flags_are_refused_and_the_inputs_are_let_go)
{
    begin_inputs(2, STOPS);
    hence_deferred *d = hence_deferred_list_at("here.c:1", &inputs[0], 1, 16);
    hence_deferred *e = hence_gather_results_at("here.c:2", &inputs[1], 1, 2);
    check_string(outcome(d), "invalid");
    check_string(outcome(e), "invalid");
    check(input_is_wanted(0) && input_is_wanted(1)); /* they go on, as after any letting go */
    resolve_input(0, hence_int(7));
    resolve_input(1, hence_int(8));
    hence_deferred_unref(d);
    hence_deferred_unref(e);
    end_inputs();
}

/* What ends a combination in many ways, each time without memory. */
static void check_without_memory(hence_deferred *d, hence_result a, hence_result b,
                                 const char *expected)
{
    out_of_memory(true);
    resolve_input(0, a);
    resolve_input(1, b);
    out_of_memory(false);
    check_string(outcome(d), expected);
    hence_deferred_unref(d);
    end_inputs();
}

TEST(list_life, no_outcome_needs_memory)
{
    begin_inputs(2, STOPS);
    check_without_memory(hence_deferred_list(inputs, 2, 0), hence_int(7), failure("b"), "[7,b]");
    begin_inputs(2, STOPS);
    check_without_memory(hence_deferred_list(inputs, 2, HENCE_FIRE_ON_ONE_CALLBACK), failure("a"),
                         hence_int(8), "winner(1:8)");
    begin_inputs(2, STOPS);
    check_without_memory(hence_deferred_list(inputs, 2, HENCE_FIRE_ON_ONE_CALLBACK), failure("a"),
                         failure("b"), "[a,b]");
    begin_inputs(2, STOPS);
    check_without_memory(hence_gather_results(inputs, 2, HENCE_CANCEL_REST), hence_int(7),
                         failure("b"), "first(1:b)");
    begin_inputs(2, STOPS);
    check_without_memory(hence_race(inputs, 2), failure("a"), failure("b"), "group{a,b}");
    begin_inputs(2, STOPS);
    check_without_memory(hence_race(inputs, 2), failure("a"), hence_int(8), "winner(1:8)");
}

TEST(list_life, cancelling_and_forgetting_need_no_memory)
{
    begin_inputs(4, STOPS);
    hence_deferred *d = hence_deferred_list(inputs, 2, 0);
    hence_deferred *e = hence_race(inputs + 2, 2);
    out_of_memory(true);
    hence_deferred_cancel(d);
    hence_deferred_forget(e);
    out_of_memory(false);
    check_string(outcome(d), "[cancelled,cancelled]");
    hence_deferred_unref(d);
    end_inputs();
}

TEST(list_life, the_values_of_one_in_several_places_need_no_memory_when_they_come)
{
    begin_inputs(1, STOPS);
    hence_deferred *in[] = {hence_deferred_ref(inputs[0]), hence_deferred_ref(inputs[0]),
                            inputs[0]};
    hence_deferred *d = hence_deferred_list(in, 3, 0);
    out_of_memory(true);
    resolve_input(0, payload());
    out_of_memory(false);
    check_string(outcome(d), "[shared,shared,shared]");
    hence_deferred_unref(d);
    check_int(payloads_alive(), 0);
    end_inputs();
}

/* ---- who holds what ---- */

TEST(list_life, letting_go_of_it_lets_the_inputs_go_on)
{
    begin_inputs(2, STOPS);
    hence_deferred_add_both(inputs[0], pass, "a");
    hence_deferred_unref(hence_deferred_list(inputs, 2, 0));
    check(input_is_wanted(0) && input_is_wanted(1));
    resolve_input(0, payload());
    check_trace("a:payload");
    resolve_input(1, payload());
    check_int(payloads_alive(), 0);
    end_inputs();
}

TEST(list_life, its_steps_run_when_nobody_holds_it_any_more)
{
    begin_inputs(2, STOPS);
    hence_deferred *d = hence_deferred_list(inputs, 2, 0);
    hence_deferred_add_both(d, swallow, "list");
    hence_deferred_unref(d);
    resolve_input(1, payload());
    check_trace(d ? "" : "list:nomem");
    resolve_input(0, payload());
    if (d)
        check_trace("list:[payload,payload]");
    check_int(payloads_alive(), 0);
    end_inputs();
}

TEST(list_life, inputs_that_nobody_else_holds_live_in_it)
{
    begin_inputs(1, STOPS);
    void *bound = payload_new();
    if (hence_deferred_bind(inputs[0], bound, payload_destroy) == 0)
        check_int(payloads_alive(), 1);
    hence_deferred *d = hence_deferred_list(inputs, 1, 0);
    check_int(payloads_alive(), d ? 1 : 0);
    resolve_input(0, hence_int(7));
    check_int(payloads_alive(), 0); /* the input is gone: nothing of it is left in the list */
    check_string(outcome(d), "[7]");
    hence_deferred_unref(d);
    end_inputs();
}

static hence_deferred *combine_two(unsigned how)
{
    switch (how) {
    case 0:
        return hence_deferred_list(inputs, 2, 0);
    case 1:
        return hence_deferred_list(inputs, 2, HENCE_FIRE_ON_ONE_CALLBACK);
    case 2:
        return hence_gather_results(inputs, 2, HENCE_CANCEL_REST);
    default:
        return hence_race(inputs, 2);
    }
}

/* Two inputs come, the references to them and to what is made of them go: in every order. */
static void run_in_order(unsigned how, unsigned order)
{
    unsigned left[] = {0, 1, 2, 3, 4};
    begin_inputs(2, GOES_ON);
    hence_deferred *held[] = {hence_deferred_ref(inputs[0]), hence_deferred_ref(inputs[1])};
    hence_deferred *d = combine_two(how);
    for (unsigned n = 5; n; n--) {
        unsigned which = order % n, event = left[which];
        order /= n;
        left[which] = left[n - 1];
        if (event < 2)
            resolve_input(event, payload());
        else if (event < 4)
            hence_deferred_unref(held[event - 2]);
        else
            hence_deferred_unref(d);
    }
    check_int(payloads_alive(), 0);
    end_inputs();
}

TEST(list_life, everything_may_be_let_go_in_any_order)
{
    for (unsigned how = 0; how < 4; how++)
        for (unsigned order = 0; order < 120; order++)
            run_in_order(how, order);
}

/* ---- what steps may do ---- */

static hence_deferred *the_list;

static void begin(size_t n)
{
    the_list = NULL; /* steps may run before there is one, if there is no memory */
    begin_inputs(n, STOPS);
}

static hence_result let_go_of_the_list(hence_result *in, void *word)
{
    trace("%s:%s", (const char *)word, describe(in));
    the_list = hence_deferred_unref(the_list);
    return hence_take(in);
}

TEST(list_life, its_own_step_may_let_it_go)
{
    begin(2);
    the_list = hence_deferred_list(inputs, 2, 0);
    hence_deferred_add_both(the_list, let_go_of_the_list, "list");
    resolve_input(0, payload());
    resolve_input(1, hence_int(7));
    check_trace("list:[payload,7]");
    check_int(payloads_alive(), 0);
    hence_deferred_unref(the_list);
    end_inputs();
}

TEST(list_life, a_step_of_an_input_may_let_it_go)
{
    begin(2);
    hence_deferred_add_both(inputs[0], let_go_of_the_list, "input");
    the_list = hence_deferred_list(inputs, 2, 0);
    hence_deferred_add_both(the_list, swallow, "list");
    resolve_input(0, payload());
    resolve_input(1, payload());
    if (!support_faulty)
        check_trace("input:payload list:[payload,payload]");
    check_int(payloads_alive(), 0);
    hence_deferred_unref(the_list);
    end_inputs();
}

static hence_result forget_the_list(hence_result *in, void *word)
{
    hence_deferred *d = the_list;
    trace("%s:%s", (const char *)word, describe(in));
    the_list = NULL;
    hence_deferred_forget(d);
    return hence_take(in);
}

TEST(list_life, its_own_step_may_forget_it)
{
    begin(1);
    the_list = hence_deferred_list(inputs, 1, 0);
    hence_deferred_add_both(the_list, forget_the_list, "list");
    if (the_list)
        hence_deferred_add_both(the_list, pass, "never");
    resolve_input(0, payload());
    check_trace("list:[payload]");
    check_int(payloads_alive(), 0);
    hence_deferred_unref(the_list);
    end_inputs();
}

TEST(list_life, a_step_of_an_input_may_forget_it)
{
    begin(3);
    hence_deferred_add_both(inputs[1], forget_the_list, "input");
    the_list = hence_deferred_list(inputs, 3, 0);
    hence_deferred *d = the_list;
    if (d)
        hence_deferred_add_both(the_list, pass, "never");
    resolve_input(1, payload());
    if (d)
        check_trace("input:payload cancel0 cancel2");
    check_int(payloads_alive(), 0);
    hence_deferred_unref(the_list);
    end_inputs();
}

static hence_result cancel_the_list(hence_result *in, void *word)
{
    trace("%s:%s:%d", (const char *)word, describe(in), hence_deferred_cancel(the_list));
    return hence_take(in);
}

TEST(list_life, a_step_of_an_input_may_cancel_it)
{
    begin(3);
    hence_deferred_add_both(inputs[1], cancel_the_list, "input");
    the_list = hence_deferred_list(inputs, 3, 0);
    hence_deferred_add_both(the_list, pass, "list");
    resolve_input(1, hence_int(7));
    if (the_list)
        check_trace("cancel0 cancel2 input:7:0 list:[cancelled,7,cancelled]");
    hence_deferred_unref(the_list);
    end_inputs();
}

TEST(list_life, its_own_step_can_not_cancel_it)
{
    begin(2);
    the_list = hence_deferred_list(inputs, 2, HENCE_FIRE_ON_ONE_CALLBACK);
    hence_deferred_add_both(the_list, cancel_the_list, "list");
    resolve_input(1, hence_int(7));
    if (the_list)
        check(input_is_wanted(0));
    if (!support_faulty) {
        char expected[64];
        snprintf(expected, sizeof expected, "list:winner(1:7):%d", -EALREADY);
        check_trace(expected);
    }
    hence_deferred_unref(the_list);
    end_inputs();
}

static hence_result resolve_another(hence_result *in, void *index)
{
    trace("step:%s", describe(in));
    resolve_input((size_t)(uintptr_t)index, hence_int(8));
    return hence_take(in);
}

TEST(list_life, its_own_step_may_resolve_what_is_left)
{
    begin(2);
    hence_deferred *d = hence_deferred_list(inputs, 2, HENCE_FIRE_ON_ONE_CALLBACK);
    hence_deferred_add_both(d, resolve_another, (void *)1);
    hence_deferred_add_both(d, pass, "list");
    resolve_input(0, hence_int(7));
    if (d)
        check_trace("step:winner(0:7) list:winner(0:7)");
    hence_deferred_unref(d);
    end_inputs();
}

static hence_deferred *the_inputs[2];

static hence_result cancel_what_is_left(hence_result *in, void *word)
{
    trace("%s:%s", (const char *)word, describe(in));
    hence_deferred_cancel(the_inputs[0]);
    return hence_take(in);
}

static hence_result forget_what_is_left(hence_result *in, void *word)
{
    trace("%s:%s", (const char *)word, describe(in));
    for (int i = 0; i < 2; i++) {
        hence_deferred *d = the_inputs[i];
        the_inputs[i] = NULL;
        hence_deferred_forget(d);
    }
    return hence_take(in);
}

TEST(list_life, its_own_step_may_cancel_and_forget_the_inputs)
{
    begin(2);
    for (int i = 0; i < 2; i++)
        the_inputs[i] = hence_deferred_ref(inputs[i]);
    hence_deferred *d =
        hence_deferred_list(inputs, 2, HENCE_FIRE_ON_ONE_ERRBACK | HENCE_REPORT_REST);
    hence_deferred_add_both(d, cancel_what_is_left, "cancel");
    hence_deferred_add_both(d, forget_what_is_left, "forget");
    hence_deferred_add_both(d, swallow, "list");
    resolve_input(1, failure("broken"));
    if (d)
        check_trace("cancel:first(1:broken) cancel0 forget:first(1:broken) list:first(1:broken)");
    hence_deferred_unref(d);
    end_inputs();
    for (int i = 0; i < 2; i++)
        hence_deferred_unref(the_inputs[i]); /* if there was no step */
}

TEST(list_life, a_step_of_an_input_may_resolve_another_which_comes_first_then)
{
    begin(2);
    hence_deferred_add_both(inputs[0], resolve_another, (void *)1);
    hence_deferred *d = hence_deferred_list(inputs, 2, HENCE_FIRE_ON_ONE_CALLBACK);
    hence_deferred_add_both(d, pass, "list");
    resolve_input(0, hence_int(7));
    if (d)
        check_trace("step:7 list:winner(1:8)");
    hence_deferred_unref(d);
    end_inputs();
}

static hence_result wait_for_all(hence_result *in, void *word)
{
    hence_deferred *d = hence_gather_results(inputs, 2, 0);
    trace("%s:%s", (const char *)word, describe(in));
    inputs[0] = inputs[1] = NULL;
    return hence_chain(d);
}

/* rules 18 and 60 */
TEST(list_life, a_step_may_wait_for_a_gather_and_others_for_that_step)
{
    begin(2);
    hence_deferred *inner = hence_deferred_succeed(hence_none());
    hence_deferred_add_callback(inner, wait_for_all, "wait");
    hence_deferred_add_both(inner, pass, "inner");
    hence_deferred *outer = hence_deferred_succeed(hence_chain(inner));
    hence_deferred_add_both(outer, pass, "outer");
    resolve_input(1, hence_int(8));
    check_trace("wait:none");
    resolve_input(0, hence_int(7));
    check_trace("inner:[7,8] outer:[7,8]");
    hence_deferred_unref(outer);
    hence_deferred_unref(inputs[0]); /* if there was no step */
    hence_deferred_unref(inputs[1]);
    end_inputs();
}

/* ---- what cancellers may do ---- */

static hence_promise *the_promise;

static bool cancel_list_again(hence_promise *p, void *word)
{
    (void)p;
    the_promise = NULL;
    trace("%s:%d", (const char *)word, hence_deferred_cancel(the_list) == -EALREADY);
    return true;
}

TEST(list_life, a_canceller_may_cancel_it_again_which_goes_on_as_it_was)
{
    begin(1);
    hence_deferred *in[] = {hence_deferred_new(&the_promise), inputs[0]};
    hence_promise_on_cancel(the_promise, cancel_list_again, "again");
    the_list = hence_deferred_list(in, 2, 0);
    hence_deferred_add_both(the_list, pass, "list");
    check_int(hence_deferred_cancel(the_list), 0);
    if (the_list)
        check_trace("again:1 cancel0 list:[cancelled,cancelled]");
    hence_deferred_unref(the_list);
    hence_abandon(the_promise);
    end_inputs();
}

static bool forget_list(hence_promise *p, void *word)
{
    hence_deferred *d = the_list;
    (void)p;
    the_promise = NULL;
    trace("%s", (const char *)word);
    the_list = NULL;
    hence_deferred_forget(d);
    return true;
}

TEST(list_life, a_canceller_may_forget_it)
{
    begin(2);
    hence_deferred *in[] = {inputs[0], hence_deferred_new(&the_promise), inputs[1]};
    hence_promise_on_cancel(the_promise, forget_list, "forget");
    the_list = hence_deferred_list(in, 3, 0);
    hence_deferred *d = the_list;
    if (d)
        hence_deferred_add_both(the_list, pass, "never");
    hence_deferred_cancel(the_list);
    if (d)
        check_trace("cancel0 forget cancel1");
    hence_deferred_unref(the_list);
    hence_abandon(the_promise);
    end_inputs();
}

static bool let_go_of_list(hence_promise *p, void *word)
{
    (void)p;
    the_promise = NULL;
    trace("%s", (const char *)word);
    the_list = hence_deferred_unref(the_list);
    return true;
}

TEST(list_life, a_canceller_may_let_it_go)
{
    begin(1);
    hence_deferred *in[] = {hence_deferred_new(&the_promise), inputs[0]};
    hence_promise_on_cancel(the_promise, let_go_of_list, "let go");
    the_list = hence_deferred_list(in, 2, 0);
    hence_deferred *d = the_list;
    hence_deferred_add_both(the_list, swallow, "list");
    hence_deferred_cancel(the_list);
    if (d)
        check_trace("let go cancel0 list:[cancelled,cancelled]");
    hence_deferred_unref(the_list);
    hence_abandon(the_promise);
    end_inputs();
}

static bool resolve_other(hence_promise *p, void *result)
{
    (void)p;
    the_promise = NULL;
    trace("canceller");
    resolve_input(0, result ? failure(result) : hence_int(7));
    return true;
}

TEST(list_life, a_canceller_may_resolve_one_that_is_not_cancelled_yet)
{
    begin(1);
    hence_deferred *in[] = {hence_deferred_new(&the_promise), inputs[0]};
    hence_promise_on_cancel(the_promise, resolve_other, NULL);
    hence_deferred *d = hence_deferred_list(in, 2, 0);
    hence_deferred_add_both(d, pass, "list");
    hence_deferred_cancel(d);
    if (d)
        check_trace("canceller list:[cancelled,7]");
    hence_deferred_unref(d);
    hence_abandon(the_promise);
    end_inputs();
}

/* While the rest is cancelled, the outcome stands. */
TEST(list_life, a_canceller_of_the_rest_may_resolve_another_of_the_rest)
{
    static const char *const messages[] = {NULL, "late"};
    for (int i = 0; i < 2; i++) {
        begin(2);
        hence_deferred *in[] = {hence_deferred_new(&the_promise), inputs[0], inputs[1]};
        hence_promise_on_cancel(the_promise, resolve_other, (void *)(uintptr_t)messages[i]);
        hence_deferred *d = hence_gather_results(in, 3, HENCE_CANCEL_REST);
        hence_deferred_add_both(d, swallow, "gathered");
        resolve_input(1, failure("broken"));
        if (d)
            check_trace("canceller gathered:first(2:broken)");
        hence_deferred_unref(d);
        hence_abandon(hence_promise_take(&the_promise));
        end_inputs();
    }
}

TEST(list_life, a_canceller_of_the_rest_may_forget_it)
{
    begin(3);
    hence_deferred *in[] = {inputs[0], hence_deferred_new(&the_promise), inputs[1], inputs[2]};
    hence_promise_on_cancel(the_promise, forget_list, "forget");
    the_list = hence_gather_results(in, 4, HENCE_CANCEL_REST);
    hence_deferred *d = the_list;
    if (d)
        hence_deferred_add_both(the_list, pass, "never");
    resolve_input(2, failure("broken"));
    if (d)
        check_trace("cancel0 forget cancel1");
    hence_deferred_unref(the_list);
    hence_abandon(hence_promise_take(&the_promise));
    end_inputs();
}

/* ---- circles: difference 7 ---- */

/* difference 7 */
TEST(list_life, an_input_that_waits_for_its_own_list_fails_with_a_deadlock)
{
    begin_inputs(2, STOPS);
    hence_deferred *d = hence_deferred_list(inputs, 2, 0);
    resolve_input(0, hence_chain(hence_deferred_ref(d)));
    resolve_input(1, hence_int(7));
    check_string(outcome(d), "[deadlock,7]");
    hence_deferred_unref(d);
    end_inputs();
}
