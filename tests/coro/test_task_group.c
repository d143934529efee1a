/* SPDX-License-Identifier: BSD-3-Clause */
/* Task groups: rules 118 and 170. */
#include <errno.h>
#include <string.h>

#include "coro/blocks.h"

SUITE(task_groups);

/* ---- children ---- */

/* What a child does: naps, says what came of that, and ends. */
struct plan {
    const char *word;
    double delay;
    const char *fails;   /* with that message, when it has had its nap */
    const char *crashes; /* with that message, when it is cancelled */
    double tidies;       /* naps again when it is cancelled */
};

static hence_result child(void *arg)
{
    const struct plan *plan = arg;
    hence_result r = tell(plan->word, nap(plan->delay));
    if (!hence_is_failure(&r))
        return plan->fails ? failure(plan->fails) : payload();
    if (plan->tidies > 0)
        tell_and_drop(plan->word, nap(plan->tidies));
    if (!plan->crashes)
        return r;
    hence_drop(r);
    return failure(plan->crashes);
}

static struct plan one_second = {"a", 1, NULL, NULL, 0}, two_seconds = {"b", 2, NULL, NULL, 0},
                   ten_seconds = {"c", 10, NULL, NULL, 0},
                   fails_at_one = {"f", 1, "broken", NULL, 0},
                   fails_at_two = {"g", 2, "burnt", NULL, 0},
                   crashes = {"x", 10, NULL, "crashed", 0}, tidies = {"t", 10, NULL, NULL, 3},
                   tidies_and_crashes = {"u", 10, NULL, "late", 3};

static void add(hence_task_group *g, struct plan *plan)
{
    hence_task_group_spawn(g, child, plan, NULL);
}

static hence_task_group *shown;

/* Spawns the plans of an array that ends with NULL, naps for a while, and exits. */
struct group_plan {
    struct plan *children[5];
    double delay;
    const char *fails;
    bool goes_on; /* gives 7 if it is cancelled */
};

static hence_result group(void *arg)
{
    const struct group_plan *plan = arg;
    hence_task_group *g = hence_task_group_enter();
    shown = g;
    for (int i = 0; plan->children[i]; i++)
        add(g, plan->children[i]);
    hence_result r = plan->delay > 0 ? tell("body", nap(plan->delay)) : hence_int(7);
    if (plan->fails) {
        hence_drop(r);
        r = failure(plan->fails);
    } else if (plan->goes_on || !hence_is_failure(&r)) {
        hence_drop(r);
        r = hence_int(7);
    }
    r = tell("exit", hence_task_group_exit(g, r));
    shown = NULL;
    tell_number("cancelling", hence_task_cancelling(hence_current_task()));
    return r;
}

#define check_group(plan, expected)                                                                \
    do {                                                                                           \
        begin(group, plan);                                                                        \
        end();                                                                                     \
        check_trace(expected);                                                                     \
        check_int(payloads_alive(), 0);                                                            \
    } while (0)

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

static hence_result owning(void *arg)
{
    hence_drop(tell("child", nap(arg ? 1 : 2)));
    return hence_none();
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

/* ---- children that say when they are ready ---- */

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
    check_trace("1:f=none 1:child=cancelled 1:start=cancelled 1:again=closed "
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
