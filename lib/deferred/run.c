/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Results on their way through chains: in constant C stack, however many Deferreds wait for each
 * other.
 *
 * hence_deferred_run() runs the steps of one Deferred. Where its consumer is another Deferred, that
 * one gets the result and is run next, before what is left of the first one (rule 18), which is set
 * aside on a list that goes through the slots of those that have given their result away. So the C
 * stack holds one run, at any depth. Only a step that itself resolves some promise starts a run
 * within a run, as any call does.
 *
 * Rules of what is waited for:
 *   - whoever waits holds a reference to what it waits for, and is kept alive by it in turn;
 *   - a Deferred that runs is not ready: who chains to it waits for its final value (rule 31);
 *   - pauses belong to the user, waits to the chain; neither undoes the other (rules 28 to 30).
 */
#include "deferred/deferred.h"

#include <errno.h>

#include "base/memory.h"
#include "base/report.h"

/* ---- the consumer ---- */

static struct hence_consumer *detach_consumer(struct hence_deferred *d)
{
    struct hence_consumer *consumer = d->consumer;
    d->consumer = NULL;
    d->state &= ~(STATE_CONSUMERS | STATE_MARKED);
    return consumer;
}

/* `outer`, which waits, has its result. */
static void receive(struct hence_deferred *outer, hence_result r)
{
    outer->waitable.slot = r;
    outer->state = (outer->state & ~(uint32_t)STATE_WAITING) | STATE_RESULT;
    if (HENCE_UNLIKELY(outer->state & STATE_KEPT)) {
        /* the input of the step that returned the chain has lived until its outcome was known */
        hence_result kept = outer->kept;
        outer->state &= ~(uint32_t)STATE_KEPT;
        outer->state |= STATE_RUNNING; /* held: the destructor may let go of anything */
        hence_drop(kept);
        outer->state &= ~(uint32_t)STATE_RUNNING;
    }
}

/* Gives the result of `d`, which runs, to its consumer. Returns the Deferred that is to run next
 * because of it, or NULL. */
static struct hence_deferred *serve(struct hence_deferred *d)
{
    uint32_t to = d->state & STATE_CONSUMERS;
    struct hence_consumer *consumer = detach_consumer(d);
    hence_result r = hence_take(&d->waitable.slot);

    if (HENCE_UNLIKELY(to == STATE_TO_OTHER)) {
        d->references--;
        /* through combinators, as long as each of them has a result because of this one */
        while ((consumer = consumer->part->deliver(consumer, &r)) &&
               consumer->part != &hence_deferred_part)
            ;
        if (!consumer)
            return NULL;
        r = hence_receive(r);
        to = STATE_TO_DEFERRED;
    } else if (to == STATE_TO_DEFERRED) {
        d->references--;
    }
    struct hence_deferred *next = hence_deferred_of((struct hence_waitable *)consumer);
    if (to == STATE_TO_DEFERRED) {
        receive(next, r);
    } else if (hence_deferred_is(&next->waitable)) {
        next->state &= ~(uint32_t)(STATE_PROMISE | STATE_IS_FED);
        HENCE_COUNT(PROMISES_ENDED);
        if (next->state & (STATE_RESULT | STATE_WAITING)) { /* cancelled meanwhile */
            hence_drop(r);
            hence_deferred_settle(next);
            return NULL;
        }
        next->waitable.slot = r;
        next->state = (next->state & ~(uint32_t)STATE_CANCELLER) | STATE_RESULT;
        if (HENCE_UNLIKELY(next->state & STATE_COLD))
            next->cold->resolved = hence_deferred_resolved_site(d);
    } else {
        hence_promise *promise = (hence_promise *)consumer;
        consumer->part->keep(&promise->waitable, false);
        hence_resolve_at(hence_deferred_resolved_site(d), promise, r);
        return NULL;
    }
    if (hence_deferred_can_run(next)) {
        next->state |= STATE_RUNNING; /* from now on: nobody else may start it */
        return next;
    }
    if (hence_deferred_is_stuck(next)) {
        hence_deferred_unstick(next);
        return next;
    }
    hence_deferred_settle(next);
    return NULL;
}

/* ---- waiting ---- */

static void attach_consumer(struct hence_deferred *d, struct hence_consumer *consumer, uint32_t to)
{
    d->consumer = consumer;
    d->state |= to | STATE_TAKEN;
}

/* Is the result of `d` there for the taking? */
static inline bool is_done(const struct hence_deferred *d)
{
    return hence_deferred_can_run(d);
}

static inline bool is_paused_with_result(const struct hence_deferred *d)
{
    return (d->state & STATE_PAUSES) &&
           (d->state & (STATE_RESULT | STATE_RUNNING | STATE_CANCELLING)) == STATE_RESULT;
}

/* The result of `inner` for who wants to wait for it, if that need not wait; its reference goes. */
static bool take_now(struct hence_deferred *inner, hence_result *out)
{
    if (HENCE_UNLIKELY(inner->state & STATE_TAKEN)) {
        *out = hence_fail_static(HENCE_ETAKEN);
    } else if (is_done(inner)) {
        inner->state |= STATE_TAKEN;
        *out = hence_take(&inner->waitable.slot);
    } else if (HENCE_UNLIKELY(inner->references == 1 && is_paused_with_result(inner))) {
        *out = hence_fail_static(HENCE_EABANDONED); /* nobody can unpause it: it ends below */
    } else {
        return false;
    }
    hence_deferred_unref(inner);
    return true;
}

bool hence_deferred_take_part(struct hence_waitable *self, struct hence_consumer *consumer,
                              hence_result *out)
{
    struct hence_deferred *inner = hence_deferred_of(self);
    if (take_now(inner, out))
        return true;
    attach_consumer(inner, consumer, STATE_TO_OTHER);
    return false;
}

void hence_deferred_hand_on(struct hence_waitable *self, struct hence_consumer *consumer)
{
    struct hence_deferred *inner = hence_deferred_of(self);
    inner->consumer = consumer;
    inner->state = (inner->state & ~STATE_CONSUMERS) |
                   (consumer->part == &hence_deferred_part ? STATE_TO_DEFERRED : STATE_TO_OTHER);
}

void hence_deferred_waits_instead(struct hence_consumer *self, struct hence_waitable *waitable)
{
    ((struct hence_deferred *)self)->waitable.slot = hence_chain_to(waitable);
}

/* Would `d`, by waiting for `waitable`, wait for itself? Only if somebody waits for `d`. */
static bool closes_circle(struct hence_deferred *d, struct hence_waitable *waitable)
{
    struct hence_waitable *last;
    if (waitable == &d->waitable)
        return true;
    if (!(d->state & STATE_CONSUMERS))
        return false;
    if (hence_waitable_waits_for(waitable, &d->waitable, &last))
        return true;
    /* the last one waits for many, or will be resolved by another Deferred, or `d` by many: is `d` below? */
    bool goes_on = last->consumer.part->cancel_each != NULL;
    if (hence_deferred_is(last) && (hence_deferred_of(last)->state & STATE_IS_FED))
        goes_on = !hence_deferred_swallows(hence_deferred_of(last));
    if (d->state & STATE_TO_OTHER) {
        const struct hence_waitable *owner = hence_consumer_leads_to(d->consumer);
        goes_on = goes_on || (owner && owner->consumer.part->next_behind);
    }
    if (goes_on)
        return hence_deferred_leads_to(&d->waitable, last);
    /* a Future, which may be resolved because of another one that waits for a row of Deferreds */
    struct hence_search search = {.to = last, .steps = 100, .branches = 100};
    return !hence_deferred_is(last) && hence_waitable_leads_to(&d->waitable, &search);
}

/* A Deferred with nothing left to do but to hand on what it waits for, held by its consumer alone,
 * is cut out: an endless tail loop runs in constant memory. */
static bool can_be_cut_out(const struct hence_deferred *d)
{
    const uint32_t in_the_way = STATE_PROMISE | STATE_CANCELLING | STATE_QUIET | STATE_TO_PROMISE |
                                STATE_ONE_STEP | STATE_BLOCKS | STATE_KEPT | STATE_LOST_STEP |
                                STATE_LOST_LATER | STATE_COLD | STATE_PAUSES;
    return d->references == 1 && (d->state & (STATE_TO_DEFERRED | STATE_TO_OTHER)) &&
           !(d->state & in_the_way) && d->consumer->part->waits_instead;
}

static void cut_out(struct hence_deferred *d, struct hence_waitable *waitable)
{
    struct hence_consumer *consumer = detach_consumer(d);
    waitable->consumer.part->hand_on(waitable, consumer);
    consumer->part->waits_instead(consumer, waitable);
    d->waitable.slot = hence_none();
    d->state = (d->state & ~(uint32_t)(STATE_WAITING | STATE_RUNNING)) | STATE_RESULT;
    d->references = 0;
    hence_deferred_settle(d);
}

/* What a step of `d`, or the one who resolved it, gave as the result is a chain: take its result
 * into the slot if it is there, and return true. Otherwise wait for it, keep `input`, and return
 * false: `d` may be gone then. */
static bool resolve_chain(struct hence_deferred *d, hence_result chain, hence_result input)
{
    struct hence_waitable *waitable = hence_chained(&chain);
    hence_result r;

    if (HENCE_UNLIKELY(closes_circle(d, waitable))) {
        waitable->consumer.part->unref(waitable);
        d->waitable.slot = hence_fail_static(HENCE_EDEADLK);
        hence_drop(input);
        return true;
    }
    bool ready = false;
    if (HENCE_LIKELY(hence_deferred_is(waitable))) {
        struct hence_deferred *inner = hence_deferred_of(waitable);
        ready = take_now(inner, &r);
        if (!ready)
            attach_consumer(inner, &d->waitable.consumer, STATE_TO_DEFERRED);
    } else {
        ready = waitable->consumer.part->take(waitable, &d->waitable.consumer, &r);
        if (ready)
            r = hence_receive(r);
    }
    if (ready) {
        d->waitable.slot = r;
        hence_drop(input);
        return true;
    }
    d->waitable.slot = chain;
    if (hence_owns(&input)) {
        /* there is room: steps that are added while one runs stand in blocks */
        d->kept = input;
        d->state |= STATE_KEPT;
    } else if (d->state & STATE_BLOCKS) {
        hence_steps_fold(d);
    }
    d->state = (d->state & ~(uint32_t)(STATE_RESULT | STATE_RUNNING)) | STATE_WAITING;
    if (can_be_cut_out(d))
        cut_out(d, waitable);
    return false;
}

/* ---- running ---- */

/* One step of a rare kind. Returns true if `*next` is to run before this one goes on. */
static bool special_step(struct hence_deferred *d, const struct step *step,
                         struct hence_deferred **next)
{
    if (step->on_value) {
        hence_step_in_out *in_out = (hence_step_in_out *)(void (*)(void))step->on_error;
        hence_result r = hence_take(&d->waitable.slot);
        HENCE_COUNT(STEPS_ENDED);
        in_out(&r, step->arg);
        d->waitable.slot = r;
        return false;
    }
    if (step->arg == &hence_mark_lost) {
        hence_drop(hence_take(&d->waitable.slot));
        d->waitable.slot = hence_fail_static(HENCE_ENOMEM);
        return false;
    }
    d->state &= ~(uint32_t)STATE_MARKED;
    if (!(d->state & STATE_CONSUMERS))
        return false;
    *next = serve(d);
    return *next != NULL;
}

static inline bool is_special(const struct step *step)
{
    return (!step->on_value && !step->on_error) ||
           step->on_value == (hence_step *)hence_step_in_out_mark;
}

enum progress {
    FINISHED, /* it has no more steps, or is paused, and runs no more */
    LEFT,     /* it waits, or is gone: not to be touched */
    OVERTAKEN /* another one is to run first */
};

/* `out` comes in the place of what the step has left of its input, unless that is passed on. */
static void drop_input(struct hence_deferred *d, hence_result out)
{
    const hence_result in = d->waitable.slot;
    if (out.kind == in.kind && out.word == in.word)
        return;
    d->waitable.slot = out;
    hence_drop(in);
}

/* Runs the steps of `d`, whose state that is, until one of the above. */
static inline enum progress run_steps(struct hence_deferred *d, uint32_t state,
                                      struct hence_deferred **next)
{
    for (;; state = d->state) {
        struct step step;
        if (HENCE_UNLIKELY(state & STATE_PAUSES))
            return FINISHED;
        if (!hence_steps_pop(d, state, &step)) {
            if (HENCE_LIKELY(!(state & (STATE_LOST_STEP | STATE_CONSUMERS))))
                return FINISHED;
            if (HENCE_UNLIKELY(d->state & STATE_LOST_STEP)) {
                d->state &= ~(uint32_t)STATE_LOST_STEP;
                hence_drop(hence_take(&d->waitable.slot));
                d->waitable.slot = hence_fail_static(HENCE_ENOMEM);
            }
            if (d->state & STATE_CONSUMERS) {
                *next = serve(d);
                if (d->state & STATE_LOST_LATER)
                    d->waitable.slot = hence_fail_static(HENCE_ENOMEM);
                d->state &= ~(uint32_t)STATE_LOST_LATER;
                if (*next)
                    return OVERTAKEN;
                continue; /* whoever was served may have added steps */
            }
            return FINISHED;
        }
        hence_step *run = hence_is_failure(&d->waitable.slot) ? step.on_error : step.on_value;
        if (HENCE_UNLIKELY(state & STATE_SPECIAL) && is_special(&step)) {
            if (special_step(d, &step, next))
                return OVERTAKEN;
            if (hence_is_chain(&d->waitable.slot) &&
                !resolve_chain(d, hence_take(&d->waitable.slot), hence_none()))
                return LEFT;
            continue;
        }
        HENCE_COUNT(STEPS_ENDED);
        if (!run)
            continue;

        hence_result out = run(&d->waitable.slot, step.arg);
        if (HENCE_UNLIKELY(out.kind == HENCE_KIND_CHAIN)) {
            if (!resolve_chain(d, out, hence_take(&d->waitable.slot)))
                return LEFT;
        } else if (HENCE_UNLIKELY(hence_owns(&d->waitable.slot))) {
            drop_input(d, out);
        } else {
            d->waitable.slot = out;
        }
    }
}

/* Runs `d`, whose state is to be that, with its result, and then all that follows from it. */
static void run(struct hence_deferred *d, uint32_t state)
{
    struct hence_deferred *aside = NULL;
    for (;; state = d->state | STATE_RUNNING) {
        struct hence_deferred *next = NULL;
        d->state = state;
        enum progress progress = run_steps(d, state, &next);
        if (progress == OVERTAKEN && hence_deferred_has_steps(d)) {
            d->waitable.slot.word = (uint64_t)(uintptr_t)aside; /* its result has gone */
            aside = d;
            d = next;
            continue;
        }
        if (progress != LEFT) {
            d->state &= ~(uint32_t)STATE_RUNNING;
            hence_deferred_settle(d);
        }
        if (HENCE_LIKELY(!next)) {
            if (HENCE_LIKELY(!aside))
                return;
            next = aside;
            aside = (struct hence_deferred *)(uintptr_t)next->waitable.slot.word;
            next->waitable.slot = hence_none();
        }
        d = next;
    }
}

void hence_deferred_run(struct hence_deferred *d)
{
    run(d, d->state | STATE_RUNNING);
}

/* ---- beginning ---- */

/* `d`, which is neither resolved nor running, gets what its promise was resolved with. */
void hence_deferred_start(struct hence_deferred *d, hence_result r)
{
    if (HENCE_UNLIKELY(hence_is_chain(&r))) {
        if (!resolve_chain(d, r, hence_none()))
            return;
    } else {
        d->waitable.slot = r;
    }
    d->state |= STATE_RESULT;
    if (HENCE_LIKELY(!(d->state & STATE_PAUSES)))
        hence_deferred_run(d);
    else
        hence_deferred_settle(d);
}

/* All but a value or a failure for a promise that waits for one. */
static HENCE_NOINLINE int resolve_rarely(struct hence_deferred *d, hence_result r, const char *site)
{
    /* another Deferred holds the promise; only the canceller may still decide, and what comes from there
     * is swallowed then */
    const bool is_fed = d->state & STATE_IS_FED;
    const bool in_canceller =
        (d->state & (STATE_CANCELLING | STATE_RESULT | STATE_WAITING)) == STATE_CANCELLING;
    if (!(d->state & STATE_PROMISE) || (is_fed && !in_canceller)) {
        hence_report report = {
            .kind = HENCE_REPORT_MISUSE,
            .message = "a promise was resolved a second time",
            .made = hence_deferred_site(d),
            .resolved = hence_deferred_resolved_site(d),
            .here = site,
        };
        hence_report_send(&report, NULL, NULL);
        hence_drop(r);
        return -EALREADY;
    }
    if (is_fed) {
        if (d->state & STATE_COLD)
            d->cold->resolved = site;
        hence_deferred_start(d, r);
        return 0;
    }
    HENCE_COUNT(PROMISES_ENDED);
    if (d->state & (STATE_RESULT | STATE_WAITING)) {
        hence_drop(r); /* cancelled meanwhile: nobody wants it */
        d->state &= ~(uint32_t)STATE_PROMISE;
        hence_deferred_settle(d);
    } else {
        d->state &= ~(uint32_t)(STATE_PROMISE | STATE_CANCELLER);
        if (d->state & STATE_COLD)
            d->cold->resolved = site;
        hence_deferred_start(d, r);
    }
    return 0;
}

int hence_deferred_resolve(struct hence_waitable *self, hence_result r, const char *site)
{
    const uint32_t unusual =
        STATE_RESULT | STATE_WAITING | STATE_PAUSES | STATE_COLD | STATE_IS_FED;
    struct hence_deferred *d = hence_deferred_of(self);
    const uint32_t state = d->state;
    if (HENCE_UNLIKELY(hence_deferred_wrong_thread(d))) {
        hence_drop(r);
        return -EPERM;
    }
    if (HENCE_UNLIKELY((state & (STATE_PROMISE | unusual)) != STATE_PROMISE || hence_is_chain(&r)))
        return resolve_rarely(d, r, site);
    HENCE_COUNT(PROMISES_ENDED);
    d->waitable.slot = r;
    run(d, (state & ~(uint32_t)(STATE_PROMISE | STATE_CANCELLER)) | STATE_RESULT | STATE_RUNNING);
    return 0;
}

/* As a consumer of something that is not a Deferred. */
struct hence_consumer *hence_deferred_deliver(struct hence_consumer *self, hence_result *r)
{
    struct hence_deferred *d = (struct hence_deferred *)self;
    /* one that was forgotten has nobody to tell */
    receive(d, d->state & STATE_QUIET ? *r : hence_receive(*r));
    if (hence_deferred_can_run(d))
        hence_deferred_run(d);
    else
        hence_deferred_settle(d);
    return NULL;
}
