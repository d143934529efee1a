/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_COMPOSE_H
#define HENCE_COMPOSE_H

/**
 * @file
 * From Deferreds to Futures and back, and from what libevent programs have to both.
 *
 * @defgroup hence_compose Adapters
 * The two shapes in one program: a Deferred as a Future, a Future as a Deferred. "Cancelled" is one
 * thing in both. And what libevent programs have already, events and callbacks, as either.
 * @{
 */

#include <hence/deferred.h>
#include <hence/future.h>

HENCE_BEGIN_DECLS

/**
 * @brief A Future for what a Deferred will give. The macro hence_deferred_as_future() adds the
 * line.
 *
 * @verbatim
     in   Deferred<A>        out  Future<A>

     the Deferred                      the Future
     value, failure                    the same, listeners are told through the loop
     is cancelled                      is cancelled
     the Future is cancelled           is done at once; the Deferred is cancelled at once, and what
                                       it ends with is destroyed
   @endverbatim
 *
 * @param site  a string that lives for ever: #HENCE_SITE; or NULL
 * @param loop  lent: the loop of the new Future
 * @param d     taken, and its result too: steps added to it afterwards see hence_none()
 * @return the Future, yours; NULL when there is no memory: then @p d has been let go
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @see hence_deferred_from_future()
 * @since 0.1
 * @snippet 14_adapters.c ref
 */
HENCE_API HENCE_MUST_USE hence_future *hence_deferred_as_future_at(const char *site,
                                                                   hence_loop *loop,
                                                                   hence_deferred *d);
/**
 * A Future for what a Deferred will give: hence_deferred_as_future_at() with this line.
 * @snippet 14_adapters.c ref
 */
#define hence_deferred_as_future(loop, d) hence_deferred_as_future_at(HENCE_SITE, (loop), (d))

/**
 * @brief A Deferred for what a Future will give. The macro hence_deferred_from_future() adds the
 * line.
 *
 * @verbatim
     in   Future<A>          out  Deferred<A>

     the Future                        the Deferred
     value, failure                    the same, through the loop; a value is shared with the Future
     is cancelled                      fails with #HENCE_ECANCELLED
     the Deferred is cancelled         the Future is cancelled, for all its listeners; the Deferred
                                       is told through the loop. Too late if the Future is done
   @endverbatim
 *
 * @param site  a string that lives for ever: #HENCE_SITE; or NULL
 * @param f     lent: the Deferred holds a reference of its own
 * @return the Deferred, yours; NULL when there is no memory
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @see hence_deferred_as_future()
 * @since 0.1
 * @snippet 14_adapters.c from-future
 */
HENCE_API HENCE_MUST_USE hence_deferred *hence_deferred_from_future_at(const char *site,
                                                                       hence_future *f);
/**
 * A Deferred for what a Future will give: hence_deferred_from_future_at() with this line.
 * @snippet 14_adapters.c from-future
 */
#define hence_deferred_from_future(f) hence_deferred_from_future_at(HENCE_SITE, (f))

/**
 * @brief Run the loop until a Deferred has ended, and take its result.
 *
 * @param loop  lent
 * @param d     taken. NULL gives the out-of-memory failure
 * @return the result, yours; otherwise as hence_loop_run_until_complete(): if the loop was stopped
 *         first, @p d has been let go, not cancelled
 * @threading{The loop's.}
 * @complexity{None of its own.}
 * @since 0.1
 * @snippet 05_say_something.c run-until-complete
 */
HENCE_API HENCE_MUST_USE hence_result hence_loop_run_until_complete_deferred(hence_loop *loop,
                                                                             hence_deferred *d);

/* ---- what libevent programs have ---- */

/**
 * @brief A Deferred for one libevent event: a descriptor becomes readable or writable, a signal
 * comes. The macro hence_event_wait() adds the line.
 *
 * @verbatim
     in   fd, EV_READ | EV_WRITE      out  Deferred< int: those of EV_READ and EV_WRITE that came >
          signal number, EV_SIGNAL         Deferred< int: EV_SIGNAL >

     no event within the timeout           fails with #HENCE_ETIMEDOUT
     the Deferred is cancelled             the event is removed; #HENCE_ECANCELLED
     the loop is closed                    fails with #HENCE_ECLOSED
   @endverbatim
 * For one time: wait again for the next. The descriptor must stay open until it has ended. libevent
 * delivers signals to one `event_base` of a process only.
 *
 * @param site     a string that lives for ever: #HENCE_SITE; or NULL
 * @param loop     lent
 * @param fd       the descriptor, not owned; or the number of a signal
 * @param what     EV_READ, EV_WRITE, both, or EV_SIGNAL
 * @param timeout  nanoseconds, on the loop's clock; negative: none
 * @return the Deferred, yours; NULL when there is no memory. It has failed with #HENCE_EINVAL for
 *         any other @p what, and with an errno if libevent refuses the descriptor
 * @threading{The loop's.}
 * @cancel{The event is removed at once.}
 * @complexity{O(log n) in the number of timers.}
 * @see hence_event_wait_future()
 * @since 0.1
 * @snippet 20_libevent_program.c event-wait
 */
HENCE_API HENCE_MUST_USE hence_deferred *hence_event_wait_at(const char *site, hence_loop *loop,
                                                             int fd, short what, int64_t timeout);
/**
 * A Deferred for one libevent event: hence_event_wait_at() with this line.
 * @snippet 20_libevent_program.c event-wait
 */
#define hence_event_wait(loop, fd, what, timeout)                                                  \
    hence_event_wait_at(HENCE_SITE, (loop), (fd), (what), (timeout))

/**
 * @brief hence_event_wait() as a Future. The macro hence_event_wait_future() adds the line.
 *
 * @param site     a string that lives for ever: #HENCE_SITE; or NULL
 * @param loop     lent
 * @param fd       the descriptor, not owned; or the number of a signal
 * @param what     EV_READ, EV_WRITE, both, or EV_SIGNAL
 * @param timeout  nanoseconds, on the loop's clock; negative: none
 * @return the Future, yours; NULL when there is no memory; otherwise as hence_event_wait_at()
 * @threading{The loop's.}
 * @cancel{The event is removed at once.}
 * @complexity{O(log n) in the number of timers.}
 * @see hence_event_wait()
 * @since 0.1
 * @snippet 30_signal.c signal
 */
HENCE_API HENCE_MUST_USE hence_future *hence_event_wait_future_at(const char *site,
                                                                  hence_loop *loop, int fd,
                                                                  short what, int64_t timeout);
/**
 * A Future for one libevent event: hence_event_wait_future_at() with this line.
 * @snippet 30_signal.c signal
 */
#define hence_event_wait_future(loop, fd, what, timeout)                                           \
    hence_event_wait_future_at(HENCE_SITE, (loop), (fd), (what), (timeout))

/**
 * @brief Makes a result of what an API with callbacks hands over.
 * @param value  lent, for the duration of the call: what the callback was given
 * @param arg    what was given to hence_error_first_new()
 * @return the result: copy what must outlive the call
 */
typedef hence_result hence_convert_fn(void *value, void *arg);

/** One call of a function that reports through an error-first callback. */
typedef struct hence_error_first hence_error_first;

/**
 * @brief Turn a function that takes a callback `void cb(int err, void *value, void *arg)` into one
 * that gives a Deferred or a Future.
 *
 * Hand hence_error_first_done() to it as the callback, and what this returns as its `arg`.
 *
 * @param p        taken: gets the value if `err` is 0, otherwise a failure
 * @param domain   whose codes `err` has; NULL: errno, as E or as -E
 * @param convert  makes the result; NULL: hence_ptr(), which is only good for a value that outlives
 *                 the callback
 * @param arg      handed to @p convert
 * @return to be ended by hence_error_first_done() or hence_error_first_drop(), exactly once; NULL
 *         when there is no memory: then @p p has failed with that, and both accept the NULL
 * @threading{The thread of @p p; so the callback's.}
 * @complexity{O(1); one allocation.}
 * @since 0.1
 * @snippet 24_error_first.c error-first
 */
HENCE_API HENCE_MUST_USE hence_error_first *hence_error_first_new(hence_promise *p,
                                                                  const hence_domain *domain,
                                                                  hence_convert_fn *convert,
                                                                  void *arg);

/**
 * @brief The callback for hence_error_first_new().
 * @param err          0, or what went wrong
 * @param value        what the function gives, lent; ignored if @p err is not 0
 * @param error_first  taken: what hence_error_first_new() returned
 * @threading{The thread of the promise.}
 * @complexity{O(1) and what hence_resolve() runs.}
 * @since 0.1
 * @snippet 24_error_first.c error-first
 */
HENCE_API void hence_error_first_done(int err, void *value, void *error_first);

/**
 * @brief Instead of hence_error_first_done(), when the callback will never come: the promise is let
 * go with hence_abandon().
 * @param error_first  taken; NULL is accepted
 * @threading{The thread of the promise.}
 * @complexity{O(1) and what hence_abandon() runs.}
 * @since 0.1
 * @snippet 24_error_first.c error-first
 */
HENCE_API void hence_error_first_drop(hence_error_first *error_first);

HENCE_END_DECLS

/** @} */

#endif
