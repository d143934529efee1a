/* SPDX-License-Identifier: BSD-3-Clause */
/* What tests ask of Deferreds. */
#include "support/support.h"

SUITE(helpers);

static bool succeeded(hence_deferred *d, const char **text)
{
    hence_result r;
    bool success = hence_test_success_of(d, &r);
    *text = describe_and_drop(r);
    return success;
}

TEST(helpers, the_value_of_one_that_succeeded_can_be_taken)
{
    const char *text;
    hence_deferred *d = hence_deferred_succeed(hence_int(7));
    check(!hence_test_no_result(d));
    check(!hence_test_failure_of(d));
    check(succeeded(d, &text));
    check_string(text, "7");
    check(!succeeded(d, &text)); /* it has been taken */
    check_string(text, "none");
    hence_deferred_unref(d);
}

TEST(helpers, the_value_is_the_taker_s)
{
    hence_result r = hence_none();
    hence_deferred *d = hence_deferred_succeed(payload());
    check(hence_test_success_of(d, &r));
    hence_deferred_unref(d);
    check_int(payloads_alive(), d ? 1 : 0);
    hence_drop(r);
    check_int(payloads_alive(), 0);
}

TEST(helpers, the_failure_of_one_that_failed_can_be_taken)
{
    const char *text;
    hence_deferred *d = hence_deferred_fail(failure("broken"));
    check(!hence_test_no_result(d));
    check(!succeeded(d, &text)); /* it stays in it */
    check_string(text, "none");
    hence_failure *f = hence_test_failure_of(d);
    check_string(hence_failure_message(f), "broken");
    check(!hence_test_failure_of(d));
    hence_failure_unref(f);
    hence_deferred_unref(d); /* is not reported: somebody has it */
}

TEST(helpers, one_without_a_result_has_neither)
{
    const char *text;
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    check(hence_test_no_result(d));
    check(!succeeded(d, &text));
    check(!hence_test_failure_of(d));
    hence_resolve(p, hence_int(1));
    check(!hence_test_no_result(d));
    check(succeeded(d, &text));
    check_string(text, "1");
    hence_deferred_unref(d);
}

TEST(helpers, one_that_is_paused_or_waits_has_no_result)
{
    const char *text;
    hence_promise *p;
    hence_deferred *paused = hence_deferred_succeed(hence_int(1));
    hence_deferred *waits = hence_deferred_succeed(hence_chain(hence_deferred_new(&p)));
    hence_deferred_pause(paused);
    check(hence_test_no_result(paused));
    check(hence_test_no_result(waits));
    check(!succeeded(paused, &text));
    check(!succeeded(waits, &text));
    check(!hence_test_failure_of(paused));
    check(!hence_test_failure_of(waits));
    hence_deferred_unpause(paused);
    hence_resolve(p, failure("broken"));
    check(succeeded(paused, &text));
    hence_failure_unref(hence_test_failure_of(waits));
    hence_deferred_unref(paused);
    hence_deferred_unref(waits);
}

TEST(helpers, one_whose_result_went_to_another_has_neither)
{
    const char *text;
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p), *e = NULL;
    e = hence_deferred_succeed(hence_chain(hence_deferred_ref(d)));
    hence_resolve(p, hence_int(1));
    check(!succeeded(d, &text));
    check(!hence_test_failure_of(d));
    check(succeeded(e, &text));
    check_string(text, "1");
    hence_deferred_unref(d);
    hence_deferred_unref(e);
}

static hence_deferred *the_deferred;

static hence_result ask_inside(hence_result *in, void *arg)
{
    const char *text;
    (void)in;
    (void)arg;
    check(!succeeded(the_deferred, &text));
    check(!hence_test_failure_of(the_deferred));
    check(!hence_test_no_result(the_deferred));
    return hence_int(2);
}

TEST(helpers, one_that_is_running_has_no_result_to_take)
{
    const char *text;
    hence_promise *p;
    the_deferred = hence_deferred_new(&p);
    hence_deferred_add_both(the_deferred, ask_inside, NULL);
    hence_resolve(p, hence_int(1));
    check(succeeded(the_deferred, &text));
    check_string(text, "2");
    hence_deferred_unref(the_deferred);
}

TEST(helpers, the_Deferred_that_could_not_be_had_has_neither)
{
    const char *text;
    check(!succeeded(NULL, &text));
    check_string(text, "none");
    check(!hence_test_failure_of(NULL));
    check(!hence_test_no_result(NULL));
}
