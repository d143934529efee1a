/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_LIB_CORO_TASK_H
#define HENCE_LIB_CORO_TASK_H

/*
 * A task: a coroutine that a Future or a Deferred waits for, and that waits for others itself.
 *
 * It is an awaiter (future/awaiter.h), and so stands in the row of those who wait for each other like anything else: a
 * cancellation goes through it to what it awaits, circles through it are found, and the result of one task goes to the
 * one that awaits it in constant stack.
 *
 *   TASK_NEW        its body has not begun
 *   TASK_RUNNING    its body runs, or has resumed somebody who does
 *   TASK_AWAITING   it is suspended until `awaited` has a result, if there is one, or until its turn comes
 *   TASK_RETURNING  its body has returned a chain, which it waits for
 *
 * It is gone when its result is.
 */

#include <hence/coroutine.h>

#include "coro/coroutine.h"
#include "future/awaiter.h"
#include "loop/loop.h"

struct block;

enum task_state {
    TASK_NEW,
    TASK_RUNNING,
    TASK_AWAITING,
    TASK_RETURNING
};

struct task {
    struct hence_awaiter
        awaiter; /* whose slot is what came of the last wait, and in the end the result */
    struct hence_coroutine *coroutine; /* NULL: not begun, or its body has returned */
    hence_future *future;              /* that waits for it, or NULL: a Deferred does */
    hence_loop *loop;                  /* NULL: that of a Deferred */
    hence_result_fn *fn;
    void *arg;
    hence_drop_fn *drop;
    const char *site;
    const char *name;
    struct hence_attachment attachment; /* in the ring of what is told when the loop closes */
    struct block *innermost; /* of what its body has entered and not exited: see block.h */
    uint32_t cancels;        /* how many cancellations have come that were not taken back */
    uint32_t scopes;         /* how many cancel scopes are among those, and what was lost */
    uint32_t lost;           /* blocks that could not be entered for want of memory */
    uint8_t state;
    bool must_cancel; /* the next wait is to be cancelled, or, if there is none, the result */
    bool is_queued;   /* a call of the loop will have it go on */
    bool has_told;    /* a scope has cancelled what it awaits */
    bool
        has_closed; /* the loop, and it has been told: nothing that it waits for would end by itself */
};

/* The one whose body runs, or NULL. */
extern _Thread_local struct task *hence_task_here;

/* The task that `f` waits for, or NULL. */
struct task *hence_task_of(const hence_future *f);

/* The task whose `attachment` that is, or NULL: others attach themselves to a loop, too. */
struct task *hence_task_of_attachment(struct hence_attachment *attachment);

/* The loop of the task that runs, or NULL. */
hence_loop *hence_task_loop(const struct task *task);
/* The failure of what could not be made, for a task or for none. */
hence_result hence_task_nothing(const struct task *task);

/* From within its body. Has the loop go on with it in the next turn: 0 or -errno. */
int hence_task_queue(struct task *task);
/* Stops here until somebody has it go on, and gives what has come of that. */
hence_result hence_task_suspend(struct task *task);
/* Waits for the result of a chain. */
hence_result hence_task_wait(struct task *task, hence_result chain);
/* Waits for `awaited`, whose consumer the task is. */
hence_result hence_task_wait_awaited(struct task *task);
/* Cancels it as its Future would: counted. Its body may go on inside of this, and the task end. */
void hence_task_cancel(struct task *task);

#endif
