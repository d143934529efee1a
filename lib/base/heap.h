/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_LIB_BASE_HEAP_H
#define HENCE_LIB_BASE_HEAP_H

/*
 * A pairing heap: the entry that comes before all others is at the top. An entry holds its node, so nothing is
 * allocated. Adding one is O(1), taking the first one O(log n), over many of them.
 */

#include <stdbool.h>

struct hence_heap_node {
    struct hence_heap_node *child, *next; /* the first child, the next sibling */
};

typedef bool hence_heap_is_before(const struct hence_heap_node *a, const struct hence_heap_node *b);

/* `top` points to NULL for an empty heap. */
void hence_heap_add(struct hence_heap_node **top, struct hence_heap_node *node,
                    hence_heap_is_before *is_before);
/* Takes the first one, which is there. */
struct hence_heap_node *hence_heap_take(struct hence_heap_node **top,
                                        hence_heap_is_before *is_before);

#endif
