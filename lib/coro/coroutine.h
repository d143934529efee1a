/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_LIB_CORO_COROUTINE_H
#define HENCE_LIB_CORO_COROUTINE_H

/*
 * Coroutines: functions with a stack of their own, which can be left in the middle and gone on with.
 * What they compute, and who waits for it, is not known here: tasks and generators are made of them.
 *
 * The record of a coroutine stands at the upper end of its stack, so that one mapping is all there is:
 *
 *     guard page | <- stack grows down                               | struct hence_coroutine
 *
 * A stack whose coroutine has ended is kept for the next one of its thread. It has not been left for good:
 * it stands in the loop of run(), and the next coroutine is one more turn of that.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/ring.h"
#include "base/stack.h"
#include "coro/context.h"

struct hence_coroutine {
    struct hence_stack stack; /* first; its `outer` is the coroutine that has resumed it, or NULL */
    struct hence_context here;    /* where it goes on, */
    struct hence_context resumer; /* and where the one who has it go on does */
    /* The coroutine that runs inside of this one: itself, or one that was resumed by it, and again, and
     * that has suspended them all together. */
    struct hence_coroutine *innermost;
    hence_result (*fn)(void *arg);
    void *arg;
    char *mapping;
    size_t mapped; /* bytes, with the guard page */
    struct hence_coroutine *next_free;
    struct hence_ring ring; /* of the stacks of this thread */
    ucontext_t slow_here, slow_resumer;
#ifdef HENCE_LEDGER
    void *
        token; /* a block of memory that stands for the stack: in the ledger, and for running out of it */
#endif
};

/* The one that runs, or NULL. */
static inline struct hence_coroutine *hence_coroutine_here(void)
{
    return (struct hence_coroutine *)hence_stack_here;
}

/* A coroutine that will call fn(arg), on a stack of this thread; NULL if none can be had. When `fn` returns
 * the coroutine is gone, and who has resumed it gets what `fn` returned as the message. */
struct hence_coroutine *hence_coroutine_new(hence_result (*fn)(void *arg), void *arg);

/* Has it go on, and gives it a message. Returns the one that it suspends itself or ends with. */
static inline hence_result hence_coroutine_resume(struct hence_coroutine *c, hence_result message)
{
    c->stack.outer = hence_stack_here;
    hence_stack_here = &c->innermost->stack;
    return hence_context_switch(&c->resumer, &c->innermost->here, message);
}

/* The same where messages are true or false. */
static inline bool hence_coroutine_ask(struct hence_coroutine *c, hence_result message)
{
    c->stack.outer = hence_stack_here;
    hence_stack_here = &c->innermost->stack;
    return hence_context_ask(&c->resumer, &c->innermost->here, message);
}

/* Called from within `c`, or from within coroutines that it has resumed: all of them stop here, until `c` is
 * resumed again. Returns the message of who does that. */
static inline hence_result hence_coroutine_suspend(struct hence_coroutine *c, hence_result message)
{
    struct hence_coroutine *self = hence_coroutine_here();
    c->innermost = self;
    hence_stack_here = c->stack.outer;
    return hence_context_switch(&self->here, &c->resumer, message);
}

/* Gives the stacks that are kept back. */
void hence_coroutine_drain(void);

#endif
