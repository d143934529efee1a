/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A handler whose operation runs on an executor, as a server has them: it gives a Future at once, and five requests
 * that take a second each are answered in one second.
 *
 *     cc 69_run_on_executor.c $(pkg-config --cflags --libs hence) && ./a.out
 *     TrueTrueTrueTrueTrue
 *     five requests: 1.0 s
 *     faster than one after the other: true
 */
/* real time */
#include <hence/hence.h>

#include <stdlib.h>
#include <unistd.h>

#define REQUESTS 5

static hence_future *slow_operation(hence_loop *loop, hence_executor *executor);
static hence_future *get(hence_loop *loop, hence_executor *executor);

int main(void)
{
    const hence_executor_options options = {.max_workers = 5};
    hence_loop *loop = hence_loop_new(NULL);
    hence_executor *executor = hence_executor_new(&options);
    hence_future *answers[REQUESTS];
    if (!loop || !executor)
        return EXIT_FAILURE;

    int64_t begun = hence_loop_time(loop);
    for (int i = 0; i < REQUESTS; i++)
        answers[i] = get(loop, executor);
    hence_future *all = hence_gather(loop, answers, REQUESTS, HENCE_GATHER_COLLECT);
    hence_drop(hence_loop_run_until_complete(loop, all));
    double seconds = (double)(hence_loop_time(loop) - begun) / 1e9;
    printf("\nfive requests: %.1f s\n", seconds);
    printf("faster than one after the other: %s\n", seconds < REQUESTS ? "true" : "false");

    hence_future_unref(all);
    hence_future_unref_all(answers, REQUESTS);
    hence_executor_shutdown(executor, false, -1);
    hence_executor_unref(executor);
    hence_loop_free(loop);
    return EXIT_SUCCESS;
}

/* ---- what blocks ---- */

static hence_result sleep_for_a_second(void *arg)
{
    (void)arg;
    sleep(1);
    return hence_ptr("True");
}

static hence_future *slow_operation(hence_loop *loop, hence_executor *executor)
{
    return hence_run_in_executor(loop, executor, sleep_for_a_second, NULL, NULL);
}

/* ---- the handler ---- */

static hence_result write_answer(hence_result *in, void *arg)
{
    (void)arg;
    fputs(hence_as_ptr(in), stdout);
    return hence_none();
}

static hence_future *get(hence_loop *loop, hence_executor *executor)
{
    hence_future *operation = slow_operation(loop, executor);
    hence_future *answer = hence_future_then(operation, write_answer, NULL, NULL);
    hence_future_unref(operation);
    return answer;
}
