/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A time limit for a Deferred. The record of it belongs to the chain, so that the timer goes with it,
 * whether or not the step that would have removed it ever runs.
 */
#include <hence/compose.h>

#include <errno.h>

#include "compose/timeout.h"
#include "deferred/deferred.h"
#include "loop/loop.h"

struct time_limit {
    hence_loop *loop;
    hence_deferred *d; /* lives as long as this record does */
    const char *site;
    int64_t timeout;
    hence_call timer;
    hence_step *on_timeout;
    void *arg;
    bool has_expired;
};

static void expire(void *arg)
{
    struct time_limit *limit = arg;
    limit->has_expired = true;
    hence_deferred_cancel(limit->d);
}

hence_result hence_timed_out(const char *site, int64_t timeout)
{
    hence_result r =
        hence_fail_at(site, HENCE_ETIMEDOUT, "timed out after %g s", (double)timeout / 1e9);
    if (!hence_is_failure_of(&r, &hence_domain_hence, HENCE_ENOMEM))
        return r;
    hence_drop(r);
    return hence_fail_static(HENCE_ETIMEDOUT);
}

/* The result has come, in time or because time was up. */
static hence_result end_limit(hence_result *in, void *arg)
{
    struct time_limit *limit = arg;
    if (!limit->has_expired) {
        hence_call_cancel(limit->loop, limit->timer);
        return hence_take(in);
    }
    if (limit->on_timeout)
        return limit->on_timeout(in, limit->arg);
    return hence_is_cancelled(in) ? hence_timed_out(limit->site, limit->timeout) : hence_take(in);
}

static void drop_limit(void *p)
{
    struct time_limit *limit = p;
    if (!limit->loop)
        return;
    if (!limit->has_expired)
        hence_call_cancel(limit->loop, limit->timer);
    hence_loop_undepend(limit->loop);
}

/* No memory: as for any step, the failure stands in its place. */
static int lose(hence_deferred *d)
{
    if (d) {
        hence_steps_lose(d);
        hence_deferred_go_on(d);
    }
    return -ENOMEM;
}

int hence_deferred_add_timeout_at(const char *site, hence_deferred *d, hence_loop *loop,
                                  int64_t timeout, hence_step *on_timeout, void *arg)
{
    int error = loop ? hence_loop_check_at(loop, "hence_deferred_add_timeout()", site) : lose(d);
    if (error)
        return error;
    struct time_limit *limit = hence_deferred_alloc(d, sizeof *limit, drop_limit);
    if (!limit)
        return lose(d);
    *limit = (struct time_limit){
        .d = d,
        .site = site,
        .timeout = timeout,
        .on_timeout = on_timeout,
        .arg = arg,
    };
    hence_call timer;
    if (hence_call_later(loop, timeout, expire, limit, &timer) != 0)
        return lose(d);
    limit->timer = timer;
    limit->loop = loop;
    hence_loop_depend(loop);
    return hence_deferred_add_both(d, end_limit, limit);
}
