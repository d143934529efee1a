/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_LIB_EXEC_THREADSAFE_PROMISE_H
#define HENCE_LIB_EXEC_THREADSAFE_PROMISE_H

#include <hence/exec.h>

#include <stdatomic.h>

#include "loop/loop.h"

/* What a producer that belongs to the library has to say. It holds the promise within its own memory. */
struct threadsafe_producer {
    /* Nobody wants the result any more. True: the producer will not come. On the loop's thread. */
    bool (*stop)(hence_threadsafe_promise *t);
    /* Frees the memory: nobody will come to it any more. On any thread. */
    void (*free)(hence_threadsafe_promise *t);
    /* In a forked child: has the producer stayed in the parent? On the loop's thread. */
    bool (*is_parents)(const hence_threadsafe_promise *t);
};

struct hence_threadsafe_promise {
    /* the loop's thread only */
    struct hence_attachment attachment;         /* first */
    hence_promise *promise;                     /* NULL: ended */
    const struct threadsafe_producer *producer; /* NULL: nothing more is known of it */
    /* the producer's too */
    hence_loop *loop;
    struct hence_parcel parcel;
    hence_result result;
    atomic_bool is_unwanted;
    atomic_int left; /* how many of the two, the closing loop and the producer, are done with it */
};

/* Begins one: true. false: the loop refuses, and `p`, which is taken, has failed with that. */
bool hence_threadsafe_promise_init(hence_threadsafe_promise *t, hence_loop *loop, hence_promise *p,
                                   const struct threadsafe_producer *producer);

#endif
