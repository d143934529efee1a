/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What waits for other Futures: tasks, gather, wait, wait_for, shield, as_completed.
 *
 * What asyncio has as coroutines (sleep, wait, wait_for, what as_completed gives) runs there in tasks: a
 * task needs a turn to begin and a turn to wake up. Until a program says "direct", these turns are paid
 * here too, as whoever writes tasks would: struct task.
 */
#include <stdlib.h>
#include <string.h>

#include "conformance/futures.h"

enum {
    INPUTS = 3 /* of one combinator, at most */
};

/* Futures one by one. Those who are to ask it in a later turn may find that it has gone. */
struct queue {
    hence_completion_queue *queue;
};

static struct queue queues[MOST_OPERATIONS];
static struct queue *queue; /* the one that "next" asks, or NULL */
static int queues_used;

bool is_direct;

void begin_combinators(void)
{
    memset(queues, 0, sizeof queues);
    queue = NULL;
    queues_used = 0;
    is_direct = false;
}

struct combinator {
    int word;
    int number;
    hence_future *inputs[INPUTS]; /* each with a reference */
    size_t size;
    struct queue *queue;
};

static void take_inputs(struct combinator *c, const int *numbers, int n)
{
    for (int i = 0; i < n; i++) {
        if (variables[numbers[i]].future)
            c->inputs[c->size++] = hence_future_ref(variables[numbers[i]].future);
    }
}

static void drop_inputs(struct combinator *c)
{
    while (c->size)
        hence_future_unref(c->inputs[--c->size]);
}

/* Conditions and time limits that "wait" stands for with a number; -1: none. */
static const struct {
    hence_wait_condition condition;
    int limit;
} waits[NUMBERS] = {
    {HENCE_ALL_COMPLETED, -1},  {HENCE_FIRST_COMPLETED, -1}, {HENCE_FIRST_EXCEPTION, -1},
    {HENCE_ALL_COMPLETED, 1},   {HENCE_FIRST_COMPLETED, 1},  {HENCE_FIRST_EXCEPTION, 2},
    {HENCE_FIRST_COMPLETED, 0}, {HENCE_ALL_COMPLETED, 3},    {HENCE_FIRST_EXCEPTION, -1},
    {HENCE_ALL_COMPLETED, -1},
};

/* Gives a Future, or NULL if there is nothing to wait for any more. */
static hence_future *begin_combinator(const char *site, const struct combinator *c)
{
    int limit;
    switch (c->word) {
    case SLEEP:
        return hence_sleep_future_at(site, loop, (c->number + 1) / 2 * UNIT);
    case WAIT:
        limit = waits[c->number].limit;
        return hence_wait_at(site, loop, c->inputs, c->size, waits[c->number].condition,
                             limit < 0 ? -1 : limit * UNIT);
    case WAIT_FOR:
        limit = c->number / 2;
        return hence_wait_for_at(site, c->inputs[0], limit < 4 ? limit * UNIT : -1);
    case NEXT:
        return c->queue->queue ? hence_completion_queue_next_at(site, c->queue->queue) : NULL;
    default:
        return hence_future_ref(c->inputs[0]);
    }
}

/* A task that waits for many asks which are done when it has been woken up. */
static hence_result count_done(hence_result *in, void *arg)
{
    const struct combinator *c = arg;
    int64_t done = 0;
    (void)in;
    for (size_t i = 0; i < c->size; i++)
        done += hence_future_done(c->inputs[i]);
    return hence_int(done);
}

static void free_inputs(void *arg)
{
    drop_inputs(arg);
}

/* What a task gives that waits for `f`, which is taken. */
static hence_result go_on_with(hence_future *f, struct combinator *c)
{
    if (c->word != WAIT)
        return hence_chain_future(f);
    hence_deferred *d = hence_deferred_from_future(f);
    hence_future_unref(f);
    struct combinator *inputs = hence_deferred_alloc(d, sizeof *inputs, free_inputs);
    if (!inputs)
        abort();
    *inputs = *c;
    c->size = 0;
    hence_deferred_add_callback(d, count_done, inputs);
    return hence_chain(d);
}

/* What a task is to whoever waits for it: it begins in the next turn, then waits for what it began, and
 * has been woken up when that has ended. A cancellation before it has begun is kept until then. */
struct task {
    struct combinator combinator;
    hence_promise *promise;
    hence_future *future; /* as long as it has not begun */
    bool is_cancelled;
};

static bool cancel_before_begun(hence_promise *p, void *arg)
{
    struct task *task = arg;
    hence_deferred *d = hence_deferred_new(&task->promise);
    task->is_cancelled = true;
    hence_promise_on_cancel(task->promise, cancel_before_begun, task);
    hence_resolve(p, hence_chain(d));
    return false;
}

static void begin_task(void *arg)
{
    struct task *task = arg;
    hence_future *inner = task->is_cancelled ? NULL : begin_combinator(NULL, &task->combinator);
    hence_promise *promise = hence_promise_take(&task->promise);
    hence_result r = inner ? go_on_with(hence_future_ref(inner), &task->combinator)
                           : hence_fail_static(HENCE_ECANCELLED);
    drop_inputs(&task->combinator);
    task->future = hence_future_unref(task->future);
    hence_promise_on_cancel(promise, NULL, NULL);
    hence_resolve(promise, r);
    if (task->is_cancelled) /* while it began */
        hence_future_cancel(inner);
    hence_future_unref(inner);
}

static void free_task(void *arg)
{
    struct task *task = arg;
    drop_inputs(&task->combinator);
    hence_future_unref(task->future);
    hence_abandon(task->promise);
    free(task);
}

static hence_future *new_task(const char *site, const struct combinator *c)
{
    struct task *task = malloc(sizeof *task);
    if (!task)
        abort();
    *task = (struct task){.combinator = *c};
    task->future = hence_future_new_at(site, loop, &task->promise);
    hence_promise_on_cancel(task->promise, cancel_before_begun, task);
    hence_call_soon_own(loop, begin_task, task, free_task, NULL);
    return hence_future_ref(task->future);
}

/* In direct programs a task is what it waits for. */
static hence_future *new_chain(const char *site, hence_future *f)
{
    hence_promise *promise;
    hence_future *chained = hence_future_new_at(site, loop, &promise);
    hence_resolve(promise, hence_chain_future(hence_future_ref(f)));
    return chained;
}

static void combine(struct variable *v, struct combinator *c)
{
    const char *site = sites[v - variables];
    v->made = true;
    if (!is_direct) {
        v->future = new_task(site, c);
        return;
    }
    v->future = c->word == TASK ? new_chain(site, c->inputs[0]) : begin_combinator(site, c);
    drop_inputs(c);
}

void run_combinator(int word, const struct node *node, struct variable *v)
{
    const int *numbers = node->numbers;
    struct combinator c = {.word = word, .number = numbers[1]};
    if (v->made)
        return;
    switch (c.word) {
    case WAIT:
        take_inputs(&c, numbers + 2, 3);
        v->is_for_first =
            waits[c.number].condition != HENCE_ALL_COMPLETED && waits[c.number].limit < 0;
        break;
    case WAIT_FOR:
        c.number = numbers[2];
        take_inputs(&c, numbers + 1, 1);
        break;
    case TASK:
        take_inputs(&c, numbers + 1, 1);
        break;
    case NEXT:
        c.queue = queue;
        break;
    }
    if (((c.word == WAIT_FOR || c.word == TASK) && !c.size) || (c.word == NEXT && !queue))
        return;
    combine(v, &c);
}

/* How many inputs "gather" has, by its number; every second number collects. */
static const int sizes_of_gathers[NUMBERS] = {3, 3, 2, 2, 2, 2, 1, 3, 0, 3};

void gather(const struct node *node, struct variable *v)
{
    int number = node->numbers[1];
    struct combinator c = {.size = 0};
    if (v->made)
        return;
    v->made = true;
    take_inputs(&c, node->numbers + 2, sizes_of_gathers[number]);
    v->future = hence_gather_at(sites[v - variables], loop, c.inputs, c.size,
                                number % 2 ? HENCE_GATHER_COLLECT : 0);
    drop_inputs(&c);
}

void shield(struct variable *v, const struct variable *other)
{
    if (v->made || !other->future)
        return;
    v->made = true;
    v->future = hence_shield_at(sites[v - variables], other->future);
}

void free_queue(void)
{
    if (queue)
        queue->queue = hence_completion_queue_free(queue->queue);
    queue = NULL;
}

void complete(const struct node *node)
{
    struct combinator c = {.size = 0};
    int limit = node->numbers[0] - 6;
    free_queue();
    take_inputs(&c, node->numbers + 1, 3);
    queue = &queues[queues_used++];
    queue->queue = hence_as_completed(loop, c.inputs, c.size, limit < 0 ? -1 : limit * UNIT);
    drop_inputs(&c);
}
