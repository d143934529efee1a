/* SPDX-License-Identifier: BSD-3-Clause */
/* A Future behind another that does not pass cancellation on, with or without a time limit. */
#include <hence/gather.h>

#include "base/memory.h"
#include "compose/timeout.h"
#include "future/future.h"

struct shield {
    struct hence_listener listener;
    hence_future *f;
    hence_promise *promise;
    const char *site;
    int64_t timeout;
    hence_call timer;
    bool has_timer;
};

/* Takes it away from its Future. */
static void shield_free(struct shield *shield)
{
    hence_future *f = shield->f;
    if (shield->has_timer)
        hence_call_cancel(f->loop, shield->timer);
    hence_memory_put(shield, sizeof *shield);
    hence_future_unref(f);
}

static void told(hence_future *f, void *arg)
{
    struct shield *shield = arg;
    hence_promise *promise = shield->promise;
    hence_result r =
        f->loop->closed ? hence_fail_static(HENCE_ECLOSED) : hence_future_read_untold(f);
    shield_free(shield);
    hence_promise_on_cancel(promise, NULL, NULL);
    hence_resolve_at(NULL, promise, r);
}

static const struct hence_waitable *leads_to(const struct hence_listener *listener)
{
    return hence_promise_leads_to(((const struct shield *)listener->arg)->promise);
}

static bool let_go(hence_promise *promise, void *arg)
{
    struct shield *shield = arg;
    (void)promise;
    hence_listener_remove(shield->f, &shield->listener);
    shield_free(shield);
    return true;
}

static void time_is_up(void *arg)
{
    struct shield *shield = arg;
    hence_promise *promise = shield->promise;
    hence_result r = hence_timed_out(shield->site, shield->timeout);
    shield->has_timer = false;
    hence_promise_on_cancel(promise, NULL, NULL);
    let_go(promise, shield);
    hence_resolve_at(NULL, promise, r);
}

/* `what` is the call that the program has made. */
static hence_future *shield_new(const char *site, const char *what, hence_future *f,
                                int64_t timeout)
{
    if (!f || !hence_future_is_here_at(f, what, site))
        return NULL;
    if (hence_future_done(f))
        return hence_future_ref(f);
    hence_promise *promise;
    hence_future *outer = hence_future_new_at(site, f->loop, &promise);
    struct shield *shield = outer ? hence_memory_get_zeroed(sizeof *shield) : NULL;
    if (shield && timeout >= 0)
        shield->has_timer =
            hence_call_later(f->loop, timeout, time_is_up, shield, &shield->timer) == 0;
    if (!shield || (timeout >= 0 && !shield->has_timer)) {
        if (shield)
            hence_memory_put(shield, sizeof *shield);
        if (outer)
            hence_resolve_at(NULL, promise,
                             hence_fail_static(HENCE_ECANCELLED)); /* nothing to report */
        return hence_future_unref(outer);
    }
    shield->listener.fn = told;
    shield->listener.arg = shield;
    shield->listener.leads_to = leads_to;
    shield->f = hence_future_ref(f);
    shield->promise = promise;
    shield->site = site;
    shield->timeout = timeout;
    hence_listener_add(f, &shield->listener);
    hence_promise_on_cancel(promise, let_go, shield);
    return outer;
}

hence_future *hence_shield_at(const char *site, hence_future *f)
{
    return shield_new(site, "hence_shield()", f, -1);
}

hence_future *hence_with_timeout_at(const char *site, hence_future *f, int64_t timeout)
{
    return shield_new(site, "hence_with_timeout()", f, timeout);
}
