/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The smallest thing that a loop can run to its end: an operation of one step.
 *
 *     cc 05_say_something.c $(pkg-config --cflags --libs hence) && ./a.out
 *     This was run by the loop
 */
#include <hence/hence.h>

#include <stdlib.h>

static hence_deferred *say_something(hence_loop *loop);
static hence_result say(hence_result *in, void *arg);

//! [run-until-complete]
int main(void)
{
    hence_loop *loop = hence_loop_new(NULL);
    hence_result r = hence_loop_run_until_complete_deferred(loop, say_something(loop));
    bool ok = hence_is_value(&r);
    if (!ok)
        hence_failure_print(hence_as_failure(&r), stderr);
    hence_drop(r);
    hence_loop_free(loop);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
//! [run-until-complete]

static hence_deferred *say_something(hence_loop *loop)
{
    hence_deferred *d = hence_sleep(loop, 0); /* the loop's next turn */
    hence_deferred_add_callback(d, say, NULL);
    return d;
}

static hence_result say(hence_result *in, void *arg)
{
    (void)arg;
    puts("This was run by the loop");
    return hence_take(in);
}
