/* SPDX-License-Identifier: BSD-3-Clause */
/* One Future for many. */
#include <hence/gather.h>

#include "compose/combination.h"
#include "value/failure.h"

/* A Future that has failed with it. */
static hence_future *refuse(const char *site, hence_loop *loop, const char *message)
{
    return hence_future_succeed_at(site, loop, hence_refuse_at(site, "%s", message));
}

hence_future *hence_gather_at(const char *site, hence_loop *loop, hence_future *const *futures,
                              size_t n, unsigned flags)
{
    if (flags & ~(unsigned)(HENCE_GATHER_COLLECT | HENCE_GATHER_CANCEL_REST))
        return refuse(site, loop, "hence_gather() with unknown flags");
    unsigned inside = flags & HENCE_GATHER_COLLECT ? 0 : COMBINATION_FIRST_FAILURE;
    if (flags & HENCE_GATHER_CANCEL_REST)
        inside |= COMBINATION_CANCELS_REST | COMBINATION_DRAINS;
    struct combination *c =
        hence_combine_futures(&hence_gather_policy, site, loop, futures, n, inside);
    return hence_combination_start_future(c, c && hence_gather_prepare(c), site, -1);
}

hence_future *hence_race_future_at(const char *site, hence_loop *loop, hence_future *const *futures,
                                   size_t n)
{
    struct combination *c =
        hence_combine_futures(&hence_race_policy, site, loop, futures, n, COMBINATION_CANCELS_REST);
    return hence_combination_start_future(c, c && hence_race_prepare(c), site, -1);
}

hence_future *hence_wait_at(const char *site, hence_loop *loop, hence_future *const *futures,
                            size_t n, hence_wait_condition condition, int64_t timeout)
{
    if (n == 0)
        return refuse(site, loop, "hence_wait() for no Future at all");
    if (condition != HENCE_ALL_COMPLETED && condition != HENCE_FIRST_COMPLETED &&
        condition != HENCE_FIRST_EXCEPTION)
        return refuse(site, loop, "hence_wait() with an unknown condition");
    unsigned inside = COMBINATION_WATCHES;
    if (condition == HENCE_FIRST_COMPLETED)
        inside |= COMBINATION_FIRST_VALUE;
    if (condition == HENCE_FIRST_EXCEPTION)
        inside |= COMBINATION_FIRST_FAILURE;
    struct combination *c =
        hence_combine_futures(&hence_wait_policy, site, loop, futures, n, inside);
    return hence_combination_start_future(c, c != NULL, site, timeout);
}
