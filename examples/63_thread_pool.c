/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Slow operations in parallel, on threads, and without a loop: five that take a second each, on five threads,
 * take one second and not five.
 *
 *     cc 63_thread_pool.c $(pkg-config --cflags --libs hence) && ./a.out
 *     five operations: 1.0 s
 *     faster than one after the other: true
 */
/* real time */
#include <hence/hence.h>

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define OPERATIONS 5

static double now(void);
static int run_operations(void);

int main(void)
{
    double begun = now();
    if (run_operations() < 0)
        return EXIT_FAILURE;
    double seconds = now() - begun;
    printf("five operations: %.1f s\n", seconds);
    printf("faster than one after the other: %s\n", seconds < OPERATIONS ? "true" : "false");
    return EXIT_SUCCESS;
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

//! [submit]
static hence_result slow_operation(void *arg)
{
    (void)arg;
    sleep(1);
    return hence_none();
}

static int run_operations(void)
{
    const hence_executor_options options = {.max_workers = 5};
    hence_executor *executor = hence_executor_new(&options);
    hence_concurrent_future *futures[OPERATIONS];
    if (!executor)
        return -1;

    for (int i = 0; i < OPERATIONS; i++)
        futures[i] = hence_executor_submit(executor, slow_operation, NULL, NULL);
    for (int i = 0; i < OPERATIONS; i++) {
        hence_drop(
            hence_concurrent_future_result(futures[i], -1)); /* waits for this one to finish */
        hence_concurrent_future_unref(futures[i]);
    }

    hence_executor_shutdown(executor, false, -1);
    hence_executor_unref(executor);
    return 0;
}
//! [submit]
