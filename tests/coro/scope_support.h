/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_TESTS_SCOPE_SUPPORT_H
#define HENCE_TESTS_SCOPE_SUPPORT_H

/* What the tests of cancel scopes have in common. */

#include "coro/blocks.h"

static hence_cancel_scope *scope, *inner; /* that others may come to, as long as they are there */

static inline hence_result leave(hence_cancel_scope *s, hence_result r, bool *caught)
{
    r = hence_cancel_scope_exit(s, r, caught);
    scope = scope == s ? NULL : scope;
    inner = inner == s ? NULL : inner;
    return r;
}

static inline void tell_exit(hence_cancel_scope *s, hence_result r)
{
    bool caught;
    r = leave(s, r, &caught);
    trace("%g:exit=%s%s", seconds(), describe(&r), caught ? ",caught" : "");
    hence_drop(r);
}

static inline hence_result shows_its_scope(void *arg)
{
    (void)arg;
    scope = hence_cancel_scope_enter();
    hence_result r = tell("nap", nap(10));
    tell_exit(scope, r);
    scope = NULL;
    return tell("after", nap(1));
}

static inline hence_result waits_in_inner(void *arg)
{
    scope = hence_cancel_scope_enter();
    inner = hence_cancel_scope_enter();
    hence_cancel_scope_set_shield(inner, arg != NULL);
    hence_result r = tell("nap", nap(10));
    tell_exit(inner, r);
    r = tell("outside", nap(10));
    tell_exit(scope, r);
    return hence_none();
}

#endif
