/* SPDX-License-Identifier: BSD-3-Clause
 *
 * slow_square in straight lines: two functions that stop where they wait, and go on there. Each is a
 * Deferred to everybody else.
 *
 *     cc 80_inline_callbacks.c $(pkg-config --cflags --libs hence) && ./a.out
 *     9                                                           (after one second)
 */
#include <hence/hence.h>

#include <inttypes.h>
#include <stdlib.h>

struct square {
    hence_loop *loop;
    int64_t x;
};

//! [main]
static hence_result slow_square(void *arg)
{
    const struct square *s = arg;
    hence_result r = hence_await_deferred(hence_sleep(s->loop, HENCE_SECONDS(1)));
    if (hence_is_failure(&r))
        return r;
    return hence_int(s->x * s->x);
}

static hence_result test(void *arg)
{
    hence_loop *loop = arg;
    struct square three = {loop, 3};
    hence_result r = hence_await_deferred(hence_inline_callbacks(slow_square, &three));
    if (hence_is_int(&r))
        printf("%" PRId64 "\n", hence_as_int(&r));
    hence_loop_stop(loop);
    return r; /* a failure is reported when nobody handles it */
}

int main(void)
{
    hence_loop *loop = hence_loop_new(NULL);
    if (!loop)
        return EXIT_FAILURE;

    hence_deferred_unref(
        hence_inline_callbacks(test, loop)); /* it has begun, and runs without us */
    int error = hence_loop_run_forever(loop);
    hence_loop_free(loop);
    return error ? EXIT_FAILURE : EXIT_SUCCESS;
}
//! [main]
