/* SPDX-License-Identifier: BSD-3-Clause
 *
 * One part of a program tells others: an event that opens a door, a condition with its lock, and a result
 * that many wait for.
 *
 *     cc 74_notify.c $(pkg-config --cflags --libs hence) && ./a.out
 *     the door is open: false
 *     ann goes in
 *     bob goes in
 *     a Future goes in
 *     4 loaves are not enough yet
 *     6 loaves: 5 are sold
 *     1 is left, and the next one is told: 1
 *     by hand: told, and holds the lock: true
 *     asked early: 42
 *     asked late: 42
 *     without waiting: 42
 */
#include <hence/hence.h>

#include <stdlib.h>

static void event(hence_loop *loop);
static void condition(hence_loop *loop);
static void result(hence_loop *loop);
static hence_result go_in(hence_result *in, void *name);
static hence_result print(hence_result *in, void *what);

int main(void)
{
    hence_loop *loop = hence_loop_new(NULL);
    if (!loop)
        return EXIT_FAILURE;
    event(loop);
    condition(loop);
    result(loop);
    hence_loop_free(loop);
    return EXIT_SUCCESS;
}

/* ---- an event ---- */

static hence_result go_in(hence_result *in, void *name)
{
    printf("%s goes in\n", (const char *)name);
    return hence_take(in);
}

static void event(hence_loop *loop)
{
    //! [event]
    hence_sync_event *door = hence_sync_event_new();
    hence_deferred *ann = hence_sync_event_wait(door);
    hence_deferred *bob = hence_sync_event_wait(door);
    hence_deferred_add_callback(ann, go_in, HENCE_TEXT("ann"));
    hence_deferred_add_callback(bob, go_in, HENCE_TEXT("bob"));
    printf("the door is open: %s\n", hence_sync_event_is_set(door) ? "true" : "false");
    hence_sync_event_set(door); /* both go in now */
    hence_sync_event_clear(door);
    //! [event]
    //! [event-future]
    hence_future *f = hence_sync_event_wait_future(loop, door);
    hence_sync_event_set(door);
    hence_result r = hence_loop_run_until_complete(loop, f);
    //! [event-future]
    hence_drop(go_in(&r, HENCE_TEXT("a Future")));
    hence_future_unref(f);
    hence_deferred_unref(ann);
    hence_deferred_unref(bob);
    //! [event-free]
    hence_sync_event_free(door);
    //! [event-free]
}

/* ---- a condition ---- */

struct bakery {
    hence_lock *lock;
    hence_condition *baked;
    hence_hold *hold; /* of the customer */
    int loaves;
};

//! [condition]
static bool are_enough(void *arg)
{
    const struct bakery *bakery = arg;
    if (bakery->loaves && bakery->loaves < 5)
        printf("%d loaves are not enough yet\n", bakery->loaves);
    return bakery->loaves >= 5;
}

/* Here the hold holds again, and nobody else changes anything. */
static hence_result buy(hence_result *in, void *arg)
{
    struct bakery *bakery = arg;
    printf("%d loaves: 5 are sold\n", bakery->loaves);
    bakery->loaves -= 5;
    hence_hold_free(bakery->hold);
    bakery->hold = NULL;
    return hence_take(in);
}

static hence_result bake(void *arg)
{
    struct bakery *bakery = arg;
    bakery->loaves += bakery->loaves ? 2 : 4;
    hence_condition_notify(bakery->baked, 1);
    return hence_none();
}

static hence_result come(hence_result *in, void *arg)
{
    struct bakery *bakery = arg;
    bakery->hold = hence_take_hold(in);
    return hence_chain(hence_condition_wait_for(bakery->baked, bakery->hold, are_enough, bakery));
}

static void sell(struct bakery *bakery)
{
    hence_deferred *customer = hence_lock_acquire(bakery->lock);
    hence_deferred_add_callback(customer, come, bakery);
    hence_deferred_add_callback(customer, buy, bakery);
    for (int i = 0; i < 2; i++)
        hence_deferred_unref(hence_lock_run(bakery->lock, bake, bakery));
    hence_deferred_unref(customer);
}
//! [condition]

static bool is_some(void *arg)
{
    return *(const int *)arg > 0;
}

static hence_result told(hence_result *in, void *arg)
{
    const struct bakery *bakery = arg;
    printf("by hand: told, and holds the lock: %s\n",
           hence_hold_holds(bakery->hold) ? "true" : "false");
    return hence_take(in);
}

static void with_futures(hence_loop *loop, struct bakery *bakery)
{
    //! [condition-future]
    hence_hold *hold;
    if (hence_lock_try_acquire(bakery->lock, &hold) < 0)
        return;
    hence_future *f =
        hence_condition_wait_for_future(loop, bakery->baked, hold, is_some, &bakery->loaves);
    hence_drop(hence_loop_run_until_complete(loop, f)); /* it is so already */
    printf("%d is left, and the next one is told: ", bakery->loaves);
    hence_future *next = hence_condition_wait_future(loop, bakery->baked, hold);
    hence_hold *other;
    if (hence_lock_try_acquire(bakery->lock, &other) == 0) {
        hence_condition_notify_all(bakery->baked);
        hence_hold_free(other);
    }
    hence_drop(hence_loop_run_until_complete(loop, next));
    printf("%d\n", hence_hold_holds(hold));
    //! [condition-future]
    hence_future_unref(f);
    hence_future_unref(next);
    hence_hold_free(hold);
}

static void by_hand(struct bakery *bakery)
{
    if (hence_lock_try_acquire(bakery->lock, &bakery->hold) < 0)
        return;
    //! [condition-wait]
    hence_deferred *d = hence_condition_wait(bakery->baked, bakery->hold);
    hence_deferred_add_callback(d, told, bakery);
    //! [condition-wait]
    hence_deferred_unref(hence_lock_run(bakery->lock, bake, bakery));
    hence_deferred_unref(d);
    hence_hold_free(bakery->hold);
}

static void condition(hence_loop *loop)
{
    struct bakery bakery = {.lock = hence_lock_new()};
    //! [condition-new]
    bakery.baked = hence_condition_new(bakery.lock);
    sell(&bakery);
    with_futures(loop, &bakery);
    by_hand(&bakery);
    hence_condition_free(bakery.baked);
    hence_lock_free(bakery.lock);
    //! [condition-new]
}

/* ---- a result ---- */

static hence_result print(hence_result *in, void *what)
{
    printf("asked %s: %d\n", (const char *)what, (int)hence_as_int(in));
    return hence_take(in);
}

static void result(hence_loop *loop)
{
    //! [result]
    hence_async_result *answer = hence_async_result_new();
    hence_deferred *early = hence_async_result_get(answer);
    hence_deferred_add_callback(early, print, HENCE_TEXT("early"));
    if (!hence_async_result_is_set(answer))
        hence_async_result_set(answer, hence_int(42));
    hence_future *late = hence_async_result_get_future(loop, answer);
    hence_result r = hence_loop_run_until_complete(loop, late);
    hence_drop(print(&r, HENCE_TEXT("late")));
    r = hence_async_result_try_get(answer);
    printf("without waiting: %d\n", (int)hence_as_int(&r));
    hence_drop(r);
    hence_async_result_free(answer);
    //! [result]
    hence_deferred_unref(early);
    hence_future_unref(late);
}
