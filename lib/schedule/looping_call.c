/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A function that is called again and again, at the multiples of an interval since the start.
 *
 * While it runs it is in one of two places: a timer is set, or the function (or what it returned to wait
 * for) has not ended. Each of the two holds a reference, so that the last holder may let go inside the
 * function.
 */
#include <hence/schedule.h>

#include <errno.h>

#include "base/memory.h"
#include "base/report.h"
#include "loop/loop.h"
#include "schedule/looping_call.h"
#include "value/failure.h"

struct hence_looping_call {
    hence_loop *loop;
    hence_result_fn *fn; /* this one, or */
    hence_counted_fn *counted;
    void *arg;
    hence_promise *promise;  /* of what start() gave, while it runs or ends */
    hence_deferred *current; /* what the function returned to wait for */
    hence_call timer;
    int64_t interval, started, last;
    uint32_t references;
    bool running, timer_is_set, in_call, calls_at_start, has_last;
};

static void call_function(hence_looping_call *self);

/* ---- life ---- */

static hence_looping_call *looping_call_new(hence_loop *loop, hence_result_fn *fn,
                                            hence_counted_fn *counted, void *arg)
{
    if (hence_loop_check(loop, "hence_looping_call_new()") != 0)
        return NULL;
    if (!fn && !counted) {
        hence_report_misuse("a looping call needs a function");
        return NULL;
    }
    hence_looping_call *self = hence_memory_get_zeroed(sizeof *self);
    if (!self)
        return NULL;
    self->loop = loop;
    self->fn = fn;
    self->counted = counted;
    self->arg = arg;
    self->references = 1;
    hence_loop_depend(loop);
    return self;
}

hence_looping_call *hence_looping_call_new(hence_loop *loop, hence_result_fn *fn, void *arg)
{
    return looping_call_new(loop, fn, NULL, arg);
}

hence_looping_call *hence_looping_call_new_with_count(hence_loop *loop, hence_counted_fn *fn,
                                                      void *arg)
{
    return looping_call_new(loop, NULL, fn, arg);
}

hence_looping_call *hence_looping_call_ref(hence_looping_call *self)
{
    if (self)
        self->references++;
    return self;
}

hence_looping_call *hence_looping_call_unref(hence_looping_call *self)
{
    if (self && --self->references == 0) {
        hence_loop *loop = self->loop;
        hence_memory_put(self, sizeof *self);
        hence_loop_undepend(loop);
    }
    return NULL;
}

static void end(hence_looping_call *self, hence_result r)
{
    self->running = false;
    hence_resolve_at(NULL, hence_promise_take(&self->promise), r);
}

/* ---- the timer ---- */

static void timer_fires(void *arg)
{
    hence_looping_call *self = arg;
    self->timer_is_set = false;
    call_function(self);
}

/* After the call (when the next timer may be set already), or instead of it: it was cancelled, or the
 * loop has closed. */
static void timer_is_gone(void *arg)
{
    hence_looping_call *self = arg;
    if (self->timer_is_set && hence_loop_is_closed(self->loop)) {
        self->timer_is_set = false;
        end(self, hence_fail_static(HENCE_ECLOSED));
    }
    hence_looping_call_unref(self);
}

static void stop_timer(hence_looping_call *self)
{
    self->timer_is_set = false;
    hence_call_cancel(self->loop, self->timer);
}

/* Rule 71: the next multiple of the interval; those that were missed are left out. */
static void schedule(hence_looping_call *self)
{
    const int64_t now = hence_loop_time(self->loop);
    const int64_t wait =
        self->interval ? self->interval - (now - self->started) % self->interval : 0;
    hence_call timer;
    int error = hence_call_later_own(self->loop, wait, timer_fires, hence_looping_call_ref(self),
                                     timer_is_gone, &timer);
    if (error) {
        end(self, hence_loop_refusal(error));
        return;
    }
    self->timer = timer;
    self->timer_is_set = true;
}

/* ---- the function ---- */

static int64_t intervals_until(const hence_looping_call *self, int64_t when)
{
    return (when - self->started) / self->interval;
}

/* Rule 72: how many calls should have been made since the last one. */
static int64_t count_calls(hence_looping_call *self)
{
    const int64_t now = hence_loop_time(self->loop);
    if (!self->interval)
        return 1;
    if (!self->has_last)
        self->last = self->started - (self->calls_at_start ? self->interval : 0);
    const int64_t count = intervals_until(self, now) - intervals_until(self, self->last);
    if (count > 0) {
        self->has_last = true;
        self->last = now;
    }
    return count;
}

static void function_ended(hence_looping_call *self, hence_result r)
{
    self->in_call = false;
    if (hence_is_failure(&r)) {
        end(self, r);
        return;
    }
    hence_drop(r);
    if (self->running)
        schedule(self);
    else
        end(self, hence_ptr(self));
}

static hence_result wait_ended(hence_result *in, void *arg)
{
    hence_looping_call *self = arg;
    hence_deferred_unref(self->current);
    self->current = NULL;
    function_ended(self, hence_take(in));
    hence_looping_call_unref(self);
    return hence_none();
}

static void call_function(hence_looping_call *self)
{
    const int64_t count = self->counted ? count_calls(self) : 0;
    hence_result r = hence_none();
    hence_looping_call_ref(self);
    self->in_call = true;
    if (self->fn)
        r = self->fn(self->arg);
    else if (count > 0)
        r = self->counted(count, self->arg);
    const bool is_cancelled = !self->promise;
    if (hence_is_chain(&r)) {
        self->current = hence_deferred_succeed(r);
        if (self->current) {
            hence_deferred *current = hence_deferred_ref(self->current);
            hence_deferred_add_both(current, wait_ended, self);
            if (is_cancelled) /* by the function itself */
                hence_deferred_cancel(current);
            hence_deferred_unref(current);
            return;
        }
        r = hence_fail_static(HENCE_ENOMEM);
    }
    function_ended(self, r);
    hence_looping_call_unref(self);
}

/* ---- for the program ---- */

/* Cancelling what start() gave stops it, and what it waits for. */
static bool cancel_all(hence_promise *promise, void *arg)
{
    hence_looping_call *self = arg;
    hence_deferred *current = hence_deferred_ref(self->current);
    (void)promise;
    self->promise = NULL;
    self->running = false;
    if (self->timer_is_set)
        stop_timer(self);
    hence_deferred_cancel(current);
    hence_deferred_unref(current);
    return true;
}

static hence_deferred *refuse_start(const char *site, const char *message)
{
    hence_report report = {.kind = HENCE_REPORT_MISUSE, .message = message, .here = site};
    hence_report_send(&report, NULL, NULL);
    return hence_deferred_succeed_at(site, hence_refuse_at(site, "%s", message));
}

hence_deferred *hence_looping_call_start_at(const char *site, hence_looping_call *self,
                                            int64_t interval, bool now)
{
    hence_promise *promise;
    if (!self)
        return NULL;
    if (self->running || self->in_call)
        return refuse_start(site, "hence_looping_call_start() of one that runs");
    if (interval < 0)
        return refuse_start(site, "hence_looping_call_start() with a negative interval");
    hence_deferred *d = hence_deferred_new_at(site, &promise);
    if (!d)
        return NULL;
    self->promise = promise;
    hence_promise_on_cancel(promise, cancel_all, self);
    self->running = true;
    self->interval = interval;
    self->started = hence_loop_time(self->loop);
    self->calls_at_start = now;
    self->has_last = false;
    hence_looping_call_ref(self);
    if (now)
        call_function(self);
    else
        schedule(self);
    hence_looping_call_unref(self);
    return d;
}

int hence_looping_call_stop(hence_looping_call *self)
{
    if (!self)
        return -ENOMEM;
    if (!self->running)
        return -EALREADY;
    self->running = false;
    if (self->timer_is_set) {
        hence_looping_call_ref(self);
        stop_timer(self);
        end(self, hence_ptr(self));
        hence_looping_call_unref(self);
    }
    return 0;
}

int hence_looping_call_reset(hence_looping_call *self)
{
    if (!self)
        return -ENOMEM;
    if (!self->running)
        return -EALREADY;
    if (!self->timer_is_set)
        return 0;
    self->started = hence_loop_time(self->loop);
    return hence_call_reset(self->loop, self->timer, self->interval);
}

bool hence_looping_call_is_busy(const hence_looping_call *self)
{
    return self->in_call;
}

bool hence_looping_call_is_running(const hence_looping_call *self)
{
    return self && self->running;
}
