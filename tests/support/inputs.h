/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_TESTS_INPUTS_H
#define HENCE_TESTS_INPUTS_H

/*
 * Some Deferreds at once, or some Futures, to be given to combinators.
 *
 *     begin_inputs(3, STOPS);
 *     hence_deferred *d = hence_deferred_list(inputs, 3, 0);
 *     resolve_input(1, hence_int(7));
 *     ...
 *     end_inputs();
 */

#include "support.h"

enum {
    INPUTS = 8
};

/* What the canceller of an input does; each traces "cancel" and its number first. */
typedef enum on_cancel {
    STOPS,         /* says that the operation has stopped */
    GOES_ON,       /* says that it has not: one later result is swallowed */
    GIVES_VALUE,   /* resolves it with a number: 100, 101, ... */
    GIVES_FAILURE, /* resolves it with the failure "late" */
    TAKES_TIME,    /* resolves it with a chain to another one: resolve_late() ends that */
    NO_CANCELLER   /* there is none */
} on_cancel;

/* The first `n` of `inputs` are pending Deferreds now, whose references are to be handed on. */
extern hence_deferred *inputs[INPUTS];
void begin_inputs(size_t n, on_cancel how);
/* The first `n` of `futures` are pending Futures now, and all else is as with Deferreds. The references are
 * the test's: end_inputs() lets go of those that are left here. */
extern hence_future *futures[INPUTS];
void begin_futures(hence_loop *loop, size_t n, on_cancel how);
/* Another canceller for input `i`. */
void set_on_cancel(size_t i, on_cancel how);
/* Does anybody still want it? */
bool input_is_wanted(size_t i);
/* Resolves input `i`: nothing happens to one that was resolved, or has stopped. */
void resolve_input(size_t i, hence_result r);
/* The same for what input `i`, which takes time, waits for since it was cancelled. */
void resolve_late(size_t i, hence_result r);
/* Abandons the inputs that were not resolved (Futures are cancelled by their promise, which is not
 * reported); the last thing that a test does with them. */
void end_inputs(void);

#endif
