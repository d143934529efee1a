/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A whole program around one Deferred. Ctrl-C cancels it; what must be done before the end is done; and
 * the exit status says how it ended.
 *
 *     cc 40_main.c $(pkg-config --cflags --libs hence) && ./a.out
 *     working
 *     working                                                     (after a second)
 *     ^C                                                          (half a second later)
 *     interrupted
 *     saving
 *     saved                                                       (another half second later)
 *     exit status 130
 *
 * The program interrupts itself; Ctrl-C does it sooner.
 */
#include <hence/hence.h>

#include <signal.h>
#include <stdlib.h>

static hence_deferred *work(hence_loop *loop, void *arg);
static hence_result work_a_little(void *arg);
static hence_result interrupted(hence_result *in, void *arg);
static hence_result save(void *arg);
static hence_result saved(hence_result *in, void *arg);
static void press_control_c(void *arg);

//! [main]
int main(void)
{
    int status = hence_main(work, NULL);
    printf("exit status %d\n", status);
    return status == 128 + SIGINT ? EXIT_SUCCESS : EXIT_FAILURE;
}

static hence_deferred *work(hence_loop *loop, void *arg)
{
    (void)arg;
    if (hence_loop_on_shutdown(loop, HENCE_SHUTDOWN_BEFORE, save, loop, NULL) < 0 ||
        hence_call_later(loop, HENCE_SECONDS(1.5), press_control_c, NULL, NULL) < 0)
        return NULL; /* out of memory: exit status 1 */
    hence_looping_call *call = hence_looping_call_new(loop, work_a_little, NULL);
    hence_deferred *d = hence_looping_call_start(call, HENCE_SECONDS(1), true);
    hence_looping_call_unref(call);
    hence_deferred_add_errback(d, interrupted, NULL);
    return d;
}

static hence_result interrupted(hence_result *in, void *arg)
{
    (void)arg;
    if (hence_is_cancelled(in))
        puts("interrupted");
    return hence_take(in); /* still cancelled: the exit status tells it */
}
//! [main]

static hence_result work_a_little(void *arg)
{
    (void)arg;
    puts("working");
    return hence_none();
}

static void press_control_c(void *arg)
{
    (void)arg;
    puts("^C");
    raise(SIGINT);
}

//! [save]
static hence_result save(void *arg)
{
    puts("saving");
    hence_deferred *d = hence_sleep(arg, HENCE_SECONDS(0.5));
    hence_deferred_add_callback(d, saved, NULL);
    return hence_chain(d); /* hence_main() waits for it */
}
//! [save]

static hence_result saved(hence_result *in, void *arg)
{
    (void)in;
    (void)arg;
    puts("saved");
    return hence_none();
}
