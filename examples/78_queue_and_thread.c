/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A thread fills a queue of the loop's. A queue belongs to one thread, so the other one does not put into it, but
 * asks the loop to; and waits until its item is in, so that it is not faster than the one who gets.
 *
 *     cc 78_queue_and_thread.c $(pkg-config --cflags --libs hence) -lpthread && ./a.out
 *     got 1
 *     got 4
 *     got 9
 *     no more will come
 */
/* real time */
#include <hence/hence.h>

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

struct source {
    hence_loop *loop;
    hence_queue *queue;
    int64_t item;
};

static void *produce(void *source);
static hence_result consume(void *source);

int main(void)
{
    struct source source = {.loop = hence_loop_new(NULL), .queue = hence_queue_new(1)};
    pthread_t thread;
    if (!source.loop || !source.queue || pthread_create(&thread, NULL, produce, &source) != 0)
        return EXIT_FAILURE;
    hence_future *task = hence_spawn(source.loop, consume, &source);
    hence_drop(hence_loop_run_until_complete(source.loop, task));
    hence_future_unref(task);
    hence_loop_close(source.loop); /* the thread is told, if it still waits */
    pthread_join(thread, NULL);
    hence_queue_free(source.queue);
    hence_loop_free(source.loop);
    return EXIT_SUCCESS;
}

//! [produce]
static hence_result put_in(void *arg) /* on the loop's thread */
{
    struct source *source = arg;
    return hence_chain(hence_queue_put(source->queue, hence_int(source->item)));
}

static hence_result no_more(void *arg) /* there, too */
{
    struct source *source = arg;
    hence_queue_shutdown(source->queue, false);
    return hence_none();
}

static void ask_and_wait(struct source *source, hence_result_fn *fn)
{
    hence_concurrent_future *f = hence_run_threadsafe(source->loop, fn, source, NULL);
    hence_drop(hence_concurrent_future_result(f, -1));
    hence_concurrent_future_unref(f);
}

static void *produce(void *arg)
{
    struct source *source = arg;
    for (int64_t i = 1; i <= 3; i++) {
        source->item = i * i; /* hours of work */
        ask_and_wait(source, put_in);
    }
    ask_and_wait(source, no_more);
    return NULL;
}
//! [produce]

static hence_result consume(void *arg)
{
    struct source *source = arg;
    for (;;) {
        hence_result r = hence_await(hence_queue_get_future(source->loop, source->queue));
        if (hence_is_failure(&r)) {
            puts("no more will come");
            return r;
        }
        printf("got %" PRId64 "\n", hence_as_int(&r));
    }
}
