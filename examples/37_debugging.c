/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Where was it made, and where was it resolved? With debugging on, Deferreds know both, and reports
 * tell them.
 *
 *     cc 37_debugging.c $(pkg-config --cflags --libs hence) && ./a.out
 *     made at 37_debugging.c:..., resolved at 37_debugging.c:...
 *     hence: a promise was resolved a second time
 *         made at 37_debugging.c:...
 *         resolved at 37_debugging.c:...
 *         now at 37_debugging.c:...
 *     hence: unhandled failure in a Deferred: the disk is full [errno 28 at 37_debugging.c:...]
 *         made at 37_debugging.c:...
 *         resolved at 37_debugging.c:...
 */
#include <hence/hence.h>

#include <errno.h>
#include <stdlib.h>

static void ask_where(void);
static void resolve_twice(void);
static void lose_a_failure(void);

int main(void)
{
    ask_where();
    resolve_twice();
    lose_a_failure();
    return EXIT_SUCCESS;
}

//! [debugging]
static void ask_where(void)
{
    hence_promise *promise;
    if (!hence_get_debugging())
        hence_set_debugging(true); /* for all that are made from now on */
    hence_deferred *d = hence_deferred_new(&promise);
    if (hence_deferred_resolved_site(d))
        puts("it should not have been resolved yet");

    hence_resolve(promise, hence_int(9));
    printf("made at %s, resolved at %s\n", hence_deferred_site(d), hence_deferred_resolved_site(d));
    hence_deferred_unref(d);
}
//! [debugging]

//! [twice]
static void resolve_twice(void)
{
    hence_promise *promise;
    hence_deferred *d = hence_deferred_new(&promise);
    hence_resolve(promise, hence_int(1));
    if (hence_resolve(promise, hence_int(2)) != -EALREADY) /* refused, and reported */
        puts("that should not have worked");
    hence_deferred_unref(d);
}
//! [twice]

//! [lost]
static void lose_a_failure(void)
{
    hence_promise *promise;
    hence_deferred *d = hence_deferred_new(&promise);
    hence_resolve(promise, hence_fail_errno(ENOSPC, "the disk is full"));
    hence_deferred_unref(d); /* nobody has looked at it: reported */
}
//! [lost]
