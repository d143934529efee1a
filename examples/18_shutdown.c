/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Orderly shutdown in three phases: what must still reach the outside world, what closes, what is
 * last. The loop waits for what the first phase begins.
 *
 *     cc 18_shutdown.c $(pkg-config --cflags --libs hence) && ./a.out
 *     working
 *     before: saving
 *     before: saved                                               (half a second later)
 *     during: closing
 *     after: good night
 */
#include <hence/hence.h>

#include <stdlib.h>

static int prepare(hence_loop *loop);
static void work(void *arg);
static hence_result save(void *arg);
static hence_result saved(hence_result *in, void *arg);
static hence_result say(void *arg);

int main(void)
{
    hence_loop *loop = hence_loop_new(NULL);
    int error = prepare(loop);
    if (!error)
        error = hence_call_soon(loop, work, loop, NULL);
    if (!error)
        error = hence_loop_run_forever(loop); /* until the shutdown is over */
    hence_loop_free(loop);
    return error ? EXIT_FAILURE : EXIT_SUCCESS;
}

//! [on-shutdown]
static int prepare(hence_loop *loop)
{
    static char closing[] = "during: closing", last[] = "after: good night", never[] = "never";
    hence_call handle;
    int error = hence_loop_on_shutdown(loop, HENCE_SHUTDOWN_AFTER, say, last, NULL);
    if (!error)
        error = hence_loop_on_shutdown(loop, HENCE_SHUTDOWN_DURING, say, closing, NULL);
    if (!error)
        error = hence_loop_on_shutdown(loop, HENCE_SHUTDOWN_BEFORE, save, loop, NULL);
    if (!error)
        error = hence_loop_on_shutdown(loop, HENCE_SHUTDOWN_BEFORE, say, never, &handle);
    if (!error)
        error = hence_loop_remove_shutdown(loop, handle);
    return error;
}
//! [on-shutdown]

//! [shutdown]
static void work(void *arg)
{
    hence_loop *loop = arg;
    puts("working");
    hence_loop_shutdown(loop); /* a signal handler of the program would do the same */
}

static hence_result save(void *arg)
{
    puts("before: saving");
    hence_deferred *d = hence_sleep(arg, HENCE_SECONDS(0.5));
    hence_deferred_add_callback(d, saved, NULL);
    return hence_chain(d); /* the shutdown goes on when it has ended */
}

static hence_result saved(hence_result *in, void *arg)
{
    (void)arg;
    puts("before: saved");
    return hence_take(in);
}
//! [shutdown]

static hence_result say(void *arg)
{
    puts(arg);
    return hence_none();
}
