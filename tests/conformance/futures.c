/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs programs on hence's Futures and its loop, turn by turn. asyncio_model.py does the same with
 * asyncio's, operation by operation: whoever changes one changes the other.
 *
 * Each variable has a Future, and most have its promise. An operation on one that is not there does
 * nothing, so that any operation may be taken out of a program.
 *
 * What asyncio has as coroutines (sleep, wait, wait_for, what as_completed gives) runs there in tasks: a
 * task needs a turn to begin and a turn to wake up. Until a program says "direct", these turns are paid
 * here too, as whoever writes tasks would: struct task.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conformance/turns.h"

/* ---- the words ---- */

enum {
    MAKE,
    CANCELLABLE,
    SUCCEED,
    FAILED,
    SLEEP,
    TASK,
    GATHER,
    WAIT,
    WAIT_FOR,
    SHIELD,
    COMPLETED,
    NEXT,
    FREE,
    LISTEN,
    HEAR,
    AGAIN,
    REMOVE,
    FIRE,
    FAIL,
    FIRE_WITH,
    CHAIN,
    ABANDON,
    CANCEL,
    LOOK,
    FAILURE,
    DROP,
    SOON,
    LATER,
    CANCEL_CALL,
    WHEN,
    TURN,
    DIRECT,
    DISPATCH,
    UNTIL,
    STOP
};

static const struct operation operations[] = {
    [MAKE] = {"make", "m", 10, 2},
    [CANCELLABLE] = {"cancellable", "mC", 2, 1},
    [SUCCEED] = {"succeed", "ev", 1, 1},
    [FAILED] = {"failed", "ev", 1, 1},
    [SLEEP] = {"sleep", "ev", 2, 2},
    [TASK] = {"task", "eo", 2, 2},
    [GATHER] = {"gather", "evooo", 3, 4},
    [WAIT] = {"wait", "evooo", 3, 4},
    [WAIT_FOR] = {"wait_for", "eov", 3, 4},
    [SHIELD] = {"shield", "eo", 2, 2},
    [COMPLETED] = {"completed", "vooo", 2, 2},
    [NEXT] = {"next", "e", 2, 5},
    [FREE] = {"free", "", 0, 1},
    [LISTEN] = {"listen", "dB", 8, 8},
    [HEAR] = {"hear", "dB", 2, 3},
    [AGAIN] = {"again", "d", 1, 2},
    [REMOVE] = {"remove", "dv", 1, 4},
    [FIRE] = {"fire", "pv", 4, 20},
    [FAIL] = {"fail", "pv", 2, 9},
    [FIRE_WITH] = {"fire_with", "po", 1, 2},
    [CHAIN] = {"chain", "op", 1, 2},
    [ABANDON] = {"abandon", "p", 0, 1},
    [CANCEL] = {"cancel", "d", 3, 8},
    [LOOK] = {"look", "d", 1, 2},
    [FAILURE] = {"failure", "d", 1, 1},
    [DROP] = {"drop", "d", 1, 2},
    [SOON] = {"soon", "qB", 4, 5},
    [LATER] = {"later", "qvB", 4, 4},
    [CANCEL_CALL] = {"cancel_call", "u", 1, 3},
    [WHEN] = {"when", "d", 1, 1},
    [TURN] = {"turn", "", 3, 10},
    [DIRECT] = {"direct", "", 6, 0},
    [DISPATCH] = {"dispatch", "", 0, 2},
    [UNTIL] = {"until", "d", 0, 3},
    [STOP] = {"stop", "", 1, 1},
    {NULL, NULL, 0, 0},
};

static const struct operation outcomes_of_blocks[] = {
    {"end", "", 1, 1},
    {NULL, NULL, 0, 0},
};

enum {
    STOPPED,
    GOES_ON
};

static const struct operation outcomes_of_cancellers[] = {
    [STOPPED] = {"stopped", "", 2, 2},
    [GOES_ON] = {"goes_on", "", 1, 1},
    {NULL, NULL, 0, 0},
};

static const struct outcomes outcomes[] = {
    {'B', outcomes_of_blocks},
    {'C', outcomes_of_cancellers},
    {0, NULL},
};

static const struct grammar grammar = {operations, outcomes, 0, NULL};

enum {
    INPUTS = 3,            /* of one combinator, at most */
    MOST_OPERATIONS = 400, /* that one program runs; the rest does nothing */
    MOST_AGAINS = 2        /* how often one listener is added again */
};

#define FOR_EVER (1000 * UNIT) /* after that a run for something that never comes is stopped */

/* ---- a program's state ---- */

enum promise {
    NO_PROMISE, /* made with its result, or by a combinator */
    GOOD,
    ENDED, /* resolved, or stopped by its canceller */
    MOVED  /* hence_future_chain() has it */
};

struct listener {
    const struct block *block;
    bool looks;
    int agains;
};

static struct variable {
    bool made;
    hence_future *future; /* NULL after it was let go */
    hence_promise *pointer;
    enum promise promise;
    const struct block *canceller;
    struct listener *listeners[MOST_OPERATIONS]; /* in the order in which they were added */
    int listening;
} variables[SLOTS];

static struct handle {
    hence_call call;
    bool made;
} handles[SLOTS];

/* Futures one by one. Those who are to ask it in a later turn may find that it has gone. */
struct queue {
    hence_completion_queue *queue;
};

static struct listener listeners[MOST_OPERATIONS];
static struct queue queues[MOST_OPERATIONS];
static struct queue *queue; /* the one that "next" asks, or NULL */
static int operations_run, listeners_used, queues_used;

static bool is_direct;
static bool is_over; /* what happens now is taking down, and leaves no trace */
static int owned;    /* calls that own their argument, and have not been destroyed */

static bool is_held[SLOTS], was_done[SLOTS]; /* at the end */
static bool reported[SLOTS];
static int refused, misuses; /* calls that hence must report, reports of that kind */

/* Nothing is asked of those that did not come to an end by themselves. Of those that the program has let
 * go nobody can tell whether a deadlock came before the end. */
static bool is_news(int slot, const hence_failure *f)
{
    if (is_held[slot])
        return was_done[slot];
    return hence_failure_domain(f) != &hence_domain_hence ||
           (hence_failure_code(f) != HENCE_ESTOPPED && hence_failure_code(f) != HENCE_EDEADLK);
}

static void take_report(const hence_report *report, void *arg)
{
    (void)arg;
    if (report->kind == HENCE_REPORT_MISUSE)
        misuses++;
    else if (report->kind != HENCE_REPORT_NEVER_RETRIEVED)
        trace("an-unexpected-report");
    else if (report->made && is_news(atoi(report->made), report->failure))
        reported[atoi(report->made)] = true;
}

/* ---- blocks ---- */

static void run_operation(const struct node *node);

static int depth; /* of blocks that run */

static const struct node *run_block(const struct block *block)
{
    const struct node *node = block->first;
    depth++;
    for (; node && node->next; node = node->next)
        run_operation(node);
    depth--;
    return node;
}

static void told(hence_future *f, void *arg)
{
    const struct listener *listener = arg;
    if (is_over)
        return;
    if (listener->looks) {
        event_with(listener->block, hence_future_result(f));
    } else {
        event_in_block(listener->block, hence_future_cancelled(f) ? "cancelled" : "done");
    }
    run_block(listener->block);
}

static void called(void *arg)
{
    const struct block *block = arg;
    if (is_over)
        return;
    event_in_block(block, "call");
    run_block(block);
}

static void disown(void *arg)
{
    (void)arg;
    owned--;
}

static bool run_canceller(hence_promise *p, void *arg)
{
    struct variable *v = arg;
    (void)p;
    if (is_over)
        return false;
    event_in_block(v->canceller, "cancel");
    bool stopped = run_block(v->canceller)->operation == &outcomes_of_cancellers[STOPPED];
    if (stopped && v->promise == GOOD)
        v->promise = ENDED;
    return stopped;
}

/* ---- combinators ---- */

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

/* Gives a Future, or NULL if there is nothing to wait for any more. */
static hence_future *begin_combinator(const char *site, const struct combinator *c)
{
    /* conditions and time limits that "wait" stands for with a number; -1: none */
    static const struct {
        hence_wait_condition condition;
        int limit;
    } waits[NUMBERS] = {
        {HENCE_ALL_COMPLETED, -1},  {HENCE_FIRST_COMPLETED, -1}, {HENCE_FIRST_EXCEPTION, -1},
        {HENCE_ALL_COMPLETED, 1},   {HENCE_FIRST_COMPLETED, 1},  {HENCE_FIRST_EXCEPTION, 2},
        {HENCE_FIRST_COMPLETED, 0}, {HENCE_ALL_COMPLETED, 3},    {HENCE_FIRST_EXCEPTION, -1},
        {HENCE_ALL_COMPLETED, -1},
    };
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

static void run_combinator(const struct node *node, struct variable *v)
{
    const int *numbers = node->numbers;
    struct combinator c = {.word = (int)(node->operation - operations), .number = numbers[1]};
    if (v->made)
        return;
    switch (c.word) {
    case WAIT:
        take_inputs(&c, numbers + 2, 3);
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

static void gather(const struct node *node, struct variable *v)
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

static void shield(struct variable *v, const struct variable *other)
{
    if (v->made || !other->future)
        return;
    v->made = true;
    v->future = hence_shield_at(sites[v - variables], other->future);
}

static void free_queue(void)
{
    if (queue)
        queue->queue = hence_completion_queue_free(queue->queue);
    queue = NULL;
}

static void complete(const struct node *node)
{
    struct combinator c = {.size = 0};
    int limit = node->numbers[0] - 6;
    free_queue();
    take_inputs(&c, node->numbers + 1, 3);
    queue = &queues[queues_used++];
    queue->queue = hence_as_completed(loop, c.inputs, c.size, limit < 0 ? -1 : limit * UNIT);
    drop_inputs(&c);
}

/* ---- Futures ---- */

/* What is resolved a second time is refused as long as the Future is there to tell. */
static void resolve(struct variable *v, hence_result r)
{
    if (v->promise != GOOD && (v->promise != ENDED || !v->future)) {
        hence_drop(r);
        return;
    }
    v->promise = ENDED;
    int error = hence_resolve(v->pointer, r);
    if (error == -EALREADY)
        refused++;
    if (error)
        event(error == -EALREADY ? "already" : "error");
}

static void abandon(struct variable *v)
{
    if (v->promise != GOOD)
        return;
    v->promise = ENDED;
    hence_abandon(v->pointer);
}

static void make(struct variable *v, const struct block *canceller)
{
    if (v->made)
        return;
    v->made = true;
    v->future = hence_future_new_at(sites[v - variables], loop, &v->pointer);
    v->promise = GOOD;
    v->canceller = canceller;
    if (canceller)
        hence_promise_on_cancel(v->pointer, run_canceller, v);
}

static void make_with(struct variable *v, hence_result r)
{
    if (v->made) {
        hence_drop(r);
        return;
    }
    make(v, NULL);
    resolve(v, r);
    v->promise = NO_PROMISE;
}

/* One whose promise another one will resolve is kept: in a circle through one that waits for many, which
 * is not looked for, somebody must be able to cancel. */
static void let_go(struct variable *v)
{
    if (v->future &&
        (v->promise == GOOD || v->promise == NO_PROMISE || hence_future_done(v->future)))
        v->future = hence_future_unref(v->future);
}

static void chain(const struct variable *v, struct variable *to)
{
    if (!v->future || to->promise != GOOD || !to->future)
        return;
    to->promise = MOVED;
    if (hence_future_chain(v->future, to->pointer))
        event("error");
}

static void add_listener(struct variable *v, const struct block *block, bool looks)
{
    struct listener *listener = &listeners[listeners_used++];
    *listener = (struct listener){block, looks, 0};
    v->listeners[v->listening++] = listener;
    if (hence_future_add_done_callback(v->future, told, listener))
        event("error");
}

static void add_listener_again(struct variable *v)
{
    if (!v->listening)
        return;
    struct listener *listener = v->listeners[v->listening - 1];
    if (listener->agains++ < MOST_AGAINS &&
        hence_future_add_done_callback(v->future, told, listener))
        event("error");
}

static void remove_listener(struct variable *v, int number)
{
    if (!v->listening)
        return;
    struct listener *listener = v->listeners[number % v->listening];
    begin_text();
    trace("%s:removed-%zu", text, hence_future_remove_done_callback(v->future, told, listener));
}

static void look(hence_future *f)
{
    event_with(NULL, hence_future_result(f));
}

static void look_at_failure(hence_future *f)
{
    const hence_failure *found = hence_future_failure(f);
    begin_text();
    write_text(":");
    if (found)
        write_failure(found);
    else
        write_text("%s", hence_future_done(f) ? "none" : "pending");
    trace("%s", text);
}

static void run_on_future(const struct node *node, struct variable *v)
{
    hence_future *f = v->future;
    switch (node->operation - operations) {
    case LISTEN:
        add_listener(v, node->blocks[1], true);
        break;
    case HEAR:
        add_listener(v, node->blocks[1], false);
        break;
    case AGAIN:
        add_listener_again(v);
        break;
    case REMOVE:
        remove_listener(v, node->numbers[1]);
        break;
    case CANCEL:
        if (hence_future_cancel(f))
            event("late");
        break;
    case LOOK:
        look(f);
        break;
    case FAILURE:
        look_at_failure(f);
        break;
    }
}

/* ---- calls and turns ---- */

static void call(struct handle *handle, const struct block *block, bool later, int number)
{
    void *arg = (void *)(uintptr_t)block;
    const int64_t delay = (number ? number / 2 : -1) * UNIT;
    hence_drop_fn *drop = block->number % 2 ? disown : NULL;
    if (drop)
        owned++;
    int error = later ? hence_call_later_own(loop, delay, called, arg, drop, &handle->call)
                      : hence_call_soon_own(loop, called, arg, drop, &handle->call);
    handle->made = true;
    if (error)
        event("error");
}

static void cancel_call(const struct handle *handle)
{
    if (handle->made && hence_call_cancel(loop, handle->call))
        event("gone");
}

static void tell_when(const struct handle *handle)
{
    int64_t when;
    if (!handle->made)
        return;
    int error = hence_call_when(loop, handle->call, &when);
    begin_text();
    if (error)
        trace("%s:%s", text, error == -EINVAL ? "soon" : "gone");
    else
        trace("%s:when-%d", text, (int)(when / UNIT));
}

/* All turns, as libevent makes them: snapshots follow each other without a poll. */
static void dispatch(void)
{
    hence_test_clock_autojump(test_clock, true);
    is_free_running = true;
    event_base_dispatch(base);
    is_free_running = false;
    hence_test_clock_autojump(test_clock, false);
    turn++;
}

static void stop(void *arg)
{
    (void)arg;
    hence_loop_stop(loop);
}

static bool runs_until; /* what can be stopped */

static void run_until(hence_future *f)
{
    hence_call limit;
    hence_call_later(loop, FOR_EVER, stop, NULL, &limit);
    hence_test_clock_autojump(test_clock, true);
    is_free_running = runs_until = true;
    hence_future_ref(f); /* its variable may let it go meanwhile */
    hence_result r = hence_loop_run_until_complete(loop, f);
    hence_future_unref(f);
    is_free_running = runs_until = false;
    hence_test_clock_autojump(test_clock, false);
    hence_call_cancel(loop, limit);
    turn++;
    event_with(NULL, r);
}

/* ---- operations ---- */

static void run_operation(const struct node *node)
{
    const ptrdiff_t word = node->operation - operations;
    struct variable *v = &variables[node->numbers[0] % SLOTS];
    struct variable *other = &variables[node->numbers[1] % SLOTS];
    if (operations_run++ >= MOST_OPERATIONS)
        return;
    switch (word) {
    case MAKE:
        make(v, NULL);
        break;
    case CANCELLABLE:
        make(v, node->blocks[1]);
        break;
    case SUCCEED:
        make_with(v, value(node->numbers[1]));
        break;
    case FAILED:
        make_with(v, failure(node->numbers[1]));
        break;
    case SLEEP:
    case TASK:
    case WAIT:
    case WAIT_FOR:
    case NEXT:
        run_combinator(node, v);
        break;
    case GATHER:
        gather(node, v);
        break;
    case SHIELD:
        shield(v, other);
        break;
    case COMPLETED:
        complete(node);
        break;
    case FREE:
        free_queue();
        break;
    case FIRE:
        resolve(v, value(node->numbers[1]));
        break;
    case FAIL:
        resolve(v, failure(node->numbers[1]));
        break;
    case FIRE_WITH:
        if (other->future)
            resolve(v, hence_chain_future(hence_future_ref(other->future)));
        break;
    case CHAIN:
        chain(v, other);
        break;
    case ABANDON:
        abandon(v);
        break;
    case DROP:
        let_go(v);
        break;
    case SOON:
        call(&handles[node->numbers[0]], node->blocks[1], false, 0);
        break;
    case LATER:
        call(&handles[node->numbers[0]], node->blocks[2], true, node->numbers[1]);
        break;
    case CANCEL_CALL:
        cancel_call(&handles[node->numbers[0]]);
        break;
    case WHEN:
        tell_when(&handles[node->numbers[0]]);
        break;
    case TURN:
        if (!depth)
            take_turn();
        break;
    case DIRECT:
        is_direct = true;
        break;
    case DISPATCH:
        if (!depth)
            dispatch();
        break;
    case UNTIL:
        if (!depth && v->future)
            run_until(v->future);
        break;
    case STOP:
        if (runs_until)
            stop(NULL);
        break;
    default:
        if (v->future)
            run_on_future(node, v);
    }
}

/* ---- the end ---- */

/* Lets go of everything. Failures that nobody looked at are reported now. */
static void take_down(void)
{
    for (int i = 0; i < SLOTS; i++) {
        is_held[i] = variables[i].future != NULL;
        was_done[i] = is_held[i] && hence_future_done(variables[i].future);
    }
    is_over = true;
    free_queue();
    for (struct variable *v = variables; v < variables + SLOTS; v++) {
        if (!hence_future_done(v->future))
            hence_future_cancel(v->future);
        v->future = hence_future_unref(v->future);
    }
    for (struct variable *v = variables; v < variables + SLOTS; v++) {
        if (v->promise == GOOD)
            hence_resolve(v->pointer, hence_fail_static(HENCE_ESTOPPED));
    }
    while (take_turn())
        ;
    end_loop();
}

static void check_calls(void)
{
    if (owned)
        trace("arguments-left-%d", owned);
    if (refused != misuses)
        trace("refused-%d-reported-%d", refused, misuses);
    owned = 0;
}

static void begin_program(void)
{
    memset(variables, 0, sizeof variables);
    memset(handles, 0, sizeof handles);
    memset(queues, 0, sizeof queues);
    memset(is_held, 0, sizeof is_held);
    memset(reported, 0, sizeof reported);
    queue = NULL;
    operations_run = listeners_used = queues_used = refused = misuses = 0;
    is_over = is_direct = false;
    begin_loop();
}

static void run_program(const struct block *program)
{
    begin_program();
    for (const struct node *node = program->first; node; node = node->next)
        run_operation(node);
    while (take_turn())
        ;
    show_time();
    for (int i = 0; i < SLOTS; i++)
        show_future(i, variables[i].future);
    take_down();
    trace_slots("unretrieved", reported);
    check_balance();
    check_calls();
}

static void begin(void)
{
    base = event_base_new();
    hence_set_report_handler(take_report, NULL);
}

static void end(void)
{
    event_base_free(base);
}

int main(int argc, char **argv)
{
    static const struct interpreter interpreter = {&grammar, begin, run_program, end};
    return conformance_main(&interpreter, argc, argv);
}
