/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Loops over what takes time.
 *
 * Each is a function that is called in turns: it gets the result that it has waited for, and leaves the one
 * that it waits for next. What is there already is handed back at once. The loop is something that can be waited
 * for by itself, and waits itself, as a task of a coroutine does, but without a stack: so it needs constant memory,
 * and a cancellation that what it waits for is too late for comes to the loop instead.
 */
#include <hence/iterate.h>

#include <errno.h>

#include "base/memory.h"
#include "compose/completion_queue.h"
#include "future/future.h"
#include "value/waitable.h"

/* The first member of what each of them needs. */
struct turns {
    struct hence_waitable waitable; /* the slot is not used */
    struct hence_consumer *consumer;
    struct hence_waitable *awaited; /* NULL: a turn runs */
    /* Takes *r, and leaves what is to be waited for there, or the outcome; then it returns false. */
    bool (*turn)(struct turns *turns, hence_result *r);
    void (*destroy)(struct turns *turns); /* what it holds; may be NULL */
    size_t size;
    bool must_cancel; /* what is awaited has its result, but the loop has not been told of it yet */
};

/* ---- its end ---- */

static void turns_free(struct turns *turns)
{
    if (turns->destroy)
        turns->destroy(turns);
    hence_memory_put(turns, turns->size);
}

static struct hence_consumer *end(struct turns *turns)
{
    struct hence_consumer *consumer = turns->consumer;
    turns_free(turns);
    return consumer;
}

/* ---- going on ---- */

/* Would it, by waiting for `waitable`, wait for itself? */
static bool closes_circle(const struct turns *turns, struct hence_waitable *waitable)
{
    struct hence_waitable *last;
    if (hence_waitable_waits_for(waitable, &turns->waitable, &last))
        return true;
    if (turns->consumer->part == &hence_future_part &&
        !hence_future_has_listeners((const hence_future *)turns->consumer))
        return false;
    struct hence_search search = {
        .to = last, .or_to = hence_waitable_head(waitable), .steps = 100, .branches = 100};
    return hence_waitable_leads_to(&turns->waitable, &search);
}

/* Puts the result of the chain *r there if there is one; otherwise waits for it, and returns false. */
static bool take(struct turns *turns, hence_result *r)
{
    struct hence_waitable *waitable = hence_chained(r);
    if (HENCE_UNLIKELY(closes_circle(turns, waitable))) {
        waitable->consumer.part->unref(waitable);
        *r = hence_fail_static(HENCE_EDEADLK);
        return true;
    }
    if (waitable->consumer.part->take(waitable, &turns->waitable.consumer, r)) {
        *r = hence_receive(*r);
        return true;
    }
    turns->awaited = waitable;
    return false;
}

/* Who is to get the outcome, and the outcome, if that is there now; otherwise NULL. */
static struct hence_consumer *go_on(struct turns *turns, hence_result *r)
{
    while (turns->turn(turns, r)) {
        if (hence_is_chain(r) && !take(turns, r))
            return NULL;
    }
    return end(turns);
}

/* ---- the parts that it plays ---- */

static bool take_part(struct hence_waitable *self, struct hence_consumer *consumer,
                      hence_result *out)
{
    (void)out; /* it is taken before it begins */
    ((struct turns *)self)->consumer = consumer;
    return false;
}

static void hand_on_part(struct hence_waitable *self, struct hence_consumer *consumer)
{
    ((struct turns *)self)->consumer = consumer;
}

static struct hence_waitable *waits_for_part(const struct hence_waitable *self)
{
    return ((const struct turns *)self)->awaited;
}

/* From inside a turn: rule 37, as a Deferred in its own step. */
static int cancel_part(struct hence_waitable *self)
{
    (void)self;
    return -EALREADY;
}

static int cancel_refused_part(struct hence_waitable *self)
{
    ((struct turns *)self)->must_cancel = true;
    return 0;
}

static struct hence_consumer *waiter_part(const struct hence_waitable *self)
{
    return ((const struct turns *)self)->consumer;
}

static struct hence_waitable *owner_part(struct hence_consumer *self)
{
    return (struct hence_waitable *)self;
}

static struct hence_consumer *deliver_part(struct hence_consumer *self, hence_result *r)
{
    struct turns *turns = (struct turns *)self;
    turns->awaited = NULL;
    if (turns->must_cancel) { /* it has not been told of this: what came out of a queue goes back */
        turns->must_cancel = false;
        hence_drop(*r);
        *r = hence_fail_static(HENCE_ECANCELLED);
    } else {
        *r = hence_receive(*r);
    }
    return go_on(turns, r);
}

static void waits_instead_part(struct hence_consumer *self, struct hence_waitable *waitable)
{
    ((struct turns *)self)->awaited = waitable;
}

static const struct hence_part turns_part = {
    .take = take_part,
    .hand_on = hand_on_part,
    .waits_for = waits_for_part,
    .cancel = cancel_part,
    .cancel_refused = cancel_refused_part,
    .waiter = waiter_part,
    .owner = owner_part,
    .deliver = deliver_part,
    .waits_instead = waits_instead_part,
    .takes_untold = true,
};

/* ---- made ---- */

/* `size` bytes for such turns, filled with zeroes, and the Future that will wait for them; NULL when there is no
 * memory. */
static void *turns_new(const char *site, hence_loop *loop, size_t size, hence_promise **promise,
                       hence_future **f)
{
    *f = hence_future_new_at(site, loop, promise);
    struct turns *turns = *f ? hence_memory_get_zeroed(size) : NULL;
    if (turns) {
        turns->waitable.consumer.part = &turns_part;
        turns->size = size;
    } else if (*f) {
        hence_resolve_at(NULL, *promise, hence_fail_static(HENCE_ECANCELLED)); /* no report */
        hence_future_unref(*f);
    }
    return turns;
}

static hence_future *turns_begin(struct turns *turns, hence_promise *promise, hence_future *f)
{
    hence_result r = hence_none();
    hence_resolve_at(NULL, promise, hence_chain_to(&turns->waitable));
    struct hence_consumer *consumer = go_on(turns, &r);
    if (consumer)
        hence_deliver(consumer, r);
    return f;
}

hence_future *hence_completion_queue_iterate(void *queue)
{
    return hence_completion_queue_next_at(NULL, queue);
}

/* The next value, or a chain. Most often it is there: then nothing needs to stand between; and what comes from a
 * completion queue does without a Future of its own. */
static hence_result next_or_chain(hence_next_fn *next, void *arg)
{
    hence_result r;
    if (next == hence_completion_queue_iterate && hence_completion_queue_take(arg, &r))
        return r;
    hence_future *f = next(arg);
    if (!f || !hence_future_done(f))
        return hence_chain_future(f);
    r = hence_future_result(f);
    hence_future_unref(f);
    return r;
}

static bool is_end(const hence_result *in)
{
    return hence_is_failure_of(in, &hence_domain_hence, HENCE_EEND);
}

/* ---- collect ---- */

struct collect {
    struct turns turns;
    hence_next_fn *next;
    void *arg;
    hence_list *list;
    bool has_begun;
};

static bool collect_turn(struct turns *turns, hence_result *r)
{
    struct collect *collect = (struct collect *)turns;
    if (is_end(r)) {
        *r = hence_own(collect->list, hence_list_free);
        collect->list = NULL;
        return false;
    }
    if (hence_is_failure(r))
        return false;
    if (collect->has_begun && hence_list_append(&collect->list, *r) != 0) {
        *r = hence_fail_static(HENCE_ENOMEM);
        return false;
    }
    collect->has_begun = true;
    *r = next_or_chain(collect->next, collect->arg);
    return true;
}

static void collect_destroy(struct turns *turns)
{
    hence_list_free(((struct collect *)turns)->list);
}

hence_future *hence_collect_at(const char *site, hence_loop *loop, hence_next_fn *next, void *arg)
{
    hence_promise *promise;
    hence_future *f;
    hence_list *list = next ? hence_list_new(0) : NULL;
    struct collect *collect = NULL;
    if (list)
        collect = turns_new(site, loop, sizeof *collect, &promise, &f);
    if (!collect) {
        hence_list_free(list);
        return NULL;
    }
    collect->turns.turn = collect_turn;
    collect->turns.destroy = collect_destroy;
    collect->next = next;
    collect->arg = arg;
    collect->list = list;
    return turns_begin(&collect->turns, promise, f);
}

/* ---- for each ---- */

struct for_each {
    struct turns turns;
    hence_next_fn *next;
    void *next_arg;
    hence_step *body;
    void *body_arg;
    hence_result value; /* lives until its body has ended */
    int64_t count;
    bool has_value;
};

static bool for_each_turn(struct turns *turns, hence_result *r)
{
    struct for_each *each = (struct for_each *)turns;
    if (each->has_value) { /* its body has ended */
        each->has_value = false;
        hence_drop(hence_take(&each->value));
        if (hence_is_failure(r))
            return false;
        each->count++;
        hence_drop(*r);
        *r = next_or_chain(each->next, each->next_arg);
        return true;
    }
    if (is_end(r)) {
        *r = hence_int(each->count);
        return false;
    }
    if (hence_is_failure(r))
        return false;
    each->value = *r;
    each->has_value = true;
    *r = each->body(&each->value, each->body_arg);
    if (r->kind == each->value.kind && r->word == each->value.word)
        each->value = hence_none(); /* it has passed its input on */
    return true;
}

static bool for_each_begin(struct turns *turns, hence_result *r)
{
    struct for_each *each = (struct for_each *)turns;
    each->turns.turn = for_each_turn;
    *r = next_or_chain(each->next, each->next_arg);
    return true;
}

static void for_each_destroy(struct turns *turns)
{
    hence_drop(((struct for_each *)turns)->value);
}

hence_future *hence_for_each_at(const char *site, hence_loop *loop, hence_next_fn *next,
                                void *next_arg, hence_step *body, void *body_arg)
{
    hence_promise *promise;
    hence_future *f;
    struct for_each *each = NULL;
    if (next && body)
        each = turns_new(site, loop, sizeof *each, &promise, &f);
    if (!each)
        return NULL;
    each->turns.turn = for_each_begin;
    each->turns.destroy = for_each_destroy;
    each->next = next;
    each->next_arg = next_arg;
    each->body = body;
    each->body_arg = body_arg;
    return turns_begin(&each->turns, promise, f);
}

/* ---- while ---- */

struct repeat {
    struct turns turns;
    hence_result_fn *condition, *body;
    void *arg;
    int64_t rounds;
};

static bool repeat_ask(struct turns *turns, hence_result *r);

static bool repeat_answered(struct turns *turns, hence_result *r)
{
    struct repeat *repeat = (struct repeat *)turns;
    if (hence_is_failure(r))
        return false;
    const bool goes_on = hence_as_int(r) != 0;
    hence_drop(*r);
    if (!goes_on) {
        *r = hence_int(repeat->rounds);
        return false;
    }
    repeat->rounds++;
    turns->turn = repeat_ask;
    *r = repeat->body(repeat->arg);
    return true;
}

static bool repeat_ask(struct turns *turns, hence_result *r)
{
    struct repeat *repeat = (struct repeat *)turns;
    if (hence_is_failure(r))
        return false;
    hence_drop(*r);
    turns->turn = repeat_answered;
    *r = repeat->condition(repeat->arg);
    return true;
}

hence_future *hence_repeat_while_at(const char *site, hence_loop *loop, hence_result_fn *condition,
                                    hence_result_fn *body, void *arg)
{
    hence_promise *promise;
    hence_future *f;
    struct repeat *repeat = NULL;
    if (condition && body)
        repeat = turns_new(site, loop, sizeof *repeat, &promise, &f);
    if (!repeat)
        return NULL;
    repeat->turns.turn = repeat_ask;
    repeat->condition = condition;
    repeat->body = body;
    repeat->arg = arg;
    return turns_begin(&repeat->turns, promise, f);
}
