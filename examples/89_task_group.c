/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Task groups: the first child that fails cancels its siblings, and nobody is left behind.
 *
 *     cc 89_task_group.c $(pkg-config --cflags --libs hence) && ./a.out
 *     fetched Rain
 *     fetched Fog
 *     both are there: 2 poems
 *     fetched Rain
 *     gave up Snow
 *     gave up Wind
 *     several failed: 1 of them, the server has hung up
 *     fetched Rain
 *     gave up Snow
 *     the first one was enough: no failure
 *     the server listens on port 8042, 1 child
 *     the server has stopped
 *     ready, with a name of 7 letters
 */
/* long: 6 s */
#include <hence/hence.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct poem {
    const char *title;
    double seconds;
    bool hangs_up; /* the server, then */
};

static struct poem rain = {"Rain", 0.5, false}, fog = {"Fog", 1, false}, snow = {"Snow", 9, false},
                   wind = {"Wind", 9, false}, hail = {"Hail", 1, true};

static hence_result fetch(void *arg)
{
    const struct poem *poem = arg;
    hence_result r = hence_co_sleep(HENCE_SECONDS(poem->seconds));
    if (!hence_is_failure(&r) && poem->hangs_up)
        return hence_fail(HENCE_EFAILED, "the server has hung up");
    printf("%s %s\n", hence_is_failure(&r) ? "gave up" : "fetched", poem->title);
    return hence_is_failure(&r) ? r : hence_int(1);
}

//! [group]
static hence_result fetch_two(void)
{
    hence_future *first, *second;
    hence_task_group *group = hence_task_group_enter();
    hence_task_group_spawn(group, fetch, &rain, &first);
    hence_task_group_spawn(group, fetch, &fog, &second);
    hence_result r = hence_task_group_exit(group, hence_none()); /* waits for both */
    if (!hence_is_failure(&r)) {
        hence_result one = hence_future_result(first), two = hence_future_result(second);
        printf("both are there: %" PRId64 " poems\n", hence_as_int(&one) + hence_as_int(&two));
        hence_drop(one);
        hence_drop(two);
    }
    hence_future_unref(first);
    hence_future_unref(second);
    return r;
}
//! [group]

//! [failure]
static void fetch_with_failure(void)
{
    hence_task_group *group = hence_task_group_enter();
    hence_task_group_spawn(group, fetch, &rain, NULL);
    hence_task_group_spawn(group, fetch, &snow, NULL);
    hence_task_group_spawn(group, fetch, &wind, NULL);
    hence_task_group_spawn(group, fetch, &hail, NULL); /* fails after a second */
    hence_result r = hence_task_group_exit(group, hence_none());

    const hence_failure *failure = hence_as_failure(&r);
    printf("%s: %zu of them, %s\n", hence_failure_message(failure), hence_failure_count(failure),
           hence_failure_message(hence_failure_member(failure, 0)));
    hence_drop(r);
}
//! [failure]

//! [cancel]
struct race {
    hence_task_group *group;
    struct poem *poem;
};

static hence_result fetch_and_finish(void *arg)
{
    const struct race *race = arg;
    hence_result r = fetch(race->poem);
    if (!hence_is_failure(&r))
        hence_task_group_cancel(race->group); /* the others need not go on */
    return r;
}

static void fetch_any(void)
{
    hence_task_group *group = hence_task_group_enter();
    struct race first = {group, &rain}, second = {group, &snow};
    hence_task_group_spawn(group, fetch_and_finish, &first, NULL);
    hence_task_group_spawn(group, fetch_and_finish, &second, NULL);
    hence_result r = hence_task_group_exit(group, hence_none());
    printf("the first one was enough: %s\n", hence_is_failure(&r) ? "a failure" : "no failure");
    hence_drop(r);
}
//! [cancel]

//! [start]
static hence_result serve(hence_task_status *status, void *arg)
{
    (void)arg;
    hence_drop(hence_co_sleep(HENCE_MS(100))); /* binds, listens, ... */
    hence_task_status_started(status, hence_int(8042));
    return hence_co_sleep(HENCE_SECONDS(60)); /* until it is cancelled */
}

static hence_result use_server(void)
{
    hence_task_group *group = hence_task_group_enter();
    hence_result port = hence_task_group_start(group, serve, NULL);
    if (hence_is_failure(&port)) /* it could not be started */
        return hence_task_group_exit(group, port);
    printf("the server listens on port %" PRId64 ", %zu child\n", hence_as_int(&port),
           hence_task_group_count(group));
    hence_drop(port);
    hence_task_group_cancel(group);
    hence_result r = hence_task_group_exit(group, hence_none());
    printf("the server has stopped\n");
    return r;
}
//! [start]

//! [own]
static hence_result log_line(void *line)
{
    return line ? hence_co_sleep(HENCE_MS(strlen(line))) : hence_none();
}

static hence_result log_lines(void)
{
    hence_task_group *group = hence_task_group_enter();
    hence_task_group_spawn_own(group, log_line, strdup("each child"), free, NULL);
    hence_task_group_spawn_own(group, log_line, strdup("frees its line"), free, NULL);
    return hence_task_group_exit(group, hence_none());
}
//! [own]

//! [start-own]
static hence_result greet(hence_task_status *status, void *name)
{
    hence_task_status_started(status, name ? hence_int((int64_t)strlen(name)) : hence_none());
    return hence_co_sleep(HENCE_MS(10));
}

static hence_result start_greeter(void)
{
    hence_task_group *group = hence_task_group_enter();
    hence_result r = hence_task_group_start_own(group, greet, strdup("greeter"), free);
    printf("ready, with a name of %" PRId64 " letters\n", hence_as_int(&r));
    return hence_task_group_exit(group, r);
}
//! [start-own]

static hence_result run(void *arg)
{
    (void)arg;
    hence_drop(fetch_two());
    fetch_with_failure();
    fetch_any();
    hence_drop(use_server());
    hence_drop(start_greeter());
    return log_lines();
}

int main(void)
{
    hence_loop *loop = hence_loop_new(NULL);
    hence_future *task = hence_spawn(loop, run, NULL);
    hence_result r = hence_loop_run_until_complete(loop, task);
    const bool failed = hence_is_failure(&r);
    hence_drop(r);
    hence_future_unref(task);
    hence_loop_free(loop);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
