/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists and winners: values made of several results. */
#include <errno.h>
#include <string.h>

#include "support.h"
#include "value/failure.h"
#include "value/list.h"

SUITE(list);

TEST(list, a_new_one_holds_nothing_but_none)
{
    hence_list *list = hence_list_new(3);
    check_int(hence_list_size(list), 3);
    for (size_t i = 0; i < 3; i++)
        check(hence_is_none(hence_list_at(list, i)));
    hence_list_free(list);
}

TEST(list, what_is_put_into_it_is_there)
{
    hence_list *list = hence_list_new(3);
    check_int(hence_list_set(list, 0, hence_int(7)), 0);
    check_int(hence_list_set(list, 2, failure("broken")), 0);
    hence_result r = hence_own(list, hence_list_free);
    check_string(describe(&r), "[7,none,broken]");
    hence_drop(r);
}

TEST(list, what_was_there_is_destroyed_when_something_else_is_put_there)
{
    hence_list *list = hence_list_new(1);
    hence_list_set(list, 0, payload());
    hence_list_set(list, 0, payload());
    check_int(payloads_alive(), 1);
    hence_list_set(list, 0, hence_none());
    check_int(payloads_alive(), 0);
    hence_list_free(list);
}

TEST(list, a_place_that_is_not_there_takes_nothing_and_gives_none)
{
    hence_list *list = hence_list_new(2);
    check_int(hence_list_set(list, 2, payload()), -EINVAL);
    check_int(hence_list_set(list, SIZE_MAX, payload()), -EINVAL);
    check_int(payloads_alive(), 0);
    check(hence_is_none(hence_list_at(list, 2)));
    hence_result r = hence_list_take(list, 2);
    check(hence_is_none(&r));
    hence_list_free(list);
}

TEST(list, what_is_taken_out_leaves_none)
{
    hence_list *list = hence_list_new(1);
    hence_list_set(list, 0, payload());
    hence_result r = hence_list_take(list, 0);
    check(hence_as(&r, payload_destroy));
    check(hence_is_none(hence_list_at(list, 0)));
    hence_list_free(list);
    check_int(payloads_alive(), list ? 1 : 0);
    hence_drop(r);
}

TEST(list, one_that_could_not_be_had_is_empty)
{
    check_int(hence_list_size(NULL), 0);
    check(hence_is_none(hence_list_at(NULL, 0)));
    check_int(hence_list_set(NULL, 0, payload()), -EINVAL);
    check_int(payloads_alive(), 0);
    hence_list *none = NULL;
    check_int(hence_list_append(&none, payload()), -ENOMEM);
    check(!none && !payloads_alive());
    hence_result r = hence_list_take(NULL, 0);
    check(hence_is_none(&r));
    hence_list_free(NULL);
    hence_winner_free(NULL);
}

TEST(list, without_memory_there_is_none)
{
    out_of_memory(true);
    hence_list *list = hence_list_new(1);
    out_of_memory(false);
    check(!list);
    hence_result r = hence_own(list, hence_list_free);
    check_string(describe(&r), "nomem");
    hence_drop(r);
}

TEST(list, a_size_that_no_memory_has_is_refused)
{
    const size_t sizes[] = {SIZE_MAX, SIZE_MAX / sizeof(hence_result),
                            SIZE_MAX / sizeof(hence_result) - 1};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        out_of_memory(sizes[i] < SIZE_MAX / sizeof(hence_result)); /* ASan would complain */
        hence_list *list = hence_list_new(sizes[i]);
        out_of_memory(false);
        check(!list);
        hence_list_free(list);
    }
}

TEST(list, an_empty_one_is_a_value_too)
{
    hence_result r = hence_own(hence_list_new(0), hence_list_free);
    check(hence_is_value(&r) && hence_as_list(&r));
    check_int(hence_list_size(hence_as_list(&r)), 0);
    check(hence_is_none(hence_list_at(hence_as_list(&r), 0)));
    hence_drop(r);
}

TEST(list, destroying_it_destroys_what_is_in_it)
{
    hence_list *list = hence_list_new(3);
    for (size_t i = 0; i < 3; i++)
        hence_list_set(list, i, i == 1 ? failure("broken") : payload());
    hence_drop(hence_own(list, hence_list_free));
    check_int(payloads_alive(), 0);
}

static void trace_number(void *p)
{
    trace("%d", *(int *)p);
}

TEST(list, what_is_in_it_is_destroyed_in_order)
{
    int numbers[] = {0, 1, 2};
    hence_list *list = hence_list_new(3);
    for (size_t i = 0; i < 3 && list; i++)
        hence_list_set(list, i, hence_own(&numbers[i], trace_number));
    hence_list_free(list);
    check_trace("0 1 2");
}

TEST(list, it_can_be_moved_out_of_the_result_that_owns_it)
{
    hence_list *made = hence_list_new(1);
    hence_result r = hence_own(made, hence_list_free);
    check(hence_as_list(&r) == made);
    hence_list *list = hence_take_list(&r);
    check(list == made);
    check(hence_is_none(&r));
    check(!hence_as_list(&r) && !hence_take_list(&r));
    hence_list_free(list);
    hence_drop(r);
}

TEST(list, other_results_are_no_lists_and_no_winners)
{
    hence_result others[] = {hence_none(), hence_int(7), hence_ptr(others), payload(),
                             failure("broken")};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        check(!hence_as_list(&others[i]) && !hence_take_list(&others[i]));
        check(!hence_as_winner(&others[i]) && !hence_take_winner(&others[i]));
    }
    check_int(payloads_alive(), 1);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        hence_drop(others[i]);
    hence_result list = hence_own(hence_list_new(1), hence_list_free);
    hence_result winner = hence_own(hence_winner_new(), hence_winner_free);
    check(!hence_as_winner(&list) && !hence_as_list(&winner));
    hence_drop(list);
    hence_drop(winner);
}

TEST(list, a_shared_one_is_seen_by_all_and_moved_by_nobody)
{
    struct loop_and_clock both = begin_loop();
    hence_promise *p;
    hence_future *f = hence_future_new(both.loop, &p);
    hence_list *list = hence_list_new(2);
    hence_list_set(list, 0, payload());
    hence_resolve(p, hence_own(list, hence_list_free));
    hence_result a = hence_future_result(f), b = hence_future_result(f);
    check_string(describe(&a), "shared[payload,none]");
    check(hence_as_list(&a) && hence_as_list(&a) == hence_as_list(&b));
    check(!hence_take_list(&a));
    check(hence_as_list(&a));
    hence_future_unref(f);
    hence_drop(a);
    check_int(payloads_alive(), 1);
    hence_drop(b);
    check_int(payloads_alive(), 0);
    end_loop(&both);
}

/* ---- winners ---- */

static hence_winner *winner_new(size_t index, hence_result r)
{
    hence_winner *winner = hence_winner_new();
    if (winner)
        *winner = (hence_winner){index, r};
    else
        hence_drop(r);
    return winner;
}

TEST(list, a_winner_has_its_place_and_its_result)
{
    hence_result r = hence_own(winner_new(2, payload()), hence_winner_free);
    const hence_winner *winner = hence_as_winner(&r);
    check(winner && winner->index == 2 && hence_as(&winner->result, payload_destroy));
    hence_drop(r);
    check_int(payloads_alive(), 0);
}

TEST(list, a_winner_s_result_can_be_taken_out)
{
    hence_result r = hence_own(winner_new(0, payload()), hence_winner_free);
    hence_winner *winner = hence_take_winner(&r);
    check(winner && hence_is_none(&r));
    hence_result taken = winner ? hence_take(&winner->result) : hence_none();
    hence_winner_free(winner);
    hence_drop(r);
    check_int(payloads_alive(), 1);
    hence_drop(taken);
    check_int(payloads_alive(), 0);
}

static const char *unwrapped(hence_result in)
{
    hence_result r = hence_unwrap(&in, NULL);
    hence_drop(in);
    return describe_and_drop(r);
}

TEST(list, unwrapping_takes_the_place_off_and_lets_everything_else_be)
{
    check_string(unwrapped(hence_own(winner_new(2, hence_int(7)), hence_winner_free)), "7");
    check_string(unwrapped(hence_int(7)), "7");
    check_string(unwrapped(payload()), "payload");
    check_string(unwrapped(failure("broken")), "broken");
    check_string(unwrapped(hence_fail_static(HENCE_ECANCELLED)), "cancelled");
    check_int(payloads_alive(), 0);
}

TEST(list, unwrapping_one_of_several_failures_gives_that_one)
{
    hence_result broken = failure("broken");
    hence_failure *first = hence_failure_new_first("a.c:1");
    if (!first) {
        hence_drop(broken);
        return;
    }
    first = hence_failure_complete_first(first, 1, hence_take_failure(&broken));
    check_string(unwrapped(hence_fail_with(first)), "broken");
}

/* ---- what destructors may do ---- */

static hence_list *the_list;

static void look_at_the_list(void *word)
{
    hence_result r = hence_own(hence_list_new(1), hence_list_free);
    trace("%s:%zu:%s", (const char *)word, hence_list_size(the_list),
          describe(hence_list_at(the_list, 0)));
    hence_drop(r); /* a list that is made and destroyed meanwhile */
}

TEST(list, a_destructor_may_look_at_the_list_that_its_value_was_put_out_of)
{
    the_list = hence_list_new(1);
    if (the_list) {
        hence_list_set(the_list, 0, hence_own((void *)(uintptr_t) "word", look_at_the_list));
        hence_list_set(the_list, 0, hence_int(7));
    }
    check_trace("word:1:7");
    hence_list_free(the_list);
}

static void use_lists(void *word)
{
    hence_list *list = hence_list_new(2);
    hence_list_set(list, 0, hence_own(hence_list_new(3), hence_list_free));
    hence_list_set(list, 1, payload());
    trace("%s:%zu", (const char *)word, hence_list_size(list));
    hence_list_free(list);
}

TEST(list, a_destructor_may_make_and_destroy_lists)
{
    hence_list *list = hence_list_new(1);
    if (list)
        hence_list_set(list, 0, hence_own((void *)(uintptr_t) "word", use_lists));
    hence_list_free(list);
    check_trace("word:2");
    check_int(payloads_alive(), 0);
}

/* ---- depth ---- */

struct deep {
    int depth;
    bool lists, winners; /* made of which: of both, in turn */
    int made;
};

static hence_result wrap(const struct deep *deep, int i, hence_result r)
{
    if (deep->lists && (!deep->winners || i % 2)) {
        hence_list *list = hence_list_new(2);
        hence_list_set(list, (size_t)(i / 2 % 2), r);
        return hence_own(list, hence_list_free);
    }
    return hence_own(winner_new(0, r), hence_winner_free);
}

static void make_deep_and_drop(void *arg)
{
    struct deep *deep = arg;
    hence_result r = payload();
    for (int i = 0; i < deep->depth; i++)
        r = wrap(deep, i, r);
    deep->made = payloads_alive();
    hence_drop(r);
}

static void check_deep(bool lists, bool winners)
{
    struct deep deep = {support_many(), lists, winners, 0};
    on_small_stack(make_deep_and_drop, &deep);
    check_int(deep.made, 1);
    check_int(payloads_alive(), 0);
}

TEST(list, a_million_lists_within_lists_are_destroyed_in_constant_stack)
{
    check_deep(true, false);
}

TEST(list, a_million_winners_within_winners_are_destroyed_in_constant_stack)
{
    check_deep(false, true);
}

TEST(list, a_million_lists_and_winners_within_each_other_are_destroyed_in_constant_stack)
{
    check_deep(true, true);
}
