/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_TESTS_NOTHING_LOST_SUPPORT_H
#define HENCE_TESTS_NOTHING_LOST_SUPPORT_H

/*
 * What the tests have in common of what was taken out of a queue for somebody who is never told of it: tasks with
 * names, a queue, a completion queue.
 */

#include "support/inputs.h"

static struct loop_and_clock both;

enum {
    MOST = 4
};
static hence_future *tasks[MOST];
static const char *const names[MOST] = {"a", "b", "c", "d"};
static hence_queue *queue;
static hence_completion_queue *completions;

static inline void begin(size_t n)
{
    both = begin_loop();
    begin_futures(both.loop, n, STOPS);
    for (int i = 0; i < MOST; i++)
        tasks[i] = NULL;
    queue = NULL;
    completions = NULL;
}

static inline void begin_queue(hence_queue *of)
{
    begin(0);
    queue = of;
}

static inline void begin_completions(size_t n)
{
    begin(n);
    completions = hence_as_completed(both.loop, futures, n, -1);
}

static inline void spawn(int i, hence_result_fn *body)
{
    tasks[i] = hence_spawn(both.loop, body, (void *)(uintptr_t)names[i]);
}

static inline void turn(void)
{
    hence_test_turn(both.loop);
}

static inline void run(void)
{
    hence_test_clock_advance(both.clock, 0);
}

static inline void end(void)
{
    for (int i = 0; i < MOST; i++)
        hence_future_unref(tasks[i]);
    run();
    queue = hence_queue_free(queue);
    completions = hence_completion_queue_free(completions);
    end_inputs();
    end_loop(&both);
    check_int(payloads_alive(), 0);
}

static inline void put(int64_t i)
{
    hence_queue_try_put(queue, hence_int(i));
}

static inline const char *get_now_from(hence_queue *from)
{
    hence_result r = hence_none();
    return hence_queue_try_get(from, &r) == 0 ? describe_and_drop(r) : "empty";
}

static inline const char *get_now(void)
{
    return get_now_from(queue);
}

static inline hence_result shown(const char *word, hence_result r)
{
    const hence_completion *completion = hence_as_completion(&r);
    if (completion)
        trace("%s:#%zu", word, completion->index);
    else
        trace("%s:%s", word, describe(&r));
    hence_drop(r);
    return hence_none();
}

static inline hence_result get(void *name)
{
    return shown(name, hence_await(hence_queue_get_future(both.loop, queue)));
}

static inline hence_result next(void *name)
{
    return shown(name, hence_await(hence_completion_queue_next(completions)));
}

static inline void cancel(int i)
{
    hence_future_cancel(tasks[i]);
}

/* A queue, for an item of which the first task waits. */
static inline void begin_getting(hence_queue *of)
{
    begin_queue(of);
    spawn(0, get);
    turn();
}

/* The first task is cancelled, before it is told of its item. */
static inline void cancel_getting(void)
{
    cancel(0);
    run();
    check_trace("a:cancelled");
}

#endif
