/* SPDX-License-Identifier: BSD-3-Clause */
/* Promises that other threads resolve. */
#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <semaphore.h>

#include "exec/exec_support.h"

SUITE(threadsafe_promise);

struct producer {
    hence_threadsafe_promise *t;
    hence_result r;
    int error;
    bool wanted;
};

static void resolve(void *arg)
{
    struct producer *producer = arg;
    producer->wanted = hence_threadsafe_is_wanted(producer->t);
    producer->error = hence_threadsafe_resolve(producer->t, producer->r);
}

static void abandon(void *arg)
{
    struct producer *producer = arg;
    hence_threadsafe_abandon(producer->t);
}

static hence_future *begin(hence_loop *loop, struct producer *producer, hence_result r)
{
    hence_promise *p;
    hence_future *f = hence_future_new(loop, &p);
    *producer = (struct producer){.t = hence_threadsafe_promise_new(loop, p), .r = r};
    return f;
}

TEST(threadsafe_promise, another_thread_resolves_it)
{
    struct producer producer;
    hence_loop *loop = real_loop();
    hence_future *f = begin(loop, &producer, hence_int(7));
    hence_future_add_done_callback(f, done, "f");
    on_another_thread(resolve, &producer);
    check_int(producer.error, 0);
    check(producer.wanted);
    check(!hence_future_done(f));
    check_string(await(loop, f), "7");
    check_trace("f:7");
    hence_loop_free(loop);
}

TEST(threadsafe_promise, under_a_test_clock)
{
    struct producer producer;
    struct loop_and_clock both = begin_loop();
    hence_future *f = begin(both.loop, &producer, hence_int(7));
    check_int(hence_test_turn(both.loop), 0);
    check_int(hence_test_clock_advance(both.clock, HENCE_SECONDS(7200)), 0);
    check(!hence_future_done(f));
    on_another_thread(resolve, &producer);
    hence_test_clock_advance(both.clock, 0);
    check_string(outcome_of(f), "7");
    hence_future_unref(f);
    end_loop(&both);
}

static hence_future *the_future;

static void look(void *arg)
{
    (void)arg;
    trace(hence_future_done(the_future) ? "done" : "pending");
}

static void post_and_resolve(void *arg)
{
    struct producer *producer = arg;
    hence_call_soon_threadsafe(hence_future_loop(the_future), look, NULL);
    resolve(producer);
}

TEST(threadsafe_promise,
     a_call_that_was_posted_before_finds_the_future_done_and_comes_before_its_listeners)
{
    struct producer producer;
    hence_loop *loop = real_loop();
    the_future = begin(loop, &producer, hence_int(7));
    hence_future_add_done_callback(the_future, done, "f");
    on_another_thread(post_and_resolve, &producer);
    check_string(await(loop, the_future), "7");
    check_trace("done f:7");
    hence_loop_free(loop);
}

TEST(threadsafe_promise, of_a_deferred)
{
    hence_promise *p;
    hence_loop *loop = real_loop();
    hence_deferred *d = hence_deferred_new(&p);
    struct producer producer = {.t = hence_threadsafe_promise_new(loop, p), .r = payload()};
    hence_deferred_add_both(d, swallow, "d");
    on_another_thread(resolve, &producer);
    check_trace("");
    check_string(describe_and_drop(hence_loop_run_until_complete_deferred(loop, d)), "none");
    check_trace("d:payload");
    hence_loop_free(loop);
}

TEST(threadsafe_promise, several_are_told_in_order)
{
    struct producer producers[3];
    hence_future *f[3];
    hence_loop *loop = real_loop();
    for (int i = 0; i < 3; i++) {
        f[i] = begin(loop, &producers[i], hence_int(i));
        hence_future_add_done_callback(f[i], done, "f");
    }
    on_another_thread(resolve, &producers[2]);
    on_another_thread(resolve, &producers[0]);
    on_another_thread(resolve, &producers[1]);
    for (int i = 0; i < 3; i++)
        hence_drop(hence_loop_run_until_complete(loop, f[i]));
    check_trace("f:2 f:0 f:1");
    for (int i = 0; i < 3; i++)
        hence_future_unref(f[i]);
    hence_loop_free(loop);
}

TEST(threadsafe_promise, abandoned)
{
    struct producer producer;
    hence_loop *loop = real_loop();
    hence_future *f = begin(loop, &producer, hence_none());
    on_another_thread(abandon, &producer);
    check_string(await(loop, f), "abandoned");
    hence_loop_free(loop);
}

static void resolve_with_chain(void *arg)
{
    struct producer *producer = arg;
    producer->r = hence_chain(hence_deferred_succeed(hence_int(1)));
    resolve(arg);
}

TEST(threadsafe_promise, a_chain_is_refused)
{
    struct producer producer;
    hence_loop *loop = real_loop();
    hence_future *f = begin(loop, &producer, hence_none());
    on_another_thread(resolve_with_chain, &producer);
    check_int(producer.error, -EINVAL);
    hence_result r = hence_loop_run_until_complete(loop, f);
    check(hence_is_failure_of(&r, &hence_domain_hence, HENCE_EINVAL));
    hence_drop(r);
    hence_future_unref(f);
    hence_loop_free(loop);
}

TEST(threadsafe_promise, cancelled_before_it_is_resolved)
{
    struct producer producer;
    hence_loop *loop = real_loop();
    hence_future *f = begin(loop, &producer, payload());
    hence_future_cancel(f);
    check_string(await(loop, f), "cancelled");
    on_another_thread(resolve, &producer);
    check(!producer.wanted);
    check_int(producer.error, 0);
    check_int(payloads_alive(), 1);
    hence_test_turn(loop); /* it arrives, and is destroyed on this thread */
    check_int(payloads_alive(), 0);
    hence_loop_free(loop);
}

TEST(threadsafe_promise, cancelled_before_it_was_made)
{
    struct producer producer = {.r = hence_int(7)};
    hence_promise *p;
    hence_loop *loop = real_loop();
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred_add_both(d, pass, "d");
    hence_deferred_cancel(d);
    check_trace("d:cancelled");
    producer.t = hence_threadsafe_promise_new(loop, p);
    producer.wanted = true;
    on_another_thread(resolve, &producer);
    check(!producer.wanted);
    hence_test_turn(loop);
    check_trace("");
    hence_deferred_forget(d);
    hence_loop_free(loop);
}

TEST(threadsafe_promise, cancelled_while_its_result_is_on_its_way)
{
    struct producer producer;
    hence_loop *loop = real_loop();
    hence_future *f = begin(loop, &producer, payload());
    on_another_thread(resolve, &producer);
    hence_future_cancel(f);
    check_string(await(loop, f), "cancelled");
    hence_test_turn(loop);
    check_int(payloads_alive(), 0);
    hence_loop_free(loop);
}

TEST(threadsafe_promise, the_loop_is_closed_before_it_is_resolved)
{
    struct producer producer;
    hence_loop *loop = real_loop();
    hence_future *f = begin(loop, &producer, payload());
    hence_loop_close(loop);
    check_string(outcome_of(f), "closed");
    check(!hence_threadsafe_is_wanted(producer.t));
    hence_future_unref(f);
    hence_loop_free(loop); /* the producer has a reference */
    on_another_thread(resolve, &producer);
    check_int(producer.error, -ESHUTDOWN);
    check_int(payloads_alive(), 0);
}

TEST(threadsafe_promise, the_loop_is_closed_after_it_is_resolved)
{
    struct producer producer;
    hence_loop *loop = real_loop();
    hence_future *f = begin(loop, &producer, payload());
    on_another_thread(resolve, &producer);
    hence_loop_close(loop);
    check_int(producer.error, 0);
    check_int(payloads_alive(), 0);
    check_string(outcome_of(f), "closed");
    hence_future_unref(f);
    hence_loop_free(loop);
}

TEST(threadsafe_promise, cancelled_and_the_loop_closed)
{
    struct producer producer;
    hence_loop *loop = real_loop();
    hence_future *f = begin(loop, &producer, payload());
    hence_future_cancel(f);
    hence_loop_close(loop);
    check_string(outcome_of(f), "cancelled");
    hence_future_unref(f);
    hence_loop_free(loop);
    on_another_thread(abandon, &producer);
    hence_drop(producer.r);
}

TEST(threadsafe_promise, of_a_closed_loop)
{
    hence_promise *p;
    hence_loop *loop = real_loop();
    hence_deferred *d = hence_deferred_new(&p);
    hence_loop_close(loop);
    check(!hence_threadsafe_promise_new(loop, p));
    check_string(outcome(d), "closed");
    hence_deferred_unref(d);
    hence_loop_free(loop);
}

TEST(threadsafe_promise, none)
{
    check(!hence_threadsafe_is_wanted(NULL));
    check_int(hence_threadsafe_resolve(NULL, payload()), -EINVAL);
    hence_threadsafe_abandon(NULL);
}

/* ---- the program's own event_base ---- */

static sem_t is_dispatching;

static void dispatching(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
    sem_post(&is_dispatching);
}

static void *resolve_later(void *arg)
{
    sem_wait(&is_dispatching);
    resolve(arg);
    return NULL;
}

TEST_ONCE(threadsafe_promise, event_base_dispatch_goes_on_as_long_as_it_is_out)
{
    struct producer producer;
    pthread_t thread;
    sem_init(&is_dispatching, 0, 0);
    struct event_base *base = event_base_new();
    hence_loop *loop = hence_loop_new(base);
    hence_future *f = begin(loop, &producer, hence_int(7));
    hence_future_add_done_callback(f, done, "f");
    event_base_once(base, -1, EV_TIMEOUT, dispatching, NULL, &(struct timeval){0});
    cr_assert_eq(pthread_create(&thread, NULL, resolve_later, &producer), 0);
    event_base_dispatch(base);
    check_trace("f:7");
    pthread_join(thread, NULL);
    hence_future_unref(f);
    hence_loop_free(loop);
    event_base_free(base);
    sem_destroy(&is_dispatching);
}
