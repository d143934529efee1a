/* SPDX-License-Identifier: BSD-3-Clause */
/* A whole program that is a coroutine. */
#include <string.h>

#include "support/inputs.h"

SUITE(main_coroutine);

enum how {
    AT_ONCE,
    LATER,
    FAILS_AT_ONCE,
    FAILS_LATER,
    STOPS_THE_LOOP,
    STOPS_AND_GOES_ON
};

static hence_loop *loop;

static hence_result body(void *arg)
{
    const enum how how = *(const enum how *)arg;
    trace("begins");
    if (how == STOPS_THE_LOOP)
        hence_loop_stop(loop);
    hence_result r = hence_none();
    if (how == LATER)
        r = hence_co_sleep(HENCE_MS(1)); /* the loop does not run yet */
    else if (how != AT_ONCE && how != FAILS_AT_ONCE)
        r = hence_await_deferred(hence_sleep(loop, HENCE_MS(1)));
    trace("%s", describe(&r));
    if (hence_is_failure(&r))
        return r;
    if (how == STOPS_AND_GOES_ON)
        hence_loop_stop(loop);
    return how == FAILS_AT_ONCE || how == FAILS_LATER ? failure("broken") : hence_int(7);
}

static hence_deferred *begin(hence_loop *main_loop, void *how)
{
    loop = main_loop;
    return hence_inline_callbacks(body, how);
}

TEST(main_coroutine, its_value_is_the_exit_status_whether_it_waits_or_not)
{
    enum how how = AT_ONCE;
    check_int(hence_main(begin, &how), 7);
    check_trace("begins none");
    how = LATER;
    check_int(hence_main(begin, &how), 7);
    check_trace("begins none");
}

TEST(main_coroutine, its_failure_is_reported_whether_it_waits_or_not)
{
    for (enum how how = FAILS_AT_ONCE; how <= FAILS_LATER; how++) {
        check_int(hence_main(begin, &how), 1);
        check(had_report(HENCE_REPORT_UNHANDLED));
        check(strstr(report_text(), "broken"));
        check_trace("begins none");
    }
}

TEST(main_coroutine, it_is_cancelled_when_the_loop_is_stopped_and_may_stop_it_in_the_end)
{
    enum how how = STOPS_THE_LOOP;
    hence_main(begin, &how);
    check_trace("begins cancelled");
    forget_reports();
    how = STOPS_AND_GOES_ON;
    check_int(hence_main(begin, &how), 7);
    check_trace("begins none");
    forget_reports();
}
