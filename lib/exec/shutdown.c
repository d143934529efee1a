/* SPDX-License-Identifier: BSD-3-Clause */
/* The end of an executor, as a Future: the loop goes on meanwhile. */
#include "base/memory.h"
#include "exec/executor.h"
#include "exec/threadsafe_promise.h"

struct shutdown {
    hence_threadsafe_promise promise; /* first */
    struct hence_executor_end end;
    hence_executor *executor;
};

static void told(struct hence_executor_end *end)
{
    struct shutdown *shutdown = (struct shutdown *)((char *)end - offsetof(struct shutdown, end));
    hence_threadsafe_resolve(&shutdown->promise, hence_none());
}

static bool stop(hence_threadsafe_promise *promise)
{
    struct shutdown *shutdown = (struct shutdown *)promise;
    return hence_executor_remove_end(shutdown->executor, &shutdown->end);
}

static void shutdown_free(hence_threadsafe_promise *promise)
{
    struct shutdown *shutdown = (struct shutdown *)promise;
    hence_executor *executor = shutdown->executor;
    hence_memory_put(shutdown, sizeof *shutdown);
    hence_executor_let_go(executor);
}

static bool is_parents(const hence_threadsafe_promise *promise)
{
    return hence_executor_is_parents(((const struct shutdown *)promise)->executor);
}

static const struct threadsafe_producer producer = {stop, shutdown_free, is_parents};

static void start(hence_loop *loop, hence_executor *executor, hence_promise *promise)
{
    struct shutdown *shutdown = hence_memory_get(sizeof *shutdown);
    if (!shutdown) {
        hence_resolve_at(NULL, promise, hence_fail_static(HENCE_ENOMEM));
        return;
    }
    shutdown->executor = executor;
    shutdown->end.told = told;
    hence_ring_init(&shutdown->end.ring);
    if (!hence_threadsafe_promise_init(&shutdown->promise, loop, promise, &producer)) {
        hence_memory_put(shutdown, sizeof *shutdown);
        return;
    }
    hence_executor_hold(executor);
    if (!hence_executor_add_end(executor, &shutdown->end))
        told(&shutdown->end);
}

/* It has been asked to end, with this outcome. Takes the promise. */
static void tell_end(hence_loop *loop, hence_executor *executor, int error, hence_promise *promise)
{
    if (!executor || hence_executor_is_parents(executor))
        hence_resolve_at(NULL, promise, hence_fail_static(executor ? HENCE_EDIED : HENCE_ENOMEM));
    else if (error == 0)
        hence_resolve_at(NULL, promise, hence_none());
    else
        start(loop, executor, promise);
}

hence_future *hence_executor_shutdown_future_at(const char *site, hence_loop *loop,
                                                hence_executor *executor, bool cancel_queued)
{
    hence_promise *promise;
    hence_future *f = hence_future_new_at(site, loop, &promise);
    if (!executor)
        executor = f ? hence_executor_default(loop) : NULL;
    if (executor)
        hence_executor_hold(executor); /* what ends with a job may let go of it */
    int error = hence_executor_shutdown(executor, cancel_queued, 0);
    if (f)
        tell_end(loop, executor, error, promise);
    if (executor)
        hence_executor_let_go(executor);
    return f;
}
