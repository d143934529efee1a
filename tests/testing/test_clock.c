/* SPDX-License-Identifier: BSD-3-Clause */
/* The test clock, and the loop turn by turn. */
#include <errno.h>
#include <event2/event.h>
#include <unistd.h>

#include "support/support.h"

SUITE(clock);

TEST(clock, it_begins_at_zero_and_moves_only_when_it_is_told)
{
    struct loop_and_clock both = begin_loop();
    check_int(hence_test_clock_now(both.clock), 0);
    check_int(hence_loop_time(both.loop), 0);
    check_int(hence_test_clock_advance(both.clock, 5), 0);
    check_int(hence_test_clock_now(both.clock), 5);
    check_int(hence_loop_time(both.loop), 5);
    hence_test_turn(both.loop);
    check_int(hence_loop_time(both.loop), 5);
    end_loop(&both);
}

static hence_loop *the_loop;
static hence_test_clock *the_clock;

static void trace_time(void *word)
{
    trace("%s@%d", (const char *)word, (int)hence_loop_time(the_loop));
}

/* rule 68 */
TEST(clock, the_time_moves_first_and_then_everything_due_runs_in_time_order)
{
    struct loop_and_clock both = begin_loop();
    the_loop = both.loop;
    hence_call_later(both.loop, 3, trace_time, "c", NULL);
    hence_call_later(both.loop, 1, trace_time, "a", NULL);
    hence_call_later(both.loop, 2, trace_time, "b", NULL);
    hence_call_later(both.loop, 11, trace_time, "late", NULL);
    hence_test_clock_advance(both.clock, 10);
    check_trace("a@10 b@10 c@10");
    end_loop(&both);
}

/* rule 68 */
TEST(clock, equal_times_run_in_the_order_in_which_they_were_asked_for)
{
    struct loop_and_clock both = begin_loop();
    the_loop = both.loop;
    hence_call_later(both.loop, 1, call, "a", NULL);
    hence_call_later(both.loop, 1, call, "b", NULL);
    hence_call_later(both.loop, 1, call, "c", NULL);
    hence_test_clock_advance(both.clock, 1);
    check_trace("a b c");
    end_loop(&both);
}

static void ask_for_two(void *word)
{
    trace_time(word);
    hence_call_later(the_loop, 0, trace_time, "now", NULL);
    hence_call_later(the_loop, 5, trace_time, "later", NULL);
}

/* rule 68 */
TEST(clock, what_is_asked_for_meanwhile_counts_from_the_new_time)
{
    struct loop_and_clock both = begin_loop();
    the_loop = both.loop;
    hence_call_later(both.loop, 1, ask_for_two, "a", NULL);
    hence_test_clock_advance(both.clock, 10);
    check_trace("a@10 now@10");
    hence_test_clock_advance(both.clock, 4);
    check_trace("");
    hence_test_clock_advance(both.clock, 1);
    check_trace("later@15");
    end_loop(&both);
}

TEST(clock, advancing_by_nothing_runs_what_is_ready)
{
    struct loop_and_clock both = begin_loop();
    check_int(hence_test_clock_advance(both.clock, 0), 0);
    hence_call_soon(both.loop, call, "a", NULL);
    hence_call_later(both.loop, 0, call, "b", NULL);
    check_int(hence_test_clock_advance(both.clock, 0), 1);
    check_trace("a b");
    end_loop(&both);
}

static void nothing(void *arg)
{
    (void)arg;
}

TEST(clock, advance_tells_how_many_turns_it_took)
{
    struct loop_and_clock both = begin_loop();
    for (int i = 0; i < 256; i++)
        hence_call_later(both.loop, 1, nothing, NULL, NULL);
    check_int(hence_test_clock_advance(both.clock, 1), 1);
    for (int i = 0; i < 257; i++)
        hence_call_later(both.loop, 1, nothing, NULL, NULL);
    check_int(hence_test_clock_advance(both.clock, 1), 2);
    end_loop(&both);
}

static void advance_inside(void *word)
{
    static const int64_t steps[] = {1, 1};
    trace("%s:%d:%d", (const char *)word, hence_test_clock_advance(the_clock, 1),
          hence_test_clock_pump(the_clock, steps, 2));
}

TEST(clock, bad_use_of_advance_is_refused)
{
    struct loop_and_clock both = begin_loop();
    char expected[32];
    the_clock = both.clock;
    check_int(hence_test_clock_advance(NULL, 1), -ENOMEM);
    check_int(hence_test_clock_advance(both.clock, -1), -EINVAL);
    check_int(hence_test_clock_now(both.clock), 0);
    hence_call_soon(both.loop, advance_inside, "inside", NULL);
    hence_test_clock_advance(both.clock, 0);
    snprintf(expected, sizeof expected, "inside:%d:%d", -EBUSY, -EBUSY);
    check_trace(expected);
    check_int(hence_test_clock_now(both.clock), 0);
    hence_loop_close(both.loop);
    check_int(hence_test_clock_advance(both.clock, 1), -ESHUTDOWN);
    end_loop(&both);
}

static void advance_in_event(evutil_socket_t fd, short what, void *clock)
{
    (void)fd;
    (void)what;
    trace("%d", hence_test_clock_advance(clock, 1));
}

TEST_ONCE(clock, where_libevent_runs_already_advance_says_so)
{
    char expected[16];
    const struct timeval at_once = {0, 0};
    struct loop_and_clock both = begin_loop();
    struct event_base *base = hence_loop_base(both.loop);
    snprintf(expected, sizeof expected, "%d", -EIO);
    check_int(event_base_once(base, -1, EV_TIMEOUT, advance_in_event, both.clock, &at_once), 0);
    event_base_loop(base, EVLOOP_NONBLOCK);
    check_trace(expected);
    hence_call_soon(both.loop, call, "still good", NULL);
    hence_test_clock_advance(both.clock, 0);
    check_trace("still good");
    end_loop(&both);
}

TEST(clock, time_does_not_run_over)
{
    struct loop_and_clock both = begin_loop();
    hence_call_later(both.loop, HENCE_SECONDS(1), call, "a", NULL);
    hence_test_clock_advance(both.clock, INT64_MAX);
    check(hence_test_clock_now(both.clock) >= INT64_MAX - 1);
    check_int(hence_test_clock_advance(both.clock, INT64_MAX), 0);
    hence_call_soon(both.loop, call, "b", NULL);
    hence_call_later(both.loop, 0, call, "c", NULL);
    hence_test_clock_advance(both.clock, INT64_MAX);
    check(hence_test_clock_now(both.clock) >= INT64_MAX - 1);
    check_trace("a b c");
    end_loop(&both);
}

TEST(clock, pump_takes_some_steps)
{
    struct loop_and_clock both = begin_loop();
    static const int64_t steps[] = {1, 0, 2, 3}, bad[] = {4, -1, 5};
    the_loop = both.loop;
    hence_call_later(both.loop, 1, trace_time, "a", NULL);
    hence_call_later(both.loop, 2, trace_time, "b", NULL);
    hence_call_later(both.loop, 6, trace_time, "c", NULL);
    check_int(hence_test_clock_pump(both.clock, steps, 4), 0);
    check_trace("a@1 b@3 c@6");
    check_int(hence_test_clock_pump(both.clock, NULL, 0), 0);
    check_int(hence_test_clock_pump(both.clock, bad, 3), -EINVAL);
    check_int(hence_test_clock_now(both.clock), 10);
    check_int(hence_test_clock_pump(NULL, steps, 1), -ENOMEM);
    end_loop(&both);
}

/* ---- jumping ---- */

static void stop(void *word)
{
    trace_time(word);
    hence_loop_stop(the_loop);
}

TEST_ONCE(clock, with_autojump_a_program_of_hours_runs_in_no_time)
{
    struct loop_and_clock both = begin_loop();
    the_loop = both.loop;
    check_int(hence_test_clock_autojump(both.clock, true), 0);
    hence_call_later(both.loop, 20, trace_time, "b", NULL);
    hence_call_later(both.loop, 10, ask_for_two, "a", NULL);
    hence_call_later(both.loop, 30, stop, "stop", NULL);
    hence_call_later(both.loop, 31, trace_time, "never", NULL);
    check_int(hence_loop_run_forever(both.loop), 0);
    check_trace("a@10 now@10 later@15 b@20 stop@30");
    check_int(hence_test_clock_now(both.clock), 30);
    end_loop(&both);
}

TEST(clock, autojump_can_be_switched_off_again)
{
    struct loop_and_clock both = begin_loop();
    the_loop = both.loop;
    hence_call_later(both.loop, 10, trace_time, "a", NULL);
    check_int(hence_test_clock_autojump(both.clock, true), 0);
    check_int(hence_test_clock_autojump(both.clock, false), 0);
    check_int(hence_test_clock_advance(both.clock, 0), 0);
    check_trace("");
    hence_test_clock_autojump(both.clock, true);
    hence_test_clock_advance(both.clock, 0);
    check_trace("a@10");
    check_int(hence_test_clock_autojump(NULL, true), -ENOMEM);
    end_loop(&both);
}

TEST(clock, time_does_not_jump_when_the_loop_is_to_stop)
{
    struct loop_and_clock both = begin_loop();
    the_loop = both.loop;
    hence_test_clock_autojump(both.clock, true);
    hence_call_later(both.loop, 10, trace_time, "a", NULL);
    hence_loop_stop(both.loop);
    check_int(hence_loop_run_forever(both.loop), both.loop ? 0 : -ENOMEM);
    check_trace("");
    check_int(hence_test_clock_now(both.clock), 0);
    end_loop(&both);
}

TEST(clock, time_does_not_jump_in_a_single_turn)
{
    struct loop_and_clock both = begin_loop();
    the_loop = both.loop;
    hence_test_clock_autojump(both.clock, true);
    hence_call_later(both.loop, 10, trace_time, "a", NULL);
    check_int(hence_test_turn(both.loop), 0);
    check_trace("");
    end_loop(&both);
}

static int countdown;

static void each_hour(void *arg)
{
    if (--countdown)
        hence_call_later(the_loop, HENCE_SECONDS(3600), each_hour, arg, NULL);
    else
        hence_loop_stop(the_loop);
}

TEST_ONCE(clock, ten_years_of_hourly_calls_take_no_time)
{
    struct loop_and_clock both = begin_loop();
    the_loop = both.loop;
    countdown = 87600;
    hence_test_clock_autojump(both.clock, true);
    each_hour(NULL);
    check_int(hence_loop_run_forever(both.loop), 0);
    check(hence_test_clock_now(both.clock) == HENCE_SECONDS(3600.0 * 87599));
    end_loop(&both);
}

/* ---- put under a loop, and taken away ---- */

TEST(clock, a_loop_has_one_clock_at_a_time)
{
    struct loop_and_clock both = begin_loop();
    if (both.clock)
        check(!hence_test_clock_new(both.loop));
    hence_test_clock_free(both.clock);
    both.clock = hence_test_clock_new(both.loop);
    check(both.clock);
    check(!hence_test_clock_new(NULL));
    check(!hence_test_clock_free(NULL));
    check_int(hence_test_clock_now(NULL), 0);
    hence_loop_close(both.loop);
    hence_test_clock_free(both.clock);
    check(!hence_test_clock_new(both.loop));
    hence_loop_free(both.loop);
}

TEST(clock, calls_that_wait_already_keep_their_due_times)
{
    hence_loop *loop = hence_loop_new(NULL);
    int64_t when = hence_loop_time(loop) + HENCE_SECONDS(3600);
    hence_call handle;
    int64_t told = 0;
    hence_call_at(loop, when, call, "a", &handle);
    hence_test_clock *clock = hence_test_clock_new(loop);
    check_int(hence_call_when(loop, handle, &told), 0);
    check(told == when);
    hence_test_clock_advance(clock, when - 1);
    check_trace("");
    hence_test_clock_advance(clock, 1);
    check_trace("a");
    hence_test_clock_free(clock);
    hence_loop_free(loop);
}

TEST_ONCE(clock, autojump_jumps_to_calls_that_waited_already)
{
    hence_loop *loop = the_loop = hence_loop_new(NULL);
    hence_call_later(loop, HENCE_SECONDS(3600), stop, "hours later", NULL);
    hence_test_clock *clock = hence_test_clock_new(loop);
    hence_test_clock_autojump(clock, true);
    check_int(hence_loop_run_forever(loop), 0);
    check(hence_test_clock_now(clock) >= HENCE_SECONDS(3600));
    hence_test_clock_free(clock);
    hence_loop_free(loop);
}

TEST(clock, when_it_is_taken_away_the_loop_is_back_on_the_real_one)
{
    struct loop_and_clock both = begin_loop();
    hence_call_later(both.loop, HENCE_SECONDS(1), call, "a", NULL);
    hence_test_clock_free(both.clock);
    both.clock = NULL;
    check(hence_loop_time(both.loop) > HENCE_SECONDS(1));
    hence_test_turn(both.loop); /* due long ago, on the real clock */
    check_trace("a");
    end_loop(&both);
}

TEST(clock, it_may_outlive_the_loop)
{
    hence_loop *loop = hence_loop_new(NULL);
    hence_test_clock *clock = hence_test_clock_new(loop);
    hence_test_clock_advance(clock, 5);
    hence_loop_free(loop);
    if (clock) {
        check_int(hence_test_clock_advance(clock, 1), -ESHUTDOWN);
        check_int(hence_test_clock_now(clock), 5);
        hence_test_clock_autojump(clock, true);
    }
    hence_test_clock_free(clock);
}

/* ---- turn by turn ---- */

static void ask_for_one(void *word)
{
    trace("%s", (const char *)word);
    hence_call_soon(the_loop, call, "asked", NULL);
}

TEST(clock, a_turn_runs_what_is_ready_and_nothing_that_is_asked_for_meanwhile)
{
    struct loop_and_clock both = begin_loop();
    the_loop = both.loop;
    hence_call_soon(both.loop, ask_for_one, "a", NULL);
    hence_call_later(both.loop, 0, ask_for_one, "b", NULL);
    hence_call_soon_threadsafe(both.loop, ask_for_one, "c");
    check_int(hence_test_turn(both.loop), 3);
    check_trace("a c b");
    check_int(hence_test_turn(both.loop), 3);
    check_trace("asked asked asked");
    check_int(hence_test_turn(both.loop), 0);
    end_loop(&both);
}

static void turn_inside(void *word)
{
    trace("%s:%d", (const char *)word, hence_test_turn(the_loop));
}

TEST(clock, a_turn_inside_a_turn_is_refused)
{
    struct loop_and_clock both = begin_loop();
    char expected[16];
    the_loop = both.loop;
    hence_call_soon(both.loop, turn_inside, "turn", NULL);
    hence_test_turn(both.loop);
    snprintf(expected, sizeof expected, "turn:%d", -EBUSY);
    check_trace(expected);
    check_int(hence_test_turn(NULL), -ENOMEM);
    hence_loop_close(both.loop);
    check_int(hence_test_turn(both.loop), -ESHUTDOWN);
    end_loop(&both);
}

struct foreign {
    struct loop_and_clock both;
    int results[3];
    hence_test_clock *clock;
};

static void use_all(void *arg)
{
    static const int64_t steps[] = {1};
    struct foreign *foreign = arg;
    foreign->results[0] = hence_test_turn(foreign->both.loop);
    foreign->results[1] = hence_test_clock_advance(foreign->both.clock, 1);
    foreign->results[2] = hence_test_clock_pump(foreign->both.clock, steps, 1);
    foreign->clock = hence_test_clock_new(foreign->both.loop);
}

TEST(clock, another_thread_is_refused)
{
    struct foreign foreign = {.both = begin_loop()};
    if (foreign.both.loop)
        on_another_thread(use_all, &foreign);
    for (int i = 0; i < 3; i++) {
        check_int(foreign.results[i], -EPERM);
        check(had_report(HENCE_REPORT_WRONG_THREAD));
    }
    check(!foreign.clock);
    check(had_report(HENCE_REPORT_WRONG_THREAD));
    check_int(hence_test_clock_now(foreign.both.clock), 0);
    end_loop(&foreign.both);
}
