/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Four loops in four threads, each on its own event_base, hand a Future round: each makes one of its own of what
 * it is given, waits for it, and gives the next loop one whose value is one more.
 *
 *   ring [N]   N times round
 */
#include <event2/event.h>

#include "threads/threads.h"

#define LOOPS 4

static long rounds = 10000;

static struct station {
    struct event_base *base;
    hence_loop *loop;
    pthread_t thread;
    hence_promise *promise; /* of the Future that was handed on */
    int64_t last;           /* the value that was passed on last */
    long passed;
} stations[LOOPS];

static pthread_barrier_t all_are_there;
static atomic_long values_made, values_destroyed;

static void destroy_value(void *value)
{
    free(value);
    atomic_fetch_add(&values_destroyed, 1);
}

static hence_result make_value(int64_t number)
{
    int64_t *value = malloc(sizeof *value);
    check(value);
    *value = number;
    atomic_fetch_add(&values_made, 1);
    return hence_own(value, destroy_value);
}

static void stop(void *arg)
{
    hence_loop_stop(arg);
}

/* A Future of another loop. */
struct handed {
    struct station *to;
    hence_concurrent_future *c;
};

static void drop_handed(void *arg)
{
    struct handed *handed = arg;
    hence_concurrent_future_unref(handed->c);
    free(handed);
}

static void receive(void *arg);

static void resolve_own(void *arg)
{
    struct station *station = arg;
    check(hence_resolve(hence_promise_take(&station->promise), make_value(station->last)) == 0);
}

/* Hands a Future of this loop to the next one, and resolves it after that. */
static void hand_on(struct station *station, int64_t number)
{
    struct handed *handed = malloc(sizeof *handed);
    hence_future *f = hence_future_new(station->loop, &station->promise);
    check(handed && f);
    handed->to = station == &stations[LOOPS - 1] ? stations : station + 1;
    handed->c = hence_future_as_concurrent(f);
    check(handed->c);
    hence_future_unref(f);
    station->last = number;
    station->passed++;
    check(hence_call_soon_threadsafe_own(handed->to->loop, receive, handed, drop_handed) == 0);
    check(hence_call_soon(station->loop, resolve_own, station, NULL) == 0);
}

static void told(hence_future *f, void *arg)
{
    struct station *station = arg;
    hence_result r = hence_future_result(f);
    const int64_t *value = hence_as(&r, destroy_value);
    check(value);
    const int64_t number = *value;
    hence_drop(r);
    hence_future_unref(f);
    check(hence_loop_current() == station->loop);
    if (number < rounds * LOOPS) {
        hand_on(station, number + 1);
        return;
    }
    for (int i = 0; i < LOOPS; i++)
        check(hence_call_soon_threadsafe(stations[i].loop, stop, stations[i].loop) == 0);
}

static void receive(void *arg)
{
    const struct handed *handed = arg;
    hence_future *f = hence_wrap_future(handed->to->loop, handed->c);
    check(f && hence_future_add_done_callback(f, told, handed->to) == 0);
}

static void *run(void *arg)
{
    struct station *station = arg;
    station->base = event_base_new();
    station->loop = hence_loop_new(station->base);
    check(station->base && station->loop);
    pthread_barrier_wait(&all_are_there);
    if (station == stations)
        hand_on(station, 1);
    check(hence_loop_run_forever(station->loop) == 0);
    pthread_barrier_wait(&all_are_there); /* nobody posts any more */
    hence_loop_free(station->loop);
    event_base_free(station->base);
    return NULL;
}

int main(int argc, char **argv)
{
    long passed = 0;
    if (argc > 1)
        rounds = atol(argv[1]);
    check(pthread_barrier_init(&all_are_there, NULL, LOOPS) == 0);
    for (int i = 0; i < LOOPS; i++)
        stations[i].thread = start(run, &stations[i]);
    for (int i = 0; i < LOOPS; i++)
        join(stations[i].thread);
    for (int i = 0; i < LOOPS; i++)
        passed += stations[i].passed;
    check(passed == rounds * LOOPS && values_made == values_destroyed);
    check_ledger();
    printf("%d loops in as many threads handed a Future round %ld times: %ld values, each "
           "destroyed once\n",
           LOOPS, rounds, values_made);
    return 0;
}
