/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_TESTS_CORO_SUPPORT_H
#define HENCE_TESTS_CORO_SUPPORT_H

/* What the tests of coroutines have in common: a loop, and a body that waits for one thing. */

#include "support/support.h"

static struct loop_and_clock both;

static inline void begin(void)
{
    both = begin_loop();
}

static inline void end(void)
{
    end_loop(&both);
}

/* One turn of the loop. */
static inline void turn(void)
{
    hence_test_turn(both.loop);
}

/* All turns that there are without time going by. */
static inline void run(void)
{
    hence_test_clock_advance(both.clock, 0);
}

/* What a body waits for, and what it does then. */
struct waiting {
    const char *word;
    hence_future *f;   /* is given to hence_await(), */
    hence_deferred *d; /* or this to hence_await_deferred() */
    bool goes_on;      /* 7 is returned, whatever has come */
};

static inline void waiting_drop(void *arg)
{
    struct waiting *waiting = arg;
    waiting->f = hence_future_unref(waiting->f);
    waiting->d = hence_deferred_unref(waiting->d);
}

static inline hence_result wait_now(struct waiting *waiting)
{
    hence_future *f = waiting->f;
    hence_deferred *d = waiting->d;
    waiting->f = NULL;
    waiting->d = NULL;
    return f ? hence_await(f) : hence_await_deferred(d);
}

/* Traces "word", waits, traces "word:result", and returns that. */
static inline hence_result wait_for_it(void *arg)
{
    struct waiting *waiting = arg;
    trace("%s", waiting->word);
    hence_result r = wait_now(waiting);
    trace("%s:%s", waiting->word, describe(&r));
    if (!waiting->goes_on)
        return r;
    hence_drop(r);
    return hence_int(7);
}

static inline hence_future *spawn(struct waiting *waiting)
{
    return hence_spawn_own(both.loop, wait_for_it, waiting, waiting_drop);
}

/* Traces "word:" and the result of a Future, when the loop tells it, and lets the Future go. */
static inline void tell(hence_future *f, const char *word)
{
    char *text = (char *)(uintptr_t)word; /* it is only read */
    hence_future_add_done_callback(f, done, text);
    hence_future_unref(f);
}

/* A pending Future of the loop, and its promise. */
static inline hence_future *pending(hence_promise **p)
{
    return hence_future_new(both.loop, p);
}

/* Let what stands in a variable go: for spawning with an argument that is one. */
static inline void unref_future_variable(void *variable)
{
    hence_future **f = variable;
    *f = hence_future_unref(*f);
}

static inline void unref_deferred_variable(void *variable)
{
    hence_deferred **d = variable;
    *d = hence_deferred_unref(*d);
}

/* Bodies that return what stands in a variable. */
static inline hence_result return_deferred_variable(void *variable)
{
    hence_deferred **d = variable, *it = *d;
    *d = NULL;
    return hence_chain(it);
}

static inline hence_result return_future_variable(void *variable)
{
    hence_future **f = variable, *it = *f;
    *f = NULL;
    return hence_chain_future(it);
}

/* Counts arguments that were dropped. */
static int dropped;

static inline void count_drop(void *arg)
{
    (void)arg;
    dropped++;
}

/* A body that traces its argument, and gives 7. */
static inline hence_result give_seven(void *word)
{
    trace("%s", (const char *)word);
    return hence_int(7);
}

/* So many coroutines may be alive at once: all that the tests need, also under sanitizers. */
static inline int many_alive(void)
{
    return support_many() >= 1000000 ? 20000 : 1000;
}

#endif
