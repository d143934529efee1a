/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_LIB_SYNC_QUEUE_H
#define HENCE_LIB_SYNC_QUEUE_H

#include <hence/queue.h>

#include "sync/primitive.h"
#include "sync/store.h"

struct hence_heap_node;

struct hence_queue {
    struct primitive primitive;
    struct row getters, putters, joiners, decided;
    struct store store;
    struct hence_heap_node *returned; /* items that have come back */
    size_t returned_count;
    uint64_t given;
    size_t max_size; /* 0: of a channel; SIZE_MAX: any number */
    size_t backlog;
    size_t unfinished;
    bool is_shut_down, is_cut_short;
};

/* queue_future.c: Futures of items. If one ends before the program has been told of its item, that comes
 * back. */
hence_future *hence_queue_future_new(const char *site, hence_loop *loop, hence_queue *queue,
                                     hence_promise **promise);
/* `promise`, if it is of such a Future, is about to be resolved with this item of the queue. */
void hence_queue_future_note(hence_queue *queue, hence_promise *promise, const struct item *item);
/* Takes the next item of those that are in; false if there is none. */
bool hence_queue_take_item(hence_queue *queue, struct item *out);
/* Takes the next item if that is one that has come back. */
bool hence_queue_take_returned(hence_queue *queue, struct item *out);

/* queue_end.c: nothing is left to be done for those who join; to be served. */
void hence_queue_join_if_done(hence_queue *queue);
/* Of one that is shut down, those who wait for what will not come any more. */
void hence_queue_turn_away(hence_queue *queue);

#endif
