/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_TESTS_COMPLETION_QUEUE_SUPPORT_H
#define HENCE_TESTS_COMPLETION_QUEUE_SUPPORT_H

/* What the tests of completion queues have in common. */

#include "compose/futures_support.h"

static hence_completion_queue *queue;

/* With the first `n` of the futures in the queue. */
static inline void begin_queue(size_t n, int64_t timeout)
{
    begin(n, STOPS);
    queue = hence_as_completed(both.loop, futures, n, timeout);
}

static inline void end_queue(void)
{
    queue = hence_completion_queue_free(queue);
    end();
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
