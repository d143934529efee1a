/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What happens in a loop, as a concurrent Future.
 *
 * The record is the concurrent Future, and it carries the two parcels that go through the loop's door: the one
 * that begins it and the one that cancels it. So cancelling allocates nothing. References: the program's, one
 * from the beginning until the Deferred in the loop has ended or the beginning was dropped, and one for a
 * cancellation that is on its way.
 */
#include <errno.h>

#include "base/memory.h"
#include "exec/concurrent_future.h"
#include "loop/loop.h"
#include "value/portable.h"

struct operation {
    hence_concurrent_future f;          /* first */
    struct hence_attachment attachment; /* while `d` is there */
    struct hence_parcel begin, cancel;
    hence_loop *loop;
    hence_result_fn *fn;
    void *arg;
    hence_drop_fn *drop;
    hence_deferred *d; /* the loop's thread only */
};

/* ---- on the loop's thread ---- */

static void let_go_of(struct operation *operation)
{
    hence_concurrent_future_unref(&operation->f);
}

static hence_result deferred_ended(hence_result *in, void *arg)
{
    struct operation *operation = arg;
    if (!hence_ring_is_empty(&operation->attachment.ring))
        hence_loop_detach(operation->loop, &operation->attachment);
    operation->d = hence_deferred_unref(operation->d);
    hence_concurrent_end(&operation->f, hence_make_portable(hence_take(in)));
    let_go_of(operation);
    return hence_none();
}

static void cancel_deferred(struct operation *operation)
{
    hence_deferred *d = hence_deferred_ref(operation->d);
    hence_deferred_cancel(d);
    hence_deferred_unref(d);
}

static void loop_closes(struct hence_attachment *attachment)
{
    struct operation *operation =
        (struct operation *)((char *)attachment - offsetof(struct operation, attachment));
    hence_concurrent_future_ref(&operation->f);
    hence_concurrent_end(&operation->f, hence_fail_static(HENCE_ECLOSED));
    cancel_deferred(operation);
    hence_concurrent_future_unref(&operation->f);
}

static const struct hence_attachment_kind attachment_kind = {.close = loop_closes};

/* Its result is that of `d`, which is taken. */
static void follow(struct operation *operation, hence_deferred *d)
{
    operation->d = hence_deferred_ref(d);
    if (!hence_loop_is_closed(operation->loop))
        hence_loop_attach_holding(operation->loop, &operation->attachment);
    if (!d || hence_deferred_add_both(d, deferred_ended, operation) != 0) {
        hence_result r = hence_fail_static(HENCE_ENOMEM);
        hence_deferred_cancel(d);
        deferred_ended(&r, operation);
    } else if (operation->d && hence_loop_is_closed(operation->loop)) { /* by the function */
        loop_closes(&operation->attachment);
    }
    hence_deferred_unref(d);
}

static void drop_argument(struct operation *operation)
{
    if (operation->drop)
        operation->drop(operation->arg);
}

static struct operation *of_begin(void *parcel)
{
    return (struct operation *)((char *)parcel - offsetof(struct operation, begin));
}

static struct operation *of_cancel(void *parcel)
{
    return (struct operation *)((char *)parcel - offsetof(struct operation, cancel));
}

static void begin(void *parcel)
{
    struct operation *operation = of_begin(parcel);
    if (hence_concurrent_is_done(&operation->f)) /* cancelled: it never begins */
        return;
    hence_concurrent_future_ref(&operation->f);
    follow(operation, hence_maybe_deferred_at(operation->f.site, operation->fn, operation->arg));
}

/* After that; or instead of it, because the loop closes. */
static void begun(void *parcel)
{
    struct operation *operation = of_begin(parcel);
    if (hence_loop_is_closed(operation->loop))
        hence_concurrent_end(&operation->f, hence_fail_static(HENCE_ECLOSED));
    drop_argument(operation);
    let_go_of(operation);
}

static void cancel_in_loop(void *parcel)
{
    cancel_deferred(of_cancel(parcel));
}

static void cancelled_in_loop(void *parcel)
{
    let_go_of(of_cancel(parcel));
}

static const struct hence_parcel_kind begin_kind = {begin, begun};
static const struct hence_parcel_kind cancel_kind = {cancel_in_loop, cancelled_in_loop};

/* ---- on any thread ---- */

static int cancel(hence_concurrent_future *f)
{
    struct operation *operation = (struct operation *)f;
    if (!hence_concurrent_end(f, hence_fail_static(HENCE_ECANCELLED)))
        return -EALREADY;
    hence_concurrent_future_ref(f);
    if (hence_door_post(operation->loop, &operation->cancel) != 0)
        hence_concurrent_future_unref(f); /* the loop is closed, and has cancelled it */
    return 0;
}

static bool is_running(hence_concurrent_future *f)
{
    (void)f; /* as in asyncio: it can be cancelled as long as it is not done */
    return false;
}

static void let_go(hence_concurrent_future *f)
{
    hence_loop_unref(((struct operation *)f)->loop);
}

static const struct concurrent_kind kind = {
    .size = sizeof(struct operation),
    .cancel = cancel,
    .is_running = is_running,
    .let_go = let_go,
    .ends_with_loop = true,
};

static struct operation *operation_new(const char *site, hence_loop *loop)
{
    struct operation *operation = loop ? hence_memory_get_zeroed(sizeof *operation) : NULL;
    if (!operation)
        return NULL;
    hence_concurrent_init(&operation->f, &kind, site);
    hence_ring_init(&operation->attachment.ring);
    operation->attachment.kind = &attachment_kind;
    operation->loop = hence_loop_ref(loop);
    operation->begin.kind = &begin_kind;
    operation->cancel.kind = &cancel_kind;
    return operation;
}

hence_concurrent_future *hence_run_threadsafe_at(const char *site, hence_loop *loop,
                                                 hence_result_fn *fn, void *arg,
                                                 hence_drop_fn *drop)
{
    int error = fn ? 0 : -EINVAL;
    struct operation *operation = operation_new(site, loop);
    if (!operation) {
        if (drop)
            drop(arg);
        return NULL;
    }
    operation->fn = fn;
    operation->arg = arg;
    operation->drop = drop;
    if (hence_thread_is_from_before_fork(loop->owner))
        error = hence_loop_refuse_child(loop, "hence_run_threadsafe()");
    hence_concurrent_future_ref(&operation->f);
    if (!error)
        error = hence_door_post(loop, &operation->begin);
    if (!error)
        return &operation->f;
    drop_argument(operation);
    hence_concurrent_end(&operation->f, hence_loop_refusal(error));
    hence_concurrent_future_unref(&operation->f);
    return &operation->f;
}

/* ---- what is in a loop already ---- */

hence_concurrent_future *hence_deferred_as_concurrent_at(const char *site, hence_loop *loop,
                                                         hence_deferred *d)
{
    struct operation *operation = NULL;
    if (hence_loop_check_at(loop, "hence_deferred_as_concurrent()", site) == 0)
        operation = operation_new(site, loop);
    if (!operation) {
        hence_deferred_cancel(d);
        hence_deferred_unref(d);
        return NULL;
    }
    hence_concurrent_future_ref(&operation->f);
    follow(operation, d);
    return &operation->f;
}

hence_concurrent_future *hence_future_as_concurrent_at(const char *site, hence_future *f)
{
    hence_loop *loop = hence_future_loop(f);
    struct operation *operation = NULL;
    if (f && hence_loop_check_at(loop, "hence_future_as_concurrent()", site) == 0)
        operation = operation_new(site, loop);
    if (!operation)
        return NULL;
    hence_concurrent_future_ref(&operation->f);
    follow(operation, hence_deferred_from_future_at(site, f));
    return &operation->f;
}
