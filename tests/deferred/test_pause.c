/* SPDX-License-Identifier: BSD-3-Clause */
/* Pausing a chain, and that pauses and waits leave each other alone. */
#include <errno.h>

#include "support.h"

SUITE(pause);

/* rule 27 */
TEST(pause, a_paused_chain_runs_no_step_until_it_is_unpaused)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    check_int(hence_deferred_pause(d), 0);
    hence_deferred_add_both(d, pass, "a");
    hence_resolve(p, hence_int(7));
    hence_deferred_add_both(d, pass, "b");
    check_trace("");
    check_int(hence_deferred_unpause(d), 0);
    check_trace("a:7 b:7");
    hence_deferred_unref(d);
}

/* rule 27 */
TEST(pause, one_that_is_unpaused_before_it_is_resolved_runs_when_it_is)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred_add_both(d, pass, "a");
    hence_deferred_pause(d);
    hence_deferred_unpause(d);
    check_trace("");
    hence_resolve(p, hence_int(7));
    check_trace("a:7");
    hence_deferred_unref(d);
}

/* rule 1, rule 27 */
TEST(pause, pauses_nest)
{
    hence_deferred *d = hence_deferred_succeed(hence_int(7));
    hence_deferred_pause(d);
    hence_deferred_pause(d);
    hence_deferred_add_both(d, pass, "a");
    check_int(hence_deferred_unpause(d), 0);
    check_int(hence_deferred_get_state(d), HENCE_DEFERRED_PAUSED);
    check_trace("");
    check_int(hence_deferred_unpause(d), 0);
    check_trace("a:7");
    hence_deferred_unref(d);
}

TEST(pause, thousands_of_pauses_nest_and_one_too_many_is_refused)
{
    hence_deferred *d = hence_deferred_succeed(hence_int(7));
    int pauses = 0;
    while (pauses < 10000 && hence_deferred_pause(d) == 0)
        pauses++;
    check(pauses > 4000 && pauses < 10000);
    check_int(hence_deferred_pause(d), -EOVERFLOW);
    hence_deferred_add_both(d, pass, "a");
    for (int i = 1; i < pauses; i++)
        check_int(hence_deferred_unpause(d), 0);
    check_trace("");
    check_int(hence_deferred_unpause(d), 0);
    check_trace("a:7");
    hence_deferred_unref(d);
}

static hence_result pause_it(hence_result *in, void *variable)
{
    hence_deferred **d = variable;
    trace("pause");
    hence_deferred_pause(*d);
    return *in;
}

static hence_result unpause_it(hence_result *in, void *variable)
{
    hence_deferred **d = variable;
    trace("unpause:%d", hence_deferred_unpause(*d));
    return *in;
}

/* rule 27 */
TEST(pause, a_step_may_pause_its_own_chain)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred_add_both(d, pause_it, &d);
    hence_deferred_add_both(d, pass, "a");
    hence_resolve(p, hence_int(7));
    if (d)
        check_trace("pause");
    check_int(hence_deferred_get_state(d), HENCE_DEFERRED_PAUSED);
    hence_deferred_unpause(d);
    check_trace("a:7");
    hence_deferred_unref(d);
}

TEST(pause, a_step_that_pauses_and_unpauses_is_not_entered_again)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred_add_both(d, pause_it, &d);
    hence_resolve(p, hence_int(7));
    if (d)
        check_trace("pause");
    hence_deferred_add_both(d, unpause_it, &d);
    hence_deferred_add_both(d, pass, "a");
    check_trace("");
    hence_deferred_unpause(d);
    if (d) {
        check_trace("unpause:-22 a:7");
        check(had_report(HENCE_REPORT_MISUSE));
    }
    hence_deferred_unref(d);
}

/* rule 28, difference 4 */
TEST(pause, unpausing_one_that_is_not_paused_is_refused_and_changes_nothing)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    if (d) {
        check_int(hence_deferred_unpause(d), -EINVAL);
        check(had_report(HENCE_REPORT_MISUSE));
    }
    hence_deferred_add_both(d, pass, "a");
    hence_resolve(p, hence_int(7));
    check_trace("a:7");
    hence_deferred_unref(d);
}

TEST(pause, nothing_can_be_neither_paused_nor_unpaused)
{
    check_int(hence_deferred_pause(NULL), -ENOMEM);
    check_int(hence_deferred_unpause(NULL), -ENOMEM);
}

/* rule 29, difference 4 */
TEST(pause, unpausing_one_that_waits_is_refused_and_it_goes_on_waiting)
{
    hence_promise *p;
    hence_deferred *inner = hence_deferred_new(&p);
    hence_deferred *outer = hence_deferred_succeed(hence_chain(hence_deferred_ref(inner)));
    hence_deferred_add_both(outer, pass, "outer");
    if (outer) {
        check_int(hence_deferred_unpause(outer), -EINVAL);
        check(had_report(HENCE_REPORT_MISUSE));
    }
    if (inner)
        check_trace("");
    hence_resolve(p, hence_int(7));
    check_trace("outer:7");
    hence_deferred_unref(inner);
    hence_deferred_unref(outer);
}

/* rule 29, difference 4 */
TEST(pause, unpausing_one_that_was_paused_while_it_waits_leaves_it_waiting)
{
    hence_promise *p;
    hence_deferred *inner = hence_deferred_new(&p);
    hence_deferred *outer = hence_deferred_succeed(hence_chain(hence_deferred_ref(inner)));
    hence_deferred_add_both(outer, pass, "outer");
    hence_deferred_pause(outer);
    check_int(hence_deferred_unpause(outer), 0);
    check_int(hence_deferred_get_state(outer), HENCE_DEFERRED_WAITING);
    hence_resolve(p, hence_int(7));
    check_trace("outer:7");
    hence_deferred_unref(inner);
    hence_deferred_unref(outer);
}

/* rule 30, difference 5 */
TEST(pause, an_outer_one_that_is_paused_does_not_hold_the_inner_one_up)
{
    hence_promise *p;
    hence_deferred *inner = hence_deferred_new(&p);
    hence_deferred *outer = hence_deferred_succeed(hence_chain(hence_deferred_ref(inner)));
    hence_deferred_add_both(inner, pass, "inner");
    hence_deferred_add_both(outer, pass, "outer");
    hence_deferred_pause(outer);
    hence_resolve(p, hence_int(7));
    check_trace("inner:none");
    check_int(hence_deferred_get_state(outer), HENCE_DEFERRED_PAUSED);
    hence_deferred_unpause(outer);
    check_trace("outer:7");
    hence_deferred_unref(inner);
    hence_deferred_unref(outer);
}

TEST(pause, an_inner_one_that_is_paused_again_by_its_own_step_holds_the_outer_one)
{
    hence_promise *p;
    hence_deferred *inner = hence_deferred_new(&p);
    hence_deferred_add_both(inner, pause_it, &inner);
    hence_deferred *outer = hence_deferred_succeed(hence_chain(hence_deferred_ref(inner)));
    hence_deferred_add_both(outer, pass, "outer");
    hence_resolve(p, hence_int(7));
    if (inner && outer)
        check_trace("pause");
    if (inner)
        hence_deferred_unpause(inner);
    check_trace("outer:7");
    hence_deferred_unref(inner);
    hence_deferred_unref(outer);
}

static hence_result pause_other(hence_result *in, void *variable)
{
    hence_deferred **d = variable;
    hence_deferred_pause(*d);
    trace("outer:%s", describe(in));
    return *in;
}

TEST(pause, an_outer_step_may_pause_the_inner_one_that_served_it)
{
    hence_promise *p;
    hence_deferred *inner = hence_deferred_new(&p);
    hence_deferred *outer = hence_deferred_succeed(hence_chain(hence_deferred_ref(inner)));
    hence_deferred_add_both(inner, pass, "inner");
    hence_deferred_add_both(outer, pause_other, &inner);
    hence_resolve(p, hence_int(7));
    if (inner)
        check_trace("outer:7");
    check_int(hence_deferred_get_state(inner), HENCE_DEFERRED_PAUSED);
    hence_deferred_unpause(inner);
    check_trace("inner:none");
    hence_deferred_unref(inner);
    hence_deferred_unref(outer);
}

/* ---- paused, and nobody is left who could unpause it ---- */

/* rule 42 */
TEST(pause, a_paused_inner_one_that_is_let_go_abandons_its_outer_one)
{
    hence_deferred *inner = hence_deferred_succeed(payload());
    hence_deferred_pause(inner);
    hence_deferred_add_both(inner, pass, "no");
    hence_deferred *outer = hence_deferred_succeed(hence_chain(hence_deferred_ref(inner)));
    hence_deferred_add_both(outer, swallow, "outer");
    if (inner)
        check_trace("");
    hence_deferred_unref(inner);
    check_trace("outer:abandoned");
    check_int(payloads_alive(), 0);
    hence_deferred_unref(outer);
}

/* rule 42, difference 9 */
TEST(pause, a_failure_of_a_paused_inner_one_that_is_let_go_is_reported)
{
    hence_deferred *inner = hence_deferred_fail(failure("broken"));
    hence_deferred_pause(inner);
    hence_deferred *outer = hence_deferred_succeed(hence_chain(hence_deferred_ref(inner)));
    hence_deferred_add_both(outer, swallow, "outer");
    hence_deferred_unref(inner);
    check_trace("outer:abandoned");
    check(had_report(HENCE_REPORT_UNHANDLED));
    hence_deferred_unref(outer);
}

TEST(pause, a_paused_inner_one_that_nobody_holds_abandons_its_outer_one_when_it_is_resolved)
{
    hence_promise *p;
    hence_deferred *inner = hence_deferred_new(&p);
    hence_deferred_pause(inner);
    hence_deferred *outer = hence_deferred_succeed(hence_chain(inner));
    hence_deferred_add_both(outer, swallow, "outer");
    hence_resolve(p, payload());
    check_trace("outer:abandoned");
    check_int(payloads_alive(), 0);
    hence_deferred_unref(outer);
}

static bool resolve_it(hence_promise *p, void *word)
{
    trace("%s", (const char *)word);
    hence_resolve(p, hence_int(7));
    return false;
}

TEST(pause, a_paused_inner_one_that_nobody_holds_may_be_resolved_by_its_canceller)
{
    hence_promise *p;
    hence_deferred *inner = hence_deferred_new(&p);
    hence_promise_on_cancel(p, resolve_it, "canceller");
    hence_deferred_pause(inner);
    hence_deferred *outer = hence_deferred_succeed(hence_chain(hence_deferred_ref(inner)));
    hence_deferred_add_both(outer, swallow, "outer");
    if (outer)
        inner = hence_deferred_unref(inner);
    hence_deferred_cancel(outer ? outer : inner);
    check_trace("canceller outer:abandoned");
    hence_deferred_unref(inner);
    hence_deferred_unref(outer);
}

static hence_result pause_and_let_go(hence_result *in, void *variable)
{
    hence_deferred **d = variable;
    hence_deferred_pause(*d);
    *d = hence_deferred_unref(*d);
    return hence_take(in);
}

TEST(pause, a_step_that_pauses_its_chain_and_lets_it_go_abandons_the_outer_one)
{
    hence_promise *p;
    hence_deferred *inner = hence_deferred_new(&p);
    hence_deferred_add_both(inner, pause_and_let_go, &inner);
    hence_deferred *outer = hence_deferred_succeed(hence_chain(hence_deferred_ref(inner)));
    hence_deferred_add_both(outer, swallow, "outer");
    hence_resolve(p, payload());
    check_trace("outer:abandoned");
    check_int(payloads_alive(), 0);
    hence_deferred_unref(inner);
    hence_deferred_unref(outer);
}

TEST(pause, a_paused_one_that_is_handed_on_with_its_last_reference_is_abandoned)
{
    hence_deferred *inner = hence_deferred_succeed(payload());
    hence_deferred_pause(inner);
    hence_deferred *outer = hence_deferred_succeed(hence_chain(inner));
    check_string(outcome(outer), "abandoned");
    hence_deferred_unref(outer);
}
