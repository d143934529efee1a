/* SPDX-License-Identifier: BSD-3-Clause */
/* Enter, do something and leave, cancelled when what is waited for is done, but nobody has been told of it. */
#include <errno.h>
#include <string.h>

#include "compose/futures_support.h"

SUITE(using_cancel);

/* Enter waits for futures[0], the body for 1, exit for 2; what is not in `waits` gives a number at once. */
static const char *waits;

static hence_result give(char i)
{
    if (!strchr(waits, i))
        return hence_int(i);
    return hence_chain_future(hence_future_ref(futures[i - '0']));
}

static hence_result enter(void *arg)
{
    (void)arg;
    trace("enter");
    return give('0');
}

static hence_result body(hence_result *resource, void *arg)
{
    (void)arg;
    trace("body:%s", describe(resource));
    return give('1');
}

static hence_result leave(const hence_result *resource, const hence_result *outcome, void *arg)
{
    (void)arg;
    trace("exit:%s:%s", describe(resource), describe(outcome));
    return give('2');
}

static hence_future *begin_using(const char *numbers)
{
    begin(3, STOPS);
    waits = numbers;
    return hence_using(both.loop, enter, body, leave, NULL);
}

static void end_using(hence_future *f)
{
    hence_future_unref(f);
    end();
    check_int(payloads_alive(), 0);
}

#define check_cancel(f, expected) check_int(hence_future_cancel(f), (f) ? (expected) : -ENOMEM)

TEST(using_cancel, what_was_entered_is_left_again_and_the_body_does_not_run)
{
    hence_future *f = begin_using("02");
    resolve_input(0, payload());
    check_cancel(f, 0);
    check_cancel(f, 0);
    check(!hence_future_done(f));
    run();
    check_trace("enter exit:shared:cancelled");
    check(!hence_future_done(f)); /* exit is waited for */
    resolve_input(2, hence_none());
    run();
    check(hence_future_cancelled(f));
    check_cancel(f, -EALREADY);
    end_using(f);
}

TEST(using_cancel, what_could_not_be_entered_needs_no_exit)
{
    hence_future *f = begin_using("0");
    resolve_input(0, failure("broken"));
    check_cancel(f, 0);
    run();
    check_trace("enter");
    check(hence_future_cancelled(f));
    hence_future_failure(futures[0]);
    end_using(f);
    forget_reports();
}

TEST(using_cancel, a_body_that_was_not_told_of_its_value_is_cancelled_all_the_same)
{
    static const char *const traces[] = {"enter body:48 exit:48:cancelled",
                                         "enter body:shared exit:shared:cancelled"};
    for (int i = 0; i < 2; i++) {
        hence_future *f = begin_using(i ? "012" : "12");
        resolve_input(0, payload());
        run();
        resolve_input(1, payload());
        check_cancel(f, 0);
        run();
        check_trace(traces[i]);
        check(!hence_future_done(f));
        resolve_input(2, hence_none());
        run();
        check(hence_future_cancelled(f));
        end_using(f);
    }
}

TEST(using_cancel, exit_that_was_not_told_that_it_has_ended_is_cancelled)
{
    hence_future *f = begin_using("2");
    resolve_input(2, payload());
    check_cancel(f, 0);
    run();
    check_trace("enter body:48 exit:48:49");
    check(hence_future_cancelled(f));
    end_using(f);
}

TEST(using_cancel, a_second_cancellation_comes_to_exit)
{
    hence_future *f = begin_using("02");
    resolve_input(0, payload());
    check_cancel(f, 0);
    run();
    check_cancel(f, 0);
    run();
    check_trace("enter exit:shared:cancelled cancel2");
    check_string(outcome_of(f), "cancelled{cancelled,cancelled}");
    check(hence_future_cancelled(f));
    end_using(f);
}

TEST(using_cancel, when_the_loop_closes_before_it_was_told_it_is_cancelled_all_the_same)
{
    hence_future *f = begin_using("1");
    resolve_input(1, payload());
    check_cancel(f, 0);
    hence_loop_close(both.loop);
    check_trace("enter body:48 exit:48:cancelled");
    check(hence_future_cancelled(f));
    end_using(f);
}

/* ---- around it ---- */

static hence_result nothing(void *arg)
{
    (void)arg;
    return hence_none();
}

static hence_result wait_for_inner(hence_result *resource, void *inner)
{
    (void)resource;
    return hence_chain_future(hence_future_ref(inner));
}

static hence_result leave_outer(const hence_result *resource, const hence_result *outcome,
                                void *inner)
{
    (void)resource;
    (void)inner;
    trace("outer:%s", describe(outcome));
    return hence_none();
}

TEST(using_cancel, of_one_in_the_body_of_another_both_are_left_the_inner_one_first)
{
    for (int i = 0; i < 2;
         i++) { /* the inner one has its value, or the outer one has that of the inner one */
        hence_future *inner = begin_using("1");
        hence_future *f = hence_using(both.loop, nothing, wait_for_inner, leave_outer, inner);
        resolve_input(1, payload());
        if (i)
            turn();
        check_cancel(f, 0);
        run();
        check_trace(i ? "enter body:48 exit:48:shared outer:cancelled"
                      : "enter body:48 exit:48:cancelled outer:cancelled");
        check(hence_future_cancelled(f));
        hence_future_unref(inner);
        end_using(f);
    }
}

static void resolve_first(void *arg)
{
    (void)arg;
    resolve_input(0, payload());
}

TEST(using_cancel, a_time_limit_that_is_over_before_enter_has_told_of_its_value_is_kept)
{
    hence_future *f = begin_using("0");
    hence_call_later(both.loop, HENCE_SECONDS(1), resolve_first, NULL, NULL);
    hence_future *limited = hence_wait_for(f, HENCE_SECONDS(1));
    hence_test_clock_advance(both.clock, HENCE_SECONDS(1));
    check_trace("enter exit:shared:cancelled");
    check(hence_failure_code(hence_future_failure(limited)) == HENCE_ETIMEDOUT);
    hence_future_unref(limited);
    end_using(f);
}

/* ---- where it came from ---- */

static hence_queue *queue;

static hence_result get(hence_result *resource, void *arg)
{
    (void)resource;
    (void)arg;
    return hence_chain_future(hence_queue_get_future(both.loop, queue));
}

TEST(using_cancel, an_item_that_the_body_was_not_told_of_goes_back_to_its_queue)
{
    hence_future_unref(begin_using(""));
    check_trace("enter body:48 exit:48:49");
    queue = hence_queue_new(0);
    hence_future *f = hence_using(both.loop, enter, get, leave, NULL);
    hence_queue_try_put(queue, hence_int(7));
    check_int(hence_queue_size(queue), 0);
    check_cancel(f, 0);
    run();
    check_trace("enter exit:48:cancelled");
    check_int(hence_queue_size(queue), 1);
    check(hence_future_cancelled(f));
    hence_queue_free(queue);
    end_using(f);
}

static hence_result acquire(void *lock)
{
    return hence_chain_future(hence_lock_acquire_future(both.loop, lock));
}

TEST(using_cancel, a_lock_that_it_has_got_is_free_again)
{
    hence_future_unref(begin_using(""));
    check_trace("enter body:48 exit:48:49");
    hence_lock *lock = hence_lock_new();
    hence_future *first = hence_lock_acquire_future(both.loop, lock);
    hence_future *f = hence_using(both.loop, acquire, body, leave, lock);
    hence_future_unref(first); /* the hold goes, and the next one is let in */
    check_cancel(f, 0);
    run();
    check_trace("exit:hold:cancelled");
    check(hence_future_cancelled(f));
    check(!hence_lock_is_locked(lock));
    hence_lock_free(lock);
    end_using(f);
}
