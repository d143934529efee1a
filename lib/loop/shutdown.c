/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Orderly shutdown: callbacks before, during and after.
 *
 * What a callback of the phase "before" returns may be a chain; its record is then the consumer that
 * waits for it, and the next phase begins when none waits any more. A loop that is closed meanwhile
 * waits no longer: the record stays by itself until what it waits for has ended.
 */
#include <errno.h>

#include "base/memory.h"
#include "loop/loop.h"
#include "value/waitable.h"

struct shutdown_call {
    struct hence_consumer consumer;
    struct shutdown_call *next;
    hence_loop *loop; /* NULL: nobody waits for the outcome */
    const char *site;
    hence_shutdown_fn *fn;
    void *arg;
    uint64_t sequence;
    int phase;
};

static void go_on(hence_loop *loop);

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

static void stop_waiting(struct shutdown_call *call)
{
    struct shutdown_call **at = &call->loop->shutdown_waiting;
    while (*at != call)
        at = &(*at)->next;
    *at = call->next;
}

static struct hence_consumer *deliver(struct hence_consumer *consumer, hence_result *r)
{
    struct shutdown_call *call = (struct shutdown_call *)consumer;
    hence_loop *loop = call->loop;
    if (loop)
        stop_waiting(call);
    const char *site = call->site;
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

/* Takes the first callback of the phase out, or NULL. */
static struct shutdown_call *next_call(hence_loop *loop, int phase)
{
    for (struct shutdown_call **at = &loop->shutdown_calls; *at; at = &(*at)->next) {
        struct shutdown_call *call = *at;
        if (call->phase != phase)
            continue;
        *at = call->next;
        if (loop->shutdown_last == &call->next)
            loop->shutdown_last = at;
        return call;
    }
    return NULL;
}

static void run_phase(hence_loop *loop, int phase, bool wait)
{
    struct shutdown_call *call;
    while ((call = next_call(loop, phase))) {
        hence_result r = call->fn(call->arg);
        if (hence_is_chain(&r) && phase == HENCE_SHUTDOWN_BEFORE && wait) {
            struct hence_waitable *waitable = hence_chained(&r);
            if (!waitable->consumer.part->take(waitable, &call->consumer, &r)) {
                call->loop = loop;
                call->next = loop->shutdown_waiting;
                loop->shutdown_waiting = call;
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
    if (loop->in_shutdown) /* further down on the stack */
        return;
    loop->in_shutdown = true;
    while (loop->shutdown_phase <= HENCE_SHUTDOWN_AFTER) {
        run_phase(loop, loop->shutdown_phase, true);
        if (loop->shutdown_waiting || loop->closed)
            break;
        if (++loop->shutdown_phase > HENCE_SHUTDOWN_AFTER)
            hence_loop_stop(loop);
    }
    loop->in_shutdown = false;
}

int hence_loop_shutdown(hence_loop *loop)
{
    int error = hence_loop_check(loop, "hence_loop_shutdown()");
    if (error)
        return error;
    if (loop->shutdown_phase >= 0)
        return -EALREADY;
    loop->shutdown_phase = HENCE_SHUTDOWN_BEFORE;
    hence_loop_ref(loop);
    go_on(loop);
    hence_loop_unref(loop);
    return 0;
}

void hence_shutdown_close(hence_loop *loop)
{
    while (loop->shutdown_waiting) {
        struct shutdown_call *call = loop->shutdown_waiting;
        loop->shutdown_waiting = call->next;
        call->loop = NULL;
    }
    for (int phase = HENCE_SHUTDOWN_BEFORE; phase <= HENCE_SHUTDOWN_AFTER; phase++) {
        loop->shutdown_phase = phase;
        run_phase(loop, phase, false);
    }
    loop->shutdown_phase = HENCE_SHUTDOWN_AFTER + 1;
}

int hence_loop_on_shutdown_at(const char *site, hence_loop *loop, hence_shutdown_phase phase,
                              hence_shutdown_fn *fn, void *arg, hence_call *out)
{
    struct shutdown_call *call = NULL;
    int error = fn ? hence_loop_check_at(loop, "hence_loop_on_shutdown()", site) : -EINVAL;
    if (out)
        *out = (hence_call){0, 0, CALL_NONE};
    if (!error && ((int)phase < loop->shutdown_phase || phase > HENCE_SHUTDOWN_AFTER))
        error = -EINVAL;
    if (!error && !(call = hence_memory_get_zeroed(sizeof *call)))
        error = -ENOMEM;
    if (error)
        return error;
    call->consumer.part = &shutdown_part;
    call->site = site;
    call->fn = fn;
    call->arg = arg;
    call->sequence = ++loop->last_shutdown_call;
    call->phase = (int)phase;
    *loop->shutdown_last = call;
    loop->shutdown_last = &call->next;
    if (out)
        *out = (hence_call){call->sequence, 0, CALL_SHUTDOWN};
    return 0;
}

int hence_loop_remove_shutdown(hence_loop *loop, hence_call handle)
{
    int error = loop ? hence_loop_check(loop, "hence_loop_remove_shutdown()") : -ESHUTDOWN;
    if (error)
        return error == -EPERM ? error : -ENOENT;
    for (struct shutdown_call **at = &loop->shutdown_calls; *at; at = &(*at)->next) {
        struct shutdown_call *call = *at;
        if (handle.type != CALL_SHUTDOWN || call->sequence != handle.sequence)
            continue;
        *at = call->next;
        if (loop->shutdown_last == &call->next)
            loop->shutdown_last = at;
        hence_memory_put(call, sizeof *call);
        return 0;
    }
    return -ENOENT;
}
