/* SPDX-License-Identifier: BSD-3-Clause
 *
 * From one shape to the other: a Deferred as a Future, a Future as a Deferred, and a cancellation
 * that crosses the border in both directions.
 *
 *     cc 14_adapters.c $(pkg-config --cflags --libs hence) && ./a.out
 *     a Deferred as a Future: 9
 *     a Future as a Deferred: 16
 *     chained to a Future's promise: 25
 *     cancelled through a reference that was kept
 *     the Future is cancelled, the Deferred too
 *     the Deferred is cancelled, the Future too
 */
#include <hence/hence.h>

#include <inttypes.h>
#include <stdlib.h>

static hence_deferred *slow_square(hence_loop *loop, int64_t x);
static hence_future *slow_square_future(hence_loop *loop, int64_t x);
static hence_result square(hence_result *in, void *arg);
static hence_result note_cancelled(hence_result *in, void *arg);

int main(void)
{
    hence_loop *loop = hence_loop_new(NULL);
    if (!loop)
        return EXIT_FAILURE;

    //! [as-future]
    hence_future *f = hence_deferred_as_future(loop, slow_square(loop, 3)); /* takes it */
    hence_result r = hence_loop_run_until_complete(loop, f);
    printf("a Deferred as a Future: %" PRId64 "\n", hence_as_int(&r));
    hence_drop(r);
    hence_future_unref(f);
    //! [as-future]

    //! [from-future]
    f = slow_square_future(loop, 4);
    hence_deferred *d = hence_deferred_from_future(f);   /* leaves f alone */
    r = hence_loop_run_until_complete_deferred(loop, d); /* takes d */
    printf("a Future as a Deferred: %" PRId64 "\n", hence_as_int(&r));
    hence_drop(r);
    hence_future_unref(f);
    //! [from-future]

    //! [chain-to-promise]
    hence_promise *promise;
    f = hence_future_new(loop, &promise);
    d = slow_square(loop, 5);
    hence_deferred_chain(d, promise); /* what d has at this point goes to f */
    hence_deferred_unref(d);
    r = hence_loop_run_until_complete(loop, f);
    printf("chained to a Future's promise: %" PRId64 "\n", hence_as_int(&r));
    hence_drop(r);
    hence_future_unref(f);
    //! [chain-to-promise]

    //! [ref]
    d = slow_square(loop, 5);
    f = hence_deferred_as_future(loop, hence_deferred_ref(d)); /* one reference is taken */
    hence_deferred_cancel(d);                                  /* the other one is still good */
    hence_deferred_unref(d);
    //! [ref]
    if (hence_future_cancelled(f))
        puts("cancelled through a reference that was kept");
    hence_future_unref(f);

    bool told = false;
    d = slow_square(loop, 6);
    hence_deferred_add_errback(d, note_cancelled, &told);
    f = hence_deferred_as_future(loop, d);
    hence_future_cancel(f);
    if (hence_future_cancelled(f) && told)
        puts("the Future is cancelled, the Deferred too");
    hence_future_unref(f);

    told = false;
    f = slow_square_future(loop, 7);
    d = hence_deferred_from_future(f);
    hence_deferred_add_errback(d, note_cancelled, &told);
    hence_deferred_cancel(d); /* cancels the Future; the Deferred is told through the loop */
    hence_drop(hence_loop_run_until_complete_deferred(loop, d));
    if (hence_future_cancelled(f) && told)
        puts("the Deferred is cancelled, the Future too");
    hence_future_unref(f);

    hence_loop_free(loop);
    return EXIT_SUCCESS;
}

static hence_deferred *slow_square(hence_loop *loop, int64_t x)
{
    hence_deferred *d = hence_sleep(loop, HENCE_SECONDS(1));
    int64_t *copy = hence_deferred_alloc(d, sizeof *copy, NULL);
    if (!copy)
        return hence_deferred_unref(d);
    *copy = x;
    hence_deferred_add_callback(d, square, copy);
    return d;
}

static hence_future *slow_square_future(hence_loop *loop, int64_t x)
{
    return hence_deferred_as_future(loop, slow_square(loop, x));
}

static hence_result square(hence_result *in, void *arg)
{
    (void)in;
    int64_t x = *(int64_t *)arg;
    return hence_int(x * x);
}

static hence_result note_cancelled(hence_result *in, void *arg)
{
    bool *told = arg;
    *told = hence_is_cancelled(in);
    return hence_take(in);
}
