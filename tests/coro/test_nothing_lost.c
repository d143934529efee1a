/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What was taken out of a queue for somebody who is never told of it: a task that is cancelled between the
 * result of the Future that it awaits and the turn in which it would go on, and their like. It goes back.
 */
#include <errno.h>

#include "support/inputs.h"

SUITE(nothing_lost);

static struct loop_and_clock both;

enum {
    MOST = 4
};
static hence_future *tasks[MOST];
static const char *const names[MOST] = {"a", "b", "c", "d"};
static hence_queue *queue;
static hence_completion_queue *completions;

static void begin(size_t n)
{
    both = begin_loop();
    begin_futures(both.loop, n, STOPS);
    for (int i = 0; i < MOST; i++)
        tasks[i] = NULL;
    queue = NULL;
    completions = NULL;
}

static void begin_queue(hence_queue *of)
{
    begin(0);
    queue = of;
}

static void begin_completions(size_t n)
{
    begin(n);
    completions = hence_as_completed(both.loop, futures, n, -1);
}

static void spawn(int i, hence_result_fn *body)
{
    tasks[i] = hence_spawn(both.loop, body, (void *)(uintptr_t)names[i]);
}

static void turn(void)
{
    hence_test_turn(both.loop);
}

static void run(void)
{
    hence_test_clock_advance(both.clock, 0);
}

static void end(void)
{
    for (int i = 0; i < MOST; i++)
        hence_future_unref(tasks[i]);
    run();
    queue = hence_queue_free(queue);
    completions = hence_completion_queue_free(completions);
    end_inputs();
    end_loop(&both);
    check_int(payloads_alive(), 0);
}

static void put(int64_t i)
{
    hence_queue_try_put(queue, hence_int(i));
}

static const char *get_now_from(hence_queue *from)
{
    hence_result r = hence_none();
    return hence_queue_try_get(from, &r) == 0 ? describe_and_drop(r) : "empty";
}

static const char *get_now(void)
{
    return get_now_from(queue);
}

static hence_result shown(const char *word, hence_result r)
{
    const hence_completion *completion = hence_as_completion(&r);
    if (completion)
        trace("%s:#%zu", word, completion->index);
    else
        trace("%s:%s", word, describe(&r));
    hence_drop(r);
    return hence_none();
}

static hence_result get(void *name)
{
    return shown(name, hence_await(hence_queue_get_future(both.loop, queue)));
}

static hence_result next(void *name)
{
    return shown(name, hence_await(hence_completion_queue_next(completions)));
}

static void cancel(int i)
{
    hence_future_cancel(tasks[i]);
}

/* ---- queues ---- */

/* rule 159 */
TEST(nothing_lost, the_item_of_a_task_that_is_cancelled_before_it_is_told_stays_in_the_queue)
{
    begin_queue(hence_queue_new(0));
    spawn(0, get);
    turn();
    put(1);
    put(2);
    cancel(0);
    run();
    check_trace("a:cancelled");
    check_int(hence_queue_size(queue), 2);
    check_string(get_now(), "1");
    check_string(get_now(), "2");
    end();
}

/* rule 159 */
TEST(nothing_lost, it_goes_to_the_next_one_who_waits)
{
    begin_queue(hence_queue_new(0));
    spawn(0, get);
    spawn(1, get);
    turn();
    hence_queue_try_put(queue, payload());
    cancel(0);
    run();
    check_trace("a:cancelled b:shared");
    end();
}

static hence_result get_and_look(void *name)
{
    get(name);
    trace("left:%s", get_now());
    return hence_none();
}

TEST(nothing_lost, it_is_back_when_the_task_goes_on)
{
    begin_queue(hence_queue_new(0));
    spawn(0, get_and_look);
    turn();
    put(1);
    cancel(0);
    run();
    check_trace("a:cancelled left:1");
    end();
}

TEST(nothing_lost, several_come_back_in_the_order_in_which_they_were_given)
{
    begin_queue(hence_queue_new(0));
    for (int i = 0; i < 3; i++)
        spawn(i, get);
    turn();
    for (int i = 0; i < 5; i++)
        put(i);
    cancel(2);
    cancel(0);
    run();
    check_trace("a:cancelled b:1 c:cancelled");
    check_string(get_now(), "0");
    check_string(get_now(), "2");
    check_string(get_now(), "3");
    end();
}

TEST(nothing_lost, those_whose_Futures_end_in_another_order_come_back_in_theirs)
{
    begin_queue(hence_queue_new(0));
    hence_future *f[3];
    for (int i = 0; i < 3; i++) {
        put(i);
        f[i] = hence_queue_get_future(both.loop, queue);
    }
    hence_future_unref(f[1]);
    hence_future_unref(f[2]);
    hence_future_unref(f[0]);
    check_string(get_now(), "0");
    check_string(get_now(), "1");
    check_string(get_now(), "2");
    end();
}

TEST(nothing_lost, a_more_urgent_one_comes_before_what_has_come_back)
{
    begin_queue(hence_priority_queue_new(0));
    spawn(0, get);
    spawn(1, get);
    turn();
    hence_queue_try_put_priority(queue, hence_int(7), 7);
    hence_queue_try_put_priority(queue, hence_int(3), 3);
    hence_queue_try_put_priority(queue, hence_int(5), 5);
    cancel(0);
    cancel(1);
    run();
    check_trace("a:cancelled b:cancelled");
    hence_queue_try_put_priority(queue, hence_int(1), 1);
    check_string(get_now(), "1");
    check_string(get_now(), "3");
    check_string(get_now(), "5");
    check_string(get_now(), "7");
    end();
}

TEST(nothing_lost, of_a_lifo_queue_it_is_the_next_one)
{
    begin_queue(hence_lifo_queue_new(0));
    spawn(0, get);
    turn();
    put(1);
    put(2);
    cancel(0);
    run();
    check_trace("a:cancelled");
    check_string(get_now(), "1");
    check_string(get_now(), "2");
    end();
}

/* Who has put it has done so. */
TEST(nothing_lost, a_channel_keeps_it_for_the_next_one)
{
    begin_queue(hence_channel_new());
    spawn(0, get);
    turn();
    check_int(hence_queue_try_put(queue, hence_int(1)), 0);
    cancel(0);
    run();
    check_trace("a:cancelled");
    check_int(hence_queue_try_put(queue, hence_int(2)), -EAGAIN);
    spawn(1, get);
    run();
    check_trace("b:1");
    end();
}

TEST(nothing_lost, a_full_queue_holds_one_more_until_that_is_taken)
{
    begin_queue(hence_queue_new(1));
    spawn(0, get);
    turn();
    put(1);
    put(2);
    hence_deferred *d = hence_queue_put(queue, hence_int(3));
    cancel(0);
    run();
    check_trace("a:cancelled");
    check_int(hence_queue_size(queue), 2);
    check_string(get_now(), "1");
    check_int(hence_deferred_get_state(d), HENCE_DEFERRED_PENDING);
    check_string(get_now(), "2");
    check_string(outcome(d), "none");
    check_string(get_now(), "3");
    hence_deferred_unref(d);
    end();
}

/* rule 160 */
TEST(nothing_lost, what_comes_back_to_a_queue_that_is_shut_down_can_still_be_got)
{
    begin_queue(hence_queue_new(0));
    spawn(0, get);
    turn();
    put(1);
    hence_queue_shutdown(queue, false);
    cancel(0);
    run();
    check_trace("a:cancelled");
    check_string(get_now(), "1");
    end();
}

/* rule 160 */
TEST(nothing_lost, what_comes_back_to_one_that_is_shut_down_immediately_is_destroyed_and_done)
{
    begin_queue(hence_queue_new(0));
    spawn(0, get);
    turn();
    hence_queue_try_put(queue, payload());
    hence_queue_shutdown(queue, true);
    hence_deferred *d = hence_queue_join(queue);
    check_int(hence_deferred_get_state(d), HENCE_DEFERRED_PENDING);
    cancel(0);
    run();
    check_trace("a:cancelled");
    check_string(outcome(d), "none");
    check_int(payloads_alive(), 0);
    hence_deferred_unref(d);
    end();
}

TEST(nothing_lost, what_comes_back_to_a_queue_that_is_gone_is_destroyed)
{
    begin_queue(hence_queue_new(0));
    spawn(0, get);
    turn();
    hence_queue_try_put(queue, payload());
    queue = hence_queue_free(queue);
    cancel(0);
    run();
    check_trace("a:cancelled");
    check_int(payloads_alive(), 0);
    end();
}

TEST(nothing_lost, what_has_come_back_goes_with_the_queue)
{
    begin_queue(hence_queue_new(0));
    spawn(0, get);
    turn();
    hence_queue_try_put(queue, payload());
    cancel(0);
    run();
    check_trace("a:cancelled");
    end();
}

TEST(nothing_lost, an_item_that_is_a_failure_comes_back_too_and_is_not_reported)
{
    begin_queue(hence_queue_new(0));
    hence_queue_try_put(queue, failure("broken"));
    hence_future_unref(hence_queue_get_future(both.loop, queue));
    check_string(get_now(), "broken");
    end();
}

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
    cancel(0);
    run();
    check_trace("a:cancelled");
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

/* ---- completions: rule 106 ---- */

/* rule 106 */
TEST(nothing_lost, the_completion_of_a_task_that_is_cancelled_before_it_is_told_goes_to_the_next)
{
    begin_completions(2);
    spawn(0, next);
    spawn(1, next);
    turn();
    resolve_input(1, hence_int(1));
    turn();
    check_trace("");
    cancel(0);
    run();
    check_trace("a:cancelled b:#1");
    check_int(hence_completion_queue_size(completions), 1);
    end();
}

/* rule 106 */
TEST(nothing_lost, completions_come_back_in_the_order_in_which_they_were_given)
{
    begin_completions(4);
    for (size_t i = 0; i < 4; i++)
        resolve_input(i, hence_int((int64_t)i));
    run();
    hence_future *f[3];
    for (int i = 0; i < 3; i++)
        f[i] = hence_completion_queue_next(completions);
    hence_future_unref(f[1]);
    hence_future_unref(f[2]);
    hence_future_unref(f[0]);
    check_int(hence_completion_queue_size(completions), 4);
    for (size_t i = 0; i < 4; i++) {
        hence_completion *completion = hence_completion_queue_pop(completions);
        check(completion && completion->index == i);
        hence_completion_free(completion);
    }
    end();
}

TEST(nothing_lost, a_completion_that_comes_back_to_a_queue_that_is_gone_is_destroyed)
{
    begin_completions(1);
    resolve_input(0, payload());
    run();
    hence_future *f = hence_completion_queue_next(completions);
    completions = hence_completion_queue_free(completions);
    hence_future_unref(f);
    end();
}

TEST(nothing_lost, completions_that_have_come_back_go_with_the_queue)
{
    begin_completions(2);
    resolve_input(0, payload());
    resolve_input(1, payload());
    run();
    hence_future_unref(hence_completion_queue_next(completions));
    hence_future *f = hence_completion_queue_next(completions);
    hence_future_unref(hence_completion_queue_next(completions));
    hence_future_unref(f);
    end();
}

/* ---- many ---- */

/* All who wait let go of their Futures: one after the other is given it, and gives it back. */
TEST(nothing_lost, an_item_that_nobody_of_a_million_wants_needs_no_stack)
{
    begin_queue(hence_queue_new(0));
    const int many = support_many();
    for (int i = 0; i < many; i++)
        hence_future_unref(hence_queue_get_future(both.loop, queue));
    put(1);
    check_string(get_now(), "1");
    end();
}

TEST(nothing_lost, a_completion_that_nobody_of_a_million_wants_needs_no_stack)
{
    begin_completions(1);
    const int many = support_many();
    completions = hence_completion_queue_free(completions);
    completions = hence_completion_queue_new(both.loop);
    for (int i = 0; i < many; i++) {
        hence_completion_queue_add(completions, futures[0]);
        hence_future_unref(hence_completion_queue_next(completions));
    }
    resolve_input(0, hence_int(1));
    run();
    if (!support_faulty)
        check_int(hence_completion_queue_size(completions), many);
    end();
}

/* Each comes before all that are there. */
TEST(nothing_lost, a_million_completions_that_come_back_the_last_one_first)
{
    begin_completions(1);
    const int many = support_many();
    hence_future **asking = calloc((size_t)many, sizeof *asking);
    completions = hence_completion_queue_free(completions);
    completions = hence_completion_queue_new(both.loop);
    resolve_input(0, hence_int(1));
    for (int i = 0; i < many; i++)
        hence_completion_queue_add(completions, futures[0]);
    for (int i = 0; i < many; i++)
        asking[i] = hence_completion_queue_next(completions);
    run();
    for (int i = many; i-- > 0;)
        hence_future_unref(asking[i]);
    for (int i = 0; i < many; i++) {
        hence_completion *completion = hence_completion_queue_pop(completions);
        if (completion)
            check_int(completion->index, i);
        hence_completion_free(completion);
    }
    check_int(hence_completion_queue_size(completions), 0);
    free(asking);
    end();
}

/* ---- the loop ---- */

TEST(nothing_lost, what_the_loop_could_not_tell_any_more_is_in_the_queue)
{
    begin_queue(hence_queue_new(0));
    spawn(0, get);
    turn();
    put(1);
    hence_loop_close(both.loop);
    check_trace("a:closed");
    check_string(get_now(), "1");
    end();
}
