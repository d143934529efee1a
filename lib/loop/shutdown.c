/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Orderly shutdown: callbacks before, during and after.
 *
 * What a callback of the phase "before" returns may be a chain; its record is then the consumer that
 * waits for it, and the next phase begins when none waits any more. A loop that is closed meanwhile
 * waits no longer: the record stays by itself until what it waits for has ended.
 *
 * There may be one for each of many connections, so that each is added, run, waited for and taken back in
 * constant time: a ring for each phase and one of those that wait, and a table through which a handle finds its
 * record.
 */
#include <errno.h>
#include <stddef.h>

#include "base/memory.h"
#include "loop/loop.h"
#include "value/waitable.h"

struct shutdown_call {
    struct hence_consumer consumer;
    struct hence_ring ring; /* its phase's; then of those that wait */
    hence_loop *loop;       /* NULL: nobody waits for the outcome */
    const char *site;
    hence_shutdown_fn *fn;
    void *arg;
    uint64_t sequence;
    uint32_t slot; /* in the table, until it runs */
};

struct shutdown_slot {
    struct shutdown_call *call; /* NULL: free */
    uint32_t next_free;
};

static void go_on(hence_loop *loop);

/* ---- the table ---- */

/* Sees to it that there is a free slot: 0, or -ENOMEM. */
static int reserve_slot(struct shutdown_calls *calls)
{
    if (calls->free_slots)
        return 0;
    const uint32_t slots = calls->slots ? 2 * calls->slots : 32;
    struct shutdown_slot *table = hence_memory_resize_large(calls->table, slots * sizeof *table);
    if (!table)
        return -ENOMEM;
    for (uint32_t slot = calls->slots; slot < slots; slot++)
        table[slot] = (struct shutdown_slot){NULL, slot + 1};
    calls->table = table;
    calls->next_free = calls->slots;
    calls->free_slots = slots - calls->slots;
    calls->slots = slots;
    return 0;
}

static void take_slot(struct shutdown_calls *calls, struct shutdown_call *call)
{
    call->slot = calls->next_free;
    calls->next_free = calls->table[call->slot].next_free;
    calls->free_slots--;
    calls->table[call->slot].call = call;
}

/* Takes it out of its phase: its handle names nothing any more. */
static void take_out(struct shutdown_calls *calls, struct shutdown_call *call)
{
    hence_ring_remove(&call->ring);
    calls->table[call->slot] = (struct shutdown_slot){NULL, calls->next_free};
    calls->next_free = call->slot;
    calls->free_slots++;
}

static struct shutdown_call *find(const struct shutdown_calls *calls, hence_call handle)
{
    if (handle.type != CALL_SHUTDOWN || handle.slot >= calls->slots)
        return NULL;
    struct shutdown_call *call = calls->table[handle.slot].call;
    return call && call->sequence == handle.sequence ? call : NULL;
}

/* ---- what they give ---- */

static struct shutdown_call *first_of(const struct hence_ring *ring)
{
    if (hence_ring_is_empty(ring))
        return NULL;
    return (struct shutdown_call *)((char *)ring->next - offsetof(struct shutdown_call, ring));
}

/* `site` is where the callback was given. A cancellation that nobody has handled is no news. */
static void report_outcome(hence_loop *loop, const char *site, hence_result r)
{
    if (hence_is_failure(&r) && !hence_is_cancelled(&r))
        hence_loop_report(loop, &(hence_report){
                                    .kind = HENCE_REPORT_UNHANDLED,
                                    .message = "unhandled failure in a shutdown callback",
                                    .failure = hence_as_failure(&r),
                                    .made = site,
                                });
    hence_drop(r);
}

static struct hence_consumer *deliver(struct hence_consumer *consumer, hence_result *r)
{
    struct shutdown_call *call = (struct shutdown_call *)consumer;
    hence_loop *loop = call->loop;
    const char *site = call->site;
    hence_ring_remove(&call->ring);
    hence_memory_put(call, sizeof *call);
    if (!loop) {
        hence_drop(*r);
        return NULL;
    }
    hence_loop_ref(loop);
    report_outcome(loop, site, *r);
    go_on(loop);
    hence_loop_unref(loop);
    return NULL;
}

static const struct hence_part shutdown_part = {.deliver = deliver};

/* ---- the phases ---- */

static void run_phase(hence_loop *loop, int phase, bool wait)
{
    struct shutdown_call *call;
    while ((call = first_of(&loop->shutdown.phases[phase]))) {
        take_out(&loop->shutdown, call);
        hence_result r = call->fn(call->arg);
        if (hence_is_chain(&r) && phase == HENCE_SHUTDOWN_BEFORE && wait) {
            struct hence_waitable *waitable = hence_chained(&r);
            if (!waitable->consumer.part->take(waitable, &call->consumer, &r)) {
                call->loop = loop;
                hence_ring_append(&loop->shutdown.waiting, &call->ring);
                continue;
            }
        }
        if (hence_is_chain(&r)) /* nobody will wait for it */
            hence_waitable_cancel(hence_chained(&r));
        const char *site = call->site;
        hence_memory_put(call, sizeof *call);
        report_outcome(loop, site, r);
    }
}

/* The phases that can run now. */
static void go_on(hence_loop *loop)
{
    if (loop->shutdown.running) /* further down on the stack */
        return;
    loop->shutdown.running = true;
    while (loop->shutdown.phase <= HENCE_SHUTDOWN_AFTER) {
        run_phase(loop, loop->shutdown.phase, true);
        if (!hence_ring_is_empty(&loop->shutdown.waiting) || loop->closed)
            break;
        if (++loop->shutdown.phase > HENCE_SHUTDOWN_AFTER)
            hence_loop_stop(loop);
    }
    loop->shutdown.running = false;
}

int hence_loop_shutdown(hence_loop *loop)
{
    int error = hence_loop_check(loop, "hence_loop_shutdown()");
    if (error)
        return error;
    if (loop->shutdown.phase >= 0)
        return -EALREADY;
    loop->shutdown.phase = HENCE_SHUTDOWN_BEFORE;
    hence_loop_ref(loop);
    go_on(loop);
    hence_loop_unref(loop);
    return 0;
}

void hence_shutdown_init(struct shutdown_calls *calls)
{
    for (int phase = HENCE_SHUTDOWN_BEFORE; phase <= HENCE_SHUTDOWN_AFTER; phase++)
        hence_ring_init(&calls->phases[phase]);
    hence_ring_init(&calls->waiting);
    calls->phase = -1;
}

void hence_shutdown_close(hence_loop *loop)
{
    struct shutdown_calls *calls = &loop->shutdown;
    struct shutdown_call *waiting;
    while ((waiting = first_of(&calls->waiting))) {
        hence_ring_remove(&waiting->ring);
        waiting->loop = NULL;
    }
    for (int phase = HENCE_SHUTDOWN_BEFORE; phase <= HENCE_SHUTDOWN_AFTER; phase++) {
        calls->phase = phase;
        run_phase(loop, phase, false);
    }
    calls->phase = HENCE_SHUTDOWN_AFTER + 1; /* nobody can add any more */
    if (calls->table)
        hence_memory_put(calls->table, calls->slots * sizeof *calls->table);
    calls->table = NULL;
    calls->slots = calls->free_slots = 0;
}

int hence_loop_on_shutdown_at(const char *site, hence_loop *loop, hence_shutdown_phase phase,
                              hence_shutdown_fn *fn, void *arg, hence_call *out)
{
    struct shutdown_call *call = NULL;
    int error = fn ? hence_loop_check_at(loop, "hence_loop_on_shutdown()", site) : -EINVAL;
    if (out)
        *out = (hence_call){0, 0, CALL_NONE};
    if (!error && ((int)phase < loop->shutdown.phase || phase > HENCE_SHUTDOWN_AFTER))
        error = -EINVAL;
    if (!error)
        error = reserve_slot(&loop->shutdown);
    if (!error && !(call = hence_memory_get_zeroed(sizeof *call)))
        error = -ENOMEM;
    if (error)
        return error;
    call->consumer.part = &shutdown_part;
    call->site = site;
    call->fn = fn;
    call->arg = arg;
    call->sequence = ++loop->shutdown.last_sequence;
    hence_ring_append(&loop->shutdown.phases[phase], &call->ring);
    take_slot(&loop->shutdown, call);
    if (out)
        *out = (hence_call){call->sequence, call->slot, CALL_SHUTDOWN};
    return 0;
}

int hence_loop_remove_shutdown(hence_loop *loop, hence_call handle)
{
    int error = loop ? hence_loop_check(loop, "hence_loop_remove_shutdown()") : -ESHUTDOWN;
    if (error)
        return error == -EPERM ? error : -ENOENT;
    struct shutdown_call *call = find(&loop->shutdown, handle);
    if (!call)
        return -ENOENT;
    take_out(&loop->shutdown, call);
    hence_memory_put(call, sizeof *call);
    return 0;
}
