/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_LOOP_H
#define HENCE_LOOP_H

/**
 * @file
 * The loop: calls, timers, a door for other threads, and orderly shutdown, on libevent.
 *
 * @defgroup hence_loop The loop
 * A loop sits on an `event_base`, the program's own or one that it makes, and adds what libevent
 * lacks: a fair queue of calls, timers whose equal deadlines fire in order and never early, a door
 * for other threads, a clock that a test can replace, and orderly shutdown. It works whether the
 * program runs `event_base_dispatch()` itself or hence_loop_run_forever().
 *
 * A loop belongs to the thread that made it. Calls from another thread are refused with -EPERM and
 * a report; hence_call_soon_threadsafe() is the door. In a forked child the loop is refused too,
 * until hence_loop_reinit().
 *
 * Time is `int64_t` nanoseconds of the monotonic clock.
 * @{
 */

#include <hence/result.h>

HENCE_BEGIN_DECLS

struct event_base;

/** A number of seconds, whole or not, not negative, as a duration; to the nearest nanosecond. */
#define HENCE_SECONDS(x) ((int64_t)((double)(x)*1e9 + 0.5))
/** A whole number of milliseconds as a duration. */
#define HENCE_MS(x) ((int64_t)(x)*1000000)
/** A whole number of microseconds as a duration. */
#define HENCE_US(x) ((int64_t)(x)*1000)

/** What a loop calls. */
typedef void hence_call_fn(void *arg);

/**
 * @brief Names one call that a loop was asked to make. A small value: copy it, forget it.
 *
 * All zeroes is the empty handle, which names no call. A handle whose call has run, or was
 * cancelled, names no call any more; it is never mistaken for a later one.
 */
typedef struct hence_call {
    uint64_t sequence; /**< which call */
    uint32_t slot;     /**< where a timer stands */
    uint32_t type;     /**< 0: empty */
} hence_call;

/* ---- made ---------------------------------------------------------------------------------- */

/**
 * @brief A loop on an `event_base`, for the calling thread.
 *
 * The base may have been made without `evthread_use_pthreads()`, and with priorities. Free the loop
 * before the base. When the program frees the base first, that is reported, the loop does not touch
 * it any more, and every call is refused as if it were closed.
 *
 * The loop alone does not keep `event_base_dispatch()` from ending; calls and timers that wait do.
 *
 * @param base  lent until the loop is closed; NULL: the loop makes one, and frees it when it closes
 * @return the loop, yours; NULL when there is no memory, or no descriptor for the door
 *
 * @threading{The calling thread becomes the loop's.}
 * @complexity{O(1).}
 * @see hence_loop_free(), hence_loop_current()
 * @since 0.1
 * @snippet 01_slow_square.c main
 */
HENCE_API HENCE_MUST_USE hence_loop *hence_loop_new(struct event_base *base);

/**
 * @brief One more reference, so that another thread's hence_call_soon_threadsafe() is safe.
 * @param loop  lent; NULL gives NULL
 * @return the same loop, yours
 * @threading{Any.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 19_threads.c post
 */
HENCE_API hence_loop *hence_loop_ref(hence_loop *loop);

/**
 * @brief One reference less. When the last one goes, the loop is closed.
 *
 * @param loop  taken; NULL is accepted
 * @return NULL
 * @threading{Any, as long as the loop's own thread keeps a reference until it has closed it.}
 * @complexity{O(1), and hence_loop_close() for the last one.}
 * @since 0.1
 * @snippet 28_loop_life.c close
 */
HENCE_API hence_loop *hence_loop_unref(hence_loop *loop);

/**
 * @brief End a loop: what waits in it is dropped, and later calls are refused with -ESHUTDOWN.
 *
 * Shutdown callbacks that have not run yet run now, in order, and are not waited for. Then every
 * waiting call is dropped: its argument is destroyed if the loop owns it, the function does not run.
 * Done callbacks of Futures that are on their way are dropped alike. Closing twice does nothing.
 *
 * Operations whose call is dropped end: a Deferred that sleeps fails with #HENCE_ECLOSED, and its steps
 * run inside this call, so what they touch must still be there. hence_deferred_forget() it first
 * otherwise.
 *
 * @param loop  lent; NULL is accepted
 * @retval 0       closed
 * @retval -EBUSY  it is running: hence_loop_stop() first
 * @retval -EPERM  called on another thread
 * @threading{The loop's.}
 * @complexity{O(calls that wait).}
 * @since 0.1
 * @snippet 28_loop_life.c close
 */
HENCE_API int hence_loop_close(hence_loop *loop);

/**
 * @brief hence_loop_close() and hence_loop_unref() in one.
 *
 * @param loop  taken, unless it is running or the thread is wrong: then it is left as it is, and
 *              that is reported. NULL is accepted
 * @return NULL
 * @threading{The loop's.}
 * @complexity{O(calls that wait).}
 * @since 0.1
 * @snippet 01_slow_square.c main
 */
HENCE_API hence_loop *hence_loop_free(hence_loop *loop);

/**
 * @brief The `event_base` under a loop.
 * @param loop  lent
 * @return lent; NULL when the loop is closed
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 30_signal.c base
 */
HENCE_API struct event_base *hence_loop_base(const hence_loop *loop);

/**
 * @brief The loop of this thread: the one that runs, else the one made last and not closed.
 *
 * Not to be confused with hence_current_loop(), which in a coroutine gives the loop of its task.
 *
 * @return lent; NULL if there is none
 * @threading{Any: each thread has its own answer.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 09_async_timer.c current
 */
HENCE_API hence_loop *hence_loop_current(void);

/* ---- calls --------------------------------------------------------------------------------- */

/**
 * @brief Call @p fn soon: from the loop, after everything that waits there already.
 *
 * @param loop  lent
 * @param fn    what to call
 * @param arg   handed to it
 * @param out   gets a handle for hence_call_cancel(), the empty one on failure; may be NULL
 *
 * @retval 0           it will be called, once
 * @retval -ENOMEM     no memory, or @p loop is NULL
 * @retval -EINVAL     @p fn is NULL
 * @retval -EPERM      called on another thread
 * @retval -ESHUTDOWN  the loop is closed
 *
 * @threading{The loop's; hence_call_soon_threadsafe() for others.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 07_call_soon.c loop
 */
HENCE_API int hence_call_soon(hence_loop *loop, hence_call_fn *fn, void *arg, hence_call *out);

/**
 * @brief hence_call_soon() that owns its argument: `drop(arg)` runs exactly once.
 *
 * It runs after @p fn has returned, or instead of it: when the call is cancelled, the loop is
 * closed, or this function fails.
 *
 * @param loop  lent
 * @param fn    what to call
 * @param arg   taken, also when the call fails
 * @param drop  ends @p arg; NULL for nothing
 * @param out   gets a handle, the empty one on failure; may be NULL
 * @return as hence_call_soon()
 * @threading{The loop's; from another thread @p arg is destroyed there.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 06_hello_world.c call-soon-own
 */
HENCE_API int hence_call_soon_own(hence_loop *loop, hence_call_fn *fn, void *arg,
                                  hence_drop_fn *drop, hence_call *out);

/**
 * @brief Call @p fn after a delay.
 *
 * Never before the delay is over; calls with equal due times run in the order in which they were
 * asked for. A delay of zero or less means the loop's next turn.
 *
 * @param loop   lent
 * @param delay  nanoseconds from now: #HENCE_SECONDS, #HENCE_MS
 * @param fn     what to call
 * @param arg    handed to it
 * @param out    gets a handle, the empty one on failure; may be NULL
 * @return as hence_call_soon()
 * @threading{The loop's.}
 * @complexity{O(log n) in the number of timers; cancelling is O(1).}
 * @since 0.1
 * @snippet 17_calls.c call-later
 */
HENCE_API int hence_call_later(hence_loop *loop, int64_t delay, hence_call_fn *fn, void *arg,
                               hence_call *out);

/**
 * @brief hence_call_later() that owns its argument, as hence_call_soon_own() does.
 *
 * @param loop   lent
 * @param delay  nanoseconds from now
 * @param fn     what to call
 * @param arg    taken, also when the call fails
 * @param drop   ends @p arg; NULL for nothing
 * @param out    gets a handle, the empty one on failure; may be NULL
 * @return as hence_call_soon()
 * @threading{The loop's; from another thread @p arg is destroyed there.}
 * @complexity{O(log n) in the number of timers.}
 * @since 0.1
 * @snippet 01_slow_square.c operation
 */
HENCE_API int hence_call_later_own(hence_loop *loop, int64_t delay, hence_call_fn *fn, void *arg,
                                   hence_drop_fn *drop, hence_call *out);

/**
 * @brief Call @p fn at a point of time, as hence_loop_time() tells it.
 *
 * @param loop  lent
 * @param when  nanoseconds of the loop's clock; a time that has passed means the next turn
 * @param fn    what to call
 * @param arg   handed to it
 * @param out   gets a handle, the empty one on failure; may be NULL
 * @return as hence_call_soon()
 * @threading{The loop's.}
 * @complexity{O(log n) in the number of timers.}
 * @since 0.1
 * @snippet 17_calls.c call-at
 */
HENCE_API int hence_call_at(hence_loop *loop, int64_t when, hence_call_fn *fn, void *arg,
                            hence_call *out);

/**
 * @brief hence_call_at() that owns its argument, as hence_call_soon_own() does.
 *
 * @param loop  lent
 * @param when  nanoseconds of the loop's clock
 * @param fn    what to call
 * @param arg   taken, also when the call fails
 * @param drop  ends @p arg; NULL for nothing
 * @param out   gets a handle, the empty one on failure; may be NULL
 * @return as hence_call_soon()
 * @threading{The loop's; from another thread @p arg is destroyed there.}
 * @complexity{O(log n) in the number of timers.}
 * @since 0.1
 * @snippet 17_calls.c call-at-own
 */
HENCE_API int hence_call_at_own(hence_loop *loop, int64_t when, hence_call_fn *fn, void *arg,
                                hence_drop_fn *drop, hence_call *out);

/**
 * @brief hence_call_soon() from any thread: the loop wakes up and calls @p fn in its own thread.
 *
 * @param loop  lent: the thread holds a reference, or knows otherwise that the loop lives
 * @param fn    what to call
 * @param arg   handed to it
 *
 * @retval 0           it will be called, once, after what this thread sent before
 * @retval -ENOMEM     no memory, or @p loop is NULL
 * @retval -EINVAL     @p fn is NULL
 * @retval -ESHUTDOWN  the loop is closed
 * @retval -EPERM      in a forked child that has not called hence_loop_reinit(), with a report
 *
 * @threading{Any.}
 * @complexity{O(1); one allocation, and a system call if the loop may be asleep.}
 * @since 0.1
 * @snippet 19_threads.c post
 */
HENCE_API int hence_call_soon_threadsafe(hence_loop *loop, hence_call_fn *fn, void *arg);

/**
 * @brief hence_call_soon_threadsafe() that owns its argument, as hence_call_soon_own() does.
 *
 * @param loop  lent
 * @param fn    what to call
 * @param arg   taken. When the call fails it is destroyed in the caller's thread, otherwise in
 *              the loop's
 * @param drop  ends @p arg; NULL for nothing. Since it may run in the caller's thread, it must not
 *              touch Deferreds, Futures or promises
 * @return as hence_call_soon_threadsafe()
 * @threading{Any.}
 * @complexity{As hence_call_soon_threadsafe().}
 * @since 0.1
 * @snippet 19_threads.c post
 */
HENCE_API int hence_call_soon_threadsafe_own(hence_loop *loop, hence_call_fn *fn, void *arg,
                                             hence_drop_fn *drop);

/**
 * @brief Do not make a call after all.
 *
 * @param loop  the loop that was asked for it
 * @param call  which
 * @retval 0        it will not run; its argument has been destroyed if the loop owned it
 * @retval -ENOENT  there is no such call any more: it has run, is running, or was cancelled
 * @retval -EPERM   called on another thread
 * @threading{The loop's.}
 * @complexity{O(1); nothing is allocated.}
 * @since 0.1
 * @snippet 17_calls.c cancel
 */
HENCE_API int hence_call_cancel(hence_loop *loop, hence_call call);

/**
 * @brief When a call is due.
 *
 * @param loop  the loop that was asked for it
 * @param call  which
 * @param when  gets the time, as hence_loop_time() tells it; untouched on failure
 * @retval 0        told
 * @retval -ENOENT  there is no such call any more
 * @retval -EINVAL  it is not a timed call: it is due at once
 * @retval -EPERM   called on another thread
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 17_calls.c when
 */
HENCE_API int hence_call_when(hence_loop *loop, hence_call call, int64_t *when);

/**
 * @brief Move a timed call to another time. Its handle stays good.
 *
 * @param loop   the loop that was asked for it
 * @param call   which
 * @param delay  nanoseconds from now
 * @retval 0        moved: among calls with the same due time it is now the last
 * @retval -ENOENT  there is no such call any more
 * @retval -EINVAL  it is not a timed call
 * @retval -ENOMEM  no memory: it stays where it was
 * @retval -EPERM   called on another thread
 * @threading{The loop's.}
 * @complexity{O(log n) in the number of timers.}
 * @since 0.1
 * @snippet 17_calls.c reset
 */
HENCE_API int hence_call_reset(hence_loop *loop, hence_call call, int64_t delay);

/**
 * @brief The time of the loop's clock.
 * @param loop  lent
 * @return nanoseconds: of the monotonic clock, or of a test's clock
 * @threading{The loop's.}
 * @complexity{O(1); reads the clock.}
 * @since 0.1
 * @snippet 17_calls.c time
 */
HENCE_API int64_t hence_loop_time(const hence_loop *loop);

/**
 * @brief How many calls wait: soon and later ones, and Futures that have listeners to tell.
 * @param loop  lent
 * @return the number
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 17_calls.c pending
 */
HENCE_API size_t hence_loop_pending(const hence_loop *loop);

/* ---- run ----------------------------------------------------------------------------------- */

/**
 * @brief Run the loop until hence_loop_stop().
 *
 * Not needed in a program that runs `event_base_dispatch()` itself. It can be run again.
 *
 * @param loop  lent
 * @retval 0           stopped
 * @retval -EINTR      the program called `event_base_loopbreak()` or `event_base_loopexit()`
 * @retval -EBUSY      a loop runs in this thread already
 * @retval -EPERM      called on another thread
 * @retval -ESHUTDOWN  the loop is closed
 * @retval -EIO        libevent failed
 * @retval -ENOMEM     @p loop is NULL
 * @threading{The loop's.}
 * @complexity{None of its own: one pass through libevent for at most 256 calls.}
 * @since 0.1
 * @snippet 07_call_soon.c loop
 */
HENCE_API int hence_loop_run_forever(hence_loop *loop);

/**
 * @brief Let the loop's run end: calls that wait already still run, those they ask for do not.
 *
 * Before a run it lets the next one make exactly one turn. In a program that runs
 * `event_base_dispatch()` itself, that ends.
 *
 * @param loop  lent
 * @retval 0           it will stop
 * @retval -EPERM      called on another thread
 * @retval -ESHUTDOWN  the loop is closed
 * @retval -ENOMEM     @p loop is NULL
 * @threading{The loop's; others post a call that stops it.}
 * @complexity{O(1); nothing is allocated.}
 * @since 0.1
 * @snippet 07_call_soon.c loop
 */
HENCE_API int hence_loop_stop(hence_loop *loop);

/**
 * @brief Is the loop in one of its own run functions?
 * @param loop  lent
 * @return true if so
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 28_loop_life.c run-again
 */
HENCE_API bool hence_loop_is_running(const hence_loop *loop);

/**
 * @brief Is the loop closed?
 * @param loop  lent
 * @return true if so; true for NULL
 * @threading{Any.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 28_loop_life.c close
 */
HENCE_API bool hence_loop_is_closed(const hence_loop *loop);

/**
 * @brief Make the loop usable in a forked child.
 *
 * A child that only executes another program needs nothing. One that goes on with the loop calls
 * this first: until then every call is refused with -EPERM and a report that says so. The child's
 * calls and timers are copies of the parent's. Jobs on threads of the parent do not come along: their
 * Futures fail here with #HENCE_EDIED.
 *
 * @param loop  lent
 * @retval 0        usable; the calling thread is the loop's
 * @retval -EINVAL  this is not a forked child
 * @retval -EIO     libevent's `event_reinit()` failed, or there is no descriptor for the door; the loop
 *                  is closed now
 * @retval -ENOMEM  @p loop is NULL
 * @threading{The child's only thread.}
 * @complexity{O(number of events).}
 * @since 0.1
 * @snippet 29_fork.c reinit
 */
HENCE_API int hence_loop_reinit(hence_loop *loop);

/**
 * @brief Send the reports that concern this loop to @p handler.
 *
 * @param loop     lent
 * @param handler  NULL: the thread's handler again, hence_set_report_handler()
 * @param arg      handed to it
 * @retval 0       set
 * @retval -EPERM  called on another thread
 * @retval -ENOMEM @p loop is NULL
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 21_reports.c exception-handler
 */
HENCE_API int hence_loop_set_exception_handler(hence_loop *loop, hence_report_handler *handler,
                                               void *arg);

/* ---- shutdown ------------------------------------------------------------------------------ */

/** When a shutdown callback runs. */
typedef enum hence_shutdown_phase {
    HENCE_SHUTDOWN_BEFORE = 0, /**< while everything still works; what it returns is waited for */
    HENCE_SHUTDOWN_DURING = 1, /**< when all of those have ended */
    HENCE_SHUTDOWN_AFTER = 2   /**< last, just before the loop stops */
} hence_shutdown_phase;

/**
 * @brief Runs when the loop shuts down.
 * @param arg  what was given along with it
 * @return a value, a failure, which is reported unless it is a cancellation, or a chain. In the phase
 *         #HENCE_SHUTDOWN_BEFORE the loop goes on until that chain has ended
 */
typedef hence_result hence_shutdown_fn(void *arg);

/**
 * @brief Run @p fn once when the loop shuts down, or closes. The macro hence_loop_on_shutdown() adds the
 * line.
 *
 * A failure that it gives is reported with that line, unless it is a cancellation.
 *
 * @param site   a string that lives for ever: #HENCE_SITE; or NULL
 * @param loop   lent
 * @param phase  when
 * @param fn     what to call; in one phase they run in the order in which they were added
 * @param arg    handed to it
 * @param out    gets a handle for hence_loop_remove_shutdown(), the empty one on failure; may be
 *               NULL
 * @return as hence_call_soon(); -EINVAL for an unknown @p phase or one that is over
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @see hence_loop_shutdown()
 * @since 0.1
 * @snippet 18_shutdown.c on-shutdown
 */
HENCE_API int hence_loop_on_shutdown_at(const char *site, hence_loop *loop,
                                        hence_shutdown_phase phase, hence_shutdown_fn *fn,
                                        void *arg, hence_call *out);
/**
 * Run a function once when the loop shuts down: hence_loop_on_shutdown_at() with this line.
 * @snippet 18_shutdown.c on-shutdown
 */
#define hence_loop_on_shutdown(loop, phase, fn, arg, out)                                          \
    hence_loop_on_shutdown_at(HENCE_SITE, (loop), (phase), (fn), (arg), (out))

/**
 * @brief Take a shutdown callback back.
 * @param loop  lent
 * @param call  which
 * @retval 0        it will not run
 * @retval -ENOENT  it has run, or was removed
 * @retval -EPERM   called on another thread
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 18_shutdown.c on-shutdown
 */
HENCE_API int hence_loop_remove_shutdown(hence_loop *loop, hence_call call);

/**
 * @brief Begin orderly shutdown: BEFORE and its chains, DURING, AFTER, and then hence_loop_stop().
 *
 * @param loop  lent
 * @retval 0           begun; the loop must go on running for what it waits for
 * @retval -EALREADY   it has begun before
 * @retval -EPERM      called on another thread
 * @retval -ESHUTDOWN  the loop is closed
 * @retval -ENOMEM     @p loop is NULL
 * @threading{The loop's; others post a call.}
 * @complexity{O(number of shutdown callbacks).}
 * @since 0.1
 * @snippet 18_shutdown.c shutdown
 */
HENCE_API int hence_loop_shutdown(hence_loop *loop);

HENCE_END_DECLS

/** @} */

#endif
