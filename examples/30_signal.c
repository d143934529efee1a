/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Waiting for what libevent knows: a signal as a Future that begins the shutdown, a descriptor with a
 * time limit as a Deferred.
 *
 *     cc 30_signal.c $(pkg-config --cflags --libs hence) -levent_core && ./a.out
 *     nothing to read for half a second
 *     interrupted: shutting down
 *     good night
 *
 * The program interrupts itself after a second; Ctrl-C does it sooner.
 */
#include <event2/event.h>
#include <hence/hence.h>

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static int run(hence_loop *loop, int silent);
static hence_result heard(hence_result *in, void *arg);
static hence_result heard_nothing(hence_result *in, void *arg);
static void interrupt(evutil_socket_t fd, short what, void *arg);
static void interrupted(hence_future *f, void *arg);
static hence_result good_night(void *arg);

int main(void)
{
    hence_loop *loop = hence_loop_new(NULL);
    int ends[2];
    if (!loop || pipe(ends) < 0)
        return EXIT_FAILURE;
    int error = run(loop, ends[0]);
    hence_loop_free(loop);
    close(ends[0]);
    close(ends[1]);
    return error ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int run(hence_loop *loop, int silent)
{
    //! [time-limit]
    hence_deferred *d = hence_event_wait(loop, silent, EV_READ, HENCE_SECONDS(0.5));
    hence_deferred_add_callbacks(d, heard, heard_nothing, NULL);
    hence_deferred_unref(d);
    //! [time-limit]

    //! [signal]
    hence_future *f = hence_event_wait_future(loop, SIGINT, EV_SIGNAL, -1); /* no time limit */
    int error = hence_future_add_done_callback(f, interrupted, loop);
    hence_future_unref(f); /* the listener will be told without us */
    //! [signal]

    if (!error)
        error = hence_loop_on_shutdown(loop, HENCE_SHUTDOWN_AFTER, good_night, NULL, NULL);
    //! [base]
    struct timeval second = {.tv_sec = 1, .tv_usec = 0}; /* events of libevent go along with it */
    if (!error)
        error = event_base_once(hence_loop_base(loop), -1, EV_TIMEOUT, interrupt, NULL, &second);
    //! [base]
    if (!error)
        error = hence_loop_run_forever(loop);
    return error;
}

static hence_result heard(hence_result *in, void *arg)
{
    (void)arg;
    puts("there is something to read");
    return hence_take(in);
}

static hence_result heard_nothing(hence_result *in, void *arg)
{
    (void)arg;
    if (!hence_is_failure_of(in, &hence_domain_hence, HENCE_ETIMEDOUT))
        return hence_take(in); /* not what was expected: passed on, and reported in the end */
    puts("nothing to read for half a second");
    return hence_none();
}

static void interrupt(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
    raise(SIGINT);
}

static void interrupted(hence_future *f, void *arg)
{
    if (!hence_future_failure(f))
        puts("interrupted: shutting down");
    hence_loop_shutdown(arg); /* also when signals cannot be waited for */
}

static hence_result good_night(void *arg)
{
    (void)arg;
    puts("good night");
    return hence_none();
}
