/* SPDX-License-Identifier: BSD-3-Clause */
/* Timers: their order, their times, and what they cost. */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "loop/loop.h"
#include "support/random.h"
#include "support/support.h"

SUITE(timers);

/* ---- order ---- */

TEST(timers, timers_run_in_the_order_of_their_due_times)
{
    struct loop_and_clock both = begin_loop();
    hence_call_later(both.loop, 30, call, "c", NULL);
    hence_call_later(both.loop, 10, call, "a", NULL);
    hence_call_later(both.loop, 20, call, "b", NULL);
    hence_test_clock_advance(both.clock, 100);
    check_trace("a b c");
    end_loop(&both);
}

/* rule 128 */ /* difference 13 */
TEST(timers, equal_due_times_run_in_the_order_in_which_they_were_asked_for)
{
    static const char *const words[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
    struct loop_and_clock both = begin_loop();
    for (int i = 0; i < 20; i++)
        hence_call_at(both.loop, 50, call, (void *)(uintptr_t)words[i % 10], NULL);
    hence_test_clock_advance(both.clock, 50);
    check_trace("0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9");
    end_loop(&both);
}

/* rule 128 */ /* difference 13 */
TEST(timers, cancelling_some_does_not_disturb_the_order_of_the_rest)
{
    static const char *const words[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
    struct loop_and_clock both = begin_loop();
    hence_call handles[10];
    for (int i = 0; i < 10; i++)
        hence_call_at(both.loop, 50, call, (void *)(uintptr_t)words[i], &handles[i]);
    hence_call_cancel(both.loop, handles[0]);
    hence_call_cancel(both.loop, handles[4]);
    hence_call_cancel(both.loop, handles[5]);
    hence_call_at(both.loop, 50, call, "x", NULL);
    hence_call_cancel(both.loop, handles[9]);
    hence_test_clock_advance(both.clock, 50);
    check_trace("1 2 3 6 7 8 x");
    end_loop(&both);
}

TEST(timers, equal_due_times_stay_in_order_when_the_count_that_orders_them_wraps)
{
    static const char *const words[] = {"0", "1", "2", "3", "4", "5", "6", "7"};
    struct loop_and_clock both = begin_loop();
    if (both.loop)
        both.loop->timers.last_order = UINT32_MAX - 4;
    for (int i = 0; i < 8; i++)
        hence_call_at(both.loop, 50, call, (void *)(uintptr_t)words[i], NULL);
    hence_test_clock_advance(both.clock, 50);
    check_trace("0 1 2 3 4 5 6 7");
    end_loop(&both);
}

/* rule 130 */
TEST(timers, what_is_left_of_a_cancelled_one_is_not_taken_for_the_next_when_that_count_has_wrapped)
{
    struct loop_and_clock both = begin_loop();
    hence_call first, second, others[200];
    hence_call_at(both.loop, 50, call, "first", &first);
    hence_call_at(both.loop, 10, call, "top", NULL);
    hence_call_cancel(both.loop, first);
    if (both.loop)
        both.loop->timers.last_order -= 2; /* as after 2^32 others */
    hence_call_at(both.loop, 100, call, "second", &second);
    check_int(second.slot, first.slot);
    for (int i = 0; i < 200; i++)
        hence_call_at(both.loop, 80, call, "other", &others[i]);
    for (int i = 0; i < 200; i++) /* more than half of all: they are swept out */
        hence_call_cancel(both.loop, others[i]);
    hence_test_clock_advance(both.clock, 50);
    check_trace("top");
    hence_test_clock_advance(both.clock, 50);
    check_trace("second");
    if (both.loop)
        check_int(both.loop->timers.stale, 0);
    end_loop(&both);
}

TEST(timers, when_all_of_many_are_cancelled_none_is_left)
{
    struct loop_and_clock both = begin_loop();
    hence_call others[65];
    for (int i = 0; i < 65; i++)
        hence_call_at(both.loop, 80, call, "never", &others[i]);
    for (int i = 0; i < 65; i++)
        hence_call_cancel(both.loop, others[i]);
    check_int(hence_loop_pending(both.loop), 0);
    if (both.loop)
        check_int(both.loop->timers.count, 0);
    hence_call_at(both.loop, 70, call, "a", NULL);
    hence_test_clock_advance(both.clock, 100);
    check_trace("a");
    end_loop(&both);
}

/* rule 127 */
TEST(timers, a_delay_of_zero_or_less_is_the_next_turn_behind_what_is_ready)
{
    struct loop_and_clock both = begin_loop();
    hence_call_later(both.loop, -1, call, "-1", NULL);
    hence_call_later(both.loop, -2, call, "-2", NULL);
    hence_call_later(both.loop, 0, call, "0", NULL);
    hence_call_soon(both.loop, call, "soon", NULL);
    check_int(hence_test_turn(both.loop), 4);
    check_trace("soon -2 -1 0");
    end_loop(&both);
}

TEST(timers, a_time_that_has_passed_is_the_next_turn)
{
    struct loop_and_clock both = begin_loop();
    hence_test_clock_advance(both.clock, 100);
    hence_call_at(both.loop, 50, call, "50", NULL);
    hence_call_at(both.loop, INT64_MIN, call, "ages ago", NULL);
    check_int(hence_test_turn(both.loop), 2);
    check_trace("ages ago 50");
    end_loop(&both);
}

/* ---- times ---- */

TEST(timers, a_timer_runs_at_its_time_and_not_a_nanosecond_before)
{
    struct loop_and_clock both = begin_loop();
    hence_call_later(both.loop, HENCE_SECONDS(1), call, "a", NULL);
    check_int(hence_test_clock_advance(both.clock, HENCE_SECONDS(1) - 1), 0);
    check_trace("");
    check_int(hence_test_clock_advance(both.clock, 1), 1);
    check_trace("a");
    end_loop(&both);
}

TEST(timers, durations_are_nanoseconds)
{
    check_int(HENCE_SECONDS(0.25), 250000000);
    check_int(HENCE_SECONDS(3), INT64_C(3000000000));
    check_int(HENCE_MS(3), 3000000);
    check_int(HENCE_US(3), 3000);
    check_int(HENCE_MS(3600000), INT64_C(3600000000000));
}

TEST(timers, a_delay_past_the_end_of_time_never_ends)
{
    struct loop_and_clock both = begin_loop();
    hence_call endless, at_the_end;
    hence_test_clock_advance(both.clock, 1000);
    check_int(hence_call_later(both.loop, INT64_MAX, call, "endless", &endless), 0);
    check_int(hence_call_at(both.loop, INT64_MAX, call, "end", &at_the_end), 0);
    check_int(hence_call_later(both.loop, INT64_MIN, call, "past", NULL), 0);
    check_int(hence_call_at(both.loop, INT64_MIN, call, "past", NULL), 0);
    check_int(hence_call_later(both.loop, 5, call, "a", NULL), 0);
    hence_test_clock_advance(both.clock, HENCE_SECONDS(100.0 * 365 * 86400));
    check_trace("past past a");
    check_int(hence_loop_pending(both.loop), 2);
    check_int(hence_call_cancel(both.loop, endless), 0);
    check_int(hence_call_cancel(both.loop, at_the_end), 0);
    end_loop(&both);
}

TEST(timers, a_far_timer_keeps_a_loop_on_the_real_clock_usable)
{
    hence_loop *loop = hence_loop_new(NULL);
    hence_call far_away;
    hence_call_later(loop, INT64_MAX, call, "far", &far_away);
    hence_call_later(loop, HENCE_SECONDS(1e6), call, "far", NULL);
    hence_call_soon(loop, call, "soon", NULL);
    hence_call_later(loop, 0, call, "now", NULL);
    hence_test_turn(loop);
    hence_test_turn(loop);
    check_trace("soon now");
    check_int(hence_call_cancel(loop, far_away), 0);
    hence_loop_free(loop);
}

static int64_t real_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

TEST(timers, the_loop_s_time_is_the_monotonic_clock)
{
    hence_loop *loop = hence_loop_new(NULL);
    int64_t before = real_now(), told = hence_loop_time(loop), after = real_now();
    check(before <= told && told <= after);
    hence_loop_free(loop);
}

struct on_time {
    hence_loop *loop;
    int64_t earliest[8], came[8];
    int n;
};

static struct on_time on_time;

static void came(void *arg)
{
    (void)arg;
    on_time.came[on_time.n++] = real_now();
    if (on_time.n == 4)
        hence_loop_stop(on_time.loop);
}

/* Four timers: the first after this delay, and each of the others so much later than the one before. */
static void check_never_early(hence_loop *loop, int64_t delay, int64_t step)
{
    on_time = (struct on_time){.loop = loop};
    for (int i = 0; i < 4; i++) {
        on_time.earliest[i] = real_now() + delay + i * step;
        hence_call_later(loop, delay + i * step, came, NULL, NULL);
    }
    check_int(hence_loop_run_forever(loop), 0);
    for (int i = 0; i < 4; i++)
        check(on_time.came[i] >= on_time.earliest[i]);
}

/* rule 129 */ /* difference 13 */
TEST_ONCE(timers, a_timer_never_runs_early)
{
    hence_loop *loop = hence_loop_new(NULL);
    check_never_early(loop, HENCE_MS(5), HENCE_US(1111));
    hence_loop_free(loop);
}

/* rule 129 */ /* difference 13 */
TEST_ONCE(timers, a_timer_never_runs_early_on_a_base_with_precise_timers)
{
    struct event_config *config = event_config_new();
    event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
    struct event_base *base = event_base_new_with_config(config);
    event_config_free(config);
    hence_loop *loop = hence_loop_new(base);
    check_never_early(loop, HENCE_MS(2), HENCE_US(333));
    hence_loop_free(loop);
    event_base_free(base);
}

static void ask_after_a_while(void *arg)
{
    (void)arg;
    int64_t until = real_now() + HENCE_MS(3);
    while (real_now() < until)
        ;
    for (int i = 0; i < 4; i++) {
        on_time.earliest[i] = real_now() + HENCE_MS(3);
        hence_call_later(on_time.loop, HENCE_MS(3), came, NULL, NULL);
    }
}

TEST_ONCE(timers, a_delay_counts_from_now_and_not_from_when_the_turn_began)
{
    hence_loop *loop = hence_loop_new(NULL);
    on_time = (struct on_time){.loop = loop};
    hence_call_soon(loop, ask_after_a_while, NULL, NULL);
    check_int(hence_loop_run_forever(loop), 0);
    for (int i = 0; i < 4; i++)
        check(on_time.came[i] >= on_time.earliest[i]);
    hence_loop_free(loop);
}

/* ---- timers that make and end timers ---- */

static hence_loop *the_loop;
static int ran;

static void count(void *arg)
{
    (void)arg;
    ran++;
}

static void ask_for_many(void *arg)
{
    (void)arg;
    for (int i = 0; i < 500; i++)
        hence_call_later(the_loop, i % 7, count, NULL, NULL);
}

TEST(timers, a_timer_may_ask_for_many_others)
{
    struct loop_and_clock both = begin_loop();
    the_loop = both.loop;
    ran = 0;
    hence_call_later_own(both.loop, 5, ask_for_many, payload_new(), payload_destroy, NULL);
    hence_test_clock_advance(both.clock, 5);
    check_int(ran, 72);
    hence_test_clock_advance(both.clock, 7);
    check_int(ran, 500);
    end_loop(&both);
}

static hence_call handles[200];

static void cancel_all(void *arg)
{
    (void)arg;
    for (int i = 0; i < 200; i++)
        ran += hence_call_cancel(the_loop, handles[i]) == 0;
}

TEST(timers, a_timer_may_cancel_all_others)
{
    struct loop_and_clock both = begin_loop();
    the_loop = both.loop;
    ran = 0;
    for (int i = 0; i < 100; i++)
        hence_call_later(both.loop, 10 + i, count, NULL, &handles[i]);
    hence_call_later(both.loop, 5, cancel_all, NULL, NULL);
    for (int i = 100; i < 200; i++)
        hence_call_later(both.loop, 5, count, NULL, &handles[i]);
    hence_test_clock_advance(both.clock, 1000);
    check_int(ran, 200);
    check_int(hence_loop_pending(both.loop), 0);
    end_loop(&both);
}

/* ---- many ---- */

struct event_of_model {
    int64_t when;
    int order;
};

#define MANY 1000000

static int expected_order[MANY];
static struct event_of_model model[MANY];
static int ran_in_order;
static bool out_of_order;

static int compare(const void *a, const void *b)
{
    const struct event_of_model *x = a, *y = b;
    if (x->when != y->when)
        return x->when < y->when ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

static void expect_next(void *arg)
{
    if (expected_order[ran_in_order++] != (int)(intptr_t)arg)
        out_of_order = true;
}

static uint32_t random_state = 88172645u;

/* Asks for `n` timers at random times, of which many are equal, and cancels about a third. */
static void run_many(struct loop_and_clock both, int n)
{
    hence_call *made = calloc((size_t)n, sizeof *made);
    int kept = 0;
    cr_assert_not_null(made);
    ran_in_order = 0;
    out_of_order = false;
    for (int i = 0; i < n; i++) {
        int64_t when = next_random(&random_state) % (unsigned)(n / 3 + 1);
        model[kept] = (struct event_of_model){when, i};
        if (hence_call_at(both.loop, when, expect_next, (void *)(intptr_t)i, &made[i]) == 0)
            kept++;
        if (i % 3 == 2 && kept) {
            int which = (int)(next_random(&random_state) % (unsigned)kept);
            check_int(hence_call_cancel(both.loop, made[model[which].order]), 0);
            model[which] = model[--kept];
        }
    }
    qsort(model, (size_t)kept, sizeof *model, compare);
    for (int i = 0; i < kept; i++)
        expected_order[i] = model[i].order;
    check_int(hence_loop_pending(both.loop), kept);
    for (int i = 0; i < 5; i++)
        hence_test_clock_advance(both.clock, n / 10);
    check_int(hence_test_clock_advance(both.clock, n) >= 0, 1);
    check_int(ran_in_order, kept);
    check(!out_of_order);
    check_int(hence_loop_pending(both.loop), 0);
    free(made);
}

/* rule 128 */
TEST(timers, a_thousand_timers_run_in_order_whatever_is_cancelled)
{
    struct loop_and_clock both = begin_loop();
    run_many(both, 1000);
    end_loop(&both);
}

/* rule 128 */
TEST_ONCE(timers, a_million_timers_run_in_order_whatever_is_cancelled)
{
    struct loop_and_clock both = begin_loop();
    run_many(both, MANY);
    end_loop(&both);
}

/* rule 130 */
TEST_ONCE(timers, timers_that_are_scheduled_and_cancelled_for_ever_need_bounded_memory)
{
    struct loop_and_clock both = begin_loop();
    hence_call live[10];
    for (int i = 0; i < 10; i++)
        hence_call_later(both.loop, HENCE_SECONDS(3600), call, "x", &live[i]);
    for (int i = 0; i < 1000000; i++) {
        check_int(hence_call_cancel(both.loop, live[i % 10]), 0);
        hence_call_later(both.loop, HENCE_SECONDS(3600) + (int64_t)next_random(&random_state), call,
                         "x", &live[i % 10]);
    }
    check_int(hence_loop_pending(both.loop), 10);
    check(both.loop->timers.capacity <= 256);
    check(both.loop->timers.slots <= 64);
    end_loop(&both);
}

TEST_ONCE(timers, a_timer_that_is_moved_for_ever_needs_bounded_memory)
{
    struct loop_and_clock both = begin_loop();
    hence_call handle;
    hence_call_later(both.loop, 1, call, "a", &handle);
    for (int i = 0; i < 1000000; i++)
        hence_call_reset(both.loop, handle, i % 2 ? HENCE_SECONDS(1) + i : HENCE_SECONDS(2) - i);
    check_int(hence_loop_pending(both.loop), 1);
    check(both.loop->timers.capacity <= 256);
    hence_test_clock_advance(both.clock, HENCE_SECONDS(2));
    check_trace("a");
    end_loop(&both);
}

static void again(void *arg)
{
    if (++ran < 300000)
        hence_call_later(the_loop, (int64_t)(next_random(&random_state) % 1000), again, arg, NULL);
}

TEST_ONCE(timers, timers_that_ask_for_themselves_again_need_bounded_memory)
{
    struct loop_and_clock both = begin_loop();
    the_loop = both.loop;
    ran = 0;
    for (int i = 0; i < 20; i++)
        hence_call_later(both.loop, i, again, NULL, NULL);
    hence_test_clock_autojump(both.clock, true);
    check(hence_test_clock_advance(both.clock, 0) > 0);
    check(ran >= 300000);
    check(both.loop->timers.capacity <= 256);
    check(both.loop->timers.slots <= 64);
    end_loop(&both);
}

TEST_ONCE(timers, a_hundred_thousand_timers_for_the_same_time_all_run_in_one_advance)
{
    struct loop_and_clock both = begin_loop();
    ran = 0;
    for (int i = 0; i < 100000; i++)
        hence_call_later(both.loop, 5, count, NULL, NULL);
    check(hence_test_clock_advance(both.clock, 5) >= 100000 / 256);
    check_int(ran, 100000);
    end_loop(&both);
}

/* ---- durations ---- */

TEST(timers, seconds_are_rounded_to_the_nearest_nanosecond)
{
    static const int64_t constant = HENCE_SECONDS(1.001);
    check_int(constant, HENCE_MS(1001));
    for (int64_t ms = 0; ms < 100000; ms++)
        check_int(HENCE_SECONDS((double)ms / 1000), HENCE_MS(ms));
}
