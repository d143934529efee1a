/* SPDX-License-Identifier: BSD-3-Clause */
/* What steps may do while a share tells its result. */
#include <errno.h>

#include "compose/share_support.h"

SUITE(share);

static hence_share *the_share;
static hence_deferred *the_other;

static void begin_the_share(void)
{
    the_share = NULL; /* steps may run before there is one, if there is no memory */
    the_other = NULL;
    the_share = begin_share();
}

/* Three wait for a payload; when the first one is told, `step` happens. */
static void check_told(hence_step *step, const char *expected)
{
    begin_the_share();
    hence_deferred *first = hence_share_get(the_share);
    hence_deferred_add_both(first, step, "a");
    the_other = get(the_share, "b");
    hence_deferred *last = get(the_share, "c");
    resolve_input(0, payload());
    check_trace(expected);
    hence_share_unref(the_share);
    hence_deferred_unref(first);
    hence_deferred_unref(the_other);
    hence_deferred_unref(last);
    check_int(payloads_alive(), 0);
    end_inputs();
}

static hence_result ask_again(hence_result *in, void *word)
{
    trace("%s:%s", (const char *)word, describe(in));
    hence_deferred_unref(get(the_share, "again"));
    return hence_take(in);
}

TEST(share, a_step_may_ask_again_and_gets_it_at_once)
{
    check_told(ask_again, "a:shared again:shared b:shared c:shared");
}

static hence_result let_the_share_go(hence_result *in, void *word)
{
    trace("%s:%s", (const char *)word, describe(in));
    the_share = hence_share_unref(the_share);
    return hence_take(in);
}

TEST(share, a_step_may_let_the_share_go)
{
    check_told(let_the_share_go, "a:shared b:shared c:shared");
}

static hence_result cancel_other(hence_result *in, void *word)
{
    trace("%s:%s", (const char *)word, describe(in));
    hence_deferred_cancel(the_other);
    return hence_take(in);
}

TEST(share, a_step_may_cancel_another_one_that_still_waits)
{
    check_told(cancel_other, "a:shared b:cancelled c:shared");
}

static hence_result cancel_share(hence_result *in, void *word)
{
    trace("%s:%s:%d", (const char *)word, describe(in), hence_share_cancel(the_share) == -EALREADY);
    return hence_take(in);
}

TEST(share, a_step_is_too_late_to_cancel_the_share)
{
    check_told(cancel_share, "a:shared:1 b:shared c:shared");
}

static hence_result resolve_second(hence_result *in, void *word)
{
    trace("%s:%s", (const char *)word, describe(in));
    resolve_input(1, hence_int(8));
    return hence_take(in);
}

TEST(share, a_step_may_resolve_what_another_share_waits_for)
{
    begin_inputs(2, STOPS);
    hence_share *first = hence_share_new(inputs[0]), *second = hence_share_new(inputs[1]);
    hence_deferred *a = hence_share_get(first);
    hence_deferred_add_both(a, resolve_second, "a");
    hence_deferred *b = get(second, "b");
    hence_deferred *c = get(first, "c");
    resolve_input(0, hence_int(7));
    hence_share_unref(second);
    hence_share_unref(first);
    if (!support_faulty)
        check_trace("a:7 c:7 b:8"); /* those of one share are told before those of the next */
    hence_deferred_unref(a);
    hence_deferred_unref(b);
    hence_deferred_unref(c);
    end_inputs();
}

static hence_result chain_the_share(hence_result *in, void *word)
{
    trace("%s:%s", (const char *)word, describe(in));
    return hence_chain(hence_share_get(the_share));
}

/* A share of what the outer one gives. */
static hence_share *share_of(hence_share *outer)
{
    return hence_share_new(hence_share_get(outer));
}

TEST(share, shares_of_a_share_are_told_one_after_the_other)
{
    hence_share *outer = begin_share();
    hence_share *first = share_of(outer), *second = share_of(outer), *third = share_of(first);
    hence_deferred *d[] = {get(third, "c"), get(second, "b"), get(first, "a"), get(third, "d")};
    resolve_input(0, hence_int(7));
    check_trace("a:7 b:7 c:7 d:7");
    for (int i = 0; i < 4; i++)
        hence_deferred_unref(d[i]);
    hence_share_unref(third);
    hence_share_unref(second);
    hence_share_unref(first);
    hence_share_unref(outer);
    end_inputs();
}

TEST(share, a_step_may_wait_for_it)
{
    begin_the_share();
    hence_deferred *d = hence_deferred_succeed(hence_none());
    hence_deferred_add_callback(d, chain_the_share, "step");
    hence_deferred_add_both(d, pass, "d");
    check_trace("step:none");
    resolve_input(0, hence_int(7));
    check_trace("d:7");
    hence_share_unref(the_share);
    hence_deferred_unref(d);
    end_inputs();
}
