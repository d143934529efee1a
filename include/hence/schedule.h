/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_SCHEDULE_H
#define HENCE_SCHEDULE_H

/**
 * @file
 * What takes time.
 *
 * @defgroup hence_schedule Time
 * Results that come after a while, functions that are called again and again, long work in small pieces,
 * and a whole program around one Deferred.
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

/* ---- later --------------------------------------------------------------------------------- */

/**
 * @brief Call a function after a delay, and give a Deferred for what it returns. The macro
 * hence_defer_later() adds the line.
 *
 * @param site   a string that lives for ever: #HENCE_SITE; or NULL
 * @param loop   lent
 * @param delay  nanoseconds from now; zero or less is one turn of the loop
 * @param fn     what to call; NULL: the result is hence_none(), as that of hence_sleep()
 * @param arg    handed to it
 * @return the Deferred, yours; NULL when there is no memory
 * @threading{The loop's.}
 * @cancel{Before the time: the timer is removed, and @p fn not called. After it: what @p fn returned to
 *   wait for is cancelled. A loop that closes first ends it with #HENCE_ECLOSED.}
 * @complexity{O(log n) in the number of timers.}
 * @since 0.1
 * @snippet 38_looping_call.c defer-later
 */
HENCE_API HENCE_MUST_USE hence_deferred *hence_defer_later_at(const char *site, hence_loop *loop,
                                                              int64_t delay, hence_result_fn *fn,
                                                              void *arg);
/**
 * A function's result after a delay: hence_defer_later_at() with this line.
 * @snippet 38_looping_call.c defer-later
 */
#define hence_defer_later(loop, delay, fn, arg)                                                    \
    hence_defer_later_at(HENCE_SITE, (loop), (delay), (fn), (arg))

/* ---- again and again ----------------------------------------------------------------------- */

/** A function that is called again and again. */
typedef struct hence_looping_call hence_looping_call;

/**
 * @brief A function that is told how many times it should have been called.
 * @param count  the number of intervals that have gone by since the last call: 1, or more if calls were
 *               missed
 * @param arg    what was given along with it
 * @return a value, a failure, or a chain to wait for
 */
typedef hence_result hence_counted_fn(int64_t count, void *arg);

/**
 * @brief A function to be called again and again; hence_looping_call_start() begins.
 *
 * @param loop  lent
 * @param fn    what to call. A failure ends it; a chain is waited for before the next call; anything else
 *              is destroyed
 * @param arg   handed to it: must live until it has been stopped
 * @return the looping call, yours: hence_looping_call_unref(); NULL when there is no memory, or @p fn or
 *         @p loop is NULL
 * @threading{The loop's.}
 * @complexity{O(1); one allocation.}
 * @since 0.1
 * @snippet 38_looping_call.c looping-call
 */
HENCE_API HENCE_MUST_USE hence_looping_call *hence_looping_call_new(hence_loop *loop,
                                                                    hence_result_fn *fn, void *arg);

/**
 * @brief hence_looping_call_new() for a function that is told how many calls were due.
 * @param loop  lent
 * @param fn    what to call; not called when no interval has gone by since the last call
 * @param arg   handed to it: must live until it has been stopped
 * @return as hence_looping_call_new()
 * @threading{The loop's.}
 * @complexity{O(1); one allocation.}
 * @since 0.1
 * @snippet 38_looping_call.c with-count
 */
HENCE_API HENCE_MUST_USE hence_looping_call *hence_looping_call_new_with_count(hence_loop *loop,
                                                                               hence_counted_fn *fn,
                                                                               void *arg);

/**
 * @brief One more reference.
 * @param call  lent; NULL gives NULL
 * @return the same looping call, yours
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @since 0.1
 * No sample: as hence_deferred_ref().
 */
HENCE_API hence_looping_call *hence_looping_call_ref(hence_looping_call *call);

/**
 * @brief One reference less. This does not stop it: as long as it runs it holds itself.
 * @param call  taken; NULL is accepted
 * @return NULL
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 38_looping_call.c looping-call
 */
HENCE_API hence_looping_call *hence_looping_call_unref(hence_looping_call *call);

/**
 * @brief Begin: call the function every @p interval. The macro hence_looping_call_start() adds the line.
 *
 * @verbatim
     start   +1 interval   +2          +3          +4
       |---------|----------|-----------|-----------|
      fn        fn.................    fn          fn      what takes longer than an interval, or waits,
                          (missed)                         leaves out calls; the others keep their times
   @endverbatim
 * @param site      a string that lives for ever: #HENCE_SITE; or NULL
 * @param call      lent; NULL gives NULL
 * @param interval  nanoseconds; 0: in every turn of the loop
 * @param now       true: the first call is made now, before this returns; false: after an interval
 * @return a Deferred, yours, that gives hence_ptr(call) when it has been stopped and no call is under way,
 *         or the failure that the function ended with. It has failed with #HENCE_EINVAL if @p call runs
 *         already or @p interval is negative. NULL when there is no memory: then it has not begun
 * @threading{The loop's.}
 * @cancel{It is stopped; what the function returned to wait for is cancelled. A loop that closes ends it
 *   with #HENCE_ECLOSED.}
 * @complexity{O(log n) in the number of timers for each call.}
 * @since 0.1
 * @snippet 38_looping_call.c looping-call
 */
HENCE_API HENCE_MUST_USE hence_deferred *hence_looping_call_start_at(const char *site,
                                                                     hence_looping_call *call,
                                                                     int64_t interval, bool now);
/**
 * Begin calling: hence_looping_call_start_at() with this line.
 * @snippet 38_looping_call.c looping-call
 */
#define hence_looping_call_start(call, interval, now)                                              \
    hence_looping_call_start_at(HENCE_SITE, (call), (interval), (now))

/**
 * @brief No further call. A call that is under way ends first.
 * @param call  lent
 * @retval 0          the Deferred of hence_looping_call_start() has its result, or gets it when the call
 *                    that is under way has ended
 * @retval -EALREADY  it does not run
 * @retval -ENOMEM    @p call is NULL
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 38_looping_call.c stop
 */
HENCE_API int hence_looping_call_stop(hence_looping_call *call);

/**
 * @brief Leave out the next call, and count intervals from now.
 * @param call  lent
 * @retval 0          the next call comes after one interval; nothing changes while a call is under way
 * @retval -EALREADY  it does not run
 * @retval -ENOMEM    @p call is NULL
 * @threading{The loop's.}
 * @complexity{O(log n) in the number of timers.}
 * @since 0.1
 * @snippet 38_looping_call.c reset
 */
HENCE_API int hence_looping_call_reset(hence_looping_call *call);

/**
 * @brief Has it been started, and not been stopped?
 * @param call  lent
 * @return that; false for NULL
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 38_looping_call.c stop
 */
HENCE_API bool hence_looping_call_is_running(const hence_looping_call *call);

/** A function that is called again and again, and whose failures do not stop it. */
typedef struct hence_periodic_callback hence_periodic_callback;

/**
 * @brief A function to be called every @p interval, whatever comes of it.
 *
 * @verbatim
                      hence_looping_call                 hence_periodic_callback
     a failure        ends it, and goes to its Deferred  is reported; it goes on
     the first call   now, or after an interval          after an interval
     its end          a Deferred                         none
   @endverbatim
 *
 * @param loop      lent
 * @param interval  nanoseconds, more than 0
 * @param fn        what to call; a chain is waited for before the next call
 * @param arg       handed to it: must live until it has been freed
 * @return yours: hence_periodic_callback_free(); NULL when there is no memory, or for a bad argument
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 38_looping_call.c periodic
 */
HENCE_API HENCE_MUST_USE hence_periodic_callback *hence_periodic_callback_new(hence_loop *loop,
                                                                              int64_t interval,
                                                                              hence_result_fn *fn,
                                                                              void *arg);

/**
 * @brief Stop it, and let it go.
 * @param periodic  taken; NULL is accepted
 * @return NULL
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 38_looping_call.c periodic
 */
HENCE_API hence_periodic_callback *hence_periodic_callback_free(hence_periodic_callback *periodic);

/**
 * @brief Begin; the first call comes after an interval.
 * @param periodic  lent
 * @retval 0           begun
 * @retval -EALREADY   it runs
 * @retval -ENOMEM     no memory, or @p periodic is NULL
 * @retval -ESHUTDOWN  the loop is closed
 * @threading{The loop's.}
 * @complexity{O(log n) in the number of timers.}
 * @since 0.1
 * @snippet 38_looping_call.c periodic
 */
HENCE_API int hence_periodic_callback_start(hence_periodic_callback *periodic);

/**
 * @brief No further call, until it is started again.
 * @param periodic  lent
 * @retval 0          stopped
 * @retval -EALREADY  it does not run
 * @retval -ENOMEM    @p periodic is NULL
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 38_looping_call.c periodic
 */
HENCE_API int hence_periodic_callback_stop(hence_periodic_callback *periodic);

/**
 * @brief Has it been started, and not been stopped?
 * @param periodic  lent
 * @return that; false for NULL
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 38_looping_call.c periodic
 */
HENCE_API bool hence_periodic_callback_is_running(const hence_periodic_callback *periodic);

/* ---- side by side -------------------------------------------------------------------------- */

/** Does long work in small units, in turns with the rest of the program. */
typedef struct hence_cooperator hence_cooperator;
/** One piece of long work that a cooperator does. */
typedef struct hence_cooperative_task hence_cooperative_task;

/**
 * @brief Does one unit of work.
 * @param arg  what was given along with it
 * @param out  holds hence_none(). A chain put there is waited for before the next unit; a failure ends the
 *             task; with the last unit, a value is the result of the task
 * @return true: there is more to do. false: this was the last unit
 */
typedef bool hence_iterate_fn(void *arg, hence_result *out);

/**
 * @brief A cooperator: it goes round its tasks, a unit of each, for 10 ms at a time.
 * @param loop  lent
 * @return the cooperator, yours: hence_cooperator_free(); NULL when there is no memory
 * @threading{The loop's.}
 * @complexity{O(1); one allocation.}
 * @since 0.1
 * @snippet 39_cooperator.c cooperate
 */
HENCE_API HENCE_MUST_USE hence_cooperator *hence_cooperator_new(hence_loop *loop);

/**
 * @brief Stop it, and let it go: tasks that have not ended fail with #HENCE_ESTOPPED.
 * @param cooperator  taken; NULL is accepted
 * @return NULL
 * @threading{The loop's.}
 * @complexity{O(number of tasks).}
 * @since 0.1
 * @snippet 39_cooperator.c cooperate
 */
HENCE_API hence_cooperator *hence_cooperator_free(hence_cooperator *cooperator);

/**
 * @brief How much work it does before others have a turn.
 * @param cooperator  lent
 * @param slice       nanoseconds, looked at after each unit; 0: one unit
 * @param units       the most units in one turn
 * @retval 0        done
 * @retval -EINVAL  @p slice is negative, or @p units is 0
 * @retval -ENOMEM  @p cooperator is NULL
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 39_cooperator.c slice
 */
HENCE_API int hence_cooperator_set_slice(hence_cooperator *cooperator, int64_t slice, size_t units);

/**
 * @brief Let a cooperator that was stopped accept tasks again.
 * @param cooperator  lent
 * @retval 0        it runs
 * @retval -ENOMEM  @p cooperator is NULL
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 39_cooperator.c stop
 */
HENCE_API int hence_cooperator_start(hence_cooperator *cooperator);

/**
 * @brief End all its tasks with #HENCE_ESTOPPED, those that are paused too, and those that are added
 * from now on.
 * @param cooperator  lent
 * @retval 0          done
 * @retval -EALREADY  it is stopped
 * @retval -ENOMEM    @p cooperator is NULL
 * @threading{The loop's.}
 * @complexity{O(number of tasks).}
 * @since 0.1
 * @snippet 39_cooperator.c stop
 */
HENCE_API int hence_cooperator_stop(hence_cooperator *cooperator);

/**
 * @brief Does it accept tasks?
 * @param cooperator  lent
 * @return false after hence_cooperator_stop(), and for NULL
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 39_cooperator.c stop
 */
HENCE_API bool hence_cooperator_is_running(const hence_cooperator *cooperator);

/**
 * @brief Have work done.
 *
 * @param cooperator  lent
 * @param iterate     does one unit
 * @param arg         handed to it; taken if @p drop is not NULL
 * @param drop        ends @p arg, once, when the task has ended, or when there is none; NULL: @p arg is
 *                    lent
 * @return the task, yours; NULL when there is no memory, or @p cooperator or @p iterate is NULL. One of a
 *         stopped cooperator has failed with #HENCE_ESTOPPED
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @see hence_coiterate()
 * @since 0.1
 * @snippet 39_cooperator.c cooperate
 */
HENCE_API HENCE_MUST_USE hence_cooperative_task *hence_cooperate(hence_cooperator *cooperator,
                                                                 hence_iterate_fn *iterate,
                                                                 void *arg, hence_drop_fn *drop);

/**
 * @brief Have work done, and give a Deferred for its end. The macro hence_coiterate() adds the line.
 *
 * @param site        a string that lives for ever: #HENCE_SITE; or NULL
 * @param cooperator  lent
 * @param iterate     does one unit
 * @param arg         handed to it; taken if @p drop is not NULL
 * @param drop        ends @p arg, as for hence_cooperate()
 * @return the Deferred, yours: gives what the last unit left, hence_none() if nothing, or a failure; NULL
 *         when there is no memory
 * @threading{The loop's.}
 * @cancel{The task is stopped, and what it waits for is cancelled.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 39_cooperator.c coiterate
 */
HENCE_API HENCE_MUST_USE hence_deferred *hence_coiterate_at(const char *site,
                                                            hence_cooperator *cooperator,
                                                            hence_iterate_fn *iterate, void *arg,
                                                            hence_drop_fn *drop);
/**
 * Have work done: hence_coiterate_at() with this line.
 * @snippet 39_cooperator.c coiterate
 */
#define hence_coiterate(cooperator, iterate, arg, drop)                                            \
    hence_coiterate_at(HENCE_SITE, (cooperator), (iterate), (arg), (drop))

/**
 * @brief One more reference.
 * @param task  lent; NULL gives NULL
 * @return the same task, yours
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @since 0.1
 * No sample: as hence_deferred_ref().
 */
HENCE_API hence_cooperative_task *hence_cooperative_task_ref(hence_cooperative_task *task);

/**
 * @brief One reference less. This does not stop the task.
 * @param task  taken; NULL is accepted
 * @return NULL
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 39_cooperator.c cooperate
 */
HENCE_API hence_cooperative_task *hence_cooperative_task_unref(hence_cooperative_task *task);

/**
 * @brief A Deferred for the end of a task: a new one each time. The macro
 * hence_cooperative_task_when_done() adds the line.
 *
 * @param site  a string that lives for ever: #HENCE_SITE; or NULL
 * @param task  lent; NULL gives NULL
 * @return the Deferred, yours: gives what the last unit left, or the failure; NULL when there is no memory
 * @threading{The loop's.}
 * @cancel{Ends this one alone; the task goes on.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 39_cooperator.c when-done
 */
HENCE_API HENCE_MUST_USE hence_deferred *hence_cooperative_task_when_done_at(
    const char *site, hence_cooperative_task *task);
/**
 * A Deferred for the end of a task: hence_cooperative_task_when_done_at() with this line.
 * @snippet 39_cooperator.c when-done
 */
#define hence_cooperative_task_when_done(task)                                                     \
    hence_cooperative_task_when_done_at(HENCE_SITE, (task))

/**
 * @brief Let a task rest. Pauses nest.
 * @param task  lent
 * @retval 0           no further unit until hence_cooperative_task_resume()
 * @retval -EALREADY   it has ended
 * @retval -EOVERFLOW  paused more than 4,294,967,295 times
 * @retval -ENOMEM     @p task is NULL
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 39_cooperator.c pause
 */
HENCE_API int hence_cooperative_task_pause(hence_cooperative_task *task);

/**
 * @brief Undo one hence_cooperative_task_pause(). It never ends a wait for what a unit returned.
 * @param task  lent
 * @retval 0        one pause less
 * @retval -EINVAL  it is not paused
 * @retval -ENOMEM  @p task is NULL
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 39_cooperator.c pause
 */
HENCE_API int hence_cooperative_task_resume(hence_cooperative_task *task);

/**
 * @brief End a task: it fails with #HENCE_ESTOPPED. What it waits for is let go, not cancelled.
 * @param task  lent
 * @retval 0          it has ended
 * @retval -EALREADY  it had ended before
 * @retval -ENOMEM    @p task is NULL
 * @threading{The loop's.}
 * @complexity{O(1) and the steps that run.}
 * @since 0.1
 * @snippet 39_cooperator.c when-done
 */
HENCE_API int hence_cooperative_task_stop(hence_cooperative_task *task);

/* ---- a whole program ----------------------------------------------------------------------- */

/**
 * @brief What a program does: see hence_main().
 * @param loop  lent: the program's loop
 * @param arg   what was given to hence_main()
 * @return a Deferred for its end, taken; NULL is the out-of-memory failure
 */
typedef hence_deferred *hence_main_fn(hence_loop *loop, void *arg);

/**
 * @brief Make a loop, run it until what @p fn returns has ended, and give the exit status.
 *
 * @verbatim
     the Deferred of fn                    exit status
     gives a value                         0; an integer from 0 to 255 is the status itself
     fails                                 1, and the failure is reported
     is cancelled by a signal              128 + the signal: 130 after Ctrl-C
     a signal comes                        SIGINT, SIGTERM: it is cancelled, and may take its time
     a second one comes                    ends at once, 128 + that signal
     the loop is stopped meanwhile         it is forgotten; 0
   @endverbatim
 * When it has ended, the loop is shut down in order: hence_loop_shutdown(). Then it is closed.
 *
 * @param fn   makes the Deferred; called once, before the loop runs
 * @param arg  handed to it
 * @return the exit status, for `return` in main(); 1 if there is no loop or no memory
 * @threading{The one on which the program should live. libevent delivers signals to one `event_base` of a
 *   process only: this one.}
 * @complexity{None of its own.}
 * @since 0.1
 * @snippet 40_main.c main
 */
HENCE_API int hence_main(hence_main_fn *fn, void *arg);

HENCE_END_DECLS

/** @} */

#endif
