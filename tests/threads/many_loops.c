/* SPDX-License-Identifier: BSD-3-Clause */
/* Several loops in several threads hand a number round: each has its own timers, calls and Futures,
 * and the doors of the others. */
#include "threads/threads.h"

#define LOOPS  6
#define ROUNDS 3000

static struct station {
    hence_loop *loop;
    pthread_t thread;
    hence_promise *arrived; /* of the last round */
    int passed;
    int ticks;
} stations[LOOPS];

static pthread_barrier_t all_are_there;
static atomic_int rounds;

static void stop(void *arg)
{
    hence_loop_stop(arg);
}

static void pass_on(void *arg)
{
    struct station *station = arg;
    struct station *next = station == &stations[LOOPS - 1] ? stations : station + 1;
    check(hence_loop_current() == station->loop);
    station->passed++;
    if (station == stations && atomic_fetch_add(&rounds, 1) == ROUNDS) {
        for (int i = 0; i < LOOPS; i++)
            check(hence_call_soon_threadsafe(stations[i].loop, stop, stations[i].loop) == 0);
        return;
    }
    check(hence_call_soon_threadsafe(next->loop, pass_on, next) == 0);
}

static void tick(void *arg)
{
    struct station *station = arg;
    station->ticks++;
    check(hence_call_later(station->loop, HENCE_US(50), tick, station, NULL) == 0);
}

static void told(hence_future *f, void *arg)
{
    hence_result r = hence_future_result(f);
    check(hence_as_int(&r) == 7);
    *(bool *)arg = true;
    hence_drop(r);
}

static void *run(void *arg)
{
    struct station *station = arg;
    bool was_told = false;
    hence_promise *p;
    hence_loop *loop = station->loop = hence_loop_new(NULL);
    hence_future *f = hence_future_new(loop, &p);
    check(loop && f);
    check(hence_future_add_done_callback(f, told, &was_told) == 0);
    check(hence_call_soon(loop, tick, station, NULL) == 0);
    check(hence_resolve(p, hence_int(7)) == 0);
    hence_deferred *d = hence_sleep(loop, HENCE_US(100));
    pthread_barrier_wait(&all_are_there);
    if (station == stations)
        check(hence_call_soon(loop, pass_on, station, NULL) == 0);
    check(hence_loop_run_forever(loop) == 0);
    check(was_told && station->ticks > 0);
    hence_deferred_forget(d);
    hence_future_unref(f);
    pthread_barrier_wait(&all_are_there); /* nobody posts any more */
    hence_loop_free(loop);
    return NULL;
}

int main(void)
{
    check(pthread_barrier_init(&all_are_there, NULL, LOOPS) == 0);
    for (int i = 0; i < LOOPS; i++)
        stations[i].thread = start(run, &stations[i]);
    for (int i = 0; i < LOOPS; i++)
        join(stations[i].thread);
    for (int i = 0; i < LOOPS; i++)
        check(stations[i].passed == ROUNDS + (i == 0));
    check_ledger();
    printf("%d loops in as many threads handed a number round %d times\n", LOOPS, ROUNDS);
    return 0;
}
