/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Loops over what takes time.
 *
 * Each is a function that is called in turns: it gets the result that it has waited for, and leaves the one
 * that it waits for next. What is there already is handed back at once; for anything else a Deferred waits,
 * whose only step is the next turn, and which the chain returns: so a row of them is cut out as it goes,
 * and the loop needs constant stack and memory.
 */
#include <hence/iterate.h>

#include "compose/operators.h"

/* The first member of what each of them needs. */
struct turns {
    /* Takes *r, and leaves what is to be waited for there, or the outcome; then it returns false. */
    bool (*turn)(struct turns *turns, hence_result *r);
};

static hence_result next_turn(hence_result *in, void *arg);

static hence_result go_on(struct turns *turns, hence_result r)
{
    while (turns->turn(turns, &r)) {
        if (!hence_is_chain(&r))
            continue;
        hence_deferred *d = hence_deferred_succeed_at(NULL, r);
        if (!d) {
            r = hence_fail_static(HENCE_ENOMEM);
        } else if (hence_deferred_get_state(d) == HENCE_DEFERRED_DONE) {
            r = hence_deferred_take(d);
            hence_deferred_unref(d);
        } else {
            hence_deferred_add_both(d, next_turn, turns);
            return hence_chain(d);
        }
    }
    return r;
}

static hence_result next_turn(hence_result *in, void *arg)
{
    return go_on(arg, hence_take(in));
}

/* A Deferred with `size` bytes for such turns, filled with zeroes, which its promise begins; NULL when
 * there is no memory. */
static void *turns_new(const char *site, size_t size, hence_drop_fn *destroy,
                       hence_promise **promise, hence_deferred **d)
{
    *d = hence_deferred_new_at(site, promise);
    struct turns *turns = *d ? hence_deferred_alloc(*d, size, destroy) : NULL;
    if (turns && hence_deferred_add_callback(*d, next_turn, turns) == 0)
        return turns;
    hence_deferred_forget(*d);
    if (*d)
        hence_abandon(*promise);
    return NULL;
}

static hence_future *turns_begin(const char *site, hence_loop *loop, hence_promise *promise,
                                 hence_deferred *d)
{
    hence_future *f = hence_future_of_deferred(site, loop, d);
    if (f)
        hence_resolve_at(NULL, promise, hence_none());
    else
        hence_abandon(promise);
    return f;
}

hence_future *hence_completion_queue_iterate(void *queue)
{
    return hence_completion_queue_next_at(NULL, queue);
}

/* Of a Future that is taken. Most often there is a next one at once: then nothing needs to stand between. */
static hence_result result_or_chain(hence_future *f)
{
    if (!f || !hence_future_done(f))
        return hence_chain_future(f);
    hence_result r = hence_future_result(f);
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
    *r = result_or_chain(collect->next(collect->arg));
    return true;
}

static void collect_destroy(void *p)
{
    hence_list_free(((struct collect *)p)->list);
}

hence_future *hence_collect_at(const char *site, hence_loop *loop, hence_next_fn *next, void *arg)
{
    hence_promise *promise;
    hence_deferred *d;
    struct collect *collect = NULL;
    if (next)
        collect = turns_new(site, sizeof *collect, collect_destroy, &promise, &d);
    if (!collect)
        return NULL;
    collect->turns.turn = collect_turn;
    collect->next = next;
    collect->arg = arg;
    collect->list = hence_list_new(0);
    if (!collect->list) {
        hence_deferred_forget(d);
        hence_abandon(promise);
        return NULL;
    }
    return turns_begin(site, loop, promise, d);
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
        *r = result_or_chain(each->next(each->next_arg));
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
    *r = result_or_chain(each->next(each->next_arg));
    return true;
}

static void for_each_destroy(void *p)
{
    hence_drop(((struct for_each *)p)->value);
}

hence_future *hence_for_each_at(const char *site, hence_loop *loop, hence_next_fn *next,
                                void *next_arg, hence_step *body, void *body_arg)
{
    hence_promise *promise;
    hence_deferred *d;
    struct for_each *each = NULL;
    if (next && body)
        each = turns_new(site, sizeof *each, for_each_destroy, &promise, &d);
    if (!each)
        return NULL;
    each->turns.turn = for_each_begin;
    each->next = next;
    each->next_arg = next_arg;
    each->body = body;
    each->body_arg = body_arg;
    return turns_begin(site, loop, promise, d);
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
    hence_deferred *d;
    struct repeat *repeat = NULL;
    if (condition && body)
        repeat = turns_new(site, sizeof *repeat, NULL, &promise, &d);
    if (!repeat)
        return NULL;
    repeat->turns.turn = repeat_ask;
    repeat->condition = condition;
    repeat->body = body;
    repeat->arg = arg;
    return turns_begin(site, loop, promise, d);
}
