/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Sleeping without blocking: a helper that gives "done" after a while, on one screen; then the
 * library's own, which can be cancelled too; and slow_square, which is short once there is one.
 *
 *     cc 03_sleep.c $(pkg-config --cflags --libs hence) && ./a.out
 *     slept 500 ms: own_sleep()
 *     slept 250 ms: hence_sleep()
 *     slept 250 ms: hence_sleep_future()
 *     9                                                           (one second later)
 */
#include <hence/hence.h>

#include <inttypes.h>
#include <stdlib.h>

struct sleeper {
    hence_promise *promise;
};

static hence_deferred *own_sleep(hence_loop *loop, int64_t delay);
static void sleep_over(void *arg);
static void sleep_drop(void *arg);
static hence_deferred *slow_square(hence_loop *loop, int64_t x);
static hence_result square(hence_result *in, void *arg);
static void tell(hence_loop *loop, int64_t began, const char *what, hence_result r);

int main(void)
{
    hence_loop *loop = hence_loop_new(NULL);
    if (!loop)
        return EXIT_FAILURE;

    int64_t began = hence_loop_time(loop);
    hence_deferred *d = own_sleep(loop, HENCE_MS(500));
    tell(loop, began, "own_sleep()", hence_loop_run_until_complete_deferred(loop, d));

    began = hence_loop_time(loop);
    //! [sleep]
    d = hence_sleep(loop, HENCE_SECONDS(0.25));
    hence_result r = hence_loop_run_until_complete_deferred(loop, d); /* takes d */
    //! [sleep]
    tell(loop, began, "hence_sleep()", r);

    began = hence_loop_time(loop);
    //! [sleep-future]
    hence_future *f = hence_sleep_future(loop, HENCE_MS(250));
    r = hence_loop_run_until_complete(loop, f); /* leaves f alone */
    hence_future_unref(f);
    //! [sleep-future]
    tell(loop, began, "hence_sleep_future()", r);

    r = hence_loop_run_until_complete_deferred(loop, slow_square(loop, 3));
    bool ok = hence_is_int(&r);
    printf("%" PRId64 "\n", hence_as_int(&r));
    hence_drop(r);

    hence_loop_free(loop);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

//! [own-sleep]
static hence_deferred *own_sleep(hence_loop *loop, int64_t delay)
{
    struct sleeper *s = malloc(sizeof *s);
    if (!s)
        return NULL;
    hence_deferred *d = hence_deferred_new(&s->promise);
    hence_call_later_own(loop, delay, sleep_over, s, sleep_drop, NULL);
    return d;
}

static void sleep_over(void *arg)
{
    struct sleeper *s = arg;
    hence_resolve(hence_promise_take(&s->promise), hence_none());
}

static void sleep_drop(void *arg)
{
    struct sleeper *s = arg;
    hence_abandon(s->promise);
    free(s);
}
//! [own-sleep]

//! [slow-square]
static hence_deferred *slow_square(hence_loop *loop, int64_t x)
{
    hence_deferred *d = hence_sleep(loop, HENCE_SECONDS(1));
    int64_t *copy = hence_deferred_alloc(d, sizeof *copy, NULL); /* as long as the chain */
    if (!copy)
        return hence_deferred_unref(d); /* NULL: out of memory */
    *copy = x;
    hence_deferred_add_callback(d, square, copy);
    return d;
}

static hence_result square(hence_result *in, void *arg)
{
    (void)in;
    int64_t x = *(int64_t *)arg;
    return hence_int(x * x);
}
//! [slow-square]

static void tell(hence_loop *loop, int64_t began, const char *what, hence_result r)
{
    double seconds = (double)(hence_loop_time(loop) - began) / 1e9;
    if (hence_is_none(&r))
        printf("slept %.0f ms: %s\n", seconds * 1000, what);
    else
        printf("%s did not sleep\n", what);
    hence_drop(r);
}
