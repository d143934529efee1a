/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Queues and channels: those who want to get, those who want to put, and the items between them.
 *
 * An item goes straight from a putter into the store, or, through a channel, to a getter. There is always
 * room in the store's memory for those that may move in: it was full when they began to wait.
 */
#include "sync/queue.h"

#include <errno.h>

#include "base/memory.h"

/* ---- what may be done ---- */

static bool has_room(const hence_queue *queue)
{
    return queue->store.count < queue->max_size;
}

/* A putter's item is in. */
static void let_in(hence_queue *queue, struct waiter *putter)
{
    queue->unfinished++;
    hence_waiter_decide(putter, hence_none(), &queue->decided);
}

bool hence_queue_take_item(hence_queue *queue, struct item *out)
{
    if (hence_queue_take_returned(queue, out))
        return true;
    if (!queue->store.count)
        return false;
    *out = hence_store_pop(&queue->store);
    return true;
}

/* Takes the next item out, and lets a putter in for it. */
static bool take(hence_queue *queue, struct item *out)
{
    struct waiter *putter = hence_row_first(&queue->putters);
    if (hence_queue_take_returned(queue, out))
        return true;
    if (queue->store.count) {
        *out = hence_store_pop(&queue->store);
        if (putter) {
            hence_store_push(&queue->store, putter->outcome, putter->priority);
            let_in(queue, putter);
        }
        return true;
    }
    if (!putter)
        return false;
    *out = (struct item){.r = putter->outcome, .priority = putter->priority};
    let_in(queue, putter);
    return true;
}

/* The first getter, and there is one, will be told of it. */
static void give(hence_queue *queue, const struct item *item)
{
    struct waiter *getter = (struct waiter *)queue->getters.ring.next;
    hence_queue_future_note(queue, getter->promise, item);
    hence_waiter_decide(getter, item->r, &queue->decided);
}

static bool serve_one(struct primitive *primitive)
{
    hence_queue *queue = (hence_queue *)primitive;
    struct item item;
    if (hence_row_tell_decided(&queue->decided))
        return true;
    if (primitive->freed)
        return hence_row_abandon(&queue->getters) || hence_row_abandon(&queue->putters) ||
               hence_row_abandon(&queue->joiners);
    if (queue->getters.size && take(queue, &item))
        give(queue, &item);
    else if (queue->is_shut_down)
        hence_queue_turn_away(queue);
    return queue->decided.size;
}

/* ---- life ---- */

static void end(struct primitive *primitive)
{
    hence_store_free(&((hence_queue *)primitive)->store);
}

static hence_queue *queue_new(size_t max_size, enum store_kind kind)
{
    hence_queue *queue = hence_primitive_new(sizeof *queue, serve_one);
    if (queue) {
        queue->primitive.end = end;
        hence_row_init(&queue->getters);
        hence_row_init(&queue->putters);
        hence_row_init(&queue->joiners);
        hence_row_init(&queue->decided);
        queue->store.kind = kind;
        queue->max_size = max_size;
        queue->backlog = SIZE_MAX;
    }
    return queue;
}

static size_t bound_of(size_t max_size)
{
    return max_size ? max_size : SIZE_MAX;
}

hence_queue *hence_queue_new(size_t max_size)
{
    return queue_new(bound_of(max_size), STORE_FIFO);
}

hence_queue *hence_lifo_queue_new(size_t max_size)
{
    return queue_new(bound_of(max_size), STORE_LIFO);
}

hence_queue *hence_priority_queue_new(size_t max_size)
{
    return queue_new(bound_of(max_size), STORE_PRIORITY);
}

hence_queue *hence_channel_new(void)
{
    return queue_new(0, STORE_FIFO);
}

static void drop_items(hence_queue *queue)
{
    struct item item;
    while (hence_queue_take_item(queue, &item))
        hence_drop(item.r);
}

hence_queue *hence_queue_free(hence_queue *queue)
{
    if (hence_primitive_check(queue) != 0)
        return NULL;
    hence_primitive_ref(&queue->primitive);
    hence_primitive_free(&queue->primitive);
    drop_items(queue);
    hence_primitive_unref(&queue->primitive);
    return NULL;
}

/* ---- in ---- */

/* May it be put in at once? 0, -EAGAIN, -ESHUTDOWN or -ENOMEM. Nobody is overtaken: those who wait to put are
 * let in as soon as there is room, so if there is some, nobody waits. */
static int find_room(hence_queue *queue)
{
    if (queue->is_shut_down)
        return -ESHUTDOWN;
    if (!queue->max_size)
        return queue->getters.size ? 0 : -EAGAIN;
    if (!has_room(queue))
        return -EAGAIN;
    return hence_store_reserve(&queue->store) ? 0 : -ENOMEM;
}

static void push(hence_queue *queue, hence_result r, int64_t priority)
{
    queue->unfinished++;
    if (queue->max_size)
        hence_store_push(&queue->store, r, priority);
    else
        give(queue, &(struct item){.r = r, .priority = priority});
}

int hence_queue_try_put_priority(hence_queue *queue, hence_result r, int64_t priority)
{
    int error = hence_primitive_check(queue);
    if (!error)
        error = find_room(queue);
    if (error) {
        hence_drop(r);
        return error;
    }
    push(queue, r, priority);
    hence_primitive_serve(&queue->primitive);
    return 0;
}

int hence_queue_try_put(hence_queue *queue, hence_result r)
{
    return hence_queue_try_put_priority(queue, r, 0);
}

static void put(hence_queue *queue, hence_result r, int64_t priority, hence_promise *promise)
{
    if (hence_primitive_refuses(&queue->primitive, promise)) {
        hence_drop(r);
        return;
    }
    int error = find_room(queue);
    struct waiter *waiter = NULL;
    if (!error) {
        push(queue, r, priority);
        hence_resolve_at(NULL, promise, hence_none());
        hence_primitive_serve(&queue->primitive);
        return;
    }
    if (error == -EAGAIN)
        waiter = hence_waiter_add(&queue->primitive, &queue->putters, promise);
    else
        hence_resolve_at(NULL, promise,
                         hence_fail_static(error == -ENOMEM ? HENCE_ENOMEM : HENCE_ESHUTDOWN));
    if (waiter) {
        waiter->outcome = r;
        waiter->priority = priority;
    } else {
        hence_drop(r);
    }
}

hence_deferred *hence_queue_put_priority_at(const char *site, hence_queue *queue, hence_result r,
                                            int64_t priority)
{
    hence_promise *promise;
    hence_deferred *d = queue ? hence_deferred_new_at(site, &promise) : NULL;
    if (d)
        put(queue, r, priority, promise);
    else
        hence_drop(r);
    return d;
}

hence_future *hence_queue_put_priority_future_at(const char *site, hence_loop *loop,
                                                 hence_queue *queue, hence_result r,
                                                 int64_t priority)
{
    hence_promise *promise;
    hence_future *f = queue ? hence_future_new_at(site, loop, &promise) : NULL;
    if (f)
        put(queue, r, priority, promise);
    else
        hence_drop(r);
    return f;
}

hence_deferred *hence_queue_put_at(const char *site, hence_queue *queue, hence_result r)
{
    return hence_queue_put_priority_at(site, queue, r, 0);
}

hence_future *hence_queue_put_future_at(const char *site, hence_loop *loop, hence_queue *queue,
                                        hence_result r)
{
    return hence_queue_put_priority_future_at(site, loop, queue, r, 0);
}

/* ---- out ---- */

int hence_queue_try_get(hence_queue *queue, hence_result *out)
{
    int error = hence_primitive_check(queue);
    if (error)
        return error;
    struct item item;
    if (queue->getters.size || !take(queue, &item))
        return queue->is_shut_down && !hence_queue_size(queue) ? -ESHUTDOWN : -EAGAIN;
    *out = item.r;
    hence_primitive_serve(&queue->primitive);
    return 0;
}

static void get(hence_queue *queue, hence_promise *promise)
{
    struct item item;
    if (hence_primitive_refuses(&queue->primitive, promise))
        return;
    if (!queue->getters.size && take(queue, &item)) {
        hence_primitive_ref(&queue->primitive); /* what ends with a chain may free it */
        hence_queue_future_note(queue, promise, &item);
        hence_resolve_at(NULL, promise, item.r);
        hence_primitive_serve(&queue->primitive);
        hence_primitive_unref(&queue->primitive);
    } else if (queue->is_shut_down && !hence_queue_size(queue)) {
        hence_resolve_at(NULL, promise, hence_fail_static(HENCE_ESHUTDOWN));
    } else if (queue->getters.size >= queue->backlog) {
        hence_resolve_at(NULL, promise, hence_fail_static(HENCE_EFULL));
    } else {
        hence_waiter_add(&queue->primitive, &queue->getters, promise);
    }
}

hence_deferred *hence_queue_get_at(const char *site, hence_queue *queue)
{
    hence_promise *promise;
    hence_deferred *d = queue ? hence_deferred_new_at(site, &promise) : NULL;
    if (d)
        get(queue, promise);
    return d;
}

hence_future *hence_queue_get_future_at(const char *site, hence_loop *loop, hence_queue *queue)
{
    hence_promise *promise;
    if (!queue)
        return NULL;
    if (!hence_primitive_is_here(&queue->primitive))
        return hence_future_succeed_at(site, loop, hence_fail_static(HENCE_EINVAL));
    hence_future *f = hence_queue_future_new(site, loop, queue, &promise);
    if (f)
        get(queue, promise);
    return f;
}

int hence_queue_set_backlog(hence_queue *queue, size_t getters)
{
    int error = hence_primitive_check(queue);
    if (error)
        return error;
    queue->backlog = getters;
    return 0;
}

/* ---- how full ---- */

size_t hence_queue_size(const hence_queue *queue)
{
    return queue ? queue->store.count + queue->returned_count : 0;
}

bool hence_queue_is_full(const hence_queue *queue)
{
    if (!queue || queue->is_shut_down)
        return true;
    if (!queue->max_size)
        return !queue->getters.size;
    return !has_room(queue);
}
