/* SPDX-License-Identifier: BSD-3-Clause */
/* The test clock, the loop turn by turn, and what tests ask of Deferreds. */
#include <hence/testing.h>

#include <errno.h>

#include "base/memory.h"
#include "deferred/deferred.h"
#include "loop/loop.h"

struct hence_test_clock {
    struct hence_clock clock;
    hence_loop *loop;
};

/* From now on; when the next turn comes must be decided anew. */
static void use_clock(hence_loop *loop, struct hence_clock *clock)
{
    loop->clock = clock;
    if (!hence_loop_base(loop))
        return;
    event_del(&loop->turn);
    loop->armed = INT64_MAX;
    hence_loop_arm(loop);
}

hence_test_clock *hence_test_clock_new(hence_loop *loop)
{
    if (hence_loop_check(loop, "hence_test_clock_new()") < 0 || loop->clock)
        return NULL;
    hence_test_clock *clock = hence_memory_get_zeroed(sizeof *clock);
    if (!clock)
        return NULL;
    clock->loop = hence_loop_ref(loop);
    use_clock(loop, &clock->clock);
    return clock;
}

hence_test_clock *hence_test_clock_free(hence_test_clock *clock)
{
    if (!clock)
        return NULL;
    use_clock(clock->loop, NULL);
    hence_loop_unref(clock->loop);
    hence_memory_put(clock, sizeof *clock);
    return NULL;
}

int hence_test_clock_advance(hence_test_clock *clock, int64_t delta)
{
    if (!clock)
        return -ENOMEM;
    if (delta < 0)
        return -EINVAL;
    int error = hence_loop_can_run(clock->loop);
    if (error)
        return error;
    if (__builtin_add_overflow(clock->clock.now, delta, &clock->clock.now))
        clock->clock.now = INT64_MAX;
    if (clock->clock.now == INT64_MAX) /* the time at which no call can be due */
        clock->clock.now--;
    hence_loop_arm(clock->loop);
    int turns = 0, ran;
    while ((ran = hence_loop_poll(clock->loop, false)) > 0 ||
           (ran == 0 && hence_loop_has_ready(clock->loop)))
        turns++;
    return ran < 0 ? ran : turns;
}

int hence_test_clock_pump(hence_test_clock *clock, const int64_t *deltas, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int turns = hence_test_clock_advance(clock, deltas[i]);
        if (turns < 0)
            return turns;
    }
    return 0;
}

int hence_test_clock_autojump(hence_test_clock *clock, bool on)
{
    if (!clock)
        return -ENOMEM;
    clock->clock.jumps = on;
    use_clock(clock->loop, &clock->clock);
    return 0;
}

int64_t hence_test_clock_now(const hence_test_clock *clock)
{
    return clock ? clock->clock.now : 0;
}

int hence_test_turn(hence_loop *loop)
{
    return hence_loop_poll(loop, true);
}

/* ---- Deferreds ---- */

/* Has it a result that can be taken, of this side? */
static bool has_result(const hence_deferred *d, bool failure)
{
    return d && hence_deferred_get_state(d) == HENCE_DEFERRED_DONE && !(d->state & STATE_TAKEN) &&
           hence_is_failure(&d->waitable.slot) == failure;
}

bool hence_test_success_of(hence_deferred *d, hence_result *out)
{
    bool succeeded = has_result(d, false);
    *out = succeeded ? hence_deferred_take(d) : hence_none();
    return succeeded;
}

hence_failure *hence_test_failure_of(hence_deferred *d)
{
    if (!has_result(d, true))
        return NULL;
    hence_result r = hence_deferred_take(d);
    return hence_take_failure(&r);
}

bool hence_test_no_result(const hence_deferred *d)
{
    hence_deferred_state state = hence_deferred_get_state(d);
    return state != HENCE_DEFERRED_DONE && state != HENCE_DEFERRED_RUNNING;
}
