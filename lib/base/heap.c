/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/heap.h"

#include <stddef.h>

/* One heap of two, either of which may be NULL. */
static struct hence_heap_node *meld(struct hence_heap_node *a, struct hence_heap_node *b,
                                    hence_heap_is_before *is_before)
{
    if (!a || !b)
        return a ? a : b;
    struct hence_heap_node *first = is_before(b, a) ? b : a, *second = first == a ? b : a;
    second->next = first->child;
    first->child = second;
    return first;
}

void hence_heap_add(struct hence_heap_node **top, struct hence_heap_node *node,
                    hence_heap_is_before *is_before)
{
    node->child = NULL;
    *top = meld(*top, node, is_before);
}

/* What is left are the children of the first one: melded in pairs, and those one after the other. */
struct hence_heap_node *hence_heap_take(struct hence_heap_node **top,
                                        hence_heap_is_before *is_before)
{
    struct hence_heap_node *first = *top, *rest = first->child, *pairs = NULL;
    while (rest) {
        struct hence_heap_node *a = rest, *b = a->next;
        rest = b ? b->next : NULL;
        a = meld(a, b, is_before);
        a->next = pairs;
        pairs = a;
    }
    *top = NULL;
    while (pairs) {
        struct hence_heap_node *next = pairs->next;
        *top = meld(*top, pairs, is_before);
        pairs = next;
    }
    return first;
}
