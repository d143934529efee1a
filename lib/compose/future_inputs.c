/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Combinations of Futures: each is listened to.
 *
 * Those that are done when it begins are told of in the next turn, as listeners are (rule 82): by one
 * call for all of them.
 */
#include "base/memory.h"
#include "compose/combination.h"
#include "future/future.h"
#include "value/failure.h"

struct listening {
    struct hence_listener listener;
    hence_future *f; /* NULL: told; or it was NULL from the start, which is a failure */
    uint32_t index;
    bool was_done; /* when it began: no listener */
};

struct combined_futures {
    struct combination c;
    hence_loop *loop;
    hence_call timer;
    bool has_timer;
    bool begun;
    struct listening inputs[];
};

static size_t memory_size(size_t n)
{
    return sizeof(struct combined_futures) + n * sizeof(struct listening);
}

static struct combined_futures *combined_of(struct combination *c)
{
    return (struct combined_futures *)c;
}

static struct combined_futures *of_input(const struct listening *input)
{
    const struct listening *first = input - input->index;
    return (struct combined_futures *)((char *)(uintptr_t)first -
                                       offsetof(struct combined_futures, inputs));
}

/* ---- as the inputs of a combination ---- */

static struct hence_waitable *get_input(struct combination *c, uint32_t i)
{
    hence_future *f = combined_of(c)->inputs[i].f;
    return f ? &f->waitable : NULL;
}

static void stop_timer(struct combined_futures *combined)
{
    if (combined->has_timer) {
        combined->has_timer = false;
        hence_call_cancel(combined->loop, combined->timer);
    }
}

/* Nothing is left on Futures that go on (rules 108, 112). That nobody will look at their failures is no
 * news then, unless all that was wanted was to watch them. */
static void let_go(struct combination *c)
{
    struct combined_futures *combined = combined_of(c);
    stop_timer(combined);
    for (uint32_t i = 0; i < c->size; i++) {
        struct listening *input = &combined->inputs[i];
        hence_future *f = input->f;
        if (!f || input->was_done) /* the call that tells of these is on its way */
            continue;
        input->f = NULL;
        c->ended++;
        c->pending--;
        hence_listener_remove(f, &input->listener);
        if (!(c->flags & COMBINATION_WATCHES))
            f->state |= FUTURE_LOOKED_AT;
        hence_future_unref(f);
    }
}

static void put_memory(struct combination *c)
{
    struct combined_futures *combined = combined_of(c);
    hence_loop *loop = combined->loop;
    stop_timer(combined);
    hence_memory_put(combined, memory_size(c->size));
    hence_loop_undepend(loop);
}

static const struct combination_inputs future_inputs = {get_input, let_go, put_memory};

size_t hence_combination_count_done(const struct combination *c)
{
    const struct combined_futures *combined = (const struct combined_futures *)c;
    size_t done = 0;
    for (uint32_t i = 0; i < c->size; i++) {
        const hence_future *f = combined->inputs[i].f;
        done += !f || hence_future_done(f);
    }
    return done;
}

/* ---- results arrive ---- */

/* Untold: the outcome may do without it, or another one has decided. */
static hence_result read_input(struct combination *c, hence_future *f)
{
    const hence_result *slot = f ? &f->waitable.slot : NULL;
    if (!(c->flags & COMBINATION_WATCHES)) {
        if (f && ((f->state & FUTURE_RETURNABLE) || slot->kind == HENCE_KIND_SHARED))
            c->flags |= COMBINATION_UNTOLD;
        return f ? hence_future_read_untold(f) : hence_fail_static(HENCE_ENOMEM);
    }
    return hence_int(!slot || (hence_is_failure(slot) && !hence_is_cancelled(slot)));
}

static void input_ended(struct combined_futures *combined, struct listening *input)
{
    hence_future *f = input->f;
    if (combined->loop->closed && !combined->c.decided) /* it did not come to tell in time */
        hence_combination_decide(&combined->c, hence_fail_static(HENCE_ECLOSED));
    if (!input->f && f) /* it has been let go by that */
        return;
    hence_result r = read_input(&combined->c, f);
    input->f = NULL;
    combined->c.pending--;
    hence_combination_arrive(&combined->c, input->index, r);
    hence_future_unref(f);
}

static void finish(struct combined_futures *combined)
{
    hence_result r;
    struct hence_consumer *next = hence_combination_finish(&combined->c, &r);
    if (next)
        stop_timer(combined);
    hence_combination_release(&combined->c);
    if (next)
        hence_deliver(next, r);
}

static void told(hence_future *f, void *arg)
{
    struct listening *input = arg;
    struct combined_futures *combined = of_input(input);
    (void)f;
    combined->c.references++;
    input_ended(combined, input);
    finish(combined);
}

static const struct hence_waitable *leads_to(const struct hence_listener *listener)
{
    return hence_combination_leads_to(&of_input(listener->arg)->c);
}

static void tell_nothing(void *arg)
{
    (void)arg;
}

/* Runs once, in the next turn or when the loop closes before. */
static void tell_of_done(void *arg)
{
    struct combined_futures *combined = arg;
    for (uint32_t i = 0; combined->begun && i < combined->c.size; i++) {
        if (combined->inputs[i].was_done)
            input_ended(combined, &combined->inputs[i]);
    }
    finish(combined);
}

/* ---- time ---- */

static void time_is_up(void *arg)
{
    struct combined_futures *combined = arg;
    combined->has_timer = false;
    combined->c.references++;
    if (!combined->c.decided)
        hence_combination_decide(&combined->c,
                                 hence_int((int64_t)hence_combination_count_done(&combined->c)));
    finish(combined);
}

/* ---- begun ---- */

/* `loop` is that of all Futures. */
static bool is_one_loop(hence_loop *loop, hence_future *const *futures, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (futures[i] && futures[i]->loop != loop)
            return false;
    return true;
}

struct combination *hence_combine_futures(const struct combination_policy *policy, const char *site,
                                          hence_loop *loop, hence_future *const *futures, size_t n,
                                          unsigned flags)
{
    struct combined_futures *combined = NULL;
    if (hence_loop_check_at(loop, "combining Futures", site) == 0 && n < UINT32_MAX)
        combined = hence_memory_get(memory_size(n));
    if (!combined)
        return NULL;
    hence_combination_init(&combined->c, policy, &future_inputs, site, n, flags);
    combined->loop = loop;
    combined->has_timer = combined->begun = false;
    hence_loop_depend(loop);
    const bool usable = is_one_loop(loop, futures, n);
    for (size_t i = 0; i < n; i++) {
        struct listening *input = &combined->inputs[i];
        input->listener.fn = told;
        input->listener.arg = input;
        input->listener.leads_to = leads_to;
        input->f = usable ? hence_future_ref(futures[i]) : NULL;
        input->index = (uint32_t)i;
        input->was_done = usable && hence_future_done(futures[i]);
    }
    if (!usable) {
        combined->c.ended = combined->c.size;
        hence_combination_decide(
            &combined->c,
            hence_refuse_at(site, "among the Futures to be combined is one of another loop"));
    }
    return &combined->c;
}

static void drop_inputs(struct combined_futures *combined)
{
    for (uint32_t i = 0; i < combined->c.size; i++)
        combined->inputs[i].f = hence_future_unref(combined->inputs[i].f);
}

/* Has the loop tell of those that are done already. */
static int announce_done(struct combined_futures *combined)
{
    for (uint32_t i = 0; i < combined->c.size; i++) {
        if (!combined->inputs[i].was_done)
            continue;
        combined->c.references++;
        return hence_call_soon_own(combined->loop, tell_nothing, combined, tell_of_done, NULL);
    }
    return 0;
}

static int start_timer(struct combined_futures *combined, int64_t timeout)
{
    if (timeout < 0 || combined->c.decided)
        return 0;
    int error = hence_call_later(combined->loop, timeout, time_is_up, combined, &combined->timer);
    combined->has_timer = !error;
    if (!error)
        combined->c.flags |= COMBINATION_TIMED;
    return error;
}

static void listen_to_all(struct combined_futures *combined)
{
    combined->begun = true;
    for (uint32_t i = 0; i < combined->c.size; i++) {
        struct listening *input = &combined->inputs[i];
        if (!input->f && !input->was_done)
            continue; /* refused */
        combined->c.pending++;
        if (!input->was_done)
            hence_listener_add(input->f, &input->listener);
    }
}

hence_future *hence_combination_start_future(struct combination *c, bool prepared, const char *site,
                                             int64_t timeout)
{
    struct combined_futures *combined = combined_of(c);
    hence_promise *promise = NULL;
    hence_future *f = prepared ? hence_future_new_at(site, combined->loop, &promise) : NULL;
    if (f && announce_done(combined) == 0 && start_timer(combined, timeout) == 0) {
        listen_to_all(combined);
        hence_resolve_at(NULL, promise, hence_combination_chain(c));
        return f;
    }
    if (c) {
        drop_inputs(combined);
        hence_combination_release(c);
    }
    if (f) {
        hence_resolve_at(NULL, promise,
                         hence_fail_static(HENCE_ECANCELLED)); /* nothing to report */
        hence_future_unref(f);
    }
    return NULL;
}
