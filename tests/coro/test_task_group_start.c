/* SPDX-License-Identifier: BSD-3-Clause */
/* Children of task groups that say when they are ready. */
#include <errno.h>

#include "coro/task_group_support.h"

SUITE(task_groups);

struct start_plan {
    double delay, goes_on;
    const char *value, *fails;
    bool twice, owns;
};

static hence_result starts(hence_task_status *status, void *arg)
{
    const struct start_plan *plan = arg;
    hence_result r = tell("child", nap(plan->delay));
    if (plan->value) {
        tell_number("started", hence_task_status_started(status, payload()));
        if (plan->twice)
            tell_number("twice", hence_task_status_started(status, payload()) == -EALREADY);
    }
    if (plan->goes_on > 0) {
        hence_drop(r);
        r = tell("child", nap(plan->goes_on));
    }
    if (plan->fails) {
        hence_drop(r);
        r = failure(plan->fails);
    }
    return r;
}

static hence_result start_one(void *arg)
{
    hence_task_group *g = hence_task_group_enter();
    hence_result r = tell("start", hence_task_group_start(g, starts, arg));
    tell_number("alive", (int64_t)hence_task_group_count(g));
    hence_drop(r);
    return tell("exit", hence_task_group_exit(g, hence_int(7)));
}

#define check_start(plan, expected)                                                                \
    do {                                                                                           \
        begin(start_one, plan);                                                                    \
        end();                                                                                     \
        check_trace(expected);                                                                     \
        check_int(payloads_alive(), 0);                                                            \
    } while (0)

/* rule 170 */
TEST(task_groups, a_start_waits_until_the_child_is_ready_and_gives_what_it_has_told)
{
    static struct start_plan plan = {.delay = 2, .value = "v", .goes_on = 3};
    check_start(&plan, "2:child=none 2:started=0 2:start=shared 2:alive=1 5:child=none 5:exit=7 "
                       "main=7");
}

/* rule 170 */
TEST(task_groups, a_child_that_fails_before_it_is_ready_fails_the_start_and_not_the_group)
{
    static struct start_plan plan = {.delay = 2, .fails = "broken"};
    check_start(&plan, "2:child=none 2:start=broken 2:alive=0 2:exit=7 main=7");
}

/* rule 170 */
TEST(task_groups, a_child_that_ends_before_it_is_ready_fails_the_start)
{
    static struct start_plan plan = {.delay = 2};
    check_start(&plan, "2:child=none "
                       "2:start=the task has ended without saying that it is ready 2:alive=0 "
                       "2:exit=7 main=7");
}

/* rule 170 */
TEST(task_groups, a_child_that_fails_when_it_is_ready_fails_the_group)
{
    static struct start_plan plan = {.delay = 2, .value = "v", .goes_on = 3, .fails = "broken"};
    check_start(&plan, "2:child=none 2:started=0 2:start=shared 2:alive=1 5:child=none "
                       "5:exit=group{broken} main=group{broken}");
}

/* rule 170 */
TEST(task_groups, a_child_is_ready_once)
{
    static struct start_plan plan = {.delay = 2, .value = "v", .twice = true};
    check_start(&plan, "2:child=none 2:started=0 2:twice=1 2:start=shared 2:alive=1 2:exit=7 "
                       "main=7");
    check(had_report(HENCE_REPORT_MISUSE));
    forget_reports();
}

static hence_result start_in_timeout(void *arg)
{
    hence_task_group *g = hence_task_group_enter();
    hence_timeout *t = hence_timeout_enter(HENCE_SECONDS(1));
    hence_result r = hence_task_group_start(g, starts, arg);
    tell_and_drop("start", hence_timeout_exit(t, r));
    return tell("exit", hence_task_group_exit(g, hence_int(7)));
}

/* rule 170 */
TEST(task_groups, a_start_that_is_cancelled_cancels_the_child_and_tells_what_that_makes_of_it)
{
    static struct start_plan plans[] = {{.delay = 2},
                                        {.delay = 2, .goes_on = 3, .value = "v"},
                                        {.delay = 2, .goes_on = 3, .fails = "broken"}};
    static const char *const traces[] = {
        "1:child=cancelled 1:start=timed out after 1 s 1:exit=7 main=7",
        "1:child=cancelled 1:started=0 4:child=none 4:start=timed out after 1 s 4:exit=7 main=7",
        "1:child=cancelled 4:child=none 4:start=broken 4:exit=7 main=7",
    };
    for (int i = 0; i < 3; i++) {
        begin(start_in_timeout, &plans[i]);
        end();
        check_trace(traces[i]);
        check_int(payloads_alive(), 0);
    }
}

static hence_result start_and_fail(void *arg)
{
    hence_task_group *g = hence_task_group_enter();
    add(g, &fails_at_one);
    hence_result r = tell("start", hence_task_group_start(g, starts, arg));
    tell_and_drop("again", hence_task_group_start(g, starts, arg));
    return tell("exit", hence_task_group_exit(g, r));
}

/* rule 170 */
TEST(task_groups, a_start_ends_when_its_group_shuts_down_and_there_is_none_afterwards)
{
    static struct start_plan plan = {.delay = 2};
    begin(start_and_fail, &plan);
    end();
    check_trace("1:f=none 1:child=cancelled 1:start=cancelled 1:again=shutdown "
                "1:exit=group{broken} main=group{broken}");
}

struct starter {
    hence_task_group *g;
    struct start_plan *plan;
};

static hence_result starts_for_another(void *arg)
{
    struct starter *starter = arg;
    return tell("start", hence_task_group_start(starter->g, starts, starter->plan));
}

static hence_result others_start(void *arg)
{
    static struct starter starter; /* of which the other one may come too late */
    starter = (struct starter){hence_task_group_enter(), arg};
    hence_future *f = hence_spawn(both.loop, starts_for_another, &starter);
    hence_drop(nap(1));
    hence_result r = tell("exit", hence_task_group_exit(starter.g, hence_int(7)));
    starter.g = NULL;
    hence_drop(hence_await(f));
    return r;
}

/* rule 170 */
TEST(task_groups, a_start_by_another_task_keeps_the_group_open)
{
    static struct start_plan plan = {.delay = 2, .value = "v", .goes_on = 3};
    static struct start_plan fails = {.delay = 7, .fails = "broken"};
    begin(others_start, &plan);
    end();
    check_trace("2:child=none 2:started=0 2:start=shared 5:child=none 5:exit=7 main=7");
    begin(others_start, &fails);
    end();
    check_trace("7:child=none 7:exit=7 7:start=broken main=7");
    check_int(payloads_alive(), 0);
}

static hence_result is_ready_with(hence_task_status *status, void *arg)
{
    hence_deferred *d = arg ? hence_deferred_succeed(hence_int(1)) : NULL;
    int error = hence_task_status_started(status, arg ? hence_chain(d) : failure("no luck"));
    tell_number("error", -error);
    return hence_none();
}

static hence_result starts_oddly(void *arg)
{
    hence_task_group *g = hence_task_group_enter();
    tell_and_drop("start", hence_task_group_start(g, is_ready_with, arg));
    tell_and_drop("nothing", hence_task_group_start(g, NULL, NULL));
    return hence_task_group_exit(g, hence_none());
}

/* rule 170 */
TEST(task_groups, a_child_may_be_ready_with_a_failure_but_not_with_a_chain)
{
    char chain[] = "chain";
    begin(starts_oddly, NULL);
    end();
    check_trace("0:error=0 0:start=no luck 0:nothing=invalid main=none");
    begin(starts_oddly, chain);
    end();
    check_trace("0:error=22 0:start=the task has ended without saying that it is ready "
                "0:nothing=invalid main=none");
    check(had_report(HENCE_REPORT_MISUSE));
    forget_reports();
}

static hence_result starts_with_argument(void *arg)
{
    (void)arg;
    hence_task_group *g = hence_task_group_enter();
    tell_and_drop("start",
                  hence_task_group_start_own(g, is_ready_with, payload_new(), payload_destroy));
    tell_and_drop("none",
                  hence_task_group_start_own(NULL, is_ready_with, payload_new(), payload_destroy));
    return hence_task_group_exit(g, hence_none());
}

TEST(task_groups, the_argument_of_a_child_that_is_started_is_destroyed_once)
{
    run(starts_with_argument);
    forget_reports();
    check_int(payloads_alive(), 0);
    check_trace("0:error=22 0:start=the task has ended without saying that it is ready "
                "0:none=nomem main=none");
    check_int(hence_task_status_started(NULL, payload()), 0);
    check_string(describe_and_drop(hence_task_group_start(NULL, starts, NULL)), "invalid");
    check(had_report(HENCE_REPORT_MISUSE));
}
