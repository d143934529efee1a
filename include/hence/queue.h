/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_QUEUE_H
#define HENCE_QUEUE_H

/**
 * @file
 * Queues and channels.
 *
 * @defgroup hence_queue Queues
 * Some put items in, others get them out. An item is any result: a value, also a failure. A queue with a
 * bound makes those who put wait when it is full; so a fast producer goes as fast as its consumer.
 *
 * Both sides are served in order, and nobody overtakes. Who waits is told at once: a Deferred's steps run
 * inside the call that put or got, a Future's listeners are told through the loop; inside the steps of
 * somebody who has just been told by the same queue, when those have returned. Cancelling somebody who waits
 * to get loses no item. For a time limit use hence_deferred_add_timeout(), or hence_wait_for() for a Future.
 *
 * A queue belongs to the thread that uses it first. On another one its calls are refused, before anything happens, with a
 * report: they give -EPERM, or a Deferred or Future that fails with #HENCE_EINVAL, and the item is destroyed. A thread
 * that has items for a loop posts a call that puts them in: hence_call_soon_threadsafe().
 * @{
 */

#include <hence/deferred.h>
#include <hence/future.h>

HENCE_BEGIN_DECLS

/** Items on their way from some to others. */
typedef struct hence_queue hence_queue;

/* ---- made ---------------------------------------------------------------------------------- */

/**
 * @brief A queue: first in, first out.
 *
 * @param max_size  how many items at most; 0: any number
 * @return yours: hence_queue_free(); NULL when there is no memory
 *
 * @threading{Any; from then on the thread that uses it.}
 * @complexity{O(1); one allocation.}
 * @since 0.1
 * @snippet 71_producer_consumer.c queue
 */
HENCE_API HENCE_MUST_USE hence_queue *hence_queue_new(size_t max_size);

/**
 * @brief A stack: last in, first out.
 *
 * @param max_size  how many items at most; 0: any number
 * @return yours: hence_queue_free(); NULL when there is no memory
 *
 * @threading{Any; from then on the thread that uses it.}
 * @complexity{O(1); one allocation.}
 * @since 0.1
 * @snippet 77_queues.c kinds
 */
HENCE_API HENCE_MUST_USE hence_queue *hence_lifo_queue_new(size_t max_size);

/**
 * @brief A queue from which the smallest priority comes out first, and those that are equal as they
 * went in.
 *
 * @param max_size  how many items at most; 0: any number
 * @return yours: hence_queue_free(); NULL when there is no memory
 *
 * @threading{Any; from then on the thread that uses it.}
 * @complexity{O(1); one allocation.}
 * @since 0.1
 * @snippet 77_queues.c kinds
 */
HENCE_API HENCE_MUST_USE hence_queue *hence_priority_queue_new(size_t max_size);

/**
 * @brief A queue without room: who puts waits until somebody gets.
 *
 * @return yours: hence_queue_free(); NULL when there is no memory
 *
 * @threading{Any; from then on the thread that uses it.}
 * @complexity{O(1); one allocation.}
 * @since 0.1
 * @snippet 77_queues.c channel
 */
HENCE_API HENCE_MUST_USE hence_queue *hence_channel_new(void);

/**
 * @brief Let it go. Those who wait fail with #HENCE_EABANDONED; items that are left are destroyed.
 *
 * @param queue  taken; NULL is accepted. It may be freed in a step that it runs
 * @return NULL
 *
 * @threading{The thread that uses @p queue.}
 * @complexity{O(number of those who wait and of items), and their steps.}
 * @since 0.1
 * @snippet 71_producer_consumer.c free
 */
HENCE_API hence_queue *hence_queue_free(hence_queue *queue);

/* ---- in ------------------------------------------------------------------------------------ */

/**
 * @brief Put an item in, as soon as there is room. The macro hence_queue_put() adds the line.
 *
 * @verbatim
       there is room         in, and hence_none() at once
       it is full            when room has been made, after all who asked before
       it is shut down       fails with HENCE_ESHUTDOWN
   @endverbatim
 * In a priority queue it has the priority 0.
 *
 * @param site   a string that lives for ever: #HENCE_SITE; or NULL
 * @param queue  lent
 * @param r      taken: destroyed if it does not get in
 * @return the Deferred, yours: gives hence_none(), when it is in; NULL when there is no memory, or
 *         @p queue is NULL
 *
 * @threading{The thread that uses @p queue.}
 * @cancel{While it waits, the item is destroyed.}
 * @complexity{O(1); O(log n) in a priority queue.}
 * @since 0.1
 * @snippet 71_producer_consumer.c producer
 */
HENCE_API HENCE_MUST_USE hence_deferred *hence_queue_put_at(const char *site, hence_queue *queue,
                                                            hence_result r);

/**
 * Put an item in, as soon as there is room: hence_queue_put_at() with this line.
 * @snippet 71_producer_consumer.c producer
 */
#define hence_queue_put(queue, r) hence_queue_put_at(HENCE_SITE, (queue), (r))

/**
 * @brief hence_queue_put() as a Future. The macro hence_queue_put_future() adds the line.
 *
 * @param site   a string that lives for ever: #HENCE_SITE; or NULL
 * @param loop   lent
 * @param queue  lent
 * @param r      taken: destroyed if it does not get in
 * @return the Future, yours: gives the same, and its listeners are told through the loop; NULL when
 *         there is no memory, @p queue is NULL, or as hence_future_new_at()
 *
 * @threading{The loop's.}
 * @cancel{As hence_queue_put_at().}
 * @complexity{O(1); O(log n) in a priority queue.}
 * @since 0.1
 * @snippet 77_queues.c futures
 */
HENCE_API HENCE_MUST_USE hence_future *hence_queue_put_future_at(const char *site, hence_loop *loop,
                                                                 hence_queue *queue,
                                                                 hence_result r);

/**
 * hence_queue_put() as a Future: hence_queue_put_future_at() with this line.
 * @snippet 77_queues.c futures
 */
#define hence_queue_put_future(loop, queue, r)                                                     \
    hence_queue_put_future_at(HENCE_SITE, (loop), (queue), (r))

/**
 * @brief hence_queue_put() with a priority. The macro hence_queue_put_priority() adds the line.
 *
 * @param site      a string that lives for ever: #HENCE_SITE; or NULL
 * @param queue     lent
 * @param r         taken: destroyed if it does not get in
 * @param priority  what is smaller comes out first; only a priority queue looks at it
 * @return the Deferred, yours: gives hence_none(), when it is in; NULL when there is no memory, or
 *         @p queue is NULL
 *
 * @threading{The thread that uses @p queue.}
 * @cancel{As hence_queue_put_at().}
 * @complexity{O(log n) in a priority queue, otherwise O(1).}
 * @since 0.1
 * @snippet 77_queues.c kinds
 */
HENCE_API HENCE_MUST_USE hence_deferred *hence_queue_put_priority_at(const char *site,
                                                                     hence_queue *queue,
                                                                     hence_result r,
                                                                     int64_t priority);

/**
 * hence_queue_put() with a priority: hence_queue_put_priority_at() with this line.
 * @snippet 77_queues.c kinds
 */
#define hence_queue_put_priority(queue, r, priority)                                               \
    hence_queue_put_priority_at(HENCE_SITE, (queue), (r), (priority))

/**
 * @brief hence_queue_put_priority() as a Future. The macro hence_queue_put_priority_future() adds
 * the line.
 *
 * @param site      a string that lives for ever: #HENCE_SITE; or NULL
 * @param loop      lent
 * @param queue     lent
 * @param r         taken: destroyed if it does not get in
 * @param priority  what is smaller comes out first; only a priority queue looks at it
 * @return the Future, yours: gives the same, and its listeners are told through the loop; NULL when
 *         there is no memory, @p queue is NULL, or as hence_future_new_at()
 *
 * @threading{The loop's.}
 * @cancel{As hence_queue_put_priority_at().}
 * @complexity{O(log n) in a priority queue, otherwise O(1).}
 * @since 0.1
 * @snippet 77_queues.c futures
 */
HENCE_API HENCE_MUST_USE hence_future *hence_queue_put_priority_future_at(
    const char *site, hence_loop *loop, hence_queue *queue, hence_result r, int64_t priority);

/**
 * hence_queue_put_priority() as a Future: hence_queue_put_priority_future_at() with this line.
 * @snippet 77_queues.c futures
 */
#define hence_queue_put_priority_future(loop, queue, r, priority)                                  \
    hence_queue_put_priority_future_at(HENCE_SITE, (loop), (queue), (r), (priority))

/**
 * @brief Put an item in if there is room.
 *
 * To keep one that does not fit, ask hence_queue_is_full() first.
 *
 * @param queue  lent
 * @param r      taken: destroyed if it does not get in
 *
 * @retval 0           it is in
 * @retval -EAGAIN     it is full, or somebody waits to put
 * @retval -ESHUTDOWN  it is shut down
 * @retval -ENOMEM     no memory, or @p queue is NULL
 *
 * @threading{The thread that uses @p queue.}
 * @complexity{As hence_queue_put_at().}
 * @since 0.1
 * @snippet 71_producer_consumer.c try
 */
HENCE_API int hence_queue_try_put(hence_queue *queue, hence_result r);

/**
 * @brief hence_queue_try_put() with a priority.
 *
 * @param queue     lent
 * @param r         taken: destroyed if it does not get in
 * @param priority  what is smaller comes out first; only a priority queue looks at it
 *
 * @retval 0           it is in
 * @retval -EAGAIN     it is full, or somebody waits to put
 * @retval -ESHUTDOWN  it is shut down
 * @retval -ENOMEM     no memory, or @p queue is NULL
 *
 * @threading{The thread that uses @p queue.}
 * @complexity{As hence_queue_put_priority_at().}
 * @since 0.1
 * @snippet 77_queues.c kinds
 */
HENCE_API int hence_queue_try_put_priority(hence_queue *queue, hence_result r, int64_t priority);

/* ---- out ----------------------------------------------------------------------------------- */

/**
 * @brief Get the next item, as soon as there is one. The macro hence_queue_get() adds the line.
 *
 * @verbatim
       there is one                       it, at once
       there is none                      it, when one has been put in, after all who asked before
       there is none, and it is shut down fails with HENCE_ESHUTDOWN
       too many wait already              fails with HENCE_EFULL: hence_queue_set_backlog()
   @endverbatim
 *
 * @param site   a string that lives for ever: #HENCE_SITE; or NULL
 * @param queue  lent
 * @return the Deferred, yours: gives the item; NULL when there is no memory, or @p queue is NULL
 *
 * @threading{The thread that uses @p queue.}
 * @cancel{The item is for the next one.}
 * @complexity{O(1); O(log n) in a priority queue.}
 * @since 0.1
 * @snippet 71_producer_consumer.c consumer
 */
HENCE_API HENCE_MUST_USE hence_deferred *hence_queue_get_at(const char *site, hence_queue *queue);

/**
 * Get the next item, as soon as there is one: hence_queue_get_at() with this line.
 * @snippet 71_producer_consumer.c consumer
 */
#define hence_queue_get(queue) hence_queue_get_at(HENCE_SITE, (queue))

/**
 * @brief hence_queue_get() as a Future. The macro hence_queue_get_future() adds the line.
 *
 * An item that nobody is told of goes back, and is the next one to be got: when a coroutine that awaits the
 * Future is cancelled in the turn in which it would have gone on, when the Future loses a race, when it is let
 * go unread. Told is who reads the result or is called because of it; who only finds that it is no failure, with
 * hence_future_failure(), is not.
 *
 * @param site   a string that lives for ever: #HENCE_SITE; or NULL
 * @param loop   lent
 * @param queue  lent
 * @return the Future, yours: gives the same, and its listeners are told through the loop; NULL when
 *         there is no memory, @p queue is NULL, or as hence_future_new_at()
 *
 * @threading{The loop's.}
 * @cancel{As hence_queue_get_at().}
 * @complexity{O(1); O(log n) in a priority queue.}
 * @since 0.1
 * @snippet 77_queues.c futures
 */
HENCE_API HENCE_MUST_USE hence_future *hence_queue_get_future_at(const char *site, hence_loop *loop,
                                                                 hence_queue *queue);

/**
 * hence_queue_get() as a Future: hence_queue_get_future_at() with this line.
 * @snippet 77_queues.c futures
 */
#define hence_queue_get_future(loop, queue) hence_queue_get_future_at(HENCE_SITE, (loop), (queue))

/**
 * @brief Get the next item if there is one.
 *
 * @param queue  lent
 * @param out    gets the item, yours; untouched if there is none
 *
 * @retval 0           here it is
 * @retval -EAGAIN     there is none, or somebody waits for it
 * @retval -ESHUTDOWN  there is none, and it is shut down
 * @retval -ENOMEM     @p queue is NULL
 *
 * @threading{The thread that uses @p queue.}
 * @complexity{As hence_queue_get_at().}
 * @since 0.1
 * @snippet 71_producer_consumer.c try
 */
HENCE_API HENCE_MUST_USE int hence_queue_try_get(hence_queue *queue, hence_result *out);

/**
 * @brief How many may wait to get.
 *
 * @param queue    lent
 * @param getters  at most; those who wait already are left alone
 *
 * @retval 0        done
 * @retval -ENOMEM  @p queue is NULL
 *
 * @threading{The thread that uses @p queue.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 77_queues.c backlog
 */
HENCE_API int hence_queue_set_backlog(hence_queue *queue, size_t getters);

/* ---- done ---------------------------------------------------------------------------------- */

/**
 * @brief Say that the work on an item that was got is done: see hence_queue_join().
 *
 * @param queue  lent
 *
 * @retval 0        done
 * @retval -EINVAL  more often than items were put in: reported
 * @retval -ENOMEM  @p queue is NULL
 *
 * @threading{The thread that uses @p queue.}
 * @complexity{O(1), and the steps of those who join.}
 * @since 0.1
 * @snippet 71_producer_consumer.c consumer
 */
HENCE_API int hence_queue_task_done(hence_queue *queue);

/**
 * @brief Wait until the work on all items that were put in is done. The macro hence_queue_join()
 * adds the line.
 *
 * @param site   a string that lives for ever: #HENCE_SITE; or NULL
 * @param queue  lent
 * @return the Deferred, yours: gives hence_none(), at once if there is none; NULL when there is no
 *         memory, or @p queue is NULL
 *
 * @threading{The thread that uses @p queue.}
 * @cancel{It is taken out of the row of those who wait.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 71_producer_consumer.c join
 */
HENCE_API HENCE_MUST_USE hence_deferred *hence_queue_join_at(const char *site, hence_queue *queue);

/**
 * Wait until the work on all items that were put in is done: hence_queue_join_at() with this line.
 * @snippet 71_producer_consumer.c join
 */
#define hence_queue_join(queue) hence_queue_join_at(HENCE_SITE, (queue))

/**
 * @brief hence_queue_join() as a Future. The macro hence_queue_join_future() adds the line.
 *
 * @param site   a string that lives for ever: #HENCE_SITE; or NULL
 * @param loop   lent
 * @param queue  lent
 * @return the Future, yours: gives the same, and its listeners are told through the loop; NULL when
 *         there is no memory, @p queue is NULL, or as hence_future_new_at()
 *
 * @threading{The loop's.}
 * @cancel{As hence_queue_join_at().}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 77_queues.c futures
 */
HENCE_API HENCE_MUST_USE hence_future *hence_queue_join_future_at(const char *site,
                                                                  hence_loop *loop,
                                                                  hence_queue *queue);

/**
 * hence_queue_join() as a Future: hence_queue_join_future_at() with this line.
 * @snippet 77_queues.c futures
 */
#define hence_queue_join_future(loop, queue) hence_queue_join_future_at(HENCE_SITE, (loop), (queue))

/**
 * @brief No further item goes in; who waits to put fails with #HENCE_ESHUTDOWN.
 *
 * @verbatim
     immediate   items that are in        who waits to get, or comes later     hence_queue_join()
     false       come out                 fails, when all are out              when their work is done
     true        are destroyed            fails                                without the work on those
   @endverbatim
 *
 * @param queue      lent
 * @param immediate  as shown
 *
 * @retval 0        it is shut down
 * @retval -ENOMEM  @p queue is NULL
 *
 * @threading{The thread that uses @p queue.}
 * @complexity{O(number of those who wait, and of items that are destroyed).}
 * @since 0.1
 * @snippet 71_producer_consumer.c shutdown
 */
HENCE_API int hence_queue_shutdown(hence_queue *queue, bool immediate);

/**
 * @brief How many items are in it.
 *
 * @param queue  lent
 * @return that; 0 for NULL. Of a channel only what has come back from a Future: hence_queue_get_future(); in
 *         another queue such items may be there beside as many as it has room for
 *
 * @threading{The thread that uses @p queue.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 71_producer_consumer.c try
 */
HENCE_API size_t hence_queue_size(const hence_queue *queue);

/**
 * @brief Would who puts now have to wait, or fail?
 *
 * @param queue  lent
 * @return that; true for NULL. A channel is full unless somebody waits to get
 *
 * @threading{The thread that uses @p queue.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 71_producer_consumer.c try
 */
HENCE_API bool hence_queue_is_full(const hence_queue *queue);

HENCE_END_DECLS

/** @} */

#endif
