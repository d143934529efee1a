/* SPDX-License-Identifier: BSD-3-Clause */
/* A whole program around one Deferred. */
#include <event2/event.h>
#include <signal.h>
#include <string.h>

#include "support/inputs.h"

SUITE(main);

static hence_loop *the_loop;

/* ---- what the Deferred gives ---- */

static hence_deferred *give_result(hence_loop *loop, void *result)
{
    (void)loop;
    trace("main");
    return hence_deferred_succeed(hence_take(result));
}

static int main_that_gives(hence_result r)
{
    int status = hence_main(give_result, &r);
    hence_drop(r); /* if there was no memory to come so far */
    check_trace("main");
    return status;
}

TEST(main, a_value_is_success)
{
    check_int(main_that_gives(hence_none()), 0);
    check_int(main_that_gives(hence_real(3.0)), 0);
    check_int(main_that_gives(payload()), 0);
    check_int(payloads_alive(), 0);
}

TEST(main, a_small_number_is_the_exit_status)
{
    check_int(main_that_gives(hence_int(0)), 0);
    check_int(main_that_gives(hence_int(7)), 7);
    check_int(main_that_gives(hence_int(255)), 255);
}

TEST(main, a_number_that_is_no_exit_status_is_a_failure)
{
    check_int(main_that_gives(hence_int(256)), 1);
    check_int(main_that_gives(hence_int(-1)), 1);
    check_int(main_that_gives(hence_int(INT64_MAX)), 1);
}

TEST(main, a_failure_is_reported_and_the_exit_status_is_one)
{
    check_int(main_that_gives(failure("broken")), 1);
    check(had_report(HENCE_REPORT_UNHANDLED));
    check(strstr(report_text(), "broken") && strstr(report_text(), "test_main.c:"));
}

TEST(main, a_cancellation_that_no_signal_asked_for_is_a_failure)
{
    check_int(main_that_gives(hence_fail_static(HENCE_ECANCELLED)), 1);
    check(had_report(HENCE_REPORT_UNHANDLED));
    check(strstr(report_text(), "cancelled"));
}

static hence_deferred *give_nothing(hence_loop *loop, void *arg)
{
    (void)loop;
    (void)arg;
    return NULL;
}

TEST(main, no_Deferred_is_a_failure)
{
    check_int(hence_main(give_nothing, NULL), 1);
    check(had_report(HENCE_REPORT_UNHANDLED));
    check(strstr(report_text(), "out of memory"));
}

TEST(main, without_a_function_it_fails)
{
    check_int(hence_main(NULL, NULL), 1);
    check(had_report(HENCE_REPORT_MISUSE));
}

TEST(main, without_memory_it_fails)
{
    out_of_memory(true);
    check_int(hence_main(give_nothing, NULL), 1);
    out_of_memory(false);
    check(had_report(HENCE_REPORT_MISUSE));
}

/* ---- the loop runs as long as the Deferred has not ended ---- */

static hence_result give_word(void *word)
{
    trace("%s", (const char *)word);
    return hence_int(3);
}

static hence_deferred *run_later(hence_loop *loop, void *word)
{
    trace("main");
    return hence_defer_later(loop, HENCE_MS(2), give_word, word);
}

TEST(main, the_loop_runs_until_the_Deferred_has_ended)
{
    check_int(hence_main(run_later, "later"), 3);
    check_trace("main later");
}

static hence_result fail_with(void *message)
{
    return failure(message);
}

static hence_deferred *fail_later(hence_loop *loop, void *message)
{
    return hence_defer_later(loop, 0, fail_with, message);
}

TEST(main, it_may_fail_later)
{
    check_int(hence_main(fail_later, "broken"), 1);
    check(had_report(HENCE_REPORT_UNHANDLED));
    check(strstr(report_text(), "broken"));
}

static hence_deferred *leave_things(hence_loop *loop, void *arg)
{
    (void)arg;
    hence_call_later(loop, HENCE_SECONDS(3600), call, "never", NULL);
    hence_deferred_unref(hence_sleep(loop, HENCE_SECONDS(3600)));
    return hence_defer_later(loop, 0, give_word, "done");
}

TEST(main, what_still_waits_then_is_dropped)
{
    check_int(hence_main(leave_things, NULL), 3);
    check_trace("done");
    if (!support_faulty) { /* the sleep is told that the loop has closed, and nobody listens */
        check(had_report(HENCE_REPORT_UNHANDLED));
        check(strstr(report_text(), "the loop is closed"));
    }
}

TEST(main, a_program_may_have_one_after_the_other)
{
    check_int(hence_main(run_later, "first"), 3);
    check_int(hence_main(run_later, "second"), 3);
    check_trace("main first main second");
}

/* ---- shutdown ---- */

static hence_result say(void *word)
{
    trace("%s", (const char *)word);
    return hence_none();
}

static hence_result say_and_wait(void *word)
{
    trace("%s", (const char *)word);
    return hence_chain(hence_defer_later(the_loop, HENCE_MS(1), say, "waited"));
}

static hence_deferred *shut_down_in_order(hence_loop *loop, void *word)
{
    the_loop = loop;
    hence_loop_on_shutdown(loop, HENCE_SHUTDOWN_AFTER, say, "after", NULL);
    hence_loop_on_shutdown(loop, HENCE_SHUTDOWN_BEFORE, say_and_wait, "before", NULL);
    hence_loop_on_shutdown(loop, HENCE_SHUTDOWN_DURING, say, "during", NULL);
    return hence_defer_later(loop, 0, give_word, word);
}

TEST(main, the_loop_shuts_down_in_order)
{
    check_int(hence_main(shut_down_in_order, "end"), 3);
    check_trace("end before waited during after");
}

static hence_result resolve_first(void *failed)
{
    trace("during");
    resolve_input(0, failed ? failure("broken") : hence_int(3));
    return hence_none();
}

static hence_result shut_down(void *word)
{
    trace("%s", (const char *)word);
    hence_loop_shutdown(the_loop);
    return hence_none();
}

/* Waits for input 0, which the shutdown resolves, which begins a little later. */
static hence_deferred *end_in_shutdown(hence_loop *loop, void *failed)
{
    the_loop = loop;
    begin_inputs(1, STOPS);
    int error = hence_loop_on_shutdown(loop, HENCE_SHUTDOWN_DURING, resolve_first, failed, NULL);
    hence_deferred *d = hence_defer_later(loop, 0, shut_down, "shut down");
    if (error || hence_deferred_get_state(d) != HENCE_DEFERRED_PENDING) {
        hence_deferred_unref(inputs[0]);
        return d; /* it would never end */
    }
    hence_deferred_unref(d);
    return inputs[0];
}

TEST(main, the_Deferred_may_end_while_the_loop_shuts_down)
{
    check_int(hence_main(end_in_shutdown, NULL), 3);
    end_inputs();
    check_trace("shut down during");
    check_int(hence_main(end_in_shutdown, &the_loop), 1);
    end_inputs();
    check_trace("shut down during");
    check(had_report(HENCE_REPORT_UNHANDLED));
}

/* ---- the loop is stopped ---- */

static hence_deferred *stop_at_once(hence_loop *loop, void *arg)
{
    (void)arg;
    begin_inputs(1, STOPS);
    hence_loop_stop(loop);
    return inputs[0];
}

static hence_result stop_the_loop(void *word)
{
    trace("%s", (const char *)word);
    hence_loop_stop(the_loop);
    return hence_none();
}

static hence_deferred *stop_later(hence_loop *loop, void *word)
{
    the_loop = loop;
    begin_inputs(1, STOPS);
    hence_deferred *d = hence_defer_later(loop, 0, stop_the_loop, word);
    if (hence_deferred_get_state(d) != HENCE_DEFERRED_PENDING) {
        hence_deferred_unref(inputs[0]);
        return d; /* it would never end */
    }
    hence_deferred_unref(d);
    return inputs[0];
}

TEST(main, when_the_loop_is_stopped_the_Deferred_is_forgotten)
{
    check_int(hence_main(stop_at_once, NULL), 0);
    end_inputs();
    if (!support_faulty)
        check_trace("cancel0");
    check_int(hence_main(stop_later, "stop"), 0);
    end_inputs();
    if (!support_faulty)
        check_trace("stop cancel0");
}

static hence_result break_the_loop(void *word)
{
    trace("%s", (const char *)word);
    event_base_loopbreak(hence_loop_base(the_loop));
    return hence_none();
}

static hence_deferred *break_later(hence_loop *loop, void *word)
{
    the_loop = loop;
    begin_inputs(1, STOPS);
    hence_deferred *d = hence_defer_later(loop, 0, break_the_loop, word);
    if (hence_deferred_get_state(d) != HENCE_DEFERRED_PENDING) {
        hence_deferred_unref(inputs[0]);
        return d; /* it would never end */
    }
    hence_deferred_unref(d);
    return inputs[0];
}

TEST(main, when_libevent_is_told_to_stop_the_Deferred_is_forgotten_too)
{
    check_int(hence_main(break_later, "break"), 0);
    end_inputs();
    check_trace("break cancel0");
}

/* ---- signals ---- */

static int the_signal;

static hence_result raise_it(void *word)
{
    trace("%s", (const char *)word);
    raise(the_signal);
    return hence_none();
}

/* Waits for input 0 and raises a signal meanwhile; what it waits for must not be for ever. */
static hence_deferred *raise_later(hence_loop *loop, void *how)
{
    the_loop = loop;
    begin_inputs(1, *(on_cancel *)how);
    hence_deferred *d = hence_defer_later(loop, 0, raise_it, "raise");
    if (hence_deferred_get_state(d) != HENCE_DEFERRED_PENDING) {
        hence_deferred_unref(inputs[0]);
        return d;
    }
    hence_deferred_unref(d);
    return inputs[0];
}

static int main_with_signal(int signal, on_cancel how)
{
    the_signal = signal;
    int status = hence_main(raise_later, &how);
    end_inputs();
    return status;
}

TEST(main, a_signal_cancels_the_Deferred_and_is_the_exit_status)
{
    check_int(main_with_signal(SIGINT, STOPS), 128 + SIGINT);
    check_trace("raise cancel0");
    check_int(main_with_signal(SIGTERM, GOES_ON), 128 + SIGTERM);
    check_trace("raise cancel0");
}

TEST(main, a_value_that_comes_of_the_cancellation_is_the_exit_status)
{
    check_int(main_with_signal(SIGINT, GIVES_VALUE), 100);
    check_trace("raise cancel0");
}

TEST(main, a_failure_that_comes_of_the_cancellation_is_reported)
{
    check_int(main_with_signal(SIGTERM, GIVES_FAILURE), 1);
    check_trace("raise cancel0");
    check(had_report(HENCE_REPORT_UNHANDLED));
    check(strstr(report_text(), "late"));
}

static hence_result end_late(void *word)
{
    trace("%s", (const char *)word);
    resolve_late(0, hence_int(5));
    return hence_none();
}

static hence_deferred *take_time(hence_loop *loop, void *how)
{
    hence_deferred *d = raise_later(loop, how);
    hence_deferred *e = hence_defer_later(loop, HENCE_MS(3), end_late, "late");
    if (hence_deferred_get_state(e) == HENCE_DEFERRED_PENDING) {
        hence_deferred_unref(e);
        return d;
    }
    hence_deferred_unref(d);
    return e;
}

TEST(main, after_a_signal_it_may_take_its_time)
{
    on_cancel how = TAKES_TIME;
    the_signal = SIGINT;
    check_int(hence_main(take_time, &how), 5);
    end_inputs();
    if (!support_faulty)
        check_trace("raise cancel0 late");
}

static hence_result raise_another(void *word)
{
    trace("%s", (const char *)word);
    raise(SIGTERM);
    return hence_none();
}

static hence_deferred *take_too_long(hence_loop *loop, void *how)
{
    hence_deferred *d = raise_later(loop, how);
    hence_deferred *e = hence_defer_later(loop, HENCE_MS(3), raise_another, "again");
    if (hence_deferred_get_state(e) == HENCE_DEFERRED_PENDING) {
        hence_deferred_unref(e);
        return d;
    }
    hence_deferred_unref(d);
    return e;
}

TEST(main, a_second_signal_ends_it_at_once)
{
    on_cancel how = TAKES_TIME;
    the_signal = SIGINT;
    check_int(hence_main(take_too_long, &how), 128 + SIGTERM);
    end_inputs();
    if (!support_faulty)
        check_trace("raise cancel0 again");
}

static hence_result wait_and_raise(void *word)
{
    trace("%s", (const char *)word);
    hence_deferred_unref(hence_defer_later(the_loop, 0, raise_it, "raise"));
    return hence_chain(hence_sleep(the_loop, HENCE_SECONDS(1)));
}

static hence_deferred *hang_in_shutdown(hence_loop *loop, void *word)
{
    the_loop = loop;
    hence_loop_on_shutdown(loop, HENCE_SHUTDOWN_BEFORE, wait_and_raise, "before", NULL);
    return hence_defer_later(loop, 0, give_word, word);
}

TEST_ONCE(main, a_signal_while_the_loop_shuts_down_ends_it_at_once)
{
    the_signal = SIGINT;
    check_int(hence_main(hang_in_shutdown, "end"), 128 + SIGINT);
    check_trace("end before raise");
    forget_reports();
}

static bool is_default(int signal)
{
    struct sigaction action;
    sigaction(signal, NULL, &action);
    return action.sa_handler == SIG_DFL;
}

TEST(main, afterwards_signals_do_what_they_did_before)
{
    check(is_default(SIGINT) && is_default(SIGTERM));
    main_that_gives(hence_none());
    check(is_default(SIGINT) && is_default(SIGTERM));
    main_with_signal(SIGINT, STOPS);
    check(is_default(SIGINT) && is_default(SIGTERM));
    check_trace("raise cancel0");
}

/* ---- where it can not run ---- */

static void main_inside(void *status)
{
    begin_inputs(1, STOPS);
    *(int *)status = hence_main(run_later, "never");
    hence_deferred_unref(inputs[0]);
    end_inputs();
}

TEST_ONCE(main, inside_a_running_loop_it_fails)
{
    hence_loop *loop = hence_loop_new(NULL);
    int status = -1;
    hence_call_soon(loop, main_inside, &status, NULL);
    hence_test_turn(loop);
    check_int(status, 1);
    forget_reports();
    check_trace("main");
    hence_loop_free(loop);
}

static hence_deferred *give_one_with_many_steps(hence_loop *loop, void *arg)
{
    (void)arg;
    the_loop = loop;
    hence_deferred *d = hence_sleep(loop, 0);
    for (int i = 0; i < 8; i++) /* as many as there is room for */
        hence_deferred_add_both(d, hence_passthru, NULL);
    hence_deferred_unref(hence_defer_later(loop, HENCE_MS(20), stop_the_loop, "it hangs"));
    out_of_memory(true);
    return d;
}

TEST_ONCE(main, without_memory_for_a_further_step_it_sees_the_end_all_the_same)
{
    int status = hence_main(give_one_with_many_steps, NULL);
    out_of_memory(false);
    check_trace("");
    check_int(status, 0);
    forget_reports();
}
