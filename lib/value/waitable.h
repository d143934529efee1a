/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_LIB_VALUE_WAITABLE_H
#define HENCE_LIB_VALUE_WAITABLE_H

/*
 * What Deferreds, Futures and all that waits for them have in common.
 *
 * An object plays up to three parts, and has one table of functions for all of them:
 *
 *   as a promise    it is resolved by whoever holds its producing end
 *   as a waitable   it gives its result to one consumer: what a chain result points to
 *   as a consumer   it is given the result that it waits for
 *
 * A Deferred plays all three. A Future is a promise and a consumer; since it serves many, the part
 * of the waitable is played for it by a small object that hence_chain_future() makes. A combinator's
 * slot is only a consumer.
 */

#include <hence/promise.h>

struct hence_waitable;
struct hence_many;
struct hence_cancellation;

/* Who waits. The first member of everything that can be a consumer. */
struct hence_consumer {
    const struct hence_part *part;
};

/* The head of Deferreds, Futures, and of what stands for a Future in a chain. */
struct hence_waitable {
    struct hence_consumer consumer;
    hence_result slot; /* the result, once there is one; what it holds before is the object's own */
};

struct hence_promise {
    struct hence_waitable waitable;
};

/* The head of what waits for many. */
struct hence_many {
    struct hence_waitable waitable;
    struct hence_many *below; /* in the stack of those that are being cancelled */
    uint64_t cancellation; /* the last one that has come to it: each comes once, by whatever way */
    struct hence_waitable *asker; /* the nearest one on that way with `cancel_refused`, or NULL */
};

/* One call of hence_waitable_cancel(). */
struct hence_cancellation {
    struct hence_many *begun;
    uint64_t number;
    bool found_circle; /* of those that wait for many: they have found the way out themselves */
};

struct hence_part {
    /* As a promise: see <hence/promise.h>. */
    int (*resolve)(struct hence_waitable *self, hence_result r, const char *site);
    void (*abandon)(struct hence_waitable *self);
    void (*on_cancel)(struct hence_waitable *self, hence_canceller *canceller, void *arg);
    bool (*is_wanted)(const struct hence_waitable *self);
    /* From now on something of the library holds the promise, and will resolve it: it is not the
     * canceller's to let go any more. Undone by the holder, just before it resolves it. */
    void (*keep)(struct hence_waitable *self, bool is_kept);

    /* As a waitable. A chain result holds one reference to it.
     *
     * take: if there is a result for this consumer (or a failure that says why not), puts it into
     * *out, lets the reference go and returns true. Otherwise remembers the consumer, keeps the
     * reference, and returns false: `deliver` follows. */
    bool (*take)(struct hence_waitable *self, struct hence_consumer *consumer, hence_result *out);
    /* Another consumer stands in for the one that `take` was called with. */
    void (*hand_on)(struct hence_waitable *self, struct hence_consumer *consumer);
    /* What this one waits for, or NULL: for cancelling, and for finding circles. */
    struct hence_waitable *(*waits_for)(const struct hence_waitable *self);
    /* What will resolve this one through an adapter, or NULL: for finding circles. May be missing. */
    struct hence_waitable *(*fed_by)(const struct hence_waitable *self);
    /* Cancels this one itself: it waits for nothing. 0 or -EALREADY. */
    int (*cancel)(struct hence_waitable *self);
    /* Instead of `cancel`, for what waits for many: returns the next one to be cancelled. Called with
     * `begin` first, when it puts itself on top of the stack of those that have begun, which goes through
     * the objects themselves and so needs no memory; then again as long as it stands on top, with what
     * became of the last one in *result; when none is left, it takes itself away, leaves what became of
     * itself in *result (0 or -EALREADY), and returns NULL. Only a struct hence_many has this. */
    struct hence_waitable *(*cancel_each)(struct hence_waitable *self, bool begin, int *result,
                                          struct hence_cancellation *cancellation);
    /* A cancellation goes through it to what it waits for. May be missing. */
    void (*cancel_passes)(struct hence_waitable *self);
    /* What it waits for has refused to be cancelled, since it has its result: 0 if it takes that upon
     * itself, or -EALREADY. May be missing. */
    int (*cancel_refused)(struct hence_waitable *self);
    /* If an adapter will resolve this one: it is cancelled now, and the adapter's source is to be
     * cancelled next. Otherwise NULL. May be missing. Telling who listens could end that source: where they would
     * be told at once it puts itself on top of *untold instead. */
    struct hence_waitable *(*cancel_fed)(struct hence_waitable *self,
                                         struct hence_waitable **untold);
    /* On top of those: they are told now. Returns the next one, or NULL. */
    struct hence_waitable *(*tell_fed)(struct hence_waitable *self);
    void (*ref)(struct hence_waitable *self); /* of what a shared result may refer to */
    void (*unref)(struct hence_waitable *self);
    /* Those two may be called on any thread, and the slot does not change. */
    bool is_for_any_thread;
    /* Of what a shared result may refer to: the program is told of the value in its slot. Gives what the
     * program gets, for one more reader. May be missing. */
    hence_result (*tell)(struct hence_waitable *self);

    /* Who waits for it, if that is one at most; otherwise, and if nobody does, NULL. For finding circles
     * that go through what waits for many. May be missing. */
    struct hence_consumer *(*waiter)(const struct hence_waitable *self);
    /* Instead, for what many may wait for: what will be resolved because of it, one with each call, which
     * goes on from *position, NULL at first; NULL: no more. Takes a step for each that it looks at. */
    const struct hence_waitable *(*next_behind)(const struct hence_waitable *self,
                                                const void **position, int *steps);

    /* As a consumer: what it takes the result for, or NULL. For the same. May be missing. */
    struct hence_waitable *(*owner)(struct hence_consumer *self);
    /* Takes the result. The waitable it came from has let go of its reference. If
     * another consumer is to get a result because of it, that one is returned and its result put into
     * *r: so a result goes through any number of combinators in constant stack. Otherwise NULL. Called
     * through hence_deliver(). */
    struct hence_consumer *(*deliver)(struct hence_consumer *self, hence_result *r);
    /* The waitable that it waited for has been cut out: it waits for this one instead, whose
     * reference it now holds. NULL: that must not be done to this consumer. */
    void (*waits_instead)(struct hence_consumer *self, struct hence_waitable *waitable);
    /* It passes a result on, or drops it, before the program is told of it: see hence_receive(). */
    bool takes_untold;
};

/* An adapter that resolves a Future with what it is given. */
struct hence_feeder {
    struct hence_consumer consumer;
    struct hence_waitable *from;
    hence_promise *to; /* NULL: cancelled, what it is given is destroyed */
};

static inline hence_result hence_chain_to(struct hence_waitable *waitable)
{
    return (hence_result){HENCE_KIND_CHAIN, (uint64_t)(uintptr_t)waitable};
}

static inline struct hence_waitable *hence_chained(const hence_result *r)
{
    return (struct hence_waitable *)(uintptr_t)r->word;
}

/* A result for one more reader of the value that `self` keeps; takes a reference to `self`. */
static inline hence_result hence_shared_with(struct hence_waitable *self)
{
    return (hence_result){HENCE_KIND_SHARED, (uint64_t)(uintptr_t)self};
}

/* The result in the slot of `self`, for one more reader, who is told of it or will be. */
hence_result hence_read_slot(struct hence_waitable *self);

/* The same for who only passes it on: it refers to whoever has to know whether the program is told of it, even
 * where that has a value that could be copied. */
hence_result hence_read_slot_untold(struct hence_waitable *self);

/* What the program gets of a result that was read so, once it is told: takes `r`. What is dropped instead was
 * not told. */
hence_result hence_receive_shared(hence_result r);
static inline hence_result hence_receive(hence_result r)
{
    return HENCE_UNLIKELY(r.kind == HENCE_KIND_SHARED) ? hence_receive_shared(r) : r;
}

/* Gives `r` to `consumer`, and what follows from it to those who wait for that. */
void hence_deliver(struct hence_consumer *consumer, hence_result r);

/* Does the result own something that must be destroyed? */
static inline bool hence_owns(const hence_result *r)
{
    return r->kind > HENCE_KIND_PTR;
}

/* Cancels what `waitable` waits for in the end. 0, -EALREADY, or -EDEADLK for a circle. */
int hence_waitable_cancel(struct hence_waitable *waitable);

/* Does `waitable` wait for `other`, through at most HENCE_CIRCLE_BOUND others? *last is where the
 * search ended. */
#define HENCE_CIRCLE_BOUND 1000
bool hence_waitable_waits_for(struct hence_waitable *waitable, const struct hence_waitable *other,
                              struct hence_waitable **last);

/* The same question, asked from below, where waits that go through many are one way each: will `to` be
 * resolved because `from` is? */
struct hence_search {
    const struct hence_waitable *to, *or_to; /* `or_to` may be NULL */
    int steps;                               /* that may be made */
    int branches;                            /* that may be taken: each needs some stack */
};
bool hence_waitable_leads_to(const struct hence_waitable *from, struct hence_search *search);

/* What such a search may come to of `waitable`, the end of what would be a circle: itself, or what it stands for in a
 * chain. Asked for with the last one that `waitable` waits for, since a task at the exit of whose group somebody will
 * be waited for may wait for something else now. */
static inline const struct hence_waitable *hence_waitable_head(
    const struct hence_waitable *waitable)
{
    const struct hence_part *part = waitable->consumer.part;
    return part->waiter || part->next_behind ? waitable : part->waits_for(waitable);
}

/* What a promise will give its result to; NULL if that was cancelled, and waits for something else now. */
static inline const struct hence_waitable *hence_promise_leads_to(const hence_promise *promise)
{
    const struct hence_waitable *to = &promise->waitable;
    const struct hence_part *part = to->consumer.part;
    return part->is_wanted(to) || !part->waits_for(to) ? to : NULL;
}

/* What a consumer takes a result for, or NULL. */
static inline const struct hence_waitable *hence_consumer_leads_to(struct hence_consumer *consumer)
{
    return consumer->part->owner ? consumer->part->owner(consumer) : NULL;
}

#endif
