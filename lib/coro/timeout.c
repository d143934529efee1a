/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Time limits for what stands between two calls, as asyncio.timeout() (rule 117).
 *
 * When the time is up the task is cancelled, once. If that is what comes out of the block, and nobody else
 * has cancelled the task since the block was entered, it is a timeout.
 */
#include <hence/scope.h>

#include <errno.h>

#include "compose/timeout.h"
#include "coro/block.h"

struct hence_timeout {
    struct block block;
    int64_t entered, when;
    hence_call timer;
    bool has_expired;
};

static void expire(void *arg)
{
    hence_timeout *timeout = arg;
    timeout->has_expired = true;
    hence_task_cancel(timeout->block.task);
}

static hence_result exit_timeout(struct block *block, hence_result r, void *out)
{
    (void)out;
    hence_timeout *timeout = (hence_timeout *)block;
    hence_call_cancel(block->loop, timeout->timer);
    if (!timeout->has_expired || !hence_block_uncancel(block) || !hence_is_cancelled(&r))
        return r;
    hence_drop(r);
    /* the time may have been over long ago: INT64_MIN */
    const int64_t limit = timeout->when > timeout->entered ? timeout->when - timeout->entered : 0;
    return hence_timed_out(block->site, limit);
}

static const struct block_kind timeout_kind = {
    .size = sizeof(hence_timeout),
    .exit = exit_timeout,
    .is_not_entered = "hence_timeout_exit() of a timeout that this coroutine is not in",
    .is_left_open = "a timeout was entered, but not exited",
};

static hence_timeout *enter(const char *site)
{
    hence_timeout *timeout = (hence_timeout *)hence_block_enter(
        &timeout_kind, site, "hence_timeout_enter() outside of a coroutine");
    if (timeout)
        timeout->entered = hence_loop_time(timeout->block.loop);
    return timeout;
}

static hence_timeout *enter_until(hence_timeout *timeout, int64_t when)
{
    timeout->when = when;
    if (hence_block_set_timer(&timeout->block, &timeout->timer, when, expire) == 0)
        return timeout;
    hence_block_lose(&timeout->block);
    return NULL;
}

hence_timeout *hence_timeout_enter_at(const char *site, int64_t delay)
{
    hence_timeout *timeout = enter(site);
    return timeout ? enter_until(timeout, hence_block_after(&timeout->block, delay)) : NULL;
}

hence_timeout *hence_timeout_enter_until_at(const char *site, int64_t when)
{
    hence_timeout *timeout = enter(site);
    return timeout ? enter_until(timeout, when) : NULL;
}

hence_result hence_timeout_exit(hence_timeout *timeout, hence_result r)
{
    return hence_block_exit(timeout ? &timeout->block : NULL, &timeout_kind, r, NULL);
}

int hence_timeout_reschedule(hence_timeout *timeout, int64_t when)
{
    if (!timeout)
        return -ENOMEM;
    if (!hence_loop_is_here(timeout->block.loop, "hence_timeout_reschedule()"))
        return -EPERM;
    if (timeout->has_expired)
        return -EALREADY;
    int error = hence_block_set_timer(&timeout->block, &timeout->timer, when, expire);
    if (!error)
        timeout->when = when;
    return error;
}

int64_t hence_timeout_when(const hence_timeout *timeout)
{
    return timeout ? timeout->when : HENCE_NEVER;
}

bool hence_timeout_expired(const hence_timeout *timeout)
{
    return timeout && timeout->has_expired;
}
