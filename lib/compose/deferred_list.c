/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists and races: what the results of many Deferreds make together. */
#include <hence/compose.h>

#include <errno.h>

#include "base/memory.h"
#include "base/report.h"
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

static void decide_winner(struct combination *c, size_t i, hence_result r)
{
    hence_winner *winner = c->winner;
    c->winner = NULL;
    winner->index = i;
    winner->result = r;
    hence_combination_decide(c, hence_own(winner, hence_winner_free));
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
    if (c->ended == c->size) {
        hence_list *list = c->list;
        c->list = NULL;
        hence_combination_decide(c, hence_own(list, hence_list_free));
    }
}

static const struct combination_kind list_kind = {list_arrive, discard};

/* Nothing can ever come out of an empty one that waits for a value. */
static void decide_empty(struct combination *c)
{
    if (!c->list || (c->flags & COMBINATION_FIRST_VALUE)) {
        hence_combination_decide(c, hence_fail_static(HENCE_EABANDONED));
        return;
    }
    hence_list *list = c->list;
    c->list = NULL;
    hence_combination_decide(c, hence_own(list, hence_list_free));
}

static unsigned combination_flags(unsigned flags)
{
    unsigned inside = 0;
    if (flags & HENCE_FIRE_ON_ONE_CALLBACK)
        inside |= COMBINATION_FIRST_VALUE;
    if (flags & HENCE_FIRE_ON_ONE_ERRBACK)
        inside |= COMBINATION_FIRST_FAILURE;
    if (flags & HENCE_CANCEL_REST)
        inside |= COMBINATION_CANCELS_REST | COMBINATION_DRAINS;
    if (flags & HENCE_REPORT_REST)
        inside |= COMBINATION_REPORTS_REST;
    return inside;
}

hence_deferred *hence_deferred_list_at(const char *site, hence_deferred *const *deferreds, size_t n,
                                       unsigned flags)
{
    struct combination *c =
        hence_combination_new(&list_kind, site, deferreds, n, combination_flags(flags));
    bool made =
        c && (c->list = hence_list_new(n)) &&
        (!(flags & HENCE_FIRE_ON_ONE_CALLBACK) || (c->winner = hence_winner_new())) &&
        (!(flags & HENCE_FIRE_ON_ONE_ERRBACK) || (c->failure = hence_failure_new_first(site)));
    if (made && n == 0)
        decide_empty(c);
    return hence_combination_start(c, made, site, deferreds, n);
}

hence_deferred *hence_gather_results_at(const char *site, hence_deferred *const *deferreds,
                                        size_t n, unsigned flags)
{
    flags &= HENCE_CANCEL_REST | HENCE_REPORT_REST;
    return hence_deferred_list_at(site, deferreds, n, flags | HENCE_FIRE_ON_ONE_ERRBACK);
}

/* ---- races ---- */

static void race_arrive(struct combination *c, size_t i, hence_result r)
{
    if (!hence_is_failure(&r)) {
        decide_winner(c, i, r);
        return;
    }
    hence_failure_add_member(c->failure, i, hence_take_failure(&r));
    if (c->ended == c->size) {
        hence_failure *group = c->failure;
        c->failure = NULL;
        hence_combination_decide(c, hence_fail_with(hence_failure_complete_group(group)));
    }
}

static const struct combination_kind race_kind = {race_arrive, discard};

hence_deferred *hence_race_at(const char *site, hence_deferred *const *deferreds, size_t n)
{
    struct combination *c =
        hence_combination_new(&race_kind, site, deferreds, n, COMBINATION_CANCELS_REST);
    bool made =
        c && (c->winner = hence_winner_new()) && (c->failure = hence_failure_new_group(site, n));
    if (made && n == 0)
        decide_empty(c);
    return hence_combination_start(c, made, site, deferreds, n);
}
