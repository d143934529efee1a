/* SPDX-License-Identifier: BSD-3-Clause */
/* Task groups that are cancelled, or ended by a call. */
#include <errno.h>

#include "coro/task_group_support.h"

SUITE(task_groups);

/* ---- cancelled ---- */

static void check_cancelled_at(double when, struct group_plan *plan, const char *expected)
{
    begin(group, plan);
    pass_time(when);
    cancel_main();
    end();
    check_trace(expected);
    check_int(payloads_alive(), 0);
}

/* rule 118 */
TEST(task_groups, cancelling_the_task_at_the_exit_cancels_the_children)
{
    static struct group_plan plan = {.children = {&ten_seconds, &two_seconds, &tidies}};
    check_cancelled_at(1, &plan,
                       "1:c=cancelled 1:b=cancelled 1:t=cancelled 4:t=none 4:exit=cancelled "
                       "4:cancelling=1 main=cancelled");
}

/* rule 118 */
TEST(task_groups, cancelling_the_task_in_its_body_cancels_the_children)
{
    static struct group_plan plan = {.children = {&ten_seconds}, .delay = 20};
    check_cancelled_at(1, &plan,
                       "1:body=cancelled 1:c=cancelled 1:exit=cancelled 1:cancelling=1 "
                       "main=cancelled");
}

/* rule 118 */
TEST(task_groups, a_body_that_goes_on_waits_for_its_children)
{
    static struct group_plan plan = {.children = {&ten_seconds}, .delay = 20, .goes_on = true};
    check_cancelled_at(1, &plan, "1:body=cancelled 10:c=none 10:exit=7 10:cancelling=1 main=7");
}

/* rule 118 */
TEST(task_groups, failures_come_before_the_cancellation_of_the_task)
{
    static struct group_plan at_exit = {.children = {&crashes, &crashes}};
    static struct group_plan in_body = {.children = {&crashes}, .delay = 20};
    static struct group_plan body = {.children = {NULL}, .delay = 20, .fails = "body"};
    check_cancelled_at(1, &at_exit,
                       "1:x=cancelled 1:x=cancelled 1:exit=group{crashed,crashed} "
                       "1:cancelling=1 main=group{crashed,crashed}");
    check_cancelled_at(1, &in_body,
                       "1:body=cancelled 1:x=cancelled 1:exit=group{crashed} "
                       "1:cancelling=1 main=group{crashed}");
    check_cancelled_at(1, &body,
                       "1:body=cancelled 1:exit=group{body} 1:cancelling=1 "
                       "main=group{body}");
}

/* rule 118 */
TEST(task_groups, a_child_that_fails_when_the_body_is_being_cancelled_is_in_the_group)
{
    static struct group_plan plan = {.children = {&tidies_and_crashes, &fails_at_two}};
    begin(group, &plan);
    pass_time(1);
    cancel_main();
    pass_time(1);
    cancel_main();
    end();
    check_trace("1:u=cancelled 1:g=cancelled 4:u=none 4:exit=group{late} 4:cancelling=2 "
                "main=group{late}");
}

static hence_result keeps_the_cancellation(void *arg)
{
    (void)arg;
    hence_task_group *g = hence_task_group_enter();
    add(g, &crashes);
    tell_and_drop("exit", hence_task_group_exit(g, hence_none()));
    tell_and_drop("after", nap(1));
    return hence_none();
}

/* rule 118 */
TEST(task_groups, a_cancellation_that_a_failure_has_covered_comes_at_the_next_wait)
{
    begin(keeps_the_cancellation, NULL);
    pass_time(1);
    cancel_main();
    end();
    check_trace("1:x=cancelled 1:exit=group{crashed} 1:after=cancelled main=none");
}

static hence_result in_timeout(void *arg)
{
    hence_timeout *t = hence_timeout_enter(HENCE_SECONDS(2));
    hence_task_group *g = hence_task_group_enter();
    add(g, arg);
    hence_result r = tell("group", hence_task_group_exit(g, hence_none()));
    tell_and_drop("timeout", hence_timeout_exit(t, r));
    return tell("after", nap(1));
}

/* rules 117, 118 */
TEST(task_groups, a_timeout_around_it_cancels_all_and_nothing_is_left_of_that)
{
    begin(in_timeout, &ten_seconds);
    end();
    check_trace("2:c=cancelled 2:group=cancelled 2:timeout=timed out after 2 s 3:after=none "
                "main=none");
    begin(in_timeout, &crashes);
    end();
    check_trace("2:x=cancelled 2:group=group{crashed} 2:timeout=group{crashed} 3:after=none "
                "main=none");
}

static hence_result timeout_inside(void *arg)
{
    (void)arg;
    hence_task_group *g = hence_task_group_enter();
    add(g, &fails_at_one);
    hence_timeout *t = hence_timeout_enter(HENCE_SECONDS(2));
    hence_result r = tell("timeout", hence_timeout_exit(t, nap(10)));
    return hence_task_group_exit(g, r);
}

/* rules 117, 118 */
TEST(task_groups, a_cancellation_by_the_group_is_none_by_a_timeout_in_its_body)
{
    check_run(timeout_inside, "1:f=none 1:timeout=cancelled main=group{broken}");
}

/* ---- ended by a call ---- */

static hence_result ends_it(void *arg)
{
    (void)arg;
    hence_task_group *g = hence_task_group_enter();
    add(g, &ten_seconds);
    add(g, &tidies);
    tell_and_drop("body", nap(1));
    hence_task_group_cancel(g);
    hence_task_group_cancel(g);
    tell_number("refused", hence_task_group_spawn(g, child, &one_second, NULL) == -ESHUTDOWN);
    hence_result r = arg ? nap(10) : hence_int(7);
    r = tell("exit", hence_task_group_exit(g, r));
    tell_number("cancelling", hence_task_cancelling(hence_current_task()));
    tell_and_drop("after", nap(1));
    return r;
}

/* rule 170 */
TEST(task_groups, a_group_can_be_ended_without_a_failure_by_its_body)
{
    char waits[] = "waits";
    check_run(ends_it, "1:body=none 1:refused=1 1:c=cancelled 1:t=cancelled 4:t=none 4:exit=7 "
                       "4:cancelling=0 5:after=none main=7");
    begin(ends_it, waits);
    end();
    check_trace("1:body=none 1:refused=1 1:c=cancelled 1:t=cancelled 4:t=none 4:exit=none "
                "4:cancelling=0 5:after=none main=none");
}

/* rule 170 */
TEST(task_groups, a_group_can_be_ended_without_a_failure_from_outside)
{
    static struct group_plan in_body = {.children = {&ten_seconds, &two_seconds}, .delay = 20};
    static struct group_plan at_exit = {.children = {&ten_seconds, &two_seconds}};
    begin(group, &in_body);
    pass_time(1);
    hence_task_group_cancel(shown);
    end();
    check_trace(
        "1:c=cancelled 1:b=cancelled 1:body=cancelled 1:exit=none 1:cancelling=0 main=none");
    begin(group, &at_exit);
    pass_time(1);
    hence_task_group_cancel(shown);
    end();
    check_trace("1:c=cancelled 1:b=cancelled 1:exit=7 1:cancelling=0 main=7");
}

/* rule 170 */
TEST(task_groups, one_that_is_ended_still_tells_of_failures_and_of_cancellations_by_others)
{
    static struct group_plan fails = {.children = {&crashes}, .delay = 20};
    static struct group_plan cancelled = {.children = {&tidies}, .delay = 20};
    begin(group, &fails);
    pass_time(1);
    hence_task_group_cancel(shown);
    end();
    check_trace("1:x=cancelled 1:body=cancelled 1:exit=group{crashed} 1:cancelling=0 "
                "main=group{crashed}");
    begin(group, &cancelled);
    pass_time(1);
    hence_task_group_cancel(shown);
    pass_time(1);
    cancel_main();
    end();
    check_trace("1:t=cancelled 1:body=cancelled 4:t=none 4:exit=cancelled 4:cancelling=1 "
                "main=cancelled");
}

static hence_result cancelled_before(void *arg)
{
    (void)arg;
    hence_future_cancel(hence_current_task());
    hence_task_group *g = hence_task_group_enter();
    hence_task_group_cancel(g);
    hence_result r = tell("exit", hence_task_group_exit(g, hence_int(7)));
    tell_and_drop("after", nap(1));
    return r;
}

/* rule 118 */
TEST(task_groups, a_cancellation_from_before_it_is_not_taken_for_its_own)
{
    check_run(cancelled_before, "0:exit=7 0:after=cancelled main=7");
}

static hence_result cancelled_before_and_told(void *arg)
{
    (void)arg;
    hence_future_cancel(hence_current_task());
    hence_task_group *g = hence_task_group_enter();
    tell_and_drop("first", nap(1));
    hence_task_group_cancel(g);
    hence_result r = tell("exit", hence_task_group_exit(g, hence_int(7)));
    tell_and_drop("after", nap(1));
    return r;
}

TEST(task_groups, its_own_cancellation_ends_with_it_when_one_from_before_has_come)
{
    check_run(cancelled_before_and_told, "0:first=cancelled 0:exit=7 1:after=none main=7");
}

/* ---- Deferreds: things happen inside each other ---- */

static hence_promise *promises[3];

static hence_result waits_for_promise(void *arg)
{
    hence_promise **p = arg;
    return tell("child", hence_await_deferred(hence_deferred_new(p)));
}

static hence_result group_of_deferreds(void *arg)
{
    (void)arg;
    hence_task_group *g = hence_task_group_enter();
    hence_task_group_spawn(g, waits_for_promise, &promises[0], NULL);
    hence_task_group_spawn(g, waits_for_promise, &promises[1], NULL);
    hence_result r = tell("body", hence_await_deferred(hence_deferred_new(&promises[2])));
    r = tell("exit", hence_task_group_exit(g, r));
    return r;
}

static void end_promises(void)
{
    for (int i = 0; i < 3; i++) {
        hence_abandon(promises[i]);
        promises[i] = NULL;
    }
}

/* rule 118 */
TEST(task_groups, children_and_bodies_that_end_inside_of_the_cancellation_are_no_harm)
{
    begin(group_of_deferreds, NULL);
    hence_promise *p = promises[0];
    promises[0] = NULL;
    if (p)
        hence_resolve(p, failure("broken"));
    end();
    end_promises();
    check_trace("0:child=broken 0:child=cancelled 0:body=cancelled 0:exit=group{broken} "
                "main=group{broken}");
}

/* rule 118 */
TEST(task_groups, when_the_loop_closes_children_and_parents_end)
{
    begin(group_of_deferreds, NULL);
    close_loop();
    end_promises();
    check_trace("0:body=cancelled 0:child=cancelled 0:child=cancelled 0:exit=cancelled");
    static struct group_plan plan = {.children = {&ten_seconds, &tidies, &crashes}};
    begin(group, &plan);
    pass_time(1);
    close_loop();
    check_trace("1:c=closed 1:t=closed 1:t=closed 1:x=closed 1:exit=group{crashed} 1:cancelling=0");
    forget_reports();
    both = begin_loop();
    main_task = hence_spawn(both.loop, group, &plan);
    hence_test_turn(both.loop);
    close_loop();
    check_trace("0:exit=cancelled 0:cancelling=0");
}
