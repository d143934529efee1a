/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs programs on hence's Deferreds. twisted_operations.py does the same with Twisted's, operation by
 * operation: whoever changes one changes the other.
 *
 * Each variable has a Deferred and its promise. An operation on one that is not there does nothing,
 * so that any operation may be taken out of a program.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <hence/testing.h>

#include "base/ledger.h"
#include "conformance/values.h"

/* ---- the words ---- */

enum {
    MAKE,
    CANCELLABLE,
    SUCCEED,
    FAILED,
    SUCCEED_WITH,
    CALLBACK,
    ERRBACK,
    BOTH,
    PAIR,
    FIRE,
    FAIL,
    FIRE_WITH,
    ABANDON,
    CANCEL,
    PAUSE,
    UNPAUSE,
    CHAIN,
    DROP,
    MAYBE,
    LIST,
    RACE,
    SLEEP,
    LATER,
    TIMEOUT,
    TIMEOUT_WITH,
    ADVANCE
};

static const struct operation operations[] = {
    [MAKE] = {"make", "m", 8, 1},
    [CANCELLABLE] = {"cancellable", "mC", 4, 1},
    [SUCCEED] = {"succeed", "ev", 2, 1},
    [FAILED] = {"failed", "ev", 1, 1},
    [SUCCEED_WITH] = {"succeed_with", "eo", 0, 2},
    [CALLBACK] = {"callback", "dS", 6, 6},
    [ERRBACK] = {"errback", "dS", 3, 4},
    [BOTH] = {"both", "dS", 16, 16},
    [PAIR] = {"pair", "dSS", 4, 4},
    [FIRE] = {"fire", "pv", 4, 30},
    [FAIL] = {"fail", "pv", 2, 10},
    [FIRE_WITH] = {"fire_with", "po", 1, 1},
    [ABANDON] = {"abandon", "p", 0, 1},
    [CANCEL] = {"cancel", "w", 2, 6},
    [PAUSE] = {"pause", "q", 4, 2},
    [UNPAUSE] = {"unpause", "u", 1, 6},
    [CHAIN] = {"chain", "dp", 3, 3},
    [DROP] = {"drop", "d", 1, 3},
    [MAYBE] = {"maybe", "eS", 1, 1},
    [LIST] = {"list", "evooo", 0, 4},
    [RACE] = {"race", "eooo", 0, 3},
    [SLEEP] = {"sleep", "ev", 1, 1},
    [LATER] = {"later", "evS", 1, 1},
    [TIMEOUT] = {"timeout", "wv", 2, 3},
    [TIMEOUT_WITH] = {"timeout_with", "wvS", 1, 2},
    [ADVANCE] = {"advance", "v", 1, 6},
    {NULL, NULL, 0, 0},
};

enum {
    PASS,
    NONE,
    RETURN,
    RAISE,
    RAISE_CANCELLED,
    GIVE,
    HAND
};

static const struct operation outcomes_of_steps[] = {
    [PASS] = {"pass", "", 4, 4},
    [NONE] = {"none", "", 1, 1},
    [RETURN] = {"return", "v", 4, 4},
    [RAISE] = {"raise", "v", 4, 4},
    [RAISE_CANCELLED] = {"raise_cancelled", "", 1, 1},
    [GIVE] = {"give", "o", 8, 8},
    [HAND] = {"hand", "o", 1, 1},
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
    {'S', outcomes_of_steps},
    {'C', outcomes_of_cancellers},
    {0, NULL},
};

static const struct grammar grammar = {operations, outcomes, 0, NULL};

/* ---- the variables ---- */

enum promise {
    NO_PROMISE, /* made with its result */
    GOOD,
    ENDED, /* resolved, or stopped by its canceller */
    MOVED  /* hence_deferred_chain() has it */
};

static struct variable {
    bool made;
    hence_deferred *deferred; /* NULL after it was let go */
    hence_promise *pointer;
    enum promise promise;
    const struct block *canceller;
    bool may_decide; /* its canceller runs, which may resolve a promise that was moved */
    bool has_ended;  /* when the program had */
} variables[SLOTS];

static bool is_over;       /* what happens now is taking down, and leaves no trace */
static const char *let_go; /* the site of the one that is let go then, if it has come to an end */
static bool reported[SLOTS];
static hence_loop *the_loop;
static hence_test_clock *the_clock;
static bool took_time, is_advancing;
static bool has_many;        /* there is a list or a race */
static int refused, misuses; /* calls that hence must report, reports of that kind */

static void take_report(const hence_report *report, void *arg)
{
    (void)arg;
    if (report->kind == HENCE_REPORT_MISUSE) {
        misuses++;
    } else if (report->kind == HENCE_REPORT_UNHANDLED && report->made) {
        if (!is_over || report->made == let_go)
            reported[atoi(report->made)] = true;
    } else {
        trace("an-unexpected-report");
    }
}

/* ---- steps and cancellers ---- */

static void run_operation(const struct node *node);

static const struct node *run_block(const struct block *block)
{
    const struct node *node = block->first;
    for (; node && node->next; node = node->next)
        run_operation(node);
    return node;
}

/* What the last operation of a block of this kind gives. */
static hence_result outcome_of(const struct node *outcome, hence_result passed)
{
    struct variable *v = &variables[outcome->numbers[0] % SLOTS];
    hence_deferred *d = v->deferred;
    switch (outcome->operation - outcomes_of_steps) {
    case NONE:
        return hence_none();
    case RETURN:
        return value(outcome->numbers[0]);
    case RAISE:
        return failure(outcome->numbers[0]);
    case RAISE_CANCELLED:
        return hence_fail_static(HENCE_ECANCELLED);
    case GIVE:
        return d ? hence_chain(hence_deferred_ref(d)) : hence_none();
    case HAND:
        v->deferred = NULL;
        return d ? hence_chain(d) : hence_none();
    default:
        return passed;
    }
}

static hence_result run_step(hence_result *in, void *arg)
{
    const struct block *block = arg;
    if (is_over)
        return *in;
    trace_result(block->number, in);
    const struct node *outcome = run_block(block);
    if (outcome->operation == &outcomes_of_steps[PASS] && block->number % 2)
        return hence_take(in);
    return outcome_of(outcome, *in);
}

static hence_result run_function(void *arg)
{
    const struct block *block = arg;
    if (is_over)
        return hence_none();
    trace("%d:call", block->number);
    return outcome_of(run_block(block), hence_none());
}

static void run_in_out_step(hence_result *in_out, void *arg)
{
    hence_result in = *in_out;
    *in_out = run_step(&in, arg);
    if (in_out->kind != in.kind || in_out->word != in.word)
        hence_drop(in);
}

static bool run_canceller(hence_promise *p, void *arg)
{
    struct variable *v = arg;
    (void)p;
    if (is_over)
        return false;
    trace("%d:cancel", v->canceller->number);
    v->may_decide = v->promise == MOVED;
    bool stopped = run_block(v->canceller)->operation == &outcomes_of_cancellers[STOPPED];
    v->may_decide = false;
    if (stopped && v->promise == GOOD)
        v->promise = ENDED;
    return stopped;
}

/* ---- operations ---- */

/* What is resolved a second time is refused as long as the Deferred is there to tell. */
static bool can_be_resolved(struct variable *v)
{
    if (v->promise == MOVED)
        return v->may_decide;
    return v->promise == GOOD || (v->promise == ENDED && v->deferred);
}

static void end_promise(struct variable *v)
{
    v->may_decide = false;
    if (v->promise == GOOD)
        v->promise = ENDED;
}

static void resolve(struct variable *v, hence_result r)
{
    if (!can_be_resolved(v)) {
        hence_drop(r);
        return;
    }
    end_promise(v);
    int error = hence_resolve(v->pointer, r);
    if (error == -EALREADY)
        refused++;
    if (error)
        trace(error == -EALREADY ? "already" : "error");
}

static void abandon(struct variable *v)
{
    if (v->promise != GOOD && !v->may_decide)
        return;
    end_promise(v);
    hence_abandon(v->pointer);
}

static void make(struct variable *v, const struct block *canceller)
{
    if (v->made)
        return;
    v->made = true;
    v->deferred = hence_deferred_new_at(sites[v - variables], &v->pointer);
    v->promise = GOOD;
    v->canceller = canceller;
    if (canceller)
        hence_promise_on_cancel(v->pointer, run_canceller, v);
}

/* With the variable's reference in place before anything that it sets going runs. */
static void make_with(struct variable *v, hence_result r)
{
    if (v->made) {
        hence_drop(r);
        return;
    }
    v->made = true;
    if (hence_is_failure(&r))
        v->deferred = hence_deferred_fail_at(sites[v - variables], r);
    else
        v->deferred = hence_deferred_succeed_at(sites[v - variables], r);
}

/* What makes a Deferred may have made the variable meanwhile. */
static void put(struct variable *v, hence_deferred *d)
{
    if (v->made)
        hence_deferred_unref(d);
    else
        v->deferred = d;
    v->made = true;
}

/* Those that are there, of the variables that stand behind an operation from `first` on. */
static size_t collect_inputs(const struct node *node, int first, hence_deferred **inputs)
{
    size_t n = 0;
    for (int i = first; node->operation->operands[i]; i++) {
        hence_deferred *d = variables[node->numbers[i]].deferred;
        if (d)
            inputs[n++] = hence_deferred_ref(d);
    }
    return n;
}

static void make_list(struct variable *v, const struct node *node)
{
    static const unsigned flags[] = {0, HENCE_FIRE_ON_ONE_CALLBACK, HENCE_FIRE_ON_ONE_ERRBACK};
    hence_deferred *inputs[OPERANDS];
    if (v->made)
        return;
    has_many = true;
    const size_t n = collect_inputs(node, 2, inputs);
    const unsigned flag = flags[node->numbers[1] % 3];
    const char *site = sites[v - variables];
    if (flag == HENCE_FIRE_ON_ONE_ERRBACK && node->numbers[1] > 5)
        put(v, hence_gather_results_at(site, inputs, n, 0));
    else
        put(v, hence_deferred_list_at(site, inputs, n, flag));
}

static void make_race(struct variable *v, const struct node *node)
{
    hence_deferred *inputs[OPERANDS];
    if (v->made)
        return;
    has_many = true;
    const size_t n = collect_inputs(node, 1, inputs);
    put(v, hence_race_at(sites[v - variables], inputs, n));
}

static void advance(int seconds)
{
    took_time = true;
    if (is_advancing)
        return;
    is_advancing = true;
    if (hence_test_clock_advance(the_clock, HENCE_SECONDS(seconds)) < 0)
        trace("error");
    is_advancing = false;
}

static void chain(struct variable *v, struct variable *to)
{
    if (!v->deferred || to->promise != GOOD)
        return;
    to->promise = MOVED;
    int error = hence_deferred_chain(v->deferred, to->pointer);
    if (error)
        trace(error == -EBUSY ? "busy" : "error");
}

static void run_on_deferred(const struct node *node, hence_deferred *d)
{
    void *first = (void *)(uintptr_t)node->blocks[1], *second = (void *)(uintptr_t)node->blocks[2];
    const int64_t time = HENCE_SECONDS(node->numbers[1]);
    int error = 0;
    switch (node->operation - operations) {
    case CALLBACK:
        error = hence_deferred_add_callback(d, run_step, first);
        break;
    case ERRBACK:
        error = hence_deferred_add_errback(d, run_step, first);
        break;
    case BOTH:
        if (node->blocks[1]->number % 3)
            error = hence_deferred_add_both(d, run_step, first);
        else
            error = hence_deferred_add_in_out(d, run_in_out_step, first);
        break;
    case CANCEL:
        error = hence_deferred_cancel(d);
        break;
    case PAUSE:
        error = hence_deferred_pause(d);
        break;
    case UNPAUSE:
        error = hence_deferred_unpause(d);
        refused += error == -EINVAL;
        break;
    case TIMEOUT:
        took_time = true;
        error = hence_deferred_add_timeout(d, the_loop, time, NULL, NULL);
        break;
    case TIMEOUT_WITH:
        took_time = true;
        error = hence_deferred_add_timeout(d, the_loop, time, run_step, second);
        break;
    }
    if (error)
        trace(error == -EINVAL ? "refused" : error == -EALREADY ? "late" : "error");
}

/* A pair is two blocks and one step: it has its own two functions. */
static hence_result run_on_value(hence_result *in, void *arg)
{
    const struct node *node = arg;
    return run_step(in, (void *)(uintptr_t)node->blocks[1]);
}

static hence_result run_on_error(hence_result *in, void *arg)
{
    const struct node *node = arg;
    return run_step(in, (void *)(uintptr_t)node->blocks[2]);
}

static void run_operation(const struct node *node)
{
    struct variable *v = &variables[node->numbers[0] % SLOTS];
    struct variable *other = &variables[node->numbers[1] % SLOTS];
    const char *site = sites[node->numbers[0] % SLOTS];
    hence_deferred *d = v->deferred;
    switch (node->operation - operations) {
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
    case SUCCEED_WITH:
        if (other->deferred)
            make_with(v, hence_chain(hence_deferred_ref(other->deferred)));
        break;
    case PAIR:
        if (d)
            hence_deferred_add_callbacks(d, run_on_value, run_on_error, (void *)(uintptr_t)node);
        break;
    case FIRE:
        resolve(v, value(node->numbers[1]));
        break;
    case FAIL:
        resolve(v, failure(node->numbers[1]));
        break;
    case FIRE_WITH:
        if (other->deferred)
            resolve(v, hence_chain(hence_deferred_ref(other->deferred)));
        break;
    case ABANDON:
        abandon(v);
        break;
    case CHAIN:
        chain(v, other);
        break;
    case DROP:
        v->deferred = NULL;
        hence_deferred_unref(d);
        break;
    case MAYBE:
        if (!v->made)
            put(v, hence_maybe_deferred_at(site, run_function, (void *)(uintptr_t)node->blocks[1]));
        break;
    case LIST:
        make_list(v, node);
        break;
    case RACE:
        make_race(v, node);
        break;
    case SLEEP:
        took_time = true;
        if (!v->made)
            put(v, hence_sleep_at(site, the_loop, HENCE_SECONDS(node->numbers[1])));
        break;
    case LATER:
        took_time = true;
        if (!v->made)
            put(v, hence_defer_later_at(site, the_loop, HENCE_SECONDS(node->numbers[1]),
                                        run_function, (void *)(uintptr_t)node->blocks[2]));
        break;
    case ADVANCE:
        advance(node->numbers[0]);
        break;
    default:
        if (d)
            run_on_deferred(node, d);
    }
}

/* ---- the end ---- */

static hence_result probe(hence_result *in, void *arg)
{
    const struct variable *v = arg;
    trace_result((int)(v - variables), in);
    return *in;
}

static void show_end(void)
{
    static const char *const states[] = {
        [HENCE_DEFERRED_PENDING] = "pending",
        [HENCE_DEFERRED_WAITING] = "waiting",
        [HENCE_DEFERRED_PAUSED] = "paused",
        [HENCE_DEFERRED_RUNNING] = "running",
    };
    trace("end");
    for (struct variable *v = variables; v < variables + SLOTS; v++) {
        if (!v->deferred)
            continue;
        hence_deferred_state state = hence_deferred_get_state(v->deferred);
        v->has_ended = state == HENCE_DEFERRED_DONE || state == HENCE_DEFERRED_PAUSED;
        if (state == HENCE_DEFERRED_DONE)
            hence_deferred_add_both(v->deferred, probe, v);
        else
            trace("%d:%s", (int)(v - variables), states[state]);
    }
}

/* Lets go of everything. A report comes while the reference goes. */
static void take_down(void)
{
    is_over = true;
    for (struct variable *v = variables; v < variables + SLOTS; v++) {
        /* it may be in a circle that was none as long as others could end it */
        if (has_many && hence_deferred_get_state(v->deferred) == HENCE_DEFERRED_WAITING)
            hence_deferred_cancel(v->deferred);
    }
    for (struct variable *v = variables; v < variables + SLOTS; v++) {
        let_go = v->has_ended ? hence_deferred_site(v->deferred) : NULL;
        hence_deferred_unref(v->deferred);
        v->deferred = NULL;
    }
    let_go = NULL;
    for (struct variable *v = variables; v < variables + SLOTS; v++)
        abandon(v);
    if (took_time)
        hence_test_clock_advance(the_clock, HENCE_SECONDS(1000));
}

static void check_refused(void)
{
    if (refused != misuses)
        trace("refused-%d-reported-%d", refused, misuses);
}

static void run_program(const struct block *program)
{
    memset(variables, 0, sizeof variables);
    memset(reported, 0, sizeof reported);
    is_over = took_time = has_many = false;
    refused = misuses = 0;
    for (const struct node *node = program->first; node; node = node->next)
        run_operation(node);
    show_end();
    take_down();
    trace_slots("unhandled", reported);
    check_balance();
    check_refused();
}

static void begin(void)
{
    hence_set_report_handler(take_report, NULL);
    the_loop = hence_loop_new(NULL);
    the_clock = hence_test_clock_new(the_loop);
    for (int i = 0; i < HENCE_COUNTERS; i++)
        atomic_store(&hence_ledger[i], 0);
}

static void end(void)
{
    hence_test_clock_free(the_clock);
    hence_loop_free(the_loop);
}

int main(int argc, char **argv)
{
    static const struct interpreter interpreter = {&grammar, begin, run_program, end};
    return conformance_main(&interpreter, argc, argv);
}
