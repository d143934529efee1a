/* SPDX-License-Identifier: BSD-3-Clause */
#include "coro/task_group.h"

#include <errno.h>

#include "base/memory.h"
#include "value/failure.h"

#define FIRST_ROOM 4

static hence_task_group *of_many(struct hence_waitable *self)
{
    return (hence_task_group *)((char *)self - offsetof(hence_task_group, many));
}

/* ---- its end ---- */

static bool has_ended(const hence_task_group *group)
{
    return !group->alive && !group->busy;
}

/* Whoever was at work on it is not any more. The parent may go on inside of this. */
static void release(hence_task_group *group)
{
    group->busy--;
    struct hence_consumer *parent = group->consumer;
    if (!parent || !has_ended(group))
        return;
    group->consumer = NULL;
    hence_deliver(parent, hence_none());
}

/* ---- shut down ---- */

static void cancel_children(hence_task_group *group)
{
    group->shuts_itself = true;
    hence_waitable_cancel(&group->many.waitable);
}

/* Unless that was done before, cancels the children, and the parent if it is not at the exit. */
static void shut_down(hence_task_group *group)
{
    if (group->is_shut_down)
        return;
    struct task *parent = group->block.task;
    group->busy++;
    cancel_children(group);
    const bool asks = !group->is_exiting && !group->asked_parent;
    if (asks) {
        group->asked_parent = true;
        hence_task_cancel(parent);
    }
    release(group);
}

void hence_task_group_cancel(hence_task_group *group)
{
    if (group && hence_loop_is_here(group->block.loop, "hence_task_group_cancel()"))
        shut_down(group);
}

/* The children are what it waits for. They are cancelled once. */
static struct hence_waitable *cancel_each_part(struct hence_waitable *self, bool begin, int *result,
                                               struct hence_cancellation *cancellation)
{
    hence_task_group *group = of_many(self);
    if (begin) {
        if (!group->shuts_itself)
            group->parent_cancelled = true;
        group->shuts_itself = false;
        *result = 0;
        if (group->is_shut_down)
            return NULL;
        group->is_shut_down = true;
        group->busy++;
        group->cursor = group->children.next;
        group->many.below = cancellation->begun;
        cancellation->begun = &group->many;
    }
    while (group->cursor != &group->children) {
        hence_future *f = ((struct child *)group->cursor)->f;
        group->cursor = group->cursor->next;
        if (!hence_future_done(f))
            return &f->waitable;
    }
    group->cursor = NULL;
    cancellation->begun = group->many.below;
    *result = 0;
    release(group);
    return NULL;
}

static struct hence_waitable *waits_for_part(const struct hence_waitable *self)
{
    (void)self; /* for many */
    return NULL;
}

/* The parent, also while it is not at the exit: it cannot end before the children have. */
static struct hence_consumer *waiter_part(const struct hence_waitable *self)
{
    return &of_many((struct hence_waitable *)(uintptr_t)self)
                ->block.task->awaiter.waitable.consumer;
}

static const struct hence_part group_part = {
    .waits_for = waits_for_part,
    .cancel_each = cancel_each_part,
    .waiter = waiter_part,
};

/* ---- children ---- */

static void add_failure(hence_task_group *group, hence_failure *failure)
{
    hence_failure_add_member(group->failure, group->failed++, failure);
}

/* A cancellation is none, and neither is that the loop has closed: all of them are told that. */
static bool counts(const hence_task_group *group, const hence_result *r)
{
    const hence_failure *failure = hence_as_failure(r);
    return failure && !hence_failure_is_cancelled(failure) &&
           !(group->block.loop->closed && hence_failure_is_of_closing(failure));
}

static void child_ended(hence_future *f, void *arg)
{
    struct child *child = arg;
    hence_task_group *group = child->group;
    hence_result r = hence_future_result(f);
    group->busy++;
    group->alive--;
    if (group->cursor == &child->ring)
        group->cursor = child->ring.next;
    hence_ring_remove(&child->ring);
    const bool is_for_other = child->status && hence_task_status_end(child->status, &r);
    hence_memory_put(child, sizeof *child);
    hence_future_unref(f);
    if (!is_for_other && counts(group, &r)) {
        add_failure(group, hence_take_failure(&r));
        shut_down(group);
    }
    hence_drop(r);
    release(group);
}

/* For finding circles. */
static const struct hence_waitable *child_leads_to(const struct hence_listener *listener)
{
    const struct child *child = listener->arg;
    const struct hence_waitable *starter =
        child->status ? hence_task_status_leads_to(child->status) : NULL;
    return starter ? starter : &child->group->many.waitable;
}

/* Room for one more child; for the failures of the body, and of the memory that could not be had. */
static bool reserve(hence_task_group *group)
{
    const size_t needed = group->failed + group->alive + 3;
    if (needed <= group->room)
        return true;
    hence_failure *grown = hence_failure_grow_group(group->failure, needed * 2);
    if (!grown)
        return false;
    group->failure = grown;
    group->room = needed * 2;
    return true;
}

int hence_task_group_check(hence_task_group *group, const char *what, const char *site)
{
    if (!group)
        return -ENOMEM;
    int error = hence_loop_check_at(group->block.loop, what, site);
    if (error)
        return error;
    return group->is_shut_down || (group->is_exiting && has_ended(group)) ? -ESHUTDOWN : 0;
}

struct child *hence_task_group_add(hence_task_group *group, const char *site, hence_result_fn *fn,
                                   void *arg, hence_drop_fn *drop)
{
    struct child *child = reserve(group) ? hence_memory_get_zeroed(sizeof *child) : NULL;
    if (!child) {
        if (drop)
            drop(arg);
        return NULL;
    }
    child->f = hence_spawn_at(site, group->block.loop, fn, arg, drop);
    if (!child->f) {
        hence_memory_put(child, sizeof *child);
        return NULL;
    }
    child->group = group;
    child->listener.fn = child_ended;
    child->listener.arg = child;
    child->listener.leads_to = child_leads_to;
    hence_ring_append(&group->children, &child->ring);
    group->alive++;
    hence_listener_add(child->f, &child->listener);
    return child;
}

int hence_task_group_spawn_at(const char *site, hence_task_group *group, hence_result_fn *fn,
                              void *arg, hence_drop_fn *drop, hence_future **out)
{
    int error = fn ? hence_task_group_check(group, "hence_task_group_spawn()", site) : -EINVAL;
    if (out)
        *out = NULL;
    if (error) {
        if (drop)
            drop(arg);
        return error;
    }
    struct child *child = hence_task_group_add(group, site, fn, arg, drop);
    if (child) {
        if (out)
            *out = hence_future_ref(child->f);
        return 0;
    }
    if (group->block.loop->closed)
        return -ESHUTDOWN;
    /* who does not look at what is returned must not lose a child: the group fails */
    hence_result failure = hence_fail_static(HENCE_ENOMEM);
    add_failure(group, hence_take_failure(&failure));
    shut_down(group);
    return -ENOMEM;
}

/* ---- entered and exited ---- */

static void wait_for_children(hence_task_group *group)
{
    struct task *parent = group->block.task;
    if (has_ended(group))
        return;
    group->consumer = &parent->awaiter.waitable.consumer;
    parent->awaiter.awaited = &group->many.waitable;
    hence_drop(hence_task_wait_awaited(parent));
}

/* The failure of all that has failed. */
static hence_result fail_together(hence_task_group *group)
{
    struct task *parent = group->block.task;
    if (parent->cancels > group->block.cancels) /* others have cancelled it: that goes on */
        parent->must_cancel = true;
    hence_failure *failure = group->failure;
    group->failure = NULL;
    hence_failure_shrink_group(failure, group->failed);
    return hence_fail_with(failure);
}

static hence_result exit_group(struct block *block, hence_result r, void *out)
{
    hence_task_group *group = (hence_task_group *)block;
    (void)out;
    group->is_exiting = true;
    group->parent_cancelled = hence_is_cancelled(&r);
    if (hence_is_failure(&r) && !group->is_shut_down)
        cancel_children(group);
    wait_for_children(group);
    if (group->asked_parent && hence_block_uncancel(block))
        group->parent_cancelled = false;
    if (hence_is_failure(&r) && !hence_is_cancelled(&r))
        add_failure(group, hence_take_failure(&r));
    if (group->failed) {
        hence_drop(r);
        r = fail_together(group);
    } else if (group->parent_cancelled != hence_is_cancelled(&r)) {
        hence_drop(r);
        r = group->parent_cancelled ? hence_fail_static(HENCE_ECANCELLED) : hence_none();
    }
    hence_failure_unref(group->failure);
    return r;
}

static const struct block_kind group_kind = {
    .size = sizeof(hence_task_group),
    .exit = exit_group,
    .is_not_entered = "hence_task_group_exit() of a group that this coroutine is not in",
    .is_left_open = "a task group was entered, but not exited",
};

hence_task_group *hence_task_group_enter_at(const char *site)
{
    hence_task_group *group = (hence_task_group *)hence_block_enter(
        &group_kind, site, "hence_task_group_enter() outside of a coroutine");
    if (!group)
        return NULL;
    group->failure = hence_failure_new_group(site, FIRST_ROOM);
    if (!group->failure) {
        hence_block_lose(&group->block);
        return NULL;
    }
    group->room = FIRST_ROOM;
    group->many.waitable.consumer.part = &group_part;
    hence_ring_init(&group->children);
    return group;
}

hence_result hence_task_group_exit(hence_task_group *group, hence_result r)
{
    return hence_block_exit(group ? &group->block : NULL, &group_kind, r, NULL);
}

size_t hence_task_group_count(const hence_task_group *group)
{
    return group ? group->alive : 0;
}
