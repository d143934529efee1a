/* SPDX-License-Identifier: BSD-3-Clause */
/* How floating-point numbers are rounded: each coroutine as it likes, and nobody else because of it. */
#include <fenv.h>

#include "coro/coro_support.h"

SUITE(rounding);

/* "near", "up" or "down", if all that computes agrees. */
static const char *rounding(void)
{
    static const struct {
        int mode;
        const char *name;
    } known[] = {{FE_TONEAREST, "near"}, {FE_UPWARD, "up"}, {FE_DOWNWARD, "down"}};
    volatile double one = 1, tiny = 1e-30;
    volatile long double long_one = 1, long_tiny = 1e-30L;
    const int mode = fegetround();
    const bool is_up = one + tiny > 1, is_down = one - tiny < 1;
    if ((long_one + long_tiny > 1) != is_up || (long_one - long_tiny < 1) != is_down)
        return "two ways";
    for (int i = 0; i < 3; i++) {
        if (known[i].mode == mode && is_up == (mode == FE_UPWARD) &&
            is_down == (mode == FE_DOWNWARD))
            return known[i].name;
    }
    return "wrong";
}

struct rounder {
    const char *word;
    int mode;
    hence_future *f;
    bool leaves_it;
};

static hence_result round_and_wait(void *arg)
{
    struct rounder *rounder = arg;
    trace("%s:%s", rounder->word, rounding());
    const int before = fegetround();
    fesetround(rounder->mode);
    for (int i = 0; i < 2; i++) {
        hence_drop(
            hence_await(i ? hence_sleep_future(both.loop, 0) : hence_future_ref(rounder->f)));
        trace("%s:%s", rounder->word, rounding());
    }
    if (!rounder->leaves_it)
        fesetround(before);
    return hence_none();
}

TEST(rounding, is_that_of_each_coroutine)
{
    hence_promise *p;
    begin();
    hence_future *f = hence_future_new(both.loop, &p);
    struct rounder a = {"a", FE_UPWARD, f, false}, b = {"b", FE_DOWNWARD, f, false};
    hence_future *ta = hence_spawn(both.loop, round_and_wait, &a);
    hence_future *tb = hence_spawn(both.loop, round_and_wait, &b);
    run();
    if (!support_faulty)
        check_trace("a:near b:near");
    check_string(rounding(), "near");
    hence_resolve(p, hence_none());
    run();
    if (!support_faulty)
        check_trace("a:up b:down a:up b:down");
    check_string(rounding(), "near");
    hence_future_unref(ta);
    hence_future_unref(tb);
    hence_future_unref(f);
    end();
}

TEST(rounding, of_one_that_has_ended_is_nobodys)
{
    begin();
    for (int i = 0; i < 3; i++) { /* on the same stack */
        struct rounder a = {"a", FE_UPWARD, NULL, true};
        hence_promise *p;
        a.f = hence_future_new(both.loop, &p);
        hence_resolve(p, hence_none());
        hence_future *task = hence_spawn(both.loop, round_and_wait, &a);
        run();
        if (!support_faulty)
            check_trace("a:near a:up a:up");
        check_string(rounding(), "near");
        hence_future_unref(task);
        hence_future_unref(a.f);
    }
    end();
}

static hence_result yield_twice(hence_generator *g, void *mode)
{
    trace("g:%s", rounding());
    for (int i = 0; i < 2; i++) {
        hence_yield(g, hence_int(i));
        trace("g:%s", rounding());
        fesetround(*(int *)mode);
    }
    return hence_none();
}

TEST(rounding, is_what_it_was_where_the_generator_was_begun)
{
    int mode = FE_UPWARD;
    hence_result r;
    const int before = fegetround();
    for (int i = 0; i < 2; i++) {
        hence_generator *g = hence_generator_new(yield_twice, &mode);
        fesetround(FE_DOWNWARD);
        hence_generator_next(g, &r);
        hence_drop(r);
        fesetround(before);
        hence_generator_next(g, &r);
        hence_drop(r);
        check_string(rounding(), "near");
        hence_generator_next(g, &r);
        hence_drop(r);
        check_string(rounding(), "near");
        if (!support_faulty)
            check_trace("g:down g:down g:up");
        hence_generator_unref(g);
    }
}
