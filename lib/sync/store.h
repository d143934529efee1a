/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_LIB_SYNC_STORE_H
#define HENCE_LIB_SYNC_STORE_H

/* The items of a queue, in the order of its kind. */

#include <hence/result.h>

enum store_kind {
    STORE_FIFO,
    STORE_LIFO,
    STORE_PRIORITY
};

struct item {
    hence_result r;
    int64_t priority;
    uint64_t sequence; /* equal priorities come out as they went in */
};

struct store {
    struct item *items; /* a ring from `first`, a stack, or a binary heap */
    size_t capacity, first, count;
    uint64_t sequence;
    enum store_kind kind;
};

/* Makes room for one more: false when there is no memory. */
bool hence_store_reserve(struct store *store);
/* After that. */
void hence_store_push(struct store *store, hence_result r, int64_t priority);
/* From one that is not empty. */
struct item hence_store_pop(struct store *store);
/* The one that is next, of a heap that is not empty. */
const struct item *hence_store_top(const struct store *store);
/* In a heap. */
bool hence_item_is_before(const struct item *a, const struct item *b);
/* Of one that is empty. */
void hence_store_free(struct store *store);

#endif
