/* SPDX-License-Identifier: BSD-3-Clause
 *
 * slow_square as a coroutine, for those who come from async and await.
 *
 *     cc 81_coroutine.c $(pkg-config --cflags --libs hence) && ./a.out
 *     9                                                           (after one second)
 */
#include <hence/hence.h>

#include <inttypes.h>
#include <stdlib.h>

//! [main]
static hence_result slow_square(void *arg)
{
    const int64_t *x = arg;
    hence_result r = hence_co_sleep(HENCE_SECONDS(1));
    if (hence_is_failure(&r))
        return r; /* it was cancelled, or the loop has closed */
    return hence_int(*x * *x);
}

static hence_result test(void *arg)
{
    hence_loop *loop = arg;
    int64_t three = 3;
    hence_result r = hence_await(hence_spawn(loop, slow_square, &three));
    if (hence_is_int(&r))
        printf("%" PRId64 "\n", hence_as_int(&r));
    return r;
}

int main(void)
{
    hence_loop *loop = hence_loop_new(NULL);
    if (!loop)
        return EXIT_FAILURE;

    hence_future *f = hence_spawn(loop, test, loop);
    hence_result r = hence_loop_run_until_complete(loop, f);
    bool failed = hence_is_failure(&r);

    hence_drop(r);
    hence_future_unref(f);
    hence_loop_free(loop);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
//! [main]
