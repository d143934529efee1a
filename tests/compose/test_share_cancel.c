/* SPDX-License-Identifier: BSD-3-Clause */
/* Shares that are cancelled, let go or forgotten, and those who wait for one. */
#include <errno.h>

#include "compose/share_support.h"

SUITE(share);

TEST(share, cancelling_one_ends_that_one_alone)
{
    hence_share *share = begin_share();
    hence_deferred *a = get(share, "a"), *b = get(share, "b"), *c = get(share, "c");
    check_int(hence_deferred_cancel(b), 0);
    check_trace("b:cancelled");
    check_int(hence_deferred_cancel(b), -EALREADY);
    check(input_is_wanted(0));
    resolve_input(0, hence_int(7));
    check_trace("a:7 c:7");
    hence_share_unref(share);
    hence_deferred_unref(a);
    hence_deferred_unref(b);
    hence_deferred_unref(c);
    end_inputs();
}

TEST(share, as_long_as_somebody_may_ask_the_Deferred_goes_on)
{
    hence_share *share = begin_share();
    hence_deferred *a = get(share, "a");
    hence_deferred_cancel(a);
    check_trace("a:cancelled");
    check(input_is_wanted(0));
    hence_deferred *b = get(share, "b");
    resolve_input(0, hence_int(7));
    check_trace("b:7");
    hence_share_unref(share);
    hence_deferred_unref(a);
    hence_deferred_unref(b);
    end_inputs();
}

TEST(share, when_nobody_waits_or_can_ask_any_more_the_Deferred_is_cancelled)
{
    hence_share *share = begin_share();
    hence_deferred *a = get(share, "a"), *b = get(share, "b");
    hence_share_unref(share);
    hence_deferred_cancel(a);
    check_trace("a:cancelled");
    check(input_is_wanted(0));
    hence_deferred_cancel(b);
    if (b)
        check_trace("cancel0 b:cancelled");
    hence_deferred_unref(a);
    hence_deferred_unref(b);
    end_inputs();
}

TEST(share, letting_go_of_it_cancels_nothing)
{
    hence_share *share = begin_share();
    hence_deferred *a = get(share, "a");
    hence_share_unref(share);
    check(input_is_wanted(0));
    resolve_input(0, hence_int(7));
    check_trace("a:7");
    hence_deferred_unref(a);
    end_inputs();
}

TEST(share, letting_go_of_those_that_wait_cancels_nothing)
{
    hence_share *share = begin_share();
    hence_deferred *a = get(share, "a");
    hence_deferred_unref(a);
    hence_share_unref(share);
    check(input_is_wanted(0));
    resolve_input(0, payload());
    check_trace("a:shared");
    check_int(payloads_alive(), 0);
    end_inputs();
}

TEST(share, forgetting_one_ends_that_one_alone)
{
    hence_share *share = begin_share();
    hence_deferred *a = hence_share_get(share);
    if (a)
        hence_deferred_add_both(a, pass, "never");
    hence_deferred *b = get(share, "b");
    hence_deferred_forget(a);
    resolve_input(0, hence_int(7));
    check_trace("b:7");
    hence_share_unref(share);
    hence_deferred_unref(b);
    end_inputs();
}

TEST(share, it_can_be_cancelled_for_all)
{
    hence_share *share = begin_share();
    hence_deferred *a = get(share, "a"), *b = get(share, "b");
    check_int(hence_share_cancel(share), 0);
    check_trace("cancel0 a:cancelled b:cancelled");
    check_int(hence_share_cancel(share), -EALREADY);
    hence_deferred *c = get(share, "c");
    check_trace("c:cancelled");
    hence_share_unref(share);
    hence_deferred_unref(a);
    hence_deferred_unref(b);
    hence_deferred_unref(c);
    end_inputs();
}

TEST(share, what_the_canceller_gives_is_for_all)
{
    hence_share *share = begin_share();
    set_on_cancel(0, GIVES_VALUE);
    hence_deferred *a = get(share, "a"), *b = get(share, "b");
    hence_share_cancel(share);
    check_trace("cancel0 a:100 b:100");
    hence_share_unref(share);
    hence_deferred_unref(a);
    hence_deferred_unref(b);
    end_inputs();
}

TEST(share, a_Deferred_that_takes_time_to_end_is_waited_for)
{
    hence_share *share = begin_share();
    set_on_cancel(0, TAKES_TIME);
    hence_deferred *a = get(share, "a");
    check_int(hence_share_cancel(share), 0);
    check_trace("cancel0");
    resolve_late(0, hence_int(7));
    check_trace("a:7");
    hence_share_unref(share);
    hence_deferred_unref(a);
    end_inputs();
}

/* The share and two that wait are let go or cancelled, and the result comes: in every order. */
static void run_in_order(unsigned order, bool cancels)
{
    unsigned left[] = {0, 1, 2, 3};
    hence_share *share = begin_share();
    hence_deferred *d[] = {hence_share_get(share), hence_share_get(share)};
    for (unsigned n = 4; n; n--) {
        unsigned which = order % n, event = left[which];
        order /= n;
        left[which] = left[n - 1];
        if (event < 2) {
            if (cancels)
                hence_deferred_cancel(d[event]);
            hence_deferred_unref(d[event]);
        } else if (event == 2) {
            hence_share_unref(share);
        } else {
            resolve_input(0, payload());
        }
    }
    check_int(payloads_alive(), 0);
    end_inputs();
}

TEST(share, everything_may_be_let_go_in_any_order)
{
    for (unsigned order = 0; order < 48; order++)
        run_in_order(order / 2, order % 2);
}
