/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs programs of hence_inline_callbacks(): coroutines that begin at once, await Deferreds and each other, and
 * go on inside what resolves these. inline_model.py does the same with Twisted's inlineCallbacks, operation by
 * operation: whoever changes one changes the other.
 *
 * Each variable has a Deferred. An operation on one that is not there does nothing, and what awaits does nothing
 * outside of a body; so any operation may be taken out of a program. A Deferred is awaited once: what awaits it
 * again does nothing, and when it has its result no step is added any more. deferreds.c has what happens then.
 */
#include <stdlib.h>
#include <string.h>

#include "conformance/modes.h"
#include "conformance/values.h"

/* ---- the words ---- */

enum {
    MAKE,
    CANCELLABLE,
    SUCCEED,
    FAILED,
    INLINE,
    BOTH,
    FIRE,
    FAIL,
    CANCEL
};

static const struct operation operations[] = {
    [MAKE] = {"make", "m", 10, 2},       [CANCELLABLE] = {"cancellable", "mC", 4, 1},
    [SUCCEED] = {"succeed", "ev", 1, 1}, [FAILED] = {"failed", "ev", 1, 1},
    [INLINE] = {"inline", "eI", 14, 8},  [BOTH] = {"both", "dS", 4, 4},
    [FIRE] = {"fire", "pv", 3, 20},      [FAIL] = {"fail", "pv", 1, 8},
    [CANCEL] = {"cancel", "d", 3, 12},   {NULL, NULL, 0, 0},
};

enum {
    AWAIT,
    AWAIT_INLINE,
    CALL
};

/* The last number of "await", and the first one of the others, is a mode. */
static const struct operation of_bodies[] = {
    [AWAIT] = {"await", "lv", 16, 16},
    [AWAIT_INLINE] = {"await_inline", "vI", 3, 3},
    [CALL] = {"call", "vI", 3, 3},
    {NULL, NULL, 0, 0},
};

enum {
    PASS, /* none, for a body */
    NONE,
    RETURN,
    RAISE,
    RAISE_CANCELLED,
    AGAIN
};

static const struct operation outcomes_of_steps[] = {
    [PASS] = {"pass", "", 4, 4},    [NONE] = {"none", "", 1, 1}, [RETURN] = {"return", "v", 4, 4},
    [RAISE] = {"raise", "v", 3, 3}, {NULL, NULL, 0, 0},
};

static const struct operation outcomes_of_bodies[] = {
    [PASS] = {"pass", "", 0, 0},
    [NONE] = {"none", "", 1, 1},
    [RETURN] = {"return", "v", 8, 8},
    [RAISE] = {"raise", "v", 3, 3},
    [RAISE_CANCELLED] = {"raise_cancelled", "", 1, 1},
    [AGAIN] = {"again", "", 3, 3}, /* what was caught last */
    {NULL, NULL, 0, 0},
};

enum {
    STOPPED,
    GOES_ON
};

static const struct operation outcomes_of_cancellers[] = {
    [STOPPED] = {"stopped", "", 1, 1},
    {NULL, NULL, 0, 0},
};

static const struct outcomes outcomes[] = {
    {'S', outcomes_of_steps},
    {'C', outcomes_of_cancellers},
    {'I', outcomes_of_bodies},
    {0, NULL},
};

static const struct grammar grammar = {operations, outcomes, 'I', of_bodies};

enum {
    MOST_OPERATIONS = 400 /* that one program runs; the rest does nothing */
};

/* ---- a program's state ---- */

static struct variable {
    bool made, taken;
    hence_deferred *deferred;
    hence_promise *promise; /* NULL: it has none, or it was resolved */
    const struct block *canceller;
} variables[SLOTS];

static int operations_run;
static bool is_over; /* what happens now is taking down, and leaves no trace */

static void take_report(const hence_report *report, void *arg)
{
    (void)arg;
    if (report->kind != HENCE_REPORT_UNHANDLED)
        trace("an-unexpected-report");
}

/* ---- blocks ---- */

static void run_operation(const struct node *node);

static const struct node *run_block(const struct block *block)
{
    const struct node *node = block->first;
    for (; node->next; node = node->next)
        run_operation(node);
    return node;
}

static hence_result run_step(hence_result *in, void *arg)
{
    const struct block *block = arg;
    if (is_over)
        return hence_take(in);
    trace_result(block->number, in);
    const struct node *outcome = run_block(block);
    switch (outcome->operation - outcomes_of_steps) {
    case NONE:
        return hence_none();
    case RETURN:
        return value(outcome->numbers[0]);
    case RAISE:
        return failure(outcome->numbers[0]);
    default:
        return hence_take(in);
    }
}

static bool run_canceller(hence_promise *p, void *arg)
{
    struct variable *v = arg;
    if (is_over || v->promise != p)
        return false;
    trace("%d:cancel", v->canceller->number);
    run_block(v->canceller);
    if (!v->promise) /* it has resolved it */
        return true;
    v->promise = NULL;
    return true;
}

/* ---- bodies ---- */

static hence_result run_body(void *arg);

static hence_deferred *begin_inline(const char *site, const struct block *block)
{
    return hence_inline_callbacks_at(site, run_body, (void *)(uintptr_t)block, NULL);
}

/* False if there is nothing to await. */
static bool await_it(const struct node *node, hence_result *r, int *mode)
{
    struct variable *v = &variables[node->numbers[0] % SLOTS];
    if (node->operation == &of_bodies[AWAIT_INLINE]) {
        *mode = node->numbers[0];
        *r = hence_await_deferred(begin_inline(NULL, node->blocks[1]));
        return true;
    }
    if (node->operation == &of_bodies[CALL]) {
        *mode = node->numbers[0];
        *r = run_body((void *)(uintptr_t)node->blocks[1]);
        return true;
    }
    *mode = node->numbers[1];
    if (!v->deferred || v->taken)
        return false;
    v->taken = true;
    *r = hence_await_deferred(hence_deferred_ref(v->deferred));
    return true;
}

static bool is_of_bodies(const struct node *node)
{
    return node->operation >= of_bodies && node->operation <= &of_bodies[CALL];
}

static hence_result outcome_of(const struct node *outcome, hence_result *caught)
{
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
        return hence_none();
    }
}

static hence_result run_body(void *arg)
{
    const struct block *block = arg;
    hence_result caught = hence_none();
    if (is_over)
        return hence_none();
    trace("%d:begin", block->number);
    const struct node *node = block->first;
    for (; node->next; node = node->next) {
        hence_result r;
        int mode;
        if (!is_of_bodies(node)) {
            run_operation(node);
            continue;
        }
        if (operations_run++ >= MOST_OPERATIONS || !await_it(node, &r, &mode))
            continue;
        if (is_over) {
            hence_drop(r);
            hence_drop(caught);
            return hence_none();
        }
        trace_result(block->number, &r);
        if (!hence_is_failure(&r)) {
            hence_drop(r);
            continue;
        }
        hence_drop(caught);
        caught = r;
        if (!(modes[mode] & (hence_is_cancelled(&r) ? CATCHES_CANCELLED : CATCHES_OTHERS)))
            return caught;
        if (modes[mode] & RETURNS) {
            hence_drop(caught);
            return value(9);
        }
    }
    hence_result r = outcome_of(node, &caught);
    hence_drop(caught);
    return r;
}

/* ---- operations ---- */

static bool has_ended(const struct variable *v)
{
    const hence_deferred_state state = hence_deferred_get_state(v->deferred);
    return state != HENCE_DEFERRED_PENDING && state != HENCE_DEFERRED_WAITING;
}

static void resolve(struct variable *v, hence_result r)
{
    if (v->promise)
        hence_resolve(hence_promise_take(&v->promise), r);
    else
        hence_drop(r);
}

static void make(struct variable *v, const struct block *canceller)
{
    v->deferred = hence_deferred_new_at(sites[v - variables], &v->promise);
    v->canceller = canceller;
    if (canceller)
        hence_promise_on_cancel(v->promise, run_canceller, v);
}

static void run_making(const struct node *node, struct variable *v)
{
    const char *site = sites[v - variables];
    if (v->made)
        return;
    v->made = true;
    switch (node->operation - operations) {
    case MAKE:
        make(v, NULL);
        break;
    case CANCELLABLE:
        make(v, node->blocks[1]);
        break;
    case SUCCEED:
        v->deferred = hence_deferred_succeed_at(site, value(node->numbers[1]));
        break;
    case FAILED:
        v->deferred = hence_deferred_fail_at(site, failure(node->numbers[1]));
        break;
    case INLINE:
        v->deferred = begin_inline(site, node->blocks[1]);
        break;
    }
}

static void run_operation(const struct node *node)
{
    struct variable *v = &variables[node->numbers[0] % SLOTS];
    if (operations_run++ >= MOST_OPERATIONS || is_of_bodies(node))
        return;
    switch (node->operation - operations) {
    case FIRE:
        resolve(v, value(node->numbers[1]));
        break;
    case FAIL:
        resolve(v, failure(node->numbers[1]));
        break;
    case BOTH:
        if (v->deferred && !(v->taken && has_ended(v)) &&
            hence_deferred_add_both(v->deferred, run_step, (void *)(uintptr_t)node->blocks[1]))
            trace("error");
        break;
    case CANCEL:
        hence_deferred_cancel(v->deferred);
        break;
    default:
        run_making(node, v);
    }
}

/* ---- the end ---- */

static hence_result show_result(hence_result *in, void *arg)
{
    trace_result((int)((const struct variable *)arg - variables), in);
    return hence_take(in);
}

static void take_down(void)
{
    is_over = true;
    for (struct variable *v = variables; v < variables + SLOTS; v++)
        resolve(v, hence_none());
    for (struct variable *v = variables; v < variables + SLOTS; v++) {
        hence_deferred_cancel(v->deferred);
        v->deferred = hence_deferred_unref(v->deferred);
    }
}

static void run_program(const struct block *program)
{
    memset(variables, 0, sizeof variables);
    operations_run = 0;
    is_over = false;
    for (const struct node *node = program->first; node; node = node->next)
        run_operation(node);
    trace("end");
    for (struct variable *v = variables; v < variables + SLOTS; v++) {
        if (v->deferred && has_ended(v))
            hence_deferred_add_both(v->deferred, show_result, v);
        else if (v->deferred)
            trace("%d:pending", (int)(v - variables));
    }
    take_down();
    check_balance();
}

static void begin(void)
{
    hence_set_report_handler(take_report, NULL);
}

static void end(void)
{
}

int main(int argc, char **argv)
{
    static const struct interpreter interpreter = {&grammar, begin, run_program, end};
    return conformance_main(&interpreter, argc, argv);
}
