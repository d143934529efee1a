/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_TASK_GROUP_H
#define HENCE_TASK_GROUP_H

/**
 * @file
 * Task groups: coroutines that end before the block that has begun them does.
 *
 * @defgroup hence_task_group Task groups
 * A coroutine enters a group, spawns others in it, its children, and exits it; the exit waits for all of
 * them. So no task is left behind, no failure gets lost, and who cancels the one cancels all.
 *
 * @verbatim
                                  children           body             hence_task_group_exit() gives
       all goes well              run to their end                    what the body came to
       a child fails              are cancelled      is cancelled     HENCE_EGROUP: all failures
       a child is cancelled                                           as if it had ended well
       the body fails             are cancelled                       HENCE_EGROUP: all failures
       the task is cancelled      are cancelled      is cancelled     HENCE_ECANCELLED; HENCE_EGROUP if some failed
       hence_task_group_cancel()  are cancelled      is cancelled     none
   @endverbatim
 * Where the children are cancelled the group shuts down: it takes no more of them. It waits in any case
 * until all have ended. *Cancelled* means once, as by hence_future_cancel(): who goes on after that is
 * waited for.
 *
 * The model is asyncio's TaskGroup; hence_task_group_cancel() and hence_task_group_start() are those of
 * trio's nurseries. Blocks within each other, and a group that there is no memory for, are as told in
 * @ref hence_scope.
 * @{
 */

#include <hence/coroutine.h>

HENCE_BEGIN_DECLS

/** Coroutines that end before the block does. */
typedef struct hence_task_group hence_task_group;

/**
 * @brief From here to hence_task_group_exit(), a task group. The macro hence_task_group_enter() adds the line.
 *
 * @param site  a string that lives for ever: #HENCE_SITE; or NULL. It is that of the group's failure
 * @return the group, lent until the exit; NULL when there is no memory, which need not be looked at
 * @threading{The loop's, in a coroutine.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 89_task_group.c group
 */
HENCE_API hence_task_group *hence_task_group_enter_at(const char *site);
/**
 * A group from here on: hence_task_group_enter_at() with this line.
 * @snippet 89_task_group.c group
 */
#define hence_task_group_enter() hence_task_group_enter_at(HENCE_SITE)

/**
 * @brief One more child. The macros hence_task_group_spawn() and hence_task_group_spawn_own() add the line.
 *
 * It is spawned as by hence_spawn_at(), and may be spawned by the body, by children, or by any other code on
 * the loop's thread, as long as the group has not ended.
 *
 * @param site   a string that lives for ever: #HENCE_SITE; or NULL
 * @param group  lent
 * @param fn     the function
 * @param arg    handed to it
 * @param drop   NULL, or called with @p arg once the child has ended, also when it has never begun
 * @param out    NULL, or gets the child's Future, yours: for its result, or to cancel it; NULL on failure
 * @retval 0           done
 * @retval -ENOMEM     no memory. The group shuts down, and its failure says so: a child cannot get lost by not
 *                     looking at this
 * @retval -ESHUTDOWN  the group has shut down, or has ended; or the loop is closed
 * @retval -EPERM      on another thread
 * @retval -EINVAL     @p fn is NULL
 *
 * @ownership{@p arg is taken if there is a @p drop, also when this fails.}
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 89_task_group.c group
 */
HENCE_API int hence_task_group_spawn_at(const char *site, hence_task_group *group,
                                        hence_result_fn *fn, void *arg, hence_drop_fn *drop,
                                        hence_future **out);
/**
 * One more child: hence_task_group_spawn_at() with this line.
 * @snippet 89_task_group.c group
 */
#define hence_task_group_spawn(group, fn, arg, out)                                                \
    hence_task_group_spawn_at(HENCE_SITE, (group), (fn), (arg), NULL, (out))
/**
 * The same, with an argument that the child owns: hence_task_group_spawn_at() with this line.
 * @snippet 89_task_group.c own
 */
#define hence_task_group_spawn_own(group, fn, arg, drop, out)                                      \
    hence_task_group_spawn_at(HENCE_SITE, (group), (fn), (arg), (drop), (out))

/**
 * @brief The end of the block: waits until all children have ended, those too that are spawned meanwhile.
 *
 * @param group  what hence_task_group_enter() gave, and is gone afterwards; NULL for what could not be had
 * @param r      what the body has come to: taken. A chain is waited for first
 * @return as the table above says. The members of the failure #HENCE_EGROUP are those of the children in the
 *         order in which they failed, and then that of the body: hence_failure_member(). #HENCE_EINVAL, and a
 *         report, if this coroutine is not in that group
 *
 * @threading{The loop's, in the same coroutine.}
 * @cancel{The children are cancelled; it ends when all have ended. If some have failed, their failure comes,
 *   and the cancellation at the next wait.}
 * @complexity{O(1), and O(children) to cancel them; nothing is allocated.}
 * @since 0.1
 * @snippet 89_task_group.c group
 */
HENCE_API HENCE_MUST_USE hence_result hence_task_group_exit(hence_task_group *group,
                                                            hence_result r);

/**
 * @brief Cancel the children, and what the body waits for: the group ends without a failure.
 *
 * The cancellation ends at hence_task_group_exit(), which gives none for it.
 *
 * @param group  lent; NULL is accepted. From anywhere, before the group has ended
 * @threading{The loop's.}
 * @complexity{O(children), and what the cancellation does.}
 * @since 0.1
 * @snippet 89_task_group.c cancel
 */
HENCE_API void hence_task_group_cancel(hence_task_group *group);

/**
 * @brief How many children have not ended.
 * @param group  lent
 * @return the number
 * @threading{The loop's.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 89_task_group.c start
 */
HENCE_API size_t hence_task_group_count(const hence_task_group *group);

/* ---- children that say when they are ready ------------------------------------------------- */

/** Through which a child says that it is ready. */
typedef struct hence_task_status hence_task_status;

/**
 * @brief What hence_task_group_start() runs.
 * @param status  for hence_task_status_started(); lent as long as the function runs
 * @param arg     what was given along with it
 * @return as a function of hence_spawn()
 */
typedef hence_result hence_start_fn(hence_task_status *status, void *arg);

/**
 * @brief One more child, and wait until it says that it is ready. The macros hence_task_group_start() and
 * hence_task_group_start_own() add the line.
 *
 * @verbatim
       the child                                     the one who starts it gets
       calls hence_task_status_started(status, v)    v; from then on it is a child as all others
       fails before                                  that failure, and the group does not
       returns a value before                        HENCE_EABANDONED
   @endverbatim
 *
 * @param site   a string that lives for ever: #HENCE_SITE; or NULL
 * @param group  lent
 * @param fn     the function
 * @param arg    handed to it
 * @param drop   NULL, or called with @p arg once the child has ended, also when it has never begun
 * @return see above, yours; #HENCE_ENOMEM; #HENCE_ESHUTDOWN if the group has shut down, #HENCE_ECLOSED if the
 *         loop is closed; #HENCE_EINVAL outside of a coroutine, or without a function
 *
 * @ownership{@p arg is taken if there is a @p drop, also when this fails.}
 * @threading{The loop's, in a coroutine: it need not be the one that has entered the group.}
 * @cancel{The child is cancelled, and what it ends with is the result, #HENCE_ECANCELLED for a value; if it
 *   says that it is ready after that, nobody is told.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 89_task_group.c start
 */
HENCE_API HENCE_MUST_USE hence_result hence_task_group_start_at(const char *site,
                                                                hence_task_group *group,
                                                                hence_start_fn *fn, void *arg,
                                                                hence_drop_fn *drop);
/**
 * Start a child: hence_task_group_start_at() with this line.
 * @snippet 89_task_group.c start
 */
#define hence_task_group_start(group, fn, arg)                                                     \
    hence_task_group_start_at(HENCE_SITE, (group), (fn), (arg), NULL)
/**
 * The same, with an argument that the child owns: hence_task_group_start_at() with this line.
 * @snippet 89_task_group.c start-own
 */
#define hence_task_group_start_own(group, fn, arg, drop)                                           \
    hence_task_group_start_at(HENCE_SITE, (group), (fn), (arg), (drop))

/**
 * @brief The child is ready: hence_task_group_start() gives @p value.
 *
 * @param status  lent; NULL is accepted, so that the function can be called without a group: it does nothing
 *         then
 * @param value   taken; may be a failure, but no chain
 * @retval 0          done, or nobody waits for it any more
 * @retval -EALREADY  it was called before, which is reported
 * @retval -EINVAL    @p value is a chain, which is reported
 * @threading{The loop's, while the child's function runs.}
 * @complexity{O(1); nothing is allocated.}
 * @since 0.1
 * @snippet 89_task_group.c start
 */
HENCE_API int hence_task_status_started(hence_task_status *status, hence_result value);

HENCE_END_DECLS

/** @} */

#endif
