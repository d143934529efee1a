/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists and races of Deferreds. */
#include <hence/compose.h>

#include "compose/combination.h"
#include "value/failure.h"

/* A Deferred that has failed with it; the inputs are let go. */
static hence_deferred *refuse(const char *site, hence_deferred *const *deferreds, size_t n,
                              const char *message)
{
    for (size_t i = 0; i < n; i++)
        hence_deferred_unref(deferreds[i]);
    return hence_deferred_succeed_at(site, hence_refuse_at(site, "%s", message));
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
    const unsigned known = HENCE_FIRE_ON_ONE_CALLBACK | HENCE_FIRE_ON_ONE_ERRBACK |
                           HENCE_CANCEL_REST | HENCE_REPORT_REST;
    if (flags & ~known)
        return refuse(site, deferreds, n, "hence_deferred_list() with unknown flags");
    struct combination *c =
        hence_combine_deferreds(&hence_list_policy, site, deferreds, n, combination_flags(flags));
    return hence_combination_start(c, c && hence_list_prepare(c), site, deferreds, n);
}

hence_deferred *hence_gather_results_at(const char *site, hence_deferred *const *deferreds,
                                        size_t n, unsigned flags)
{
    const unsigned known = HENCE_CANCEL_REST | HENCE_REPORT_REST;
    if (flags & ~known)
        return refuse(site, deferreds, n, "hence_gather_results() with unknown flags");
    return hence_deferred_list_at(site, deferreds, n, flags | HENCE_FIRE_ON_ONE_ERRBACK);
}

hence_deferred *hence_race_at(const char *site, hence_deferred *const *deferreds, size_t n)
{
    struct combination *c =
        hence_combine_deferreds(&hence_race_policy, site, deferreds, n, COMBINATION_CANCELS_REST);
    return hence_combination_start(c, c && hence_race_prepare(c), site, deferreds, n);
}
