/* SPDX-License-Identifier: BSD-3-Clause */
/* Circles of Deferreds. */
#include "support.h"

SUITE(run);

/* rule 26, difference 7 */
TEST(run, a_step_that_gives_its_own_chain_fails_with_a_deadlock_and_the_chain_goes_on)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred_add_callback(d, chain_to_held, d);
    hence_deferred_add_errback(d, swallow, "error");
    hence_deferred_add_callback(d, pass, "after");
    hence_resolve(p, payload());
    check_trace("error:deadlock after:none");
    check_int(payloads_alive(), 0);
    hence_deferred_unref(d);
}

/* rule 26, difference 7 */
TEST(run, a_promise_resolved_with_its_own_chain_fails_with_a_deadlock)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred_add_both(d, swallow, "error");
    hence_resolve(p, hence_chain(d)); /* the last reference goes */
    check_trace("error:deadlock");
}

/* rule 26, difference 7 */
TEST(run, a_circle_of_two_fails_with_a_deadlock)
{
    hence_promise *p, *q;
    hence_deferred *a = hence_deferred_new(&p);
    hence_deferred *b = hence_deferred_new(&q);
    hence_resolve(p, hence_chain(hence_deferred_ref(b)));
    hence_resolve(q, hence_chain(hence_deferred_ref(a)));
    check_string(outcome(b), "taken");
    check_string(outcome(a), "deadlock");
    hence_deferred_unref(a);
    hence_deferred_unref(b);
}

/* rule 26, difference 7 */
TEST(run, a_circle_of_many_fails_with_a_deadlock)
{
    hence_promise *p[100];
    hence_deferred *d[100];
    for (int i = 0; i < 100; i++)
        d[i] = hence_deferred_new(&p[i]);
    for (int i = 0; i < 100; i++)
        hence_resolve(p[i], hence_chain(hence_deferred_ref(d[(i + 1) % 100])));
    check_string(outcome(d[0]), "deadlock");
    for (int i = 0; i < 100; i++) {
        check_int(hence_deferred_get_state(d[i]), HENCE_DEFERRED_DONE);
        hence_deferred_unref(d[i]);
    }
}

static hence_result chain_to_variable(hence_result *in, void *variable)
{
    hence_deferred **d = variable;
    (void)in;
    return hence_chain(hence_deferred_ref(*d));
}

/* rule 26, difference 7 */
TEST(run, a_circle_closed_by_a_step_fails_with_a_deadlock)
{
    hence_promise *p;
    hence_deferred *outer = NULL;
    hence_deferred *inner = hence_deferred_new(&p);
    hence_deferred_add_both(inner, chain_to_variable, &outer);
    hence_deferred_add_both(inner, pass, "inner");
    outer = hence_deferred_succeed(hence_chain(hence_deferred_ref(inner)));
    hence_deferred_add_both(outer, swallow, "outer");
    hence_resolve(p, hence_int(1));
    check_trace("inner:deadlock outer:deadlock");
    hence_deferred_unref(inner);
    hence_deferred_unref(outer);
}

TEST(run, a_chain_to_one_that_waits_for_another_is_no_circle)
{
    hence_promise *p;
    hence_deferred *last = hence_deferred_new(&p);
    hence_deferred *inner = hence_deferred_succeed(hence_chain(hence_deferred_ref(last)));
    hence_deferred *outer = hence_deferred_succeed(hence_chain(hence_deferred_ref(inner)));
    hence_deferred *outermost = hence_deferred_succeed(hence_chain(hence_deferred_ref(outer)));
    hence_deferred_add_both(last, pass, "after");
    hence_resolve(p, hence_int(7));
    check_trace("after:none");
    check_string(outcome(outermost), "7");
    hence_deferred_unref(last);
    hence_deferred_unref(inner);
    hence_deferred_unref(outer);
    hence_deferred_unref(outermost);
}
