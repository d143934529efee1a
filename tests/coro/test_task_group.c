/* SPDX-License-Identifier: BSD-3-Clause */
/* Task groups: the exit waits for all children. */
#include "coro/task_group_support.h"

SUITE(task_groups);

/* ---- all goes well ---- */

/* rules 118, 170 */
TEST(task_groups, the_exit_waits_for_all_children_and_gives_what_the_body_came_to)
{
    static struct group_plan plan = {.children = {&two_seconds, &one_second}};
    check_group(&plan, "1:a=none 2:b=none 2:exit=7 2:cancelling=0 main=7");
}

/* rule 170 */
TEST(task_groups, without_children_the_exit_does_not_wait)
{
    static struct group_plan plan = {.children = {NULL}};
    check_group(&plan, "0:exit=7 0:cancelling=0 main=7");
}

/* rule 118 */
TEST(task_groups, children_may_have_ended_before_the_body_does)
{
    static struct group_plan plan = {.children = {&one_second}, .delay = 3};
    check_group(&plan, "1:a=none 3:body=none 3:exit=7 3:cancelling=0 main=7");
}

static hence_result two_and_their_results(void *arg)
{
    (void)arg;
    hence_future *a = NULL, *b = NULL;
    hence_task_group *g = hence_task_group_enter();
    hence_task_group_spawn(g, child, &one_second, &a);
    hence_drop(nap(1.5));
    hence_task_group_spawn(g, child, &two_seconds, &b);
    tell_number("alive", (int64_t)hence_task_group_count(g));
    hence_result r = hence_task_group_exit(g, hence_none());
    tell_and_drop("a", hence_future_result(a));
    tell_and_drop("b", hence_future_result(b));
    hence_future_unref(a);
    hence_future_unref(b);
    return r;
}

/* rule 118 */
TEST(task_groups, the_Futures_of_children_have_their_results)
{
    check_run(two_and_their_results,
              "1:a=none 1.5:alive=1 3.5:b=none 3.5:a=shared 3.5:b=shared main=none");
}

static hence_result spawns(void *arg)
{
    hence_task_group *g = *(hence_task_group **)arg;
    hence_drop(nap(1));
    add(g, &one_second);
    add(g, &two_seconds);
    return hence_none();
}

static hence_result a_child_spawns(void *arg)
{
    (void)arg;
    hence_task_group *g = hence_task_group_enter();
    hence_task_group_spawn(g, spawns, &g, NULL);
    return tell("exit", hence_task_group_exit(g, hence_none()));
}

/* rules 118, 170 */
TEST(task_groups, children_may_spawn_others_while_the_exit_waits)
{
    check_run(a_child_spawns, "2:a=none 3:b=none 3:exit=none main=none");
}

static int hydras;

static hence_result hydra(void *arg)
{
    hence_task_group *g = *(hence_task_group **)arg;
    hydras++;
    hence_drop(nap(0.25));
    hence_task_group_spawn(g, hydra, arg, NULL);
    hence_task_group_spawn(g, hydra, arg, NULL);
    return hence_none();
}

static hence_result hercules(void *arg)
{
    (void)arg;
    while (hydras < 100)
        hence_drop(nap(0.5));
    return failure("no more");
}

static hence_result fights(void *arg)
{
    (void)arg;
    hydras = 0;
    hence_task_group *g = hence_task_group_enter();
    hence_task_group_spawn(g, hydra, &g, NULL);
    hence_task_group_spawn(g, hercules, NULL, NULL);
    return hence_task_group_exit(g, hence_none());
}

/* rule 118 */
TEST_ONCE(task_groups, however_many_are_spawned_one_that_fails_ends_them_all)
{
    check_run(fights, "main=group{no more}");
    check(hydras >= 100);
}

static hence_result cancels_a_child(void *arg)
{
    (void)arg;
    hence_future *c = NULL;
    hence_task_group *g = hence_task_group_enter();
    hence_task_group_spawn(g, child, &ten_seconds, &c);
    hence_drop(nap(1));
    hence_future_cancel(c);
    add(g, &one_second);
    hence_result r = hence_task_group_exit(g, hence_int(7));
    tell_number("cancelled", hence_future_cancelled(c));
    hence_future_unref(c);
    return r;
}

/* rule 118 */
TEST(task_groups, a_child_that_is_cancelled_alone_is_no_failure)
{
    check_run(cancels_a_child, "1:c=cancelled 2:a=none 2:cancelled=1 main=7");
}

static hence_result gives_arguments(void *arg)
{
    (void)arg;
    hence_task_group *g = hence_task_group_enter();
    hence_task_group_spawn_own(g, owning, payload_new(), payload_destroy, NULL);
    hence_task_group_spawn_own(g, NULL, payload_new(), payload_destroy, NULL);
    hence_result r = tell("exit", hence_task_group_exit(g, hence_none()));
    hence_task_group_spawn_own(NULL, owning, payload_new(), payload_destroy, NULL);
    return r;
}

TEST(task_groups, arguments_that_children_own_are_destroyed_once)
{
    check_run(gives_arguments, "1:child=none 1:exit=none main=none");
    check_int(payloads_alive(), 0);
}

/* ---- many ---- */

static hence_result naps(void *arg)
{
    (void)arg;
    hence_drop(nap(1));
    return failure("one of many");
}

static hence_result many(void *arg)
{
    const int n = *(int *)arg;
    hence_task_group *g = hence_task_group_enter();
    for (int i = 0; i < n; i++)
        hence_task_group_spawn(g, naps, NULL, NULL);
    hence_result r = hence_task_group_exit(g, hence_none());
    tell_number("failures", (int64_t)hence_failure_count(hence_as_failure(&r)));
    hence_drop(r);
    return hence_none();
}

/* rule 118 */
TEST_ONCE(task_groups, there_may_be_many_children_and_failures)
{
    int n = 1000;
    begin(many, &n);
    end();
    check_trace("1:failures=1000 main=none");
}

static hence_result level(void *arg)
{
    int *left = arg;
    hence_task_group *g = hence_task_group_enter();
    if (--*left > 0)
        hence_task_group_spawn(g, level, left, NULL);
    else
        hence_task_group_spawn(g, child, &ten_seconds, NULL);
    return hence_task_group_exit(g, hence_none());
}

/* rule 118 */
TEST_ONCE(task_groups, groups_may_be_nested_deeply_and_be_cancelled_in_constant_stack)
{
    int left = support_many() >= 1000000 ? 10000 : 500;
    begin(level, &left);
    pass_time(1);
    cancel_main();
    end();
    check_trace("1:c=cancelled main=cancelled");
}

/* ---- circles ---- */

static hence_result awaits_main(void *arg)
{
    (void)arg;
    return tell("child", hence_await(hence_future_ref(main_task)));
}

static hence_result has_such_a_child(void *depth)
{
    int *further = depth;
    hence_task_group *g = hence_task_group_enter();
    if ((*further)--)
        hence_task_group_spawn(g, has_such_a_child, further, NULL);
    else
        hence_task_group_spawn(g, awaits_main, NULL, NULL);
    hence_drop(nap(1));
    return tell("exit", hence_task_group_exit(g, hence_none()));
}

/* difference 7 */
TEST(task_groups, a_child_that_awaits_its_parent_would_wait_for_ever)
{
    int further = 0;
    begin(has_such_a_child, &further);
    end();
    check_trace("0:child=deadlock 0:exit=group{deadlock} main=group{deadlock}");
}

/* difference 7 */
TEST(task_groups, so_would_a_child_of_a_child)
{
    int further = 1;
    begin(has_such_a_child, &further);
    end();
    check_trace("0:child=deadlock 0:exit=group{deadlock} 0:exit=group{group{deadlock}} "
                "main=group{group{deadlock}}");
}
