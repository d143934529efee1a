/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A thread that finds something out, and a Future for it. The thread asks from time to time whether somebody
 * still wants the answer.
 *
 *     cc 60_threadsafe_promise.c $(pkg-config --cflags --libs hence) -lpthread && ./a.out
 *     the sum is 5050
 *     nobody waits for the other one
 *     the thread has noticed
 */
/* real time */
#include <hence/hence.h>

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

struct task {
    hence_threadsafe_promise *promise;
    int64_t limit; /* negative: no end */
    bool has_noticed;
};

static hence_future *sum_up(hence_loop *loop, struct task *task, pthread_t *thread);
static void *work(void *arg);

int main(void)
{
    struct task task = {.limit = 100}, endless = {.limit = -1};
    pthread_t thread;
    hence_loop *loop = hence_loop_new(NULL);
    if (!loop)
        return EXIT_FAILURE;

    hence_future *sum = sum_up(loop, &task, &thread);
    hence_result r = hence_loop_run_until_complete(loop, sum);
    if (hence_is_int(&r))
        printf("the sum is %" PRId64 "\n", hence_as_int(&r));
    hence_drop(r);
    hence_future_unref(sum);
    pthread_join(thread, NULL);

    sum = sum_up(loop, &endless, &thread);
    hence_future_cancel(sum);
    hence_future_unref(sum);
    puts("nobody waits for the other one");
    pthread_join(thread, NULL);
    if (endless.has_noticed)
        puts("the thread has noticed");

    hence_loop_free(loop);
    return EXIT_SUCCESS;
}

//! [promise]
static hence_future *sum_up(hence_loop *loop, struct task *task, pthread_t *thread)
{
    hence_promise *promise;
    hence_future *f = hence_future_new(loop, &promise);
    task->promise = hence_threadsafe_promise_new(loop, promise);
    if (!task->promise || pthread_create(thread, NULL, work, task) != 0)
        exit(EXIT_FAILURE);
    return f;
}
//! [promise]

//! [resolve]
static void *work(void *arg)
{
    struct task *task = arg;
    int64_t sum = 0;
    for (int64_t i = 1; task->limit < 0 || i <= task->limit; i++) {
        if (!hence_threadsafe_is_wanted(task->promise)) {
            task->has_noticed = true;
            hence_threadsafe_abandon(task->promise);
            return NULL;
        }
        sum += i;
        if (task->limit < 0)
            usleep(1000);
    }
    if (hence_threadsafe_resolve(task->promise, hence_int(sum)) == -ESHUTDOWN)
        puts("the loop was closed meanwhile"); /* not here */
    return NULL;
}
//! [resolve]
