/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_GENERATOR_H
#define HENCE_GENERATOR_H

/**
 * @file
 * Generators: functions that give their results one by one.
 *
 * @defgroup hence_generator Generators
 * A generator is a function with a stack of its own that gives out a value, stops there, and goes on when it
 * is asked for the next one. It needs no loop. Whoever asks may give it something on the way: a value, which
 * comes out of the hence_yield() that it stands in, or a failure.
 *
 * Inside a coroutine the function may also wait, with hence_await(): then the whole coroutine waits.
 * @{
 */

#include <hence/result.h>

HENCE_BEGIN_DECLS

/** A function that gives its results one by one. */
typedef struct hence_generator hence_generator;

/**
 * @brief What a generator runs.
 * @param g    the generator, for hence_yield(); lent
 * @param arg  what was given along with it
 * @return what it ends with: a value or a failure
 */
typedef hence_result hence_generator_fn(hence_generator *g, void *arg);

/**
 * @brief A generator. Nothing runs before it is asked for the first value.
 *
 * @param fn   its function
 * @param arg  handed to it
 * @return the generator, yours; NULL when there is no memory. Every call accepts that NULL
 * @threading{All calls for it are made on one thread at a time, and once it has begun, on that thread.}
 * @complexity{O(1); a stack is taken when it begins.}
 * @since 0.1
 * @snippet 85_generators.c values
 */
HENCE_API HENCE_MUST_USE hence_generator *hence_generator_new(hence_generator_fn *fn, void *arg);

/**
 * @brief The same, with an argument that the generator owns.
 *
 * @param fn    its function
 * @param arg   taken
 * @param drop  destroys @p arg once the function has returned, or if it never begins
 * @return as hence_generator_new()
 * @threading{As hence_generator_new().}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 85_generators.c pages
 */
HENCE_API HENCE_MUST_USE hence_generator *hence_generator_new_own(hence_generator_fn *fn, void *arg,
                                                                  hence_drop_fn *drop);

/**
 * @brief One more reference.
 * @param g  lent; NULL gives NULL
 * @return the same generator, yours
 * @threading{As hence_generator_new().}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 85_generators.c pages
 */
HENCE_API hence_generator *hence_generator_ref(hence_generator *g);

/**
 * @brief One reference less. Who lets the last one go closes it: hence_generator_close().
 * @param g  taken; NULL is accepted
 * @return NULL
 * @threading{As hence_generator_new().}
 * @complexity{O(1), and what its function still does.}
 * @since 0.1
 * @snippet 85_generators.c values
 */
HENCE_API hence_generator *hence_generator_unref(hence_generator *g);

/**
 * @brief Have the generator go on to its next value.
 *
 * @verbatim
       its function yields v     true,  *out = v
       its function returns r    false, *out = r: a value, or the failure that it ends with
       it has ended before       false, *out = the failure HENCE_EEND
   @endverbatim
 *
 * @param g    lent. NULL: false, and *out is the out-of-memory failure
 * @param out  gets the result, yours in either case
 * @return whether @p g has yielded
 *
 * @ownership{What it yields is yours.}
 * @threading{As hence_generator_new().}
 * @complexity{O(1), and what its function does.}
 * @see hence_generator_send(), hence_yield()
 * @since 0.1
 * @snippet 85_generators.c values
 */
HENCE_API bool hence_generator_next(hence_generator *g, hence_result *out);

/**
 * @brief The same, and have a value come out of the hence_yield() that the function stands in.
 *
 * @param g    lent
 * @param in   taken. A function that has not begun stands in no hence_yield(): only hence_none() may be sent
 *             to it; anything else is destroyed, *out is #HENCE_EINVAL, and @p g stays as it is
 * @param out  gets the result, yours in either case
 * @return as hence_generator_next()
 * @threading{As hence_generator_new().}
 * @complexity{As hence_generator_next().}
 * @since 0.1
 * @snippet 86_send.c send
 */
HENCE_API bool hence_generator_send(hence_generator *g, hence_result in, hence_result *out);

/**
 * @brief The same with a failure, which its function may handle or return.
 *
 * A function that has not begun never will: the generator has ended, and *out is that failure.
 *
 * @param g        lent
 * @param failure  taken; anything else becomes the failure #HENCE_EINVAL
 * @param out      gets the result, yours in either case
 * @return as hence_generator_next()
 * @threading{As hence_generator_new().}
 * @complexity{As hence_generator_next().}
 * @since 0.1
 * @snippet 86_send.c throw
 */
HENCE_API bool hence_generator_throw(hence_generator *g, hence_result failure, hence_result *out);

/**
 * @brief Have the function come to its end.
 *
 * The failure #HENCE_ECANCELLED comes out of the hence_yield() that it stands in, and out of all later ones at
 * once: it must return.
 *
 * @param g  lent; NULL is accepted
 * @return hence_none(), also when the function returned that very failure; otherwise what it returned, yours;
 *         the failure #HENCE_EINVAL if it runs now
 * @threading{As hence_generator_new().}
 * @complexity{What its function still does.}
 * @since 0.1
 * @snippet 86_send.c close
 */
HENCE_API hence_result hence_generator_close(hence_generator *g);

/**
 * @brief Has its function returned?
 * @param g  lent; NULL has ended
 * @return true if so
 * @threading{As hence_generator_new().}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 85_generators.c values
 */
HENCE_API bool hence_generator_done(const hence_generator *g);

/**
 * @brief Give out a value, from within the function of a generator, and stop until the next one is asked for.
 *
 * Any function that it calls may do so too, if it is told @p g.
 *
 * @param g  lent: the generator that runs
 * @param r  taken: goes to whoever asked
 * @return what was sent, yours: hence_none() if nothing was; a failure if one was thrown, or @p g is being
 *         closed. The failure #HENCE_EINVAL if @p g does not run here
 * @threading{Its own.}
 * @complexity{O(1); nothing is allocated.}
 * @since 0.1
 * @snippet 85_generators.c values
 */
HENCE_API hence_result hence_yield(hence_generator *g, hence_result r);

/**
 * @brief Give out all that another generator yields, as a pipe between it and whoever asks.
 *
 * What is sent or thrown goes to @p inner.
 *
 * @param g      lent: the generator that runs
 * @param inner  taken
 * @return what the function of @p inner returned, yours
 * @threading{Its own.}
 * @complexity{O(1) for each value.}
 * @since 0.1
 * @snippet 87_yield_from.c pipe
 */
HENCE_API HENCE_MUST_USE hence_result hence_yield_from(hence_generator *g, hence_generator *inner);

HENCE_END_DECLS

/** @} */

#endif
