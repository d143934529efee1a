/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_CONCURRENT_H
#define HENCE_CONCURRENT_H

/**
 * @file
 * Futures for any thread.
 *
 * @defgroup hence_concurrent Concurrent Futures
 * A Future belongs to one loop and its thread. A *concurrent Future* belongs to nobody: any thread may hold it,
 * wait for it, cancel it or read it. An executor gives one for a job, without a loop:
 * hence_executor_submit(). A loop gives one for what a function does in it, whoever asks:
 * hence_run_threadsafe(). One loop hands a Future of its own to another with hence_future_as_concurrent(), and the
 * other makes a Future of its own of it: hence_wrap_future().
 *
 * Its value has many readers, on many threads at once: what comes out of it are results that refer to it, and
 * that may go to any thread. The value itself is destroyed once, on the thread where the last of them is dropped.
 * @{
 */

#include <hence/exec.h>

HENCE_BEGIN_DECLS

/** A result for any thread, there now or later. */
typedef struct hence_concurrent_future hence_concurrent_future;

/**
 * @brief Told that a concurrent Future is done.
 * @param f    lent
 * @param arg  what was given along with the function
 */
typedef void hence_concurrent_done_fn(hence_concurrent_future *f, void *arg);

/* ---- held ---------------------------------------------------------------------------------- */

/**
 * @brief One more reference.
 * @param f  lent; NULL gives NULL
 * @return the same one, yours
 * @threading{Any.}
 * @complexity{O(1).}
 * @since 0.1
 * No sample: as hence_deferred_ref().
 */
HENCE_API hence_concurrent_future *hence_concurrent_future_ref(hence_concurrent_future *f);

/**
 * @brief One reference less. What it stands for goes on; a failure that nobody has seen is reported, to the
 * handler of the thread that lets the last reference go.
 * @param f  taken; NULL is accepted
 * @return NULL
 * @threading{Any.}
 * @complexity{O(1), and the destructor of its value.}
 * @since 0.1
 * @snippet 63_thread_pool.c submit
 */
HENCE_API hence_concurrent_future *hence_concurrent_future_unref(hence_concurrent_future *f);

/* ---- asked --------------------------------------------------------------------------------- */

/**
 * @brief Wait for the result.
 *
 * A thread of an executor that waits for a job of the same executor keeps its own place meanwhile: with one
 * thread, or when all of them do so, they wait for ever.
 *
 * @param f        lent; NULL has failed for want of memory
 * @param timeout  nanoseconds; 0: do not wait; negative: until it is done
 * @return the result, yours: a value that is owned is a reference to the one in @p f. The failures
 *         #HENCE_ETIMEDOUT; #HENCE_EDEADLK, with a report, where a loop runs, if it would have to wait;
 *         #HENCE_EDIED, with a report, in a forked child, if it would be ended in the parent
 * @threading{Any but one where a loop runs.}
 * @complexity{O(1); nothing is allocated.}
 * @since 0.1
 * @snippet 63_thread_pool.c submit
 */
HENCE_API HENCE_MUST_USE hence_result hence_concurrent_future_result(hence_concurrent_future *f,
                                                                     int64_t timeout);

/**
 * @brief Is it done?
 * @param f  lent; NULL is done
 * @return true if it has a result, in whatever way
 * @threading{Any.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 64_concurrent_futures.c asked
 */
HENCE_API bool hence_concurrent_future_done(const hence_concurrent_future *f);

/**
 * @brief Was it cancelled?
 * @param f  lent
 * @return true if it is done, with #HENCE_ECANCELLED
 * @threading{Any.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 64_concurrent_futures.c asked
 */
HENCE_API bool hence_concurrent_future_cancelled(const hence_concurrent_future *f);

/**
 * @brief Is a thread at it?
 * @param f  lent
 * @return true from when a thread has taken the job until it is done; false for what happens in a loop
 * @threading{Any.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 64_concurrent_futures.c asked
 */
HENCE_API bool hence_concurrent_future_running(hence_concurrent_future *f);

/**
 * @brief Cancel it, if it is not too late.
 *
 * @param f  lent
 * @retval 0         it is cancelled: a job that waited for a thread is dropped and never runs; what happens in
 *                   a loop is cancelled there, as soon as the loop comes to it
 * @retval -EBUSY    a thread is at it, and goes on to its end; hence_job_is_cancelled() tells it
 * @retval -EALREADY it is done
 * @retval -ENOMEM   @p f is NULL
 * @retval -EPERM    in a forked child, of what is at work in the parent
 * @threading{Any. Its callbacks are called before this returns.}
 * @complexity{O(1); nothing is allocated.}
 * @since 0.1
 * @snippet 64_concurrent_futures.c cancel
 */
HENCE_API int hence_concurrent_future_cancel(hence_concurrent_future *f);

/**
 * @brief Have a function called when it is done: at once, by the thread that ends it, in the order in which
 * they were added. If it is done already, this call calls it.
 *
 * @param f    lent
 * @param fn   called once; it must return, or, on a thread of an executor, may end that thread
 * @param arg  handed to it
 * @retval 0       it is called, or has been
 * @retval -ENOMEM there is no memory for it, or @p f is NULL; it is not called
 * @retval -EINVAL @p fn is NULL
 * @retval -EPERM  in a forked child, of what is at work in the parent
 * @threading{Any; and @p fn is called on any.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 64_concurrent_futures.c callback
 */
HENCE_API int hence_concurrent_future_add_done_callback(hence_concurrent_future *f,
                                                        hence_concurrent_done_fn *fn, void *arg);

/* ---- many ---------------------------------------------------------------------------------- */

/**
 * @brief Wait until enough of many are done.
 *
 * @param futures    lent; a NULL one counts as failed
 * @param n          how many
 * @param condition  when it is enough
 * @param timeout    nanoseconds; 0: do not wait; negative: until it is enough
 * @return how many are done, by then: hence_concurrent_future_done() says which. -EINVAL if @p n is 0,
 *         -ENOMEM, -EDEADLK and -EPERM as hence_concurrent_future_result()
 * @threading{Any but one where a loop runs.}
 * @complexity{O(n).}
 * @since 0.1
 * @snippet 64_concurrent_futures.c wait
 */
HENCE_API int64_t hence_concurrent_wait(hence_concurrent_future *const *futures, size_t n,
                                        hence_wait_condition condition, int64_t timeout);

/** Gives concurrent Futures one by one, in the order in which they are done. */
typedef struct hence_concurrent_completions hence_concurrent_completions;

/**
 * @brief Many, one by one, as they are done.
 *
 * @param futures  lent: the array for the call; references are taken. The same one in several places is given
 *                 as often
 * @param n        how many
 * @param timeout  nanoseconds from now for all of them; negative: none
 * @return to be freed, yours; NULL when there is no memory; and, with a report, in a forked child, if one of
 *         them would be ended in the parent
 * @threading{Any; then one thread at a time.}
 * @complexity{O(n).}
 * @since 0.1
 * @snippet 64_concurrent_futures.c as-completed
 */
HENCE_API HENCE_MUST_USE hence_concurrent_completions *hence_concurrent_as_completed(
    hence_concurrent_future *const *futures, size_t n, int64_t timeout);

/**
 * @brief Wait for the next one that is done.
 *
 * @param completions  lent
 * @param out          the next one, lent as long as @p completions is there; NULL if there is none
 * @return hence_none(); or the failures #HENCE_EEND after the last one, #HENCE_ETIMEDOUT, which says how many
 *         are not done, #HENCE_EDEADLK as hence_concurrent_future_result(), and #HENCE_ENOMEM for one that was
 *         NULL
 * @threading{Any but one where a loop runs.}
 * @complexity{O(1); O(n) if none is done when the time is over.}
 * @since 0.1
 * @snippet 64_concurrent_futures.c as-completed
 */
HENCE_API HENCE_MUST_USE hence_result hence_concurrent_completions_next(
    hence_concurrent_completions *completions, hence_concurrent_future **out);

/**
 * @brief Free it. What was not done goes on.
 * @param completions  taken; NULL is accepted
 * @return NULL
 * @threading{Any.}
 * @complexity{O(n).}
 * @since 0.1
 * @snippet 64_concurrent_futures.c as-completed
 */
HENCE_API hence_concurrent_completions *hence_concurrent_completions_free(
    hence_concurrent_completions *completions);

/* ---- from an executor ---------------------------------------------------------------------- */

/**
 * @brief Run a function on a thread of an executor. The macro hence_executor_submit() adds the line.
 *
 * @verbatim
     in   fn, on another thread          out  concurrent Future < what fn returns >

     fn gives a value, a failure         the same
     its thread ends inside fn           fails with HENCE_EDIED
     the executor's queue is full        fails with HENCE_EFULL; arg has been dropped
     the executor is shut down           fails with HENCE_ESHUTDOWN; arg has been dropped
     it is cancelled                     see hence_concurrent_future_cancel()
   @endverbatim
 *
 * @param site      a string that lives for ever: #HENCE_SITE; or NULL
 * @param executor  lent; NULL: it fails with #HENCE_ENOMEM
 * @param fn        called on another thread, at most once; a chain that it returns is refused (#HENCE_EINVAL)
 * @param arg       handed to it; taken if @p drop is not NULL
 * @param drop      ends @p arg, once: on that thread, after @p fn; or, if that never runs, on the thread that
 *                  decides so. NULL: @p arg is lent
 * @return the concurrent Future, yours; NULL when there is no memory, and then @p arg has been dropped
 * @threading{Any; no loop is needed.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 63_thread_pool.c submit
 */
HENCE_API HENCE_MUST_USE hence_concurrent_future *hence_executor_submit_at(const char *site,
                                                                           hence_executor *executor,
                                                                           hence_result_fn *fn,
                                                                           void *arg,
                                                                           hence_drop_fn *drop);
/**
 * Run a function on a thread of an executor: hence_executor_submit_at() with this line.
 * @snippet 63_thread_pool.c submit
 */
#define hence_executor_submit(executor, fn, arg, drop)                                             \
    hence_executor_submit_at(HENCE_SITE, (executor), (fn), (arg), (drop))

/**
 * @brief hence_executor_submit() that waits in line when the queue is full. The macro
 * hence_executor_submit_when_room() adds the line.
 *
 * Who waits is let in in the order of arrival, before any job that comes later.
 *
 * @param site      a string that lives for ever: #HENCE_SITE; or NULL
 * @param executor  lent
 * @param fn        as hence_executor_submit_at()
 * @param arg       as hence_executor_submit_at()
 * @param drop      as hence_executor_submit_at()
 * @param timeout   nanoseconds to wait for room; 0: not at all; negative: until there is room. When it is over,
 *                  the job fails with #HENCE_EFULL
 * @return as hence_executor_submit_at(); fails with #HENCE_EDEADLK, with a report, where a loop runs, if it
 *         would have to wait: see hence_run_in_executor_when_room()
 * @threading{Any but one where a loop runs.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 65_pushing_back.c submit
 */
HENCE_API HENCE_MUST_USE hence_concurrent_future *hence_executor_submit_when_room_at(
    const char *site, hence_executor *executor, hence_result_fn *fn, void *arg, hence_drop_fn *drop,
    int64_t timeout);
/**
 * hence_executor_submit() that waits in line: hence_executor_submit_when_room_at() with this line.
 * @snippet 65_pushing_back.c submit
 */
#define hence_executor_submit_when_room(executor, fn, arg, drop, timeout)                          \
    hence_executor_submit_when_room_at(HENCE_SITE, (executor), (fn), (arg), (drop), (timeout))

/* ---- from a loop --------------------------------------------------------------------------- */

/**
 * @brief Have a loop call a function, and give a concurrent Future for its result: asyncio's
 * `run_coroutine_threadsafe`. The macro hence_run_threadsafe() adds the line.
 *
 * @verbatim
     any thread                                      the loop's thread
     f = hence_run_threadsafe(loop, fn, arg)  ----->  fn(arg) gives a value, or a chain to wait for
     hence_concurrent_future_result(f)        <-----  its result
     hence_concurrent_future_cancel(f)        ----->  what fn gave is cancelled

     the loop is closed by then, or closes meanwhile: fails with HENCE_ECLOSED
     cancelled before the loop comes to it: fn is never called
   @endverbatim
 *
 * @param site  a string that lives for ever: #HENCE_SITE; or NULL
 * @param loop  lent: hold a reference, hence_loop_ref()
 * @param fn    called on the loop's thread, at most once. It may return hence_chain() of a Deferred or
 *              hence_chain_future()
 * @param arg   handed to it; taken if @p drop is not NULL
 * @param drop  ends @p arg, once: on the loop's thread, after @p fn or instead of it; on this one if the loop is
 *              closed or there is no memory. NULL: @p arg is lent
 * @return the concurrent Future, yours; NULL when there is no memory, and then @p arg has been dropped
 * @threading{Any, the loop's too.}
 * @cancel{At once, and then in the loop.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 66_run_threadsafe.c ask
 */
HENCE_API HENCE_MUST_USE hence_concurrent_future *hence_run_threadsafe_at(
    const char *site, hence_loop *loop, hence_result_fn *fn, void *arg, hence_drop_fn *drop);
/**
 * Have a loop call a function: hence_run_threadsafe_at() with this line.
 * @snippet 66_run_threadsafe.c ask
 */
#define hence_run_threadsafe(loop, fn, arg, drop)                                                  \
    hence_run_threadsafe_at(HENCE_SITE, (loop), (fn), (arg), (drop))

/**
 * @brief A concurrent Future for a Future, so that other threads can wait for it. The macro
 * hence_future_as_concurrent() adds the line.
 *
 * @param site  a string that lives for ever: #HENCE_SITE; or NULL
 * @param f     lent
 * @return the concurrent Future, yours; NULL when there is no memory, or @p f is NULL or of another thread
 * @threading{That of the Future's loop. What it gives: any.}
 * @cancel{Passes on to @p f, for all its listeners, as soon as its loop comes to it.}
 * @complexity{O(1).}
 * @see hence_wrap_future()
 * @since 0.1
 * @snippet 67_loops.c hand-over
 */
HENCE_API HENCE_MUST_USE hence_concurrent_future *hence_future_as_concurrent_at(const char *site,
                                                                                hence_future *f);
/**
 * A concurrent Future for a Future: hence_future_as_concurrent_at() with this line.
 * @snippet 67_loops.c hand-over
 */
#define hence_future_as_concurrent(f) hence_future_as_concurrent_at(HENCE_SITE, (f))

/**
 * @brief A concurrent Future for a Deferred. The macro hence_deferred_as_concurrent() adds the line.
 *
 * @param site  a string that lives for ever: #HENCE_SITE; or NULL
 * @param loop  lent: on whose thread the Deferred lives
 * @param d     taken, with its result
 * @return the concurrent Future, yours; NULL when there is no memory, or the loop refuses
 * @threading{The loop's. What it gives: any.}
 * @cancel{Passes on to @p d, as soon as the loop comes to it.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 66_run_threadsafe.c deferred
 */
HENCE_API HENCE_MUST_USE hence_concurrent_future *hence_deferred_as_concurrent_at(
    const char *site, hence_loop *loop, hence_deferred *d);
/**
 * A concurrent Future for a Deferred: hence_deferred_as_concurrent_at() with this line.
 * @snippet 66_run_threadsafe.c deferred
 */
#define hence_deferred_as_concurrent(loop, d)                                                      \
    hence_deferred_as_concurrent_at(HENCE_SITE, (loop), (d))

/* ---- into a loop --------------------------------------------------------------------------- */

/**
 * @brief A Future of a loop for a concurrent Future: asyncio's `wrap_future`. The macro hence_wrap_future() adds
 * the line.
 *
 * With hence_future_as_concurrent() on the other side, Futures go from one loop to another.
 *
 * @param site  a string that lives for ever: #HENCE_SITE; or NULL
 * @param loop  lent
 * @param f     lent; NULL: it fails with #HENCE_ENOMEM
 * @return the Future, yours; NULL as hence_future_new_at()
 * @threading{The loop's.}
 * @cancel{Passes on to @p f. A loop that closes ends it with #HENCE_ECLOSED, and leaves @p f alone.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 67_loops.c hand-over
 */
HENCE_API HENCE_MUST_USE hence_future *hence_wrap_future_at(const char *site, hence_loop *loop,
                                                            hence_concurrent_future *f);
/**
 * A Future of a loop for a concurrent Future: hence_wrap_future_at() with this line.
 * @snippet 67_loops.c hand-over
 */
#define hence_wrap_future(loop, f) hence_wrap_future_at(HENCE_SITE, (loop), (f))

/**
 * @brief hence_wrap_future() as a Deferred. The macro hence_wrap_future_deferred() adds the line.
 *
 * @param site  a string that lives for ever: #HENCE_SITE; or NULL
 * @param loop  lent
 * @param f     lent; NULL: it fails with #HENCE_ENOMEM
 * @return the Deferred, yours; NULL when there is no memory
 * @threading{The loop's.}
 * @cancel{As hence_wrap_future_at().}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 66_run_threadsafe.c deferred
 */
HENCE_API HENCE_MUST_USE hence_deferred *hence_wrap_future_deferred_at(const char *site,
                                                                       hence_loop *loop,
                                                                       hence_concurrent_future *f);
/**
 * hence_wrap_future() as a Deferred: hence_wrap_future_deferred_at() with this line.
 * @snippet 66_run_threadsafe.c deferred
 */
#define hence_wrap_future_deferred(loop, f) hence_wrap_future_deferred_at(HENCE_SITE, (loop), (f))

HENCE_END_DECLS

/** @} */

#endif
