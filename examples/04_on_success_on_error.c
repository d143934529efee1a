/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Callbacks and errbacks: one of the two is called, with the value or with the failure.
 *
 *     cc 04_on_success_on_error.c $(pkg-config --cflags --libs hence) && ./a.out
 *     result: 42
 *     error: the answer is not known
 *
 * No loop is needed: the steps of a Deferred run at once, as soon as there is a result.
 */
#include <hence/hence.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

static int ask(bool known);
static hence_result on_success(hence_result *in, void *arg);
static hence_result on_error(hence_result *in, void *arg);

int main(void)
{
    if (ask(true) < 0 || ask(false) < 0)
        return EXIT_FAILURE;
    return EXIT_SUCCESS;
}

//! [ask]
static int ask(bool known)
{
    hence_promise *promise;
    hence_deferred *d = hence_deferred_new(&promise);
    int error = hence_deferred_add_callbacks(d, on_success, on_error, NULL);

    if (known)
        hence_resolve(promise, hence_int(42));
    else
        hence_resolve(promise, hence_fail_errno(ENOENT, "the answer is not known"));
    hence_deferred_unref(d);
    return error;
}
//! [ask]

//! [steps]
static hence_result on_success(hence_result *in, void *arg)
{
    (void)arg;
    printf("result: %" PRId64 "\n", hence_as_int(in));
    return hence_none();
}

static hence_result on_error(hence_result *in, void *arg)
{
    (void)arg;
    printf("error: %s\n", hence_failure_message(hence_as_failure(in)));
    return hence_none(); /* a value again: the failure is handled */
}
//! [steps]
