/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Random programs of calls, timers, posts and Futures, compared with a model that is too simple to be
 * wrong: a list of tokens in the order in which they must run. A token is stale when its call was
 * cancelled or moved after it had been put there.
 */
#include <errno.h>
#include <stdlib.h>

#include "support/random.h"
#include "support/support.h"

SUITE(random);

#define CALLS  400
#define TOKENS 4000

enum kind {
    SOON,
    TIMER,
    POST,
    FUTURE
};

enum place {
    NOWHERE, /* has run, or was cancelled */
    IN_QUEUE,
    IN_HEAP
};

struct one_call {
    enum kind kind;
    enum place place;
    int64_t when;
    int order;      /* among equal due times */
    int generation; /* grows when it is moved or cancelled */
    hence_call handle;
    hence_promise *p; /* of a Future that is not settled */
    hence_future *f;
};

struct token {
    int call, generation;
};

static struct one_call calls[CALLS];
static int made;
static struct token queue[TOKENS];
static int head, limit, tail;
static int last_order;
static int posted[CALLS], posted_count;
static struct loop_and_clock both;
static uint32_t state;
static int ran;

static unsigned below(unsigned n)
{
    return next_random(&state) % n;
}

/* ---- the model ---- */

static void model_ready(int call)
{
    if (tail == TOKENS)
        return;
    calls[call].place = IN_QUEUE;
    queue[tail++] = (struct token){call, calls[call].generation};
}

static bool is_stale(struct token token)
{
    const struct one_call *call = &calls[token.call];
    return call->place != IN_QUEUE || call->generation != token.generation;
}

static void skip_stale(void)
{
    while (head < limit && is_stale(queue[head]))
        head++;
}

/* The timer that is due first, or -1. */
static int next_due(void)
{
    int first = -1;
    for (int i = 0; i < made; i++) {
        const struct one_call *call = &calls[i], *best = first < 0 ? NULL : &calls[first];
        if (call->place == IN_HEAP && call->when <= hence_test_clock_now(both.clock) &&
            (!best || call->when < best->when ||
             (call->when == best->when && call->order < best->order)))
            first = i;
    }
    return first;
}

static void model_snapshot(void)
{
    int due;
    while ((due = next_due()) >= 0)
        model_ready(due);
    limit = tail;
    skip_stale();
}

static void model_door(void)
{
    for (int i = 0; i < posted_count; i++)
        model_ready(posted[i]);
    posted_count = 0;
}

/* `call` runs: the model must say so too. */
static void model_ran(int call)
{
    skip_stale();
    if (head >= limit)
        model_snapshot();
    check(head < limit);
    if (head < limit)
        check_int(call, queue[head++].call);
    calls[call].place = NOWHERE;
    calls[call].generation++;
    ran++;
}

/* ---- programs ---- */

static void act(void);

static void on_call(void *arg)
{
    model_ran((int)(intptr_t)arg);
    for (unsigned i = below(3); i > 0; i--)
        act();
}

static void on_future(hence_future *f, void *arg)
{
    hence_drop(hence_future_result(f));
    on_call(arg);
}

static void make(enum kind kind)
{
    if (made == CALLS)
        return;
    struct one_call *call = &calls[made];
    void *arg = (void *)(intptr_t)made;
    int error = 0;
    *call = (struct one_call){.kind = kind, .generation = 1};
    if (kind == SOON) {
        error = hence_call_soon(both.loop, on_call, arg, &call->handle);
    } else if (kind == POST) {
        error = hence_call_soon_threadsafe(both.loop, on_call, arg);
    } else if (kind == FUTURE) {
        call->f = hence_future_new(both.loop, &call->p);
        error = hence_future_add_done_callback(call->f, on_future, arg);
    } else {
        call->when = hence_test_clock_now(both.clock) + (int64_t)below(6) - 1;
        call->order = ++last_order;
        error = hence_call_at(both.loop, call->when, on_call, arg, &call->handle);
    }
    made++;
    if (error)
        return;
    if (kind == SOON)
        model_ready(made - 1);
    else if (kind == TIMER)
        call->place = IN_HEAP;
    else if (kind == POST)
        posted[posted_count++] = made - 1;
}

static void settle(struct one_call *call)
{
    if (!call->p)
        return;
    model_ready((int)(call - calls));
    hence_resolve(hence_promise_take(&call->p), hence_int(1));
}

static void cancel(struct one_call *call)
{
    bool is_there = call->place != NOWHERE;
    call->place = NOWHERE;
    call->generation++;
    check_int(hence_call_cancel(both.loop, call->handle), is_there ? 0 : -ENOENT);
}

static void move(struct one_call *call)
{
    int64_t delay = below(6);
    if (call->place == NOWHERE) {
        check_int(hence_call_reset(both.loop, call->handle, delay), -ENOENT);
        return;
    }
    if (hence_call_reset(both.loop, call->handle, delay) < 0)
        return;
    call->place = IN_HEAP;
    call->generation++;
    call->when = hence_test_clock_now(both.clock) + delay;
    call->order = ++last_order;
}

static void act(void)
{
    struct one_call *call = made ? &calls[below((unsigned)made)] : NULL;
    unsigned what = below(10);
    if (what < 4 || !call)
        make(what == 0 ? SOON : what == 1 ? FUTURE : TIMER);
    else if (call->kind == FUTURE)
        settle(call);
    else if (call->kind == TIMER && what < 7)
        move(call);
    else if (call->kind != POST)
        cancel(call);
}

/* Between turns; each is as the loop itself begins it. */
static void turn(void)
{
    model_door();
    skip_stale();
    if (head >= limit)
        model_snapshot();
    int before = ran, after = hence_test_turn(both.loop);
    check_int(ran - before, after);
    skip_stale();
    check_int(head, limit);
}

static void advance(void)
{
    model_door();
    hence_test_clock_advance(both.clock, below(4));
    skip_stale();
    if (head >= limit)
        model_snapshot();
    check_int(head, limit);
}

static void run_program(unsigned seed)
{
    both = begin_loop();
    state = seed;
    made = head = limit = tail = last_order = posted_count = ran = 0;
    for (int i = 0; i < 60; i++) {
        unsigned what = below(8);
        if (what == 0)
            advance();
        else if (what == 1)
            turn();
        else if (what == 2)
            make(POST);
        else
            act();
    }
    turn();
    int waiting = 0;
    for (int i = 0; i < made; i++)
        waiting += calls[i].place != NOWHERE;
    check_int(hence_loop_pending(both.loop), waiting);
    for (int i = 0; i < 1000 && hence_loop_pending(both.loop); i++)
        hence_test_clock_advance(both.clock, 10);
    check_int(hence_loop_pending(both.loop), 0);
    for (int i = 0; i < made; i++) {
        check_int(calls[i].place, NOWHERE);
        hence_abandon(calls[i].p);
        hence_future_failure(calls[i].f);
    }
    end_loop(&both);
    for (int i = 0; i < made; i++)
        hence_future_unref(calls[i].f);
}

TEST_ONCE(random, random_programs_run_as_the_model_says)
{
    for (unsigned seed = 1; seed <= 20000; seed++)
        run_program(seed * 2654435761u);
}

TEST(random, random_programs_survive_failing_allocations)
{
    for (unsigned seed = 1; seed <= 5; seed++)
        run_program(seed * 2654435761u);
}
