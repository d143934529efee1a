/* SPDX-License-Identifier: BSD-3-Clause */
/* Loops over what takes time, cancelled when what they wait for is done, but they have not been told of it. */
#include <errno.h>

#include "compose/iterate_support.h"

SUITE(iterate_cancel);

TEST(iterate_cancel, a_value_that_it_has_not_been_told_of_does_not_stop_the_cancellation)
{
    for (int i = 0; i < 2; i++) {
        begin_script("opv", 1);
        hence_future *f = i ? hence_collect(both.loop, script_next, NULL)
                            : hence_for_each(both.loop, script_next, NULL, pass, "body");
        hence_future_add_done_callback(f, done, "all");
        resolve_input(0, hence_int(7));
        check_int(hence_future_cancel(f), f ? 0 : -ENOMEM);
        check_int(hence_future_cancel(f), f ? 0 : -ENOMEM);
        check(!hence_future_done(f));
        run();
        if (!support_faulty)
            check_trace(i ? "next next all:cancelled" : "next body:shared next all:cancelled");
        check(hence_future_cancelled(f));
        check_int(hence_future_cancel(f), f ? -EALREADY : -ENOMEM);
        check_int(payloads_alive(), 0);
        hence_future_unref(f);
        end();
    }
}

static hence_result wait_for_second(hence_result *in, void *word)
{
    trace("%s:%s", (const char *)word, describe(in));
    return hence_chain_future(hence_future_ref(futures[1]));
}

TEST(iterate_cancel, what_the_body_waits_for_neither)
{
    begin_script("pv", 2);
    hence_future *f = hence_for_each(both.loop, script_next, NULL, wait_for_second, "body");
    resolve_input(0, payload());
    run();
    resolve_input(1, payload());
    check_int(hence_future_cancel(f), f ? 0 : -ENOMEM);
    run();
    if (!support_faulty)
        check_trace("next body:shared");
    check(hence_future_cancelled(f));
    hence_future_unref(f);
    end();
    check_int(payloads_alive(), 0);
}

static hence_result second(void *word)
{
    trace("%s", (const char *)word);
    return hence_chain_future(hence_future_ref(futures[1]));
}

static hence_result one(void *word)
{
    trace("%s", (const char *)word);
    return hence_int(1);
}

TEST(iterate_cancel, nor_a_condition_or_a_body_that_is_repeated)
{
    static char word[] = "asked";
    for (int i = 0; i < 2; i++) {
        begin_script("", 2);
        hence_future *f = hence_repeat_while(both.loop, i ? one : second, i ? second : one, word);
        resolve_input(1, hence_int(1));
        check_int(hence_future_cancel(f), f ? 0 : -ENOMEM);
        run();
        if (!support_faulty)
            check_trace(i ? "asked asked" : "asked");
        check(hence_future_cancelled(f));
        hence_future_unref(f);
        end();
    }
}

TEST(iterate_cancel, a_failure_that_came_before_the_cancellation_was_not_seen)
{
    begin_script("p", 1);
    hence_future *f = hence_for_each(both.loop, script_next, NULL, pass, "body");
    resolve_input(0, failure("broken"));
    hence_future_cancel(f);
    run();
    check(hence_future_cancelled(f));
    hence_future_failure(futures[0]);
    hence_future_unref(f);
    end();
    forget_reports();
}

/* ---- where it came from ---- */

static hence_queue *queue;

static hence_future *next_item(void *arg)
{
    (void)arg;
    return hence_queue_get_future(both.loop, queue);
}

TEST(iterate_cancel, an_item_of_a_queue_goes_back)
{
    for (int i = 0; i < 2; i++) {
        begin_script("", 0);
        queue = hence_queue_new(0);
        hence_future *f = i ? hence_collect(both.loop, next_item, NULL)
                            : hence_for_each(both.loop, next_item, NULL, pass, "body");
        hence_queue_try_put(queue, hence_int(7));
        check_int(hence_queue_size(queue), 0);
        check_int(hence_future_cancel(f), f ? 0 : -ENOMEM);
        run();
        check(hence_future_cancelled(f));
        check_int(hence_queue_size(queue), 1);
        hence_result r = hence_none();
        check_int(hence_queue_try_get(queue, &r), 0);
        check_int(hence_as_int(&r), 7);
        hence_drop(r);
        if (!support_faulty)
            check_trace("");
        hence_future_unref(f);
        hence_queue_free(queue);
        end();
    }
}

TEST(iterate_cancel, a_completion_goes_back)
{
    begin_script("", 1);
    hence_completion_queue *completions = hence_as_completed(both.loop, futures, 1, -1);
    hence_future *f =
        hence_for_each(both.loop, hence_completion_queue_iterate, completions, pass, "body");
    resolve_input(0, hence_int(7));
    hence_test_turn(both.loop); /* the queue is told, and the iteration not yet */
    hence_future_cancel(f);
    run();
    if (!support_faulty)
        check_trace("");
    check(hence_future_cancelled(f));
    check_int(hence_completion_queue_size(completions), 1);
    hence_future_unref(f);
    hence_completion_queue_free(completions);
    end();
}

/* ---- around it ---- */

TEST(iterate_cancel, a_deferred_that_waits_for_the_iteration_is_cancelled_with_it)
{
    begin_script("p", 1);
    hence_future *f = hence_for_each(both.loop, script_next, NULL, pass, "body");
    hence_deferred *d = hence_deferred_from_future(f);
    hence_deferred_add_errback(d, swallow, "outer");
    resolve_input(0, hence_int(7));
    check_int(hence_deferred_cancel(d), d ? 0 : -ENOMEM);
    run();
    if (!support_faulty)
        check_trace("next outer:cancelled");
    hence_deferred_unref(d);
    hence_future_unref(f);
    end();
}

TEST(iterate_cancel, when_the_loop_closes_before_it_was_told_it_is_cancelled_all_the_same)
{
    begin_script("p", 1);
    hence_future *f = hence_for_each(both.loop, script_next, NULL, pass, "body");
    resolve_input(0, payload());
    hence_future_cancel(f);
    hence_loop_close(both.loop);
    check(hence_future_cancelled(f));
    hence_future_unref(f);
    end();
    check_int(payloads_alive(), 0);
}

static hence_future *the_future;

static hence_result wait_for_itself(hence_result *in, void *word)
{
    (void)in;
    (void)word;
    return hence_chain_future(hence_future_ref(the_future));
}

TEST(iterate_cancel, a_body_that_waits_for_its_own_loop_is_a_circle)
{
    begin_script("pv", 1);
    the_future = hence_for_each(both.loop, script_next, NULL, wait_for_itself, NULL);
    resolve_input(0, hence_int(7));
    run();
    check_string(outcome_of(the_future), "deadlock");
    hence_future_unref(the_future);
    end();
}

TEST(iterate_cancel, so_is_one_that_waits_for_what_waits_for_it)
{
    begin_script("pv", 1);
    hence_future *inner = hence_for_each(both.loop, script_next, NULL, wait_for_itself, NULL);
    the_future = hence_gather(both.loop, (hence_future *const[]){inner}, 1, 0);
    if (support_faulty && !the_future)
        the_future = hence_future_ref(inner);
    resolve_input(0, hence_int(7));
    run();
    check_string(outcome_of(the_future), "deadlock");
    hence_future_failure(inner);
    hence_future_unref(the_future);
    hence_future_unref(inner);
    end();
}
