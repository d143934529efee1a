/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A Future with a time limit. It stands in a chain between the Future and the one that the caller gets,
 * as what hence_chain_future() makes does: so a cancellation passes through to the Future, and what that
 * ends with comes back (rules 114, 115). Only one thing is changed on the way: a cancellation that the
 * timer has caused becomes a timeout. There is one place where that is decided: told().
 */
#include <hence/gather.h>

#include <errno.h>

#include "base/memory.h"
#include "compose/timeout.h"
#include "future/future.h"

struct wait_for {
    struct hence_waitable waitable; /* the slot is not used */
    struct hence_listener listener;
    hence_future *f;
    struct hence_consumer *consumer;
    const char *site;
    int64_t timeout;
    hence_call timer;
    bool has_timer, time_is_up;
};

static void wait_free(struct wait_for *wait)
{
    hence_future *f = wait->f;
    if (wait->has_timer)
        hence_call_cancel(f->loop, wait->timer);
    hence_memory_put(wait, sizeof *wait);
    hence_future_unref(f);
}

static void told(hence_future *f, void *arg)
{
    struct wait_for *wait = arg;
    struct hence_consumer *consumer = wait->consumer;
    hence_result r =
        f->loop->closed ? hence_fail_static(HENCE_ECLOSED) : hence_future_result_for(f, consumer);
    if (wait->time_is_up && hence_is_cancelled(&r)) {
        hence_drop(r);
        r = hence_timed_out(wait->site, wait->timeout);
    }
    wait_free(wait);
    hence_deliver(consumer, r);
}

static const struct hence_waitable *leads_to(const struct hence_listener *listener)
{
    struct hence_consumer *consumer = ((const struct wait_for *)listener->arg)->consumer;
    return consumer ? hence_consumer_leads_to(consumer) : NULL;
}

static void time_is_up(void *arg)
{
    struct wait_for *wait = arg;
    hence_future *f = wait->f;
    wait->has_timer = false;
    wait->time_is_up = true;
    /* too late if it is done, but not told yet; otherwise a canceller may have closed the loop, and it is gone */
    if (hence_future_cancel(f) == -EALREADY)
        wait->time_is_up = false;
}

/* The result is cancelled: what comes of that is no timeout. */
static void cancel_passes_part(struct hence_waitable *self)
{
    struct wait_for *wait = (struct wait_for *)self;
    if (wait->has_timer)
        hence_call_cancel(wait->f->loop, wait->timer);
    wait->has_timer = false;
}

static bool take_part(struct hence_waitable *self, struct hence_consumer *consumer,
                      hence_result *out)
{
    struct wait_for *wait = (struct wait_for *)self;
    (void)out; /* it is made for a Future that is not done */
    wait->consumer = consumer;
    return false;
}

static void hand_on_part(struct hence_waitable *self, struct hence_consumer *consumer)
{
    ((struct wait_for *)self)->consumer = consumer;
}

static struct hence_waitable *waits_for_part(const struct hence_waitable *self)
{
    return &((const struct wait_for *)self)->f->waitable;
}

static const struct hence_part wait_part = {
    .take = take_part,
    .hand_on = hand_on_part,
    .waits_for = waits_for_part,
    .cancel_passes = cancel_passes_part,
};

hence_future *hence_wait_for_at(const char *site, hence_future *f, int64_t timeout)
{
    if (!f || !hence_future_is_here_at(f, "hence_wait_for()", site))
        return NULL;
    if (hence_future_done(f))
        return hence_future_ref(f);
    hence_promise *promise;
    hence_future *outer = hence_future_new_at(site, f->loop, &promise);
    struct wait_for *wait = outer ? hence_memory_get_zeroed(sizeof *wait) : NULL;
    if (wait && timeout > 0)
        wait->has_timer = hence_call_later(f->loop, timeout, time_is_up, wait, &wait->timer) == 0;
    if (!wait || (timeout > 0 && !wait->has_timer)) {
        if (wait)
            hence_memory_put(wait, sizeof *wait);
        if (outer)
            hence_resolve_at(NULL, promise,
                             hence_fail_static(HENCE_ECANCELLED)); /* nothing to report */
        return hence_future_unref(outer);
    }
    wait->waitable.consumer.part = &wait_part;
    wait->listener.fn = told;
    wait->listener.arg = wait;
    wait->listener.leads_to = leads_to;
    wait->f = hence_future_ref(f);
    wait->site = site;
    wait->timeout = timeout;
    hence_listener_add(f, &wait->listener);
    hence_resolve_at(NULL, promise, hence_chain_to(&wait->waitable));
    if (timeout == 0)
        time_is_up(wait);
    return outer;
}
