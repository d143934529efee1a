/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs programs on hence's Futures and its loop, turn by turn. asyncio_operations.py does the same
 * with asyncio's, operation by operation: whoever changes one changes the other.
 *
 * Each variable has a Future, and most have its promise. An operation on one that is not there does
 * nothing, so that any operation may be taken out of a program.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conformance/futures.h"

/* ---- the words ---- */

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
    MOST_AGAINS = 2 /* how often one listener is added again */
};

/* ---- a program's state ---- */

struct variable variables[SLOTS];
static struct listener listeners[MOST_OPERATIONS];
static int operations_run, listeners_used;

bool is_over;

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

const struct node *run_block(const struct block *block)
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

/* One whose promise another one will resolve is kept, and one that waits for the first of many without a limit: in
 * a circle through that, which is not looked for, somebody must be able to cancel. */
static void let_go(struct variable *v)
{
    const bool is_free = (v->promise == GOOD || v->promise == NO_PROMISE) && !v->is_for_first;
    if (v->future && (is_free || hence_future_done(v->future)))
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
        run_combinator((int)word, node, v);
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
        call_soon(node->numbers[0], node->blocks[1]);
        break;
    case LATER:
        call_later(node->numbers[0], node->numbers[1], node->blocks[2]);
        break;
    case CANCEL_CALL:
        cancel_call(node->numbers[0]);
        break;
    case WHEN:
        tell_when(node->numbers[0]);
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
        stop_run();
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

static void check_refused(void)
{
    if (refused != misuses)
        trace("refused-%d-reported-%d", refused, misuses);
}

static void begin_program(void)
{
    memset(variables, 0, sizeof variables);
    memset(is_held, 0, sizeof is_held);
    memset(reported, 0, sizeof reported);
    operations_run = listeners_used = refused = misuses = 0;
    is_over = false;
    begin_combinators();
    begin_calls();
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
    check_refused();
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
