/* SPDX-License-Identifier: BSD-3-Clause */
/* When the work on the items of a queue is done, and when no further ones are to come. */
#include "sync/queue.h"

#include <errno.h>

#include "base/report.h"

/* ---- done ---- */

void hence_queue_join_if_done(hence_queue *queue)
{
    if (!queue->unfinished)
        hence_row_decide(&queue->joiners, hence_none(), &queue->decided);
}

int hence_queue_task_done(hence_queue *queue)
{
    int error = hence_primitive_check(queue);
    if (error)
        return error;
    if (!queue->unfinished) {
        hence_report_misuse("hence_queue_task_done() more often than there were items");
        return -EINVAL;
    }
    queue->unfinished--;
    hence_queue_join_if_done(queue);
    hence_primitive_serve(&queue->primitive);
    return 0;
}

static void join(hence_queue *queue, hence_promise *promise)
{
    if (hence_primitive_refuses(&queue->primitive, promise))
        return;
    if (queue->unfinished)
        hence_waiter_add(&queue->primitive, &queue->joiners, promise);
    else
        hence_resolve_at(NULL, promise, hence_none());
}

hence_deferred *hence_queue_join_at(const char *site, hence_queue *queue)
{
    hence_promise *promise;
    hence_deferred *d = queue ? hence_deferred_new_at(site, &promise) : NULL;
    if (d)
        join(queue, promise);
    return d;
}

hence_future *hence_queue_join_future_at(const char *site, hence_loop *loop, hence_queue *queue)
{
    hence_promise *promise;
    hence_future *f = queue ? hence_future_new_at(site, loop, &promise) : NULL;
    if (f)
        join(queue, promise);
    return f;
}

/* ---- shut down ---- */

void hence_queue_turn_away(hence_queue *queue)
{
    struct waiter *putter;
    while ((putter = hence_row_first(&queue->putters))) {
        hence_result r = putter->outcome;
        hence_waiter_decide(putter, hence_fail_static(HENCE_ESHUTDOWN), &queue->decided);
        hence_drop(r);
    }
    if (!hence_queue_size(queue))
        hence_row_decide(&queue->getters, hence_fail_static(HENCE_ESHUTDOWN), &queue->decided);
}

int hence_queue_shutdown(hence_queue *queue, bool immediate)
{
    int error = hence_primitive_check(queue);
    if (error)
        return error;
    hence_primitive_ref(&queue->primitive); /* a destructor may free it */
    queue->is_shut_down = true;
    queue->is_cut_short |= immediate;
    struct item item;
    while (immediate && hence_queue_take_item(queue, &item)) {
        if (queue->unfinished)
            queue->unfinished--;
        hence_drop(item.r);
    }
    if (immediate)
        hence_queue_join_if_done(queue);
    hence_queue_turn_away(queue);
    hence_primitive_serve(&queue->primitive);
    hence_primitive_unref(&queue->primitive);
    return 0;
}
