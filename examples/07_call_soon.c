/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Hello World with call_soon, and a loop that runs until it is stopped.
 *
 *     cc 07_call_soon.c $(pkg-config --cflags --libs hence) && ./a.out
 *     Hello World
 */
#include <hence/hence.h>

#include <stdlib.h>

static void hello_world(void *arg);

//! [loop]
int main(void)
{
    hence_loop *loop = hence_loop_new(NULL);
    int error = hence_call_soon(loop, hello_world, loop, NULL);
    if (!error)
        error = hence_loop_run_forever(loop); /* until hello_world() stops it */
    hence_loop_close(loop);
    hence_loop_unref(loop); /* hence_loop_free() is both in one */
    return error ? EXIT_FAILURE : EXIT_SUCCESS;
}

static void hello_world(void *arg)
{
    hence_loop *loop = arg;
    puts("Hello World");
    hence_loop_stop(loop);
}
//! [loop]
