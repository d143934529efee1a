/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Waiting for something that others tell about, mostly while a lock is not held.
 *
 * A wait is something that can be waited for by itself, as a combination is: what the caller gets is a
 * Deferred or Future resolved with a chain to it. So a cancellation comes to the wait, which can take its
 * time: it ends only when the hold holds again (rule 157). Who is notified queues up for the lock at once,
 * with its own hold, so there is no wake-up that could get lost on the way. Only a Future's may be, on its way
 * through the loop: if nobody has been told of it in the end, the next one is notified in its place.
 */
#include <hence/notify.h>

#include <errno.h>

#include "base/memory.h"
#include "base/report.h"
#include "future/returnable.h"
#include "sync/gate.h"
#include "value/failure.h"
#include "value/waitable.h"

struct hence_condition {
    struct primitive primitive;
    struct hence_ring waiting, decided; /* decided: of a condition without a lock */
    struct gate *lock;                  /* NULL: without one */
};

/* The Future of a wait. */
struct condition_future {
    struct hence_returnable returnable; /* first */
    hence_condition *condition;         /* that has notified it, or NULL */
};

struct condition_wait {
    struct hence_waitable waitable; /* the slot is not used */
    struct hence_consumer *consumer;
    struct condition_future *future; /* that waits for it; NULL: a Deferred does */
    struct hence_ring
        ring; /* in one of the condition's rows, or alone while it queues for the lock */
    hence_condition *condition;
    hence_hold *hold; /* NULL: without a lock, or it has gone */
    hence_predicate *predicate;
    void *arg;
    hence_result outcome; /* none: notified */
    bool is_decided;      /* it waits for the lock only */
    bool is_asking;       /* its predicate is being called, which may end all that is here */
};

static struct condition_wait *wait_of(struct hence_ring *ring)
{
    return (struct condition_wait *)((char *)ring - offsetof(struct condition_wait, ring));
}

/* ---- the end of a wait ---- */

/* What it gives; its reference to the condition is the caller's. */
static hence_result end_wait(struct condition_wait *wait)
{
    hence_result r = wait->outcome;
    hence_ring_remove(&wait->ring);
    if (wait->hold)
        wait->hold->wait = NULL;
    hence_memory_put(wait, sizeof *wait);
    return r;
}

static void finish(struct condition_wait *wait)
{
    struct hence_consumer *consumer = wait->consumer;
    struct primitive *condition = &wait->condition->primitive;
    if (wait->future && hence_is_none(&wait->outcome)) {
        wait->future->condition = wait->condition;
        hence_primitive_ref(condition);
    }
    hence_deliver(consumer, end_wait(wait));
    hence_primitive_unref(condition);
}

/* It knows what it will give, once the hold holds again; serve() follows. */
static void decide(struct condition_wait *wait, hence_result outcome)
{
    wait->outcome = outcome;
    wait->is_decided = true;
    hence_ring_remove(&wait->ring);
    if (wait->hold)
        hence_hold_come_back(wait->hold);
    else
        hence_ring_append(&wait->condition->decided, &wait->ring);
}

static struct primitive *owner_of(hence_condition *condition)
{
    return condition->lock ? &condition->lock->primitive : &condition->primitive;
}

static void serve(hence_condition *condition)
{
    hence_primitive_serve(owner_of(condition));
}

static void wait_again(struct condition_wait *wait)
{
    wait->is_decided = false;
    hence_ring_append(&wait->condition->waiting, &wait->ring);
    if (wait->hold)
        hence_hold_go_away(wait->hold);
}

/* Does its predicate say that it is to wait on? Otherwise it has its outcome. */
static bool is_too_early(struct condition_wait *wait)
{
    if (!wait->predicate || !hence_is_none(&wait->outcome))
        return false;
    wait->is_asking = true;
    const bool is_so = wait->predicate(wait->arg);
    wait->is_asking = false;
    if (!hence_is_none(&wait->outcome)) /* it was cancelled, or its hold was freed */
        return false;
    const bool holds = !wait->hold || wait->hold->state == HOLD_HOLDS;
    if (holds && !is_so && !wait->condition->primitive.freed)
        return true;
    if (!holds || !is_so)
        wait->outcome = hence_fail_static(HENCE_EABANDONED);
    return false;
}

/* The hold is at the front of the lock's row. */
static void hold_told(hence_hold *hold, bool holds)
{
    struct condition_wait *wait = hold->wait;
    if (!holds)
        wait->outcome = hence_fail_static(HENCE_EABANDONED); /* the lock is gone */
    if (holds && is_too_early(wait))
        wait_again(wait);
    else
        finish(wait);
}

static void notify(hence_condition *condition, size_t n)
{
    for (; n && !hence_ring_is_empty(&condition->waiting); n--)
        decide(wait_of(condition->waiting.next), hence_none());
    serve(condition);
}

/* A Future that was notified, and that nobody has been told of, passes that on (gh-112202). */
static bool future_end(struct hence_returnable *self, bool is_untold)
{
    hence_condition *condition = ((struct condition_future *)self)->condition;
    if (!condition)
        return false;
    if (is_untold && !condition->primitive.freed)
        notify(condition, 1);
    hence_primitive_unref(&condition->primitive);
    return false;
}

/* The hold goes, and nobody could let it go later. */
static void hold_ended(hence_hold *hold)
{
    struct condition_wait *wait = hold->wait;
    hence_condition *condition = wait->condition;
    const bool was_notified = wait->is_decided && hence_is_none(&wait->outcome);
    wait->hold = NULL;
    hold->wait = NULL;
    hence_ring_remove(&hold->ring);
    wait->outcome = hence_fail_static(HENCE_EABANDONED);
    hence_primitive_ref(&condition->primitive);
    if (!wait->is_asking) /* who asks goes on with it */
        finish(wait);
    if (was_notified)
        notify(condition, 1);
    hence_primitive_unref(&condition->primitive);
}

/* ---- the wait in a chain ---- */

static bool take_part(struct hence_waitable *self, struct hence_consumer *consumer,
                      hence_result *out)
{
    (void)out; /* it has no outcome before it is taken */
    ((struct condition_wait *)self)->consumer = consumer;
    return false;
}

static void hand_on_part(struct hence_waitable *self, struct hence_consumer *consumer)
{
    ((struct condition_wait *)self)->consumer = consumer;
}

static struct hence_waitable *waits_for_part(const struct hence_waitable *self)
{
    (void)self;
    return NULL;
}

static int cancel_part(struct hence_waitable *self)
{
    struct condition_wait *wait = (struct condition_wait *)self;
    if (!wait->is_decided) {
        hence_condition *condition = wait->condition;
        hence_primitive_ref(&condition->primitive);
        decide(wait, hence_fail_static(HENCE_ECANCELLED));
        serve(condition);
        hence_primitive_unref(&condition->primitive);
        return 0;
    }
    if (!(wait->hold || wait->is_asking) || !hence_is_none(&wait->outcome))
        return -EALREADY;
    wait->outcome = hence_fail_static(HENCE_ECANCELLED);
    notify(wait->condition, 1); /* who was notified in vain passes it on */
    return 0;
}

static const struct hence_part wait_part = {
    .take = take_part,
    .hand_on = hand_on_part,
    .waits_for = waits_for_part,
    .cancel = cancel_part,
};

/* ---- the condition ---- */

static bool serve_one(struct primitive *primitive)
{
    hence_condition *condition = (hence_condition *)primitive;
    if (!hence_ring_is_empty(&condition->decided)) {
        struct condition_wait *wait = wait_of(condition->decided.next);
        if (is_too_early(wait)) {
            hence_ring_remove(&wait->ring);
            wait_again(wait);
        } else {
            finish(wait);
        }
        return true;
    }
    if (!primitive->freed || hence_ring_is_empty(&condition->waiting))
        return false;
    decide(wait_of(condition->waiting.next), hence_fail_static(HENCE_EABANDONED));
    serve(condition); /* of a lock: its waiters */
    return true;
}

static void end(struct primitive *primitive)
{
    hence_condition *condition = (hence_condition *)primitive;
    if (condition->lock)
        hence_primitive_unref(&condition->lock->primitive);
}

hence_condition *hence_condition_new(hence_lock *lock)
{
    hence_condition *condition = hence_primitive_new(sizeof *condition, serve_one);
    if (condition) {
        hence_ring_init(&condition->waiting);
        hence_ring_init(&condition->decided);
        condition->primitive.end = end;
        condition->lock = (struct gate *)lock;
        if (lock)
            hence_primitive_ref(&condition->lock->primitive);
    }
    return condition;
}

hence_condition *hence_condition_free(hence_condition *condition)
{
    if (condition && hence_primitive_is_here(owner_of(condition)))
        hence_primitive_free(&condition->primitive);
    return NULL;
}

/* ---- waiting ---- */

/* Does the hold fit the condition? */
static bool is_right(const hence_condition *condition, const hence_hold *hold)
{
    if (!condition->lock)
        return !hold;
    return hold && hold->gate == condition->lock && hold->state == HOLD_HOLDS && !hold->wait;
}

static struct condition_wait *wait_new(hence_condition *condition, hence_hold *hold,
                                       hence_predicate *predicate, void *arg)
{
    struct condition_wait *wait = hence_memory_get_zeroed(sizeof *wait);
    if (!wait)
        return NULL;
    wait->waitable.consumer.part = &wait_part;
    wait->condition = condition;
    wait->predicate = predicate;
    wait->arg = arg;
    wait->outcome = hence_none();
    wait->hold = hold;
    hence_ring_init(&wait->ring);
    hence_primitive_ref(&condition->primitive);
    if (hold) {
        hold->told = hold_told;
        hold->ended = hold_ended;
        hold->wait = wait;
    }
    return wait;
}

/* The promise is that of a Deferred or of a struct condition_future. */
static void wait_for(hence_condition *condition, hence_hold *hold, hence_predicate *predicate,
                     void *arg, hence_promise *promise)
{
    if (hence_primitive_refuses(owner_of(condition), promise))
        return;
    if (!is_right(condition, hold)) {
        hence_report_misuse("waiting for a condition without holding its lock");
        hence_resolve_at(NULL, promise,
                         hence_refuse_at(NULL, "waiting for a condition without holding its lock"));
        return;
    }
    if (condition->primitive.freed) {
        hence_resolve_at(NULL, promise, hence_fail_static(HENCE_EABANDONED));
        return;
    }
    struct condition_wait *wait = wait_new(condition, hold, predicate, arg);
    if (!wait) {
        hence_resolve_at(NULL, promise, hence_fail_static(HENCE_ENOMEM));
    } else if (predicate && !is_too_early(wait)) {
        hence_resolve_at(NULL, promise, end_wait(wait));
        hence_primitive_unref(&condition->primitive);
    } else {
        wait->future = (struct condition_future *)hence_returnable_of(promise);
        hence_resolve_at(NULL, promise, hence_chain_to(&wait->waitable));
        wait_again(wait);
    }
}

hence_deferred *hence_condition_wait_for_at(const char *site, hence_condition *condition,
                                            hence_hold *hold, hence_predicate *predicate, void *arg)
{
    hence_promise *promise;
    hence_deferred *d = condition ? hence_deferred_new_at(site, &promise) : NULL;
    if (d)
        wait_for(condition, hold, predicate, arg, promise);
    return d;
}

hence_future *hence_condition_wait_for_future_at(const char *site, hence_loop *loop,
                                                 hence_condition *condition, hence_hold *hold,
                                                 hence_predicate *predicate, void *arg)
{
    hence_promise *promise;
    struct hence_returnable *returnable =
        condition ? hence_returnable_new(site, loop, &promise, sizeof(struct condition_future),
                                         future_end)
                  : NULL;
    if (!returnable)
        return NULL;
    ((struct condition_future *)returnable)->condition = NULL;
    wait_for(condition, hold, predicate, arg, promise);
    return &returnable->f;
}

hence_deferred *hence_condition_wait_at(const char *site, hence_condition *condition,
                                        hence_hold *hold)
{
    return hence_condition_wait_for_at(site, condition, hold, NULL, NULL);
}

hence_future *hence_condition_wait_future_at(const char *site, hence_loop *loop,
                                             hence_condition *condition, hence_hold *hold)
{
    return hence_condition_wait_for_future_at(site, loop, condition, hold, NULL, NULL);
}

/* ---- telling ---- */

int hence_condition_notify(hence_condition *condition, size_t n)
{
    int error = hence_primitive_check(condition ? owner_of(condition) : NULL);
    if (error)
        return error;
    if (condition->lock && !hence_lock_is_held((hence_lock *)condition->lock)) {
        hence_report_misuse("hence_condition_notify() while nobody holds the lock");
        return -EPERM;
    }
    notify(condition, n);
    return 0;
}

int hence_condition_notify_all(hence_condition *condition)
{
    return hence_condition_notify(condition, SIZE_MAX);
}
