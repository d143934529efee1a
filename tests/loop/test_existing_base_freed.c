/* SPDX-License-Identifier: BSD-3-Clause */
/* Loops whose base goes first. */
#include <errno.h>
#include <event2/event.h>
#include <string.h>
#include <sys/resource.h>

#include "loop/existing_base_support.h"

SUITE(existing_base);

static bool base_was_reported(void)
{
    return had_report(HENCE_REPORT_LEFT_BEHIND) &&
           (support_faulty ||
            strstr(report_text(), "the event_base was freed before its loop") != NULL);
}

TEST(existing_base, a_loop_whose_base_was_freed_can_be_freed)
{
    struct event_base *base = event_base_new();
    hence_loop *loop = base ? hence_loop_new(base) : NULL;
    hence_call_soon_own(loop, call, payload_new(), payload_destroy, NULL);
    hence_call_later_own(loop, 1, call, payload_new(), payload_destroy, NULL);
    hence_call_soon_threadsafe_own(loop, call, payload_new(), payload_destroy);
    free_base(base);
    hence_loop_free(loop);
    check(base_was_reported());
    check_int(payloads_alive(), 0);
    check_trace("");
}

TEST(existing_base, a_loop_whose_base_was_freed_refuses_every_call)
{
    struct event_base *base = event_base_new();
    hence_loop *loop = base ? hence_loop_new(base) : NULL;
    hence_call handle = {1, 2, 3};
    int waiting = hence_call_soon(loop, call, "a", NULL);
    waiting |= hence_call_later(loop, 5, call, "b", NULL);
    check_int(waiting, 0);
    free_base(base);
    check_int(hence_call_soon(loop, call, "c", &handle), -ESHUTDOWN);
    check(base_was_reported());
    check(!handle.type);
    check_int(hence_call_later_own(loop, 9, call, payload_new(), payload_destroy, NULL),
              -ESHUTDOWN);
    check_int(hence_call_soon_threadsafe(loop, call, "c"), -ESHUTDOWN);
    check_int(hence_loop_run_forever(loop), -ESHUTDOWN);
    check_int(hence_loop_stop(loop), -ESHUTDOWN);
    check(hence_loop_is_closed(loop));
    check(!hence_loop_base(loop));
    hence_loop_free(loop);
    check_trace("");
}

/* Each call may be the first that notices. */
static int first_call(hence_loop *loop, int which)
{
    hence_call handle = {0, 0, 0};
    switch (which) {
    case 0:
        return hence_call_soon_own(loop, call, payload_new(), payload_destroy, &handle);
    case 1:
        return hence_call_later_own(loop, HENCE_SECONDS(9), call, payload_new(), payload_destroy,
                                    &handle);
    case 2:
        return hence_call_at_own(loop, 1, call, payload_new(), payload_destroy, &handle);
    case 3:
        return hence_loop_run_forever(loop);
    case 4:
        return hence_loop_stop(loop);
    case 5:
        return hence_test_turn(loop);
    case 6:
        return hence_loop_shutdown(loop);
    case 7:
        return hence_loop_base(loop) ? 0 : -ESHUTDOWN;
    default:
        return hence_loop_close(loop) ? 0 : -ESHUTDOWN;
    }
}

TEST(existing_base, whichever_call_comes_first_notices_that_the_base_was_freed)
{
    for (int which = 0; which < 9; which++) {
        for (int waiting = 0; waiting < 3; waiting++) {
            struct event_base *base = event_base_new();
            hence_loop *loop = base ? hence_loop_new(base) : NULL;
            if (waiting == 1)
                hence_call_soon_own(loop, call, payload_new(), payload_destroy, NULL);
            else if (waiting == 2)
                hence_call_later_own(loop, 1, call, payload_new(), payload_destroy, NULL);
            free_base(base);
            if (loop)
                check_int(first_call(loop, which) + 1000 * which, -ESHUTDOWN + 1000 * which);
            hence_loop_free(loop);
            if (!support_faulty)
                check(base_was_reported());
            check_int(payloads_alive(), 0);
        }
    }
}

TEST(existing_base, settling_a_Future_notices_that_the_base_was_freed)
{
    struct event_base *base = event_base_new();
    hence_loop *loop = base ? hence_loop_new(base) : NULL;
    hence_promise *p;
    hence_future *f = hence_future_new(loop, &p);
    hence_deferred *d = hence_deferred_from_future(f);
    hence_deferred_add_both(d, pass, "d");
    hence_future_add_done_callback(f, done, "f");
    free_base(base);
    hence_resolve(p, payload());
    if (loop)
        check(base_was_reported());
    check_trace("d:closed");
    check_string(outcome(d), "closed");
    hence_deferred_unref(d);
    hence_future_unref(f);
    hence_loop_free(loop);
}

TEST(existing_base, closing_the_loop_first_is_in_order)
{
    struct event_base *base = event_base_new();
    hence_loop *loop = base ? hence_loop_new(base) : NULL;
    hence_loop_ref(loop);
    hence_loop_free(loop);
    free_base(base);
    hence_loop_unref(loop);
}

TEST(existing_base, the_last_reference_may_go_after_the_base)
{
    struct event_base *base = event_base_new();
    hence_loop *loop = base ? hence_loop_new(base) : NULL;
    hence_call_later_own(loop, 1, call, payload_new(), payload_destroy, NULL);
    free_base(base);
    hence_loop_unref(loop);
    check(base_was_reported());
}

TEST(existing_base, a_test_clock_may_go_after_the_base)
{
    struct event_base *base = event_base_new();
    hence_loop *loop = base ? hence_loop_new(base) : NULL;
    hence_test_clock *clock = hence_test_clock_new(loop);
    hence_call_later(loop, 5, call, "a", NULL);
    free_base(base);
    if (clock)
        check_int(hence_test_clock_advance(clock, 10), -ESHUTDOWN);
    hence_test_clock_free(clock);
    hence_loop_free(loop);
    check(base_was_reported());
    check_trace("");
}
