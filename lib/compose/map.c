/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An async iterator's values, each taken through a step, several at once.
 *
 * At any time at most one value is asked for, and some jobs are under way. What the caller waits for is
 * the map itself: it has its outcome when nothing is under way any more.
 */
#include <hence/iterate.h>

#include <errno.h>

#include "base/memory.h"
#include "base/ring.h"
#include "deferred/deferred.h"
#include "future/future.h"
#include "value/list.h"
#include "value/waitable.h"

struct map {
    struct hence_many many; /* the slot is the failure that ended it, if there is one */
    struct hence_consumer *consumer;
    hence_loop *loop;
    hence_next_fn *next;
    void *next_arg;
    hence_step *step;
    void *step_arg;
    size_t limit, running;
    hence_list *list;
    hence_deferred *asked;  /* for the next value, while it is waited for, */
    hence_future *next_one; /* and what gives it */
    struct hence_ring jobs; /* those that are under way and not cancelled */
    uint32_t references;
    bool has_ended, has_failed, is_asking;
    bool cancelling, has_cancelled_asked;
};

struct job {
    struct hence_ring ring; /* first */
    struct map *map;
    hence_deferred *d;
    size_t index;
};

static void ask(struct map *map);

/* ---- life ---- */

static void release(struct map *map)
{
    if (--map->references)
        return;
    hence_loop *loop = map->loop;
    hence_result r = map->many.waitable.slot;
    hence_list *list = map->list;
    hence_memory_put(map, sizeof *map);
    hence_drop(r);
    hence_list_free(list);
    hence_loop_undepend(loop);
}

/* The outcome, when nothing is under way. The caller holds a reference. */
static void finish_if_done(struct map *map)
{
    if (!map->has_ended || map->running || map->asked || map->is_asking || !map->consumer)
        return;
    struct hence_consumer *consumer = map->consumer;
    hence_result r = hence_take(&map->many.waitable.slot);
    map->consumer = NULL;
    if (!map->has_failed) {
        r = hence_own(map->list, hence_list_free);
        map->list = NULL;
    }
    map->references--;
    hence_deliver(consumer, r);
}

/* ---- failed or cancelled ---- */

/* What is asked for is done, and has not been told yet. It goes back where it came from, if it can. */
static void forget_asked(struct map *map)
{
    hence_deferred *asked = map->asked;
    map->asked = NULL;
    map->next_one = hence_future_unref(map->next_one);
    hence_deferred_forget(asked);
    release(map); /* got() will not be called */
}

/* Takes `r`. What is under way is cancelled. */
static void fail(struct map *map, hence_result r)
{
    if (map->has_failed) {
        hence_drop(r);
        return;
    }
    map->has_failed = map->has_ended = true;
    map->many.waitable.slot = r;
    hence_waitable_cancel(&map->many.waitable);
}

static struct hence_waitable *cancel_each_part(struct hence_waitable *self, bool begin, int *result,
                                               struct hence_cancellation *cancellation)
{
    struct map *map = (struct map *)self;
    if (begin) {
        if (map->cancelling) {
            *result = -EALREADY;
            return NULL;
        }
        if (!map->has_failed) {
            map->has_failed = map->has_ended = true;
            map->many.waitable.slot = hence_fail_static(HENCE_ECANCELLED);
        }
        map->cancelling = true;
        map->references++;
        map->many.below = cancellation->begun;
        cancellation->begun = &map->many;
    }
    if (!hence_ring_is_empty(&map->jobs)) {
        struct job *job = (struct job *)map->jobs.next;
        hence_ring_remove(&job->ring);
        return &job->d->waitable;
    }
    if (map->asked && !map->has_cancelled_asked) {
        map->has_cancelled_asked = true;
        if (!hence_future_done(map->next_one))
            return &map->asked->waitable;
        forget_asked(map);
    }
    cancellation->begun = map->many.below;
    *result = 0;
    map->cancelling = false;
    finish_if_done(map);
    release(map);
    return NULL;
}

/* ---- jobs ---- */

static hence_result job_ended(hence_result *in, void *arg)
{
    struct job *job = arg;
    struct map *map = job->map;
    hence_deferred *d = job->d;
    if (hence_is_failure(in))
        fail(map, hence_take(in));
    else if (!map->has_failed)
        map->list->results[job->index] = hence_take(in);
    hence_ring_remove(&job->ring);
    hence_memory_put(job, sizeof *job);
    map->running--;
    ask(map);
    release(map);
    hence_deferred_unref(d);
    return hence_none();
}

/* Takes the value. */
static void start_job(struct map *map, hence_result value)
{
    hence_promise *promise = NULL;
    struct job *job = hence_memory_get(sizeof *job);
    hence_deferred *d = job ? hence_deferred_new_at(NULL, &promise) : NULL;
    if (!d || hence_list_append(&map->list, hence_none()) != 0 ||
        hence_deferred_add_callback(d, map->step, map->step_arg) != 0 ||
        hence_deferred_add_both(d, job_ended, job) != 0) {
        if (job)
            hence_memory_put(job, sizeof *job);
        hence_deferred_forget(d);
        hence_abandon(promise);
        hence_drop(value);
        fail(map, hence_fail_static(HENCE_ENOMEM));
        return;
    }
    *job = (struct job){.map = map, .d = d, .index = map->list->size - 1};
    hence_ring_append(&map->jobs, &job->ring);
    map->running++;
    map->references++;
    hence_deferred_ref(d);
    hence_resolve_at(NULL, promise, value);
    if (map->has_failed) /* inside the step: what it has returned to wait for */
        hence_deferred_cancel(d);
    hence_deferred_unref(d);
}

/* ---- values ---- */

static hence_result got(hence_result *in, void *arg)
{
    struct map *map = arg;
    map->asked = hence_deferred_unref(map->asked);
    map->next_one = hence_future_unref(map->next_one);
    if (hence_is_failure_of(in, &hence_domain_hence, HENCE_EEND))
        map->has_ended = true;
    else if (hence_is_failure(in))
        fail(map, hence_take(in));
    else if (!map->has_failed)
        start_job(map, hence_take(in));
    ask(map);
    release(map);
    return hence_none();
}

/* Asks for values as long as there is room for them. Those that are there at once come back here from
 * got(), and are left to the loop. */
static void ask(struct map *map)
{
    if (map->is_asking)
        return;
    map->references++;
    map->is_asking = true;
    while (!map->has_ended && !map->asked && (!map->limit || map->running < map->limit)) {
        hence_future *f = map->next(map->next_arg);
        if (map->has_failed) { /* inside next() */
            hence_future_cancel(f);
            hence_future_unref(f);
            break;
        }
        map->asked = f ? hence_deferred_from_future_at(NULL, f) : NULL;
        if (!map->asked) {
            hence_future_unref(f);
            fail(map, hence_fail_static(HENCE_ENOMEM));
            break;
        }
        map->next_one = f;
        map->references++;
        hence_deferred *asked = hence_deferred_ref(map->asked);
        hence_deferred_add_both(asked, got, map);
        hence_deferred_unref(asked);
    }
    map->is_asking = false;
    finish_if_done(map);
    release(map);
}

/* ---- as what is waited for ---- */

static bool take_part(struct hence_waitable *self, struct hence_consumer *consumer,
                      hence_result *out)
{
    (void)out; /* it begins later */
    ((struct map *)self)->consumer = consumer;
    return false;
}

static void hand_on_part(struct hence_waitable *self, struct hence_consumer *consumer)
{
    ((struct map *)self)->consumer = consumer;
}

static struct hence_waitable *waits_for_part(const struct hence_waitable *self)
{
    (void)self;
    return NULL;
}

static void unref_part(struct hence_waitable *self)
{
    release((struct map *)self);
}

static const struct hence_part map_part = {
    .take = take_part,
    .hand_on = hand_on_part,
    .waits_for = waits_for_part,
    .cancel_each = cancel_each_part,
    .unref = unref_part,
};

hence_future *hence_map_at(const char *site, hence_loop *loop, hence_next_fn *next, void *next_arg,
                           hence_step *step, void *step_arg, size_t limit)
{
    hence_promise *promise;
    hence_future *f = next && step ? hence_future_new_at(site, loop, &promise) : NULL;
    struct map *map = f ? hence_memory_get_zeroed(sizeof *map) : NULL;
    if (map && !(map->list = hence_list_new(0))) {
        hence_memory_put(map, sizeof *map);
        map = NULL;
    }
    if (!map) {
        if (f)
            hence_resolve_at(NULL, promise, hence_fail_static(HENCE_ECANCELLED)); /* no report */
        return hence_future_unref(f);
    }
    map->many.waitable.consumer.part = &map_part;
    map->loop = loop;
    map->next = next;
    map->next_arg = next_arg;
    map->step = step;
    map->step_arg = step_arg;
    map->limit = limit;
    map->references = 2; /* that of the chain, and ours */
    hence_ring_init(&map->jobs);
    hence_loop_depend(loop);
    hence_resolve_at(NULL, promise, hence_chain_to(&map->many.waitable));
    ask(map);
    release(map);
    return f;
}
