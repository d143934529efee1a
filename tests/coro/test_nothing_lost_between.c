/* SPDX-License-Identifier: BSD-3-Clause */
/* What was taken out of a queue, and is on its way through other Futures, Deferreds, iterators or combinations. */

#include "coro/nothing_lost_support.h"

SUITE(nothing_lost);

/* ---- other ways not to be told ---- */

TEST(nothing_lost, a_Future_that_nobody_asks_gives_its_item_back)
{
    begin_queue(hence_queue_new(0));
    hence_future *f = hence_queue_get_future(both.loop, queue);
    put(1);
    put(2);
    check(hence_future_done(f));
    hence_future_unref(f);
    run();
    check_string(get_now(), "1");
    end();
}

static void say_nothing(hence_future *f, void *arg)
{
    (void)f;
    (void)arg;
}

TEST(nothing_lost, who_was_told_has_had_it_whether_it_looks_or_not)
{
    begin_queue(hence_queue_new(0));
    hence_future *f = hence_queue_get_future(both.loop, queue);
    hence_future_add_done_callback(f, say_nothing, NULL);
    put(1);
    hence_future_unref(f);
    run();
    if (!support_faulty)
        check_string(get_now(), "empty");
    f = hence_queue_get_future(both.loop, queue);
    put(2);
    check_string(outcome_of(f), "2");
    hence_future_unref(f);
    check_string(get_now(), "empty");
    end();
}

static hence_future *get_behind(bool shielded)
{
    hence_future *f = hence_queue_get_future(both.loop, queue);
    hence_future *outer = shielded ? hence_shield(f) : hence_future_ref(f);
    hence_future_unref(f);
    return outer;
}

TEST(nothing_lost, who_only_asks_for_a_failure_and_finds_none_has_not_been_told)
{
    for (int shielded = 0; shielded < 2; shielded++) {
        begin_queue(hence_queue_new(0));
        hence_future *f = get_behind(shielded);
        put(1);
        run();
        check(hence_future_done(f));
        check(support_faulty || !hence_future_failure(f));
        hence_future_unref(f);
        check_string(get_now(), "1");
        end();
    }
}

TEST(nothing_lost, who_has_found_a_failure_has_been_told)
{
    for (int shielded = 0; shielded < 2; shielded++) {
        begin_queue(hence_queue_new(0));
        hence_future *f = get_behind(shielded);
        hence_queue_try_put(queue, failure("broken"));
        run();
        check_string(hence_failure_message(hence_future_failure(f)), "broken");
        hence_future_unref(f);
        check(support_faulty || hence_queue_size(queue) == 0);
        end();
    }
}

static hence_result get_in_time(void *name)
{
    hence_future *f = hence_queue_get_future(both.loop, queue);
    hence_future *limited = hence_wait_for(f, HENCE_SECONDS(1));
    hence_future_unref(f);
    return shown(name, hence_await(limited));
}

static hence_result get_shielded(void *name)
{
    hence_future *f = hence_queue_get_future(both.loop, queue);
    hence_future *shielded = hence_shield(f);
    hence_future_unref(f);
    return shown(name, hence_await(shielded));
}

static hence_result get_by_chain(void *name)
{
    hence_promise *promise;
    hence_future *f = hence_future_new(both.loop, &promise);
    hence_resolve(promise, hence_chain_future(hence_queue_get_future(both.loop, queue)));
    return shown(name, hence_await(f));
}

static hence_result_fn *const ways[] = {get_in_time, get_shielded, get_by_chain};

/* However many turns it is on its way, an integer or an owned value. */
static void check_way(hence_result_fn *way, int turns, bool owned)
{
    begin_queue(hence_queue_new(0));
    spawn(0, way);
    turn();
    hence_queue_try_put(queue, owned ? payload() : hence_int(1));
    for (int i = 0; i < turns; i++)
        turn();
    if (!support_faulty)
        check_trace("");
    cancel_getting();
    check_string(get_now(), owned ? "payload" : "1");
    end();
}

TEST(nothing_lost, nor_is_it_on_its_way_through_others)
{
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        for (int turns = 0; turns < 2; turns++) {
            check_way(ways[i], turns, false);
            check_way(ways[i], turns, true);
        }
    }
}

TEST(nothing_lost, what_comes_through_others_can_be_read_by_all_who_want_it)
{
    begin_queue(hence_queue_new(0));
    hence_future *f = hence_queue_get_future(both.loop, queue);
    hence_future *limited = hence_wait_for(f, HENCE_SECONDS(1));
    hence_future *shielded = hence_shield(limited);
    hence_future_add_done_callback(limited, done, "limited");
    hence_future_add_done_callback(shielded, done, "shielded");
    put(7);
    run();
    check_trace("limited:7 shielded:7");
    hence_future_unref(f);
    hence_future_unref(limited);
    check_string(outcome_of(shielded), "7");
    hence_future_unref(shielded);
    check_string(get_now(), "empty");
    end();
}

static hence_result return_get(void *arg)
{
    (void)arg;
    return hence_chain_future(hence_queue_get_future(both.loop, queue));
}

TEST(nothing_lost, a_task_that_has_returned_the_wait_gives_it_back_too)
{
    begin_queue(hence_queue_new(0));
    spawn(0, return_get);
    turn();
    put(1);
    cancel(0);
    run();
    check_string(outcome_of(tasks[0]), "cancelled");
    check_string(get_now(), "1");
    spawn(1, return_get);
    put(2);
    run();
    check_string(outcome_of(tasks[1]), "2");
    end();
}

TEST(nothing_lost, a_chain_in_a_Deferred_gives_the_item_to_its_steps)
{
    begin_queue(hence_queue_new(0));
    hence_deferred *d =
        hence_deferred_succeed(hence_chain_future(hence_queue_get_future(both.loop, queue)));
    hence_deferred_add_both(d, swallow, "d");
    put(1);
    hence_deferred_cancel(d); /* too late: rule 147 */
    run();
    check_trace("d:1");
    check_string(get_now(), "empty");
    hence_deferred_unref(d);
    end();
}

TEST(nothing_lost, a_chain_that_is_forgotten_gives_it_back)
{
    for (int owned = 0; owned < 2; owned++) {
        begin_queue(hence_queue_new(0));
        hence_deferred *d =
            hence_deferred_succeed(hence_chain_future(hence_queue_get_future(both.loop, queue)));
        hence_queue_try_put(queue, owned ? payload() : hence_int(1));
        hence_deferred_forget(d);
        run();
        check_string(get_now(), owned ? "payload" : "1");
        end();
    }
}

static hence_result return_get_inline(void *arg)
{
    (void)arg;
    return hence_chain_future(hence_queue_get_future(both.loop, queue));
}

TEST(nothing_lost, an_inline_body_that_returns_the_wait_gives_the_item_itself)
{
    begin_queue(hence_queue_new(0));
    hence_deferred *d = hence_inline_callbacks(return_get_inline, NULL);
    hence_deferred_add_both(d, pass, "d");
    put(1);
    run();
    check_trace("d:1");
    hence_deferred_unref(d);
    put(2);
    d = hence_inline_callbacks(return_get_inline, NULL);
    hence_deferred_add_both(d, pass, "d");
    check_trace("d:2");
    hence_deferred_unref(d);
    end();
}

/* ---- async iterators ---- */

static hence_future *get_next(void *arg)
{
    (void)arg;
    return hence_queue_get_future(both.loop, queue);
}

static hence_promise *job;

static hence_result begin_job(hence_result *in, void *arg)
{
    (void)arg;
    trace("job:%s", describe(in));
    hence_abandon(job);
    return hence_chain(hence_deferred_new(&job));
}

TEST(nothing_lost, a_map_that_fails_gives_back_what_it_has_asked_for)
{
    begin_queue(hence_queue_new(0));
    job = NULL;
    hence_future *f = hence_map(both.loop, get_next, NULL, begin_job, NULL, 2);
    put(1);
    run();
    check_trace("job:1");
    put(2);
    hence_resolve(hence_promise_take(&job), failure("broken"));
    run();
    check_trace("");
    check_string(outcome_of(f), "broken");
    check_string(get_now(), "2");
    hence_future_unref(f);
    hence_abandon(job);
    end();
}

TEST(nothing_lost, so_does_a_map_that_is_cancelled)
{
    begin_queue(hence_queue_new(0));
    hence_future *f = hence_map(both.loop, get_next, NULL, pass, "step", 2);
    put(1);
    run();
    put(2);
    check_int(hence_future_cancel(f), 0);
    run();
    check_trace("step:1");
    check_string(outcome_of(f), "cancelled");
    check_string(get_now(), "2");
    hence_future_unref(f);
    end();
}

/* ---- combinations ---- */

TEST(nothing_lost, the_loser_of_a_race_gives_its_item_back)
{
    begin_queue(hence_queue_new(0));
    hence_queue *other = hence_queue_new(0);
    for (int already = 0; already < 2; already++) {
        if (already) {
            hence_queue_try_put(other, hence_int(2));
            put(1);
        }
        hence_future *gets[] = {hence_queue_get_future(both.loop, queue),
                                hence_queue_get_future(both.loop, other)};
        hence_future *race = hence_race_future(both.loop, gets, 2);
        hence_future_unref_all(gets, 2);
        if (!already) {
            hence_queue_try_put(other, hence_int(2));
            put(1);
        }
        run();
        check_string(outcome_of(race), already ? "sharedwinner(0:1)" : "sharedwinner(1:2)");
        hence_future_unref(race);
        check_string(get_now_from(already ? other : queue), already ? "2" : "1");
        check_string(get_now(), "empty");
    }
    other = hence_queue_free(other);
    end();
}

TEST(nothing_lost, a_gather_that_fails_gives_back_what_it_had)
{
    begin(1);
    queue = hence_queue_new(0);
    hence_future *gets[] = {hence_queue_get_future(both.loop, queue),
                            hence_queue_get_future(both.loop, queue), hence_future_ref(futures[0])};
    hence_future *all = hence_gather(both.loop, gets, 3, 0);
    hence_future_unref_all(gets, 3);
    put(1);
    hence_queue_try_put(queue, payload());
    run();
    resolve_input(0, failure("broken"));
    run();
    check_string(outcome_of(all), "broken");
    hence_future_unref(all);
    check_string(get_now(), "1");
    check_string(get_now(), "payload");
    end();
}

TEST(nothing_lost, a_gather_that_succeeds_gives_the_items)
{
    begin_queue(hence_queue_new(0));
    hence_future *gets[] = {hence_queue_get_future(both.loop, queue),
                            hence_queue_get_future(both.loop, queue)};
    hence_future *all = hence_gather(both.loop, gets, 2, 0);
    hence_future_unref_all(gets, 2);
    put(1);
    hence_queue_try_put(queue, payload());
    run();
    check_string(outcome_of(all), "shared[1,shared]");
    hence_future_unref(all);
    check_string(get_now(), "empty");
    end();
}
