/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Combinations within combinations within combinations, on the smallest stack there is: of every kind,
 * built from either end, and ended in every way.
 */
#include <stdlib.h>

#include "support.h"

SUITE(compose_depth);

enum kind {
    LIST,
    GATHER,
    RACE,
    SHARE,
    GATHER_CANCEL_REST,
    FIRST_VALUE,
    TIMEOUT,
    ALL_KINDS /* in turn */
};

enum end {
    SUCCESS,
    FAILURE,
    CANCEL,
    ABANDON,
    FORGET,
    LET_GO /* nobody holds the outermost one when the result comes */
};

struct deep {
    enum kind kind;
    enum end end;
    bool outside_in; /* each one's input is resolved with a chain to the next inner one */
    bool with_steps;
    int depth;
    long steps_run;
    char outcome[256];
    struct loop_and_clock both;
};

static hence_result count(hence_result *in, void *counter)
{
    *(long *)counter += 1;
    return hence_take(in);
}

/* One more level around `d`, which goes. */
static hence_deferred *wrap_in(struct deep *deep, enum kind kind, hence_deferred *d)
{
    hence_deferred *in[] = {d, NULL};
    hence_share *share;
    switch (kind) {
    case LIST:
        in[1] = hence_deferred_succeed(hence_int(7));
        return hence_deferred_list(in, 2, 0);
    case GATHER:
        return hence_gather_results(in, 1, 0);
    case GATHER_CANCEL_REST:
        return hence_gather_results(in, 1, HENCE_CANCEL_REST);
    case FIRST_VALUE:
        return hence_deferred_list(in, 1, HENCE_FIRE_ON_ONE_CALLBACK);
    case RACE:
        in[1] = hence_deferred_fail(failure("the other"));
        return hence_race(in, 2);
    case SHARE:
        share = hence_share_new(d);
        d = hence_share_get(share);
        hence_share_unref(share);
        return d;
    default:
        hence_deferred_add_timeout(d, deep->both.loop, HENCE_SECONDS(1), NULL, NULL);
        return hence_deferred_succeed(hence_chain(d));
    }
}

static hence_deferred *wrap(struct deep *deep, int i, hence_deferred *d)
{
    enum kind kind = deep->kind == ALL_KINDS ? (enum kind)(i % ALL_KINDS) : deep->kind;
    d = wrap_in(deep, kind, d);
    if (deep->with_steps)
        hence_deferred_add_both(d, count, &deep->steps_run);
    return d;
}

static hence_deferred *build_inside_out(struct deep *deep, hence_promise **innermost)
{
    hence_deferred *d = hence_deferred_new(innermost);
    for (int i = 0; i < deep->depth; i++)
        d = wrap(deep, i, d);
    return d;
}

static hence_deferred *build_outside_in(struct deep *deep, hence_promise **innermost)
{
    hence_deferred *d = wrap(deep, 0, hence_deferred_new(innermost));
    for (int i = 1; i < deep->depth; i++) {
        hence_promise *p;
        hence_deferred *inner = hence_deferred_new(&p);
        if (!inner)
            break;
        hence_resolve(*innermost, hence_chain(wrap(deep, i, inner)));
        *innermost = p;
    }
    return d;
}

static void finish(struct deep *deep, hence_deferred *d, hence_promise *innermost)
{
    switch (deep->end) {
    case SUCCESS:
        hence_resolve(innermost, payload());
        break;
    case FAILURE:
        hence_resolve(innermost, failure("broken"));
        break;
    case CANCEL:
        hence_deferred_cancel(d);
        hence_abandon(innermost);
        break;
    case ABANDON:
        hence_abandon(innermost);
        break;
    case FORGET:
        hence_deferred_forget(d);
        hence_resolve(innermost, payload());
        return;
    case LET_GO:
        hence_deferred_unref(d);
        hence_resolve(innermost, payload());
        return;
    }
    hence_result r = hence_deferred_take(d);
    snprintf(deep->outcome, sizeof deep->outcome, "%s", describe(&r));
    hence_drop(r);
    hence_deferred_unref(d);
}

static void run_deep(void *arg)
{
    struct deep *deep = arg;
    hence_promise *innermost;
    if (deep->kind >= TIMEOUT)
        deep->both = begin_loop();
    hence_deferred *d =
        deep->outside_in ? build_outside_in(deep, &innermost) : build_inside_out(deep, &innermost);
    finish(deep, d, innermost);
    if (deep->kind >= TIMEOUT)
        end_loop(&deep->both);
}

/* A million of the first four; less with timers, which are slow, and less from the outside in, where
 * each level looks for circles. */
static int depth_of(const struct deep *deep)
{
    if (deep->outside_in)
        return support_many() / 100;
    if (deep->with_steps || deep->kind > SHARE || deep->end == ABANDON || deep->end == LET_GO)
        return support_many() / 50;
    return support_many();
}

static void check_deep(enum kind kind, enum end end, const char *expected)
{
    for (int i = 0; i < 4; i++) {
        struct deep deep = {.kind = kind, .end = end, .outside_in = i % 2, .with_steps = i / 2};
        deep.depth = depth_of(&deep);
        on_small_stack(run_deep, &deep);
        if (expected)
            check_string(deep.outcome, expected);
        if (deep.with_steps && end != FORGET)
            check_int(deep.steps_run, deep.depth);
        check_int(payloads_alive(), 0);
    }
}

#define DEPTH_TESTS(name, kind, value, failed, cancelled, abandoned)                               \
    TEST(compose_depth, name##_end_with_a_value)                                                   \
    {                                                                                              \
        check_deep(kind, SUCCESS, value);                                                          \
    }                                                                                              \
    TEST(compose_depth, name##_end_with_a_failure)                                                 \
    {                                                                                              \
        check_deep(kind, FAILURE, failed);                                                         \
    }                                                                                              \
    TEST(compose_depth, name##_can_be_cancelled)                                                   \
    {                                                                                              \
        check_deep(kind, CANCEL, cancelled);                                                       \
    }                                                                                              \
    TEST(compose_depth, name##_can_be_abandoned)                                                   \
    {                                                                                              \
        check_deep(kind, ABANDON, abandoned);                                                      \
    }                                                                                              \
    TEST(compose_depth, name##_can_be_forgotten)                                                   \
    {                                                                                              \
        check_deep(kind, FORGET, NULL);                                                            \
    }                                                                                              \
    TEST(compose_depth, name##_that_nobody_holds_run_to_their_end)                                 \
    {                                                                                              \
        check_deep(kind, LET_GO, NULL);                                                            \
    }

#define LISTS     "[[[...],7],7]"
#define FIRSTS    "first(0:first(0:first(0:...)))"
#define CANCELLED "cancelled(0:cancelled(0:cancelled(0:...)))"

DEPTH_TESTS(a_million_lists, LIST, LISTS, LISTS, LISTS, LISTS)
DEPTH_TESTS(a_million_gathers, GATHER, "[[[...]]]", FIRSTS, CANCELLED, FIRSTS)
DEPTH_TESTS(many_gathers_that_cancel_the_rest, GATHER_CANCEL_REST, "[[[...]]]", FIRSTS, CANCELLED,
            FIRSTS)
/* the innermost failure is a value from the second level on */
DEPTH_TESTS(many_that_wait_for_a_value, FIRST_VALUE, "winner(0:winner(0:winner(0:...)))",
            "winner(0:winner(0:winner(0:...)))", "winner(0:winner(0:winner(0:...)))",
            "winner(0:winner(0:winner(0:...)))")
DEPTH_TESTS(a_million_races, RACE, "winner(0:winner(0:winner(0:...)))",
            "group{group{group{...},the other},the other}",
            "group{group{group{...},the other},the other}",
            "group{group{group{...},the other},the other}")
DEPTH_TESTS(a_million_shares, SHARE, "shared", "broken", "cancelled", "abandoned")
DEPTH_TESTS(many_time_limits, TIMEOUT, "payload", "broken", "cancelled", "abandoned")

/* whatever comes out of it */
DEPTH_TESTS(many_of_all_kinds, ALL_KINDS, NULL, NULL, NULL, NULL)

/* ---- many limits on one ---- */

static bool stops(hence_promise *p, void *cancelled)
{
    (void)p;
    *(bool *)cancelled = true;
    return true;
}

struct limits {
    int n;
    bool late;
    char outcome[64];
};

static void run_limits(void *arg)
{
    struct limits *limits = arg;
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    bool cancelled = false;
    hence_promise_on_cancel(p, stops, &cancelled);
    for (int i = 0; i < limits->n; i++)
        hence_deferred_add_timeout(d, both.loop, HENCE_SECONDS(1) + i, NULL, NULL);
    if (limits->late)
        hence_test_clock_advance(both.clock, HENCE_SECONDS(2));
    if (!cancelled)
        hence_resolve(p, hence_int(7));
    snprintf(limits->outcome, sizeof limits->outcome, "%s", outcome(d));
    hence_deferred_unref(d);
    end_loop(&both);
}

TEST(compose_depth, one_may_have_many_time_limits)
{
    struct limits limits = {.n = support_many() / 10};
    on_small_stack(run_limits, &limits);
    check_string(limits.outcome, "7");
    limits.late = true;
    on_small_stack(run_limits, &limits);
    check_string(limits.outcome, "timed out after 1 s");
}

/* ---- many inputs ---- */

struct wide {
    size_t size;
    hence_deferred *(*make)(hence_deferred *const *deferreds, size_t n);
    bool fails, cancels;
    long ended;
};

static hence_deferred *make_list(hence_deferred *const *deferreds, size_t n)
{
    return hence_deferred_list(deferreds, n, 0);
}

static hence_deferred *make_gather(hence_deferred *const *deferreds, size_t n)
{
    return hence_gather_results(deferreds, n, HENCE_CANCEL_REST);
}

static hence_deferred *make_race(hence_deferred *const *deferreds, size_t n)
{
    return hence_race(deferreds, n);
}

static void run_wide(void *arg)
{
    struct wide *wide = arg;
    hence_deferred **in = malloc(wide->size * sizeof *in);
    hence_promise **p = malloc(wide->size * sizeof *p);
    for (size_t i = 0; i < wide->size; i++)
        in[i] = hence_deferred_new(&p[i]);
    hence_deferred *d = wide->make(in, wide->size);
    hence_deferred_add_both(d, count, &wide->ended);
    if (wide->cancels)
        hence_deferred_cancel(d);
    for (size_t i = wide->size; i > 0; i--)
        hence_resolve(p[i - 1], wide->fails ? failure("broken") : hence_int(7));
    hence_deferred_forget(d);
    free(in);
    free(p);
}

TEST(compose_depth, many_inputs_take_linear_time)
{
    static hence_deferred *(*const makers[])(hence_deferred *const *,
                                             size_t) = {make_list, make_gather, make_race};
    for (int i = 0; i < 9; i++) {
        struct wide wide = {(size_t)support_many() / 4, makers[i % 3], i / 3 == 1, i / 3 == 2, 0};
        on_small_stack(run_wide, &wide);
        check_int(wide.ended, 1);
    }
}

/* ---- many for one share ---- */

struct many {
    int size;
    bool cancels; /* all of them, from the middle outwards */
    long told;
};

static void share_with_many(void *arg)
{
    struct many *many = arg;
    hence_promise *p;
    hence_share *share = hence_share_new(hence_deferred_new(&p));
    hence_deferred **d = malloc((size_t)many->size * sizeof *d);
    for (int i = 0; i < many->size; i++) {
        d[i] = hence_share_get(share);
        hence_deferred_add_both(d[i], count, &many->told);
    }
    hence_share_unref(share);
    for (int i = 0; many->cancels && i < many->size; i++)
        hence_deferred_cancel(
            d[(many->size / 2 + (i % 2 ? i / 2 : -i / 2) + many->size) % many->size]);
    hence_resolve(p, payload());
    for (int i = 0; i < many->size; i++)
        hence_deferred_unref(d[i]);
    free(d);
}

TEST(compose_depth, a_million_are_told_by_a_share)
{
    struct many many = {support_many(), false, 0};
    on_small_stack(share_with_many, &many);
    check_int(many.told, many.size);
    check_int(payloads_alive(), 0);
}

TEST(compose_depth, a_million_that_wait_for_a_share_are_cancelled_in_linear_time)
{
    struct many many = {support_many(), true, 0};
    on_small_stack(share_with_many, &many);
    check_int(many.told, many.size);
    check_int(payloads_alive(), 0);
}
