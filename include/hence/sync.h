/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_SYNC_H
#define HENCE_SYNC_H

/**
 * @file
 * Locks, semaphores and their like.
 *
 * @defgroup hence_sync Locks
 * Between two callbacks nothing else runs, so data that is changed within one callback needs no lock. What
 * takes several needs one: who changes a file in three steps, or may use ten connections at most.
 *
 * Who asks for a lock gets a *hold*, as an owned result. It is let go when that result is dropped: so whoever
 * is cancelled, times out, loses a race, or fails lets go of what it held. The input of a step lives until the
 * outcome of the step is known; so a step that leaves the hold where it is, and returns a chain, holds the
 * lock until that has ended.
 *
 * Who waits is let in in order, and nobody overtakes. A hold that ends lets the next one in at once: a
 * Deferred's steps run inside that call, a Future's listeners are told through the loop. If that happens
 * inside the steps of somebody who has just been let in by the same lock, the next one is let in when those
 * steps have returned; so a million in a row need the stack of one.
 *
 * Whoever waits may be cancelled at any moment, and takes nothing along. For a time limit use
 * hence_deferred_add_timeout(), or hence_wait_for() for a Future.
 *
 * Each belongs to the thread that uses it first. On another one its calls are refused, before anything happens, with
 * a report: they give -EPERM, or a Deferred or Future that fails with #HENCE_EINVAL, and what is freed there, or a hold
 * that is dropped there, stays as it is. What a hold is given back to is let go of safely in any order.
 * @{
 */

#include <hence/deferred.h>
#include <hence/future.h>

HENCE_BEGIN_DECLS

/* ---- holds --------------------------------------------------------------------------------- */

/** The right to be where somebody was let in: what acquiring a lock, a semaphore or a limiter gives. */
typedef struct hence_sync_hold hence_hold;

/**
 * @brief Let a hold go: what it holds is given back, and the next one is let in.
 *
 * This is the destructor of the results that hold it.
 *
 * @param hold  taken, a hence_hold; NULL is accepted
 *
 * @threading{The thread that uses @p hold.}
 * @complexity{O(1), and the steps of who is let in; nothing is allocated.}
 * @see hence_hold_release()
 * @since 0.1
 * @snippet 70_lock.c hold
 */
HENCE_API void hence_hold_free(void *hold);

/**
 * @brief Give back what it holds now, before the hold itself goes.
 *
 * For holds in the results of Futures, which have many readers and so cannot be taken.
 *
 * @param hold  lent
 *
 * @retval 0        given back
 * @retval -EPERM   it does not hold any more, or waits for a condition: reported
 * @retval -ENOMEM  @p hold is NULL
 *
 * @threading{The thread that uses @p hold.}
 * @complexity{O(1), and the steps of who is let in; nothing is allocated.}
 * @since 0.1
 * @snippet 70_lock.c future
 */
HENCE_API int hence_hold_release(hence_hold *hold);

/**
 * @brief Keep the token of a semaphore for good: it is not given back when the hold goes.
 *
 * For semaphores that count something: one side takes tokens out, the other puts some in with
 * hence_semaphore_release().
 *
 * @param hold  lent
 *
 * @retval 0        the token is gone
 * @retval -EPERM   it holds nothing any more, or it is not the hold of a semaphore: reported
 * @retval -ENOMEM  @p hold is NULL
 *
 * @threading{The thread that uses @p hold.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 72_pool.c keep
 */
HENCE_API int hence_hold_keep(hence_hold *hold);

/**
 * @brief Does it still hold?
 *
 * @param hold  lent
 * @return false after hence_hold_release(), while it waits for a condition, and for NULL
 *
 * @threading{The thread that uses @p hold.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 70_lock.c future
 */
HENCE_API bool hence_hold_holds(const hence_hold *hold);

/**
 * @brief The hold that a result has.
 *
 * @param in  lent
 * @return the hold, lent as long as the result lives; NULL if it is anything else
 *
 * @threading{Where the result is.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 70_lock.c future
 */
HENCE_API HENCE_MUST_USE inline hence_hold *hence_as_hold(const hence_result *in);

/**
 * @brief Move a hold out of a result: it is yours to let go.
 *
 * @param in  lent; if it owns a hold it gives none afterwards
 * @return the hold, yours; NULL, and @p in untouched, if it is anything else, or shared: the result
 *         of a Future
 *
 * @threading{Where the result is.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 70_lock.c hold
 */
HENCE_API HENCE_MUST_USE inline hence_hold *hence_take_hold(hence_result *in);

/* ---- locks --------------------------------------------------------------------------------- */

/** One at a time. */
typedef struct hence_lock hence_lock;

/**
 * @brief A lock that nobody holds.
 *
 * @return yours: hence_lock_free(); NULL when there is no memory
 *
 * @threading{Any; from then on the thread that uses it.}
 * @complexity{O(1); one allocation.}
 * @since 0.1
 * @snippet 70_lock.c lock
 */
HENCE_API HENCE_MUST_USE hence_lock *hence_lock_new(void);

/**
 * @brief Let it go. Those who wait for it, and then those who wait for a condition of it, fail with
 * #HENCE_EABANDONED. Holds that are out may be let go later.
 *
 * @param lock  taken; NULL is accepted. It may be freed in a step that it runs
 * @return NULL
 *
 * @threading{The thread that uses @p lock.}
 * @complexity{O(number of those who wait), and their steps.}
 * @since 0.1
 * @snippet 70_lock.c free
 */
HENCE_API hence_lock *hence_lock_free(hence_lock *lock);

/**
 * @brief Wait for the lock. The macro hence_lock_acquire() adds the line.
 *
 * @verbatim
       nobody holds it      the hold, at once
       somebody does        the hold, when all who asked before have let go
       the lock is freed    fails with HENCE_EABANDONED
   @endverbatim
 * A lock is not reentrant: who has it and asks for it again waits for itself.
 *
 * @param site  a string that lives for ever: #HENCE_SITE; or NULL
 * @param lock  lent
 * @return the Deferred, yours: gives the hold, owned: hence_as_hold(), hence_take_hold(); NULL when
 *         there is no memory, or @p lock is NULL
 *
 * @threading{The thread that uses @p lock.}
 * @cancel{It is taken out of the row of those who wait. Once it has the hold, it is too late.}
 * @complexity{O(1).}
 * @see hence_lock_run()
 * @since 0.1
 * @snippet 70_lock.c acquire
 */
HENCE_API HENCE_MUST_USE hence_deferred *hence_lock_acquire_at(const char *site, hence_lock *lock);

/**
 * Wait for the lock: hence_lock_acquire_at() with this line.
 * @snippet 70_lock.c acquire
 */
#define hence_lock_acquire(lock) hence_lock_acquire_at(HENCE_SITE, (lock))

/**
 * @brief hence_lock_acquire() as a Future. The macro hence_lock_acquire_future() adds the line.
 *
 * @param site  a string that lives for ever: #HENCE_SITE; or NULL
 * @param loop  lent
 * @param lock  lent
 * @return the Future, yours: gives the same, and its listeners are told through the loop; NULL when
 *         there is no memory, @p lock is NULL, or as hence_future_new_at()
 *
 * @threading{The loop's.}
 * @cancel{As hence_lock_acquire_at().}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 70_lock.c future
 */
HENCE_API HENCE_MUST_USE hence_future *hence_lock_acquire_future_at(const char *site,
                                                                    hence_loop *loop,
                                                                    hence_lock *lock);

/**
 * hence_lock_acquire() as a Future: hence_lock_acquire_future_at() with this line.
 * @snippet 70_lock.c future
 */
#define hence_lock_acquire_future(loop, lock)                                                      \
    hence_lock_acquire_future_at(HENCE_SITE, (loop), (lock))

/**
 * @brief Take the lock if nobody has it, or waits for it.
 *
 * @param lock  lent
 * @param hold  gets the hold, yours to let go; NULL if there is none
 *
 * @retval 0        let in
 * @retval -EBUSY   there is no room, or somebody waits already
 * @retval -ENOMEM  no memory, or @p lock is NULL
 *
 * @threading{The thread that uses @p lock.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 70_lock.c try
 */
HENCE_API HENCE_MUST_USE int hence_lock_try_acquire(hence_lock *lock, hence_hold **hold);

/**
 * @brief Would who asks now have to wait?
 *
 * @param lock  lent
 * @return that; false for NULL
 *
 * @threading{The thread that uses @p lock.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 70_lock.c try
 */
HENCE_API bool hence_lock_is_locked(const hence_lock *lock);

/**
 * @brief Call a function while holding the lock. The macro hence_lock_run() adds the line.
 *
 * @verbatim
     wait until it is let in --> fn(arg) --> wait for what that gives --> let go --> the result
   @endverbatim
 *
 * @param site  a string that lives for ever: #HENCE_SITE; or NULL
 * @param lock  lent
 * @param fn    called when it is let in: gives a value, a failure, or a chain to wait for
 * @param arg   handed to it: must live until then
 * @return the Deferred, yours: gives what @p fn gave; NULL when there is no memory, or @p lock is
 *         NULL, and then @p fn is not called
 *
 * @threading{The thread that uses @p lock.}
 * @cancel{While it waits to be let in: @p fn is not called. Later: what @p fn gave is cancelled,
 *   and its end waited for.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 70_lock.c run
 */
HENCE_API HENCE_MUST_USE hence_deferred *hence_lock_run_at(const char *site, hence_lock *lock,
                                                           hence_result_fn *fn, void *arg);

/**
 * Call a function while holding the lock: hence_lock_run_at() with this line.
 * @snippet 70_lock.c run
 */
#define hence_lock_run(lock, fn, arg) hence_lock_run_at(HENCE_SITE, (lock), (fn), (arg))

/**
 * @brief hence_lock_run() as a Future. The macro hence_lock_run_future() adds the line.
 *
 * @param site  a string that lives for ever: #HENCE_SITE; or NULL
 * @param loop  lent
 * @param lock  lent
 * @param fn    called when it is let in
 * @param arg   handed to it: must live until then
 * @return the Future, yours: gives what @p fn gave; NULL when there is no memory, or @p lock is
 *         NULL, and then @p fn is not called
 *
 * @threading{The loop's.}
 * @cancel{As hence_lock_run_at().}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 70_lock.c run-future
 */
HENCE_API HENCE_MUST_USE hence_future *hence_lock_run_future_at(const char *site, hence_loop *loop,
                                                                hence_lock *lock,
                                                                hence_result_fn *fn, void *arg);

/**
 * hence_lock_run() as a Future: hence_lock_run_future_at() with this line.
 * @snippet 70_lock.c run-future
 */
#define hence_lock_run_future(loop, lock, fn, arg)                                                 \
    hence_lock_run_future_at(HENCE_SITE, (loop), (lock), (fn), (arg))

/* ---- semaphores ---------------------------------------------------------------------------- */

/** Some at a time: as many as there are tokens. */
typedef struct hence_semaphore hence_semaphore;

/**
 * @brief A semaphore.
 *
 * More tokens may be put in at any time: hence_semaphore_release().
 *
 * @param tokens  how many there are; 0: until some are put in
 * @return yours: hence_semaphore_free(); NULL when there is no memory
 *
 * @threading{Any; from then on the thread that uses it.}
 * @complexity{O(1); one allocation.}
 * @since 0.1
 * @snippet 72_pool.c keep
 */
HENCE_API HENCE_MUST_USE hence_semaphore *hence_semaphore_new(size_t tokens);

/**
 * @brief A semaphore that never has more tokens than in the beginning.
 *
 * @param tokens  how many
 * @return yours: hence_semaphore_free(); NULL when there is no memory
 *
 * @threading{Any; from then on the thread that uses it.}
 * @complexity{O(1); one allocation.}
 * @since 0.1
 * @snippet 72_pool.c pool
 */
HENCE_API HENCE_MUST_USE hence_semaphore *hence_bounded_semaphore_new(size_t tokens);

/**
 * @brief Let it go. Those who wait fail with #HENCE_EABANDONED. Holds that are out may be let go
 * later.
 *
 * @param semaphore  taken; NULL is accepted. It may be freed in a step that it runs
 * @return NULL
 *
 * @threading{The thread that uses @p semaphore.}
 * @complexity{O(number of those who wait), and their steps.}
 * @since 0.1
 * @snippet 72_pool.c free
 */
HENCE_API hence_semaphore *hence_semaphore_free(hence_semaphore *semaphore);

/**
 * @brief Wait for a token. The macro hence_semaphore_acquire() adds the line.
 *
 * @param site       a string that lives for ever: #HENCE_SITE; or NULL
 * @param semaphore  lent
 * @return the Deferred, yours: gives the hold, owned: the token comes back when it is let go; NULL
 *         when there is no memory, or @p semaphore is NULL
 *
 * @threading{The thread that uses @p semaphore.}
 * @cancel{It is taken out of the row of those who wait. Once it has the hold, it is too late.}
 * @complexity{O(1).}
 * @see hence_semaphore_run()
 * @since 0.1
 * @snippet 72_pool.c keep
 */
HENCE_API HENCE_MUST_USE hence_deferred *hence_semaphore_acquire_at(const char *site,
                                                                    hence_semaphore *semaphore);

/**
 * Wait for a token: hence_semaphore_acquire_at() with this line.
 * @snippet 72_pool.c keep
 */
#define hence_semaphore_acquire(semaphore) hence_semaphore_acquire_at(HENCE_SITE, (semaphore))

/**
 * @brief hence_semaphore_acquire() as a Future. The macro hence_semaphore_acquire_future() adds the
 * line.
 *
 * @param site       a string that lives for ever: #HENCE_SITE; or NULL
 * @param loop       lent
 * @param semaphore  lent
 * @return the Future, yours: gives the same, and its listeners are told through the loop; NULL when
 *         there is no memory, @p semaphore is NULL, or as hence_future_new_at()
 *
 * @threading{The loop's.}
 * @cancel{As hence_semaphore_acquire_at().}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 72_pool.c acquire
 */
HENCE_API HENCE_MUST_USE hence_future *hence_semaphore_acquire_future_at(
    const char *site, hence_loop *loop, hence_semaphore *semaphore);

/**
 * hence_semaphore_acquire() as a Future: hence_semaphore_acquire_future_at() with this line.
 * @snippet 72_pool.c acquire
 */
#define hence_semaphore_acquire_future(loop, semaphore)                                            \
    hence_semaphore_acquire_future_at(HENCE_SITE, (loop), (semaphore))

/**
 * @brief Take a token if there is one, and nobody waits for it.
 *
 * @param semaphore  lent
 * @param hold       gets the hold, yours to let go; NULL if there is none
 *
 * @retval 0        let in
 * @retval -EBUSY   there is no room, or somebody waits already
 * @retval -ENOMEM  no memory, or @p semaphore is NULL
 *
 * @threading{The thread that uses @p semaphore.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 72_pool.c try
 */
HENCE_API HENCE_MUST_USE int hence_semaphore_try_acquire(hence_semaphore *semaphore,
                                                         hence_hold **hold);

/**
 * @brief Put tokens in, beside those that come back from holds.
 *
 * @param semaphore  lent
 * @param tokens     how many
 *
 * @retval 0           done
 * @retval -EINVAL     a bounded semaphore would have more than in the beginning: reported
 * @retval -EOVERFLOW  more than can be counted: reported
 * @retval -ENOMEM     @p semaphore is NULL
 *
 * @threading{The thread that uses @p semaphore.}
 * @complexity{O(number of those who are let in), and their steps; nothing is allocated.}
 * @since 0.1
 * @snippet 72_pool.c keep
 */
HENCE_API int hence_semaphore_release(hence_semaphore *semaphore, size_t tokens);

/**
 * @brief How many could take a token now.
 *
 * @param semaphore  lent
 * @return that; 0 if somebody waits, and for NULL
 *
 * @threading{The thread that uses @p semaphore.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 72_pool.c try
 */
HENCE_API size_t hence_semaphore_value(const hence_semaphore *semaphore);

/**
 * @brief Call a function while holding a token. The macro hence_semaphore_run() adds the line.
 *
 * @verbatim
     wait until it is let in --> fn(arg) --> wait for what that gives --> let go --> the result
   @endverbatim
 *
 * @param site       a string that lives for ever: #HENCE_SITE; or NULL
 * @param semaphore  lent
 * @param fn         called when it is let in: gives a value, a failure, or a chain to wait for
 * @param arg        handed to it: must live until then
 * @return the Deferred, yours: gives what @p fn gave; NULL when there is no memory, or @p semaphore
 *         is NULL, and then @p fn is not called
 *
 * @threading{The thread that uses @p semaphore.}
 * @cancel{While it waits to be let in: @p fn is not called. Later: what @p fn gave is cancelled,
 *   and its end waited for.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 72_pool.c run
 */
HENCE_API HENCE_MUST_USE hence_deferred *hence_semaphore_run_at(const char *site,
                                                                hence_semaphore *semaphore,
                                                                hence_result_fn *fn, void *arg);

/**
 * Call a function while holding a token: hence_semaphore_run_at() with this line.
 * @snippet 72_pool.c run
 */
#define hence_semaphore_run(semaphore, fn, arg)                                                    \
    hence_semaphore_run_at(HENCE_SITE, (semaphore), (fn), (arg))

/**
 * @brief hence_semaphore_run() as a Future. The macro hence_semaphore_run_future() adds the line.
 *
 * @param site       a string that lives for ever: #HENCE_SITE; or NULL
 * @param loop       lent
 * @param semaphore  lent
 * @param fn         called when it is let in
 * @param arg        handed to it: must live until then
 * @return the Future, yours: gives what @p fn gave; NULL when there is no memory, or @p semaphore
 *         is NULL, and then @p fn is not called
 *
 * @threading{The loop's.}
 * @cancel{As hence_semaphore_run_at().}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 72_pool.c run-future
 */
HENCE_API HENCE_MUST_USE hence_future *hence_semaphore_run_future_at(
    const char *site, hence_loop *loop, hence_semaphore *semaphore, hence_result_fn *fn, void *arg);

/**
 * hence_semaphore_run() as a Future: hence_semaphore_run_future_at() with this line.
 * @snippet 72_pool.c run-future
 */
#define hence_semaphore_run_future(loop, semaphore, fn, arg)                                       \
    hence_semaphore_run_future_at(HENCE_SITE, (loop), (semaphore), (fn), (arg))

/* ---- readers and writers ------------------------------------------------------------------- */

/** Many readers, or one writer. */
typedef struct hence_rwlock hence_rwlock;

/**
 * @brief A lock for readers and writers, who are let in in order: a reader does not overtake a
 * writer that waits.
 *
 * @param max_readers  how many at once; 0: any number
 * @return yours: hence_rwlock_free(); NULL when there is no memory
 *
 * @threading{Any; from then on the thread that uses it.}
 * @complexity{O(1); one allocation.}
 * @since 0.1
 * @snippet 75_rwlock.c rwlock
 */
HENCE_API HENCE_MUST_USE hence_rwlock *hence_rwlock_new(size_t max_readers);

/**
 * @brief Let it go. Those who wait fail with #HENCE_EABANDONED. Holds that are out may be let go
 * later.
 *
 * @param rwlock  taken; NULL is accepted. It may be freed in a step that it runs
 * @return NULL
 *
 * @threading{The thread that uses @p rwlock.}
 * @complexity{O(number of those who wait), and their steps.}
 * @since 0.1
 * @snippet 75_rwlock.c rwlock
 */
HENCE_API hence_rwlock *hence_rwlock_free(hence_rwlock *rwlock);

/**
 * @brief Wait until it may be read, with others. The macro hence_rwlock_acquire_read() adds the
 * line.
 *
 * @param site    a string that lives for ever: #HENCE_SITE; or NULL
 * @param rwlock  lent
 * @return the Deferred, yours: gives the hold, owned; NULL when there is no memory, or @p rwlock is
 *         NULL
 *
 * @threading{The thread that uses @p rwlock.}
 * @cancel{It is taken out of the row of those who wait. Once it has the hold, it is too late.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 75_rwlock.c read
 */
HENCE_API HENCE_MUST_USE hence_deferred *hence_rwlock_acquire_read_at(const char *site,
                                                                      hence_rwlock *rwlock);

/**
 * Wait until it may be read, with others: hence_rwlock_acquire_read_at() with this line.
 * @snippet 75_rwlock.c read
 */
#define hence_rwlock_acquire_read(rwlock) hence_rwlock_acquire_read_at(HENCE_SITE, (rwlock))

/**
 * @brief hence_rwlock_acquire_read() as a Future. The macro hence_rwlock_acquire_read_future() adds
 * the line.
 *
 * @param site    a string that lives for ever: #HENCE_SITE; or NULL
 * @param loop    lent
 * @param rwlock  lent
 * @return the Future, yours: gives the same, and its listeners are told through the loop; NULL when
 *         there is no memory, @p rwlock is NULL, or as hence_future_new_at()
 *
 * @threading{The loop's.}
 * @cancel{As hence_rwlock_acquire_read_at().}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 75_rwlock.c futures
 */
HENCE_API HENCE_MUST_USE hence_future *hence_rwlock_acquire_read_future_at(const char *site,
                                                                           hence_loop *loop,
                                                                           hence_rwlock *rwlock);

/**
 * hence_rwlock_acquire_read() as a Future: hence_rwlock_acquire_read_future_at() with this line.
 * @snippet 75_rwlock.c futures
 */
#define hence_rwlock_acquire_read_future(loop, rwlock)                                             \
    hence_rwlock_acquire_read_future_at(HENCE_SITE, (loop), (rwlock))

/**
 * @brief Wait until it may be written, by nobody else, and nobody reads. The macro
 * hence_rwlock_acquire_write() adds the line.
 *
 * @param site    a string that lives for ever: #HENCE_SITE; or NULL
 * @param rwlock  lent
 * @return the Deferred, yours: gives the hold, owned; NULL when there is no memory, or @p rwlock is
 *         NULL
 *
 * @threading{The thread that uses @p rwlock.}
 * @cancel{It is taken out of the row of those who wait. Once it has the hold, it is too late.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 75_rwlock.c write
 */
HENCE_API HENCE_MUST_USE hence_deferred *hence_rwlock_acquire_write_at(const char *site,
                                                                       hence_rwlock *rwlock);

/**
 * Wait until it may be written, by nobody else, and nobody reads: hence_rwlock_acquire_write_at() with this line.
 * @snippet 75_rwlock.c write
 */
#define hence_rwlock_acquire_write(rwlock) hence_rwlock_acquire_write_at(HENCE_SITE, (rwlock))

/**
 * @brief hence_rwlock_acquire_write() as a Future. The macro hence_rwlock_acquire_write_future()
 * adds the line.
 *
 * @param site    a string that lives for ever: #HENCE_SITE; or NULL
 * @param loop    lent
 * @param rwlock  lent
 * @return the Future, yours: gives the same, and its listeners are told through the loop; NULL when
 *         there is no memory, @p rwlock is NULL, or as hence_future_new_at()
 *
 * @threading{The loop's.}
 * @cancel{As hence_rwlock_acquire_write_at().}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 75_rwlock.c futures
 */
HENCE_API HENCE_MUST_USE hence_future *hence_rwlock_acquire_write_future_at(const char *site,
                                                                            hence_loop *loop,
                                                                            hence_rwlock *rwlock);

/**
 * hence_rwlock_acquire_write() as a Future: hence_rwlock_acquire_write_future_at() with this line.
 * @snippet 75_rwlock.c futures
 */
#define hence_rwlock_acquire_write_future(loop, rwlock)                                            \
    hence_rwlock_acquire_write_future_at(HENCE_SITE, (loop), (rwlock))

/**
 * @brief Read, if that can be at once, and nobody waits.
 *
 * @param rwlock  lent
 * @param hold    gets the hold, yours to let go; NULL if there is none
 *
 * @retval 0        let in
 * @retval -EBUSY   there is no room, or somebody waits already
 * @retval -ENOMEM  no memory, or @p rwlock is NULL
 *
 * @threading{The thread that uses @p rwlock.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 75_rwlock.c try
 */
HENCE_API HENCE_MUST_USE int hence_rwlock_try_read(hence_rwlock *rwlock, hence_hold **hold);

/**
 * @brief Write, if that can be at once.
 *
 * @param rwlock  lent
 * @param hold    gets the hold, yours to let go; NULL if there is none
 *
 * @retval 0        let in
 * @retval -EBUSY   there is no room, or somebody waits already
 * @retval -ENOMEM  no memory, or @p rwlock is NULL
 *
 * @threading{The thread that uses @p rwlock.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 75_rwlock.c try
 */
HENCE_API HENCE_MUST_USE int hence_rwlock_try_write(hence_rwlock *rwlock, hence_hold **hold);

/**
 * @brief How many read now.
 *
 * @param rwlock  lent
 * @return that; 0 for NULL
 *
 * @threading{The thread that uses @p rwlock.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 75_rwlock.c try
 */
HENCE_API size_t hence_rwlock_readers(const hence_rwlock *rwlock);

/**
 * @brief Does somebody write now?
 *
 * @param rwlock  lent
 * @return that; false for NULL
 *
 * @threading{The thread that uses @p rwlock.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 75_rwlock.c try
 */
HENCE_API bool hence_rwlock_has_writer(const hence_rwlock *rwlock);

/* ---- capacity limiters --------------------------------------------------------------------- */

/** A semaphore whose tokens are lent to borrowers, one to each, and whose number may change. */
typedef struct hence_capacity_limiter hence_capacity_limiter;

/**
 * @brief A capacity limiter.
 *
 * @param tokens  how many may be lent at once; SIZE_MAX: any number
 * @return yours: hence_capacity_limiter_free(); NULL when there is no memory
 *
 * @threading{Any; from then on the thread that uses it.}
 * @complexity{O(1); one allocation.}
 * @since 0.1
 * @snippet 75_rwlock.c limiter
 */
HENCE_API HENCE_MUST_USE hence_capacity_limiter *hence_capacity_limiter_new(size_t tokens);

/**
 * @brief Let it go. Those who wait fail with #HENCE_EABANDONED. Holds that are out may be let go
 * later.
 *
 * @param limiter  taken; NULL is accepted. It may be freed in a step that it runs
 * @return NULL
 *
 * @threading{The thread that uses @p limiter.}
 * @complexity{O(number of those who wait), and their steps.}
 * @since 0.1
 * @snippet 75_rwlock.c limiter
 */
HENCE_API hence_capacity_limiter *hence_capacity_limiter_free(hence_capacity_limiter *limiter);

/**
 * @brief Wait for a token. The macro hence_capacity_limiter_acquire() adds the line.
 *
 * Who has one, or waits for one, and asks again fails with #HENCE_EINVAL, and is reported: it might
 * wait for itself.
 *
 * @param site      a string that lives for ever: #HENCE_SITE; or NULL
 * @param limiter   lent
 * @param borrower  who asks: any address, which is only compared; NULL: nobody in particular
 * @return the Deferred, yours: gives the hold, owned; NULL when there is no memory, or @p limiter
 *         is NULL
 *
 * @threading{The thread that uses @p limiter.}
 * @cancel{It is taken out of the row of those who wait. Once it has the hold, it is too late.}
 * @complexity{O(1) on average.}
 * @since 0.1
 * @snippet 75_rwlock.c limiter
 */
HENCE_API HENCE_MUST_USE hence_deferred *hence_capacity_limiter_acquire_at(
    const char *site, hence_capacity_limiter *limiter, void *borrower);

/**
 * Wait for a token: hence_capacity_limiter_acquire_at() with this line.
 * @snippet 75_rwlock.c limiter
 */
#define hence_capacity_limiter_acquire(limiter, borrower)                                          \
    hence_capacity_limiter_acquire_at(HENCE_SITE, (limiter), (borrower))

/**
 * @brief hence_capacity_limiter_acquire() as a Future. The macro
 * hence_capacity_limiter_acquire_future() adds the line.
 *
 * @param site      a string that lives for ever: #HENCE_SITE; or NULL
 * @param loop      lent
 * @param limiter   lent
 * @param borrower  who asks: any address, which is only compared; NULL: nobody in particular
 * @return the Future, yours: gives the same, and its listeners are told through the loop; NULL when
 *         there is no memory, @p limiter is NULL, or as hence_future_new_at()
 *
 * @threading{The loop's.}
 * @cancel{As hence_capacity_limiter_acquire_at().}
 * @complexity{O(1) on average.}
 * @since 0.1
 * @snippet 75_rwlock.c futures
 */
HENCE_API HENCE_MUST_USE hence_future *hence_capacity_limiter_acquire_future_at(
    const char *site, hence_loop *loop, hence_capacity_limiter *limiter, void *borrower);

/**
 * hence_capacity_limiter_acquire() as a Future: hence_capacity_limiter_acquire_future_at() with this line.
 * @snippet 75_rwlock.c futures
 */
#define hence_capacity_limiter_acquire_future(loop, limiter, borrower)                             \
    hence_capacity_limiter_acquire_future_at(HENCE_SITE, (loop), (limiter), (borrower))

/**
 * @brief Take a token if there is one, and nobody waits for it.
 *
 * @param limiter   lent
 * @param borrower  who asks: any address, which is only compared; NULL: nobody in particular
 * @param hold      gets the hold, yours to let go; NULL if there is none
 *
 * @retval 0        let in
 * @retval -EBUSY   there is no room, or somebody waits already
 * @retval -EINVAL  @p borrower has one, or waits for one: reported
 * @retval -ENOMEM  no memory, or @p limiter is NULL
 *
 * @threading{The thread that uses @p limiter.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 75_rwlock.c limiter
 */
HENCE_API HENCE_MUST_USE int hence_capacity_limiter_try_acquire(hence_capacity_limiter *limiter,
                                                                void *borrower, hence_hold **hold);

/**
 * @brief Change how many tokens there are.
 *
 * With fewer than are lent, nobody is let in until enough have come back.
 *
 * @param limiter  lent
 * @param tokens   how many; SIZE_MAX: any number
 *
 * @retval 0        done
 * @retval -ENOMEM  @p limiter is NULL
 *
 * @threading{The thread that uses @p limiter.}
 * @complexity{O(number of those who are let in), and their steps.}
 * @since 0.1
 * @snippet 75_rwlock.c limiter
 */
HENCE_API int hence_capacity_limiter_set_total(hence_capacity_limiter *limiter, size_t tokens);

/**
 * @brief How many tokens there are.
 *
 * @param limiter  lent
 * @return that; 0 for NULL
 *
 * @threading{The thread that uses @p limiter.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 75_rwlock.c limiter
 */
HENCE_API size_t hence_capacity_limiter_total(const hence_capacity_limiter *limiter);

/**
 * @brief How many are lent.
 *
 * @param limiter  lent
 * @return that; 0 for NULL
 *
 * @threading{The thread that uses @p limiter.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 75_rwlock.c limiter
 */
HENCE_API size_t hence_capacity_limiter_borrowed(const hence_capacity_limiter *limiter);

/**
 * @brief How many could be lent now.
 *
 * @param limiter  lent
 * @return that; 0 for NULL
 *
 * @threading{The thread that uses @p limiter.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 75_rwlock.c limiter
 */
HENCE_API size_t hence_capacity_limiter_available(const hence_capacity_limiter *limiter);

/* ---- between processes --------------------------------------------------------------------- */

/** A lock that processes share: a file. */
typedef struct hence_filesystem_lock hence_filesystem_lock;

/**
 * @brief A lock on a file, which is made when it is first locked, and stays.
 *
 * The kernel locks it for one open file (`F_OFD_SETLK`) and forgets the lock when that is closed,
 * however the process ends: nothing is left behind. Two of these in one process exclude each other
 * as two processes do.
 * A forked child has the open file, too: without exec() the lock lasts until both have let go of it.
 *
 * @param loop  lent
 * @param path  copied
 * @return yours: hence_filesystem_lock_free(); NULL when there is no memory, @p path is NULL or the
 *         loop refuses
 *
 * @threading{The loop's.}
 * @complexity{O(1); two allocations.}
 * @since 0.1
 * @snippet 76_filesystem_lock.c lock
 */
HENCE_API HENCE_MUST_USE hence_filesystem_lock *hence_filesystem_lock_new(hence_loop *loop,
                                                                          const char *path);

/**
 * @brief Let it go. Those who wait fail with #HENCE_EABANDONED. Holds that are out may be let go
 * later.
 *
 * @param lock  taken; NULL is accepted. It may be freed in a step that it runs
 * @return NULL
 *
 * @threading{The thread that uses @p lock.}
 * @complexity{O(number of those who wait), and their steps.}
 * @since 0.1
 * @snippet 76_filesystem_lock.c free
 */
HENCE_API hence_filesystem_lock *hence_filesystem_lock_free(hence_filesystem_lock *lock);

/**
 * @brief Wait for the lock. The macro hence_filesystem_lock_acquire() adds the line.
 *
 * @verbatim
       it can be locked                     the hold, at once
       another process has it               tried again by a timer, each second: hence_filesystem_lock_set_interval()
       this one has it already              the hold, when that has been let go
       the file cannot be opened or locked  fails with errno's code, at once
       the time is over                     fails with HENCE_ETIMEDOUT
       the loop closes, or is closed        fails with HENCE_ECLOSED
   @endverbatim
 *
 * @param site     a string that lives for ever: #HENCE_SITE; or NULL
 * @param lock     lent
 * @param timeout  nanoseconds to wait; 0: it is tried once; negative: no limit
 * @return the Deferred, yours: gives the hold, owned; NULL when there is no memory, or @p lock is
 *         NULL
 *
 * @threading{The thread that uses @p lock.}
 * @cancel{It is taken out of the row of those who wait. Once it has the hold, it is too late.}
 * @complexity{O(1), and an open(), which may block on network filesystems.}
 * @since 0.1
 * @snippet 76_filesystem_lock.c acquire
 */
HENCE_API HENCE_MUST_USE hence_deferred *hence_filesystem_lock_acquire_at(
    const char *site, hence_filesystem_lock *lock, int64_t timeout);

/**
 * Wait for the lock: hence_filesystem_lock_acquire_at() with this line.
 * @snippet 76_filesystem_lock.c acquire
 */
#define hence_filesystem_lock_acquire(lock, timeout)                                               \
    hence_filesystem_lock_acquire_at(HENCE_SITE, (lock), (timeout))

/**
 * @brief hence_filesystem_lock_acquire() as a Future. The macro
 * hence_filesystem_lock_acquire_future() adds the line.
 *
 * @param site     a string that lives for ever: #HENCE_SITE; or NULL
 * @param lock     lent
 * @param timeout  nanoseconds to wait; 0: it is tried once; negative: no limit
 * @return the Future, yours: gives the same, and its listeners are told through the loop; NULL when
 *         there is no memory, @p lock is NULL, or as hence_future_new_at()
 *
 * @threading{The loop's.}
 * @cancel{As hence_filesystem_lock_acquire_at().}
 * @complexity{O(1), and an open(), which may block on network filesystems.}
 * @since 0.1
 * @snippet 76_filesystem_lock.c future
 */
HENCE_API HENCE_MUST_USE hence_future *hence_filesystem_lock_acquire_future_at(
    const char *site, hence_filesystem_lock *lock, int64_t timeout);

/**
 * hence_filesystem_lock_acquire() as a Future: hence_filesystem_lock_acquire_future_at() with this line.
 * @snippet 76_filesystem_lock.c future
 */
#define hence_filesystem_lock_acquire_future(lock, timeout)                                        \
    hence_filesystem_lock_acquire_future_at(HENCE_SITE, (lock), (timeout))

/**
 * @brief Lock the file if that can be done at once.
 *
 * @param lock  lent
 * @param hold  gets the hold, yours to let go; NULL if there is none
 *
 * @retval 0        locked
 * @retval -EBUSY   somebody has it, or waits for it
 * @retval -errno   it cannot be opened or locked
 * @retval -ENOMEM  no memory, or @p lock is NULL
 *
 * @threading{The loop's.}
 * @complexity{O(1), and an open().}
 * @since 0.1
 * @snippet 76_filesystem_lock.c acquire
 */
HENCE_API HENCE_MUST_USE int hence_filesystem_lock_try_acquire(hence_filesystem_lock *lock,
                                                               hence_hold **hold);

/**
 * @brief How often a file that another process has locked is tried.
 *
 * @param lock      lent
 * @param interval  nanoseconds, from the next time on
 *
 * @retval 0        done
 * @retval -EINVAL  @p interval is not positive
 * @retval -ENOMEM  @p lock is NULL
 *
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 76_filesystem_lock.c lock
 */
HENCE_API int hence_filesystem_lock_set_interval(hence_filesystem_lock *lock, int64_t interval);

/* ---- inline -------------------------------------------------------------------------------- */

inline hence_hold *hence_as_hold(const hence_result *in)
{
    return (hence_hold *)hence_as(in, hence_hold_free);
}

inline hence_hold *hence_take_hold(hence_result *in)
{
    return (hence_hold *)hence_take_ptr(in, hence_hold_free);
}

HENCE_END_DECLS

/** @} */

#endif
