/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The door: how other threads get a call into the loop, without locks.
 *
 * Posted parcels form a stack: a thread puts its parcel on top with a compare-and-swap, and only who
 * found the stack empty writes to the eventfd, so that at most one wake-up is on its way. The loop is told of
 * the write first (or reads the eventfd, where libevent cannot tell of each write once) and takes the whole stack
 * afterwards: a parcel that comes in between is taken as well, and one that comes after finds the stack empty and
 * wakes the loop again. Then it takes its turn at once: libevent has just polled.
 *
 * Closing puts a mark in the place of the stack, for good: who finds it is refused, and sees all that the loop's
 * thread did before, that the loop is closed above all. The descriptor
 * itself is closed with the loop's memory, since a thread that found the stack empty just before may still
 * be about to write to it: such a thread has a reference, or is counted as a visitor.
 *
 * The door's event does not count among those that keep event_base_dispatch() going.
 */
#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/memory.h"
#include "loop/loop.h"

static struct hence_parcel closed_mark;

static void wake(const hence_loop *loop)
{
    const struct door *door = &loop->door;
    const uint64_t one = 1;
    if (hence_thread_is_forked() && hence_thread_is_from_before_fork(loop->owner))
        return; /* in a forked child the descriptor is the parent's; hence_loop_reinit() looks itself */
    while (write(door->fd, &one, sizeof one) < 0 && errno == EINTR)
        ;
}

int hence_door_post(hence_loop *loop, struct hence_parcel *parcel)
{
    struct hence_parcel *top = atomic_load_explicit(&loop->door.posted, memory_order_acquire);
    while (top != &closed_mark) {
        const bool was_empty = !top;
        parcel->next = top;
        HENCE_COUNT(CALLS_MADE); /* before the loop can have made it */
        if (atomic_compare_exchange_weak_explicit(&loop->door.posted, &top, parcel,
                                                  memory_order_acq_rel, memory_order_acquire)) {
            if (was_empty)
                wake(loop);
            return 0;
        }
        HENCE_COUNT_MANY(CALLS_MADE, -1);
    }
    return -ESHUTDOWN;
}

int hence_door_post_last(hence_loop *loop, struct hence_parcel *parcel)
{
    /* no reference: hence_loop_unref() would take it for somebody who can still close the loop */
    atomic_fetch_add_explicit(&loop->door.visitors, 1, memory_order_relaxed);
    int error = hence_door_post(loop, parcel);
    hence_loop_leave(loop);
    return error;
}

/* ---- calls ---- */

int hence_call_soon_threadsafe_own(hence_loop *loop, hence_call_fn *fn, void *arg,
                                   hence_drop_fn *drop)
{
    struct hence_parcel *parcel = NULL;
    int error = fn ? -ENOMEM : -EINVAL;
    if (hence_thread_is_forked() && loop && hence_thread_is_from_before_fork(loop->owner))
        error = hence_loop_refuse_child(loop, "hence_call_soon_threadsafe()");
    else if (fn && loop)
        parcel = hence_memory_get(sizeof *parcel);
    if (parcel) {
        *parcel = (struct hence_parcel){.fn = fn, .arg = arg, .drop = drop};
        error = hence_door_post(loop, parcel);
        if (!error)
            return 0;
        hence_memory_put(parcel, sizeof *parcel);
    }
    if (drop)
        drop(arg);
    return error;
}

int hence_call_soon_threadsafe(hence_loop *loop, hence_call_fn *fn, void *arg)
{
    return hence_call_soon_threadsafe_own(loop, fn, arg, NULL);
}

/* Takes all that is posted, and puts it behind what has arrived, in order. */
static void take_posted(struct door *door, struct hence_parcel *instead)
{
    struct hence_parcel *posted =
        atomic_exchange_explicit(&door->posted, instead, memory_order_acq_rel);
    struct hence_parcel *in_order = NULL, *last = posted;
    if (!posted || posted == &closed_mark)
        return;
    while (posted) {
        struct hence_parcel *next = posted->next;
        posted->next = in_order;
        posted->has_arrived = true;
        in_order = posted;
        posted = next;
    }
    if (door->arrived)
        door->arrived_last->next = in_order;
    else
        door->arrived = in_order;
    door->arrived_last = last;
}

void hence_door_let_in(hence_loop *loop, size_t at_most)
{
    struct door *door = &loop->door;
    for (; at_most && door->arrived && hence_ready_reserve(&loop->queue) == 0; at_most--) {
        struct hence_parcel *parcel = door->arrived;
        door->arrived = parcel->next;
        hence_ready_append(
            &loop->queue,
            &(struct ready){.fn = parcel->fn, .arg = parcel->arg, .drop = parcel->drop});
        if (!parcel->is_lent)
            hence_memory_put(parcel, sizeof *parcel);
    }
}

void hence_door_make_turn(hence_loop *loop)
{
    loop->turn_by_door = true;
    if (!loop->polling) /* otherwise the next pass does it */
        wake(loop);
}

void hence_door_take_posted(hence_loop *loop)
{
    take_posted(&loop->door, NULL);
    hence_door_let_in(loop, SIZE_MAX);
    hence_loop_arm(loop);
}

static void on_wake_up(evutil_socket_t fd, short what, void *arg)
{
    hence_loop *loop = arg;
    uint64_t count;
    (void)what;
    while (!loop->door.is_edge && read(fd, &count, sizeof count) < 0 && errno == EINTR)
        ;
    take_posted(&loop->door, NULL);
    if (loop->polling && !loop->turn_by_door) { /* a pass that makes one turn */
        hence_loop_arm(loop);
        return;
    }
    loop->turn_by_door = false;
    hence_loop_turn(-1, 0, loop); /* libevent has just polled */
}

int hence_door_open(hence_loop *loop)
{
    struct door *door = &loop->door;
    door->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (door->fd < 0)
        return -errno;
    door->is_edge = event_base_get_features(loop->base) & EV_FEATURE_ET;
    event_assign(&door->event, loop->base, door->fd,
                 EV_READ | EV_PERSIST | (door->is_edge ? EV_ET : 0), on_wake_up, loop);
    door->event.ev_evcallback.evcb_flags |= EVLIST_INTERNAL;
    if (event_add(&door->event, NULL) == 0)
        return 0;
    close(door->fd);
    door->fd = -1;
    return -ENOMEM;
}

void hence_door_close(hence_loop *loop)
{
    struct door *door = &loop->door;
    take_posted(door, &closed_mark);
    while (door->arrived) {
        struct hence_parcel *parcel = door->arrived;
        door->arrived = parcel->next;
        const struct hence_parcel copy = *parcel;
        if (!copy.is_lent)
            hence_memory_put(parcel, sizeof *parcel);
        HENCE_COUNT(CALLS_ENDED);
        if (copy.drop)
            copy.drop(copy.arg);
    }
}
