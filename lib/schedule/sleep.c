/* SPDX-License-Identifier: BSD-3-Clause */
/* Results that come after a while: one operation, in two shapes, with or without a function. */
#include <hence/schedule.h>

#include <errno.h>

#include "base/memory.h"
#include "loop/loop.h"

struct sleep {
    hence_loop *loop;
    hence_promise *promise;
    hence_call call;
    hence_result_fn *fn; /* NULL: the result is none */
    void *arg;
};

static void wake(void *arg)
{
    struct sleep *sleep = arg;
    hence_promise *promise = hence_promise_take(&sleep->promise);
    hence_promise_on_cancel(promise, NULL, NULL); /* there is no timer any more */
    hence_resolve_at(NULL, promise, sleep->fn ? sleep->fn(sleep->arg) : hence_none());
}

/* Runs after wake(), or instead of it: then the promise is let go. */
static void end_sleep(void *arg)
{
    struct sleep *sleep = arg;
    hence_promise *promise = sleep->promise;
    bool closed = hence_loop_is_closed(sleep->loop);
    hence_memory_put(sleep, sizeof *sleep);
    if (promise && closed)
        hence_resolve_at(NULL, promise, hence_fail_static(HENCE_ECLOSED));
    else
        hence_abandon(promise);
}

static bool stop_sleeping(hence_promise *promise, void *arg)
{
    struct sleep *sleep = arg;
    (void)promise;
    return hence_call_cancel(sleep->loop, sleep->call) == 0;
}

static void start_sleeping(const char *site, hence_loop *loop, int64_t delay, hence_result_fn *fn,
                           void *arg, hence_promise *promise)
{
    hence_call call;
    int error = hence_loop_check_at(loop, "sleeping", site);
    struct sleep *sleep = error ? NULL : hence_memory_get(sizeof *sleep);
    if (!error)
        error = -ENOMEM;
    if (sleep) {
        *sleep = (struct sleep){.loop = loop, .fn = fn, .arg = arg};
        error = hence_call_later_own(loop, delay, wake, sleep, end_sleep, &call);
    }
    if (error) {
        hence_resolve_at(NULL, promise, hence_loop_refusal_at(error, "sleeping", site));
        return;
    }
    sleep->promise = promise;
    sleep->call = call;
    hence_promise_on_cancel(promise, stop_sleeping, sleep);
}

hence_deferred *hence_sleep_at(const char *site, hence_loop *loop, int64_t delay)
{
    hence_promise *promise;
    hence_deferred *d = hence_deferred_new_at(site, &promise);
    if (d)
        start_sleeping(site, loop, delay, NULL, NULL, promise);
    return d;
}

hence_future *hence_sleep_future_at(const char *site, hence_loop *loop, int64_t delay)
{
    hence_promise *promise;
    hence_future *f = hence_future_new_at(site, loop, &promise);
    if (f)
        start_sleeping(site, loop, delay, NULL, NULL, promise);
    return f;
}

hence_deferred *hence_defer_later_at(const char *site, hence_loop *loop, int64_t delay,
                                     hence_result_fn *fn, void *arg)
{
    hence_promise *promise;
    hence_deferred *d = hence_deferred_new_at(site, &promise);
    if (d)
        start_sleeping(site, loop, delay, fn, arg, promise);
    return d;
}
