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
#include <string.h>

#include "base/memory.h"

#define FIRST_CAPACITY 64

const char hence_ready_marks[2];

void hence_ready_mark_timer(struct ready *entry, uint32_t slot, uint32_t order)
{
    entry->timer = ((uint64_t)order << 32) | slot;
    entry->arg = NULL;
    entry->drop = MARK_TIMER;
}

int hence_ready_init(struct ready_queue *queue)
{
    queue->entries = hence_memory_get(FIRST_CAPACITY * sizeof *queue->entries);
    queue->mask = FIRST_CAPACITY - 1;
    return queue->entries ? 0 : -ENOMEM;
}

void hence_ready_free(struct ready_queue *queue)
{
    if (queue->entries)
        hence_memory_put(queue->entries, (queue->mask + 1) * sizeof *queue->entries);
    queue->entries = NULL;
}

int hence_ready_grow(struct ready_queue *queue)
{
    uint64_t mask = queue->mask * 2 + 1;
    struct ready *entries = hence_memory_get((mask + 1) * sizeof *entries);
    if (!entries)
        return -ENOMEM;
    for (uint64_t i = queue->head; i != queue->tail; i++)
        entries[i & mask] = queue->entries[i & queue->mask];
    hence_ready_free(queue);
    queue->entries = entries;
    queue->mask = mask;
    return 0;
}

/* Links are run in the order in which they were appended, so the one that it gives is still there. */
struct hence_link *hence_ready_link_ahead_of(struct ready_queue *queue, struct hence_link *link)
{
    if (HENCE_UNLIKELY(queue->links == MANY_LINKS + 1))
        memset(queue->recent, 0, sizeof queue->recent);
    struct hence_link **place = &queue->recent[queue->next_recent++ % LINKS_AHEAD];
    struct hence_link *before = *place;
    *place = link;
    return before;
}
