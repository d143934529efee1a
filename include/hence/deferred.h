/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_DEFERRED_H
#define HENCE_DEFERRED_H

/**
 * @file
 * Deferreds: chains of callbacks and errbacks that a result travels through.
 *
 * @defgroup hence_deferred Deferreds
 * A Deferred is a result that is not there yet, and the chain of steps that it will travel through.
 * Each step replaces the result for the next one. Steps run at once: inside hence_resolve(), or
 * inside the call that adds them when the result is there already. No loop is needed.
 *
 * Deferreds are counted: hence_deferred_new() gives one reference, hence_deferred_unref() lets it
 * go, and calls whose description says *taken* take one. NULL stands for the Deferred that could
 * not be had for want of memory: every call accepts it.
 *
 * A Deferred and everything chained to it belong to one thread at a time.
 * @{
 */

#include <hence/promise.h>

HENCE_BEGIN_DECLS

/* ---- made ---------------------------------------------------------------------------------- */

/**
 * @brief A Deferred and the promise that will resolve it. The macro hence_deferred_new() adds the
 * line.
 *
 * @param site      a string that lives for ever: #HENCE_SITE; or NULL
 * @param producer  gets the promise, which is yours to end; NULL in it when there is no memory.
 *                  NULL: nobody will resolve it, and it fails with #HENCE_EABANDONED at once
 * @return the Deferred, yours; NULL when there is no memory
 *
 * @threading{Any; from then on the thread that uses it.}
 * @complexity{O(1); one allocation.}
 * @since 0.1
 * @snippet 04_on_success_on_error.c ask
 */
HENCE_API HENCE_MUST_USE hence_deferred *hence_deferred_new_at(const char *site,
                                                               hence_promise **producer);
/**
 * A Deferred and its promise: hence_deferred_new_at() with the line that this stands on.
 * @snippet 04_on_success_on_error.c ask
 */
#define hence_deferred_new(producer) hence_deferred_new_at(HENCE_SITE, (producer))

/**
 * @brief A Deferred that has its result already. The macro hence_deferred_succeed() adds the line.
 *
 * @param site  a string that lives for ever: #HENCE_SITE; or NULL
 * @param r     taken: a value, a failure, or a chain to wait for
 * @return the Deferred, yours; NULL when there is no memory
 *
 * @threading{Any; from then on the thread that uses it.}
 * @complexity{O(1); one allocation.}
 * @since 0.1
 * @snippet 10_chains_and_errors.c chain
 */
HENCE_API HENCE_MUST_USE hence_deferred *hence_deferred_succeed_at(const char *site,
                                                                   hence_result r);
/**
 * A Deferred that has its value already: hence_deferred_succeed_at() with this line.
 * @snippet 10_chains_and_errors.c chain
 */
#define hence_deferred_succeed(r) hence_deferred_succeed_at(HENCE_SITE, (r))

/**
 * @brief A Deferred that has failed already. The macro hence_deferred_fail() adds the line.
 *
 * @param site  a string that lives for ever: #HENCE_SITE; or NULL
 * @param r     taken: a failure, from hence_fail() and its like. Anything else is destroyed, and
 *              the Deferred fails with #HENCE_EINVAL
 * @return the Deferred, yours; NULL when there is no memory
 *
 * @threading{Any; from then on the thread that uses it.}
 * @complexity{O(1); one allocation.}
 * @since 0.1
 * @snippet 21_reports.c unhandled
 */
HENCE_API HENCE_MUST_USE hence_deferred *hence_deferred_fail_at(const char *site, hence_result r);
/**
 * A Deferred that has failed already: hence_deferred_fail_at() with this line.
 * @snippet 21_reports.c unhandled
 */
#define hence_deferred_fail(r) hence_deferred_fail_at(HENCE_SITE, (r))

/**
 * @brief Call a function, and give a Deferred whatever it returns. The macro hence_maybe_deferred()
 * adds the line.
 *
 * @verbatim
       fn(arg) returns          out
       a value, a failure       a Deferred that has it already
       hence_chain(d)           d itself
       hence_chain_future(f)    a Deferred that waits for f
   @endverbatim
 *
 * @param site  a string that lives for ever: #HENCE_SITE; or NULL
 * @param fn    the function; NULL: the Deferred fails with #HENCE_EINVAL
 * @param arg   handed to it
 * @return the Deferred, yours; NULL when there is no memory: then what @p fn returned is destroyed
 *
 * @threading{Any; from then on the thread that uses it.}
 * @complexity{O(1) and @p fn.}
 * @see hence_execute()
 * @since 0.1
 * @snippet 32_maybe.c maybe
 */
HENCE_API HENCE_MUST_USE hence_deferred *hence_maybe_deferred_at(const char *site,
                                                                 hence_result_fn *fn, void *arg);
/**
 * A Deferred for whatever a function returns: hence_maybe_deferred_at() with this line.
 * @snippet 32_maybe.c maybe
 */
#define hence_maybe_deferred(fn, arg) hence_maybe_deferred_at(HENCE_SITE, (fn), (arg))

/**
 * @brief A new Deferred for what a function returns. The macro hence_execute() adds the line.
 *
 * Unlike hence_maybe_deferred() it never gives the Deferred that @p fn returned, but always one of its
 * own, made at this line, which waits for that.
 *
 * @param site  a string that lives for ever: #HENCE_SITE; or NULL
 * @param fn    the function; NULL: the Deferred fails with #HENCE_EINVAL
 * @param arg   handed to it
 * @return the Deferred, yours; NULL when there is no memory: then what @p fn returned is destroyed
 *
 * @threading{Any; from then on the thread that uses it.}
 * @complexity{O(1) and @p fn.}
 * @see hence_maybe_deferred()
 * @since 0.1
 * @snippet 32_maybe.c execute
 */
HENCE_API HENCE_MUST_USE hence_deferred *hence_execute_at(const char *site, hence_result_fn *fn,
                                                          void *arg);
/**
 * A new Deferred for what a function returns: hence_execute_at() with this line.
 * @snippet 32_maybe.c execute
 */
#define hence_execute(fn, arg) hence_execute_at(HENCE_SITE, (fn), (arg))

/* ---- held ---------------------------------------------------------------------------------- */

/**
 * @brief One more reference.
 * @param d  lent; NULL gives NULL
 * @return the same Deferred, yours
 * @threading{The thread that uses @p d.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 14_adapters.c ref
 */
HENCE_API hence_deferred *hence_deferred_ref(hence_deferred *d);

/**
 * @brief One reference less. This does not cancel: steps that were added still run.
 *
 * When the last reference goes and the chain has ended in a failure that nobody handled, that is
 * reported now: hence_set_report_handler(). A cancellation is not reported. A chain that is paused
 * when its last reference goes ends there: nobody could unpause it.
 *
 * @param d  taken; NULL is accepted
 * @return NULL
 * @threading{The thread that uses @p d.}
 * @complexity{O(1) and what is destroyed, in constant stack; nothing is allocated.}
 * @see hence_deferred_forget()
 * @since 0.1
 * @snippet 01_slow_square.c main
 */
HENCE_API hence_deferred *hence_deferred_unref(hence_deferred *d);

/**
 * @brief Teardown: cancel, run no further step, report nothing, let go.
 *
 * What is bound to the chain is destroyed when nothing of it runs any more: now, or, if it waits
 * for a Future, when that has ended.
 *
 * @param d  taken; NULL is accepted
 * @threading{The thread that uses @p d.}
 * @complexity{O(number of steps and of chains that it waits through); nothing is allocated.}
 * @see hence_deferred_unref(), hence_deferred_cancel()
 * @since 0.1
 * @snippet 12_cancel.c forget
 */
HENCE_API void hence_deferred_forget(hence_deferred *d);

/**
 * @brief Give memory to the chain: it is destroyed once, after the last step, however that ends.
 *
 * Bind first, then use @p p as the `arg` of steps. After a failure @p p is gone.
 *
 * @param d        lent
 * @param p        taken, also when the call fails
 * @param destroy  what ends it
 *
 * @retval 0        bound: lent to every step from now on
 * @retval -ENOMEM  @p p has been destroyed
 * @retval -EINVAL  @p destroy is NULL: @p p has been left alone
 *
 * @threading{The thread that uses @p d.}
 * @complexity{O(1); one allocation. What was bound last is destroyed first.}
 * @see hence_deferred_alloc()
 * @since 0.1
 * @snippet 11_returned_deferred.c bind
 */
HENCE_API HENCE_MUST_USE int hence_deferred_bind(hence_deferred *d, void *p,
                                                 hence_drop_fn *destroy);

/**
 * @brief Memory that belongs to the chain from the start, filled with zeroes.
 *
 * @param d        lent
 * @param size     in bytes
 * @param destroy  runs before the memory is released, once, after the last step; NULL for none
 * @return the memory, lent until the chain has ended; NULL when there is none, or @p d is NULL
 *
 * @threading{The thread that uses @p d.}
 * @complexity{O(size); one allocation.}
 * @see hence_deferred_bind()
 * @since 0.1
 * @snippet 03_sleep.c slow-square
 */
HENCE_API HENCE_MUST_USE void *hence_deferred_alloc(hence_deferred *d, size_t size,
                                                    hence_drop_fn *destroy);

/* ---- steps --------------------------------------------------------------------------------- */

/**
 * @brief Append one step, a callback and an errback, to the chain of @p d.
 *
 * @verbatim
       value   --> on_value(in, arg) --.
                                        >--> what the next step receives
       failure --> on_error(in, arg) --'
   @endverbatim
 * Exactly one of the two runs, exactly once; a NULL one lets its input through. What it returns
 * picks the side of the next step: a value goes to its callback, a failure to its errback, and
 * another Deferred, hence_chain(), makes the chain wait for that one.
 *
 * If @p d has its result already, the step runs before this call returns. From inside a running
 * step of the same chain it is queued behind the steps that are there: a chain never enters itself,
 * so its depth on the C stack stays constant.
 *
 * @param d         the chain
 * @param on_value  step for a value, or NULL
 * @param on_error  step for a failure, or NULL
 * @param arg       handed to whichever of the two runs
 *
 * @retval 0        the step is part of the chain, or has run already
 * @retval -ENOMEM  the out-of-memory failure stands in the step's place; if @p d is NULL,
 *                  @p on_error has run with it, and what it returned was destroyed: a step cannot
 *                  turn NULL into something that is there
 * @retval -EINVAL  both steps are NULL
 *
 * @ownership{@p d is lent. @p arg must live until the step has run: see hence_deferred_bind().}
 * @threading{The thread that uses @p d.}
 * @cancel{Cancelling @p d before it is resolved runs the errback side with #HENCE_ECANCELLED; a
 *   step is never skipped by a cancellation.}
 * @complexity{O(1); no allocation for the first step, one for each seven further ones.}
 * @see hence_deferred_add_both()
 * @since 0.1
 * @snippet 04_on_success_on_error.c ask
 */
HENCE_API int hence_deferred_add_callbacks(hence_deferred *d, hence_step *on_value,
                                           hence_step *on_error, void *arg);

/**
 * @brief Append a step for a value; a failure passes it by.
 *
 * @param d         the chain
 * @param on_value  the step
 * @param arg       handed to it
 * @return as hence_deferred_add_callbacks()
 * @threading{The thread that uses @p d.}
 * @complexity{As hence_deferred_add_callbacks().}
 * @since 0.1
 * @snippet 10_chains_and_errors.c chain
 */
HENCE_API int hence_deferred_add_callback(hence_deferred *d, hence_step *on_value, void *arg);

/**
 * @brief Append a step for a failure; a value passes it by.
 *
 * @param d         the chain
 * @param on_error  the step: returning a value handles the failure
 * @param arg       handed to it
 * @return as hence_deferred_add_callbacks()
 * @threading{The thread that uses @p d.}
 * @complexity{As hence_deferred_add_callbacks().}
 * @since 0.1
 * @snippet 10_chains_and_errors.c chain
 */
HENCE_API int hence_deferred_add_errback(hence_deferred *d, hence_step *on_error, void *arg);

/**
 * @brief Append a step that runs either way.
 *
 * @param d     the chain
 * @param step  the step: hence_is_failure() tells which it got
 * @param arg   handed to it
 * @return as hence_deferred_add_callbacks()
 * @threading{The thread that uses @p d.}
 * @complexity{As hence_deferred_add_callbacks().}
 * @since 0.1
 * @snippet 01_slow_square.c main
 */
HENCE_API int hence_deferred_add_both(hence_deferred *d, hence_step *step, void *arg);

/**
 * @brief hence_deferred_add_both() for languages that cannot return a structure from a callback.
 *
 * @param d     the chain
 * @param step  finds its input in the result that it is given, takes it, and leaves its outcome
 *              there; leaving it untouched passes the input on. Nothing is destroyed for it
 * @param arg   handed to it
 * @return as hence_deferred_add_callbacks()
 * @threading{The thread that uses @p d.}
 * @complexity{As hence_deferred_add_callbacks().}
 * @since 0.1
 * @snippet 25_in_out_steps.c add
 */
HENCE_API int hence_deferred_add_in_out(hence_deferred *d, hence_step_in_out *step, void *arg);

/**
 * @brief A step that passes its input on, value or failure.
 *
 * Where a step is asked for and nothing is to be done; a NULL step does the same beside one that is
 * there.
 *
 * @param in   lent
 * @param arg  ignored
 * @return what was in @p in
 * @threading{Where the step runs.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 32_maybe.c passthru
 */
HENCE_API HENCE_MUST_USE hence_result hence_passthru(hence_result *in, void *arg);

/**
 * @brief A step that reports a failure and passes it on; values pass without a word.
 *
 * The report, of kind #HENCE_REPORT_LOGGED, goes to this thread's handler: see
 * hence_set_report_handler(). The failure is still to be handled.
 *
 * @param in       lent
 * @param message  a string to say what failed, one line; NULL for none
 * @return what was in @p in
 * @threading{Where the step runs.}
 * @complexity{O(1), and the handler.}
 * @since 0.1
 * @snippet 32_maybe.c log-error
 */
HENCE_API HENCE_MUST_USE hence_result hence_log_error(hence_result *in, void *message);

/**
 * @brief "What @p d will give", to return from a step or to resolve a promise with.
 *
 * @verbatim
       outer:  step --returns hence_chain(inner)-->  waits ........ next step gets inner's result
       inner:  ...steps added before...  --result--'  steps added after see none
   @endverbatim
 * The outer chain waits until @p d has run the steps that it had when it was chained, and goes on
 * with its result. A cancellation of the outer one is passed on to @p d. If @p d is the outer chain
 * itself, or waits for it in a circle, the result is the failure #HENCE_EDEADLK; if its result went
 * to another consumer already, #HENCE_ETAKEN. A circle is looked for through a thousand that wait for each
 * other: a longer one waits, and keeps its memory, until one of those in it is cancelled.
 *
 * @param d  taken: keep a reference of your own to use it later. NULL is the out-of-memory failure
 * @return a result that stands for it
 *
 * @threading{The thread that uses @p d.}
 * @complexity{O(1); nothing is allocated. Any depth of chains needs constant stack.}
 * @see hence_chain_future()
 * @since 0.1
 * @snippet 11_returned_deferred.c chain
 */
HENCE_API HENCE_MUST_USE hence_result hence_chain(hence_deferred *d);

/**
 * @brief Resolve a promise with the result that @p d has at this point of its chain.
 *
 * Steps added to @p d afterwards see hence_none(). Unlike hence_chain(), a cancellation is not
 * passed back: who cancels the promise's side leaves @p d alone.
 *
 * @param d  lent. NULL: @p p gets the out-of-memory failure
 * @param p  taken
 *
 * @retval 0       it will be resolved, or has been
 * @retval -EBUSY  the result of @p d goes to another consumer: @p p gets #HENCE_ETAKEN
 * @retval -EINVAL @p p is NULL
 *
 * @threading{The thread that uses @p d.}
 * @complexity{O(1); nothing is allocated. Any number of Deferreds chained one to the next needs
 *   constant stack.}
 * @since 0.1
 * @snippet 14_adapters.c chain-to-promise
 */
HENCE_API int hence_deferred_chain(hence_deferred *d, hence_promise *p);

/**
 * @brief Hold the chain before its next step. Pauses nest.
 *
 * @param d  lent
 * @retval 0           paused
 * @retval -EOVERFLOW  paused more than 4,000 times
 * @retval -ENOMEM     @p d is NULL
 * @threading{The thread that uses @p d.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 13_pause.c pause
 */
HENCE_API int hence_deferred_pause(hence_deferred *d);

/**
 * @brief Undo one hence_deferred_pause(); the last one lets the steps run, before it returns.
 *
 * It never touches a wait for another Deferred.
 *
 * @param d  lent
 * @retval 0        one pause less
 * @retval -EINVAL  it is not paused
 * @retval -ENOMEM  @p d is NULL
 * @threading{The thread that uses @p d.}
 * @complexity{O(1) and the steps that run.}
 * @since 0.1
 * @snippet 13_pause.c pause
 */
HENCE_API int hence_deferred_unpause(hence_deferred *d);

/**
 * @brief Say that the result is not wanted any more.
 *
 * @verbatim
       has no result yet         its canceller runs, and HENCE_ECANCELLED travels down the chain,
                                 now; or what the canceller resolved it with
       waits for another one     that one is cancelled
       has its result            nothing happens
   @endverbatim
 *
 * @param d  lent
 * @retval 0          it was cancelled, or the one that it waits for was
 * @retval -EALREADY  it has its result, or is being cancelled
 * @retval -EDEADLK   it waits in a circle that was too long to be found when it was closed
 * @retval -ENOMEM    @p d is NULL
 *
 * @threading{The thread that uses @p d.}
 * @complexity{O(1) and the steps that run, or O(depth) of the waits, in constant stack; nothing is
 *   allocated.}
 * @see hence_promise_on_cancel()
 * @since 0.1
 * @snippet 14_adapters.c ref
 */
HENCE_API int hence_deferred_cancel(hence_deferred *d);

/** How far a Deferred has come. */
typedef enum hence_deferred_state {
    HENCE_DEFERRED_PENDING, /**< nobody has resolved it */
    HENCE_DEFERRED_WAITING, /**< it waits for another one */
    HENCE_DEFERRED_PAUSED,  /**< it has a result, and hence_deferred_pause() holds it */
    HENCE_DEFERRED_RUNNING, /**< one of its steps is running */
    HENCE_DEFERRED_DONE     /**< it has a result, and has run all its steps */
} hence_deferred_state;

/**
 * @brief How far it has come.
 * @param d  lent; NULL is done: it has failed for want of memory
 * @return the state
 * @threading{The thread that uses @p d.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 13_pause.c take
 */
HENCE_API hence_deferred_state hence_deferred_get_state(const hence_deferred *d);

/**
 * @brief Take the result of a Deferred that is done, as its one consumer.
 *
 * @param d  lent; steps added afterwards see hence_none(). NULL gives the out-of-memory failure
 * @return the result, yours; the failure #HENCE_EPENDING if it is not done, #HENCE_ETAKEN if the
 *         result went to a consumer already
 * @threading{The thread that uses @p d.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 13_pause.c take
 */
HENCE_API HENCE_MUST_USE hence_result hence_deferred_take(hence_deferred *d);

/**
 * @brief The line where it was made.
 * @param d  lent
 * @return such as "fetch.c:42"; NULL if it was not told
 * @threading{The thread that uses @p d.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 16_two_shapes.c made
 */
HENCE_API const char *hence_deferred_site(const hence_deferred *d);

/**
 * @brief The line where it was resolved, if it was made while debugging was on.
 * @param d  lent
 * @return such as "fetch.c:57"; NULL if it has not been resolved, or that was not remembered
 * @threading{The thread that uses @p d.}
 * @complexity{O(1).}
 * @see hence_set_debugging()
 * @since 0.1
 * @snippet 37_debugging.c debugging
 */
HENCE_API const char *hence_deferred_resolved_site(const hence_deferred *d);

HENCE_END_DECLS

/** @} */

#endif
