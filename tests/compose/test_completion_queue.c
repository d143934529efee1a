/* SPDX-License-Identifier: BSD-3-Clause */
/* Completion queues: what is done is given, in that order. */
#include <errno.h>
#include <string.h>

#include "compose/completion_queue_support.h"

SUITE(completion_queue);

static void check_that_none_can_be_popped(void)
{
    hence_completion *completion = hence_completion_queue_pop(queue);
    check(!completion);
    hence_completion_free(completion);
}

/* ---- in the order of completion: rule 106 ---- */

/* rule 106 */
TEST(completion_queue, the_k_th_who_asks_gets_the_k_th_that_is_done)
{
    begin_queue(3, -1);
    ask("a");
    ask("b");
    resolve_input(2, hence_int(2));
    turn();
    ask("c");
    resolve_input(0, failure("broken"));
    resolve_input(1, hence_int(1));
    run();
    check_trace("a:2:2 b:0:broken c:1:1");
    end_queue();
}

/* rule 106 */
TEST(completion_queue, who_asks_late_gets_those_that_are_done_in_their_order)
{
    begin_queue(3, -1);
    resolve_input(1, hence_int(1));
    resolve_input(2, payload());
    run();
    hence_future *a = next("a");
    check(hence_future_done(a)); /* it is there: rule 99 */
    ask("b");
    ask("c");
    run();
    check_trace("a:1:1 b:2:shared");
    hence_future_unref(a);
    resolve_input(0, hence_int(0));
    run();
    check_trace("c:0:0");
    end_queue();
    check_int(payloads_alive(), 0);
}

TEST(completion_queue, those_that_are_done_at_the_start_come_first_in_the_order_of_the_inputs)
{
    begin(3, STOPS);
    resolve_input(2, hence_int(2));
    resolve_input(1, hence_int(1));
    queue = hence_as_completed(both.loop, futures, 3, -1);
    resolve_input(0, hence_int(0));
    ask("a");
    ask("b");
    ask("c");
    run();
    check_trace("a:1:1 b:2:2 c:0:0");
    end_queue();
}

/* rule 106 */
TEST(completion_queue, the_Futures_of_those_who_ask_may_be_looked_at_in_any_order)
{
    begin_queue(2, -1);
    hence_future *a = next("a"), *b = next("b");
    resolve_input(1, hence_int(1));
    resolve_input(0, hence_int(0));
    run();
    got(b, "later");
    got(a, "earlier");
    if (!support_faulty)
        check_trace("a:1:1 b:0:0 later:0:0 earlier:1:1");
    hence_future_unref(a);
    hence_future_unref(b);
    end_queue();
}

TEST(completion_queue, it_gives_the_very_Future_that_was_given)
{
    begin_queue(2, -1);
    hence_future *f = hence_completion_queue_next(queue);
    resolve_input(1, hence_int(7));
    run();
    hence_result r = hence_future_result(f);
    const hence_completion *completion = hence_as_completion(&r);
    check(completion && completion->future == futures[1] && completion->index == 1);
    check(f && strstr(hence_future_site(f), "test_completion_queue.c:"));
    hence_drop(r);
    hence_future_unref(f);
    end_queue();
}

/* rule 106 */
TEST(completion_queue, the_same_Future_in_several_places_is_given_once_with_its_first_place)
{
    begin(2, STOPS);
    hence_future *const in[] = {futures[1], futures[0], futures[1], futures[0]};
    queue = hence_as_completed(both.loop, in, 4, -1);
    check_int(hence_completion_queue_size(queue), queue ? 2 : 0);
    ask("a");
    ask("b");
    ask("c");
    resolve_input(0, hence_int(0));
    resolve_input(1, hence_int(1));
    run();
    check_trace("c:end a:1:0 b:0:1");
    end_queue();
}

/* rule 106 */
TEST(completion_queue, the_same_Futures_may_stand_in_several_queues)
{
    begin_queue(2, -1);
    hence_completion_queue *other = hence_as_completed(both.loop, futures, 2, -1);
    check_int(hence_completion_queue_size(other), other ? 2 : 0);
    resolve_input(1, payload());
    ask("a");
    run();
    check_trace("a:1:shared");
    check_int(hence_completion_queue_size(other), other ? 2 : 0);
    hence_completion_queue_free(other);
    end_queue();
    check_int(payloads_alive(), 0);
}

/* ---- the end ---- */

/* rule 107 */
TEST(completion_queue, when_nothing_is_left_it_is_the_end)
{
    begin_queue(1, -1);
    resolve_input(0, hence_int(0));
    ask("a");
    ask("b");
    hence_future *c = next("c");
    check(hence_future_done(c)); /* nothing is left for the second and third */
    run();
    if (!support_faulty)
        check_trace("b:end c:end a:0:0");
    hence_future_unref(c);
    end_queue();
}

/* rule 107 */
TEST(completion_queue, an_empty_one_is_at_its_end_at_once_and_has_no_timer)
{
    begin(0, STOPS);
    queue = hence_as_completed(both.loop, NULL, 0, HENCE_SECONDS(1));
    ask("a");
    run();
    check_trace("a:end");
    check_int(hence_test_clock_advance(both.clock, HENCE_SECONDS(2)), 0);
    ask("b");
    run();
    check_trace("b:end");
    end_queue();
}

/* rule 106 */
TEST(completion_queue, of_more_who_ask_than_there_are_the_last_ones_are_told_that_it_is_the_end)
{
    begin_queue(2, -1);
    ask("a");
    ask("b");
    ask("c");
    run();
    check_trace("c:end");
    resolve_input(0, hence_int(0));
    resolve_input(1, hence_int(1));
    run();
    check_trace("a:0:0 b:1:1");
    end_queue();
}

TEST(completion_queue, after_its_end_it_can_be_filled_again)
{
    begin(2, STOPS);
    queue = hence_completion_queue_new(both.loop);
    ask("a");
    hence_completion_queue_add(queue, futures[0]);
    ask("b");
    resolve_input(0, hence_int(0));
    run();
    if (!support_faulty)
        check_trace("a:end b:0:0");
    check_int(hence_completion_queue_size(queue), 0);
    check_int(hence_completion_queue_add(queue, futures[1]), queue && futures[1] ? 0 : -ENOMEM);
    check_int(hence_completion_queue_size(queue), queue ? 1 : 0);
    resolve_input(1, hence_int(1));
    run();
    ask("c");
    run();
    if (!support_faulty)
        check_trace("c:1:1");
    end_queue();
}

/* ---- added one by one ---- */

TEST(completion_queue, each_has_the_number_that_it_got_and_may_be_in_it_more_than_once)
{
    begin(2, STOPS);
    resolve_input(1, hence_int(8));
    queue = hence_completion_queue_new(both.loop);
    ask("none yet");
    for (int i = 0; i < 2; i++) {
        hence_completion_queue_add(queue, futures[0]);
        hence_completion_queue_add(queue, futures[1]);
    }
    check_int(hence_completion_queue_size(queue), queue ? 4 : 0);
    for (int i = 0; i < 4; i++)
        ask("next");
    resolve_input(0, hence_int(7));
    run();
    if (!support_faulty)
        check_trace("none yet:end next:1:8 next:3:8 next:0:7 next:2:7");
    end_queue();
}

/* Adds one that is done already, whose value is `value`. */
static void add_done(int value)
{
    hence_future *f = hence_future_succeed(both.loop, hence_int(value));
    hence_completion_queue_add(queue, f);
    hence_future_unref(f);
}

/* Pops `n`, and adds up their numbers and values. */
static int64_t pop_many(int n)
{
    int64_t sum = 0;
    for (int i = 0; i < n; i++) {
        hence_completion *completion = hence_completion_queue_pop(queue);
        hence_result r = completion ? hence_future_result(completion->future) : hence_none();
        sum =
            (3 * sum) % 1000003 + (completion ? (int64_t)completion->index : 0) + hence_as_int(&r);
        hence_drop(r);
        hence_completion_free(completion);
    }
    return sum;
}

/* What that gives for the values from `first` on, which were added behind three others. */
static int64_t numbers_from(int first, int n)
{
    int64_t sum = 0;
    for (int i = first; i < first + n; i++)
        sum = (3 * sum) % 1000003 + (i + 3) + i;
    return sum;
}

TEST(completion_queue, it_grows_while_some_are_done_and_some_are_not_and_keeps_the_order)
{
    begin(3, STOPS);
    queue = hence_completion_queue_new(both.loop);
    for (size_t i = 0; i < 3; i++)
        hence_completion_queue_add(queue, futures[i]);
    for (int i = 0; i < 5; i++)
        add_done(i);
    check_int(pop_many(4), numbers_from(0, 4));
    for (int i = 5; i < 40; i++)
        add_done(i);
    check_int(hence_completion_queue_size(queue), 3 + 36);
    check_int(pop_many(36), numbers_from(4, 36));
    check_that_none_can_be_popped();
    resolve_input(1, hence_int(7));
    run();
    check_int(pop_many(1), 1 + 7);
    check_int(hence_completion_queue_size(queue), 2);
    end_queue();
}

TEST(completion_queue, completions_outlive_the_queue_and_each_other)
{
    begin_queue(3, -1);
    hence_completion *completions[2] = {NULL, NULL};
    for (size_t i = 0; i < 3; i++)
        resolve_input(i, payload());
    run();
    for (size_t i = 0; i < 2; i++)
        completions[i] = hence_completion_queue_pop(queue);
    queue = hence_completion_queue_free(queue);
    end_inputs();
    check_int(payloads_alive(), 2);
    hence_completion_free(completions[0]);
    check_int(payloads_alive(), 1);
    if (completions[1]) {
        check_int(completions[1]->index, 1);
        check_string(describe_and_drop(hence_future_result(completions[1]->future)), "shared");
    }
    hence_completion_free(completions[1]);
    check_int(payloads_alive(), 0);
    end_loop(&both);
}

TEST(completion_queue, an_added_one_serves_those_who_ask_already)
{
    begin(3, STOPS);
    queue = hence_completion_queue_new(both.loop);
    hence_completion_queue_add(queue, futures[0]);
    ask("a");
    resolve_input(1, hence_int(1));
    hence_completion_queue_add(queue, futures[1]); /* done */
    run();
    if (!support_faulty)
        check_trace("a:1:1");
    check_int(hence_completion_queue_size(queue), queue ? 1 : 0);
    end_queue();
}

TEST(completion_queue, what_can_not_be_added_is_refused)
{
    begin(1, STOPS);
    struct loop_and_clock others = begin_loop();
    hence_promise *p;
    hence_future *foreign = hence_future_new(others.loop, &p);
    queue = hence_completion_queue_new(both.loop);
    check_int(hence_completion_queue_add(queue, NULL), -ENOMEM);
    check_int(hence_completion_queue_add(NULL, futures[0]), -ENOMEM);
    check_int(hence_completion_queue_add(queue, foreign), -EINVAL);
    check_int(hence_completion_queue_size(queue), 0);
    check_int(hence_completion_queue_size(NULL), 0);
    check(!hence_completion_queue_next(NULL));
    check(!hence_completion_queue_pop(NULL));
    hence_completion_queue_free(NULL);
    hence_completion_free(NULL);
    hence_future *const with_null[] = {futures[0], NULL}, *const mixed[] = {futures[0], foreign};
    check(!hence_as_completed(both.loop, with_null, 2, -1));
    check(!hence_as_completed(both.loop, mixed, 2, HENCE_SECONDS(1)));
    check(!hence_as_completed(NULL, futures, 1, -1));
    hence_resolve(p, hence_none());
    hence_future_unref(foreign);
    end_loop(&others);
    /* the refused ones have left no mark on it */
    hence_completion_queue *again = hence_as_completed(both.loop, futures, 1, -1);
    check_int(hence_completion_queue_size(again), again ? 1 : 0);
    hence_completion_queue_free(again);
    end_queue();
}

/* ---- taken without waiting ---- */

TEST(completion_queue, those_that_are_done_can_be_popped_and_others_not)
{
    begin_queue(3, -1);
    check_that_none_can_be_popped();
    resolve_input(2, payload());
    check_that_none_can_be_popped(); /* it hears of it through the loop */
    run();
    hence_completion *completion = hence_completion_queue_pop(queue);
    check(completion && completion->index == 2 && completion->future == futures[2]);
    check_int(hence_completion_queue_size(queue), queue ? 2 : 0);
    check_that_none_can_be_popped();
    futures[2] = hence_future_unref(futures[2]);
    check(support_faulty || payloads_alive() == 1); /* the completion holds it */
    hence_completion_free(completion);
    check_int(payloads_alive(), 0);
    ask("a");
    resolve_input(1, hence_int(1));
    run();
    check_that_none_can_be_popped(); /* it was promised to who asked */
    check_trace("a:1:1");
    end_queue();
}

TEST(completion_queue, what_nobody_took_out_of_it_was_not_looked_at)
{
    begin_queue(2, -1);
    resolve_input(0, failure("broken"));
    resolve_input(1, failure("worse"));
    run();
    hence_completion_free(hence_completion_queue_pop(queue));
    queue = hence_completion_queue_free(queue);
    futures[0] = hence_future_unref(futures[0]);
    check(had_report(HENCE_REPORT_NEVER_RETRIEVED));
    futures[1] = hence_future_unref(futures[1]);
    check(had_report(HENCE_REPORT_NEVER_RETRIEVED));
    end_queue();
}
