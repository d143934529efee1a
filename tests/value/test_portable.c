/* SPDX-License-Identifier: BSD-3-Clause */
/* Results that other threads may have: what belongs to one thread is moved to where all can read it. */
#include "value/portable.h"

#include "support.h"
#include "value/list.h"

SUITE(portable);

/* A Future of a loop that has a payload. */
static struct loop_and_clock both;
static hence_future *f;

static void begin(void)
{
    hence_promise *p;
    both = begin_loop();
    f = hence_future_new(both.loop, &p);
    hence_resolve(p, payload());
}

static void end(hence_result r)
{
    hence_future_unref(f);
    check_int(payloads_alive(), 1);
    end_loop(&both);
    hence_drop(r); /* the last reader may come when there is no loop any more */
    check_int(payloads_alive(), 0);
}

static hence_result list_of(hence_result a, hence_result b)
{
    hence_list *list = hence_list_new(2);
    hence_list_set(list, 0, a);
    hence_list_set(list, 1, b);
    return hence_own(list, hence_list_free);
}

TEST(portable, what_belongs_to_nobody_stays_as_it_is)
{
    int number;
    hence_result r = hence_make_portable(hence_int(7));
    check_int(hence_as_int(&r), 7);
    r = hence_make_portable(hence_ptr(&number));
    check(hence_as_ptr(&r) == &number);
    r = hence_make_portable(payload());
    check_string(describe(&r), "payload");
    hence_drop(r);
}

TEST(portable, the_value_of_a_future_has_its_readers_as_before)
{
    begin();
    hence_result before = hence_future_result(f);
    hence_result r = hence_make_portable(hence_future_result(f));
    hence_result after = hence_future_result(f);
    check(hence_is_portable(&r) && hence_is_portable(&after) && !hence_is_portable(&before));
    check(hence_as(&r, payload_destroy) && hence_as_ptr(&r) == hence_as_ptr(&before));
    check(hence_as_ptr(&after) == hence_as_ptr(&before));
    hence_drop(before);
    hence_drop(after);
    end(r);
}

TEST(portable, a_value_that_stands_in_several_places_stays_one)
{
    begin();
    hence_result r = hence_make_portable(list_of(hence_future_result(f), hence_future_result(f)));
    const hence_list *list = hence_as_list(&r);
    check(hence_as(hence_list_at(list, 0), payload_destroy));
    check(hence_as_ptr(hence_list_at(list, 0)) == hence_as_ptr(hence_list_at(list, 1)));
    check(hence_is_portable(hence_list_at(list, 0)) && hence_is_portable(hence_list_at(list, 1)));
    end(r);
}

TEST(portable, what_was_made_so_before_stays_as_it_is)
{
    begin();
    hence_result r = hence_make_portable(hence_future_result(f));
    const hence_result before = r;
    r = hence_make_portable(r);
    check(r.kind == before.kind && r.word == before.word);
    end(r);
}

TEST(portable, so_is_the_result_of_a_winner)
{
    begin();
    hence_winner *winner = hence_winner_new();
    if (winner)
        *winner = (hence_winner){1, hence_future_result(f)};
    hence_result r = hence_make_portable(hence_own(winner, hence_winner_free));
    const hence_winner *same = hence_as_winner(&r);
    check(same && same->index == 1 && hence_is_portable(&same->result));
    check(same && hence_as(&same->result, payload_destroy));
    end(r);
}

TEST(portable, a_chain_is_no_result_for_other_threads)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    hence_result r = hence_make_portable(hence_chain(hence_deferred_ref(d)));
    check(hence_is_failure_of(&r, &hence_domain_hence, HENCE_EINVAL));
    hence_drop(r);
    hence_resolve(p, hence_int(7));
    check_string(outcome(d), "7");
    hence_deferred_unref(d);
}

TEST(portable, without_memory_it_is_that_failure_and_the_future_keeps_its_value)
{
    begin();
    hence_result r = hence_future_result(f);
    out_of_memory(true);
    hence_result portable = hence_make_portable(r);
    out_of_memory(false);
    check_string(describe(&portable), "nomem");
    r = hence_future_result(f);
    check(hence_as(&r, payload_destroy));
    end(r);
}
