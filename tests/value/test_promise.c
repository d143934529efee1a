/* SPDX-License-Identifier: BSD-3-Clause */
/* Promises: the producing end, the same for both shapes. */
#include <errno.h>

#include "support.h"

SUITE(promise);

TEST(promise, nothing_can_be_resolved_and_its_result_is_destroyed)
{
    check_int(hence_resolve(NULL, payload()), -EINVAL);
    check_int(payloads_alive(), 0);
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_deferred_add_both(d, pass, "a");
    check_int(hence_resolve(NULL, hence_chain(d)), -EINVAL);
    hence_resolve(p, hence_int(7));
    check_trace("a:7");
}

static bool never(hence_promise *p, void *arg)
{
    (void)p;
    (void)arg;
    trace("never");
    return true;
}

TEST(promise, nothing_can_be_abandoned_asked_and_given_a_canceller)
{
    hence_abandon(NULL);
    hence_promise_on_cancel(NULL, never, NULL);
    check(!hence_promise_is_wanted(NULL));
    check_trace("");
}

/* An operation, written once for both shapes. */
struct operation {
    hence_promise *p;
    bool was_cancelled;
};

static bool stop(hence_promise *p, void *arg)
{
    struct operation *operation = arg;
    check(p == operation->p);
    check(!hence_promise_is_wanted(p));
    operation->was_cancelled = true;
    operation->p = NULL;
    return true;
}

static void start(struct operation *operation)
{
    operation->was_cancelled = false;
    hence_promise_on_cancel(operation->p, stop, operation);
}

static void finish(struct operation *operation)
{
    check_int(hence_resolve(operation->p, payload()), 0);
}

TEST(promise, an_operation_written_once_can_give_a_Deferred)
{
    struct operation operation;
    hence_deferred *d = hence_deferred_new(&operation.p);
    start(&operation);
    check(hence_promise_is_wanted(operation.p));
    finish(&operation);
    check_string(outcome(d), "payload");
    hence_deferred_unref(d);

    d = hence_deferred_new(&operation.p);
    start(&operation);
    hence_deferred_cancel(d);
    check(operation.was_cancelled);
    hence_deferred_unref(d);
}

TEST(promise, an_operation_written_once_can_give_a_Future)
{
    struct loop_and_clock both = begin_loop();
    struct operation operation;
    hence_future *f = hence_future_new(both.loop, &operation.p);
    start(&operation);
    check(hence_promise_is_wanted(operation.p));
    finish(&operation);
    hence_result r = hence_future_result(f);
    check(hence_as(&r, payload_destroy));
    hence_drop(r);
    hence_future_unref(f);

    f = hence_future_new(both.loop, &operation.p);
    start(&operation);
    hence_future_cancel(f);
    check(operation.was_cancelled);
    hence_future_unref(f);
    end_loop(&both);
}

TEST(promise, taking_it_out_of_where_it_is_kept_leaves_nothing_there)
{
    hence_promise *(*volatile take)(hence_promise **) = hence_promise_take;
    struct operation operation = {0};
    hence_deferred *d = hence_deferred_new(&operation.p);
    hence_promise *p = operation.p;
    check(hence_promise_take(&operation.p) == p);
    check(!operation.p);
    check(!hence_promise_take(&operation.p));
    check(!take(&operation.p));
    hence_abandon(operation.p);
    hence_resolve(p, hence_int(7));
    check_string(outcome(d), "7");
    hence_deferred_unref(d);
}

TEST(promise, every_kind_of_value_can_be_given)
{
    static int object;
    const struct {
        hence_result r;
        const char *expected;
    } cases[] = {{hence_none(), "none"},
                 {hence_int(-7), "-7"},
                 {hence_real(2.5), "2.5"},
                 {hence_ptr(&object), "ptr"},
                 {hence_fail_static(HENCE_ECLOSED), "closed"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hence_promise *p;
        hence_deferred *d = hence_deferred_new(&p);
        check_int(hence_resolve(p, cases[i].r), 0);
        check_string(outcome(d), cases[i].expected);
        hence_deferred_unref(d);
    }
}
