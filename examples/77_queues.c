/* SPDX-License-Identifier: BSD-3-Clause
 *
 * More of queues: a stack, priorities, a channel without room, and all of it as Futures.
 *
 *     cc 77_queues.c $(pkg-config --cflags --libs hence) && ./a.out
 *     a stack: 3 2 1
 *     by priority: fire, tea, lunch
 *     through a channel: handed over 7, got it
 *     one may wait, not two: there is no room for it now
 *     Futures: 1, then the urgent one: 2, all done: true
 */
#include <hence/hence.h>

#include <stdlib.h>

static void kinds(void);
static void channel(void);
static void backlog(void);
static void futures(hence_loop *loop);
static hence_result print(hence_result *in, void *what);
static hence_result print_failure(hence_result *in, void *what);

int main(void)
{
    hence_loop *loop = hence_loop_new(NULL);
    if (!loop)
        return EXIT_FAILURE;
    kinds();
    channel();
    backlog();
    futures(loop);
    hence_loop_free(loop);
    return EXIT_SUCCESS;
}

static void kinds(void)
{
    hence_result r;
    //! [kinds]
    hence_queue *stack = hence_lifo_queue_new(0);
    for (int i = 1; i <= 3; i++)
        hence_queue_try_put(stack, hence_int(i));

    hence_queue *tasks = hence_priority_queue_new(0);
    hence_queue_try_put_priority(tasks, hence_ptr(HENCE_TEXT("lunch")), 5);
    hence_queue_try_put_priority(tasks, hence_ptr(HENCE_TEXT(", tea,")), 3);
    hence_deferred_unref(hence_queue_put_priority(tasks, hence_ptr(HENCE_TEXT("fire")), -1));
    //! [kinds]
    printf("a stack:");
    for (; hence_queue_try_get(stack, &r) == 0; hence_drop(r))
        printf(" %d", (int)hence_as_int(&r));
    printf("\nby priority: ");
    for (int i = 0; hence_queue_try_get(tasks, &r) == 0; i++, hence_drop(r))
        printf("%s%s", (const char *)hence_as_ptr(&r), i == 1 ? " " : "");
    putchar('\n');
    hence_queue_free(stack);
    hence_queue_free(tasks);
}

static void channel(void)
{
    printf("through a channel: ");
    //! [channel]
    hence_queue *channel = hence_channel_new();
    hence_deferred *put = hence_queue_put(channel, hence_int(7)); /* waits for the other side */
    hence_deferred_add_callback(put, print, HENCE_TEXT("handed over 7, "));
    hence_deferred *got = hence_queue_get(channel);
    hence_deferred_add_callback(got, print, HENCE_TEXT("got it\n"));
    //! [channel]
    hence_deferred_unref(put);
    hence_deferred_unref(got);
    hence_queue_free(channel);
}

static void backlog(void)
{
    //! [backlog]
    hence_queue *queue = hence_queue_new(0);
    hence_queue_set_backlog(queue, 1);
    hence_deferred *first = hence_queue_get(queue);
    hence_deferred *second = hence_queue_get(queue); /* has failed already */
    hence_deferred_add_errback(second, print_failure, HENCE_TEXT("one may wait, not two"));
    //! [backlog]
    hence_deferred_unref(second);
    hence_deferred_forget(first);
    hence_queue_free(queue);
}

static void futures(hence_loop *loop)
{
    hence_queue *queue = hence_priority_queue_new(1);
    //! [futures]
    hence_future *asked[] = {
        hence_queue_put_future(loop, queue, hence_int(1)),
        hence_queue_put_priority_future(loop, queue, hence_int(2), -1), /* waits for room */
        hence_queue_get_future(loop, queue),
        hence_queue_get_future(loop, queue),
        hence_queue_join_future(loop, queue),
    };
    hence_queue_task_done(queue);
    hence_queue_task_done(queue);
    //! [futures]
    hence_future *all = hence_gather(loop, asked, 5, 0);
    hence_result r = hence_loop_run_until_complete(loop, all);
    const hence_list *list = hence_as_list(&r);
    printf("Futures: %d, then the urgent one: %d, all done: %s\n",
           (int)hence_as_int(hence_list_at(list, 2)), (int)hence_as_int(hence_list_at(list, 3)),
           list ? "true" : "false");
    hence_drop(r);
    hence_future_unref(all);
    hence_future_unref_all(asked, 5);
    hence_queue_free(queue);
}

static hence_result print(hence_result *in, void *what)
{
    fputs(what, stdout);
    return hence_take(in);
}

static hence_result print_failure(hence_result *in, void *what)
{
    printf("%s: %s\n", (const char *)what, hence_failure_message(hence_as_failure(in)));
    return hence_none();
}
