/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What is made of Futures: a step on one, "a + b" of two, a promise that one resolves; and a function that
 * is run until what it returns is there.
 *
 *     cc 54_operators.c $(pkg-config --cflags --libs hence) && ./a.out
 *     3 + 4 = 7                                                   (after two seconds)
 *     3 + 5: timed out after 5 s
 *     twice 3 is 6                                                (after another second)
 *     3 squared is 9
 *     passed on: cancelled
 *     but it comes all the same: 4                                (after another two seconds)
 *     twice (3 + 4) is 14                                         (after another two seconds)
 */
/* long: 12 s */
#include <hence/hence.h>

#include <inttypes.h>
#include <stdlib.h>

struct number {
    hence_loop *loop;
    int64_t value;
    double seconds; /* that it takes */
};

static hence_result three_plus_four(void *arg);
static hence_result three_plus_five(void *arg);
static hence_future *sum_of(struct number *x, struct number *y);
static void make_two_of_one(hence_loop *loop, struct number *number);
static void pass_on(hence_loop *loop, struct number *number);
static void nest(hence_loop *loop, struct number *x, struct number *y);
static hence_future *ask(struct number *number);
static void print(const char *what, const hence_result *r);

int main(void)
{
    hence_loop *loop = hence_loop_new(NULL);
    if (!loop)
        return EXIT_FAILURE;
    struct number numbers[] = {{loop, 3, 1}, {loop, 4, 2}, {loop, 5, 60}};

    //! [run-sync]
    hence_result r = hence_loop_run_sync(loop, three_plus_four, numbers, HENCE_SECONDS(5));
    print("3 + 4 = ", &r);
    hence_drop(r);
    r = hence_loop_run_sync(loop, three_plus_five, numbers, HENCE_SECONDS(5));
    print("3 + 5: ", &r); /* the other number takes a minute */
    hence_drop(r);
    //! [run-sync]

    make_two_of_one(loop, &numbers[0]);
    pass_on(loop, &numbers[1]);
    nest(loop, &numbers[0], &numbers[1]);
    hence_loop_free(loop);
    return EXIT_SUCCESS;
}

/* ---- a + b ---- */

//! [add]
static hence_result add(const hence_result *a, const hence_result *b, void *arg)
{
    (void)arg;
    return hence_int(hence_as_int(a) + hence_as_int(b));
}

static hence_future *sum_of(struct number *x, struct number *y)
{
    hence_future *a = ask(x), *b = ask(y); /* both are on their way */
    hence_future *sum = hence_combine2(a, b, add, NULL);
    hence_future_unref(a);
    hence_future_unref(b);
    return sum;
}
//! [add]

static hence_result three_plus_four(void *arg)
{
    struct number *numbers = arg;
    return hence_chain_future(sum_of(&numbers[0], &numbers[1]));
}

static hence_result three_plus_five(void *arg)
{
    struct number *numbers = arg;
    return hence_chain_future(sum_of(&numbers[0], &numbers[2]));
}

/* ---- a step ---- */

//! [then]
static hence_result twice(hence_result *in, void *arg)
{
    (void)arg;
    return hence_int(hence_as_int(in) * 2);
}

static hence_result square(hence_result *in, void *arg)
{
    (void)arg;
    return hence_int(hence_as_int(in) * hence_as_int(in));
}

static void make_two_of_one(hence_loop *loop, struct number *number)
{
    hence_future *three = ask(number);
    hence_future *six = hence_future_then(three, twice, NULL, NULL);
    hence_future *nine = hence_future_then(three, square, NULL, NULL); /* three stays what it is */
    hence_result r = hence_loop_run_until_complete(loop, six);
    print("twice 3 is ", &r);
    hence_drop(r);
    r = hence_loop_run_until_complete(loop, nine);
    print("3 squared is ", &r);
    hence_drop(r);
    hence_future_unref(nine);
    hence_future_unref(six);
    hence_future_unref(three);
}
//! [then]

/* ---- a promise ---- */

//! [chain]
static void pass_on(hence_loop *loop, struct number *number)
{
    hence_promise *promise;
    hence_future *four = ask(number);
    hence_deferred *d = hence_deferred_new(&promise);
    if (hence_future_chain(four, promise) < 0) /* takes the promise */
        puts("no memory");
    hence_deferred_cancel(d); /* does not reach the Future */
    hence_result r = hence_loop_run_until_complete_deferred(loop, d);
    print("passed on: ", &r);
    hence_drop(r);

    r = hence_loop_run_until_complete(loop, four);
    print("but it comes all the same: ", &r);
    hence_drop(r);
    hence_future_unref(four);
}
//! [chain]

/* ---- one inside the other ---- */

//! [lend]
static hence_future *twice_the_sum(struct number *x, struct number *y)
{
    hence_future *sum =
        hence_combine2(hence_future_lend(ask(x)), hence_future_lend(ask(y)), add, NULL);
    return hence_future_then(hence_future_lend(sum), twice, NULL, NULL);
}
//! [lend]

static void nest(hence_loop *loop, struct number *x, struct number *y)
{
    hence_future *f = twice_the_sum(x, y);
    hence_result r = hence_loop_run_until_complete(loop, f);
    print("twice (3 + 4) is ", &r);
    hence_drop(r);
    hence_future_unref(f);
}

/* ---- what takes its time ---- */

static hence_result give(hence_result *in, void *arg)
{
    const struct number *number = arg;
    (void)in;
    return hence_int(number->value);
}

static hence_future *ask(struct number *number)
{
    hence_deferred *d = hence_sleep(number->loop, HENCE_SECONDS(number->seconds));
    hence_deferred_add_callback(d, give, number);
    return hence_deferred_as_future(number->loop, d);
}

static void print(const char *what, const hence_result *r)
{
    if (hence_is_failure(r))
        printf("%s%s\n", what, hence_failure_message(hence_as_failure(r)));
    else
        printf("%s%" PRId64 "\n", what, hence_as_int(r));
}
