/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_LIB_COMPOSE_TURNS_H
#define HENCE_LIB_COMPOSE_TURNS_H

/*
 * Things that are done one after the other, and take time.
 *
 * Each is a function that is called in turns: it gets the result that it has waited for, and leaves the one
 * that it waits for next. What is there already is handed back at once. It is something that can be waited
 * for by itself, and waits itself, as a task of a coroutine does, but without a stack: so it needs constant memory,
 * and a cancellation that what it waits for is too late for comes to it instead.
 */

#include <hence/future.h>

#include "future/awaiter.h"

/* The first member of what each of them needs. */
struct turns {
    struct hence_awaiter awaiter; /* which awaits nothing while a turn runs; the slot is not used */
    /* Takes *r, and leaves what is to be waited for there, or the outcome; then it returns false. */
    bool (*turn)(struct turns *turns, hence_result *r);
    /* Takes the result that a cancellation stands in the place of. NULL: nobody is told of that, and it is dropped. */
    void (*keep)(struct turns *turns, hence_result r);
    void (*destroy)(struct turns *turns); /* what it holds; may be NULL */
    size_t size;
    /* What is awaited has its result, but the turns have not been told of it yet. */
    bool must_cancel;
};

/* `size` bytes for such turns, filled with zeroes, and the Future that will wait for them; NULL when there is no
 * memory. */
void *hence_turns_new(const char *site, hence_loop *loop, size_t size, hence_promise **promise,
                      hence_future **f);

/* The first turn, which gets none. Returns `f`. */
hence_future *hence_turns_begin(struct turns *turns, hence_promise *promise, hence_future *f);

#endif
