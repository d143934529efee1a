/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_TESTS_GENERATOR_SUPPORT_H
#define HENCE_TESTS_GENERATOR_SUPPORT_H

/* What the tests of generators have in common: to ask one, and bodies. */

#include "coro/coro_support.h"

/* What the next value is, or what it has ended with. */
static inline const char *next(hence_generator *g)
{
    hence_result r;
    bool has_yielded = hence_generator_next(g, &r);
    trace(has_yielded ? "yields" : "ends");
    return describe_and_drop(r);
}

static inline const char *sent(hence_generator *g, hence_result in)
{
    hence_result r;
    bool has_yielded = hence_generator_send(g, in, &r);
    trace(has_yielded ? "yields" : "ends");
    return describe_and_drop(r);
}

static inline const char *thrown(hence_generator *g, hence_result in)
{
    hence_result r;
    bool has_yielded = hence_generator_throw(g, in, &r);
    trace(has_yielded ? "yields" : "ends");
    return describe_and_drop(r);
}

/* Yields what was sent, four times. */
static inline hence_result echo(hence_generator *g, void *arg)
{
    (void)arg;
    hence_result r = hence_none();
    for (int i = 0; i < 4; i++) {
        r = hence_yield(g, r);
        trace("got:%s", describe(&r));
    }
    return r;
}

/* Yields 1, and traces what comes of it. */
static inline hence_result clean_up(hence_generator *g, void *word)
{
    hence_result r = hence_yield(g, hence_int(1));
    trace("%s:%s", (const char *)word, describe(&r));
    return r;
}

#endif
