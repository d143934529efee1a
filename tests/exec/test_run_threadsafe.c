/* SPDX-License-Identifier: BSD-3-Clause */
/* What happens in a loop, asked for from any thread; and what is there already, for any thread. */
#include <errno.h>
#include <event2/event.h>
#include <string.h>

#include "exec/exec_support.h"

SUITE(run_threadsafe);

/* An operation as another thread has asked for it. */
struct asked {
    hence_loop *loop;
    hence_result_fn *fn;
    void *arg;
    hence_concurrent_future *f;
    int cancelled;
};

static int dropped_on;

static void drop(void *arg)
{
    (void)arg;
    dropped_on = gettid();
    trace("dropped");
}

static void ask(void *arg)
{
    struct asked *asked = arg;
    asked->f = hence_run_threadsafe(asked->loop, asked->fn, asked->arg, drop);
}

static void cancel(void *arg)
{
    struct asked *asked = arg;
    asked->cancelled = hence_concurrent_future_cancel(asked->f);
}

static struct asked ask_for(hence_loop *loop, hence_result_fn *fn, void *arg)
{
    struct asked asked = {.loop = loop, .fn = fn, .arg = arg};
    on_another_thread(ask, &asked);
    return asked;
}

static const char *result_of(hence_concurrent_future *f)
{
    const char *text = describe_and_drop(hence_concurrent_future_result(f, 0));
    hence_concurrent_future_unref(f);
    return text;
}

static hence_result give_seven(void *arg)
{
    (void)arg;
    trace("called");
    return hence_int(7);
}

TEST(run_threadsafe, a_value)
{
    hence_loop *loop = real_loop();
    struct asked asked = ask_for(loop, give_seven, NULL);
    check_trace("");
    hence_test_turn(loop);
    check_trace("called dropped");
    check_int(dropped_on, gettid());
    check_string(result_of(asked.f), "7");
    hence_loop_free(loop);
}

static hence_result give_payload_now(void *arg)
{
    (void)arg;
    return payload();
}

TEST(run_threadsafe, an_owned_value)
{
    hence_loop *loop = real_loop();
    struct asked asked = ask_for(loop, give_payload_now, NULL);
    hence_test_turn(loop);
    check_string(result_of(asked.f), "shared");
    check_int(payloads_alive(), 0);
    hence_loop_free(loop);
}

static hence_result fail(void *arg)
{
    (void)arg;
    return failure("broken");
}

TEST(run_threadsafe, a_failure)
{
    hence_loop *loop = real_loop();
    struct asked asked = ask_for(loop, fail, NULL);
    hence_test_turn(loop);
    check_string(result_of(asked.f), "broken");
    hence_loop_free(loop);
}

/* ---- chains ---- */

static hence_result give_deferred(void *d)
{
    return hence_chain(d);
}

static hence_result give_future(void *f)
{
    return hence_chain_future(hence_future_ref(f));
}

TEST(run_threadsafe, a_deferred_is_waited_for)
{
    hence_promise *p;
    hence_loop *loop = real_loop();
    hence_deferred *d = hence_deferred_new(&p);
    struct asked asked = ask_for(loop, give_deferred, hence_deferred_ref(d));
    hence_test_turn(loop);
    check(!hence_concurrent_future_done(asked.f) && !hence_concurrent_future_running(asked.f));
    hence_resolve(p, hence_int(7));
    check(hence_concurrent_future_done(asked.f));
    check_string(result_of(asked.f), asked.f ? "7" : "nomem");
    if (!asked.f)
        hence_deferred_unref(d);
    hence_deferred_unref(d);
    check_trace("dropped");
    hence_loop_free(loop);
}

/* rule 152: cancelling passes into the loop, by way of its door */
TEST_ONCE(run_threadsafe, rule_152_cancelling_cancels_the_deferred_in_the_loop)
{
    hence_promise *p;
    hence_loop *loop = real_loop();
    hence_deferred *d = hence_deferred_new(&p);
    hence_promise_on_cancel(p, trace_and_stop, "stopped");
    struct asked asked = ask_for(loop, give_deferred, d);
    hence_test_turn(loop);
    check_trace("dropped");
    on_another_thread(cancel, &asked);
    check_int(asked.cancelled, 0);
    check(hence_concurrent_future_cancelled(asked.f)); /* at once */
    check_trace("");
    hence_test_turn(loop);
    check_trace("stopped");
    check_string(result_of(asked.f), "cancelled");
    hence_loop_free(loop);
}

TEST_ONCE(run_threadsafe, rule_152_cancelling_cancels_the_future_in_the_loop)
{
    hence_promise *p;
    hence_loop *loop = real_loop();
    hence_future *f = hence_future_new(loop, &p);
    hence_promise_on_cancel(p, trace_and_stop, "stopped");
    struct asked asked = ask_for(loop, give_future, f);
    hence_test_turn(loop);
    on_another_thread(cancel, &asked);
    hence_test_turn(loop);
    check_trace("dropped stopped");
    check(hence_future_cancelled(f));
    check_string(result_of(asked.f), "cancelled");
    hence_future_unref(f);
    hence_loop_free(loop);
}

TEST_ONCE(run_threadsafe, what_is_cancelled_before_the_loop_comes_to_it_never_begins)
{
    hence_loop *loop = real_loop();
    struct asked asked = ask_for(loop, give_seven, NULL);
    on_another_thread(cancel, &asked);
    hence_test_turn(loop);
    check_trace("dropped");
    check_string(result_of(asked.f), "cancelled");
    hence_loop_free(loop);
}

TEST_ONCE(run_threadsafe, it_can_not_be_cancelled_when_it_is_done)
{
    hence_loop *loop = real_loop();
    struct asked asked = ask_for(loop, give_seven, NULL);
    hence_test_turn(loop);
    on_another_thread(cancel, &asked);
    check_int(asked.cancelled, -EALREADY);
    check_string(result_of(asked.f), "7");
    check_trace("called dropped");
    hence_loop_free(loop);
}

TEST_ONCE(run_threadsafe, what_comes_after_the_cancellation_is_destroyed_in_the_loop_s_thread)
{
    hence_promise *p;
    hence_loop *loop = real_loop();
    hence_deferred *d = hence_deferred_new(&p); /* nothing can stop it */
    struct asked asked = ask_for(loop, give_deferred, hence_deferred_ref(d));
    hence_test_turn(loop);
    on_another_thread(cancel, &asked);
    hence_resolve(p, payload()); /* before the cancellation arrives */
    check_int(payloads_alive(), 0);
    hence_test_turn(loop);
    check_string(result_of(asked.f), "cancelled");
    hence_deferred_unref(d);
    check_trace("dropped");
    hence_loop_free(loop);
}

/* ---- the values of Futures ---- */

static void read_it(void *arg)
{
    struct asked *asked = arg;
    hence_result r = hence_concurrent_future_result(asked->f, 0);
    asked->cancelled = hence_as(&r, payload_destroy) != NULL;
    hence_drop(r);
    asked->f = hence_concurrent_future_unref(asked->f);
}

TEST(run_threadsafe, the_value_of_a_future_has_readers_on_both_sides)
{
    hence_promise *p;
    hence_loop *loop = real_loop();
    hence_future *f = hence_future_new(loop, &p);
    hence_resolve(p, payload());
    hence_result before = hence_future_result(f);
    void *const value = hence_as_ptr(&before);
    struct asked asked = ask_for(loop, give_future, f);
    hence_test_turn(loop);
    hence_test_turn(loop);
    const bool has_come = asked.f && hence_concurrent_future_done(asked.f);
    on_another_thread(read_it, &asked);
    check(has_come && asked.cancelled);
    hence_result after = hence_future_result(f);
    cr_assert(hence_as_ptr(&before) == value); /* also where memory has run out */
    check(hence_as_ptr(&after) == value);
    hence_future_unref(f);
    hence_drop(before);
    check_int(payloads_alive(), 1);
    hence_drop(after);
    check_int(payloads_alive(), 0);
    check_trace("dropped");
    hence_loop_free(loop);
}

static hence_result give_list(void *futures)
{
    hence_future **both = futures;
    hence_future *all = hence_gather(hence_future_loop(both[0]), both, 2, HENCE_GATHER_COLLECT);
    return hence_chain_future(all);
}

TEST(run_threadsafe, so_have_those_in_a_list)
{
    hence_promise *p[2];
    hence_loop *loop = real_loop();
    hence_future *f[2] = {hence_future_new(loop, &p[0]), hence_future_new(loop, &p[1])};
    hence_resolve(p[0], payload());
    hence_resolve(p[1], hence_int(7));
    struct asked asked = ask_for(loop, give_list, f);
    for (int i = 0; i < 4; i++)
        hence_test_turn(loop);
    hence_result r = hence_concurrent_future_result(asked.f, 0);
    check_string(describe(&r), "shared[shared,7]");
    hence_concurrent_future_unref(asked.f);
    hence_future_unref(f[0]); /* the list keeps the value */
    hence_future_unref(f[1]);
    hence_loop_free(loop);
    if (hence_is_value(&r))
        check_int(payloads_alive(), 1);
    hence_drop(r);
    check_int(payloads_alive(), 0);
    check_trace("dropped");
}

/* ---- the loop closes ---- */

TEST_ONCE(run_threadsafe, a_loop_closes_before_it_comes_to_it)
{
    hence_loop *loop = real_loop();
    struct asked asked = ask_for(loop, give_seven, NULL);
    hence_loop_close(loop);
    check_trace("dropped");
    check_int(dropped_on, gettid());
    check_string(result_of(asked.f), "closed");
    hence_loop_free(loop);
}

TEST_ONCE(run_threadsafe, a_loop_closes_while_it_waits)
{
    hence_promise *p;
    hence_loop *loop = real_loop();
    hence_deferred *d = hence_deferred_new(&p);
    hence_promise_on_cancel(p, trace_and_stop, "stopped");
    struct asked asked = ask_for(loop, give_deferred, d);
    hence_test_turn(loop);
    hence_loop_close(loop);
    check_trace("dropped stopped");
    on_another_thread(cancel, &asked); /* too late, and harmless */
    check_int(asked.cancelled, -EALREADY);
    check_string(result_of(asked.f), "closed");
    hence_loop_free(loop);
}

TEST_ONCE(run_threadsafe, a_loop_closes_with_a_cancellation_on_its_way)
{
    hence_promise *p;
    hence_loop *loop = real_loop();
    hence_deferred *d = hence_deferred_new(&p);
    hence_promise_on_cancel(p, trace_and_stop, "stopped");
    struct asked asked = ask_for(loop, give_deferred, d);
    hence_test_turn(loop);
    on_another_thread(cancel, &asked);
    hence_loop_close(loop);
    check_trace("dropped stopped");
    check_string(result_of(asked.f), "cancelled");
    hence_loop_free(loop);
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

TEST_ONCE(run_threadsafe, what_the_function_waits_for_when_it_has_closed_the_loop_is_cancelled)
{
    hence_promise *p;
    struct event_base *base = event_base_new();
    struct closing closing = {hence_loop_new(base), hence_deferred_new(&p)};
    hence_promise_on_cancel(p, trace_and_stop, "stopped");
    struct asked asked = ask_for(closing.loop, close_loop_and_wait, &closing);
    event_base_loop(base, EVLOOP_NONBLOCK | EVLOOP_NO_EXIT_ON_EMPTY);
    check_trace("0 stopped dropped");
    check_string(result_of(asked.f), "closed");
    hence_loop_free(closing.loop);
    event_base_free(base);
}

TEST(run_threadsafe, a_closed_loop)
{
    hence_loop *loop = real_loop();
    hence_loop_close(loop);
    struct asked asked = ask_for(loop, give_seven, NULL);
    check_trace("dropped");
    check_string(result_of(asked.f), "closed");
    hence_loop_free(loop);
}

TEST(run_threadsafe, no_function_and_no_loop)
{
    hence_loop *loop = real_loop();
    struct asked asked = ask_for(loop, NULL, NULL);
    hence_result r = hence_concurrent_future_result(asked.f, 0);
    check(hence_is_failure_of(&r, &hence_domain_hence, HENCE_EINVAL));
    hence_drop(r);
    hence_concurrent_future_unref(asked.f);
    check(!hence_run_threadsafe(NULL, give_seven, NULL, drop));
    check_trace("dropped dropped");
    hence_loop_free(loop);
}

static hence_result close_and_give_seven(void *loop)
{
    trace("%d", hence_loop_close(loop));
    return hence_int(7);
}

/* On a base that the program dispatches a call may do so. */
TEST_ONCE(run_threadsafe, the_function_may_close_the_loop)
{
    struct event_base *base = event_base_new();
    hence_loop *loop = hence_loop_new(base);
    struct asked asked = ask_for(loop, close_and_give_seven, loop);
    event_base_loop(base, EVLOOP_NONBLOCK | EVLOOP_NO_EXIT_ON_EMPTY);
    check(hence_loop_is_closed(loop));
    check_trace("0 dropped");
    check_string(result_of(asked.f), "7");
    hence_loop_free(loop);
    event_base_free(base);
}

TEST(run_threadsafe, without_a_loop_an_argument_that_nobody_owns_is_let_be)
{
    check(!hence_run_threadsafe(NULL, give_seven, NULL, NULL));
    check_trace("");
}

TEST_ONCE(run_threadsafe,
          a_failure_that_nobody_looks_at_is_reported_but_not_that_the_loop_has_closed)
{
    hence_loop *loop = real_loop();
    struct asked asked = ask_for(loop, fail, NULL);
    hence_test_turn(loop);
    check(!hence_concurrent_future_unref(asked.f));
    check(had_report(HENCE_REPORT_NEVER_RETRIEVED));
    check(strstr(report_text(), "broken"));
    asked = ask_for(loop, give_seven, NULL);
    hence_loop_close(loop);
    check(hence_concurrent_future_done(asked.f));
    check(
        !hence_concurrent_future_unref(asked.f)); /* no report: the end of the test looks for one */
    check_trace("dropped dropped");
    hence_loop_free(loop);
}

/* ---- what is there already ---- */

TEST(run_threadsafe, a_future_for_other_threads)
{
    struct asked asked = {.f = NULL};
    hence_promise *p;
    hence_loop *loop = real_loop();
    hence_future *f = hence_future_new(loop, &p);
    asked.f = hence_future_as_concurrent(f);
    hence_resolve(p, payload());
    hence_test_turn(loop);
    check(hence_concurrent_future_done(asked.f));
    on_another_thread(read_it, &asked);
    check(asked.cancelled);
    hence_future_unref(f);
    hence_loop_free(loop);
}

TEST_ONCE(run_threadsafe, cancelling_it_cancels_the_future)
{
    struct asked asked = {.f = NULL};
    hence_promise *p;
    hence_loop *loop = real_loop();
    hence_future *f = hence_future_new(loop, &p);
    hence_promise_on_cancel(p, trace_and_stop, "stopped");
    asked.f = hence_future_as_concurrent(f);
    on_another_thread(cancel, &asked);
    hence_test_turn(loop);
    check_trace("stopped");
    hence_concurrent_future_unref(asked.f);
    hence_future_unref(f);
    hence_loop_free(loop);
}

TEST(run_threadsafe, a_deferred_for_other_threads)
{
    struct asked asked = {.f = NULL};
    hence_promise *p;
    hence_loop *loop = real_loop();
    asked.f = hence_deferred_as_concurrent(loop, hence_deferred_new(&p));
    hence_resolve(p, payload());
    check(hence_concurrent_future_done(asked.f));
    on_another_thread(read_it, &asked);
    check(asked.cancelled);
    hence_loop_free(loop);
}

TEST(run_threadsafe, a_deferred_with_a_step_for_other_threads)
{
    hence_promise *p;
    hence_loop *loop = real_loop();
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred_add_callback(d, add_one, "one");
    hence_concurrent_future *f = hence_deferred_as_concurrent(loop, d);
    hence_resolve(p, hence_int(7));
    check_string(result_of(f), "8");
    check_trace("one:7");
    hence_loop_free(loop);
}

TEST(run_threadsafe, none_of_a_closed_loop)
{
    hence_promise *p;
    hence_loop *loop = real_loop();
    hence_deferred *d = hence_deferred_new(&p);
    hence_loop_close(loop);
    check(!hence_deferred_as_concurrent(loop, d));
    hence_abandon(p);
    check(!hence_future_as_concurrent(NULL));
    hence_loop_free(loop);
}

static void as_concurrent(void *f)
{
    cr_assert(!hence_future_as_concurrent(f));
}

TEST_ONCE(run_threadsafe, another_thread_can_not_make_one)
{
    hence_promise *p;
    hence_loop *loop = real_loop();
    hence_future *f = hence_future_new(loop, &p);
    on_another_thread(as_concurrent, f);
    check(had_report(HENCE_REPORT_WRONG_THREAD));
    hence_abandon(p);
    hence_drop(hence_future_result(f));
    hence_future_unref(f);
    hence_loop_free(loop);
}

static void drop_chain(void *r)
{
    hence_drop(*(hence_result *)r);
}

static bool was_refused;

static void take_chain(void *r)
{
    hence_deferred *d = hence_deferred_succeed(*(hence_result *)r);
    hence_result refused = hence_deferred_take(d);
    was_refused = hence_is_failure_of(&refused, &hence_domain_hence, HENCE_EINVAL);
    hence_drop(refused);
    hence_deferred_unref(d);
}

TEST(run_threadsafe, a_chain_that_another_thread_lets_go_goes_home)
{
    hence_promise *p;
    hence_loop *loop = real_loop();
    hence_future *f = hence_future_new(loop, &p);
    hence_result first = hence_chain_future(hence_future_ref(f));
    hence_result second = hence_chain_future(hence_future_ref(f));
    on_another_thread(drop_chain, &first);
    on_another_thread(take_chain, &second);
    check(was_refused);
    check(had_report(HENCE_REPORT_WRONG_THREAD));
    hence_abandon(p);
    hence_drop(hence_future_result(f));
    hence_future_unref(f);
    check_int(hence_test_turn(loop), 2);
    hence_loop_free(loop);
}
