/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Adapters between the two shapes.
 *
 * A Deferred for a Future is a Deferred that was resolved with the Future's chain: everything else
 * follows from that. A Future for a Deferred needs more, since it must be cancelled at once, whatever
 * the Deferred makes of it: an object of its own consumes the Deferred's result, and swallows it
 * when the Future has been cancelled.
 */
#include <hence/compose.h>

#include "base/memory.h"
#include "future/future.h"
#include "value/waitable.h"

struct as_future {
    struct hence_feeder feeder;
    hence_promise *to; /* NULL: the Future was cancelled */
};

static void deliver(struct hence_consumer *consumer, hence_result r)
{
    struct as_future *adapter = (struct as_future *)consumer;
    hence_promise *to = adapter->to;
    hence_memory_put(adapter, sizeof *adapter);
    if (to)
        hence_resolve(to, r);
    else
        hence_drop(r);
}

static void waits_instead(struct hence_consumer *consumer, struct hence_waitable *waitable)
{
    ((struct as_future *)consumer)->feeder.from = waitable;
}

static const struct hence_part as_future_part = {
    .deliver = deliver,
    .waits_instead = waits_instead,
};

static bool cancel(hence_promise *to, void *arg)
{
    struct as_future *adapter = arg;
    (void)to;
    adapter->to = NULL;
    hence_waitable_cancel(adapter->feeder.from);
    return true;
}

hence_future *hence_deferred_as_future_at(const char *site, hence_loop *loop, hence_deferred *d)
{
    hence_promise *to;
    hence_future *f = hence_future_new_at(site, loop, &to);
    struct as_future *adapter = f ? hence_memory_get(sizeof *adapter) : NULL;
    hence_result r = hence_chain(d);
    if (!adapter || !d) {
        if (f)
            hence_resolve(to, hence_fail_static(HENCE_ENOMEM));
        if (adapter)
            hence_memory_put(adapter, sizeof *adapter);
        hence_drop(r);
        return f;
    }
    struct hence_waitable *from = hence_chained(&r);
    *adapter = (struct as_future){{{&as_future_part}, from}, to};
    if (from->consumer.part->take(from, &adapter->feeder.consumer, &r))
        deliver(&adapter->feeder.consumer, r);
    else
        hence_future_set_feeder(to, cancel, &adapter->feeder);
    return f;
}

hence_deferred *hence_deferred_from_future_at(const char *site, hence_future *f)
{
    return hence_deferred_succeed_at(site, hence_chain_future(hence_future_ref(f)));
}

hence_result hence_loop_run_until_complete_deferred(hence_loop *loop, hence_deferred *d)
{
    hence_future *f = hence_deferred_as_future_at(hence_deferred_site(d), loop, d);
    hence_result r = hence_loop_run_until_complete(loop, f);
    hence_future_unref(f);
    return r;
}
