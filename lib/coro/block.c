/* SPDX-License-Identifier: BSD-3-Clause */
/* What timeouts, cancel scopes and task groups have in common. */
#include "coro/block.h"

#include "base/memory.h"
#include "base/report.h"
#include "value/failure.h"

/* ---- entered ---- */

static void lose(struct task *task)
{
    task->lost++;
    task->scopes++;
}

struct block *hence_block_enter(const struct block_kind *kind, const char *site, const char *misuse)
{
    struct task *task = hence_task_here;
    hence_loop *loop = task ? hence_task_loop(task) : NULL;
    if (!task)
        hence_report_misuse_at(site, misuse);
    struct block *block = loop ? hence_memory_get_zeroed(kind->size) : NULL;
    if (!block) {
        if (task)
            lose(task);
        return NULL;
    }
    block->kind = kind;
    block->outer = task->innermost;
    block->task = task;
    block->loop = loop;
    block->site = site;
    block->cancels = task->cancels;
    block->lost = task->lost;
    block->must_cancel = task->must_cancel;
    task->innermost = block;
    hence_loop_depend(loop);
    return block;
}

/* ---- exited ---- */

/* What was lost inside is over, too. */
static void find(struct task *task, uint32_t lost)
{
    task->scopes -= task->lost - lost;
    task->lost = lost;
}

static void put(struct block *block)
{
    hence_loop *loop = block->loop;
    block->task->innermost = block->outer;
    hence_memory_put(block, block->kind->size);
    hence_loop_undepend(loop);
}

void hence_block_lose(struct block *block)
{
    struct task *task = block->task;
    put(block);
    lose(task);
}

static hence_result leave(struct block *block, hence_result r, void *out)
{
    find(block->task, block->lost);
    r = block->kind->exit(block, r, out);
    put(block);
    return r;
}

static hence_result leave_forgotten(struct block *block, hence_result r)
{
    const char *name = block->task->name;
    char message[160];
    snprintf(message, sizeof message, name ? "%s, in the task \"%s\"" : "%s",
             block->kind->is_left_open, name);
    hence_report report = {.kind = HENCE_REPORT_MISUSE, .message = message, .made = block->site};
    hence_report_send(&report, NULL, NULL);
    return leave(block, r, NULL);
}

/* NULL: it was lost, or entered where there is no task. */
static hence_result exit_lost(struct task *task, hence_result r)
{
    hence_result failure =
        task && hence_task_loop(task) ? hence_task_nothing(task) : hence_fail_static(HENCE_EINVAL);
    if (task && task->lost)
        find(task, task->lost - 1);
    if (hence_is_failure(&r) && !hence_is_cancelled(&r))
        return r;
    hence_drop(r);
    return failure;
}

/* Only the pointer is looked at: there may be nothing behind it any more. */
static bool is_entered(const struct task *task, const struct block *block)
{
    const struct block *at = task ? task->innermost : NULL;
    while (at && at != block)
        at = at->outer;
    return at != NULL;
}

hence_result hence_block_exit(struct block *block, const struct block_kind *kind, hence_result r,
                              void *out)
{
    struct task *task = hence_task_here;
    if (task && hence_is_chain(&r))
        r = hence_task_wait(task, r);
    if (!block)
        return exit_lost(task, r);
    if (!is_entered(task, block) || block->kind != kind) {
        hence_report_misuse(kind->is_not_entered);
        hence_drop(r);
        return hence_refuse_at(NULL, "%s", kind->is_not_entered);
    }
    while (task->innermost != block)
        r = leave_forgotten(task->innermost, r);
    return leave(block, r, out);
}

hence_result hence_block_leave_all(struct task *task, hence_result r)
{
    if (hence_is_chain(&r))
        r = hence_task_wait(task, r);
    while (task->innermost)
        r = leave_forgotten(task->innermost, r);
    find(task, 0);
    return r;
}

/* ---- for them ---- */

bool hence_block_uncancel(struct block *block)
{
    struct task *task = block->task;
    if (task->cancels)
        task->cancels--;
    if (task->cancels > block->cancels)
        return false;
    if (!block->must_cancel) /* it has not come to a wait: it need not any more */
        task->must_cancel = false;
    return true;
}

int hence_block_set_timer(struct block *block, hence_call *timer, int64_t when, hence_call_fn *fn)
{
    hence_loop *loop = block->loop;
    hence_call next = {0};
    int error = 0;
    if (when <= hence_loop_time(loop))
        error = hence_call_soon(loop, fn, block, &next);
    else if (when != HENCE_NEVER)
        error = hence_call_at(loop, when, fn, block, &next);
    if (error)
        return error;
    hence_call_cancel(loop, *timer);
    *timer = next;
    return 0;
}

int64_t hence_block_after(const struct block *block, int64_t delay)
{
    int64_t when;
    if (delay < 0 || __builtin_add_overflow(hence_loop_time(block->loop), delay, &when))
        return HENCE_NEVER;
    return when;
}
