/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Futures one by one, in the order in which they are done.
 *
 * Each Future that is added has an entry, which listens to it, and in the end is the completion that the
 * program gets; and when it is added, room is made for it in the row of those that are done: so nothing
 * needs to be allocated when a Future is done. Those who ask before that stand in a row of their own; at
 * most one of the two rows is not empty.
 *
 * An entry that was given to a Future which ends before the program has been told of it comes back. Those that
 * have come back are the next ones to be given, in the order in which they were: a heap.
 *
 * The entries of what is added at once stand side by side, in a batch that ends when the last of them has
 * been freed; and who takes one from the row of those that are done sees which come next, and has them
 * fetched: so a hundred thousand Futures cost little more for each than a thousand do.
 */
#include <hence/gather.h>

#include <errno.h>

#include "base/heap.h"
#include "base/memory.h"
#include "base/ring.h"
#include "compose/completion_queue.h"
#include "future/returnable.h"

#define ENTRIES_AHEAD 8
#define FUTURES_AHEAD 4

extern inline const hence_completion *hence_as_completion(const hence_result *in);

struct entry {
    hence_completion completion; /* first: what the program gets */
    struct batch *batch;
    union {
        struct hence_listener listener; /* `fn` is NULL when the Future is done */
        struct hence_heap_node node;    /* when it has come back: in the place of its links */
    };
};

/* What is given to those who ask. */
struct given {
    struct hence_returnable returnable; /* first */
    hence_completion_queue *queue;
    union {
        struct hence_ring ring; /* while it asks */
        uint64_t order;         /* of what it was given then, from 1; 0: nothing */
    };
};

struct batch {
    struct hence_ring ring; /* of those of the queue; alone when that has ended */
    hence_completion_queue *queue;
    size_t capacity, begun, alive;
    struct entry entries[];
};

struct hence_completion_queue {
    hence_loop *loop;
    struct hence_ring batches, asking;
    struct entry **done; /* a ring of `capacity`, which is a power of two */
    size_t done_begin, done_end, capacity;
    struct hence_heap_node *returned; /* those that have come back */
    size_t returned_count;
    uint64_t given;
    size_t added, pending, asked;
    hence_call timer;
    uint32_t references;
    bool has_timer, time_is_up, freed, serving;
};

/* ---- batches ---- */

static size_t batch_size(size_t n)
{
    return sizeof(struct batch) + n * sizeof(struct entry);
}

static struct batch *batch_new(hence_completion_queue *queue, size_t n)
{
    struct batch *batch = NULL;
    if (n <= (SIZE_MAX - sizeof *batch) / sizeof *batch->entries)
        batch = hence_memory_get(batch_size(n));
    if (!batch)
        return NULL;
    hence_ring_append(&queue->batches, &batch->ring);
    batch->queue = queue;
    batch->capacity = n;
    batch->begun = batch->alive = 0;
    return batch;
}

/* One of those who need it does not any more. */
static void batch_release(struct batch *batch)
{
    if (--batch->alive)
        return;
    hence_ring_remove(&batch->ring);
    hence_memory_put(batch, batch_size(batch->capacity));
}

/* ---- the row of those that are done ---- */

static size_t count_in_row(const hence_completion_queue *queue)
{
    return queue->done_end - queue->done_begin;
}

static size_t count_done(const hence_completion_queue *queue)
{
    return count_in_row(queue) + queue->returned_count;
}

static struct entry **done_at(const hence_completion_queue *queue, size_t position)
{
    return &queue->done[position & (queue->capacity - 1)];
}

/* Makes room for `n` more entries. */
static int reserve(hence_completion_queue *queue, size_t n)
{
    const size_t wanted = queue->pending + count_in_row(queue) + n;
    size_t capacity = queue->capacity ? queue->capacity : 8;
    while (capacity < wanted && capacity <= SIZE_MAX / 2 / sizeof *queue->done)
        capacity *= 2;
    if (capacity == queue->capacity)
        return 0;
    struct entry **done =
        capacity < wanted ? NULL : hence_memory_get(capacity * sizeof *queue->done);
    if (!done)
        return -ENOMEM;
    for (size_t i = queue->done_begin; i != queue->done_end; i++)
        done[i & (capacity - 1)] = *done_at(queue, i);
    if (queue->done)
        hence_memory_put(queue->done, queue->capacity * sizeof *queue->done);
    queue->done = done;
    queue->capacity = capacity;
    return 0;
}

static void append_done(hence_completion_queue *queue, struct entry *entry)
{
    *done_at(queue, queue->done_end++) = entry;
}

static struct entry *of_listener(struct hence_listener *listener)
{
    return (struct entry *)((char *)listener - offsetof(struct entry, listener));
}

/* ---- those that have come back ---- */

static struct entry *of_node(const struct hence_heap_node *node)
{
    return (struct entry *)((char *)(uintptr_t)node - offsetof(struct entry, node));
}

/* The order in which they were given. */
static bool is_before(const struct hence_heap_node *a, const struct hence_heap_node *b)
{
    return (uintptr_t)of_node(a)->listener.arg < (uintptr_t)of_node(b)->listener.arg;
}

static void insert_returned(hence_completion_queue *queue, struct entry *entry, uint64_t order)
{
    entry->listener.arg = (void *)(uintptr_t)order;
    hence_heap_add(&queue->returned, &entry->node, is_before);
    queue->returned_count++;
}

static struct entry *take_returned(hence_completion_queue *queue)
{
    queue->returned_count--;
    return of_node(hence_heap_take(&queue->returned, is_before));
}

/* Takes the first one. Those that come some places later are fetched, and then their Futures. */
static struct entry *take_done(hence_completion_queue *queue)
{
    if (HENCE_UNLIKELY(queue->returned != NULL))
        return take_returned(queue);
    const size_t left = count_in_row(queue);
    struct entry *entry = *done_at(queue, queue->done_begin);
    if (left > ENTRIES_AHEAD)
        __builtin_prefetch(*done_at(queue, queue->done_begin + ENTRIES_AHEAD));
    if (left > FUTURES_AHEAD) {
        const hence_future *f =
            (*done_at(queue, queue->done_begin + FUTURES_AHEAD))->completion.future;
        __builtin_prefetch(f);
    }
    queue->done_begin++;
    return entry;
}

/* ---- completions ---- */

/* Completions of Futures whose values are completions, a million deep, wait in a row. */
void hence_completion_free(void *p)
{
    static _Thread_local struct hence_listener *doomed, **end;
    static _Thread_local bool destroying;
    struct entry *entry = p;
    if (!entry)
        return;
    entry->listener.next = NULL;
    if (destroying) {
        *end = &entry->listener;
        end = &entry->listener.next;
        return;
    }
    destroying = true;
    doomed = &entry->listener;
    end = &entry->listener.next;
    while (doomed) {
        struct entry *next = of_listener(doomed);
        hence_future *f = next->completion.future;
        doomed = doomed->next;
        if (!doomed)
            end = &doomed;
        batch_release(next->batch);
        hence_future_unref(f);
    }
    destroying = false;
}

/* ---- life ---- */

static void release(hence_completion_queue *queue)
{
    if (--queue->references)
        return;
    hence_loop *loop = queue->loop;
    if (queue->done)
        hence_memory_put(queue->done, queue->capacity * sizeof *queue->done);
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
    hence_ring_init(&queue->batches);
    hence_ring_init(&queue->asking);
    hence_loop_depend(loop);
    return queue;
}

/* ---- those who ask ---- */

static struct given *of_ring(struct hence_ring *ring)
{
    return (struct given *)((char *)ring - offsetof(struct given, ring));
}

static void stop_asking(struct given *given)
{
    hence_ring_remove(&given->ring);
    given->order = 0;
    given->queue->asked--;
}

static bool cancel_asking(hence_promise *promise, void *given)
{
    (void)promise;
    stop_asking(given);
    return true;
}

static void answer(struct given *given, hence_result r)
{
    hence_resolve_at(NULL, (hence_promise *)given, r);
}

/* Has nothing to give. */
static void refuse(struct hence_ring *who, hence_error code)
{
    struct given *given = of_ring(who);
    stop_asking(given);
    answer(given, hence_fail_static(code));
}

static hence_result give(hence_completion_queue *queue, struct given *given)
{
    given->order = ++queue->given;
    return hence_own(take_done(queue), hence_completion_free);
}

static void serve_first(hence_completion_queue *queue)
{
    struct given *given = of_ring(queue->asking.next);
    stop_asking(given);
    answer(given, give(queue, given));
}

/* Gives those who ask what there is for them. */
static void serve(hence_completion_queue *queue)
{
    if (queue->serving) /* what comes back at once is given to the next one from there */
        return;
    queue->serving = true;
    queue->references++;
    while (!hence_ring_is_empty(&queue->asking)) {
        if (count_done(queue))
            serve_first(queue);
        else if (queue->asked >
                 queue->pending) /* there is one for each of those who asked before */
            refuse(queue->asking.previous, HENCE_EEND);
        else if (queue->time_is_up)
            refuse(queue->asking.next, HENCE_ETIMEDOUT);
        else
            break;
    }
    queue->serving = false;
    release(queue);
}

/* The Future of somebody who has asked ends. */
static bool given_end(struct hence_returnable *self, bool is_untold)
{
    struct given *given = (struct given *)self;
    hence_completion_queue *queue = given->queue;
    struct entry *entry = NULL;
    if (given->order && is_untold)
        entry = hence_take_ptr(&self->f.waitable.slot, hence_completion_free);
    if (entry && queue->freed) {
        hence_completion_free(entry);
    } else if (entry) {
        insert_returned(queue, entry, given->order);
        serve(queue);
    }
    release(queue);
    return false;
}

static hence_future *given_new(const char *site, hence_completion_queue *queue,
                               hence_promise **promise)
{
    struct given *given =
        (struct given *)hence_returnable_new(site, queue->loop, promise, sizeof *given, given_end);
    if (!given)
        return NULL;
    given->queue = queue;
    given->order = 0;
    queue->references++;
    return &given->returnable.f;
}

/* ---- Futures ---- */

/* The time is for those that were given at the start: when all are done, there is nothing to wait for. */
static void stop_timer_when_done(hence_completion_queue *queue)
{
    if (queue->has_timer && !queue->pending) {
        queue->has_timer = false;
        hence_call_cancel(queue->loop, queue->timer);
    }
}

static void told(hence_future *f, void *arg)
{
    struct entry *entry = arg;
    hence_completion_queue *queue = entry->batch->queue;
    (void)f;
    entry->listener.fn = NULL;
    queue->pending--;
    append_done(queue, entry);
    stop_timer_when_done(queue);
    serve(queue);
}

/* There is room for it in the batch, and in the row of those that are done. */
static void begin_entry(struct batch *batch, size_t index, hence_future *f)
{
    hence_completion_queue *queue = batch->queue;
    struct entry *entry = &batch->entries[batch->begun++];
    batch->alive++;
    f->references++;
    entry->completion = (hence_completion){index, f};
    entry->batch = batch;
    entry->listener.arg = entry;
    entry->listener.leads_to = NULL;
    if (hence_future_done(f)) {
        entry->listener.fn = NULL;
        append_done(queue, entry);
        serve(queue);
    } else {
        entry->listener.fn = told;
        queue->pending++;
        hence_listener_add(f, &entry->listener);
    }
}

int hence_completion_queue_add(hence_completion_queue *queue, hence_future *f)
{
    if (!queue || !f)
        return -ENOMEM;
    if (f->loop != queue->loop)
        return -EINVAL;
    int error = hence_loop_check(queue->loop, "hence_completion_queue_add()");
    if (error)
        return error;
    struct batch *batch = reserve(queue, 1) == 0 ? batch_new(queue, 1) : NULL;
    if (!batch)
        return -ENOMEM;
    begin_entry(batch, queue->added++, f);
    return 0;
}

/* Frees its entries whose Futures are not done. */
static void stop_listening(struct batch *batch)
{
    batch->alive++;
    for (size_t i = 0; i < batch->begun; i++) {
        struct entry *entry = &batch->entries[i];
        if (!entry->listener.fn)
            continue;
        entry->listener.fn = NULL;
        hence_listener_remove(entry->completion.future, &entry->listener);
        hence_completion_free(entry);
    }
    batch_release(batch);
}

hence_completion_queue *hence_completion_queue_free(hence_completion_queue *queue)
{
    if (!queue)
        return NULL;
    queue->freed = true;
    if (queue->has_timer)
        hence_call_cancel(queue->loop, queue->timer);
    while (!hence_ring_is_empty(&queue->batches)) {
        struct hence_ring *first = queue->batches.next;
        hence_ring_remove(first);
        stop_listening((struct batch *)first);
    }
    while (count_done(queue))
        hence_completion_free(take_done(queue));
    while (!hence_ring_is_empty(&queue->asking))
        refuse(queue->asking.next, HENCE_ECANCELLED);
    release(queue);
    return NULL;
}

/* ---- taken ---- */

/* There is one, so nobody asks. */
static hence_future *next_done(const char *site, hence_completion_queue *queue)
{
    hence_promise *promise;
    hence_future *f = given_new(site, queue, &promise);
    if (f)
        hence_resolve_at(NULL, promise, give(queue, (struct given *)f));
    return f;
}

hence_future *hence_completion_queue_next_at(const char *site, hence_completion_queue *queue)
{
    hence_promise *promise;
    if (!queue)
        return NULL;
    if (count_done(queue))
        return next_done(site, queue);
    hence_future *f = given_new(site, queue, &promise);
    if (!f)
        return NULL;
    struct given *given = (struct given *)f;
    hence_ring_append(&queue->asking, &given->ring);
    queue->asked++;
    hence_promise_on_cancel(promise, cancel_asking, given);
    serve(queue);
    return f;
}

hence_completion *hence_completion_queue_pop(hence_completion_queue *queue)
{
    return queue && count_done(queue) ? &take_done(queue)->completion : NULL;
}

bool hence_completion_queue_take(hence_completion_queue *queue, hence_result *out)
{
    if (!queue || !count_done(queue) || queue->loop->owner != hence_thread_number ||
        queue->loop->closed)
        return false;
    *out = hence_own(take_done(queue), hence_completion_free);
    return true;
}

size_t hence_completion_queue_size(const hence_completion_queue *queue)
{
    return queue ? queue->pending + count_done(queue) : 0;
}

/* ---- with all of them from the start ---- */

static void time_is_up(void *arg)
{
    hence_completion_queue *queue = arg;
    queue->has_timer = false;
    queue->time_is_up = true;
    serve(queue);
}

static int check_futures(hence_loop *loop, hence_future *const *futures, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!futures[i])
            return -ENOMEM;
        if (futures[i]->loop != loop)
            return -EINVAL;
    }
    return 0;
}

/* Rule 106: the same Future in several places is given once. */
static int add_all(hence_completion_queue *queue, hence_future *const *futures, size_t n)
{
    struct batch *batch = NULL;
    int error = check_futures(queue->loop, futures, n);
    if (error || n == 0)
        return error;
    if (reserve(queue, n) == 0)
        batch = batch_new(queue, n);
    if (!batch)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        if (futures[i]->state & FUTURE_MARKED)
            continue;
        futures[i]->state |= FUTURE_MARKED;
        begin_entry(batch, i, futures[i]);
    }
    for (size_t i = 0; i < n; i++)
        futures[i]->state &= ~(uint32_t)FUTURE_MARKED;
    queue->added = n;
    return 0;
}

hence_completion_queue *hence_as_completed(hence_loop *loop, hence_future *const *futures, size_t n,
                                           int64_t timeout)
{
    hence_completion_queue *queue = hence_completion_queue_new(loop);
    int error = queue ? add_all(queue, futures, n) : -ENOMEM;
    if (!error && timeout >= 0 && queue->pending) {
        error = hence_call_later(loop, timeout, time_is_up, queue, &queue->timer);
        queue->has_timer = !error;
    }
    return error ? hence_completion_queue_free(queue) : queue;
}
