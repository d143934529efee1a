/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_LIB_FUTURE_RETURNABLE_H
#define HENCE_LIB_FUTURE_RETURNABLE_H

/*
 * Futures for what is taken out of somewhere, such as a queue: if one ends, and the program has not been
 * told of its value, that goes back to where it came from. So an item is not lost with a task that is
 * cancelled in the moment between the Future's result and the turn in which the task would be told of it,
 * nor with the loser of a race, or a Future that nobody asks.
 *
 * Told is who reads the result, or is called because of it. Who only asks for its failure, and finds none, is
 * not. What only passes it on is not: the library's own
 * consumers with `takes_untold` are given a result that refers to the Future, whatever its value, and
 * hence_receive() makes of it what the program gets.
 */

#include "future/future.h"

struct hence_returnable {
    hence_future f; /* first */
    size_t size;
    /* The Future ends. Takes the value out of its slot if that is to go back. If it returns true it also
     * keeps this memory, and puts it when that has no further use. Nobody comes to the Future any more. */
    bool (*end)(struct hence_returnable *self, bool is_untold);
};

/* A Future with `size` bytes of memory, which begin with this; what is behind it is for the caller to fill. NULL when
 * there is no memory. */
struct hence_returnable *hence_returnable_new(const char *site, hence_loop *loop,
                                              hence_promise **producer, size_t size,
                                              bool (*end)(struct hence_returnable *self,
                                                          bool is_untold));

/* The one whose promise that is, or NULL: it is something else. */
struct hence_returnable *hence_returnable_of(hence_promise *promise);

#endif
