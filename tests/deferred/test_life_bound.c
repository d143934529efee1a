/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory that belongs to a chain. */
#include <errno.h>
#include <string.h>

#include "support.h"

SUITE(life);

static void destroy_and_trace(void *word)
{
    trace("~%s", (const char *)word);
}

TEST(life, what_is_bound_is_destroyed_after_the_last_step_the_last_one_first)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    check_int(hence_deferred_bind(d, "first", destroy_and_trace), 0);
    check_int(hence_deferred_bind(d, "second", destroy_and_trace), 0);
    hence_deferred_add_both(d, pass, "a");
    hence_deferred_add_both(d, pass, "b");
    hence_deferred_unref(d);
    check_trace("");
    hence_resolve(p, hence_int(7));
    check_trace("a:7 b:7 ~second ~first");
}

/* Ends a Deferred to which something is bound, in one of many ways. */
static void end_in_some_way(int way)
{
    hence_promise *p, *q;
    hence_deferred *inner = hence_deferred_new(&q);
    hence_deferred *d = hence_deferred_new(&p);
    int error = hence_deferred_bind(d, payload_new(), payload_destroy);
    check_int(error, 0);
    void *memory = hence_deferred_alloc(d, sizeof(int), NULL);
    check(memory);
    hence_deferred_add_both(d, pass, "a");
    switch (way) {
    case 0: /* a value */
        hence_resolve(p, hence_int(7));
        break;
    case 1: /* a failure */
        hence_deferred_add_both(d, swallow, "b");
        hence_resolve(p, failure("broken"));
        break;
    case 2: /* cancelled */
        hence_deferred_cancel(d);
        hence_abandon(p);
        break;
    case 3: /* cancelled, and resolved after it was let go */
        hence_deferred_cancel(d);
        break;
    case 4: /* a chain */
        hence_resolve(p, hence_chain(hence_deferred_ref(inner)));
        break;
    case 5: /* a chain, cancelled */
        hence_resolve(p, hence_chain(hence_deferred_ref(inner)));
        hence_deferred_cancel(d);
        break;
    case 6: /* paused for ever */
        hence_deferred_pause(d);
        hence_resolve(p, hence_int(7));
        break;
    case 7: /* forgotten */
        hence_deferred_ref(d);
        hence_deferred_forget(d);
        hence_abandon(p);
        break;
    default:
        break;
    }
    if (error == 0)
        check_int(payloads_alive(), 1);
    hence_deferred_unref(d);
    if (way == 4)
        check_int(payloads_alive(), 1);
    else
        check_int(payloads_alive(), 0);
    hence_resolve(q, hence_none());
    check_int(payloads_alive(), 0);
    if (way == 3)
        hence_resolve(p, hence_int(7));
    hence_deferred_unref(inner);
}

TEST(life, what_is_bound_is_destroyed_however_the_chain_ends)
{
    for (int way = 0; way < 8; way++)
        end_in_some_way(way);
    check_trace("a:7 a:broken b:broken a:cancelled a:cancelled a:none a:cancelled");
}

TEST(life, something_may_be_bound_to_one_that_is_done)
{
    hence_deferred *d = hence_deferred_succeed(hence_int(7));
    check_int(hence_deferred_bind(d, payload_new(), payload_destroy), 0);
    check_int(payloads_alive(), d ? 1 : 0);
    hence_deferred_unref(d);
    check_int(payloads_alive(), 0);
}

TEST(life, binding_to_nothing_destroys_it_at_once)
{
    check_int(hence_deferred_bind(NULL, payload_new(), payload_destroy), -ENOMEM);
    check_int(payloads_alive(), 0);
    check(!hence_deferred_alloc(NULL, 100, payload_destroy));
}

TEST(life, binding_without_memory_destroys_it_at_once_and_leaves_the_rest)
{
    hence_deferred *d = hence_deferred_succeed(hence_int(7));
    out_of_memory(true);
    check_int(hence_deferred_bind(d, payload_new(), payload_destroy), -ENOMEM);
    check_int(payloads_alive(), 0);
    check(!hence_deferred_alloc(d, 100, payload_destroy));
    out_of_memory(false);
    check_string(outcome(d), "7");
    hence_deferred_unref(d);
}

TEST(life, binding_without_a_destructor_is_refused)
{
    int own = 0;
    hence_deferred *d = hence_deferred_succeed(hence_int(7));
    check_int(hence_deferred_bind(d, &own, NULL), -EINVAL);
    had_report(HENCE_REPORT_MISUSE);
    hence_deferred_unref(d);
}

static void check_and_trace(void *memory)
{
    trace("~%d", *(int *)memory);
}

TEST(life, memory_of_the_chain_is_zeroed_and_lives_until_its_end)
{
    hence_promise *p;
    hence_deferred *d = hence_deferred_new(&p);
    unsigned char *bytes = hence_deferred_alloc(d, 1000, NULL);
    int *number = hence_deferred_alloc(d, sizeof *number, check_and_trace);
    int sum = 0;
    for (int i = 0; bytes && i < 1000; i++)
        sum += bytes[i];
    check_int(sum, 0);
    if (bytes)
        memset(bytes, 0xff, 1000);
    if (number)
        *number = 7;
    check((uintptr_t)number % _Alignof(max_align_t) == 0);
    check((uintptr_t)bytes % _Alignof(max_align_t) == 0);
    check(hence_deferred_alloc(d, 0, NULL) || !d);
    check(!hence_deferred_alloc(d, SIZE_MAX, NULL));
    hence_deferred_unref(d);
    hence_resolve(p, hence_none());
    check_trace("~7");
}

TEST(life, the_line_is_known_after_something_was_bound)
{
    const char *site = "some.c:1";
    hence_deferred *d = hence_deferred_succeed_at(site, failure("broken"));
    if (hence_deferred_alloc(d, 1, NULL))
        check_string(hence_deferred_site(d), site);
    hence_deferred_unref(d);
    check(had_report(HENCE_REPORT_UNHANDLED));
    if (d)
        check(strstr(report_text(), site));
}

TEST(life, what_is_bound_to_an_inner_one_lives_while_it_waits)
{
    hence_promise *p;
    hence_deferred *last = hence_deferred_new(&p);
    hence_deferred *inner = hence_deferred_succeed(hence_none());
    int error = hence_deferred_bind(inner, payload_new(), payload_destroy);
    hence_deferred_add_both(inner, chain_to_held, last);
    hence_deferred *outer = hence_deferred_succeed(hence_chain(inner));
    hence_deferred_add_both(outer, pass, "outer");
    if (error == 0)
        check_int(payloads_alive(), 1);
    hence_resolve(p, hence_int(7));
    check_trace("outer:7");
    check_int(payloads_alive(), 0);
    hence_deferred_unref(last);
    hence_deferred_unref(outer);
}

static hence_deferred *revived;

static void take_a_reference(void *deferred)
{
    revived = hence_deferred_ref(deferred);
}

TEST(life, a_destructor_may_take_a_reference_again)
{
    hence_deferred *d = hence_deferred_succeed(hence_int(7));
    revived = NULL;
    int error = hence_deferred_bind(d, d, take_a_reference);
    hence_deferred_unref(d);
    hence_deferred_add_both(revived, pass, "a");
    if (error == 0)
        check_trace("a:none");
    hence_deferred_unref(revived);
}
