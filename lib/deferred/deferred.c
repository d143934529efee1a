/* SPDX-License-Identifier: BSD-3-Clause */
/* What a program does with a Deferred: add steps, chain, pause, cancel; and its promise's part. */
#include "deferred/deferred.h"

#include <errno.h>

#include "base/memory.h"
#include "base/report.h"

/* ---- steps ---- */

/* NULL is the out-of-memory Deferred: every errback runs at once, and no callback. */
static HENCE_NOINLINE int add_to_nothing(hence_step *on_error, void *arg)
{
    if (on_error) {
        hence_result in = hence_fail_static(HENCE_ENOMEM);
        const hence_result before = in;
        hence_result out = on_error(&in, arg);
        if (out.kind != before.kind || out.word != before.word) {
            hence_drop(out);
            hence_drop(in);
        } else {
            hence_drop_left_behind(&in, &before);
        }
    }
    return -ENOMEM;
}

static HENCE_NOINLINE int refuse_no_step(void)
{
    hence_report_misuse("a step needs a callback or an errback");
    return -EINVAL;
}

/* There is a result, or a consumer. */
static HENCE_NOINLINE int add_late(hence_deferred *d, hence_step *on_value, hence_step *on_error,
                                   void *arg)
{
    int error = hence_steps_push(d, &(struct step){on_value, on_error, arg});
    hence_deferred_go_on(d);
    return error;
}

static inline int add_step(hence_deferred *d, hence_step *on_value, hence_step *on_error, void *arg)
{
    if (HENCE_UNLIKELY(hence_deferred_wrong_thread(d)))
        return -EPERM;
    if (HENCE_LIKELY(hence_steps_only_wait(d->state)))
        return hence_steps_append(d, on_value, on_error, arg);
    return add_late(d, on_value, on_error, arg);
}

static inline int add(hence_deferred *d, hence_step *on_value, hence_step *on_error, void *arg)
{
    if (HENCE_UNLIKELY(!on_value && !on_error))
        return refuse_no_step();
    if (HENCE_UNLIKELY(!d))
        return add_to_nothing(on_error, arg);
    return add_step(d, on_value, on_error, arg);
}

int hence_deferred_add_callbacks(hence_deferred *d, hence_step *on_value, hence_step *on_error,
                                 void *arg)
{
    return add(d, on_value, on_error, arg);
}

int hence_deferred_add_callback(hence_deferred *d, hence_step *on_value, void *arg)
{
    return add(d, on_value, NULL, arg);
}

int hence_deferred_add_errback(hence_deferred *d, hence_step *on_error, void *arg)
{
    return add(d, NULL, on_error, arg);
}

int hence_deferred_add_both(hence_deferred *d, hence_step *step, void *arg)
{
    return add(d, step, step, arg);
}

int hence_deferred_add_in_out(hence_deferred *d, hence_step_in_out *step, void *arg)
{
    if (!step)
        return refuse_no_step();
    if (!d) {
        hence_result r = hence_fail_static(HENCE_ENOMEM);
        step(&r, arg);
        hence_drop(r);
        return -ENOMEM;
    }
    if (HENCE_UNLIKELY(hence_deferred_wrong_thread(d)))
        return -EPERM;
    d->state |= STATE_SPECIAL;
    return add_step(d, (hence_step *)hence_step_in_out_mark, (hence_step *)(void (*)(void))step,
                    arg);
}

/* ---- chains ---- */

hence_result hence_chain(hence_deferred *d)
{
    return d ? hence_chain_to(&d->waitable) : hence_fail_static(HENCE_ENOMEM);
}

/* Would `d`, by resolving `target`, wait for itself? Then somebody will resolve `d` who waits for
 * `target`, or will be resolved by it. */
static bool feeds_itself(const struct hence_deferred *d, const struct hence_waitable *target)
{
    if (target == &d->waitable)
        return true;
    return (d->state & (STATE_WAITING | STATE_IS_FED)) &&
           hence_deferred_leads_to(target, &d->waitable);
}

int hence_deferred_chain(hence_deferred *d, hence_promise *p)
{
    if (!p)
        return -EINVAL;
    if (!d) {
        hence_resolve_at(NULL, p, hence_fail_static(HENCE_ENOMEM));
        return 0;
    }
    if (d->state & STATE_TAKEN) {
        hence_resolve_at(NULL, p, hence_fail_static(HENCE_ETAKEN));
        return -EBUSY;
    }
    if (hence_deferred_is(&p->waitable) &&
        !hence_deferred_swallows(hence_deferred_of(&p->waitable)) &&
        feeds_itself(d, &p->waitable)) {
        hence_resolve_at(NULL, p, hence_fail_static(HENCE_EDEADLK));
        return 0;
    }
    d->state |= STATE_TAKEN;
    if (hence_deferred_can_run(d)) {
        hence_resolve_at(hence_deferred_resolved_site(d), p, hence_take(&d->waitable.slot));
        return 0;
    }
    d->consumer = &p->waitable.consumer;
    d->state |= STATE_TO_PROMISE;
    p->waitable.consumer.part->keep(&p->waitable, true);
    return 0;
}

hence_result hence_deferred_take(hence_deferred *d)
{
    if (!d)
        return hence_fail_static(HENCE_ENOMEM);
    if (d->state & STATE_TAKEN)
        return hence_fail_static(HENCE_ETAKEN);
    if (!hence_deferred_can_run(d))
        return hence_fail_static(HENCE_EPENDING);
    d->state |= STATE_TAKEN;
    return hence_take(&d->waitable.slot);
}

/* ---- pause ---- */

int hence_deferred_pause(hence_deferred *d)
{
    if (!d)
        return -ENOMEM;
    if (hence_deferred_wrong_thread(d))
        return -EPERM;
    if ((d->state & STATE_PAUSES) == STATE_PAUSES)
        return -EOVERFLOW;
    d->state += STATE_PAUSE;
    return 0;
}

int hence_deferred_unpause(hence_deferred *d)
{
    if (!d)
        return -ENOMEM;
    if (hence_deferred_wrong_thread(d))
        return -EPERM;
    if (!(d->state & STATE_PAUSES)) {
        hence_report_misuse("hence_deferred_unpause() of a Deferred that is not paused");
        return -EINVAL;
    }
    d->state -= STATE_PAUSE;
    hence_deferred_go_on(d);
    return 0;
}

/* ---- state ---- */

hence_deferred_state hence_deferred_get_state(const hence_deferred *d)
{
    if (!d)
        return HENCE_DEFERRED_DONE;
    if (d->state & STATE_WAITING)
        return HENCE_DEFERRED_WAITING;
    if (!(d->state & STATE_RESULT))
        return HENCE_DEFERRED_PENDING;
    if (d->state & STATE_RUNNING)
        return HENCE_DEFERRED_RUNNING;
    return d->state & STATE_PAUSES ? HENCE_DEFERRED_PAUSED : HENCE_DEFERRED_DONE;
}

/* ---- cancel ---- */

int hence_deferred_cancel(hence_deferred *d)
{
    if (!d)
        return -ENOMEM;
    if (hence_deferred_wrong_thread(d))
        return -EPERM;
    return hence_waitable_cancel(&d->waitable);
}

static void promise_ended(struct hence_deferred *d)
{
    d->state &= ~(uint32_t)STATE_PROMISE;
    HENCE_COUNT(PROMISES_ENDED);
}

static int cancel_part(struct hence_waitable *self)
{
    struct hence_deferred *d = hence_deferred_of(self);
    bool stopped = false;

    if (d->state & (STATE_RESULT | STATE_CANCELLING))
        return -EALREADY;
    d->state |= STATE_CANCELLING;
    if (d->state & STATE_CANCELLER) {
        hence_result slot = hence_take(&d->waitable.slot);
        hence_canceller *canceller = (hence_canceller *)(uintptr_t)slot.kind;
        d->state &= ~(uint32_t)STATE_CANCELLER;
        stopped = canceller((hence_promise *)d, (void *)(uintptr_t)slot.word);
    }
    d->state &= ~(uint32_t)STATE_CANCELLING;
    if (!(d->state & (STATE_RESULT | STATE_WAITING))) {
        if (stopped && (d->state & (STATE_PROMISE | STATE_IS_FED)) == STATE_PROMISE)
            promise_ended(d);
        hence_deferred_start(d, hence_fail_static(HENCE_ECANCELLED));
    } else {
        hence_deferred_settle(d); /* the canceller resolved it: that decided */
    }
    return 0;
}

/* ---- as a promise ---- */

static void abandon_part(struct hence_waitable *self)
{
    struct hence_deferred *d = hence_deferred_of(self);
    const uint32_t by_canceller = STATE_PROMISE | STATE_CANCELLING;
    if ((d->state & (by_canceller | STATE_RESULT | STATE_WAITING)) != by_canceller)
        hence_deferred_resolve(self, hence_fail_static(HENCE_EABANDONED), NULL);
    else if (!(d->state & STATE_IS_FED))
        promise_ended(d); /* the operation has stopped */
}

static void on_cancel_part(struct hence_waitable *self, hence_canceller *canceller, void *arg)
{
    struct hence_deferred *d = hence_deferred_of(self);
    if (hence_deferred_wrong_thread(d) ||
        (d->state & (STATE_RESULT | STATE_WAITING | STATE_CANCELLING)))
        return;
    d->waitable.slot = (hence_result){(uint64_t)(uintptr_t)canceller, (uint64_t)(uintptr_t)arg};
    if (canceller)
        d->state |= STATE_CANCELLER;
    else
        d->state &= ~(uint32_t)STATE_CANCELLER;
}

static void keep_part(struct hence_waitable *self, bool is_kept)
{
    if (is_kept)
        hence_deferred_of(self)->state |= STATE_IS_FED;
    else
        hence_deferred_of(self)->state &= ~(uint32_t)STATE_IS_FED;
}

static bool is_wanted_part(const struct hence_waitable *self)
{
    const struct hence_deferred *d = (const struct hence_deferred *)self;
    return !(d->state & (STATE_RESULT | STATE_WAITING | STATE_CANCELLING));
}

/* ---- as a waitable ---- */

static struct hence_waitable *waits_for_part(const struct hence_waitable *self)
{
    const struct hence_deferred *d = (const struct hence_deferred *)self;
    return d->state & STATE_WAITING ? hence_chained(&d->waitable.slot) : NULL;
}

/* Is the consumer of `d` a promise whose Deferred will swallow what `d` gives? */
static bool feeds_nobody(const struct hence_deferred *d)
{
    const struct hence_waitable *to = (const struct hence_waitable *)d->consumer;
    return (d->state & STATE_TO_PROMISE) && hence_deferred_is(to) &&
           hence_deferred_swallows((const struct hence_deferred *)to);
}

static struct hence_consumer *waiter_part(const struct hence_waitable *self)
{
    const struct hence_deferred *d = (const struct hence_deferred *)self;
    return (d->state & STATE_CONSUMERS) && !feeds_nobody(d) ? d->consumer : NULL;
}

static struct hence_waitable *owner_part(struct hence_consumer *self)
{
    return (struct hence_waitable *)self;
}

static void unref_part(struct hence_waitable *self)
{
    hence_deferred_unref(hence_deferred_of(self));
}

const struct hence_part hence_deferred_part = {
    .resolve = hence_deferred_resolve,
    .abandon = abandon_part,
    .on_cancel = on_cancel_part,
    .is_wanted = is_wanted_part,
    .keep = keep_part,
    .take = hence_deferred_take_part,
    .hand_on = hence_deferred_hand_on,
    .waits_for = waits_for_part,
    .cancel = cancel_part,
    .unref = unref_part,
    .waiter = waiter_part,
    .owner = owner_part,
    .deliver = hence_deferred_deliver,
    .takes_untold = true,
    .waits_instead = hence_deferred_waits_instead,
};
