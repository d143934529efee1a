/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Futures one by one, in the order in which they are done.
 *
 * Each Future that is added has an entry, which listens to it, stands in the row of those that are done
 * when it is, and in the end is the completion that the program gets: so nothing needs to be allocated
 * when a Future is done. Those who ask before that stand in a row of their own; at most one of the two
 * rows is not empty.
 */
#include <hence/gather.h>

#include <errno.h>

#include "base/memory.h"
#include "base/ring.h"
#include "future/future.h"

extern inline const hence_completion *hence_as_completion(const hence_result *in);

struct entry {
    hence_completion completion; /* first: what the program gets */
    struct hence_ring ring;      /* of those that are not done, or of those that are */
    struct hence_listener listener;
    hence_completion_queue *queue; /* NULL: it belongs to the program now */
};

/* Somebody who asked before one was done. */
struct asking {
    struct hence_ring ring;
    hence_promise *promise;
    hence_completion_queue *queue;
};

struct hence_completion_queue {
    hence_loop *loop;
    struct hence_ring pending, done, asking;
    size_t added, size, asked;
    hence_call timer;
    uint32_t references;
    bool has_timer, time_is_up;
};

/* Takes the first one out of a ring that is not empty. */
static struct entry *first_of(struct hence_ring *ring)
{
    struct hence_ring *first = ring->next;
    hence_ring_remove(first);
    return (struct entry *)((char *)first - offsetof(struct entry, ring));
}

/* ---- completions ---- */

/* Completions of Futures whose values are completions, a million deep, wait in a row. */
void hence_completion_free(void *p)
{
    static _Thread_local struct hence_ring doomed;
    static _Thread_local bool destroying;
    struct entry *entry = p;
    if (!entry)
        return;
    if (destroying) {
        hence_ring_append(&doomed, &entry->ring);
        return;
    }
    destroying = true;
    hence_ring_init(&doomed);
    hence_ring_append(&doomed, &entry->ring);
    while (!hence_ring_is_empty(&doomed)) {
        struct entry *next = first_of(&doomed);
        hence_future *f = next->completion.future;
        hence_memory_put(next, sizeof *next);
        hence_future_unref(f);
    }
    destroying = false;
}

/* Takes the first one that is done out of the queue. */
static struct entry *take_done(hence_completion_queue *queue)
{
    struct entry *entry = first_of(&queue->done);
    entry->queue = NULL;
    queue->size--;
    return entry;
}

/* ---- life ---- */

static void release(hence_completion_queue *queue)
{
    if (--queue->references)
        return;
    hence_loop *loop = queue->loop;
    hence_memory_put(queue, sizeof *queue);
    hence_loop_undepend(loop);
}

hence_completion_queue *hence_completion_queue_new(hence_loop *loop)
{
    hence_completion_queue *queue = NULL;
    if (hence_loop_check(loop, "hence_completion_queue_new()") == 0)
        queue = hence_memory_get_zeroed(sizeof *queue);
    if (!queue)
        return NULL;
    queue->loop = loop;
    queue->references = 1;
    hence_ring_init(&queue->pending);
    hence_ring_init(&queue->done);
    hence_ring_init(&queue->asking);
    hence_loop_depend(loop);
    return queue;
}

/* ---- those who ask ---- */

static hence_promise *stop_asking(struct asking *asking)
{
    hence_promise *promise = asking->promise;
    hence_ring_remove(&asking->ring);
    asking->queue->asked--;
    hence_memory_put(asking, sizeof *asking);
    return promise;
}

static bool cancel_asking(hence_promise *promise, void *arg)
{
    (void)promise;
    stop_asking(arg);
    return true;
}

static void answer(struct hence_ring *who, hence_result r)
{
    hence_promise *promise = stop_asking((struct asking *)who);
    hence_promise_on_cancel(promise, NULL, NULL);
    hence_resolve_at(NULL, promise, r);
}

/* Gives those who ask what there is for them. */
static void serve(hence_completion_queue *queue)
{
    queue->references++;
    while (!hence_ring_is_empty(&queue->asking)) {
        if (!hence_ring_is_empty(&queue->done))
            answer(queue->asking.next, hence_own(take_done(queue), hence_completion_free));
        else if (queue->asked > queue->size) /* there is one for each of those who asked before */
            answer(queue->asking.previous, hence_fail_static(HENCE_EEND));
        else if (queue->time_is_up)
            answer(queue->asking.next, hence_fail_static(HENCE_ETIMEDOUT));
        else
            break;
    }
    release(queue);
}

/* ---- Futures ---- */

/* The time is for those that were given at the start: when all are done, there is nothing to wait for. */
static void stop_timer_when_done(hence_completion_queue *queue)
{
    if (queue->has_timer && hence_ring_is_empty(&queue->pending)) {
        queue->has_timer = false;
        hence_call_cancel(queue->loop, queue->timer);
    }
}

static void told(hence_future *f, void *arg)
{
    struct entry *entry = arg;
    hence_completion_queue *queue = entry->queue;
    (void)f;
    hence_ring_remove(&entry->ring);
    hence_ring_append(&queue->done, &entry->ring);
    stop_timer_when_done(queue);
    serve(queue);
}

static int add(hence_completion_queue *queue, hence_future *f)
{
    struct entry *entry = hence_memory_get(sizeof *entry);
    if (!entry)
        return -ENOMEM;
    f->references++;
    entry->completion = (hence_completion){queue->added++, f};
    entry->queue = queue;
    entry->listener.fn = told;
    entry->listener.arg = entry;
    entry->listener.is_users = false;
    queue->size++;
    if (hence_future_done(f)) {
        hence_ring_append(&queue->done, &entry->ring);
        serve(queue);
    } else {
        hence_ring_append(&queue->pending, &entry->ring);
        hence_listener_add(f, &entry->listener);
    }
    return 0;
}

int hence_completion_queue_add(hence_completion_queue *queue, hence_future *f)
{
    if (!queue || !f)
        return -ENOMEM;
    if (f->loop != queue->loop)
        return -EINVAL;
    int error = hence_loop_check(queue->loop, "hence_completion_queue_add()");
    return error ? error : add(queue, f);
}

hence_completion_queue *hence_completion_queue_free(hence_completion_queue *queue)
{
    if (!queue)
        return NULL;
    if (queue->has_timer)
        hence_call_cancel(queue->loop, queue->timer);
    while (!hence_ring_is_empty(&queue->pending)) {
        struct entry *entry = first_of(&queue->pending);
        hence_listener_remove(entry->completion.future, &entry->listener);
        hence_completion_free(entry);
    }
    while (!hence_ring_is_empty(&queue->done))
        hence_completion_free(take_done(queue));
    while (!hence_ring_is_empty(&queue->asking))
        answer(queue->asking.next, hence_fail_static(HENCE_ECANCELLED));
    release(queue);
    return NULL;
}

/* ---- taken ---- */

hence_future *hence_completion_queue_next_at(const char *site, hence_completion_queue *queue)
{
    hence_promise *promise;
    if (!queue)
        return NULL;
    struct asking *asking = hence_memory_get(sizeof *asking);
    hence_future *f = asking ? hence_future_new_at(site, queue->loop, &promise) : NULL;
    if (!f) {
        if (asking)
            hence_memory_put(asking, sizeof *asking);
        return NULL;
    }
    *asking = (struct asking){.promise = promise, .queue = queue};
    hence_ring_append(&queue->asking, &asking->ring);
    queue->asked++;
    hence_promise_on_cancel(promise, cancel_asking, asking);
    serve(queue);
    return f;
}

hence_completion *hence_completion_queue_pop(hence_completion_queue *queue)
{
    return queue && !hence_ring_is_empty(&queue->done) ? &take_done(queue)->completion : NULL;
}

size_t hence_completion_queue_size(const hence_completion_queue *queue)
{
    return queue ? queue->size : 0;
}

/* ---- with all of them from the start ---- */

static void time_is_up(void *arg)
{
    hence_completion_queue *queue = arg;
    queue->has_timer = false;
    queue->time_is_up = true;
    serve(queue);
}

/* Rule 106: the same Future in several places is given once. */
static int add_all(hence_completion_queue *queue, hence_future *const *futures, size_t n)
{
    int error = 0;
    size_t i;
    for (i = 0; i < n && !error; i++) {
        hence_future *f = futures[i];
        if (f && (f->state & FUTURE_MARKED))
            continue;
        queue->added = i;
        error = hence_completion_queue_add(queue, f);
        if (!error)
            f->state |= FUTURE_MARKED;
    }
    queue->added = n;
    while (i-- > 0) {
        if (futures[i])
            futures[i]->state &= ~(uint32_t)FUTURE_MARKED;
    }
    return error;
}

hence_completion_queue *hence_as_completed(hence_loop *loop, hence_future *const *futures, size_t n,
                                           int64_t timeout)
{
    hence_completion_queue *queue = hence_completion_queue_new(loop);
    int error = queue ? add_all(queue, futures, n) : -ENOMEM;
    if (!error && timeout >= 0 && !hence_ring_is_empty(&queue->pending)) {
        error = hence_call_later(loop, timeout, time_is_up, queue, &queue->timer);
        queue->has_timer = !error;
    }
    return error ? hence_completion_queue_free(queue) : queue;
}
