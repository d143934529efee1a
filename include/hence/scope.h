/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_SCOPE_H
#define HENCE_SCOPE_H

/**
 * @file
 * Limits for a part of a coroutine: timeouts and cancel scopes.
 *
 * @defgroup hence_scope Timeouts and cancel scopes
 * Both stand around a block of straight-line code, between two calls. hence_timeout_enter() and
 * hence_timeout_exit() are asyncio's timeout(): when the time is up the task is cancelled, once, and the
 * block ends in #HENCE_ETIMEDOUT. A cancel scope is trio's: as long as one is inside of a scope that is
 * cancelled, every wait is, and the cancellation ends at the exit.
 *
 * @verbatim
                                     timeout                     cancel scope
       what cancels                  its time                    its time; hence_cancel_scope_cancel()
       inside, what waits            is cancelled once           is cancelled every time
       the block ends in             HENCE_ETIMEDOUT             none; HENCE_ETIMEDOUT for hence_fail_after()
       kept away by a shield         no                          yes, from outer scopes
   @endverbatim
 * A wait that is cancelled cancels what it waits for, and has the result when that has ended.
 *
 * Blocks are exited in the order opposite to that in which they were entered, by the coroutine that has
 * entered them. One that is forgotten is exited when an outer one is or the function returns, and reported.
 *
 * **No memory.** Where a block cannot be entered, its call gives NULL, and the code must not run without its
 * limit: until the exit, every wait is cancelled, and the exit of NULL gives the failure #HENCE_ENOMEM
 * (#HENCE_ECLOSED if the loop has closed). So NULL need not be looked at.
 * @{
 */

#include <stdbool.h>
#include <stdint.h>

#include <hence/coroutine.h>

HENCE_BEGIN_DECLS

/** A time that does not come: no limit. */
#define HENCE_NEVER INT64_MAX

/* ---- timeouts ------------------------------------------------------------------------------ */

/** A time limit for what stands between hence_timeout_enter() and hence_timeout_exit(). */
typedef struct hence_timeout hence_timeout;

/**
 * @brief From here to hence_timeout_exit(), a time limit. The macro hence_timeout_enter() adds the line.
 *
 * When the time is up the task is cancelled: the wait that it stands in ends in #HENCE_ECANCELLED, or, if it
 * waits for nothing, the next one. The function may clean up, and hands the failure to hence_timeout_exit(),
 * which makes #HENCE_ETIMEDOUT of it.
 *
 * Limits may be nested. Of several, the one that has expired makes the timeout, if two have, the outer one;
 * and a cancellation that came from somebody else stays one.
 *
 * @param site   a string that lives for ever: #HENCE_SITE; or NULL
 * @param delay  nanoseconds; zero: the first wait is cancelled that does not end in this turn of the loop;
 *               negative: no limit
 * @return the timeout, lent until the exit; NULL when there is no memory, which need not be looked at
 *
 * @threading{The loop's, in a coroutine.}
 * @complexity{O(log n) in the number of timers.}
 * @see hence_timeout_enter_until_at(), hence_wait_for_at(), hence_fail_after_at()
 * @since 0.1
 * @snippet 88_timeouts_and_scopes.c timeout
 */
HENCE_API hence_timeout *hence_timeout_enter_at(const char *site, int64_t delay);
/**
 * A time limit from here on: hence_timeout_enter_at() with this line.
 * @snippet 88_timeouts_and_scopes.c timeout
 */
#define hence_timeout_enter(delay) hence_timeout_enter_at(HENCE_SITE, (delay))

/**
 * @brief The same up to a time of the loop's clock: asyncio's timeout_at(). The macro
 * hence_timeout_enter_until() adds the line.
 *
 * @param site  a string that lives for ever: #HENCE_SITE; or NULL
 * @param when  a time of hence_loop_time(), which may be over; #HENCE_NEVER: no limit
 * @return as hence_timeout_enter_at()
 * @threading{The loop's, in a coroutine.}
 * @complexity{O(log n) in the number of timers.}
 * @since 0.1
 * @snippet 88_timeouts_and_scopes.c until
 */
HENCE_API hence_timeout *hence_timeout_enter_until_at(const char *site, int64_t when);
/**
 * A time limit up to that time: hence_timeout_enter_until_at() with this line.
 * @snippet 88_timeouts_and_scopes.c until
 */
#define hence_timeout_enter_until(when) hence_timeout_enter_until_at(HENCE_SITE, (when))

/**
 * @brief The end of the block.
 *
 * @param timeout  what hence_timeout_enter() gave, and is gone afterwards; NULL for what could not be had
 * @param r        what the block has come to: taken. A chain is waited for, inside of the limit
 * @return the failure #HENCE_ETIMEDOUT if @p r is the cancellation, the timeout has expired, and nobody else
 *         has cancelled the task since it was entered; otherwise @p r. #HENCE_EINVAL, and a report, if this
 *         coroutine is not in that block
 * @threading{The loop's, in the same coroutine.}
 * @complexity{O(1), and O(blocks that were left open inside).}
 * @since 0.1
 * @snippet 88_timeouts_and_scopes.c timeout
 */
HENCE_API HENCE_MUST_USE hence_result hence_timeout_exit(hence_timeout *timeout, hence_result r);

/**
 * @brief Another time for the limit.
 *
 * @param timeout  lent
 * @param when     a time of hence_loop_time(); #HENCE_NEVER: no limit from now on
 * @retval 0           done
 * @retval -EALREADY   it has expired
 * @retval -ENOMEM     no memory: the old time holds; or @p timeout is NULL
 * @retval -EPERM      on another thread
 * @retval -ESHUTDOWN  the loop is closed
 * @threading{The loop's; from anywhere, before the block has ended.}
 * @complexity{O(log n) in the number of timers.}
 * @since 0.1
 * @snippet 88_timeouts_and_scopes.c reschedule
 */
HENCE_API int hence_timeout_reschedule(hence_timeout *timeout, int64_t when);

/**
 * @brief When the time is up.
 * @param timeout  lent
 * @return a time of hence_loop_time(); #HENCE_NEVER if there is no limit
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 88_timeouts_and_scopes.c reschedule
 */
HENCE_API int64_t hence_timeout_when(const hence_timeout *timeout);

/**
 * @brief Is the time up, so that the task was cancelled?
 * @param timeout  lent
 * @return true from then on
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 88_timeouts_and_scopes.c expired
 */
HENCE_API bool hence_timeout_expired(const hence_timeout *timeout);

/* ---- cancel scopes ------------------------------------------------------------------------- */

/** A part of a coroutine that can be cancelled by itself. */
typedef struct hence_cancel_scope hence_cancel_scope;

/**
 * @brief From here to hence_cancel_scope_exit(), what can be cancelled by itself. The macro
 * hence_cancel_scope_enter() adds the line.
 *
 * Once hence_cancel_scope_cancel() was called, or its deadline has passed, whatever would have to wait inside
 * is cancelled: the wait that goes on, and each that comes until the exit. hence_await() of what is done
 * already still gives its result. What cannot be cancelled is waited for.
 *
 * A scope belongs to its coroutine. Others that this one awaits are cancelled as hence_future_cancel() does it,
 * once each; so are the children of a task group at whose exit it waits.
 *
 * @param site  a string that lives for ever: #HENCE_SITE; or NULL
 * @return the scope, lent until the exit; NULL when there is no memory, which need not be looked at
 *
 * @threading{The loop's, in a coroutine.}
 * @cancel{A cancellation of the task itself comes through scopes and shields alike, once.}
 * @complexity{O(1). Each wait inside costs O(scopes it is in).}
 * @see hence_move_on_after_at(), hence_fail_after_at()
 * @since 0.1
 * @snippet 88_timeouts_and_scopes.c cancel
 */
HENCE_API hence_cancel_scope *hence_cancel_scope_enter_at(const char *site);
/**
 * A scope from here on: hence_cancel_scope_enter_at() with this line.
 * @snippet 88_timeouts_and_scopes.c cancel
 */
#define hence_cancel_scope_enter() hence_cancel_scope_enter_at(HENCE_SITE)

/**
 * @brief A scope that is cancelled when the time is up, and goes on without a failure then. The macro
 * hence_move_on_after() adds the line.
 *
 * @param site   a string that lives for ever: #HENCE_SITE; or NULL
 * @param delay  nanoseconds; zero: it is cancelled from the start; negative: no limit
 * @return as hence_cancel_scope_enter_at()
 * @threading{The loop's, in a coroutine.}
 * @complexity{O(log n) in the number of timers.}
 * @since 0.1
 * @snippet 88_timeouts_and_scopes.c move-on
 */
HENCE_API hence_cancel_scope *hence_move_on_after_at(const char *site, int64_t delay);
/**
 * A scope with a time limit: hence_move_on_after_at() with this line.
 * @snippet 88_timeouts_and_scopes.c move-on
 */
#define hence_move_on_after(delay) hence_move_on_after_at(HENCE_SITE, (delay))

/**
 * @brief The same up to a time of the loop's clock: trio's move_on_at(). The macro hence_move_on_until() adds
 * the line.
 *
 * @param site  a string that lives for ever: #HENCE_SITE; or NULL
 * @param when  a time of hence_loop_time(), which may be over; #HENCE_NEVER: no limit
 * @return as hence_cancel_scope_enter_at()
 * @threading{The loop's, in a coroutine.}
 * @complexity{O(log n) in the number of timers.}
 * @since 0.1
 * @snippet 88_timeouts_and_scopes.c until
 */
HENCE_API hence_cancel_scope *hence_move_on_until_at(const char *site, int64_t when);
/**
 * A scope up to that time: hence_move_on_until_at() with this line.
 * @snippet 88_timeouts_and_scopes.c until
 */
#define hence_move_on_until(when) hence_move_on_until_at(HENCE_SITE, (when))

/**
 * @brief A scope that is cancelled when the time is up, and fails then. The macro hence_fail_after() adds the
 * line.
 *
 * As hence_move_on_after(); but where that ends in none, this one ends in #HENCE_ETIMEDOUT, whatever has
 * cancelled it.
 *
 * @param site   a string that lives for ever: #HENCE_SITE; or NULL
 * @param delay  as for hence_move_on_after_at()
 * @return as hence_cancel_scope_enter_at()
 * @threading{The loop's, in a coroutine.}
 * @complexity{O(log n) in the number of timers.}
 * @since 0.1
 * @snippet 88_timeouts_and_scopes.c fail-after
 */
HENCE_API hence_cancel_scope *hence_fail_after_at(const char *site, int64_t delay);
/**
 * A scope with a time limit that fails: hence_fail_after_at() with this line.
 * @snippet 88_timeouts_and_scopes.c fail-after
 */
#define hence_fail_after(delay) hence_fail_after_at(HENCE_SITE, (delay))

/**
 * @brief The same up to a time of the loop's clock: trio's fail_at(). The macro hence_fail_until() adds the
 * line.
 *
 * @param site  a string that lives for ever: #HENCE_SITE; or NULL
 * @param when  a time of hence_loop_time(), which may be over; #HENCE_NEVER: no limit
 * @return as hence_cancel_scope_enter_at()
 * @threading{The loop's, in a coroutine.}
 * @complexity{O(log n) in the number of timers.}
 * @since 0.1
 * @snippet 88_timeouts_and_scopes.c until
 */
HENCE_API hence_cancel_scope *hence_fail_until_at(const char *site, int64_t when);
/**
 * A scope up to that time that fails: hence_fail_until_at() with this line.
 * @snippet 88_timeouts_and_scopes.c until
 */
#define hence_fail_until(when) hence_fail_until_at(HENCE_SITE, (when))

/**
 * @brief The end of the scope.
 *
 * @verbatim
       r is         the scope is cancelled   and so is       result                       *caught
       any other    ...                                      r                            false
       cancelled    no                                       r                            false
       cancelled    yes                      an outer one    r: the outer one absorbs it  false
       cancelled    yes                      the task        r                            false
       cancelled    yes                      nobody else     none, or HENCE_ETIMEDOUT     true
   @endverbatim
 * An outer scope is not seen through the shield of this one. That the task is cancelled means by others,
 * since the scope was entered.
 *
 * @param scope   what was entered, and is gone afterwards; NULL for what could not be had
 * @param r       what the block has come to: taken. A chain is waited for, inside of the scope
 * @param caught  NULL, or gets whether this scope has absorbed its cancellation: trio's cancelled_caught
 * @return see above; #HENCE_EINVAL, and a report, if this coroutine is not in that scope
 * @threading{The loop's, in the same coroutine.}
 * @complexity{O(outer scopes), and O(blocks that were left open inside).}
 * @since 0.1
 * @snippet 88_timeouts_and_scopes.c move-on
 */
HENCE_API HENCE_MUST_USE hence_result hence_cancel_scope_exit(hence_cancel_scope *scope,
                                                              hence_result r, bool *caught);

/**
 * @brief Cancel it: what waits inside, now and until the exit.
 * @param scope  lent; NULL is accepted. From anywhere, before the scope has ended
 * @threading{The loop's.}
 * @complexity{O(1), and what the cancellation does.}
 * @since 0.1
 * @snippet 88_timeouts_and_scopes.c cancel
 */
HENCE_API void hence_cancel_scope_cancel(hence_cancel_scope *scope);

/**
 * @brief Is it cancelled, by a call or by its deadline?
 * @param scope  lent
 * @return true from then on
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 88_timeouts_and_scopes.c cancel
 */
HENCE_API bool hence_cancel_scope_cancel_called(const hence_cancel_scope *scope);

/**
 * @brief Keep the cancellations of outer scopes away from what is inside, or let them in again.
 *
 * Its own cancellation, and those of scopes inside, still come.
 *
 * @param scope   lent; NULL is accepted
 * @param shield  true: keep them away
 * @threading{The loop's.}
 * @complexity{O(outer scopes), and what a cancellation does that comes in now.}
 * @since 0.1
 * @snippet 88_timeouts_and_scopes.c shield
 */
HENCE_API void hence_cancel_scope_set_shield(hence_cancel_scope *scope, bool shield);

/**
 * @brief Does it keep the cancellations of outer scopes away?
 * @param scope  lent
 * @return what hence_cancel_scope_set_shield() has said last; false at first
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 88_timeouts_and_scopes.c shield
 */
HENCE_API bool hence_cancel_scope_shield(const hence_cancel_scope *scope);

/**
 * @brief When it is cancelled by itself.
 * @param scope  lent
 * @return a time of hence_loop_time(); #HENCE_NEVER if it is not
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 88_timeouts_and_scopes.c deadline
 */
HENCE_API int64_t hence_cancel_scope_deadline(const hence_cancel_scope *scope);

/**
 * @brief Another deadline.
 *
 * One that has passed cancels the scope at once. A scope that is cancelled stays so.
 *
 * @param scope  lent
 * @param when   a time of hence_loop_time(); #HENCE_NEVER: none
 * @retval 0           done
 * @retval -ENOMEM     no memory: the old deadline holds; or @p scope is NULL
 * @retval -EPERM      on another thread
 * @retval -ESHUTDOWN  the loop is closed
 * @threading{The loop's; from anywhere, before the scope has ended.}
 * @complexity{O(log n) in the number of timers.}
 * @since 0.1
 * @snippet 88_timeouts_and_scopes.c deadline
 */
HENCE_API int hence_cancel_scope_set_deadline(hence_cancel_scope *scope, int64_t when);

/**
 * @brief When the scopes that this coroutine is in cancel it, the nearest of their deadlines.
 *
 * @return a time of hence_loop_time(); #HENCE_NEVER if they do not, INT64_MIN if they do already. Timeouts
 *         are no scopes
 * @threading{The loop's, in a coroutine.}
 * @complexity{O(scopes).}
 * @since 0.1
 * @snippet 88_timeouts_and_scopes.c deadline
 */
HENCE_API int64_t hence_current_effective_deadline(void);

HENCE_END_DECLS

/** @} */

#endif
