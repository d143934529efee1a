/* SPDX-License-Identifier: BSD-3-Clause */
/* A flag that can be waited for. */
#include <hence/notify.h>

#include <errno.h>

#include "sync/primitive.h"

struct hence_sync_event {
    struct primitive primitive;
    struct row waiting, decided;
    bool is_set;
};

static bool serve_one(struct primitive *primitive)
{
    hence_sync_event *event = (hence_sync_event *)primitive;
    return hence_row_tell_decided(&event->decided) ||
           (primitive->freed && hence_row_abandon(&event->waiting));
}

hence_sync_event *hence_sync_event_new(void)
{
    hence_sync_event *event = hence_primitive_new(sizeof *event, serve_one);
    if (event) {
        hence_row_init(&event->waiting);
        hence_row_init(&event->decided);
    }
    return event;
}

hence_sync_event *hence_sync_event_free(hence_sync_event *event)
{
    if (event)
        hence_primitive_free(&event->primitive);
    return NULL;
}

int hence_sync_event_set(hence_sync_event *event)
{
    int error = hence_primitive_check(event);
    if (error)
        return error;
    event->is_set = true;
    hence_row_decide(&event->waiting, hence_none(), &event->decided);
    hence_primitive_serve(&event->primitive);
    return 0;
}

int hence_sync_event_clear(hence_sync_event *event)
{
    int error = hence_primitive_check(event);
    if (error)
        return error;
    event->is_set = false; /* rule 156: who was decided about is told */
    return 0;
}

bool hence_sync_event_is_set(const hence_sync_event *event)
{
    return event && event->is_set;
}

static void wait(hence_sync_event *event, hence_promise *promise)
{
    if (hence_primitive_refuses(&event->primitive, promise))
        return;
    if (event->is_set)
        hence_resolve_at(NULL, promise, hence_none());
    else
        hence_waiter_add(&event->primitive, &event->waiting, promise);
}

hence_deferred *hence_sync_event_wait_at(const char *site, hence_sync_event *event)
{
    hence_promise *promise;
    hence_deferred *d = event ? hence_deferred_new_at(site, &promise) : NULL;
    if (d)
        wait(event, promise);
    return d;
}

hence_future *hence_sync_event_wait_future_at(const char *site, hence_loop *loop,
                                              hence_sync_event *event)
{
    hence_promise *promise;
    hence_future *f = event ? hence_future_new_at(site, loop, &promise) : NULL;
    if (f)
        wait(event, promise);
    return f;
}
