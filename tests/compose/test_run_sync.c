/* SPDX-License-Identifier: BSD-3-Clause */
/* Running the loop until what a function returned has ended. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "support/support.h"

SUITE(run_sync);

static struct loop_and_clock both;

static void begin(void)
{
    both = begin_loop();
    if (!both.clock) /* no test is to sleep */
        both.loop = hence_loop_free(both.loop);
    hence_test_clock_autojump(both.clock, true);
}

static const char *run(hence_result_fn *fn, const char *word, int64_t timeout)
{
    return describe_and_drop(hence_loop_run_sync(both.loop, fn, (void *)(uintptr_t)word, timeout));
}

static hence_result give_seven(void *word)
{
    trace("%s", (const char *)word);
    return hence_int(7);
}

static hence_result fail(void *word)
{
    trace("%s", (const char *)word);
    return failure(word);
}

static hence_result sleep_and_give_a_payload(void *word)
{
    hence_deferred *d = hence_sleep(both.loop, HENCE_SECONDS(10));
    hence_deferred_add_callback(d, give_payload, word);
    return hence_chain(d);
}

static hence_result sleep_as_a_Future(void *word)
{
    (void)word;
    return hence_chain_future(hence_sleep_future(both.loop, HENCE_SECONDS(10)));
}

TEST(run_sync, it_gives_what_its_function_gives_which_is_called_by_the_loop)
{
    begin();
    check_string(run(give_seven, "fn", -1), "7");
    check_trace("fn");
    check_string(run(fail, "broken", HENCE_SECONDS(1)), "broken");
    check_trace("broken");
    end_loop(&both);
}

TEST(run_sync, a_chain_that_its_function_returns_is_waited_for)
{
    begin();
    check_string(run(sleep_and_give_a_payload, "awake", -1), "shared");
    check_trace("awake:none");
    check_int(hence_test_clock_now(both.clock), HENCE_SECONDS(10));
    check_string(run(sleep_as_a_Future, NULL, HENCE_SECONDS(11)), "none");
    check_int(hence_test_clock_now(both.clock), HENCE_SECONDS(20));
    check_int(payloads_alive(), 0);
    end_loop(&both);
}

TEST(run_sync, when_the_time_is_over_what_it_returned_is_cancelled)
{
    begin();
    hence_result r =
        hence_loop_run_sync(both.loop, sleep_and_give_a_payload, "cancelled", HENCE_SECONDS(2));
    check(hence_is_failure_of(&r, &hence_domain_hence, HENCE_ETIMEDOUT));
    hence_drop(r);
    if (!support_faulty)
        check_int(hence_test_clock_now(both.clock), HENCE_SECONDS(2));
    check_trace("");
    end_loop(&both);
}

static hence_result sleep_and_answer_the_cancellation(void *word)
{
    hence_deferred *d = hence_sleep(both.loop, HENCE_SECONDS(10));
    hence_deferred_add_both(d, add_one, word); /* of a failure it makes 1 */
    return hence_chain(d);
}

/* rule 114 */
TEST(run_sync, what_it_gives_while_it_is_cancelled_wins)
{
    begin();
    check_string(run(sleep_and_answer_the_cancellation, "step", HENCE_SECONDS(2)), "1");
    check_trace("step:cancelled");
    end_loop(&both);
}

static void stop(void *loop)
{
    hence_loop_stop(loop);
}

/* rule 98 */
TEST(run_sync, a_loop_that_is_stopped_first_says_so)
{
    begin();
    hence_call_later(both.loop, HENCE_SECONDS(1), stop, both.loop, NULL);
    check_string(run(sleep_as_a_Future, NULL, HENCE_SECONDS(5)), "stopped");
    end_loop(&both);
}

static hence_result run_inside(void *word)
{
    trace("%s:%s", (const char *)word, run(give_seven, "never", -1));
    return hence_none();
}

/* rule 132 */
TEST(run_sync, it_can_not_be_used_inside_a_run)
{
    begin();
    check_string(run(run_inside, "inside", -1), "none");
    check_trace("inside:invalid");
    end_loop(&both);
}

TEST(run_sync, without_a_loop_or_a_function_it_fails)
{
    begin();
    check_string(describe_and_drop(hence_loop_run_sync(NULL, give_seven, "never", -1)), "nomem");
    check_string(run(NULL, NULL, -1), "invalid");
    hence_loop_close(both.loop);
    check_string(run(give_seven, "never", -1), "closed");
    check_trace("");
    end_loop(&both);
}

/* What a caller has on its stack is gone when the call is over. */
static hence_result use_frame(void *frame)
{
    if (*(const char *)frame != 'x')
        support_fail("the function was called after hence_loop_run_sync() had returned");
    return hence_none();
}

TEST(run_sync, its_function_is_never_called_after_it_has_returned)
{
    static const int64_t times[] = {-1, HENCE_SECONDS(1), 0};
    begin();
    for (int i = 0; i < 3; i++) {
        char *frame = malloc(2);
        *frame = 'x';
        hence_drop(hence_loop_run_sync(both.loop, use_frame, frame, times[i]));
        *frame = 'y';
        hence_test_turn(both.loop);
        free(frame);
    }
    end_loop(&both);
}

TEST(run_sync, without_memory_it_says_so)
{
    begin();
    hence_loop *loop = both.loop;
    hence_test_turn(loop);
    out_of_memory(true);
    check_string(run(give_seven, "fn", -1), "nomem");
    out_of_memory(false);
    check_trace("");
    end_loop(&both);
}
