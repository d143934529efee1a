/* SPDX-License-Identifier: BSD-3-Clause */
/* Completions that were taken out of a completion queue for somebody who is never told of them: rule 106. */

#include "coro/nothing_lost_support.h"

SUITE(nothing_lost);

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
