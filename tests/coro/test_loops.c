/* SPDX-License-Identifier: BSD-3-Clause */
/* Loops without end in coroutines and generators: they must not grow with the number of their rounds. */
#include "support/support.h"

SUITE(coro_loops);

static struct loop_and_clock both;
static long at_first, at_most;
static int left;

static void begin(int rounds)
{
    both = begin_loop();
    hence_test_clock_autojump(both.clock, true);
    at_first = at_most = 0;
    left = rounds;
}

static void count_blocks(void)
{
    const long blocks = blocks_alive();
    at_first = at_first ? at_first : blocks;
    at_most = blocks > at_most ? blocks : at_most;
}

/* Runs it as a task, and gives how many blocks it had at most beyond those in its first round. */
static long run(hence_result_fn *body, const char *expected)
{
    hence_future *f = hence_spawn(both.loop, body, NULL);
    hence_result r = hence_loop_run_until_complete(both.loop, f);
    check_string(describe(&r), expected);
    hence_drop(r);
    hence_future_unref(f);
    end_loop(&both);
    return at_most - at_first;
}

static hence_result wait_in_a_loop(void *unused)
{
    (void)unused;
    while (left--) {
        hence_drop(hence_co_yield());
        hence_drop(hence_await(hence_sleep_future(both.loop, 1)));
        hence_drop(hence_await_deferred(hence_sleep(both.loop, 1)));
        count_blocks();
    }
    return hence_none();
}

TEST_ONCE(coro_loops, one_that_waits_a_million_times_needs_constant_memory)
{
    begin(support_many());
    check(run(wait_in_a_loop, "none") <= 2);
}

static hence_result seven(void *unused)
{
    (void)unused;
    return hence_int(7);
}

static hence_result spawn_in_a_loop(void *unused)
{
    hence_result r = hence_none();
    (void)unused;
    while (left--) {
        r = hence_await(hence_spawn(both.loop, seven, NULL));
        count_blocks();
    }
    return r;
}

TEST_ONCE(coro_loops, one_that_spawns_and_awaits_a_million_others_needs_constant_memory)
{
    begin(support_many());
    check(run(spawn_in_a_loop, "7") <= 2);
}

static hence_result yield_and_wait(hence_generator *g, void *unused)
{
    (void)unused;
    for (int i = 0; i < 10; i++) {
        hence_drop(hence_co_yield());
        hence_drop(hence_yield(g, payload()));
    }
    return hence_none();
}

static hence_result yield_from_in_a_loop(hence_generator *g, void *unused)
{
    (void)unused;
    for (;;) {
        hence_result r = hence_yield_from(g, hence_generator_new(yield_and_wait, NULL));
        if (hence_is_failure(&r)) /* it is closed */
            return r;
        hence_drop(r);
    }
}

static hence_result ask_in_a_loop(void *unused)
{
    hence_generator *g = hence_generator_new(yield_from_in_a_loop, NULL);
    hence_result r;
    (void)unused;
    while (left-- && hence_generator_next(g, &r)) {
        hence_drop(r);
        count_blocks();
    }
    hence_generator_unref(g);
    return hence_none();
}

TEST_ONCE(coro_loops, a_generator_that_gives_a_million_values_of_others_needs_constant_memory)
{
    begin(support_many());
    check(run(ask_in_a_loop, "none") <= 2);
    check_int(payloads_alive(), 0);
}

/* ---- what does grow ---- */

static hence_result return_next(void *unused)
{
    count_blocks();
    return --left ? hence_chain_future(hence_spawn(both.loop, return_next, unused)) : hence_int(7);
}

/* The stack does not. */
TEST_ONCE(coro_loops, tasks_of_which_each_returns_the_next_one_are_kept_until_the_last_has_ended)
{
    const int many = support_many() / 10;
    begin(many);
    const long grown = run(return_next, "7");
    check(grown > many && grown < 4L * many);
}

static hence_result return_next_inline(void *unused)
{
    hence_drop(hence_co_yield());
    count_blocks();
    return --left ? hence_chain(hence_inline_callbacks(return_next_inline, unused)) : hence_int(7);
}

TEST_ONCE(coro_loops, so_are_inline_bodies)
{
    const int many = support_many() / 10;
    begin(many);
    const long grown = run(return_next_inline, "7");
    check(grown > many / 2 && grown < 4L * many);
}
