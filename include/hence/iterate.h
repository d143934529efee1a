/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_ITERATE_H
#define HENCE_ITERATE_H

/**
 * @file
 * Values that come one by one, and what is done with each.
 *
 * @defgroup hence_iterate Async iterators
 * An async iterator is a function that gives a Future each time it is called, for the next value; at the
 * end that Future fails with #HENCE_EEND. hence_completion_queue_iterate() makes one of a completion
 * queue; a program writes its own for the pages of a site or the rows of a query.
 *
 * All of these give a Future. Cancelling it cancels what they wait for at the time, and it is done when
 * that has ended. If that has its result already, but has not told them of it yet, they are cancelled all the same and
 * do not see that result: what came out of a queue goes back there. Only hence_using() keeps what it has entered, for
 * the exit.
 * @{
 */

#include <hence/gather.h>

HENCE_BEGIN_DECLS

/**
 * @brief An async iterator: asks for the next value.
 * @param arg  what was given along with it
 * @return a Future, taken, for the next value: its failure ends the iteration, #HENCE_EEND in order. NULL
 *         is the out-of-memory failure. It is asked again only when that Future is done
 */
typedef hence_future *hence_next_fn(void *arg);

/**
 * @brief The async iterator of a completion queue, whose values are hence_completion.
 * @param queue  lent: a hence_completion_queue
 * @return hence_completion_queue_next()
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 55_iterators.c for-each
 */
HENCE_API HENCE_MUST_USE hence_future *hence_completion_queue_iterate(void *queue);

/**
 * @brief All values of an async iterator. The macro hence_collect() adds the line.
 *
 * @verbatim
     in   next() --> F<A>, F<B>, F<C>, EEND
     out  F< list[3] { A, B, C } >
     one fails                that failure; what came before is destroyed
   @endverbatim
 *
 * @param site  a string that lives for ever: #HENCE_SITE; or NULL
 * @param loop  lent
 * @param next  gives the values
 * @param arg   handed to @p next: must live until the result is there
 * @return the Future, yours; NULL when there is no memory
 * @threading{The loop's.}
 * @cancel{The Future that is waited for is cancelled.}
 * @complexity{O(number of values), in constant stack.}
 * @since 0.1
 * @snippet 55_iterators.c collect
 */
HENCE_API HENCE_MUST_USE hence_future *hence_collect_at(const char *site, hence_loop *loop,
                                                        hence_next_fn *next, void *arg);
/**
 * All values of an async iterator: hence_collect_at() with this line.
 * @snippet 55_iterators.c collect
 */
#define hence_collect(loop, next, arg) hence_collect_at(HENCE_SITE, (loop), (next), (arg))

/**
 * @brief Do something with each value, one after the other. The macro hence_for_each() adds the line.
 *
 * @verbatim
     in   next() --> F<A>, F<B>, F<C>, EEND       body(A), body(B), body(C)
     out  F< int: 3 >
     one fails, or body does  that failure; no further value is asked for
   @endverbatim
 *
 * @param site      a string that lives for ever: #HENCE_SITE; or NULL
 * @param loop      lent
 * @param next      gives the values
 * @param next_arg  handed to @p next: must live until the result is there
 * @param body      a step, for each value; a chain that it returns is waited for before the next value is
 *                  asked for, any other value is destroyed
 * @param body_arg  handed to @p body: must live until the result is there
 * @return the Future, yours: gives how many values there were; NULL when there is no memory
 * @threading{The loop's.}
 * @cancel{What is waited for is cancelled: a value, or what the body returned.}
 * @complexity{O(number of values), in constant stack and memory.}
 * @since 0.1
 * @snippet 55_iterators.c for-each
 */
HENCE_API HENCE_MUST_USE hence_future *hence_for_each_at(const char *site, hence_loop *loop,
                                                         hence_next_fn *next, void *next_arg,
                                                         hence_step *body, void *body_arg);
/**
 * Do something with each value: hence_for_each_at() with this line.
 * @snippet 55_iterators.c for-each
 */
#define hence_for_each(loop, next, next_arg, body, body_arg)                                       \
    hence_for_each_at(HENCE_SITE, (loop), (next), (next_arg), (body), (body_arg))

/**
 * @brief Do something with each value, several at once. The macro hence_map() adds the line.
 *
 * @verbatim
     in   next() --> F<A>, F<B>, F<C>, EEND       step(A), step(B), step(C): at most `limit` at once
     out  F< list[3] { step(A), step(B), step(C) } >           in the order of the values
     one fails, or step does  the others that are under way are cancelled, no further value is asked for;
                              that failure, when all have ended
   @endverbatim
 *
 * @param site      a string that lives for ever: #HENCE_SITE; or NULL
 * @param loop      lent
 * @param next      gives the values; asked as long as fewer than @p limit are under way
 * @param next_arg  handed to @p next: must live until the result is there
 * @param step      what is done with each; a chain that it returns is waited for
 * @param step_arg  handed to @p step: must live until the result is there
 * @param limit     how many may be under way at once; 0: any number
 * @return the Future, yours; NULL when there is no memory
 * @threading{The loop's.}
 * @cancel{All that is under way is cancelled; #HENCE_ECANCELLED when all of it has ended.}
 * @complexity{O(number of values), in constant stack.}
 * @since 0.1
 * @snippet 55_iterators.c map
 */
HENCE_API HENCE_MUST_USE hence_future *hence_map_at(const char *site, hence_loop *loop,
                                                    hence_next_fn *next, void *next_arg,
                                                    hence_step *step, void *step_arg, size_t limit);
/**
 * Do something with each value, several at once: hence_map_at() with this line.
 * @snippet 55_iterators.c map
 */
#define hence_map(loop, next, next_arg, step, step_arg, limit)                                     \
    hence_map_at(HENCE_SITE, (loop), (next), (next_arg), (step), (step_arg), (limit))

/**
 * @brief A loop whose condition takes time. The macro hence_repeat_while() adds the line.
 *
 * @verbatim
     while (wait for condition(arg))
             wait for body(arg);
   @endverbatim
 *
 * @param site       a string that lives for ever: #HENCE_SITE; or NULL
 * @param loop       lent
 * @param condition  gives an integer, or a chain to one: 0, or anything that is not an integer, ends the
 *                   loop
 * @param body       gives a value, or a chain to wait for
 * @param arg        handed to both: must live until the result is there
 * @return the Future, yours: gives how many times the body ran, or the failure of one of the two; NULL
 *         when there is no memory
 * @threading{The loop's.}
 * @cancel{What is waited for is cancelled.}
 * @complexity{O(number of rounds), in constant stack and memory. A round in which nothing is waited for
 *   does not go through the loop.}
 * @since 0.1
 * @snippet 55_iterators.c repeat-while
 */
HENCE_API HENCE_MUST_USE hence_future *hence_repeat_while_at(const char *site, hence_loop *loop,
                                                             hence_result_fn *condition,
                                                             hence_result_fn *body, void *arg);
/**
 * A loop whose condition takes time: hence_repeat_while_at() with this line.
 * @snippet 55_iterators.c repeat-while
 */
#define hence_repeat_while(loop, condition, body, arg)                                             \
    hence_repeat_while_at(HENCE_SITE, (loop), (condition), (body), (arg))

/**
 * @brief Ends what hence_using() has begun.
 * @param resource  lent: what `enter` gave, or what `body` has left of it
 * @param outcome   lent: what `body` gave: a failure says that it should be rolled back
 * @param arg       what was given along with it
 * @return a value, or a chain to wait for; a failure takes the place of the outcome
 */
typedef hence_result hence_exit_fn(const hence_result *resource, const hence_result *outcome,
                                   void *arg);

/**
 * @brief Enter, do something, and leave in any case; each of the three may take time. The macro
 * hence_using() adds the line.
 *
 * @verbatim
     enter(arg) --> resource --> body(resource, arg) --> outcome --> exit(resource, outcome, arg)
     out  F< outcome >           when exit has ended

     enter fails              that failure; neither body nor exit runs
     body fails               exit runs, and then that failure
     exit fails               that failure; if the body had failed too, a group of both (EGROUP)
     the result is cancelled  enter, or the body, is cancelled; exit runs if there is a resource, and then
                              ECANCELLED
   @endverbatim
 * If enter has its resource when a cancellation comes, but has not told of it yet, the body is not called: exit gets
 * that resource, and #HENCE_ECANCELLED as the outcome.
 *
 * A transaction commits or rolls back in @p exit; a lock is released there.
 *
 * @param site   a string that lives for ever: #HENCE_SITE; or NULL
 * @param loop   lent
 * @param enter  gives the resource, or a chain to it; called now
 * @param body   a step, with the resource as its input
 * @param exit   see hence_exit_fn()
 * @param arg    handed to all three: must live until the result is there
 * @return the Future, yours; NULL when there is no memory: then nothing has been called
 * @threading{The loop's.}
 * @cancel{As shown. While exit is under way, it is exit that is cancelled.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 56_transaction.c using
 */
HENCE_API HENCE_MUST_USE hence_future *hence_using_at(const char *site, hence_loop *loop,
                                                      hence_result_fn *enter, hence_step *body,
                                                      hence_exit_fn *exit, void *arg);
/**
 * Enter, do something, and leave in any case: hence_using_at() with this line.
 * @snippet 56_transaction.c using
 */
#define hence_using(loop, enter, body, exit, arg)                                                  \
    hence_using_at(HENCE_SITE, (loop), (enter), (body), (exit), (arg))

HENCE_END_DECLS

/** @} */

#endif
