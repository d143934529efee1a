/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_SCHEDULE_H
#define HENCE_SCHEDULE_H

/**
 * @file
 * What takes time.
 *
 * @defgroup hence_schedule Time
 * Results that come after a while.
 * @{
 */

#include <hence/deferred.h>
#include <hence/future.h>

HENCE_BEGIN_DECLS

/**
 * @brief A Deferred that gives hence_none() after a delay. The macro hence_sleep() adds the line.
 *
 * @param site   a string that lives for ever: #HENCE_SITE; or NULL
 * @param loop   lent
 * @param delay  nanoseconds from now; zero or less is one turn of the loop
 * @return the Deferred, yours; NULL when there is no memory
 * @threading{The loop's.}
 * @cancel{The timer is removed. A loop that closes first ends it with #HENCE_ECLOSED.}
 * @complexity{O(log n) in the number of timers.}
 * @see hence_sleep_future()
 * @since 0.1
 * @snippet 03_sleep.c sleep
 */
HENCE_API HENCE_MUST_USE hence_deferred *hence_sleep_at(const char *site, hence_loop *loop,
                                                        int64_t delay);
/**
 * A Deferred that gives hence_none() after a delay: hence_sleep_at() with this line.
 * @snippet 03_sleep.c sleep
 */
#define hence_sleep(loop, delay) hence_sleep_at(HENCE_SITE, (loop), (delay))

/**
 * @brief A Future that gives hence_none() after a delay. The macro hence_sleep_future() adds the
 * line.
 *
 * @param site   a string that lives for ever: #HENCE_SITE; or NULL
 * @param loop   lent
 * @param delay  nanoseconds from now; zero or less is one turn of the loop
 * @return the Future, yours; NULL when there is no memory
 * @threading{The loop's.}
 * @cancel{The timer is removed. A loop that closes first ends it with #HENCE_ECLOSED.}
 * @complexity{O(log n) in the number of timers.}
 * @see hence_sleep()
 * @since 0.1
 * @snippet 03_sleep.c sleep-future
 */
HENCE_API HENCE_MUST_USE hence_future *hence_sleep_future_at(const char *site, hence_loop *loop,
                                                             int64_t delay);
/**
 * A Future that gives hence_none() after a delay: hence_sleep_future_at() with this line.
 * @snippet 03_sleep.c sleep-future
 */
#define hence_sleep_future(loop, delay) hence_sleep_future_at(HENCE_SITE, (loop), (delay))

HENCE_END_DECLS

/** @} */

#endif
