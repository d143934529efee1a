/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A thread that needs something from the loop, and waits for it.
 *
 *     cc 62_blocking_call.c $(pkg-config --cflags --libs hence) -lpthread && ./a.out
 *     the loop looks up page 7
 *     the thread has got 700
 */
/* real time */
#include <hence/hence.h>

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

static void *work(void *arg);

struct question {
    hence_loop *loop;
    int64_t page;
};

int main(void)
{
    hence_loop *loop = hence_loop_new(NULL);
    if (!loop)
        return EXIT_FAILURE;
    struct question question = {hence_loop_ref(loop), 7};
    pthread_t thread;
    if (pthread_create(&thread, NULL, work, &question) != 0)
        return EXIT_FAILURE;
    hence_loop_run_forever(loop);
    pthread_join(thread, NULL);
    hence_loop_free(loop);
    return EXIT_SUCCESS;
}

//! [call]
static hence_result times_hundred(hence_result *in, void *arg)
{
    const struct question *question = arg;
    (void)in;
    return hence_int(question->page * 100);
}

static hence_result look_up(void *arg) /* on the loop's thread */
{
    const struct question *question = arg;
    printf("the loop looks up page %" PRId64 "\n", question->page);
    hence_deferred *d = hence_sleep(question->loop, HENCE_MS(50));
    hence_deferred_add_callback(d, times_hundred, arg);
    return hence_chain(d); /* what comes of it is waited for */
}

static hence_result stop(void *arg)
{
    const struct question *question = arg;
    hence_loop_stop(question->loop);
    return hence_none();
}

static void *work(void *arg)
{
    struct question *question = arg;
    hence_result r =
        hence_blocking_call_from_thread(question->loop, look_up, question, HENCE_SECONDS(10));
    if (hence_is_int(&r))
        printf("the thread has got %" PRId64 "\n", hence_as_int(&r));
    hence_drop(r);
    hence_drop(hence_blocking_call_from_thread(question->loop, stop, question, -1));
    hence_loop_unref(question->loop);
    return NULL;
}
//! [call]
