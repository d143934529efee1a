/* SPDX-License-Identifier: BSD-3-Clause */
/* Enter, do something, leave: three turns. */
#include <hence/iterate.h>

#include "compose/turns.h"
#include "value/failure.h"

struct using
{
    struct turns turns;
    hence_result_fn *enter;
    hence_step *body;
    hence_exit_fn *exit;
    void *arg;
    hence_result resource, outcome;
};

static bool entered(struct turns *turns, hence_result *r);
static void entered_in_vain(struct turns *turns, hence_result r);
static bool body_ended(struct turns *turns, hence_result *r);
static bool left(struct turns *turns, hence_result *r);

static bool enter(struct turns *turns, hence_result *r)
{
    struct using *using = (struct using *)turns;
    turns->turn = entered;
    turns->keep = entered_in_vain;
    *r = using->enter(using->arg);
    return true;
}

static void keep_resource(struct using *using, hence_result resource)
{
    using->resource = resource;
    using->turns.turn = body_ended;
    using->turns.keep = NULL;
}

static bool entered(struct turns *turns, hence_result *r)
{
    struct using *using = (struct using *)turns;
    if (hence_is_failure(r))
        return false;
    keep_resource(using, *r);
    *r = using->body(&using->resource, using->arg);
    if (r->kind == using->resource.kind && r->word == using->resource.word)
        using->resource = hence_none(); /* the body has passed it on */
    return true;
}

/* A cancellation has come before it was told that it has entered: that is what the body comes to. */
static void entered_in_vain(struct turns *turns, hence_result r)
{
    if (hence_is_failure(&r))
        hence_drop(r);
    else
        keep_resource((struct using *)turns, r);
}

static bool body_ended(struct turns *turns, hence_result *r)
{
    struct using *using = (struct using *)turns;
    turns->turn = left;
    using->outcome = *r;
    *r = using->exit(&using->resource, &using->outcome, using->arg);
    return true;
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

static bool left(struct turns *turns, hence_result *r)
{
    struct using *using = (struct using *)turns;
    hence_result outcome = hence_take(&using->outcome);
    if (!hence_is_failure(r)) {
        hence_drop(*r); /* it may be the very value that the outcome is */
        *r = outcome;
    } else if (hence_is_failure(&outcome)) {
        *r = both_failed(outcome, *r);
    } else {
        hence_drop(outcome);
    }
    return false;
}

static void using_destroy(struct turns *turns)
{
    struct using *using = (struct using *)turns;
    hence_drop(using->outcome);
    hence_drop(using->resource);
}

hence_future *hence_using_at(const char *site, hence_loop *loop, hence_result_fn *enter_fn,
                             hence_step *body, hence_exit_fn *exit, void *arg)
{
    hence_promise *promise;
    hence_future *f;
    struct using *using = NULL;
    if (enter_fn && body && exit)
        using = hence_turns_new(site, loop, sizeof *using, &promise, &f);
    if (!using)
        return NULL;
    using->turns.turn = enter;
    using->turns.destroy = using_destroy;
    using->enter = enter_fn;
    using->body = body;
    using->exit = exit;
    using->arg = arg;
    return hence_turns_begin(&using->turns, promise, f);
}
