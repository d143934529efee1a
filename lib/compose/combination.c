/* SPDX-License-Identifier: BSD-3-Clause */
#include "compose/combination.h"

#include <errno.h>

#include "future/future.h"
#include "value/failure.h"

static const struct hence_part combination_part;

void hence_combination_init(struct combination *c, const struct combination_policy *policy,
                            const struct combination_inputs *inputs, const char *site, size_t n,
                            unsigned flags)
{
    *c = (struct combination){
        .many = {.waitable = {.consumer = {&combination_part}}},
        .policy = policy,
        .inputs = inputs,
        .site = site,
        .references = 1,
        .size = (uint32_t)n,
        .flags = (uint8_t)flags,
    };
}

void hence_combination_release(struct combination *c)
{
    if (--c->references || c->pending)
        return;
    c->policy->discard(c);
    hence_result r = c->many.waitable.slot;
    c->inputs->put(c);
    hence_drop(r);
}

/* ---- circles ---- */

/* Are there two different inputs that have not ended? What has ended stays so: all searches together look at
 * each input once or twice. */
static bool has_others(struct combination *c)
{
    struct hence_waitable *one = NULL, *other = NULL;
    while (c->one < c->size && !(one = c->inputs->get(c, c->one)))
        c->one++;
    if (c->other <= c->one)
        c->other = c->one + 1;
    while (c->other < c->size && (!(other = c->inputs->get(c, c->other)) || other == one))
        c->other++;
    return c->other < c->size;
}

/* Can one input decide without the others? */
static bool one_decides(const struct combination *c)
{
    const unsigned one_failure = COMBINATION_WATCHES | COMBINATION_FIRST_FAILURE;
    return c->policy == &hence_race_policy || (c->flags & COMBINATION_FIRST_VALUE) ||
           (c->flags & one_failure) == one_failure;
}

struct hence_waitable *hence_combination_leads_to(struct combination *c)
{
    const bool can_do_without = (c->flags & COMBINATION_TIMED) || (one_decides(c) && has_others(c));
    return c->decided || can_do_without ? NULL : &c->many.waitable;
}

/* A Future that is done waits for nothing any more, though it has not been told yet. */
static bool is_done(const struct hence_waitable *waitable)
{
    return waitable->consumer.part == &hence_future_part &&
           hence_future_done((const hence_future *)waitable);
}

/* It has come down to one input: does that wait for it? It was no circle as long as others could decide. */
static bool is_in_circle(struct combination *c)
{
    struct hence_waitable *whole = hence_combination_leads_to(c), *last;
    if (!whole || c->one >= c->size) /* copies of what has ended are still to be told */
        return false;
    struct hence_waitable *input = c->inputs->get(c, c->one);
    if (is_done(input))
        return false;
    if (hence_waitable_waits_for(input, whole, &last))
        return true;
    struct hence_search search = {
        .to = last, .or_to = hence_waitable_head(input), .steps = 1000, .branches = 100};
    return c->consumer && !is_done(last) && hence_waitable_leads_to(whole, &search);
}

/* ---- results arrive ---- */

static void report_late(const struct combination *c, const hence_result *r)
{
    if (c->flags & COMBINATION_REPORTS_REST)
        hence_report_unhandled(
            hence_as_failure(r),
            "a failure that came after the combination of several had its outcome", c->site);
}

void hence_combination_arrive(struct combination *c, size_t i, hence_result r)
{
    c->ended++;
    if (c->decided) {
        report_late(c, &r);
        hence_drop(r);
    } else {
        c->policy->arrive(c, i, r);
    }
}

static void let_go_of_rest(struct combination *c)
{
    if (!(c->flags & COMBINATION_DRAINS) && c->inputs->let_go)
        c->inputs->let_go(c);
}

void hence_combination_decide(struct combination *c, hence_result outcome)
{
    c->decided = true;
    c->many.waitable.slot = outcome;
    c->policy->discard(c);
    if (c->ended == c->size)
        return;
    c->deciding = true;
    /* that is done already; or all that is left waits for what comes of this */
    const bool is_done_without = c->cancelled || c->is_in_circle;
    if ((c->flags & COMBINATION_CANCELS_REST) && !is_done_without)
        hence_waitable_cancel(&c->many.waitable);
    if (!c->cancelling) /* otherwise when that is done */
        let_go_of_rest(c);
    c->deciding = false;
}

/* May the outcome be given? One that cancels the rest gives it after that. */
static bool is_ready(const struct combination *c)
{
    if (!c->decided || c->deciding)
        return false;
    if ((c->flags & COMBINATION_CANCELS_REST) && c->cancelling)
        return false;
    return !(c->flags & COMBINATION_DRAINS) || c->is_in_circle || !c->pending;
}

struct hence_consumer *hence_combination_finish(struct combination *c, hence_result *r)
{
    struct hence_consumer *consumer = c->consumer;
    if (!c->decided && !c->cancelling && c->policy->break_circle && one_decides(c) &&
        is_in_circle(c)) {
        c->is_in_circle = true;
        c->policy->break_circle(c);
    }
    if (!consumer || !is_ready(c))
        return NULL;
    c->consumer = NULL;
    *r = hence_take(&c->many.waitable.slot);
    c->references--; /* that of who waited; the caller has another one */
    return consumer;
}

/* ---- as what is waited for ---- */

static bool take_part(struct hence_waitable *self, struct hence_consumer *consumer,
                      hence_result *out)
{
    struct combination *c = (struct combination *)self;
    c->references++;
    c->consumer = consumer;
    bool ready = hence_combination_finish(c, out) != NULL;
    hence_combination_release(c);
    return ready;
}

static void hand_on_part(struct hence_waitable *self, struct hence_consumer *consumer)
{
    ((struct combination *)self)->consumer = consumer;
}

static struct hence_waitable *waits_for_part(const struct hence_waitable *self)
{
    (void)self; /* for many: see cancel_each_part() */
    return NULL;
}

static void finish_cancelling(struct combination *c)
{
    hence_result r;
    struct hence_consumer *next = hence_combination_finish(c, &r);
    hence_combination_release(c);
    if (next)
        hence_deliver(next, r);
}

/* One that only watches lets its inputs be, and has its outcome at once. */
static struct hence_waitable *stop_watching(struct combination *c, int *result)
{
    *result = c->decided ? -EALREADY : 0;
    c->references++;
    if (!c->decided)
        hence_combination_decide(c, hence_fail_static(HENCE_ECANCELLED));
    finish_cancelling(c);
    return NULL;
}

/* Is it on this stack? */
static bool is_on(const struct hence_many *begun, const struct hence_many *many)
{
    while (begun && begun != many)
        begun = begun->below;
    return begun != NULL;
}

static struct hence_waitable *cancel_each_part(struct hence_waitable *self, bool begin, int *result,
                                               struct hence_cancellation *cancellation)
{
    struct combination *c = (struct combination *)self;
    if (begin && (c->flags & COMBINATION_WATCHES))
        return stop_watching(c, result);
    if (begin) {
        if (c->cancelling) { /* whoever is at it will come to the rest */
            *result = -EALREADY;
            if (is_on(cancellation->begun,
                      &c->many)) { /* it waits for itself: this is the way out */
                cancellation->found_circle = c->is_in_circle = true;
                if (!c->decided)
                    hence_combination_decide(c, hence_fail_static(HENCE_EDEADLK));
            }
            return NULL;
        }
        if (c->many.cancellation == cancellation->number) { /* it has come by another way */
            *result = -EALREADY;
            return NULL;
        }
        c->many.cancellation = cancellation->number;
        c->cancelling = true;
        c->accepted = false;
        c->cursor = 0;
        c->references++;
        c->many.below = cancellation->begun;
        cancellation->begun = &c->many;
    } else if (*result == 0) {
        c->cancelled = c->accepted = true;
    }
    while (c->cursor < c->size) {
        struct hence_waitable *input = c->inputs->get(c, c->cursor++);
        if (input)
            return input;
    }
    cancellation->begun = c->many.below;
    c->cancelling = false;
    if (c->decided)
        let_go_of_rest(c);
    *result = c->accepted ? 0 : -EALREADY;
    finish_cancelling(c);
    return NULL;
}

static struct hence_consumer *waiter_part(const struct hence_waitable *self)
{
    const struct combination *c = (const struct combination *)self;
    return c->decided ? NULL : c->consumer; /* it does not depend on its inputs any more */
}

static void unref_part(struct hence_waitable *self)
{
    hence_combination_release((struct combination *)self);
}

static const struct hence_part combination_part = {
    .take = take_part,
    .hand_on = hand_on_part,
    .waits_for = waits_for_part,
    .cancel_each = cancel_each_part,
    .unref = unref_part,
    .waiter = waiter_part,
};
