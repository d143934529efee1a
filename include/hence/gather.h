/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_GATHER_H
#define HENCE_GATHER_H

/**
 * @file
 * Many Futures at once, and Futures with conditions.
 *
 * @defgroup hence_gather Many Futures
 * One Future for the results of many (hence_gather()), for the first that succeeds
 * (hence_race_future()), for the moment when enough of them are done (hence_wait()); all of them one by
 * one, as they are done (hence_as_completed()). One Future behind another: protected from cancellation
 * (hence_shield()), or with a time limit (hence_wait_for(), hence_with_timeout()).
 *
 * Futures are shared: all these take references of their own, and leave the caller's alone. When a
 * combinator has its outcome, or is let go, it leaves nothing behind on Futures that go on.
 *
 * A Deferred takes part as the Future that hence_deferred_as_future() makes of it; for Deferreds alone
 * there are hence_deferred_list(), hence_gather_results() and hence_race().
 * @{
 */

#include <hence/compose.h>

HENCE_BEGIN_DECLS

/** What hence_gather() waits for. */
typedef enum hence_gather_flags {
    HENCE_GATHER_COLLECT = 1, /**< all outcomes, failures among them */
    HENCE_GATHER_CANCEL_REST =
        2 /**< after the first failure: the others are cancelled, and waited for */
} hence_gather_flags;

/**
 * @brief One Future for the results of many, in the order of the inputs. The macro hence_gather() adds
 * the line.
 *
 * @verbatim
     in   futures[] = { F<A>, F<B>, F<C> }        n = 3
     out  F< list[3] { A, B, C } >                slot i is futures[i], always

     inputs                    0                 CANCEL_REST             COLLECT
     all values                list of values    list of values          list of outcomes
     k-th fails first          that failure,     that failure, after     stands in slot k
                               at once           the rest has ended
     one is cancelled          the result is     the same, after         stands in slot k
                               cancelled         the rest has ended
     the result is cancelled   pending inputs are cancelled; the result is cancelled when all have
                               ended, or, without COLLECT, when the first has. -EALREADY if all inputs
                               are done
     n == 0                    an empty list, done already
   @endverbatim
 * Values are not copied: a slot refers to the value that its Future keeps, and holds that Future. What
 * inputs fail with after the result is there counts as looked at.
 *
 * @param site     a string that lives for ever: #HENCE_SITE; or NULL
 * @param loop     lent: the loop of all inputs
 * @param futures  lent: NULL among them is the out-of-memory failure. The same one may stand in several
 *                 places. Those that are made inside of this call want hence_future_lend()
 * @param n        how many
 * @param flags    of #hence_gather_flags, or 0
 * @return the Future, yours; it has failed with #HENCE_EINVAL if an input belongs to another loop, or
 *         @p flags has others; the message says which. NULL when there is no memory, or as hence_future_new_at()
 *
 * @threading{The loop's.}
 * @cancel{All inputs that are not done are cancelled, in their order.}
 * @complexity{O(n), in constant stack at any depth; nothing is allocated later.}
 * @see hence_gather_results(), hence_list_at()
 * @since 0.1
 * @snippet 50_gather.c gather
 */
HENCE_API HENCE_MUST_USE hence_future *hence_gather_at(const char *site, hence_loop *loop,
                                                       hence_future *const *futures, size_t n,
                                                       unsigned flags);
/**
 * One Future for the results of many: hence_gather_at() with this line.
 * @snippet 50_gather.c gather
 */
#define hence_gather(...) hence_gather_at(HENCE_SITE, __VA_ARGS__)

/**
 * @brief One Future for the first of many that succeeds; the others are cancelled. The macro
 * hence_race_future() adds the line.
 *
 * @verbatim
     in   futures[] = { F<A>, F<B>, F<C> }        n = 3
     out  F< winner { index 1, result B } >

     inputs
     k-th is the first value   winner k; the others have been cancelled
     all fail                  failure EGROUP: hence_failure_member(f, i) is that of futures[i]
     all are cancelled         the same, with the code ECANCELLED
     the result is cancelled   all pending inputs are cancelled; what they end with counts
     n == 0                    fails with EABANDONED
   @endverbatim
 * A failure ends nothing as long as another input may still succeed, and what fails beside a winner is not
 * reported. Where the first one that is done is wanted, whatever it is, take hence_wait() or hence_as_completed().
 *
 * @param site     a string that lives for ever: #HENCE_SITE; or NULL
 * @param loop     lent: the loop of all inputs
 * @param futures  lent, as for hence_gather_at()
 * @param n        how many
 * @return the Future, yours; otherwise as hence_gather_at()
 *
 * @threading{The loop's.}
 * @cancel{All inputs that are not done are cancelled, in their order.}
 * @complexity{O(n), in constant stack at any depth; nothing is allocated later.}
 * @see hence_race()
 * @since 0.1
 * @snippet 50_gather.c race
 */
HENCE_API HENCE_MUST_USE hence_future *hence_race_future_at(const char *site, hence_loop *loop,
                                                            hence_future *const *futures, size_t n);
/**
 * One Future for the first of many that succeeds: hence_race_future_at() with this line.
 * @snippet 50_gather.c race
 */
#define hence_race_future(...) hence_race_future_at(HENCE_SITE, __VA_ARGS__)

/** When hence_wait() has waited long enough. */
typedef enum hence_wait_condition {
    HENCE_ALL_COMPLETED = 0,   /**< all are done */
    HENCE_FIRST_COMPLETED = 1, /**< at least one is done, in whatever way */
    HENCE_FIRST_EXCEPTION = 2  /**< at least one has failed, not by cancellation; or all are done */
} hence_wait_condition;

/**
 * @brief Wait until enough of many Futures are done. The macro hence_wait() adds the line.
 *
 * @verbatim
     in   futures[] = { F<A>, F<B>, F<C> }        n = 3
     out  F< int: how many are done >             which: hence_future_done(futures[i])

     an input fails            is not the result's failure: ask that input
     an input is cancelled     counts as done; does not end FIRST_EXCEPTION
     the time is over          the number that are done by then, perhaps 0; nothing is cancelled
     the result is cancelled   is cancelled at once; the inputs go on
     n == 0                    fails with EINVAL
   @endverbatim
 * It looks at its inputs, and neither reads nor cancels them: a failure of theirs still wants to be
 * looked at. Waiting for the next of many again and again costs O(n) each time here; a completion queue
 * does it in O(1): hence_as_completed().
 *
 * @param site       a string that lives for ever: #HENCE_SITE; or NULL
 * @param loop       lent: the loop of all inputs
 * @param futures    lent; see hence_future_lend(). The same one in several places counts in each. NULL is
 *                   one that has failed
 * @param n          how many
 * @param condition  when it is enough
 * @param timeout    nanoseconds; negative: none
 * @return the Future, yours; otherwise as hence_gather_at()
 *
 * @threading{The loop's.}
 * @cancel{At once, without the inputs.}
 * @complexity{O(n).}
 * @since 0.1
 * @snippet 51_wait.c wait
 */
HENCE_API HENCE_MUST_USE hence_future *hence_wait_at(const char *site, hence_loop *loop,
                                                     hence_future *const *futures, size_t n,
                                                     hence_wait_condition condition,
                                                     int64_t timeout);
/**
 * Wait until enough are done: hence_wait_at() with this line.
 * @snippet 51_wait.c wait
 */
#define hence_wait(...) hence_wait_at(HENCE_SITE, __VA_ARGS__)

/* ---- one by one ---------------------------------------------------------------------------- */

/** Gives Futures one by one, in the order in which they are done. */
typedef struct hence_completion_queue hence_completion_queue;

/** One Future that is done, and which it was. */
typedef struct hence_completion {
    size_t index; /**< its place among those that were given, from 0; or the number it got */
    hence_future *future; /**< the very Future that was given: lent as long as this lives */
} hence_completion;

/**
 * @brief A queue to which Futures can be added at any time.
 *
 * @verbatim
     add(f0) add(f1) add(f2)                      f1 is done, then f0
     next() --> F< completion { 1, f1 } >
     next() --> F< completion { 0, f0 } >
     next() --> F< completion { 2, f2 } >         when that is done
     next() --> fails with EEND                   nothing is left in it
   @endverbatim
 *
 * @param loop  lent
 * @return the queue, yours: hence_completion_queue_free(); NULL when there is no memory
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @see hence_as_completed()
 * @since 0.1
 * @snippet 52_as_completed.c queue
 */
HENCE_API HENCE_MUST_USE hence_completion_queue *hence_completion_queue_new(hence_loop *loop);

/**
 * @brief End a queue. Futures in it go on, and nothing is left on them.
 *
 * Futures that hence_completion_queue_next() gave and that are not done are cancelled.
 *
 * @param queue  taken; NULL is accepted
 * @return NULL
 * @threading{The loop's.}
 * @complexity{O(number of Futures in it).}
 * @since 0.1
 * @snippet 52_as_completed.c as-completed
 */
HENCE_API hence_completion_queue *hence_completion_queue_free(hence_completion_queue *queue);

/**
 * @brief Add a Future. Its number is how many were added before.
 * @param queue  lent
 * @param f      lent: the queue holds a reference of its own
 * @retval 0        added
 * @retval -ENOMEM  @p f or @p queue is NULL, or there is no memory
 * @retval -EINVAL  it belongs to another loop
 * @threading{The loop's.}
 * @complexity{O(1); one allocation.}
 * @since 0.1
 * @snippet 52_as_completed.c queue
 */
HENCE_API int hence_completion_queue_add(hence_completion_queue *queue, hence_future *f);

/**
 * @brief A Future for the next one that is done.
 *
 * The k-th call gets the k-th that is done, in whatever order the Futures from it are looked at. What it got
 * goes back to the queue, and to the next call, if nobody is told of it, as with hence_queue_get_future(). The
 * macro hence_completion_queue_next() adds the line.
 *
 * @param site   a string that lives for ever: #HENCE_SITE; or NULL
 * @param queue  lent
 * @return the Future, yours: gives a hence_completion, see hence_as_completion(). It fails with #HENCE_EEND
 *         if nothing is left in the queue for it, and with #HENCE_ETIMEDOUT when the time of
 *         hence_as_completed() is over. NULL when there is no memory
 * @threading{The loop's.}
 * @cancel{Ends this one; what it would have got goes to the next.}
 * @complexity{O(1), and O(log n) in the number of those that have come back, while there are any.}
 * @since 0.1
 * @snippet 52_as_completed.c as-completed
 */
HENCE_API HENCE_MUST_USE hence_future *hence_completion_queue_next_at(
    const char *site, hence_completion_queue *queue);
/**
 * A Future for the next one that is done: hence_completion_queue_next_at() with this line.
 * @snippet 52_as_completed.c as-completed
 */
#define hence_completion_queue_next(queue) hence_completion_queue_next_at(HENCE_SITE, (queue))

/**
 * @brief Take one that is done already, without waiting.
 * @param queue  lent
 * @return the completion, yours: hence_completion_free(); NULL if none is done, or all that are were
 *         promised to hence_completion_queue_next()
 * @threading{The loop's.}
 * @complexity{O(1); nothing is allocated.}
 * @since 0.1
 * @snippet 52_as_completed.c pop
 */
HENCE_API HENCE_MUST_USE hence_completion *hence_completion_queue_pop(
    hence_completion_queue *queue);

/**
 * @brief How many Futures are in it: not done, or done and not taken.
 * @param queue  lent
 * @return the number; 0 for NULL
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 52_as_completed.c queue
 */
HENCE_API size_t hence_completion_queue_size(const hence_completion_queue *queue);

/**
 * @brief A queue with @p n Futures in it.
 *
 * @param loop     lent: the loop of all inputs
 * @param futures  lent; see hence_future_lend(). The same one in several places is given once, with its first
 *                 place
 * @param n        how many
 * @param timeout  nanoseconds, from now; negative: none. When it is over before all are done, each
 *                 hence_completion_queue_next() that finds none done fails with #HENCE_ETIMEDOUT; the
 *                 inputs are not cancelled
 * @return the queue, yours; NULL when there is no memory, one of them is NULL, or belongs to another loop
 * @threading{The loop's.}
 * @complexity{O(n).}
 * @since 0.1
 * @snippet 52_as_completed.c as-completed
 */
HENCE_API HENCE_MUST_USE hence_completion_queue *hence_as_completed(hence_loop *loop,
                                                                    hence_future *const *futures,
                                                                    size_t n, int64_t timeout);

/**
 * @brief Let a completion go, and its Future. It is the destructor of results that own one.
 * @param completion  taken: a hence_completion; NULL is accepted
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 52_as_completed.c pop
 */
HENCE_API void hence_completion_free(void *completion);

/**
 * @brief The completion that a result owns, or shares.
 * @param in  lent
 * @return lent as long as the result; NULL if it is something else
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 52_as_completed.c as-completed
 */
HENCE_API inline const hence_completion *hence_as_completion(const hence_result *in);

inline const hence_completion *hence_as_completion(const hence_result *in)
{
    return (const hence_completion *)hence_as(in, hence_completion_free);
}

/* ---- one behind another -------------------------------------------------------------------- */

/**
 * @brief A Future for the same result that can be cancelled alone. The macro hence_shield() adds the
 * line.
 *
 * @verbatim
     in   F<A>          out  F<A>

     the input ends            the result ends the same way
     the result is cancelled   it is cancelled at once; the input goes on
     the input is done         the input itself, one more reference
   @endverbatim
 *
 * @param site  a string that lives for ever: #HENCE_SITE; or NULL
 * @param f     lent; see hence_future_lend() for one that is made inside of this call
 * @return the Future, yours; NULL when there is no memory, or @p f is NULL
 * @threading{The loop's.}
 * @cancel{Ends this one alone. If the input fails later, and nobody else looks, that is reported.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 53_shield.c shield
 */
HENCE_API HENCE_MUST_USE hence_future *hence_shield_at(const char *site, hence_future *f);
/**
 * A Future that can be cancelled alone: hence_shield_at() with this line.
 * @snippet 53_shield.c shield
 */
#define hence_shield(f) hence_shield_at(HENCE_SITE, (f))

/**
 * @brief A time limit for a Future, which is cancelled when it is over. The macro hence_wait_for() adds
 * the line.
 *
 * @verbatim
     in   F<A>, timeout          out  F<A>

     the input ends in time      the same
     the time is over            the input is cancelled, and waited for; then
                                   it was cancelled: fails with ETIMEDOUT
                                   it ended otherwise after all: the same
     the result is cancelled     the input is cancelled, and waited for; then the same
   @endverbatim
 *
 * @param site     a string that lives for ever: #HENCE_SITE; or NULL
 * @param f        lent; see hence_future_lend() for one that is made inside of this call
 * @param timeout  nanoseconds; 0: it is cancelled now, unless it is done; negative: none
 * @return the Future, yours; NULL when there is no memory, or @p f is NULL
 * @threading{The loop's.}
 * @cancel{Passed on to the input. A job of an executor that runs goes on all the same: hence_run_in_executor_at().}
 * @complexity{O(log n) in the number of timers.}
 * @see hence_with_timeout(), hence_deferred_add_timeout()
 * @since 0.1
 * @snippet 51_wait.c wait-for
 */
HENCE_API HENCE_MUST_USE hence_future *hence_wait_for_at(const char *site, hence_future *f,
                                                         int64_t timeout);
/**
 * A time limit for a Future: hence_wait_for_at() with this line.
 * @snippet 51_wait.c wait-for
 */
#define hence_wait_for(f, timeout) hence_wait_for_at(HENCE_SITE, (f), (timeout))

/**
 * @brief A time limit for waiting: the Future itself goes on. The macro hence_with_timeout() adds the
 * line.
 *
 * @verbatim
     in   F<A>, timeout          out  F<A>

     the input ends in time      the same
     the time is over            fails with ETIMEDOUT at once; the input goes on
     the result is cancelled     it is cancelled at once; the input goes on
   @endverbatim
 *
 * @param site     a string that lives for ever: #HENCE_SITE; or NULL
 * @param f        lent; see hence_future_lend() for one that is made inside of this call
 * @param timeout  nanoseconds; negative: none
 * @return the Future, yours; NULL when there is no memory, or @p f is NULL
 * @threading{The loop's.}
 * @cancel{Ends this one alone. If the input fails later, and nobody else looks, that is reported.}
 * @complexity{O(log n) in the number of timers.}
 * @see hence_wait_for()
 * @since 0.1
 * @snippet 51_wait.c with-timeout
 */
HENCE_API HENCE_MUST_USE hence_future *hence_with_timeout_at(const char *site, hence_future *f,
                                                             int64_t timeout);
/**
 * A time limit for waiting: hence_with_timeout_at() with this line.
 * @snippet 51_wait.c with-timeout
 */
#define hence_with_timeout(f, timeout) hence_with_timeout_at(HENCE_SITE, (f), (timeout))

/**
 * @brief A Future for what a step makes of a Future's result. The macro hence_future_then() adds the line.
 *
 * @verbatim
     in   F<A>      value   --> on_value(in, arg) --.
                                                     >--> out  F<B>
                    failure --> on_error(in, arg) --'
   @endverbatim
 * The steps run through the loop, when the input is done.
 *
 * @param site      a string that lives for ever: #HENCE_SITE; or NULL
 * @param f         lent; see hence_future_lend() for one that is made inside of this call
 * @param on_value  step for a value, or NULL: it passes
 * @param on_error  step for a failure, or NULL: it passes
 * @param arg       handed to whichever of the two runs
 * @return the Future, yours; NULL when there is no memory, or @p f is NULL
 * @threading{The loop's.}
 * @cancel{Passed on to the input, for all its listeners: shield it to avoid that. The steps still run,
 *   with #HENCE_ECANCELLED, and decide what comes of it.}
 * @complexity{O(1).}
 * @see hence_combine2()
 * @since 0.1
 * @snippet 54_operators.c then
 */
HENCE_API HENCE_MUST_USE hence_future *hence_future_then_at(const char *site, hence_future *f,
                                                            hence_step *on_value,
                                                            hence_step *on_error, void *arg);
/**
 * What a step makes of a Future's result: hence_future_then_at() with this line.
 * @snippet 54_operators.c then
 */
#define hence_future_then(f, on_value, on_error, arg)                                              \
    hence_future_then_at(HENCE_SITE, (f), (on_value), (on_error), (arg))

/**
 * @brief Makes one result of two.
 * @param a    lent: a value
 * @param b    lent: a value
 * @param arg  what was given along with it
 * @return the result
 */
typedef hence_result hence_combine_fn(const hence_result *a, const hence_result *b, void *arg);

/**
 * @brief "a + b" of two results that are not there yet. The macro hence_combine2() adds the line.
 *
 * @verbatim
     in   F<A>, F<B>          out  F< combine(A, B) >
     one fails                that failure, at once
   @endverbatim
 *
 * @param site     a string that lives for ever: #HENCE_SITE; or NULL
 * @param a        lent; see hence_future_lend()
 * @param b        lent
 * @param combine  makes one result of the two, through the loop, when both are there
 * @param arg      handed to it
 * @return the Future, yours; NULL when there is no memory, or one of them is NULL
 * @threading{The loop's.}
 * @cancel{Both inputs are cancelled.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 54_operators.c add
 */
HENCE_API HENCE_MUST_USE hence_future *hence_combine2_at(const char *site, hence_future *a,
                                                         hence_future *b, hence_combine_fn *combine,
                                                         void *arg);
/**
 * "a + b" of two results that are not there yet: hence_combine2_at() with this line.
 * @snippet 54_operators.c add
 */
#define hence_combine2(a, b, combine, arg) hence_combine2_at(HENCE_SITE, (a), (b), (combine), (arg))

/**
 * @brief Run the loop until what a function returned has ended, or some time is over.
 *
 * @param loop     lent
 * @param fn       called by the loop, once; a chain that it returns is waited for
 * @param arg      handed to it
 * @param timeout  nanoseconds; negative: none. When it is over what @p fn returned is cancelled
 * @return the result, yours; the failure #HENCE_ETIMEDOUT when the time is over; otherwise as
 *         hence_loop_run_until_complete()
 * @threading{The loop's.}
 * @complexity{None of its own.}
 * @since 0.1
 * @snippet 54_operators.c run-sync
 */
HENCE_API HENCE_MUST_USE hence_result hence_loop_run_sync(hence_loop *loop, hence_result_fn *fn,
                                                          void *arg, int64_t timeout);

HENCE_END_DECLS

/** @} */

#endif
