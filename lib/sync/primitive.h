/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_LIB_SYNC_PRIMITIVE_H
#define HENCE_LIB_SYNC_PRIMITIVE_H

/*
 * What everything that can be waited for here has in common: rows of waiters, and one loop that serves
 * them.
 *
 * Whatever changes a primitive (a release, a put, a set) changes its state and then calls
 * hence_primitive_serve(), which tells one waiter after the other, as long as there is one whose time has
 * come. A waiter's steps may change the same primitive again; then they change its state only, and the loop
 * that is under way goes on from that. So a row of a million, each of which releases when it gets its turn,
 * needs the stack of one.
 *
 * Who is served is decided when it is told, and not before. So a waiter that is cancelled is taken out of
 * its row, and nothing else: there is no wake-up that it could have swallowed. Where one event decides
 * about several (a set event, a barrier that is full), those wait in a row of their own, as *decided*, and
 * a cancellation gives them what they were to be told.
 */

#include <errno.h>

#include <hence/deferred.h>
#include <hence/future.h>

#include "base/ring.h"
#include "base/thread.h"

#define NO_THREAD UINT64_MAX

struct primitive {
    /* Tells the next one whose time has come; false if there is none. */
    bool (*serve_one)(struct primitive *primitive);
    /* What else it holds, when its memory goes; may be missing. */
    void (*end)(struct primitive *primitive);
    size_t size;
    uint64_t owner;      /* the number of the thread that has used it first, or NO_THREAD */
    uint32_t references; /* the program's, those of holds, one while it serves */
    bool serving;
    bool freed; /* by the program: all who wait are to be told so */
};

/* Those who wait, or are decided, in order. */
struct row {
    struct hence_ring ring;
    size_t size;
};

struct waiter {
    struct hence_ring ring; /* first: of its row */
    struct row *row;
    hence_promise *promise;
    hence_result outcome; /* what it will be told, once that is decided; what it brings, before */
    int64_t priority;     /* of what it brings */
    bool is_decided;
};

/* A zeroed object of `size` bytes, or NULL. */
void *hence_primitive_new(size_t size, bool (*serve_one)(struct primitive *primitive));
void hence_primitive_ref(struct primitive *primitive);
void hence_primitive_unref(struct primitive *primitive);
void hence_primitive_serve(struct primitive *primitive);
/* The program lets go of it. */
void hence_primitive_free(struct primitive *primitive);

/* Whatever the program calls asks this first: those who wait belong to the thread that uses it. On another one that is
 * reported, and the call is to be refused. */
bool hence_primitive_is_new_here(struct primitive *primitive);
static inline bool hence_primitive_is_here(struct primitive *primitive)
{
    return HENCE_LIKELY(primitive->owner == hence_thread_number) ||
           hence_primitive_is_new_here(primitive);
}

/* 0, -ENOMEM for NULL, -EPERM on another thread. */
static inline int hence_primitive_check(void *primitive)
{
    if (!primitive)
        return -ENOMEM;
    return hence_primitive_is_here(primitive) ? 0 : -EPERM;
}

/* Who asks on another thread is told so: true. */
bool hence_primitive_refuses(struct primitive *primitive, hence_promise *promise);

static inline void hence_row_init(struct row *row)
{
    hence_ring_init(&row->ring);
    row->size = 0;
}

static inline struct waiter *hence_row_first(const struct row *row)
{
    return row->size ? (struct waiter *)row->ring.next : NULL;
}

/* Puts a new waiter, without anything but its promise, last into `row`. NULL when there is no memory, or
 * the primitive has been freed, by whose last waiter this is asked for; then the promise has been told so. */
struct waiter *hence_waiter_add(struct primitive *primitive, struct row *row,
                                hence_promise *promise);
/* Takes it out of its row and tells it. */
void hence_waiter_tell(struct waiter *waiter, hence_result r);
/* It will be told `r`, when `decided`, the row of those, comes to it. */
void hence_waiter_decide(struct waiter *waiter, hence_result r, struct row *decided);
/* The same for all in `row`: `r` is no owned value. */
void hence_row_decide(struct row *row, hence_result r, struct row *decided);
/* Tells the first one in a row of those that are decided; false if there is none. */
bool hence_row_tell_decided(struct row *decided);
/* Tells the first one in `row` that the primitive is gone; false if there is none. */
bool hence_row_abandon(struct row *row);

#endif
