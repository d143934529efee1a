/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Unit tests of an operation that takes a second, in no time: the loop's clock only moves when the
 * test says so, and the loop goes turn by turn.
 *
 *     cc 23_testing.c $(pkg-config --cflags --libs hence) && ./a.out
 *     ok: it takes one second and gives the square
 *     ok: it refuses negative numbers
 *     ok: cancelling it leaves nothing behind
 *     ok: calls are made in order, one turn at a time
 *     ok: a day passes in no time
 */
#include <hence/hence.h>
#include <hence/testing.h>

#include <errno.h>
#include <stdlib.h>

static hence_deferred *slow_square(hence_loop *loop, int64_t x);
static hence_result square(hence_result *in, void *arg);

typedef bool test_fn(hence_loop *loop, hence_test_clock *clock);
static test_fn takes_one_second, refuses_negatives, cancel_leaves_nothing, calls_in_order, a_day;
static bool run(const char *name, test_fn *test);
static void count(void *arg);
static void stop(void *arg);

int main(void)
{
    bool ok = run("it takes one second and gives the square", takes_one_second);
    ok = run("it refuses negative numbers", refuses_negatives) && ok;
    ok = run("cancelling it leaves nothing behind", cancel_leaves_nothing) && ok;
    ok = run("calls are made in order, one turn at a time", calls_in_order) && ok;
    ok = run("a day passes in no time", a_day) && ok;
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

//! [clock]
static bool run(const char *name, test_fn *test)
{
    hence_loop *loop = hence_loop_new(NULL);
    hence_test_clock *clock = hence_test_clock_new(loop); /* each test begins at 0 */
    bool ok = clock && test(loop, clock);
    hence_test_clock_free(clock);
    hence_loop_free(loop);
    printf("%s: %s\n", ok ? "ok" : "FAILED", name);
    return ok;
}
//! [clock]

/* ---- what is tested ---- */

static hence_deferred *slow_square(hence_loop *loop, int64_t x)
{
    if (x < 0)
        return hence_deferred_fail(hence_fail_errno(EINVAL, "a negative number"));
    hence_deferred *d = hence_sleep(loop, HENCE_SECONDS(1));
    int64_t *copy = hence_deferred_alloc(d, sizeof *copy, NULL);
    if (!copy)
        return hence_deferred_unref(d);
    *copy = x;
    hence_deferred_add_callback(d, square, copy);
    return d;
}

static hence_result square(hence_result *in, void *arg)
{
    (void)in;
    int64_t x = *(int64_t *)arg;
    return hence_int(x * x);
}

/* ---- the tests ---- */

//! [success]
static bool takes_one_second(hence_loop *loop, hence_test_clock *clock)
{
    hence_deferred *d = slow_square(loop, 3);
    hence_test_clock_advance(clock, HENCE_SECONDS(0.999));
    bool waits = hence_test_no_result(d);

    hence_test_clock_advance(clock, HENCE_MS(1));
    hence_result r;
    bool came = hence_test_success_of(d, &r);
    bool right = hence_as_int(&r) == 9;

    hence_drop(r);
    hence_deferred_unref(d);
    return waits && came && right;
}
//! [success]

//! [failure]
static bool refuses_negatives(hence_loop *loop, hence_test_clock *clock)
{
    (void)clock;
    hence_deferred *d = slow_square(loop, -3);
    hence_failure *failure = hence_test_failure_of(d); /* yours; NULL if it has not failed */
    bool refused = hence_failure_find(failure, &hence_domain_errno, EINVAL);
    hence_failure_unref(failure);
    hence_deferred_unref(d);
    return refused;
}
//! [failure]

//! [nothing-left]
static bool cancel_leaves_nothing(hence_loop *loop, hence_test_clock *clock)
{
    hence_deferred_forget(slow_square(loop, 3));
    hence_test_clock_advance(clock, 0); /* runs what is ready */
    return hence_loop_pending(loop) == 0;
}
//! [nothing-left]

//! [turn]
static bool calls_in_order(hence_loop *loop, hence_test_clock *clock)
{
    int turns = 0;
    if (hence_call_soon(loop, count, &turns, NULL) < 0)
        return false;
    bool one_each = hence_test_turn(loop) == 1 && turns == 1; /* how many calls it made */

    const int64_t steps[] = {HENCE_MS(10), HENCE_MS(10), HENCE_MS(10)};
    if (hence_call_later(loop, HENCE_MS(20), count, &turns, NULL) < 0)
        return false;
    hence_test_clock_pump(clock, steps, 3); /* three times 10 ms */
    return one_each && turns == 2 && hence_test_clock_now(clock) == HENCE_MS(30);
}
//! [turn]

static void count(void *arg)
{
    int *turns = arg;
    ++*turns;
}

//! [autojump]
static bool a_day(hence_loop *loop, hence_test_clock *clock)
{
    const int64_t day = HENCE_SECONDS(24 * 60 * 60);
    if (hence_test_clock_autojump(clock, true) < 0 ||
        hence_call_later(loop, day, stop, loop, NULL) < 0)
        return false;
    return hence_loop_run_forever(loop) == 0 && hence_test_clock_now(clock) == day;
}
//! [autojump]

static void stop(void *arg)
{
    hence_loop_stop(arg);
}
