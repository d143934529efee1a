/* SPDX-License-Identifier: BSD-3-Clause
 *
 * One operation that offers both shapes: what does the work holds a promise, and does not know
 * whether somebody waits with a Deferred or with a Future. Callers choose.
 *
 *     cc 16_two_shapes.c $(pkg-config --cflags --libs hence) && ./a.out
 *     the Deferred was made at 16_two_shapes.c:41
 *     the Future was made at 16_two_shapes.c:42
 *     as a Deferred: 9                                            (after one second)
 *     as a Future: 16
 */
#include <hence/hence.h>

#include <inttypes.h>
#include <stdlib.h>

struct square {
    hence_promise *promise;
    int64_t x;
};

/* The line of the caller is what reports should show: see the macros hence_sleep() and so on. */
//! [site]
static hence_deferred *slow_square_at(const char *site, hence_loop *loop, int64_t x);
static hence_future *slow_square_future_at(const char *site, hence_loop *loop, int64_t x);
#define slow_square(loop, x)        slow_square_at(HENCE_SITE, (loop), (x))
#define slow_square_future(loop, x) slow_square_future_at(HENCE_SITE, (loop), (x))
//! [site]

static void begin_square(hence_loop *loop, int64_t x, hence_promise *promise);
static void square_ready(void *arg);
static void square_drop(void *arg);

int main(void)
{
    hence_loop *loop = hence_loop_new(NULL);
    if (!loop)
        return EXIT_FAILURE;

    hence_deferred *d = slow_square(loop, 3);
    hence_future *f = slow_square_future(loop, 4);
    if (!d || !f)
        return EXIT_FAILURE;
    //! [made]
    printf("the Deferred was made at %s\n", hence_deferred_site(d));
    printf("the Future was made at %s\n", hence_future_site(f));
    //! [made]

    hence_result r = hence_loop_run_until_complete_deferred(loop, d);
    printf("as a Deferred: %" PRId64 "\n", hence_as_int(&r));
    hence_drop(r);

    r = hence_loop_run_until_complete(loop, f);
    printf("as a Future: %" PRId64 "\n", hence_as_int(&r));
    hence_drop(r);

    hence_future_unref(f);
    hence_loop_free(loop);
    return EXIT_SUCCESS;
}

//! [both]
static hence_deferred *slow_square_at(const char *site, hence_loop *loop, int64_t x)
{
    hence_promise *promise;
    hence_deferred *d = hence_deferred_new_at(site, &promise);
    begin_square(loop, x, promise);
    return d;
}

static hence_future *slow_square_future_at(const char *site, hence_loop *loop, int64_t x)
{
    hence_promise *promise;
    hence_future *f = hence_future_new_at(site, loop, &promise);
    begin_square(loop, x, promise);
    return f;
}

/* Takes the promise. */
static void begin_square(hence_loop *loop, int64_t x, hence_promise *promise)
{
    struct square *s = malloc(sizeof *s);
    if (!s) {
        hence_resolve(promise, hence_fail_static(HENCE_ENOMEM));
        return;
    }
    *s = (struct square){.promise = promise, .x = x};
    hence_call_later_own(loop, HENCE_SECONDS(1), square_ready, s, square_drop, NULL);
}
//! [both]

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
