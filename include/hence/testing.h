/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_TESTING_H
#define HENCE_TESTING_H

/**
 * @file
 * For tests: a clock that stands still until it is told, a loop that goes turn by turn.
 *
 * @defgroup hence_testing Testing
 * What makes tests of asynchronous code quick and exact: no test needs to sleep. Not included by
 * <hence/hence.h>.
 * @{
 */

#include <hence/deferred.h>
#include <hence/future.h>

HENCE_BEGIN_DECLS

/** A clock that only moves when it is told. */
typedef struct hence_test_clock hence_test_clock;

/**
 * @brief Put a test clock under a loop. It begins at 0.
 *
 * @param loop  lent; calls that wait already keep their due times
 * @return the clock, yours; NULL when there is no memory, or the loop has one already
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 23_testing.c clock
 */
HENCE_API HENCE_MUST_USE hence_test_clock *hence_test_clock_new(hence_loop *loop);

/**
 * @brief Take the clock away: the loop is back on the real one.
 * @param clock  taken; NULL is accepted
 * @return NULL
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 23_testing.c clock
 */
HENCE_API hence_test_clock *hence_test_clock_free(hence_test_clock *clock);

/**
 * @brief Move time forward, and run everything that is due by then.
 *
 * The time is moved first; then the calls that are due run, in the order of their due times, with
 * everything that they cause, until nothing more is ready. Calls that they ask for count from the
 * new time.
 *
 * @param clock  lent
 * @param delta  nanoseconds, zero or more: 0 only runs what is ready
 * @return how many turns of the loop it took; -EINVAL for a negative @p delta, -EBUSY if the loop
 *         is running, -ENOMEM if @p clock is NULL
 * @threading{The loop's.}
 * @complexity{What runs.}
 * @since 0.1
 * @snippet 23_testing.c nothing-left
 */
HENCE_API int hence_test_clock_advance(hence_test_clock *clock, int64_t delta);

/**
 * @brief hence_test_clock_advance() for each of some steps.
 * @param clock   lent
 * @param deltas  nanoseconds each
 * @param n       how many
 * @return 0, or what the first failing step returned
 * @threading{The loop's.}
 * @complexity{What runs.}
 * @since 0.1
 * @snippet 23_testing.c turn
 */
HENCE_API int hence_test_clock_pump(hence_test_clock *clock, const int64_t *deltas, size_t n);

/**
 * @brief Let time jump to the next due call whenever the loop would wait.
 *
 * For running a whole program that takes hours in no time: hence_loop_run_forever() then never
 * waits as long as there is a timer.
 *
 * The clock does not know what happens outside of the loop. It jumps also while a job of an executor is at
 * work, or a thread-safe promise is out, since it cannot know that they will ever come: a job of some real
 * milliseconds under a limit of 100 simulated seconds times out at once. Test what needs other threads, descriptors or
 * children on the real clock, or have the clock stand still, with hence_test_clock_advance() when they have come.
 *
 * @param clock  lent
 * @param on     whether
 * @retval 0        set
 * @retval -ENOMEM  @p clock is NULL
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 23_testing.c autojump
 */
HENCE_API int hence_test_clock_autojump(hence_test_clock *clock, bool on);

/**
 * @brief The time of the clock.
 * @param clock  lent
 * @return nanoseconds since the clock was made
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 23_testing.c autojump
 */
HENCE_API int64_t hence_test_clock_now(const hence_test_clock *clock);

/**
 * @brief Exactly one turn of the loop: the calls that are ready now, none that they ask for.
 * @param loop  lent, not running
 * @return how many calls ran; -EBUSY if the loop is running, -EPERM, -ESHUTDOWN or -ENOMEM as
 *         hence_loop_run_forever()
 * @threading{The loop's.}
 * @complexity{What runs.}
 * @since 0.1
 * @snippet 23_testing.c turn
 */
HENCE_API int hence_test_turn(hence_loop *loop);

/**
 * @brief Take the value of a Deferred that should have succeeded by now.
 * @param d    lent
 * @param out  gets the value, yours; hence_none() otherwise
 * @return true if it has a value; false if it has none yet, or a failure, which stays in it
 * @threading{The thread that uses @p d.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 23_testing.c success
 */
HENCE_API HENCE_MUST_USE bool hence_test_success_of(hence_deferred *d, hence_result *out);

/**
 * @brief Take the failure of a Deferred that should have failed by now.
 * @param d  lent
 * @return the failure, yours; NULL if it has no result yet, or a value, which stays in it
 * @threading{The thread that uses @p d.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 23_testing.c failure
 */
HENCE_API HENCE_MUST_USE hence_failure *hence_test_failure_of(hence_deferred *d);

/**
 * @brief Has a Deferred no result yet, as it should?
 * @param d  lent
 * @return true if it is pending, waits or is paused
 * @threading{The thread that uses @p d.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 23_testing.c success
 */
HENCE_API HENCE_MUST_USE bool hence_test_no_result(const hence_deferred *d);

HENCE_END_DECLS

/** @} */

#endif
