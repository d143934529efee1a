/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_LIB_BASE_STACK_H
#define HENCE_LIB_BASE_STACK_H

/*
 * The stacks of a thread: its own, and those of coroutines, which may be left in the middle and gone on with later.
 * What does things in turn knows by this whether the one whose turn it is goes on before the call returns: only if it
 * is on the stack that runs, or on one that has resumed that.
 */

enum hence_turns {
    HENCE_TURNS_TELLING, /* shares that are told because of each other */
    HENCE_TURNS_CANCELLING,
    HENCE_TURNS
};

/* The first member of a coroutine's record. */
struct hence_stack {
    struct hence_stack *outer; /* the one that has resumed it; NULL: the thread's own */
    void *rows[HENCE_TURNS];   /* of those in turn that were begun on it, or NULL */
};

/* The one that runs; NULL: the thread's own. */
extern _Thread_local struct hence_stack *hence_stack_here;

/* The row that goes on before this call returns, or NULL. */
void *hence_stack_find_row(enum hence_turns turns);
/* That of the stack that runs: NULL when it is done. */
void hence_stack_set_row(enum hence_turns turns, void *row);

#endif
