/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A thread asks a loop for something, and does not block: it has a concurrent Future, which it may wait for, cancel, or
 * look at later.
 *
 *     cc 66_run_threadsafe.c $(pkg-config --cflags --libs hence) -lpthread && ./a.out
 *     the thread goes on while the loop looks up page 7
 *     page 7: 700
 *     page 8 is not wanted any more: cancelled
 *     through a Deferred and back: 42
 */
/* real time */
#include <hence/hence.h>

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

static void *work(void *loop);
static void print_deferred(hence_loop *loop);

int main(void)
{
    hence_loop *loop = hence_loop_new(NULL);
    pthread_t thread;
    if (!loop || pthread_create(&thread, NULL, work, hence_loop_ref(loop)) != 0)
        return EXIT_FAILURE;
    hence_loop_run_forever(loop);
    pthread_join(thread, NULL);
    print_deferred(loop);
    hence_loop_free(loop);
    return EXIT_SUCCESS;
}

static struct question {
    hence_loop *loop;
    int64_t page;
    hence_promise *promise;
    hence_call call;
} seven = {.page = 7}, eight = {.page = 8};

static void answer(void *arg)
{
    struct question *question = arg;
    hence_resolve(hence_promise_take(&question->promise), hence_int(question->page * 100));
}

static bool stop_looking(hence_promise *promise, void *arg)
{
    const struct question *question = arg;
    (void)promise;
    return hence_call_cancel(question->loop, question->call) == 0;
}

//! [ask]
static hence_result look_up(void *arg) /* on the loop's thread */
{
    struct question *question = arg;
    hence_future *f = hence_future_new(question->loop, &question->promise);
    hence_promise_on_cancel(question->promise, stop_looking, question);
    hence_call_later(question->loop, HENCE_MS(50), answer, question, &question->call);
    return hence_chain_future(f); /* it is waited for */
}

static void stop(void *loop)
{
    hence_loop_stop(loop);
}

static void *work(void *loop)
{
    seven.loop = eight.loop = loop;
    hence_concurrent_future *f = hence_run_threadsafe(loop, look_up, &seven, NULL);
    puts("the thread goes on while the loop looks up page 7");
    hence_result r = hence_concurrent_future_result(f, -1);
    printf("page 7: %" PRId64 "\n", hence_as_int(&r));
    hence_drop(r);
    hence_concurrent_future_unref(f);

    f = hence_run_threadsafe(loop, look_up, &eight, NULL);
    hence_concurrent_future_cancel(f); /* the loop cancels it, as soon as it comes to that */
    r = hence_concurrent_future_result(f, -1);
    printf("page 8 is not wanted any more: %s\n", hence_failure_message(hence_as_failure(&r)));
    hence_drop(r);
    hence_concurrent_future_unref(f);

    hence_call_soon_threadsafe(loop, stop, loop);
    hence_loop_unref(loop);
    return NULL;
}
//! [ask]

//! [deferred]
static void print_deferred(hence_loop *loop)
{
    hence_deferred *inner = hence_deferred_succeed(hence_int(42));
    hence_concurrent_future *f = hence_deferred_as_concurrent(loop, inner); /* for any thread */
    hence_deferred *d = hence_wrap_future_deferred(loop, f);                /* and for this one */
    hence_result r = hence_loop_run_until_complete_deferred(loop, d);
    printf("through a Deferred and back: %" PRId64 "\n", hence_as_int(&r));
    hence_drop(r);
    hence_concurrent_future_unref(f);
}
//! [deferred]
