/* SPDX-License-Identifier: BSD-3-Clause */
#include "script.h"

void (*script_event)(void);

static hence_loop *loop;
static const char *letter;
static size_t calls, pending;

void script_begin(hence_loop *the_loop, const char *letters)
{
    loop = the_loop;
    letter = letters;
    calls = pending = 0;
    script_event = NULL;
}

static hence_future *done_with(hence_result r)
{
    hence_promise *p;
    hence_future *f = hence_future_new(loop, &p);
    if (f)
        hence_resolve(p, r);
    else
        hence_drop(r);
    return f;
}

hence_future *script_next(void *word)
{
    trace("%s", word ? (const char *)word : "next");
    calls++;
    switch (*letter ? *letter++ : '\0') {
    case 'v':
        return done_with(hence_int((int64_t)calls - 1));
    case 'o':
        return done_with(payload());
    case 'x':
        script_event();
        return hence_future_ref(futures[pending++]);
    case 'p':
        return hence_future_ref(futures[pending++]);
    case 'f':
        return done_with(failure("broken"));
    case 'c':
        return done_with(hence_fail_static(HENCE_ECANCELLED));
    case 'e':
        return done_with(hence_fail(HENCE_EEND, "no more"));
    case 'n':
        return NULL;
    default:
        return done_with(hence_fail_static(HENCE_EEND));
    }
}

size_t script_calls(void)
{
    return calls;
}
