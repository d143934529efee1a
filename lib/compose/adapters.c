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

#include <errno.h>

#include "base/memory.h"
#include "future/future.h"
#include "value/waitable.h"

static struct hence_consumer *deliver(struct hence_consumer *consumer, hence_result *r)
{
    struct hence_feeder *feeder = (struct hence_feeder *)consumer;
    hence_promise *to = feeder->to;
    hence_memory_put(feeder, sizeof *feeder);
    if (to)
        hence_resolve_at(NULL, to, *r);
    else
        hence_drop(*r);
    return NULL;
}

static void waits_instead(struct hence_consumer *consumer, struct hence_waitable *waitable)
{
    ((struct hence_feeder *)consumer)->from = waitable;
}

static struct hence_waitable *owner(struct hence_consumer *consumer)
{
    hence_promise *to = ((struct hence_feeder *)consumer)->to;
    return to ? &to->waitable : NULL;
}

static const struct hence_part as_future_part = {
    .owner = owner,
    .deliver = deliver,
    .waits_instead = waits_instead,
};

hence_future *hence_deferred_as_future_at(const char *site, hence_loop *loop, hence_deferred *d)
{
    hence_promise *to;
    hence_future *f = hence_future_new_at(site, loop, &to);
    struct hence_feeder *feeder = f && d ? hence_memory_get(sizeof *feeder) : NULL;
    hence_result r = hence_chain(d);
    if (!feeder) {
        if (f)
            hence_resolve_at(NULL, to, hence_fail_static(HENCE_ENOMEM));
        hence_drop(r);
        return f;
    }
    struct hence_waitable *from = hence_chained(&r);
    *feeder = (struct hence_feeder){{&as_future_part}, from, to};
    if (from->consumer.part->take(from, &feeder->consumer, &r))
        deliver(&feeder->consumer, &r);
    else
        hence_future_set_feeder(feeder);
    return f;
}

hence_deferred *hence_deferred_from_future_at(const char *site, hence_future *f)
{
    static const char what[] = "hence_deferred_from_future()";
    if (f && !hence_future_is_here_at(f, what, site))
        return hence_deferred_succeed_at(site, hence_loop_refusal_at(-EPERM, what, site));
    return hence_deferred_succeed_at(site, hence_chain_future(hence_future_ref(f)));
}

hence_result hence_loop_run_until_complete_deferred(hence_loop *loop, hence_deferred *d)
{
    int error = hence_loop_can_run(loop);
    if (error) {
        hence_deferred_unref(d);
        return hence_loop_refusal_at(error, "running the loop", NULL);
    }
    hence_future *f = hence_deferred_as_future_at(hence_deferred_site(d), loop, d);
    hence_result r = hence_loop_run_until_complete(loop, f);
    hence_future_unref(f);
    return r;
}
