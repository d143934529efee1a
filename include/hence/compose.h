/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_COMPOSE_H
#define HENCE_COMPOSE_H

/**
 * @file
 * One result out of many, one result for many, time limits; from Deferreds to Futures and back, and from
 * what libevent programs have to both.
 *
 * @defgroup hence_compose Combinators and adapters
 * Many results at once: hence_deferred_list(), hence_gather_results(), hence_race(), hence_share_new(),
 * hence_deferred_add_timeout(). The two shapes in one program: a Deferred as a Future, a Future as a
 * Deferred. "Cancelled" is one thing in both. And what libevent programs have already, events and
 * callbacks, as either.
 * @{
 */

#include <hence/deferred.h>
#include <hence/future.h>
#include <hence/list.h>

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
     is cancelled                      fails with HENCE_ECANCELLED
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

/* ---- many ---- */

/** When a list has its outcome, and what becomes of the rest. */
typedef enum hence_list_flags {
    HENCE_FIRE_ON_ONE_CALLBACK = 1, /**< the first value is the outcome, as a hence_winner */
    HENCE_FIRE_ON_ONE_ERRBACK = 2,  /**< the first failure is the outcome, with its place */
    HENCE_CANCEL_REST = 4,          /**< then the others are cancelled, and waited for */
    HENCE_REPORT_REST = 8           /**< failures that come after the outcome are reported */
} hence_list_flags;

/**
 * @brief One Deferred for the outcomes of many. The macro hence_deferred_list() adds the line.
 *
 * @verbatim
     in   deferreds[] = { D<A>, D<B>, D<C> }      n = 3
     out  D< list[3] { A or failure, B or failure, C or failure } >      slot i is deferreds[i]

     inputs                0 (all)              FIRE_ON_ONE_CALLBACK     FIRE_ON_ONE_ERRBACK
     all values            list of values       winner: the first one    list of values
     k-th fails first      stands in slot k     stands in slot k         failure EFIRST: index k,
                                                                         the cause, at once
     all fail              list of failures     list of failures         as above
     the result is         pending inputs are cancelled; what they end with counts as any other
     cancelled             result. Nothing happens if the outcome is there already
     n == 0                an empty list        fails with EABANDONED    an empty list
   @endverbatim
 * The failure of #HENCE_FIRE_ON_ONE_ERRBACK has the code #HENCE_EFIRST, and #HENCE_ECANCELLED if the
 * input was cancelled; hence_failure_index() gives its place, hence_failure_cause() what the input
 * failed with.
 *
 * With #HENCE_CANCEL_REST the outcome is decided first, then the others are cancelled, and when all of
 * them have ended it is given. What an input gives after the outcome is decided is destroyed; with
 * #HENCE_REPORT_REST a failure among it is reported.
 *
 * The same Deferred in several places, for which one reference each is needed, is reported alike in all
 * of them: an owned value is shared between them then.
 *
 * @param site       a string that lives for ever: #HENCE_SITE; or NULL
 * @param deferreds  the inputs, each taken, and its result too: steps added to it afterwards see
 *                   hence_none(). NULL is the out-of-memory failure. The array itself is lent
 * @param n          how many
 * @param flags      of #hence_list_flags, or 0
 * @return the Deferred, yours; it has failed with #HENCE_EINVAL if @p flags has others, NULL when there is
 *         no memory: then all inputs have been let go
 *
 * @threading{The thread that uses the inputs.}
 * @cancel{All inputs that have not ended are cancelled, in their order.}
 * @complexity{O(n), in constant stack at any depth; nothing is allocated later, so no outcome gets
 *   lost.}
 * @see hence_gather_results(), hence_race(), hence_list_at()
 * @since 0.1
 * @snippet 33_deferred_list.c list
 */
HENCE_API HENCE_MUST_USE hence_deferred *hence_deferred_list_at(const char *site,
                                                                hence_deferred *const *deferreds,
                                                                size_t n, unsigned flags);
/**
 * One Deferred for the outcomes of many: hence_deferred_list_at() with this line.
 * @snippet 33_deferred_list.c list
 */
#define hence_deferred_list(...) hence_deferred_list_at(HENCE_SITE, __VA_ARGS__)

/**
 * @brief One Deferred for the values of many, or for the first failure among them. The macro
 * hence_gather_results() adds the line.
 *
 * @verbatim
     in   deferreds[] = { D<A>, D<B>, D<C> }      n = 3
     out  D< list[3] { A, B, C } >                slot i is deferreds[i], always

     inputs                    0                           CANCEL_REST
     all values                list of values              list of values
     k-th fails first          failure EFIRST: index k     the same, after the others have been
                               and the cause, at once      cancelled and have ended
     one is cancelled          the same, with the code ECANCELLED: the result counts as cancelled
     the result is cancelled   pending inputs are cancelled; ECANCELLED, index and cause
     n == 0                    an empty list               an empty list
   @endverbatim
 * It is hence_deferred_list() with #HENCE_FIRE_ON_ONE_ERRBACK.
 *
 * @param site       a string that lives for ever: #HENCE_SITE; or NULL
 * @param deferreds  the inputs, each taken: see hence_deferred_list_at()
 * @param n          how many
 * @param flags      #HENCE_CANCEL_REST, #HENCE_REPORT_REST, or 0
 * @return the Deferred, yours; it has failed with #HENCE_EINVAL if @p flags has others, NULL when there is
 *         no memory: then all inputs have been let go
 *
 * @threading{The thread that uses the inputs.}
 * @cancel{All inputs that have not ended are cancelled, in their order.}
 * @complexity{O(n), in constant stack at any depth.}
 * @see hence_deferred_list()
 * @since 0.1
 * @snippet 33_deferred_list.c gather
 */
HENCE_API HENCE_MUST_USE hence_deferred *hence_gather_results_at(const char *site,
                                                                 hence_deferred *const *deferreds,
                                                                 size_t n, unsigned flags);
/**
 * One Deferred for the values of many: hence_gather_results_at() with this line.
 * @snippet 33_deferred_list.c gather
 */
#define hence_gather_results(...) hence_gather_results_at(HENCE_SITE, __VA_ARGS__)

/**
 * @brief One Deferred for the first of many that succeeds; the others are cancelled. The macro
 * hence_race() adds the line.
 *
 * @verbatim
     in   deferreds[] = { D<A>, D<B>, D<C> }      n = 3
     out  D< winner { index 1, result B } >

     inputs
     k-th is the first value   winner k, after all others have been cancelled
     some fail                 nothing, as long as another one may succeed
     all fail                  failure EGROUP: hence_failure_member(f, i) is that of deferreds[i]
     all are cancelled         the same, with the code ECANCELLED: the result counts as cancelled
     the result is cancelled   all pending inputs are cancelled; what they end with counts
     n == 0                    fails with EABANDONED: nothing can come out of it
   @endverbatim
 * What a loser gives late is destroyed: values, and failures too.
 *
 * @param site       a string that lives for ever: #HENCE_SITE; or NULL
 * @param deferreds  the inputs, each taken: see hence_deferred_list_at()
 * @param n          how many
 * @return the Deferred, yours; NULL when there is no memory: then all inputs have been let go
 *
 * @threading{The thread that uses the inputs.}
 * @cancel{All inputs that have not ended are cancelled, in their order.}
 * @complexity{O(n), in constant stack at any depth.}
 * @see hence_as_winner(), hence_deferred_list() with #HENCE_FIRE_ON_ONE_CALLBACK, which leaves the
 *   losers alone
 * @since 0.1
 * @snippet 34_race.c race
 */
HENCE_API HENCE_MUST_USE hence_deferred *hence_race_at(const char *site,
                                                       hence_deferred *const *deferreds, size_t n);
/**
 * One Deferred for the first of many that succeeds: hence_race_at() with this line.
 * @snippet 34_race.c race
 */
#define hence_race(...) hence_race_at(HENCE_SITE, __VA_ARGS__)

/* ---- one for many ---- */

/** The result of one Deferred for many consumers. */
typedef struct hence_share hence_share;

/**
 * @brief Let many have the result of one Deferred.
 *
 * @verbatim
     in   D<A>
     out  share;   hence_share_get(share) --> D<A>, again and again, before and after it has ended

     the input gives a value     each gets it; an owned one is shared: hence_as() sees it,
                                 hence_take_ptr() does not move it
     the input fails             each gets the failure
     one of them is cancelled    that one fails with HENCE_ECANCELLED; the input goes on for the
                                 others. If nobody waits any more, and the share has been let go,
                                 the input is cancelled
   @endverbatim
 * Shares that wait for each other in a circle fail with #HENCE_EDEADLK if they are at most 300, see hence_chain(). More of
 * them wait, and keep their memory, until hence_share_cancel() is called for one of them.
 *
 * @param d  taken, and its result too. NULL is the out-of-memory failure
 * @return the share, yours: hence_share_unref(); NULL when there is no memory: then @p d has been let
 *         go
 * @threading{The thread that uses @p d.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 35_share.c share
 */
HENCE_API HENCE_MUST_USE hence_share *hence_share_new(hence_deferred *d);

/**
 * @brief One more reference.
 * @param share  lent; NULL gives NULL
 * @return the same share, yours
 * @threading{The thread that uses it.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 35_share.c hold
 */
HENCE_API hence_share *hence_share_ref(hence_share *share);

/**
 * @brief One reference less. This cancels nothing: those who wait still get the result.
 *
 * A failure that nobody asked for is reported when the last holder lets go.
 *
 * @param share  taken; NULL is accepted
 * @return NULL
 * @threading{The thread that uses it.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 35_share.c share
 */
HENCE_API hence_share *hence_share_unref(hence_share *share);

/**
 * @brief A Deferred of one's own for the shared result. The macro hence_share_get() adds the line.
 *
 * @param site   a string that lives for ever: #HENCE_SITE; or NULL
 * @param share  lent; NULL gives NULL
 * @return the Deferred, yours; NULL when there is no memory
 * @threading{The thread that uses the share.}
 * @cancel{Ends this one alone: see hence_share_new().}
 * @complexity{O(1). Those who wait are told in the order in which they asked.}
 * @since 0.1
 * @snippet 35_share.c share
 */
HENCE_API HENCE_MUST_USE hence_deferred *hence_share_get_at(const char *site, hence_share *share);
/**
 * A Deferred of one's own for the shared result: hence_share_get_at() with this line.
 * @snippet 35_share.c share
 */
#define hence_share_get(share) hence_share_get_at(HENCE_SITE, (share))

/**
 * @brief Cancel the Deferred behind a share, for all who wait.
 * @param share  lent
 * @retval 0          it was cancelled: all who wait get what it ended with
 * @retval -EALREADY  it has ended
 * @retval -ENOMEM    @p share is NULL
 * @threading{The thread that uses it.}
 * @complexity{As hence_deferred_cancel().}
 * @since 0.1
 * @snippet 35_share.c cancel
 */
HENCE_API int hence_share_cancel(hence_share *share);

/* ---- time limits ---- */

/**
 * @brief Cancel a Deferred unless it gets through the steps that it has now within some time. The macro
 * hence_deferred_add_timeout() adds the line.
 *
 * @verbatim
     steps added before  -->  [time limit]  -->  steps added after
                                 in time:   their result, untouched
                                 too late:  the Deferred is cancelled; what comes of that is given to
                                            on_timeout, and what that returns goes on
   @endverbatim
 * Without @p on_timeout a cancellation becomes the failure #HENCE_ETIMEDOUT, and anything else (a
 * canceller that gave a result, a step that handled the cancellation) stays as it is. A cancellation from
 * elsewhere stays one. The timer goes as soon as the limit is passed, or the Deferred ends.
 *
 * @param site        a string that lives for ever: #HENCE_SITE; or NULL
 * @param d           lent
 * @param loop        lent: on whose clock
 * @param timeout     nanoseconds from now; zero or less: in the next turn of the loop
 * @param on_timeout  runs if the time was up, with what the cancelled steps gave, value or failure; NULL:
 *                    as described
 * @param arg         handed to @p on_timeout
 *
 * @retval 0           the limit is part of the chain
 * @retval -ENOMEM     no memory, or @p loop is NULL, the one that could not be had: the out-of-memory
 *                     failure stands in its place; or @p d is NULL
 * @retval -EPERM      not the loop's thread
 * @retval -ESHUTDOWN  the loop is closed
 *
 * @threading{The loop's.}
 * @complexity{O(log n) in the number of timers.}
 * @since 0.1
 * @snippet 36_timeouts.c timeout
 */
HENCE_API int hence_deferred_add_timeout_at(const char *site, hence_deferred *d, hence_loop *loop,
                                            int64_t timeout, hence_step *on_timeout, void *arg);
/**
 * A time limit for the steps so far: hence_deferred_add_timeout_at() with this line.
 * @snippet 36_timeouts.c timeout
 */
#define hence_deferred_add_timeout(d, loop, timeout, on_timeout, arg)                              \
    hence_deferred_add_timeout_at(HENCE_SITE, (d), (loop), (timeout), (on_timeout), (arg))

/* ---- what libevent programs have ---- */

/**
 * @brief A Deferred for one libevent event: a descriptor becomes readable or writable, a signal
 * comes. The macro hence_event_wait() adds the line.
 *
 * @verbatim
     in   fd, EV_READ | EV_WRITE      out  Deferred< int: those of EV_READ and EV_WRITE that came >
          signal number, EV_SIGNAL         Deferred< int: EV_SIGNAL >

     no event within the timeout           fails with HENCE_ETIMEDOUT
     the Deferred is cancelled             the event is removed; HENCE_ECANCELLED
     the loop is closed                    fails with HENCE_ECLOSED
   @endverbatim
 * For one time: wait again for the next. The descriptor must stay open until it has ended. libevent
 * delivers signals to one `event_base` of a process only.
 *
 * @note Between two waits for a signal nobody waits for it, and libevent has put its default action back: for
 * SIGINT or SIGTERM, the end of the process. Who waits for a signal again and again adds a persistent event of
 * libevent's own for it (`evsignal_new()`, with a callback that does nothing), which keeps the handler in
 * place, before the first wait, and frees it after the last one. What comes between two waits is then not told to
 * the next one; who needs each signal counts them in that callback.
 *
 * @param site     a string that lives for ever: #HENCE_SITE; or NULL
 * @param loop     lent
 * @param fd       the descriptor, not owned; or the number of a signal
 * @param what     EV_READ, EV_WRITE, both, or EV_SIGNAL
 * @param timeout  nanoseconds, on the loop's clock; negative: none
 * @return the Deferred, yours; NULL when there is no memory. It has failed with #HENCE_EINVAL for
 *         any other @p what, and a negative @p fd, and with an errno if libevent refuses the descriptor
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
