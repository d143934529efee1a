/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Futures of items. A Future is given its item when there is one, but the program is told of it through the
 * loop; and if it never is (the task that waits was cancelled meanwhile, another one has won the race, the
 * Future was let go), the item comes back, and is the next one to be given. What it comes back in is the
 * memory of the Future, so none is needed.
 *
 * Those that have come back are a heap: they may come in any order, and any number of them.
 */
#include "base/heap.h"
#include "base/memory.h"
#include "future/returnable.h"
#include "sync/queue.h"

struct queue_future {
    struct hence_returnable returnable; /* first */
    struct hence_heap_node node;        /* of those that have come back */
    hence_queue *queue;
    struct item item; /* its result stands in the Future's slot until it comes back */
    uint64_t given;   /* in which order, from 1; 0: none yet */
};

static struct queue_future *of_node(const struct hence_heap_node *node)
{
    return (struct queue_future *)((char *)(uintptr_t)node - offsetof(struct queue_future, node));
}

/* Of two that have come back. */
static bool is_before(const struct hence_heap_node *one, const struct hence_heap_node *other)
{
    const struct queue_future *a = of_node(one), *b = of_node(other);
    const bool by_priority = a->queue->store.kind == STORE_PRIORITY;
    return by_priority ? hence_item_is_before(&a->item, &b->item) : a->given < b->given;
}

static void insert(hence_queue *queue, struct queue_future *future)
{
    hence_heap_add(&queue->returned, &future->node, is_before);
    queue->returned_count++;
}

/* It comes back where nobody wants it any more. */
static void lose(hence_queue *queue, hence_result r)
{
    if (!queue->primitive.freed && queue->unfinished) {
        queue->unfinished--;
        hence_queue_join_if_done(queue);
    }
    hence_drop(r);
}

/* What the item was to be, another Deferred's or Future's result, has been cancelled along with who waited. */
static bool is_spent(const struct queue_future *future, const hence_result *r)
{
    return hence_is_chain(&future->item.r) && hence_is_cancelled(r);
}

static bool end(struct hence_returnable *self, bool is_untold)
{
    struct queue_future *future = (struct queue_future *)self;
    hence_queue *queue = future->queue;
    bool keeps_memory = false;
    if (future->given && is_untold) {
        hence_result r = hence_take(&self->f.waitable.slot);
        if (queue->primitive.freed || queue->is_cut_short || is_spent(future, &r)) {
            lose(queue, r);
        } else {
            future->item.r = r;
            insert(queue, future);
            keeps_memory = true;
        }
        hence_primitive_serve(&queue->primitive);
    }
    if (!keeps_memory)
        hence_primitive_unref(&queue->primitive);
    return keeps_memory;
}

hence_future *hence_queue_future_new(const char *site, hence_loop *loop, hence_queue *queue,
                                     hence_promise **promise)
{
    struct queue_future *future =
        (struct queue_future *)hence_returnable_new(site, loop, promise, sizeof *future, end);
    if (!future)
        return NULL;
    future->queue = queue;
    future->given = 0;
    hence_primitive_ref(&queue->primitive);
    return &future->returnable.f;
}

void hence_queue_future_note(hence_queue *queue, hence_promise *promise, const struct item *item)
{
    struct queue_future *future = (struct queue_future *)hence_returnable_of(promise);
    if (!future)
        return;
    future->item = *item;
    future->given = ++queue->given;
}

bool hence_queue_take_returned(hence_queue *queue, struct item *out)
{
    if (HENCE_LIKELY(!queue->returned_count))
        return false;
    struct queue_future *first = of_node(queue->returned);
    if (queue->store.kind == STORE_PRIORITY && queue->store.count &&
        hence_item_is_before(hence_store_top(&queue->store), &first->item))
        return false;
    *out = first->item;
    hence_heap_take(&queue->returned, is_before);
    queue->returned_count--;
    hence_memory_put(first, first->returnable.size);
    hence_primitive_unref(&queue->primitive);
    return true;
}
