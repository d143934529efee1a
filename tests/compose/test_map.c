/* SPDX-License-Identifier: BSD-3-Clause */
/* The values of an async iterator, each taken through a step, several at once. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compose/iterate_support.h"

SUITE(map);

static hence_future *the_map;

static void map(hence_step *step, size_t limit)
{
    the_map = hence_map(both.loop, script_next, NULL, step, "step", limit);
    hence_future_add_done_callback(the_map, done, "map");
}

#define check_cancel(expected)                                                                     \
    check_int(hence_future_cancel(the_map), the_map ? (expected) : -ENOMEM)

/* ---- steps that take time: job i waits until end_job() ---- */

static hence_promise *jobs[INPUTS];
static size_t jobs_begun, jobs_running, most_jobs;
static bool jobs_go_on; /* they do not stop when they are cancelled */
static void (*in_step)(void);

static bool cancel_job(hence_promise *p, void *arg)
{
    size_t i = (size_t)(uintptr_t)arg;
    trace("stop%zu", i);
    if (jobs_go_on) {
        hence_resolve(p, hence_chain(hence_deferred_new(&jobs[i])));
        return true;
    }
    jobs[i] = NULL;
    jobs_running--;
    return true;
}

static hence_result begin_job(hence_result *in, void *word)
{
    size_t i = jobs_begun++;
    trace("%s%zu:%s", (const char *)word, i, describe(in));
    hence_deferred *d = hence_deferred_new(&jobs[i]);
    if (!d)
        return hence_chain(NULL);
    hence_promise_on_cancel(jobs[i], cancel_job, (void *)(uintptr_t)i);
    if (++jobs_running > most_jobs)
        most_jobs = jobs_running;
    if (in_step)
        in_step();
    return hence_chain(d);
}

static void end_job(size_t i, hence_result r)
{
    hence_promise *p = hence_promise_take(&jobs[i]);
    if (!p) {
        hence_drop(r);
        return;
    }
    jobs_running--;
    hence_resolve(p, r);
}

static void end_map(void)
{
    for (size_t i = 0; i < INPUTS; i++)
        end_job(i, hence_fail_static(HENCE_ECANCELLED));
    jobs_begun = jobs_running = most_jobs = 0;
    jobs_go_on = false;
    in_step = NULL;
    the_map = hence_future_unref(the_map);
    end();
    check_int(payloads_alive(), 0);
}

/* ---- values ---- */

TEST(map, the_results_stand_in_the_order_of_the_values)
{
    begin_script("vvv", 0);
    map(begin_job, 0);
    if (the_map)
        check_trace("next step0:0 next step1:1 next step2:2 next");
    end_job(2, hence_int(20));
    end_job(0, payload());
    check(!hence_future_done(the_map));
    end_job(1, hence_none());
    check(hence_future_done(the_map));
    run();
    check_trace("map:shared[payload,none,20]");
    check(the_map && strstr(hence_future_site(the_map), "test_map.c:"));
    end_map();
}

/* rule 99 */
TEST(map, what_is_there_already_does_not_go_through_the_loop)
{
    begin_script("vvv", 0);
    map(add_one, 1);
    check(the_map && hence_future_done(the_map));
    check_trace("next step:0 next step:1 next step:2 next");
    check_string(outcome_of(the_map), "shared[1,2,3]");
    end_map();
}

TEST(map, of_nothing_there_is_an_empty_list)
{
    begin_script("", 0);
    map(add_one, 3);
    check_string(outcome_of(the_map), "shared[]");
    end_map();
}

TEST(map, values_that_come_later_are_waited_for_one_at_a_time)
{
    begin_script("pvp", 2);
    map(begin_job, 0);
    if (the_map)
        check_trace("next");
    resolve_input(1, hence_int(8)); /* not asked for yet */
    run();
    check_trace("");
    resolve_input(0, hence_int(7));
    run();
    if (!support_faulty)
        check_trace("step0:7 next step1:1 next step2:8 next");
    for (size_t i = 0; i < 3; i++)
        end_job(i, hence_int((int64_t)i));
    run();
    if (!support_faulty)
        check_trace("map:shared[0,1,2]");
    end_map();
}

static hence_result take_it(hence_result *in, void *word)
{
    trace("%s", (const char *)word);
    return hence_take(in);
}

TEST(map, whatever_the_step_does_with_its_value_it_is_destroyed_once)
{
    static hence_step *const steps[] = {pass, swallow, take_it, give_payload};
    for (int i = 0; i < 4; i++) {
        begin_script("ooo", 0);
        map(steps[i], 0);
        check_int(payloads_alive(), support_faulty ? payloads_alive() : i == 1 ? 0 : 3);
        hence_future_failure(the_map);
        end_map();
    }
}

/* ---- how many at once ---- */

TEST(map, no_more_are_under_way_than_the_limit_allows)
{
    for (size_t limit = 1; limit <= 4; limit++) {
        begin_script("vvvvvvv", 0);
        map(begin_job, limit);
        check_int(jobs_begun, limit);
        check_int(script_calls(), limit); /* none is asked for that can not begin */
        for (size_t i = 0; i < 7; i++) {
            end_job(i, hence_int((int64_t)i));
            check(most_jobs <= limit);
        }
        check_int(most_jobs, limit);
        check_int(jobs_begun, 7);
        check_string(outcome_of(the_map), "shared[0,1,2,3,4,5,6]");
        end_map();
    }
}

TEST(map, when_one_ends_in_whatever_place_the_next_one_begins)
{
    begin_script("vvvvv", 0);
    map(begin_job, 3);
    end_job(1, hence_int(1));
    check_int(jobs_begun, 4);
    end_job(2, hence_int(2));
    end_job(0, hence_int(0));
    check_int(jobs_begun, 5);
    check_int(most_jobs, 3);
    end_job(4, hence_int(4));
    end_job(3, hence_int(3));
    check_string(outcome_of(the_map), "shared[0,1,2,3,4]");
    end_map();
}

TEST(map, a_limit_holds_also_when_values_come_later_than_jobs_end)
{
    begin_script("pppp", 4);
    map(begin_job, 2);
    for (size_t i = 0; i < 4; i++) {
        resolve_input(i, hence_int((int64_t)i));
        run();
        check(most_jobs <= 2);
        if (i)
            end_job(i - 1, hence_none());
    }
    end_job(3, hence_none());
    run();
    check_string(outcome_of(the_map), "shared[none,none,none,none]");
    check_int(most_jobs, 2);
    end_map();
}

/* ---- failures ---- */

TEST(map, when_a_job_fails_the_others_are_cancelled_and_no_further_value_is_asked_for)
{
    begin_script("vvvv", 0);
    map(begin_job, 3);
    if (!support_faulty)
        check_trace("next step0:0 next step1:1 next step2:2");
    end_job(1, failure("broken"));
    run();
    if (!support_faulty)
        check_trace("stop0 stop2 map:broken");
    check_int(script_calls(), 3);
    end_map();
}

TEST(map, a_value_that_is_waited_for_is_cancelled_with_the_jobs)
{
    begin_script("vvp", 1);
    map(begin_job, 0);
    end_job(0, failure("broken"));
    if (!support_faulty)
        check_trace("next step0:0 next step1:1 next stop1 cancel0");
    check(!hence_future_done(the_map)); /* it hears of the value through the loop */
    run();
    if (!support_faulty)
        check_trace("map:broken");
    end_map();
}

TEST(map, it_fails_when_all_have_ended_with_what_failed_first)
{
    begin_script("vvvv", 0);
    jobs_go_on = true;
    map(begin_job, 3);
    end_job(1, failure("broken"));
    run();
    check(!hence_future_done(the_map));
    end_job(2, failure("late")); /* is not reported */
    end_job(0, payload());
    run();
    if (!support_faulty)
        check_trace("next step0:0 next step1:1 next step2:2 stop0 stop2 map:broken");
    end_map();
}

TEST(map, when_a_value_fails_the_jobs_are_cancelled)
{
    static const char *const scripts[] = {"vvf", "vvc", "vvn", "vvp"};
    static const char *const results[] = {"broken", "cancelled", "nomem", "late"};
    for (int i = 0; i < 4; i++) {
        begin_script(scripts[i], 1);
        map(begin_job, 0);
        resolve_input(0, failure("late"));
        run();
        if (!support_faulty) {
            check_trace(i == 3   ? "next step0:0 next step1:1 next stop0 stop1 map:late"
                        : i == 2 ? "next step0:0 next step1:1 next stop0 stop1 map:nomem"
                        : i == 1 ? "next step0:0 next step1:1 next stop0 stop1 map:cancelled"
                                 : "next step0:0 next step1:1 next stop0 stop1 map:broken");
        }
        check_string(outcome_of(the_map), results[i]);
        check_int(script_calls(), 3);
        hence_future_failure(futures[0]);
        end_map();
    }
}

TEST(map, a_step_may_fail_at_once)
{
    begin_script("ovv", 0);
    map(fail_with_word, 0);
    check_string(outcome_of(the_map), "step");
    check_int(script_calls(), 1);
    end_map();
}

static hence_result give_the_end(hence_result *in, void *word)
{
    (void)in;
    (void)word;
    return hence_fail_static(HENCE_EEND);
}

TEST(map, the_end_is_a_failure_like_any_other_when_a_step_gives_it)
{
    begin_script("vv", 0);
    map(give_the_end, 0);
    check_string(outcome_of(the_map), "end");
    check_int(script_calls(), 1);
    end_map();
}

/* ---- cancelled ---- */

TEST(map, cancelling_cancels_all_that_is_under_way_and_waits_for_it)
{
    begin_script("vvvpv", 1);
    map(begin_job, 0);
    end_job(1, payload());
    check_trace("next step0:0 next step1:1 next step2:2 next");
    check_cancel(0);
    if (!support_faulty)
        check_trace("stop0 stop2 cancel0");
    check(!hence_future_done(the_map));
    run();
    if (!support_faulty)
        check_trace("map:cancelled");
    check(hence_future_cancelled(the_map));
    check_cancel(-EALREADY);
    check_int(script_calls(), 4);
    end_map();
}

TEST(map, cancelling_waits_for_jobs_that_take_time_and_does_not_disturb_them_again)
{
    begin_script("vv", 0);
    jobs_go_on = true;
    map(begin_job, 0);
    check_cancel(0);
    hence_future_cancel(the_map);
    check(!hence_future_done(the_map));
    end_job(0, payload());
    check(!hence_future_done(the_map));
    end_job(1, hence_int(1));
    check_string(outcome_of(the_map), "cancelled");
    if (!support_faulty)
        check_trace("next step0:0 next step1:1 next stop0 stop1");
    end_map();
}

TEST(map, cancelling_before_the_first_value_has_come_asks_for_no_other)
{
    begin_script("p", 1);
    map(begin_job, 0);
    check_cancel(0);
    run();
    if (!support_faulty)
        check_trace("next cancel0 map:cancelled");
    check_int(script_calls(), 1);
    end_map();
}

TEST(map, a_value_that_comes_although_it_was_cancelled_is_not_used)
{
    begin_script("p", 1);
    set_on_cancel(0, GIVES_VALUE);
    map(begin_job, 0);
    check_cancel(0);
    run();
    if (!support_faulty)
        check_trace("next cancel0 map:cancelled");
    check_int(jobs_begun, 0);
    end_map();
}

TEST(map, cancelling_is_too_late_when_it_is_done)
{
    begin_script("v", 0);
    map(add_one, 0);
    check_cancel(-EALREADY);
    check_string(outcome_of(the_map), "shared[1]");
    end_map();
}

static void cancel_it(void)
{
    trace("%d", hence_future_cancel(the_map));
}

TEST(map, cancelled_from_inside_a_step_what_the_step_returns_is_cancelled_too)
{
    begin_script("pv", 1);
    in_step = cancel_it;
    map(begin_job, 0);
    resolve_input(0, hence_int(7));
    run();
    if (!support_faulty)
        check_trace("next step0:7 0 stop0 map:cancelled");
    check_int(script_calls(), 1);
    end_map();
}

TEST(map, cancelled_from_inside_next_the_value_that_next_gives_is_cancelled_too)
{
    begin_script("pxv", 2);
    script_event = cancel_it;
    map(begin_job, 0);
    resolve_input(0, hence_int(7));
    run();
    if (!support_faulty)
        check_trace("next step0:7 next stop0 0 cancel1 map:cancelled");
    check_int(script_calls(), 2);
    end_map();
}

static void end_first_job(void)
{
    if (jobs_begun > 1)
        end_job(0, failure("broken"));
}

TEST(map, a_step_that_makes_another_job_fail_has_its_own_one_cancelled)
{
    begin_script("vvv", 0);
    in_step = end_first_job;
    map(begin_job, 0);
    run();
    if (!support_faulty)
        check_trace("next step0:0 next step1:1 stop1 map:broken");
    end_map();
}

static void let_it_go(void)
{
    the_map = hence_future_unref(the_map);
}

TEST(map, nobody_needs_to_hold_it)
{
    begin_script("pv", 1);
    in_step = let_it_go;
    map(begin_job, 0);
    resolve_input(0, payload());
    run();
    end_job(0, payload());
    end_job(1, payload());
    run();
    if (!support_faulty)
        check_trace("next step0:shared next step1:1 next map:shared[payload,payload]");
    end_map();
}

/* ---- its surroundings ---- */

TEST(map, what_can_not_be_mapped_is_refused_before_anything_is_called)
{
    begin_script("v", 0);
    check(!hence_map(both.loop, NULL, NULL, pass, NULL, 0));
    check(!hence_map(both.loop, script_next, NULL, NULL, NULL, 0));
    check(!hence_map(NULL, script_next, NULL, pass, NULL, 0));
    hence_loop_close(both.loop);
    check(!hence_map(both.loop, script_next, NULL, pass, NULL, 0));
    check_trace("");
    end_map();
}

TEST(map, when_the_loop_closes_while_a_value_is_waited_for_it_fails_with_that)
{
    begin_script("vp", 1);
    map(begin_job, 0);
    resolve_input(0, payload());
    hence_loop_close(both.loop);
    check_string(outcome_of(the_map), "closed");
    if (!support_faulty)
        check_trace("next step0:0 next stop0");
    end_map();
}

static hence_result inner_map(hence_result *in, void *word)
{
    (void)in;
    return hence_chain_future(hence_map(both.loop, script_next, NULL, begin_job, word, 0));
}

TEST(map, maps_within_maps_are_cancelled_from_outside)
{
    begin_script("vv\0", 0); /* one outer value; the inner map has the other, and the end */
    the_map = hence_map(both.loop, script_next, NULL, inner_map, "inner", 1);
    check_cancel(0);
    run();
    check_string(outcome_of(the_map), "cancelled");
    if (!support_faulty)
        check_trace("next next inner0:1 next stop0");
    end_map();
}

struct wide {
    int64_t left;
    int64_t running, most;
};

static hence_future *next_of_wide(void *arg)
{
    struct wide *wide = arg;
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    if (f)
        hence_resolve(p, wide->left-- > 0 ? hence_int(wide->left) : hence_fail_static(HENCE_EEND));
    return f;
}

static hence_result leave_wide(hence_result *in, void *arg)
{
    ((struct wide *)arg)->running--;
    return hence_take(in);
}

static hence_result sleep_wide(hence_result *in, void *arg)
{
    struct wide *wide = arg;
    if (++wide->running > wide->most)
        wide->most = wide->running;
    if (hence_as_int(in) % 2)
        return leave_wide(in, wide);
    hence_deferred *d = hence_sleep(both.loop, hence_as_int(in) % 5);
    hence_deferred_add_both(d, leave_wide, wide);
    return hence_chain(d);
}

static size_t results;

static void map_wide(void *arg)
{
    struct wide *wide = arg;
    both = begin_loop();
    hence_test_clock_autojump(both.clock, true);
    hence_future *f =
        hence_map(both.loop, next_of_wide, wide, sleep_wide, wide, (size_t)wide->left / 10);
    hence_result r = hence_loop_run_until_complete(both.loop, f);
    results = hence_list_size(hence_as_list(&r));
    hence_drop(r);
    hence_future_unref(f);
    end_loop(&both);
}

TEST(map, many_values_need_constant_stack_and_linear_time)
{
    struct wide wide = {.left = support_many() / 4};
    const int64_t n = wide.left;
    on_small_stack(map_wide, &wide);
    check_int(results, n);
    check(wide.most <= n / 10);
}
