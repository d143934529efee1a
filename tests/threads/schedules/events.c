/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * As much of libevent as one loop needs: events on one descriptor, and timeouts that are due at once or never
 * come. A pass looks at the descriptor first, then at the timeouts, and then calls back what is ready.
 */
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "schedule.h"

#define BASES  4
#define EVENTS 4

struct event_base {
    struct event *events[EVENTS];
    bool is_used, got_break;
};

static struct event_base bases[BASES];
static bool has_edges;

void schedule_allow_edges(bool allowed)
{
    has_edges = allowed;
}

void schedule_events_reset(void)
{
    memset(bases, 0, sizeof bases);
    has_edges = true;
}

struct event_base *event_base_new(void)
{
    for (int i = 0; i < BASES; i++) {
        if (!bases[i].is_used) {
            bases[i].is_used = true;
            return &bases[i];
        }
    }
    return NULL;
}

void event_base_free(struct event_base *base)
{
    *base = (struct event_base){.is_used = false};
}

int event_base_get_features(const struct event_base *base)
{
    (void)base;
    return (has_edges ? EV_FEATURE_ET : 0) | EV_FEATURE_O1;
}

int event_reinit(struct event_base *base)
{
    (void)base;
    return -1;
}

int event_base_update_cache_time(struct event_base *base)
{
    (void)base;
    return 0;
}

int event_base_loopbreak(struct event_base *base)
{
    base->got_break = true;
    return 0;
}

int event_base_got_break(struct event_base *base)
{
    return base->got_break;
}

int event_base_got_exit(struct event_base *base)
{
    (void)base;
    return 0;
}

int event_assign(struct event *event, struct event_base *base, evutil_socket_t fd, short what,
                 event_callback_fn fn, void *arg)
{
    memset(event, 0, sizeof *event);
    event->ev_base = base;
    event->ev_fd = fd;
    event->ev_events = what;
    event->ev_evcallback.evcb_cb_union.evcb_callback = fn;
    event->ev_evcallback.evcb_arg = arg;
    event->ev_evcallback.evcb_flags = EVLIST_INIT;
    return 0;
}

int event_add(struct event *event, const struct timeval *timeout)
{
    struct event_base *base = event->ev_base;
    if (timeout) {
        event->ev_timeout = *timeout;
        event->ev_evcallback.evcb_flags |= EVLIST_TIMEOUT;
    }
    if (event->ev_events)
        event->ev_evcallback.evcb_flags |= EVLIST_INSERTED;
    for (int i = 0; i < EVENTS; i++)
        if (base->events[i] == event)
            return 0;
    for (int i = 0; i < EVENTS; i++) {
        if (!base->events[i]) {
            base->events[i] = event;
            return 0;
        }
    }
    return -1;
}

int event_del(struct event *event)
{
    struct event_base *base = event->ev_base;
    event->ev_evcallback.evcb_flags &= ~(EVLIST_INSERTED | EVLIST_TIMEOUT | EVLIST_ACTIVE);
    for (int i = 0; i < EVENTS; i++)
        if (base->events[i] == event)
            base->events[i] = NULL;
    return 0;
}

static bool is_due(const struct event *event)
{
    return event && event->ev_evcallback.evcb_flags & EVLIST_TIMEOUT &&
           event->ev_timeout.tv_sec == 0 && event->ev_timeout.tv_usec == 0;
}

static void call_back(struct event *event, short what)
{
    if (!event || !(event->ev_evcallback.evcb_flags & EVLIST_ACTIVE))
        return; /* one that came before took it out */
    if (event->ev_events & EV_PERSIST)
        event->ev_evcallback.evcb_flags &= ~EVLIST_ACTIVE;
    else
        event_del(event);
    event->ev_evcallback.evcb_cb_union.evcb_callback(event->ev_fd, what,
                                                     event->ev_evcallback.evcb_arg);
}

int event_base_loop(struct event_base *base, int flags)
{
    struct event *active[EVENTS];
    bool is_timeout[EVENTS];
    bool something = flags & EVLOOP_NONBLOCK;
    base->got_break = false;
    for (int i = 0; i < EVENTS; i++)
        something = something || is_due(base->events[i]);
    for (int i = 0; i < EVENTS; i++) {
        struct event *event = active[i] = base->events[i];
        is_timeout[i] = is_due(event);
        if (is_timeout[i] || (event && event->ev_events &&
                              schedule_fd_wait(event->ev_fd, something, event->ev_events & EV_ET)))
            event->ev_evcallback.evcb_flags |= EVLIST_ACTIVE;
    }
    for (int timeouts = 0; timeouts < 2; timeouts++)
        for (int i = 0; i < EVENTS && !base->got_break; i++)
            if (is_timeout[i] == timeouts)
                call_back(active[i], timeouts ? EV_TIMEOUT : EV_READ);
    return 0;
}
