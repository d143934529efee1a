/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_NOTIFY_H
#define HENCE_NOTIFY_H

/**
 * @file
 * Events, conditions, barriers, and results for many.
 *
 * @defgroup hence_notify Telling each other
 * How one part of a program tells others that something has happened: a flag, a condition with its lock, a
 * barrier, a result that many ask for.
 *
 * Who waits is told in order: a Deferred's steps run inside the call that tells, a Future's listeners are
 * told through the loop. Who may be told is decided by that call at once; if it is made inside the steps of
 * somebody who has just been told by the same object, the others are told when those steps have returned.
 * Cancelling somebody who waits takes nothing from the others. For a time limit use
 * hence_deferred_add_timeout(), or hence_wait_for() for a Future.
 *
 * Each belongs to the thread that uses it first. On another one its calls are refused, before anything happens, with
 * a report: they give -EPERM, or the failure #HENCE_EINVAL.
 * @{
 */

#include <hence/sync.h>

HENCE_BEGIN_DECLS

/* ---- events -------------------------------------------------------------------------------- */

/** A flag that can be waited for. (hence_event_wait() is about events of libevent.) */
typedef struct hence_sync_event hence_sync_event;

/**
 * @brief An event that is not set.
 *
 * @return yours: hence_sync_event_free(); NULL when there is no memory
 *
 * @threading{Any; from then on the thread that uses it.}
 * @complexity{O(1); one allocation.}
 * @since 0.1
 * @snippet 74_notify.c event
 */
HENCE_API HENCE_MUST_USE hence_sync_event *hence_sync_event_new(void);

/**
 * @brief Let it go. Those who wait fail with #HENCE_EABANDONED.
 *
 * @param event  taken; NULL is accepted. It may be freed in a step that it runs
 * @return NULL
 *
 * @threading{The thread that uses @p event.}
 * @complexity{O(number of those who wait), and their steps.}
 * @since 0.1
 * @snippet 74_notify.c event-free
 */
HENCE_API hence_sync_event *hence_sync_event_free(hence_sync_event *event);

/**
 * @brief Set it: all who wait are told.
 *
 * Clearing it right afterwards takes that from nobody.
 *
 * @param event  lent
 *
 * @retval 0        done
 * @retval -ENOMEM  @p event is NULL
 *
 * @threading{The thread that uses @p event.}
 * @complexity{O(number of those who wait), and their steps; nothing is allocated.}
 * @since 0.1
 * @snippet 74_notify.c event
 */
HENCE_API int hence_sync_event_set(hence_sync_event *event);

/**
 * @brief Clear it: who asks from now on waits.
 *
 * @param event  lent
 *
 * @retval 0        done
 * @retval -ENOMEM  @p event is NULL
 *
 * @threading{The thread that uses @p event.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 74_notify.c event
 */
HENCE_API int hence_sync_event_clear(hence_sync_event *event);

/**
 * @brief Is it set?
 *
 * @param event  lent
 * @return that; false for NULL
 *
 * @threading{The thread that uses @p event.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 74_notify.c event
 */
HENCE_API bool hence_sync_event_is_set(const hence_sync_event *event);

/**
 * @brief Wait until it is set. The macro hence_sync_event_wait() adds the line.
 *
 * @param site   a string that lives for ever: #HENCE_SITE; or NULL
 * @param event  lent
 * @return the Deferred, yours: gives hence_none(), at once if it is; NULL when there is no memory,
 *         or @p event is NULL
 *
 * @threading{The thread that uses @p event.}
 * @cancel{It is taken out of the row of those who wait.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 74_notify.c event
 */
HENCE_API HENCE_MUST_USE hence_deferred *hence_sync_event_wait_at(const char *site,
                                                                  hence_sync_event *event);

/**
 * Wait until it is set: hence_sync_event_wait_at() with this line.
 * @snippet 74_notify.c event
 */
#define hence_sync_event_wait(event) hence_sync_event_wait_at(HENCE_SITE, (event))

/**
 * @brief hence_sync_event_wait() as a Future. The macro hence_sync_event_wait_future() adds the
 * line.
 *
 * @param site   a string that lives for ever: #HENCE_SITE; or NULL
 * @param loop   lent
 * @param event  lent
 * @return the Future, yours: gives the same, and its listeners are told through the loop; NULL when
 *         there is no memory, @p event is NULL, or as hence_future_new_at()
 *
 * @threading{The loop's.}
 * @cancel{As hence_sync_event_wait_at().}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 74_notify.c event-future
 */
HENCE_API HENCE_MUST_USE hence_future *hence_sync_event_wait_future_at(const char *site,
                                                                       hence_loop *loop,
                                                                       hence_sync_event *event);

/**
 * hence_sync_event_wait() as a Future: hence_sync_event_wait_future_at() with this line.
 * @snippet 74_notify.c event-future
 */
#define hence_sync_event_wait_future(loop, event)                                                  \
    hence_sync_event_wait_future_at(HENCE_SITE, (loop), (event))

/* ---- conditions ---------------------------------------------------------------------------- */

/** Something that may become true while a lock is not held. */
typedef struct hence_condition hence_condition;

/**
 * @brief Is what is waited for so?
 * @param arg  what was given along with it
 * @return true: the wait ends
 */
typedef bool hence_predicate(void *arg);

/**
 * @brief A condition.
 *
 * @param lock  lent: its memory is kept. NULL: a condition without a lock, as Tornado has it
 * @return yours: hence_condition_free(); NULL when there is no memory
 *
 * @threading{Any; from then on the thread that uses it.}
 * @complexity{O(1); one allocation.}
 * @since 0.1
 * @snippet 74_notify.c condition-new
 */
HENCE_API HENCE_MUST_USE hence_condition *hence_condition_new(hence_lock *lock);

/**
 * @brief Let it go. Those who wait fail with #HENCE_EABANDONED, when they hold the lock again.
 *
 * @param condition  taken; NULL is accepted. It may be freed in a step that it runs
 * @return NULL
 *
 * @threading{The thread that uses @p condition.}
 * @complexity{O(number of those who wait), and their steps.}
 * @since 0.1
 * @snippet 74_notify.c condition-new
 */
HENCE_API hence_condition *hence_condition_free(hence_condition *condition);

/**
 * @brief Let go of the lock, wait to be notified, and wait for the lock again. The macro
 * hence_condition_wait() adds the line.
 *
 * @verbatim
     hold holds --> hence_condition_wait() --> it does not --> notified --> in the row of the lock --> hold holds
   @endverbatim
 * When the wait has ended, in whatever way, @p hold holds again; unless the lock is freed, or @p
 * hold is let go meanwhile: then it fails with #HENCE_EABANDONED at once. Without the right hold it fails
 * with #HENCE_EINVAL at once, and is reported.
 * Somebody may have been faster: see hence_condition_wait_for().
 *
 * @param site       a string that lives for ever: #HENCE_SITE; or NULL
 * @param condition  lent
 * @param hold       lent: of the lock, and it holds. Not to be let go before the wait has ended.
 *                   NULL for a condition without a lock
 * @return the Deferred, yours: gives hence_none(); NULL when there is no memory, or @p condition is
 *         NULL
 *
 * @threading{The thread that uses @p condition.}
 * @cancel{It waits for the lock all the same, and is cancelled then. If it was notified already,
 *   the next one is notified in its place.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 74_notify.c condition-wait
 */
HENCE_API HENCE_MUST_USE hence_deferred *hence_condition_wait_at(const char *site,
                                                                 hence_condition *condition,
                                                                 hence_hold *hold);

/**
 * Let go of the lock, wait to be notified, and wait for the lock again: hence_condition_wait_at() with this line.
 * @snippet 74_notify.c condition-wait
 */
#define hence_condition_wait(condition, hold)                                                      \
    hence_condition_wait_at(HENCE_SITE, (condition), (hold))

/**
 * @brief hence_condition_wait() as a Future. The macro hence_condition_wait_future() adds the line.
 *
 * If it was notified and nobody is told of it in the end (it was let go of, the task that awaits it cancelled, another
 * one has won a race), the next one is notified in its place; @p hold holds all the same.
 *
 * @param site       a string that lives for ever: #HENCE_SITE; or NULL
 * @param loop       lent
 * @param condition  lent
 * @param hold       lent: of the lock, and it holds. Not to be let go before the wait has ended.
 *                   NULL for a condition without a lock
 * @return the Future, yours: gives the same, and its listeners are told through the loop; NULL when
 *         there is no memory, @p condition is NULL, or as hence_future_new_at()
 *
 * @threading{The loop's.}
 * @cancel{As hence_condition_wait_at().}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 74_notify.c condition-future
 */
HENCE_API HENCE_MUST_USE hence_future *hence_condition_wait_future_at(const char *site,
                                                                      hence_loop *loop,
                                                                      hence_condition *condition,
                                                                      hence_hold *hold);

/**
 * hence_condition_wait() as a Future: hence_condition_wait_future_at() with this line.
 * @snippet 74_notify.c condition-future
 */
#define hence_condition_wait_future(loop, condition, hold)                                         \
    hence_condition_wait_future_at(HENCE_SITE, (loop), (condition), (hold))

/**
 * @brief Wait until a condition is so. The macro hence_condition_wait_for() adds the line.
 *
 * As hence_condition_wait(), again and again until @p predicate says true. If it does at once, the
 * lock is not let go. If it frees the condition, or lets go of @p hold, the wait fails with
 * #HENCE_EABANDONED.
 *
 * @param site       a string that lives for ever: #HENCE_SITE; or NULL
 * @param condition  lent
 * @param hold       lent: of the lock, and it holds. Not to be let go before the wait has ended.
 *                   NULL for a condition without a lock
 * @param predicate  called while the lock is held: now, and whenever it is notified; NULL: as
 *                   hence_condition_wait()
 * @param arg        handed to it: must live until the wait has ended
 * @return the Deferred, yours: gives hence_none(); NULL when there is no memory, or @p condition is
 *         NULL
 *
 * @threading{The thread that uses @p condition.}
 * @cancel{As hence_condition_wait_at().}
 * @complexity{O(1), for each notification.}
 * @since 0.1
 * @snippet 74_notify.c condition
 */
HENCE_API HENCE_MUST_USE hence_deferred *hence_condition_wait_for_at(const char *site,
                                                                     hence_condition *condition,
                                                                     hence_hold *hold,
                                                                     hence_predicate *predicate,
                                                                     void *arg);

/**
 * Wait until a condition is so: hence_condition_wait_for_at() with this line.
 * @snippet 74_notify.c condition
 */
#define hence_condition_wait_for(condition, hold, predicate, arg)                                  \
    hence_condition_wait_for_at(HENCE_SITE, (condition), (hold), (predicate), (arg))

/**
 * @brief hence_condition_wait_for() as a Future. The macro hence_condition_wait_for_future() adds
 * the line.
 *
 * A notification that nobody is told of in the end goes to the next one, as with hence_condition_wait_future().
 *
 * @param site       a string that lives for ever: #HENCE_SITE; or NULL
 * @param loop       lent
 * @param condition  lent
 * @param hold       lent: of the lock, and it holds. Not to be let go before the wait has ended.
 *                   NULL for a condition without a lock
 * @param predicate  called while the lock is held: now, and whenever it is notified; NULL: as
 *                   hence_condition_wait()
 * @param arg        handed to it: must live until the wait has ended
 * @return the Future, yours: gives the same, and its listeners are told through the loop; NULL when
 *         there is no memory, @p condition is NULL, or as hence_future_new_at()
 *
 * @threading{The loop's.}
 * @cancel{As hence_condition_wait_for_at().}
 * @complexity{O(1), for each notification.}
 * @since 0.1
 * @snippet 74_notify.c condition-future
 */
HENCE_API HENCE_MUST_USE hence_future *hence_condition_wait_for_future_at(
    const char *site, hence_loop *loop, hence_condition *condition, hence_hold *hold,
    hence_predicate *predicate, void *arg);

/**
 * hence_condition_wait_for() as a Future: hence_condition_wait_for_future_at() with this line.
 * @snippet 74_notify.c condition-future
 */
#define hence_condition_wait_for_future(loop, condition, hold, predicate, arg)                     \
    hence_condition_wait_for_future_at(HENCE_SITE, (loop), (condition), (hold), (predicate), (arg))

/**
 * @brief Tell the first ones who wait.
 *
 * They queue up for the lock now, behind those who wait for it already.
 *
 * @param condition  lent
 * @param n          how many at most
 *
 * @retval 0        done
 * @retval -EPERM   nobody holds the lock: reported
 * @retval -ENOMEM  @p condition is NULL
 *
 * @threading{The thread that uses @p condition.}
 * @complexity{O(number of those); nothing is allocated.}
 * @since 0.1
 * @snippet 74_notify.c condition
 */
HENCE_API int hence_condition_notify(hence_condition *condition, size_t n);

/**
 * @brief Tell all who wait.
 *
 * @param condition  lent
 * @return as hence_condition_notify()
 *
 * @threading{The thread that uses @p condition.}
 * @complexity{O(number of those who wait); nothing is allocated.}
 * @since 0.1
 * @snippet 74_notify.c condition-future
 */
HENCE_API int hence_condition_notify_all(hence_condition *condition);

/* ---- barriers ------------------------------------------------------------------------------ */

/** So many wait for each other, again and again. */
typedef struct hence_barrier hence_barrier;

/**
 * @brief A barrier.
 *
 * @param parties  how many wait for each other, at least 1
 * @return yours: hence_barrier_free(); NULL when there is no memory, or @p parties is 0
 *
 * @threading{Any; from then on the thread that uses it.}
 * @complexity{O(1); one allocation.}
 * @since 0.1
 * @snippet 73_barrier.c barrier
 */
HENCE_API HENCE_MUST_USE hence_barrier *hence_barrier_new(size_t parties);

/**
 * @brief Let it go. Those who wait fail with #HENCE_EABANDONED.
 *
 * @param barrier  taken; NULL is accepted. It may be freed in a step that it runs
 * @return NULL
 *
 * @threading{The thread that uses @p barrier.}
 * @complexity{O(number of those who wait), and their steps.}
 * @since 0.1
 * @snippet 73_barrier.c barrier
 */
HENCE_API hence_barrier *hence_barrier_free(hence_barrier *barrier);

/**
 * @brief Wait until as many wait as there are parties. The macro hence_barrier_wait() adds the
 * line.
 *
 * @verbatim
       they are complete              each gets its place, in the order in which they came
       hence_barrier_reset()          those who wait fail with HENCE_EBROKEN
       hence_barrier_abort()          the same, and all who come from then on, until it is reset
   @endverbatim
 *
 * @param site     a string that lives for ever: #HENCE_SITE; or NULL
 * @param barrier  lent
 * @return the Deferred, yours: gives an integer: its place among the parties, from 0; NULL when
 *         there is no memory, or @p barrier is NULL
 *
 * @threading{The thread that uses @p barrier.}
 * @cancel{The others wait on, for one more.}
 * @complexity{O(1); for the last one O(parties), and the steps of the others.}
 * @since 0.1
 * @snippet 73_barrier.c wait
 */
HENCE_API HENCE_MUST_USE hence_deferred *hence_barrier_wait_at(const char *site,
                                                               hence_barrier *barrier);

/**
 * Wait until as many wait as there are parties: hence_barrier_wait_at() with this line.
 * @snippet 73_barrier.c wait
 */
#define hence_barrier_wait(barrier) hence_barrier_wait_at(HENCE_SITE, (barrier))

/**
 * @brief hence_barrier_wait() as a Future. The macro hence_barrier_wait_future() adds the line.
 *
 * @param site     a string that lives for ever: #HENCE_SITE; or NULL
 * @param loop     lent
 * @param barrier  lent
 * @return the Future, yours: gives the same, and its listeners are told through the loop; NULL when
 *         there is no memory, @p barrier is NULL, or as hence_future_new_at()
 *
 * @threading{The loop's.}
 * @cancel{As hence_barrier_wait_at().}
 * @complexity{O(1); for the last one O(parties), and the steps of the others.}
 * @since 0.1
 * @snippet 73_barrier.c future
 */
HENCE_API HENCE_MUST_USE hence_future *hence_barrier_wait_future_at(const char *site,
                                                                    hence_loop *loop,
                                                                    hence_barrier *barrier);

/**
 * hence_barrier_wait() as a Future: hence_barrier_wait_future_at() with this line.
 * @snippet 73_barrier.c future
 */
#define hence_barrier_wait_future(loop, barrier)                                                   \
    hence_barrier_wait_future_at(HENCE_SITE, (loop), (barrier))

/**
 * @brief Begin anew: those who wait fail with #HENCE_EBROKEN; who comes from now on does not.
 *
 * @param barrier  lent
 *
 * @retval 0        done
 * @retval -ENOMEM  @p barrier is NULL
 *
 * @threading{The thread that uses @p barrier.}
 * @complexity{O(number of those who wait), and their steps; nothing is allocated.}
 * @since 0.1
 * @snippet 73_barrier.c broken
 */
HENCE_API int hence_barrier_reset(hence_barrier *barrier);

/**
 * @brief Break it: those who wait fail with #HENCE_EBROKEN, and who comes from now on too.
 *
 * @param barrier  lent
 *
 * @retval 0        done
 * @retval -ENOMEM  @p barrier is NULL
 *
 * @threading{The thread that uses @p barrier.}
 * @complexity{As hence_barrier_reset().}
 * @since 0.1
 * @snippet 73_barrier.c broken
 */
HENCE_API int hence_barrier_abort(hence_barrier *barrier);

/**
 * @brief Is it broken?
 *
 * @param barrier  lent
 * @return true from hence_barrier_abort() to hence_barrier_reset(); false for NULL
 *
 * @threading{The thread that uses @p barrier.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 73_barrier.c broken
 */
HENCE_API bool hence_barrier_is_broken(const hence_barrier *barrier);

/**
 * @brief How many wait now.
 *
 * @param barrier  lent
 * @return that; 0 for NULL
 *
 * @threading{The thread that uses @p barrier.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 73_barrier.c future
 */
HENCE_API size_t hence_barrier_waiting(const hence_barrier *barrier);

/**
 * @brief How many wait for each other.
 *
 * @param barrier  lent
 * @return that; 0 for NULL
 *
 * @threading{The thread that uses @p barrier.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 73_barrier.c future
 */
HENCE_API size_t hence_barrier_parties(const hence_barrier *barrier);

/* ---- results for many ---------------------------------------------------------------------- */

/** A result that is set once, and that anybody may ask for, before or afterwards. */
typedef struct hence_async_result hence_async_result;

/**
 * @brief A result that is to be set. The macro hence_async_result_new() adds the line.
 *
 * A failure that nobody has asked for when it goes is reported.
 *
 * @param site  a string that lives for ever: #HENCE_SITE; or NULL
 * @return yours: hence_async_result_free(); NULL when there is no memory
 *
 * @threading{Any; from then on the thread that uses it.}
 * @complexity{O(1); two allocations.}
 * @since 0.1
 * @snippet 74_notify.c result
 */
HENCE_API HENCE_MUST_USE hence_async_result *hence_async_result_new_at(const char *site);

/**
 * A result that is to be set: hence_async_result_new_at() with this line.
 * @snippet 74_notify.c result
 */
#define hence_async_result_new() hence_async_result_new_at(HENCE_SITE)

/**
 * @brief Let it go. Those who wait fail with #HENCE_EABANDONED.
 *
 * @param result  taken; NULL is accepted. It may be freed in a step that it runs
 * @return NULL
 *
 * @threading{The thread that uses @p result.}
 * @complexity{O(number of those who wait), and their steps.}
 * @since 0.1
 * @snippet 74_notify.c result
 */
HENCE_API hence_async_result *hence_async_result_free(hence_async_result *result);

/**
 * @brief Set it: all who wait are told.
 *
 * @param result  lent
 * @param r       taken: a value or a failure
 *
 * @retval 0          done
 * @retval -EALREADY  it is set: @p r has been destroyed
 * @retval -EINVAL    @p r is a chain: reported, and it is set to a failure with #HENCE_EINVAL
 * @retval -ENOMEM    @p result is NULL
 *
 * @threading{The thread that uses @p result.}
 * @complexity{O(number of those who wait), and their steps; nothing is allocated.}
 * @since 0.1
 * @snippet 74_notify.c result
 */
HENCE_API int hence_async_result_set(hence_async_result *result, hence_result r);

/**
 * @brief Is it set?
 *
 * @param result  lent
 * @return that; false for NULL
 *
 * @threading{The thread that uses @p result.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 74_notify.c result
 */
HENCE_API bool hence_async_result_is_set(const hence_async_result *result);

/**
 * @brief The result, if it is set.
 *
 * @param result  lent
 * @return a result that refers to it, yours; the failure #HENCE_EPENDING if it is not set
 *
 * @threading{The thread that uses @p result.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 74_notify.c result
 */
HENCE_API HENCE_MUST_USE hence_result hence_async_result_try_get(hence_async_result *result);

/**
 * @brief Wait for the result. The macro hence_async_result_get() adds the line.
 *
 * @param site    a string that lives for ever: #HENCE_SITE; or NULL
 * @param result  lent
 * @return the Deferred, yours: gives a result that refers to it; it lives as long as anybody has
 *         one; NULL when there is no memory, or @p result is NULL
 *
 * @threading{The thread that uses @p result.}
 * @cancel{It is taken out of the row of those who wait.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 74_notify.c result
 */
HENCE_API HENCE_MUST_USE hence_deferred *hence_async_result_get_at(const char *site,
                                                                   hence_async_result *result);

/**
 * Wait for the result: hence_async_result_get_at() with this line.
 * @snippet 74_notify.c result
 */
#define hence_async_result_get(result) hence_async_result_get_at(HENCE_SITE, (result))

/**
 * @brief hence_async_result_get() as a Future. The macro hence_async_result_get_future() adds the
 * line.
 *
 * @param site    a string that lives for ever: #HENCE_SITE; or NULL
 * @param loop    lent
 * @param result  lent
 * @return the Future, yours: gives the same, and its listeners are told through the loop; NULL when
 *         there is no memory, @p result is NULL, or as hence_future_new_at()
 *
 * @threading{The loop's.}
 * @cancel{As hence_async_result_get_at().}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 74_notify.c result
 */
HENCE_API HENCE_MUST_USE hence_future *hence_async_result_get_future_at(const char *site,
                                                                        hence_loop *loop,
                                                                        hence_async_result *result);

/**
 * hence_async_result_get() as a Future: hence_async_result_get_future_at() with this line.
 * @snippet 74_notify.c result
 */
#define hence_async_result_get_future(loop, result)                                                \
    hence_async_result_get_future_at(HENCE_SITE, (loop), (result))

HENCE_END_DECLS

/** @} */

#endif
