/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A fast producer and a slow consumer, and a queue with room for two between them: the producer waits when
 * the queue is full, so it goes as fast as the consumer.
 *
 *     cc 71_producer_consumer.c $(pkg-config --cflags --libs hence) -levent_core && ./a.out
 *     put 1
 *     put 2
 *     put 3                                                       (when there is room: 1 is taken out)
 *     got 1
 *     put 4                                                       (a second later)
 *     got 2
 *     put 5
 *     got 3
 *     got 4
 *     got 5
 *     all work is done after 5 s
 *     the consumer has ended: it was shut down
 *     without waiting: put 1, put 2, full; 2 are in it, got 1
 */
#include <event2/event.h>
#include <hence/hence.h>

#include <errno.h>
#include <stdlib.h>

struct story {
    hence_loop *loop;
    hence_queue *queue;
    int last; /* that was put */
    int64_t begun;
};

static void produce(struct story *story);
static hence_result was_put(hence_result *in, void *arg);
static void consume(struct story *story);
static hence_result got(hence_result *in, void *arg);
static hence_result worked(hence_result *in, void *arg);
static hence_result ended(hence_result *in, void *arg);
static hence_result all_done(hence_result *in, void *arg);
static void without_waiting(void);

int main(void)
{
    struct story story = {.loop = hence_loop_new(NULL)};
    //! [queue]
    story.queue = hence_queue_new(2);
    if (!story.loop || !story.queue)
        return EXIT_FAILURE;
    story.begun = hence_loop_time(story.loop);
    consume(&story);
    produce(&story);
    //! [queue]

    //! [join]
    hence_deferred *done = hence_queue_join(story.queue);
    hence_deferred_add_callback(done, all_done, &story);
    hence_deferred_unref(done);
    //! [join]
    event_base_dispatch(hence_loop_base(story.loop));
    //! [free]
    hence_queue_free(story.queue);
    //! [free]
    hence_loop_free(story.loop);
    without_waiting();
    return EXIT_SUCCESS;
}

/* ---- in ---- */

//! [producer]
static void produce(struct story *story)
{
    story->last++;
    hence_deferred *d = hence_queue_put(story->queue, hence_int(story->last));
    hence_deferred_add_callback(d, was_put, story);
    hence_deferred_unref(d);
}

static hence_result was_put(hence_result *in, void *arg)
{
    struct story *story = arg;
    (void)in;
    printf("put %d\n", story->last);
    if (story->last < 5)
        produce(story);
    return hence_none();
}
//! [producer]

/* ---- out ---- */

//! [consumer]
static void consume(struct story *story)
{
    hence_deferred *d = hence_sleep(story->loop, HENCE_SECONDS(1));
    hence_deferred_add_callback(d, worked, story);
    hence_deferred_unref(d);
}

static hence_result worked(hence_result *in, void *arg)
{
    struct story *story = arg;
    (void)in;
    hence_deferred *d = hence_queue_get(story->queue);
    hence_deferred_add_callbacks(d, got, ended, story);
    hence_deferred_unref(d);
    return hence_none();
}

static hence_result got(hence_result *in, void *arg)
{
    struct story *story = arg;
    printf("got %d\n", (int)hence_as_int(in));
    hence_queue_task_done(story->queue);
    consume(story);
    return hence_none();
}
//! [consumer]

/* ---- the end ---- */

//! [shutdown]
static hence_result all_done(hence_result *in, void *arg)
{
    struct story *story = arg;
    (void)in;
    printf("all work is done after %d s\n",
           (int)((hence_loop_time(story->loop) - story->begun) / HENCE_SECONDS(1)));
    hence_queue_shutdown(story->queue, false);
    return hence_none();
}

static hence_result ended(hence_result *in, void *arg)
{
    (void)arg;
    printf("the consumer has ended: %s\n", hence_failure_message(hence_as_failure(in)));
    return hence_none();
}
//! [shutdown]

/* ---- at once or not at all ---- */

static void without_waiting(void)
{
    hence_queue *queue = hence_queue_new(2);
    hence_result r;
    if (!queue)
        return;
    printf("without waiting: ");
    //! [try]
    for (int i = 1; !hence_queue_is_full(queue); i++) {
        if (hence_queue_try_put(queue, hence_int(i)) == 0)
            printf("put %d, ", i);
    }
    if (hence_queue_try_put(queue, hence_none()) == -EAGAIN)
        printf("full; ");
    printf("%zu are in it", hence_queue_size(queue));
    if (hence_queue_try_get(queue, &r) == 0) {
        printf(", got %d\n", (int)hence_as_int(&r));
        hence_drop(r);
    }
    //! [try]
    hence_queue_free(queue);
}
