/* SPDX-License-Identifier: BSD-3-Clause
 *
 * An executor that takes no more jobs than it can do: who makes them waits, in the loop or on a thread. And jobs of
 * several functions, and the end of an executor.
 *
 *     cc 65_pushing_back.c $(pkg-config --cflags --libs hence) -lpthread && ./a.out
 *     ten pages read, at most 3 in the executor at a time
 *     a thread has read five more
 *     open, read, close: done
 *     the threads have ended
 */
/* real time */
#include <hence/hence.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#define PAGES 10

static void read_pages(hence_loop *loop, hence_executor *executor);
static void *read_more(void *executor);
static void call_three(hence_loop *loop, hence_executor *executor);
static void end_threads(hence_loop *loop, hence_executor *executor);

static atomic_int pages_read;
static int in_executor, most_in_executor; /* the loop's thread only */

int main(void)
{
    const hence_executor_options options = {.max_workers = 1, .max_queued = 2};
    hence_loop *loop = hence_loop_new(NULL);
    hence_executor *executor = hence_executor_new(&options);
    pthread_t thread;
    if (!loop || !executor)
        return EXIT_FAILURE;

    read_pages(loop, executor);
    if (pthread_create(&thread, NULL, read_more, executor) != 0)
        return EXIT_FAILURE;
    pthread_join(thread, NULL);
    call_three(loop, executor);
    end_threads(loop, executor);
    hence_loop_free(loop);
    return EXIT_SUCCESS;
}

static hence_result read_page(void *arg)
{
    (void)arg;
    usleep(2000);
    atomic_fetch_add(&pages_read, 1);
    return hence_none();
}

static void page_read(hence_future *f, void *arg)
{
    (void)f;
    (void)arg;
    in_executor--;
}

//! [run]
static void read_pages(hence_loop *loop, hence_executor *executor)
{
    hence_future *pages[PAGES];
    for (int i = 0; i < PAGES; i++) {
        hence_future *let_in;
        pages[i] = hence_run_in_executor_when_room(loop, executor, read_page, NULL, NULL, &let_in);
        if (hence_future_add_done_callback(pages[i], page_read, NULL) == 0)
            in_executor++;
        /* the next one is not asked for before there was room for this one */
        hence_drop(hence_loop_run_until_complete(loop, let_in));
        hence_future_unref(let_in);
        if (in_executor > most_in_executor)
            most_in_executor = in_executor;
    }
    hence_future *all = hence_gather(loop, pages, PAGES, HENCE_GATHER_COLLECT);
    hence_drop(hence_loop_run_until_complete(loop, all));
    hence_future_unref(all);
    hence_future_unref_all(pages, PAGES);
    printf("ten pages read, at most %d in the executor at a time\n", most_in_executor);
}
//! [run]

//! [submit]
static void *read_more(void *executor)
{
    hence_concurrent_future *pages[5];
    for (int i = 0; i < 5; i++) /* blocks until there is room */
        pages[i] =
            hence_executor_submit_when_room(executor, read_page, NULL, NULL, HENCE_SECONDS(20));
    hence_concurrent_wait(pages, 5, HENCE_ALL_COMPLETED, -1);
    for (int i = 0; i < 5; i++)
        hence_concurrent_future_unref(pages[i]);
    if (atomic_load(&pages_read) == PAGES + 5)
        puts("a thread has read five more");
    return NULL;
}
//! [submit]

//! [multiple]
static hence_result say(void *word)
{
    fputs(word, stdout);
    return hence_none();
}

static void call_three(hence_loop *loop, hence_executor *executor)
{
    const hence_thread_call calls[] = {{say, "open, "}, {say, "read, "}, {say, "close: "}};
    hence_deferred *d = hence_call_multiple_in_thread(loop, executor, calls, 3);
    hence_result r = hence_loop_run_until_complete_deferred(loop, d);
    puts(hence_is_failure(&r) ? "failed" : "done");
    hence_drop(r);
}
//! [multiple]

//! [shutdown]
static void end_threads(hence_loop *loop, hence_executor *executor)
{
    hence_future *end = hence_executor_shutdown_future(loop, executor, false);
    hence_result r = hence_loop_run_until_complete(loop, end); /* the loop goes on meanwhile */
    if (hence_is_none(&r))
        puts("the threads have ended");
    hence_drop(r);
    hence_future_unref(end);
    hence_executor_unref(executor);
}
//! [shutdown]
