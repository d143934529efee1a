/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Talking to a generator: whoever asks for the next value may give it one, or a failure, or tell it to end.
 *
 *     cc 86_send.c $(pkg-config --cflags --libs hence) && ./a.out
 *     main() retrieved 1
 *     coroutine got 2
 *     2
 *     main() retrieved 1
 *     coroutine got 2
 *
 *     10
 *     it was told: no more tens
 *     20
 *
 *     the file is open
 *     the file is closed
 */
#include <hence/hence.h>

#include <inttypes.h>
#include <stdlib.h>

//! [send]
static hence_result make_coroutine(hence_generator *g, void *arg)
{
    (void)arg;
    for (int i = 1; i <= 2; i++) {
        hence_result got = hence_yield(g, hence_int(i));
        if (hence_is_failure(&got))
            return got;
        printf("coroutine got %" PRId64 "\n", hence_as_int(&got));
    }
    return hence_none();
}

static void send(void)
{
    hence_result r;
    hence_generator *coroutine = hence_generator_new(make_coroutine, NULL);
    bool has_more = hence_generator_send(coroutine, hence_none(), &r); /* it begins */
    int64_t i = hence_as_int(&r);
    while (has_more) {
        printf("main() retrieved %" PRId64 "\n", i);
        has_more = hence_generator_send(coroutine, hence_int(i * 2), &r);
        if (has_more)
            printf("%" PRId64 "\n", hence_as_int(&r));
    }
    hence_drop(r);
    hence_generator_unref(coroutine);
}
//! [send]

//! [throw]
static hence_result count(hence_generator *g, void *arg)
{
    (void)arg;
    hence_result told = hence_yield(g, hence_int(10));
    if (!hence_is_failure(&told) || hence_is_cancelled(&told))
        return told;
    printf("it was told: %s\n", hence_failure_message(hence_as_failure(&told)));
    hence_drop(told); /* handled */
    return hence_yield(g, hence_int(20));
}

static void throw_at(void)
{
    hence_result r;
    hence_generator *g = hence_generator_new(count, NULL);
    if (hence_generator_next(g, &r))
        printf("%" PRId64 "\n", hence_as_int(&r));
    if (hence_generator_throw(g, hence_fail(HENCE_EFAILED, "no more tens"), &r))
        printf("%" PRId64 "\n", hence_as_int(&r));
    hence_drop(r);
    hence_generator_unref(g);
}
//! [throw]

//! [close]
static hence_result read_file(hence_generator *g, void *arg)
{
    (void)arg;
    hence_result r = hence_none();
    puts("the file is open");
    while (!hence_is_failure(&r)) {
        hence_drop(r);
        r = hence_yield(g, hence_none()); /* line by line */
    }
    puts("the file is closed");
    return r;
}

static void close_early(void)
{
    hence_result line;
    hence_generator *g = hence_generator_new(read_file, NULL);
    hence_generator_next(g, &line);
    hence_drop(line);
    hence_drop(hence_generator_close(g)); /* its function runs to its end */
    hence_generator_unref(g);
}
//! [close]

int main(void)
{
    send();
    puts("");
    throw_at();
    puts("");
    close_early();
    return EXIT_SUCCESS;
}
