/* SPDX-License-Identifier: BSD-3-Clause */
/* Loops over what takes time: collect, for_each, repeat_while. */
#include <errno.h>
#include <string.h>

#include "compose/iterate_support.h"

SUITE(iterate);

static hence_future *collect(void)
{
    hence_future *f = hence_collect(both.loop, script_next, NULL);
    hence_future_add_done_callback(f, done, "all");
    return f;
}

static hence_future *for_each(hence_step *body)
{
    hence_future *f = hence_for_each(both.loop, script_next, NULL, body, "body");
    hence_future_add_done_callback(f, done, "each");
    return f;
}

/* ---- collect ---- */

TEST(iterate, collect_gives_all_values_in_their_order)
{
    begin_script("vpv", 1);
    hence_future *f = collect();
    if (f)
        check_trace("next next"); /* the first one was there */
    check(!hence_future_done(f));
    resolve_input(0, hence_int(7));
    run();
    check_trace("next next all:shared[0,7,2]");
    check(f && strstr(hence_future_site(f), "test_iterate.c:"));
    hence_future_unref(f);
    end();
}

TEST(iterate, the_failure_that_is_the_end_is_let_go)
{
    static const char *const results[] = {"shared[0,1]", "2"};
    for (int i = 0; i < 2; i++) {
        begin_script("vve", 0);
        hence_future *f = i ? for_each(pass) : collect();
        check_string(outcome_of(f), results[i]);
        hence_future_unref(f);
        end();
        if (support_faulty)
            forget_reports();
    }
}

/* rule 99 */
TEST(iterate, what_is_there_already_does_not_go_through_the_loop)
{
    begin_script("vvv", 0);
    hence_future *f = hence_collect(both.loop, script_next, NULL);
    check(f && hence_future_done(f));
    check_string(outcome_of(f), "shared[0,1,2]");
    hence_future_unref(f);
    end();
}

TEST(iterate, collect_of_nothing_is_an_empty_list)
{
    begin_script("", 0);
    hence_future *f = hence_collect(both.loop, script_next, NULL);
    hence_result r = hence_future_result(f);
    if (f && !hence_is_failure(&r) && !hence_as_list(&r))
        support_fail("a value that is not a list");
    check_int(hence_list_size(hence_as_list(&r)), 0);
    check(!hence_is_failure(&r));
    hence_drop(r);
    hence_future_unref(f);
    end();
}

TEST(iterate, when_a_value_fails_what_came_before_is_destroyed)
{
    static const char *const scripts[] = {"oof", "ooc", "oon"};
    static const char *const results[] = {"broken", "cancelled", "nomem"};
    for (int i = 0; i < 3; i++) {
        begin_script(scripts[i], 0);
        hence_future *f = hence_collect(both.loop, script_next, NULL);
        check_string(outcome_of(f), results[i]);
        check_int(payloads_alive(), 0);
        check_int(hence_future_cancelled(f), i == 1);
        check_int(script_calls(), 3); /* no further one is asked for */
        hence_future_unref(f);
        end();
    }
}

TEST(iterate, cancelling_collect_cancels_the_value_that_it_waits_for)
{
    begin_script("opv", 1);
    hence_future *f = collect();
    check_int(hence_future_cancel(f), f ? 0 : -ENOMEM);
    if (!support_faulty)
        check_trace("next next cancel0");
    check(!hence_future_done(f));
    run();
    check(hence_future_cancelled(f));
    check_int(hence_future_cancel(f), f ? -EALREADY : -ENOMEM);
    check_trace("all:cancelled");
    check_int(payloads_alive(), 0);
    hence_future_unref(f);
    end();
}

TEST(iterate, a_value_that_comes_although_it_was_cancelled_is_taken_and_the_loop_goes_on)
{
    begin_script("pv", 1);
    set_on_cancel(0, GIVES_VALUE);
    hence_future *f = collect();
    check_int(hence_future_cancel(f), f ? 0 : -ENOMEM);
    run();
    if (!support_faulty)
        check_trace("next cancel0 next next all:shared[100,1]");
    hence_future_unref(f);
    end();
}

TEST(iterate, what_can_not_be_iterated_is_refused_before_anything_is_called)
{
    begin_script("v", 0);
    check(!hence_collect(both.loop, NULL, NULL));
    check(!hence_for_each(both.loop, NULL, NULL, pass, NULL));
    check(!hence_for_each(both.loop, script_next, NULL, NULL, NULL));
    check(!hence_collect(NULL, script_next, NULL));
    hence_loop_close(both.loop);
    check(!hence_collect(both.loop, script_next, NULL));
    check(!hence_for_each(both.loop, script_next, NULL, pass, NULL));
    check_trace("");
    end();
}

/* ---- for each ---- */

TEST(iterate, the_body_runs_for_each_value_before_the_next_one_is_asked_for)
{
    begin_script("vpv", 1);
    hence_future *f = for_each(pass);
    if (f)
        check_trace("next body:0 next");
    resolve_input(0, hence_int(7));
    run();
    check_trace("body:7 next body:2 next each:3");
    check(f && strstr(hence_future_site(f), "test_iterate.c:"));
    hence_future_unref(f);
    end();
}

TEST(iterate, for_each_of_nothing_gives_zero)
{
    begin_script("", 0);
    hence_future *f = hence_for_each(both.loop, script_next, NULL, pass, "never");
    check_string(outcome_of(f), "0");
    check_trace("next");
    hence_future_unref(f);
    end();
}

static hence_result take_and_drop(hence_result *in, void *word)
{
    trace("%s", (const char *)word);
    hence_drop(hence_take(in));
    return hence_none();
}

static hence_result take_and_give(hence_result *in, void *word)
{
    trace("%s", (const char *)word);
    return hence_take(in);
}

TEST(iterate, whatever_the_body_does_with_its_value_it_is_destroyed_once)
{
    static hence_step *const bodies[] = {pass, swallow, take_and_drop, take_and_give, give_payload};
    for (int i = 0; i < 5; i++) {
        begin_script("ooo", 0);
        hence_future *f = hence_for_each(both.loop, script_next, NULL, bodies[i], "body");
        check_string(outcome_of(f), "3");
        check_int(payloads_alive(), 0);
        hence_future_unref(f);
        end();
    }
}

TEST(iterate, when_a_value_or_the_body_fails_no_further_one_is_asked_for)
{
    static const char *const scripts[] = {"of", "oo", "oc", "on"};
    static const char *const results[] = {"broken", "body", "cancelled", "nomem"};
    for (int i = 0; i < 4; i++) {
        begin_script(scripts[i], 0);
        hence_future *f =
            hence_for_each(both.loop, script_next, NULL, i == 1 ? fail_with_word : pass, "body");
        check_string(outcome_of(f), results[i]);
        check_int(script_calls(), i == 1 ? 1 : 2);
        check_int(payloads_alive(), 0);
        hence_future_unref(f);
        end();
    }
}

static hence_result fail_with_the_end(hence_result *in, void *word)
{
    (void)in;
    (void)word;
    return hence_fail_static(HENCE_EEND);
}

TEST(iterate, the_end_is_a_failure_like_any_other_when_the_body_gives_it)
{
    begin_script("vv", 0);
    hence_future *f = hence_for_each(both.loop, script_next, NULL, fail_with_the_end, NULL);
    check_string(outcome_of(f), "end");
    check_int(script_calls(), 1);
    hence_future_unref(f);
    end();
}

static hence_promise *bodies_promise;

static hence_result take_time(hence_result *in, void *word)
{
    trace("%s:%s", (const char *)word, describe(in));
    return hence_chain(hence_deferred_new(&bodies_promise));
}

TEST(iterate, a_chain_that_the_body_returns_is_waited_for_and_its_value_lives_as_long)
{
    begin_script("oo", 0);
    hence_future *f = for_each(take_time);
    for (int i = 0; i < 2; i++) {
        check_trace("next body:shared");
        run();
        check(support_faulty || payloads_alive() == 1);
        hence_resolve(hence_promise_take(&bodies_promise), payload());
    }
    run();
    check_trace("next each:2");
    check_int(payloads_alive(), 0);
    hence_abandon(hence_promise_take(&bodies_promise));
    hence_future_unref(f);
    end();
}

TEST(iterate, cancelling_for_each_cancels_what_it_waits_for)
{
    for (int i = 0; i < 2; i++) {
        begin_script(i ? "o" : "p", 1);
        hence_future *f = for_each(take_time);
        check_int(hence_future_cancel(f), f ? 0 : -ENOMEM);
        run();
        if (!support_faulty)
            check_trace(i ? "next body:shared each:cancelled" : "next cancel0 each:cancelled");
        check(hence_future_cancelled(f));
        check_int(payloads_alive(), 0);
        hence_abandon(hence_promise_take(&bodies_promise));
        hence_future_unref(f);
        end();
    }
}

static hence_future *the_future;

static hence_result cancel_the_loop(hence_result *in, void *word)
{
    (void)in;
    (void)word;
    hence_future_cancel(the_future);
    return hence_chain_future(hence_future_ref(futures[1]));
}

/* rule 37: as a Deferred is not cancelled from inside its own step */
TEST(iterate, a_body_that_cancels_its_own_loop_goes_on_and_can_be_cancelled_afterwards)
{
    begin_script("pv", 2);
    the_future = hence_for_each(both.loop, script_next, NULL, cancel_the_loop, NULL);
    resolve_input(0, hence_int(7));
    run();
    if (!hence_future_done(the_future))
        hence_future_cancel(the_future);
    run();
    check(hence_future_cancelled(the_future));
    if (!support_faulty)
        check_trace("next cancel1");
    hence_future_unref(the_future);
    end();
}

TEST(iterate, letting_it_go_leaves_the_loop_running)
{
    begin_script("pv", 1);
    hence_future_unref(for_each(pass));
    resolve_input(0, payload());
    run();
    if (!support_faulty)
        check_trace("next body:shared next body:1 next each:2");
    end();
    check_int(payloads_alive(), 0);
}

TEST(iterate, when_the_loop_closes_the_value_that_it_waits_for_is_that_failure)
{
    for (int i = 0; i < 2; i++) {
        begin_script("opv", 1);
        hence_future *f = i ? collect() : for_each(pass);
        resolve_input(0, payload());
        hence_loop_close(both.loop);
        check_string(outcome_of(f), "closed");
        hence_future_unref(f);
        end();
        check_int(payloads_alive(), 0);
    }
}

/* ---- while ---- */

struct counter {
    int64_t rounds, asked;
    hence_promise *promise;
    const char *takes_time; /* "condition", "body" or NULL */
    hence_result (*body)(void);
};

static hence_result later(struct counter *counter, const char *who, hence_result r)
{
    trace("%s", who);
    if (!counter->takes_time || strcmp(counter->takes_time, who))
        return r;
    hence_drop(r);
    return hence_chain(hence_deferred_new(&counter->promise));
}

static hence_result condition(void *arg)
{
    struct counter *counter = arg;
    return later(counter, "condition", hence_int(counter->asked++ < counter->rounds));
}

static hence_result body(void *arg)
{
    struct counter *counter = arg;
    return later(counter, "body", counter->body ? counter->body() : payload());
}

/* rule 99 */
TEST(iterate, repeat_while_asks_and_does_in_turns_without_the_loop_when_nothing_is_waited_for)
{
    begin_script("", 0);
    struct counter counter = {.rounds = 2};
    hence_future *f = hence_repeat_while(both.loop, condition, body, &counter);
    check(f && hence_future_done(f));
    check_trace("condition body condition body condition");
    check_string(outcome_of(f), "2");
    check_int(payloads_alive(), 0);
    check(f && strstr(hence_future_site(f), "test_iterate.c:"));
    hence_future_unref(f);
    end();
}

TEST(iterate, repeat_while_waits_for_either_and_cancels_it)
{
    static const char *const who[] = {"condition", "body"};
    for (int i = 0; i < 4; i++) {
        begin_script("", 0);
        struct counter counter = {.rounds = 5, .takes_time = who[i % 2]};
        hence_future *f = hence_repeat_while(both.loop, condition, body, &counter);
        hence_resolve(hence_promise_take(&counter.promise), hence_int(1));
        if (!support_faulty)
            check_trace(i % 2 ? "condition body condition body" : "condition body condition");
        check(!hence_future_done(f));
        if (i < 2)
            hence_future_cancel(f);
        else
            hence_resolve(hence_promise_take(&counter.promise), failure("broken"));
        check_string(outcome_of(f), i < 2 ? "cancelled" : "broken");
        check_trace("");
        hence_abandon(hence_promise_take(&counter.promise));
        hence_future_unref(f);
        end();
    }
}

static hence_result none(void)
{
    return hence_none();
}

static hence_result fail(void)
{
    return failure("broken");
}

static hence_result not_a_number(void *word)
{
    trace("%s", (const char *)word);
    return payload();
}

TEST(iterate, repeat_while_ends_with_what_is_no_number_and_fails_with_a_failure)
{
    begin_script("", 0);
    struct counter counter = {.rounds = 3, .body = fail};
    hence_future *f = hence_repeat_while(both.loop, condition, body, &counter);
    check_string(outcome_of(f), "broken");
    check_trace("condition body");
    hence_future_unref(f);
    counter = (struct counter){.rounds = 3, .body = none};
    f = hence_repeat_while(both.loop, not_a_number, not_a_number, (void *)(uintptr_t) "asked");
    check_string(outcome_of(f), "0");
    check_trace("asked");
    check_int(payloads_alive(), 0);
    hence_future_unref(f);
    check(!hence_repeat_while(both.loop, NULL, body, &counter));
    check(!hence_repeat_while(both.loop, condition, NULL, &counter));
    check(!hence_repeat_while(NULL, condition, body, &counter));
    check_trace("");
    end();
}

/* ---- many ---- */

struct many {
    hence_loop *loop;
    int64_t left;
    int how; /* 0: all are there, 1: through the loop, 2: in turns */
};

static hence_future *next_of_many(void *arg)
{
    struct many *many = arg;
    hence_promise *p;
    if (many->how == 1 || (many->how == 2 && many->left % 2))
        return many->left-- > 0
                   ? hence_sleep_future(many->loop, 0)
                   : hence_deferred_as_future(many->loop,
                                              hence_deferred_fail(hence_fail_static(HENCE_EEND)));
    hence_future *f = hence_future_new(many->loop, &p);
    if (f)
        hence_resolve(p, many->left-- > 0 ? hence_int(7) : hence_fail_static(HENCE_EEND));
    return f;
}

static hence_result is_more_left(void *arg)
{
    struct many *many = arg;
    return hence_int(many->left > 0);
}

static hence_result one_less(void *arg)
{
    struct many *many = arg;
    many->left--;
    return many->how ? hence_chain(hence_sleep(many->loop, 0)) : hence_none();
}

static hence_result give_none(hence_result *in, void *arg)
{
    (void)in;
    (void)arg;
    return hence_none();
}

static int64_t values;
static bool keeps_something;

static void iterate_many(void *arg)
{
    struct many many;
    int how = *(int *)arg / 3, what = *(int *)arg % 3;
    both = begin_loop();
    many = (struct many){both.loop, how ? support_many() / 10 : support_many(), how};
    hence_future *f = what == 0   ? hence_collect(both.loop, next_of_many, &many)
                      : what == 1 ? hence_for_each(both.loop, next_of_many, &many, give_none, NULL)
                                  : hence_repeat_while(both.loop, is_more_left, one_less, &many);
    long before = blocks_alive();
    hence_test_turn(both.loop);
    hence_test_turn(both.loop);
    if (how && what && blocks_alive() > before + 10)
        keeps_something = true;
    hence_test_clock_advance(both.clock, 0);
    hence_result r = hence_future_result(f);
    values = what ? hence_as_int(&r) : (int64_t)hence_list_size(hence_as_list(&r));
    hence_drop(r);
    hence_future_unref(f);
    end_loop(&both);
}

TEST(iterate, a_million_values_need_constant_stack)
{
    for (int i = 0; i < 9; i++) {
        keeps_something = false;
        on_small_stack(iterate_many, &i);
        check(!keeps_something); /* of each round */
        check_int(values, i < 3 ? support_many() : support_many() / 10);
    }
}
