/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_TESTS_SCRIPT_H
#define HENCE_TESTS_SCRIPT_H

/*
 * An async iterator that does as it is told, letter by letter:
 *
 *   v  a Future that is done, with the number of the letter
 *   o  the same with a payload
 *   p  a Future that is pending: the next one of `futures`, see inputs.h
 *   f  one that has failed with "broken"
 *   c  one that is cancelled
 *   e  the end, with a message of its own
 *   n  none, as if there were no memory
 *   x  something happens first: script_event(); then as p
 *
 * and then the end.
 */

#include "inputs.h"

extern void (*script_event)(void);

/* Before begin_loop()'s loop is used for anything. */
void script_begin(hence_loop *loop, const char *letters);
/* The hence_next_fn; each call traces "next". */
hence_future *script_next(void *letters);
/* How often it was called. */
size_t script_calls(void);

#endif
