/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A generator that gives out another one's values: a pipe between that one and whoever asks, in both
 * directions.
 *
 *     cc 87_yield_from.c $(pkg-config --cflags --libs hence) && ./a.out
 *     42
 *     1337
 *     0
 *     10
 *     20
 *     30
 */
#include <hence/hence.h>

#include <inttypes.h>
#include <stdlib.h>

//! [pipe]
static hence_result coroutine1(hence_generator *g, void *arg)
{
    (void)arg;
    for (int64_t a = 0;; a += 10) {
        hence_result sent = hence_yield(g, hence_int(a));
        if (hence_is_failure(&sent))
            return sent;
        a = hence_as_int(&sent);
    }
}

static hence_result coroutine2(hence_generator *g, void *arg)
{
    (void)arg;
    hence_yield(g, hence_int(42));
    hence_yield(g, hence_int(1337));
    return hence_yield_from(g, hence_generator_new(coroutine1, NULL));
}
//! [pipe]

int main(void)
{
    hence_generator *c = hence_generator_new(coroutine2, NULL);
    hence_result a = hence_none(); /* it begins with none */
    for (int i = 0; i < 6 && hence_generator_send(c, a, &a); i++)
        printf("%" PRId64 "\n", hence_as_int(&a));
    hence_drop(a);
    hence_generator_unref(c);
    return EXIT_SUCCESS;
}
