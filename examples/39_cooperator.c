/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Long work in small units, side by side with other work and with the rest of the program.
 *
 *     cc 39_cooperator.c $(pkg-config --cflags --libs hence) && ./a.out
 *     ann adds 1
 *     bob adds 1
 *     ann adds 2
 *     bob adds 2
 *     ann adds 3
 *     ann has 6
 *     bob has 3
 *     cy adds 1
 *     something else
 *     cy adds 2
 *     cy has 3
 *     dora may begin                                              (after half a second)
 *     dora adds 1
 *     dora adds 2
 *     dora: stopped before the result came
 *     eve: stopped before the result came
 *     eve adds 1
 *     eve has 1
 */
#include <hence/hence.h>

#include <inttypes.h>
#include <stdlib.h>

struct sum {
    const char *name;
    int next, last;
    int64_t total;
};

static bool side_by_side(hence_loop *loop);
static bool one_a_turn(hence_loop *loop, hence_cooperator *cooperator);
static void pause_and_stop(hence_loop *loop, hence_cooperator *cooperator);
static bool stop_all(hence_loop *loop, hence_cooperator *cooperator);
static hence_result print(hence_result *in, void *arg);
static void something_else(void *arg);

int main(void)
{
    hence_loop *loop = hence_loop_new(NULL);
    hence_cooperator *cooperator = hence_cooperator_new(loop);
    bool ok = side_by_side(loop) && one_a_turn(loop, cooperator);
    pause_and_stop(loop, cooperator);
    ok = stop_all(loop, cooperator) && ok;
    hence_cooperator_free(cooperator);
    hence_loop_free(loop);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- a unit of work, and tasks of such units ---- */

//! [unit]
static bool add_one(void *arg, hence_result *out)
{
    struct sum *sum = arg;
    printf("%s adds %d\n", sum->name, sum->next);
    sum->total += sum->next;
    if (sum->next++ < sum->last)
        return true; /* there is more to do */
    *out = hence_int(sum->total);
    return false; /* that was the last one */
}
//! [unit]

//! [cooperate]
static bool side_by_side(hence_loop *loop)
{
    struct sum ann = {"ann", 1, 3, 0}, bob = {"bob", 1, 2, 0};
    hence_cooperator *cooperator = hence_cooperator_new(loop);
    hence_cooperative_task *tasks[] = {hence_cooperate(cooperator, add_one, &ann, NULL),
                                       hence_cooperate(cooperator, add_one, &bob, NULL)};
    hence_deferred *sums[] = {hence_cooperative_task_when_done(tasks[0]),
                              hence_cooperative_task_when_done(tasks[1])};
    hence_deferred *d = hence_gather_results(sums, 2, 0);
    hence_result r = hence_loop_run_until_complete_deferred(loop, d);
    const hence_list *list = hence_as_list(&r);
    printf("ann has %" PRId64 "\n", hence_as_int(hence_list_at(list, 0)));
    printf("bob has %" PRId64 "\n", hence_as_int(hence_list_at(list, 1)));
    hence_drop(r);

    hence_cooperative_task_unref(tasks[0]);
    hence_cooperative_task_unref(tasks[1]);
    hence_cooperator_free(cooperator);
    return list != NULL;
}
//! [cooperate]

static bool one_a_turn(hence_loop *loop, hence_cooperator *cooperator)
{
    struct sum cy = {"cy", 1, 2, 0};
    //! [slice]
    if (hence_cooperator_set_slice(cooperator, 0, 1) < 0) /* one unit, then others have a turn */
        return false;
    //! [slice]

    //! [coiterate]
    hence_deferred *d = hence_coiterate(cooperator, add_one, &cy, NULL); /* only for its end */
    hence_deferred_add_both(d, print, &cy);
    //! [coiterate]
    bool ok = hence_call_soon(loop, something_else, NULL, NULL) == 0;
    hence_drop(hence_loop_run_until_complete_deferred(loop, d));
    return ok;
}

/* ---- paused, and stopped ---- */

static void pause_and_stop(hence_loop *loop, hence_cooperator *cooperator)
{
    struct sum dora = {"dora", 1, 1000000, 0};
    //! [pause]
    hence_cooperative_task *task = hence_cooperate(cooperator, add_one, &dora, NULL);
    hence_cooperative_task_pause(task);
    hence_drop(hence_loop_run_until_complete_deferred(loop, hence_sleep(loop, HENCE_MS(500))));
    puts("dora may begin");
    hence_cooperative_task_resume(task);
    //! [pause]
    hence_drop(hence_loop_run_until_complete_deferred(loop, hence_sleep(loop, 0)));

    //! [when-done]
    hence_deferred *d = hence_cooperative_task_when_done(task); /* another one each time */
    hence_deferred_add_both(d, print, &dora);
    hence_cooperative_task_stop(task);
    //! [when-done]
    hence_deferred_unref(d);
    hence_cooperative_task_unref(task);
}

//! [stop]
static bool stop_all(hence_loop *loop, hence_cooperator *cooperator)
{
    struct sum eve = {"eve", 1, 1, 0};
    hence_cooperator_stop(cooperator); /* all tasks, and those that come */
    hence_deferred *d = hence_coiterate(cooperator, add_one, &eve, NULL);
    hence_deferred_add_both(d, print, &eve);
    hence_deferred_unref(d);
    if (hence_cooperator_is_running(cooperator) || hence_cooperator_start(cooperator) < 0)
        return false;

    d = hence_coiterate(cooperator, add_one, &eve, NULL);
    hence_deferred_add_both(d, print, &eve);
    hence_drop(hence_loop_run_until_complete_deferred(loop, d));
    return true;
}
//! [stop]

static hence_result print(hence_result *in, void *arg)
{
    const struct sum *sum = arg;
    if (hence_is_int(in))
        printf("%s has %" PRId64 "\n", sum->name, hence_as_int(in));
    else if (hence_is_failure(in))
        printf("%s: %s\n", sum->name, hence_failure_message(hence_as_failure(in)));
    return hence_none();
}

static void something_else(void *arg)
{
    (void)arg;
    puts("something else");
}
