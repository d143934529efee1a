/* SPDX-License-Identifier: BSD-3-Clause
 *
 * 08_ultra_simple.c as a coroutine: a `for` with a sleep in it, written as such.
 *
 *     cc 83_ultra_simple_coroutine.c $(pkg-config --cflags --libs hence) && ./a.out
 *     This was run by the loop:                                   (five times, every 0.2 s)
 *     done with loop
 */
#include <hence/hence.h>

#include <stdlib.h>

//! [rounds]
static hence_result say_lots(void *arg)
{
    const int *times = arg;
    hence_result r = hence_none();
    for (int i = 0; i < *times && hence_is_value(&r); i++) {
        puts("This was run by the loop:");
        r = hence_co_sleep(HENCE_SECONDS(0.2));
    }
    return r;
}
//! [rounds]

int main(void)
{
    int times = 5;
    hence_loop *loop = hence_loop_new(NULL);
    hence_future *f = hence_spawn(loop, say_lots, &times);
    hence_result r = hence_loop_run_until_complete(loop, f);
    bool ok = hence_is_value(&r);
    hence_drop(r);
    hence_future_unref(f);
    hence_loop_free(loop);
    puts("done with loop");
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
