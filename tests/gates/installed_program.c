/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A user's first program, for the gate "installed": a Deferred that a timer resolves, and a Future,
 * on a loop of its own. C and C++.
 */
#include <hence/hence.h>
#include <stdio.h>

static void ready(void *arg)
{
    hence_resolve((hence_promise *)arg, hence_int(3));
}

static hence_result square(hence_result *in, void *arg)
{
    (void)arg;
    return hence_int(hence_as_int(in) * hence_as_int(in));
}

int main(void)
{
    hence_loop *loop = hence_loop_new(NULL);
    hence_promise *promise;
    hence_deferred *d = hence_deferred_new(&promise);
    if (hence_call_later(loop, HENCE_MS(1), ready, promise, NULL) != 0)
        return 1;
    hence_deferred_add_callback(d, square, NULL);

    hence_result result = hence_loop_run_until_complete_deferred(loop, d);
    int64_t value = hence_as_int(&result);
    hence_drop(result);
    hence_loop_free(loop);
    puts(value == 9 ? "ok" : "wrong value");
    return 0;
}
