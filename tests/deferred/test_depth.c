/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A million Deferreds that wait for each other, on the smallest stack there is: every way to build
 * them, and every way in which they end.
 */
#include <stdlib.h>

#include "support.h"

SUITE(depth);

/* ---- many that wait for each other: difference 3, rules 21 and 39 ---- */

enum build {
    INSIDE_OUT,           /* each new one waits for the one before */
    OUTSIDE_IN,           /* each one is resolved with the chain of a new one */
    INSIDE_OUT_WITH_STEP, /* the same, and each has one more step to run */
    OUTSIDE_IN_WITH_STEP,
    INSIDE_OUT_WITH_LATER_STEP, /* the same, and each has a step that comes after its consumer */
    INSIDE_OUT_PAUSED,          /* the same, and each is paused, and only its consumer holds it */
    PROMISES,                   /* each one resolves the promise of the next */
    PROMISES_BACKWARDS,
    PROMISES_PAUSED /* the same, and each is paused and let go */
};

enum end {
    SUCCESS,
    FAILURE,
    CANCEL,
    ABANDON,
    FORGET,
    LET_GO /* nobody holds the last one when the result comes */
};

struct deep {
    enum build build;
    enum end end;
    int depth;
    hence_promise *first; /* its result goes through all */
    hence_deferred *last; /* and comes out here */
    long steps_run;
    hence_result result;
};

static hence_result count(hence_result *in, void *counter)
{
    *(long *)counter += 1;
    return *in;
}

static void build_inside_out(struct deep *deep)
{
    deep->last = hence_deferred_new(&deep->first);
    for (int i = 1; i < deep->depth; i++) {
        hence_promise *p;
        hence_deferred *d = hence_deferred_new(&p);
        if (!d)
            break; /* what was built so far is deep enough */
        if (deep->build == INSIDE_OUT_WITH_STEP)
            hence_deferred_add_both(d, count, &deep->steps_run);
        if (deep->build == INSIDE_OUT_PAUSED)
            hence_deferred_pause(deep->last);
        hence_deferred *inner = hence_deferred_ref(deep->last);
        if (deep->build != INSIDE_OUT_WITH_LATER_STEP)
            inner = hence_deferred_unref(inner);
        hence_resolve(p, hence_chain(deep->last));
        if (deep->build == INSIDE_OUT_WITH_LATER_STEP)
            hence_deferred_add_both(inner, count, &deep->steps_run);
        hence_deferred_unref(inner);
        deep->last = d;
    }
}

static void build_outside_in(struct deep *deep)
{
    deep->last = hence_deferred_new(&deep->first);
    for (int i = 1; i < deep->depth; i++) {
        hence_promise *p;
        hence_deferred *d = hence_deferred_new(&p);
        if (!d)
            break;
        if (deep->build == OUTSIDE_IN_WITH_STEP)
            hence_deferred_add_both(d, count, &deep->steps_run);
        hence_resolve(deep->first, hence_chain(d));
        deep->first = p;
    }
}

static void build_promises(struct deep *deep)
{
    deep->last = hence_deferred_new(&deep->first);
    for (int i = 1; i < deep->depth; i++) {
        hence_promise *p;
        hence_deferred *d = hence_deferred_new(&p);
        if (!d)
            break;
        if (deep->build == PROMISES_PAUSED)
            hence_deferred_pause(deep->last);
        else
            hence_deferred_add_both(d, count, &deep->steps_run);
        hence_deferred_chain(deep->last, p);
        hence_deferred_unref(deep->last);
        deep->last = d;
    }
}

static void build_promises_backwards(struct deep *deep)
{
    deep->last = hence_deferred_new(&deep->first);
    for (int i = 1; i < deep->depth; i++) {
        hence_promise *p;
        hence_deferred *d = hence_deferred_new(&p);
        if (!d)
            break;
        hence_deferred_add_both(d, count, &deep->steps_run);
        hence_deferred_chain(d, deep->first);
        hence_deferred_unref(d);
        deep->first = p;
    }
}

static void build(struct deep *deep)
{
    switch (deep->build) {
    case INSIDE_OUT:
    case INSIDE_OUT_WITH_STEP:
    case INSIDE_OUT_WITH_LATER_STEP:
    case INSIDE_OUT_PAUSED:
        build_inside_out(deep);
        break;
    case OUTSIDE_IN:
    case OUTSIDE_IN_WITH_STEP:
        build_outside_in(deep);
        break;
    case PROMISES:
    case PROMISES_PAUSED:
        build_promises(deep);
        break;
    case PROMISES_BACKWARDS:
        build_promises_backwards(deep);
        break;
    }
}

static void run_deep(void *arg)
{
    struct deep *deep = arg;
    build(deep);
    switch (deep->end) {
    case SUCCESS:
        hence_resolve(deep->first, payload());
        break;
    case FAILURE:
        hence_resolve(deep->first, failure("broken"));
        break;
    case CANCEL:
        hence_deferred_cancel(deep->last);
        hence_abandon(deep->first);
        break;
    case ABANDON:
        hence_abandon(deep->first);
        break;
    case FORGET:
        hence_deferred_forget(deep->last);
        deep->last = NULL;
        hence_resolve(deep->first, payload());
        return;
    case LET_GO:
        deep->last = hence_deferred_unref(deep->last);
        hence_resolve(deep->first, payload());
        return;
    }
    deep->result = hence_deferred_take(deep->last);
    hence_deferred_unref(deep->last);
}

static void check_deep(enum build build, enum end end, const char *expected)
{
    struct deep deep = {.build = build, .end = end, .depth = support_many()};
    on_small_stack(run_deep, &deep);
    check_string(describe(&deep.result), expected);
    hence_drop(deep.result);
    bool has_steps = build == INSIDE_OUT_WITH_STEP || build == OUTSIDE_IN_WITH_STEP ||
                     build == INSIDE_OUT_WITH_LATER_STEP;
    if (has_steps && end != FORGET)
        check_int(deep.steps_run, deep.depth - 1);
}

#define DEPTH_TESTS(name, build)                                                                   \
    TEST(depth, name##_end_with_a_value)                                                           \
    {                                                                                              \
        check_deep(build, SUCCESS, "payload");                                                     \
    }                                                                                              \
    TEST(depth, name##_end_with_a_failure)                                                         \
    {                                                                                              \
        check_deep(build, FAILURE, "broken");                                                      \
    }                                                                                              \
    TEST(depth, name##_can_be_cancelled)                                                           \
    {                                                                                              \
        check_deep(build, CANCEL, "cancelled");                                                    \
    }                                                                                              \
    TEST(depth, name##_can_be_abandoned)                                                           \
    {                                                                                              \
        check_deep(build, ABANDON, "abandoned");                                                   \
    }                                                                                              \
    TEST(depth, name##_can_be_forgotten)                                                           \
    {                                                                                              \
        check_deep(build, FORGET, "none");                                                         \
    }

/* rule 21, rule 39, difference 3 */
DEPTH_TESTS(a_million_nested_inside_out, INSIDE_OUT)
DEPTH_TESTS(a_million_nested_outside_in, OUTSIDE_IN)
DEPTH_TESTS(a_million_nested_inside_out_with_a_step, INSIDE_OUT_WITH_STEP)
DEPTH_TESTS(a_million_nested_outside_in_with_a_step, OUTSIDE_IN_WITH_STEP)
/* rule 22, difference 2 */
DEPTH_TESTS(a_million_chained_one_to_the_next, PROMISES)
DEPTH_TESTS(a_million_chained_backwards, PROMISES_BACKWARDS)

/* rule 18 */
TEST(depth, a_million_nested_with_steps_after_their_consumers_end_with_a_value)
{
    check_deep(INSIDE_OUT_WITH_LATER_STEP, SUCCESS, "payload");
}

/* rule 18 */
TEST(depth, a_million_nested_with_steps_after_their_consumers_can_be_cancelled)
{
    check_deep(INSIDE_OUT_WITH_LATER_STEP, CANCEL, "cancelled");
}

TEST(depth, a_million_nested_that_nobody_holds_run_to_their_end)
{
    check_deep(INSIDE_OUT_WITH_STEP, LET_GO, "none");
}

TEST(depth, a_million_chained_that_nobody_holds_run_to_their_end)
{
    check_deep(PROMISES, LET_GO, "none");
}

/* rule 42 */
TEST(depth, a_million_chained_that_were_paused_and_let_go_are_abandoned)
{
    check_deep(PROMISES_PAUSED, SUCCESS, "abandoned");
    check(had_report(HENCE_REPORT_UNHANDLED)); /* nobody handled their failures */
    forget_reports();
}

/* rule 42 */
TEST(depth, a_million_nested_that_were_paused_and_let_go_are_abandoned)
{
    check_deep(INSIDE_OUT_PAUSED, SUCCESS, "abandoned");
    check(had_report(HENCE_REPORT_UNHANDLED));
    forget_reports();
}

/* rule 42 */
TEST(depth, a_million_nested_that_were_paused_and_let_go_can_be_cancelled)
{
    check_deep(INSIDE_OUT_PAUSED, CANCEL, "abandoned");
    forget_reports();
}

/* ---- a million steps on one ---- */

struct many_steps {
    enum end end;
    int depth;
    long steps_run;
    hence_result result;
};

static void run_many_steps(void *arg)
{
    struct many_steps *many = arg;
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    for (int i = 0; i < many->depth; i++)
        hence_deferred_add_both(d, count, &many->steps_run);
    switch (many->end) {
    case SUCCESS:
        hence_resolve(p, payload());
        break;
    case FAILURE:
        hence_resolve(p, failure("broken"));
        break;
    case CANCEL:
        hence_deferred_cancel(d);
        hence_abandon(p);
        break;
    case ABANDON:
        hence_abandon(p);
        break;
    case FORGET:
        hence_deferred_forget(d);
        hence_abandon(p);
        return;
    case LET_GO:
        hence_deferred_pause(d);
        hence_resolve(p, payload());
        hence_deferred_unref(d);
        return;
    }
    many->result = hence_deferred_take(d);
    hence_deferred_unref(d);
}

static void check_many_steps(enum end end, const char *expected)
{
    struct many_steps many = {.end = end, .depth = support_many()};
    on_small_stack(run_many_steps, &many);
    check_string(describe(&many.result), expected);
    hence_drop(many.result);
    check_int(many.steps_run, end == FORGET || end == LET_GO ? 0 : many.depth);
}

TEST(depth, a_million_steps_end_with_a_value)
{
    check_many_steps(SUCCESS, "payload");
}

TEST(depth, a_million_steps_end_with_a_failure)
{
    check_many_steps(FAILURE, "broken");
}

TEST(depth, a_million_steps_can_be_cancelled)
{
    check_many_steps(CANCEL, "cancelled");
}

TEST(depth, a_million_steps_can_be_abandoned)
{
    check_many_steps(ABANDON, "abandoned");
}

TEST(depth, a_million_steps_can_be_forgotten)
{
    check_many_steps(FORGET, "none");
}

TEST(depth, a_million_steps_of_a_paused_one_can_be_let_go)
{
    check_many_steps(LET_GO, "none");
}

/* ---- a million added one at a time by the step before ---- */

struct looping {
    hence_deferred *d;
    long left;
};

static hence_result add_itself_again(hence_result *in, void *arg)
{
    struct looping *looping = arg;
    if (--looping->left > 0 && looping->d) /* a step added to NULL runs at once */
        hence_deferred_add_both(looping->d, add_itself_again, looping);
    return *in;
}

static void run_looping(void *arg)
{
    struct looping *looping = arg;
    hence_promise *p;
    looping->d = hence_deferred_new(&p);
    hence_deferred_add_both(looping->d, add_itself_again, looping);
    hence_resolve(p, hence_int(7));
    hence_deferred_unref(looping->d);
}

/* rule 13 */
TEST(depth, a_step_may_add_itself_a_million_times)
{
    struct looping looping = {.left = support_many()};
    on_small_stack(run_looping, &looping);
    check_int(looping.left, 0);
}

/* ---- an endless tail loop: each turn gives the chain of the next one ---- */

struct tail {
    hence_promise *next;
    long left;
    long most_blocks;
    hence_result result;
};

static hence_result turn(hence_result *in, void *arg)
{
    struct tail *tail = arg;
    if (hence_is_failure(in) || --tail->left == 0)
        return hence_take(in);
    hence_deferred *d = hence_deferred_new(&tail->next);
    hence_deferred_add_both(d, turn, tail);
    if (blocks_alive() > tail->most_blocks)
        tail->most_blocks = blocks_alive();
    return hence_chain(d);
}

static void run_tail(void *arg)
{
    struct tail *tail = arg;
    hence_deferred *d = hence_deferred_new(&tail->next);
    hence_deferred_add_both(d, turn, tail);
    while (tail->next) {
        hence_promise *p = tail->next;
        tail->next = NULL;
        hence_resolve(p, hence_int(tail->left));
    }
    tail->result = hence_deferred_take(d);
    hence_deferred_unref(d);
}

TEST(depth, an_endless_tail_loop_runs_in_constant_memory)
{
    struct tail tail = {.left = support_many()};
    on_small_stack(run_tail, &tail);
    check(tail.most_blocks < 10);
    check_string(describe(&tail.result), "1");
    hence_drop(tail.result);
}

static void run_tail_and_cancel(void *arg)
{
    struct tail *tail = arg;
    hence_deferred *d = hence_deferred_new(&tail->next);
    hence_deferred_add_both(d, turn, tail);
    while (tail->next && tail->left > 10) {
        hence_promise *p = tail->next;
        tail->next = NULL;
        hence_resolve(p, hence_int(tail->left));
    }
    hence_deferred_cancel(d);
    hence_abandon(tail->next);
    tail->result = hence_deferred_take(d);
    hence_deferred_unref(d);
}

TEST(depth, an_endless_tail_loop_can_be_cancelled)
{
    struct tail tail = {.left = support_many()};
    on_small_stack(run_tail_and_cancel, &tail);
    check_string(describe(&tail.result), "cancelled");
    hence_drop(tail.result);
}

/* ---- a million causes ---- */

struct causes {
    int depth;
    size_t length;
    bool found;
};

static void run_causes(void *arg)
{
    struct causes *causes = arg;
    char start[32];
    hence_result r = hence_fail_errno_at(NULL, 1, "x");
    for (int i = 1; i < causes->depth; i++)
        r = hence_fail_because_at(NULL, hence_take_failure(&r), HENCE_ECLOSED, "x");
    const hence_failure *failure = hence_as_failure(&r);
    causes->length = hence_failure_describe(failure, start, sizeof start);
    causes->found = hence_failure_find(failure, &hence_domain_errno, 1) != NULL;
    hence_drop(r);
}

TEST(depth, a_million_causes_can_be_told_searched_and_destroyed)
{
    struct causes causes = {.depth = support_many()};
    on_small_stack(run_causes, &causes);
    size_t each = sizeof "x [hence 10008]: " - 1;
    check_int(causes.length, each * (size_t)(causes.depth - 1) + sizeof "x [errno 1]" - 1);
    check(causes.found);
}
