/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_LIST_H
#define HENCE_LIST_H

/**
 * @file
 * Values made of several results: what combinators give.
 *
 * @defgroup hence_list Lists of results
 * A combinator waits for several results and gives one: a list of them, or the one that came first.
 * Both are owned values like any other, so that a step can look at them, take them apart, or pass
 * them on; what is left in them when they are destroyed is destroyed too.
 * @{
 */

#include <hence/result.h>

HENCE_BEGIN_DECLS

/** A number of results, each a value or a failure. */
typedef struct hence_list hence_list;

/**
 * @brief A list of @p n results, all of them hence_none().
 *
 * @param n  how many
 * @return the list, yours: hence_list_free(), or `hence_own(list, hence_list_free)`; NULL when there
 *         is no memory
 * @threading{Any.}
 * @complexity{O(n); one allocation.}
 * @since 0.1
 * @snippet 26_results.c list
 */
HENCE_API HENCE_MUST_USE hence_list *hence_list_new(size_t n);

/**
 * @brief Destroy a list and what is in it. It is the destructor of results that own a list.
 *
 * @param list  taken: a hence_list; NULL is accepted
 * @threading{Where its results may be destroyed.}
 * @complexity{O(n), in constant stack for lists within lists.}
 * @since 0.1
 * @snippet 26_results.c list
 */
HENCE_API void hence_list_free(void *list);

/**
 * @brief How many results are in a list.
 * @param list  lent; NULL has none
 * @return the number
 * @threading{Any.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 33_deferred_list.c outcomes
 */
HENCE_API size_t hence_list_size(const hence_list *list);

/**
 * @brief One result of a list.
 * @param list  lent; NULL has none
 * @param i     which, from 0
 * @return lent as long as @p list lives: a value or a failure; hence_none() if there is no such
 * @threading{Where the list is.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 33_deferred_list.c outcomes
 */
HENCE_API const hence_result *hence_list_at(const hence_list *list, size_t i);

/**
 * @brief Put a result into a list; what was there is destroyed.
 * @param list  lent
 * @param i     which, from 0
 * @param r     taken, also when there is no such place
 * @retval 0        done
 * @retval -EINVAL  there is no such place, or @p list is NULL: @p r has been destroyed
 * @threading{Where the list is.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 26_results.c list
 */
HENCE_API int hence_list_set(hence_list *list, size_t i, hence_result r);

/**
 * @brief Put a further result at the end of a list, which may move for it.
 * @param list  lent: the list, yours; gets the new place. NULL in it is a list that could not be had
 * @param r     taken, also when there is no memory
 * @retval 0        done
 * @retval -ENOMEM  @p r has been destroyed; the list is as it was
 * @threading{Where the list is.}
 * @complexity{O(1) on the average.}
 * @since 0.1
 * @snippet 55_iterators.c next
 */
HENCE_API int hence_list_append(hence_list **list, hence_result r);

/**
 * @brief Move one result out of a list; hence_none() takes its place.
 * @param list  lent: one that you own, see hence_take_list()
 * @param i     which, from 0
 * @return the result, yours; hence_none() if there is no such
 * @threading{Where the list is.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 33_deferred_list.c take
 */
HENCE_API HENCE_MUST_USE hence_result hence_list_take(hence_list *list, size_t i);

/**
 * @brief The list that a result owns, or shares.
 * @param in  lent
 * @return lent as long as the result; NULL if it is something else
 * @threading{Where the result is.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 33_deferred_list.c outcomes
 */
HENCE_API inline const hence_list *hence_as_list(const hence_result *in);

/**
 * @brief Move a list out of the result that owns it.
 * @param in  lent; becomes hence_none()
 * @return the list, yours; NULL if it is something else, or shared with others
 * @threading{Where the result is.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 33_deferred_list.c take
 */
HENCE_API HENCE_MUST_USE inline hence_list *hence_take_list(hence_result *in);

/** The first of several results, and which it was. */
typedef struct hence_winner {
    size_t index;        /**< its place among those that were given, from 0 */
    hence_result result; /**< what it gave */
} hence_winner;

/**
 * @brief Destroy a winner and its result. It is the destructor of results that own a winner.
 *
 * @param winner  taken: a hence_winner; NULL is accepted
 * @threading{Where its result may be destroyed.}
 * @complexity{O(1), in constant stack for winners within winners.}
 * @since 0.1
 * @snippet 34_race.c winner
 */
HENCE_API void hence_winner_free(void *winner);

/**
 * @brief The winner that a result owns, or shares.
 * @param in  lent
 * @return lent as long as the result; NULL if it is something else
 * @threading{Where the result is.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 34_race.c winner
 */
HENCE_API inline const hence_winner *hence_as_winner(const hence_result *in);

/**
 * @brief Move a winner out of the result that owns it, to take its result with hence_take().
 * @param in  lent; becomes hence_none()
 * @return the winner, yours; NULL if it is something else, or shared with others
 * @threading{Where the result is.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 34_race.c winner
 */
HENCE_API HENCE_MUST_USE inline hence_winner *hence_take_winner(hence_result *in);

/**
 * @brief A step that takes the place off: of a winner its result stays, of "one of several failed" the
 * failure behind it.
 *
 * What is neither, or is shared with others, passes untouched.
 *
 * @param in   lent
 * @param arg  ignored
 * @return the result
 * @threading{Where the step runs.}
 * @complexity{O(1).}
 * @see hence_race(), hence_gather_results()
 * @since 0.1
 * @snippet 44_poetry_timeouts.c either
 */
HENCE_API HENCE_MUST_USE hence_result hence_unwrap(hence_result *in, void *arg);

inline const hence_list *hence_as_list(const hence_result *in)
{
    return (const hence_list *)hence_as(in, hence_list_free);
}

inline hence_list *hence_take_list(hence_result *in)
{
    return (hence_list *)hence_take_ptr(in, hence_list_free);
}

inline const hence_winner *hence_as_winner(const hence_result *in)
{
    return (const hence_winner *)hence_as(in, hence_winner_free);
}

inline hence_winner *hence_take_winner(hence_result *in)
{
    return (hence_winner *)hence_take_ptr(in, hence_winner_free);
}

HENCE_END_DECLS

/** @} */

#endif
