/* SPDX-License-Identifier: BSD-3-Clause
 *
 * 09_async_timer.c as coroutines: four of them side by side in one thread, each a loop that tells the time and
 * sleeps for a random while, until ten seconds have gone by. After 15 seconds the loop is stopped.
 *
 *     cc 84_async_timer_coroutine.c $(pkg-config --cflags --libs hence) && ./a.out
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

static hence_result display_date(void *arg);
static void print_time(int number);
static int64_t random_seconds(int most);
static void shut_down(void *arg);

//! [main]
int main(void)
{
    static int numbers[] = {1, 2, 3, 4};
    hence_loop *loop = hence_loop_new(NULL);
    if (!loop)
        return EXIT_FAILURE;

    srand(1);
    for (int i = 0; i < 4; i++)
        hence_future_unref(hence_spawn(loop, display_date, &numbers[i])); /* it runs without us */
    int error = hence_call_later(loop, HENCE_SECONDS(15), shut_down, NULL, NULL);

    puts("about to run loop");
    if (!error)
        error = hence_loop_run_forever(loop);
    puts("loop exited");
    hence_loop_free(loop);
    return error ? EXIT_FAILURE : EXIT_SUCCESS;
}
//! [main]

//! [display-date]
static hence_result display_date(void *arg)
{
    const int *number = arg;
    int64_t end = hence_loop_time(hence_current_loop()) + HENCE_SECONDS(10);
    for (;;) {
        print_time(*number);
        if (hence_loop_time(hence_current_loop()) >= end)
            break;
        hence_result r = hence_co_sleep(random_seconds(3));
        if (hence_is_failure(&r))
            return r;
    }
    printf("instance: %d is all done\n", *number);
    return hence_none();
}
//! [display-date]

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

static void shut_down(void *arg)
{
    (void)arg;
    puts("shutdown called");
    hence_loop_stop(hence_loop_current());
}
