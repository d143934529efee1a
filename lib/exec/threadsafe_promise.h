/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_LIB_EXEC_THREADSAFE_PROMISE_H
#define HENCE_LIB_EXEC_THREADSAFE_PROMISE_H

#include <hence/exec.h>

#include <stdatomic.h>

#include "loop/loop.h"

/* What the loop's side tells a producer that belongs to the library, on the loop's thread. */
struct threadsafe_producer {
    /* Nobody wants the result any more. True: the producer will not come. */
    bool (*stop)(void *arg);
    /* The promise has ended: `stop` will not be called any more. */
    void (*ended)(void *arg);
};

struct hence_threadsafe_promise {
    struct hence_hold hold; /* first */
    struct hence_parcel parcel;
    hence_loop *loop;
    hence_promise *promise; /* NULL: ended. The loop's thread only */
    hence_result result;
    const struct threadsafe_producer *producer; /* NULL: nothing more is known of it */
    void *producer_arg;
    atomic_bool is_unwanted;
    atomic_int left; /* how many of the two, the closing loop and the producer, are done with it */
};

#endif
