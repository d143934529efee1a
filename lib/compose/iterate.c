/* SPDX-License-Identifier: BSD-3-Clause */
/* Loops over what takes time, each a few functions that are called in turns. */
#include <hence/iterate.h>

#include "compose/completion_queue.h"
#include "compose/turns.h"
#include "value/waitable.h"

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
        hence_drop(*r);
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
        collect = hence_turns_new(site, loop, sizeof *collect, &promise, &f);
    if (!collect) {
        hence_list_free(list);
        return NULL;
    }
    collect->turns.turn = collect_turn;
    collect->turns.destroy = collect_destroy;
    collect->next = next;
    collect->arg = arg;
    collect->list = list;
    return hence_turns_begin(&collect->turns, promise, f);
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
        hence_drop(*r);
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
        each = hence_turns_new(site, loop, sizeof *each, &promise, &f);
    if (!each)
        return NULL;
    each->turns.turn = for_each_begin;
    each->turns.destroy = for_each_destroy;
    each->next = next;
    each->next_arg = next_arg;
    each->body = body;
    each->body_arg = body_arg;
    return hence_turns_begin(&each->turns, promise, f);
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
        repeat = hence_turns_new(site, loop, sizeof *repeat, &promise, &f);
    if (!repeat)
        return NULL;
    repeat->turns.turn = repeat_ask;
    repeat->condition = condition;
    repeat->body = body;
    repeat->arg = arg;
    return hence_turns_begin(&repeat->turns, promise, f);
}
