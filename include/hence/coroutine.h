/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_COROUTINE_H
#define HENCE_COROUTINE_H

/**
 * @file
 * Straight-line code: coroutines that wait where they stand.
 *
 * @defgroup hence_coroutine Coroutines
 * A coroutine is a function with a stack of its own. Where it needs a result that is not there yet it
 * calls hence_await(), and stops there; the loop goes on with other things, and the call returns once the
 * result has come. Any function that it calls may do the same, at any depth.
 *
 * hence_spawn() gives a Future for what the function returns: a task, as in asyncio. hence_inline_callbacks()
 * gives a Deferred, as in Twisted, and begins at once.
 *
 * Between two waits nothing else of the loop runs: what belongs to the loop's thread needs no lock. A coroutine
 * stays on the thread that it began on. How floating-point numbers are rounded, fesetround(), is each coroutine's own on
 * x86-64 and aarch64: it begins with what holds where it is begun.
 * @{
 */

#include <hence/deferred.h>
#include <hence/future.h>

HENCE_BEGIN_DECLS

/* ---- made ---------------------------------------------------------------------------------- */

/**
 * @brief A Future for what a function returns that runs as a coroutine. The macros hence_spawn() and
 * hence_spawn_own() add the line.
 *
 * @verbatim
       f = hence_spawn(loop, fn, arg)
                    |
       the next turn: fn(arg) begins  --- hence_await(x) ... x is done ---  return r  -->  f is done with r
   @endverbatim
 * The function may return a value, a failure, or a chain, which the Future waits for then. The loop keeps
 * the task until it has ended: the Future need not be held.
 *
 * @param site  a string that lives for ever: #HENCE_SITE; or NULL
 * @param loop  lent
 * @param fn    the function
 * @param arg   handed to it
 * @param drop  NULL, or called with @p arg once the task has its result, also when @p fn has never begun
 * @return the Future, yours; NULL when there is no memory, or the loop refuses
 *
 * @ownership{@p arg is taken if there is a @p drop, also when this fails.}
 * @threading{The loop's.}
 * @cancel{What the task awaits is cancelled, and the failure #HENCE_ECANCELLED comes out of that
 *   hence_await(): the function may clean up, or go on. If it awaits nothing, the next wait is cancelled; if it
 *   has not begun it never will; if it returns a value first, that is dropped. The Future is done when the
 *   function has returned, cancelled if that failure is what it returned.}
 * @complexity{O(1); a stack is taken when the function begins. Without one the Future fails with
 *   #HENCE_ENOMEM.}
 * @see hence_inline_callbacks_at(), hence_await()
 * @since 0.1
 * @snippet 81_coroutine.c main
 */
HENCE_API HENCE_MUST_USE hence_future *hence_spawn_at(const char *site, hence_loop *loop,
                                                      hence_result_fn *fn, void *arg,
                                                      hence_drop_fn *drop);
/**
 * Run a function as a coroutine: hence_spawn_at() with this line.
 * @snippet 81_coroutine.c main
 */
#define hence_spawn(loop, fn, arg) hence_spawn_at(HENCE_SITE, (loop), (fn), (arg), NULL)
/**
 * The same, with an argument that the task owns: hence_spawn_at() with this line.
 * @snippet 82_tasks.c own
 */
#define hence_spawn_own(loop, fn, arg, drop) hence_spawn_at(HENCE_SITE, (loop), (fn), (arg), (drop))

/**
 * @brief A Deferred for what a function returns that runs as a coroutine, from now on. The macros
 * hence_inline_callbacks() and hence_inline_callbacks_own() add the line.
 *
 * The function runs before this call returns, up to its first wait for something that is not there yet; then
 * it goes on whenever that has come, inside the hence_resolve() of a Deferred.
 *
 * @param site  a string that lives for ever: #HENCE_SITE; or NULL
 * @param fn    the function
 * @param arg   handed to it
 * @param drop  NULL, or called with @p arg once there is a result
 * @return the Deferred, yours; NULL when there is no memory
 *
 * @ownership{@p arg is taken if there is a @p drop, also when this fails.}
 * @threading{It goes on on this thread.}
 * @cancel{What the function awaits is cancelled, as for hence_spawn_at().}
 * @complexity{O(1), and what the function does.}
 * @see hence_spawn_at()
 * @since 0.1
 * @snippet 80_inline_callbacks.c main
 */
HENCE_API HENCE_MUST_USE hence_deferred *hence_inline_callbacks_at(const char *site,
                                                                   hence_result_fn *fn, void *arg,
                                                                   hence_drop_fn *drop);
/**
 * Run a function as a coroutine at once: hence_inline_callbacks_at() with this line.
 * @snippet 80_inline_callbacks.c main
 */
#define hence_inline_callbacks(fn, arg) hence_inline_callbacks_at(HENCE_SITE, (fn), (arg), NULL)
/**
 * The same, with an argument that it owns: hence_inline_callbacks_at() with this line.
 * @snippet 82_tasks.c own
 */
#define hence_inline_callbacks_own(fn, arg, drop)                                                  \
    hence_inline_callbacks_at(HENCE_SITE, (fn), (arg), (drop))

/* ---- waiting ------------------------------------------------------------------------------- */

/**
 * @brief Wait for the result of a Future.
 *
 * If it is done already, its result is returned at once, without a turn of the loop.
 *
 * @verbatim
       f is done              its result
       f is pending           the coroutine stops here until f is done
       the task is cancelled  f is cancelled, and what that makes of it is the result: HENCE_ECANCELLED
       f is NULL              the out-of-memory failure
   @endverbatim
 * In a step that runs inside a coroutine's own hence_resolve() the coroutine waits, and so does all else that this
 * call was to tell: return a chain there instead.
 *
 * @param f  taken, as by hence_chain_future(), so that `hence_await(fetch(url))` leaves nothing behind. To
 *           keep it, or to shield it from a cancellation, give a reference or a shield of it
 * @return the result, yours. The failure #HENCE_EDEADLK if @p f waits for this task; #HENCE_EINVAL if it
 *         belongs to another loop, or is pending and there is no coroutine here to wait, or that waits already (its
 *         wait was cancelled, and called a canceller: that cannot wait). For want of memory it fails only if @p f is NULL:
 *         so what it waits for has ended when it returns
 *
 * @threading{The loop's, in a coroutine.}
 * @complexity{O(1); nothing is allocated.}
 * @see hence_await_deferred()
 * @since 0.1
 * @snippet 81_coroutine.c main
 */
HENCE_API HENCE_MUST_USE hence_result hence_await(hence_future *f);

/**
 * @brief Wait for the result of a Deferred.
 *
 * The coroutine goes on inside the hence_resolve() that gives the result.
 *
 * @param d  taken
 * @return the result, yours; failures as for hence_await()
 *
 * @threading{In a coroutine.}
 * @cancel{@p d is cancelled, and what that makes of it is the result.}
 * @complexity{O(1); nothing is allocated.}
 * @see hence_await()
 * @since 0.1
 * @snippet 80_inline_callbacks.c main
 */
HENCE_API HENCE_MUST_USE hence_result hence_await_deferred(hence_deferred *d);

/**
 * @brief Wait for a while.
 *
 * @param delay  nanoseconds; zero or less is one turn of the loop
 * @return hence_none(), or the failure #HENCE_ECANCELLED, #HENCE_ECLOSED or #HENCE_ENOMEM; #HENCE_EINVAL
 *         outside of a coroutine, or if this thread has no loop
 *
 * @threading{In a coroutine.}
 * @cancel{It ends at once.}
 * @complexity{O(log n) in the number of timers.}
 * @since 0.1
 * @snippet 81_coroutine.c main
 */
HENCE_API hence_result hence_co_sleep(int64_t delay);

/**
 * @brief Let the others run: the coroutine goes on in the next turn of the loop.
 *
 * @return as hence_co_sleep()
 * @threading{In a coroutine.}
 * @cancel{The failure #HENCE_ECANCELLED comes in the next turn.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 82_tasks.c yield
 */
HENCE_API hence_result hence_co_yield(void);

/**
 * @brief Call a function that blocks on a thread of the loop's default executor, and wait for its result.
 *
 * @param fn   runs on another thread
 * @param arg  handed to it; it is used until @p fn has returned, even if the wait for it is cancelled first
 * @return what @p fn returned, as hence_await() gives it: to be dropped by you. An owned value still belongs to
 *         the Future behind it, so look at it with hence_as(); hence_take_ptr() gives NULL. Or a failure as
 *         for hence_run_in_executor()
 *
 * @threading{In a coroutine.}
 * @cancel{As for hence_run_in_executor(): a function that runs goes on.}
 * @complexity{O(1).}
 * @see hence_run_in_executor()
 * @since 0.1
 * @snippet 82_tasks.c run-blocking
 */
HENCE_API HENCE_MUST_USE hence_result hence_co_run_blocking(hence_result_fn *fn, void *arg);

/* ---- about tasks --------------------------------------------------------------------------- */

/**
 * @brief The task whose function calls this.
 * @return its Future, lent; NULL outside of hence_spawn()
 * @threading{Any.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 82_tasks.c name
 */
HENCE_API hence_future *hence_current_task(void);

/**
 * @brief The loop of the task whose function calls this; otherwise hence_loop_current().
 *
 * Not to be confused with hence_loop_current(), which knows nothing of tasks.
 *
 * @return lent; NULL if there is none
 * @threading{Any.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 82_tasks.c name
 */
HENCE_API hence_loop *hence_current_loop(void);

/**
 * @brief Give a task a name, for people.
 *
 * Reports say it: of what the task has left open, and of its failure if nobody has its Future when it ends. The report of one
 * that is let go later has the line of hence_spawn() only: the name goes with the task.
 *
 * @param f     lent: what hence_spawn() gave
 * @param name  lent as long as the task lives; NULL for none
 * @retval 0        done
 * @retval -EINVAL  @p f is not a task, or has ended
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 82_tasks.c name
 */
HENCE_API int hence_task_set_name(hence_future *f, const char *name);

/**
 * @brief The name of a task.
 * @param f  lent
 * @return lent; NULL if it has none, has ended, or is not a task
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 82_tasks.c name
 */
HENCE_API const char *hence_task_name(const hence_future *f);

/**
 * @brief How many cancellations of a task were asked for that have not been taken back.
 *
 * With hence_task_uncancel() code that cancels a part of its own task can tell its own cancellation from that
 * of others.
 *
 * @param f  lent
 * @return the number; 0 if it has ended, or is not a task
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @see hence_task_uncancel()
 * @since 0.1
 * @snippet 82_tasks.c uncancel
 */
HENCE_API unsigned hence_task_cancelling(const hence_future *f);

/**
 * @brief Take one cancellation back from the number that hence_task_cancelling() gives.
 *
 * What was cancelled stays so: this only says that it has been dealt with.
 *
 * @param f  lent
 * @return the number that is left
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 82_tasks.c uncancel
 */
HENCE_API unsigned hence_task_uncancel(hence_future *f);

/**
 * @brief The tasks of a loop that have not ended, the oldest first.
 *
 * @param loop   lent
 * @param tasks  gets references, which are yours: of the first @p n. May be NULL if @p n is 0
 * @param n      how many there is room for
 * @return how many there are
 * @threading{The loop's.}
 * @complexity{O(number of tasks).}
 * @since 0.1
 * @snippet 82_tasks.c all-tasks
 */
HENCE_API size_t hence_all_tasks(hence_loop *loop, hence_future **tasks, size_t n);

/* ---- stacks -------------------------------------------------------------------------------- */

/**
 * @brief How large the stacks of coroutines and generators are that begin on this thread from now on.
 *
 * A stack takes memory only where it has been used, in pages. Below each is a page that nobody may touch: who
 * goes beyond ends in SIGSEGV. Stacks are used again by the coroutines of their thread. The system allows about
 * 32,000 at a time on Linux, unless `vm.max_map_count` says otherwise.
 *
 * @param size  bytes: 16 KiB to 1 GiB; 0 for the default, which is 128 KiB
 * @retval 0        done
 * @retval -EINVAL  not such a size
 * @threading{Any: it holds for the thread that calls.}
 * @complexity{O(number of stacks that are kept).}
 * @see hence_coroutine_stack_peak()
 * @since 0.1
 * @snippet 82_tasks.c stacks
 */
HENCE_API int hence_coroutine_set_stack_size(size_t size);

/**
 * @brief How much of its stack any coroutine of this thread has ever used, of those stacks that are there.
 * @return bytes, in whole pages; 0 if there is none
 * @threading{Any: it tells of the thread that calls.}
 * @complexity{O(number of stacks and their pages); for finding out, not for every day.}
 * @see hence_coroutine_set_stack_size()
 * @since 0.1
 * @snippet 82_tasks.c stacks
 */
HENCE_API size_t hence_coroutine_stack_peak(void);

HENCE_END_DECLS

/** @} */

#endif
