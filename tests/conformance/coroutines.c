/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs programs of tasks on hence, turn by turn: coroutines that await Futures, each other, and what is
 * combined of them. tasks_model.py does the same with asyncio's, operation by operation: whoever changes one
 * changes the other.
 *
 * Each variable has a Future: one that the program fires, a combinator, or a task. An operation on one that
 * is not there does nothing, and what awaits does nothing outside of a body; so any operation may be taken out
 * of a program.
 */
#include <stdlib.h>
#include <string.h>

#include "conformance/modes.h"
#include "conformance/turns.h"

/* ---- the words ---- */

enum {
    MAKE,
    SPAWN,
    START,
    GATHER,
    SHIELD,
    LISTEN,
    FIRE,
    FAIL,
    CANCEL,
    UNCANCEL,
    CANCELLING,
    LOOK,
    SOON,
    LATER,
    COUNT,
    COMPLETED,
    FREE,
    TURN
};

static const struct operation operations[] = {
    [MAKE] = {"make", "m", 8, 2},
    [SPAWN] = {"spawn", "eT", 16, 10},
    [START] = {"start", "T", 1, 2},
    [GATHER] = {"gather", "evooo", 1, 3},
    [SHIELD] = {"shield", "eo", 1, 2},
    [LISTEN] = {"listen", "dB", 4, 4},
    [FIRE] = {"fire", "pv", 3, 18},
    [FAIL] = {"fail", "pv", 1, 7},
    [CANCEL] = {"cancel", "d", 3, 14},
    [UNCANCEL] = {"uncancel", "d", 1, 3},
    [CANCELLING] = {"cancelling", "d", 1, 4},
    [LOOK] = {"look", "d", 1, 2},
    [SOON] = {"soon", "qB", 2, 4},
    [LATER] = {"later", "qvB", 2, 3},
    [COUNT] = {"count", "", 1, 2},
    [COMPLETED] = {"completed", "vooo", 1, 1},
    [FREE] = {"free", "", 0, 1},
    [TURN] = {"turn", "", 4, 14},
    {NULL, NULL, 0, 0},
};

enum {
    AWAIT,
    AWAIT_SLEEP,
    YIELD,
    AWAIT_GATHER,
    AWAIT_WAIT,
    AWAIT_SHIELD,
    AWAIT_WAIT_FOR,
    AWAIT_NEXT,
    AWAIT_SPAWN,
    CALL,
    CANCEL_ME,
    UNCANCEL_ME
};

/* The last number of those that await, or the first one of "await_spawn" and "call", is a mode. */
static const struct operation of_bodies[] = {
    [AWAIT] = {"await", "lv", 16, 16},
    [AWAIT_SLEEP] = {"await_sleep", "vv", 4, 4},
    [YIELD] = {"yield", "v", 4, 4},
    [AWAIT_GATHER] = {"await_gather", "lllvv", 3, 3},
    [AWAIT_WAIT] = {"await_wait", "lllvv", 2, 2},
    [AWAIT_SHIELD] = {"await_shield", "lv", 3, 3},
    [AWAIT_WAIT_FOR] = {"await_wait_for", "lvv", 3, 3},
    [AWAIT_NEXT] = {"await_next", "v", 3, 3},
    [AWAIT_SPAWN] = {"await_spawn", "vT", 3, 3},
    [CALL] = {"call", "vT", 3, 3},
    [CANCEL_ME] = {"cancel_me", "", 2, 2},
    [UNCANCEL_ME] = {"uncancel_me", "", 1, 1},
    {NULL, NULL, 0, 0},
};

static const struct operation outcomes_of_blocks[] = {
    {"end", "", 1, 1},
    {NULL, NULL, 0, 0},
};

enum {
    RETURN,
    RAISE,
    RAISE_CANCELLED,
    AGAIN,
    GIVE
};

static const struct operation outcomes_of_bodies[] = {
    [RETURN] = {"return", "v", 8, 8},
    [RAISE] = {"raise", "v", 3, 3},
    [RAISE_CANCELLED] = {"raise_cancelled", "", 1, 1},
    [AGAIN] = {"again", "", 3, 3}, /* what was caught last */
    [GIVE] = {"give", "l", 2, 2},  /* what that one will give */
    {NULL, NULL, 0, 0},
};

static const struct outcomes outcomes[] = {
    {'B', outcomes_of_blocks},
    {'T', outcomes_of_bodies},
    {0, NULL},
};

static const struct grammar grammar = {operations, outcomes, 'T', of_bodies};

enum {
    INPUTS = 3,           /* of one combinator, at most */
    MOST_OPERATIONS = 400 /* that one program runs; the rest does nothing */
};

/* ---- a program's state ---- */

static struct variable {
    bool made;
    hence_future *future;
    hence_promise *promise; /* NULL: it has none, or it was resolved */
} variables[SLOTS];

static hence_completion_queue *queue; /* what "await_next" asks, or NULL */
static int operations_run;
static bool is_over; /* what happens now is taking down, and leaves no trace */
static bool was_done[SLOTS], reported[SLOTS];

static void take_report(const hence_report *report, void *arg)
{
    (void)arg;
    if (report->kind != HENCE_REPORT_NEVER_RETRIEVED)
        trace("an-unexpected-report");
    else if (report->made && (!is_over || was_done[atoi(report->made)]))
        reported[atoi(report->made)] = true;
}

/* ---- blocks ---- */

static void run_operation(const struct node *node);

static int depth; /* of blocks that run */

static void run_block(const struct block *block)
{
    depth++;
    for (const struct node *node = block->first; node && node->next; node = node->next)
        run_operation(node);
    depth--;
}

static void told(hence_future *f, void *arg)
{
    const struct block *block = arg;
    if (is_over)
        return;
    event_with(block, hence_future_result(f));
    run_block(block);
}

static void called(void *arg)
{
    const struct block *block = arg;
    if (is_over)
        return;
    event_in_block(block, "call");
    run_block(block);
}

/* ---- bodies ---- */

static hence_result run_body(void *arg);
static hence_result run_nodes(const struct block *block, bool is_called);

static hence_future *spawn(const char *site, const struct block *block)
{
    return hence_spawn_at(site, loop, run_body, (void *)(uintptr_t)block, NULL);
}

/* Those that are there. */
static size_t take_inputs(const int *numbers, hence_future **inputs)
{
    size_t n = 0;
    for (int i = 0; i < INPUTS; i++) {
        if (variables[numbers[i]].future)
            inputs[n++] = variables[numbers[i]].future;
    }
    return n;
}

/* How many inputs are waited for, and whether failures are collected. */
static hence_future *gather(const char *site, hence_future **inputs, size_t n, int number)
{
    if (number / 2 == 4)
        n = 0;
    return hence_gather_at(site, loop, inputs, n, number % 2 ? HENCE_GATHER_COLLECT : 0);
}

/* Which are done is asked when the body goes on. */
static hence_result wait_for_many(hence_future **inputs, size_t n, int number)
{
    static const hence_wait_condition conditions[] = {
        HENCE_ALL_COMPLETED,
        HENCE_FIRST_COMPLETED,
        HENCE_FIRST_EXCEPTION,
    };
    hence_future *held[INPUTS];
    const int64_t limit = number / 3 < 3 ? number / 3 * UNIT : -1;
    int done = 0;
    for (size_t i = 0; i < n; i++)
        held[i] = hence_future_ref(inputs[i]);
    hence_result r =
        hence_await(hence_wait_at(NULL, loop, inputs, n, conditions[number % 3], limit));
    for (size_t i = 0; i < n; i++) {
        done += hence_future_done(held[i]);
        hence_future_unref(held[i]);
    }
    if (hence_is_failure(&r))
        return r;
    hence_drop(r);
    return hence_int(done);
}

/* False if there is nothing to await. */
static bool await_it(const struct node *node, hence_result *r, int *mode)
{
    const int *numbers = node->numbers;
    hence_future *inputs[INPUTS], *other = variables[numbers[0] % SLOTS].future;
    size_t n = 0;
    switch (node->operation - of_bodies) {
    case AWAIT:
        *mode = numbers[1];
        if (other)
            *r = hence_await(hence_future_ref(other));
        return other;
    case AWAIT_SLEEP:
        *mode = numbers[1];
        *r = hence_co_sleep((numbers[0] + 1) / 2 * UNIT);
        return true;
    case YIELD:
        *mode = numbers[0];
        *r = hence_co_yield();
        return true;
    case AWAIT_GATHER:
        *mode = numbers[4];
        n = take_inputs(numbers, inputs);
        *r = hence_await(gather(NULL, inputs, n, numbers[3]));
        return true;
    case AWAIT_WAIT:
        *mode = numbers[4];
        n = take_inputs(numbers, inputs);
        *r = wait_for_many(inputs, n, numbers[3]);
        return true;
    case AWAIT_SHIELD:
        *mode = numbers[1];
        if (other)
            *r = hence_await(hence_shield_at(NULL, other));
        return other;
    case AWAIT_WAIT_FOR:
        *mode = numbers[2];
        if (other)
            *r = hence_await(
                hence_wait_for_at(NULL, other, numbers[1] / 2 < 4 ? numbers[1] / 2 * UNIT : -1));
        return other;
    case AWAIT_NEXT:
        *mode = numbers[0];
        if (!queue)
            return false;
        *r = hence_await(hence_completion_queue_next_at(NULL, queue));
        return true;
    case AWAIT_SPAWN:
        *mode = numbers[0];
        *r = hence_await(spawn(NULL, node->blocks[1]));
        return true;
    case CALL:
        *mode = numbers[0];
        *r = run_nodes(node->blocks[1], true);
        return true;
    }
    return false;
}

static bool is_of_bodies(const struct node *node)
{
    return node->operation >= of_bodies &&
           node->operation < of_bodies + sizeof of_bodies / sizeof *of_bodies;
}

static hence_result outcome_of(const struct node *outcome, hence_result *caught, bool is_called)
{
    hence_future *other = variables[outcome->numbers[0] % SLOTS].future;
    switch (outcome->operation - outcomes_of_bodies) {
    case RETURN:
        return value(outcome->numbers[0]);
    case RAISE:
        return failure(outcome->numbers[0]);
    case RAISE_CANCELLED:
        return hence_fail_static(HENCE_ECANCELLED);
    case AGAIN:
        return hence_take(caught);
    default:
        if (!other)
            return hence_none();
        hence_future_ref(other);
        return is_called ? hence_await(other) : hence_chain_future(other);
    }
}

static hence_result run_body(void *arg)
{
    return run_nodes(arg, false);
}

/* A body, or what a body calls. */
static hence_result run_nodes(const struct block *block, bool is_called)
{
    hence_result caught = hence_none();
    if (is_over)
        return hence_none();
    event_in_block(block, "begin");
    const struct node *node = block->first;
    for (; node->next; node = node->next) {
        hence_result r;
        int mode = 0;
        if (!is_of_bodies(node)) {
            depth++;
            run_operation(node);
            depth--;
            continue;
        }
        if (operations_run++ >= MOST_OPERATIONS)
            continue;
        if (node->operation == &of_bodies[CANCEL_ME])
            hence_future_cancel(hence_current_task());
        else if (node->operation == &of_bodies[UNCANCEL_ME])
            hence_task_uncancel(hence_current_task());
        if (!await_it(node, &r, &mode))
            continue;
        if (is_over) {
            hence_drop(r);
            break;
        }
        const bool has_failed = hence_is_failure(&r), is_cancelled = hence_is_cancelled(&r);
        event_of(block, &r);
        if (!has_failed) {
            hence_drop(r);
            continue;
        }
        hence_drop(caught);
        caught = r;
        if (!(modes[mode] & (is_cancelled ? CATCHES_CANCELLED : CATCHES_OTHERS)))
            return caught;
        if (modes[mode] & RETURNS) {
            hence_drop(caught);
            return value(9);
        }
    }
    if (is_over) {
        hence_drop(caught);
        return hence_none();
    }
    hence_result r = outcome_of(node, &caught, is_called);
    hence_drop(caught);
    return r;
}

/* ---- operations ---- */

static void put(struct variable *v, hence_future *f)
{
    v->made = true;
    v->future = f;
}

static void resolve(struct variable *v, hence_result r)
{
    if (v->promise)
        hence_resolve(hence_promise_take(&v->promise), r);
    else
        hence_drop(r);
}

static void make_combined(const struct node *node, struct variable *v)
{
    const char *site = sites[v - variables];
    hence_future *inputs[INPUTS], *other = variables[node->numbers[1] % SLOTS].future;
    if (v->made)
        return;
    if (node->operation == &operations[SHIELD]) {
        if (other)
            put(v, hence_shield_at(site, other));
        return;
    }
    const size_t n = take_inputs(node->numbers + 2, inputs);
    put(v, gather(site, inputs, n, node->numbers[1]));
}

static void call(const struct block *block, bool later, int number)
{
    void *arg = (void *)(uintptr_t)block;
    if (later)
        hence_call_later(loop, (number ? number / 2 : -1) * UNIT, called, arg, NULL);
    else
        hence_call_soon(loop, called, arg, NULL);
}

static void complete(const int *numbers)
{
    hence_future *inputs[INPUTS];
    const size_t n = take_inputs(numbers + 1, inputs);
    const int limit = numbers[0] - 6;
    hence_completion_queue_free(queue);
    queue = hence_as_completed(loop, inputs, n, limit < 0 ? -1 : limit * UNIT);
}

static void run_on_future(const struct node *node, hence_future *f)
{
    switch (node->operation - operations) {
    case LISTEN:
        if (hence_future_add_done_callback(f, told, (void *)(uintptr_t)node->blocks[1]))
            event("error");
        break;
    case CANCEL:
        if (hence_future_cancel(f))
            event("late");
        break;
    case UNCANCEL:
        hence_task_uncancel(f);
        break;
    case CANCELLING:
        begin_text();
        trace("%s:cancelling-%u", text, hence_task_cancelling(f));
        break;
    case LOOK:
        event_with(NULL, hence_future_result(f));
        break;
    }
}

static void run_operation(const struct node *node)
{
    struct variable *v = &variables[node->numbers[0] % SLOTS];
    if (operations_run++ >= MOST_OPERATIONS || is_of_bodies(node))
        return;
    switch (node->operation - operations) {
    case MAKE:
        if (!v->made)
            put(v, hence_future_new_at(sites[v - variables], loop, &v->promise));
        break;
    case SPAWN:
        if (!v->made)
            put(v, spawn(sites[v - variables], node->blocks[1]));
        break;
    case START:
        hence_future_unref(spawn(NULL, node->blocks[0]));
        break;
    case GATHER:
    case SHIELD:
        make_combined(node, v);
        break;
    case FIRE:
        resolve(v, value(node->numbers[1]));
        break;
    case FAIL:
        resolve(v, failure(node->numbers[1]));
        break;
    case SOON:
        call(node->blocks[1], false, 0);
        break;
    case LATER:
        call(node->blocks[2], true, node->numbers[1]);
        break;
    case COUNT:
        begin_text();
        trace("%s:tasks-%zu", text, hence_all_tasks(loop, NULL, 0));
        break;
    case COMPLETED:
        complete(node->numbers);
        break;
    case FREE:
        queue = hence_completion_queue_free(queue);
        break;
    case TURN:
        if (!depth)
            take_turn();
        break;
    default:
        if (v->future)
            run_on_future(node, v->future);
    }
}

/* ---- the end ---- */

/* Lets go of everything. Failures that nobody looked at are reported now. */
static void take_down(void)
{
    for (int i = 0; i < SLOTS; i++)
        was_done[i] = hence_future_done(variables[i].future);
    is_over = true;
    queue = hence_completion_queue_free(queue);
    for (struct variable *v = variables; v < variables + SLOTS; v++)
        resolve(v, hence_none());
    for (struct variable *v = variables; v < variables + SLOTS; v++) {
        if (!hence_future_done(v->future))
            hence_future_cancel(v->future);
        v->future = hence_future_unref(v->future);
    }
    while (take_turn())
        ;
    if (hence_all_tasks(loop, NULL, 0))
        trace("tasks-left-%zu", hence_all_tasks(loop, NULL, 0));
    end_loop();
}

static void run_program(const struct block *program)
{
    memset(variables, 0, sizeof variables);
    memset(reported, 0, sizeof reported);
    operations_run = 0;
    is_over = false;
    begin_loop();
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
