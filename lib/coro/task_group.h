/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_LIB_CORO_TASK_GROUP_H
#define HENCE_LIB_CORO_TASK_GROUP_H

/*
 * Task groups, as asyncio.TaskGroup (rule 118), and what trio's nurseries have beyond that (rule 170).
 *
 * A group is a block of its parent task; and while the parent is at its exit, it is what that waits for. So
 * whatever cancels the parent there comes to the group, which shuts down.
 *
 *   open          children come and go
 *   shut down     the children have been cancelled, and no further ones are taken. Because one has failed,
 *                 or the body has; because it was asked for; or because the parent was cancelled
 *   ended         the parent is at the exit, and no child is left
 *
 * Failures go into the group failure that the exit may have to give. It is made with the group and grows with
 * the number of children, so that no failure is lost for want of memory.
 */

#include <hence/task_group.h>

#include "coro/block.h"
#include "future/future.h"

struct child {
    struct hence_ring ring; /* first */
    struct hence_listener listener;
    hence_task_group *group;
    hence_future *f;
    hence_task_status *status; /* of one that was started with a ready signal; otherwise NULL */
};

struct hence_task_group {
    struct block block;
    struct hence_many many;
    struct hence_consumer *consumer; /* the parent, while it waits at the exit */
    struct hence_ring children;
    struct hence_ring *cursor; /* the next one to be cancelled */
    hence_failure *failure;
    size_t room, failed; /* of its members */
    size_t alive;        /* children that have not ended */
    unsigned busy;       /* somebody is at work on it: it must not end */
    bool is_exiting, is_shut_down;
    bool shuts_itself;     /* it is not the parent that is being cancelled */
    bool asked_parent;     /* it has cancelled its parent, */
    bool parent_cancelled; /* and others have, when it was at the exit */
};

/* May it take a child? Otherwise -errno. */
int hence_task_group_check(hence_task_group *group, const char *what, const char *site);
/* Spawns fn(arg); takes `arg`. NULL: no memory, or the loop has closed. */
struct child *hence_task_group_add(hence_task_group *group, const char *site, hence_result_fn *fn,
                                   void *arg, hence_drop_fn *drop);

/* ---- start.c ---- */

/* The child has ended with `r`: lent. The status goes. Is that for the one who has started it, not for the group? */
bool hence_task_status_end(hence_task_status *status, const hence_result *r);
/* What waits for it, or NULL. */
const struct hence_waitable *hence_task_status_leads_to(const hence_task_status *status);

#endif
