/* SPDX-License-Identifier: BSD-3-Clause */
/* Task groups whose children or bodies fail. */
#include <errno.h>

#include "coro/task_group_support.h"

SUITE(task_groups);

/* ---- failures ---- */

/* rule 118 */
TEST(task_groups, a_child_that_fails_cancels_the_others)
{
    static struct group_plan plan = {.children = {&ten_seconds, &fails_at_one, &two_seconds}};
    check_group(&plan, "1:f=none 1:c=cancelled 1:b=cancelled 1:exit=group{broken} 1:cancelling=0 "
                       "main=group{broken}");
}

/* rule 118 */
TEST(task_groups, a_child_that_fails_cancels_the_body_which_is_not_cancelled_afterwards)
{
    static struct group_plan plan = {.children = {&fails_at_one, &ten_seconds}, .delay = 20};
    check_group(&plan,
                "1:f=none 1:c=cancelled 1:body=cancelled 1:exit=group{broken} 1:cancelling=0 "
                "main=group{broken}");
}

/* rule 118 */
TEST(task_groups, all_that_fail_are_in_the_group_in_the_order_in_which_they_did)
{
    static struct group_plan plan = {
        .children = {&tidies_and_crashes, &crashes, &fails_at_one, &tidies}, .delay = 20};
    check_group(&plan, "1:f=none 1:u=cancelled 1:x=cancelled 1:t=cancelled 1:body=cancelled "
                       "4:u=none 4:t=none 4:exit=group{broken,crashed,late} 4:cancelling=0 "
                       "main=group{broken,crashed,late}");
}

/* rule 118 */
TEST(task_groups, a_body_that_fails_cancels_the_children_and_is_in_the_group)
{
    static struct group_plan plan = {
        .children = {&ten_seconds, &crashes}, .delay = 2, .fails = "body"};
    static struct group_plan alone = {.children = {NULL}, .fails = "body"};
    check_group(&plan, "2:body=none 2:c=cancelled 2:x=cancelled 2:exit=group{crashed,body} "
                       "2:cancelling=0 main=group{crashed,body}");
    check_group(&alone, "0:exit=group{body} 0:cancelling=0 main=group{body}");
}

/* rule 118 */
TEST(task_groups, a_body_that_fails_when_it_is_cancelled_is_in_the_group_too)
{
    static struct group_plan plan = {.children = {&fails_at_one}, .delay = 20, .fails = "body"};
    check_group(&plan, "1:f=none 1:body=cancelled 1:exit=group{broken,body} 1:cancelling=0 "
                       "main=group{broken,body}");
}

/* rule 118 */
TEST(task_groups, a_body_that_goes_on_does_not_hide_the_failure)
{
    static struct group_plan plan = {.children = {&fails_at_one}, .delay = 20, .goes_on = true};
    check_group(&plan, "1:f=none 1:body=cancelled 1:exit=group{broken} 1:cancelling=0 "
                       "main=group{broken}");
}

static hence_result fails_at_once(void *arg)
{
    (void)arg;
    hence_task_group *g = hence_task_group_enter();
    hence_future *c = NULL;
    hence_task_group_spawn(g, child, &ten_seconds, &c);
    hence_result r = hence_task_group_exit(g, failure("body"));
    tell_number("cancelled", hence_future_cancelled(c));
    hence_future_unref(c);
    return r;
}

/* rule 118 */
TEST(task_groups, children_that_have_not_begun_never_do_if_the_body_fails)
{
    check_run(fails_at_once, "0:cancelled=1 main=group{body}");
}

static hence_result gives_none(void *arg)
{
    (void)arg;
    return hence_none();
}

static hence_result told(void *arg)
{
    hence_task_group *g = *(hence_task_group **)arg;
    hence_result r = tell("child", nap(10));
    hence_future *f = NULL;
    int error = hence_task_group_spawn_own(g, gives_none, payload_new(), payload_destroy, &f);
    tell_number("refused", error == -ESHUTDOWN && !f);
    hence_future_unref(f);
    return r;
}

static hence_result spawns_too_late(void *arg)
{
    (void)arg;
    hence_task_group *g = hence_task_group_enter();
    hence_task_group_spawn(g, told, &g, NULL);
    add(g, &fails_at_one);
    return hence_task_group_exit(g, hence_none());
}

/* rule 118 */
TEST(task_groups, once_it_has_shut_down_no_child_is_taken)
{
    check_run(spawns_too_late, "1:f=none 1:child=cancelled 1:refused=1 main=group{broken}");
    check_int(payloads_alive(), 0);
}

/* ---- nested ---- */

static hence_result nested(void *arg)
{
    struct plan **plans = arg;
    hence_task_group *outer = hence_task_group_enter();
    add(outer, plans[0]);
    hence_task_group *inner = hence_task_group_enter();
    add(inner, plans[1]);
    hence_result r = plans[2] ? nap(plans[2]->delay) : hence_none();
    r = tell("inner", hence_task_group_exit(inner, r));
    r = tell("outer", hence_task_group_exit(outer, r));
    tell_and_drop("after", nap(1));
    return r;
}

/* rule 118 */
TEST(task_groups, a_failure_of_the_outer_group_cancels_the_inner_one)
{
    struct plan *plans[] = {&fails_at_one, &ten_seconds, NULL};
    begin(nested, plans);
    end();
    check_trace("1:f=none 1:c=cancelled 1:inner=cancelled 1:outer=group{broken} 2:after=none "
                "main=group{broken}");
}

/* rule 118 */
TEST(task_groups, a_failure_of_the_inner_group_is_one_of_the_body_of_the_outer_one)
{
    struct plan *plans[] = {&ten_seconds, &fails_at_one, NULL};
    begin(nested, plans);
    end();
    check_trace("1:f=none 1:inner=group{broken} 1:c=cancelled 1:outer=group{group{broken}} "
                "2:after=none main=group{group{broken}}");
}

/* rule 118 */
TEST(task_groups, failures_of_both_groups_are_told)
{
    struct plan *plans[] = {&fails_at_one, &crashes, &ten_seconds};
    begin(nested, plans);
    end();
    check_trace(
        "1:f=none 1:x=cancelled 1:inner=group{crashed} 1:outer=group{broken,group{crashed}} "
        "2:after=none main=group{broken,group{crashed}}");
}
