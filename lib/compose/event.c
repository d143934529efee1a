/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One libevent event as a Deferred or a Future.
 *
 * The loop's call for the timeout owns the wait: it ends it when the time is over, when the event
 * has come and the call is cancelled, or when the loop closes. Without a timeout that call is never
 * due.
 */
#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <hence/compose.h>
#include <signal.h>

#include "base/memory.h"
#include "compose/timeout.h"
#include "loop/loop.h"
#include "value/failure.h"

struct event_wait {
    hence_loop *loop;
    hence_promise *promise; /* NULL: it has been resolved */
    const char *site;
    int64_t timeout;
    hence_call call;
    struct event event;
};

static void resolve(struct event_wait *wait, hence_result r)
{
    event_del(&wait->event);
    hence_resolve_at(NULL, hence_promise_take(&wait->promise), r);
}

static void time_is_over(void *arg)
{
    struct event_wait *wait = arg;
    resolve(wait, hence_timed_out(wait->site, wait->timeout));
}

static void event_came(evutil_socket_t fd, short what, void *arg)
{
    struct event_wait *wait = arg;
    hence_loop *loop = wait->loop;
    hence_call call = wait->call;
    (void)fd;
    hence_loop_ref(loop); /* a step may let go of it */
    resolve(wait, hence_int(what));
    hence_call_cancel(loop, call);
    hence_loop_unref(loop);
}

/* Runs exactly once for each wait, last. */
static void end_wait(void *arg)
{
    struct event_wait *wait = arg;
    hence_promise *promise = wait->promise;
    if (promise && hence_loop_base(wait->loop)) /* a base that was freed has let go of the event */
        event_del(&wait->event);
    bool closed = hence_loop_is_closed(wait->loop);
    hence_memory_put(wait, sizeof *wait);
    if (promise && closed)
        hence_resolve_at(NULL, promise, hence_fail_static(HENCE_ECLOSED));
    else
        hence_abandon(promise);
}

static bool stop_waiting(hence_promise *promise, void *arg)
{
    struct event_wait *wait = arg;
    (void)promise;
    return hence_call_cancel(wait->loop, wait->call) == 0;
}

/* What is wrong with what is asked for, or NULL. */
static const char *mistake(int fd, short what)
{
    if (what != EV_SIGNAL && (!what || (what & ~(EV_READ | EV_WRITE))))
        return "for others than EV_READ, EV_WRITE, both, or EV_SIGNAL";
    if (fd < 0)
        return "on a negative descriptor or signal";
    return what == EV_SIGNAL && fd >= NSIG ? "for a signal that there is not" : NULL;
}

/* The call that ends the wait is there: the event itself. */
static hence_result add_event(const char *site, struct event_wait *wait, int fd, short what)
{
    const char *wrong = mistake(fd, what);
    if (wrong)
        return hence_refuse_at(site, "waiting for an event %s: %d, %#x", wrong, fd, (unsigned)what);
    struct event_base *base = hence_loop_base(wait->loop);
    errno = 0;
    if (event_assign(&wait->event, base, fd, what, event_came, wait) == 0 &&
        event_add(&wait->event, NULL) == 0)
        return hence_none();
    if (!errno || errno == ENOMEM)
        return hence_fail_static(HENCE_ENOMEM);
    return hence_fail_errno_at(site, errno, "cannot wait for %s %d",
                               what == EV_SIGNAL ? "signal" : "descriptor", fd);
}

static void start_waiting(const char *site, hence_loop *loop, int fd, short what, int64_t timeout,
                          hence_promise *promise)
{
    hence_call call;
    int error = hence_loop_check_at(loop, "waiting for an event", site);
    struct event_wait *wait = error ? NULL : hence_memory_get_zeroed(sizeof *wait);
    if (!error)
        error = -ENOMEM;
    if (wait) {
        wait->loop = loop;
        wait->site = site;
        wait->timeout = timeout;
        error = timeout < 0
                    ? hence_call_at_own(loop, INT64_MAX, time_is_over, wait, end_wait, &call)
                    : hence_call_later_own(loop, timeout, time_is_over, wait, end_wait, &call);
    }
    if (error) {
        hence_resolve_at(NULL, promise, hence_loop_refusal_at(error, "waiting for an event", site));
        return;
    }
    hence_result r = add_event(site, wait, fd, what);
    if (hence_is_failure(&r)) {
        hence_call_cancel(loop, call);
        hence_resolve_at(NULL, promise, r);
        return;
    }
    wait->call = call;
    wait->promise = promise;
    hence_promise_on_cancel(promise, stop_waiting, wait);
}

hence_deferred *hence_event_wait_at(const char *site, hence_loop *loop, int fd, short what,
                                    int64_t timeout)
{
    hence_promise *promise;
    hence_deferred *d = hence_deferred_new_at(site, &promise);
    if (d)
        start_waiting(site, loop, fd, what, timeout, promise);
    return d;
}

hence_future *hence_event_wait_future_at(const char *site, hence_loop *loop, int fd, short what,
                                         int64_t timeout)
{
    hence_promise *promise;
    hence_future *f = hence_future_new_at(site, loop, &promise);
    if (f)
        start_waiting(site, loop, fd, what, timeout, promise);
    return f;
}
