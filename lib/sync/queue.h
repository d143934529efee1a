/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_LIB_SYNC_QUEUE_H
#define HENCE_LIB_SYNC_QUEUE_H

#include <hence/queue.h>

#include "sync/primitive.h"
#include "sync/store.h"

struct hence_queue {
    struct primitive primitive;
    struct row getters, putters, joiners, decided;
    struct store store;
    size_t max_size; /* 0: of a channel; SIZE_MAX: any number */
    size_t backlog;
    size_t unfinished;
    bool is_shut_down;
};

/* queue_end.c: of one that is shut down, those who wait for what will not come any more. */
void hence_queue_turn_away(hence_queue *queue);

#endif
