/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_EXEC_H
#define HENCE_EXEC_H

/**
 * @file
 * Work on other threads, and results from there.
 *
 * @defgroup hence_exec Threads
 * A loop, its Futures and its Deferreds belong to one thread. Blocking work goes to the threads of an
 * executor, and its result comes back into the loop: hence_run_in_executor(), hence_defer_to_thread(). What
 * other threads find out by themselves comes in through a hence_threadsafe_promise. A thread that wants
 * something from a loop asks with hence_blocking_call_from_thread().
 * @{
 */

#include <hence/gather.h>

HENCE_BEGIN_DECLS

/* ---- promises for any thread --------------------------------------------------------------- */

/** The producing end of one Deferred or Future, for any thread. */
typedef struct hence_threadsafe_promise hence_threadsafe_promise;

/**
 * @brief Make a promise usable from any thread.
 *
 * @verbatim
     the loop's thread                                     any other thread
     hence_future_new(loop, &p)
     t = hence_threadsafe_promise_new(loop, p)   ----->    hence_threadsafe_resolve(t, r)
     the Future's listeners are told             <-----
   @endverbatim
 * As long as it is out, `event_base_dispatch()` goes on.
 *
 * @param loop  lent: the loop of @p p's Future, or on whose thread its Deferred lives
 * @param p     taken, with the canceller that it has: this sets one of its own
 * @return to be ended by hence_threadsafe_resolve() or hence_threadsafe_abandon(), exactly once; NULL when
 *         there is no memory or the loop refuses: then @p p has failed with that, and both accept the NULL
 *
 * @threading{The loop's.}
 * @cancel{What it is resolved with later is destroyed on the loop's thread; the producer can ask with
 *   hence_threadsafe_is_wanted(). A loop that closes first ends the promise with #HENCE_ECLOSED.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 60_threadsafe_promise.c promise
 */
HENCE_API HENCE_MUST_USE hence_threadsafe_promise *hence_threadsafe_promise_new(hence_loop *loop,
                                                                                hence_promise *p);

/**
 * @brief Resolve the promise, on the loop's thread, as soon as the loop comes to it.
 *
 * A Deferred's steps run in their turn, behind the calls that this thread has posted before. A Future is done as soon as
 * the loop takes what has been posted, so such a call may find it done already; its listeners are told behind that call.
 *
 * @param t  taken; NULL is accepted
 * @param r  taken: it goes to the loop's thread, so no chain, and nothing that this thread still uses
 *
 * @retval 0           on its way
 * @retval -ESHUTDOWN  the loop is closed: @p r has been destroyed here
 * @retval -EINVAL     @p t is NULL, or @p r a chain (then the failure #HENCE_EINVAL is on its way)
 *
 * @threading{Any.}
 * @complexity{O(1); nothing is allocated.}
 * @since 0.1
 * @snippet 60_threadsafe_promise.c resolve
 */
HENCE_API int hence_threadsafe_resolve(hence_threadsafe_promise *t, hence_result r);

/**
 * @brief Let go of the promise: the other side gets #HENCE_EABANDONED.
 * @param t  taken; NULL is accepted
 * @threading{Any.}
 * @complexity{O(1); nothing is allocated.}
 * @since 0.1
 * @snippet 60_threadsafe_promise.c resolve
 */
HENCE_API void hence_threadsafe_abandon(hence_threadsafe_promise *t);

/**
 * @brief Does anybody still wait for the result?
 * @param t  lent
 * @return false once the other side has been cancelled, or the loop is closed; and for NULL
 * @threading{Any, until it is ended.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 60_threadsafe_promise.c resolve
 */
HENCE_API bool hence_threadsafe_is_wanted(const hence_threadsafe_promise *t);

/* ---- executors ----------------------------------------------------------------------------- */

/** A pool of threads, and the jobs that wait for one. */
typedef struct hence_executor hence_executor;

/** How an executor should be. Zeroes are defaults. */
typedef struct hence_executor_options {
    size_t max_workers; /**< threads at most; 0: the number of processors and 4 more, 32 at most */
    size_t max_queued;  /**< jobs at most that wait for a thread; 0: any number */
    const char
        *name; /**< of the threads: "name-0", "name-1", ...; at most 10 characters are used */
    size_t stack_size; /**< of each thread, in bytes; 0: the system's default */
    hence_result_fn
        *initializer;      /**< called by each thread as it begins; NULL: none. If it fails, the
                                     executor is broken: all jobs fail with #HENCE_EBROKEN, and its failure
                                     as the cause */
    void *initializer_arg; /**< handed to it: lent until the last thread has ended */
} hence_executor_options;

/**
 * @brief An executor. Its threads begin when there are jobs for them.
 * @param options  lent for the call; NULL: defaults
 * @return the executor, yours: hence_executor_unref(); NULL when there is no memory
 * @threading{Any.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 61_executor.c executor
 */
HENCE_API HENCE_MUST_USE hence_executor *hence_executor_new(const hence_executor_options *options);

/**
 * @brief One more reference.
 * @param executor  lent; NULL gives NULL
 * @return the same executor, yours
 * @threading{Any.}
 * @complexity{O(1).}
 * @since 0.1
 * No sample: as hence_deferred_ref().
 */
HENCE_API hence_executor *hence_executor_ref(hence_executor *executor);

/**
 * @brief One reference less. The last one shuts it down without waiting: jobs that wait still run.
 * @param executor  taken; NULL is accepted
 * @return NULL
 * @threading{Any.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 61_executor.c executor
 */
HENCE_API hence_executor *hence_executor_unref(hence_executor *executor);

/**
 * @brief Accept no further job, and wait for the threads to end.
 *
 * @param executor       lent
 * @param cancel_queued  true: jobs that wait for a thread are dropped, and end with #HENCE_ECANCELLED
 * @param timeout        nanoseconds to wait; 0: not at all; negative: until all have ended
 * @retval 0           all threads have ended
 * @retval -ETIMEDOUT  some are still at work; they end by themselves
 * @retval -EDEADLK    called by one of its threads: it waits for nothing
 * @retval -ENOMEM     @p executor is NULL
 * @retval -ECHILD     this is a forked child, and @p executor of its parent: nothing happens
 * @threading{Any.}
 * @complexity{O(number of jobs that are dropped).}
 * @since 0.1
 * @snippet 61_executor.c executor
 */
HENCE_API int hence_executor_shutdown(hence_executor *executor, bool cancel_queued,
                                      int64_t timeout);

/**
 * @brief hence_executor_shutdown() without blocking. The macro hence_executor_shutdown_future() adds the line.
 *
 * @param site           a string that lives for ever: #HENCE_SITE; or NULL
 * @param loop           lent
 * @param executor       lent; NULL: hence_executor_default()
 * @param cancel_queued  as hence_executor_shutdown()
 * @return a Future, yours, that is done with none when all threads have ended; NULL as hence_future_new_at().
 *         In any case no further job is accepted
 * @threading{The loop's.}
 * @cancel{The executor is shut down all the same.}
 * @complexity{O(number of jobs that are dropped).}
 * @since 0.1
 * @snippet 65_pushing_back.c shutdown
 */
HENCE_API HENCE_MUST_USE hence_future *hence_executor_shutdown_future_at(const char *site,
                                                                         hence_loop *loop,
                                                                         hence_executor *executor,
                                                                         bool cancel_queued);
/**
 * hence_executor_shutdown() without blocking: hence_executor_shutdown_future_at() with this line.
 * @snippet 65_pushing_back.c shutdown
 */
#define hence_executor_shutdown_future(loop, executor, cancel_queued)                              \
    hence_executor_shutdown_future_at(HENCE_SITE, (loop), (executor), (cancel_queued))

/**
 * @brief The loop's own executor, made when it is first asked for.
 * @param loop  lent
 * @return lent: it ends when the loop closes, without waiting: jobs that run come to their end by themselves,
 *         those that wait are dropped with their loop. Who wants to wait shuts it down before, see
 *         hence_executor_shutdown_future(). In a forked child it is a new one. NULL when there is no memory or
 *         the loop refuses
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 61_executor.c default
 */
HENCE_API hence_executor *hence_executor_default(hence_loop *loop);

/**
 * @brief Run a function on a thread of an executor, and give a Future for its result. The macro
 * hence_run_in_executor() adds the line.
 *
 * @verbatim
     in   fn, on another thread          out  Future< what fn returns >

     fn gives a value, a failure         the same, through the loop
     its thread ends inside fn           fails with HENCE_EDIED
     the executor's queue is full        fails with HENCE_EFULL; arg has been dropped
     the executor is shut down           fails with HENCE_ESHUTDOWN; arg has been dropped
     it is of the parent of this child   fails with HENCE_EDIED, with a report; arg has been dropped
     the Future is cancelled             a job that waits for a thread is dropped; one that runs goes on:
                                         hence_job_is_cancelled() tells it, and what it gives is destroyed
                                         on the loop's thread
     the loop is closed                  as if cancelled
   @endverbatim
 *
 * @param site      a string that lives for ever: #HENCE_SITE; or NULL
 * @param loop      lent
 * @param executor  lent; NULL: hence_executor_default()
 * @param fn        called on another thread, at most once; a chain that it returns is refused (#HENCE_EINVAL)
 * @param arg       handed to it; taken if @p drop is not NULL
 * @param drop      ends @p arg, once: on that thread, after @p fn; or, if that never runs, on the thread that
 *                  decides so. NULL: @p arg is lent
 * @return the Future, yours; NULL when there is no memory, or as hence_future_new_at()
 *
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @see hence_defer_to_thread()
 * @since 0.1
 * @snippet 61_executor.c run
 */
HENCE_API HENCE_MUST_USE hence_future *hence_run_in_executor_at(const char *site, hence_loop *loop,
                                                                hence_executor *executor,
                                                                hence_result_fn *fn, void *arg,
                                                                hence_drop_fn *drop);
/**
 * Run a function on another thread: hence_run_in_executor_at() with this line.
 * @snippet 61_executor.c run
 */
#define hence_run_in_executor(loop, executor, fn, arg, drop)                                       \
    hence_run_in_executor_at(HENCE_SITE, (loop), (executor), (fn), (arg), (drop))

/**
 * @brief hence_run_in_executor() that waits in line when the queue is full, instead of failing. The macro
 * hence_run_in_executor_when_room() adds the line.
 *
 * @verbatim
     executor with room for 2      submitted: A B C D E

     at work   queue    line
     A         B C      D E        the Futures "let in" of A, B, C are done
     B         C D      E          A has ended: that of D, too
   @endverbatim
 * Who makes many jobs waits for the "let in" of each before it makes the next: so no more are there than the
 * executor wants. Whoever stands in line is let in in the order of arrival, and is not overtaken.
 *
 * @param site      a string that lives for ever: #HENCE_SITE; or NULL
 * @param loop      lent
 * @param executor  lent; NULL: hence_executor_default()
 * @param fn        as hence_run_in_executor_at()
 * @param arg       as hence_run_in_executor_at()
 * @param drop      as hence_run_in_executor_at()
 * @param let_in    gets a Future, yours, that is done with none when the job is in the queue; if it never is, it
 *                  fails as the job does. NULL: not asked for
 * @return the Future of the job, as hence_run_in_executor_at()
 * @threading{The loop's.}
 * @cancel{As hence_run_in_executor_at(): who stands in line leaves it, in O(1). Cancelling @p let_in changes
 *   nothing for the job.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 65_pushing_back.c run
 */
HENCE_API HENCE_MUST_USE hence_future *hence_run_in_executor_when_room_at(
    const char *site, hence_loop *loop, hence_executor *executor, hence_result_fn *fn, void *arg,
    hence_drop_fn *drop, hence_future **let_in);
/**
 * hence_run_in_executor() that waits in line: hence_run_in_executor_when_room_at() with this line.
 * @snippet 65_pushing_back.c run
 */
#define hence_run_in_executor_when_room(loop, executor, fn, arg, drop, let_in)                     \
    hence_run_in_executor_when_room_at(HENCE_SITE, (loop), (executor), (fn), (arg), (drop),        \
                                       (let_in))

/**
 * @brief hence_run_in_executor() as a Deferred. The macro hence_defer_to_thread() adds the line.
 *
 * @param site      a string that lives for ever: #HENCE_SITE; or NULL
 * @param loop      lent
 * @param executor  lent; NULL: hence_executor_default()
 * @param fn        called on another thread, at most once
 * @param arg       handed to it; taken if @p drop is not NULL
 * @param drop      ends @p arg, as for hence_run_in_executor_at()
 * @return the Deferred, yours; NULL when there is no memory. On another thread than the loop's it fails with
 *         #HENCE_EINVAL, with a report, and @p arg has been dropped; when the loop is closed, with #HENCE_ECLOSED
 * @threading{The loop's.}
 * @cancel{As hence_run_in_executor_at(). In Twisted the job runs all the same.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 61_executor.c defer
 */
HENCE_API HENCE_MUST_USE hence_deferred *hence_defer_to_thread_at(const char *site,
                                                                  hence_loop *loop,
                                                                  hence_executor *executor,
                                                                  hence_result_fn *fn, void *arg,
                                                                  hence_drop_fn *drop);
/**
 * Run a function on another thread: hence_defer_to_thread_at() with this line.
 * @snippet 61_executor.c defer
 */
#define hence_defer_to_thread(loop, executor, fn, arg, drop)                                       \
    hence_defer_to_thread_at(HENCE_SITE, (loop), (executor), (fn), (arg), (drop))

/**
 * @brief Has the job that this thread is at been cancelled? A long job asks from time to time.
 * @return true: nobody waits for its result any more. false, also on threads that are not at a job
 * @threading{Any.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 61_executor.c cancelled
 */
HENCE_API bool hence_job_is_cancelled(void);

/**
 * @brief One function for many arguments, on the threads of an executor. The macro hence_executor_map() adds
 * the line.
 *
 * @verbatim
     in   fn, args[] = { a, b, c }        out  F< list[3] { fn(a), fn(b), fn(c) } >
     one fails                            the others are cancelled; that failure, when all have ended
   @endverbatim
 *
 * @param site      a string that lives for ever: #HENCE_SITE; or NULL
 * @param loop      lent
 * @param executor  lent; NULL: hence_executor_default()
 * @param fn        called on other threads, once for each argument
 * @param args      lent: the array for the call, the arguments until the result is there; and, if that is a
 *                  failure or a cancellation, until those that run then have come to their end, which
 *                  hence_executor_shutdown() waits for
 * @param n         how many
 * @return the Future, yours; NULL when there is no memory
 * @threading{The loop's.}
 * @cancel{As hence_run_in_executor_at(), for each.}
 * @complexity{O(n).}
 * @since 0.1
 * @snippet 61_executor.c map
 */
HENCE_API HENCE_MUST_USE hence_future *hence_executor_map_at(const char *site, hence_loop *loop,
                                                             hence_executor *executor,
                                                             hence_result_fn *fn, void *const *args,
                                                             size_t n);
/**
 * One function for many arguments: hence_executor_map_at() with this line.
 * @snippet 61_executor.c map
 */
#define hence_executor_map(...) hence_executor_map_at(HENCE_SITE, __VA_ARGS__)

/** One of the functions for hence_call_multiple_in_thread(). */
typedef struct hence_thread_call {
    hence_result_fn *fn; /**< not NULL */
    void *arg;           /**< handed to it: lent until the Deferred has its result */
} hence_thread_call;

/**
 * @brief Call functions one after the other, on one thread, as one job: Twisted's `callMultipleInThread`. The
 * macro hence_call_multiple_in_thread() adds the line.
 *
 * @verbatim
     in   { f, a }, { g, b }, { h, c }        out  Deferred< none >, when all have been called
     one fails                                its failure; the rest is not called
     cancelled                                what runs comes to its end; the rest is not called
   @endverbatim
 * What they give is destroyed.
 *
 * @param site      a string that lives for ever: #HENCE_SITE; or NULL
 * @param loop      lent
 * @param executor  lent; NULL: hence_executor_default()
 * @param calls     lent for the call
 * @param n         how many
 * @return the Deferred, yours; NULL when there is no memory
 * @threading{The loop's.}
 * @complexity{O(n).}
 * @since 0.1
 * @snippet 65_pushing_back.c multiple
 */
HENCE_API HENCE_MUST_USE hence_deferred *hence_call_multiple_in_thread_at(
    const char *site, hence_loop *loop, hence_executor *executor, const hence_thread_call *calls,
    size_t n);
/**
 * Call functions one after the other: hence_call_multiple_in_thread_at() with this line.
 * @snippet 65_pushing_back.c multiple
 */
#define hence_call_multiple_in_thread(loop, executor, calls, n)                                    \
    hence_call_multiple_in_thread_at(HENCE_SITE, (loop), (executor), (calls), (n))

/* ---- calls into a loop --------------------------------------------------------------------- */

/**
 * @brief Have a loop call a function, and wait for its result: from any other thread.
 *
 * @param loop     lent: hold a reference, hence_loop_ref()
 * @param fn       called on the loop's thread, at most once; a chain that it returns is waited for
 * @param arg      handed to it: must live until this returns, and after #HENCE_ETIMEDOUT for as long as the
 *                 loop may come to @p fn
 * @param timeout  nanoseconds; negative: none. When it is over, what @p fn returned is cancelled
 * @return the result, yours. The failures #HENCE_EDEADLK on the loop's own thread, #HENCE_ETIMEDOUT,
 *         #HENCE_ECLOSED if the loop is closed before it comes to an end, #HENCE_ENOMEM
 * @threading{Any but the loop's.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 62_blocking_call.c call
 */
HENCE_API HENCE_MUST_USE hence_result hence_blocking_call_from_thread(hence_loop *loop,
                                                                      hence_result_fn *fn,
                                                                      void *arg, int64_t timeout);

HENCE_END_DECLS

/** @} */

#endif
