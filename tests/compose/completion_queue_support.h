/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_TESTS_COMPLETION_QUEUE_SUPPORT_H
#define HENCE_TESTS_COMPLETION_QUEUE_SUPPORT_H

/* What the tests of completion queues have in common. */

#include "support/inputs.h"

static struct loop_and_clock both;
static hence_completion_queue *queue;

static inline void begin(size_t n)
{
    both = begin_loop();
    begin_futures(both.loop, n, STOPS);
}

/* With the first `n` of the futures in the queue. */
static inline void begin_queue(size_t n, int64_t timeout)
{
    begin(n);
    queue = hence_as_completed(both.loop, futures, n, timeout);
}

static inline void end(void)
{
    queue = hence_completion_queue_free(queue);
    end_inputs();
    end_loop(&both);
}

static inline void run(void)
{
    hence_test_clock_advance(both.clock, 0);
}

/* "word:index:what it gave", or the failure. */
static inline void got(hence_future *f, void *word)
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

static inline hence_future *next(const char *word)
{
    hence_future *f = hence_completion_queue_next(queue);
    hence_future_add_done_callback(f, got, (void *)(uintptr_t)word);
    return f;
}

/* Nobody but the loop holds it. */
static inline void ask(const char *word)
{
    hence_future_unref(next(word));
}

#endif
