/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Four operations side by side in one thread: each tells the time, sleeps for a random while, and
 * does so again until ten seconds have gone by. After 15 seconds the loop is stopped.
 *
 *     cc 09_async_timer.c $(pkg-config --cflags --libs hence) && ./a.out
 *     about to run loop
 *     instance: 1 Time: 2026-11-21 10:11:12.131415
 *     instance: 2 Time: 2026-11-21 10:11:12.131461
 *     ...
 *     instance: 4 is all done
 *     shutdown called
 *     loop exited
 */
/* long: 15 s */
#include <hence/hence.h>

#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

struct instance {
    hence_loop *loop;
    int number;
    int64_t end;
};

static hence_deferred *display_date(hence_loop *loop, int number);
static hence_result display_next(hence_result *in, void *arg);
static void print_time(int number);
static int64_t random_seconds(int most);
static void shut_down(void *arg);

int main(void)
{
    hence_loop *loop = hence_loop_new(NULL);
    if (!loop)
        return EXIT_FAILURE;

    srand(1);
    for (int number = 1; number <= 4; number++)
        hence_deferred_unref(display_date(loop, number)); /* it runs without us */
    int error = hence_call_later(loop, HENCE_SECONDS(15), shut_down, NULL, NULL);

    puts("about to run loop");
    if (!error)
        error = hence_loop_run_forever(loop);
    puts("loop exited");
    hence_loop_free(loop);
    return error ? EXIT_FAILURE : EXIT_SUCCESS;
}

static hence_deferred *display_date(hence_loop *loop, int number)
{
    hence_deferred *d = hence_sleep(loop, 0);
    struct instance *i = hence_deferred_alloc(d, sizeof *i, NULL);
    if (!i)
        return hence_deferred_unref(d);
    i->loop = loop;
    i->number = number;
    i->end = hence_loop_time(loop) + HENCE_SECONDS(10);
    hence_deferred_add_callback(d, display_next, i);
    return d;
}

static hence_result display_next(hence_result *in, void *arg)
{
    struct instance *i = arg;
    print_time(i->number);
    if (hence_loop_time(i->loop) >= i->end) {
        printf("instance: %d is all done\n", i->number);
        return hence_take(in);
    }

    hence_deferred *rest = hence_sleep(i->loop, random_seconds(3));
    hence_deferred_add_callback(rest, display_next, i);
    return hence_chain(rest);
}

static void print_time(int number)
{
    struct timeval now;
    char text[32] = "";
    gettimeofday(&now, NULL);
    const struct tm *local = localtime(&now.tv_sec);
    if (local)
        strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", local);
    printf("instance: %d Time: %s.%06ld\n", number, text, (long)now.tv_usec);
}

static int64_t random_seconds(int most)
{
    return HENCE_SECONDS(rand() % (most + 1)); /* 0 is allowed: again in the next turn */
}

//! [current]
static void shut_down(void *arg)
{
    (void)arg;
    puts("shutdown called");
    hence_loop_stop(hence_loop_current()); /* the loop that runs in this thread */
}
//! [current]
