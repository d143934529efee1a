/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Three runners who wait for each other before each lap, and what happens when one of them gives up.
 *
 *     cc 73_barrier.c $(pkg-config --cflags --libs hence) -levent_core && ./a.out
 *     lap 1: all are there                                        (after 3 s)
 *     lap 2: all are there                                        (after 6 s)
 *     1 of 3 wait
 *     the race is off: it is broken, broken: true
 *     the next one: broken: false
 */
#include <event2/event.h>
#include <hence/hence.h>

#include <stdlib.h>

struct race {
    hence_loop *loop;
    hence_barrier *barrier;
    int laps;
};

struct runner {
    struct race *race;
    int seconds; /* for a lap */
    int laps;
};

static void run(struct runner *runner);
static hence_result arrived(hence_result *in, void *arg);
static hence_result start(hence_result *in, void *arg);
static void give_up(struct race *race);

int main(void)
{
    struct race race = {.loop = hence_loop_new(NULL)};
    //! [barrier]
    race.barrier = hence_barrier_new(3);
    if (!race.loop || !race.barrier)
        return EXIT_FAILURE;
    struct runner runners[] = {{&race, 1, 0}, {&race, 2, 0}, {&race, 3, 0}};
    for (int i = 0; i < 3; i++)
        run(&runners[i]);
    event_base_dispatch(hence_loop_base(race.loop));
    give_up(&race);
    hence_barrier_free(race.barrier);
    //! [barrier]
    hence_loop_free(race.loop);
    return EXIT_SUCCESS;
}

static void run(struct runner *runner)
{
    hence_deferred *d = hence_sleep(runner->race->loop, HENCE_SECONDS(runner->seconds));
    hence_deferred_add_callback(d, arrived, runner);
    hence_deferred_unref(d);
}

//! [wait]
static hence_result arrived(hence_result *in, void *arg)
{
    struct runner *runner = arg;
    (void)in;
    hence_deferred *d = hence_barrier_wait(runner->race->barrier);
    hence_deferred_add_callback(d, start, runner);
    return hence_chain(d);
}

static hence_result start(hence_result *in, void *arg)
{
    struct runner *runner = arg;
    if (hence_as_int(in) == 0) /* one of them says it */
        printf("lap %d: all are there\n", ++runner->race->laps);
    if (++runner->laps < 2)
        run(runner);
    return hence_none();
}
//! [wait]

static void give_up(struct race *race)
{
    //! [future]
    hence_future *f = hence_barrier_wait_future(race->loop, race->barrier);
    printf("%zu of %zu wait\n", hence_barrier_waiting(race->barrier),
           hence_barrier_parties(race->barrier));
    //! [future]
    //! [broken]
    hence_barrier_abort(race->barrier);
    hence_result r = hence_loop_run_until_complete(race->loop, f);
    printf("the race is off: %s, broken: %s\n", hence_failure_message(hence_as_failure(&r)),
           hence_barrier_is_broken(race->barrier) ? "true" : "false");
    hence_barrier_reset(race->barrier);
    printf("the next one: broken: %s\n", hence_barrier_is_broken(race->barrier) ? "true" : "false");
    //! [broken]
    hence_drop(r);
    hence_future_unref(f);
}
