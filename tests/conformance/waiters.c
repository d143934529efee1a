/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs programs on hence's locks, semaphores, queues and so on. sync_model.py does the same with those of
 * Twisted and of asyncio: whoever changes one changes the other.
 *
 * Each variable is an object. Askers, who have numbers, ask them for something, and may hold what they got. What
 * Twisted has is asked for Deferreds, what asyncio has for Futures. An operation on what is not
 * there does nothing, so that any operation may be taken out of a program.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include <hence/testing.h>

#include "conformance/values.h"

/* ---- the words ---- */

enum {
    LOCK,
    SEMAPHORE,
    QUEUE,
    ASYNC_LOCK,
    ASYNC_SEMAPHORE,
    EVENT,
    CONDITION,
    BARRIER,
    ASYNC_QUEUE,
    LIFO,
    PRIORITY,
    ASK,
    RUN,
    WAIT,
    TELL,
    TAKE,
    GIVE,
    JOIN,
    DONE,
    CANCEL,
    DROP,
    FINISH,
    SETTLE
};

static const struct operation operations[] = {
    [LOCK] = {"lock", "m", 4, 1},
    [SEMAPHORE] = {"semaphore", "mv", 3, 1},
    [QUEUE] = {"queue", "mvv", 4, 1},
    [ASYNC_LOCK] = {"async_lock", "m", 2, 1},
    [ASYNC_SEMAPHORE] = {"async_semaphore", "mv", 2, 1},
    [EVENT] = {"event", "m", 2, 1},
    [CONDITION] = {"condition", "m", 3, 1},
    [BARRIER] = {"barrier", "mv", 2, 1},
    [ASYNC_QUEUE] = {"async_queue", "mv", 3, 1},
    [LIFO] = {"lifo", "mv", 1, 1},
    [PRIORITY] = {"priority", "mv", 1, 1},
    [ASK] = {"ask", "dvB", 30, 30},
    [RUN] = {"run", "dvR", 4, 4},
    [WAIT] = {"wait", "dB", 6, 6},
    [TELL] = {"tell", "dv", 9, 14},
    [TAKE] = {"take", "d", 1, 2},
    [GIVE] = {"give", "dvvB", 4, 4},
    [JOIN] = {"join", "dvB", 1, 1},
    [DONE] = {"done", "d", 1, 2},
    [CANCEL] = {"cancel", "v", 4, 6},
    [DROP] = {"drop", "v", 6, 12},
    [FINISH] = {"finish", "vv", 2, 4},
    [SETTLE] = {"settle", "", 2, 4},
    {NULL, NULL, 0, 0},
};

static const struct operation outcomes_of_blocks[] = {
    {"end", "", 1, 1},
    {NULL, NULL, 0, 0},
};

enum {
    RETURN,
    RAISE,
    LATER
};

static const struct operation outcomes_of_functions[] = {
    [RETURN] = {"return", "v", 2, 2},
    [RAISE] = {"raise", "v", 1, 1},
    [LATER] = {"later", "", 3, 3},
    {NULL, NULL, 0, 0},
};

static const struct outcomes outcomes[] = {
    {'B', outcomes_of_blocks},
    {'R', outcomes_of_functions},
    {0, NULL},
};

static const struct grammar grammar = {operations, outcomes, 0, NULL};

enum {
    OBJECTS = 2,
    ASKERS = 5,           /* numbers from there on mean the first ones again */
    MOST_OPERATIONS = 400 /* that one program runs; the rest does nothing */
};

/* ---- a program's state ---- */

enum kind {
    NOTHING,
    GATE,  /* a lock or a semaphore */
    ITEMS, /* a queue */
    FLAG,
    CONDITIONS,
    MEETING
};

static struct object {
    enum kind kind;
    bool is_async;
    hence_lock *lock; /* a condition's too */
    hence_semaphore *semaphore;
    hence_queue *queue;
    hence_sync_event *event;
    hence_condition *condition;
    hence_barrier *barrier;
} objects[OBJECTS];

static struct asker {
    struct object *of;
    const struct block *block;
    bool is_pending, holds;
    int since; /* when it got what it holds */
    hence_deferred *d;
    hence_future *f;
    hence_future *wait; /* for a condition */
    hence_hold *hold;
    hence_promise *later; /* of what its function has returned */
} askers[ASKERS];

static struct event_base *base; /* of all programs */
static hence_loop *loop;
static hence_test_clock *test_clock;
static int operations_run, told;
static bool is_over; /* what happens now is taking down, and leaves no trace */

static const hence_domain failures = {.name = "failures"};

static void run_block(const struct block *block);

#define say(...) (is_over ? (void)0 : trace(__VA_ARGS__))

/* ---- those who ask ---- */

static const char *describe(const hence_result *r)
{
    static char words[32];
    const hence_failure *f = hence_as_failure(r);
    if (hence_is_int(r))
        snprintf(words, sizeof words, "%d", (int)hence_as_int(r));
    else if (hence_failure_domain(f) == &failures)
        snprintf(words, sizeof words, "f%d", hence_failure_code(f));
    else if (f)
        snprintf(words, sizeof words, "%s",
                 hence_is_cancelled(r)                    ? "cancelled"
                 : hence_failure_code(f) == HENCE_EFULL   ? "full"
                 : hence_failure_code(f) == HENCE_EBROKEN ? "broken"
                                                          : hence_failure_message(f));
    else
        snprintf(words, sizeof words, "%s", hence_as_hold(r) ? "hold" : "none");
    return words;
}

static void tell_asker(struct asker *asker, const char *what)
{
    asker->is_pending = false;
    asker->since = ++told;
    say("%d:%s", asker->block->number, what);
    if (!is_over)
        run_block(asker->block);
}

static hence_result told_deferred(hence_result *in, void *arg)
{
    struct asker *asker = arg;
    const char *what = describe(in);
    asker->hold = hence_take_hold(in);
    asker->holds = asker->hold != NULL;
    tell_asker(asker, what);
    return hence_none();
}

static void told_future(hence_future *f, void *arg)
{
    struct asker *asker = arg;
    hence_result r = hence_future_result(f);
    const char *what = describe(&r);
    if (f == asker->f) {
        asker->hold = hence_as_hold(&r);
        asker->holds = asker->hold != NULL;
    }
    hence_drop(r);
    tell_asker(asker, what);
}

static void await(struct asker *asker, hence_future *f)
{
    if (hence_future_done(f)) /* as somebody who awaits it: no turn is needed */
        told_future(f, asker);
    else
        hence_future_add_done_callback(f, told_future, asker);
}

static void let_go_of_hold(struct asker *asker)
{
    hence_hold *hold = asker->hold;
    hence_future *f = asker->f, *wait = asker->wait;
    asker->holds = false;
    asker->hold = NULL;
    asker->f = asker->wait = NULL;
    asker->d = hence_deferred_unref(asker->d);
    if (f && hold) /* inside its callback the loop holds the Future, too */
        hence_hold_release(hold);
    else
        hence_hold_free(hold);
    hence_future_unref(wait);
    hence_future_unref(f);
}

static bool begin_asking(struct asker *asker, struct object *object, const struct block *block)
{
    if (asker->is_pending || asker->holds)
        return false;
    let_go_of_hold(asker);
    asker->of = object;
    asker->block = block;
    asker->is_pending = true;
    return true;
}

/* ---- operations ---- */

static void wait_for_condition(struct asker *asker, const struct block *block)
{
    asker->block = block;
    asker->is_pending = true;
    hence_future_unref(asker->wait);
    asker->wait = hence_condition_wait_future(loop, asker->of->condition, asker->hold);
    await(asker, asker->wait);
}

static void ask(struct object *o, struct asker *asker, const struct block *block)
{
    if (o->kind == CONDITIONS && asker->of == o && asker->holds && !asker->is_pending) {
        wait_for_condition(asker, block);
        return;
    }
    if (o->kind == NOTHING || !begin_asking(asker, o, block))
        return;
    if (!o->is_async) {
        asker->d = o->lock        ? hence_lock_acquire(o->lock)
                   : o->semaphore ? hence_semaphore_acquire(o->semaphore)
                                  : hence_queue_get(o->queue);
        hence_deferred_add_both(asker->d, told_deferred, asker);
        return;
    }
    asker->f = o->lock        ? hence_lock_acquire_future(loop, o->lock)
               : o->semaphore ? hence_semaphore_acquire_future(loop, o->semaphore)
               : o->queue     ? hence_queue_get_future(loop, o->queue)
               : o->event     ? hence_sync_event_wait_future(loop, o->event)
                              : hence_barrier_wait_future(loop, o->barrier);
    await(asker, asker->f);
}

static hence_result call_function(void *arg)
{
    struct asker *asker = arg;
    const struct node *node = asker->block->first;
    say("%d", asker->block->number);
    run_block(asker->block);
    while (node->next)
        node = node->next;
    switch (node->operation - outcomes_of_functions) {
    case RETURN:
        return hence_int(node->numbers[0]);
    case RAISE:
        return hence_fail_in(&failures, NULL, node->numbers[0], NULL);
    default:
        return hence_chain(hence_deferred_new(&asker->later));
    }
}

static hence_result run_ended(hence_result *in, void *arg)
{
    struct asker *asker = arg;
    asker->is_pending = false;
    if (asker->later)
        hence_abandon(hence_promise_take(&asker->later)); /* cancelled: swallowed */
    say("%d=%s", asker->block->number, describe(in));
    return hence_none();
}

static void run(struct object *o, struct asker *asker, const struct block *block)
{
    if (o->kind != GATE || o->is_async || !begin_asking(asker, o, block))
        return;
    hence_deferred *d = o->lock ? hence_lock_run(o->lock, call_function, asker)
                                : hence_semaphore_run(o->semaphore, call_function, asker);
    asker->d = d;
    hence_deferred_add_both(d, run_ended, asker);
}

static struct asker *oldest_holder(const struct object *o)
{
    struct asker *oldest = NULL;
    for (struct asker *asker = askers; asker < askers + ASKERS; asker++) {
        if (asker->of == o && asker->holds && !asker->is_pending &&
            (!oldest || asker->since < oldest->since))
            oldest = asker;
    }
    return oldest;
}

static void release_oldest(const struct object *o)
{
    struct asker *oldest = oldest_holder(o);
    if (oldest)
        let_go_of_hold(oldest);
}

static void tell(struct object *o, int v)
{
    switch (o->kind) {
    case NOTHING:
        break;
    case GATE:
        release_oldest(o);
        break;
    case ITEMS:
        if (hence_queue_try_put_priority(o->queue, hence_int(v), v) == -EAGAIN)
            say("full");
        break;
    case FLAG:
        if (v % 3)
            hence_sync_event_set(o->event);
        else
            hence_sync_event_clear(o->event);
        break;
    case CONDITIONS:
        if (v % 4 == 3)
            release_oldest(o);
        else if (oldest_holder(o))
            hence_condition_notify(o->condition, (size_t)(v % 4 ? v % 4 : 9));
        break;
    case MEETING:
        if (v == 0)
            hence_barrier_reset(o->barrier);
        else if (v == 1)
            hence_barrier_abort(o->barrier);
        break;
    }
}

static void take(struct object *o)
{
    hence_result r;
    if (o->kind != ITEMS || !o->is_async)
        return;
    if (hence_queue_try_get(o->queue, &r) == 0)
        say("took-%d", (int)hence_as_int(&r));
    else
        say("empty");
}

static void give(struct object *o, struct asker *asker, int v, const struct block *block)
{
    if (o->kind != ITEMS || !o->is_async || !begin_asking(asker, o, block))
        return;
    asker->f = hence_queue_put_priority_future(loop, o->queue, hence_int(v), v);
    await(asker, asker->f);
}

static void join(struct object *o, struct asker *asker, const struct block *block)
{
    if (o->kind != ITEMS || !o->is_async || !begin_asking(asker, o, block))
        return;
    asker->f = hence_queue_join_future(loop, o->queue);
    await(asker, asker->f);
}

static void cancel(struct asker *asker)
{
    if (!asker->is_pending || (!asker->d && !asker->f))
        return;
    int error = asker->d      ? hence_deferred_cancel(asker->d)
                : asker->wait ? hence_future_cancel(asker->wait)
                              : hence_future_cancel(asker->f);
    if (error && !asker->d)
        say("late");
}

static void settle(void)
{
    while (hence_test_turn(loop) > 0)
        ;
}

/* ---- made ---- */

static size_t bound_of(int v)
{
    return v % 3 ? (size_t)(v % 3) : 0;
}

static void make(struct object *o, const struct node *node, int word)
{
    const int v = node->numbers[1];
    if (o->kind != NOTHING)
        return;
    o->is_async = word >= ASYNC_LOCK;
    switch (word) {
    case LOCK:
    case ASYNC_LOCK:
        o->kind = GATE;
        o->lock = hence_lock_new();
        break;
    case SEMAPHORE:
    case ASYNC_SEMAPHORE:
        o->kind = GATE;
        o->semaphore = v % 2 ? hence_semaphore_new((size_t)(1 + v % 3))
                             : hence_bounded_semaphore_new((size_t)(1 + v % 3));
        break;
    case EVENT:
        o->kind = FLAG;
        o->event = hence_sync_event_new();
        break;
    case CONDITION:
        o->kind = CONDITIONS;
        o->lock = hence_lock_new();
        o->condition = hence_condition_new(o->lock);
        break;
    case BARRIER:
        o->kind = MEETING;
        o->barrier = hence_barrier_new((size_t)(1 + v % 4));
        break;
    default:
        o->kind = ITEMS;
        o->queue = word == LIFO       ? hence_lifo_queue_new(bound_of(v))
                   : word == PRIORITY ? hence_priority_queue_new(bound_of(v))
                                      : hence_queue_new(bound_of(v));
        if (word == QUEUE && node->numbers[2] % 3)
            hence_queue_set_backlog(o->queue, (size_t)(node->numbers[2] % 3));
    }
}

static void run_operation(const struct node *node)
{
    const int word = (int)(node->operation - operations);
    struct object *o = &objects[node->numbers[0] % OBJECTS];
    struct asker *asker = &askers[node->numbers[1] % ASKERS];
    struct asker *first = &askers[node->numbers[0] % ASKERS];
    if (++operations_run > MOST_OPERATIONS)
        return;
    switch (word) {
    case ASK:
        ask(o, asker, node->blocks[2]);
        break;
    case RUN:
        run(o, asker, node->blocks[2]);
        break;
    case WAIT:
        if (o->kind == CONDITIONS && oldest_holder(o))
            wait_for_condition(oldest_holder(o), node->blocks[1]);
        break;
    case TELL:
        tell(o, node->numbers[1]);
        break;
    case TAKE:
        take(o);
        break;
    case GIVE:
        give(o, asker, node->numbers[2], node->blocks[3]);
        break;
    case JOIN:
        join(o, asker, node->blocks[2]);
        break;
    case DONE:
        if (o->kind == ITEMS && o->is_async && hence_queue_task_done(o->queue))
            say("refused");
        break;
    case CANCEL:
        cancel(first);
        break;
    case DROP:
        if (first->holds && !first->is_pending)
            let_go_of_hold(first);
        break;
    case FINISH:
        if (first->later)
            hence_resolve(hence_promise_take(&first->later), hence_int(node->numbers[1]));
        break;
    case SETTLE:
        settle();
        break;
    default:
        make(o, node, word);
    }
}

static void run_block(const struct block *block)
{
    for (const struct node *node = block->first; node && node->next; node = node->next) {
        if (node->operation != &operations[SETTLE])
            run_operation(node);
    }
}

/* ---- the end ---- */

static void take_down(void)
{
    is_over = true;
    for (int round = 0; round < 3; round++) {
        for (struct asker *asker = askers; asker < askers + ASKERS; asker++) {
            cancel(asker);
            if (asker->later)
                hence_abandon(hence_promise_take(&asker->later));
            settle();
            if (!asker->is_pending)
                let_go_of_hold(asker);
        }
        settle();
    }
    for (struct object *o = objects; o < objects + OBJECTS; o++) {
        hence_condition_free(o->condition);
        hence_lock_free(o->lock);
        hence_semaphore_free(o->semaphore);
        hence_queue_free(o->queue);
        hence_sync_event_free(o->event);
        hence_barrier_free(o->barrier);
    }
    settle();
    hence_test_clock_free(test_clock);
    hence_loop_free(loop);
}

static void run_program(const struct block *program)
{
    memset(objects, 0, sizeof objects);
    memset(askers, 0, sizeof askers);
    operations_run = told = 0;
    is_over = false;
    loop = hence_loop_new(base);
    test_clock = hence_test_clock_new(loop);
    for (const struct node *node = program->first; node; node = node->next)
        run_operation(node);
    settle();
    trace("end");
    for (int i = 0; i < ASKERS; i++) {
        if (askers[i].is_pending)
            trace("%d:pending", i);
        else if (askers[i].holds)
            trace("%d:holds", i);
    }
    take_down();
    check_balance();
}

static void take_report(const hence_report *report, void *arg)
{
    (void)arg;
    if (report->kind != HENCE_REPORT_MISUSE)
        say("reported-%d", (int)report->kind);
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
