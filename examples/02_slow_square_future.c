/* SPDX-License-Identifier: BSD-3-Clause
 *
 * slow_square as a Future: the same operation for those who come from asyncio. The Future is run to
 * its end by the loop, and a done callback, called by the loop too, prints the result.
 *
 *     cc 02_slow_square_future.c $(pkg-config --cflags --libs hence) && ./a.out
 *     9                                                           (after one second)
 */
#include <hence/hence.h>

#include <inttypes.h>
#include <stdlib.h>

struct square {
    hence_promise *promise;
    int64_t x;
};

static hence_future *slow_square(hence_loop *loop, int64_t x);
static void square_ready(void *arg);
static void square_drop(void *arg);
static void print_square(hence_future *f, void *arg);

//! [main]
int main(void)
{
    hence_loop *loop = hence_loop_new(NULL);
    if (!loop)
        return EXIT_FAILURE;

    hence_future *f = slow_square(loop, 3);
    hence_future_add_done_callback(f, print_square, NULL);
    hence_result r = hence_loop_run_until_complete(loop, f);
    bool failed = hence_is_failure(&r);

    hence_drop(r);
    hence_future_unref(f);
    hence_loop_free(loop);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
//! [main]

//! [operation]
static hence_future *slow_square(hence_loop *loop, int64_t x)
{
    struct square *s = malloc(sizeof *s);
    if (!s)
        return NULL; /* NULL is the out-of-memory Future */
    hence_future *f = hence_future_new(loop, &s->promise);
    s->x = x;
    hence_call_later_own(loop, HENCE_SECONDS(1), square_ready, s, square_drop, NULL);
    return f;
}

static void square_ready(void *arg)
{
    struct square *s = arg;
    hence_resolve(hence_promise_take(&s->promise), hence_int(s->x * s->x));
}

static void square_drop(void *arg)
{
    struct square *s = arg;
    hence_abandon(s->promise);
    free(s);
}
//! [operation]

//! [done-callback]
static void print_square(hence_future *f, void *arg)
{
    (void)arg;
    hence_result r = hence_future_result(f);
    if (hence_is_int(&r))
        printf("%" PRId64 "\n", hence_as_int(&r));
    else
        hence_failure_print(hence_as_failure(&r), stderr);
    hence_drop(r);
}
//! [done-callback]
