/* SPDX-License-Identifier: BSD-3-Clause */
/* One Future for the results of many: what comes out of it. */
#include <errno.h>
#include <string.h>

#include "compose/futures_support.h"

SUITE(gather);

static hence_future *gather(size_t n, unsigned flags)
{
    hence_future *g = hence_gather(both.loop, futures, n, flags);
    hence_future_add_done_callback(g, done, "gather");
    return g;
}

static const unsigned all_flags[] = {0, HENCE_GATHER_COLLECT, HENCE_GATHER_CANCEL_REST,
                                     HENCE_GATHER_COLLECT | HENCE_GATHER_CANCEL_REST};
enum {
    ALL_FLAGS = sizeof all_flags / sizeof all_flags[0]
};

/* ---- values ---- */

/* rule 100 */
TEST(gather, the_values_stand_in_the_order_of_the_inputs_whenever_they_come)
{
    begin(3, STOPS);
    hence_future *g = gather(3, 0);
    resolve_input(2, hence_int(2));
    resolve_input(0, hence_int(0));
    run();
    check_trace("");
    check(!hence_future_done(g));
    resolve_input(1, hence_int(1));
    run();
    check_trace("gather:shared[0,1,2]");
    hence_future_unref(g);
    end();
}

/* rules 81 and 100 */
TEST(gather, it_is_done_one_turn_after_its_last_input_and_tells_one_turn_later)
{
    begin(2, STOPS);
    hence_future_add_done_callback(futures[1], done, "input");
    hence_future *g = gather(2, 0);
    resolve_input(0, hence_int(0));
    resolve_input(1, hence_int(1));
    check(!hence_future_done(g));
    check_trace("");
    turn();
    check_trace("input:1");
    check(hence_future_done(g));
    turn();
    check_trace("gather:shared[0,1]");
    hence_future_unref(g);
    end();
}

/* rule 100 */
TEST(gather, the_same_Future_in_several_places_stands_in_each)
{
    begin(2, STOPS);
    futures[2] = hence_future_ref(futures[0]);
    futures[3] = hence_future_ref(futures[0]);
    hence_future *g = gather(4, 0);
    resolve_input(1, hence_int(8));
    resolve_input(0, payload());
    run();
    check_trace("gather:shared[shared,8,shared,shared]");
    hence_future_unref(g);
    check_int(payloads_alive(), support_faulty ? payloads_alive() : 1);
    end();
    check_int(payloads_alive(), 0);
}

/* rule 101 */
TEST(gather, an_empty_one_is_done_at_once)
{
    begin(0, STOPS);
    for (int i = 0; i < ALL_FLAGS; i++) {
        hence_future *g = hence_gather(both.loop, NULL, 0, all_flags[i]);
        check(g && hence_future_done(g));
        check_string(outcome_of(g), "shared[]");
        hence_future_unref(g);
    }
    end();
}

/* rule 82 */
TEST(gather, inputs_that_are_done_arrive_in_the_next_turn)
{
    for (int i = 0; i < ALL_FLAGS; i++) {
        begin(3, STOPS);
        for (size_t k = 0; k < 3; k++)
            resolve_input(k, hence_int((int64_t)k));
        hence_future *g = gather(3, all_flags[i]);
        check(!hence_future_done(g));
        turn();
        check(hence_future_done(g));
        check_trace("");
        turn();
        check_trace("gather:shared[0,1,2]");
        hence_future_unref(g);
        end();
    }
}

TEST(gather, those_that_are_done_and_those_that_are_not_come_together)
{
    begin(3, STOPS);
    resolve_input(1, hence_int(1));
    hence_future *g = gather(3, 0);
    resolve_input(2, hence_int(2)); /* done before the one call for those that were done has run */
    turn();
    check(!hence_future_done(g));
    resolve_input(0, hence_int(0));
    run();
    check_trace("gather:shared[0,1,2]");
    hence_future_unref(g);
    end();
}

TEST(gather, the_array_is_only_looked_at_and_the_caller_s_references_are_left_alone)
{
    begin(2, STOPS);
    hence_future *g = gather(2, 0);
    hence_future *first = futures[0];
    futures[0] = NULL;
    hence_future_unref(first); /* it holds one of its own */
    check(g && strstr(hence_future_site(g), "test_gather.c:"));
    resolve_input(0, hence_int(7));
    resolve_input(1, hence_int(8));
    run();
    check_trace("gather:shared[7,8]");
    check_string(outcome_of(futures[1]), "8");
    hence_future_unref(g);
    end();
}

TEST(gather, values_are_not_copied_and_live_as_long_as_the_list_or_their_Future)
{
    begin(2, STOPS);
    hence_future *g = hence_gather(both.loop, futures, 2, 0);
    resolve_input(0, payload());
    resolve_input(1, payload());
    run();
    hence_result r = hence_future_result(g);
    const hence_result *slot = hence_list_at(hence_as_list(&r), 0);
    hence_result mine = hence_future_result(futures[0]);
    check(hence_as(slot, payload_destroy));
    check(hence_as(slot, payload_destroy) == hence_as(&mine, payload_destroy));
    hence_drop(mine);
    hence_drop(r);
    futures[0] = hence_future_unref(futures[0]);
    check_int(payloads_alive(), 2);
    hence_future_unref(g);
    check_int(payloads_alive(), 1); /* the other one's Future is held here */
    end();
    check_int(payloads_alive(), 0);
}

TEST(gather, its_result_can_be_read_again_and_again)
{
    begin(1, STOPS);
    hence_future *g = hence_gather(both.loop, futures, 1, 0);
    resolve_input(0, payload());
    run();
    check_string(outcome_of(g), "shared[shared]");
    check_string(outcome_of(g), "shared[shared]");
    hence_future_unref(g);
    end();
}

/* ---- what can not be gathered ---- */

TEST(gather, an_input_that_could_not_be_had_is_a_failure_in_its_place)
{
    begin(1, STOPS);
    hence_future *const in[] = {NULL, futures[0], NULL};
    hence_future *g = hence_gather(both.loop, in, 3, HENCE_GATHER_COLLECT);
    hence_future *strict = hence_gather(both.loop, in, 3, 0);
    run();
    check(!hence_future_done(g));
    check_string(outcome_of(strict), "nomem");
    resolve_input(0, hence_int(7));
    run();
    check_string(outcome_of(g), "shared[nomem,7,nomem]");
    hence_future_unref(g);
    hence_future_unref(strict);
    end();
}

/* rule 88 */
TEST(gather, Futures_of_another_loop_are_refused_and_nothing_is_left_on_the_others)
{
    begin(2, STOPS);
    struct loop_and_clock others = begin_loop();
    hence_promise *p;
    hence_future *foreign = hence_future_new(others.loop, &p);
    hence_future *const in[] = {futures[0], foreign, futures[1]};
    for (int i = 0; i < ALL_FLAGS; i++) {
        hence_future *g = hence_gather(both.loop, in, 3, all_flags[i]);
        if (foreign && g) {
            check(hence_future_done(g));
            check_string(outcome_of(g), "invalid");
        }
        hence_future_unref(g);
    }
    check_trace(""); /* nothing was cancelled */
    hence_resolve(p, hence_int(7));
    resolve_input(0, hence_int(7));
    run();
    hence_future_unref(foreign);
    end_loop(&others);
    end();
}

TEST(gather, without_a_loop_there_is_none)
{
    begin(1, STOPS);
    check(!hence_gather(NULL, futures, 1, 0));
    check(!hence_gather(NULL, NULL, 0, 0));
    check(!hence_gather(both.loop, futures, SIZE_MAX, 0));
    hence_loop_close(both.loop);
    check(!hence_gather(both.loop, futures, 1, 0));
    check(!hence_gather(both.loop, NULL, 0, 0));
    end();
}

struct foreign {
    hence_loop *loop;
    hence_future *g;
};

static void gather_there(void *arg)
{
    struct foreign *foreign = arg;
    foreign->g = hence_gather(foreign->loop, futures, 1, 0);
}

/* rule 135 */
TEST(gather, another_thread_is_refused)
{
    begin(1, STOPS);
    struct foreign foreign = {both.loop, NULL};
    if (both.loop)
        on_another_thread(gather_there, &foreign);
    check(!foreign.g);
    check(had_report(HENCE_REPORT_WRONG_THREAD));
    end();
}

TEST(gather, what_was_asked_wrongly_is_told_with_the_line)
{
    begin(1, STOPS);
    hence_loop *other = hence_loop_new(NULL);
    hence_future *g[] = {
        hence_gather_at("here.c:1", both.loop, futures, 1, 4),
        hence_gather_at("here.c:1", other, futures, 1, 0),
        hence_wait_at("here.c:1", both.loop, futures, 1, (hence_wait_condition)99, -1),
        hence_wait_at("here.c:1", both.loop, futures, 0, HENCE_ALL_COMPLETED, -1),
    };
    const char *const messages[] = {
        "hence_gather() with unknown flags",
        "among the Futures to be combined is one of another loop",
        "hence_wait() with an unknown condition",
        "hence_wait() for no Future at all",
    };
    for (int i = 0; i < 4; i++) {
        const hence_failure *failure = hence_future_failure(g[i]);
        check_int(hence_failure_code(failure), HENCE_EINVAL);
        if (!support_faulty) {
            check_string(hence_failure_message(failure), messages[i]);
            check_string(hence_failure_site(failure), "here.c:1");
        }
        hence_future_unref(g[i]);
    }
    hence_loop_free(other);
    end();
}

TEST_ONCE(gather, without_memory_for_words_the_code_still_says_it)
{
    begin(1, STOPS);
    hence_result r = hence_none();
    out_of_memory(true);
    r = hence_loop_run_sync(both.loop, NULL, NULL, -1);
    out_of_memory(false);
    check_string(describe_and_drop(r), "invalid");
    end();
}

/* ---- the first failure decides: rule 102 ---- */

/* rule 102 */
TEST(gather, the_first_failure_is_the_result_at_once_and_the_others_go_on)
{
    begin(3, STOPS);
    hence_future *g = gather(3, 0);
    resolve_input(0, payload());
    resolve_input(1, failure("broken"));
    check(!hence_future_done(g));
    turn();
    check(hence_future_done(g));
    check(!hence_future_cancelled(g));
    turn();
    check_trace("gather:broken");
    check(input_is_wanted(2));
    futures[0] = hence_future_unref(futures[0]);
    check_int(payloads_alive(), 0); /* the list of those that came before has gone */
    resolve_input(2, hence_int(2));
    run();
    check_string(outcome_of(futures[2]), "2");
    check_trace("");
    hence_future_unref(g);
    end();
}

/* rule 102 */
TEST(gather, of_two_failures_in_one_turn_the_one_that_came_first_is_the_result)
{
    begin(3, STOPS);
    hence_future *g = gather(3, 0);
    resolve_input(2, failure("first"));
    resolve_input(0, failure("second"));
    run();
    check_trace("gather:first");
    hence_future_unref(g);
    end(); /* the second is not reported */
}

/* rule 102 */
TEST(gather, of_failures_that_were_there_before_the_first_in_order_is_the_result)
{
    begin(3, STOPS);
    resolve_input(2, failure("first"));
    resolve_input(1, failure("second"));
    hence_future *g = gather(3, 0);
    run();
    check_trace("gather:second");
    hence_future_unref(g);
    end(); /* the other one is not reported */
}

/* rule 102 */
TEST(gather, what_inputs_fail_with_later_counts_as_looked_at)
{
    begin(3, STOPS);
    hence_future *g = gather(3, 0);
    resolve_input(1, failure("broken"));
    run();
    check_trace("gather:broken");
    resolve_input(0, failure("later"));
    run();
    hence_future_unref(g);
    resolve_input(2, failure("even later"));
    end(); /* none of it is reported */
}

TEST(gather, what_an_input_fails_with_before_anybody_has_looked_at_the_gather_is_not_reported)
{
    begin(1, STOPS);
    hence_future *g = hence_gather(both.loop, futures, 1, HENCE_GATHER_COLLECT);
    resolve_input(0, failure("broken"));
    futures[0] = hence_future_unref(futures[0]);
    run();
    hence_future_unref(g); /* a list that nobody looked at is no failure */
    end();
}

/* rule 86 */
TEST(gather, its_own_failure_is_reported_when_nobody_looks_at_it)
{
    begin(2, STOPS);
    hence_future *g = hence_gather(both.loop, futures, 2, 0);
    hence_future_unref(g); /* letting go does not cancel */
    check_trace("");
    check(input_is_wanted(1));
    resolve_input(0, failure("broken"));
    check(support_faulty || !had_report(HENCE_REPORT_NEVER_RETRIEVED));
    run();
    check(had_report(HENCE_REPORT_NEVER_RETRIEVED));
    check(support_faulty || strstr(report_text(), "test_gather.c:"));
    end();
}

/* rule 102 */ /* difference 10 */
TEST(gather, a_child_that_is_cancelled_makes_it_cancelled)
{
    begin(2, STOPS);
    hence_future *g = gather(2, 0);
    check_int(hence_future_cancel(futures[1]), futures[1] ? 0 : -ENOMEM);
    check_trace("cancel1");
    run();
    check_trace("gather:cancelled");
    check(hence_future_cancelled(g)); /* asyncio: False */
    check(input_is_wanted(0));
    hence_future_unref(g);
    end();
}

TEST(gather, nothing_is_left_on_inputs_that_go_on_after_the_first_failure)
{
    begin(1, STOPS);
    long before = 0;
    for (int i = 0; i < 1000; i++) {
        hence_promise *p;
        hence_future *f = hence_future_new(both.loop, &p);
        hence_future *const in[] = {futures[0], f};
        hence_future *g = hence_gather(both.loop, in, 2, 0);
        hence_resolve(p, failure("broken"));
        run();
        check_string(outcome_of(g), "broken");
        hence_future_unref(f);
        hence_future_unref(g);
        if (i == 0)
            before = blocks_alive();
    }
    check_int(blocks_alive(), before);
    end();
}

/* ---- all outcomes: COLLECT ---- */

/* rules 103 and 119 */ /* difference 20 */
TEST(gather, with_COLLECT_failures_and_cancellations_stand_in_their_places)
{
    begin(4, STOPS);
    hence_future *g = gather(4, HENCE_GATHER_COLLECT);
    resolve_input(2, failure("broken"));
    run();
    check(!hence_future_done(g)); /* it waits for all */
    hence_future_cancel(futures[0]);
    resolve_input(1, failure("worse"));
    run();
    check(!hence_future_done(g));
    resolve_input(3, payload());
    run();
    if (!support_faulty)
        check_trace("cancel0 gather:shared[cancelled,worse,broken,shared]");
    check(!hence_future_cancelled(g));
    hence_future_unref(g);
    end();
}

/* rule 119: the first failure in the order of the inputs can be had from what was collected */ /* difference 20 */
TEST(gather, without_COLLECT_it_fails_at_once_and_with_it_everything_is_told)
{
    begin(3, STOPS);
    hence_future *at_once = hence_gather(both.loop, futures, 3, 0);
    hence_future *all = hence_gather(both.loop, futures, 3, HENCE_GATHER_COLLECT);
    resolve_input(1, failure("broken"));
    run();
    check_string(outcome_of(at_once), "broken");
    check_string(outcome_of(all), "pending");
    resolve_input(0, failure("worse"));
    resolve_input(2, hence_int(2));
    run();
    check_string(outcome_of(all), "shared[worse,broken,2]");
    hence_future_unref(at_once);
    hence_future_unref(all);
    end();
}

/* ---- the first failure cancels the rest: CANCEL_REST ---- */

TEST(gather, with_CANCEL_REST_the_first_failure_cancels_the_others_in_order)
{
    begin(4, STOPS);
    hence_future *g = gather(4, HENCE_GATHER_CANCEL_REST);
    resolve_input(0, payload());
    resolve_input(2, failure("broken"));
    check_trace("");
    turn(); /* it hears of the first two, and the others have been cancelled */
    check_trace("cancel1 cancel3");
    check(!hence_future_done(g)); /* it has not heard of these yet */
    turn();
    check(hence_future_done(g));
    turn();
    check_trace("gather:broken");
    hence_future_unref(g);
    end();
}

TEST(gather, with_CANCEL_REST_it_waits_until_the_rest_has_ended)
{
    begin(3, TAKES_TIME);
    hence_future *g = gather(3, HENCE_GATHER_CANCEL_REST);
    resolve_input(1, failure("broken"));
    run();
    check_trace("cancel0 cancel2");
    check(!hence_future_done(g));
    resolve_late(2, payload());
    run();
    check(!hence_future_done(g));
    resolve_late(0, failure("late"));
    run();
    check_trace("gather:broken");
    hence_future_unref(g);
    end(); /* "late" is not reported */
    check_int(payloads_alive(), 0);
}

TEST(gather, with_CANCEL_REST_whatever_cancellers_do_the_first_failure_is_the_result)
{
    static const on_cancel ways[] = {STOPS, GOES_ON, GIVES_VALUE, GIVES_FAILURE};
    for (int i = 0; i < 4; i++) {
        begin(3, ways[i]);
        hence_future *g = gather(3, HENCE_GATHER_CANCEL_REST);
        resolve_input(1, failure("broken"));
        run();
        check_trace("cancel0 cancel2 gather:broken");
        hence_future_unref(g);
        end();
    }
}

TEST(gather, with_CANCEL_REST_a_cancelled_child_cancels_the_others)
{
    begin(2, STOPS);
    hence_future *g = gather(2, HENCE_GATHER_CANCEL_REST);
    hence_future_cancel(futures[1]);
    run();
    check_trace("cancel1 cancel0 gather:cancelled");
    check(hence_future_cancelled(g));
    hence_future_unref(g);
    end();
}

TEST(gather, with_CANCEL_REST_an_input_that_was_there_twice_is_cancelled_once)
{
    begin(2, STOPS);
    hence_future *const in[] = {futures[0], futures[1], futures[0], futures[0]};
    hence_future *g = hence_gather(both.loop, in, 4, HENCE_GATHER_CANCEL_REST);
    resolve_input(1, failure("broken"));
    run();
    check_trace("cancel0");
    check_string(outcome_of(g), "broken");
    hence_future_unref(g);
    end();
}

TEST(gather, with_CANCEL_REST_failures_that_are_there_already_cancel_in_the_next_turn)
{
    begin(3, STOPS);
    resolve_input(1, failure("broken"));
    hence_future *g = gather(3, HENCE_GATHER_CANCEL_REST);
    check_trace("");
    turn();
    check_trace("cancel0 cancel2");
    run();
    check_trace("gather:broken");
    hence_future_unref(g);
    end();
}

TEST(gather, COLLECT_waits_for_all_also_with_CANCEL_REST)
{
    begin(2, STOPS);
    hence_future *g = gather(2, HENCE_GATHER_COLLECT | HENCE_GATHER_CANCEL_REST);
    resolve_input(0, failure("broken"));
    run();
    check_trace("");
    resolve_input(1, hence_int(7));
    run();
    check_trace("gather:shared[broken,7]");
    hence_future_unref(g);
    end();
}

TEST(gather, several_gathers_of_the_same_Futures_are_told_alike)
{
    begin(2, STOPS);
    hence_future *g = hence_gather(both.loop, futures, 2, 0);
    hence_future *const in[] = {g, futures[0]};
    hence_future *h = hence_gather(both.loop, in, 2, 0);
    hence_future_add_done_callback(h, done, "h");
    resolve_input(0, hence_int(0));
    resolve_input(1, payload());
    run();
    check_trace("h:shared[shared[0,shared],0]");
    hence_future_unref(g);
    hence_future_unref(h);
    end();
}
