/* SPDX-License-Identifier: BSD-3-Clause */
/* A result that is set once, for any number of readers. */
#include <hence/notify.h>

#include <errno.h>

#include "base/memory.h"
#include "base/report.h"
#include "sync/primitive.h"
#include "value/failure.h"
#include "value/shared.h"

struct hence_async_result {
    struct primitive primitive;
    struct row waiting;
    struct hence_shared *box; /* made beforehand: setting allocates nothing */
    const char *site;
    bool is_set, was_read;
};

static hence_result read_box(hence_async_result *result)
{
    result->was_read = true;
    return hence_shared_read(result->box);
}

static bool serve_one(struct primitive *primitive)
{
    hence_async_result *result = (hence_async_result *)primitive;
    struct waiter *first = hence_row_first(&result->waiting);
    if (!first || !result->is_set)
        return first && primitive->freed && hence_row_abandon(&result->waiting);
    hence_waiter_tell(first, read_box(result));
    return true;
}

static void end(struct primitive *primitive)
{
    hence_async_result *result = (hence_async_result *)primitive;
    if (!result->was_read)
        hence_report_unhandled(hence_as_failure(&result->box->waitable.slot),
                               "unhandled failure in a result that nobody asked for", result->site);
    hence_shared_unref(result->box);
}

hence_async_result *hence_async_result_new_at(const char *site)
{
    hence_async_result *result = hence_primitive_new(sizeof *result, serve_one);
    struct hence_shared *box = result ? hence_shared_new() : NULL;
    if (!box) {
        if (result)
            hence_primitive_unref(&result->primitive);
        return NULL;
    }
    result->primitive.end = end;
    result->box = box;
    result->site = site;
    hence_row_init(&result->waiting);
    return result;
}

hence_async_result *hence_async_result_free(hence_async_result *result)
{
    if (result)
        hence_primitive_free(&result->primitive);
    return NULL;
}

int hence_async_result_set(hence_async_result *result, hence_result r)
{
    int error = hence_primitive_check(result);
    if (!error && result->is_set)
        error = -EALREADY;
    if (error) {
        hence_drop(r);
        return error;
    }
    if (hence_is_chain(&r)) {
        hence_report_misuse("hence_async_result_set() was given a chain, and not its result");
        hence_drop(r);
        r = hence_refuse_at(NULL, "hence_async_result_set() was given a chain, and not its result");
        error = -EINVAL;
    }
    result->is_set = true;
    hence_shared_fill(result->box, r);
    hence_primitive_serve(&result->primitive);
    return error;
}

bool hence_async_result_is_set(const hence_async_result *result)
{
    return result && result->is_set;
}

hence_result hence_async_result_try_get(hence_async_result *result)
{
    if (!result)
        return hence_fail_static(HENCE_ENOMEM);
    if (!hence_primitive_is_here(&result->primitive))
        return hence_fail_static(HENCE_EINVAL);
    return result->is_set ? read_box(result) : hence_fail_static(HENCE_EPENDING);
}

static void get(hence_async_result *result, hence_promise *promise)
{
    if (hence_primitive_refuses(&result->primitive, promise))
        return;
    if (result->is_set)
        hence_resolve_at(NULL, promise, read_box(result));
    else
        hence_waiter_add(&result->primitive, &result->waiting, promise);
}

hence_deferred *hence_async_result_get_at(const char *site, hence_async_result *result)
{
    hence_promise *promise;
    hence_deferred *d = result ? hence_deferred_new_at(site, &promise) : NULL;
    if (d)
        get(result, promise);
    return d;
}

hence_future *hence_async_result_get_future_at(const char *site, hence_loop *loop,
                                               hence_async_result *result)
{
    hence_promise *promise;
    hence_future *f = result ? hence_future_new_at(site, loop, &promise) : NULL;
    if (f)
        get(result, promise);
    return f;
}
