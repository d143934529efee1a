/* SPDX-License-Identifier: BSD-3-Clause */
/* Threads that wait for a loop. */
#include <errno.h>
#include <event2/event.h>
#include <pthread.h>

#include "exec/exec_support.h"
#include "loop/loop.h"

SUITE(blocking_call);

/* A thread that calls, and stops the loop then. */
struct caller {
    hence_loop *loop;
    hence_result_fn *fn;
    void *arg;
    int64_t timeout;
    hence_result r;
    atomic_bool has_returned;
    pthread_t thread;
};

static void stop(void *loop)
{
    hence_loop_stop(loop);
}

static void *ask(void *arg)
{
    struct caller *caller = arg;
    keep_reports();
    caller->r =
        hence_blocking_call_from_thread(caller->loop, caller->fn, caller->arg, caller->timeout);
    atomic_store(&caller->has_returned, true);
    hence_call_soon_threadsafe(caller->loop, stop, caller->loop);
    hence_loop_unref(caller->loop);
    return NULL;
}

static void begin(struct caller *caller, hence_loop *loop, hence_result_fn *fn, void *arg,
                  int64_t timeout)
{
    *caller =
        (struct caller){.loop = hence_loop_ref(loop), .fn = fn, .arg = arg, .timeout = timeout};
    cr_assert_eq(pthread_create(&caller->thread, NULL, ask, caller), 0);
}

static const char *end(struct caller *caller)
{
    pthread_join(caller->thread, NULL);
    return describe_and_drop(hence_take(&caller->r));
}

/* The call from its beginning to its end. */
static const char *run(hence_result_fn *fn, void *arg)
{
    struct caller caller;
    hence_loop *loop = real_loop();
    begin(&caller, loop, fn, arg, -1);
    hence_loop_run_forever(loop);
    const char *text = end(&caller);
    hence_loop_free(loop);
    return text;
}

static hence_result give_number(void *arg)
{
    trace("called");
    return hence_int(*(const int *)arg);
}

TEST_ONCE(blocking_call, a_value)
{
    int number = 7;
    check_string(run(give_number, &number), "7");
    check_trace("called");
}

static hence_result fail(void *arg)
{
    return failure(arg);
}

TEST_ONCE(blocking_call, a_failure)
{
    check_string(run(fail, "broken"), "broken");
}

static hence_result give_payload_now(void *arg)
{
    (void)arg;
    return payload();
}

TEST_ONCE(blocking_call, an_owned_value)
{
    check_string(run(give_payload_now, NULL), "payload");
}

static void resolve(void *p)
{
    hence_resolve(p, hence_int(6));
}

static hence_result resolve_in_a_later_turn(void *arg)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    (void)arg;
    hence_call_soon(hence_loop_current(), resolve, p, NULL);
    hence_deferred_add_both(d, add_one, "later");
    return hence_chain(d);
}

TEST_ONCE(blocking_call, a_chain_is_waited_for)
{
    struct caller caller;
    hence_loop *loop = real_loop();
    begin(&caller, loop, resolve_in_a_later_turn, NULL, HENCE_SECONDS(30));
    hence_loop_run_forever(loop);
    check_string(end(&caller), "7");
    check_trace("later:6");
    hence_loop_free(loop);
}

/* ---- no end ---- */

static hence_result give_chain(void *arg)
{
    return hence_chain(arg);
}

TEST_ONCE(blocking_call, what_comes_too_late_is_cancelled)
{
    struct caller caller;
    hence_promise *p;
    hence_loop *loop = real_loop();
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred_add_both(d, pass, "d");
    begin(&caller, loop, give_chain, d, HENCE_MS(20));
    hence_loop_run_forever(loop);
    check_string(end(&caller), "timedout");
    check_trace("d:cancelled");
    hence_abandon(p);
    hence_loop_free(loop);
}

static bool was_called;

static hence_result give_chain_and_tell(void *arg)
{
    was_called = true;
    return hence_chain(arg);
}

TEST_ONCE(blocking_call, what_comes_too_late_is_cancelled_without_memory_too)
{
    struct caller caller;
    hence_promise *p;
    hence_loop *loop = real_loop();
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred_add_both(d, pass, "d");
    was_called = false;
    begin(&caller, loop, give_chain_and_tell, d, HENCE_MS(50));
    while (!was_called)
        hence_test_turn(loop);
    out_of_memory(true);
    wait_until(caller.has_returned);
    pthread_join(caller.thread, NULL);
    out_of_memory(false);
    hence_test_turn(loop);
    check_string(describe_and_drop(hence_take(&caller.r)), "timedout");
    check_trace("d:cancelled");
    hence_abandon(p);
    hence_loop_free(loop);
}

TEST_ONCE(blocking_call, a_loop_that_does_not_run)
{
    struct caller caller;
    int number = 7;
    hence_loop *loop = real_loop();
    begin(&caller, loop, give_number, &number, 0);
    check_string(end(&caller), "timedout");
    hence_test_turn(loop); /* the call comes all the same */
    check_trace("called");
    hence_loop_free(loop);
}

TEST_ONCE(blocking_call, a_loop_closes_before_it_comes_to_it)
{
    struct caller caller;
    int number = 7;
    hence_loop *loop = real_loop();
    begin(&caller, loop, give_number, &number, -1);
    look_until(atomic_load(&loop->door.posted)); /* the call is in it */
    hence_loop_close(loop);
    check_string(end(&caller), "closed");
    check_trace("");
    hence_loop_free(loop);
}

static hence_result give_chain_and_stop(void *arg)
{
    hence_loop_stop(hence_loop_current());
    return hence_chain(arg);
}

TEST_ONCE(blocking_call, a_loop_closes_before_it_is_at_an_end)
{
    struct caller caller;
    hence_promise *p;
    hence_loop *loop = real_loop();
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred_add_both(d, pass, "d");
    begin(&caller, loop, give_chain_and_stop, d, -1);
    hence_loop_run_forever(loop);
    check(!caller.has_returned);
    hence_loop_close(loop);
    check_string(end(&caller), "closed");
    check_trace("d:cancelled");
    hence_abandon(p);
    hence_loop_free(loop);
}

TEST_ONCE(blocking_call, a_closed_loop)
{
    struct caller caller;
    int number = 7;
    hence_loop *loop = real_loop();
    hence_loop_close(loop);
    begin(&caller, loop, give_number, &number, -1);
    check_string(end(&caller), "closed");
    check_trace("");
    hence_loop_free(loop);
}

TEST(blocking_call, the_loop_s_own_thread)
{
    int number = 7;
    hence_loop *loop = real_loop();
    hence_result r = hence_blocking_call_from_thread(loop, give_number, &number, -1);
    check(hence_is_failure_of(&r, &hence_domain_hence, HENCE_EDEADLK));
    hence_drop(r);
    hence_loop_free(loop);
}

TEST(blocking_call, none)
{
    hence_loop *loop = real_loop();
    hence_result r = hence_blocking_call_from_thread(loop, NULL, NULL, -1);
    check(hence_is_failure_of(&r, &hence_domain_hence, HENCE_EINVAL));
    hence_drop(r);
    hence_drop(hence_blocking_call_from_thread(NULL, give_number, NULL, -1));
    hence_loop_free(loop);
}

TEST_ONCE(blocking_call, without_memory)
{
    struct caller caller;
    int number = 7;
    hence_loop *loop = real_loop();
    out_of_memory(true);
    begin(&caller, loop, give_number, &number, -1);
    check_string(end(&caller), "nomem");
    out_of_memory(false);
    hence_test_turn(loop);
    check_trace("");
    hence_loop_free(loop);
}

static hence_result use_up_memory(void *arg)
{
    (void)arg;
    out_of_memory(true);
    return payload();
}

TEST_ONCE(blocking_call, without_memory_for_what_the_function_gives)
{
    struct caller caller;
    hence_loop *loop = real_loop();
    begin(&caller, loop, use_up_memory, NULL, -1);
    while (!caller.has_returned)
        hence_test_turn(loop);
    out_of_memory(false);
    check_string(end(&caller), "nomem");
    check_int(payloads_alive(), 0);
    hence_test_turn(loop);
    hence_loop_free(loop);
}

static hence_result close_loop(void *loop)
{
    trace("%d", hence_loop_close(loop));
    return hence_int(7);
}

/* On a base that the program dispatches a call may do so. */
TEST_ONCE(blocking_call, the_function_may_close_the_loop)
{
    struct caller caller;
    struct event_base *base = event_base_new();
    hence_loop *loop = hence_loop_new(base);
    begin(&caller, loop, close_loop, loop, -1);
    while (!hence_loop_is_closed(loop))
        event_base_loop(base, EVLOOP_NONBLOCK | EVLOOP_NO_EXIT_ON_EMPTY);
    check_string(end(&caller), "7");
    check_trace("0");
    hence_loop_free(loop);
    event_base_free(base);
}

struct closing {
    hence_loop *loop;
    hence_deferred *d;
};

static hence_result close_loop_and_wait(void *arg)
{
    const struct closing *closing = arg;
    trace("%d", hence_loop_close(closing->loop));
    return hence_chain(closing->d);
}

TEST_ONCE(blocking_call, what_the_function_waits_for_when_it_has_closed_the_loop_is_cancelled)
{
    struct caller caller;
    hence_promise *p;
    struct event_base *base = event_base_new();
    struct closing closing = {hence_loop_new(base), hence_deferred_new(&p)};
    hence_deferred_add_both(closing.d, pass, "d");
    begin(&caller, closing.loop, close_loop_and_wait, &closing, -1);
    while (!hence_loop_is_closed(closing.loop))
        event_base_loop(base, EVLOOP_NONBLOCK | EVLOOP_NO_EXIT_ON_EMPTY);
    check_string(end(&caller), "closed");
    check_trace("0 d:cancelled");
    hence_abandon(p);
    hence_loop_free(closing.loop);
    event_base_free(base);
}
