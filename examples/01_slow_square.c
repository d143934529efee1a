/* SPDX-License-Identifier: BSD-3-Clause
 *
 * slow_square as a Deferred: a square that takes a second, without holding up anything else.
 *
 *     cc 01_slow_square.c $(pkg-config --cflags --libs hence) && ./a.out
 *     9                                                           (after one second)
 *
 * The operation is three functions: slow_square() begins it and returns a Deferred, square_ready()
 * is called by the loop when the time has come and resolves the promise, square_drop() ends what
 * belongs to the operation, however it went.
 */
#include <hence/hence.h>

#include <inttypes.h>
#include <stdlib.h>

struct square {
    hence_promise *promise;
    int64_t x;
};

static hence_deferred *slow_square(hence_loop *loop, int64_t x);
static void square_ready(void *arg);
static void square_drop(void *arg);
static hence_result print_and_stop(hence_result *in, void *arg);

//! [main]
int main(void)
{
    hence_loop *loop = hence_loop_new(NULL);
    if (!loop)
        return EXIT_FAILURE;

    hence_deferred *d = slow_square(loop, 3);
    hence_deferred_add_both(d, print_and_stop, loop);
    hence_deferred_unref(d); /* the step is added: it will run without us */

    int error = hence_loop_run_forever(loop);
    hence_loop_free(loop);
    return error ? EXIT_FAILURE : EXIT_SUCCESS;
}
//! [main]

//! [operation]
static hence_deferred *slow_square(hence_loop *loop, int64_t x)
{
    struct square *s = malloc(sizeof *s);
    if (!s)
        return NULL; /* NULL is the out-of-memory Deferred */
    hence_deferred *d = hence_deferred_new(&s->promise);
    s->x = x;
    hence_call_later_own(loop, HENCE_SECONDS(1), square_ready, s, square_drop, NULL);
    return d;
}

static void square_ready(void *arg)
{
    struct square *s = arg;
    hence_resolve(hence_promise_take(&s->promise), hence_int(s->x * s->x));
}

static void square_drop(void *arg)
{
    struct square *s = arg;
    hence_abandon(s->promise); /* NULL, unless the call was never made: then who waits is told */
    free(s);
}
//! [operation]

static hence_result print_and_stop(hence_result *in, void *arg)
{
    if (hence_is_int(in))
        printf("%" PRId64 "\n", hence_as_int(in));
    hence_loop_stop(arg);
    return hence_take(in); /* a failure goes on, and is reported when nobody handles it */
}
