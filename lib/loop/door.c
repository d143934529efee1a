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
 * While the loop takes the turn for which it was woken a mark says so in the place of the empty stack. Who finds that
 * need not wake it: before the loop goes back to libevent it puts nothing in the mark's place, or finds what came
 * meanwhile. On one processor a thread that the loop has answered often posts again before the loop gets to sleep.
 *
 * Closing puts a mark in the place of the stack, for good: who finds it is refused, and sees all that the loop's
 * thread did before, that the loop is closed above all. The descriptor
 * itself is closed with the loop's memory, since a thread that found the stack empty just before may still
 * be about to write to it: such a thread has a reference, or is counted as a visitor.
 *
 * The door's event does not count among those that keep event_base_dispatch() going.
 */
#include <errno.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/memory.h"
#include "loop/loop.h"

/* In the place of the stack: the loop has closed; or it is awake, and will look again before it sleeps. */
static struct hence_parcel closed_mark, awake_mark;

/* What hence_call_soon_threadsafe() posts. */
struct posted_call {
    struct hence_parcel parcel; /* first */
    hence_call_fn *fn;
    void *arg;
    hence_drop_fn *drop;
};

/* Not a place to cancel the thread at: nobody else would wake the loop for what it has posted. */
static void wake(const hence_loop *loop)
{
    const struct door *door = &loop->door;
    const uint64_t one = 1;
    int state;
    if (hence_thread_is_forked() && hence_thread_is_from_before_fork(loop->owner))
        return; /* in a forked child the descriptor is the parent's; hence_loop_reinit() looks itself */
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    while (write(door->fd, &one, sizeof one) < 0 && errno == EINTR)
        ;
    pthread_setcancelstate(state, NULL);
}

/* `is_last`: the loop must stay until it has been woken. One that need not be woken is touched no more. (No reference:
 * hence_loop_unref() would take it for somebody who can still close the loop.) */
static int post(hence_loop *loop, struct hence_parcel *parcel, bool is_last)
{
    struct hence_parcel *top = atomic_load_explicit(&loop->door.posted, memory_order_acquire);
    bool is_posted = false;
    while (!is_posted && top != &closed_mark) {
        const bool wakes = !top, visits = wakes && is_last;
        if (visits)
            atomic_fetch_add_explicit(&loop->door.visitors, 1, memory_order_relaxed);
        parcel->next = top == &awake_mark ? NULL : top;
        HENCE_COUNT(CALLS_MADE); /* before the loop can have made it */
        is_posted = atomic_compare_exchange_weak_explicit(
            &loop->door.posted, &top, parcel, memory_order_acq_rel, memory_order_acquire);
        if (!is_posted)
            HENCE_COUNT_MANY(CALLS_MADE, -1);
        else if (wakes)
            wake(loop);
        if (visits)
            hence_loop_leave(loop);
    }
    return is_posted ? 0 : -ESHUTDOWN;
}

int hence_door_post(hence_loop *loop, struct hence_parcel *parcel)
{
    return post(loop, parcel, false);
}

int hence_door_post_last(hence_loop *loop, struct hence_parcel *parcel)
{
    return post(loop, parcel, true);
}

/* ---- calls ---- */

int hence_call_soon_threadsafe_own(hence_loop *loop, hence_call_fn *fn, void *arg,
                                   hence_drop_fn *drop)
{
    struct posted_call *call = NULL;
    int error = fn ? -ENOMEM : -EINVAL;
    if (hence_thread_is_forked() && loop && hence_thread_is_from_before_fork(loop->owner))
        error = hence_loop_refuse_child(loop, "hence_call_soon_threadsafe()");
    else if (fn && loop)
        call = hence_memory_get(sizeof *call);
    if (call) {
        *call = (struct posted_call){.fn = fn, .arg = arg, .drop = drop};
        error = hence_door_post(loop, &call->parcel);
        if (!error)
            return 0;
        hence_memory_put(call, sizeof *call);
    }
    if (drop)
        drop(arg);
    return error;
}

int hence_call_soon_threadsafe(hence_loop *loop, hence_call_fn *fn, void *arg)
{
    return hence_call_soon_threadsafe_own(loop, fn, arg, NULL);
}

/* Fetches what most likely comes some places later, so that it need not be waited for: memory is given out in a
 * row, so the next one is as far from the one after it as from this one. A wrong guess does no harm. `lines` of the
 * cache that end with the parcel's own: a job's Future is in the two before it. */
static inline void fetch_ahead(const struct hence_parcel *parcel, const struct hence_parcel *next,
                               unsigned places, unsigned lines)
{
    const uintptr_t distance = (uintptr_t)next - (uintptr_t)parcel;
    const uintptr_t ahead = (uintptr_t)next + places * distance;
    for (unsigned i = 0; i < lines; i++)
        __builtin_prefetch((const void *)(ahead - i * HENCE_CACHE_LINE));
}

/* Takes all that is posted, and puts it behind what has arrived, in order. */
static void take_posted(struct door *door, struct hence_parcel *instead)
{
    struct hence_parcel *posted =
        atomic_exchange_explicit(&door->posted, instead, memory_order_acq_rel);
    door->is_awake = instead == &awake_mark;
    struct hence_parcel *in_order = NULL, *last = posted;
    if (!posted || posted == &closed_mark || posted == &awake_mark)
        return;
    while (posted) {
        struct hence_parcel *next = posted->next;
        fetch_ahead(posted, next, 64, 1);
        posted->next = in_order;
        in_order = posted;
        posted = next;
    }
    if (door->arrived)
        door->arrived_last->next = in_order;
    else
        door->arrived = in_order;
    door->arrived_last = last;
}

/* The next one that has arrived, as an entry of the queue. */
static struct ready take_arrived(struct door *door)
{
    struct hence_parcel *parcel = door->arrived;
    door->arrived = parcel->next;
    fetch_ahead(parcel, parcel->next, 8, 3);
    parcel->next = parcel;
    if (parcel->kind)
        return (struct ready){.fn = parcel->kind->call, .arg = parcel, .drop = parcel->kind->drop};
    struct posted_call *call = (struct posted_call *)parcel;
    const struct ready entry = {.fn = call->fn, .arg = call->arg, .drop = call->drop};
    hence_memory_put(call, sizeof *call);
    return entry;
}

int hence_door_let_in(hence_loop *loop, int at_most)
{
    struct door *door = &loop->door;
    int calls = 0;
    for (; at_most > 0 && door->arrived && hence_ready_reserve(&loop->queue) == 0; at_most--) {
        const struct ready entry = take_arrived(door);
        if (entry.fn) {
            hence_ready_append(&loop->queue, &entry);
        } else {
            calls++;
            loop->ran++;
            HENCE_COUNT(CALLS_ENDED);
            entry.drop(entry.arg);
        }
    }
    return calls;
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
    hence_loop_arm(loop);
}

static void nothing(void *parcel)
{
    (void)parcel; /* its end follows */
}

int hence_door_queue_posted(hence_loop *loop)
{
    struct door *door = &loop->door;
    take_posted(door, NULL);
    while (door->arrived && hence_ready_reserve(&loop->queue) == 0) {
        struct ready entry = take_arrived(door);
        if (!entry.fn)
            entry.fn = nothing;
        hence_ready_append(&loop->queue, &entry);
    }
    return door->arrived ? -ENOMEM : 0;
}

static void on_wake_up(evutil_socket_t fd, short what, void *arg)
{
    hence_loop *loop = arg;
    uint64_t count;
    (void)what;
    while (!loop->door.is_edge && read(fd, &count, sizeof count) < 0 && errno == EINTR)
        ;
    if (loop->polling && !loop->turn_by_door) { /* a pass that makes one turn */
        take_posted(&loop->door, NULL);
        hence_loop_arm(loop);
        return;
    }
    take_posted(&loop->door, &awake_mark);
    loop->turn_by_door = false;
    hence_loop_turn(-1, 0, loop); /* libevent has just polled */
}

bool hence_door_may_rest(hence_loop *loop)
{
    struct door *door = &loop->door;
    struct hence_parcel *top = &awake_mark;
    if (!door->is_awake)
        return true;
    if (atomic_compare_exchange_strong_explicit(&door->posted, &top, NULL, memory_order_acq_rel,
                                                memory_order_relaxed)) {
        door->is_awake = false;
        return true;
    }
    take_posted(door, &awake_mark);
    return false;
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
        const struct ready entry = take_arrived(door);
        HENCE_COUNT(CALLS_ENDED);
        if (entry.drop)
            entry.drop(entry.arg);
    }
}
