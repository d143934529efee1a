/* SPDX-License-Identifier: BSD-3-Clause */
/* Generators: functions that give their results one by one, each when it is asked for. */
#include <hence/generator.h>

#include <errno.h>

#include "base/memory.h"
#include "base/report.h"
#include "coro/coroutine.h"
#include "value/failure.h"
#include "value/waitable.h"

enum generator_state {
    GENERATOR_NEW,
    GENERATOR_SUSPENDED,
    GENERATOR_RUNNING,
    GENERATOR_ENDED
};

struct hence_generator {
    uint32_t references;
    uint8_t state;
    bool is_closing;
    struct hence_coroutine *coroutine; /* NULL: not begun, or ended */
    hence_generator_fn *fn;
    void *arg;
    hence_drop_fn *drop;
    hence_result *out; /* where what it yields or ends with is to go */
};

/* ---- its life ---- */

hence_generator *hence_generator_new_own(hence_generator_fn *fn, void *arg, hence_drop_fn *drop)
{
    hence_generator *g = fn ? hence_memory_get(sizeof *g) : NULL;
    if (!g) {
        if (drop)
            drop(arg);
        return NULL;
    }
    g->references = 1;
    g->state = GENERATOR_NEW;
    g->is_closing = false;
    g->coroutine = NULL;
    g->fn = fn;
    g->arg = arg;
    g->drop = drop;
    HENCE_COUNT(GENERATORS_MADE);
    return g;
}

hence_generator *hence_generator_new(hence_generator_fn *fn, void *arg)
{
    return hence_generator_new_own(fn, arg, NULL);
}

hence_generator *hence_generator_ref(hence_generator *g)
{
    if (g)
        g->references++;
    return g;
}

hence_generator *hence_generator_unref(hence_generator *g)
{
    if (!g || --g->references)
        return NULL;
    if (g->state != GENERATOR_ENDED) {
        g->references++; /* held while its function comes to its end */
        hence_drop(hence_generator_close(g));
        if (--g->references)
            return NULL;
    }
    HENCE_COUNT(GENERATORS_ENDED);
    hence_memory_put(g, sizeof *g);
    return NULL;
}

/* ---- its function ----
 *
 * Whoever asks switches to its stack in a tail call: all that is to be done when a value comes is done on
 * that side, before it switches back. The message says whether there is a value. */

static const hence_result yielded = {true, 0}, ended = {false, 0};

static void end(hence_generator *g)
{
    g->state = GENERATOR_ENDED;
    g->coroutine = NULL;
    if (g->drop)
        g->drop(g->arg);
}

static hence_result call_function(void *arg)
{
    hence_generator *g = arg;
    hence_result r = g->fn(g, g->arg);
    *g->out = r;
    end(g);
    hence_generator_unref(g);
    return ended;
}

static bool go_on(hence_generator *g, hence_result in, hence_result *out);

/* It begins, unless there is no stack for it. */
static HENCE_NOINLINE bool begin(hence_generator *g, hence_result in, hence_result *out)
{
    g->coroutine = hence_coroutine_new(call_function, g);
    if (g->coroutine)
        return go_on(g, in, out);
    end(g);
    hence_drop(in);
    *out = hence_fail_static(HENCE_ENOMEM);
    return false;
}

/* Has it go on with `in`. True: what it has yielded is in *out. False: what it has ended with is. */
static inline bool go_on(hence_generator *g, hence_result in, hence_result *out)
{
    if (HENCE_UNLIKELY(!g->coroutine))
        return begin(g, in, out);
    g->references++; /* until it is suspended again */
    g->out = out;
    g->state = GENERATOR_RUNNING;
    return hence_coroutine_ask(g->coroutine, in);
}

/* It has ended, or runs, or is missing. */
static HENCE_NOINLINE bool refuse_to_go_on(const hence_generator *g, hence_result *out)
{
    if (!g)
        *out = hence_fail_static(HENCE_ENOMEM);
    else
        *out = g->state == GENERATOR_ENDED
                   ? hence_fail_static(HENCE_EEND)
                   : hence_refuse_at(NULL, "a generator was asked for its next value by itself");
    return false;
}

static inline bool can_go_on(const hence_generator *g)
{
    return HENCE_LIKELY(g && g->state <= GENERATOR_SUSPENDED);
}

bool hence_generator_next(hence_generator *g, hence_result *out)
{
    return can_go_on(g) ? go_on(g, hence_none(), out) : refuse_to_go_on(g, out);
}

bool hence_generator_send(hence_generator *g, hence_result in, hence_result *out)
{
    if (!can_go_on(g)) {
        hence_drop(in);
        return refuse_to_go_on(g, out);
    }
    if (g->state == GENERATOR_NEW && !hence_is_none(&in)) {
        hence_report_misuse("a value was sent to a generator that has not yielded yet");
        hence_drop(in);
        *out = hence_refuse_at(NULL, "a value was sent to a generator that has not yielded yet");
        return false;
    }
    return go_on(g, in, out);
}

bool hence_generator_throw(hence_generator *g, hence_result failure, hence_result *out)
{
    if (!hence_is_failure(&failure)) {
        hence_drop(failure);
        failure =
            hence_refuse_at(NULL, "hence_generator_throw() of something that is not a failure");
    }
    if (!can_go_on(g)) {
        hence_drop(failure);
        return refuse_to_go_on(g, out);
    }
    if (g->state != GENERATOR_NEW)
        return go_on(g, failure, out);
    end(g);
    *out = failure;
    return false;
}

hence_result hence_generator_close(hence_generator *g)
{
    hence_result out = hence_none();
    if (!g || g->state == GENERATOR_ENDED)
        return hence_none();
    if (!can_go_on(g)) {
        refuse_to_go_on(g, &out);
        return out;
    }
    g->is_closing = true;
    hence_generator_throw(g, hence_fail_static(HENCE_ECANCELLED), &out);
    if (hence_is_cancelled(&out))
        out = hence_none();
    return out;
}

bool hence_generator_done(const hence_generator *g)
{
    return !g || g->state == GENERATOR_ENDED;
}

/* ---- from within ---- */

/* It does not run here, or is to end. */
static HENCE_NOINLINE hence_result refuse_to_yield(bool is_closing, hence_result r)
{
    hence_drop(r);
    if (!is_closing)
        hence_report_misuse("hence_yield() for a generator that does not run here");
    return is_closing
               ? hence_fail_static(HENCE_ECANCELLED)
               : hence_refuse_at(NULL, "hence_yield() for a generator that does not run here");
}

hence_result hence_yield(hence_generator *g, hence_result r)
{
    if (HENCE_UNLIKELY(!g || g->state != GENERATOR_RUNNING ||
                       hence_coroutine_here() != g->coroutine))
        return refuse_to_yield(false, r);
    if (HENCE_UNLIKELY(g->references == 1)) /* nobody holds it any more: it is to end */
        g->is_closing = true;
    if (HENCE_UNLIKELY(g->is_closing))
        return refuse_to_yield(true, r);
    *g->out = r;
    g->references--;
    g->state = GENERATOR_SUSPENDED;
    return hence_coroutine_suspend(g->coroutine, yielded);
}

hence_result hence_yield_from(hence_generator *g, hence_generator *inner)
{
    hence_result out = hence_none();
    bool has_yielded = hence_generator_next(inner, &out);
    while (has_yielded) {
        hence_result in = hence_yield(g, out);
        if (g && g->is_closing) {
            hence_drop(hence_generator_close(inner));
            out = in;
            break;
        }
        has_yielded = hence_is_failure(&in) ? hence_generator_throw(inner, in, &out)
                                            : hence_generator_send(inner, in, &out);
    }
    hence_generator_unref(inner);
    return out;
}
