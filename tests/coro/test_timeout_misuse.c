/* SPDX-License-Identifier: BSD-3-Clause */
/* Timeouts in coroutines: misuse, no memory, no loop. */
#include "coro/timeout_support.h"

SUITE(timeouts);

/* ---- misuse ---- */

TEST(timeouts, outside_of_a_coroutine_there_is_none)
{
    hence_timeout *t = hence_timeout_enter(1);
    check(!t);
    check(had_report(HENCE_REPORT_MISUSE));
    check_string(describe_and_drop(hence_timeout_exit(t, hence_int(7))), "invalid");
}

static hence_result forgets(void *arg)
{
    (void)arg;
    hence_timeout_enter(HENCE_SECONDS(2));
    return nap(arg ? 10 : 1);
}

TEST(timeouts, one_that_is_not_exited_ends_with_the_body_and_is_reported)
{
    char late[] = "late";
    for (int i = 0; i < 2; i++) {
        begin(forgets, i ? late : NULL);
        end();
        check(had_report(HENCE_REPORT_MISUSE));
        check_trace(i ? "main=timed out after 2 s" : "main=none");
        forget_reports();
    }
}

static hence_result exits_outer_first(void *arg)
{
    (void)arg;
    hence_timeout *o = hence_timeout_enter(HENCE_SECONDS(5));
    hence_timeout *i = hence_timeout_enter(HENCE_SECONDS(2));
    hence_result r = tell("outer", hence_timeout_exit(o, nap(10)));
    tell_and_drop("inner", hence_timeout_exit(i, hence_int(7)));
    return r;
}

static hence_result exits_twice(void *arg)
{
    (void)arg;
    hence_timeout *t = hence_timeout_enter(HENCE_SECONDS(5));
    tell_and_drop("first", hence_timeout_exit(t, payload()));
    return hence_timeout_exit(t, payload());
}

TEST(timeouts, one_that_is_exited_before_an_inner_one_ends_that_and_it_is_reported)
{
    run(exits_outer_first);
    check_trace("2:outer=timed out after 2 s 2:inner=invalid "
                "main=timed out after 2 s");
    check(had_report(HENCE_REPORT_MISUSE));
    check(had_report(HENCE_REPORT_MISUSE));
    forget_reports();
}

TEST(timeouts, a_second_exit_is_refused_and_reported)
{
    run(exits_twice);
    check_trace("0:first=payload main=invalid");
    check(had_report(HENCE_REPORT_MISUSE));
    forget_reports();
}

static hence_result exits_that_of_another(void *arg)
{
    (void)arg;
    return hence_timeout_exit(limit, hence_int(7));
}

TEST(timeouts, an_exit_by_another_coroutine_is_refused_and_reported)
{
    begin(shows_its_limit, NULL);
    hence_future *other = hence_spawn(both.loop, exits_that_of_another, NULL);
    pass_time(1);
    if (limit)
        check(had_report(HENCE_REPORT_MISUSE));
    if (hence_future_done(other))
        tell_and_drop("other", hence_future_result(other));
    hence_future_unref(other);
    end();
    check_trace("1:other=invalid 10:refused=1 "
                "10:exit=timed out after 10 s main=timed out after 10 s");
    forget_reports();
}

/* ---- no memory, no loop ---- */

static hence_result without_memory(void *arg)
{
    out_of_memory(true);
    hence_timeout *t = hence_timeout_enter(HENCE_SECONDS(2));
    out_of_memory(false);
    tell_number("there is one", t != NULL);
    hence_result r = tell("nap", nap(1));
    hence_drop(tell("again", nap(1)));
    if (arg) {
        hence_drop(r);
        r = failure("broken");
    }
    r = hence_timeout_exit(t, r);
    tell_and_drop("after", nap(1));
    return r;
}

TEST_ONCE(timeouts, a_body_without_the_limit_that_it_should_have_cannot_wait)
{
    char fails[] = "fails";
    run(without_memory);
    check_trace("0:there is one=0 0:nap=cancelled 0:again=cancelled 1:after=none "
                "main=nomem");
    begin(without_memory, fails);
    end();
    check_trace("0:there is one=0 0:nap=cancelled 0:again=cancelled 1:after=none main=broken");
}

static hence_result without_timer(void *arg)
{
    (void)arg;
    hence_timeout *t = NULL;
    int entered = 0;
    /* memory for the record is kept by the thread: what fails then is the timer */
    for (int i = 0; i < 5000 && !entered; i++) {
        out_of_memory(i > 0);
        t = hence_timeout_enter(HENCE_SECONDS(2));
        out_of_memory(false);
        entered = !t;
        if (t)
            hence_drop(hence_timeout_exit(t, hence_none()));
    }
    return hence_timeout_exit(t, tell("nap", nap(1)));
}

TEST_ONCE(timeouts, without_memory_for_the_timer_it_is_the_same)
{
    check_run(without_timer, "0:nap=cancelled main=nomem");
}

static hence_result closes_late(void *arg)
{
    (void)arg;
    hence_timeout *t = hence_timeout_enter(HENCE_SECONDS(50));
    hence_result r = tell("nap", nap(100));
    hence_timeout *late = hence_timeout_enter(HENCE_SECONDS(50));
    r = tell("late", hence_timeout_exit(late, r));
    return tell("exit", hence_timeout_exit(t, r));
}

TEST(timeouts, when_the_loop_closes_it_ends_without_a_timeout)
{
    begin(closes_late, NULL);
    pass_time(1);
    check_trace("");
    close_loop();
    check_trace("1:nap=closed 1:late=closed 1:exit=closed");
}
