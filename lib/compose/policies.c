/* SPDX-License-Identifier: BSD-3-Clause */
/* What the results of many make together. */
#include "compose/combination.h"

#include "value/failure.h"

static void discard(struct combination *c)
{
    hence_list *list = c->list;
    hence_winner *winner = c->winner;
    hence_failure *failure = c->failure;
    c->list = NULL;
    c->winner = NULL;
    c->failure = NULL;
    hence_list_free(list);
    hence_winner_free(winner);
    hence_failure_unref(failure);
}

static void decide_deadlock(struct combination *c)
{
    hence_combination_decide(c, hence_fail_static(HENCE_EDEADLK));
}

static void decide_winner(struct combination *c, size_t i, hence_result r)
{
    hence_winner *winner = c->winner;
    c->winner = NULL;
    winner->index = i;
    winner->result = hence_receive(r);
    hence_combination_decide(c, hence_own(winner, hence_winner_free));
}

static void decide_list(struct combination *c)
{
    hence_list *list = c->list;
    c->list = NULL;
    for (size_t i = 0; (c->flags & COMBINATION_UNTOLD) && i < list->size; i++)
        list->results[i] = hence_receive(list->results[i]);
    hence_combination_decide(c, hence_own(list, hence_list_free));
}

/* ---- lists ---- */

static void list_arrive(struct combination *c, size_t i, hence_result r)
{
    const bool failed = hence_is_failure(&r);
    if (!failed && (c->flags & COMBINATION_FIRST_VALUE)) {
        decide_winner(c, i, r);
        return;
    }
    if (failed && (c->flags & COMBINATION_FIRST_FAILURE)) {
        hence_failure *first = c->failure;
        c->failure = NULL;
        hence_failure_complete_first(first, i, hence_take_failure(&r));
        hence_combination_decide(c, hence_fail_with(first));
        return;
    }
    c->list->results[i] = r;
    if (c->ended == c->size)
        decide_list(c);
}

const struct combination_policy hence_list_policy = {list_arrive, discard, decide_deadlock};

bool hence_list_prepare(struct combination *c)
{
    if (!(c->list = hence_list_new(c->size)) ||
        ((c->flags & COMBINATION_FIRST_VALUE) && !(c->winner = hence_winner_new())) ||
        ((c->flags & COMBINATION_FIRST_FAILURE) &&
         !(c->failure = hence_failure_new_first(c->site))))
        return false;
    if (c->size == 0 && (c->flags & COMBINATION_FIRST_VALUE))
        hence_combination_decide(c, hence_fail_static(HENCE_EABANDONED)); /* it can never come */
    else if (c->size == 0)
        decide_list(c);
    return true;
}

/* ---- races ---- */

static void decide_group(struct combination *c)
{
    hence_failure *group = c->failure;
    c->failure = NULL;
    hence_combination_decide(c, hence_fail_with(hence_failure_complete_group(group)));
}

static void race_arrive(struct combination *c, size_t i, hence_result r)
{
    if (!hence_is_failure(&r)) {
        decide_winner(c, i, r);
        return;
    }
    hence_failure_add_member(c->failure, i, hence_take_failure(&r));
    if (c->ended == c->size)
        decide_group(c);
}

/* It has failed with the reasons of the others, and this one. */
static void race_break_circle(struct combination *c)
{
    for (size_t i = 0; i < c->size; i++) {
        hence_result deadlock = hence_fail_static(HENCE_EDEADLK);
        if (!hence_failure_member(c->failure, i))
            hence_failure_add_member(c->failure, i, hence_take_failure(&deadlock));
    }
    decide_group(c);
}

const struct combination_policy hence_race_policy = {race_arrive, discard, race_break_circle};

bool hence_race_prepare(struct combination *c)
{
    c->winner = hence_winner_new();
    c->failure = hence_failure_new_group(c->site, c->size);
    if (!c->winner || !c->failure)
        return false;
    if (c->size == 0)
        hence_combination_decide(c, hence_fail_static(HENCE_EABANDONED));
    return true;
}

/* ---- gathers ---- */

/* Rules 102 to 104. That somebody has cancelled it is told when all have ended. */
static void gather_arrive(struct combination *c, size_t i, hence_result r)
{
    if ((c->flags & COMBINATION_FIRST_FAILURE) && hence_is_failure(&r)) {
        hence_combination_decide(c, r);
        return;
    }
    c->list->results[i] = r;
    if (c->ended < c->size)
        return;
    if (c->cancelled)
        hence_combination_decide(c, hence_fail_static(HENCE_ECANCELLED));
    else
        decide_list(c);
}

const struct combination_policy hence_gather_policy = {gather_arrive, discard, NULL};

bool hence_gather_prepare(struct combination *c)
{
    c->list = hence_list_new(c->size);
    if (!c->list)
        return false;
    if (c->size == 0)
        decide_list(c);
    return true;
}

/* ---- waits ---- */

/* What arrives is an integer: 1 for a failure that is not a cancellation (rule 111), otherwise 0. */
static void wait_arrive(struct combination *c, size_t i, hence_result r)
{
    (void)i;
    if (c->ended == c->size || (c->flags & COMBINATION_FIRST_VALUE) ||
        ((c->flags & COMBINATION_FIRST_FAILURE) && hence_as_int(&r)))
        hence_combination_decide(c, hence_int((int64_t)hence_combination_count_done(c)));
}

const struct combination_policy hence_wait_policy = {wait_arrive, discard, NULL};
