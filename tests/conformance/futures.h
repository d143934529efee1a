/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_TESTS_CONFORMANCE_FUTURES_H
#define HENCE_TESTS_CONFORMANCE_FUTURES_H

/*
 * What the files share that run programs on Futures: futures.c has the words, and what is done with one Future,
 * futures_combinators.c has what waits for others, futures_calls.c calls and turns.
 */

#include "conformance/turns.h"

enum {
    MAKE,
    CANCELLABLE,
    SUCCEED,
    FAILED,
    SLEEP,
    TASK,
    GATHER,
    WAIT,
    WAIT_FOR,
    SHIELD,
    COMPLETED,
    NEXT,
    FREE,
    LISTEN,
    HEAR,
    AGAIN,
    REMOVE,
    FIRE,
    FAIL,
    FIRE_WITH,
    CHAIN,
    ABANDON,
    CANCEL,
    LOOK,
    FAILURE,
    DROP,
    SOON,
    LATER,
    CANCEL_CALL,
    WHEN,
    TURN,
    DIRECT,
    DISPATCH,
    UNTIL,
    STOP
};

enum {
    MOST_OPERATIONS = 400 /* that one program runs; the rest does nothing */
};

enum promise {
    NO_PROMISE, /* made with its result, or by a combinator */
    GOOD,
    ENDED, /* resolved, or stopped by its canceller */
    MOVED  /* hence_future_chain() has it */
};

struct listener {
    const struct block *block;
    bool looks;
    int agains;
};

struct variable {
    bool made;
    bool is_for_first;    /* it waits for the first of many, for ever */
    hence_future *future; /* NULL after it was let go */
    hence_promise *pointer;
    enum promise promise;
    const struct block *canceller;
    struct listener *listeners[MOST_OPERATIONS]; /* in the order in which they were added */
    int listening;
};

extern struct variable variables[SLOTS];
extern bool is_over; /* what happens now is taking down, and leaves no trace */

/* Gives the outcome. */
const struct node *run_block(const struct block *block);

/* ---- futures_combinators.c ---- */

extern bool is_direct;

void begin_combinators(void);
void run_combinator(int word, const struct node *node, struct variable *v);
void gather(const struct node *node, struct variable *v);
void shield(struct variable *v, const struct variable *other);
/* "completed", and "free". */
void complete(const struct node *node);
void free_queue(void);

/* ---- futures_calls.c ---- */

void begin_calls(void);
void call_soon(int handle, const struct block *block);
void call_later(int handle, int number, const struct block *block);
void cancel_call(int handle);
void tell_when(int handle);
/* An event if an argument was not destroyed. */
void check_calls(void);
/* All turns, as libevent makes them: snapshots follow each other without a poll. */
void dispatch(void);
/* hence_loop_run_until_complete(), and what stops it. */
void run_until(hence_future *f);
void stop_run(void);

#endif
