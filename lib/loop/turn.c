/* SPDX-License-Identifier: BSD-3-Clause */
/* Turns: making the calls that are ready, and having libevent come back at the right time. */
#include <errno.h>
#include <limits.h>
#include <time.h>

#include "base/ledger.h"
#include "loop/loop.h"

static int64_t real_time(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t hence_loop_time(const hence_loop *loop)
{
    return loop && loop->clock ? loop->clock->now : real_time();
}

/* ---- when the next turn comes ---- */

/* How often a loop looks that only waits for other threads; so that libevent has something to wait for. */
#define HOLD_TIME INT64_C(3600000000000)

static void arm_event(hence_loop *loop, int64_t when, int64_t delay)
{
    struct timeval timeout = {0, 0};
    if (delay > 0) {
        /* rounded up, and counted from now: libevent's own idea of now is from when it polled */
        timeout.tv_sec = (time_t)(delay / 1000000000);
        timeout.tv_usec = (suseconds_t)((delay % 1000000000 + 999) / 1000);
        if (timeout.tv_usec >= 1000000) {
            timeout.tv_sec++;
            timeout.tv_usec -= 1000000;
        }
        event_base_update_cache_time(loop->base);
    }
    loop->armed = when;
    if (HENCE_UNLIKELY(event_add(&loop->turn, &timeout) < 0)) {
        /* out of memory: the door, which needs none, makes for a turn, at whose end we try again */
        loop->armed = INT64_MAX;
        hence_door_make_turn(loop);
    }
}

/* Sees to it that a turn comes when one is needed. */
static void arm(hence_loop *loop)
{
    if (!hence_ready_is_empty(&loop->queue) || loop->door.arrived || loop->stopping) {
        if (loop->armed != INT64_MIN)
            arm_event(loop, INT64_MIN, 0);
        return;
    }
    int64_t next = hence_timers_next(&loop->timers);
    if (next == INT64_MAX && !hence_ring_is_empty(&loop->holding) && !loop->clock)
        next = loop->armed < INT64_MAX ? loop->armed : real_time() + HOLD_TIME;
    if (next == INT64_MAX) {
        if (loop->armed != INT64_MAX)
            event_del(&loop->turn);
        loop->armed = INT64_MAX;
        return;
    }
    if (next == loop->armed)
        return;
    if (loop->clock) {
        /* only the test moves this clock; where it jumps, each turn without work is a jump */
        if (loop->clock->jumps || next <= loop->clock->now)
            arm_event(loop, next, 0);
        return;
    }
    int64_t now = real_time();
    arm_event(loop, next, next > now ? next - now : 0);
}

int hence_loop_arm(hence_loop *loop)
{
    if (loop->in_turn) /* the turn arms when it ends */
        return 0;
    if (HENCE_LIKELY(!hence_door_is_gone(loop))) {
        arm(loop);
        return 0;
    }
    hence_loop_base_is_gone(loop);
    return -ESHUTDOWN;
}

/* ---- making calls ---- */

/* Timers that are due go into the queue, as far as there is room. */
static inline void queue_due_timers(hence_loop *loop)
{
    while (loop->timers.count && hence_timers_next(&loop->timers) <= loop->turn_time &&
           hence_ready_reserve(&loop->queue) == 0) {
        struct due due = hence_timers_pop(&loop->timers);
        struct ready entry;
        hence_ready_mark_timer(&entry, due.slot, due.order);
        hence_ready_append(&loop->queue, &entry);
        loop->queue.timers++;
    }
}

static void run_call(hence_loop *loop, hence_call_fn *fn, void *arg, hence_drop_fn *drop)
{
    loop->ran++;
    HENCE_COUNT(CALLS_ENDED);
    fn(arg);
    if (drop)
        drop(arg);
}

static void run_timer(hence_loop *loop, uint64_t entry)
{
    struct timer *timer =
        hence_timers_ready(&loop->timers, (uint32_t)entry, (uint32_t)(entry >> 32));
    if (!timer)
        return;
    const struct timed_call call = *hence_timers_call(&loop->timers, timer);
    hence_timers_remove(&loop->timers, timer);
    run_call(loop, call.fn, call.arg, call.drop);
}

/* Makes the call at the head of the queue. */
static void run_next(hence_loop *loop)
{
    struct ready_queue *queue = &loop->queue;
    struct ready *head = hence_ready_at(queue, queue->head);
    enum ready_kind kind = hence_ready_kind(head);
    if (kind == READY_LINKS) {
        struct hence_link *link = head->arg;
        if (link->next)
            head->arg = link->next;
        else
            queue->head++;
        queue->links--;
        loop->ran++;
        loop->run_link(link);
        return;
    }
    const struct ready entry = *head;
    queue->head++;
    queue->ordinary--;
    if (HENCE_LIKELY(kind == READY_CALL)) {
        run_call(loop, entry.fn, entry.arg, entry.drop);
    } else if (kind == READY_TIMER) {
        queue->timers--;
        run_timer(loop, entry.timer);
    } else {
        queue->cancelled--;
    }
}

/* One turn: snapshots, until nothing is ready, or enough is done to poll first. */
static void take_turn(hence_loop *loop)
{
    struct ready_queue *queue = &loop->queue;
    int left = loop->one_snapshot ? INT_MAX : HENCE_TURN_CALLS;
    loop->turn_time = hence_loop_time(loop);
    for (;;) { /* a call that closes the loop leaves nothing in the queue */
        if (queue->head >= queue->limit) { /* a new snapshot */
            if (loop->door.arrived)
                left -= hence_door_let_in(loop, loop->one_snapshot ? INT_MAX : left);
            if (loop->closed)
                break;
            queue_due_timers(loop);
            if (loop->clock && loop->clock->jumps && !loop->stopping && !loop->one_snapshot &&
                hence_ready_is_empty(queue) && !loop->door.arrived &&
                hence_timers_next(&loop->timers) != INT64_MAX) {
                loop->clock->now = hence_timers_next(&loop->timers);
                loop->turn_time = loop->clock->now;
                queue_due_timers(loop);
            }
            hence_ready_set_limit(queue);
        }
        while (queue->head < queue->limit && left > 0) {
            run_next(loop);
            left--;
        }
        if (queue->head < queue->limit) /* it goes on after a poll */
            break;
        if (loop->stopping || loop->one_snapshot || left <= 0)
            break;
        if (hence_ready_is_empty(queue) && hence_door_may_rest(loop))
            break;
    }
}

static void end_turn(hence_loop *loop, bool by_door, int64_t armed)
{
    bool snapshot_done = loop->queue.head >= loop->queue.limit;
    if (loop->stopping && snapshot_done) {
        loop->stopping = false;
        if (loop->running)
            loop->stopped = true;
        if (!loop->running || by_door) /* libevent does not count the door's event as one */
            event_base_loopbreak(loop->base);
    }
    loop->armed = armed;
    hence_door_may_rest(loop);
    hence_loop_arm(loop);
}

void hence_loop_turn(evutil_socket_t fd, short what, void *arg)
{
    hence_loop *loop = arg;
    (void)fd;
    hence_loop *outer = hence_loop_running_here; /* of an event_base that the program dispatches */
    const bool by_door = !(what & EV_TIMEOUT);   /* then the turn's own event is as it was */
    const int64_t armed = by_door ? loop->armed : INT64_MAX;
    loop->armed = INT64_MIN; /* nothing needs to be armed until the turn ends */
    loop->in_turn = true;
    hence_loop_running_here = hence_loop_ref(loop); /* a call may close it and let it go */
    take_turn(loop);
    hence_loop_running_here = outer;
    loop->in_turn = false;
    if (!loop->closed)
        end_turn(loop, by_door, armed);
    hence_loop_unref(loop);
}
