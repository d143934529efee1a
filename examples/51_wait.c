/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Waiting for some of several Futures, without touching them. And no longer than so long for one: either
 * it is cancelled then, or only the waiting ends.
 *
 *     cc 51_wait.c $(pkg-config --cflags --libs hence) && ./a.out
 *     first completed: 1 of 3: tea                                (after one second)
 *     first exception: 2 of 3: tea toast                          (after two seconds)
 *     half a second later: 2 of 3: tea toast
 *     all completed: 3 of 3: tea toast eggs                       (after four seconds)
 *     toast: burnt
 *
 *     soup: timed out after 1 s, and the cook has stopped
 *     stew: timed out after 1 s, but the cook goes on
 *     stew: it is served after all                                (two seconds later)
 */
/* long: 8 s */
#include <hence/hence.h>

#include <inttypes.h>
#include <stdlib.h>

struct dish {
    const char *name;
    double seconds; /* that it takes */
    bool goes_wrong;
};

static struct dish tea = {"tea", 1, false}, toast = {"toast", 2, true}, eggs = {"eggs", 4, false};
static struct dish soup = {"soup", 60, false}, stew = {"stew", 3, false};
static const char *const breakfast[] = {"tea", "toast", "eggs"};

static void serve_breakfast(hence_loop *loop);
static void wait_for_some(hence_loop *loop, hence_future *const *dishes, const char *what,
                          hence_wait_condition condition, int64_t timeout);
static void order_soup(hence_loop *loop);
static void order_stew(hence_loop *loop);
static hence_future *cook(hence_loop *loop, struct dish *dish);

int main(void)
{
    hence_loop *loop = hence_loop_new(NULL);
    if (!loop)
        return EXIT_FAILURE;
    serve_breakfast(loop);
    puts("");
    order_soup(loop);
    order_stew(loop);
    hence_loop_free(loop);
    return EXIT_SUCCESS;
}

static void serve_breakfast(hence_loop *loop)
{
    hence_future *dishes[] = {cook(loop, &tea), cook(loop, &toast), cook(loop, &eggs)};
    wait_for_some(loop, dishes, "first completed", HENCE_FIRST_COMPLETED, -1);
    wait_for_some(loop, dishes, "first exception", HENCE_FIRST_EXCEPTION, -1);
    wait_for_some(loop, dishes, "half a second later", HENCE_ALL_COMPLETED, HENCE_SECONDS(0.5));
    wait_for_some(loop, dishes, "all completed", HENCE_ALL_COMPLETED, -1);

    const hence_failure *failure = hence_future_failure(dishes[1]); /* nobody has looked so far */
    printf("toast: %s\n", hence_failure_message(failure));
    hence_future_unref_all(dishes, 3);
}

//! [wait]
static void wait_for_some(hence_loop *loop, hence_future *const *dishes, const char *what,
                          hence_wait_condition condition, int64_t timeout)
{
    hence_future *enough = hence_wait(loop, dishes, 3, condition, timeout); /* only looks at them */
    hence_result r = hence_loop_run_until_complete(loop, enough);
    printf("%s: %" PRId64 " of 3:", what, hence_as_int(&r));
    for (int i = 0; i < 3; i++) {
        if (hence_future_done(dishes[i]))
            printf(" %s", breakfast[i]);
    }
    puts("");
    hence_drop(r);
    hence_future_unref(enough);
}
//! [wait]

//! [wait-for]
static void order_soup(hence_loop *loop)
{
    hence_future *dish = cook(loop, &soup);
    hence_future *in_time = hence_wait_for(dish, HENCE_SECONDS(1)); /* or it is cancelled */
    hence_result r = hence_loop_run_until_complete(loop, in_time);
    printf("soup: %s, and the cook %s\n", hence_failure_message(hence_as_failure(&r)),
           hence_future_cancelled(dish) ? "has stopped" : "goes on");
    hence_drop(r);
    hence_future_unref(in_time);
    hence_future_unref(dish);
}
//! [wait-for]

//! [with-timeout]
static void order_stew(hence_loop *loop)
{
    hence_future *dish = cook(loop, &stew);
    hence_future *in_time = hence_with_timeout(dish, HENCE_SECONDS(1)); /* then nobody waits here */
    hence_result r = hence_loop_run_until_complete(loop, in_time);
    printf("stew: %s, but the cook %s\n", hence_failure_message(hence_as_failure(&r)),
           hence_future_cancelled(dish) ? "has stopped" : "goes on");
    hence_drop(r);
    hence_future_unref(in_time);

    r = hence_loop_run_until_complete(loop, dish);
    if (hence_is_value(&r))
        puts("stew: it is served after all");
    hence_drop(r);
    hence_future_unref(dish);
}
//! [with-timeout]

static hence_result serve(hence_result *in, void *arg)
{
    const struct dish *dish = arg;
    (void)in;
    if (dish->goes_wrong)
        return hence_fail(HENCE_EFAILED, "burnt");
    return hence_none();
}

static hence_future *cook(hence_loop *loop, struct dish *dish)
{
    hence_deferred *d = hence_sleep(loop, HENCE_SECONDS(dish->seconds));
    hence_deferred_add_callback(d, serve, dish);
    return hence_deferred_as_future(loop, d);
}
