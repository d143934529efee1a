/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Steps that find their input in a result and leave their outcome there: the form for bindings to
 * languages that cannot return a structure from a callback.
 *
 *     cc 25_in_out_steps.c $(pkg-config --cflags --libs hence) && ./a.out
 *     42
 *     hello, with 5 letters
 */
#include <hence/hence.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void twice(hence_result *in_out, void *arg);
static void print_int(hence_result *in_out, void *arg);
static void measure(hence_result *in_out, void *arg);

int main(void)
{
    //! [add]
    hence_deferred *d = hence_deferred_succeed(hence_int(21));
    hence_deferred_add_in_out(d, twice, NULL);
    hence_deferred_add_in_out(d, print_int, NULL);
    hence_deferred_unref(d);
    //! [add]

    char *text = malloc(sizeof "hello");
    if (text)
        memcpy(text, "hello", sizeof "hello");
    d = hence_deferred_succeed(hence_own(text, free));
    hence_deferred_add_in_out(d, measure, NULL);
    hence_deferred_unref(d);
    return EXIT_SUCCESS;
}

//! [in-out]
static void twice(hence_result *in_out, void *arg)
{
    (void)arg;
    if (hence_is_int(in_out)) /* anything else is left as it is: passed on */
        *in_out = hence_int(2 * hence_as_int(in_out));
}

static void measure(hence_result *in_out, void *arg)
{
    (void)arg;
    hence_result text = hence_take(in_out); /* what is taken must go somewhere */
    const char *letters = hence_as_ptr(&text);
    if (letters) {
        size_t length = strlen(letters);
        printf("%s, with %zu letters\n", letters, length);
        *in_out = hence_int((int64_t)length);
    }
    hence_drop(text);
}
//! [in-out]

static void print_int(hence_result *in_out, void *arg)
{
    (void)arg;
    printf("%" PRId64 "\n", hence_as_int(in_out));
}
