/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Two loops, each in a thread of its own: one hands a Future to the other.
 *
 *     cc 67_loops.c $(pkg-config --cflags --libs hence) -lpthread && ./a.out
 *     the second loop has a Future of the first one
 *     the first loop resolves it
 *     the second loop is told: hello
 */
/* real time */
#include <hence/hence.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static void *run_second(void *loop_of_first);
static void resolve(void *promise);
static void stop(void *loop);
static void told(hence_future *f, void *first);

static hence_concurrent_future *handed_over;
static hence_promise *promise; /* the first loop's */

//! [hand-over]
int main(void) /* the first loop's thread */
{
    hence_loop *first = hence_loop_new(NULL);
    hence_future *f = hence_future_new(first, &promise);
    pthread_t thread;
    handed_over = hence_future_as_concurrent(f); /* any thread may have it */
    hence_future_unref(f);
    if (!handed_over || pthread_create(&thread, NULL, run_second, hence_loop_ref(first)) != 0)
        return EXIT_FAILURE;
    hence_loop_run_forever(first);
    pthread_join(thread, NULL);
    hence_loop_free(first);
    return EXIT_SUCCESS;
}

static void *run_second(void *first)
{
    hence_loop *second = hence_loop_new(NULL);
    hence_future *f = hence_wrap_future(second, handed_over); /* a Future of this loop */
    hence_concurrent_future_unref(handed_over);
    puts("the second loop has a Future of the first one");
    hence_call_soon_threadsafe(first, resolve, promise);
    if (hence_future_add_done_callback(f, told, first) == 0)
        hence_loop_run_forever(second);
    hence_future_unref(f);
    hence_loop_free(second);
    hence_call_soon_threadsafe(first, stop, first);
    hence_loop_unref(first);
    return NULL;
}
//! [hand-over]

static void resolve(void *arg)
{
    puts("the first loop resolves it");
    hence_resolve(arg, hence_own(strdup("hello"), free));
}

static void told(hence_future *f, void *first)
{
    hence_result r = hence_future_result(f);
    const char *text = hence_as(&r, free);
    (void)first;
    printf("the second loop is told: %s\n", text ? text : "nothing");
    hence_drop(r);
    hence_loop_stop(hence_future_loop(f));
}

static void stop(void *loop)
{
    hence_loop_stop(loop);
}
