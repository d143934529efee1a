/* SPDX-License-Identifier: BSD-3-Clause */
/* How a Deferred begins and ends, and what is bound to it. */
#include "deferred/deferred.h"

#include <errno.h>

#include "base/memory.h"
#include "base/report.h"
#include "base/thread.h"
#include "value/failure.h"

struct bound {
    struct bound *next;
    hence_drop_fn *destroy;
    void *p;
    size_t size; /* of this record, with the memory of hence_deferred_alloc() behind it */
};

/* ---- made ---- */

static inline void deferred_init(struct hence_deferred *d, const char *site, uint32_t state)
{
    d->waitable.consumer.part = &hence_deferred_part;
    d->waitable.slot = hence_none();
    d->consumer = NULL;
    d->site = site;
    d->references = 1;
    d->state = state;
#ifdef HENCE_LEDGER
    d->thread = hence_thread();
#endif
    HENCE_COUNT(DEFERREDS_MADE);
}

static bool add_cold(struct hence_deferred *d)
{
    struct cold *cold = hence_memory_get(sizeof *cold);
    if (!cold)
        return false;
    *cold = (struct cold){.site = d->site};
    d->cold = cold;
    d->state |= STATE_COLD;
    return true;
}

static struct hence_deferred *deferred_new(const char *site, uint32_t state)
{
    struct hence_deferred *d = hence_memory_get(sizeof *d);
    if (!d)
        return NULL;
    deferred_init(d, site, state);
    if (HENCE_UNLIKELY(hence_debugging_is_on()))
        add_cold(d); /* without it, it does not remember where it was resolved */
    return d;
}

/* All but what there is memory at hand for. */
static HENCE_NOINLINE hence_deferred *new_rarely(const char *site, hence_promise **producer)
{
    struct hence_deferred *d = deferred_new(site, STATE_PROMISE);
    if (d)
        HENCE_COUNT(PROMISES_MADE);
    if (producer)
        *producer = (hence_promise *)d;
    else
        hence_abandon((hence_promise *)d);
    return d;
}

hence_deferred *hence_deferred_new_at(const char *site, hence_promise **producer)
{
    if (HENCE_UNLIKELY(!producer || hence_debugging_is_on() ||
                       !hence_memory_is_at_hand(sizeof(struct hence_deferred))))
        return new_rarely(site, producer);
    struct hence_deferred *d = hence_memory_get_at_hand(sizeof *d);
    deferred_init(d, site, STATE_PROMISE);
    HENCE_COUNT(PROMISES_MADE);
    *producer = (hence_promise *)d;
    return d;
}

hence_deferred *hence_deferred_succeed_at(const char *site, hence_result r)
{
    struct hence_deferred *d = deferred_new(site, 0);
    if (d)
        hence_deferred_start(d, r);
    else
        hence_drop(r);
    return d;
}

hence_deferred *hence_deferred_fail_at(const char *site, hence_result r)
{
    if (!hence_is_failure(&r)) {
        hence_report_misuse_at(site,
                               "hence_deferred_fail() was given something that is not a failure");
        hence_drop(r);
        r = hence_refuse_at(site, "hence_deferred_fail() of something that is not a failure");
    }
    return hence_deferred_succeed_at(site, r);
}

/* ---- held ---- */

#ifdef HENCE_LEDGER
bool hence_deferred_wrong_thread(const struct hence_deferred *d)
{
    if (!d || d->thread == hence_thread() || hence_thread_is_from_before_fork(d->thread))
        return false; /* of those from before a fork the child has a copy, and one thread for all of them */
    hence_report report = {
        .kind = HENCE_REPORT_WRONG_THREAD,
        .message = "a Deferred was used on another thread than the one that made it",
        .made = hence_deferred_site(d),
    };
    hence_report_send(&report, NULL, NULL);
    return true;
}
#endif

hence_deferred *hence_deferred_ref(hence_deferred *d)
{
    if (!d || hence_deferred_wrong_thread(d))
        return NULL;
    d->references++;
    return d;
}

static void end_slowly(struct hence_deferred *d);

static inline void end(struct hence_deferred *d)
{
    const uint32_t unusual = STATE_PROMISE | STATE_TO_PROMISE | STATE_ONE_STEP | STATE_BLOCKS |
                             STATE_LOST_STEP | STATE_COLD;
    if (HENCE_UNLIKELY((d->state & unusual) || hence_owns(&d->waitable.slot))) {
        end_slowly(d);
        return;
    }
    HENCE_COUNT(DEFERREDS_ENDED);
    hence_memory_put(d, sizeof *d);
}

hence_deferred *hence_deferred_unref(hence_deferred *d)
{
    if (HENCE_LIKELY(d && !hence_deferred_wrong_thread(d))) {
        const uint32_t unusual = STATE_PAUSES | STATE_RUNNING | STATE_CANCELLING;
        const uint32_t references = --d->references;
        if (HENCE_UNLIKELY((d->state & (STATE_RESULT | unusual)) != STATE_RESULT))
            hence_deferred_settle(d);
        else if (!references)
            end(d);
    }
    return NULL;
}

void hence_deferred_forget(hence_deferred *d)
{
    if (!d || hence_deferred_wrong_thread(d))
        return;
    d->state |= STATE_QUIET;
    hence_steps_drop(d);
    hence_waitable_cancel(&d->waitable);
    hence_deferred_unref(d);
}

const char *hence_deferred_site(const hence_deferred *d)
{
    if (!d)
        return NULL;
    return d->state & STATE_COLD ? d->cold->site : d->site;
}

const char *hence_deferred_resolved_site(const hence_deferred *d)
{
    return d && (d->state & STATE_COLD) ? d->cold->resolved : NULL;
}

/* ---- bound ---- */

static int bind_record(struct hence_deferred *d, struct bound *bound)
{
    if (!(d->state & STATE_COLD) && !add_cold(d))
        return -ENOMEM;
    bound->next = d->cold->bound;
    d->cold->bound = bound;
    HENCE_COUNT(BOUND_MADE);
    return 0;
}

static struct bound *bound_new(struct hence_deferred *d, size_t extra)
{
    /* a multiple of 16, so that the memory is aligned for anything */
    const size_t size = (sizeof(struct bound) + extra + 15) & ~(size_t)15;
    if (size < extra)
        return NULL;
    struct bound *bound = hence_memory_get_zeroed(size);
    if (!bound)
        return NULL;
    bound->size = size;
    if (bind_record(d, bound) == 0)
        return bound;
    hence_memory_put(bound, size);
    return NULL;
}

int hence_deferred_bind(hence_deferred *d, void *p, hence_drop_fn *destroy)
{
    if (!destroy)
        return -EINVAL;
    struct bound *bound = d && !hence_deferred_wrong_thread(d) ? bound_new(d, 0) : NULL;
    if (!bound) {
        destroy(p);
        return -ENOMEM;
    }
    bound->destroy = destroy;
    bound->p = p;
    return 0;
}

void *hence_deferred_alloc(hence_deferred *d, size_t size, hence_drop_fn *destroy)
{
    struct bound *bound = d && !hence_deferred_wrong_thread(d) ? bound_new(d, size) : NULL;
    if (!bound)
        return NULL;
    bound->destroy = destroy;
    bound->p = bound + 1;
    return bound->p;
}

static void destroy_bound(struct hence_deferred *d)
{
    while (d->cold->bound) {
        struct bound *bound = d->cold->bound;
        d->cold->bound = bound->next;
        if (bound->destroy)
            bound->destroy(bound->p);
        HENCE_COUNT(BOUND_ENDED);
        hence_memory_put(bound, bound->size);
    }
    struct cold *cold = d->cold;
    d->site = cold->site;
    d->state &= ~(uint32_t)STATE_COLD;
    hence_memory_put(cold, sizeof *cold);
}

/* ---- ended ---- */

static void report_unhandled(const struct hence_deferred *d, const hence_result *r)
{
    const hence_failure *failure = hence_as_failure(r);
    if (HENCE_LIKELY(!failure) || (d->state & STATE_QUIET) || hence_failure_is_cancelled(failure))
        return;
    hence_report report = {
        .kind = HENCE_REPORT_UNHANDLED,
        .message = "unhandled failure in a Deferred",
        .failure = failure,
        .made = hence_deferred_site(d),
        .resolved = hence_deferred_resolved_site(d),
    };
    hence_report_failure(&report, NULL, NULL);
}

/* Deferreds that are abandoned because the one that should have resolved them ended: a list, linked
 * through their slots, so that a long row of them needs no stack. */
static _Thread_local struct hence_deferred *abandoned;
static _Thread_local bool abandoning;

static void abandon(hence_promise *p)
{
    struct hence_deferred *d = hence_deferred_of(&p->waitable);
    if (!hence_deferred_is(&p->waitable) || (d->state & (STATE_RESULT | STATE_WAITING))) {
        p->waitable.consumer.part->keep(&p->waitable, false);
        hence_abandon(p);
        return;
    }
    HENCE_COUNT(PROMISES_ENDED);
    d->state &= ~(uint32_t)(STATE_PROMISE | STATE_IS_FED | STATE_CANCELLER);
    d->state |= STATE_RESULT | STATE_RUNNING; /* nobody looks at the slot of one that runs */
    d->waitable.slot = (hence_result){HENCE_KIND_NONE, (uint64_t)(uintptr_t)abandoned};
    abandoned = d;
    if (abandoning)
        return;
    abandoning = true;
    while (abandoned) {
        struct hence_deferred *next = abandoned;
        abandoned = (struct hence_deferred *)(uintptr_t)next->waitable.slot.word;
        next->waitable.slot = hence_fail_static(HENCE_EABANDONED);
        next->state &= ~(uint32_t)STATE_RUNNING;
        if (hence_deferred_can_run(next))
            hence_deferred_run(next);
        else
            hence_deferred_settle(next);
    }
    abandoning = false;
}

void hence_deferred_unstick(struct hence_deferred *d)
{
    d->state = (d->state & ~STATE_PAUSES) | STATE_RUNNING;
    hence_steps_drop(d);
    hence_result r = hence_take(&d->waitable.slot);
    d->waitable.slot = hence_fail_static(HENCE_EABANDONED);
    report_unhandled(d, &r);
    hence_drop(r);
}

/* Nobody holds `d` any more, and it has its result: there will be no further step. Its promise may
 * still be out, after a cancellation that did not stop the operation; then only the shell stays. */
static HENCE_NOINLINE void end_slowly(struct hence_deferred *d)
{
    d->state |= STATE_RUNNING; /* held, whatever the destructors below do */
    hence_steps_drop(d);       /* there are some only if it was paused */
    if (HENCE_UNLIKELY(d->state & STATE_TO_PROMISE)) {
        d->state &= ~STATE_CONSUMERS;
        abandon((hence_promise *)d->consumer);
    }
    hence_result r = hence_take(&d->waitable.slot);
    report_unhandled(d, &r);
    if (d->state & STATE_COLD)
        destroy_bound(d);
    hence_drop(r);
    d->state &= ~(uint32_t)STATE_RUNNING;
    if (d->references) /* a destructor took a reference again: it is an empty Deferred now */
        return;
    if (!(d->state & STATE_PROMISE)) {
        HENCE_COUNT(DEFERREDS_ENDED);
        hence_memory_put(d, sizeof *d);
    }
}

void hence_deferred_end(struct hence_deferred *d)
{
    end(d);
}
