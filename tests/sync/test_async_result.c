/* SPDX-License-Identifier: BSD-3-Clause */
/* Results that are set once, for many. */
#include "sync_support.h"

SUITE(async_result);

TEST(async_result, all_who_ask_get_it_before_and_afterwards)
{
    struct loop_and_clock both = begin_loop();
    hence_async_result *result = hence_async_result_new();
    struct asker a = {.word = "a"}, b = {.word = "b"}, c = {.word = "c"};
    ask(&a, hence_async_result_get(result));
    ask_future(&b, hence_async_result_get_future(both.loop, result));
    check(!hence_async_result_is_set(result));
    check_string(describe_and_drop(hence_async_result_try_get(result)), "pending");
    check_int(hence_async_result_set(result, hence_int(7)), 0);
    ask(&c, hence_async_result_get(result));
    run_loop(&both);
    check_trace("a:7 c:7 b:7");
    check(hence_async_result_is_set(result));
    check_string(describe_and_drop(hence_async_result_try_get(result)), "7");
    check_int(hence_async_result_set(result, payload()), -EALREADY);
    check_int(payloads_alive(), 0);
    let_go(&a);
    let_go(&b);
    let_go(&c);
    hence_async_result_free(result);
    end_loop(&both);
}

TEST(async_result, an_owned_value_lives_as_long_as_anybody_has_it)
{
    hence_async_result *result = hence_async_result_new();
    hence_deferred *d = hence_async_result_get(result);
    if (hence_async_result_set(result, payload()) == 0)
        check_int(payloads_alive(), 1);
    hence_async_result_free(result);
    if (!support_faulty)
        check_int(payloads_alive(), 1);
    check_string(outcome(d), "shared");
    check_int(payloads_alive(), 0);
    hence_deferred_unref(d);
}

TEST(async_result, a_failure_that_nobody_asked_for_is_reported)
{
    hence_async_result *result = hence_async_result_new();
    hence_async_result_set(result, failure("broken"));
    hence_async_result_free(result);
    check(had_report(HENCE_REPORT_UNHANDLED));
    check(strstr(report_text(), "test_async_result.c:") || support_faulty);
    result = hence_async_result_new();
    hence_async_result_set(result, failure("broken"));
    check_string(describe_and_drop(hence_async_result_try_get(result)), "broken");
    hence_async_result_free(result);
    forget_reports();
}

TEST(async_result, that_it_was_cancelled_is_no_news)
{
    hence_async_result *result = hence_async_result_new();
    hence_async_result_set(result, hence_fail_static(HENCE_ECANCELLED));
    hence_async_result_free(result);
    check(!hence_async_result_is_set(NULL));
}

TEST(async_result, a_chain_is_refused)
{
    hence_async_result *result = hence_async_result_new();
    struct asker a = {.word = "a"};
    ask(&a, hence_async_result_get(result));
    check_int(hence_async_result_set(result, hence_chain(hence_deferred_succeed(hence_int(1)))),
              -EINVAL);
    check(had_report(HENCE_REPORT_MISUSE));
    check_trace("a:invalid");
    let_go(&a);
    hence_async_result_free(result);
    forget_reports();
}

TEST(async_result, who_is_cancelled_or_waits_for_one_that_is_freed_is_told)
{
    hence_async_result *result = hence_async_result_new();
    struct asker a = {.word = "a"}, b = {.word = "b"};
    ask(&a, hence_async_result_get(result));
    ask(&b, hence_async_result_get(result));
    cancel(&a);
    hence_async_result_free(result);
    check_trace("a:cancelled b:abandoned");
    let_go(&a);
    let_go(&b);
    check(!hence_async_result_get(NULL) && !hence_async_result_is_set(NULL));
    check_int(hence_async_result_set(NULL, hence_none()), -ENOMEM);
    check_string(describe_and_drop(hence_async_result_try_get(NULL)), "nomem");
}
