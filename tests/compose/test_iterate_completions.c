/* SPDX-License-Identifier: BSD-3-Clause */
/* A completion queue as an iterator. */
#include <event2/event.h>

#include "support/inputs.h"

SUITE(iterate_completions);

static struct loop_and_clock both;

static void begin(void)
{
    both = begin_loop();
    begin_futures(both.loop, 3, STOPS);
}

static void end(void)
{
    end_inputs();
    end_loop(&both);
}

static void run(void)
{
    hence_test_clock_advance(both.clock, 0);
}

static hence_result trace_completion(hence_result *in, void *word)
{
    const hence_completion *completion = hence_as_completion(in);
    hence_result r = hence_future_result(completion ? completion->future : NULL);
    trace("%s%zu:%s", (const char *)word, completion ? completion->index : 99, describe(&r));
    hence_drop(r);
    return hence_none();
}

TEST(iterate_completions, a_completion_queue_is_an_iterator)
{
    begin();
    hence_completion_queue *queue = hence_as_completed(both.loop, futures, 3, -1);
    hence_future *f =
        hence_for_each(both.loop, hence_completion_queue_iterate, queue, trace_completion, "got");
    resolve_input(2, payload());
    run();
    resolve_input(0, failure("broken"));
    resolve_input(1, hence_int(1));
    run();
    if (!support_faulty) {
        check_trace("got2:shared got0:broken got1:1");
        check_string(outcome_of(f), "3");
    }
    hence_future_failure(f);
    hence_future_unref(f);
    hence_completion_queue_free(queue);
    hence_future_failure(futures[0]);
    end();
    check_int(payloads_alive(), 0);
}

/* The first one is waited for; those behind it are there. */
static hence_result memory_is_back_after_the_third(hence_result *in, void *word)
{
    if (hence_as_completion(in)->index == 0)
        out_of_memory(false);
    return trace_completion(in, word);
}

TEST(iterate_completions, completions_that_are_there_need_no_memory)
{
    begin();
    hence_completion_queue *queue = hence_as_completed(both.loop, futures, 3, -1);
    hence_future *f = hence_for_each(both.loop, hence_completion_queue_iterate, queue,
                                     memory_is_back_after_the_third, "got");
    for (size_t i = 3; i-- > 0;)
        resolve_input(i, payload());
    if (!support_faulty)
        out_of_memory(true);
    run();
    if (!support_faulty) {
        check_trace("got2:shared got1:shared got0:shared");
        check_string(outcome_of(f), "3");
    }
    hence_future_failure(f);
    hence_future_unref(f);
    hence_completion_queue_free(queue);
    end();
    check_int(payloads_alive(), 0);
}

TEST(iterate_completions, collected_completions_live_as_long_as_their_list)
{
    begin();
    hence_completion_queue *queue = hence_as_completed(both.loop, futures, 3, -1);
    hence_future *f = hence_collect(both.loop, hence_completion_queue_iterate, queue);
    for (size_t i = 3; i-- > 0;)
        resolve_input(i, payload());
    run();
    hence_completion_queue_free(queue);
    end_inputs();
    if (!support_faulty) {
        hence_result r = hence_future_result(f);
        const hence_list *list = hence_as_list(&r);
        check_int(hence_list_size(list), 3);
        for (size_t i = 0; i < 3; i++) {
            const hence_completion *completion = hence_as_completion(hence_list_at(list, i));
            check_int(completion->index, 2 - i);
            check(hence_future_done(completion->future));
        }
        hence_drop(r);
        check_int(payloads_alive(), 3);
    }
    hence_future_failure(f);
    hence_future_unref(f);
    end_loop(&both);
    check_int(payloads_alive(), 0);
}

static hence_result close_loop(hence_result *in, void *word)
{
    check_int(hence_loop_close(both.loop), 0);
    return trace_completion(in, word);
}

TEST(iterate_completions, those_that_are_there_when_the_loop_closes_stay_in_their_queue)
{
    struct event_base *base = event_base_new(); /* the program's: so the loop may close in a turn */
    both = (struct loop_and_clock){.loop = hence_loop_new(base)};
    begin_futures(both.loop, 3, STOPS);
    hence_completion_queue *queue = hence_as_completed(both.loop, futures, 3, -1);
    hence_future *f =
        hence_for_each(both.loop, hence_completion_queue_iterate, queue, close_loop, "got");
    for (size_t i = 3; i-- > 0;)
        resolve_input(i, payload());
    if (base)
        event_base_loop(base, EVLOOP_NONBLOCK);
    if (!support_faulty) {
        check_trace("got2:shared");
        check(hence_future_failure(f));
        check_int(hence_completion_queue_size(queue), 2);
    }
    hence_future_failure(f);
    hence_future_unref(f);
    hence_completion_queue_free(queue);
    end();
    if (base)
        event_base_free(base);
    check_int(payloads_alive(), 0);
}
