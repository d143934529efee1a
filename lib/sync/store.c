/* SPDX-License-Identifier: BSD-3-Clause */
#include "sync/store.h"

#include "base/memory.h"

static struct item *at(struct store *store, size_t i)
{
    return &store->items[(store->first + i) & (store->capacity - 1)];
}

bool hence_store_reserve(struct store *store)
{
    if (store->count < store->capacity)
        return true;
    const size_t capacity = store->capacity ? 2 * store->capacity : 8;
    struct item *items = hence_memory_get(capacity * sizeof *items);
    if (!items)
        return false;
    for (size_t i = 0; i < store->count; i++)
        items[i] = *at(store, i);
    hence_store_free(store);
    store->items = items;
    store->capacity = capacity;
    store->first = 0;
    return true;
}

void hence_store_free(struct store *store)
{
    if (store->items)
        hence_memory_put(store->items, store->capacity * sizeof *store->items);
    store->items = NULL;
    store->capacity = 0;
}

/* ---- the heap ---- */

bool hence_item_is_before(const struct item *a, const struct item *b)
{
    return a->priority != b->priority ? a->priority < b->priority : a->sequence < b->sequence;
}

static void sift_up(struct store *store, size_t i)
{
    struct item item = store->items[i];
    for (; i && hence_item_is_before(&item, &store->items[(i - 1) / 2]); i = (i - 1) / 2)
        store->items[i] = store->items[(i - 1) / 2];
    store->items[i] = item;
}

/* `item` goes to where it belongs, from the top on, which is free. */
static void sift_down(struct store *store, struct item item)
{
    size_t i = 0, child;
    for (; (child = 2 * i + 1) < store->count; i = child) {
        if (child + 1 < store->count &&
            hence_item_is_before(&store->items[child + 1], &store->items[child]))
            child++;
        if (!hence_item_is_before(&store->items[child], &item))
            break;
        store->items[i] = store->items[child];
    }
    store->items[i] = item;
}

/* ---- in and out ---- */

void hence_store_push(struct store *store, hence_result r, int64_t priority)
{
    *at(store, store->count) = (struct item){r, priority, store->sequence++};
    store->count++;
    if (store->kind == STORE_PRIORITY)
        sift_up(store, store->count - 1);
}

const struct item *hence_store_top(const struct store *store)
{
    return &store->items[0];
}

struct item hence_store_pop(struct store *store)
{
    store->count--;
    if (store->kind == STORE_LIFO)
        return *at(store, store->count);
    struct item item = *at(store, 0);
    if (store->kind == STORE_FIFO)
        store->first++;
    else if (store->count)
        sift_down(store, store->items[store->count]);
    return item;
}
