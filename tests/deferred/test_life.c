/* SPDX-License-Identifier: BSD-3-Clause */
/* References to Deferreds, and promises. */
#include <errno.h>
#include <string.h>

#include "support.h"

SUITE(life);

/* ---- references ---- */

TEST(life, it_lives_as_long_as_a_reference_or_its_promise)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    check(hence_deferred_ref(d) == d);
    check(!hence_deferred_unref(d));
    hence_deferred_add_both(d, pass, "a");
    check(!hence_deferred_unref(d));
    hence_resolve(p, hence_int(7));
    check_trace("a:7");
}

TEST(life, nothing_can_be_held_and_let_go)
{
    check(!hence_deferred_ref(NULL));
    check(!hence_deferred_unref(NULL));
    hence_deferred_forget(NULL);
    check(!hence_deferred_site(NULL));
}

TEST(life, letting_go_does_not_cancel)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred_unref(d);
    if (d)
        check(hence_promise_is_wanted(p));
    hence_resolve(p, payload());
    check_int(payloads_alive(), 0);
}

static hence_result let_go(hence_result *in, void *variable)
{
    hence_deferred **d = variable;
    *d = hence_deferred_unref(*d);
    return hence_take(in);
}

TEST(life, a_step_may_let_the_last_reference_go)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred *same = d;
    hence_deferred_add_both(d, let_go, &d);
    if (d)
        hence_deferred_add_both(same, pass, "after");
    hence_resolve(p, payload());
    check_trace("after:payload");
    check_int(payloads_alive(), 0);
    hence_deferred_unref(d);
}

TEST(life, a_step_may_let_the_last_reference_to_its_outer_one_go)
{
    hence_promise *p;
    hence_deferred *outer = NULL;
    hence_deferred *inner = hence_deferred_new(&p);
    hence_deferred_add_both(inner, let_go, &outer);
    outer = hence_deferred_succeed(hence_chain(hence_deferred_ref(inner)));
    hence_deferred_add_both(outer, pass, "outer");
    hence_resolve(p, hence_int(7));
    check_trace("outer:7");
    hence_deferred_unref(inner);
    hence_deferred_unref(outer);
}

static void unref_variable(void *variable)
{
    hence_deferred **d = variable;
    *d = hence_deferred_unref(*d);
}

TEST(life, the_destructor_of_a_result_may_let_the_last_reference_go)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred *same = d;
    hence_deferred_add_both(d, swallow, "a");
    if (d)
        hence_deferred_add_both(same, pass, "b");
    hence_resolve(p, hence_own(&d, unref_variable));
    if (same)
        check_trace("a:ptr b:none");
}

/* ---- promises ---- */

TEST(life, an_abandoned_promise_fails_its_Deferred)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred_add_both(d, swallow, "a");
    hence_abandon(p);
    check_trace("a:abandoned");
    hence_deferred_unref(d);
}

TEST(life, without_a_producer_it_is_abandoned_at_once)
{
    hence_deferred *d = hence_deferred_new(NULL);
    hence_deferred_add_both(d, swallow, "a");
    check_trace(d ? "a:abandoned" : "a:nomem");
    hence_deferred_unref(d);
}

/* rule 5 */
TEST(life, a_second_result_is_refused_and_destroyed_whatever_the_first_was)
{
    hence_promise *p, *q;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred *e = hence_deferred_new(&q);
    hence_resolve(p, hence_int(7));
    hence_resolve(q, failure("broken"));
    for (int i = 0; i < 2 && d && e; i++) {
        check_int(hence_resolve(p, payload()), -EALREADY);
        check(had_report(HENCE_REPORT_MISUSE));
        check_int(hence_resolve(p, failure("again")), -EALREADY);
        check(had_report(HENCE_REPORT_MISUSE));
        check_int(hence_resolve(q, payload()), -EALREADY);
        check(had_report(HENCE_REPORT_MISUSE));
        check_int(hence_resolve(q, failure("again")), -EALREADY);
        check(had_report(HENCE_REPORT_MISUSE));
    }
    check_int(payloads_alive(), 0);
    check_string(outcome(d), "7");
    check_string(outcome(e), "broken");
    hence_deferred_unref(d);
    hence_deferred_unref(e);
}

/* rule 5 */
TEST(life, abandoning_after_a_result_is_reported)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_resolve(p, hence_int(7));
    if (d) {
        hence_abandon(p);
        check(had_report(HENCE_REPORT_MISUSE));
    }
    check_string(outcome(d), "7");
    hence_deferred_unref(d);
}

static hence_result resolve_again(hence_result *in, void *variable)
{
    hence_promise **p = variable;
    trace("%d", *p ? hence_resolve(*p, payload()) == -EALREADY : 1);
    return *in;
}

/* rule 5 */
TEST(life, a_second_result_inside_a_step_is_refused)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred_add_both(d, resolve_again, &p);
    hence_resolve(p, hence_int(7));
    check_trace("1");
    check(had_report(HENCE_REPORT_MISUSE));
    check_string(outcome(d), "7");
    hence_deferred_unref(d);
}

/* rule 6 */
TEST(life, the_report_of_a_second_result_says_where_the_Deferred_was_made)
{
    hence_promise *p;
    const char *site = HENCE_SITE;
    hence_deferred *d = hence_deferred_new_at(site, &p);
    hence_resolve(p, hence_int(7));
    if (d) {
        hence_resolve(p, hence_int(8));
        check(had_report(HENCE_REPORT_MISUSE));
        check(strstr(report_text(), "a second time"));
        check(strstr(report_text(), site));
    }
    check(hence_deferred_site(d) == site || !d);
    hence_deferred_unref(d);
}

TEST(life, a_site_may_be_missing)
{
    hence_deferred *d = hence_deferred_succeed_at(NULL, hence_int(7));
    check(!hence_deferred_site(d));
    hence_deferred_unref(d);
    d = hence_deferred_fail_at(NULL, failure("broken"));
    hence_deferred_unref(d);
    check(had_report(HENCE_REPORT_UNHANDLED));
    check(!strstr(report_text(), "made at"));
}
