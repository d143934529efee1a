/* SPDX-License-Identifier: BSD-3-Clause */
/* Task groups: circles, misuse, no memory. */
#include <errno.h>
#include <string.h>

#include "coro/task_group_support.h"

SUITE(task_groups);

/* ---- circles ---- */

static hence_result waits_for_main(void *arg)
{
    (void)arg;
    hence_drop(nap(1));
    return tell("child", hence_await(hence_future_ref(main_task)));
}

static hence_result child_waits_for_parent(void *arg)
{
    (void)arg;
    hence_task_group *g = hence_task_group_enter();
    hence_task_group_spawn(g, waits_for_main, NULL, NULL);
    return hence_task_group_exit(g, hence_none());
}

TEST(task_groups, a_child_that_waits_for_its_parent_at_the_exit_is_told_of_the_circle)
{
    check_run(child_waits_for_parent, "1:child=deadlock main=group{deadlock}");
}

/* ---- misuse, no memory ---- */

static hence_result leaves_it_open(void *arg)
{
    (void)arg;
    add(hence_task_group_enter(), &one_second);
    return hence_int(7);
}

TEST(task_groups, one_that_is_not_exited_is_when_the_body_ends_and_is_reported)
{
    check_run(leaves_it_open, "1:a=none main=7");
    check(had_report(HENCE_REPORT_MISUSE));
    forget_reports();
}

TEST(task_groups, outside_of_a_coroutine_there_is_none)
{
    hence_task_group *g = hence_task_group_enter();
    check(!g);
    check(had_report(HENCE_REPORT_MISUSE));
    check_string(describe_and_drop(hence_task_group_exit(g, hence_int(7))), "invalid");
    check_int(hence_task_group_spawn(g, child, NULL, NULL), -ENOMEM);
    check_int(hence_task_group_count(g), 0);
    hence_task_group_cancel(g);
}

static hence_result without_memory(void *arg)
{
    (void)arg;
    out_of_memory(true);
    hence_task_group *g = hence_task_group_enter();
    out_of_memory(false);
    tell_number("there is one", g != NULL);
    tell_number("refused", hence_task_group_spawn(g, child, &one_second, NULL) == -ENOMEM);
    hence_result r = tell("nap", nap(1));
    return tell("exit", hence_task_group_exit(g, r));
}

static hence_result without_memory_for_a_child(void *arg)
{
    (void)arg;
    hence_task_group *g = hence_task_group_enter();
    add(g, &ten_seconds);
    hence_drop(nap(1));
    hence_coroutine_set_stack_size(0);
    out_of_memory(true);
    int error = 0;
    for (int i = 0; i < 5000 && !error; i++) /* as long as there are blocks that the thread keeps */
        error = hence_task_group_spawn_own(g, owning, payload_new(), payload_destroy, NULL);
    out_of_memory(false);
    tell_number("refused", error == -ENOMEM);
    hence_drop(tell("nap", nap(1)));
    return tell("exit", hence_task_group_exit(g, hence_none()));
}

static int spawned_elsewhere;

static hence_result never_begins(void *arg)
{
    (void)arg;
    trace("begun");
    return hence_none();
}

static void use_elsewhere(void *g)
{
    hence_task_group_cancel(g);
    spawned_elsewhere =
        hence_task_group_spawn_own(g, never_begins, payload_new(), payload_destroy, NULL);
}

static hence_result shows_to_another_thread(void *arg)
{
    (void)arg;
    hence_task_group *g = hence_task_group_enter();
    on_another_thread(use_elsewhere, g);
    tell_and_drop("nap", nap(1));
    return hence_task_group_exit(g, hence_int(7));
}

TEST_ONCE(task_groups, another_thread_is_refused)
{
    run(shows_to_another_thread);
    check_trace("1:nap=none main=7");
    check(had_report(HENCE_REPORT_WRONG_THREAD) && strstr(report_text(), "_cancel()"));
    check(had_report(HENCE_REPORT_WRONG_THREAD) && strstr(report_text(), "_spawn()"));
    check_int(spawned_elsewhere, -EPERM);
    check_int(payloads_alive(), 0);
}

static hence_result exits_the_wrong_kind(void *arg)
{
    (void)arg;
    hence_task_group *g = hence_task_group_enter();
    tell_and_drop("wrong",
                  hence_cancel_scope_exit((hence_cancel_scope *)(void *)g, payload(), NULL));
    return hence_task_group_exit(g, hence_int(7));
}

TEST_ONCE(task_groups, what_is_exited_as_something_else_goes_on_and_it_is_reported)
{
    run(exits_the_wrong_kind);
    check_trace("0:wrong=invalid main=7");
    check(had_report(HENCE_REPORT_MISUSE));
}

TEST_ONCE(task_groups, a_body_without_its_group_cannot_wait)
{
    check_run(without_memory,
              "0:there is one=0 0:refused=1 0:nap=cancelled 0:exit=nomem main=nomem");
}

/* A child that is not there must not get lost. */
TEST_ONCE(task_groups, a_child_that_there_is_no_memory_for_fails_the_group)
{
    begin(without_memory_for_a_child, NULL);
    end();
    check_trace("1:refused=1 1:c=cancelled 1:nap=cancelled 1:exit=group{nomem} main=group{nomem}");
    check_int(payloads_alive(), 0);
}
