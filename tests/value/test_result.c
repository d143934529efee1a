/* SPDX-License-Identifier: BSD-3-Clause */
/* Results: what they hold, what the accessors say about it, and who destroys it. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

SUITE(result);

static int some_object;

/* ---- what the accessors say ---- */

struct expected {
    bool is_none, is_int, is_real, is_ptr, is_failure, is_value, is_chain;
    int64_t as_int;
    double as_real;
    void *as_ptr;
};

static void check_accessors(int line, const hence_result *r, const struct expected *expected)
{
    bool right = hence_is_none(r) == expected->is_none && hence_is_int(r) == expected->is_int &&
                 hence_is_real(r) == expected->is_real && hence_is_ptr(r) == expected->is_ptr &&
                 hence_is_failure(r) == expected->is_failure &&
                 hence_is_value(r) == expected->is_value &&
                 hence_is_chain(r) == expected->is_chain && hence_as_int(r) == expected->as_int &&
                 hence_as_real(r) == expected->as_real && hence_as_ptr(r) == expected->as_ptr &&
                 (hence_as_failure(r) != NULL) == expected->is_failure;
    if (!right && !support_faulty)
        support_fail("%s:%d: an accessor is wrong", __FILE__, line);
}

#define check_result(r, ...) check_accessors(__LINE__, &(r), &(const struct expected){__VA_ARGS__})

TEST(result, none_is_a_value_and_nothing_else)
{
    hence_result r = hence_none();
    check_result(r, .is_none = true, .is_value = true);
    hence_drop(r);
}

TEST(result, an_integer_is_that_number)
{
    hence_result r = hence_int(7);
    check_result(r, .is_int = true, .is_value = true, .as_int = 7);
    r = hence_int(0);
    check_result(r, .is_int = true, .is_value = true);
    r = hence_int(INT64_MIN);
    check_int(hence_as_int(&r), INT64_MIN);
    r = hence_int(INT64_MAX);
    check_int(hence_as_int(&r), INT64_MAX);
    hence_drop(r);
}

TEST(result, a_real_is_that_number)
{
    hence_result r = hence_real(-1.5);
    check_result(r, .is_real = true, .is_value = true, .as_real = -1.5);
    r = hence_real(DBL_MAX);
    check(hence_as_real(&r) == DBL_MAX);
    r = hence_real((double)INFINITY);
    check(isinf(hence_as_real(&r)));
    r = hence_real((double)NAN);
    check(isnan(hence_as_real(&r)));
    r = hence_real(-0.0);
    check(signbit(hence_as_real(&r)));
    hence_drop(r);
}

TEST(result, a_lent_pointer_is_that_pointer_and_has_no_type)
{
    hence_result r = hence_ptr(&some_object);
    check_result(r, .is_ptr = true, .is_value = true, .as_ptr = &some_object);
    check(!hence_as(&r, payload_destroy));
    check(!hence_as(&r, NULL));
    check(!hence_take_ptr(&r, NULL));
    check(hence_is_ptr(&r));
    r = hence_ptr(NULL);
    check_result(r, .is_ptr = true, .is_value = true);
    hence_drop(r);
}

TEST(result, an_owned_pointer_is_that_pointer_and_its_destructor_is_its_type)
{
    void *p = payload_new();
    hence_result r = hence_own(p, payload_destroy);
    check_result(r, .is_ptr = true, .is_value = true, .as_ptr = p);
    check(hence_as(&r, payload_destroy) == p);
    check(!hence_as(&r, free));
    check(!hence_as(&r, NULL));
    check(!hence_take_ptr(&r, free));
    check(!hence_take_ptr(&r, NULL));
    check(hence_as(&r, payload_destroy) == p);
    check_int(payloads_alive(), 1);
    hence_drop(r);
    check_int(payloads_alive(), 0);
}

TEST(result, owning_nothing_is_the_out_of_memory_failure)
{
    hence_result r = hence_own(NULL, payload_destroy);
    check_result(r, .is_failure = true);
    check(hence_is_failure_of(&r, &hence_domain_hence, HENCE_ENOMEM));
    hence_drop(r);
}

TEST(result, owning_without_a_destructor_is_lending)
{
    hence_result r = hence_own(&some_object, NULL);
    check_result(r, .is_ptr = true, .is_value = true, .as_ptr = &some_object);
    hence_drop(r);
    r = hence_own(NULL, NULL);
    check_result(r, .is_ptr = true, .is_value = true);
    hence_drop(r);
}

TEST(result, a_failure_is_no_value)
{
    hence_result r = failure("broken");
    check_result(r, .is_failure = true);
    check(!hence_as(&r, payload_destroy));
    check(!hence_take_ptr(&r, payload_destroy));
    check(hence_is_failure(&r));
    hence_drop(r);
}

TEST(result, a_chain_is_neither_value_nor_failure)
{
    hence_deferred *d = hence_deferred_succeed(hence_int(7));
    hence_result r = hence_chain(d);
    check_result(r, .is_chain = true);
    check(!hence_take_failure(&r));
    hence_drop(r);
}

TEST(result, it_is_two_words)
{
    check_int(sizeof(hence_result), 16);
}

/* ---- moved and dropped ---- */

TEST(result, taking_it_leaves_none)
{
    hence_result r = payload();
    hence_result taken = hence_take(&r);
    check(hence_is_none(&r));
    check(hence_as(&taken, payload_destroy) != NULL);
    hence_drop(r);
    check_int(payloads_alive(), 1);
    hence_drop(taken);
    check_int(payloads_alive(), 0);
    r = hence_int(7);
    hence_drop(hence_take(&r));
    check(hence_is_none(&r));
}

TEST(result, taking_an_owned_pointer_out_makes_it_the_takers)
{
    hence_result r = payload();
    void *p = hence_take_ptr(&r, payload_destroy);
    check(p != NULL);
    check(hence_is_none(&r));
    hence_drop(r);
    check_int(payloads_alive(), 1);
    payload_destroy(p);
}

TEST(result, taking_a_failure_out_makes_its_reference_the_takers)
{
    hence_result r = failure("broken");
    hence_failure *f = hence_take_failure(&r);
    check(hence_is_none(&r));
    check_string(hence_failure_message(f), "broken");
    check(!hence_failure_unref(f));
    check(!hence_take_failure(&r));
    r = hence_int(7);
    check(!hence_take_failure(&r));
    check_int(hence_as_int(&r), 7);
}

TEST(result, what_owns_nothing_can_be_dropped_many_times)
{
    hence_drop(hence_none());
    hence_drop(hence_int(-1));
    hence_drop(hence_real(1.5));
    hence_drop(hence_ptr(&some_object));
    hence_drop(hence_fail_static(HENCE_ECLOSED));
    hence_drop(hence_fail_static(HENCE_ECLOSED));
}

static void drop_another(void *p)
{
    hence_result *inner = p;
    hence_drop(*inner);
    free(inner);
}

TEST(result, a_destructor_may_drop_another_result)
{
    hence_result *inner = malloc(sizeof *inner);
    cr_assert_not_null(inner);
    *inner = payload();
    hence_drop(hence_own(inner, drop_another));
    check_int(payloads_alive(), 0);
}

/* ---- shared with a Future ---- */

TEST(result, a_value_that_a_Future_keeps_is_seen_through_and_cannot_be_taken_out)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    void *object = payload_new();
    hence_resolve(p, hence_own(object, payload_destroy));
    hence_result r = hence_future_result(f);
    check_result(r, .is_ptr = true, .is_value = true, .as_ptr = object);
    check(hence_as(&r, payload_destroy) == object);
    check(!hence_as(&r, free));
    check(!hence_take_ptr(&r, payload_destroy));
    hence_result moved = hence_take(&r);
    check(hence_is_none(&r));
    hence_future_unref(f);
    check_int(payloads_alive(), f ? 1 : 0);
    check(hence_as_ptr(&moved) == object);
    hence_drop(moved);
    check_int(payloads_alive(), 0);
    end_loop(&both);
}

/* ---- the inline functions exist as symbols ---- */

TEST(result, every_inline_function_can_be_called_through_a_pointer)
{
    hence_result (*volatile none)(void) = hence_none;
    hence_result (*volatile make_int)(int64_t) = hence_int;
    hence_result (*volatile make_real)(double) = hence_real;
    hence_result (*volatile make_ptr)(void *) = hence_ptr;
    hence_result (*volatile own)(void *, hence_drop_fn *) = hence_own;
    bool (*volatile is[])(const hence_result *) = {hence_is_none, hence_is_int,     hence_is_real,
                                                   hence_is_ptr,  hence_is_failure, hence_is_value,
                                                   hence_is_chain};
    int64_t (*volatile as_int)(const hence_result *) = hence_as_int;
    double (*volatile as_real)(const hence_result *) = hence_as_real;
    void *(*volatile as_ptr)(const hence_result *) = hence_as_ptr;
    void *(*volatile as)(const hence_result *, hence_drop_fn *) = hence_as;
    const hence_failure *(*volatile as_failure)(const hence_result *) = hence_as_failure;
    hence_result (*volatile take)(hence_result *) = hence_take;
    void *(*volatile take_ptr)(hence_result *, hence_drop_fn *) = hence_take_ptr;
    hence_failure *(*volatile take_failure)(hence_result *) = hence_take_failure;
    void (*volatile drop)(hence_result) = hence_drop;

    hence_result r = none();
    check(is[0](&r) && is[5](&r));
    r = make_int(7);
    check(is[1](&r) && as_int(&r) == 7);
    r = make_real(1.5);
    check(is[2](&r) && as_real(&r) == 1.5);
    r = make_ptr(&some_object);
    check(is[3](&r) && as_ptr(&r) == &some_object);
    check(!is[4](&r) && !is[6](&r) && !as_failure(&r) && !take_failure(&r));
    r = own(payload_new(), payload_destroy);
    void *p = as(&r, payload_destroy);
    check(take_ptr(&r, free) == NULL);
    r = take(&r);
    check(as_ptr(&r) == p);
    drop(r);
    check_int(payloads_alive(), 0);
}
