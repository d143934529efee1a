/* SPDX-License-Identifier: BSD-3-Clause */
/* Deferreds that are chained in a circle. */
#include <errno.h>

#include "support.h"

SUITE(chain);

/* rule 26, difference 7 */
TEST(chain, one_chained_to_its_own_promise_fails_with_a_deadlock)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    check_int(hence_deferred_chain(d, p), 0);
    check_string(outcome(d), "deadlock");
    hence_deferred_unref(d);
}

/* rule 26, difference 7 */
TEST(chain, two_chained_to_each_other_fail_with_a_deadlock)
{
    hence_promise *p, *q;
    hence_deferred *a = hence_deferred_new(&p);
    hence_deferred *b = hence_deferred_new(&q);
    hence_deferred_add_both(a, swallow, "a");
    hence_deferred_add_both(b, swallow, "b");
    hence_deferred_chain(a, q);
    hence_deferred_chain(b, p);
    check_trace("a:deadlock b:none");
    check(hence_deferred_get_state(a) == HENCE_DEFERRED_DONE);
    check(hence_deferred_get_state(b) == HENCE_DEFERRED_DONE);
    hence_deferred_unref(a);
    hence_deferred_unref(b);
}

/* rule 26, difference 7 */
TEST(chain, a_circle_of_many_fails_with_a_deadlock)
{
    hence_promise *p[100];
    hence_deferred *d[100];
    for (int i = 0; i < 100; i++)
        d[i] = hence_deferred_new(&p[i]);
    for (int i = 0; i < 100; i++)
        hence_deferred_chain(d[i], p[(i + 1) % 100]);
    hence_deferred_add_both(d[99], swallow, "last");
    for (int i = 0; i < 100; i++) {
        check(hence_deferred_get_state(d[i]) == HENCE_DEFERRED_DONE);
        hence_deferred_unref(d[i]);
    }
}

/* rule 26, difference 7 */
TEST(chain, a_circle_of_a_promise_and_a_returned_chain_fails_with_a_deadlock)
{
    hence_promise *p, *q;
    hence_deferred *a = hence_deferred_new(&p);
    hence_deferred *b = hence_deferred_new(&q);
    hence_deferred_add_both(b, chain_to_held, a);
    hence_deferred_chain(b, p);
    hence_deferred_add_both(a, swallow, "a");
    hence_resolve(q, hence_none());
    check_trace("a:deadlock");
    hence_deferred_unref(a);
    hence_deferred_unref(b);
}

/* rule 26, difference 7 */
TEST(chain, chaining_to_the_promise_that_it_waits_for_fails_with_a_deadlock)
{
    hence_promise *p;
    hence_deferred *inner = hence_deferred_new(&p);
    hence_deferred *outer = hence_deferred_succeed(hence_chain(hence_deferred_ref(inner)));
    hence_deferred_add_both(outer, swallow, "outer");
    hence_deferred_chain(outer, p);
    check_trace("outer:deadlock");
    hence_deferred_unref(inner);
    hence_deferred_unref(outer);
}

/* rule 26, difference 7 */
TEST(chain, a_circle_through_a_wait_and_two_promises_fails_with_a_deadlock)
{
    hence_promise *px, *py;
    hence_deferred *x = hence_deferred_new(&px);
    hence_deferred *y = hence_deferred_new(&py);
    hence_deferred *outer = hence_deferred_succeed(hence_chain(hence_deferred_ref(x)));
    hence_deferred_add_both(outer, swallow, "outer");
    hence_deferred_chain(y, px);
    hence_deferred_chain(outer, py);
    check_trace("outer:deadlock");
    check(hence_deferred_get_state(outer) == HENCE_DEFERRED_DONE);
    check(hence_deferred_get_state(x) == HENCE_DEFERRED_DONE);
    check(hence_deferred_get_state(y) == HENCE_DEFERRED_DONE);
    hence_deferred_unref(outer);
    hence_deferred_unref(x);
    hence_deferred_unref(y);
}

/* ---- circles that are longer than is looked for ---- */

static hence_result wait_for_next(hence_result *in, void *next)
{
    (void)in;
    return hence_chain(hence_deferred_ref(next));
}

/* No ledger: nothing can end it. */
Test(chain, cancelling_a_circle_that_was_too_long_to_be_found_comes_to_an_end)
{
    enum {
        LENGTH = 5000
    };
    static hence_deferred *d[LENGTH];
    static hence_promise *p[LENGTH];
    for (int i = 0; i < LENGTH; i++)
        d[i] = hence_deferred_new(&p[i]);
    for (int i = 0; i < LENGTH; i++)
        hence_deferred_add_both(d[i], wait_for_next, d[(i + 1) % LENGTH]);
    for (int i = 0; i < LENGTH; i++)
        hence_resolve(p[i], hence_none());
    cr_assert_eq(hence_deferred_cancel(d[0]), -EDEADLK);
    cr_assert_eq(hence_deferred_cancel(d[LENGTH / 2]), -EDEADLK);
    cr_assert_eq(hence_deferred_get_state(d[0]), HENCE_DEFERRED_WAITING);
}
