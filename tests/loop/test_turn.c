/* SPDX-License-Identifier: BSD-3-Clause */
/* Turns: snapshots, polls between them, and what comes first. */
#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <unistd.h>

#include "support/support.h"

SUITE(turn);

/* ---- snapshots ---- */

static hence_loop *the_loop;

static void ask_for_more(void *word)
{
    trace("%s", (const char *)word);
    hence_call_soon(the_loop, call, "more", NULL);
}

/* rule 124 */ /* rule 70 */
TEST(turn, what_a_call_asks_for_waits_for_the_next_snapshot)
{
    struct loop_and_clock both = begin_loop();
    the_loop = both.loop;
    hence_call_soon(both.loop, ask_for_more, "a", NULL);
    hence_call_soon(both.loop, call, "b", NULL);
    check_int(hence_test_turn(both.loop), 2);
    check_trace("a b");
    check_int(hence_test_turn(both.loop), 1);
    check_trace("more");
    end_loop(&both);
}

TEST(turn, snapshots_follow_each_other_until_nothing_is_ready)
{
    struct loop_and_clock both = begin_loop();
    the_loop = both.loop;
    hence_call_soon(both.loop, ask_for_more, "a", NULL);
    hence_call_soon(both.loop, ask_for_more, "b", NULL);
    check_int(hence_test_clock_advance(both.clock, 0), 1);
    check_trace("a b more more");
    end_loop(&both);
}

static void ask_for_a_due_timer(void *word)
{
    trace("%s", (const char *)word);
    hence_call_later(the_loop, 0, call, "timer", NULL);
    hence_call_soon(the_loop, call, "soon", NULL);
}

/* rule 124 */ /* difference 17 */
TEST(turn, due_timers_join_at_each_snapshot_s_end_behind_what_is_ready)
{
    struct loop_and_clock both = begin_loop();
    the_loop = both.loop;
    hence_call_soon(both.loop, ask_for_a_due_timer, "a", NULL);
    hence_call_soon(both.loop, call, "b", NULL);
    check_int(hence_test_turn(both.loop), 2);
    check_trace("a b");
    check_int(hence_test_turn(both.loop), 2);
    check_trace("soon timer");
    end_loop(&both);
}

static int countdown;

static void count_down(void *arg)
{
    if (--countdown > 0)
        hence_call_soon(the_loop, count_down, arg, NULL);
}

TEST(turn, a_call_may_ask_for_itself_again_and_again)
{
    struct loop_and_clock both = begin_loop();
    the_loop = both.loop;
    countdown = 1000;
    hence_call_soon(both.loop, count_down, NULL, NULL);
    check_int(hence_test_clock_advance(both.clock, 0), (1000 + 255) / 256);
    check_int(countdown, 0);
    end_loop(&both);
}

static void nothing(void *arg)
{
    (void)arg;
}

TEST(turn, a_turn_runs_all_that_is_ready_however_much_that_is)
{
    struct loop_and_clock both = begin_loop();
    for (int i = 0; i < 1000; i++)
        hence_call_soon(both.loop, nothing, NULL, NULL);
    check_int(hence_test_turn(both.loop), 1000);
    end_loop(&both);
}

/* ---- polls ---- */

/* A pipe that becomes readable, and an event that notes how many calls had been made by then. */
static struct pipe_watch {
    int ends[2];
    struct event event;
    int calls_when_written, calls_when_seen;
    bool stop_when_seen;
} watch;
static int calls;

static void pipe_is_readable(evutil_socket_t fd, short what, void *arg)
{
    char byte;
    (void)what;
    (void)arg;
    cr_assert_eq(read(fd, &byte, 1), 1);
    trace("io");
    watch.calls_when_seen = calls;
    event_del(&watch.event);
    if (watch.stop_when_seen)
        hence_loop_stop(the_loop);
}

static bool begin_watch(void)
{
    calls = watch.calls_when_written = watch.calls_when_seen = 0;
    watch.stop_when_seen = false;
    cr_assert_eq(pipe(watch.ends), 0);
    event_assign(&watch.event, hence_loop_base(the_loop), watch.ends[0], EV_READ | EV_PERSIST,
                 pipe_is_readable, NULL);
    return hence_loop_base(the_loop) && event_add(&watch.event, NULL) == 0;
}

static void end_watch(void)
{
    if (hence_loop_base(the_loop))
        event_del(&watch.event);
    close(watch.ends[0]);
    close(watch.ends[1]);
}

static void make_readable(void *arg)
{
    (void)arg;
    calls++;
    watch.calls_when_written = calls;
    cr_assert_eq(write(watch.ends[1], "x", 1), 1);
}

static void post_the_next(void *arg)
{
    (void)arg;
    if (++calls < 10000)
        hence_call_soon(the_loop, post_the_next, NULL, NULL);
}

/* rule 124 */ /* difference 17 */
TEST(turn, calls_that_post_the_next_one_do_not_starve_descriptors)
{
    struct loop_and_clock both = begin_loop();
    the_loop = both.loop;
    if (begin_watch()) {
        hence_call_soon(both.loop, make_readable, NULL, NULL);
        hence_call_soon(both.loop, post_the_next, NULL, NULL);
        hence_test_clock_advance(both.clock, 0);
        check_int(calls, 10000);
        check_trace("io");
        check(watch.calls_when_seen > 0);
        check(watch.calls_when_seen - watch.calls_when_written <= 256);
    }
    end_watch();
    end_loop(&both);
}

/* difference 17 */
TEST(turn, a_long_snapshot_is_cut_by_a_poll)
{
    struct loop_and_clock both = begin_loop();
    the_loop = both.loop;
    if (begin_watch()) {
        hence_call_soon(both.loop, make_readable, NULL, NULL);
        for (int i = 0; i < 5000; i++)
            hence_call_soon(both.loop, post_the_next, NULL, NULL);
        calls = 10000; /* the calls post nothing */
        hence_test_clock_advance(both.clock, 0);
        check_trace("io");
        check(watch.calls_when_seen - watch.calls_when_written <= 256);
    }
    end_watch();
    end_loop(&both);
}

/* difference 17 */
TEST(turn, short_snapshots_follow_each_other_without_a_poll)
{
    struct loop_and_clock both = begin_loop();
    the_loop = both.loop;
    if (begin_watch()) {
        calls = 10000 - 101; /* a hundred calls, each in a snapshot of its own */
        hence_call_soon(both.loop, make_readable, NULL, NULL);
        hence_call_soon(both.loop, post_the_next, NULL, NULL);
        hence_test_clock_advance(both.clock, 0);
        check_int(calls, 10000);
        check_int(watch.calls_when_seen, 10000);
        check_trace("io");
    }
    end_watch();
    end_loop(&both);
}

static void post_a_due_timer(void *arg)
{
    (void)arg;
    if (++calls < 3000)
        hence_call_later(the_loop, 0, post_a_due_timer, NULL, NULL);
}

TEST(turn, timers_that_are_due_at_once_do_not_starve_descriptors_either)
{
    struct loop_and_clock both = begin_loop();
    the_loop = both.loop;
    if (begin_watch()) {
        hence_call_soon(both.loop, make_readable, NULL, NULL);
        hence_call_later(both.loop, 0, post_a_due_timer, NULL, NULL);
        hence_test_clock_advance(both.clock, 0);
        check_int(calls, 3000);
        check(watch.calls_when_seen - watch.calls_when_written <= 256);
        check_trace("io");
    }
    end_watch();
    end_loop(&both);
}

struct link {
    hence_future *f;
    hence_promise *p;
};

static struct link links[2000];

static void settle_the_next(hence_future *f, void *arg)
{
    struct link *link = arg;
    (void)f;
    if (++calls < 2000)
        hence_resolve(link[1].p, hence_none());
}

TEST(turn, Futures_that_settle_the_next_one_do_not_starve_descriptors)
{
    struct loop_and_clock both = begin_loop();
    the_loop = both.loop;
    bool complete = begin_watch();
    for (int i = 0; i < 2000; i++) {
        links[i].f = hence_future_new(both.loop, &links[i].p);
        complete &= !hence_future_add_done_callback(links[i].f, settle_the_next, &links[i]);
    }
    if (complete) {
        hence_call_soon(both.loop, make_readable, NULL, NULL);
        hence_resolve(links[0].p, hence_none());
        hence_test_clock_advance(both.clock, 0);
        check_int(calls, 2000);
        check(watch.calls_when_seen - watch.calls_when_written <= 256);
        check_trace("io");
    }
    for (int i = 0; i < 2000; i++) {
        if (!hence_future_done(links[i].f))
            hence_abandon(links[i].p);
        hence_future_failure(links[i].f);
        hence_future_unref(links[i].f);
    }
    end_watch();
    end_loop(&both);
}

static void post_from_a_poll(evutil_socket_t fd, short what, void *arg)
{
    pipe_is_readable(fd, what, arg);
    hence_call_soon(the_loop, call, "soon", NULL);
}

/* rule 125 */
TEST(turn, descriptors_come_before_the_timers_of_the_same_turn)
{
    struct loop_and_clock both = begin_loop();
    the_loop = both.loop;
    if (begin_watch()) {
        watch.event.ev_evcallback.evcb_cb_union.evcb_callback = post_from_a_poll;
        make_readable(NULL);
        hence_call_later(both.loop, 5, call, "timer", NULL);
        hence_test_clock_advance(both.clock, 5);
        check_trace("io soon timer");
    }
    end_watch();
    end_loop(&both);
}

static void post_for_ever(void *arg)
{
    calls++;
    hence_call_soon(the_loop, post_for_ever, arg, NULL);
}

/* difference 17 */
TEST_ONCE(turn, an_endless_row_of_calls_does_not_starve_a_program_s_own_events)
{
    the_loop = hence_loop_new(NULL);
    check(begin_watch());
    watch.stop_when_seen = true;
    hence_call_soon(the_loop, make_readable, NULL, NULL);
    hence_call_soon(the_loop, post_for_ever, NULL, NULL);
    check_int(hence_loop_run_forever(the_loop), 0);
    check(watch.calls_when_seen - watch.calls_when_written <= 256);
    check_trace("io");
    end_watch();
    hence_loop_free(the_loop);
}
