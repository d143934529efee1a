/* SPDX-License-Identifier: BSD-3-Clause */
/* Results, and steps, calls and cancellers that leave a trace. */

#include "support/support.h"

const hence_domain test_domain = {.name = "test"};

hence_result failure(const char *message)
{
    return hence_fail_in(&test_domain, NULL, 1, "%s", message);
}

const char *describe_and_drop(hence_result r)
{
    const char *text = describe(&r);
    hence_drop(r);
    return text;
}

const char *outcome(hence_deferred *d)
{
    return describe_and_drop(hence_deferred_take(d));
}

const char *outcome_of(hence_future *f)
{
    return describe_and_drop(hence_future_result(f));
}

hence_result pass(hence_result *in, void *word)
{
    trace("%s:%s", (const char *)word, describe(in));
    return *in;
}

hence_result add_one(hence_result *in, void *word)
{
    trace("%s:%s", (const char *)word, describe(in));
    return hence_int(hence_as_int(in) + 1);
}

hence_result swallow(hence_result *in, void *word)
{
    trace("%s:%s", (const char *)word, describe(in));
    return hence_none();
}

hence_result fail_with_word(hence_result *in, void *word)
{
    trace("%s:%s", (const char *)word, describe(in));
    return failure(word);
}

hence_result give_payload(hence_result *in, void *word)
{
    trace("%s:%s", (const char *)word, describe(in));
    return payload();
}

hence_result chain_to(hence_result *in, void *deferred)
{
    (void)in;
    return hence_chain(deferred);
}

void call(void *word)
{
    trace("%s", (const char *)word);
}

void done(hence_future *f, void *word)
{
    hence_result r = hence_future_result(f);
    trace("%s:%s", (const char *)word, describe(&r));
    hence_drop(r);
}

bool trace_and_stop(hence_promise *p, void *word)
{
    trace("%s", (const char *)word);
    check(!hence_promise_is_wanted(p));
    return true;
}

bool trace_and_go_on(hence_promise *p, void *word)
{
    (void)p;
    trace("%s", (const char *)word);
    return false;
}

bool trace_and_abandon(hence_promise *p, void *word)
{
    trace("%s", (const char *)word);
    hence_abandon(p);
    return true;
}

hence_result chain_to_held(hence_result *in, void *deferred)
{
    (void)in;
    return hence_chain(hence_deferred_ref(deferred));
}

hence_result chain_to_moved(hence_result *in, void *variable)
{
    hence_deferred **from = variable;
    hence_deferred *d = *from;
    (void)in;
    *from = NULL;
    return hence_chain(d);
}
