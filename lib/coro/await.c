/* SPDX-License-Identifier: BSD-3-Clause */
/* What a body calls: to wait, to be told about itself. And what others ask about tasks. */
#include <errno.h>

#include <hence/exec.h>
#include <hence/schedule.h>

#include "base/report.h"
#include "coro/block.h"
#include "coro/task.h"
#include "future/future.h"
#include "value/failure.h"

/* ---- waiting ---- */

/* It has told what it waits for to end, and runs something of that: a canceller, a step. */
static struct task *refuse_second_wait(void)
{
    hence_report_misuse("a coroutine that waits already was to wait in a function called by that");
    return NULL;
}

static struct task *task_or_misuse(const char *message)
{
    struct task *task = hence_task_here;
    if (HENCE_UNLIKELY(!task))
        hence_report_misuse(message);
    else if (HENCE_UNLIKELY(task->awaiter.awaited != NULL))
        return refuse_second_wait();
    return task;
}

static hence_result refuse_outside(const char *what)
{
    return hence_refuse_at(NULL, "%s outside of a coroutine, or without a loop", what);
}

static bool is_closed(const struct task *task)
{
    return task && task->loop && task->loop->closed;
}

hence_result hence_task_nothing(const struct task *task)
{
    return hence_fail_static(is_closed(task) ? HENCE_ECLOSED : HENCE_ENOMEM);
}

hence_result hence_await(hence_future *f)
{
    if (!f)
        return hence_task_nothing(hence_task_here);
    if (hence_future_done(f)) {
        hence_result r = hence_future_result(f);
        hence_future_unref(f);
        return r;
    }
    struct task *task = task_or_misuse("hence_await() outside of a coroutine");
    if (!task || (task->loop && task->loop != f->loop)) {
        hence_future_unref(f);
        return task ? hence_refuse_at(task->site, "hence_await() of a Future of another loop than "
                                                  "the task's")
                    : refuse_outside("hence_await()");
    }
    struct hence_future_chain chain;
    hence_result r = hence_future_chain_in(&chain, f);
    return hence_is_chain(&r) ? hence_task_wait(task, r) : r;
}

hence_result hence_await_deferred(hence_deferred *d)
{
    if (!d)
        return hence_task_nothing(hence_task_here);
    struct task *task = task_or_misuse("hence_await_deferred() outside of a coroutine");
    if (!task) {
        hence_deferred_unref(d);
        return refuse_outside("hence_await_deferred()");
    }
    return hence_task_wait(task, hence_chain(d));
}

hence_loop *hence_task_loop(const struct task *task)
{
    return task->loop ? task->loop : hence_loop_current();
}

static hence_result co_sleep(struct task *task, const char *what, int64_t delay)
{
    hence_loop *loop = task ? hence_task_loop(task) : NULL;
    if (!loop)
        return refuse_outside(what);
    if (delay > 0 || !task->loop)
        return hence_await(hence_sleep_future_at(task->site, loop, delay));
    int error = hence_task_queue(task);
    if (error)
        return hence_loop_refusal(error);
    hence_result r = hence_task_suspend(task);
    if (HENCE_UNLIKELY(task->scopes) && hence_scope_cancels(task, task->innermost)) {
        hence_drop(r);
        r = hence_fail_static(HENCE_ECANCELLED);
    }
    return r;
}

hence_result hence_co_sleep(int64_t delay)
{
    return co_sleep(task_or_misuse("hence_co_sleep() outside of a coroutine"), "hence_co_sleep()",
                    delay);
}

hence_result hence_co_yield(void)
{
    return co_sleep(task_or_misuse("hence_co_yield() outside of a coroutine"), "hence_co_yield()",
                    0);
}

hence_result hence_co_run_blocking(hence_result_fn *fn, void *arg)
{
    struct task *task = task_or_misuse("hence_co_run_blocking() outside of a coroutine");
    hence_loop *loop = task ? hence_task_loop(task) : NULL;
    if (!loop)
        return refuse_outside("hence_co_run_blocking()");
    return hence_await(hence_run_in_executor_at(task->site, loop, NULL, fn, arg, NULL));
}

/* ---- about tasks ---- */

hence_future *hence_current_task(void)
{
    return hence_task_here ? hence_task_here->future : NULL;
}

hence_loop *hence_current_loop(void)
{
    return hence_task_here ? hence_task_loop(hence_task_here) : hence_loop_current();
}

unsigned hence_task_cancelling(const hence_future *f)
{
    const struct task *task = hence_task_of(f);
    return task ? task->cancels : 0;
}

unsigned hence_task_uncancel(hence_future *f)
{
    struct task *task = hence_task_of(f);
    if (!task)
        return 0;
    if (task->cancels)
        task->cancels--;
    return task->cancels;
}

int hence_task_set_name(hence_future *f, const char *name)
{
    struct task *task = hence_task_of(f);
    if (!task)
        return -EINVAL;
    task->name = name;
    return 0;
}

const char *hence_task_name(const hence_future *f)
{
    const struct task *task = hence_task_of(f);
    return task ? task->name : NULL;
}

size_t hence_all_tasks(hence_loop *loop, hence_future **tasks, size_t n)
{
    size_t count = 0;
    if (!loop || !hence_loop_is_here(loop, "hence_all_tasks()"))
        return 0;
    for (struct hence_ring *at = loop->attached.next; at != &loop->attached; at = at->next) {
        const struct task *task = hence_task_of_attachment((struct hence_attachment *)at);
        if (task && count++ < n)
            tasks[count - 1] = hence_future_ref(task->future);
    }
    return count;
}
