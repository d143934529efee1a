/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_TESTS_TASK_GROUP_SUPPORT_H
#define HENCE_TESTS_TASK_GROUP_SUPPORT_H

/* What the tests of task groups have in common. */

#include "coro/blocks.h"

/* What a child does: naps, says what came of that, and ends. */
struct plan {
    const char *word;
    double delay;
    const char *fails;   /* with that message, when it has had its nap */
    const char *crashes; /* with that message, when it is cancelled */
    double tidies;       /* naps again when it is cancelled */
};

static inline hence_result child(void *arg)
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

/* Each file has some of them. */
__attribute__((unused)) static struct plan one_second = {"a", 1, NULL, NULL, 0},
                                           two_seconds = {"b", 2, NULL, NULL, 0},
                                           ten_seconds = {"c", 10, NULL, NULL, 0},
                                           fails_at_one = {"f", 1, "broken", NULL, 0},
                                           fails_at_two = {"g", 2, "burnt", NULL, 0},
                                           crashes = {"x", 10, NULL, "crashed", 0},
                                           tidies = {"t", 10, NULL, NULL, 3},
                                           tidies_and_crashes = {"u", 10, NULL, "late", 3};

static inline void add(hence_task_group *g, struct plan *plan)
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

static inline hence_result group(void *arg)
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

static inline hence_result owning(void *arg)
{
    hence_drop(tell("child", nap(arg ? 1 : 2)));
    return hence_none();
}

#endif
