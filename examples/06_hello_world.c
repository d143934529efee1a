/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Hello World with a call that brings its arguments along: they are bound to it, and the loop ends
 * them when the call has been made, or never will be.
 *
 *     cc 06_hello_world.c $(pkg-config --cflags --libs hence) && ./a.out
 *     Hello World
 */
#include <hence/hence.h>

#include <stdlib.h>

struct greeting {
    hence_loop *loop;
    const char *whom;
};

static int greet_soon(hence_loop *loop, const char *whom);
static void hello(void *arg);

int main(void)
{
    hence_loop *loop = hence_loop_new(NULL);
    int error = greet_soon(loop, "World");
    if (!error)
        error = hence_loop_run_forever(loop); /* until hello() stops it */
    hence_loop_free(loop);
    return error ? EXIT_FAILURE : EXIT_SUCCESS;
}

//! [call-soon-own]
static int greet_soon(hence_loop *loop, const char *whom)
{
    struct greeting *g = malloc(sizeof *g);
    if (!g)
        return -1;
    *g = (struct greeting){.loop = loop, .whom = whom};
    return hence_call_soon_own(loop, hello, g, free, NULL); /* free(g), also if this fails */
}

static void hello(void *arg)
{
    struct greeting *g = arg;
    printf("Hello %s\n", g->whom);
    hence_loop_stop(g->loop);
}
//! [call-soon-own]
