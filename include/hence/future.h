/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_FUTURE_H
#define HENCE_FUTURE_H

/**
 * @file
 * Futures: results that many can wait for.
 *
 * @defgroup hence_future Futures
 * A Future is a result that is not there yet and that, once there, stays as it is for good: any
 * number of listeners are told, and any number of readers may look. Listeners are never called from
 * inside hence_resolve(), but from the loop, in the order in which they were added.
 *
 * Futures are counted and shared: calls take references of their own and leave the caller's alone;
 * only hence_chain_future() takes one. NULL stands for the Future that could not be had for want of
 * memory: every call accepts it.
 *
 * A Future belongs to its loop's thread. From another thread it can be asked for its loop and its
 * line; calls that would change it, or give its result, are refused there and reported.
 * @{
 */

#include <hence/loop.h>
#include <hence/promise.h>

HENCE_BEGIN_DECLS

/**
 * @brief A Future and the promise that will resolve it. The macro hence_future_new() adds the line.
 *
 * @param site      a string that lives for ever: #HENCE_SITE; or NULL
 * @param loop      where its listeners are told; the Future holds a reference
 * @param producer  gets the promise, which is yours to end; NULL in it on failure. NULL: nobody
 *                  will resolve it, and it fails with #HENCE_EABANDONED at once
 * @return the Future, yours; NULL when there is no memory, @p loop is NULL or closed, or the thread
 *         is not the loop's
 *
 * @threading{The loop's.}
 * @complexity{O(1); one allocation.}
 * @since 0.1
 * @snippet 02_slow_square_future.c operation
 */
HENCE_API HENCE_MUST_USE hence_future *hence_future_new_at(const char *site, hence_loop *loop,
                                                           hence_promise **producer);
/**
 * A Future and its promise: hence_future_new_at() with the line that this stands on.
 * @snippet 02_slow_square_future.c operation
 */
#define hence_future_new(loop, producer) hence_future_new_at(HENCE_SITE, (loop), (producer))

/**
 * @brief A Future that has its result already. The macro hence_future_succeed() adds the line.
 *
 * @param site  a string that lives for ever: #HENCE_SITE; or NULL
 * @param loop  lent
 * @param r     taken: a value, a failure, or a chain to wait for
 * @return the Future, yours; NULL as for hence_future_new_at(): then @p r has been destroyed
 *
 * @threading{The loop's.}
 * @complexity{O(1); one allocation.}
 * @since 0.1
 * @snippet 46_poetry_gather.c in-turns
 */
HENCE_API HENCE_MUST_USE hence_future *hence_future_succeed_at(const char *site, hence_loop *loop,
                                                               hence_result r);
/**
 * A Future that has its result already: hence_future_succeed_at() with this line.
 * @snippet 46_poetry_gather.c in-turns
 */
#define hence_future_succeed(loop, r) hence_future_succeed_at(HENCE_SITE, (loop), (r))

/**
 * @brief A Future that has failed already. The macro hence_future_fail() adds the line.
 *
 * @param site  a string that lives for ever: #HENCE_SITE; or NULL
 * @param loop  lent
 * @param r     taken: a failure. Anything else is destroyed, and the Future fails with #HENCE_EINVAL
 * @return the Future, yours; NULL as for hence_future_new_at(): then @p r has been destroyed
 *
 * @threading{The loop's.}
 * @complexity{O(1); one allocation.}
 * @since 0.1
 * @snippet 46_poetry_gather.c in-turns
 */
HENCE_API HENCE_MUST_USE hence_future *hence_future_fail_at(const char *site, hence_loop *loop,
                                                            hence_result r);
/**
 * A Future that has failed already: hence_future_fail_at() with this line.
 * @snippet 46_poetry_gather.c in-turns
 */
#define hence_future_fail(loop, r) hence_future_fail_at(HENCE_SITE, (loop), (r))

/**
 * @brief A Future for whatever a result is. The macro hence_ensure_future() adds the line.
 *
 * @verbatim
       hence_chain_future(f), f of this loop    f itself
       another chain                            a Future that waits for it
       a value, a failure                       a Future that is done with it
   @endverbatim
 *
 * @param site  a string that lives for ever: #HENCE_SITE; or NULL
 * @param loop  lent
 * @param r     taken
 * @return the Future, yours; NULL as for hence_future_new_at(): then @p r has been destroyed
 *
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @see hence_future_succeed()
 * @since 0.1
 * @snippet 27_futures.c ensure
 */
HENCE_API HENCE_MUST_USE hence_future *hence_ensure_future_at(const char *site, hence_loop *loop,
                                                              hence_result r);
/**
 * A Future for whatever a result is: hence_ensure_future_at() with this line.
 * @snippet 27_futures.c ensure
 */
#define hence_ensure_future(loop, r) hence_ensure_future_at(HENCE_SITE, (loop), (r))

/**
 * @brief One more reference.
 * @param f  lent; NULL gives NULL
 * @return the same Future, yours; NULL on another thread
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 27_futures.c chain-future
 */
HENCE_API hence_future *hence_future_ref(hence_future *f);

/**
 * @brief One reference less. This does not cancel, and listeners are still told.
 *
 * When the last holder goes and the Future has a failure that nobody looked at, that is reported
 * now: hence_loop_set_exception_handler(). A cancelled one is not reported, nor that the loop has closed.
 *
 * @param f  taken; NULL is accepted
 * @return NULL
 * @threading{The loop's.}
 * @complexity{O(1); nothing is allocated.}
 * @since 0.1
 * @snippet 03_sleep.c sleep-future
 */
HENCE_API hence_future *hence_future_unref(hence_future *f);

/**
 * @brief Give the reference away, and the Future to one more call: for a Future that is made inside the call
 * to which it is lent.
 *
 * @verbatim
       hence_future_then(hence_future_lend(hence_sleep_future(loop, delay)), step, NULL, arg)
   @endverbatim
 * hence_future_then() and whatever else is lent a Future takes a reference of its own and leaves the caller's
 * alone. A Future that is made right there has no other owner, and would never go. This one is the loop's to
 * let go: in its next turn, or when the Future is done, whichever comes later.
 *
 * @param f  taken; NULL gives NULL
 * @return the same Future, lent: good until the loop's next turn. NULL on another thread, and when it is done
 *         and the loop has closed
 * @threading{The loop's.}
 * @complexity{O(1); nothing is allocated.}
 * @since 0.1
 * @snippet 54_operators.c lend
 */
HENCE_API hence_future *hence_future_lend(hence_future *f);

/**
 * @brief hence_future_unref() for each of an array: those that were lent to a combinator, for example.
 * @param futures  lent: the array; the Futures in it are taken
 * @param n        how many
 * @threading{The loop's.}
 * @complexity{O(n).}
 * @since 0.1
 * @snippet 50_gather.c gather
 */
HENCE_API void hence_future_unref_all(hence_future *const *futures, size_t n);

/**
 * @brief Has it a result, or is it cancelled?
 * @param f  lent; NULL is done: it has failed for want of memory
 * @return true if so
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 27_futures.c listeners
 */
HENCE_API bool hence_future_done(const hence_future *f);

/**
 * @brief Is it cancelled: has it the failure #HENCE_ECANCELLED?
 * @param f  lent
 * @return true if so
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 27_futures.c cancel
 */
HENCE_API bool hence_future_cancelled(const hence_future *f);

/**
 * @brief The result, for one more reader.
 *
 * A value that the Future owns comes as a result that refers to it and keeps the Future alive:
 * accessors see through it, and hence_take() moves the reference.
 *
 * @param f  lent. NULL gives the out-of-memory failure
 * @return the result, yours; the failure #HENCE_EPENDING if there is none yet. A failure counts as
 *         looked at from now on
 * @threading{The loop's; so is the result.}
 * @complexity{O(1); nothing is allocated.}
 * @since 0.1
 * @snippet 02_slow_square_future.c done-callback
 */
HENCE_API HENCE_MUST_USE hence_result hence_future_result(hence_future *f);

/**
 * @brief The failure, without a reference.
 *
 * @param f  lent
 * @return lent as long as @p f lives; NULL if it has none, or is not done. It counts as looked at
 *         from now on
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 27_futures.c chain-future
 */
HENCE_API const hence_failure *hence_future_failure(hence_future *f);

/**
 * @brief Say that the result is not wanted any more, for all who wait.
 *
 * Its canceller runs before this call returns, its listeners are told through the loop. A Future
 * that was resolved with a chain passes it on to what it waits for. A failure of a Future that is
 * done counts as looked at.
 *
 * @param f  lent
 * @retval 0          cancelled, or what it waits for was
 * @retval -EALREADY  it is done
 * @retval -EDEADLK   it waits in a circle that was too long to be found when it was closed
 * @retval -EPERM     called on another thread
 * @retval -ENOMEM    @p f is NULL
 * @threading{The loop's.}
 * @complexity{O(1), or O(depth) of the waits in constant stack; nothing is allocated.}
 * @since 0.1
 * @snippet 27_futures.c cancel
 */
HENCE_API int hence_future_cancel(hence_future *f);

/**
 * @brief What listens to a Future.
 * @param f    the Future, done; lent
 * @param arg  what was given along with it
 */
typedef void hence_done_fn(hence_future *f, void *arg);

/**
 * @brief Call @p fn through the loop once @p f is done, also if it is done already.
 *
 * If the loop is closed first, @p fn is never called: see to @p arg yourself.
 *
 * @param f    lent. NULL: nothing is called, and -ENOMEM returned
 * @param fn   what to call
 * @param arg  handed to it
 * @retval 0           it will be called, once
 * @retval -ENOMEM     no memory, or @p f is NULL
 * @retval -EINVAL     @p fn is NULL
 * @retval -EPERM      called on another thread
 * @retval -ESHUTDOWN  it is done, and its loop is closed
 * @threading{The loop's.}
 * @complexity{O(1); the first listener needs no memory.}
 * @since 0.1
 * @snippet 02_slow_square_future.c main
 */
HENCE_API int hence_future_add_done_callback(hence_future *f, hence_done_fn *fn, void *arg);

/**
 * @brief Take back every listener with this @p fn and @p arg.
 *
 * Those that are on their way, since @p f is done, are not taken back.
 *
 * @param f    lent
 * @param fn   as it was added
 * @param arg  as it was added
 * @return how many were removed; 0 on another thread
 * @threading{The loop's.}
 * @complexity{O(number of listeners).}
 * @since 0.1
 * @snippet 27_futures.c listeners
 */
HENCE_API size_t hence_future_remove_done_callback(hence_future *f, hence_done_fn *fn, void *arg);

/**
 * @brief "What @p f will give", to return from a step or to resolve a promise with.
 *
 * Not to be confused with hence_future_chain(), which resolves a promise itself, and takes no reference.
 *
 * A cancellation of who waits is passed on to the Future, and so reaches all its listeners. If it
 * waits for the one that waits for it, the result is the failure #HENCE_EDEADLK.
 *
 * @param f  taken. NULL is the out-of-memory failure
 * @return a result that stands for it; the out-of-memory failure if there was no memory
 * @threading{The loop's.}
 * @complexity{O(1); one allocation.}
 * @see hence_chain()
 * @since 0.1
 * @snippet 27_futures.c chain-future
 */
HENCE_API HENCE_MUST_USE hence_result hence_chain_future(hence_future *f);

/**
 * @brief Resolve a promise with the result of a Future.
 *
 * Not to be confused with hence_chain_future(), which makes a result that stands for the Future, and takes it.
 *
 * Unlike resolving it with hence_chain_future(), a cancellation is not passed back: who cancels the
 * promise's side leaves @p f alone.
 *
 * @param f  lent. NULL: @p p gets the out-of-memory failure
 * @param p  taken
 *
 * @retval 0        it will be resolved, or has been
 * @retval -ENOMEM  @p p has got that failure
 * @retval -EINVAL  @p p is NULL
 * @retval -EPERM   called on another thread: @p p is untouched, and still yours
 *
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @see hence_deferred_chain()
 * @since 0.1
 * @snippet 54_operators.c chain
 */
HENCE_API int hence_future_chain(hence_future *f, hence_promise *p);

/**
 * @brief Its loop.
 * @param f  lent
 * @return lent as long as @p f lives; NULL for NULL
 * @threading{Any.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 27_futures.c chain-future
 */
HENCE_API hence_loop *hence_future_loop(const hence_future *f);

/**
 * @brief The line where it was made.
 * @param f  lent
 * @return such as "fetch.c:42"; NULL if it was not told
 * @threading{Any.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 16_two_shapes.c made
 */
HENCE_API const char *hence_future_site(const hence_future *f);

/**
 * @brief Run the loop until @p f is done, and give its result.
 *
 * Listeners that were added before are told before this returns.
 *
 * @param loop  lent: the loop of @p f
 * @param f     lent. NULL gives the out-of-memory failure
 * @return the result, as hence_future_result() gives it; the failure #HENCE_ESTOPPED if the loop
 *         was stopped first, #HENCE_ECLOSED if it is closed, #HENCE_EINVAL if @p f is of another
 *         loop, the thread is wrong or a loop runs in it already
 * @threading{The loop's.}
 * @complexity{None of its own.}
 * @see hence_loop_run_forever()
 * @since 0.1
 * @snippet 02_slow_square_future.c main
 */
HENCE_API HENCE_MUST_USE hence_result hence_loop_run_until_complete(hence_loop *loop,
                                                                    hence_future *f);

HENCE_END_DECLS

/** @} */

#endif
