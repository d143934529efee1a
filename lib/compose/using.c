/* SPDX-License-Identifier: BSD-3-Clause */
/* Enter, do something, leave: three steps of one Deferred. */
#include <hence/iterate.h>

#include "compose/operators.h"
#include "value/failure.h"

struct using
{
    hence_step *body;
    hence_exit_fn *exit;
    void *arg;
    hence_result resource, outcome;
    bool has_entered;
};

static hence_result entered(hence_result *in, void *arg)
{
    struct using *using = arg;
    using->has_entered = true;
    using->resource = hence_take(in);
    hence_result out = using->body(&using->resource, using->arg);
    if (out.kind == using->resource.kind && out.word == using->resource.word)
        using->resource = hence_none(); /* the body has passed it on */
    return out;
}

static hence_result leave(hence_result *in, void *arg)
{
    struct using *using = arg;
    if (!using->has_entered)
        return hence_take(in);
    using->outcome = hence_take(in);
    return using->exit(&using->resource, &using->outcome, using->arg);
}

/* Both the body and its exit have failed. */
static hence_result both_failed(hence_result body, hence_result exit)
{
    hence_failure *group = hence_failure_new_group(NULL, 2);
    if (!group) {
        hence_drop(exit);
        return body;
    }
    hence_failure_add_member(group, 0, hence_take_failure(&body));
    hence_failure_add_member(group, 1, hence_take_failure(&exit));
    return hence_fail_with(hence_failure_complete_group(group));
}

static hence_result left(hence_result *in, void *arg)
{
    struct using *using = arg;
    if (!using->has_entered)
        return hence_take(in);
    hence_result outcome = hence_take(&using->outcome);
    if (!hence_is_failure(in)) {
        hence_drop(hence_take(in)); /* it may be the very value that the outcome is */
        return outcome;
    }
    if (hence_is_failure(&outcome))
        return both_failed(outcome, hence_take(in));
    hence_drop(outcome);
    return hence_take(in);
}

static void using_destroy(void *p)
{
    struct using *using = p;
    hence_drop(using->outcome);
    hence_drop(using->resource);
}

hence_future *hence_using_at(const char *site, hence_loop *loop, hence_result_fn *enter,
                             hence_step *body, hence_exit_fn *exit, void *arg)
{
    hence_promise *promise;
    hence_deferred *d = enter && body && exit ? hence_deferred_new_at(site, &promise) : NULL;
    struct using *using = d ? hence_deferred_alloc(d, sizeof *using, using_destroy) : NULL;
    hence_future *f = NULL;
    if (using) {
        *using = (struct using){.body = body, .exit = exit, .arg = arg};
        /* all that may fail is done before anything is called */
        if (hence_deferred_add_callback(d, entered, using) == 0 &&
            hence_deferred_add_both(d, leave, using) == 0 &&
            hence_deferred_add_both(d, left, using) == 0)
            f = hence_future_of_deferred(site, loop, hence_deferred_ref(d));
    }
    if (f)
        hence_resolve_at(NULL, promise, enter(arg));
    else if (d)
        hence_abandon(promise);
    if (f || !d)
        hence_deferred_unref(d);
    else
        hence_deferred_forget(d);
    return f;
}
