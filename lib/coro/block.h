/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_LIB_CORO_BLOCK_H
#define HENCE_LIB_CORO_BLOCK_H

/*
 * What a body enters and exits: timeouts, cancel scopes and task groups.
 *
 * They stand in a row in their task, the innermost first, and are exited in that order. A body that forgets
 * one is found out: when it exits an outer one, or returns.
 *
 * One that could not be entered, since there was no memory, leaves a body without the limit that it counts
 * on. So nothing may wait inside of it: it is `lost`, all waits are cancelled until the exit, as by a cancel
 * scope, and that gives the failure.
 *
 * Two ways of cancelling meet here. Timeouts and task groups cancel their task once, as its Future does:
 * what they have asked for counts in task->cancels, and they take it back when they are exited. Cancel scopes
 * cancel every wait as long as one is inside of them, and are not counted.
 */

#include <hence/scope.h>

#include "coro/task.h"

struct block_kind {
    size_t size;
    /* Does what is special: the block has been found to be the innermost one, `r` is no chain. `out` is
     * what the one who exits wants to be told, or NULL. */
    hence_result (*exit)(struct block *block, hence_result r, void *out);
    const char *is_not_entered; /* what is reported about an exit of what is not there, */
    const char *is_left_open;   /* and about an exit that is missing */
};

/* The first member of each. */
struct block {
    const struct block_kind *kind;
    struct block *outer;
    struct task *task;
    hence_loop *loop;
    const char *site;
    uint32_t cancels; /* of the task, */
    uint32_t lost;    /* and what was lost, when it was entered */
    bool must_cancel; /* there was a cancellation then that has not come to a wait */
};

/* Zeroed memory of the kind's size, the innermost block of the task that runs. NULL is reported as `misuse`
 * if none does; otherwise there was no memory: it is lost. */
struct block *hence_block_enter(const struct block_kind *kind, const char *site,
                                const char *misuse);
/* It was entered, but what it needs is not to be had. */
void hence_block_lose(struct block *block);
/* Exits it, and gives what the block's result is. Takes `r`. */
hence_result hence_block_exit(struct block *block, const struct block_kind *kind, hence_result r,
                              void *out);
/* The task's body has returned `r`, inside of some. */
hence_result hence_block_leave_all(struct task *task, hence_result r);

/* Takes back the cancellation that the block has asked for. Is none left that has come since it was
 * entered? */
bool hence_block_uncancel(struct block *block);

/* Another time for the block's timer: 0 or -errno, and then it is as it was. HENCE_NEVER: none. */
int hence_block_set_timer(struct block *block, hence_call *timer, int64_t when, hence_call_fn *fn);
int64_t hence_block_after(const struct block *block, int64_t delay);

/* ---- scope.c ---- */

/* Does a scope cancel what waits inside of `innermost`, or is something lost there? */
bool hence_scope_cancels(const struct task *task, const struct block *innermost);
/* The task, which has scopes, is about to wait; that may be cancelled at once, if it is not already. */
void hence_scope_begin_wait(struct task *task, bool is_cancelled);

#endif
