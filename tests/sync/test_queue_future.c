/* SPDX-License-Identifier: BSD-3-Clause */
/* Futures of items: who is told of an item keeps it, otherwise it comes back; and nothing else does. */
#include "sync_support.h"

SUITE(queue_future);

static struct loop_and_clock both;
static hence_queue *queue;

static void begin(void)
{
    both = begin_loop();
    queue = hence_queue_new(0);
}

static void free_queue(void *arg)
{
    hence_queue *gone = queue;
    (void)arg;
    queue = NULL;
    hence_queue_free(gone);
}

static void end(void)
{
    free_queue(NULL);
    check_int(payloads_alive(), 0);
    end_loop(&both);
}

TEST(queue_future, a_Deferred_that_is_chained_to_one_is_told_of_the_item)
{
    hence_promise *promise;
    begin();
    hence_future *f = hence_queue_get_future(both.loop, queue);
    hence_deferred *d = hence_deferred_new(&promise);
    hence_deferred_add_both(d, pass, "d");
    hence_future_chain(f, promise);
    hence_queue_try_put(queue, hence_int(7));
    hence_test_turn(both.loop);
    check_trace("d:7");
    hence_deferred_unref(d);
    hence_future_unref(f);
    check_int(hence_queue_size(queue), 0);
    end();
}

TEST(queue_future, so_is_one_that_is_chained_when_the_item_is_there)
{
    hence_promise *promise;
    begin();
    hence_queue_try_put(queue, payload());
    hence_future *f = hence_queue_get_future(both.loop, queue);
    hence_deferred *d = hence_deferred_new(&promise);
    hence_deferred_add_both(d, pass, "d");
    hence_future_chain(f, promise);
    check_trace("d:shared");
    hence_deferred_unref(d);
    hence_future_unref(f);
    check_int(hence_queue_size(queue), 0);
    end();
}

TEST(queue_future, a_Future_that_is_chained_to_one_passes_the_item_on)
{
    hence_promise *promise;
    begin();
    hence_future *f = hence_queue_get_future(both.loop, queue);
    hence_future *outer = hence_future_new(both.loop, &promise);
    hence_future_chain(f, promise);
    hence_future_unref(f);
    hence_queue_try_put(queue, hence_int(7));
    hence_test_turn(both.loop);
    check(hence_future_done(outer));
    check_int(hence_queue_size(queue), 0);
    hence_future_unref(outer); /* which nobody has looked at */
    check_int(hence_queue_size(queue), 1);
    end();
}

TEST(queue_future, an_item_that_is_still_to_come_is_given_once)
{
    hence_promise *promise, *item;
    begin();
    hence_deferred *later = hence_deferred_new(&item);
    hence_deferred *d = hence_deferred_new(&promise);
    hence_future *f = hence_queue_get_future(both.loop, queue);
    hence_resolve(promise, hence_chain_future(f)); /* nobody else has to do with it */
    hence_deferred_add_both(d, pass, "d");
    hence_queue_try_put(queue, hence_chain(later));
    check_int(hence_queue_size(queue), 0);
    hence_resolve(item, payload());
    hence_test_turn(both.loop);
    check_trace("d:shared");
    hence_deferred_unref(d);
    check_int(hence_queue_size(queue), 0);
    end();
}

static hence_promise *coming;

static bool stop_coming(hence_promise *p, void *arg)
{
    (void)p;
    (void)arg;
    coming = NULL;
    return true;
}

TEST(queue_future, an_item_that_is_cancelled_on_its_way_does_not_come_back)
{
    begin();
    hence_deferred *later = hence_deferred_new(&coming);
    if (coming)
        hence_promise_on_cancel(coming, stop_coming, NULL);
    hence_queue_try_put(queue, hence_chain(later));
    hence_future *f = hence_queue_get_future(both.loop, queue);
    check_int(hence_future_cancel(f), 0);
    check(!coming);
    hence_future_unref(f);
    check_int(hence_queue_size(queue), 0);
    hence_deferred *all = hence_queue_join(queue); /* nobody has work with it */
    check_string(outcome(all), "none");
    hence_deferred_unref(all);
    hence_abandon(hence_promise_take(&coming));
    end();
}

TEST(queue_future, what_ends_with_an_item_may_free_the_queue)
{
    hence_promise *item;
    begin();
    hence_deferred *later = hence_deferred_new(&item);
    if (hence_deferred_bind(later, &both, free_queue) != 0)
        check(false);
    hence_resolve(item, hence_int(7));
    hence_queue_try_put(queue, hence_chain(later));
    hence_deferred *d = hence_queue_get(queue);
    check(!queue);
    check_string(outcome(d), "7");
    hence_deferred_unref(d);
    end();
}
