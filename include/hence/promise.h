/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_PROMISE_H
#define HENCE_PROMISE_H

/**
 * @file
 * The producing end of a Deferred or a Future.
 *
 * @defgroup hence_promise Promises
 * Whoever makes a result holds a promise; whoever wants it holds a Deferred or a Future. The
 * promise is one type for both shapes, so that an operation is written once and its caller chooses
 * the shape.
 *
 * A promise ends exactly once: by hence_resolve(), by hence_abandon(), or by its canceller
 * answering "stopped". Until then it is good, also when the other side has cancelled or let go.
 * @{
 */

#include <hence/result.h>

HENCE_BEGIN_DECLS

/** The producing end of one Deferred or Future. */
typedef struct hence_promise hence_promise;

/**
 * @brief Stops the operation behind a promise, when the other side cancels.
 *
 * It runs at most once, inside hence_deferred_cancel() or hence_future_cancel().
 *
 * @param p    the promise, still good
 * @param arg  what was given along with the canceller
 * @return true: the operation has stopped and @p p is let go, it must not be used any more. false:
 *         it goes on; what @p p is resolved with later is destroyed. A canceller that has resolved
 *         or abandoned @p p itself has decided: its answer is ignored
 */
typedef bool hence_canceller(hence_promise *p, void *arg);

/**
 * @brief Give the result: a value, a failure, or a chain to wait for. The macro hence_resolve() adds
 * the line.
 *
 * @verbatim
       promise of a Deferred   its steps run now, before this call returns
       promise of a Future     its listeners are told through the loop, later and in order
       cancelled meanwhile     the result is destroyed, and 0 returned
   @endverbatim
 *
 * @p p must not be used again afterwards. When its Deferred or Future lives still, a second resolve is
 * refused and reported; when it does not, that is a use of freed memory, which no answer can mend.
 *
 * @param site  a string that lives for ever: #HENCE_SITE; or NULL
 * @param p     taken; NULL is what a failed constructor leaves
 * @param r     taken
 *
 * @retval 0          done, or nobody wants it any more
 * @retval -EALREADY  @p p ended before, and its Deferred or Future is still there to tell
 * @retval -EPERM     called on a thread other than the Future's loop's: @p p stays good
 * @retval -EINVAL    @p p is NULL
 *
 * @ownership{@p r is destroyed if it could not be given.}
 * @threading{A Deferred's: the thread that made it, which is not checked; its steps would run here. A
 *   Future's: its loop's.}
 * @cancel{After a cancellation that did not stop the operation, one call is accepted and ignored.}
 * @complexity{O(1) and the steps that run; nothing is allocated.}
 * @see hence_abandon()
 * @since 0.1
 * @snippet 04_on_success_on_error.c ask
 */
HENCE_API int hence_resolve_at(const char *site, hence_promise *p, hence_result r);
/**
 * Give the result: hence_resolve_at() with the line that this stands on.
 * @snippet 04_on_success_on_error.c ask
 */
#define hence_resolve(p, r) hence_resolve_at(HENCE_SITE, (p), (r))

/**
 * @brief Let go of a promise that will not be kept: the other side gets #HENCE_EABANDONED.
 *
 * Called by its canceller, it means "stopped": the other side gets #HENCE_ECANCELLED.
 *
 * @param p  taken; NULL is accepted
 *
 * @threading{As hence_resolve().}
 * @complexity{O(1) and the steps that run; nothing is allocated.}
 * @see hence_resolve()
 * @since 0.1
 * @snippet 01_slow_square.c operation
 */
HENCE_API void hence_abandon(hence_promise *p);

/**
 * @brief Move a promise out of where it is kept, so that it is not ended there a second time.
 *
 * For operations whose memory is destroyed after the call that resolves them:
 * `hence_resolve(hence_promise_take(&s->promise), r)` leaves NULL behind, which the destructor may
 * hand to hence_abandon().
 *
 * @param p  where it is kept; becomes NULL
 * @return the promise, or NULL if there was none
 *
 * @threading{Where @p p is.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 01_slow_square.c operation
 */
HENCE_API HENCE_MUST_USE inline hence_promise *hence_promise_take(hence_promise **p);

/**
 * @brief Say how the operation is stopped when the other side cancels.
 *
 * Without a canceller a cancellation ends the Deferred or Future at once, and the promise stays
 * good for one hence_resolve() or hence_abandon() that is ignored.
 *
 * @param p          lent; NULL is accepted
 * @param canceller  replaces the one set before; NULL for none
 * @param arg        handed to it; must live as long as @p p
 *
 * @threading{As hence_resolve().}
 * @complexity{O(1); nothing is allocated.}
 * @since 0.1
 * @snippet 12_cancel.c canceller
 */
HENCE_API void hence_promise_on_cancel(hence_promise *p, hence_canceller *canceller, void *arg);

/**
 * @brief Does anybody still wait for this result?
 *
 * @param p  lent
 * @return false after a cancellation, or if @p p is NULL: a long operation may stop then
 *
 * @threading{As hence_resolve().}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 12_cancel.c is-wanted
 */
HENCE_API bool hence_promise_is_wanted(const hence_promise *p);

inline hence_promise *hence_promise_take(hence_promise **p)
{
    hence_promise *promise = *p;
    *p = NULL;
    return promise;
}

HENCE_END_DECLS

/** @} */

#endif
