/* SPDX-License-Identifier: BSD-3-Clause */
/* A function that is called again and again, whatever comes of it. */
#include <errno.h>
#include <string.h>

#include "support/support.h"

SUITE(periodic);

#define SECOND HENCE_SECONDS(1)

static struct loop_and_clock both;
static hence_periodic_callback *the_callback;
static hence_promise *the_promise; /* of what the function waits for */
static void (*in_call)(void);

static double now(void)
{
    return (double)hence_loop_time(both.loop) / (double)SECOND;
}

static void advance(double seconds)
{
    hence_test_clock_advance(both.clock, HENCE_SECONDS(seconds));
}

static void trace_call(const char *word)
{
    trace("%s@%g", word, now());
    if (in_call)
        in_call();
}

static hence_result tick(void *word)
{
    trace_call(word);
    return payload(); /* which is destroyed */
}

static hence_result fail(void *word)
{
    trace_call(word);
    return failure(word);
}

static hence_result be_cancelled(void *word)
{
    trace_call(word);
    return hence_fail_static(HENCE_ECANCELLED);
}

static hence_result take_time(void *word)
{
    hence_abandon(hence_promise_take(&the_promise)); /* one that could not be waited for */
    hence_deferred *d = hence_deferred_new(&the_promise);
    hence_deferred_add_both(d, pass, "ended");
    trace_call(word);
    return hence_chain(d);
}

static void begin(hence_result_fn *fn, double interval)
{
    both = begin_loop();
    in_call = NULL;
    the_promise = NULL;
    the_callback = hence_periodic_callback_new(both.loop, HENCE_SECONDS(interval), fn,
                                               (void *)(uintptr_t) "call");
}

static void start(void)
{
    check_int(hence_periodic_callback_start(the_callback), the_callback ? 0 : -ENOMEM);
}

static void end(void)
{
    the_callback = hence_periodic_callback_free(the_callback);
    if (the_promise) {
        hence_resolve(hence_promise_take(&the_promise), hence_none());
        check_trace("ended:none");
    }
    check_int(hence_loop_pending(both.loop), 0);
    end_loop(&both);
    check_int(payloads_alive(), 0);
}

/* ---- the times ---- */

TEST(periodic, the_first_call_comes_after_an_interval_and_so_does_each_further_one)
{
    begin(tick, 2);
    check(!hence_periodic_callback_is_running(the_callback));
    start();
    check(hence_periodic_callback_is_running(the_callback));
    check_trace("");
    advance(1.5);
    check_trace("");
    advance(0.5);
    check_trace("call@2");
    check_int(payloads_alive(), 0);
    advance(2);
    advance(2);
    check_trace("call@4 call@6");
    end();
}

/* rule 71 */
TEST(periodic, calls_that_were_missed_are_left_out_and_the_others_keep_their_times)
{
    begin(tick, 1);
    start();
    advance(3.5);
    check_trace("call@3.5");
    advance(0.5);
    check_trace("call@4");
    advance(1);
    check_trace("call@5");
    end();
}

TEST(periodic, nothing_happens_before_it_is_started)
{
    begin(tick, 1);
    advance(5);
    check_trace("");
    end();
}

/* ---- whatever comes of it ---- */

TEST(periodic, a_failure_is_reported_and_does_not_stop_it)
{
    begin(fail, 1);
    start();
    for (int i = 0; i < 3; i++) {
        advance(1);
        check(had_report(HENCE_REPORT_UNHANDLED));
        check(support_faulty || strstr(report_text(), "periodic"));
        check(support_faulty || strstr(report_text(), "call"));
    }
    check_trace("call@1 call@2 call@3");
    check(hence_periodic_callback_is_running(the_callback));
    end();
}

/* difference 19 */
TEST(periodic, a_cancellation_is_not_reported)
{
    begin(be_cancelled, 1);
    start();
    advance(1);
    advance(1);
    check_trace("call@1 call@2");
    end();
}

static int told;

static void count_reports(const hence_report *report, void *arg)
{
    (void)arg;
    told += report->kind == HENCE_REPORT_UNHANDLED;
}

/* rule 136 */
TEST(periodic, its_reports_go_to_the_loop_s_own_handler_first)
{
    begin(fail, 1);
    told = 0;
    hence_loop_set_exception_handler(both.loop, count_reports, NULL);
    start();
    advance(1);
    check_int(told, 1);
    check_trace("call@1");
    end();
}

/* ---- what takes time ---- */

/* rule 71 */
TEST(periodic, a_chain_is_waited_for_before_the_next_call)
{
    begin(take_time, 1);
    start();
    advance(1);
    check_trace("call@1");
    advance(2.5);
    check_trace("");
    hence_resolve(hence_promise_take(&the_promise), payload());
    check_trace("ended:payload");
    advance(0.25);
    check_trace("");
    advance(0.25);
    check_trace("call@4");
    end();
}

TEST(periodic, a_chain_that_fails_is_reported_and_does_not_stop_it)
{
    for (int i = 0; i < 2; i++) {
        begin(take_time, 1);
        start();
        advance(1);
        if (the_promise) {
            hence_resolve(hence_promise_take(&the_promise),
                          i ? hence_fail_static(HENCE_ECANCELLED) : failure("broken"));
            check(i || had_report(HENCE_REPORT_UNHANDLED));
            check(support_faulty || i || strstr(report_text(), "broken"));
        }
        advance(1);
        check_trace(i ? "call@1 ended:cancelled call@2" : "call@1 ended:broken call@2");
        end();
    }
}

static hence_result chain_to_nothing(void *word)
{
    trace_call(word);
    return hence_chain(NULL);
}

TEST(periodic, a_chain_that_could_not_be_had_is_a_failure_too)
{
    begin(chain_to_nothing, 1);
    start();
    advance(1);
    check(had_report(HENCE_REPORT_UNHANDLED));
    advance(1);
    check(had_report(HENCE_REPORT_UNHANDLED));
    check_trace("call@1 call@2");
    end();
}

/* ---- stopped and started ---- */

TEST(periodic, stopped_it_is_not_called_until_it_is_started_again)
{
    begin(tick, 1);
    start();
    advance(1);
    check_int(hence_periodic_callback_stop(the_callback), the_callback ? 0 : -ENOMEM);
    check(!hence_periodic_callback_is_running(the_callback));
    check_int(hence_periodic_callback_stop(the_callback), the_callback ? -EALREADY : -ENOMEM);
    advance(5.25);
    check_trace("call@1");
    start();
    advance(1);
    check_trace("call@7.25");
    end();
}

TEST(periodic, starting_it_twice_changes_nothing)
{
    begin(tick, 1);
    start();
    advance(0.5);
    check_int(hence_periodic_callback_start(the_callback), the_callback ? -EALREADY : -ENOMEM);
    advance(0.5);
    check_trace("call@1");
    end();
}

static void stop_it(void)
{
    check_int(hence_periodic_callback_stop(the_callback), 0);
}

TEST(periodic, it_may_be_stopped_from_inside_its_function)
{
    static hence_result_fn *const functions[] = {tick, take_time};
    for (int i = 0; i < 2; i++) {
        begin(functions[i], 1);
        in_call = stop_it;
        start();
        advance(3);
        check_trace("call@3");
        check(!hence_periodic_callback_is_running(the_callback));
        hence_abandon(hence_promise_take(&the_promise));
        if (i) {
            check_trace("ended:abandoned");
            check(had_report(HENCE_REPORT_UNHANDLED));
        }
        end();
    }
}

static void stop_and_start_it(void)
{
    stop_it();
    check_int(hence_periodic_callback_start(the_callback), 0);
}

TEST(periodic, it_may_be_stopped_and_started_again_from_inside_its_function)
{
    begin(tick, 1);
    in_call = stop_and_start_it;
    start();
    advance(1.5);
    check_trace("call@1.5");
    check(hence_periodic_callback_is_running(the_callback));
    advance(0.5);
    check_trace(""); /* intervals count from when it was started */
    advance(0.5);
    check_trace("call@2.5");
    end();
}

TEST(periodic, it_may_be_stopped_and_started_again_while_its_call_is_under_way)
{
    begin(take_time, 1);
    start();
    advance(1);
    if (the_promise) {
        stop_it();
        advance(0.25);
        check_int(hence_periodic_callback_start(the_callback), 0);
        hence_resolve(hence_promise_take(&the_promise), hence_none());
    }
    advance(1);
    check_trace("call@1 ended:none call@2.25");
    end();
}

static void free_it(void)
{
    the_callback = hence_periodic_callback_free(the_callback);
}

TEST(periodic, it_may_be_freed_from_inside_its_function)
{
    static hence_result_fn *const functions[] = {tick, fail, take_time};
    for (int i = 0; i < 3; i++) {
        begin(functions[i], 1);
        in_call = free_it;
        start();
        advance(1);
        check_trace("call@1");
        if (the_promise)
            hence_resolve(hence_promise_take(&the_promise), failure("late"));
        check(i == 0 || had_report(HENCE_REPORT_UNHANDLED)); /* it is still told */
        advance(5);
        check_trace(i == 2 ? "ended:late" : "");
        end();
    }
}

TEST(periodic, freed_while_its_call_is_under_way_that_goes_on)
{
    begin(take_time, 1);
    start();
    advance(1);
    the_callback = hence_periodic_callback_free(the_callback);
    if (the_promise)
        check(hence_promise_is_wanted(the_promise));
    hence_resolve(hence_promise_take(&the_promise), payload());
    advance(2);
    check_trace("call@1 ended:payload");
    end();
}

/* ---- its surroundings ---- */

TEST(periodic, what_can_not_be_called_is_refused)
{
    begin(tick, 1);
    check(!hence_periodic_callback_new(both.loop, SECOND, NULL, NULL));
    check(!hence_periodic_callback_new(both.loop, 0, tick, NULL));
    check(!hence_periodic_callback_new(both.loop, -1, tick, NULL));
    check(!hence_periodic_callback_new(NULL, SECOND, tick, NULL));
    check_int(hence_periodic_callback_start(NULL), -ENOMEM);
    check_int(hence_periodic_callback_stop(NULL), -ENOMEM);
    check(!hence_periodic_callback_is_running(NULL));
    check(!hence_periodic_callback_free(NULL));
    end();
}

TEST(periodic, when_the_loop_closes_it_has_stopped_in_silence)
{
    begin(tick, 1);
    start();
    hence_loop_close(both.loop);
    check(!hence_periodic_callback_is_running(the_callback));
    check_int(hence_periodic_callback_start(the_callback), the_callback ? -ESHUTDOWN : -ENOMEM);
    end();
    check_trace("");
}

TEST(periodic, when_the_loop_closes_while_a_call_is_under_way_that_goes_on)
{
    begin(take_time, 1);
    start();
    advance(1);
    hence_loop_close(both.loop);
    hence_resolve(hence_promise_take(&the_promise), payload());
    check_trace("call@1 ended:payload");
    check(!hence_periodic_callback_is_running(the_callback));
    end();
}

TEST(periodic, it_holds_its_loop)
{
    begin(tick, 1);
    start();
    end_loop(&both);
    the_callback = hence_periodic_callback_free(the_callback);
    check_trace("");
}
