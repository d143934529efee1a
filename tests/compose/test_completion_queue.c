/* SPDX-License-Identifier: BSD-3-Clause */
/* Futures one by one, in the order in which they are done. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "support/inputs.h"

SUITE(completion_queue);

static struct loop_and_clock both;
static hence_completion_queue *queue;

static void begin(size_t n)
{
    both = begin_loop();
    begin_futures(both.loop, n, STOPS);
}

/* With the first `n` of the futures in the queue. */
static void begin_queue(size_t n, int64_t timeout)
{
    begin(n);
    queue = hence_as_completed(both.loop, futures, n, timeout);
}

static void end(void)
{
    queue = hence_completion_queue_free(queue);
    end_inputs();
    end_loop(&both);
}

static void turn(void)
{
    hence_test_turn(both.loop);
}

static void run(void)
{
    hence_test_clock_advance(both.clock, 0);
}

/* "word:index:what it gave", or the failure. */
static void got(hence_future *f, void *word)
{
    hence_result r = hence_future_result(f);
    const hence_completion *completion = hence_as_completion(&r);
    if (completion) {
        hence_result of_input = hence_future_result(completion->future);
        trace("%s:%zu:%s", (const char *)word, completion->index, describe(&of_input));
        hence_drop(of_input);
    } else {
        trace("%s:%s", (const char *)word, describe(&r));
    }
    hence_drop(r);
}

static hence_future *next(const char *word)
{
    hence_future *f = hence_completion_queue_next(queue);
    hence_future_add_done_callback(f, got, (void *)(uintptr_t)word);
    return f;
}

static void check_that_none_can_be_popped(void)
{
    hence_completion *completion = hence_completion_queue_pop(queue);
    check(!completion);
    hence_completion_free(completion);
}

/* Nobody but the loop holds it. */
static void ask(const char *word)
{
    hence_future_unref(next(word));
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
    end();
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
    end();
    check_int(payloads_alive(), 0);
}

TEST(completion_queue, those_that_are_done_at_the_start_come_first_in_the_order_of_the_inputs)
{
    begin(3);
    resolve_input(2, hence_int(2));
    resolve_input(1, hence_int(1));
    queue = hence_as_completed(both.loop, futures, 3, -1);
    resolve_input(0, hence_int(0));
    ask("a");
    ask("b");
    ask("c");
    run();
    check_trace("a:1:1 b:2:2 c:0:0");
    end();
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
    end();
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
    end();
}

/* rule 106 */
TEST(completion_queue, the_same_Future_in_several_places_is_given_once_with_its_first_place)
{
    begin(2);
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
    end();
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
    end();
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
    end();
}

/* rule 107 */
TEST(completion_queue, an_empty_one_is_at_its_end_at_once_and_has_no_timer)
{
    begin(0);
    queue = hence_as_completed(both.loop, NULL, 0, HENCE_SECONDS(1));
    ask("a");
    run();
    check_trace("a:end");
    check_int(hence_test_clock_advance(both.clock, HENCE_SECONDS(2)), 0);
    ask("b");
    run();
    check_trace("b:end");
    end();
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
    end();
}

TEST(completion_queue, after_its_end_it_can_be_filled_again)
{
    begin(2);
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
    end();
}

/* ---- added one by one ---- */

TEST(completion_queue, each_has_the_number_that_it_got_and_may_be_in_it_more_than_once)
{
    begin(2);
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
    end();
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
    begin(3);
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
    end();
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
    begin(3);
    queue = hence_completion_queue_new(both.loop);
    hence_completion_queue_add(queue, futures[0]);
    ask("a");
    resolve_input(1, hence_int(1));
    hence_completion_queue_add(queue, futures[1]); /* done */
    run();
    if (!support_faulty)
        check_trace("a:1:1");
    check_int(hence_completion_queue_size(queue), queue ? 1 : 0);
    end();
}

TEST(completion_queue, what_can_not_be_added_is_refused)
{
    begin(1);
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
    end();
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
    end();
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
    end();
}

/* ---- the time ---- */

/* rule 107 */
TEST(completion_queue, when_the_time_is_over_those_who_find_none_done_fail_and_nothing_is_cancelled)
{
    begin_queue(3, HENCE_SECONDS(2));
    ask("a");
    ask("b");
    resolve_input(1, hence_int(1));
    hence_test_clock_advance(both.clock, HENCE_SECONDS(2) - 1);
    check_trace("a:1:1");
    hence_test_clock_advance(both.clock, 1);
    check_trace("b:timedout");
    ask("c");
    run();
    check_trace("c:timedout");
    check(input_is_wanted(0) && input_is_wanted(2));
    resolve_input(2, hence_int(2)); /* one that is done after all can be had */
    run();
    ask("d");
    ask("e");
    run();
    check_trace("d:2:2 e:timedout");
    end();
}

/* rule 107 */
TEST(completion_queue, the_time_stops_when_all_are_done)
{
    begin_queue(2, HENCE_SECONDS(2));
    resolve_input(0, hence_int(0));
    resolve_input(1, hence_int(1));
    run();
    check_int(hence_test_clock_advance(both.clock, HENCE_SECONDS(3)), 0);
    ask("a");
    ask("b");
    ask("c");
    run();
    check_trace("a:0:0 b:1:1 c:end");
    end();
}

TEST(completion_queue, no_time_at_all_is_enough_for_what_is_done_already)
{
    begin(2);
    resolve_input(1, hence_int(1));
    queue = hence_as_completed(both.loop, futures, 2, 0);
    ask("a");
    ask("b");
    run();
    check_trace("a:1:1 b:timedout");
    end();
}

TEST(completion_queue, its_time_goes_with_it)
{
    begin_queue(1, HENCE_SECONDS(2));
    queue = hence_completion_queue_free(queue);
    check_int(hence_test_clock_advance(both.clock, HENCE_SECONDS(3)), 0);
    end();
}

/* ---- cancelled ---- */

TEST(completion_queue, what_one_who_was_cancelled_would_have_got_goes_to_the_next)
{
    begin_queue(2, -1);
    hence_future *a = next("a"), *b = next("b");
    check_int(hence_future_cancel(a), a ? 0 : -ENOMEM);
    check_int(hence_future_cancel(a), a ? -EALREADY : -ENOMEM);
    check(hence_future_cancelled(a));
    resolve_input(1, hence_int(1));
    run();
    if (!support_faulty)
        check_trace("a:cancelled b:1:1");
    check_int(hence_future_cancel(b), b ? -EALREADY : -ENOMEM);
    check(input_is_wanted(0)); /* the inputs know nothing of it */
    ask("c");
    resolve_input(0, hence_int(0));
    run();
    if (!support_faulty)
        check_trace("c:0:0");
    hence_future_unref(a);
    hence_future_unref(b);
    end();
}

/* Asks for each of `n` that are done, and lets go of the Futures in steps of so many. */
static void ask_and_let_go(int n, int step)
{
    both = begin_loop();
    hence_future *done_already = hence_future_succeed(both.loop, hence_none());
    hence_future **asked = calloc((size_t)n, sizeof *asked);
    queue = hence_completion_queue_new(both.loop);
    for (int i = 0; i < n; i++)
        hence_completion_queue_add(queue, done_already);
    for (int i = 0; i < n && asked; i++)
        asked[i] = hence_completion_queue_next(queue);
    for (int i = 0, at = 0; i < n && asked; i++) {
        at = (at + step) % n;
        hence_future_unref(asked[at]);
    }
    free(asked);
    check_int(hence_completion_queue_size(queue), n);
    for (int i = 0; i < n; i++) {
        hence_completion *completion = hence_completion_queue_pop(queue);
        if (completion)
            check_int(completion->index, i);
        hence_completion_free(completion);
    }
    check_that_none_can_be_popped();
    queue = hence_completion_queue_free(queue);
    hence_future_unref(done_already);
    end_loop(&both);
}

TEST(completion_queue, those_that_come_back_in_any_order_are_given_in_that_of_before)
{
    for (int step = 1; step < 7; step++)
        ask_and_let_go(7, step);
}

/* With a list in order instead of a heap it would be half a minute. */
TEST_ONCE(completion_queue, however_many_come_back_in_whatever_order_it_takes_no_longer_for_each)
{
    const clock_t begun = clock();
    const int n = support_many() / 10 + 1;
    ask_and_let_go(n, n - 1); /* the last one first */
    ask_and_let_go(n, 7919);  /* a prime: here and there */
    check(clock() - begun < 10 * CLOCKS_PER_SEC);
}

/* difference 14 */
TEST(completion_queue, who_asks_and_is_cancelled_again_and_again_leaves_nothing_behind)
{
    begin_queue(1, -1);
    long before = 0;
    for (int i = 0; i < 1000; i++) {
        hence_future *f = hence_completion_queue_next(queue);
        hence_future_cancel(f);
        hence_future_unref(f);
        if (i == 0)
            before = support_blocks_alive();
    }
    check_int(support_blocks_alive(), before);
    ask("a");
    resolve_input(0, hence_int(0));
    run();
    check_trace("a:0:0");
    end();
}

/* ---- its end ---- */

TEST(completion_queue, who_still_asks_when_it_goes_is_cancelled_and_the_Futures_in_it_go_on)
{
    begin_queue(3, -1);
    hence_future *a = next("a");
    resolve_input(0, payload());
    run();
    ask("b");
    queue = hence_completion_queue_free(queue);
    run();
    if (!support_faulty)
        check_trace("a:0:shared b:cancelled");
    check(input_is_wanted(1) && input_is_wanted(2));
    resolve_input(2, hence_int(2));
    run();
    got(a, "still"); /* a completion outlives its queue */
    if (!support_faulty)
        check_trace("still:0:shared");
    hence_future_unref(a);
    end();
    check_int(payloads_alive(), 0);
}

static void free_queue(hence_future *f, void *word)
{
    got(f, word);
    queue = hence_completion_queue_free(queue);
}

TEST(completion_queue, a_listener_of_one_who_asked_may_end_it)
{
    begin_queue(3, -1);
    hence_future *f = hence_completion_queue_next(queue);
    hence_future_add_done_callback(f, free_queue, "a");
    ask("b");
    ask("c");
    resolve_input(0, hence_int(0));
    resolve_input(1, hence_int(1));
    run();
    if (!support_faulty)
        check_trace("a:0:0 b:1:1 c:cancelled");
    hence_future_unref(f);
    end();
}

static void add_more(hence_future *f, void *word)
{
    got(f, word);
    hence_completion_queue_add(queue, futures[2]);
    ask("more");
}

TEST(completion_queue, a_listener_of_one_who_asked_may_add_and_ask)
{
    begin(3);
    queue = hence_as_completed(both.loop, futures, 2, -1);
    hence_future *f = hence_completion_queue_next(queue);
    hence_future_add_done_callback(f, add_more, "a");
    resolve_input(2, hence_int(2));
    resolve_input(0, hence_int(0));
    run();
    if (!support_faulty)
        check_trace("a:0:0 more:2:2");
    hence_future_unref(f);
    end();
}

/* difference 14: rule 108, whose callbacks stay registered */
TEST(completion_queue, nothing_is_left_on_Futures_that_go_on)
{
    begin(1);
    int count = support_many() / 10;
    long before = 0;
    for (int i = 0; i < count; i++) {
        queue = hence_as_completed(both.loop, futures, 1, i % 2 ? HENCE_SECONDS(1) : -1);
        hence_future *f = hence_completion_queue_next(queue);
        hence_completion_queue_free(queue);
        hence_future_unref(f);
        if (i == 1)
            before = support_blocks_alive();
    }
    queue = NULL;
    check_int(support_blocks_alive(), before);
    end();
}

/* ---- the loop closes ---- */

TEST(completion_queue, when_the_loop_closes_it_can_still_be_emptied_and_freed)
{
    for (int what = 0; what < 4; what++) {
        begin_queue(2, what % 2 ? HENCE_SECONDS(1) : -1);
        hence_future *f = what > 1 ? hence_completion_queue_next(queue) : NULL;
        resolve_input(0, payload());
        hence_loop_close(both.loop);
        resolve_input(1, failure("broken"));
        check(!f || hence_future_done(f));
        if (!support_faulty)
            check_int(hence_completion_queue_size(queue), f ? 1 : 2);
        check(!hence_completion_queue_next(queue)); /* a closed loop has no Futures */
        hence_completion_free(hence_completion_queue_pop(queue));
        hence_future_failure(f);
        hence_future_unref(f);
        hence_future_failure(futures[1]);
        end();
        check_int(payloads_alive(), 0);
    }
}
