/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Futures behind Futures behind Futures, a million deep, on the smallest stack there is: every combinator,
 * and every way in which it ends. And a million side by side.
 */
#include <stdlib.h>
#include <string.h>

#include "support/support.h"

SUITE(future_depth);

static struct loop_and_clock both;

/* ---- levels ---- */

/* What a combinator needs to remember at one level. */
struct level {
    hence_future *inner;
    bool was_given;
    hence_completion_queue *queue;
};

static hence_future *give_inner(void *arg)
{
    struct level *level = arg;
    hence_promise *p;
    if (!level->was_given) {
        level->was_given = true;
        return hence_future_ref(level->inner);
    }
    hence_future *f = hence_future_new(both.loop, &p);
    if (f)
        hence_resolve(p, hence_fail_static(HENCE_EEND));
    return f;
}

static hence_result enter_inner(void *arg)
{
    return hence_chain_future(give_inner(arg));
}

static hence_result take(hence_result *in, void *arg)
{
    (void)arg;
    return hence_take(in);
}

static hence_result leave(const hence_result *resource, const hence_result *outcome, void *arg)
{
    (void)resource;
    (void)outcome;
    (void)arg;
    return hence_none();
}

static hence_result first(const hence_result *a, const hence_result *b, void *arg)
{
    (void)a;
    (void)b;
    (void)arg;
    return payload();
}

static hence_future *make_gather(struct level *level)
{
    return hence_gather(both.loop, &level->inner, 1, 0);
}

static hence_future *make_collecting_gather(struct level *level)
{
    return hence_gather(both.loop, &level->inner, 1, HENCE_GATHER_COLLECT);
}

static hence_future *make_cancelling_gather(struct level *level)
{
    return hence_gather(both.loop, &level->inner, 1, HENCE_GATHER_CANCEL_REST);
}

static hence_future *make_race(struct level *level)
{
    return hence_race_future(both.loop, &level->inner, 1);
}

static hence_future *make_wait(struct level *level)
{
    return hence_wait(both.loop, &level->inner, 1, HENCE_ALL_COMPLETED, -1);
}

static hence_future *make_wait_for(struct level *level)
{
    return hence_wait_for(level->inner, -1);
}

static hence_future *make_shield(struct level *level)
{
    return hence_shield(level->inner);
}

static hence_future *make_then(struct level *level)
{
    return hence_future_then(level->inner, take, take, NULL);
}

static hence_future *make_combination(struct level *level)
{
    return hence_combine2(level->inner, level->inner, first, NULL);
}

static hence_future *make_chained(struct level *level)
{
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_future_chain(level->inner, p);
    return f;
}

static hence_future *make_next(struct level *level)
{
    level->queue = hence_as_completed(both.loop, &level->inner, 1, -1);
    return hence_completion_queue_next(level->queue);
}

static hence_future *make_collection(struct level *level)
{
    return hence_collect(both.loop, give_inner, level);
}

static hence_future *make_for_each(struct level *level)
{
    return hence_for_each(both.loop, give_inner, level, take, NULL);
}

static hence_future *make_map(struct level *level)
{
    return hence_map(both.loop, give_inner, level, take, NULL, 0);
}

/* The inner one is what the step waits for. */
static hence_result step_to_inner(hence_result *in, void *arg)
{
    (void)in;
    return hence_chain_future(hence_future_ref(((struct level *)arg)->inner));
}

static hence_future *give_one_value(void *arg)
{
    struct level *level = arg;
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    if (f)
        hence_resolve(p, level->was_given ? hence_fail_static(HENCE_EEND) : hence_none());
    level->was_given = true;
    return f;
}

static hence_future *make_map_of_jobs(struct level *level)
{
    return hence_map(both.loop, give_one_value, level, step_to_inner, level, 1);
}

static hence_future *make_using(struct level *level)
{
    return hence_using(both.loop, enter_inner, take, leave, level);
}

/* ---- ends ---- */

enum end {
    SUCCESS,
    FAILURE,
    CANCEL,
    LET_GO, /* nobody holds the outermost one any more, and then the promise is abandoned */
    CLOSE,  /* the loop closes, and then the result comes */
    ENDS
};

struct deep {
    hence_future *(*make)(struct level *level);
    enum end end;
    int depth;
    const char *outcome;
};

static const char *state_of(hence_future *f)
{
    if (!hence_future_done(f))
        return "pending";
    if (hence_future_cancelled(f))
        return "cancelled";
    return hence_future_failure(f) ? "failed" : "value";
}

static void run(void)
{
    hence_test_clock_advance(both.clock, 0);
}

static void go_deep(void *arg)
{
    struct deep *deep = arg;
    struct level *levels = calloc((size_t)deep->depth, sizeof *levels);
    hence_promise *p;
    both = begin_loop();
    hence_future *innermost = hence_future_new(both.loop, &p);
    hence_future *f = hence_future_ref(innermost);
    int i;
    for (i = 0; i < deep->depth; i++) {
        levels[i].inner = f;
        hence_future *outer = deep->make(&levels[i]);
        if (!outer)
            break; /* what was built so far is deep enough */
        hence_future_unref(f);
        f = outer;
    }
    if (deep->end == CANCEL)
        hence_future_cancel(f);
    if (deep->end == LET_GO)
        f = hence_future_unref(f);
    if (deep->end == CLOSE)
        hence_loop_close(both.loop);
    if (deep->end == SUCCESS || deep->end == CLOSE)
        hence_resolve(p, payload());
    else if (deep->end == FAILURE)
        hence_resolve(p, failure("broken"));
    if (deep->end != CLOSE)
        run();
    deep->outcome = f ? state_of(f) : "";
    if (deep->end == CANCEL || deep->end == LET_GO)
        hence_abandon(p);
    run();
    for (i = 0; i < deep->depth; i++)
        hence_completion_queue_free(levels[i].queue);
    hence_future_unref(f);
    hence_future_failure(innermost);
    hence_future_unref(innermost);
    end_loop(&both);
    free(levels);
    forget_reports(); /* of those that nobody holds: an abandoned one is told */
}

static void check_depth(hence_future *(*make)(struct level *level), int depth,
                        const char *const outcomes[3])
{
    for (int end = 0; end < ENDS; end++) {
        int levels = end < LET_GO ? depth : (depth + 9) / 10;
        struct deep deep = {make, (enum end)end, levels, NULL};
        on_small_stack(go_deep, &deep);
        if (end < LET_GO)
            check_string(deep.outcome, outcomes[end]);
        else if (!support_faulty)
            check(strcmp(deep.outcome, "pending"));
        check_int(payloads_alive(), 0);
    }
}

static const char *const same[] = {"value", "failed", "cancelled"};
static const char *const told[] = {"value", "value", "cancelled"};

TEST(future_depth, gathers)
{
    check_depth(make_gather, support_many(), same);
}

TEST(future_depth, gathers_that_collect)
{
    check_depth(make_collecting_gather, support_many() / 10, told);
}

TEST(future_depth, gathers_that_cancel_the_rest)
{
    check_depth(make_cancelling_gather, support_many() / 10, same);
}

TEST(future_depth, races)
{
    check_depth(make_race, support_many(), same);
}

TEST(future_depth, waits)
{
    check_depth(make_wait, support_many() / 10, told);
}

TEST(future_depth, time_limits)
{
    check_depth(make_wait_for, support_many(), same);
}

TEST(future_depth, shields)
{
    check_depth(make_shield, support_many(), same);
}

TEST(future_depth, steps)
{
    check_depth(make_then, support_many() / 10, same);
}

TEST(future_depth, combinations_of_two)
{
    check_depth(make_combination, support_many() / 50, same);
}

TEST(future_depth, promises)
{
    check_depth(make_chained, support_many() / 10, same);
}

TEST(future_depth, completions)
{
    check_depth(make_next, support_many() / 10, told);
}

TEST(future_depth, collections)
{
    check_depth(make_collection, support_many() / 50, same);
}

TEST(future_depth, loops)
{
    check_depth(make_for_each, support_many() / 50, same);
}

TEST(future_depth, maps_that_wait_for_a_value)
{
    check_depth(make_map, support_many() / 50, same);
}

TEST(future_depth, maps_that_wait_for_a_job)
{
    check_depth(make_map_of_jobs, support_many() / 50, same);
}

TEST(future_depth, resources)
{
    check_depth(make_using, support_many() / 50, same);
}

/* ---- side by side ---- */

struct wide {
    size_t size;
    hence_future *(*make)(hence_future *const *futures, size_t n);
    bool fails, cancels;
    const char *outcome;
};

static hence_future *gather_all(hence_future *const *futures, size_t n)
{
    return hence_gather(both.loop, futures, n, 0);
}

static hence_future *collect_all(hence_future *const *futures, size_t n)
{
    return hence_gather(both.loop, futures, n, HENCE_GATHER_COLLECT);
}

static hence_future *race_all(hence_future *const *futures, size_t n)
{
    return hence_race_future(both.loop, futures, n);
}

static void go_wide(void *arg)
{
    struct wide *wide = arg;
    hence_future **in = calloc(wide->size, sizeof *in);
    hence_promise **p = calloc(wide->size, sizeof *p);
    both = begin_loop();
    for (size_t i = 0; i < wide->size; i++)
        in[i] = hence_future_new(both.loop, &p[i]);
    hence_future *f = wide->make(in, wide->size);
    if (wide->cancels)
        hence_future_cancel(f);
    for (size_t i = wide->size; i > 0; i--)
        hence_resolve(p[i - 1],
                      wide->fails ? hence_fail_static(HENCE_ETIMEDOUT) : hence_int((int64_t)i));
    run();
    wide->outcome = state_of(f);
    hence_future_unref(f);
    for (size_t i = 0; i < wide->size; i++)
        hence_future_unref(in[i]);
    end_loop(&both);
    free(in);
    free(p);
}

TEST(future_depth, a_million_side_by_side_take_linear_time)
{
    static hence_future *(*const makers[])(hence_future *const *, size_t) = {gather_all,
                                                                             collect_all, race_all};
    static const char *const outcomes[3][3] = {{"value", "failed", "cancelled"},
                                               {"value", "value", "cancelled"},
                                               {"value", "failed", "cancelled"}};
    for (int i = 0; i < 9; i++) {
        struct wide wide = {(size_t)support_many() / 4, makers[i % 3], i / 3 == 1, i / 3 == 2,
                            NULL};
        on_small_stack(go_wide, &wide);
        check_string(wide.outcome, outcomes[i % 3][i / 3]);
    }
}

/* ---- a completion queue of many ---- */

struct many {
    size_t size, got;
    bool in_order; /* each as it was resolved */
    bool one_by_one;
};

static size_t shuffled(size_t i, size_t n)
{
    return (i * 7919) % n; /* a prime that does not divide n */
}

static void complete_many(void *arg)
{
    struct many *many = arg;
    const size_t n = many->size;
    hence_future **in = calloc(n, sizeof *in);
    hence_promise **p = calloc(n, sizeof *p);
    both = begin_loop();
    for (size_t i = 0; i < n; i++)
        in[i] = hence_future_new(both.loop, &p[i]);
    hence_completion_queue *queue = hence_as_completed(both.loop, in, n, -1);
    many->got = 0;
    many->in_order = true;
    for (size_t i = 0; i < n; i++) {
        hence_resolve(p[shuffled(i, n)], hence_none());
        if (!many->one_by_one && i + 1 < n)
            continue;
        hence_test_turn(both.loop);
        hence_completion *completion;
        while ((completion = hence_completion_queue_pop(queue))) {
            many->in_order &= completion->index == shuffled(many->got++, n);
            hence_completion_free(completion);
        }
    }
    run();
    hence_completion_queue_free(queue);
    for (size_t i = 0; i < n; i++)
        hence_future_unref(in[i]);
    end_loop(&both);
    free(in);
    free(p);
}

TEST(future_depth, a_million_completions_come_in_linear_time)
{
    struct many many = {.size = (size_t)support_many()};
    on_small_stack(complete_many, &many);
    check_int(many.got, many.size);
    check(many.in_order);
}

TEST(future_depth, a_queue_of_many_can_be_popped_one_by_one_while_each_is_resolved)
{
    struct many many = {.size = (size_t)support_many() / 10, .one_by_one = true};
    on_small_stack(complete_many, &many);
    check_int(many.got, many.size);
    check(many.in_order);
}

/* ---- loops without end ---- */

struct rounds {
    hence_loop *loop;
    int left;
    long blocks_at_first, blocks_at_most;
};

static hence_result next_round(hence_result *in, void *arg);

static hence_future *begin_round(struct rounds *rounds)
{
    hence_future *slept = hence_future_lend(hence_sleep_future(rounds->loop, 0));
    return hence_future_then(slept, next_round, NULL, rounds);
}

static hence_result next_round(hence_result *in, void *arg)
{
    struct rounds *rounds = arg;
    (void)in;
    const long blocks = blocks_alive();
    if (!rounds->blocks_at_first)
        rounds->blocks_at_first = blocks;
    if (blocks > rounds->blocks_at_most)
        rounds->blocks_at_most = blocks;
    if (!--rounds->left)
        return hence_int(7);
    return hence_chain_future(begin_round(rounds));
}

TEST_ONCE(future_depth, a_million_steps_of_which_each_returns_the_next_one_need_constant_memory)
{
    both = begin_loop();
    struct rounds rounds = {.loop = both.loop, .left = support_many()};
    hence_test_clock_autojump(both.clock, true);
    hence_future *f = begin_round(&rounds);
    hence_result r = hence_loop_run_until_complete(both.loop, f);
    check_string(describe(&r), "7");
    hence_drop(r);
    hence_future_unref(f);
    check(rounds.blocks_at_most - rounds.blocks_at_first <= 12);
    end_loop(&both);
}
