/* SPDX-License-Identifier: BSD-3-Clause */
/* A Future's life: made, resolved or cancelled, read, let go. */
#include "future/future.h"

#include <errno.h>

#include "base/memory.h"
#include "base/report.h"
#include "value/failure.h"

/* ---- made ---- */

hence_future *hence_future_new_at(const char *site, hence_loop *loop, hence_promise **producer)
{
    hence_future *f = NULL;
    if (hence_loop_check_at(loop, "making a Future", site) == 0)
        f = hence_memory_get(sizeof *f);
    if (producer)
        *producer = (hence_promise *)f;
    if (!f)
        return NULL;
    hence_future_begin(f, site, loop);
    if (!producer)
        hence_abandon((hence_promise *)f);
    return f;
}

hence_future *hence_future_succeed_at(const char *site, hence_loop *loop, hence_result r)
{
    hence_promise *promise;
    hence_future *f = hence_future_new_at(site, loop, &promise);
    if (f)
        hence_resolve_at(NULL, promise, r);
    else
        hence_drop(r);
    return f;
}

hence_future *hence_future_fail_at(const char *site, hence_loop *loop, hence_result r)
{
    if (!hence_is_failure(&r)) {
        hence_report_misuse_at(site,
                               "hence_future_fail() was given something that is not a failure");
        hence_drop(r);
        r = hence_refuse_at(site, "hence_future_fail() of something that is not a failure");
    }
    return hence_future_succeed_at(site, loop, r);
}

/* ---- held ---- */

hence_future *hence_future_ref(hence_future *f)
{
    if (!f || !hence_future_is_here(f, "hence_future_ref()"))
        return NULL;
    f->references++;
    return f;
}

void hence_future_report_lost(hence_future *f)
{
    if (f->state & FUTURE_LOOKED_AT)
        return;
    const hence_failure *failure = hence_as_failure(&f->waitable.slot);
    const bool is_news = failure && !hence_failure_is_cancelled(failure) &&
                         !(f->loop->closed && hence_failure_is_of_closing(failure));
    if (is_news)
        hence_loop_report(f->loop, &(hence_report){
                                       .kind = HENCE_REPORT_NEVER_RETRIEVED,
                                       .message = "the failure of a Future was never retrieved",
                                       .failure = failure,
                                       .made = f->site,
                                   });
}

/* That of a larger record. */
static void end_record(hence_future *f)
{
    if (f->state & FUTURE_RETURNABLE) {
        hence_returnable_end(f);
        return;
    }
    struct hence_future_record *record = (struct hence_future_record *)f;
    hence_future_report_lost(f);
    hence_loop *loop = f->loop;
    hence_result r = f->waitable.slot;
    HENCE_COUNT(FUTURES_ENDED);
    record->free(record);
    hence_drop(r);
    hence_loop_undepend(loop);
}

void hence_future_try_end(hence_future *f)
{
    const uint32_t held = FUTURE_PROMISE | FUTURE_WAITING | FUTURE_CANCELLING | FUTURE_QUEUED;
    /* both into variables, as in hence_deferred_settle() */
    const uint32_t state = f->state, references = f->references;
    if (state & held)
        return;
    if (references)
        return;
    if (HENCE_UNLIKELY(state & (FUTURE_RETURNABLE | FUTURE_RECORD))) {
        end_record(f);
        return;
    }
    hence_future_report_lost(f);
    hence_loop *loop = f->loop;
    hence_result r = f->waitable.slot;
    HENCE_COUNT(FUTURES_ENDED);
    hence_memory_put(f, sizeof *f);
    hence_drop(r);
    hence_loop_undepend(loop);
}

hence_future *hence_future_unref(hence_future *f)
{
    if (f && hence_future_is_here(f, "hence_future_unref()")) {
        f->references--;
        hence_future_try_end(f);
    }
    return NULL;
}

/* One that is done is queued like those with listeners, which needs no memory; one that is not will be. */
hence_future *hence_future_lend(hence_future *f)
{
    if (!f || !hence_future_is_here(f, "hence_future_lend()"))
        return NULL;
    if (f->state & FUTURE_LENT) {
        f->references--;
        return f;
    }
    const uint32_t state = f->state;
    if (HENCE_UNLIKELY((state & FUTURE_DONE) && f->loop->closed)) /* no turn will come */
        return hence_future_unref(f);
    f->state |= FUTURE_LENT;
    if ((state & (FUTURE_DONE | FUTURE_QUEUED)) == FUTURE_DONE)
        hence_future_tell(f);
    return f;
}

void hence_future_unref_all(hence_future *const *futures, size_t n)
{
    for (size_t i = 0; i < n; i++)
        hence_future_unref(futures[i]);
}

hence_loop *hence_future_loop(const hence_future *f)
{
    return f ? f->loop : NULL;
}

const char *hence_future_site(const hence_future *f)
{
    return f ? f->site : NULL;
}

/* ---- read ---- */

bool hence_future_done(const hence_future *f)
{
    return !f || (f->state & FUTURE_DONE);
}

bool hence_future_cancelled(const hence_future *f)
{
    return f && (f->state & FUTURE_DONE) && hence_is_cancelled(&f->waitable.slot);
}

hence_result hence_future_result(hence_future *f)
{
    if (!f)
        return hence_fail_static(HENCE_ENOMEM);
    if (!hence_future_is_here(f, "hence_future_result()"))
        return hence_loop_refusal_at(-EPERM, "hence_future_result()", NULL);
    if (!(f->state & FUTURE_DONE))
        return hence_fail_static(HENCE_EPENDING);
    f->state |= FUTURE_LOOKED_AT | FUTURE_TOLD;
    return hence_read_slot(&f->waitable);
}

hence_result hence_future_result_for(hence_future *f, const struct hence_consumer *consumer)
{
    return consumer->part->takes_untold ? hence_future_read_untold(f) : hence_future_result(f);
}

const hence_failure *hence_future_failure(hence_future *f)
{
    if (!f || !hence_future_is_here(f, "hence_future_failure()") || !(f->state & FUTURE_DONE))
        return NULL;
    const hence_failure *failure = hence_as_failure(&f->waitable.slot);
    f->state |= FUTURE_LOOKED_AT | (failure ? FUTURE_TOLD : 0); /* of a value it tells nothing */
    return failure;
}

/* ---- resolved ---- */

static inline void put_result(hence_future *f, hence_result r)
{
    f->waitable.slot = r;
    f->state =
        (f->state & ~(uint32_t)(FUTURE_WAITING | FUTURE_CANCELLER | FUTURE_FED)) | FUTURE_DONE;
}

void hence_future_settle(hence_future *f, hence_result r)
{
    put_result(f, r);
    if ((f->state & (FUTURE_FIRST | FUTURE_LENT)) || f->last)
        hence_future_tell(f);
    else
        hence_future_try_end(f);
}

static void promise_ended(hence_future *f)
{
    f->state &= ~(uint32_t)FUTURE_PROMISE;
    HENCE_COUNT(PROMISES_ENDED);
}

void hence_future_resolve(hence_future *f, hence_result r)
{
    if (HENCE_UNLIKELY(f->state & (FUTURE_DONE | FUTURE_WAITING))) {
        hence_drop(r); /* cancelled meanwhile: nobody wants it */
        promise_ended(f);
        hence_future_try_end(f);
        return;
    }
    promise_ended(f);
    if (HENCE_UNLIKELY(hence_is_chain(&r)))
        hence_future_resolve_chain(f, r);
    else
        hence_future_settle(f, r);
}

/* On the wrong thread, with a chain, or a promise that does not just wait for its result. (A function of its own, so
 * that the other one needs few registers: of a hundred thousand that are resolved in random order each is a cache miss,
 * and how many of these are on their way at once depends on how little lies between them.) */
static HENCE_NOINLINE int resolve_unusual(hence_future *f, hence_result r, const char *site)
{
    if (!hence_future_is_here_at(f, "hence_resolve()", site)) {
        hence_drop(r);
        return -EPERM;
    }
    const uint32_t deciding = FUTURE_KEPT | FUTURE_CANCELLING;
    if ((f->state & (deciding | FUTURE_DONE | FUTURE_WAITING)) == deciding) {
        /* the canceller decides, but the promise stays with the one who holds it */
        if (hence_is_chain(&r))
            hence_future_resolve_chain(f, r);
        else
            hence_future_settle(f, r);
        return 0;
    }
    if (!(f->state & FUTURE_PROMISE)) {
        hence_report report = {
            .kind = HENCE_REPORT_MISUSE,
            .message = "a promise was resolved a second time",
            .made = f->site,
            .here = site,
        };
        hence_loop_report(f->loop, &report);
        hence_drop(r);
        return -EALREADY;
    }
    hence_future_resolve(f, r);
    return 0;
}

static int resolve_part(struct hence_waitable *self, hence_result r, const char *site)
{
    hence_future *f = hence_future_of(self);
    const uint32_t deciding = FUTURE_PROMISE | FUTURE_DONE | FUTURE_WAITING | FUTURE_CANCELLING;
    if (HENCE_UNLIKELY(f->loop->owner != hence_thread_number ||
                       (f->state & deciding) != FUTURE_PROMISE || hence_is_chain(&r)))
        return resolve_unusual(f, r, site);
    promise_ended(f);
    hence_future_settle(f, r);
    return 0;
}

static void abandon_part(struct hence_waitable *self)
{
    hence_future *f = hence_future_of(self);
    const uint32_t by_canceller = FUTURE_PROMISE | FUTURE_CANCELLING;
    if (!hence_future_is_here(f, "hence_abandon()"))
        return;
    if ((f->state & (by_canceller | FUTURE_DONE | FUTURE_WAITING)) != by_canceller)
        resolve_part(self, hence_fail_static(HENCE_EABANDONED), NULL);
    else if (!(f->state & FUTURE_KEPT))
        promise_ended(f); /* the operation has stopped */
}

static void keep_part(struct hence_waitable *self, bool is_kept)
{
    if (is_kept)
        hence_future_of(self)->state |= FUTURE_KEPT;
    else
        hence_future_of(self)->state &= ~(uint32_t)FUTURE_KEPT;
}

static void on_cancel_part(struct hence_waitable *self, hence_canceller *canceller, void *arg)
{
    hence_future *f = hence_future_of(self);
    if (!hence_future_is_here(f, "hence_promise_on_cancel()") ||
        (f->state & (FUTURE_DONE | FUTURE_WAITING | FUTURE_CANCELLING)))
        return;
    hence_future_set_canceller(f, canceller, arg);
    if (!canceller)
        f->state &= ~(uint32_t)FUTURE_CANCELLER;
}

void hence_future_set_feeder(struct hence_feeder *feeder)
{
    hence_future *f = hence_future_of(&feeder->to->waitable);
    f->waitable.slot = (hence_result){HENCE_KIND_NONE, (uint64_t)(uintptr_t)feeder};
    f->state |= FUTURE_FED;
}

static struct hence_feeder *feeder_of(const hence_future *f)
{
    return f->state & FUTURE_FED ? (struct hence_feeder *)(uintptr_t)f->waitable.slot.word : NULL;
}

static struct hence_waitable *fed_by_part(const struct hence_waitable *self)
{
    const struct hence_feeder *feeder = feeder_of((const hence_future *)self);
    return feeder ? feeder->from : NULL;
}

static struct hence_waitable *cancel_fed_part(struct hence_waitable *self,
                                              struct hence_waitable **untold)
{
    hence_future *f = hence_future_of(self);
    struct hence_feeder *feeder = feeder_of(f);
    if (!feeder)
        return NULL;
    struct hence_waitable *from = feeder->from;
    feeder->to = NULL;
    promise_ended(f);
    if (HENCE_UNLIKELY(f->loop->closed)) {
        put_result(f, hence_fail_static(HENCE_ECANCELLED));
        hence_future_tell_later(f, untold);
    } else {
        hence_future_settle(f, hence_fail_static(HENCE_ECANCELLED));
    }
    return from;
}

static struct hence_waitable *tell_fed_part(struct hence_waitable *self)
{
    return hence_future_tell_now(hence_future_of(self));
}

static bool is_wanted_part(const struct hence_waitable *self)
{
    const hence_future *f = (const hence_future *)self;
    return !(f->state & (FUTURE_DONE | FUTURE_WAITING | FUTURE_CANCELLING));
}

/* ---- cancelled ---- */

int hence_future_cancel(hence_future *f)
{
    if (!f)
        return -ENOMEM;
    if (!hence_future_is_here(f, "hence_future_cancel()"))
        return -EPERM;
    return hence_waitable_cancel(&f->waitable);
}

static int cancel_part(struct hence_waitable *self)
{
    hence_future *f = hence_future_of(self);
    bool stopped = false;

    if (f->state & FUTURE_DONE)
        f->state |= FUTURE_LOOKED_AT; /* rule 87 */
    if (f->state & (FUTURE_DONE | FUTURE_CANCELLING))
        return -EALREADY;
    f->state |= FUTURE_CANCELLING;
    if (f->state & FUTURE_CANCELLER) {
        hence_result slot = hence_take(&f->waitable.slot);
        hence_canceller *canceller = (hence_canceller *)(uintptr_t)slot.kind;
        f->state &= ~(uint32_t)FUTURE_CANCELLER;
        stopped = canceller((hence_promise *)f, (void *)(uintptr_t)slot.word);
    }
    f->state &= ~(uint32_t)FUTURE_CANCELLING;
    if (f->state & (FUTURE_DONE | FUTURE_WAITING)) { /* the canceller resolved it: that decided */
        hence_future_try_end(f);
        return 0;
    }
    if (stopped && (f->state & (FUTURE_PROMISE | FUTURE_KEPT)) == FUTURE_PROMISE)
        promise_ended(f);
    hence_future_settle(f, hence_fail_static(HENCE_ECANCELLED));
    return 0;
}

/* ---- the parts that it plays ---- */

static struct hence_waitable *waits_for_part(const struct hence_waitable *self)
{
    const hence_future *f = (const hence_future *)self;
    return f->state & FUTURE_WAITING ? hence_chained(&f->waitable.slot) : NULL;
}

static struct hence_waitable *owner_part(struct hence_consumer *self)
{
    return (struct hence_waitable *)self;
}

static void ref_part(struct hence_waitable *self)
{
    hence_future_of(self)->references++;
}

static void unref_part(struct hence_waitable *self)
{
    hence_future_unref(hence_future_of(self));
}

static hence_result tell_part(struct hence_waitable *self)
{
    hence_future_of(self)->state |= FUTURE_TOLD;
    return hence_read_slot(self);
}

static struct hence_consumer *deliver_part(struct hence_consumer *self, hence_result *r)
{
    hence_future_settle((hence_future *)self, *r);
    return NULL;
}

const struct hence_part hence_future_part = {
    .resolve = resolve_part,
    .abandon = abandon_part,
    .on_cancel = on_cancel_part,
    .is_wanted = is_wanted_part,
    .keep = keep_part,
    .waits_for = waits_for_part,
    .fed_by = fed_by_part,
    .cancel_fed = cancel_fed_part,
    .tell_fed = tell_fed_part,
    .cancel = cancel_part,
    .ref = ref_part,
    .unref = unref_part,
    .tell = tell_part,
    .next_behind = hence_future_next_behind,
    .owner = owner_part,
    .deliver = deliver_part,
    .waits_instead = hence_future_waits_instead,
    .takes_untold = true,
};
