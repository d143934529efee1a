/* SPDX-License-Identifier: BSD-3-Clause */
/* Time limits for Deferreds that end otherwise, or are refused. */
#include <errno.h>

#include "compose/timeout_support.h"

SUITE(timeout);

/* ---- how it ends otherwise ---- */

TEST(timeout, letting_go_keeps_the_limit)
{
    hence_deferred *d = begin(STOPS);
    limit(d, 10);
    hence_deferred_add_both(d, swallow, "d");
    hence_deferred_unref(d);
    check_int(hence_loop_pending(both.loop), d ? 1 : 0);
    advance(10);
    if (d)
        check_trace("cancel0 d:timed out after 10 s");
    end(NULL);
}

TEST(timeout, forgetting_removes_the_timer)
{
    hence_deferred *d = begin(STOPS);
    limit(d, 10);
    hence_deferred_forget(d);
    check_int(hence_loop_pending(both.loop), 0);
    check_trace(d ? "cancel0" : "");
    advance(10);
    end(NULL);
}

TEST(timeout, an_abandoned_one_removes_the_timer)
{
    hence_deferred *d = begin(STOPS);
    limit(d, 10);
    end_inputs();
    check_string(outcome(d), "abandoned");
    check_int(hence_loop_pending(both.loop), 0);
    end(d);
}

TEST(timeout, the_loop_may_close_first)
{
    hence_deferred *d = begin(STOPS);
    limit(d, 10);
    hence_deferred_add_both(d, pass, "d");
    end_loop(&both);
    check_trace(d ? "" : "d:nomem");
    resolve_input(0, hence_int(7));
    if (d)
        check_trace("d:7"); /* there is no time in a loop that is closed */
    hence_deferred_unref(d);
    end_inputs();
}

TEST(timeout, the_loop_may_be_freed_when_only_the_limit_is_left)
{
    hence_deferred *d = begin(STOPS);
    limit(d, 10);
    hence_deferred_cancel(d);
    end_loop(&both);
    hence_deferred_unref(d);
    end_inputs();
}

/* ---- refused ---- */

TEST(timeout, without_memory_that_failure_stands_in_its_place)
{
    hence_deferred *d = begin(STOPS);
    out_of_memory(true);
    check_int(limit(d, 10), -ENOMEM);
    out_of_memory(false);
    hence_deferred_add_both(d, swallow, "d");
    resolve_input(0, payload());
    check_trace("d:nomem");
    check_int(payloads_alive(), 0);
    end(d);
}

TEST(timeout, one_that_could_not_be_had_has_no_limit)
{
    begin(STOPS);
    check_int(limit(NULL, 10), -ENOMEM);
    check_int(hence_loop_pending(both.loop), 0);
    end(inputs[0]);
}

TEST(timeout, without_a_loop_it_is_out_of_memory)
{
    hence_deferred *d = begin(STOPS);
    check_int(hence_deferred_add_timeout(d, NULL, 1, NULL, NULL), -ENOMEM);
    resolve_input(0, payload());
    check_string(outcome(d), "nomem");
    check_int(payloads_alive(), 0);
    end(d);
}

TEST(timeout, in_a_closed_loop_nothing_changes)
{
    hence_deferred *d = begin(STOPS);
    hence_loop_close(both.loop);
    check_int(limit(d, 10), -ESHUTDOWN);
    resolve_input(0, hence_int(7));
    check_string(outcome(d), "7");
    end(d);
}

struct foreign {
    hence_loop *loop;
    int error;
};

static void limit_there(void *arg)
{
    struct foreign *foreign = arg;
    hence_deferred *d = hence_deferred_succeed(hence_none());
    foreign->error = hence_deferred_add_timeout(d, foreign->loop, 1, NULL, NULL);
    hence_deferred_unref(d);
}

TEST(timeout, another_thread_is_refused)
{
    begin(STOPS);
    struct foreign foreign = {both.loop, 0};
    if (both.loop)
        on_another_thread(limit_there, &foreign);
    check_int(foreign.error, -EPERM);
    check(had_report(HENCE_REPORT_WRONG_THREAD));
    end(inputs[0]);
}

/* ---- what steps may do ---- */

static hence_result let_go(hence_result *in, void *word)
{
    trace("%s:%s", (const char *)word, describe(in));
    inputs[0] = hence_deferred_unref(inputs[0]);
    return hence_none();
}

TEST(timeout, the_last_reference_may_go_when_the_time_is_up)
{
    static const bool early[] = {true, false};
    for (int i = 0; i < 2; i++) {
        begin(STOPS);
        if (early[i])
            hence_deferred_add_both(inputs[0], let_go, "step");
        hence_deferred_add_timeout(inputs[0], both.loop, HENCE_SECONDS(10),
                                   early[i] ? NULL : let_go, "late");
        advance(10);
        if (!support_faulty)
            check_trace(early[i] ? "cancel0 step:cancelled" : "cancel0 late:cancelled");
        end_inputs(); /* the step may let go now, if there was no memory for the limit */
        end(inputs[0]);
    }
}

static hence_result limit_again(hence_result *in, void *word)
{
    trace("%s:%s", (const char *)word, describe(in));
    limit(inputs[0], 5);
    hence_deferred_add_both(inputs[0], swallow, "after");
    return hence_chain(hence_deferred_new(NULL));
}

TEST(timeout, a_limit_may_be_added_when_one_is_up)
{
    hence_deferred *d = begin(STOPS);
    hence_deferred_add_timeout(d, both.loop, HENCE_SECONDS(10), limit_again, "late");
    advance(10);
    if (d)
        check_trace("cancel0 late:cancelled after:abandoned");
    advance(5);
    end(d);
}

/* ---- combinations ---- */

TEST(timeout, the_limit_of_a_list_cancels_all_that_is_in_it)
{
    both = begin_loop();
    begin_inputs(3, STOPS);
    hence_deferred *d = hence_gather_results(inputs, 3, 0);
    limit(d, 10);
    hence_deferred_add_both(d, swallow, "gathered");
    resolve_input(1, hence_int(7));
    advance(10);
    if (d)
        check_trace("cancel0 gathered:timed out after 10 s cancel2");
    end(d);
}
