/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_TESTS_BLOCKS_H
#define HENCE_TESTS_BLOCKS_H

/*
 * What the tests of timeouts, cancel scopes and task groups have in common: bodies that trace what they do,
 * and when: "2:word" at two seconds.
 */

#include "support/support.h"

static struct loop_and_clock both;
static hence_future *main_task;

static inline double seconds(void)
{
    return (double)hence_loop_time(both.loop) / 1e9;
}

static inline void say(const char *word)
{
    trace("%g:%s", seconds(), word);
}

/* Says "word=result". */
static inline hence_result tell(const char *word, hence_result r)
{
    trace("%g:%s=%s", seconds(), word, describe(&r));
    return r;
}

static inline void tell_and_drop(const char *word, hence_result r)
{
    hence_drop(tell(word, r));
}

static inline void tell_number(const char *word, int64_t n)
{
    trace("%g:%s=%lld", seconds(), word, (long long)n);
}

static inline hence_result nap(double delay)
{
    return hence_co_sleep(HENCE_SECONDS(delay));
}

static inline void pass_time(double delay)
{
    hence_test_clock_advance(both.clock, 0);
    for (; delay > 0; delay -= 0.25)
        hence_test_clock_advance(both.clock, HENCE_SECONDS(0.25));
}

static inline void begin(hence_result_fn *fn, void *arg)
{
    both = begin_loop();
    main_task = hence_spawn(both.loop, fn, arg);
    hence_test_clock_advance(both.clock, 0);
}

static inline void cancel_main(void)
{
    hence_future_cancel(main_task);
    hence_test_clock_advance(both.clock, 0);
}

/* Closes the loop while the main task is at work. */
static inline void close_loop(void)
{
    main_task = hence_future_unref(main_task);
    hence_loop_close(both.loop);
    end_loop(&both);
}

/* Lets a minute go by, and tells what has become of the main task. */
static inline void end(void)
{
    pass_time(60);
    check(hence_future_done(main_task));
    trace("main=%s", describe_and_drop(hence_future_result(main_task)));
    main_task = hence_future_unref(main_task);
    end_loop(&both);
}

/* Runs fn() as the main task, to its end. */
static inline void run(hence_result_fn *fn)
{
    begin(fn, NULL);
    end();
}

#define check_run(fn, expected)                                                                    \
    do {                                                                                           \
        run(fn);                                                                                   \
        check_trace(expected);                                                                     \
    } while (0)

#endif
