/* SPDX-License-Identifier: BSD-3-Clause */
/* A looping call that failures do not stop. */
#include <hence/schedule.h>

#include <errno.h>

#include "base/memory.h"
#include "base/report.h"
#include "loop/loop.h"
#include "schedule/looping_call.h"

struct hence_periodic_callback {
    hence_loop *loop;
    hence_looping_call *call;
    hence_result_fn *fn;
    void *arg;
    int64_t interval;
    uint32_t references; /* the program's, and those of calls that are under way */
    bool is_wanted;      /* it was started, and not stopped */
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

static void report_failure(const hence_periodic_callback *periodic, const hence_result *in)
{
    const hence_failure *failure = hence_as_failure(in);
    if (failure && !hence_is_cancelled(in))
        hence_loop_report(periodic->loop, &(hence_report){
                                              .kind = HENCE_REPORT_UNHANDLED,
                                              .message = "unhandled failure in a periodic callback",
                                              .failure = failure,
                                          });
}

static hence_result call_ended(hence_result *in, void *arg)
{
    hence_periodic_callback *periodic = arg;
    report_failure(periodic, in);
    release(periodic);
    return hence_none();
}

static hence_result call_function(void *arg)
{
    hence_periodic_callback *periodic = arg;
    periodic->references++;
    hence_result r = periodic->fn(periodic->arg);
    if (!hence_is_chain(&r)) {
        call_ended(&r, periodic);
        hence_drop(r);
        return hence_none();
    }
    hence_deferred *d = hence_deferred_succeed(r);
    hence_deferred_add_both(d, call_ended, periodic); /* of NULL too: then it runs now */
    return d ? hence_chain(d) : hence_none();
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
        hence_periodic_callback_stop(periodic);
        release(periodic);
    }
    return NULL;
}

static int begin(hence_periodic_callback *periodic);

/* The looping call has ended: it was stopped, perhaps to be started again; or the loop has closed, or there
 * is no memory. */
static hence_result ended(hence_result *in, void *arg)
{
    hence_periodic_callback *periodic = arg;
    if (!hence_is_failure(in) && periodic->is_wanted) {
        begin(periodic);
    } else {
        periodic->is_wanted = false;
        if (!hence_is_failure_of(in, &hence_domain_hence, HENCE_ECLOSED))
            report_failure(periodic, in);
    }
    release(periodic);
    return hence_none();
}

static int begin(hence_periodic_callback *periodic)
{
    if (hence_looping_call_is_busy(periodic->call))
        return 0; /* ended() will come */
    hence_deferred *d =
        hence_looping_call_start_at(NULL, periodic->call, periodic->interval, false);
    periodic->is_wanted = hence_looping_call_is_running(periodic->call);
    periodic->references++;
    hence_deferred_add_both(d, ended, periodic); /* of NULL too: then it runs now */
    hence_deferred_unref(d);
    return periodic->is_wanted ? 0 : -ENOMEM;
}

int hence_periodic_callback_start(hence_periodic_callback *periodic)
{
    if (!periodic)
        return -ENOMEM;
    if (periodic->is_wanted)
        return -EALREADY;
    if (hence_loop_is_closed(periodic->loop))
        return -ESHUTDOWN;
    periodic->is_wanted = true;
    return begin(periodic);
}

int hence_periodic_callback_stop(hence_periodic_callback *periodic)
{
    if (!periodic)
        return -ENOMEM;
    if (!periodic->is_wanted)
        return -EALREADY;
    periodic->is_wanted = false;
    hence_looping_call_stop(
        periodic->call); /* too late if that was done, and it was to begin again */
    return 0;
}

bool hence_periodic_callback_is_running(const hence_periodic_callback *periodic)
{
    return periodic && periodic->is_wanted;
}
