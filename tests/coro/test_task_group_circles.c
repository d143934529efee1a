/* SPDX-License-Identifier: BSD-3-Clause */
/* Children that wait for their parent, through other things, while it is not at the exit of their group yet. */
#include "coro/task_group_support.h"

SUITE(task_group_circles);

static hence_future *x, *y;
static hence_promise *of_x, *of_y;

static void begin_two(void)
{
    x = hence_future_new(both.loop, &of_x);
    y = hence_future_new(both.loop, &of_y);
}

static hence_result waits_for_x(void *arg)
{
    (void)arg;
    return tell("child", hence_await(hence_future_ref(x)));
}

static hence_result waits_for_race(void *arg)
{
    (void)arg;
    return tell("child",
                hence_await(hence_race_future(both.loop, (hence_future *const[]){x, y}, 2)));
}

static hence_result waits_for_gather_of_race(void *arg)
{
    (void)arg;
    hence_future *race = hence_race_future(both.loop, (hence_future *const[]){x, y}, 2);
    hence_future *all = hence_gather(both.loop, &race, 1, 0);
    hence_future_unref(race);
    return tell("child", hence_await(all));
}

/* The parent naps for 5 seconds and exits. */
static hence_result parent(void *fn)
{
    begin_two();
    hence_task_group *g = hence_task_group_enter();
    hence_task_group_spawn(g, *(hence_result_fn **)fn, NULL, NULL);
    hence_result r = tell("nap", nap(5));
    return tell("exit", hence_task_group_exit(g, r));
}

/* X waits for the parent from the start or at two seconds, and the other racer fails before or after. */
static void check_circle(hence_result_fn *fn, double x_at, double y_at, const char *expected)
{
    begin(parent, &fn);
    for (double t = 0; t < 10; t += 0.25) {
        if (t == x_at)
            hence_resolve(hence_promise_take(&of_x),
                          hence_chain_future(hence_future_ref(main_task)));
        if (t == y_at)
            hence_resolve(hence_promise_take(&of_y), failure("broken"));
        pass_time(0.25);
    }
    if (!support_faulty)
        check_trace(expected);
    hence_resolve(hence_promise_take(&of_x), hence_none());
    hence_resolve(hence_promise_take(&of_y), hence_none());
    if (!hence_future_done(main_task))
        hence_future_cancel(main_task);
    pass_time(0);
    hence_future_failure(x);
    hence_future_failure(y);
    hence_future_failure(main_task);
    x = hence_future_unref(x);
    y = hence_future_unref(y);
    main_task = hence_future_unref(main_task);
    end_loop(&both);
    forget_reports();
}

/* difference 7 */
TEST(task_group_circles, through_a_future)
{
    check_circle(waits_for_x, 2, -1, "2:child=deadlock 2:nap=cancelled 2:exit=group{deadlock}");
}

/* difference 7 */
TEST(task_group_circles, through_a_race_whose_other_fails_before)
{
    check_circle(
        waits_for_race, 3, 2,
        "3:child=group{deadlock,broken} 3:nap=cancelled 3:exit=group{group{deadlock,broken}}");
}

/* difference 7 */
TEST(task_group_circles, through_a_race_whose_other_fails_later)
{
    check_circle(
        waits_for_race, 2, 3,
        "3:child=group{deadlock,broken} 3:nap=cancelled 3:exit=group{group{deadlock,broken}}");
}

/* difference 7 */
TEST(task_group_circles, through_a_race_whose_other_fails_when_the_parent_is_at_the_exit)
{
    check_circle(waits_for_race, 2, 6,
                 "5:nap=none 6:child=group{deadlock,broken} 6:exit=group{group{deadlock,broken}}");
}

/* difference 7 */
TEST(task_group_circles, through_a_race_inside_a_gather_whose_other_fails_later)
{
    check_circle(
        waits_for_gather_of_race, 2, 3,
        "3:child=group{deadlock,broken} 3:nap=cancelled 3:exit=group{group{deadlock,broken}}");
}
