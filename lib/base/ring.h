/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_LIB_BASE_RING_H
#define HENCE_LIB_BASE_RING_H

/* A doubly linked list without ends: an entry that is alone points to itself. */

#include <stdbool.h>

struct hence_ring {
    struct hence_ring *next, *previous;
};

static inline void hence_ring_init(struct hence_ring *ring)
{
    ring->next = ring->previous = ring;
}

static inline bool hence_ring_is_empty(const struct hence_ring *ring)
{
    return ring->next == ring;
}

/* Puts `entry` last. */
static inline void hence_ring_append(struct hence_ring *ring, struct hence_ring *entry)
{
    entry->next = ring;
    entry->previous = ring->previous;
    ring->previous->next = entry;
    ring->previous = entry;
}

/* Takes `entry` out of where it is. What it points to means nothing then. */
static inline void hence_ring_cut_out(const struct hence_ring *entry)
{
    entry->next->previous = entry->previous;
    entry->previous->next = entry->next;
}

/* Takes `entry` out of where it is: it is alone then. */
static inline void hence_ring_remove(struct hence_ring *entry)
{
    hence_ring_cut_out(entry);
    hence_ring_init(entry);
}

#endif
