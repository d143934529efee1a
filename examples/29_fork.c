/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A process that forks and goes on with its loop in both halves. The child makes the loop its own
 * first; the calls that waited then wait in both.
 *
 *     cc 29_fork.c $(pkg-config --cflags --libs hence) && ./a.out
 *     the child was called
 *     the parent was called
 *     the child has ended well
 */
/* real time */
#include <hence/hence.h>

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int run_child(hence_loop *loop);
static int run_parent(hence_loop *loop, pid_t child);
static void called(void *arg);

static const char *whoami = "nobody";

int main(void)
{
    hence_loop *loop = hence_loop_new(NULL);
    if (!loop || hence_call_later(loop, HENCE_MS(10), called, loop, NULL) < 0)
        return EXIT_FAILURE;

    fflush(NULL); /* what is not written yet would be written twice */
    pid_t child = fork();
    if (child < 0)
        return EXIT_FAILURE;
    int error = child ? run_parent(loop, child) : run_child(loop);
    hence_loop_free(loop);
    return error ? EXIT_FAILURE : EXIT_SUCCESS;
}

//! [reinit]
static int run_child(hence_loop *loop)
{
    whoami = "child";
    int error = hence_loop_reinit(loop); /* until then every call is refused here */
    if (!error)
        error = hence_loop_run_forever(loop);
    return error;
}
//! [reinit]

static int run_parent(hence_loop *loop, pid_t child)
{
    int status;
    whoami = "parent";
    if (waitpid(child, &status, 0) < 0)
        return -1;
    int error = hence_loop_run_forever(loop);
    if (!error && status == 0)
        puts("the child has ended well");
    return error ? error : status;
}

static void called(void *arg)
{
    printf("the %s was called\n", whoami);
    fflush(stdout);
    hence_loop_stop(arg);
}
