/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The life of a loop: made, run, stopped, run again, closed. A closed loop refuses calls and ends
 * their arguments; who still holds it may still ask.
 *
 *     cc 28_loop_life.c $(pkg-config --cflags --libs hence) && ./a.out
 *     the library is at least as new as the headers
 *     turn 1, running
 *     turn 2, running
 *     not running
 *     its argument is freed
 *     the call was refused
 */
#include <hence/hence.h>

#include <errno.h>
#include <stdlib.h>

static int turn_and_turn_again(hence_loop *loop, int *turns);
static void turn(void *arg);
static void refused(void *arg);
static void free_note(void *p);

int main(void)
{
    //! [version]
    if (hence_version_number() >= HENCE_VERSION_NUMBER)
        puts("the library is at least as new as the headers");
    //! [version]

    hence_loop *loop = hence_loop_new(NULL);
    int turns = 0;
    int error = turn_and_turn_again(loop, &turns);
    if (!hence_loop_is_running(loop))
        puts("not running");

    //! [close]
    if (hence_loop_close(loop) < 0 || !hence_loop_is_closed(loop))
        return EXIT_FAILURE;
    if (hence_call_soon_own(loop, refused, malloc(1), free_note, NULL) == -ESHUTDOWN)
        puts("the call was refused");
    hence_loop_unref(loop);
    //! [close]
    return error ? EXIT_FAILURE : EXIT_SUCCESS;
}

//! [run-again]
static int turn_and_turn_again(hence_loop *loop, int *turns)
{
    int error = hence_call_soon(loop, turn, turns, NULL);
    if (!error)
        error = hence_loop_run_forever(loop); /* turn() stops it */
    if (!error)
        error = hence_call_soon(loop, turn, turns, NULL);
    if (!error)
        error = hence_loop_run_forever(loop);
    return error;
}

static void turn(void *arg)
{
    int *turns = arg;
    hence_loop *loop = hence_loop_current();
    printf("turn %d%s\n", ++*turns, hence_loop_is_running(loop) ? ", running" : "");
    hence_loop_stop(loop);
}
//! [run-again]

static void refused(void *arg)
{
    (void)arg;
    puts("this is never printed");
}

static void free_note(void *p)
{
    puts("its argument is freed");
    free(p);
}
