/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The queue of what is ready: a ring whose positions only grow, so that a position names an entry
 * for good.
 *
 * Links (Futures that have listeners to tell) must never fail to be queued. Those that follow each
 * other share one entry, so that there is at most one entry of links between two others, and one
 * more where a snapshot ends. Whoever appends another entry reserves that room as well.
 */
#include "loop/loop.h"

#include <errno.h>

#include "base/memory.h"

#define FIRST_CAPACITY 64
#define LINKS_AT_ENDS  4 /* entries of links beside those between two others */

/* `drop` of entries that are not calls: addresses of nothing that can be called. */
static const char marks[2];
#define MARK_TIMER ((hence_drop_fn *)(uintptr_t)&marks[0])
#define MARK_LINKS ((hence_drop_fn *)(uintptr_t)&marks[1])

enum ready_kind hence_queue_kind(const struct ready *entry)
{
    if (HENCE_LIKELY(!entry->drop))
        return entry->fn ? READY_CALL : READY_NOTHING;
    if (entry->drop == MARK_TIMER)
        return READY_TIMER;
    return entry->drop == MARK_LINKS ? READY_LINKS : READY_CALL;
}

void hence_queue_mark_timer(struct ready *entry, uint32_t slot, uint32_t order)
{
    entry->timer = ((uint64_t)order << 32) | slot;
    entry->arg = NULL;
    entry->drop = MARK_TIMER;
}

int hence_queue_init(struct ready_queue *queue)
{
    queue->entries = hence_memory_get(FIRST_CAPACITY * sizeof *queue->entries);
    queue->mask = FIRST_CAPACITY - 1;
    return queue->entries ? 0 : -ENOMEM;
}

void hence_queue_free(struct ready_queue *queue)
{
    if (queue->entries)
        hence_memory_put(queue->entries, (queue->mask + 1) * sizeof *queue->entries);
    queue->entries = NULL;
}

static int grow(struct ready_queue *queue)
{
    uint64_t mask = queue->mask * 2 + 1;
    struct ready *entries = hence_memory_get((mask + 1) * sizeof *entries);
    if (!entries)
        return -ENOMEM;
    for (uint64_t i = queue->head; i != queue->tail; i++)
        entries[i & mask] = queue->entries[i & queue->mask];
    hence_queue_free(queue);
    queue->entries = entries;
    queue->mask = mask;
    return 0;
}

int hence_queue_reserve(struct ready_queue *queue)
{
    if (HENCE_UNLIKELY(2 * (queue->ordinary + 1) + LINKS_AT_ENDS > queue->mask))
        return grow(queue);
    return 0;
}

uint64_t hence_queue_append(struct ready_queue *queue, const struct ready *entry)
{
    queue->entries[queue->tail & queue->mask] = *entry;
    queue->ordinary++;
    return queue->tail++;
}

void hence_queue_append_link(struct ready_queue *queue, struct hence_link *link)
{
    link->next = NULL;
    queue->links++;
    if (queue->tail > queue->limit && queue->tail != queue->head) {
        struct ready *last = hence_queue_at(queue, queue->tail - 1);
        if (last->drop == MARK_LINKS) {
            last->last_link->next = link;
            last->last_link = link;
            return;
        }
    }
    struct ready *entry = hence_queue_at(queue, queue->tail++);
    entry->last_link = link;
    entry->arg = link;
    entry->drop = MARK_LINKS;
}
