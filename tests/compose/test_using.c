/* SPDX-License-Identifier: BSD-3-Clause */
/* Enter, do something, and leave in any case. */
#include <errno.h>
#include <string.h>

#include "support/inputs.h"

SUITE(using);

/* What each of the three gives: a letter.
 *   v  a value      o  a payload     f  a failure, with its name     c  a cancellation
 *   p  a chain that takes time: its input, 0 for enter, 1 for the body, 2 for exit
 *   i  the body: its input, passed on; t: taken */
static char of_enter, of_body, of_exit;
static struct loop_and_clock both;
static hence_future *the_future;
static void (*in_enter)(void), (*in_body)(void), (*in_exit)(void);

static hence_result give(char what, const char *name, size_t i)
{
    switch (what) {
    case 'v':
        return hence_int(7);
    case 'o':
        return payload();
    case 'f':
        return failure(name);
    case 'c':
        return hence_fail_static(HENCE_ECANCELLED);
    default:
        return hence_chain(hence_deferred_ref(inputs[i]));
    }
}

static hence_result enter(void *word)
{
    trace("enter");
    check_string(word, "arg");
    if (in_enter)
        in_enter();
    return give(of_enter, "not entered", 0);
}

static hence_result body(hence_result *resource, void *word)
{
    trace("body:%s", describe(resource));
    check_string(word, "arg");
    if (in_body)
        in_body();
    if (of_body == 'i')
        return *resource;
    return of_body == 't' ? hence_take(resource) : give(of_body, "body failed", 1);
}

static hence_result leave(const hence_result *resource, const hence_result *outcome, void *word)
{
    trace("exit:%s:%s", describe(resource), describe(outcome));
    check_string(word, "arg");
    if (in_exit)
        in_exit();
    return give(of_exit, "exit failed", 2);
}

static void begin(const char *letters)
{
    both = begin_loop();
    of_enter = letters[0];
    of_body = letters[1];
    of_exit = letters[2];
    in_enter = in_body = in_exit = NULL;
    begin_inputs(3, STOPS);
}

static void use(void)
{
    the_future = hence_using(both.loop, enter, body, leave, (void *)(uintptr_t) "arg");
    hence_future_add_done_callback(the_future, done, "done");
}

static void run(void)
{
    hence_test_clock_advance(both.clock, 0);
}

static void end(void)
{
    the_future = hence_future_unref(the_future);
    for (size_t i = 0; i < 3; i++)
        resolve_input(i, hence_fail_static(HENCE_ECANCELLED)); /* is not reported */
    end_inputs();
    for (int i = 0; i < 3; i++)
        hence_deferred_unref(inputs[i]);
    end_loop(&both);
    check_int(payloads_alive(), 0);
}

#define check_cancel(expected)                                                                     \
    check_int(hence_future_cancel(the_future), the_future ? (expected) : -ENOMEM)

/* ---- nothing takes time ---- */

/* rule 99 */
TEST(using, all_three_run_in_order_and_the_outcome_is_the_body_s)
{
    begin("ovv");
    use();
    check(the_future && hence_future_done(the_future)); /* nothing was waited for */
    check_trace("enter body:payload exit:payload:7");
    check_int(payloads_alive(), 0); /* the resource */
    run();
    check_trace("done:7");
    check(the_future && strstr(hence_future_site(the_future), "test_using.c:"));
    end();
}

TEST(using, whatever_fails_exit_runs_if_it_was_entered)
{
    static const struct {
        const char *letters, *trace, *result;
    } cases[] = {
        {"fvv", "enter", "not entered"},
        {"cvv", "enter", "cancelled"},
        {"ofv", "enter body:payload exit:payload:body failed", "body failed"},
        {"ocv", "enter body:payload exit:payload:cancelled", "cancelled"},
        {"oof", "enter body:payload exit:payload:payload", "exit failed"},
        {"ooc", "enter body:payload exit:payload:payload", "cancelled"},
        {"off", "enter body:payload exit:payload:body failed", "group{body failed,exit failed}"},
        {"ocf", "enter body:payload exit:payload:cancelled", "group{cancelled,exit failed}"},
        {"ooo", "enter body:payload exit:payload:payload", "shared"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin(cases[i].letters);
        use();
        check_trace(cases[i].trace);
        check_string(outcome_of(the_future), cases[i].result);
        end();
    }
}

TEST(using, the_body_may_take_the_resource_or_pass_it_on)
{
    static const char *const letters[] = {"oiv", "otv", "oif", "otf", "viv"};
    for (size_t i = 0; i < 5; i++) {
        begin(letters[i]);
        use();
        check_trace(i < 4 ? "enter body:payload exit:none:payload" : "enter body:7 exit:none:7");
        check_string(outcome_of(the_future), i < 2 ? "shared" : i < 4 ? "exit failed" : "7");
        end();
    }
}

TEST(using, when_both_body_and_exit_are_cancelled_it_counts_as_cancelled)
{
    begin("occ");
    use();
    check(hence_future_cancelled(the_future));
    end();
}

static hence_result read_it_again(const hence_result *resource, const hence_result *outcome,
                                  void *f)
{
    (void)resource;
    (void)outcome;
    return hence_future_result(f);
}

static hence_result read_it(void *f)
{
    return hence_future_result(f);
}

TEST(using, exit_may_give_the_very_value_that_is_the_outcome)
{
    begin("ovv");
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_resolve(p, payload());
    the_future = hence_using(both.loop, read_it, pass, read_it_again, f);
    hence_future_unref(f);
    check_string(outcome_of(the_future), "shared");
    end();
}

/* ---- each may take time ---- */

TEST(using, each_of_the_three_is_waited_for)
{
    begin("ppp");
    use();
    if (the_future)
        check_trace("enter");
    resolve_input(0, payload());
    check_trace("body:payload");
    resolve_input(1, payload());
    check_trace("exit:payload:payload");
    check(!hence_future_done(the_future));
    resolve_input(2, hence_none());
    check_string(outcome_of(the_future), "shared");
    check_int(payloads_alive(), support_faulty ? payloads_alive() : 1); /* the outcome */
    end();
}

TEST(using, failures_that_come_late_are_as_those_that_come_at_once)
{
    static const char *const results[] = {"a", "b", "c", "group{b,c}"};
    for (int i = 0; i < 4; i++) {
        begin("ppp");
        use();
        resolve_input(0, i == 0 ? failure("a") : payload());
        resolve_input(1, i == 1 || i == 3 ? failure("b") : payload());
        resolve_input(2, i >= 2 ? failure("c") : hence_none());
        check_string(outcome_of(the_future), results[i]);
        check_trace(i == 0  ? "enter"
                    : i % 2 ? "enter body:payload exit:payload:b"
                            : "enter body:payload exit:payload:payload");
        end();
    }
}

/* ---- cancelled in each phase ---- */

TEST(using, cancelled_while_it_enters_neither_body_nor_exit_runs)
{
    begin("pvv");
    use();
    check_cancel(0);
    check_trace("enter cancel0");
    check(hence_future_cancelled(the_future));
    check_cancel(-EALREADY);
    end();
}

TEST(using, cancelled_in_the_body_exit_runs)
{
    begin("opp");
    use();
    check_cancel(0);
    check_trace("enter body:payload cancel1 exit:payload:cancelled");
    check(!hence_future_done(the_future));
    resolve_input(2, hence_none());
    check(hence_future_cancelled(the_future));
    end();
}

TEST(using, cancelled_in_exit_it_is_exit_that_is_cancelled)
{
    static const char *const letters[] = {"oop", "ofp"};
    static const char *const results[] = {"cancelled", "group{body failed,cancelled}"};
    for (int i = 0; i < 2; i++) {
        begin(letters[i]);
        use();
        check_cancel(0);
        check_trace(i ? "enter body:payload exit:payload:body failed cancel2"
                      : "enter body:payload exit:payload:payload cancel2");
        check_string(outcome_of(the_future), results[i]);
        check_cancel(-EALREADY);
        end();
    }
}

TEST(using, cancelled_in_the_body_and_then_in_exit)
{
    begin("opp");
    use();
    check_cancel(0);
    check_cancel(0);
    check_trace("enter body:payload cancel1 exit:payload:cancelled cancel2");
    check(hence_future_cancelled(the_future));
    end();
}

TEST(using, exit_that_was_cancelled_may_end_in_order_all_the_same)
{
    begin("oop");
    set_on_cancel(2, GIVES_VALUE);
    use();
    check_cancel(0);
    check_trace("enter body:payload exit:payload:payload cancel2");
    check_string(outcome_of(the_future), "shared");
    end();
}

TEST(using, a_body_that_was_cancelled_may_give_a_value_all_the_same)
{
    begin("opv");
    set_on_cancel(1, GIVES_VALUE);
    use();
    check_cancel(0);
    check_trace("enter body:payload cancel1 exit:payload:101");
    check_string(outcome_of(the_future), "101");
    end();
}

TEST(using, a_body_that_takes_time_to_stop_is_waited_for)
{
    begin("opv");
    set_on_cancel(1, TAKES_TIME);
    use();
    check_cancel(0);
    check_trace("enter body:payload cancel1");
    check(!hence_future_done(the_future));
    resolve_late(1, hence_fail_static(HENCE_ECANCELLED));
    check_trace("exit:payload:cancelled");
    check(hence_future_cancelled(the_future));
    end();
}

TEST(using, what_enter_gives_although_it_was_cancelled_is_left_again)
{
    begin("pvv");
    set_on_cancel(0, GIVES_VALUE);
    use();
    check_cancel(0);
    if (the_future)
        check(hence_future_done(the_future)); /* the resource was there: exit must have run */
    check_trace("enter cancel0 body:100 exit:100:7");
    hence_future_failure(the_future);
    end();
}

/* ---- from inside ---- */

static void cancel_it(void)
{
    hence_future_cancel(the_future);
}

/* rule 37 */
TEST(using, cancelling_from_inside_exit_does_not_stop_it)
{
    begin("poo");
    in_exit = cancel_it;
    use();
    resolve_input(0, payload());
    check_trace("enter body:payload exit:payload:payload");
    check_string(outcome_of(the_future), "shared");
    end();
}

static void let_it_go(void)
{
    the_future = hence_future_unref(the_future);
}

TEST(using, nobody_needs_to_hold_it)
{
    begin("poo");
    in_body = let_it_go;
    use();
    resolve_input(0, payload());
    run();
    if (!support_faulty)
        check_trace("enter body:payload exit:payload:payload done:shared");
    end();
}

/* ---- its surroundings ---- */

TEST(using, what_can_not_be_used_is_refused_before_anything_is_called)
{
    begin("vvv");
    check(!hence_using(both.loop, NULL, body, leave, NULL));
    check(!hence_using(both.loop, enter, NULL, leave, NULL));
    check(!hence_using(both.loop, enter, body, NULL, NULL));
    check(!hence_using(NULL, enter, body, leave, NULL));
    hence_loop_close(both.loop);
    check(!hence_using(both.loop, enter, body, leave, NULL));
    out_of_memory(true);
    check(!hence_using(both.loop, enter, body, leave, NULL));
    out_of_memory(false);
    check_trace("");
    end();
}

static hence_result sleep_in_body(hence_result *resource, void *arg)
{
    (void)arg;
    trace("body:%s", describe(resource));
    return hence_chain_future(hence_sleep_future(both.loop, HENCE_SECONDS(1)));
}

TEST(using, when_the_loop_closes_while_the_body_waits_for_it_exit_runs)
{
    begin("ovv");
    the_future = hence_using(both.loop, enter, sleep_in_body, leave, (void *)(uintptr_t) "arg");
    hence_loop_close(both.loop);
    if (the_future) {
        check_trace("enter body:payload exit:payload:closed");
        check_string(outcome_of(the_future), "closed");
    }
    end();
}
