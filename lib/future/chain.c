/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Futures in chains: what stands for a Future in a result, and Futures resolved with a chain.
 *
 * A chain result points to something that gives its result to one consumer. A Future gives its
 * result to many, so a small object goes between: it holds a reference to the Future, listens to it,
 * and hands the result to its consumer. It is made by hence_chain_future(), so that nothing needs to
 * be allocated when the chain is resolved; or it stands in memory of who waits, until that has ended.
 */
#include "future/future.h"

#include <errno.h>

#include "base/memory.h"

static const struct hence_part chain_part, lent_part;

hence_result hence_chain_future(hence_future *f)
{
    if (!f)
        return hence_fail_static(HENCE_ENOMEM);
    if (!hence_future_is_here(f, "hence_chain_future()"))
        return hence_loop_refusal_at(-EPERM, "hence_chain_future()", NULL);
    struct hence_future_chain *chain = hence_memory_get_zeroed(sizeof *chain);
    if (!chain) {
        hence_future_unref(f);
        return hence_fail_static(HENCE_ENOMEM);
    }
    chain->waitable.consumer.part = &chain_part;
    chain->f = f;
    return hence_chain_to(&chain->waitable);
}

hence_result hence_future_chain_in(struct hence_future_chain *chain, hence_future *f)
{
    if (!hence_future_is_here(f, "hence_chain_future()"))
        return hence_fail_static(HENCE_EINVAL);
    chain->waitable.consumer.part = &lent_part;
    chain->f = f;
    return hence_chain_to(&chain->waitable);
}

hence_future *hence_ensure_future_at(const char *site, hence_loop *loop, hence_result r)
{
    if (hence_is_chain(&r)) {
        struct hence_future_chain *chain = (struct hence_future_chain *)hence_chained(&r);
        if (chain->waitable.consumer.part == &chain_part && chain->f->loop == loop) {
            hence_future *f = chain->f;
            hence_memory_put(chain, sizeof *chain);
            return f;
        }
    }
    return hence_future_succeed_at(site, loop, r);
}

static void put_memory(struct hence_future_chain *chain)
{
    if (chain->waitable.consumer.part == &chain_part)
        hence_memory_put(chain, sizeof *chain);
}

static void chain_free(struct hence_future_chain *chain)
{
    hence_future *f = chain->f;
    put_memory(chain);
    hence_future_unref(f);
}

static void free_at_home(void *arg)
{
    chain_free(
        (struct hence_future_chain *)((char *)arg - offsetof(struct hence_future_chain, parcel)));
}

static const struct hence_parcel_kind goes_home = {NULL, free_at_home};

/* Nobody has taken it. On another thread than the loop's it goes there to be let go; if that is closed it
 * stays. */
static void chain_let_go(struct hence_future_chain *chain)
{
    hence_loop *loop = chain->f->loop;
    if (HENCE_LIKELY(loop->owner == hence_thread_number)) {
        chain_free(chain);
        return;
    }
    chain->parcel.kind = &goes_home;
    hence_door_post_last(loop, &chain->parcel);
}

/* The Future is done, or its loop has closed before it could tell. Then letting it go may give what nobody was
 * told of to somebody else, who may cancel the consumer, or have another one stand in for it. */
static void chain_told(hence_future *f, void *arg)
{
    struct hence_future_chain *chain = arg;
    hence_result r = f->loop->closed ? hence_fail_static(HENCE_ECLOSED)
                                     : hence_future_result_for(f, chain->consumer);
    chain->f = NULL;
    hence_future_unref(f);
    struct hence_consumer *consumer = chain->consumer;
    put_memory(chain);
    hence_deliver(consumer, r);
}

static const struct hence_waitable *chain_leads_to(const struct hence_listener *listener)
{
    return hence_consumer_leads_to(((const struct hence_future_chain *)listener->arg)->consumer);
}

static bool take_part(struct hence_waitable *self, struct hence_consumer *consumer,
                      hence_result *out)
{
    struct hence_future_chain *chain = (struct hence_future_chain *)self;
    if (!hence_future_is_here(chain->f, "waiting for a Future")) {
        *out = hence_loop_refusal_at(-EPERM, "waiting for a Future", NULL);
        chain_let_go(chain);
        return true;
    }
    if (chain->f->state & FUTURE_DONE) {
        *out = hence_future_result_for(chain->f, consumer);
        chain_free(chain);
        return true;
    }
    chain->consumer = consumer;
    chain->listener.fn = chain_told;
    chain->listener.arg = chain;
    chain->listener.leads_to = chain_leads_to;
    hence_listener_add(chain->f, &chain->listener);
    return false;
}

static void hand_on_part(struct hence_waitable *self, struct hence_consumer *consumer)
{
    ((struct hence_future_chain *)self)->consumer = consumer;
}

static struct hence_waitable *waits_for_part(const struct hence_waitable *self)
{
    hence_future *f = ((const struct hence_future_chain *)self)->f;
    return f ? &f->waitable : NULL;
}

/* What it stands for is done. */
static int cancel_part(struct hence_waitable *self)
{
    (void)self;
    return -EALREADY;
}

/* Only a chain that nobody has taken is let go this way. */
static void unref_part(struct hence_waitable *self)
{
    chain_let_go((struct hence_future_chain *)self);
}

#define CHAIN_PART                                                                                 \
    {                                                                                              \
        .take = take_part, .hand_on = hand_on_part, .waits_for = waits_for_part,                   \
        .cancel = cancel_part, .unref = unref_part,                                                \
    }
static const struct hence_part chain_part = CHAIN_PART;
static const struct hence_part lent_part = CHAIN_PART; /* in memory of who waits */

/* ---- promises resolved with a Future ---- */

/* Resolves a promise when the Future is done. */
struct chained {
    struct hence_listener listener; /* first */
    hence_promise *promise;
};

/* The result of `f` for a promise: of a Deferred, whose steps are told of it, or of a Future, which passes it on. */
static hence_result result_for_promise(hence_future *f, const hence_promise *promise)
{
    const bool is_future = promise->waitable.consumer.part == &hence_future_part;
    return is_future ? hence_future_read_untold(f) : hence_future_result(f);
}

static void chained_told(hence_future *f, void *arg)
{
    struct chained *chained = arg;
    hence_promise *promise = chained->promise;
    hence_result r =
        f->loop->closed ? hence_fail_static(HENCE_ECLOSED) : result_for_promise(f, promise);
    hence_memory_put(chained, sizeof *chained);
    promise->waitable.consumer.part->keep(&promise->waitable, false);
    hence_resolve_at(NULL, promise, r);
    hence_future_unref(f);
}

static const struct hence_waitable *chained_leads_to(const struct hence_listener *listener)
{
    return hence_promise_leads_to(((const struct chained *)listener)->promise);
}

/* ---- circles ---- */

/* Is it a Future that nothing can be changed about any more? */
static bool is_done(const struct hence_waitable *waitable)
{
    return waitable->consumer.part == &hence_future_part &&
           hence_future_done((const hence_future *)waitable);
}

/* Will `to` be resolved because `from` is: through waits and promises of both shapes? */
static bool leads_to(const struct hence_waitable *from, const struct hence_waitable *to)
{
    struct hence_search search = {.to = to, .steps = 100, .branches = 100};
    return !is_done(to) && hence_waitable_leads_to(from, &search);
}

int hence_future_chain(hence_future *f, hence_promise *p)
{
    struct hence_waitable *last;
    if (!p)
        return -EINVAL;
    if (f && !hence_future_is_here(f, "hence_future_chain()"))
        return -EPERM;
    if (f && hence_future_done(f)) {
        hence_resolve_at(NULL, p, result_for_promise(f, p));
        return 0;
    }
    if (f && !is_done(&p->waitable)) {
        hence_waitable_waits_for(&f->waitable, NULL, &last);
        if (leads_to(&p->waitable, last) || leads_to(&p->waitable, &f->waitable)) {
            hence_resolve_at(NULL, p, hence_fail_static(HENCE_EDEADLK));
            return 0;
        }
    }
    struct chained *chained = f ? hence_memory_get_zeroed(sizeof *chained) : NULL;
    if (!chained) {
        hence_resolve_at(NULL, p, hence_fail_static(HENCE_ENOMEM));
        return -ENOMEM;
    }
    chained->listener.fn = chained_told;
    chained->listener.arg = chained;
    chained->listener.leads_to = chained_leads_to;
    chained->promise = p;
    hence_listener_add(hence_future_ref(f), &chained->listener);
    p->waitable.consumer.part->keep(&p->waitable, true);
    return 0;
}

/* ---- Futures resolved with a chain ---- */

static bool closes_circle(hence_future *f, struct hence_waitable *waitable)
{
    struct hence_waitable *last;
    if (!hence_future_has_listeners(f)) /* nobody waits for it but, perhaps, this very chain */
        return waitable->consumer.part->waits_for(waitable) == &f->waitable;
    if (hence_waitable_waits_for(waitable, &f->waitable, &last))
        return true;
    struct hence_search search = {
        .to = last, .or_to = hence_waitable_head(waitable), .steps = 100, .branches = 100};
    return !is_done(last) && hence_waitable_leads_to(&f->waitable, &search);
}

/* The chain whose consumer is the only one who has anything to do with `f`, or NULL. One whose value may go back
 * has to see what becomes of that. */
static struct hence_future_chain *only_chain(const hence_future *f)
{
    struct hence_listener *listener = f->last;
    if (f->references != 1 || (f->state & (FUTURE_FIRST | FUTURE_RETURNABLE)) || !listener ||
        listener->next != listener || listener->fn != chain_told)
        return NULL;
    struct hence_future_chain *chain = listener->arg;
    return chain->consumer->part->waits_instead ? chain : NULL;
}

static void replace_awaited(struct hence_consumer *consumer, struct hence_waitable *waitable)
{
    if (consumer->part ==
        &hence_future_part) /* that is not to be cut out too: a row of them needs no stack */
        ((hence_future *)consumer)->waitable.slot = hence_chain_to(waitable);
    else
        consumer->part->waits_instead(consumer, waitable);
}

/* An endless tail loop runs in constant memory: the one who waits for `f`, and has nothing else to do with it,
 * waits for `waitable`, as `f` does now, and `f` goes. */
static void cut_out_if_tail(hence_future *f, struct hence_waitable *waitable)
{
    struct hence_future_chain *chain = only_chain(f);
    if (!chain || &chain->waitable == waitable)
        return;
    struct hence_consumer *consumer = chain->consumer;
    waitable->consumer.part->hand_on(waitable, consumer);
    replace_awaited(consumer, waitable);
    f->state &= ~(uint32_t)FUTURE_WAITING;
    f->waitable.slot = hence_none();
    hence_listener_remove(f, &chain->listener);
    chain_free(chain);
}

void hence_future_waits_instead(struct hence_consumer *self, struct hence_waitable *waitable)
{
    hence_future *f = (hence_future *)self;
    f->waitable.slot = hence_chain_to(waitable);
    cut_out_if_tail(f, waitable);
}

void hence_future_resolve_chain(hence_future *f, hence_result chained)
{
    struct hence_waitable *waitable = hence_chained(&chained);
    hence_result r;
    if (closes_circle(f, waitable)) {
        waitable->consumer.part->unref(waitable);
        hence_future_settle(f, hence_fail_static(HENCE_EDEADLK));
        return;
    }
    if (waitable->consumer.part->take(waitable, &f->waitable.consumer, &r)) {
        hence_future_settle(f, r);
        return;
    }
    f->state = (f->state & ~(uint32_t)FUTURE_CANCELLER) | FUTURE_WAITING;
    f->waitable.slot = chained;
    cut_out_if_tail(f, waitable);
}
