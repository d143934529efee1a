/* SPDX-License-Identifier: BSD-3-Clause */
/* A looping call that failures do not stop. */
#include <hence/schedule.h>

#include <errno.h>

#include "base/memory.h"
#include "base/report.h"
#include "loop/loop.h"

struct hence_periodic_callback {
    hence_loop *loop;
    hence_looping_call *call;
    hence_result_fn *fn;
    void *arg;
    int64_t interval;
    uint32_t references; /* the program's, and those of calls that are under way */
};

static void release(hence_periodic_callback *periodic)
{
    if (--periodic->references)
        return;
    hence_looping_call_unref(periodic->call);
    hence_loop *loop = periodic->loop;
    hence_memory_put(periodic, sizeof *periodic);
    hence_loop_undepend(loop);
}

static hence_result report(hence_result *in, void *arg)
{
    hence_periodic_callback *periodic = arg;
    const hence_failure *failure = hence_as_failure(in);
    if (failure && !hence_is_cancelled(in))
        hence_loop_report(periodic->loop, &(hence_report){
                                              .kind = HENCE_REPORT_UNHANDLED,
                                              .message = "unhandled failure in a periodic callback",
                                              .failure = failure,
                                          });
    release(periodic);
    return hence_none();
}

static hence_result call_function(void *arg)
{
    hence_periodic_callback *periodic = arg;
    periodic->references++;
    hence_result r = periodic->fn(periodic->arg);
    if (!hence_is_chain(&r)) {
        report(&r, periodic);
        hence_drop(r);
        return hence_none();
    }
    hence_deferred *d = hence_deferred_succeed(r);
    hence_deferred_add_both(d, report, periodic); /* of NULL too: then it runs now */
    return d ? hence_chain(d) : hence_none();
}

static hence_result ignore(hence_result *in, void *arg)
{
    (void)in;
    (void)arg;
    return hence_none();
}

hence_periodic_callback *hence_periodic_callback_new(hence_loop *loop, int64_t interval,
                                                     hence_result_fn *fn, void *arg)
{
    hence_periodic_callback *periodic = NULL;
    if (fn && interval > 0)
        periodic = hence_memory_get_zeroed(sizeof *periodic);
    if (!periodic)
        return NULL;
    periodic->call = hence_looping_call_new(loop, call_function, periodic);
    if (!periodic->call) {
        hence_memory_put(periodic, sizeof *periodic);
        return NULL;
    }
    periodic->loop = loop;
    periodic->fn = fn;
    periodic->arg = arg;
    periodic->interval = interval;
    periodic->references = 1;
    hence_loop_depend(loop);
    return periodic;
}

hence_periodic_callback *hence_periodic_callback_free(hence_periodic_callback *periodic)
{
    if (periodic) {
        hence_looping_call_stop(periodic->call);
        release(periodic);
    }
    return NULL;
}

int hence_periodic_callback_start(hence_periodic_callback *periodic)
{
    if (!periodic)
        return -ENOMEM;
    if (hence_looping_call_is_running(periodic->call))
        return -EALREADY;
    if (hence_loop_is_closed(periodic->loop))
        return -ESHUTDOWN;
    hence_deferred *d = hence_looping_call_start(periodic->call, periodic->interval, false);
    hence_deferred_add_errback(d, ignore, NULL); /* the loop has closed */
    hence_deferred_unref(d);
    return hence_looping_call_is_running(periodic->call) ? 0 : -ENOMEM;
}

int hence_periodic_callback_stop(hence_periodic_callback *periodic)
{
    return periodic ? hence_looping_call_stop(periodic->call) : -ENOMEM;
}

bool hence_periodic_callback_is_running(const hence_periodic_callback *periodic)
{
    return periodic && hence_looping_call_is_running(periodic->call);
}
