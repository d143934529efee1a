/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Cancel scopes, as trio's (rules 167 to 169).
 *
 * Inside of a scope that is cancelled every wait is: hence_scope_begin_wait() looks at the row of blocks
 * whenever a task with scopes is about to wait, and deliver() at the wait that goes on when a scope is
 * cancelled, or a shield taken away. A wait is cancelled once.
 */
#include <hence/scope.h>

#include <errno.h>

#include "compose/timeout.h"
#include "coro/block.h"

struct hence_cancel_scope {
    struct block block;
    int64_t entered, deadline;
    hence_call timer;
    bool fails; /* one that has absorbed its cancellation ends in a timeout */
    bool shield;
    bool cancel_called;
};

static const struct block_kind scope_kind;

static const hence_cancel_scope *scope_of(const struct block *block)
{
    return block->kind == &scope_kind ? (const hence_cancel_scope *)block : NULL;
}

/* ---- what it does to waits ---- */

bool hence_scope_cancels(const struct task *task, const struct block *innermost)
{
    for (; innermost; innermost = innermost->outer) {
        const hence_cancel_scope *scope = scope_of(innermost);
        if (scope && scope->cancel_called)
            return true;
        if (scope && scope->shield)
            return task->lost > innermost->lost;
    }
    return task->lost > 0;
}

/* What it awaits, if that is there, is cancelled. The body may go on inside of this, and the task end. */
static void cancel_wait(struct task *task)
{
    task->has_told = true;
    hence_waitable_cancel(task->awaiter.awaited);
}

void hence_scope_begin_wait(struct task *task, bool is_cancelled)
{
    task->has_told = false;
    if (!is_cancelled && task->awaiter.awaited && hence_scope_cancels(task, task->innermost))
        cancel_wait(task);
}

static void deliver(struct task *task)
{
    if (task->state == TASK_AWAITING && task->awaiter.awaited && !task->has_told &&
        hence_scope_cancels(task, task->innermost))
        cancel_wait(task);
}

/* ---- cancelled ---- */

static void time_is_up(void *arg)
{
    hence_cancel_scope *scope = arg;
    scope->cancel_called = true;
    deliver(scope->block.task);
}

void hence_cancel_scope_cancel(hence_cancel_scope *scope)
{
    if (!scope || scope->cancel_called ||
        !hence_loop_is_here(scope->block.loop, "hence_cancel_scope_cancel()"))
        return;
    hence_call_cancel(scope->block.loop, scope->timer);
    time_is_up(scope);
}

bool hence_cancel_scope_cancel_called(const hence_cancel_scope *scope)
{
    return scope && scope->cancel_called;
}

void hence_cancel_scope_set_shield(hence_cancel_scope *scope, bool shield)
{
    if (!scope || !hence_loop_is_here(scope->block.loop, "hence_cancel_scope_set_shield()"))
        return;
    scope->shield = shield;
    deliver(scope->block.task);
}

bool hence_cancel_scope_shield(const hence_cancel_scope *scope)
{
    return scope && scope->shield;
}

/* ---- its time ---- */

int hence_cancel_scope_set_deadline(hence_cancel_scope *scope, int64_t when)
{
    if (!scope)
        return -ENOMEM;
    hence_loop *loop = scope->block.loop;
    if (!hence_loop_is_here(loop, "hence_cancel_scope_set_deadline()"))
        return -EPERM;
    int error = 0;
    if (scope->cancel_called || when <= hence_loop_time(loop))
        hence_call_cancel(loop, scope->timer);
    else
        error = hence_block_set_timer(&scope->block, &scope->timer, when, time_is_up);
    if (error)
        return error;
    scope->deadline = when;
    if (!scope->cancel_called && when <= hence_loop_time(loop))
        time_is_up(scope);
    return 0;
}

int64_t hence_cancel_scope_deadline(const hence_cancel_scope *scope)
{
    return scope ? scope->deadline : HENCE_NEVER;
}

int64_t hence_current_effective_deadline(void)
{
    const struct task *task = hence_task_here;
    int64_t nearest = HENCE_NEVER;
    if (!task || hence_scope_cancels(task, task->innermost))
        return task ? INT64_MIN : HENCE_NEVER;
    for (const struct block *at = task->innermost; at; at = at->outer) {
        const hence_cancel_scope *scope = scope_of(at);
        if (scope && scope->deadline < nearest)
            nearest = scope->deadline;
        if (scope && scope->shield)
            break;
    }
    return nearest;
}

/* ---- entered and exited ---- */

/* Rules 168 and 169: an outer one that is cancelled, too, goes first; so does a cancellation of the task. */
static hence_result exit_scope(struct block *block, hence_result r, void *out)
{
    bool *caught = out;
    hence_cancel_scope *scope = (hence_cancel_scope *)block;
    const struct task *task = block->task;
    hence_call_cancel(block->loop, scope->timer);
    block->task->scopes--;
    if (!scope->cancel_called || !hence_is_cancelled(&r) || task->cancels > block->cancels ||
        (!scope->shield && hence_scope_cancels(task, block->outer)))
        return r;
    hence_drop(r);
    if (caught)
        *caught = true;
    if (!scope->fails)
        return hence_none();
    const bool in_time = hence_loop_time(block->loop) < scope->deadline;
    return in_time || scope->deadline <= scope->entered
               ? hence_fail_static(HENCE_ETIMEDOUT)
               : hence_timed_out(block->site, scope->deadline - scope->entered);
}

static const struct block_kind scope_kind = {
    .size = sizeof(hence_cancel_scope),
    .exit = exit_scope,
    .is_not_entered = "hence_cancel_scope_exit() of a scope that this coroutine is not in",
    .is_left_open = "a cancel scope was entered, but not exited",
};

static hence_cancel_scope *enter(const char *site, bool fails)
{
    hence_cancel_scope *scope = (hence_cancel_scope *)hence_block_enter(
        &scope_kind, site, "a cancel scope was entered outside of a coroutine");
    if (!scope)
        return NULL;
    scope->block.task->scopes++;
    scope->entered = hence_loop_time(scope->block.loop);
    scope->deadline = HENCE_NEVER;
    scope->fails = fails;
    return scope;
}

static hence_cancel_scope *enter_until(hence_cancel_scope *scope, int64_t when)
{
    if (hence_cancel_scope_set_deadline(scope, when) == 0)
        return scope;
    scope->block.task->scopes--;
    hence_block_lose(&scope->block);
    return NULL;
}

hence_cancel_scope *hence_cancel_scope_enter_at(const char *site)
{
    return enter(site, false);
}

hence_cancel_scope *hence_move_on_after_at(const char *site, int64_t delay)
{
    hence_cancel_scope *scope = enter(site, false);
    return scope ? enter_until(scope, hence_block_after(&scope->block, delay)) : NULL;
}

hence_cancel_scope *hence_move_on_until_at(const char *site, int64_t when)
{
    hence_cancel_scope *scope = enter(site, false);
    return scope ? enter_until(scope, when) : NULL;
}

hence_cancel_scope *hence_fail_after_at(const char *site, int64_t delay)
{
    hence_cancel_scope *scope = enter(site, true);
    return scope ? enter_until(scope, hence_block_after(&scope->block, delay)) : NULL;
}

hence_cancel_scope *hence_fail_until_at(const char *site, int64_t when)
{
    hence_cancel_scope *scope = enter(site, true);
    return scope ? enter_until(scope, when) : NULL;
}

hence_result hence_cancel_scope_exit(hence_cancel_scope *scope, hence_result r, bool *caught)
{
    if (caught)
        *caught = false;
    return hence_block_exit(scope ? &scope->block : NULL, &scope_kind, r, caught);
}
